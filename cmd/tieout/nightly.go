package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger"
	"tieout/ledger/drop/durable"
	"tieout/ledger/posting"
	"tieout/recon"
	"tieout/recon/carddata"
	"tieout/recon/night"
	"tieout/recon/sagepro"
	"tieout/recon/store"
	"tieout/reports/answer"
	"tieout/reports/workbook"
)

// nightly is the wiring of runs with state: configuration, store and archive.
type nightly struct {
	cfg     *config.Run
	dir     string // of the configuration
	store   *store.Store
	archive *store.Archive
	now     func() time.Time
	in      *intake      // of the run in progress
	grid    []night.Cell // what came of the reports that the run in progress needs
	masked  int          // values with card data that were not kept
	fetcher *night.Fetch // nil: reports lie in a folder, or nothing may be fetched
	doubts  []night.Hold // days whose control totals differ
	picked  *pickedUp    // nil: nobody has looked yet
	dry     bool         // compute and show, and touch nothing
	scratch string       // folder of a dry run

	missingDay  bool                 // the run in progress is for a day that no run has covered; if another is faster it is none
	undelivered []*openDelivery      // after the last hand-out
	served      *servedDay           // nil: a run by hand, which hands out by itself
	full        bool                 // take all documents of the ERP, not only those of late
	since       recon.Date           // documents of the ERP from this day on are of interest
	notes       []string             // what is worth knowing beside the results
	expires     string               // a key of the target served last that will not do much longer, in words
	ahead       func() time.Duration // how far the clock is ahead of the processor's, once reports were fetched

	log *slog.Logger // of a service; nil: none

	free func(dir string) (uint64, error) // bytes that a disk has left

	calendar *sagepro.Calendar // of the ERP; nil: closed_through alone says what is closed
}

// readNightly reads the configuration.
func readNightly(path string, r config.Range) (*nightly, error) {
	if err := readable(path); err != nil {
		return nil, usage(fmt.Errorf("--config %s: %w", path, err))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usage(fmt.Errorf("--config %s: %w", path, bare(err)))
	}
	n := &nightly{dir: filepath.Dir(path), free: durable.Free}
	if n.cfg, err = config.ReadRun(filepath.Base(path), data, os.DirFS(n.dir), r); err != nil {
		return nil, usage(err)
	}
	for i := range n.cfg.Service.Schedules {
		n.cfg.Service.Schedules[i].Closes = n.closes
	}
	return n, nil
}

// openNightly reads the configuration and what the books ask of the ERP, and opens
// what the configuration names.
func openNightly(ctx context.Context, path string, r config.Range, now func() time.Time, dry bool) (*nightly, error) {
	n, err := readNightly(path, r)
	if err != nil {
		return nil, err
	}
	n.dry, n.now = dry, now
	if err := n.readBooks(ctx); err != nil {
		return nil, err
	}
	return n, n.openState(ctx)
}

// openStored is openNightly without the ERP, for verbs that only look at what is stored.
func openStored(ctx context.Context, path string, r config.Range, now func() time.Time) (*nightly, error) {
	n, err := readNightly(path, r)
	if err != nil {
		return nil, err
	}
	n.now = now
	return n, n.openState(ctx)
}

// openState opens archive and store.
func (n *nightly) openState(ctx context.Context) error {
	where, err := n.places()
	if err != nil {
		return err
	}
	n.store, err = store.Open(ctx, where, n.options(n.now))
	return err
}

// options are what the store is told.
func (n *nightly) options(now func() time.Time) store.Options {
	host, _ := os.Hostname()
	o := store.Options{
		Now: now, Lease: lease(), Holder: fmt.Sprintf("%s/%d", host, os.Getpid()), Alive: func(holder string) bool { return alive(host, holder) },
		Software: software(), ConfigHash: n.cfg.Hash, RulesHash: n.cfg.Rules.Version(), Operator: operator(),
	}
	if len(n.cfg.Service.Schedules) > 0 {
		o.Wake = n.wake
	}
	for _, t := range n.cfg.Targets {
		o.Targets = append(o.Targets, t.Name)
	}
	return o
}

