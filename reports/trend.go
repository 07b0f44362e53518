package reports

import (
	"slices"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// TrendPoint is what was open at the end of a week in one currency (XLS-10).
type TrendPoint struct {
	AsOf   recon.Date
	Amount money.Amount // sum of absolute amounts of the open exceptions
	Items  int
}

// WeekEnd is what was open at the end of a week, absolute amounts by currency.
type WeekEnd struct {
	AsOf recon.Date
	Open []Tally
}

// Trend makes a point of every week and currency. A currency of which nothing
// was open in a week was 0 then, not unknown.
func Trend(weeks []WeekEnd) []TrendPoint {
	open := map[recon.Date]map[money.Currency]Tally{}
	known := map[money.Currency]bool{}
	for _, w := range weeks {
		open[w.AsOf] = map[money.Currency]Tally{}
		for _, t := range w.Open {
			if c := t.Amount.Currency(); c != 0 {
				open[w.AsOf][c], known[c] = t, true
			}
		}
	}
	var points []TrendPoint
	for _, w := range weeks {
		for _, c := range byCode(known) {
			t := open[w.AsOf][c]
			points = append(points, TrendPoint{AsOf: w.AsOf, Amount: money.New(t.Amount.Minor(), c), Items: t.Items})
		}
	}
	return points
}

// Open adds up the absolute amounts of a work list by currency. The error is an
// amount beyond int64.
func Open(list []ExceptionRow) ([]Tally, error) {
	sums, known := map[money.Currency]Tally{}, map[money.Currency]bool{}
	for i := range list {
		a := list[i].Amount
		if a.Sign() < 0 {
			a = a.Neg()
		}
		t := sums[a.Currency()]
		if err := t.add(1, a); err != nil {
			return nil, err
		}
		sums[a.Currency()], known[a.Currency()] = t, true
	}
	var all []Tally
	for _, c := range byCode(known) {
		all = append(all, sums[c])
	}
	return all, nil
}

func byCode(known map[money.Currency]bool) []money.Currency {
	var all []money.Currency
	for c := range known {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b money.Currency) int { return strings.Compare(a.String(), b.String()) })
	return all
}
