package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger"
	"tieout/ledger/drop"
	"tieout/ledger/drop/seal"
	"tieout/ledger/posting"
	"tieout/recon/store"
)

// errRefused is a posting file that cannot be made: its target's format, the ERP's
// books or a key are in the way. It is owed until somebody has put that right.
var errRefused = errors.New("the posting is refused")

// build gives the files of a delivery: those that were built, byte by byte, or
// new ones, made of stored entries, proven against these (INV-11), kept, and
// released by now. A resend has the same bytes (PF-10).
func (n *nightly) build(ctx context.Context, t *config.Target, d *store.Delivery) ([]drop.File, error) {
	files, err := n.builtFiles(ctx, d)
	if err != nil || files != nil {
		return files, err
	}
	h, entries, err := n.contents(ctx, d)
	if err != nil {
		return nil, err
	}
	if d.State == store.Planned { // a sequence is taken only for what can be made
		probe, err := n.make(ctx, t, h, entries)
		if err != nil {
			return nil, err
		}
		name := func(sequence int) string { h.Sequence = sequence; return nameOf(t, h, probe.Parts[0]) }
		if err := n.store.Approve(ctx, d, name); err != nil {
			return nil, err
		}
	}
	made, err := n.make(ctx, t, h, entries)
	if err != nil {
		return nil, err
	}
	return n.keepBuilt(ctx, t, d, h, made)
}

// nameOf is the name of a part on the target (PF-05).
func nameOf(t *config.Target, h posting.Header, p posting.Part) string {
	if t.Seal != nil {
		return p.Name(h) + ".pgp"
	}
	return p.Name(h)
}

// make writes the files and proves them. Whatever refuses them is the target's trouble.
func (n *nightly) make(ctx context.Context, t *config.Target, h posting.Header, entries []ledger.Entry) (posting.Drop, error) {
	format, err := n.formatOf(ctx, t)
	if err != nil {
		return posting.Drop{}, errors.Join(errRefused, err)
	}
	made, err := format.Write(h, entries)
	if err == nil {
		err = format.Prove(made.Parts, h, entries)
	}
	if err == nil && t.Seal != nil { // proven before it is sealed, for only the receiver can open it
		err = n.seal(t.Seal, made.Parts)
	}
	if err != nil {
		return made, errors.Join(errRefused, err)
	}
	return made, nil
}

// seal signs and encrypts the parts (PF-12).
func (n *nightly) seal(s *config.Seal, parts []posting.Part) error {
	keys, err := n.sealKeys(s)
	if err != nil {
		return fmt.Errorf("pgp: %w", err)
	}
	if soon := expiring(keys, n.now()); soon != "" && !slices.Contains(n.notes, soon) {
		n.expires, n.notes = soon, append(n.notes, soon)
	}
	for i := range parts {
		if parts[i].Bytes, err = keys.Seal(parts[i].Bytes, n.now()); err != nil {
			return fmt.Errorf("pgp: %w", err)
		}
	}
	return nil
}

// sealKeys reads the keys of a target.
func (n *nightly) sealKeys(s *config.Seal) (*seal.Keys, error) {
	theirs, err := os.ReadFile(n.path(s.Recipient))
	if err != nil {
		return nil, fmt.Errorf("recipient: %w", err)
	}
	from := n.secrets()
	ours, err := from.Bytes(s.Key)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	var passphrase []byte
	if s.Passphrase != "" {
		text, err := from.Resolve(s.Passphrase)
		if err != nil {
			return nil, fmt.Errorf("passphrase: %w", err)
		}
		passphrase = []byte(text.Reveal())
	}
	return seal.NewKeys(theirs, s.Fingerprint, []byte(ours.Reveal()), passphrase)
}

