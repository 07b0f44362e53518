package workbook

import (
	"fmt"
	"slices"

	"github.com/xuri/excelize/v2"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

// chartRows is how many rows the charts cover.
const chartRows = 25

// buckets are the aging buckets of this workbook, with "no date" if it needs one.
func (b *book) buckets() []string {
	names := reports.BucketNames()
	if b.ahead.hasUndated {
		return append(names[:], "no date")
	}
	return names[:]
}

// inBucket is the condition on tblExceptions that picks a bucket. Ages are compared as
// numbers: a criterion such as "4-7" would be read as a date.
func inBucket(bucket int) string {
	starts := reports.BucketStarts()
	switch {
	case bucket == undated:
		return `,tblExceptions[bucket],"no date"`
	case bucket == 0:
		return fmt.Sprintf(`,tblExceptions[age_days],"<%d"`, starts[1])
	case bucket == len(starts)-1:
		return fmt.Sprintf(`,tblExceptions[age_days],">=%d"`, starts[bucket])
	}
	return fmt.Sprintf(`,tblExceptions[age_days],">=%d",tblExceptions[age_days],"<%d"`, starts[bucket], starts[bucket+1])
}

// drawAging writes reason by bucket: items of all currencies, then items and amounts of each currency.
func drawAging(b *book) error {
	fr := frame{widths: []float64{27, 9}}
	for range 2*(undated+1) + 5 {
		fr.widths = append(fr.widths, 13)
	}
	s := b.open("Aging", fr)
	s.heading("Aging of open exceptions", "Days from the origin date to "+b.n.AsOf.String()+", never from the day of the run. Amounts of different currencies are never added.")
	if b.ahead.exceptions == 0 {
		s.put(b.word("No open exceptions."))
	} else if err := b.agingBlocks(s); err != nil {
		return err
	}
	for _, c := range b.movedCurrencies() {
		if err := drawMovement(b, s, c); err != nil {
			return err
		}
	}
	drawTrend(b, s)
	s.close()
	return nil
}

// agingBlocks are the charts, the counts that they read, and a block for each currency.
func (b *book) agingBlocks(s *sheet) error {
	s.skip(chartRows)
	ages := b.agingSeverities(s)
	s.skip(1)
	items := b.agingItems(s)
	for _, c := range b.currencies() {
		if err := b.agingOf(s, c); err != nil {
			return err
		}
	}
	b.charts(s, ages, items)
	return nil
}

// movedCurrencies are those of the list, then those that only moved.
func (b *book) movedCurrencies() []money.Currency {
	all := b.currencies()
	for _, m := range b.n.Movement {
		if !slices.Contains(all, m.Currency) {
			all = append(all, m.Currency)
		}
	}
	return all
}

// reasons are those of the open exceptions, in the order of 3.5.
func (b *book) reasons(want func(group) bool) []recon.Reason {
	var all []recon.Reason
	for _, g := range b.ahead.order {
		if want(g) && !slices.Contains(all, g.reason) {
			all = append(all, g.reason)
		}
	}
	return all
}

// agingSeverities counts items by severity; the first chart reads it.
func (b *book) agingSeverities(s *sheet) span {
	s.section("Items by severity, all currencies", "")
	p := s.head(append(append([]string{"severity", "meaning"}, b.buckets()...), "items", "by service", "check"))
	n := len(b.buckets())
	meaning := map[recon.Severity]string{"H": "blocks", "M": "act", "L": "informs"}
	for _, severity := range severities() {
		row, total := s.row+1, 0
		cells := []cell{b.wordAs(string(severity), look{bold: true}), b.word(meaning[severity])}
		for i := range n {
			text := fmt.Sprintf("COUNTIFS(tblExceptions[severity],$A%d%s)", row, inBucket(i))
			cells = append(cells, formula(text, b.count(b.ahead.severities[severity][i])))
			total += b.ahead.severities[severity][i]
		}
		s.put(append(cells, b.agingSum(row, n, total)...)...)
	}
	p.last = s.row
	s.addTable("tblSeverity", p, n+5)
	s.fade(at(3, p.first) + ":" + at(2+n, p.last))
	s.paintChecks(p.area(n + 5))
	return p
}

// agingSum ends a line of items: their sum, the service's own figure, the check.
func (b *book) agingSum(row, buckets, total int) []cell {
	sum := fmt.Sprintf("SUM(%s:%s)", at(3, row), at(2+buckets, row))
	return []cell{
		formula(sum, b.countAs(total, look{bold: true})), b.countAs(total, look{color: muted}),
		b.check(at(3+buckets, row), at(4+buckets, row), money.Amount{}),
	}
}

// agingItems counts items by reason, whatever their currency; the second chart reads it.
func (b *book) agingItems(s *sheet) span {
	s.section("Items by reason, all currencies", "")
	p := s.head(append(append([]string{"reason", "severity"}, b.buckets()...), "items", "by service", "check"))
	n := len(b.buckets())
	for _, r := range b.reasons(func(group) bool { return true }) {
		all, _ := b.ahead.sum(func(g group) bool { return g.reason == r })
		row, total := s.row+1, 0
		cells := []cell{b.word(r.String()), b.wordAs(string(r.About().Severity), look{align: "center"})}
		for i := range n {
			text := fmt.Sprintf("COUNTIFS(tblExceptions[reason],$A%d%s)", row, inBucket(i))
			cells = append(cells, formula(text, b.count(all[i].items)))
			total += all[i].items
		}
		s.put(append(cells, b.agingSum(row, n, total)...)...)
	}
	p.last = s.row
	s.addTable("tblAging", p, n+5)
	s.fade(at(3, p.first) + ":" + at(2+n, p.last))
	s.paintChecks(p.area(n + 5))
	return p
}

// agingOf is the block of one currency: items and amount of each bucket.
func (b *book) agingOf(s *sheet, c money.Currency) error {
	s.skip(1)
	s.section(code(c), "")
	names := []string{"reason", "severity"}
	for _, bucket := range b.buckets() {
		names = append(names, bucket+" items", bucket)
	}
	names = append(names, "items", "amount", "amount by service", "check")
	p := s.head(names)
	for _, r := range b.reasons(func(g group) bool { return g.currency == c }) {
		if err := b.agingLine(s, group{r, c}); err != nil {
			return err
		}
	}
	p.last = s.row
	s.addTable("tblAging"+tableWord(c), p, len(names))
	s.fade(at(3, p.first) + ":" + at(len(names)-2, p.last))
	s.paintChecks(p.area(len(names)))
	return b.agingTotal(s, c, p)
}

func tableWord(c money.Currency) string {
	if c == 0 {
		return "None"
	}
	return c.String()
}

func (b *book) agingLine(s *sheet, g group) error {
	row, n := s.row+1, len(b.buckets())
	cells := []cell{b.word(g.reason.String()), b.wordAs(string(g.reason.About().Severity), look{align: "center"})}
	var items, amounts string
	for i := range n {
		one := b.ahead.groups[g][i]
		where := fmt.Sprintf(`tblExceptions[reason],$A%d,tblExceptions[currency],%q%s`, row, code(g.currency), inBucket(i))
		live := b.total(money.New(one.amount, g.currency), look{})
		live.Formula = fmt.Sprintf("ROUND(SUMIFS(tblExceptions[amount],%s),%d)", where, g.currency.Digits())
		cells = append(cells, formula("COUNTIFS("+where+")", b.count(one.items)), live)
		items += "+" + at(3+2*i, row)
		amounts += "+" + at(4+2*i, row)
	}
	t, err := b.ahead.total(g)
	if err != nil {
		return err
	}
	total := money.New(t.amount, g.currency)
	live := b.total(total, look{bold: true})
	live.Formula = fmt.Sprintf("ROUND(%s,%d)", amounts[1:], g.currency.Digits())
	s.put(append(cells, formula(items[1:], b.countAs(t.items, look{bold: true})), live, b.total(total, look{color: muted}),
		b.check(at(4+2*n, row), at(5+2*n, row), total))...)
	return nil
}

// agingTotal adds the lines of a currency up, below its table.
func (b *book) agingTotal(s *sheet, c money.Currency, p span) error {
	all, err := b.ahead.sum(func(g group) bool { return g.currency == c })
	if err != nil {
		return err
	}
	items, amount, err := flatten(all)
	if err != nil {
		return err
	}
	bold, n := look{bold: true, topLine: true}, len(b.buckets())
	cells := []cell{b.wordAs("Total "+code(c), bold), b.blank(bold)}
	sum := func(col int) string { return fmt.Sprintf("ROUND(SUM(%s),%d)", p.area(col), c.Digits()) }
	add := func(col int, value cell) { cells = append(cells, formula(sum(col), value)) }
	for i := range n {
		add(3+2*i, b.countAs(all[i].items, bold))
		add(4+2*i, b.total(money.New(all[i].amount, c), bold))
	}
	total := money.New(amount, c)
	add(3+2*n, b.countAs(items, bold))
	add(4+2*n, b.total(total, bold))
	cells = append(cells, b.total(total, look{color: muted, topLine: true}), b.check(at(4+2*n, s.row+1), at(5+2*n, s.row+1), total))
	s.put(cells...)
	s.paintChecks(at(6+2*n, s.row) + ":" + at(6+2*n, s.row))
	return nil
}

// charts draws items by age and severity, and items by reason (XLS-10). Every number stands in the tables below.
func (b *book) charts(s *sheet, ages, items span) {
	n := len(b.buckets())
	sheet := quote(s.name) + "!"
	buckets := sheet + absolute(3, ages.head) + ":" + absolute(2+n, ages.head)
	colors := []string{"8B1A1A", "E0B252", "7FA3BF"}
	var stacked []excelize.ChartSeries
	for i := range severities() {
		row := ages.first + i
		stacked = append(stacked, series(sheet+absolute(1, row), buckets, sheet+absolute(3, row)+":"+absolute(2+n, row), colors[i]))
	}
	slices.Reverse(stacked) // the gravest on top
	b.chart(s, "A4", excelize.ColStacked, titles{"Open exceptions by age", "age in days", "items"},
		"Stacked columns: number of open exceptions for each age, split by severity H, M and L. The numbers are in the table tblSeverity below.", stacked)
	b.chart(s, "H4", excelize.Bar, titles{"Open exceptions by reason", "reason", "items"},
		"Bars: number of open exceptions for each reason. The numbers are in the table tblAging below.",
		[]excelize.ChartSeries{series(sheet+absolute(3+n, items.head), sheet+items.ref(1), sheet+items.ref(3+n), headFill)})
}

func series(name, categories, values, color string) excelize.ChartSeries {
	return excelize.ChartSeries{
		Name: name, Categories: categories, Values: values,
		Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{color}},
	}
}

