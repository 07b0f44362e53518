package workbook

import (
	"fmt"
	"strings"

	"tieout/ledger/money"
	"tieout/reports"
)

// tieLine is one line of the sheet: a letter of 4.4, or a figure that a letter is made of.
type tieLine struct {
	letter string
	text   string
	rows   bool // counts rows, not money
	check  bool // must be 0 and is part of TieDifference
	// value is the service's own figure; live its formula over the tables of the
	// workbook, or over lines of this sheet. "" has no formula.
	value func(t *reports.TieOut, c reports.Checks) money.Amount
	live  func(f *tieFormula) string
	table bool // live needs the complete detail
}

// tieFormula is what a formula of a currency's column may refer to.
type tieFormula struct {
	b        *book
	currency money.Currency
	code     string // of the currency, quoted
	digits   int
	col      int
	rowOf    map[string]int
}

// lines are the letters of 4.4 in their order.
func tieLines() []tieLine {
	type tie = *reports.TieOut
	m := func(minor func(reports.Checks) int64) func(tie, reports.Checks) money.Amount {
		return func(t tie, c reports.Checks) money.Amount { return money.New(minor(c), t.Currency) }
	}
	v := func(a func(tie) money.Amount) func(tie, reports.Checks) money.Amount {
		return func(t tie, _ reports.Checks) money.Amount { return a(t) }
	}
	n := func(rows func(tie) int) func(tie, reports.Checks) money.Amount {
		return func(t tie, _ reports.Checks) money.Amount { return money.New(int64(rows(t)), 0) }
	}
	return []tieLine{
		{letter: "A", text: "Report control total, as the source gives it", value: v(func(t tie) money.Amount { return t.ReportTotal })},
		{letter: "B", text: "Rows read", table: true, value: v(func(t tie) money.Amount { return t.RowsRead }), live: func(f *tieFormula) string { return f.data("amount", `"counted"`, "") }},
		{letter: "C", text: "A - B", live: func(f *tieFormula) string {
			return fmt.Sprintf(`IF(ISNUMBER(%s),%s,"NOT PROVIDED")`, f.at("A"), f.round("A", "-B"))
		}},
		{letter: "D", text: "Ignored", table: true, value: v(func(t tie) money.Amount { return t.Ignored }), live: func(f *tieFormula) string { return f.sum("tblIgnored", "amount", `counted=YES`, `side=event`) }},
		{letter: "E", text: "Matched", table: true, value: v(func(t tie) money.Amount { return t.Matched }), live: func(f *tieFormula) string { return f.sum("tblMatched", "amount", `side=event`) }},
		{letter: "F", text: "Exceptions", table: true, value: v(func(t tie) money.Amount { return t.Exceptions }), live: func(f *tieFormula) string { return f.data("amount", `"counted"`, "EXCEPTION") }},
		{letter: "G", text: "B - D - E - F", check: true, value: m(func(c reports.Checks) int64 { return c.G }), live: func(f *tieFormula) string { return f.round("B", "-D", "-E", "-F") }},
		{letter: "H", text: "Journal: clearing, net, class SETTLE", value: v(func(t tie) money.Amount { return t.ClearingNet }), live: func(f *tieFormula) string {
			return f.difference(f.plain("tblJournal", "debit", "proof=CLEARING", "class=SETTLE"), f.plain("tblJournal", "credit", "proof=CLEARING", "class=SETTLE"))
		}},
		{letter: "I", text: "E + F - H", check: true, value: m(func(c reports.Checks) int64 { return c.I }), live: func(f *tieFormula) string { return f.round("E", "+F", "-H") }},
		{letter: "j1", text: "Applied", table: true, value: v(func(t tie) money.Amount { return t.Applied }), live: func(f *tieFormula) string { return f.data("applied", "", "") }},
		{letter: "j2", text: "Suspended", table: true, value: v(func(t tie) money.Amount { return t.Suspended }), live: func(f *tieFormula) string { return f.data("suspended", "", "") }},
		{letter: "j3", text: "Write-off", table: true, value: v(func(t tie) money.Amount { return t.WriteOff }), live: func(f *tieFormula) string { return f.data("write_off", "", "") }},
		{letter: "J", text: "Applied + suspended + write-off", live: func(f *tieFormula) string { return f.round("j1", "+j2", "+j3") }},
		{letter: "K", text: "E + F - J", check: true, value: m(func(c reports.Checks) int64 { return c.K }), live: func(f *tieFormula) string { return f.round("E", "+F", "-J") }},
		{letter: "L", text: "Posting file: debits", value: v(func(t tie) money.Amount { return t.FileDebits })},
		{letter: "M", text: "Posting file: credits", value: v(func(t tie) money.Amount { return t.FileCredits })},
		{letter: "N", text: "L - M", check: true, value: m(func(c reports.Checks) int64 { return c.N }), live: func(f *tieFormula) string { return f.round("L", "-M") }},
		{letter: "O", text: "Journal: debits", value: v(func(t tie) money.Amount { return t.Debits }), live: func(f *tieFormula) string { return f.sum("tblJournal", "debit") }},
		{letter: "P", text: "L - O", check: true, value: m(func(c reports.Checks) int64 { return c.P }), live: func(f *tieFormula) string { return f.round("L", "-O") }},
		{letter: "q1", text: "Suspense: closing balance of the account", value: v(func(t tie) money.Amount { return t.SuspenseClosing }), live: func(f *tieFormula) string { return f.suspense("closing") }},
		{letter: "q2", text: "Suspense: list of open items", value: v(func(t tie) money.Amount { return t.SuspenseList }), live: func(f *tieFormula) string { return f.suspense("open list") }},
		{letter: "Q", text: "Closing suspense less list", check: true, value: m(func(c reports.Checks) int64 { return c.Q }), live: func(f *tieFormula) string { return f.round("q1", "-q2") }},
		{letter: "r1", text: "Clearing: closing balance of the account", value: v(func(t tie) money.Amount { return t.ClearingClosing }), live: func(f *tieFormula) string { return f.b.closingCell(f.currency) }},
		{letter: "r2", text: "Clearing: list of unfunded batches", value: v(func(t tie) money.Amount { return t.UnfundedList }), live: func(f *tieFormula) string { return f.unfunded() }},
		{letter: "R", text: "Closing clearing less list", check: true, value: m(func(c reports.Checks) int64 { return c.R }), live: func(f *tieFormula) string { return f.round("r1", "-r2") }},
		{letter: "s1", text: "Rows in", rows: true, table: true, value: n(func(t tie) int { return t.RowsIn }), live: func(f *tieFormula) string { return f.rows("tblData") }},
		{letter: "s2", text: "Rows matched", rows: true, table: true, value: n(func(t tie) int { return t.RowsMatched }), live: func(f *tieFormula) string { return f.rows("tblMatched") }},
		{letter: "s3", text: "Rows with an exception", rows: true, table: true, value: n(func(t tie) int { return t.RowsException }), live: func(f *tieFormula) string { return f.rows("tblData", "outcome=EXCEPTION") }},
		{letter: "s4", text: "Rows ignored", rows: true, table: true, value: n(func(t tie) int { return t.RowsIgnored }), live: func(f *tieFormula) string { return f.rows("tblIgnored") }},
		{letter: "S", text: "Rows in less rows out", rows: true, check: true, value: func(_ tie, c reports.Checks) money.Amount { return money.New(c.S, 0) }, live: func(f *tieFormula) string { return f.round("s1", "-s2", "-s3", "-s4") }},
	}
}

