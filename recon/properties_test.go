package recon_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tieout/fixtures/inputs"
	"tieout/fixtures/scenario"
	"tieout/ledger/money"
	"tieout/recon"
)

func drawn(t *rapid.T) (*inputs.Night, scenario.Scenario) {
	s := scenario.New(rapid.Uint64Range(0, 1<<40).Draw(t, "seed"))
	night, err := inputs.Scenario(s)
	if err != nil {
		t.Fatal(err)
	}
	return night, s
}

// INV-1 and INV-2: every row and document has one outcome, and the outcomes add up.
func TestEveryRowEndsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		night, _ := drawn(t)
		res := night.Reconcile()
		labels := map[int]bool{}
		for i := range res.Rows() {
			verdict, reason := res.Verdict(i)
			if verdict == recon.Undecided || (verdict == recon.Matched) != (reason == recon.NoReason) {
				t.Fatalf("row %d: %s %s", i, verdict, reason)
			}
			if labels[res.Label(i)] {
				t.Fatalf("label %d twice", res.Label(i))
			}
			labels[res.Label(i)] = true
		}
		for i := range res.Docs() {
			if verdict, reason := res.DocVerdict(i); verdict == recon.Undecided || (verdict == recon.Matched) != (reason == recon.NoReason) {
				t.Fatalf("document %d: %s %s", i, verdict, reason)
			}
		}
		if order := res.Order(); len(order) != res.Rows() || !slices.IsSortedFunc(order, func(a, b uint32) int { return res.Label(int(a)) - res.Label(int(b)) }) {
			t.Fatalf("%v", order)
		}
	})
}

// INV-3 and GL-14: what the books see of a row adds up to the row, and the
// components of a cash sale to what was applied, none against the direction of the money.
func TestMovementsAddUpToTheirRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		night, _ := drawn(t)
		res := night.Reconcile()
		type sum struct{ full, parts int64 }
		sums := map[int]*sum{}
		res.Movements(0, res.Rows(), func(m *recon.Movement) {
			s := sums[m.Row]
			if s == nil {
				s = &sum{}
				sums[m.Row] = s
			}
			s.full += m.Full
			s.parts += m.Applied + m.Suspended + m.WriteOff
			components := int64(0)
			for _, part := range m.Components {
				components += part
				if part != 0 && (part < 0) != (m.Applied < 0) {
					t.Fatalf("row %d: component %d of %d", res.Label(m.Row), part, m.Applied)
				}
			}
			if m.Split && components != m.Applied {
				t.Fatalf("row %d: components of %d add up to %d", res.Label(m.Row), m.Applied, components)
			}
		})
		for i := range res.Rows() {
			row := res.Row(i)
			s := sums[i]
			if (row.Posting != 0) != (s != nil) {
				t.Fatalf("row %d: posted on %s, moves %v", row.Label, row.Posting, s)
			}
			if s != nil && (s.full != row.Amount || s.parts != row.Amount) {
				t.Fatalf("row %d of %d: full %d, parts %d", row.Label, row.Amount, s.full, s.parts)
			}
		}
	})
}

// INV-5: no document is applied beyond its amount, and its balance is its amount less what was applied.
func TestNoDocumentIsOverpaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		night, _ := drawn(t)
		res := night.Reconcile()
		for i := range res.Docs() {
			d := res.Doc(int(i))
			if d.Reason == recon.InvalidRow || d.AppliedRun == 0 {
				continue
			}
			if d.Remaining != d.Amount-d.Prior-d.AppliedRun || (d.Amount >= 0 && d.Remaining < 0) || (d.Amount < 0 && d.Remaining > 0) {
				t.Fatalf("%s of %d: prior %d, applied %d, remaining %d", d.ID, d.Amount, d.Prior, d.AppliedRun, d.Remaining)
			}
		}
	})
}

// INV-12: shuffled, split over files and on any number of workers the outcomes are the same.
func TestOutcomesDoNotDependOnOrderOrWorkers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, s := drawn(t)
		two, err := inputs.Scenario(s.Shuffle(rapid.Uint64().Draw(t, "shuffle")).Split(rapid.IntRange(1, 3).Draw(t, "files")))
		if err != nil {
			t.Fatal(err)
		}
		one.Input.Workers, two.Input.Workers = 1, rapid.IntRange(1, 4).Draw(t, "workers")
		a, b := tellOutcomes(one.Reconcile()), tellOutcomes(two.Reconcile())
		if a != b {
			t.Fatalf("%s\n\n%s", a, b)
		}
	})
}

func tellOutcomes(res *recon.Result) string {
	var out strings.Builder
	for _, i := range res.Order() {
		r := res.Row(int(i))
		fmt.Fprintln(&out, r.Label, r.ID, r.Natural, r.Verdict, r.Reason, r.Secondary, r.Pass, r.Kind, r.Documents, r.Suggested, r.Applied, r.Suspended, r.WriteOff, r.Open, r.ParentID)
	}
	rows := res.RowsOf(res.DocOrder())
	for _, i := range res.DocOrder() {
		d := res.Doc(int(i))
		fmt.Fprintln(&out, d.ID, d.Verdict, d.Reason, d.Kind, d.AppliedRun, d.Remaining, rows[int(i)])
	}
	for _, c := range res.Cleared() {
		fmt.Fprintln(&out, res.Input().History[c.Posted].ID, res.DocumentIDs(c.Docs), c.Pass, c.Amount)
	}
	for _, item := range res.Held() {
		fmt.Fprintln(&out, res.Input().History[item.Posted].ID, item.Amount)
	}
	fmt.Fprintf(&out, "%+v\n", res.Batches)
	for _, d := range res.Deposits {
		fmt.Fprintln(&out, d.ID, d.Verdict, d.Reason, d.Secondary, d.Computed, d.FundedTotal, d.Difference, d.FXDifference, slices.Sorted(slices.Values(d.BankLines)))
	}
	for _, l := range res.Bank {
		fmt.Fprintln(&out, l.ID, l.Verdict, l.Reason, slices.Sorted(slices.Values(l.Deposits)), l.Shares)
	}
	return out.String()
}

// What the proofs read of the rows is what the rows are.
func TestAmountsAreThoseOfTheRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		night, _ := drawn(t)
		res := night.Reconcile()
		byLabel, want := map[int]recon.Row{}, map[money.Currency]recon.CurrencyRows{}
		for i := range res.Rows() {
			row := res.Row(i)
			byLabel[row.Label] = row
			c := want[row.Currency]
			c.Currency, c.All = row.Currency, c.All+1
			c.ByVerdict[row.Verdict]++
			want[row.Currency] = c
		}
		for _, c := range res.RowsByCurrency() {
			if c != want[c.Currency] {
				t.Fatalf("%+v, not %+v", c, want[c.Currency])
			}
			delete(want, c.Currency)
		}
		if len(want) > 0 {
			t.Fatalf("%+v are not counted", want)
		}
		res.EachAmount(0, res.Rows(), func(a *recon.RowAmounts) {
			row := byLabel[a.Label]
			if a.Amount != row.Amount || a.Applied != row.Applied || a.Suspended != row.Suspended || a.WriteOff != row.WriteOff || (a.Open != 0) != row.Open ||
				a.Verdict != row.Verdict || a.Currency != row.Currency || a.Type != row.Type || row.Reason == recon.InvalidRow {
				t.Fatalf("%+v is not row %+v", a, row)
			}
			delete(byLabel, a.Label)
		})
		for label, row := range byLabel {
			if row.Reason != recon.InvalidRow {
				t.Fatalf("row %d is not counted", label)
			}
		}
	})
}
