package night

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tieout/ledger"
	"tieout/recon"
)

// ErrLocked is another run of the company that is active (GL-23, exit code 7).
var ErrLocked = errors.New("another run of the company is active")

// ErrCovered is a run for days that were missing and that another run has covered meanwhile.
var ErrCovered = errors.New("another run has covered the days")

// Sources is what a run needs of its files.
type Sources interface {
	// Keep copies what lies in the folders now under the hash of its bytes, card
	// numbers masked (R7), and lists it. Where documents are taken only from some day
	// on, none of since or later is left out; 0: no such day is asked for.
	Keep(ctx context.Context, since recon.Date) ([]File, error)
	// Read parses kept files. The reports are in the order of the files.
	Read(ctx context.Context, files []File) (recon.Input, []recon.FileReport, error)
}

// Store is what a run needs of storage.
type Store interface {
	// Load returns what every run must know: the rows of its range, what is held
	// and what is open, deposits and bank lines, batches, files, cuts and numbers.
	Load(ctx context.Context, req Request) (*State, error)
	// Recall adds to a state what this run needs beyond that.
	Recall(ctx context.Context, req Request, s *State, need *Need) error
	// Commit stores the run and everything it adds in one transaction, or nothing.
	Commit(ctx context.Context, c *Commit) error
}

// Presenter shows an answer to people.
type Presenter interface {
	// Exceptions lists what the engine found, with bodies that the reports know.
	Exceptions(res *recon.Result) ([]Found, error)
	// Body is the body of an item that this run tells of without deciding its row: one
	// that was open at cut-over, a dispute whose capture was found, an item that waits
	// for an account, or waits no more and is what it was.
	Body(r *Row) ([]byte, error)
	// FileBody is the body of a file of which nothing can be used.
	FileBody(e *Exception, f *File) ([]byte, error)
	// Judge completes the reports on the files, in their order, with what stage 0 found.
	Judge(res *recon.Result) []recon.FileReport
	// Prove checks the invariants on what is about to be written.
	Prove(a *Answer) error
	// Render makes the results and keeps them under their hashes.
	Render(a *Answer) ([]Artifact, error)
}

// Found is an exception of the engine's answer. Row is the transaction that it
// is about, -1 for every other side.
type Found struct {
	Exception
	Row int
}

// Answer is the outcome of a run before it is stored.
type Answer struct {
	Request
	RunID       string
	Revision    int
	Policy      *recon.Policy // of this range
	Result      *recon.Result
	Entries     []ledger.Entry // that a clean run of the range would post, numbered
	Proof       *ledger.Proof
	Files       []File
	Reports     []recon.FileReport // on the files
	Unusable    []string           // why nothing of a file could be used and nothing has replaced it
	Absent      []string           // which re-issued reports lack rows that an earlier one gave
	Work        []Exception        // the open exceptions, and those that this run closed
	Before      Before             // the work list of earlier runs
	Commit      *Commit
	NotProvided []string // as of the night
	Masked      int      // values with card data that were not kept of its files (R7)
}

// Before is what the work list was before a run.
type Before struct {
	AsOf  recon.Date  // of the last run; 0: there was none
	Open  []Exception // after it, by id
	Weeks []Week      // how much was open at the end of earlier weeks, oldest first
}

// Night runs one company, a range at a time.
type Night struct {
	Policy    recon.Policy
	Chart     ledger.Chart
	Rules     *ledger.RuleTable
	Mode      ledger.Mode
	Sources   Sources
	Store     Store
	Presenter Presenter

	// NotProvided is what the run goes on without: required reports that are late
	// or missing. A day is not done then, whatever was found in the rest.
	NotProvided []string
	// Doubts are days that must not be released, known once the files are read:
	// what they add up to is not what the processor says (R4). nil: none.
	Doubts func() []Hold
}

// Run computes one range and commits it. A file of which nothing can be used
// does not stop the others; the answer's reports tell.
func (n *Night) Run(ctx context.Context, req Request) (*Answer, error) {
	state, err := n.Store.Load(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("load what earlier runs left: %w", err)
	}
	p := &past{req: req, state: state, policy: &n.Policy}
	kept, err := n.Sources.Keep(ctx, p.waitedFor())
	if err != nil {
		return nil, fmt.Errorf("keep the inputs: %w", err)
	}
	if err := n.recallExceptions(ctx, p, condemnedBefore(state.Files)); err != nil {
		return nil, err
	}
	a := &Answer{Request: req, RunID: runID(req, state.Attempt), Revision: state.Revision + 1, Files: p.files(kept), Before: p.before(), NotProvided: n.NotProvided}
	in, err := n.read(ctx, p, a)
	if err != nil {
		return nil, err
	}
	if err := n.reckon(ctx, p, in, a); err != nil {
		return nil, err
	}
	if a.Commit.Outcome != UnchangedRun {
		if a.Commit.Artifacts, err = n.Presenter.Render(a); err != nil {
			return nil, err
		}
	}
	return a, n.Store.Commit(ctx, a.Commit)
}

