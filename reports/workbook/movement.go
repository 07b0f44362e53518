package workbook

import (
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

// drawMovement says how the open items moved since the prior list (ME-04): prior
// plus new less cleared less written off, plus what changed, is what the list has now.
func drawMovement(b *book, s *sheet, c money.Currency) error {
	if b.n.PriorAsOf == 0 {
		return nil
	}
	s.skip(1)
	s.section("Movement of "+code(c)+" since "+b.n.PriorAsOf.String(), "")
	names := []string{"reason", "severity"}
	for _, what := range []string{"prior", "new", "cleared", "written off", "changed", "open now", "on the list"} {
		names = append(names, what+" items", what)
	}
	p := s.head(append(names, "check"))
	for _, m := range b.movements(c) {
		b.movementLine(s, m)
	}
	p.last = max(s.row, p.first)
	if s.row == p.head {
		s.skip(1)
	}
	s.addTable("tblMovement"+tableWord(c), p, len(names)+1)
	s.fade(at(3, p.first) + ":" + at(len(names), p.last))
	s.paintChecks(p.area(len(names) + 1))
	return nil
}

// movements are those that are given, and empty ones for reasons that only the list has: their check shows it.
func (b *book) movements(c money.Currency) []reports.Movement {
	var all []reports.Movement
	given := map[recon.Reason]bool{}
	for _, m := range b.n.Movement {
		if m.Currency == c {
			all = append(all, m)
			given[m.Reason] = true
		}
	}
	for _, g := range b.ahead.order {
		if g.currency == c && !given[g.reason] {
			all = append(all, reports.Movement{Reason: g.reason, Currency: c})
		}
	}
	slices.SortStableFunc(all, func(x, y reports.Movement) int { return int(x.Reason) - int(y.Reason) })
	return all
}

func (b *book) movementLine(s *sheet, m reports.Movement) {
	row, c := s.row+1, m.Currency
	cells := []cell{b.word(m.Reason.String()), b.wordAs(string(m.Reason.About().Severity), look{align: "center"})}
	var items int
	var minor int64
	for i, t := range []reports.Tally{m.Prior, m.New, m.Cleared, m.WrittenOff, m.Changed} {
		cells = append(cells, b.count(t.Items), b.total(money.New(t.Amount.Minor(), c), look{}))
		if i == 2 || i == 3 {
			t.Items, t.Amount = -t.Items, t.Amount.Neg()
		}
		items += t.Items
		var err error
		minor, err = money.AddMinor(minor, t.Amount.Minor())
		b.fail(err)
	}
	now := func(first int) string {
		return fmt.Sprintf("%s+%s-%s-%s+%s", at(first, row), at(first+2, row), at(first+4, row), at(first+6, row), at(first+8, row))
	}
	listed, err := b.ahead.sum(func(g group) bool { return g == group{m.Reason, c} })
	b.fail(err)
	listItems, listMinor, err := flatten(listed)
	b.fail(err)
	where := fmt.Sprintf(`tblExceptions[reason],$A%d,tblExceptions[currency],%q`, row, code(c))
	digits := c.Digits()
	bold := look{bold: true}
	sum := formula(fmt.Sprintf("ROUND(%s,%d)", now(4), digits), b.total(money.New(minor, c), bold))
	list := formula(fmt.Sprintf("ROUND(SUMIFS(tblExceptions[amount],%s),%d)", where, digits), b.total(money.New(listMinor, c), look{}))
	gap, _ := number(money.New(max(minor-listMinor, listMinor-minor), c).String())
	check := cell{
		Formula: fmt.Sprintf("ROUND(ABS(%s-%s)+ABS(%s-%s),%d)", at(13, row), at(15, row), at(14, row), at(16, row), digits),
		Value:   gap + float64(max(items-listItems, listItems-items)), StyleID: b.style(look{format: checkFormat(digits), align: "right"}),
	}
	s.put(append(cells, formula(now(3), b.countAs(items, bold)), sum, formula("COUNTIFS("+where+")", b.count(listItems)), list, check)...)
}

// drawTrend writes the open amounts of the last weeks, each currency by itself (XLS-10).
func drawTrend(b *book, s *sheet) {
	currencies, days, amounts := trend(b.n.Trend)
	if len(days) < 2 {
		return
	}
	s.skip(1)
	s.section("Open amount, the last weeks", "Sum of the absolute amounts of the open exceptions, each currency by itself.")
	names := []string{"as of"}
	for _, c := range currencies {
		names = append(names, code(c))
	}
	p := s.head(names)
	for _, day := range days {
		cells := []cell{b.date(day)}
		for _, c := range currencies {
			cells = append(cells, b.money(amounts[trendKey{day, c}]))
		}
		s.put(cells...)
	}
	p.last = s.row
	s.addTable("tblTrend", p, len(names))
	s.skip(1)
	sheet, shown := quote(s.name)+"!", max(0, slices.Index(currencies, b.n.Base))
	line := series(sheet+absolute(2+shown, p.head), sheet+p.ref(1), sheet+p.ref(2+shown), headFill)
	line.Line = excelize.LineOptions{Width: 2.25, Fill: line.Fill}
	b.chart(s, at(1, s.row+1), excelize.Line, titles{"Open amount by week, " + code(currencies[shown]), "as of", strings.ToLower("open amount, ") + code(currencies[shown])},
		"Line: open amount of the exceptions in "+code(currencies[shown])+" at the end of each week. The numbers are in the table tblTrend above.", []excelize.ChartSeries{line})
	s.skip(chartRows)
}

type trendKey struct {
	day      recon.Date
	currency money.Currency
}

// trend sorts the points into a grid of days and currencies.
func trend(points []reports.TrendPoint) (currencies []money.Currency, days []recon.Date, amounts map[trendKey]money.Amount) {
	amounts = map[trendKey]money.Amount{}
	for _, p := range points {
		amounts[trendKey{p.AsOf, p.Amount.Currency()}] = p.Amount
		currencies, days = append(currencies, p.Amount.Currency()), append(days, p.AsOf)
	}
	slices.Sort(currencies)
	slices.Sort(days)
	return slices.Compact(currencies), slices.Compact(days), amounts
}
