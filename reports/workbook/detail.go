package workbook

import (
	"fmt"

	"tieout/recon"
	"tieout/reports"
)

// The detail sheets.
const (
	matchedSheet = "Matched"
	ignoredSheet = "Ignored"
	dataSheet    = "Data"
)

// drawDetail writes Data, Matched and Ignored in one walk over the rows.
func drawDetail(b *book) error {
	if b.leftOut() {
		return b.drawLeftOut()
	}
	matched := &parted[*reports.Row]{b: b, sheet: matchedSheet, table: "tblMatched", cols: matchedColumns(b), intro: "Rows that agree with a document, or need none."}
	ignored := &parted[*reports.Row]{b: b, sheet: ignoredSheet, table: "tblIgnored", cols: ignoredColumns(b), intro: "Rows that move no money in this run, with the reason."}
	data := &parted[*reports.Row]{b: b, sheet: dataSheet, table: "tblData", cols: dataColumns(b)}
	all := []*parted[*reports.Row]{matched, ignored, data}
	if b.o.ExceptionsOnly {
		note := " Left out on request: this workbook shows exceptions only; the totals count every row."
		matched.intro, ignored.intro = matched.intro+note, ignored.intro+note
		b.notice("Matched and ignored rows are left out on request; the totals count every row.")
	}
	for _, d := range all {
		d.begin()
	}
	if err := walkRows(b, matched, ignored, data); err != nil {
		return err
	}
	for _, d := range all {
		d.end()
	}
	return checkRows(b, matched.rows, ignored.rows, data.rows)
}

func walkRows(b *book, matched, ignored, data *parted[*reports.Row]) error {
	if b.n.Rows == nil {
		return nil
	}
	for row, err := range b.n.Rows {
		if err != nil {
			return err
		}
		if b.o.ExceptionsOnly && row.Verdict != recon.Exception {
			continue
		}
		if row.Verdict == recon.Matched {
			matched.put(&row)
		}
		if row.Verdict == recon.Ignored {
			ignored.put(&row)
		}
		data.put(&row)
		if b.ahead.wanted[row.Key] {
			b.spots[row.Key] = spot{data.s.name, data.s.row}
		}
		if len(b.errs) > 0 {
			return b.errs[0]
		}
	}
	return nil
}

// checkRows holds what was streamed against what the run counts: a row that is missing fails the workbook (INV-2).
func checkRows(b *book, matched, ignored, data int) error {
	wantMatched, wantIgnored, wantData := shown(b.n, b.o)
	if matched != wantMatched || ignored != wantIgnored || data != wantData {
		return fmt.Errorf("rows given and rows counted differ: matched %d and %d, ignored %d and %d, all %d and %d",
			matched, wantMatched, ignored, wantIgnored, data, wantData)
	}
	return nil
}

// shown is how many rows the three sheets take.
func shown(n *reports.Night, o Options) (matched, ignored, data int) {
	for _, c := range n.Counts {
		if !o.ExceptionsOnly {
			matched += c.Matched
			ignored += c.Ignored
		}
		data += c.Exceptions
	}
	return matched, ignored, data + matched + ignored
}

func detailRows(n *reports.Night, o Options) int {
	_, _, data := shown(n, o)
	return data
}

// leftOut tells that the detail is too long for this workbook (XLS-14).
func (b *book) leftOut() bool { return detailRows(b.n, b.o) > b.o.MaxDetailRows }

// complete tells that the tables of this workbook hold every row, so that formulas can recompute the totals.
func (b *book) complete() bool { return !b.leftOut() && !b.o.ExceptionsOnly && b.n.Rows != nil }

// parts is over how many sheets a detail sheet spreads.
func (b *book) parts(sheet string) int {
	if b.leftOut() {
		return 1
	}
	matched, ignored, data := shown(b.n, b.o)
	switch sheet {
	case matchedSheet:
		return b.partsOf(matched)
	case ignoredSheet:
		return b.partsOf(ignored)
	}
	return b.partsOf(data)
}

func (b *book) partsOf(rows int) int { return max(1, (rows+b.o.partRows-1)/b.o.partRows) }

// drawLeftOut says where the detail is instead.
func (b *book) drawLeftOut() error {
	where := "it is left out here; the totals count every row."
	if b.o.DataName != "" {
		where = "it is in the workbook " + b.o.DataName + "; the totals count every row."
	}
	sentence := fmt.Sprintf("The detail has %d rows, more than the %d that this workbook takes: %s", detailRows(b.n, b.o), b.o.MaxDetailRows, where)
	b.notices = append(b.notices, sentence)
	for _, name := range []string{matchedSheet, ignoredSheet, dataSheet} {
		s := b.open(name, frame{widths: []float64{100}})
		s.heading(name, sentence)
		s.close()
	}
	return nil
}
