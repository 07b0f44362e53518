package workbook

import (
	"cmp"
	"slices"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

// topCount is how many of the largest exceptions the Summary lists for a currency.
const topCount = 10

// dueCount is how many disputes the Summary lists by their due date.
const dueCount = 15

// undated is the bucket of exceptions without an origin date, after the six of 3.5.
const undated = 6

// ahead is what a first walk over exceptions and journal tells: the figures
// that formulas carry as cached values and that stand beside them (XLS-06).
type ahead struct {
	exceptions int
	lines      int
	hasUndated bool
	groups     map[group]*[undated + 1]tally
	severities map[recon.Severity]*[undated + 1]int
	order      []group // severest reason first, then reason, then currency
	top        map[money.Currency][]reports.ExceptionRow
	due        []reports.ExceptionRow          // disputes with a response due, the earliest first
	statuses   map[reports.ExceptionStatus]int // open exceptions by status
	gravest    map[group]recon.Severity
	wanted     map[string]bool // keys of rows that exceptions and cleared items link to
}

// group is one line of the aging of a currency.
type group struct {
	reason   recon.Reason
	currency money.Currency
}

type tally struct {
	items  int
	amount int64 // minor units
}

func newAhead() *ahead {
	a := &ahead{
		groups: map[group]*[undated + 1]tally{}, severities: map[recon.Severity]*[undated + 1]int{},
		top: map[money.Currency][]reports.ExceptionRow{}, wanted: map[string]bool{},
		statuses: map[reports.ExceptionStatus]int{}, gravest: map[group]recon.Severity{},
	}
	for _, severity := range severities() {
		a.severities[severity] = &[undated + 1]int{}
	}
	return a
}

// severities are the severities, gravest first (3.5).
func severities() []recon.Severity { return []recon.Severity{"H", "M", "L"} }

func (b *book) lookAhead() error {
	a := newAhead()
	b.ahead = a
	if b.n.Exceptions != nil {
		for e, err := range b.n.Exceptions {
			if err != nil {
				return err
			}
			if err := a.add(&e, b.n.AsOf, b.o.maxLinks); err != nil {
				return err
			}
		}
	}
	for _, x := range b.n.Cleared {
		if x.DataKey != "" {
			a.wanted[x.DataKey] = true
		}
	}
	if b.n.Journal != nil {
		for _, err := range b.n.Journal {
			if err != nil {
				return err
			}
			a.lines++
		}
	}
	for g := range a.groups {
		a.order = append(a.order, g)
	}
	slices.SortFunc(a.order, func(x, y group) int {
		return cmp.Or(cmp.Compare(x.reason, y.reason), cmp.Compare(x.currency.String(), y.currency.String()))
	})
	return nil
}

func (a *ahead) add(e *reports.ExceptionRow, asOf recon.Date, links int) error {
	a.exceptions++
	g := group{e.Reason, e.Currency}
	if a.groups[g] == nil {
		a.groups[g] = &[undated + 1]tally{}
	}
	bucket := undated
	if e.Origin != 0 {
		bucket = reports.Bucket(int(asOf - e.Origin))
	}
	a.hasUndated = a.hasUndated || bucket == undated
	if ages := a.severities[e.SeverityOf()]; ages != nil {
		ages[bucket]++
	}
	t := &a.groups[g][bucket]
	t.items++
	var err error
	t.amount, err = money.AddMinor(t.amount, e.Amount.Minor())
	if e.DataKey != "" && len(a.wanted) < links {
		a.wanted[e.DataKey] = true
	}
	a.statuses[e.Status]++
	if was := a.gravest[g]; was == "" || slices.Index(severities(), e.SeverityOf()) < slices.Index(severities(), was) {
		a.gravest[g] = e.SeverityOf()
	}
	a.rank(e)
	a.rankDue(e)
	return err
}

// rank keeps the largest amounts of a currency, earlier ones first among equals.
func (a *ahead) rank(e *reports.ExceptionRow) {
	top := a.top[e.Currency]
	if e.Amount.Sign() == 0 || len(top) == topCount && size(e.Amount) <= size(top[topCount-1].Amount) {
		return
	}
	at := len(top)
	for at > 0 && size(e.Amount) > size(top[at-1].Amount) {
		at--
	}
	top = slices.Insert(top, at, *e)
	a.top[e.Currency] = top[:min(len(top), topCount)]
}

// rankDue keeps the disputes that must be answered first.
func (a *ahead) rankDue(e *reports.ExceptionRow) {
	if e.Due == 0 {
		return
	}
	at := len(a.due)
	for at > 0 && e.Due < a.due[at-1].Due {
		at--
	}
	a.due = slices.Insert(a.due, at, *e)
	a.due = a.due[:min(len(a.due), dueCount)]
}

func size(a money.Amount) int64 { return max(a.Minor(), -a.Minor()) }

// total adds up the buckets of a group.
func (a *ahead) total(g group) (t tally, err error) {
	for _, one := range a.groups[g] {
		t.items += one.items
		if t.amount, err = money.AddMinor(t.amount, one.amount); err != nil {
			return t, err
		}
	}
	return t, nil
}

// sum adds up the groups that want holds for, bucket by bucket.
func (a *ahead) sum(want func(group) bool) (all [undated + 1]tally, err error) {
	for _, g := range a.order {
		if !want(g) {
			continue
		}
		for i, one := range a.groups[g] {
			all[i].items += one.items
			if all[i].amount, err = money.AddMinor(all[i].amount, one.amount); err != nil {
				return all, err
			}
		}
	}
	return all, nil
}

// currencies are those of the exceptions in the order of the tie-out, then the others by name.
func (b *book) currencies() []money.Currency {
	seen := map[money.Currency]bool{}
	for _, g := range b.ahead.order {
		seen[g.currency] = true
	}
	var all []money.Currency
	for _, t := range b.n.Currencies {
		if seen[t.Currency] {
			all = append(all, t.Currency)
			delete(seen, t.Currency)
		}
	}
	known := len(all)
	for c := range seen {
		all = append(all, c)
	}
	slices.SortFunc(all[known:], func(x, y money.Currency) int { return cmp.Compare(x.String(), y.String()) })
	return all
}

// code is the currency as cells and formulas name it.
func code(c money.Currency) string { return reports.CurrencyName(c) }
