package answer

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/reports"
)

// rolled names one balance: an account of a currency, of one merchant or of all ("").
type rolled struct {
	role     ledger.Role
	merchant string
	currency money.Currency
}

// rolledRoles are the accounts of 5.1 in the order of the sheet.
func rolledRoles() []ledger.Role {
	return []ledger.Role{ledger.Clearing, ledger.Unapplied, ledger.CBReceivable, ledger.Reserve, ledger.InTransit}
}

// rollForwards rolls every balance of 5.1 forward by period: for each account
// the totals of a currency, then merchant by merchant.
func (n *Night) rollForwards() ([]reports.RollForward, error) {
	rows := map[rolled][]reports.RollForward{}
	for key, opening := range n.openings() {
		rows[key] = []reports.RollForward{inPeriod(key, n.earliestPeriod(), money.New(opening, key.currency))}
	}
	for i := range n.Entries {
		if err := n.rollEntry(&n.Entries[i], rows); err != nil {
			return nil, err
		}
	}
	keys := slices.SortedFunc(maps.Keys(rows), compareRolled)
	var all []reports.RollForward
	for _, key := range keys {
		all = append(all, rows[key]...)
	}
	return all, nil
}

// earliestPeriod is where opening balances stand: the range's first period, or an
// earlier one that late rows are posted to. Entries go by posting date.
func (n *Night) earliestPeriod() string {
	first := n.Result.Policy().From
	if len(n.Entries) > 0 {
		first = min(first, n.Entries[0].PostingDate())
	}
	return first.Period()
}

func compareRolled(a, b rolled) int {
	roles := rolledRoles()
	return cmp.Or(
		cmp.Compare(slices.Index(roles, a.role), slices.Index(roles, b.role)), strings.Compare(a.merchant, b.merchant),
		strings.Compare(a.currency.String(), b.currency.String()),
	)
}

// openings are the balances that the run takes over; other accounts have none that it knows.
func (n *Night) openings() map[rolled]int64 {
	all := map[rolled]int64{}
	add := func(role ledger.Role, merchant string, c money.Currency, minor int64) {
		all[rolled{role, merchant, c}] += minor
		all[rolled{role, "", c}] += minor
	}
	for _, o := range n.Result.Policy().OpeningUnfunded {
		add(ledger.Clearing, o.Merchant, o.Currency, o.Amount)
	}
	for i := range n.Result.Input().History {
		if h := &n.Result.Input().History[i]; h.HoldsSuspense() {
			add(ledger.Unapplied, h.Merchant, h.Currency, h.Suspended)
		}
	}
	return all
}

// rollEntry adds the lines of an entry to the balances that they move.
func (n *Night) rollEntry(e *ledger.Entry, rows map[rolled][]reports.RollForward) error {
	key := e.Key()
	for _, l := range e.Lines() {
		role := n.Chart.RoleOf(&l)
		if !slices.Contains(rolledRoles(), role) {
			continue
		}
		minor := l.Amount
		if (l.Side == ledger.Credit) != (role == ledger.Unapplied) {
			minor = -minor
		}
		for _, merchant := range []string{key.Merchant, ""} {
			k := rolled{role, merchant, key.Currency}
			if err := roll(rows, k, key.PostingDate.Period(), l.Event(), money.New(minor, key.Currency)); err != nil {
				return err
			}
		}
	}
	return nil
}

// roll adds a movement to the period of a balance, which it opens with the closing of the one before.
func roll(rows map[rolled][]reports.RollForward, key rolled, period, label string, moved money.Amount) error {
	periods := rows[key]
	switch last := len(periods) - 1; {
	case last < 0:
		periods = append(periods, inPeriod(key, period, noOpening(key)))
	case periods[last].Period != period:
		periods = append(periods, inPeriod(key, period, periods[last].Closing))
	}
	rows[key] = periods
	r := &periods[len(periods)-1]
	if err := r.Move(label, moved); err != nil || r.Closing.Currency() == 0 {
		return err
	}
	closing, err := r.Closing.Add(moved)
	r.Closing = closing
	return err
}

func inPeriod(key rolled, period string, opening money.Amount) reports.RollForward {
	return reports.RollForward{Account: string(key.role), Merchant: key.merchant, Currency: key.currency, Period: period, Opening: opening, Closing: opening}
}

// noOpening is 0 where the run would know of an opening balance, else no figure.
func noOpening(key rolled) money.Amount {
	if key.role == ledger.Clearing || key.role == ledger.Unapplied {
		return money.New(0, key.currency)
	}
	return money.Amount{}
}
