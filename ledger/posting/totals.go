package posting

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tieout/ledger"
	"tieout/ledger/money"
)

// hashModulus is 10^10: ten digits, as ACH does with routing numbers (PF-02).
const hashModulus = 10_000_000_000

// Totals are what the trailer of a posting file says (PF-03) and result.json
// repeats: counts, the account hash and the sums of each side.
type Totals struct {
	EntryCount  int
	LineCount   int
	AccountHash int64 // PF-02
	ByCurrency  []CurrencyTotal
	BaseDebits  money.Amount
	BaseCredits money.Amount
}

// CurrencyTotal are the sums of one currency; both sides are equal.
type CurrencyTotal struct {
	Currency        money.Currency
	Debits, Credits money.Amount
}

// Equal compares two totals.
func (t Totals) Equal(o Totals) bool {
	return t.EntryCount == o.EntryCount && t.LineCount == o.LineCount && t.AccountHash == o.AccountHash &&
		t.BaseDebits == o.BaseDebits && t.BaseCredits == o.BaseCredits && slices.Equal(t.ByCurrency, o.ByCurrency)
}

// Sum adds up entries as the default profile renders them. Currencies come in
// the order of their codes. It refuses entries with different base currencies
// and sums beyond int64 minor units.
func Sum(entries []ledger.Entry) (Totals, error) {
	t := Totals{EntryCount: len(entries)}
	for _, e := range entries {
		if err := t.addEntry(e); err != nil {
			return Totals{}, fmt.Errorf("entry %s: %w", e.Key(), err)
		}
	}
	slices.SortFunc(t.ByCurrency, func(a, b CurrencyTotal) int {
		return strings.Compare(a.Currency.String(), b.Currency.String())
	})
	return t, nil
}

func (t *Totals) addEntry(e ledger.Entry) error {
	own := t.currency(e.Key().Currency)
	for _, l := range e.Lines() {
		amount, base := money.New(l.Amount, e.Key().Currency), money.New(l.Base, e.Base())
		t.LineCount++
		t.AccountHash = (t.AccountHash + accountNumber(l.Account)) % hashModulus
		var err, errBase error
		if l.Side == ledger.Debit {
			own.Debits, err = own.Debits.Add(amount)
			t.BaseDebits, errBase = t.BaseDebits.Add(base)
		} else {
			own.Credits, err = own.Credits.Add(amount)
			t.BaseCredits, errBase = t.BaseCredits.Add(base)
		}
		if err := cmp.Or(err, errBase); err != nil {
			return err
		}
	}
	return nil
}

// currency finds or makes the sums of a currency.
func (t *Totals) currency(c money.Currency) *CurrencyTotal {
	i := slices.IndexFunc(t.ByCurrency, func(ct CurrencyTotal) bool { return ct.Currency == c })
	if i < 0 {
		i = len(t.ByCurrency)
		t.ByCurrency = append(t.ByCurrency, CurrencyTotal{c, money.New(0, c), money.New(0, c)})
	}
	return &t.ByCurrency[i]
}

// accountNumber is all digits of the account read as one number, modulo 10^10
// (PF-02): 1150-100 is 1150100. Store letters and dashes do not count.
func accountNumber(account string) int64 {
	var n int64
	for i := range len(account) {
		if c := account[i]; c >= '0' && c <= '9' {
			n = (n*10 + int64(c-'0')) % hashModulus
		}
	}
	return n
}
