package recon_test

import (
	"testing"

	"tieout/recon"
)

// A report that cannot tell refunds from credits: REFUND when the parent is known
// or when exactly one capture has merchant, currency and norm1 reference, whatever
// its date; else CREDIT. The natural key keeps what the report says.
func TestCreditOrRefund(t *testing.T) {
	const capture = " -none- CAPTURE " + batched + " 20.00 "
	for _, c := range []struct {
		name          string
		rows, history []string
		want          recon.EventType
		parent        string
	}{
		{"its parent is in the input", []string{"9 1 CREDIT_OR_REFUND " + batched + " -5.00 S9", "1" + capture + "S1"}, nil, recon.Refund, "1"},
		{"its parent was posted earlier", []string{"9 1 CREDIT_OR_REFUND " + batched + " -5.00 S9"}, []string{"1 -none- CAPTURE 2026-09-01T20:30:00Z 20.00 S1"}, recon.Refund, "1"},
		{"one capture has its reference", []string{"9 -none- CREDIT_OR_REFUND " + batched + " -5.00 s1", "1" + capture + "S1", "2" + capture + "S2"}, nil, recon.Refund, "1"},
		{"one capture of history has it", []string{"9 -none- CREDIT_OR_REFUND " + batched + " -5.00 S1"}, []string{"1 -none- CAPTURE 2026-09-01T20:30:00Z 20.00 S1"}, recon.Refund, "1"},
		{"a capture that settles later has it", []string{"9 -none- CREDIT_OR_REFUND " + batched + " -5.00 S1", "1 -none- CAPTURE 2026-11-01T20:30:00Z 20.00 S1"}, nil, recon.Refund, "1"},
		{"two captures have it", []string{"9 -none- CREDIT_OR_REFUND " + batched + " -5.00 S1", "1" + capture + "S1", "2" + capture + "S1"}, nil, recon.Credit, ""},
		{"one of the input and one of history have it", []string{"9 -none- CREDIT_OR_REFUND " + batched + " -5.00 S1", "1" + capture + "S1"}, []string{"2 -none- CAPTURE 2026-09-01T20:30:00Z 20.00 S1"}, recon.Credit, ""},
		{"none has it", []string{"9 -none- CREDIT_OR_REFUND " + batched + " -5.00 S1", "1" + capture + "S2"}, nil, recon.Credit, ""},
		{"its parent is not known", []string{"9 77 CREDIT_OR_REFUND " + batched + " -5.00 S1"}, nil, recon.Credit, "77"},
		{"a capture that cannot be trusted does not count", []string{"9 -none- CREDIT_OR_REFUND " + batched + " -5.00 S1", "1 -none- CAPTURE " + batched + " -20.00 S1"}, nil, recon.Credit, ""},
		{"another reference of the same long beginning", []string{"9 -none- CREDIT_OR_REFUND " + batched + " -5.00 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1", "1" + capture + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA2"}, nil, recon.Credit, ""},
		{"a long reference", []string{"9 -none- CREDIT_OR_REFUND " + batched + " -5.00 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1", "1" + capture + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1"}, nil, recon.Refund, "1"},
	} {
		res := nightOf(t, c.rows, c.history).Reconcile()
		for i := range res.Rows() {
			row := res.Row(i)
			if row.ID == "9" && (row.Type != c.want || row.Natural != recon.CreditOrRefund || row.ParentID != c.parent) {
				t.Errorf("%s: %s (%s) of %q, want %s of %q", c.name, row.Type, row.Natural, row.ParentID, c.want, c.parent)
			}
		}
	}
}
