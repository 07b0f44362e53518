package night

import (
	"testing"

	"tieout/ledger/money"
	"tieout/recon"
)

// MAT-10, XLS-17: an exception that is found again keeps its first day and what
// finance wrote, also when it had left the list.
func TestFoundAgainKeepsItsHistory(t *testing.T) {
	first, now := recon.NewDate(2026, 9, 20), recon.NewDate(2026, 9, 29)
	amount := money.New(6660, money.MustCurrency("USD"))
	remarks := Remarks{Disposition: "MATCH_TO", Ref: "D1", AssignedTo: "Dana", Note: "see mail"}
	for old, want := range map[ExceptionStatus]ExceptionStatus{New: Carried, Carried: Carried, Closed: Reopened} {
		p := &past{req: Request{AsOf: now}, state: &State{PriorAsOf: first, Exceptions: map[string]Exception{
			"x": {ID: "x", Side: SideDoc, Key: "D9", Status: old, FirstSeen: first, LastSeen: first, Amount: amount, Remarks: remarks},
		}}}
		before := p.before()
		if open := len(before.Open) == 1; before.AsOf != first || open != (old != Closed) {
			t.Errorf("%s: before the run %+v", old, before)
		}
		all, err := newWorklist(&read{past: p}, &Commit{}, nil, nil).compare([]Exception{{ID: "x", Side: SideDoc, Key: "D9", Amount: amount}})
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: %v, %v", old, all, err)
		}
		if e := all[0]; e.Status != want || e.FirstSeen != first || e.LastSeen != now || e.Remarks != remarks || e.Amount != amount {
			t.Errorf("%s: found again it is %+v", old, e)
		}
	}
}
