package storetest

import (
	"fmt"
	"slices"
	"time"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/night"
)

func on(day int) recon.Date { return recon.NewDate(2026, time.September, day) }

func request() night.Request {
	return night.Request{Company: "ACME", From: on(28), To: on(30), AsOf: on(30) + 2}
}

func usd() money.Currency { return money.MustCurrency("USD") }

// row is a settled capture. Its words hold what databases may stumble over.
func row(id string, day recon.Date, amount int64) night.Row {
	return night.Row{
		Transaction: recon.Transaction{ID: id, Merchant: "acme_us", Type: recon.Capture, Currency: usd(), Amount: amount, Reference: "O'Brien \"; DROP ümläut \u2028 %s $1"},
		Natural:     recon.Capture, Settled: day, Posting: day, Verdict: recon.Exception, Reason: recon.NoOrder, Secondary: []recon.Reason{recon.AmountOver},
		Documents: []string{"INV 1"}, Taken: []night.Taken{{Doc: "INV 1", Amount: amount - 5}}, Applied: amount - 5, Suspended: 5, Held: 5, Open: 5,
		File: "aa", Line: 3, Content: "c" + id,
	}
}

func manyRows(n int) []night.Row {
	rows := make([]night.Row, n)
	for i := range rows {
		rows[i] = row(fmt.Sprintf("%022d", i), on(28), int64(i))
	}
	return rows
}

// entry is a balanced entry in a currency that is not the base.
func (b *bench) entry(key ledger.Key, amount int64) ledger.Entry {
	b.Helper()
	rate, err := money.ParseRate("0.7300")
	b.must(err)
	e, err := ledger.NewEntry(key, usd(), rate, []ledger.Line{
		{Account: "1150-100", Side: ledger.Debit, Label: "CAPTURE VISA", Amount: amount, Base: amount * 73 / 100, Rule: "R1+R2", RuleTable: "v1", Role: ledger.Clearing, Memo: "captures", Sources: []ledger.SourceRef{"T:1/CAPTURE", "B:line 7"}},
		{Account: "1200-100", Side: ledger.Credit, Label: "CAPTURE VISA", Amount: amount, Base: amount * 73 / 100, Rule: "R1", RuleTable: "v1", Memo: "receivables"},
	})
	b.must(err)
	return e.WithMemo("settled")
}

func settleKey(merchant string, day recon.Date) ledger.Key {
	return ledger.Key{PostingDate: day, Merchant: merchant, Currency: money.MustCurrency("CAD"), Class: ledger.Settle}
}

func added(e ledger.Entry, n int) ledger.Decision {
	return ledger.Decision{Change: ledger.Added, Booked: ledger.Booked{Entry: e.Numbered(fmt.Sprintf("TO26%06d", n)), Revision: 1}}
}

// everything is a commit that has something of all there is.
func (b *bench) everything() *night.Commit {
	b.Helper()
	c := &night.Commit{
		Request: request(), RunID: "run-1", Outcome: night.DoneWithExceptions,
		Files: []night.File{
			{Role: night.Reports, Name: "b.csv", SHA256: "bb", Size: 12, First: on(28), Last: on(30), Report: recon.FileReport{File: "b.csv", Kind: "transactions", Totals: map[string]string{"USD": "1.00"}, Merchant: "acme", ReportName: "Daily", Version: "1.10", Window: "a to b"}},
			{Role: night.Reports, Name: "B.csv", SHA256: "aa", Size: 11, First: on(28), Last: on(28)},
			{Role: night.Bank, Name: "bank.csv", SHA256: "aa", Size: 11},
		},
		Rows: []night.Row{row("1", on(28), 700), row("2", on(28), 50), row("3", on(30), -20)},
		Docs: []night.Doc{{ID: "INV 1", Merchant: "acme_us", Currency: usd(), Amount: 100}},
		Deposits: []night.Deposit{{
			ID: "D1", Merchant: "acme_us", Settled: on(28), Amount: money.New(750, usd()), Funded: money.New(740, usd()), On: on(30), RateText: "1", Posting: on(30), Verdict: recon.Matched, BankLines: []string{"line 7"},
		}},
		BankLines: []night.BankLine{{ID: "line 7", On: on(30), Amount: money.New(740, usd()), Text: "=1+1", Posting: on(30), Verdict: recon.Matched, Deposits: []string{"D1"}}},
		Acts:      []night.Act{{Key: "0/CAPTURE", Merchant: "acme_us", Currency: usd(), Amount: 9, From: recon.NoOrder, Taken: []night.Taken{{Doc: "INV 1", Amount: 9}}, On: on(30)}},
		Decisions: []ledger.Decision{
			added(b.entry(settleKey("acme_us", on(28)), 700), 1), added(b.entry(settleKey("acme_us", on(29)), 800), 2), added(b.entry(settleKey("acme", on(30)), 900), 3),
		},
		Exceptions: []night.Exception{
			{ID: "x1", Side: night.SideEvent, Key: "1/CAPTURE", Reason: recon.NoOrder, Status: night.New, FirstSeen: on(30), LastSeen: on(30), Body: []byte(`{"a":"\u0000"}`)},
			{ID: "x2", Side: night.SideEvent, Reason: recon.InvalidRow, Status: night.New, FirstSeen: on(30), LastSeen: on(30), Hold: &night.Hold{Merchant: "acme_us", From: on(29), To: on(29), Why: "x"}},
		},
		Artifacts: []night.Artifact{{Kind: "result", Name: "r.json", SHA256: "cc", Size: 4}, {Kind: "workbook", Name: "w.xlsx", SHA256: "dd", Size: 5}},
	}
	for _, merchant := range []string{"acme", "acme_us"} { // one is the beginning of the other
		for _, day := range []int{28, 29} {
			c.Contributions = append(c.Contributions, b.contribution(merchant, on(day), "a"), b.contribution(merchant, on(day), "B"))
		}
	}
	slices.SortFunc(c.Contributions, func(x, y ledger.Contribution) int { return x.Compare(&y) })
	b.items(c)
	return c
}

func (b *bench) contribution(merchant string, day recon.Date, label string) ledger.Contribution {
	return ledger.Contribution{
		Scope: ledger.Scope("S:" + day.String()), Key: settleKey(merchant, day), Account: "1150-100", Side: ledger.Debit, Label: label, Rule: "R1",
		Amount: 700, Base: -511, Based: true, Sources: []ledger.SourceRef{"T:1/CAPTURE"}, RuleTable: "v1", Role: ledger.Clearing,
		Memo: ledger.Memo{Template: "t", Width: 30, From: day, To: day, Facts: []string{merchant, "MIXED"}, Count: 2},
	}
}

// items makes all that has an outcome news.
func (b *bench) items(c *night.Commit) {
	b.Helper()
	news, err := c.Items()
	b.must(err)
	c.News = news
}
