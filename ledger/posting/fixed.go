package posting

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// column is a field of the fixed-width profile.
type column struct {
	name  string
	width int // characters
}

// Widths of the fixed-width profile. Texts may be cut to theirs; a code or a
// number that is wider is refused.
const (
	memoWidth   = 120
	amountWidth = 21
	totalWidth  = 3 + 1 + amountWidth + 1 + amountWidth
)

// fixedColumns are the columns of a record in the fixed-width profile, those of
// the default profile in the same order, as wide as the receiver has them; sums
// is how many currencies T adds up.
func (p Profile) fixedColumns(record string, sums int) []column {
	columns := usualColumns(record, sums)
	for i, c := range columns {
		if width, said := p.Widths[record][c.name]; said {
			columns[i].width = width
		}
	}
	return columns
}

func usualColumns(record string, sums int) []column {
	switch record {
	case "H":
		return []column{{"record", 1}, {"product", 6}, {"version", 1}, {"file_id", 30}, {"company", 8}, {"sequence", 9}, {"created", 25}, {"date_from", 10}, {"date_to", 10}, {"base", 3}, {"run_id", 32}}
	case "E":
		return []column{{"record", 1}, {"entry_no", 20}, {"posting_date", 10}, {"period", 7}, {"currency", 3}, {"class", 7}, {"natural_key", 80}, {"corrects", 120}, {"memo", memoWidth}}
	case "L":
		return []column{{"record", 1}, {"entry_no", 20}, {"line_no", 6}, {"account", 40}, {"side", 1}, {"amount", amountWidth}, {"base_amount", amountWidth}, {"rate", 24}, {"label", 60}, {"memo", memoWidth}, {"line_id", 27}}
	case "X":
		return []column{{"record", 1}, {"entry_no", 20}, {"line_count", 6}, {"debits", amountWidth}, {"credits", amountWidth}}
	case "T":
		all := []column{{"record", 1}, {"file_id", 30}, {"entries", 9}, {"lines", 9}}
		for range sums {
			all = append(all, column{"total", totalWidth})
		}
		return append(all, column{"base_debits", amountWidth}, column{"base_credits", amountWidth}, column{"account_hash", 10}, column{"sha256", 64})
	}
	return nil
}

// fixedTails is how many fields of T surround its sums.
const fixedTails = 8

// fixed pads the fields of a record with blanks to their widths.
func (w *recordWriter) fixed(fields []field) []field {
	padded := make([]field, len(fields))
	for i, c := range w.profile.fixedColumns(fields[0].text, len(fields)-fixedTails) {
		text := fields[i].text
		if c.name == "memo" {
			text = w.cuts.text(fields[1].text, lineOf(fields), text, c.width)
		}
		pad := c.width - utf8.RuneCountInString(text)
		if pad < 0 {
			w.err = fmt.Errorf("record %s %s, field %s: %q is wider than %d characters", fields[0].text, fields[1].text, c.name, text, c.width)
			return nil
		}
		padded[i] = field{c.name, text + strings.Repeat(" ", pad)}
	}
	return padded
}

// lineOf is the line number of an L record, 0 of every other.
func lineOf(fields []field) int {
	if fields[0].text != "L" {
		return 0
	}
	no, _ := strconv.Atoi(fields[2].text)
	return no
}

// split separates the fields of a line.
func (p Profile) split(line string) []string {
	if !p.Fixed {
		return strings.Split(line, separator)
	}
	runes := []rune(line)
	kind, sums := string(runes[:min(1, len(runes))]), 0
	if kind == "T" {
		sums = max(0, (len(runes)-p.fixedWidth("T", 0))/totalWidth)
	}
	if len(runes) != p.fixedWidth(kind, sums) {
		return []string{line}
	}
	var fields []string
	for _, c := range p.fixedColumns(kind, sums) {
		fields = append(fields, strings.TrimRight(string(runes[:c.width]), " "))
		runes = runes[c.width:]
	}
	return fields
}

func (p Profile) fixedWidth(record string, sums int) int {
	width := 0
	for _, c := range p.fixedColumns(record, sums) {
		width += c.width
	}
	return width
}
