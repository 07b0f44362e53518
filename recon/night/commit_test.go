package night

import (
	"slices"
	"strings"
	"testing"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
)

func smallCommit(t *testing.T) *Commit {
	t.Helper()
	usd := money.MustCurrency("USD")
	day := recon.NewDate(2026, 9, 29)
	key := ledger.Key{PostingDate: day, Merchant: "acme", Currency: usd, Class: ledger.Settle}
	parts := []ledger.Contribution{
		{Scope: "S:2026-09-29", Key: key, Account: "1150-100", Side: ledger.Debit, Label: "CAPTURE", Amount: 5000},
		{Scope: "S:2026-09-29", Key: key, Account: "1200-100", Side: ledger.Credit, Label: "CAPTURE", Amount: 5000},
	}
	entry, ok, err := ledger.Assemble(parts, money.One(), usd)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	row := Row{Transaction: recon.Transaction{ID: "1", Currency: usd, Amount: 5000}, Settled: day, Posting: day, Applied: 5000}
	return &Commit{
		Rows: []Row{row}, Booked: parts, Settled: map[money.Currency]int64{usd: 5000},
		Decisions: []ledger.Decision{{Change: ledger.Added, Booked: ledger.Booked{Entry: entry, Revision: 1}}},
	}
}

// One cent changed in anything that is about to be stored stops the commit and
// names the invariant.
func TestOneCentStopsTheCommit(t *testing.T) {
	clearing := func(account string) bool { return strings.HasPrefix(account, "1150-") }
	if err := smallCommit(t).Check(clearing); err != nil {
		t.Fatalf("the untouched commit: %v", err)
	}
	for name, c := range map[string]struct {
		change    func(*Commit)
		invariant string
	}{
		"amount of a row":           {func(c *Commit) { c.Rows[0].Amount++ }, "INV-3"},
		"applied of a row":          {func(c *Commit) { c.Rows[0].Applied++ }, "INV-3"},
		"suspended of a row":        {func(c *Commit) { c.Rows[0].Suspended++ }, "INV-3"},
		"write-off of a row":        {func(c *Commit) { c.Rows[0].WriteOff-- }, "INV-3"},
		"a row that is lost":        {func(c *Commit) { c.Rows = nil }, "INV-4"},
		"a clearing line":           {func(c *Commit) { c.Booked[0].Amount++ }, "INV-4"},
		"the side of a line":        {func(c *Commit) { c.Booked[0].Side = ledger.Credit }, "INV-4"},
		"the answer's total":        {func(c *Commit) { c.Settled[money.MustCurrency("USD")]++ }, "INV-4"},
		"an act without an account": {func(c *Commit) { c.Booked[0].Scope, c.Booked[0].Rule = "C:1 CAPTURE", ledger.NoRule }, "GL-06"},
	} {
		t.Run(name, func(t *testing.T) {
			commit := smallCommit(t)
			c.change(commit)
			if err := commit.Check(clearing); err == nil || !strings.Contains(err.Error(), c.invariant) {
				t.Errorf("got %v, want %s", err, c.invariant)
			}
		})
	}
}

// Rulings on books: days that were computed before are computed again in the
// cut in which they were first, oldest first.
func TestPlan(t *testing.T) {
	day := func(d int) recon.Date { return recon.NewDate(2026, 9, d) }
	cut := func(from, to int) Cut { return Cut{day(from), day(to)} }
	for name, c := range map[string]struct {
		done []Cut
		want Cut
		plan []Cut
	}{
		"nothing was computed":                 {nil, cut(1, 3), []Cut{cut(1, 3)}},
		"a week of nights again":               {[]Cut{cut(1, 1), cut(2, 2), cut(3, 3)}, cut(1, 3), []Cut{cut(1, 1), cut(2, 2), cut(3, 3)}},
		"one day of a longer cut":              {[]Cut{cut(1, 3)}, cut(2, 2), []Cut{cut(1, 3)}},
		"old days, a gap, an old day, the new": {[]Cut{cut(4, 4), cut(1, 2)}, cut(1, 6), []Cut{cut(1, 2), cut(3, 3), cut(4, 4), cut(5, 6)}},
	} {
		if got := Plan(c.done, c.want); !slices.Equal(got, c.plan) {
			t.Errorf("%s: %v, want %v", name, got, c.plan)
		}
	}
}

// A hold keeps the entries of its merchant and days, or of everybody.
func TestHold(t *testing.T) {
	day := recon.NewDate(2026, 9, 29)
	key := ledger.Key{PostingDate: day, Merchant: "acme"}
	for name, c := range map[string]struct {
		hold Hold
		want bool
	}{
		"its merchant and day": {Hold{Merchant: "acme", From: day, To: day}, true},
		"another merchant":     {Hold{Merchant: "other", From: day, To: day}, false},
		"every merchant":       {Hold{From: day, To: day}, true},
		"another day":          {Hold{Merchant: "acme", From: day + 1, To: day + 1}, false},
	} {
		if got := c.hold.Keeps(key); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
