package workbook

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"tieout/recon"
	"tieout/reports"
)

// statefulNight is the small night as a run with state fills it: carried and
// reopened items, disputes with due dates, the prior list, a trend of 13 weeks,
// released and held entries, opening balances of cash.
func statefulNight(t testing.TB) *reports.Night {
	t.Helper()
	n := smallNight(t)
	usd, jpy := n.Currencies[0].Currency, n.Currencies[1].Currency
	cents := func(s string) reports.Tally { return reports.Tally{Items: 1, Amount: amount(t, s, "USD")} }
	var list []reports.ExceptionRow
	for e := range n.Exceptions {
		list = append(list, e)
	}
	list[1].Status, list[1].Note, list[1].AssignedTo = reports.StatusReopened, "see mail", "Dana"
	for i, due := range []string{"2026-10-07", "2026-10-01", "2026-10-02"} {
		list = append(list, reports.ExceptionRow{
			ID: fmt.Sprintf("00000000000000d%d", i), Status: reports.StatusCarried, Reason: recon.ChargebackOpen, Side: reports.SideEvent, Merchant: "acme_us",
			Type: "CHARGEBACK", Origin: day(t, "2026-09-20"), Currency: usd, Amount: amount(t, "-75.00", "USD"), Due: day(t, due), FirstSeen: day(t, "2026-09-21"),
		})
	}
	n.Exceptions = reports.Each(list)
	n.Status, n.Revision = "RELEASED", 2
	n.PriorAsOf = day(t, "2026-10-01")
	n.Movement = []reports.Movement{
		{Reason: recon.NoOrder, Currency: usd, Prior: cents("66.00"), New: cents("66.60"), Cleared: cents("66.00")},
		{Reason: recon.NotCaptured, Currency: usd, Prior: cents("25.00"), Changed: reports.Tally{Amount: amount(t, "-5.00", "USD")}},
		{Reason: recon.ChargebackOpen, Currency: usd, Prior: reports.Tally{Items: 4, Amount: amount(t, "-300.00", "USD")}, WrittenOff: cents("-75.00")},
		{Reason: recon.InvalidRow, New: reports.Tally{Items: 1}},
		{Reason: recon.SettledNotFunded, Currency: jpy, New: reports.Tally{Items: 1, Amount: amount(t, "5400", "JPY")}},
	}
	for week := range 13 {
		n.Trend = append(n.Trend, reports.TrendPoint{AsOf: n.AsOf - recon.Date(7*(12-week)), Amount: amount(t, fmt.Sprintf("%d.50", 100+10*week), "USD"), Items: week})
	}
	for i := range n.Currencies {
		c := n.Currencies[i].Currency
		n.Currencies[i].Released, n.Currencies[i].Held = amount(t, "100", c.String()), amount(t, "86", c.String())
	}
	n.InTransit = []reports.InTransit{{Account: "in_transit", Opening: amount(t, "5.00", "USD"), Deposits: amount(t, "40.00", "USD"), BankLines: amount(t, "30.00", "USD"), Closing: amount(t, "15.00", "USD")}}
	side := func(opening, receipts, disbursements, closing string) reports.CashColumns {
		return reports.CashColumns{Opening: amount(t, opening, "USD"), Receipts: amount(t, receipts, "USD"), Disbursements: amount(t, disbursements, "USD"), Closing: amount(t, closing, "USD")}
	}
	n.Cash = []reports.CashProof{{
		Account: "1010", Currency: usd, Book: side("10.00", "31.00", "-1.00", "40.00"), Bank: side("10.00", "30.00", "0.00", "40.00"),
		Parts:     reports.CashColumns{Receipts: amount(t, "1.00", "USD"), Disbursements: amount(t, "-1.00", "USD")},
		InTransit: amount(t, "15.00", "USD"), Unidentified: amount(t, "0.00", "USD"),
	}}
	n.Cleared[0].Run, n.Cleared[0].DataKey, n.Cleared[0].FirstSeen = "run-7", "T:1", day(t, "2026-09-15")
	return n
}

