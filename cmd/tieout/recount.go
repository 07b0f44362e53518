package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"tieout/recon"
	"tieout/recon/cybersource/reportfile"
	"tieout/recon/neutral"
	"tieout/recon/recount"
	"tieout/recon/store"
)

// recounted is what the second reader has read, and what it has not.
type recounted struct {
	files, rows int
	not         map[string]int // kept inputs, by their kind and why
}

// String lists both.
func (c *recounted) String() string {
	text := fmt.Sprintf("%s report files with %s rows counted again by a second reader", thousands(c.files), thousands(c.rows))
	var not []string
	for _, what := range slices.Sorted(maps.Keys(c.not)) {
		not = append(not, fmt.Sprintf("%s %s", thousands(c.not[what]), what))
	}
	if len(not) > 0 {
		text += "; NOT RECOUNTED: " + strings.Join(not, ", ")
	}
	return text
}

// recounting is one walk over the kept inputs.
type recounting struct {
	*nightly
	order    map[int]int // place of each run, by its number
	readings map[string][]store.Reading
	stored   map[string]*store.OfFile
	counted  recounted
	faults   []string
}

// recount reads every kept report once more with other code and holds its rows against
// those that are stored (R4). Where a run is committed meanwhile it begins anew.
func (n *nightly) recount(ctx context.Context, v *verified) error {
	for {
		r := &recounting{nightly: n, order: map[int]int{}}
		before, err := n.store.CommittedRuns(ctx, n.cfg.Recon.Company)
		if err != nil {
			return err
		}
		if err := r.all(ctx); err != nil {
			return err
		}
		after, err := n.store.CommittedRuns(ctx, n.cfg.Recon.Company)
		if err != nil {
			return err
		}
		if before == after {
			v.counted = r.counted
			v.faults = append(v.faults, r.faults...)
			return nil
		}
	}
}

func (r *recounting) all(ctx context.Context) error {
	all, err := r.store.Readings(ctx, r.cfg.Recon.Company)
	if err != nil {
		return err
	}
	if r.counted.not, err = r.store.OtherInputs(ctx, r.cfg.Recon.Company); err != nil {
		return err
	}
	if r.stored, err = r.store.RowsOfFiles(ctx, r.cfg.Recon.Company); err != nil {
		return err
	}
	r.readings = map[string][]store.Reading{}
	var inTurn []string
	for i := range all {
		one := &all[i]
		if _, known := r.order[one.RunNo]; !known {
			r.order[one.RunNo] = len(r.order)
		}
		if r.readings[one.SHA256] == nil {
			inTurn = append(inTurn, one.SHA256)
		}
		r.readings[one.SHA256] = append(r.readings[one.SHA256], *one)
	}
	for _, hash := range inTurn {
		if err := r.file(ctx, r.readings[hash]); err != nil {
			return err
		}
	}
	return nil
}

// file counts one file again.
func (r *recounting) file(ctx context.Context, readings []store.Reading) error {
	first := &readings[0]
	kind := cmp.Or(first.Report.Kind, "of no known kind")
	if !slices.Contains(countable(), kind) {
		r.counted.not[kind]++
		return nil
	}
	f, err := r.read(first)
	if err != nil {
		r.counted.not[fmt.Sprintf("%s (%s: %v)", kind, first.Name, err)]++
		return nil
	}
	f.Readings = r.said(readings)
	if f.Versions, err = r.versions(ctx, f, readings); err != nil {
		return err
	}
	f.Posted = map[string]*big.Int{}
	stored := r.stored[f.Hash]
	if stored == nil {
		stored = &store.OfFile{}
	}
	for c, sum := range stored.Posted {
		f.Posted[c] = big.NewInt(sum)
	}
	faults, claims := f.Hold()
	if claims != stored.Rows {
		faults = append(faults, fmt.Sprintf("%s: %d rows that count are stored as read from it, and %d of its rows are", f.Name, stored.Rows, claims))
	}
	for _, fault := range faults[:min(len(faults), mostTold)] {
		r.faults = append(r.faults, "recount: "+fault)
	}
	if more := len(faults) - mostTold; more > 0 {
		r.faults = append(r.faults, fmt.Sprintf("recount: %s: %d more faults", f.Name, more))
	}
	r.counted.files++
	r.counted.rows += len(f.Rows)
	return nil
}

