package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/cmd/tieout/internal/config"
	"tieout/recon"
	"tieout/recon/night"
	"tieout/reports"
)

// book runs one night and returns what its workbook shows.
func (c companyFolder) book(day, asOf string) *reports.Night {
	c.t.Helper()
	var r config.Range
	for text, to := range map[string]*recon.Date{day: &r.From, asOf: &r.AsOf} {
		d, err := recon.ParseDate(text)
		if err != nil {
			c.t.Fatal(err)
		}
		*to = d
	}
	r.To = r.From
	n, err := openNightly(c.t.Context(), filepath.Join(c.dir, "tieout.yaml"), r, time.Now, false)
	if err != nil {
		c.t.Fatal(err)
	}
	defer n.close()
	a, err := n.run(c.t.Context(), r)
	if err != nil {
		c.t.Fatal(err)
	}
	shown, err := n.answer(a)
	if err != nil {
		c.t.Fatal(err)
	}
	book, err := n.book(shown, a)
	if err != nil {
		c.t.Fatal(err)
	}
	return book
}

// twoNights are a first night that leaves a capture without order, a document
// that nobody captured, a dispute, a deposit on its way and a batch without one,
// and one a week later that ends them all, finds new ones and holds a merchant-day.
func twoNights(t *testing.T) (first, second *reports.Night) {
	t.Helper()
	c := newCompany(t, "")
	c.put("tieout.yaml", strings.Replace(fmt.Sprintf(nightConfig, "funding: funding\nbank: bank"), "merchants: {", `merchants: {web: {store: "200", revenue_model: AR}, `, 1))
	header, _, _ := strings.Cut(transactionReport(), "\n")
	row := func(id, parent, merchant, event, day, amount, reference string) string {
		return fmt.Sprintf("\n,70000000000000000000%s,%s,%s,B,%s,%sT15:00:00Z,%sT16:00:00Z,USD,%s,,,VISA,1111,,CARD,%s,,", id, parent, merchant, event, day, day, amount, reference)
	}
	const deposit = "F1,acme,2026-09-20,USD,66.60,USD,66.60,,2026-09-22,BR1\n"
	c.funded(deposit, "")
	c.documents([3]string{"1002", "2026-09-01", "50.00"}, [3]string{"1003", "2026-09-10", "40.00"})
	c.put("reports/a.csv", header+row("01", "", "acme", "CAPTURE", "2026-09-20", "66.60", "1001")+row("03", "", "acme", "CAPTURE", "2026-09-20", "40.00", "1003")+
		row("04", "7000000000000000000003", "acme", "CHARGEBACK", "2026-09-20", "-40.00", "1003")+row("09", "", "web", "CAPTURE", "2026-09-20", "9.00", "9998")+"\n")
	first = c.book("2026-09-20", "2026-09-25")
	c.funded(deposit+"F2,web,2026-09-20,USD,9.00,USD,9.00,,2026-09-30,BR2\n", "K1,2026-09-26,USD,66.60,BR1,\nK2,2026-10-01,USD,9.00,BR2,\n")
	c.documents([3]string{"1001", "2026-09-20", "66.60"}, [3]string{"1002", "2026-09-01", "50.00"}, [3]string{"1003", "2026-09-10", "40.00"}, [3]string{"1004", "2026-10-01", "8.00"})
	c.put("reports/b.csv", header+row("02", "", "acme", "CAPTURE", "2026-10-01", "50.00", "1002")+row("05", "7000000000000000000004", "acme", "CHARGEBACK_REVERSAL", "2026-10-01", "40.00", "1003")+
		row("06", "", "acme", "CAPTURE", "2026-10-01", "5.00", "9999")+row("07", "", "web", "CAPTURE", "2026-10-01", "7.001", "9997")+row("08", "", "web", "CAPTURE", "2026-10-01", "3.00", "9996")+"\n")
	return first, c.book("2026-10-01", "2026-10-02")
}

// funded writes deposits and bank lines.
func (c companyFolder) funded(deposits, lines string) {
	c.t.Helper()
	c.put("funding/funding.csv", "deposit_id,merchant_id,settlement_date,currency,settled_amount,funding_currency,funding_amount,fx_rate,funding_date,bank_ref\n"+deposits)
	c.put("bank/bank.csv", "bank_line_id,value_date,currency,amount,bank_ref,description\n"+lines)
}