// read parses the files of a run, and recalls what earlier runs left of their
// rows. Where that names other files that speak of these, all are read again.
func (n *Night) read(ctx context.Context, p *past, a *Answer) (recon.Input, error) {
	for {
		in, reports, err := n.Sources.Read(ctx, a.Files)
		if err != nil {
			return in, err
		}
		for i := range reports {
			a.Files[i].Report = reports[i]
			if a.Files[i].Role == Opening && reports[i].Condemned() {
				return in, fmt.Errorf("opening: %s: what was open at cut-over would be lost; nothing is written", unusable(&File{Name: a.Files[i].Name, Report: reports[i]}))
			}
		}
		if err := n.remember(ctx, p, a, &in); err != nil {
			return in, err
		}
		more := p.unread(a.Files, &in)
		if len(more) == 0 {
			return in, nil
		}
		a.Files = inOrder(append(a.Files, more...))
	}
}

// runID names an attempt at a range; a resumption is the same attempt.
func runID(req Request, attempt int) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{req.Company, req.From.String(), req.To.String(), req.AsOf.String(), strconv.Itoa(attempt)}, "|")))
	return "run-" + hex.EncodeToString(sum[:6])
}

// reckon decides, books, proves and compares with what earlier runs left.
func (n *Night) reckon(ctx context.Context, p *past, in recon.Input, a *Answer) error {
	opening, err := n.takeOver(p, in.History, hashes(a.Files, Opening))
	if err != nil {
		return err
	}
	in.History = p.history()
	in.Pinned, in.Priors, in.Inherit = p.pinned(), p.priors(), p.inherited()
	p.fillFiles(&in, a.Files)
	p.choose(&in)
	policy := n.Policy
	policy.From, policy.To, policy.AsOf, policy.OpeningUnfunded = a.From, a.To, a.AsOf, p.opening(&in)
	a.Policy = &policy
	asked := n.Rules.Books(&policy, &in)
	asked.PostedOn = p.postedOn()
	a.Result = recon.Reconcile(in, &policy, asked)
	a.know(n.Presenter.Judge(a.Result), p)
	if a.Entries, err = ledger.RollUp(a.Result, n.Rules, true); err != nil {
		return err
	}
	a.Proof = ledger.Prove(a.Result, &n.Chart, a.Entries)
	if err := n.build(ctx, p, a, opening); err != nil {
		return err
	}
	a.Commit.Restated = p.restatedCuts(a.Result)
	return n.Presenter.Prove(a)
}

// build makes the commit of an answer.
func (n *Night) build(ctx context.Context, p *past, a *Answer, opening []Row) error {
	res, files := a.Result, hashes(a.Files, Reports)
	c := &Commit{Request: a.Request, RunID: a.RunID, Settled: settledTotals(a.Proof)}
	a.Commit = c
	c.Rows = decided(res, files)
	keepPins(c.Rows, res.Input().Pinned, p.state.Rows)
	c.Docs = documentsOf(res, hashes(a.Files, Documents))
	c.Deposits, c.BankLines = depositsOf(res, hashes(a.Files, Funding), n.Chart.FirstOr), bankLinesOf(res, hashes(a.Files, Bank), n.Chart.FirstOr)
	c.Acts = cleared(res, a.To)
	var err error
	if c.Booked, err = ledger.Contribute(res, n.Rules, sourceOf(res)); err != nil {
		return err
	}
	c.Touched = withOpening(p.touched(res), opening)
	if err := n.recallBooks(ctx, p, c); err != nil {
		return err
	}
	b := &books{past: p, chart: &n.Chart, mode: n.Mode}
	b.replace(c)
	if err := b.decide(c); err != nil {
		return err
	}
	a.Entries = numbered(a.Entries, p.state, c)
	r := &read{past: p, files: a.Files, open: n.Chart.PostingDate}
	if err := n.work(ctx, r, a); err != nil {
		return err
	}
	var news bool
	a.Absent, news = r.absentRows(res, a.Reports)
	if err := c.Check(n.Chart.IsClearing); err != nil {
		return fmt.Errorf("nothing is written: %w", err)
	}
	return n.finish(ctx, p, a, news)
}

// sourceOf names rows in the books by their natural keys.
func sourceOf(res *recon.Result) func(row int) ledger.SourceRef {
	return func(i int) ledger.SourceRef {
		r := res.Row(i)
		return ledger.SourceRef("T:" + RowKey(r.ID, r.Natural))
	}
}

// numbered gives the answer's entries the numbers that the books have for them.
func numbered(entries []ledger.Entry, s *State, c *Commit) []ledger.Entry {
	numbers := map[string]string{}
	for key, chain := range s.Entries {
		numbers[key] = chain[0].Number()
	}
	for i := range c.Decisions {
		if d := &c.Decisions[i]; d.Key().Correction == "" {
			numbers[NaturalKey(d.Key())] = d.Number()
		}
	}
	all := make([]ledger.Entry, len(entries))
	for i, e := range entries {
		all[i] = e.Numbered(numbers[NaturalKey(e.Key())])
	}
	return all
}

