package night

import (
	"cmp"
	"slices"
	"strings"

	"tieout/recon"
)

// CellState is what is known of a report of one merchant and business day.
type CellState string

// The states of a cell. Late may still come; missing will not by itself.
const (
	CellReceived    CellState = "RECEIVED"
	CellEmpty       CellState = "EMPTY" // proven: the processor says that the day has no data
	CellLate        CellState = "LATE"
	CellMissing     CellState = "MISSING"
	CellRestated    CellState = "RESTATED"    // received again with other content; Before is the file before it
	CellQuarantined CellState = "QUARANTINED" // received, and of no use
)

// Cell is one square of the grid merchant x report x business day.
type Cell struct {
	Merchant    string        `json:"merchant"`
	Report      string        `json:"report"`
	Day         recon.Date    `json:"day"`
	State       CellState     `json:"state"`
	Required    bool          `json:"required"`
	Why         string        `json:"why,omitempty"`
	File        string        `json:"file,omitempty"`   // name of the kept copy
	SHA256      string        `json:"sha256,omitempty"` // of the kept copy, card numbers masked (R7)
	Before      string        `json:"before,omitempty"` // SHA-256 of the file that this one restates
	Size        int64         `json:"size,omitempty"`
	Masked      int           `json:"masked,omitempty"` // values with card data that were not kept
	From        recon.Instant `json:"window_from,omitempty"`
	To          recon.Instant `json:"window_to,omitempty"` // not included
	Due         recon.Instant `json:"due,omitempty"`       // by when it is expected
	Asked       recon.Instant `json:"asked,omitempty"`     // last time
	Received    recon.Instant `json:"received,omitempty"`
	Correlation string        `json:"correlation,omitempty"`
	Used        bool          `json:"used"` // a committed run has read it
	Judged      *Judged       `json:"judged,omitempty"`
}

// Judged is what a fetched report turned out to hold by itself, before any run
// reads it. What it has in common with other files is for the runs to say.
type Judged struct {
	Kind     string            `json:"kind"`
	Verdict  recon.FileVerdict `json:"verdict"`
	Rows     recon.RowCounts   `json:"rows"`
	Totals   map[string]string `json:"totals"`   // signed decimal by currency
	Findings []recon.Finding   `json:"findings"` // the first of them
}

// maxShown is how many findings of a report the grid keeps; a run lists more.
const maxShown = 20

// Judge takes in the report on a cell's file. One of which nothing can be used
// quarantines the cell at once.
func (c *Cell) Judge(r *recon.FileReport) {
	c.Judged = &Judged{Kind: r.Kind, Verdict: r.Verdict, Rows: r.Rows, Totals: r.Totals, Findings: r.Findings[:min(len(r.Findings), maxShown)]}
	if r.Condemned() && c.HasFile() {
		c.State, c.Before, c.Why = CellQuarantined, "", r.Reason()
	}
}

// Readable tells whether a run should read the cell's file: also one of which
// nothing can be used, so that it stands on the work list.
func (c *Cell) Readable() bool {
	return c.HasFile() || c.State == CellQuarantined && c.Judged != nil && c.SHA256 != ""
}

// In tells whether the report is there, or proven to have no data.
func (c *Cell) In() bool {
	switch c.State {
	case CellReceived, CellEmpty, CellRestated:
		return true
	case CellLate, CellMissing, CellQuarantined:
	}
	return false
}

// HasFile tells whether the cell has a file that a run can read.
func (c *Cell) HasFile() bool { return c.State == CellReceived || c.State == CellRestated }

// String names the cell.
func (c *Cell) String() string { return c.Report + " of " + c.Merchant + " for " + c.Day.String() }

// CompareCells orders by merchant, report and day.
func CompareCells(a, b Cell) int {
	return cmp.Or(strings.Compare(a.Merchant, b.Merchant), strings.Compare(a.Report, b.Report), cmp.Compare(a.Day, b.Day))
}

// Lacking are the required cells that are not in. A day is done only when there
// are none of it.
func Lacking(grid []Cell) (lacking []Cell) {
	for _, c := range grid {
		if c.Required && !c.In() {
			lacking = append(lacking, c)
		}
	}
	return lacking
}

// follow is what a cell becomes when it was asked for again: what is in stays in
// unless it was received with other content, which is a restatement (R2).
func (c Cell) follow(next Cell) Cell {
	switch {
	case c.HasFile() && next.HasFile() && next.SHA256 != c.SHA256:
		next.State, next.Before = CellRestated, c.SHA256
	case c.HasFile():
		c.Asked, c.Required, c.Due = next.Asked, next.Required, next.Due
		if next.State == CellQuarantined {
			c.Why = "what came later is of no use: " + next.Why
		}
		return c
	case c.State == CellEmpty && !next.HasFile():
		c.Asked, c.Required, c.Due = next.Asked, next.Required, next.Due
		return c
	}
	return next
}

// Filled is a grid with a cell for everything that is wanted: what nobody has
// asked for yet is missing.
func Filled(grid []Cell, want []Wanted) []Cell {
	known := map[cellKey]Cell{}
	for _, c := range grid {
		known[keyOf(c)] = c
	}
	var all []Cell
	for _, w := range want {
		c, ok := known[cellKey{w.Merchant, w.Report, w.Day}]
		if !ok {
			c = Cell{Merchant: w.Merchant, Report: w.Report, Day: w.Day, State: CellMissing, Why: "not asked for yet"}
		}
		c.Required = w.Required
		all = append(all, c)
	}
	slices.SortFunc(all, CompareCells)
	return all
}

type cellKey struct {
	merchant, report string
	day              recon.Date
}

func keyOf(c Cell) cellKey { return cellKey{c.Merchant, c.Report, c.Day} }
