package workbook

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// The palette: ink on white, one blue, and three signal colours that always
// come with a word. Every pair of text and fill has a contrast of 4.5:1 or more (XLS-13).
const (
	ink       = "1F2933"
	muted     = "52606D"
	white     = "FFFFFF"
	headFill  = "24405C"
	bandFill  = "EEF2F6"
	editFill  = "FFF8DC"
	line      = "C9D2DB"
	goodText  = "14532D"
	goodFill  = "E3F2E6"
	badText   = "8B1A1A"
	badFill   = "FBE4E4"
	warnText  = "6B4500"
	warnFill  = "FFF1CC"
	linkText  = "0B4F8A"
	faint     = "6B7785" // zeros of a grid
	tableLook = "TableStyleLight1"
)

// Formats of numbers (XLS-01, XLS-03).
const (
	asText    = "@"
	asDate    = "yyyy-mm-dd"
	asInstant = "yyyy-mm-dd hh:mm:ss"
	asCount   = "#,##0"
)

// moneyFormat is the number format of amounts with so many decimals (XLS-01).
func moneyFormat(digits int) string {
	return [...]string{"#,##0", "#,##0.0", "#,##0.00;[Red]-#,##0.00", "#,##0.000", "#,##0.0000"}[digits]
}

// checkFormat shows a difference with a word, so that colour is never alone (XLS-07).
func checkFormat(digits int) string {
	plain := [...]string{"0", "0.0", "0.00", "0.000", "0.0000"}[digits]
	return fmt.Sprintf(`"CHECK "#,##%[1]s;"CHECK "-#,##%[1]s;"ok "%[1]s`, plain)
}

// look is how a cell looks. Equal looks are one style of the workbook.
type look struct {
	format   string
	size     float64
	bold     bool
	italic   bool
	wrap     bool
	open     bool // may be edited (XLS-11)
	quoted   bool // Excel's own leading apostrophe (XLS-04)
	link     bool
	align    string
	color    string
	fill     string
	boxed    bool
	topLine  bool
	vertical string
}

// style is the number of the style of a look.
func (b *book) style(l look) int {
	if id, ok := b.looks[l]; ok {
		return id
	}
	plain := l
	plain.quoted = false
	id, err := b.f.NewStyle(plain.excel())
	b.fail(err)
	if l.quoted {
		id = b.quoted(id)
	}
	b.looks[l] = id
	b.wraps[id] = l.wrap
	return id
}

// quoted copies a style and sets quotePrefix, which excelize has no option for (XLS-04).
func (b *book) quoted(id int) int {
	xfs := b.f.Styles.CellXfs
	if id >= len(xfs.Xf) {
		return id
	}
	yes := true
	xf := xfs.Xf[id]
	xf.QuotePrefix = &yes
	xfs.Xf = append(xfs.Xf, xf)
	xfs.Count = len(xfs.Xf)
	return len(xfs.Xf) - 1
}

func (l look) excel() *excelize.Style {
	color, size := l.color, l.size
	if color == "" {
		color = ink
	}
	if size == 0 {
		size = 10
	}
	s := &excelize.Style{
		Font:       &excelize.Font{Family: "Calibri", Size: size, Bold: l.bold, Italic: l.italic, Color: color},
		Alignment:  &excelize.Alignment{Horizontal: l.align, Vertical: l.vertical, WrapText: l.wrap},
		Protection: &excelize.Protection{Locked: !l.open},
	}
	if l.vertical == "" {
		s.Alignment.Vertical = "center"
	}
	if l.align == "" || l.align == "left" {
		s.Alignment.Horizontal, s.Alignment.Indent = "left", 1 // keeps text off the number before it
	}
	if l.link {
		s.Font.Underline, s.Font.Color = "single", linkText
	}
	if l.format != "" {
		s.CustomNumFmt = &l.format
	}
	if l.fill != "" {
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{l.fill}}
	}
	s.Border = l.borders()
	return s
}

func (l look) borders() []excelize.Border {
	if l.boxed {
		var all []excelize.Border
		for _, side := range []string{"left", "right", "top", "bottom"} {
			all = append(all, excelize.Border{Type: side, Color: line, Style: 1})
		}
		return all
	}
	if l.topLine {
		return []excelize.Border{{Type: "top", Color: ink, Style: 1}}
	}
	return nil
}

// conditional is the style that a conditional format lays over a cell; without a fill it only recolours the text.
func (b *book) conditional(color, fill string) *int {
	style := &excelize.Style{Font: &excelize.Font{Bold: fill != "", Color: color}}
	if fill != "" {
		style.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill}}
	}
	id, err := b.f.NewConditionalStyle(style)
	b.fail(err)
	return &id
}
