package recon_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"tieout/fixtures/inputs"
	"tieout/fixtures/scenario"
	"tieout/recon"
)

// nights are the worked example and scenarios that together store every kind of number.
func nights(t *testing.T, scenarios uint64) []*inputs.Night {
	t.Helper()
	example, err := inputs.Folder(os.DirFS("../fixtures/golden/worked-example"))
	if err != nil {
		t.Fatal(err)
	}
	all := []*inputs.Night{example}
	for seed := range scenarios {
		night, err := inputs.Scenario(scenario.New(seed).Split(2))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, night)
	}
	return all
}

func violated(err error) (invariants []string) {
	var broken *recon.InvariantError
	if errors.As(err, &broken) {
		for _, v := range broken.Violations {
			invariants = append(invariants, v.Invariant)
		}
	}
	return invariants
}

// INV-1, 2, 3, 5, 6, 7, 8: what is computed holds, and one unit more or less in
// any stored number is seen, with the invariant that it breaks named.
func TestOneUnitInAnyStoredNumberIsSeen(t *testing.T) {
	tampers := map[string]int{}
	for n, night := range nights(t, 40) {
		res := night.Reconcile()
		if err := res.Check(night.Transactions, night.Documents); err != nil {
			t.Fatalf("night %d: %v", n, err)
		}
		for _, tamper := range res.Tampers() {
			kind := strings.TrimRight(tamper.Name, "0123456789 ")
			tampers[kind]++
			for _, by := range []int64{1, -1} {
				tamper.Change(by)
				err := res.Check(night.Transactions, night.Documents)
				tamper.Change(-by)
				if !strings.Contains(strings.Join(violated(err), " ")+" ", tamper.Invariant+" ") {
					t.Fatalf("night %d: %s changed by %d: want %s, got %v", n, tamper.Name, by, tamper.Invariant, err)
				}
			}
		}
		if err := res.Check(night.Transactions, night.Documents); err != nil {
			t.Fatalf("night %d: not restored: %v", n, err)
		}
	}
	for _, kind := range []string{
		"amount of row", "applied of row", "suspended of row", "write-off of row", "off the list of row", "part 1 of row", "balance of document",
		"amount of document", "goods of split", "surcharge of split", "amount of cleared item", "part 0 of cleared item", "held item",
		"funded of batch", "computed of deposit", "funded total of deposit", "difference of deposit", "rate difference of deposit", "share 1 of bank line",
	} {
		if tampers[kind] == 0 {
			t.Errorf("no night stores a %s", kind)
		}
	}
}

// INV-1: a row ends in exactly one of MATCHED, EXCEPTION with a reason of its own, or IGNORED with one of its own.
func TestEveryRowHasOneOutcome(t *testing.T) {
	night := nights(t, 0)[0]
	res := night.Reconcile()
	for _, c := range []struct {
		name    string
		verdict recon.Verdict
		reason  recon.Reason
	}{
		{"undecided", recon.Undecided, recon.NoReason},
		{"matched for a reason", recon.Matched, recon.NoOrder},
		{"exception without a reason", recon.Exception, recon.NoReason},
		{"exception for a reason to ignore", recon.Exception, recon.Voided},
		{"exception for a secondary note", recon.Exception, recon.RefundAndChargeback},
		{"ignored without a reason", recon.Ignored, recon.NoReason},
		{"ignored for a reason of an exception", recon.Ignored, recon.NoOrder},
		{"no verdict at all", recon.Ignored + 1, recon.NoReason},
	} {
		restore := res.Confuse(7, c.verdict, c.reason)
		err := res.Check(night.Transactions, night.Documents)
		restore()
		where := fmt.Sprintf("row %d", res.Label(7))
		if invariants := violated(err); len(invariants) == 0 || invariants[0] != "INV-1" || !strings.Contains(err.Error(), where) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// INV-2: a row that a file has and the outcomes do not, or the reverse, stops the run.
func TestRowsOfEveryFileAreCounted(t *testing.T) {
	for _, change := range []func(*recon.FileReport){
		func(r *recon.FileReport) { r.Rows.Total++ },
		func(r *recon.FileReport) { r.Rows.Accepted-- },
		func(r *recon.FileReport) { r.Totals = map[string]string{"USD": "0.00"} },
	} {
		for _, pick := range []func(*inputs.Night) *recon.FileReport{
			func(n *inputs.Night) *recon.FileReport { return &n.Transactions[0] },
			func(n *inputs.Night) *recon.FileReport { return &n.Documents[0] },
		} {
			night := nights(t, 0)[0]
			res := night.Reconcile()
			change(pick(night))
			if err := res.Check(night.Transactions, night.Documents); !strings.Contains(strings.Join(violated(err), " "), "INV-2") {
				t.Errorf("%v", err)
			}
		}
	}
	night := nights(t, 0)[0]
	if err := night.Reconcile().Check(nil, night.Documents); err == nil || !strings.Contains(err.Error(), "INV-2: transactions: 61 rows are of no file") {
		t.Errorf("%v", err)
	}
}

// INV-5: no document is applied beyond its amount, even where both sides say so.
func TestNoDocumentTakesMoreThanItsAmount(t *testing.T) {
	night := nights(t, 0)[0]
	res := night.Reconcile()
	for doc := range res.Docs() {
		if res.Doc(doc).ID == "D01" {
			res.Overapply(doc)
		}
	}
	if err := res.Check(night.Transactions, night.Documents); err == nil || !strings.Contains(err.Error(), "INV-5: document D01: 0.01 more than its 120.00") {
		t.Errorf("%v", err)
	}
}

// The message of many violations stays short enough to read.
func TestManyViolationsAreCounted(t *testing.T) {
	night := nights(t, 0)[0]
	res := night.Reconcile()
	for row := range res.Rows() {
		res.Confuse(row, recon.Undecided, recon.NoReason)
	}
	err := res.Check(night.Transactions, night.Documents)
	if err == nil || strings.Count(err.Error(), "INV-") != 10 || !strings.Contains(err.Error(), "more") {
		t.Errorf("%v", err)
	}
}
