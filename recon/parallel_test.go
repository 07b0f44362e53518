package recon_test

import (
	"fmt"
	"strings"
	"testing"

	"tieout/recon"
)

// A run that is large enough for all processors decides as one on a single one
// does, and its invariants are checked in every range of rows.
func TestManyRowsOnManyWorkers(t *testing.T) {
	const rows = 9000
	var told [2]string
	for k, workers := range []int{1, 3} {
		var events, docs []string
		for i := range rows {
			events = append(events, fmt.Sprintf("%d -none- CAPTURE %s %d.%02d S%d", i+1, batched, i%500+1, i%100, i*7%rows))
			docs = append(docs, fmt.Sprintf("D%d,INVOICE,S%d,,2026-09-28,SHIPPED,acme_us,CARD,USD,%d.%02d,1111", i, i, i%400+1, i%100))
		}
		night := nightOf(t, events, nil, docs...)
		night.Input.Workers = workers
		res := night.Reconcile()
		if err := res.Check(night.Transactions, night.Documents); err != nil {
			t.Fatal(err)
		}
		told[k] = tellOutcomes(res)
		for _, row := range []int{10, rows / 2, rows - 10} {
			restore := res.Confuse(row, recon.Undecided, recon.NoReason)
			if err := res.Check(night.Transactions, night.Documents); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("INV-1: row %d:", res.Label(row))) {
				t.Errorf("%d workers: row %d: %v", workers, row, err)
			}
			restore()
		}
		night.Transactions[0].Totals["USD"] = "1.00"
		if err := res.Check(night.Transactions, night.Documents); err == nil || !strings.Contains(err.Error(), "INV-2: transactions file") {
			t.Errorf("%v", err)
		}
	}
	if told[0] != told[1] {
		t.Error("three workers decide otherwise than one")
	}
}