// countable are the kinds of reports that the second reader knows; others have columns
// of the same names that mean something else.
func countable() []string {
	return []string{string(neutral.Transactions), string(reportfile.PaymentBatchDetailCSV), string(reportfile.PaymentSubmissionCSV)}
}

func (r *recounting) read(of *store.Reading) (*recount.File, error) {
	in, err := r.archive.Open(of.SHA256)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	rows, err := recount.Read(in)
	return &recount.File{Name: of.Name, Hash: of.SHA256, Rows: rows}, err
}

// said is what the runs said of a file.
func (r *recounting) said(readings []store.Reading) (all []recount.Reading) {
	for i := range readings {
		one := &readings[i].Report
		said := recount.Reading{
			Run: r.order[readings[i].RunNo], Name: readings[i].RunID, Rows: one.Rows.Total, Totals: one.Totals, Lines: map[int]bool{},
			Partial: len(one.Findings) >= recon.MaxFindings, Unusable: one.Condemned(),
		}
		for _, f := range one.Findings {
			said.Lines[f.Line] = true
		}
		all = append(all, said)
	}
	return all
}

// storedRow is what the second reader wants of a stored row's body.
type storedRow struct {
	Amount   json.Number `json:"amount"`
	Currency string      `json:"currency"`
	File     string      `json:"file"`
	Line     int         `json:"line"`
	Posting  string      `json:"posting"`
	Opening  bool        `json:"opening"`
	Within   string      `json:"counted_in"`
	Said     []struct {
		File string `json:"file"`
		Line int    `json:"line"`
	} `json:"said"`
}

// versions are what is stored of the rows that a file names: by the runs that read it,
// and what counts now. What other runs made of them meanwhile is known when these are computed again.
func (r *recounting) versions(ctx context.Context, f *recount.File, readings []store.Reading) (map[string][]recount.Stored, error) {
	keys := make([]string, len(f.Rows))
	for i := range f.Rows {
		keys[i] = f.Rows[i].Key()
	}
	runs := make([]int, len(readings))
	for i := range readings {
		runs[i] = readings[i].RunNo
	}
	all := map[string][]recount.Stored{}
	err := r.store.RowVersions(ctx, r.cfg.Recon.Company, keys, runs, func(v store.RowVersion) error {
		one, err := storedOf(v)
		if err != nil {
			r.faults = append(r.faults, fmt.Sprintf("recount: event %s: its stored form cannot be read: %v", v.Key, err))
			return nil
		}
		one.Run, one.Current = r.placeOf(v.RunNo), v.Current
		all[v.Key] = append(all[v.Key], one)
		return nil
	})
	for _, versions := range all {
		slices.SortFunc(versions, func(a, b recount.Stored) int { return cmp.Compare(a.Run, b.Run) })
	}
	return all, err
}

// placeOf is the place of a run among those that read reports; one that read none counts as later.
func (r *recounting) placeOf(run int) int {
	if place, has := r.order[run]; has {
		return place
	}
	return len(r.order)
}

func storedOf(v store.RowVersion) (one recount.Stored, err error) {
	var body storedRow
	in := json.NewDecoder(bytes.NewReader(v.Body))
	in.UseNumber()
	if err := in.Decode(&body); err != nil {
		return one, err
	}
	amount := new(big.Int)
	if body.Amount != "" {
		if _, ok := amount.SetString(body.Amount.String(), 10); !ok {
			return one, fmt.Errorf("%q is no amount", body.Amount)
		}
	}
	one = recount.Stored{
		Key: v.Key, Currency: body.Currency, Amount: amount, Effect: big.NewInt(v.Effect), Posts: body.Posting != "" && !body.Opening, Counts: body.Within == "",
		File: body.File, Line: body.Line,
	}
	for _, s := range body.Said {
		one.Said = append(one.Said, fmt.Sprintf("%s:%d", s.File, s.Line))
	}
	return one, nil
}
