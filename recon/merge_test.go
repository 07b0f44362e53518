package recon_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tieout/ledger/money"
	"tieout/recon"
)

// source is a report of a run: whose word it is, and its rows.
type source struct {
	hash string
	rank int
	rows []recon.Transaction
}

// reconcileSources reconciles reports of several kinds under the worked example's policy.
func reconcileSources(t *testing.T, sources []source) *recon.Result {
	t.Helper()
	return reconcileKept(t, sources, nil)
}

// reconcileKept is reconcileSources for reports that were kept one after the other.
func reconcileKept(t *testing.T, sources []source, generations []int) *recon.Result {
	t.Helper()
	night := nightOf(t, nil, nil)
	table := recon.NewTransactions(0, 0)
	night.Input.FileHashes, night.Input.Ranks = nil, nil
	for file, s := range sources {
		batch := table.NewBatch()
		for line, row := range s.rows {
			row.Source = recon.Source{File: uint16(file), Line: uint32(line) + 1}
			batch.Add(&row)
		}
		table.Append(batch)
		night.Input.FileHashes = append(night.Input.FileHashes, s.hash)
		night.Input.Ranks = append(night.Input.Ranks, s.rank)
	}
	night.Input.Transactions, night.Input.Generations = table, generations
	return night.Reconcile()
}

// tellSources says what became of each row, by report and line.
func tellSources(res *recon.Result, sources []source) (all []string) {
	for i := range res.Rows() {
		row := res.Row(i)
		verdict, reason := res.Verdict(i)
		all = append(all, fmt.Sprintf("%s:%d %s %d %s %s", sources[row.Source.File].hash, row.Source.Line, row.Type, row.Amount, verdict, reason))
	}
	slices.Sort(all)
	return all
}

func captured(change func(*recon.Transaction)) recon.Transaction {
	t := recon.Transaction{
		ID: "7000000000000000000001", Merchant: "acme_us", Type: recon.Capture, Currency: money.MustCurrency("USD"), Amount: 3500, Method: "CARD", Reference: "S1",
	}
	change(&t)
	return t
}

// R2: the same capture in the batch report, the request report and a fee report
// is one transaction that knows what all three say, never two.
func TestOneCaptureInThreeReports(t *testing.T) {
	settled := instantOf(t, batched)
	sources := []source{
		{"request", 6, []recon.Transaction{captured(func(t *recon.Transaction) { t.AuthCode, t.Last4, t.Reference = "A1", "1111", "s1" })}},
		{"batch", 0, []recon.Transaction{captured(func(t *recon.Transaction) { t.Batched, t.Batch = settled, "B" })}},
		{"fees", 2, []recon.Transaction{
			captured(func(t *recon.Transaction) { t.Batched, t.Batch, t.CardBrand = settled+1e6, "B2", "VISA" }),
			{
				ID: "7000000000000000000001-FEE-TOTAL", Parent: "7000000000000000000001", Merchant: "acme_us", Type: recon.Fee, Currency: money.MustCurrency("USD"),
				Amount: -42, FeeCode: recon.WholeFee, Batched: settled,
			},
		}},
		{"interchange", 3, []recon.Transaction{{
			ID: "7000000000000000000001-FEE-INTERCHANGE", Parent: "7000000000000000000001", Merchant: "acme_us", Type: recon.Fee,
			Currency: money.MustCurrency("USD"), Amount: -30, FeeCode: "INTERCHANGE", Batched: settled,
		}}},
	}
	res := reconcileSources(t, sources)
	want := []string{
		"batch:1 CAPTURE 3500 EXCEPTION NO_ORDER", "fees:1 CAPTURE 3500 IGNORED DUPLICATE_ROW", "fees:2 FEE -42 EXCEPTION UNMAPPED_GL",
		"interchange:1 FEE -42 IGNORED DUPLICATE_ROW", "request:1 CAPTURE 3500 IGNORED DUPLICATE_ROW",
	}
	if got := tellSources(res, sources); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for i := range res.Rows() {
		if row := res.Row(i); row.Type == recon.Capture {
			if row.AuthCode != "A1" || row.Last4 != "1111" || row.CardBrand != "VISA" || row.Batched != settled || row.Reference != "S1" || row.Batch != "B" {
				t.Errorf("%+v", row)
			}
		}
	}
}

