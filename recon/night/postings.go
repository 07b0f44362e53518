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
	chart *ledger.Chart
	mode  ledger.Mode
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
		decisions, err := b.decideOne(key, wanted[NaturalKey(key)])
		if err != nil {
			return fmt.Errorf("entry %s: %w", key, err)
		}
		c.Decisions = append(c.Decisions, decisions...)
	}
	b.number(c)
	return nil
}

func (b *books) decideOne(key ledger.Key, parts []ledger.Contribution) ([]ledger.Decision, error) {
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
	return ledger.Compare(wanted, chain, b.mode, b.chart.PostingDate)
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
