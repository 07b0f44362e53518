package recon_test

import (
	"fmt"
	"strings"
	"testing"

	"tieout/fixtures/inputs"
	"tieout/fixtures/scenario"
	"tieout/recon"
)

// told is everything that a result says of its rows, documents, deposits, batches and bank lines.
func told(res *recon.Result) map[string]string {
	all := map[string]string{}
	for i := range res.Rows() {
		row, found := res.Row(i), res.Evidence(i)
		all[fmt.Sprintf("row %d %s", row.Label, row.Reason)] = found.Text + " -> " + found.Nearest
	}
	for i := range res.Docs() {
		doc := res.Doc(i)
		all[fmt.Sprintf("doc %s %s", doc.ID, doc.Reason)] = res.DocEvidence(i)
	}
	for i := range res.Deposits {
		all["deposit "+res.Deposits[i].ID] = res.DepositEvidence(&res.Deposits[i])
	}
	for i := range res.Batches {
		b := &res.Batches[i]
		all[fmt.Sprint("batch ", b.Merchant, b.SettlementDate, b.Currency)] = res.BatchEvidence(b)
	}
	for i := range res.Bank {
		all["bank "+res.Bank[i].ID] = res.BankEvidence(&res.Bank[i])
	}
	return all
}

// INV-12: what is said of an outcome does not depend on the order of the inputs or on the number of workers.
func TestEvidenceDoesNotDependOnOrder(t *testing.T) {
	for seed := range uint64(60) {
		s := scenario.New(seed)
		one, err := inputs.Scenario(s)
		if err != nil {
			t.Fatal(err)
		}
		two, err := inputs.Scenario(s.Shuffle(seed + 7).Split(2))
		if err != nil {
			t.Fatal(err)
		}
		one.Input.Workers, two.Input.Workers = 1, 3
		want, got := told(one.Reconcile()), told(two.Reconcile())
		for key, text := range want {
			if got[key] != text {
				t.Errorf("seed %d: %s:\n%s\n%s", seed, key, text, got[key])
			}
		}
	}
}

// Every exception and every matched row says why (3.5), also in grown scenarios.
func TestNothingIsLeftUnexplained(t *testing.T) {
	for seed := range uint64(60) {
		night, err := inputs.Scenario(scenario.New(seed))
		if err != nil {
			t.Fatal(err)
		}
		res := night.Reconcile()
		for i := range res.Rows() {
			row, found := res.Row(i), res.Evidence(i)
			if (row.Verdict != recon.Ignored) != (found.Text != "") {
				t.Errorf("seed %d: row %d %s %s %s %s: %q", seed, row.Label, row.Verdict, row.Reason, row.Pass, row.Kind, found.Text)
			}
		}
		for i := range res.Docs() {
			if doc := res.Doc(i); doc.Verdict == recon.Exception && res.DocEvidence(i) == "" {
				t.Errorf("seed %d: document %s %s is not explained", seed, doc.ID, doc.Reason)
			}
		}
		for i := range res.Deposits {
			if d := &res.Deposits[i]; d.Verdict == recon.Exception && res.DepositEvidence(d) == "" {
				t.Errorf("seed %d: deposit %s %s is not explained", seed, d.ID, d.Reason)
			}
		}
		for i := range res.Bank {
			if l := &res.Bank[i]; l.Verdict == recon.Exception && res.BankEvidence(l) == "" {
				t.Errorf("seed %d: bank line %s %s is not explained", seed, l.ID, l.Reason)
			}
		}
	}
}

