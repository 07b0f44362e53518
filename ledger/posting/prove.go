package posting

import (
	"fmt"
	"slices"

	"tieout/ledger"
	"tieout/ledger/money"
)

// Prove is INV-11: the totals are those of the journal, added up anew from the
// totals of its entries. The error names the currency and both figures.
func (t Totals) Prove(entries []ledger.Entry) error {
	lines, base := 0, money.Amount{}
	sums := map[money.Currency]CurrencyTotal{}
	for _, e := range entries {
		debits, credits, inBase := e.Totals()
		sum := sums[e.Key().Currency]
		var err1, err2, err3 error
		sum.Debits, err1 = sum.Debits.Add(money.New(debits, e.Key().Currency))
		sum.Credits, err2 = sum.Credits.Add(money.New(credits, e.Key().Currency))
		base, err3 = base.Add(money.New(inBase, e.Base()))
		if err1 != nil || err2 != nil || err3 != nil {
			return fmt.Errorf("INV-11: the journal adds up beyond what an amount can hold")
		}
		sums[e.Key().Currency] = sum
		lines += len(e.Lines())
	}
	if t.EntryCount != len(entries) || t.LineCount != lines || len(t.ByCurrency) != len(sums) {
		return fmt.Errorf("INV-11: the posting file has %d entries, %d lines and %d currencies, the journal %d, %d and %d",
			t.EntryCount, t.LineCount, len(t.ByCurrency), len(entries), lines, len(sums))
	}
	for _, total := range t.ByCurrency {
		if sum := sums[total.Currency]; total.Debits != sum.Debits || total.Credits != sum.Credits {
			return fmt.Errorf("INV-11: the posting file has debits %s and credits %s %s, the journal %s and %s",
				total.Debits, total.Credits, total.Currency, sum.Debits, sum.Credits)
		}
	}
	if t.BaseDebits != base || t.BaseCredits != base {
		return fmt.Errorf("INV-11: the posting file has base debits %s and credits %s, the journal %s", t.BaseDebits, t.BaseCredits, base)
	}
	if again, err := Sum(entries); err != nil || again.AccountHash != t.AccountHash {
		return fmt.Errorf("INV-11: the account hash is %d, the journal's %d", t.AccountHash, again.AccountHash)
	}
	return nil
}

// ProveFile is INV-11 for a file that was written: read back, it has the entries and totals of the journal. A natural
// key has blanks in the file where a merchant's name has bars (PF-01).
func ProveFile(file File, entries []ledger.Entry, totals Totals) error {
	if !file.Totals.Equal(totals) {
		return fmt.Errorf("INV-11: the posting file ends in %+v, the journal in %+v", file.Totals, totals)
	}
	same := func(a, b ledger.Entry) bool {
		debits, credits, base := a.Totals()
		d, c, inBase := b.Totals()
		return a.Number() == b.Number() && clean(a.Key().String()) == clean(b.Key().String()) && debits == d && credits == c && base == inBase
	}
	if !slices.EqualFunc(file.Entries, entries, same) {
		return fmt.Errorf("INV-11: the posting file does not have the %d entries of the journal", len(entries))
	}
	return nil
}
