package workbook

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// sheet is one streamed sheet. Rows go in ascending order; close is the last call.
type sheet struct {
	b       *book
	name    string
	sw      *excelize.StreamWriter
	row     int // last row written
	cols    int // widest row
	tables  int
	headRow int // repeats on every printed page
	values  []any
}

// frame is what must be known of a sheet before its first row.
type frame struct {
	widths   []float64
	freeze   string // first cell that scrolls; "" freezes nothing
	hidden   int    // column to hide, 0 for none (XLS-13: only the row hash)
	headRow  int    // row that repeats on every printed page
	portrait bool
}

// open begins a sheet: page setup, widths and panes come before the first row.
func (b *book) open(name string, fr frame) *sheet {
	s := &sheet{b: b, name: name, headRow: fr.headRow}
	fit, landscape, wide, tall, paper := true, "landscape", 1, 0, int(b.o.Paper)
	if fr.portrait {
		landscape = "portrait"
	}
	b.fail(b.f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}))
	b.fail(b.f.SetPageLayout(name, &excelize.PageLayoutOptions{
		Size: &paper, Orientation: &landscape, FitToWidth: &wide, FitToHeight: &tall,
	}))
	margin, foot := 0.4, 0.75
	b.fail(b.f.SetPageMargins(name, &excelize.PageLayoutMarginsOptions{Left: &margin, Right: &margin, Top: &margin, Bottom: &foot}))
	grid := false
	b.fail(b.f.SetSheetView(name, 0, &excelize.ViewOptions{ShowGridLines: &grid}))
	b.fail(b.f.SetSheetDimension(name, "")) // or it says A1, and readers that believe it see one cell
	var err error
	s.sw, err = b.f.NewStreamWriter(name)
	b.fail(err)
	if err != nil {
		return s
	}
	for i, width := range fr.widths {
		b.fail(s.sw.SetColWidth(i+1, i+1, width))
	}
	if fr.hidden > 0 {
		b.fail(s.sw.SetColVisible(fr.hidden, fr.hidden, false))
	}
	s.freeze(fr.freeze)
	return s
}

func (s *sheet) freeze(cell string) {
	if cell == "" {
		return
	}
	col, row, err := excelize.CellNameToCoordinates(cell)
	s.b.fail(err)
	pane := "bottomRight"
	if col == 1 {
		pane = "bottomLeft"
	}
	s.b.fail(s.sw.SetPanes(&excelize.Panes{
		Freeze: true, XSplit: col - 1, YSplit: row - 1, TopLeftCell: cell, ActivePane: pane,
		Selection: []excelize.Selection{{SQRef: cell, ActiveCell: cell, Pane: pane}},
	}))
}

// put writes the next row.
func (s *sheet) put(cells ...cell) { s.putHigh(0, cells...) }

// putHigh writes the next row with a height; 0 is the usual one.
func (s *sheet) putHigh(height float64, cells ...cell) {
	s.row++
	s.cols = max(s.cols, len(cells))
	s.values = s.values[:0]
	for i := range cells {
		if cells[i] == (cell{}) {
			s.values = append(s.values, nil)
			continue
		}
		s.values = append(s.values, &cells[i])
	}
	if s.sw == nil {
		return
	}
	var opts []excelize.RowOpts
	if height > 0 {
		opts = append(opts, excelize.RowOpts{Height: height})
	}
	s.b.fail(s.sw.SetRow(at(1, s.row), s.values, opts...))
}

// skip leaves rows empty.
func (s *sheet) skip(rows int) { s.row += rows }

// heading writes what A1 carries on every sheet but Data: the title, and a sentence (XLS-13).
func (s *sheet) heading(title, sentence string) {
	s.putHigh(24, s.b.wordAs(title, look{size: 16, bold: true, color: headFill, vertical: "center"}))
	s.put(s.b.wordAs(sentence, look{color: muted}))
	s.skip(1)
}

// section writes the heading of a block.
func (s *sheet) section(title, sentence string) {
	s.putHigh(20, s.b.wordAs(title, look{size: 12, bold: true, color: headFill, vertical: "center"}))
	if sentence != "" {
		s.put(s.b.wordAs(sentence, look{color: muted}))
	}
}

// column is one column of a table: its heading, its width and the cell of a row.
type column[T any] struct {
	head  string
	width float64
	cell  func(T) cell
}

// span is where a table stands: heading in head, rows first to last.
type span struct{ head, first, last int }

// ref is a column of the span in A1 form, absolute.
func (p span) ref(col int) string { return absolute(col, p.first) + ":" + absolute(col, p.last) }

// area is a column of the span as conditional formats and validations name it.
func (p span) area(col int) string { return at(col, p.first) + ":" + at(col, p.last) }

// table writes heading and rows as an Excel table (XLS-05). A table without rows keeps one empty row, as Excel demands.
func table[T any](s *sheet, name string, cols []column[T], rows iter.Seq2[T, error]) (span, error) {
	p, err := block(s, cols, rows)
	s.addTable(name, p, len(cols))
	return p, err
}