// The nearest document of a row that found none, and the condition that it
// fails, by how much. The row: 31.00 USD of acme_us, last 4 1111, reference
// 104520x, settled on 2026-09-29.
func TestNearestDocument(t *testing.T) {
	const row = "1 -none- CAPTURE " + batched + " 31.00 S104529"
	for _, c := range []struct{ name, docs, want, nearest string }{
		{
			"money is off by three cents, the card agrees",
			"A1,INVOICE,900001,800001,2026-09-28,SHIPPED,acme_us,CARD,USD,30.97,1111",
			"nearest is A1 (order 900001): amount 31.00 of 30.97, 0.03 over", "A1",
		},
		{
			"money is short",
			"A1,INVOICE,900001,800001,2026-09-28,SHIPPED,acme_us,CARD,USD,31.02,1111",
			"nearest is A1 (order 900001): amount 31.00 of 31.02, 0.02 short", "A1",
		},
		{
			"too far apart",
			"A1,INVOICE,900001,800001,2026-09-23,SHIPPED,acme_us,CARD,USD,31.00,1111",
			"nearest is A1 (order 900001): 6 days apart, window is 5", "A1",
		},
		{
			"another card",
			"A1,INVOICE,900001,800001,2026-09-28,SHIPPED,acme_us,CARD,USD,31.00,2222",
			"nearest is A1 (order 900001): its last 4 digits are 2222, not 1111", "A1",
		},
		{
			"no card on the document",
			"A1,INVOICE,900001,800001,2026-09-28,SHIPPED,acme_us,CARD,USD,31.00,",
			"nearest is A1 (order 900001): it has no last 4 digits", "A1",
		},
		{
			"cancelled",
			"A1,ORDER,900001,,2026-09-28,CANCELLED,acme_us,CARD,USD,31.00,1111",
			"nearest is A1 (order 900001): it is cancelled", "A1",
		},
		{
			"another merchant's",
			"A1,INVOICE,900001,800001,2026-09-28,SHIPPED,acme_web,CARD,USD,31.00,1111",
			`nearest is A1 (order 900001): it belongs to merchant "acme_web", not "acme_us"`, "A1",
		},
		{
			"another currency",
			"A1,INVOICE,900001,800001,2026-09-28,SHIPPED,acme_us,CARD,CAD,31.00,1111",
			"nearest is A1 (order 900001): it is in CAD, not USD", "A1",
		},
		{
			"the reference names it, and it is not a card document",
			"A1,INVOICE,S104529,800001,2026-09-28,SHIPPED,acme_us,CHECK,USD,31.00,",
			`nearest is A1 (order S104529): it is paid by "CHECK", not by card`, "A1",
		},
		{
			"the reference names it, and it cannot be read",
			"A1,INVOICE,S104529,800001,2026-09-28,SHIPPED,acme_us,CARD,USD,31.005,",
			"nearest is A1 (order S104529): it cannot be read", "A1",
		},
		{
			"fewer conditions failed are nearer, though the money is further",
			"A1,INVOICE,900001,800001,2026-09-28,SHIPPED,acme_us,CARD,USD,35.00,1111\n" +
				"A2,INVOICE,900002,800002,2026-09-20,SHIPPED,acme_us,CARD,USD,30.99,1111",
			"nearest is A1 (order 900001): amount 31.00 of 35.00, 4.00 short", "A1",
		},
		{
			"of equals the one whose number is nearly the reference",
			"A1,INVOICE,900001,800001,2026-09-28,SHIPPED,acme_us,CARD,USD,31.00,\n" +
				"A2,INVOICE,S104592,800002,2026-09-28,SHIPPED,acme_us,CARD,USD,31.00,",
			"nearest is A2 (order S104592): it has no last 4 digits", "A2",
		},
		{
			"a document that nothing speaks for is not near",
			"A1,INVOICE,900001,800001,2026-09-28,SHIPPED,acme_us,CARD,USD,99.00,",
			`no document has the reference "S104529"; no document is near`, "",
		},
		{
			"one that fails three conditions is not near",
			"A1,INVOICE,900001,800001,2026-08-01,SHIPPED,acme_web,CARD,CAD,31.00,1111",
			"no document is near", "",
		},
		{
			"a credit memo is not near a capture",
			"A1,CREDIT_MEMO,900001,800001,2026-09-28,SHIPPED,acme_us,CARD,USD,-31.00,1111",
			"no document is near", "",
		},
	} {
		night := nightOf(t, []string{row}, nil, strings.Split(c.docs, "\n")...)
		found := night.Reconcile().Evidence(0)
		if !strings.HasSuffix(found.Text, c.want) || found.Nearest != c.nearest {
			t.Errorf("%s:\n got %q (%s)\nwant %q (%s)", c.name, found.Text, found.Nearest, c.want, c.nearest)
		}
	}
}

// A document that is fully paid names who paid it; one that nothing captured names the row that nearly does.
func TestNearestBothWays(t *testing.T) {
	night := nightOf(t, []string{
		"1 -none- CAPTURE " + batched + " 31.00 900001",
		"2 -none- CAPTURE " + batched + " 31.00 nowhere",
		"3 -none- CAPTURE " + batched + " 45.00 nowhere",
	}, nil,
		"A1,INVOICE,900001,800001,2026-09-28,SHIPPED,acme_us,CARD,USD,31.00,1111",
		"A2,INVOICE,900002,800002,2026-09-21,SHIPPED,acme_us,CARD,USD,45.00,1111",
	)
	res := night.Reconcile()
	if got := res.Evidence(1).Text; !strings.Contains(got, "nearest is A1 (order 900001): nothing of its 31.00 is left; already fully applied by row 1") {
		t.Error(got)
	}
	for doc := range res.Docs() {
		want := "11 days old, nothing captured, limit is 3; nearest is row 3: A2 (order 900002): 8 days apart, window is 5"
		if res.Doc(doc).ID == "A2" && res.DocEvidence(doc) != want {
			t.Error(res.DocEvidence(doc))
		}
	}
}

// A refund without memo is held against memos: of money, merchant and currency only the reference may differ.
func TestNearestCreditMemo(t *testing.T) {
	night := nightOf(t, []string{"1 -none- CREDIT " + batched + " -12.00 104420"}, nil,
		"A1,CREDIT_MEMO,104402,CM1,2026-09-28,SHIPPED,acme_us,CARD,USD,-12.00,", "A2,INVOICE,104403,88,2026-09-28,SHIPPED,acme_us,CARD,USD,12.00,")
	want := `no credit memo has the reference "104420"; nearest is A1 (order 104402): all but the reference agrees`
	if got := night.Reconcile().Evidence(0); got.Text != want || got.Nearest != "A1" {
		t.Errorf("%+v", got)
	}
}

// MAT-04: of a reference that names several documents the part that names none is said.
func TestThePartThatNamesNothing(t *testing.T) {
	night := nightOf(t, []string{"1 -none- CAPTURE " + batched + " 99.00 104402+104999"}, nil,
		"A1,INVOICE,104402,88,2026-09-28,SHIPPED,acme_us,CARD,USD,12.00,")
	if got := night.Reconcile().Evidence(0).Text; !strings.HasPrefix(got, `"104999" of the reference "104402+104999" names no document`) {
		t.Error(got)
	}
}
