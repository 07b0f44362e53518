package recon

import "testing"

// A night on which no report came has no file to count rows of.
func TestNoReportsNoCounts(t *testing.T) {
	res := Reconcile(Input{Transactions: NewTransactions(0, 0), Documents: NewDocuments(0, 0)}, &Policy{}, Books{})
	if counts := res.FileCounts(); len(counts) != 0 {
		t.Errorf("%d counts of no file", len(counts))
	}
}