// places opens the archive and tells where the store is. A run that touches
// nothing keeps its files, and a store that is not there yet, in a folder that goes.
func (n *nightly) places() (where string, err error) {
	where = n.where()
	if !n.dry {
		if n.archive, err = store.OpenArchive(n.path(n.cfg.Archive)); err == nil {
			err = n.archive.RemoveUnfinished(n.now())
		}
		return where, err
	}
	if n.scratch, err = os.MkdirTemp("", "tieout-dry-run-"); err != nil {
		return "", err
	}
	n.archive = store.Over(n.path(n.cfg.Archive), n.scratch)
	if _, err := os.Stat(where); errors.Is(err, fs.ErrNotExist) && !strings.Contains(where, "://") {
		where = filepath.Join(n.scratch, "tieout.db")
	}
	return where, nil
}

// where is the store: a file, or the address of a database.
func (n *nightly) where() string {
	if strings.Contains(n.cfg.Store, "://") {
		return n.cfg.Store
	}
	return n.path(n.cfg.Store)
}

func (n *nightly) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(n.dir, p)
}

func (n *nightly) close() error {
	err := n.store.Close()
	if n.scratch != "" {
		err = errors.Join(err, os.RemoveAll(n.scratch))
	}
	return err
}

// alive tells whether the holder of a lock may still be at work: a process of
// this host that is gone is not, of other hosts nothing is known.
func alive(host, holder string) bool {
	name, text, ok := strings.Cut(holder, "/")
	var pid int
	if _, err := fmt.Sscanf(text, "%d", &pid); !ok || err != nil || name != host || pid == os.Getpid() {
		return true
	}
	p, err := os.FindProcess(pid)
	return err != nil || !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

func operator() string { return cmp.Or(os.Getenv("USER"), os.Getenv("USERNAME"), "unknown") }

// run computes one range, commits it, and hands out what is owed.
func (n *nightly) run(ctx context.Context, r config.Range) (a *night.Answer, err error) {
	req := night.Request{Company: n.cfg.Recon.Company, From: r.From, To: r.To, AsOf: r.AsOf}
	n.since = n.lookback(r.From)
	if err := n.hasRoom(); err != nil && !n.dry {
		return nil, err
	}
	if err := n.bring(ctx, r); err != nil {
		return nil, err
	}
	if _, err := n.pickUp(ctx); err != nil {
		return nil, err
	}
	if n.dry {
		return n.look(ctx, req)
	}
	if err := writable(n.path(n.cfg.Output)); err != nil {
		return nil, usage(fmt.Errorf("output: %w", err))
	}
	if err := n.removeOrphans(); err != nil {
		return nil, err
	}
	if n.served == nil {
		if err := n.handOut(ctx); err != nil { // what an earlier run owes comes first
			return nil, err
		}
	}
	under, err := n.keepSetup()
	if err != nil {
		return nil, err
	}
	begin := n.store.Begin
	if n.missingDay {
		begin = n.store.BeginFirst
	}
	run, err := begin(ctx, req)
	if errors.Is(err, night.ErrLocked) {
		return nil, &exitError{exitLocked, err}
	}
	if err != nil {
		return nil, err
	}
	run.Under(under)
	core := &night.Night{
		Policy: n.cfg.Recon, Chart: n.cfg.Chart, Rules: n.cfg.Rules, Mode: n.cfg.Mode, Sources: n, Store: run, Presenter: n,
		NotProvided: n.lacking(), Doubts: func() []night.Hold { return n.doubts },
	}
	a, err = core.Run(ctx, req)
	if err := errors.Join(err, run.Close(ctx, err)); err != nil {
		return nil, err
	}
	a.Masked = n.masked
	if n.served != nil { // jobs do it
		return a, nil
	}
	return a, n.handOut(ctx)
}

// removeOrphans clears what killed processes left beside results and kept files (R1).
func (n *nightly) removeOrphans() error {
	_, err := durable.RemoveOrphans(n.path(n.cfg.Output), n.now())
	if errors.Is(err, fs.ErrNotExist) { // no result yet
		err = nil
	}
	return errors.Join(err, n.archive.RemoveOrphans(n.now()))
}

// look computes and shows a range without writing anything.
func (n *nightly) look(ctx context.Context, req night.Request) (*night.Answer, error) {
	s, err := n.store.Look(ctx, req)
	if err != nil {
		return nil, err
	}
	core := &night.Night{
		Policy: n.cfg.Recon, Chart: n.cfg.Chart, Rules: n.cfg.Rules, Mode: n.cfg.Mode, Sources: n, Store: s, Presenter: n,
		NotProvided: n.lacking(), Doubts: func() []night.Hold { return n.doubts },
	}
	a, err := core.Run(ctx, req)
	if err == nil {
		a.Masked = n.masked
	}
	return a, err
}

// folders are where files of each role lie.
func (n *nightly) folders() map[night.Role]string {
	return map[night.Role]string{
		night.Reports: n.cfg.Reports, night.Documents: n.cfg.Documents, night.Funding: n.cfg.Funding, night.Bank: n.cfg.Bank, night.Opening: n.cfg.Opening,
	}
}

// Keep copies what lies in the folders into the archive, and lists what was
// fetched and picked up and what the ERP holds of late, or of since and later where
// that is more.
func (n *nightly) Keep(ctx context.Context, since recon.Date) ([]night.File, error) {
	if since != 0 {
		n.since = min(n.since, since)
	}
	files, err := n.fetched()
	if err != nil {
		return nil, err
	}
	if n.cfg.Door != nil {
		f, err := n.keepERP(ctx)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	picked, err := n.pickUp(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range picked {
		files = append(files, f.File)
		n.masked += f.masked
	}
	for role, where := range n.folders() {
		if where == "" {
			continue
		}
		paths, err := filesIn(n.path(where))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, usage(fmt.Errorf("%s: there is nothing at %s; make the folder, or correct %s in the configuration", role, n.path(where), role))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", role, err)
		}
		for _, path := range paths {
			hash, size, masked, err := n.archive.KeepFile(path)
			if err != nil {
				return nil, err
			}
			n.masked += masked
			files = append(files, night.File{Role: role, Name: carddata.Mask(filepath.Base(path)), SHA256: hash, Size: size}) // R7
		}
	}
	return files, nil
}

// filesIn lists the files of a folder by name, or the file itself. Names that
// begin with a point or end in .tmp are not complete.
func filesIn(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	var paths []string
	entries, err := os.ReadDir(path)
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") && !strings.HasSuffix(e.Name(), ".tmp") {
			paths = append(paths, filepath.Join(path, e.Name()))
		}
	}
	return paths, err
}

