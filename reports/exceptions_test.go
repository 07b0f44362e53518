package reports

import (
	"slices"
	"testing"
)

// TestExceptionColumns holds the columns of 4.2 in their order.
func TestExceptionColumns(t *testing.T) {
	want := []string{
		"exception_id", "status", "severity", "reason", "reason text", "side", "merchant_id", "store", "order_no", "invoice_no", "customer_no",
		"merchant_ref", "request_id", "parent_id", "event_type", "origin_date", "event time (America/New_York)", "currency", "amount", "applied",
		"suspended", "difference", "card_brand", "last4", "auth_code", "suggested match", "suggested action", "due_date", "first_seen", "age_days",
		"bucket", "owner", "disposition", "disposition_ref", "assigned_to", "note", "row_hash",
	}
	if got := ExceptionColumns("America/New_York"); !slices.Equal(got, want) {
		t.Errorf("columns %v", got)
	}
}
