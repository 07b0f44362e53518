package main

import (
	"archive/tar"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger/drop/durable"
	"tieout/recon"
	"tieout/recon/store"
)

// backupVerb is `tieout backup`.
type backupVerb struct {
	config, out string
	now         func() time.Time
}

func backupCommand() *cobra.Command {
	v := &backupVerb{now: clock()}
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Write state, archive and configuration into one file, as of one moment",
		Long: `Writes a tar file: the configuration, the state as lines of JSON (the same from SQLite and
PostgreSQL), every file of the archive that the company's state names, and their hashes. Nights
may go on meanwhile. Secrets and other files that the configuration names are not part of it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return failed(v.run(cmd.Context(), cmd.OutOrStdout())) },
	}
	cmd.Flags().StringVar(&v.config, "config", "tieout.yaml", "configuration")
	cmd.Flags().StringVar(&v.out, "out", "", "file to write; tieout-backup-COMPANY-TIME.tar if not given")
	return cmd
}

// Names within a backup. The manifest is last: a backup without it is not whole.
const (
	backupConfig   = "tieout.yaml"
	backupState    = "state.jsonl"
	backupArchive  = "archive/"
	backupManifest = "MANIFEST.json"
)

// manifest says what a backup holds.
type manifest struct {
	Company  string         `json:"company"`
	Software string         `json:"software"`
	Taken    string         `json:"taken"`
	Files    []manifestFile `json:"files"`
}

type manifestFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func (v *backupVerb) run(ctx context.Context, stdout io.Writer) (err error) {
	n, err := openNightly(ctx, v.config, config.Range{From: 1, To: 1, AsOf: 1}, v.now, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	taken := v.now().UTC()
	if v.out == "" {
		v.out = fmt.Sprintf("tieout-backup-%s-%s.tar", strings.ToLower(n.cfg.Recon.Company), taken.Format("20060102T150405Z"))
	}
	b := &backup{n: n, manifest: manifest{Company: n.cfg.Recon.Company, Software: software(), Taken: taken.Format(time.RFC3339)}}
	err = durable.WriteFile(filepath.Dir(v.out), filepath.Base(v.out), func(w io.Writer) error { return b.write(ctx, v.config, w) })
	if errors.Is(err, durable.ErrDifferent) {
		return usage(fmt.Errorf("--out %s is there already, and a backup is never written over", v.out))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s: %s files of company %s; look at it now and then: tieout restore --check %s\n", v.out, thousands(len(b.manifest.Files)), b.manifest.Company, v.out)
	return err
}

// backup is a backup being written.
type backup struct {
	n        *nightly
	tar      *tar.Writer
	manifest manifest
}

// write takes the state first: whatever it names is in the archive by then, for
// files are kept before they are committed, and never change.
func (b *backup) write(ctx context.Context, path string, w io.Writer) error {
	b.tar = tar.NewWriter(w)
	state, err := os.CreateTemp("", "tieout-backup-")
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(state.Close(), os.Remove(state.Name())) }()
	if err := b.n.store.Dump(ctx, state); err != nil {
		return err
	}
	kept, err := b.n.store.Kept(ctx, b.n.cfg.Recon.Company)
	if err != nil {
		return err
	}
	if err := errors.Join(b.file(backupConfig, path), b.file(backupState, state.Name())); err != nil {
		return err
	}
	slices.SortFunc(kept, func(a, b store.Kept) int { return strings.Compare(a.SHA256, b.SHA256) })
	for i, k := range kept {
		if i > 0 && kept[i-1].SHA256 == k.SHA256 {
			continue
		}
		if err := b.file(backupArchive+k.SHA256, b.n.archive.Path(k.SHA256)); err != nil {
			return fmt.Errorf("%s %s: %w", k.Kind, k.Name, err)
		}
		if last := b.manifest.Files[len(b.manifest.Files)-1]; last.SHA256 != k.SHA256 {
			return fmt.Errorf("%s %s: the kept file was changed; restore it from an earlier backup before you make another", k.Kind, k.Name)
		}
	}
	text, err := json.MarshalIndent(b.manifest, "", "  ")
	if err != nil {
		return err
	}
	if err := b.tar.WriteHeader(&tar.Header{Name: backupManifest, Mode: 0o600, Size: int64(len(text))}); err != nil {
		return err
	}
	if _, err := b.tar.Write(text); err != nil {
		return err
	}
	return b.tar.Close()
}

// file adds a file and its hash.
func (b *backup) file(name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := b.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size()}); err != nil {
		return err
	}
	digest := sha256.New()
	if _, err := io.Copy(io.MultiWriter(b.tar, digest), f); err != nil {
		return err
	}
	b.manifest.Files = append(b.manifest.Files, manifestFile{name, info.Size(), hex.EncodeToString(digest.Sum(nil))})
	return nil
}

// restoreVerb is `tieout restore`.
type restoreVerb struct {
	config string
	check  bool
	now    func() time.Time
}

func restoreCommand() *cobra.Command {
	v := &restoreVerb{now: clock()}
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Restore state and archive from a backup, or look whether that could be done",
		Long: `Restores into the store and the archive that the configuration names; the store must be new. The
configuration of the backup is not put in place of the one that is there: its text is in the file as tieout.yaml.

With --check nothing of that is touched: the backup is restored into a folder that goes, every
hash is compared, and the restored books are verified as tieout verify does it.

What was delivered after the backup is not known to a restored store. Every posting file of a
day before the restore is therefore looked for on its target before anything of it is sent. One
that is there counts as delivered; one that is not may have been, and waits for a person who asks
the consumer: tieout deliver --accept or --resend.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return failed(v.run(cmd.Context(), args[0], cmd.OutOrStdout()))
		},
	}
	cmd.Flags().StringVar(&v.config, "config", "tieout.yaml", "configuration of what is restored")
	cmd.Flags().BoolVar(&v.check, "check", false, "only look whether the backup can be restored")
	return cmd
}