// TestStatus: an item keeps status, first day and what finance wrote (4.2, MAT-10, XLS-17).
func TestStatus(t *testing.T) {
	d := draw(t, statefulNight(t), Options{})
	for column, want := range map[string]string{"status": "REOPENED", "first_seen": "46269", colNote: "see mail", colAssigned: "Dana"} {
		if c := d.at(t, "Exceptions", "tblExceptions", column, 1); c.value != want {
			t.Errorf("%s: %q, want %q", column, c.value, want)
		}
	}
	found := false
	for _, c := range d.sheets["Summary"] {
		found = found || c.value == "2, 4, 1" && strings.Contains(c.formula, `COUNTIFS(tblExceptions[status],"REOPENED")`)
	}
	if !found {
		t.Error("Summary does not count new, carried and reopened items")
	}
}

// TestCountdown proves 3.5: chargebacks and retrievals count down to their due date, the earliest first, in words.
func TestCountdown(t *testing.T) {
	d := draw(t, statefulNight(t), Options{})
	for i, want := range []struct{ left, state string }{{"-1", "OVERDUE"}, {"0", "DUE TODAY"}, {"5", "open"}} {
		left, state := d.at(t, "Summary", "tblDue", "days left", i), d.at(t, "Summary", "tblDue", "state", i)
		if left.value != want.left || !strings.HasSuffix(left.formula, "-AsOf") || state.value != want.state {
			t.Errorf("line %d: %+v, %+v", i, left, state)
		}
	}
	if x := draw(t, smallNight(t), Options{}).xml("Summary"); !strings.Contains(x, "No open dispute has a due date.") {
		t.Error("without a dispute Summary does not say so")
	}
}

// TestMovement proves ME-04: the prior list, what was new, cleared and written off, and the list of now.
func TestMovement(t *testing.T) {
	d := draw(t, statefulNight(t), Options{})
	for i, want := range []struct{ reason, now, items string }{
		{"NO_ORDER", "66.6", "1"},
		{"NOT_CAPTURED", "20", "1"},
		{"CHARGEBACK_OPEN", "-225", "3"},
	} {
		if c := d.at(t, "Aging", "tblMovementUSD", "reason", i); c.value != want.reason {
			t.Fatalf("line %d is %s, want %s", i, c.value, want.reason)
		}
		now, items := d.at(t, "Aging", "tblMovementUSD", "open now", i), d.at(t, "Aging", "tblMovementUSD", "open now items", i)
		check := d.at(t, "Aging", "tblMovementUSD", "check", i)
		if now.value != want.now || items.value != want.items || check.value != "0" || check.formula == "" {
			t.Errorf("%s: %+v, %+v, check %+v", want.reason, now, items, check)
		}
	}
	for column, want := range map[string]string{"prior": "-300", "written off": "-75", "written off items": "1", "cleared": "0", "cleared items": "0"} {
		if c := d.at(t, "Aging", "tblMovementUSD", column, 2); c.value != want {
			t.Errorf("%s of CHARGEBACK_OPEN: %q, want %q", column, c.value, want)
		}
	}
	n := statefulNight(t)
	n.Movement[0].New.Amount = amount(t, "66.61", "USD")
	d = draw(t, n, Options{})
	if c := d.at(t, "Aging", "tblMovementUSD", "check", 0); c.value != "0.01" {
		t.Errorf("a cent too much: check %+v", c)
	}
	if strings.Contains(draw(t, smallNight(t), Options{}).xml("Aging"), "Movement of") {
		t.Error("a movement without a prior list")
	}
}

// TestTrend proves XLS-10: a line of 13 weeks, only where history is given, with its numbers in a table.
func TestTrend(t *testing.T) {
	d := draw(t, statefulNight(t), Options{})
	if head, last, _ := d.tableOf(t, "tblTrend"); last-head != 13 {
		t.Errorf("%d weeks", last-head)
	}
	chart := d.parts["xl/charts/chart3.xml"]
	if !strings.Contains(chart, "lineChart") || strings.Count(chart, "<title>")+strings.Count(chart, "<c:title>") != 3 {
		t.Error("the trend is not a line with three titles")
	}
	if strings.Count(d.parts["xl/drawings/drawing1.xml"], `descr="`) != 3 {
		t.Error("the trend has no alt text")
	}
	rows := regexp.MustCompile(`<(?:xdr:)?from>.*?<(?:xdr:)?row>(\d+)</`).FindAllStringSubmatch(d.parts["xl/drawings/drawing1.xml"], -1)
	area := regexp.MustCompile(`_xlnm.Print_Area">&#39;Aging&#39;![^<]*\$(\d+)<`).FindStringSubmatch(d.parts["xl/workbook.xml"])
	if len(rows) != 3 || area == nil {
		t.Fatalf("charts at %v, print area %v", rows, area)
	}
	if from, last := rowOf(t, rows[2][1]), rowOf(t, area[1]); last < from+480/20 { // pixels of the chart and of a row (XLS-12)
		t.Errorf("the print area ends in row %d and cuts the trend, which begins in row %d", last, from+1)
	}
	if _, drawn := draw(t, smallNight(t), Options{}).parts["xl/charts/chart3.xml"]; drawn {
		t.Error("a trend without history")
	}
}