// block writes heading and rows without making them a table.
func block[T any](s *sheet, cols []column[T], rows iter.Seq2[T, error]) (span, error) {
	p := s.head(heads(cols))
	cells := make([]cell, len(cols))
	if rows != nil {
		for row, err := range rows {
			if err != nil {
				return p, err
			}
			for i := range cols {
				cells[i] = cols[i].cell(row)
			}
			s.putHigh(rowHeight(s.b, cols, cells), cells...)
		}
	}
	if s.row == p.head {
		s.skip(1)
	}
	p.last = s.row
	return p, nil
}

// lineHeight is the height of a line of the usual size, in points.
const lineHeight = 13.5

// rowHeight is the height of a row whose text wraps over several lines; 0 is the
// usual one. Spreadsheets do not all find it out by themselves.
func rowHeight[T any](b *book, cols []column[T], cells []cell) float64 {
	most := 1
	for i := range cells {
		text, ok := cells[i].Value.(string)
		if !ok || !b.wraps[cells[i].StyleID] || cols[i].width <= 2 {
			continue
		}
		lines := strings.Count(text, "\n")
		for part := range strings.SplitSeq(text, "\n") {
			lines += int(math.Ceil(float64(utf8.RuneCountInString(part)) / (cols[i].width - 1)))
		}
		most = max(most, lines)
	}
	if most == 1 {
		return 0
	}
	return min(409, float64(most)*lineHeight+2)
}

// head writes the heading of a table.
func (s *sheet) head(names []string) span {
	cells := make([]cell, len(names))
	for i, name := range names {
		cells[i] = s.b.wordAs(name, look{bold: true, color: white, fill: headFill, wrap: true, align: "center", vertical: "center"})
	}
	s.putHigh(30, cells...)
	return span{head: s.row, first: s.row + 1, last: s.row + 1}
}

func (s *sheet) addTable(name string, p span, cols int) {
	if s.sw == nil {
		return
	}
	s.tables++
	s.b.fail(s.sw.AddTable(&excelize.Table{
		Range: at(1, p.head) + ":" + at(cols, p.last), Name: name, StyleName: tableLook,
	}))
	s.b.tables[fmt.Sprintf("xl/worksheets/sheet%d.xml", s.sw.SheetID)] = s.tables
}

func heads[T any](cols []column[T]) []string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.head
	}
	return names
}

func widths[T any](cols []column[T]) []float64 {
	all := make([]float64, len(cols))
	for i, c := range cols {
		all[i] = c.width
	}
	return all
}

// number of the column with that heading, 1 is the first; 0 is none.
func columnOf[T any](cols []column[T], head string) int {
	return slices.IndexFunc(cols, func(c column[T]) bool { return c.head == head }) + 1
}

// link makes a cell lead to a cell of this workbook (XLS-09).
func (s *sheet) link(cell, sheet, target, tip string) {
	s.b.fail(s.b.f.SetCellHyperLink(s.name, cell, quote(sheet)+"!"+target, "Location", excelize.HyperlinkOpts{Tooltip: &tip}))
}

// paint lays a conditional format over an area: where formula holds, text and fill change (XLS-07).
func (s *sheet) paint(area, formula, color, fill string) {
	s.b.fail(s.b.f.SetConditionalFormat(s.name, area, []excelize.ConditionalFormatOptions{
		{Type: "formula", Criteria: formula, Format: s.b.conditional(color, fill)},
	}))
}

// fade takes the weight off the zeros of a grid.
func (s *sheet) fade(area string) {
	first, _, _ := strings.Cut(area, ":")
	s.paint(area, first+"=0", faint, "")
}

// paintSeverity marks the letters of severities (XLS-07).
func (s *sheet) paintSeverity(area string) {
	first, _, _ := strings.Cut(area, ":")
	s.paint(area, first+`="H"`, badText, badFill)
	s.paint(area, first+`="M"`, warnText, warnFill)
}

// paintChecks marks differences that are not 0; their format says CHECK or ok.
func (s *sheet) paintChecks(area string) {
	first, _, _ := strings.Cut(area, ":")
	s.paint(area, "AND(ISNUMBER("+first+"),"+first+"<>0)", badText, badFill)
}

// close sets what excelize loses after Flush, and flushes: print setup (XLS-12) and protection (XLS-11).
func (s *sheet) close() {
	b := s.b
	if s.sw == nil {
		return
	}
	footer := "&L&8&F  |  &A&C&8Page &P of &N&R&8" + strings.ReplaceAll(b.n.RunID, "&", "&&")
	b.fail(b.f.SetHeaderFooter(s.name, &excelize.HeaderFooterOptions{OddFooter: footer}))
	b.fail(b.f.ProtectSheet(s.name, &excelize.SheetProtectionOptions{
		AutoFilter: true, Sort: true, FormatColumns: true, SelectLockedCells: true, SelectUnlockedCells: true,
	}))
	b.fail(s.sw.Flush())
	b.fail(b.f.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Area", Scope: s.name, RefersTo: quote(s.name) + "!$A$1:" + absolute(max(s.cols, 1), max(s.row, 1)),
	}))
	if s.headRow > 0 {
		b.fail(b.f.SetDefinedName(&excelize.DefinedName{
			Name: "_xlnm.Print_Titles", Scope: s.name, RefersTo: fmt.Sprintf("%s!$%d:$%d", quote(s.name), s.headRow, s.headRow),
		}))
	}
}