// ME-04, XLS-10: the workbook of a later night says what moved since the prior
// list, and what was open in the weeks before; that of the first night says neither.
func TestWorkbookFollowsTheList(t *testing.T) {
	first, second := twoNights(t)
	if first.PriorAsOf != 0 || first.Movement != nil || len(first.Trend) != 1 {
		t.Errorf("the first night has a prior list of %s, movements %v, trend %v", first.PriorAsOf, first.Movement, first.Trend)
	}
	if second.PriorAsOf.String() != "2026-09-25" {
		t.Errorf("prior list as of %s", second.PriorAsOf)
	}
	var lines []string
	for _, m := range second.Movement {
		said := fmt.Sprintf("%s %s:", m.Reason, m.Currency)
		for name, t := range map[string]reports.Tally{"prior": m.Prior, "new": m.New, "cleared": m.Cleared, "changed": m.Changed} {
			if t != (reports.Tally{}) {
				said += fmt.Sprintf(" %s %d of %s;", name, t.Items, t.Amount)
			}
		}
		words := strings.Split(strings.TrimSuffix(said, ";"), ": ")
		parts := strings.Split(words[1], "; ")
		slices.Sort(parts)
		lines = append(lines, words[0]+": "+strings.Join(parts, "; "))
	}
	want := []string{
		"INVALID_ROW USD: new 1 of 0",
		"NO_ORDER USD: cleared 1 of 66.60; new 2 of 8.00; prior 2 of 75.60",
		"NOT_CAPTURED USD: cleared 1 of 50.00; prior 1 of 50.00",
		"TIMING_NOT_SETTLED USD: new 1 of 8.00",
		"CHARGEBACK_OPEN USD: cleared 1 of -40.00; prior 1 of -40.00",
		"DEPOSIT_IN_TRANSIT USD: cleared 1 of 66.60; prior 1 of 66.60",
		"SETTLED_NOT_FUNDED USD: cleared 1 of 9.00; prior 1 of 9.00",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("movement (-want +got):\n%s", diff)
	}
	var trend []string
	for _, p := range second.Trend {
		trend = append(trend, fmt.Sprintf("%s: %d of %s %s", p.AsOf, p.Items, p.Amount, p.Amount.Currency()))
	}
	if diff := cmp.Diff([]string{"2026-09-25: 6 of 241.20 USD", "2026-10-02: 4 of 25.00 USD"}, trend); diff != "" {
		t.Errorf("trend (-want +got):\n%s", diff)
	}
}

// Rulings on books: released and held amounts are shown apart; together they are
// the debits of the run's entries. The unreadable row of web holds its capture of
// 3.00 and its bank line of 9.00 on that day.
func TestWorkbookShowsWhatWaits(t *testing.T) {
	first, second := twoNights(t)
	if first.Status != "RELEASED" || second.Status != "RELEASED, but for what is held" {
		t.Errorf("states %q and %q", first.Status, second.Status)
	}
	for i, want := range []string{"222.20 and 0.00", "303.80 and 12.00"} {
		c := []*reports.Night{first, second}[i].Currencies[0]
		sum, err := c.Released.Add(c.Held)
		if got := fmt.Sprintf("%s and %s", c.Released, c.Held); err != nil || got != want || sum != c.Debits {
			t.Errorf("night %d: released and held are %s of %s, want %s", i+1, got, c.Debits, want)
		}
	}
}

// MAT-09: everything that left the open list is on the list of the cleared, with
// its first day, what cleared it, and a link to that.
func TestClearedListsAllThatLeft(t *testing.T) {
	first, second := twoNights(t)
	if len(first.Cleared) != 0 {
		t.Errorf("the first night cleared %v", first.Cleared)
	}
	keys := map[string]bool{}
	for row := range second.Rows {
		keys[row.Key] = true
	}
	var lines []string
	for _, x := range second.Cleared {
		if x.DataKey != "" && !keys[x.DataKey] {
			t.Errorf("%s points at %s, which is not in Data", x.ID, x.DataKey)
		}
		lines = append(lines, fmt.Sprintf("%s %s since %s by %s, %s", x.From, x.Amount, x.FirstSeen, x.By, x.DataKey[:min(2, len(x.DataKey))]))
	}
	slices.Sort(lines)
	want := []string{
		"CHARGEBACK_OPEN -40.00 since 2026-09-25 by row 2: representment won, T:",
		"DEPOSIT_IN_TRANSIT 66.60 since 2026-09-25 by settled, F:",
		"NOT_CAPTURED 50.00 since 2026-09-25 by row 1, D:",
		"NO_ORDER 66.60 since 2026-09-25 by document, D:",
		"SETTLED_NOT_FUNDED 9.00 since 2026-09-25 by deposit F2, F:",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("cleared (-want +got):\n%s", diff)
	}
}

// XLS-17, MAT-10: what finance wrote on an item stands in the workbook of every
// later run, and who has an item is in the drop-down.
func TestRemarksStayWithTheirItem(t *testing.T) {
	rows, err := openRows([]night.Exception{
		{ID: "a", Status: night.Carried, Body: []byte(`{"ID":"a"}`), Remarks: night.Remarks{Disposition: "MATCH_TO", Ref: "D1", AssignedTo: "Dana", Note: "see mail"}},
		{ID: "b", Status: night.New, Body: []byte(`{"ID":"b"}`), Remarks: night.Remarks{AssignedTo: "Ali"}},
		{ID: "c", Status: night.Closed},
	})
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	if r := rows[0]; r.Disposition != "MATCH_TO" || r.DispositionRef != "D1" || r.AssignedTo != "Dana" || r.Note != "see mail" {
		t.Errorf("the row has %+v", r)
	}
	if got := assigned(rows); !slices.Equal(got, []string{"Ali", "Dana"}) {
		t.Errorf("owners %v", got)
	}
}