func (f *tieFormula) at(letter string) string { return at(f.col, f.rowOf[letter]) }

// round adds lines of this column up: "B", "-D", "-E".
func (f *tieFormula) round(terms ...string) string {
	var sum strings.Builder
	for _, term := range terms {
		letter := strings.TrimLeft(term, "+-")
		sum.WriteString(strings.TrimSuffix(term, letter) + f.at(letter))
	}
	return fmt.Sprintf("ROUND(%s,%d)", sum.String(), f.digits)
}

// plain is the sum of a column over all parts of a table, where column=value holds.
func (f *tieFormula) plain(table, column string, where ...string) string {
	var parts []string
	for _, part := range f.b.tableParts(table) {
		parts = append(parts, fmt.Sprintf("SUMIFS(%s[%s]%s)", part, column, f.where(part, where)))
	}
	return strings.Join(parts, "+")
}

func (f *tieFormula) where(table string, where []string) string {
	text := fmt.Sprintf(",%s[currency],%s", table, f.code)
	for _, w := range where {
		column, value, _ := strings.Cut(w, "=")
		text += fmt.Sprintf(",%s[%s],%q", table, column, value)
	}
	return text
}

func (f *tieFormula) sum(table, column string, where ...string) string {
	return fmt.Sprintf("ROUND(%s,%d)", f.plain(table, column, where...), f.digits)
}

func (f *tieFormula) difference(plus, minus string) string {
	return fmt.Sprintf("ROUND(%s-(%s),%d)", plus, minus, f.digits)
}

// data is a sum over the events of Data.
func (f *tieFormula) data(column, counted, outcome string) string {
	where := []string{"side=event"}
	if counted != "" {
		where = append(where, "counted=YES")
	}
	if outcome != "" {
		where = append(where, "outcome="+outcome)
	}
	return f.sum("tblData", column, where...)
}

