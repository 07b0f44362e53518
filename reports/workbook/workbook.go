package workbook

import (
	"fmt"
	"io"

	"tieout/reports"
)

// DefaultDetailRows is how many detail rows a workbook takes that a person opens (XLS-14).
const DefaultDetailRows = 200_000

// PartRows is how many rows a sheet takes before "Data (2)" begins (XLS-14).
const PartRows = 1_000_000

// MaxLinks is how many hyperlinks a sheet gets; Excel takes 65,530 (XLS-09).
const MaxLinks = 60_000

// Paper is the paper size of the print setup (XLS-12), by Excel's number.
type Paper int

// The papers.
const (
	Letter Paper = 1
	A4     Paper = 9
)

// Options are the choices of a company; the zero value is sound.
type Options struct {
	Paper          Paper  // 0 is A4
	MaxDetailRows  int    // 0 is DefaultDetailRows
	ExceptionsOnly bool   // leave matched and ignored rows out of Matched, Ignored and Data
	DataName       string // name of the second workbook with the detail, if one is written beside this one
	// Mask looks at text of a column before it is written and may return it masked (XLS-16).
	// Request ids are exempt and never shown to it. nil masks nothing.
	Mask func(column, text string) string

	partRows, listRows, maxLinks, keep int // smaller in tests
}

// NeedsData tells whether the detail is too long for the workbook of [Write]
// and belongs into one of [WriteData] (XLS-14).
func NeedsData(n *reports.Night, o Options) bool {
	return detailRows(n, o) > o.withDefaults().MaxDetailRows
}

// Write writes the exception workbook with the sheets of 4.1 in their order.
func Write(w io.Writer, n *reports.Night, o Options) error {
	b, err := newBook(n, o.withDefaults(), "exceptions")
	if err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	defer b.discard()
	if err := b.lookAhead(); err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	pages := []page{
		{"Summary", 1, nil}, // drawn last: it tells what the others left out
		{"TieOut", 1, drawTieOut},
		{"Exceptions", 1, nil}, // drawn after Data, to whose rows it links
		{"Aging", 1, drawAging},
		{matchedSheet, b.parts(matchedSheet), nil},
		{ignoredSheet, b.parts(ignoredSheet), nil},
		{"Journal", b.partsOf(b.ahead.lines), drawJournal},
		{"RollForward", 1, drawRollForward},
		{"Cleared", 1, nil},
		{dataSheet, b.parts(dataSheet), drawDetail},
		{"Lists", 1, drawLists},
		{"About", 1, drawAbout},
	}
	if len(n.Received) > 0 {
		pages = append(pages, page{sourcesSheet, 1, drawSources})
	}
	pages = append(pages, page{"", 0, drawExceptions}, page{"", 0, drawCleared}, page{"", 0, drawSummary})
	return b.write(w, pages)
}

// WriteData writes the second workbook: the detail sheets, however long, and About.
func WriteData(w io.Writer, n *reports.Night, o Options) error {
	o = o.withDefaults()
	o.MaxDetailRows = int(^uint(0) >> 1)
	b, err := newBook(n, o, "data")
	if err != nil {
		return fmt.Errorf("data workbook: %w", err)
	}
	defer b.discard()
	b.ahead = newAhead()
	return b.write(w, []page{
		{matchedSheet, b.parts(matchedSheet), nil},
		{ignoredSheet, b.parts(ignoredSheet), nil},
		{dataSheet, b.parts(dataSheet), drawDetail},
		{"About", 1, drawAbout},
	})
}

func (o Options) withDefaults() Options {
	if o.Paper == 0 {
		o.Paper = A4
	}
	if o.MaxDetailRows == 0 {
		o.MaxDetailRows = DefaultDetailRows
	}
	if o.partRows == 0 {
		o.partRows = PartRows
	}
	if o.listRows == 0 {
		o.listRows = PartRows
	}
	if o.maxLinks == 0 {
		o.maxLinks = MaxLinks
	}
	if o.keep == 0 {
		o.keep = keepLimit
	}
	if o.Mask == nil {
		o.Mask = func(_, text string) string { return text }
	}
	return o
}

// page is one entry of the order of sheets: its name, over how many sheets it
// spreads and who draws it. One without a name only draws.
type page struct {
	name  string
	parts int
	draw  func(*book) error
}

// partName is the name of part 1, 2 ... of a sheet (XLS-14).
func partName(name string, part int) string {
	if part <= 1 {
		return name
	}
	return fmt.Sprintf("%s (%d)", name, part)
}
