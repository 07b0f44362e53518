package night

import (
	"fmt"
	"maps"
	"slices"

	"tieout/ledger"
	"tieout/ledger/money"
)

// books are what a run makes of the stored contributions and entries.
type books struct {
	*past
	chart   *ledger.Chart
	mode    ledger.Mode
	altered map[ledger.SourceRef]bool // nil: not asked yet
}

// replace decides which stored contributions the run's answer takes the place
// of: those of its own settlement dates, and those of the deposits and bank
// lines that it looked at. What a late row brings to an earlier date is added to
// that date's. Acts stay.
func (b *books) replace(c *Commit) {
	byScope := map[ledger.Scope][]ledger.Contribution{}
	for _, p := range b.state.Contributions {
		byScope[p.Scope] = append(byScope[p.Scope], p)
	}
	comes := map[ledger.Scope][]ledger.Contribution{}
	for _, p := range c.Booked {
		comes[p.Scope] = append(comes[p.Scope], p)
	}
	for scope := range byScope {
		if day, settled := scope.SettledOn(); settled && b.inside(day) && comes[scope] == nil {
			comes[scope] = []ledger.Contribution{}
		}
	}
	for _, scope := range slices.Sorted(maps.Keys(comes)) {
		day, settled := scope.SettledOn()
		next := comes[scope]
		switch {
		case settled && !b.inside(day):
			next = addTo(byScope[scope], next)
		case !settled:
			next = keepBase(byScope[scope], next)
		}
		if !slices.EqualFunc(byScope[scope], next, sameContribution) {
			c.Replaced = append(c.Replaced, scope)
			c.Contributions = append(c.Contributions, next...)
		}
	}
}

func sameContribution(a, b ledger.Contribution) bool {
	return a.Compare(&b) == 0 && a.Amount == b.Amount && a.Base == b.Base && a.Based == b.Based && slices.Equal(a.Sources, b.Sources)
}

// addTo adds what late rows bring to what was posted for their date.
func addTo(stored, late []ledger.Contribution) []ledger.Contribution {
	sum := slices.Clone(stored)
	for _, p := range late {
		at := slices.IndexFunc(sum, func(s ledger.Contribution) bool { return s.Compare(&p) == 0 })
		if at < 0 {
			sum = append(sum, p)
			continue
		}
		s := &sum[at]
		s.Amount, s.Base = s.Amount+p.Amount, s.Base+p.Base
		s.Sources = slices.Compact(slices.Sorted(slices.Values(slices.Concat(s.Sources, p.Sources))))
	}
	slices.SortFunc(sum, func(a, b ledger.Contribution) int { return a.Compare(&b) })
	return sum
}

// keepBase keeps the base amounts of a deposit or bank line that has not
// changed: it was booked at the rate of its day.
func keepBase(stored, next []ledger.Contribution) []ledger.Contribution {
	same := slices.EqualFunc(stored, next, func(a, b ledger.Contribution) bool { return a.Compare(&b) == 0 && a.Amount == b.Amount })
	if same {
		return stored
	}
	return next
}

// decide compares what every touched entry should be with what the books have.
func (b *books) decide(c *Commit) error {
	gone := map[ledger.Scope]bool{}
	touched := map[string]ledger.Key{}
	for _, scope := range c.Replaced {
		gone[scope] = true
	}
	wanted := map[string][]ledger.Contribution{}
	for _, p := range b.state.Contributions {
		if gone[p.Scope] {
			touched[NaturalKey(p.Key)] = p.Key
		} else {
			wanted[NaturalKey(p.Key)] = append(wanted[NaturalKey(p.Key)], p)
		}
	}
	for _, list := range [][]ledger.Contribution{c.Contributions, c.Booked} {
		for _, p := range list {
			touched[NaturalKey(p.Key)] = p.Key
		}
	}
	for _, p := range c.Contributions {
		wanted[NaturalKey(p.Key)] = append(wanted[NaturalKey(p.Key)], p)
	}
	for _, key := range slices.SortedFunc(maps.Values(touched), ledger.Key.Compare) {
		decisions, err := b.decideOne(c, key, wanted[NaturalKey(key)])
		if err != nil {
			return fmt.Errorf("entry %s: %w", key, err)
		}
		c.Decisions = append(c.Decisions, decisions...)
	}
	b.number(c)
	return nil
}