// TestCleared proves MAT-09: first-seen date, clearing run and link of what left the list.
func TestCleared(t *testing.T) {
	d := draw(t, statefulNight(t), Options{})
	for column, want := range map[string]string{"first_seen": "46280", "cleared in run": "run-7", "documents": "D39"} {
		if c := d.at(t, "Cleared", "tblCleared", column, 0); c.value != want {
			t.Errorf("%s: %q, want %q", column, c.value, want)
		}
	}
	if !strings.Contains(d.xml("Cleared"), `location="&#39;Data&#39;!A2"`) {
		t.Error("no link to the row that cleared it")
	}
	if c := draw(t, smallNight(t), Options{}).at(t, "Cleared", "tblCleared", "cleared in run", 0); c.value != "one-shot-0123456789ab" {
		t.Errorf("cleared by this run: %q", c.value)
	}
}

// TestBalances proves 5.1 and ME-01: totals and merchants apart, live closings, NOT PROVIDED where no opening is known.
func TestBalances(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	if c := d.at(t, "RollForward", "tblRollForward", "closing", 0); c.value != "186.6" || c.formula != "ROUND(SUM(E6:O6),2)" {
		t.Errorf("closing %+v", c)
	}
	for _, column := range []string{"opening", "closing"} {
		if c := d.at(t, "RollForward", "tblRollForward", column, 2); c.value != absent || c.formula != "" {
			t.Errorf("%s of reserve: %+v", column, c)
		}
	}
	if c := d.at(t, "RollForward", "tblRollMerchant", "merchant_id", 0); c.value != "acme_us" {
		t.Errorf("merchants: %+v", c)
	}
	if c := d.at(t, "TieOut", "tblTieOut", "JPY", lineOf(t, d, "Clearing: closing balance of the account")); c.formula != "RollForward!P7" || c.value != "5400" {
		t.Errorf("closing clearing of JPY %+v", c)
	}
}

// TestCash proves ME-03: four columns, what was booked in parts, differences 0, reconciling items apart.
func TestCash(t *testing.T) {
	d := draw(t, statefulNight(t), Options{})
	for _, column := range []string{"opening", "receipts", "disbursements", "closing"} {
		if c := d.at(t, "RollForward", "tblCash", column, 3); c.value != "0" || c.formula == "" {
			t.Errorf("difference of %s: %+v", column, c)
		}
	}
	if c := d.at(t, "RollForward", "tblReconciling", "in transit", 0); c.value != "15" {
		t.Errorf("in transit %+v", c)
	}
	if c := d.at(t, "RollForward", "tblInTransit", "closing", 0); c.value != "15" || !strings.Contains(c.formula, "N(C") {
		t.Errorf("closing of in transit %+v", c)
	}
}

// TestShownApart: released and held amounts stand outside the proof, and are not shown as 0 where nobody knows them.
func TestShownApart(t *testing.T) {
	if x := draw(t, statefulNight(t), Options{}).xml("TieOut"); !strings.Contains(x, "Debits of released entries") || !strings.Contains(x, "held or not released") {
		t.Error("released and held amounts are not shown")
	}
	if strings.Contains(draw(t, smallNight(t), Options{}).xml("TieOut"), "Debits of released entries") {
		t.Error("a run without releases shows them")
	}
}

// lineOf is the number of the line of TieOut with that meaning.
func lineOf(t *testing.T, d drawn, meaning string) int {
	t.Helper()
	head, last, _ := d.tableOf(t, "tblTieOut")
	for row := head + 1; row <= last; row++ {
		if strings.TrimSpace(d.sheets["TieOut"][at(2, row)].value) == meaning {
			return row - head - 1
		}
	}
	t.Fatalf("no line %q", meaning)
	return 0
}
