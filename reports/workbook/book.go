package workbook

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/xuri/excelize/v2"

	"tieout/reports"
)

// book is one workbook being drawn.
type book struct {
	f      *excelize.File
	n      *reports.Night
	o      Options
	kind   string
	zone   *time.Location
	looks  map[look]int
	wraps  map[int]bool   // styles whose text wraps
	tables map[string]int // tables by sheet part, for the archive
	ahead  *ahead
	spots  map[string]spot // rows of Data that exceptions link to
	errs   []error

	cut, wide int // cells whose text was cut; amounts written as text
	notices   []string
}

// spot is a cell that a link leads to.
type spot struct {
	sheet string
	row   int
}

func newBook(n *reports.Night, o Options, kind string) (*book, error) {
	b := &book{
		f: excelize.NewFile(), n: n, o: o, kind: kind, zone: n.Zone,
		looks: map[look]int{}, wraps: map[int]bool{}, tables: map[string]int{}, spots: map[string]spot{},
	}
	if b.zone == nil {
		b.zone = time.UTC
	}
	b.notices = append(b.notices, n.Notices...)
	return b, b.properties()
}

// properties sets title, language and times of the document: those of the run, never the clock (XLS-13, XLS-15).
func (b *book) properties() error {
	created := b.n.AsOf.String() + "T00:00:00Z"
	err := b.f.SetDocProps(&excelize.DocProperties{
		Title: b.title(), Subject: b.span(), Creator: "tieout", LastModifiedBy: "tieout", Language: "en-US",
		Created: created, Modified: created, Identifier: b.n.RunID, Category: "Reconciliation",
	})
	if err != nil {
		return err
	}
	if err := b.f.SetAppProps(&excelize.AppProperties{Application: "tieout", Company: b.n.Company}); err != nil {
		return err
	}
	yes, not1904 := true, false
	if err := b.f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &not1904}); err != nil {
		return err
	}
	return b.f.SetCalcProps(&excelize.CalcPropsOptions{FullCalcOnLoad: &yes})
}

func (b *book) title() string {
	if b.n.Title != "" {
		return b.n.Title
	}
	return "Card settlement reconciliation, " + b.n.Company
}

// span is the range in words, both ends included, with the zone.
func (b *book) span() string {
	return fmt.Sprintf("Settlement dates %s to %s, both included, as of %s (%s)", b.n.From, b.n.To, b.n.AsOf, b.zone)
}

// write creates the sheets in their order, draws them and writes the file.
func (b *book) write(w io.Writer, pages []page) error {
	first := true
	for _, p := range pages {
		for part := 1; part <= p.parts; part++ {
			name := partName(p.name, part)
			if first {
				b.fail(b.f.SetSheetName("Sheet1", name))
				first = false
				continue
			}
			_, err := b.f.NewSheet(name)
			b.fail(err)
		}
	}
	for _, p := range pages {
		if p.draw == nil {
			continue
		}
		if err := errors.Join(p.draw(b), errors.Join(b.errs...)); err != nil {
			return fmt.Errorf("workbook: %w", err)
		}
	}
	if err := save(w, b.f, b.tables, b.o.keep); err != nil {
		return fmt.Errorf("workbook: %w", err)
	}
	return nil
}

// discard removes the temporary files of streamed sheets.
func (b *book) discard() { _ = b.f.Close() }

// fail keeps an error that a cell cannot return; write ends with it.
func (b *book) fail(err error) {
	if err != nil {
		b.errs = append(b.errs, err)
	}
}

// name defines a name for a cell (XLS-05).
func (b *book) name(name, sheet string, col, row int) {
	b.fail(b.f.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: quote(sheet) + "!" + absolute(col, row)}))
}

// nameRange defines a name for a part of a column.
func (b *book) nameRange(name, sheet string, col, from, to int) {
	b.fail(b.f.SetDefinedName(&excelize.DefinedName{
		Name: name, RefersTo: quote(sheet) + "!" + absolute(col, from) + ":" + absolute(col, to),
	}))
}

func (b *book) notice(format string, args ...any) {
	b.notices = append(b.notices, fmt.Sprintf(format, args...))
}

func quote(sheet string) string { return "'" + sheet + "'" }

func absolute(col, row int) string { return fmt.Sprintf("$%s$%d", letters(col), row) }

// at is the A1 name of a cell.
func at(col, row int) string { return fmt.Sprintf("%s%d", letters(col), row) }

// letters is the name of a column, 1 is A.
func letters(col int) string {
	name, err := excelize.ColumnNumberToName(col)
	if err != nil {
		return "A"
	}
	return name
}