// What no rank can decide is trusted to nobody.
func TestSourcesThatDisagree(t *testing.T) {
	settled := instantOf(t, batched)
	batch := source{"batch", 0, []recon.Transaction{captured(func(t *recon.Transaction) { t.Batched = settled })}}
	for _, c := range []struct {
		name   string
		change func(*recon.Transaction)
	}{
		{"another amount", func(t *recon.Transaction) { t.Amount = 3600 }},
		{"another currency", func(t *recon.Transaction) { t.Currency = money.MustCurrency("EUR") }},
		{"another merchant", func(t *recon.Transaction) { t.Merchant = "acme_web" }},
		{"a row that cannot be read", func(t *recon.Transaction) { t.Fault = &recon.Fault{Code: "bad_time"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			sources := []source{batch, {"request", 6, []recon.Transaction{captured(c.change)}}}
			for _, line := range tellSources(reconcileSources(t, sources), sources) {
				if !strings.HasSuffix(line, "EXCEPTION INVALID_ROW") {
					t.Error(line)
				}
			}
		})
	}
}

// What a rank decides is told: the row that was not believed is a finding (R2: shown side by side).
func TestDifferencesAreTold(t *testing.T) {
	settled := instantOf(t, batched)
	sources := []source{
		{"batch", 0, []recon.Transaction{captured(func(t *recon.Transaction) { t.Batched, t.AuthCode = settled, "A1" })}},
		{"fees", 2, []recon.Transaction{captured(func(t *recon.Transaction) { t.Batched, t.Reference, t.AuthCode = settled+2*86400e6, "S9", "A1" })}},
		{"request", 6, []recon.Transaction{captured(func(t *recon.Transaction) { t.Reference, t.Last4 = " s1 ", "1111" })}},
	}
	var got []string
	for file, c := range reconcileSources(t, sources).FileCounts() {
		for _, f := range c.Findings {
			got = append(got, fmt.Sprintf("%s:%d %s %s", sources[file].hash, f.Line, f.Code, f.Column))
		}
	}
	if want := []string{"fees:1 differs_from_source merchant_ref, settlement_date"}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A dispute that one report knows by its case and another by its date is one.
func TestOneDisputeInTwoReports(t *testing.T) {
	settled := instantOf(t, batched)
	dispute := func(id, number string, amount int64) recon.Transaction {
		return captured(func(t *recon.Transaction) {
			t.Parent, t.ID, t.Case, t.Type, t.Amount, t.Batched = t.ID, t.ID+id, number, recon.Chargeback, amount, settled
		})
	}
	live := func(sources ...source) (n int) {
		for _, line := range tellSources(reconcileSources(t, sources), sources) {
			if !strings.HasSuffix(line, "DUPLICATE_ROW") {
				n++
			}
		}
		return n
	}
	events := source{"events", 4, []recon.Transaction{dispute("-2026-09-29", "", -3500)}}
	if n := live(events, source{"chargebacks", 1, []recon.Transaction{dispute("-C1", "C1", -3500)}}); n != 1 {
		t.Errorf("%d disputes", n)
	}
	if n := live(events, source{"chargebacks", 1, []recon.Transaction{dispute("-C1", "C1", -100)}}); n != 2 {
		t.Errorf("%d disputes of two amounts", n)
	}
	if n := live(events, source{"chargebacks", 1, []recon.Transaction{dispute("-C1", "C1", -3500), dispute("-C2", "C2", -3500)}}); n != 3 {
		t.Errorf("%d disputes: nobody can tell which of two is meant", n)
	}
}

// A later file of the same kind restates; that of another kind does not.
func TestOnlyItsOwnKindRestates(t *testing.T) {
	settled := instantOf(t, batched)
	batch := func(amount int64) []recon.Transaction {
		return []recon.Transaction{captured(func(t *recon.Transaction) { t.Batched, t.Amount = settled, amount })}
	}
	request := source{"request", 6, []recon.Transaction{captured(func(t *recon.Transaction) { t.Amount, t.AuthCode = 3600, "A1" })}}
	for _, c := range []struct {
		name        string
		sources     []source
		generations []int
		want        []string
	}{
		{
			"the batch report comes again, and then agrees with the request report",
			[]source{{"batch", 0, batch(3500)}, request, {"again", 0, batch(3600)}},
			[]int{1, 1, 2},
			[]string{"again:1 CAPTURE 3600 EXCEPTION NO_ORDER", "batch:1 CAPTURE 3500 IGNORED DUPLICATE_ROW", "request:1 CAPTURE 3600 IGNORED DUPLICATE_ROW"},
		},
		{
			"the request report comes later and differs",
			[]source{{"batch", 0, batch(3500)}, request},
			[]int{1, 2},
			[]string{"batch:1 CAPTURE 3500 EXCEPTION INVALID_ROW", "request:1 CAPTURE 3600 EXCEPTION INVALID_ROW"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := tellSources(reconcileKept(t, c.sources, c.generations), c.sources); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// INV-12 and R4 for sources: in any order of the files the outcomes are the
// same, and the rows that live add up to the events, each once.
func TestSourcesInAnyOrder(t *testing.T) {
	settled := instantOf(t, batched)
	rapid.Check(t, func(rt *rapid.T) {
		sources := []source{{"a", 0, nil}, {"b", 2, nil}, {"c", 6, nil}, {"d", 0, nil}, {"e", 3, nil}}
		want := int64(0)
		for n := range rapid.IntRange(1, 6).Draw(rt, "events") {
			event := recon.Transaction{
				ID: fmt.Sprintf("70000000000000000000%02d", n), Merchant: "acme_us", Currency: money.MustCurrency("USD"), Method: "CARD",
				Type:   rapid.SampledFrom([]recon.EventType{recon.Capture, recon.CreditOrRefund, recon.Fee}).Draw(rt, "type"),
				Amount: rapid.Int64Range(1, 9999).Draw(rt, "amount"), Batched: settled, Reference: fmt.Sprintf("S%d", n), AuthCode: "A", Last4: "1111",
			}
			if event.Type != recon.Capture {
				event.Amount = -event.Amount
			}
			seen := false
			for s := range sources {
				for range rapid.IntRange(0, 2).Draw(rt, "times") {
					sources[s].rows = append(sources[s].rows, viewOf(event, sources[s].rank))
					seen = seen || sources[s].rank != 6
				}
			}
			if seen {
				want += event.Amount
			}
		}
		res := reconcileSources(t, sources)
		got := int64(0)
		for i := range res.Rows() {
			switch _, reason := res.Verdict(i); reason {
			case recon.DuplicateRow, recon.PendingBatch:
			case recon.InvalidRow:
				rt.Fatalf("row %d cannot be trusted", i)
			default:
				got += res.Row(i).Amount
			}
		}
		if got != want {
			rt.Fatalf("rows that live add up to %d, the events to %d", got, want)
		}
		told := tellSources(res, sources)
		mixed := rapid.Permutation(sources).Draw(rt, "order")
		if again := tellSources(reconcileSources(t, mixed), mixed); !slices.Equal(told, again) {
			rt.Fatalf("%q\nin another order\n%q", told, again)
		}
	})
}

// viewOf is what a report of a rank says of an event: the first no
// authorization, a request nothing of its batch, fee reports less. Reports of one rank say the same.
func viewOf(event recon.Transaction, rank int) recon.Transaction {
	switch rank {
	case 0:
		event.AuthCode = ""
	case 6:
		event.Batched = 0
	case 2, 3:
		event.Last4, event.Reference = "", ""
		event.Batched += recon.Instant(rank) * 1e6
	}
	return event
}

func instantOf(t *testing.T, text string) recon.Instant {
	t.Helper()
	at, err := recon.ParseInstant(text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
