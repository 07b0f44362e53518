package ledger

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tieout/ledger/money"
)

// Check names every invariant that does not hold between outcomes and entries,
// with the currency, merchant or entry and the difference; nil when all
// differences are zero (INV-4, 6, 7, 8, 9, 10). It believes no figure of the
// proof alone: each is held against another.
func (p *Proof) Check() error {
	c := &check{}
	for _, currency := range Currencies(p.TieOut) {
		c.tieOut(p.TieOut[currency], currency)
	}
	for _, currency := range Currencies(p.Suspense) {
		s := p.Suspense[currency]
		c.zero("INV-6", "closing suspense less the list of open items", currency, s.Opening+s.Movement-s.Listed)
	}
	for _, currency := range Currencies(p.Clearing) {
		c.clearing(p.Clearing[currency], currency)
	}
	for _, m := range slices.SortedFunc(maps.Keys(p.merchants), merchantCurrency.compare) {
		c.zero("INV-7", "clearing of "+m.merchant+" less its batches not funded", m.currency, p.merchants[m])
	}
	for _, currency := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(Currencies(p.InTransit), Currencies(p.inTransits))))) {
		c.zero("INV-8", "in transit less deposits not on a bank line", currency, p.InTransit[currency]-p.inTransits[currency])
	}
	for _, currency := range Currencies(p.Cash) {
		c.zero("INV-9", "cash lines less bank lines", currency, p.Cash[currency].Ledger-p.Cash[currency].Bank)
	}
	for _, entry := range p.unbalanced {
		c.faults = append(c.faults, "INV-10: "+entry)
	}
	if len(c.faults) > 0 {
		return fmt.Errorf("the proof does not end in zero, nothing is written: %s", strings.Join(c.faults, "; "))
	}
	return nil
}

// check collects what does not hold.
type check struct{ faults []string }

func (c *check) zero(invariant, what string, currency money.Currency, difference int64) {
	if difference != 0 {
		c.faults = append(c.faults, fmt.Sprintf("%s: %s is %s %s", invariant, what, money.New(difference, currency), currency))
	}
}

// tieOut is INV-4, equation by equation.
func (c *check) tieOut(t *TieOut, currency money.Currency) {
	c.zero("INV-4", "report total less ignored, matched and exceptions", currency, t.Report-t.Ignored-t.Matched-t.Exception)
	c.zero("INV-4", "matched and exceptions less applied, suspended and write-offs", currency, t.Matched+t.Exception-t.Applied-t.Suspended-t.WriteOff)
	c.zero("INV-4", "matched and exceptions less clearing of class SETTLE", currency, t.Matched+t.Exception-t.Clearing)
}

// clearing is INV-7: the roll-forward adds up, period by period, and ends at the list of batches.
func (c *check) clearing(r *RollForward, currency money.Currency) {
	balance := r.Opening
	for _, period := range r.Periods {
		c.zero("INV-7", "opening clearing of "+period.Period+" less the closing before it", currency, period.Opening-balance)
		for _, moved := range period.Movements {
			balance += moved
		}
		c.zero("INV-7", "closing clearing of "+period.Period+" less opening and movements", currency, period.Closing-balance)
	}
	c.zero("INV-7", "closing clearing less its movements", currency, r.Closing-balance)
	c.zero("INV-7", "closing clearing less the batches not funded", currency, r.Closing-r.ProofTotal())
}

// balance recomputes both sides of an entry from its lines, in its currency and in base (INV-10).
func (p *Proof) balance(e *Entry) {
	var amount, base, debits, inBase int64
	for k := range e.lines {
		l := &e.lines[k]
		sign := int64(1)
		if l.Side == Credit {
			sign = -1
		}
		if l.Amount < 0 || l.Base < 0 || (l.Side != Debit && l.Side != Credit) {
			p.unbalanced = append(p.unbalanced, fmt.Sprintf("entry %s %s: line %s %s is neither a debit nor a credit", e.number, e.key, l.Account, l.Label))
		}
		amount, base = amount+sign*l.Amount, base+sign*l.Base
		if l.Side == Debit {
			debits, inBase = debits+l.Amount, inBase+l.Base
		}
	}
	if amount != 0 || base != 0 {
		p.unbalanced = append(p.unbalanced, fmt.Sprintf("entry %s %s: debits exceed credits by %s and %s in base",
			e.number, e.key, money.New(amount, e.key.Currency), money.New(base, e.base)))
	}
	if e.key.Class == Fund {
		return // its base amounts are made deposit by deposit (EDGE-1)
	}
	if want, err := e.rate.Convert(money.New(debits, e.key.Currency), e.base); err != nil || want.Minor() != inBase {
		p.unbalanced = append(p.unbalanced, fmt.Sprintf("entry %s %s: %s in base is not %s at %s (GL-15)",
			e.number, e.key, money.New(inBase, e.base), money.New(debits, e.key.Currency), e.rate))
	}
}

func (m merchantCurrency) compare(o merchantCurrency) int {
	return cmp.Or(strings.Compare(m.merchant, o.merchant), strings.Compare(m.currency.String(), o.currency.String()))
}