func (b *books) decideOne(c *Commit, key ledger.Key, parts []ledger.Contribution) ([]ledger.Decision, error) {
	chain := b.state.Entries[NaturalKey(key)]
	rate := b.policy.Rate(key.Currency)
	if len(chain) > 0 && chain[0].Rate().Known() {
		rate = chain[0].Rate()
	}
	e, some, err := ledger.Assemble(parts, rate, b.policy.Base)
	if err != nil {
		return nil, err
	}
	var wanted *ledger.Entry
	if some {
		wanted = &e
	}
	return ledger.Compare(wanted, chain, b.mode, b.chart.PostingDate, func() *ledger.Changes {
		var stored []ledger.Contribution
		for _, p := range b.state.Contributions {
			if NaturalKey(p.Key) == NaturalKey(key) {
				stored = append(stored, p)
			}
		}
		return ledger.ChangesOf(stored, parts, b.isAltered(c))
	})
}

// isAltered tells sources of which this run books other amounts, or books them
// for another reason, than the run before.
func (b *books) isAltered(c *Commit) func(ledger.SourceRef) bool {
	if b.altered == nil {
		b.altered = map[ledger.SourceRef]bool{}
		before := map[string]*Row{}
		for i := range b.state.Rows {
			before[b.state.Rows[i].Key()] = &b.state.Rows[i]
		}
		for i := range c.Rows {
			if r := &c.Rows[i]; before[r.Key()] != nil && !r.bookedAs(before[r.Key()]) {
				b.altered[ledger.SourceRef("T:"+r.Key())] = true
			}
		}
		b.alteredFunding(c)
	}
	return func(ref ledger.SourceRef) bool { return b.altered[ref] }
}

func (b *books) alteredFunding(c *Commit) {
	deposits, lines := map[string]*Deposit{}, map[string]*BankLine{}
	for i := range b.state.Deposits {
		deposits[b.state.Deposits[i].ID] = &b.state.Deposits[i]
	}
	for i := range b.state.BankLines {
		lines[b.state.BankLines[i].ID] = &b.state.BankLines[i]
	}
	for i := range c.Deposits {
		d := &c.Deposits[i]
		if old := deposits[d.ID]; old != nil && (d.Amount != old.Amount || d.Funded != old.Funded || d.Merchant != old.Merchant) {
			b.altered[ledger.SourceRef("F:"+d.ID)] = true
		}
	}
	for i := range c.BankLines {
		l := &c.BankLines[i]
		if old := lines[l.ID]; old != nil && (l.Amount != old.Amount || !slices.Equal(l.Deposits, old.Deposits)) {
			b.altered[ledger.SourceRef("B:"+l.ID)] = true
		}
	}
}

// bookedAs tells rows that are booked the same.
func (r *Row) bookedAs(o *Row) bool {
	return r.Type == o.Type && r.Merchant == o.Merchant && r.Currency == o.Currency && r.Amount == o.Amount && r.Settled == o.Settled && r.Posting == o.Posting &&
		r.Applied == o.Applied && r.Suspended == o.Suspended && r.WriteOff == o.WriteOff && r.Unmapped == o.Unmapped && r.Verdict == o.Verdict && r.Reason == o.Reason &&
		r.Kind == o.Kind && slices.Equal(r.Taken, o.Taken)
}

// number gives new entries the next numbers of their posting year, in the order
// of their natural keys (GL-19).
func (b *books) number(c *Commit) {
	last := maps.Clone(b.state.LastNumber)
	if last == nil {
		last = map[int]int{}
	}
	next := func(year int) int { last[year]++; return last[year] }
	slices.SortStableFunc(c.Decisions, func(x, y ledger.Decision) int { return x.Key().Compare(y.Key()) })
	for i := range c.Decisions {
		if d := &c.Decisions[i]; d.Number() == "" {
			d.Entry = ledger.Number([]ledger.Entry{d.Entry}, next)[0]
		}
	}
}

// settledTotals is the answer's own sum of matched rows and exceptions.
func settledTotals(proof *ledger.Proof) map[money.Currency]int64 {
	sums := map[money.Currency]int64{}
	for c, t := range proof.TieOut {
		sums[c] = t.Matched + t.Exception
	}
	return sums
}
