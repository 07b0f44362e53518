package recon

import (
	"testing"
	"time"

	"tieout/ledger/money"
)

// 3.5: a document keeps the reason of its open event from run to run, and loses
// it in the run in which the event clears (ORDER_CANCELLED: full refund posts).
func TestDocumentsKeepTheReasonOfAnOpenEvent(t *testing.T) {
	usd := money.MustCurrency("USD")
	day, err := ParseDate("2026-10-09")
	if err != nil {
		t.Fatal(err)
	}
	refund := Transaction{ID: "R1", Parent: "C1", Merchant: "m", Type: Refund, BatchDate: day, Currency: usd, Amount: -9900}
	for _, c := range []struct {
		name string
		rows []Transaction
		want docOutcome
	}{
		{"nothing happened", nil, docOutcome{verdict: Exception, reason: OrderCancelled}},
		{"the money went back", []Transaction{refund}, docOutcome{verdict: Ignored, reason: DocCancelled}},
	} {
		t.Run(c.name, func(t *testing.T) {
			txns, docs := NewTransactions(1, 64), NewDocuments(1, 64)
			rows, batch := txns.NewBatch(), docs.NewBatch()
			for i := range c.rows {
				rows.Add(&c.rows[i])
			}
			batch.Add(&Document{ID: "D1", Type: Order, OrderNo: "1", Date: day - 4, Status: Cancelled, Merchant: "m", Method: "CARD", Currency: usd, Amount: 9900})
			txns.Append(rows)
			docs.Append(batch)
			capture := Transaction{ID: "C1", Merchant: "m", Type: Capture, BatchDate: day - 3, Currency: usd, Amount: 9900, Reference: "1"}
			res := Reconcile(Input{
				Transactions: txns, Documents: docs,
				History: []Posted{{Transaction: capture, Documents: []string{"D1"}, OpenReason: OrderCancelled, Suspended: 9900}},
				Inherit: []Inherited{{Document: "D1", Reason: OrderCancelled, ID: "C1", Type: Capture}},
			}, &Policy{
				Base: usd, Zone: time.UTC, From: day, To: day, AsOf: day + 1, TimingDays: 3, Canon: DefaultCanon(),
				Merchants: map[string]Merchant{"m": {Store: "1"}}, CardMethods: map[string]bool{"CARD": true},
			}, Books{PostingDate: func(d Date) Date { return d }})
			if verdict, reason := res.DocVerdict(0); verdict != c.want.verdict || reason != c.want.reason {
				t.Errorf("the document is %s %s, not %s %s", verdict, reason, c.want.verdict, c.want.reason)
			}
		})
	}
}