// Read parses kept files.
func (n *nightly) Read(_ context.Context, files []night.File) (recon.Input, []recon.FileReport, error) {
	f := inputFiles{names: map[string]string{}}
	lists := map[night.Role]*[]string{
		night.Reports: &f.transactions, night.Documents: &f.documents, night.Opening: &f.history, night.Funding: &f.funding, night.Bank: &f.bank,
	}
	for _, file := range files {
		path := n.archive.Path(file.SHA256)
		f.names[path] = file.Name
		*lists[file.Role] = append(*lists[file.Role], path)
	}
	in, err := readFiles(f, &n.cfg.Policy)
	if err != nil {
		return recon.Input{}, nil, err
	}
	n.in = in
	in.input.HasFunding, in.input.HasBank = in.input.HasFunding && n.cfg.Brings("funding"), in.input.HasBank && n.cfg.Brings("bank")
	if err := needCash(in, &n.cfg.Policy); err != nil {
		return recon.Input{}, nil, usage(err)
	}
	n.doubts, err = n.doubt(files, in.reports)
	return in.input, in.reports, err
}

// Judge completes the reports on the files.
func (n *nightly) Judge(res *recon.Result) []recon.FileReport {
	n.in.judge(res)
	return n.in.reports
}

// Prove checks the invariants.
func (n *nightly) Prove(a *night.Answer) error {
	if n.served != nil {
		n.served.answer = a
	}
	if err := n.openPeriods(a.Entries); err != nil {
		return err
	}
	if len(a.Entries) == 0 {
		return a.Proof.Check()
	}
	shown, err := n.answer(a)
	if err != nil {
		return err
	}
	return prove(n.in, shown)
}