func (v *restoreVerb) run(ctx context.Context, file string, stdout io.Writer) (err error) {
	scratch, err := os.MkdirTemp("", "tieout-restore-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	m, err := unpack(file, scratch)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	path := v.config
	if _, err := os.Stat(path); v.check && err != nil { // anywhere else than at home
		path = filepath.Join(scratch, backupConfig)
	}
	n, err := readNightly(path, config.Range{From: 1, To: 1, AsOf: 1})
	if err != nil {
		return err
	}
	if n.cfg.Recon.Company != m.Company {
		return usage(fmt.Errorf("the backup is of company %s, the configuration of %s", m.Company, n.cfg.Recon.Company))
	}
	if v.check {
		n.cfg.Store, n.cfg.Archive = filepath.Join(scratch, "checked.db"), filepath.Join(scratch, "checked")
	}
	n.now = v.now
	if err := v.put(ctx, n, scratch, m); err != nil {
		return err
	}
	if n.store, err = store.Open(ctx, n.where(), n.options(v.now)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	return v.report(ctx, n, m, stdout)
}

// put fills the archive first: a state that names what is not there would be worse than none.
func (v *restoreVerb) put(ctx context.Context, n *nightly, scratch string, m *manifest) (err error) {
	if n.archive, err = store.OpenArchive(n.path(n.cfg.Archive)); err != nil {
		return err
	}
	for _, f := range m.Files {
		hash, kept := strings.CutPrefix(f.Name, backupArchive)
		if !kept {
			continue
		}
		from, err := os.Open(filepath.Join(scratch, filepath.FromSlash(f.Name)))
		if err != nil {
			return err
		}
		got, _, err := n.archive.Keep(func(w io.Writer) error { _, err := io.Copy(w, from); return err })
		if err := errors.Join(err, from.Close()); err != nil {
			return err
		}
		if got != hash {
			return fmt.Errorf("%s of the backup has the hash %s", f.Name, got)
		}
	}
	state, err := os.Open(filepath.Join(scratch, backupState))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	err = store.Restore(ctx, n.where(), n.options(v.now), recon.DateOf(v.now().In(n.cfg.Recon.Zone)), state)
	if errors.Is(err, store.ErrNotEmpty) {
		return usage(err)
	}
	return err
}

// report verifies what was restored and says what is to be done.
func (v *restoreVerb) report(ctx context.Context, n *nightly, m *manifest, stdout io.Writer) error {
	found, err := n.verify(ctx)
	if err != nil {
		return err
	}
	cuts, err := n.store.Cuts(ctx, m.Company)
	if err != nil {
		return err
	}
	last := recon.Date(0)
	for _, c := range cuts {
		last = max(last, c.To)
	}
	what := "restored"
	if v.check {
		what = "can be restored"
	}
	fmt.Fprintf(stdout, "the backup of %s %s: %s files, last day %s\n", m.Taken, what, thousands(len(m.Files)), cmp.Or(last.String(), "none yet"))
	proof := found.show(stdout)
	if v.check || len(found.faults) > 0 {
		return proof
	}
	_, err = fmt.Fprintln(stdout, "posting files of earlier days are looked for on their targets before anything is sent; next: tieout deliver, then tieout run for what is missing since")
	return cmp.Or(err, proof)
}

// unpack unpacks a backup into a folder and compares all of it with its manifest.
func unpack(file, dir string) (*manifest, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usage(bare(err))
	}
	defer f.Close()
	hashes := map[string]manifestFile{}
	for r := tar.NewReader(f); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the backup has no manifest at its end: it is not whole")
		}
		if err != nil {
			return nil, fmt.Errorf("the backup cannot be read: %w", err)
		}
		if head.Name == backupManifest {
			return readManifest(r, hashes)
		}
		if hashes[head.Name], err = unpackFile(r, head.Name, dir); err != nil {
			return nil, fmt.Errorf("the backup cannot be read: %w", err)
		}
	}
}

func unpackFile(r io.Reader, name, dir string) (m manifestFile, err error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return m, fmt.Errorf("%q is no name of a file of a backup", name)
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return m, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return m, err
	}
	digest := sha256.New()
	size, err := io.Copy(io.MultiWriter(f, digest), r)
	return manifestFile{name, size, hex.EncodeToString(digest.Sum(nil))}, errors.Join(err, f.Close())
}

func readManifest(r io.Reader, there map[string]manifestFile) (*manifest, error) {
	m := &manifest{}
	if err := json.NewDecoder(r).Decode(m); err != nil {
		return nil, fmt.Errorf("%s: %w", backupManifest, err)
	}
	for _, f := range m.Files {
		got, ok := there[f.Name]
		switch {
		case !ok:
			return nil, fmt.Errorf("%s is missing in the backup", f.Name)
		case got != f:
			return nil, fmt.Errorf("%s of the backup was changed: it has %d bytes and the hash %s", f.Name, got.Size, got.SHA256)
		}
		delete(there, f.Name)
	}
	for name := range there {
		return nil, fmt.Errorf("%s of the backup is not in its manifest", name)
	}
	return m, nil
}
