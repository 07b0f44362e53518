package reports

import (
	"cmp"
	"slices"

	"tieout/ledger/money"
	"tieout/recon"
)

// Tally is a number of items and what they add up to.
type Tally struct {
	Items  int
	Amount money.Amount
}

func (t *Tally) add(items int, amount money.Amount) (err error) {
	t.Items += items
	t.Amount, err = t.Amount.Add(amount)
	return err
}

// Movement is how the open items of a reason and a currency moved since the
// prior list: prior + new - cleared - written off + changed = open now (ME-04).
// Open now is not given: the workbook counts its own list.
type Movement struct {
	Reason   recon.Reason
	Currency money.Currency
	Prior, New, Cleared, WrittenOff,
	Changed Tally // items that moved here from another reason, and amounts that changed; less what left
}

// Moved compares the prior list with the list of now, item by item (ME-04):
// what is on both under another reason or with another amount has changed, what
// is on the prior one only has cleared. The error is an amount beyond int64.
func Moved(prior, now []ExceptionRow) ([]Movement, error) {
	m := movements{rows: map[moved]*Movement{}}
	was := map[string]*ExceptionRow{}
	for i := range prior {
		e := &prior[i]
		was[e.ID] = e
		m.add(&m.of(e).Prior, 1, e.Amount)
	}
	for i := range now {
		e := &now[i]
		old := was[e.ID]
		delete(was, e.ID)
		switch {
		case old == nil:
			m.add(&m.of(e).New, 1, e.Amount)
		case m.of(old) != m.of(e) || old.Amount != e.Amount:
			m.add(&m.of(old).Changed, -1, old.Amount.Neg())
			m.add(&m.of(e).Changed, 1, e.Amount)
		}
	}
	for i := range prior {
		if e := &prior[i]; was[e.ID] != nil {
			m.add(&m.of(e).Cleared, 1, e.Amount)
		}
	}
	return m.sorted(), m.err
}

// movements are lines by reason and currency; err is the first that went wrong.
type movements struct {
	rows map[moved]*Movement
	err  error
}

type moved struct {
	reason   recon.Reason
	currency money.Currency
}

// of is the line of an exception.
func (m *movements) of(e *ExceptionRow) *Movement {
	key := moved{e.Reason, e.Currency}
	if m.rows[key] == nil {
		m.rows[key] = &Movement{Reason: e.Reason, Currency: e.Currency}
	}
	return m.rows[key]
}

func (m *movements) add(to *Tally, items int, amount money.Amount) {
	if err := to.add(items, amount); err != nil && m.err == nil {
		m.err = err
	}
}

func (m *movements) sorted() []Movement {
	var all []Movement
	for _, line := range m.rows {
		all = append(all, *line)
	}
	slices.SortFunc(all, func(a, b Movement) int {
		return cmp.Or(cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Currency.String(), b.Currency.String()))
	})
	return all
}
