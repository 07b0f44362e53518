package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger"
	"tieout/ledger/posting"
	"tieout/recon/store"
)

func verifyCommand() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Prove that archive, books and posting files are what they were and belong together",
		Long: `Compares every kept file with its hash, adds up every entry, holds it against the journal of the run that
made it, counts entry numbers and the sequences of posting files for gaps, and holds each posting file against the
entries that it carries.

A second reader, which shares no code with the first, reads the kept reports once more (neutral transactions,
Payment Batch Detail and Payment Submission Detail as CSV) and holds every row, its amount and its currency, and the
sums of the file against what is stored of them; what it does not know is listed as NOT RECOUNTED.

Then it computes every night once more, from the first one on: from the kept files, into a store of its own in the
folder for temporary files, as large as the company's, that goes. The ERP is not asked. Whatever is stored and does
not come out again is named by night, entry and line, or by row.

What may rightfully come out otherwise, because another version of the program computed it, or cannot be computed again,
because the configuration of that night is not known any more, is told as UNPROVEN and is exit code 5; a fault is 1.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return failed(runVerify(cmd.Context(), path, cmd.OutOrStdout()))
		},
	}
	cmd.Flags().StringVar(&path, "config", "tieout.yaml", "configuration")
	return cmd
}

func runVerify(ctx context.Context, path string, stdout io.Writer) (err error) {
	n, err := openStored(ctx, path, config.Range{From: 1, To: 1, AsOf: 1}, time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	found, err := n.verify(ctx)
	if err != nil {
		return err
	}
	return found.show(stdout)
}

// verified is what was looked at, and what is wrong with it.
type verified struct {
	files, entries, postings int
	nights, recomputed       int // nights that are stored, and those that came out again as they are
	counted                  recounted
	faults                   []string
	doubts                   []string // what could not be proved, which is no fault and nothing good
}

func (v *verified) unproven(format string, args ...any) {
	v.doubts = append(v.doubts, fmt.Sprintf(format, args...))
}

func (v *verified) fault(format string, args ...any) {
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}

// show prints the faults and the counts; faults are an error.
func (v *verified) show(w io.Writer) error {
	for _, f := range v.faults {
		fmt.Fprintln(w, f)
	}
	for _, d := range v.doubts {
		fmt.Fprintln(w, "UNPROVEN: "+d)
	}
	fmt.Fprintln(w, v.counted.String())
	fmt.Fprintf(w, "%s of %s nights computed again from the kept files, with what is stored as the result\n", thousands(v.recomputed), thousands(v.nights))
	fmt.Fprintf(w, "%s kept files, %s entries in balance, %s posting files: %d faults\n", thousands(v.files), thousands(v.entries), thousands(v.postings), len(v.faults))
	if len(v.faults) > 0 {
		return fmt.Errorf("%d faults, the first: %s", len(v.faults), v.faults[0])
	}
	if len(v.doubts) > 0 {
		return &exitError{exitUnproven, fmt.Errorf("no fault was found, but not all could be proved: %s", v.doubts[0])}
	}
	return nil
}

// verify looks at all that a company has.
func (n *nightly) verify(ctx context.Context) (*verified, error) {
	v := &verified{}
	kept, err := n.store.Kept(ctx, n.cfg.Recon.Company)
	if err != nil {
		return nil, err
	}
	for _, k := range kept {
		v.files++
		if fault := n.archive.Verify(k.SHA256, k.Size); fault != nil {
			v.fault("%s %s (%s): %v", k.Kind, k.Name, k.SHA256, fault)
		}
	}
	if err := n.verifyEntries(ctx, v, n.journals(v, kept)); err != nil {
		return nil, err
	}
	if err := n.verifyPostings(ctx, v); err != nil {
		return nil, err
	}
	if err := n.recount(ctx, v); err != nil {
		return nil, err
	}
	return v, n.recompute(ctx, v)
}

// journals are the entries that the kept journals of all runs show, by the hash of
// their lines; nil where a journal cannot be read, for it may show any entry.
func (n *nightly) journals(v *verified, kept []store.Kept) map[[sha256.Size]byte]bool {
	shown := map[[sha256.Size]byte]bool{}
	for _, k := range kept {
		if k.Kind != "journal" {
			continue
		}
		if err := n.journal(k.SHA256, shown); err != nil {
			v.fault("%s: %v; no entry is held against the journals", k.Name, err)
			shown = nil
			break
		}
	}
	return shown
}

func (n *nightly) journal(hash string, shown map[[sha256.Size]byte]bool) error {
	f, err := n.archive.Open(hash)
	if err != nil {
		return err
	}
	return errors.Join(eachInJournal(f, func(lines [sha256.Size]byte) { shown[lines] = true }), f.Close())
}

// eachInJournal gives the hash of the lines of every entry of a journal.
func eachInJournal(in io.Reader, each func(lines [sha256.Size]byte)) error {
	rows := csv.NewReader(in)
	rows.ReuseRecord = true
	if _, err := rows.Read(); err != nil {
		return err
	}
	of, digest := "", sha256.New()
	end := func() {
		if of != "" {
			each([sha256.Size]byte(digest.Sum(nil)))
		}
		digest.Reset()
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			end()
			return nil
		}
		if err != nil {
			return err
		}
		if row[0] != of {
			end()
			of = strings.Clone(row[0])
		}
		fmt.Fprintf(digest, "%q", row)
	}
}

// inJournal tells whether a kept journal shows an entry as it stands now, to the last
// cent and source (R4).
func inJournal(e ledger.Entry, shown map[[sha256.Size]byte]bool) (is bool, err error) {
	var text bytes.Buffer
	if err := posting.WriteJournal(&text, []ledger.Entry{e}); err != nil {
		return false, err
	}
	is = len(e.Lines()) == 0 // one that is void has none
	err = eachInJournal(&text, func(lines [sha256.Size]byte) { is = shown[lines] })
	return is, err
}

// verifyEntries reads every entry, which is refused where it does not balance, holds it
// against what the runs showed, and looks for gaps: each posting year has one count (GL-19).
func (n *nightly) verifyEntries(ctx context.Context, v *verified, journals map[[sha256.Size]byte]bool) error {
	entries, err := n.store.Entries(ctx, n.cfg.Recon.Company)
	if err != nil {
		v.fault("%v", err)
		return nil
	}
	last := map[string]int{}
	for _, e := range entries {
		v.entries++
		year := e.Number()[:min(4, len(e.Number()))]
		last[year]++
		if want := fmt.Sprintf("%s%06d", year, last[year]); e.Number() != want {
			v.fault("entry %s is there where %s is due", e.Number(), want)
		}
		if journals == nil {
			continue
		}
		if is, err := inJournal(e, journals); err != nil || !is {
			v.fault("entry %s (%s) is in no kept journal as it stands: it was changed after its run", e.Number(), e.Key())
		}
	}
	return nil
}

// verifyPostings looks for gaps in the sequences and holds kept files against entries.
func (n *nightly) verifyPostings(ctx context.Context, v *verified) error {
	all, err := n.store.Deliveries(ctx, n.cfg.Recon.Company)
	if err != nil {
		return err
	}
	sequences := map[string]int{}
	for i := range all {
		d := &all[i]
		if d.Sequence == 0 {
			continue
		}
		v.postings++
		sequences[d.Target]++
		if d.Sequence != sequences[d.Target] {
			v.fault("posting file %s has sequence %d where %d is due", d.Name, d.Sequence, sequences[d.Target])
		}
		if err := n.verifyPosting(ctx, v, d); err != nil {
			return err
		}
	}
	return nil
}

// verifyPosting proves a file whose form is read without the ERP or a key.
func (n *nightly) verifyPosting(ctx context.Context, v *verified, d *store.Delivery) error {
	files, err := n.builtFiles(ctx, d)
	if err != nil {
		v.fault("%v", err)
		return nil
	}
	for i := range n.cfg.Targets {
		t := &n.cfg.Targets[i]
		if t.Name != d.Target || t.Seal != nil || t.Unposted != nil || files == nil {
			continue
		}
		h, entries, err := n.contents(ctx, d)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil { // an entry that does not balance is refused, and the rest is looked at all the same
			v.fault("posting file %s: %v", d.Name, err)
			return nil
		}
		parts := make([]posting.Part, len(files))
		for k, f := range files {
			parts[k].Bytes = f.Bytes
		}
		if err := t.Format.Prove(parts, h, entries); err != nil {
			v.fault("posting file %s: %v", d.Name, err)
		}
	}
	return nil
}