func (f *tieFormula) rows(table string, where ...string) string {
	var parts []string
	for _, part := range f.b.tableParts(table) {
		first := f.where(part, append([]string{"side=event"}, where...))
		parts = append(parts, "COUNTIFS("+first[1:]+")")
	}
	return strings.Join(parts, "+")
}

func (f *tieFormula) suspense(column string) string {
	if len(f.b.n.Suspense) == 0 {
		return ""
	}
	return f.sum("tblSuspense", column)
}

func (f *tieFormula) unfunded() string {
	if len(f.b.n.Batches) == 0 {
		return ""
	}
	return f.sum("tblBatches", "open")
}

// tableParts are the tables that a sheet's rows spread over.
func (b *book) tableParts(table string) []string {
	parts := 1
	switch table {
	case "tblData":
		parts = b.parts(dataSheet)
	case "tblMatched":
		parts = b.parts(matchedSheet)
	case "tblIgnored":
		parts = b.parts(ignoredSheet)
	case "tblJournal":
		parts = b.partsOf(b.ahead.lines)
	}
	names := make([]string, parts)
	for i := range names {
		names[i] = tablePart(table, i+1)
	}
	return names
}

const (
	tieHead = 7 // row of the heading
	tieCols = 2 // columns before the first currency
	tieWide = 3 // columns of a currency: live, service, check
)

// drawTieOut writes the proof (4.4): each currency in columns of its own, never added across.
func drawTieOut(b *book) error {
	lines := tieLines()
	fr := frame{widths: []float64{8, 40}, freeze: at(tieCols+1, tieHead+1), headRow: tieHead}
	names := []string{"line", "meaning"}
	for i := range b.n.Currencies {
		name := code(b.n.Currencies[i].Currency)
		names = append(names, name, name+" service", name+" check")
		fr.widths = append(fr.widths, 15, 15, 14)
	}
	s := b.open("TieOut", fr)
	s.heading("Tie-out", "The first column of a currency is recomputed here from the tables of this workbook; beside it stands the service's own figure and the difference of the two.")
	difference, err := reports.TieDifference(b.n.Currencies)
	if err != nil {
		return err
	}
	b.tieSummary(s, lines, difference)
	p := s.head(names)
	for i, l := range lines {
		cells := []cell{b.wordAs(strings.ToUpper(letterOf(l)), look{bold: true, align: "center"}), b.wordAs(textOf(l), look{bold: l.check})}
		for c := range b.n.Currencies {
			three, err := b.tieCells(&b.n.Currencies[c], l, lines, tieCols+1+c*tieWide, p.first+i)
			if err != nil {
				return err
			}
			cells = append(cells, three...)
		}
		s.put(cells...)
	}
	p.last = s.row
	s.addTable("tblTieOut", p, len(names))
	b.dressTieOut(s, lines, p)
	b.tieApart(s)
	s.close()
	return nil
}

func letterOf(l tieLine) string {
	if len(l.letter) > 1 {
		return ""
	}
	return l.letter
}

func textOf(l tieLine) string {
	switch {
	case l.check:
		return l.text + ": must be 0"
	case len(l.letter) > 1:
		return "    " + l.text
	}
	return l.text
}

// tieSummary is the difference that the banner of Summary reads, above the table.
func (b *book) tieSummary(s *sheet, lines []tieLine, difference string) {
	var checks, against []string
	for c := range b.n.Currencies {
		col := tieCols + 1 + c*tieWide
		for i, l := range lines {
			if l.check {
				checks = append(checks, "ABS("+at(col, tieHead+1+i)+")")
			}
		}
		area := at(col+2, tieHead+1) + ":" + at(col+2, tieHead+len(lines))
		against = append(against, fmt.Sprintf(`SUMIF(%s,">0")-SUMIF(%s,"<0")`, area, area))
	}
	value, _ := number(difference)
	big := look{bold: true, size: 12, format: "0.00##", align: "left"}
	s.put(b.wordAs("TieDifference", look{bold: true, size: 12}), cell{},
		cell{Formula: orZero(checks), Value: value, StyleID: b.style(big)},
		b.wordAs("sum of the absolute checks; 0 or the run is not released", look{color: muted}))
	s.put(b.wordAs("Result", look{bold: true, size: 12}), cell{},
		cell{Formula: banner("TieDifference"), Value: verdict(value == 0), StyleID: b.style(look{bold: true, size: 12})})
	s.put(b.wordAs("Workbook", look{bold: true}), cell{},
		cell{Formula: fmt.Sprintf("IF(ROUND(%s,4)=0,%q,%q)", orZero(against), agrees, differs), Value: agrees, StyleID: b.style(look{bold: true})})
	b.name("TieDifference", "TieOut", 3, 4)
	s.paint("C5", `C5="DOES NOT TIE"`, badText, badFill)
	s.paint("C5", `C5="TIES"`, goodText, goodFill)
	s.paint("C6", fmt.Sprintf("C6=%q", differs), badText, badFill)
}

