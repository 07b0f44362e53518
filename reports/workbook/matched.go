package workbook

import (
	"strings"

	"tieout/reports"
)

// matchedColumns are the columns of Matched.
func matchedColumns(b *book) []column[*reports.Row] {
	type r = *reports.Row
	return []column[r]{
		{"row_key", 12, func(x r) cell { return b.id(x.Key) }},
		{"side", 9, func(x r) cell { return b.word(string(x.Side)) }},
		{"type", 22, func(x r) cell { return b.text("type", x.Type) }},
		{"merchant_id", 14, func(x r) cell { return b.text("merchant_id", x.Merchant) }},
		{"date", 12, func(x r) cell { return b.date(x.Date) }},
		{"posting_date", 12, func(x r) cell { return b.date(x.Posting) }},
		{"reference", 20, func(x r) cell { return b.text("reference", x.Reference) }},
		{"order_no", 14, func(x r) cell { return b.text("order_no", x.OrderNo) }},
		{"invoice_no", 14, func(x r) cell { return b.text("invoice_no", x.InvoiceNo) }},
		{"currency", 9, func(x r) cell { return b.word(code(x.Currency)) }},
		{"amount", 15, func(x r) cell { return b.money(x.Amount) }},
		{"applied", 15, func(x r) cell { return b.money(x.Applied) }},
		{"suspended", 15, func(x r) cell { return b.money(x.Suspended) }},
		{"write_off", 12, func(x r) cell { return b.money(x.WriteOff) }},
		{"match_pass", 16, func(x r) cell { return b.word(x.Pass.String()) }},
		{"match_kind", 14, func(x r) cell { return b.word(x.Kind.String()) }},
		{"linked_to", 20, func(x r) cell { return b.text("linked_to", strings.Join(x.Documents, ", ")) }},
		{"matched_on", 40, func(x r) cell { return b.text("matched_on", x.Evidence) }},
		{"request_id", 28, func(x r) cell { return b.id(x.RequestID) }},
	}
}