// formatOf is the target's format, with accounts and periods of the ERP as they are now where it takes them.
func (n *nightly) formatOf(ctx context.Context, t *config.Target) (f posting.Format, err error) {
	u := t.Unposted
	if u == nil {
		return t.Format, nil
	}
	if !u.FromERP.Accounts && !u.FromERP.Periods {
		return u.Layout.Format(), nil
	}
	door, closeDoor, err := n.openERP(ctx)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, closeDoor()) }()
	chart, err := n.cfg.ERP.ReadChart(ctx, door)
	if err != nil {
		return f, fmt.Errorf("the ERP's chart of accounts: %w", err)
	}
	calendar, err := n.cfg.ERP.ReadCalendar(ctx, door)
	if err != nil {
		return f, fmt.Errorf("the ERP's fiscal calendar: %w", err)
	}
	return u.Bound(chart.Stored, calendar.Open), nil
}

// contents are the header and the entries of a delivery. The sequence of one that is not released is 1.
func (n *nightly) contents(ctx context.Context, d *store.Delivery) (posting.Header, []ledger.Entry, error) {
	entries, err := n.store.EntriesOf(ctx, d)
	slices.SortFunc(entries, func(a, b ledger.Entry) int { return a.Key().Compare(b.Key()) })
	return posting.Header{
		Company: d.Company, Target: d.Target, Sequence: max(1, d.Sequence), Created: d.AsOf.String() + "T00:00:00Z", From: d.From, To: d.To, Base: n.cfg.Recon.Base, RunID: d.RunID,
	}, entries, err
}

// builtFiles are the files that were built for a delivery, from the archive; nil
// where none were, or where they are gone from there and must be made anew.
func (n *nightly) builtFiles(ctx context.Context, d *store.Delivery) ([]drop.File, error) {
	parts, err := n.store.Parts(ctx, d)
	if err != nil || len(parts) == 0 {
		return nil, err
	}
	files := make([]drop.File, len(parts))
	for i, p := range parts {
		data, err := n.readKept(p)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("posting file %s: %w", p.Name, err)
		}
		files[i] = drop.File{Name: p.Name, Bytes: data}
	}
	if sum, _ := sumOf(files); sum != d.SHA256 {
		return nil, fmt.Errorf("posting file %s: the kept files are not those that were approved", d.Name)
	}
	return files, nil
}

// readKept reads a file of the archive and compares it with its hash.
func (n *nightly) readKept(p store.Part) ([]byte, error) {
	if err := n.archive.Verify(p.SHA256, p.Size); err != nil {
		return nil, err
	}
	f, err := n.archive.Open(p.SHA256)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// keepBuilt keeps what was made and stores what it is. What was built before must
// come out the same.
func (n *nightly) keepBuilt(ctx context.Context, t *config.Target, d *store.Delivery, h posting.Header, made posting.Drop) ([]drop.File, error) {
	var files []drop.File
	var parts []store.Part
	for _, p := range made.Parts {
		hash, size, err := n.archive.Keep(func(w io.Writer) error { _, err := io.Copy(w, bytes.NewReader(p.Bytes)); return err })
		if err != nil {
			return nil, err
		}
		files = append(files, drop.File{Name: nameOf(t, h, p), Bytes: p.Bytes})
		parts = append(parts, store.Part{Name: nameOf(t, h, p), SHA256: hash, Size: size})
	}
	sum, size := sumOf(files)
	if d.State != store.Approved {
		if sum != d.SHA256 {
			return nil, fmt.Errorf("posting file %s: it is gone from the archive, and what is made for its entries now has other bytes than those that were approved; restore the archive from a backup", d.Name)
		}
		return files, nil
	}
	d.SHA256, d.Size = sum, size
	var cuts []store.CutText
	for _, c := range made.Cuts {
		cuts = append(cuts, store.CutText{Entry: c.Entry, Line: c.Line, Width: c.Width, Text: c.Text})
	}
	return files, n.store.Build(ctx, d, parts, cuts)
}

// sumOf is hash and size of a file, or of the sentinel of several, which lists their hashes.
func sumOf(files []drop.File) (string, int64) {
	whole := files[0].Bytes
	if len(files) > 1 {
		whole = drop.WithSidecars(files)[2*len(files)].Bytes
	}
	return fmt.Sprintf("%x", sha256.Sum256(whole)), int64(len(whole))
}