// titles are the title of a chart and of its axes.
type titles struct{ chart, x, y string }

func (b *book) chart(s *sheet, cell string, kind excelize.ChartType, title titles, alt string, series []excelize.ChartSeries) {
	text := func(words string, size float64) []excelize.RichTextRun {
		return []excelize.RichTextRun{{Text: words, Font: &excelize.Font{Size: size, Bold: true, Color: ink}}}
	}
	legend := "bottom"
	if len(series) == 1 {
		legend = "none"
	}
	gap := uint(60)
	b.fail(b.f.AddChart(s.name, cell, &excelize.Chart{
		Type: kind, Series: series, GapWidth: &gap,
		Format:    excelize.GraphicOptions{AltText: alt, Name: title.chart, Positioning: "oneCell"},
		Dimension: excelize.ChartDimension{Width: 720, Height: 480},
		Legend:    excelize.ChartLegend{Position: legend},
		Title:     excelize.ChartTitle{Paragraph: text(title.chart, 12)},
		XAxis:     excelize.ChartAxis{Title: excelize.ChartTitle{Paragraph: text(title.x, 9)}, Font: excelize.Font{Size: 8, Color: ink}, ReverseOrder: kind == excelize.Bar},
		YAxis:     excelize.ChartAxis{Title: excelize.ChartTitle{Paragraph: text(title.y, 9)}, MajorGridLines: true, Font: excelize.Font{Size: 8, Color: ink}, NumFmt: excelize.ChartNumFmt{CustomNumFmt: "0"}},
	}))
}