const (
	agrees  = "agrees with the service"
	differs = "DIFFERS FROM THE SERVICE"
)

func banner(of string) string { return fmt.Sprintf(`IF(%s=0,"TIES","DOES NOT TIE")`, of) }

func verdict(ties bool) string {
	if ties {
		return "TIES"
	}
	return "DOES NOT TIE"
}

func orZero(terms []string) string {
	if len(terms) == 0 {
		return "0"
	}
	return strings.Join(terms, "+")
}

// tieCells are the three cells of a line for a currency.
func (b *book) tieCells(t *reports.TieOut, l tieLine, lines []tieLine, col, row int) ([]cell, error) {
	checks, err := t.Checks()
	if err != nil {
		return nil, fmt.Errorf("tie-out of %s: %w", code(t.Currency), err)
	}
	f := &tieFormula{b: b, currency: t.Currency, code: fmt.Sprintf("%q", code(t.Currency)), digits: t.Currency.Digits(), col: col, rowOf: map[string]int{}}
	for i, line := range lines {
		f.rowOf[line.letter] = tieHead + 1 + i
	}
	value, err := tieValue(t, l, checks)
	if err != nil {
		return nil, err
	}
	if l.letter == "A" && value.Currency() == 0 || l.letter == "C" && t.ReportTotal.Currency() == 0 {
		none := b.wordAs("NOT PROVIDED", look{color: muted, align: "right"})
		if l.letter == "C" {
			none.Formula = l.live(f)
		}
		return []cell{none, b.wordAs("NOT PROVIDED", look{color: muted, align: "right"}), b.blank(look{})}, nil
	}
	style := look{bold: l.check, topLine: l.check}
	live, service := b.tieCell(value, l, style), b.tieCell(value, l, look{color: muted, topLine: l.check})
	switch {
	case l.live != nil && (!l.table || b.complete()):
		live.Formula = l.live(f)
	case l.live != nil:
		live = b.tieCell(value, l, look{italic: true, color: muted})
	}
	return []cell{live, service, b.check(at(col, row), at(col+1, row), money.New(0, t.Currency))}, nil
}

// tieValue is the service's figure; C and J are made of others.
func tieValue(t *reports.TieOut, l tieLine, checks reports.Checks) (money.Amount, error) {
	switch l.letter {
	case "C":
		return t.ReportTotal.Add(t.RowsRead.Neg())
	case "J":
		sum, err := t.Applied.Add(t.Suspended)
		if err != nil {
			return sum, err
		}
		return sum.Add(t.WriteOff)
	}
	return l.value(t, checks), nil
}

func (b *book) tieCell(a money.Amount, l tieLine, style look) cell {
	if l.rows || a.Currency() == 0 {
		return b.countAs(int(a.Minor()), style)
	}
	return b.moneyAs(a, style)
}

// dressTieOut marks checks that are not 0.
func (b *book) dressTieOut(s *sheet, lines []tieLine, p span) {
	for c := range b.n.Currencies {
		col := tieCols + 1 + c*tieWide
		s.paintChecks(p.area(col + 2))
		for i, l := range lines {
			if l.check {
				s.paint(at(col, p.first+i), fmt.Sprintf("%s<>0", at(col, p.first+i)), badText, badFill)
			}
		}
	}
}

// tieApart shows what is not part of the proof.
func (b *book) tieApart(s *sheet) {
	s.skip(1)
	s.section("Shown apart", "Not part of TieDifference.")
	rows := []struct {
		text  string
		value func(*reports.TieOut) money.Amount
	}{
		{"Amounts of rows that move no money (not in B)", func(t *reports.TieOut) money.Amount { return t.Memo }},
		{"Debits of released entries", func(t *reports.TieOut) money.Amount { return t.Released }},
		{"Debits of entries held or not released", func(t *reports.TieOut) money.Amount { return t.Held }},
	}
	for _, r := range rows {
		cells, known := []cell{{}, b.word(r.text)}, false
		for c := range b.n.Currencies {
			a := r.value(&b.n.Currencies[c])
			known = known || a.Currency() != 0
			cells = append(cells, b.money(a), cell{}, cell{})
		}
		if known {
			s.put(cells...)
		}
	}
}
