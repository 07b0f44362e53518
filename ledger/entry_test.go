package ledger

import (
	"errors"
	"testing"

	"tieout/ledger/money"
	"tieout/recon"
)

// GL-12: an entry that does not balance cannot be built, in its currency or in base.
func TestEntryMustBalance(t *testing.T) {
	usd := money.MustCurrency("USD")
	key := Key{PostingDate: recon.NewDate(2026, 9, 30), Merchant: "acme", Currency: usd, Class: Settle}
	for _, c := range []struct {
		name  string
		lines []Line
		ok    bool
	}{
		{"balanced", []Line{{Account: "1", Side: Debit, Amount: 5, Base: 5}, {Account: "2", Side: Credit, Amount: 5, Base: 5}}, true},
		{"one cent off", []Line{{Account: "1", Side: Debit, Amount: 5, Base: 5}, {Account: "2", Side: Credit, Amount: 4, Base: 5}}, false},
		{"one cent off in base", []Line{{Account: "1", Side: Debit, Amount: 5, Base: 5}, {Account: "2", Side: Credit, Amount: 5, Base: 4}}, false},
	} {
		_, err := NewEntry(key, usd, money.One(), c.lines)
		if (err == nil) != c.ok || (err != nil && !errors.Is(err, ErrUnbalanced)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := NewEntry(key, usd, money.One(), []Line{{Account: "1", Side: Debit, Amount: -5}, {Account: "2", Side: Credit, Amount: -5}}); err == nil {
		t.Error("negative amounts were taken")
	}
	if _, err := NewEntry(key, usd, money.One(), nil); err == nil {
		t.Error("an entry without lines was built")
	}
}

// GL-16, GL-17: nothing is posted into a closed period.
func TestPostingDate(t *testing.T) {
	c := Chart{ClosedThrough: recon.NewDate(2026, 8, 31)}
	for in, want := range map[string]string{"2026-08-31": "2026-09-01", "2026-01-05": "2026-09-01", "2026-09-01": "2026-09-01", "2026-09-30": "2026-09-30"} {
		d, _ := recon.ParseDate(in)
		if got := c.PostingDate(d).String(); got != want {
			t.Errorf("%s is posted on %s, want %s", in, got, want)
		}
	}
}