// know takes in what the files turned out to be.
func (a *Answer) know(judged []recon.FileReport, p *past) {
	a.Reports = judged
	first, last := p.spans(a.Result)
	reports := 0
	for i := range a.Files {
		f := &a.Files[i]
		f.Report = judged[i]
		if f.Role == Reports {
			f.First, f.Last = first[reports], last[reports]
			reports++
		}
	}
}

// work draws up the work list.
func (n *Night) work(ctx context.Context, r *read, a *Answer) error {
	found, err := n.Presenter.Exceptions(a.Result)
	if err != nil {
		return err
	}
	all, err := r.condemned(a, n.Presenter.FileBody)
	if err != nil {
		return err
	}
	for _, f := range found {
		if f.Row < 0 || !f.aboutRow(a, r) {
			all = append(all, f.Exception)
		}
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	if err := n.recallExceptions(ctx, r.past, ids); err != nil {
		return err
	}
	if a.Work, err = newWorklist(r, a.Commit, waitingIn(a.Result), n.Presenter.Body).compare(all); err != nil {
		return err
	}
	a.Commit.Exceptions = r.changed(a.Work)
	for i := range a.Work {
		if e := &a.Work[i]; e.Hold != nil && e.Status != Closed {
			a.Commit.Holds = append(a.Commit.Holds, *e.Hold)
		}
	}
	if n.Doubts != nil {
		a.Commit.Holds = append(a.Commit.Holds, n.Doubts()...)
	}
	return nil
}

// aboutRow gives an exception the key of its row, and what it holds back. It
// tells a row that cannot be read and whose file was replaced.
func (f *Found) aboutRow(a *Answer, read *read) (replaced bool) {
	r := a.Result.Row(f.Row)
	if r.ID != "" {
		f.Key = RowKey(r.ID, r.Natural)
	}
	if r.Reason != recon.InvalidRow {
		return false
	}
	file := &read.files[r.Source.File] // the reports come first
	f.Hold = read.ofRow(r, a.Result.SettledOn(f.Row), file)
	f.File, f.Line = file.SHA256, int(r.Source.Line)
	return f.Key == "" && read.replaced(file, f.Hold)
}

// finish notes that the files were read, and whether anything changed at all: in
// the books, in the outcomes, in what is lacking, or in what must be told.
func (n *Night) finish(ctx context.Context, p *past, a *Answer, told bool) error {
	c := a.Commit
	c.Files, c.Lacking = slices.Clone(a.Files), a.NotProvided
	for i := range c.Files {
		c.Files[i].Used, c.Files[i].Report = true, a.Reports[i]
	}
	items, err := c.Items()
	if err != nil {
		return err
	}
	if err := n.recallItems(ctx, p, items); err != nil {
		return err
	}
	for _, item := range items {
		if p.state.Bodies[item.Side+"|"+item.Key] != item.Hash() {
			c.News = append(c.News, item)
		}
	}
	told = told || !sameLacking(p.state.Lacking, a.NotProvided)
	open := slices.ContainsFunc(a.Work, func(e Exception) bool { return e.Status != Closed })
	switch {
	case !told && len(c.Changed())+len(c.Replaced)+len(c.News)+len(c.Exceptions) == 0:
		c.Outcome = UnchangedRun
	case open || len(a.NotProvided) > 0:
		c.Outcome = DoneWithExceptions
	default:
		c.Outcome = Done
	}
	return nil
}

// sameLacking tells whether two runs went on without the same; why is no matter.
func sameLacking(a, b []string) bool {
	name := func(s string) string { name, _, _ := strings.Cut(s, " ("); return name }
	return slices.EqualFunc(a, b, func(x, y string) bool { return name(x) == name(y) })
}

// spans are the first and last settlement dates of the rows of each report file,
// by what they say themselves and by what is known of the same events: a file that
// contradicts what settles on a day must be read whenever that day is.
func (p *past) spans(res *recon.Result) (first, last map[int]recon.Date) {
	first, last = map[int]recon.Date{}, map[int]recon.Date{}
	widen := func(file int, day recon.Date) {
		if day != 0 && (first[file] == 0 || day < first[file]) {
			first[file] = day
		}
		last[file] = max(last[file], day)
	}
	distrusted := map[string][]int{} // rows that cannot be trusted, by key
	for i := range res.Rows() {
		for _, day := range append(res.KnownOn(i), res.SettledOn(i)) {
			widen(res.FileOf(i), day)
		}
		if _, reason := res.Verdict(i); reason == recon.InvalidRow {
			if r := res.Row(i); r.ID != "" {
				distrusted[RowKey(r.ID, r.Natural)] = append(distrusted[RowKey(r.ID, r.Natural)], i)
			}
		}
	}
	for i := range p.state.Rows {
		for _, row := range distrusted[p.state.Rows[i].Key()] {
			widen(res.FileOf(row), p.state.Rows[i].Settled)
		}
	}
	for _, rows := range distrusted {
		for _, row := range rows {
			for _, other := range rows {
				widen(res.FileOf(row), res.SettledOn(other))
			}
		}
	}
	return first, last
}