func (n *nightly) answer(a *night.Answer) (*answer.Night, error) {
	totals, err := posting.Sum(a.Entries)
	if err != nil {
		return nil, err
	}
	return &answer.Night{
		Set: n.cfg.Set, Description: n.cfg.Description, Result: a.Result, Chart: &n.cfg.Chart, RuleVersion: n.cfg.Rules.Version(), Entries: a.Entries,
		Proof: a.Proof, Totals: totals, Software: software(), ConfigHash: n.cfg.Hash,
	}, nil
}

// Render makes the results of a run and keeps them.
func (n *nightly) Render(a *night.Answer) ([]night.Artifact, error) {
	n.in.reports = a.Reports
	shown, err := n.answer(a)
	if err != nil {
		return nil, err
	}
	book, err := n.book(shown, a)
	if err != nil {
		return nil, err
	}
	n.tellSources(book)
	var posted []ledger.Entry
	for _, d := range a.Commit.Changed() {
		if len(d.Lines()) > 0 {
			posted = append(posted, d.Entry)
		}
	}
	name := strings.TrimSuffix(workbook.Name(a.Company, "exceptions", a.From, a.To, a.AsOf, a.Revision), ".xlsx")
	named := func(kind, ending string) string {
		return strings.Replace(name, "_exceptions_", "_"+kind+"_", 1) + ending
	}
	options := workbook.Options{Mask: maskCards}
	if workbook.NeedsData(book, options) {
		options.DataName = named("data", ".xlsx")
	}
	results := []result{
		{"result", named("result", ".json"), func(w io.Writer) error { return answer.Write(w, shown) }},
		{"inputs", named("inputs", ".json"), n.in.writeReports},
		{"journal", named("journal", ".csv"), func(w io.Writer) error { return posting.WriteJournal(w, posted) }},
		{"exceptions", name + ".csv", func(w io.Writer) error { return answer.WriteExceptions(w, book) }},
		{"workbook", name + ".xlsx", func(w io.Writer) error { return workbook.Write(w, book, options) }},
	}
	if options.DataName != "" {
		results = append(results, result{"data", options.DataName, func(w io.Writer) error { return workbook.WriteData(w, book, options) }})
	}
	return n.keepResults(results)
}

// result is one file for people.
type result struct {
	kind, name string
	write      func(io.Writer) error
}

func (n *nightly) keepResults(results []result) ([]night.Artifact, error) {
	var kept []night.Artifact
	for _, r := range results {
		hash, size, err := n.archive.Keep(r.write)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		kept = append(kept, night.Artifact{Kind: r.kind, Name: r.name, SHA256: hash, Size: size})
	}
	return kept, nil
}

func (n *nightly) publish(ctx context.Context) error {
	results, err := n.store.Unpublished(ctx, n.cfg.Recon.Company)
	if err != nil || len(results) == 0 {
		return err
	}
	out := n.path(n.cfg.Output)
	if err := durable.MakeDir(out, 0o750); err != nil {
		return err
	}
	for _, r := range results {
		err := n.copyOut(out, r.Name, r.SHA256)
		if errors.Is(err, durable.ErrDifferent) {
			err = n.replaceOlder(ctx, out, r.Name, r.SHA256, err)
		}
		if err != nil {
			return err
		}
		if err := n.store.MarkPublished(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (n *nightly) copyOut(dir, name, hash string) error {
	f, err := n.archive.Open(hash)
	if err != nil {
		return err
	}
	defer f.Close()
	err = durable.WriteFile(dir, name, func(w io.Writer) error { _, err := io.Copy(w, f); return err })
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}
