package workbook

import (
	"strings"

	"tieout/reports"
)

// dataColumns are the columns of Data: one row per input row, made for pivot tables (4.1).
func dataColumns(b *book) []column[*reports.Row] {
	type r = *reports.Row
	return []column[r]{
		{"row_key", 12, func(x r) cell { return b.id(x.Key) }},
		{"side", 9, func(x r) cell { return b.word(string(x.Side)) }},
		{"outcome", 12, func(x r) cell { return b.word(x.Verdict.String()) }},
		{"reason", 24, func(x r) cell { return b.word(x.Reason.String()) }},
		{"also", 24, func(x r) cell { return b.word(reports.Codes(x.Secondary)) }},
		{"type", 22, func(x r) cell { return b.text("type", x.Type) }},
		{"merchant_id", 14, func(x r) cell { return b.text("merchant_id", x.Merchant) }},
		{"store", 8, func(x r) cell { return b.text("store", x.Store) }},
		{"date", 12, func(x r) cell { return b.date(x.Date) }},
		{"posting_date", 12, func(x r) cell { return b.date(x.Posting) }},
		{"event time (" + b.zone.String() + ")", 20, func(x r) cell { return b.instant(x.Occurred) }},
		{"currency", 9, func(x r) cell { return b.word(code(x.Currency)) }},
		{"amount", 15, func(x r) cell { return b.money(x.Amount) }},
		{"counted", 9, func(x r) cell { return b.word(yesNo(x.Counted)) }},
		{"applied", 15, func(x r) cell { return b.money(x.Applied) }},
		{"suspended", 15, func(x r) cell { return b.money(x.Suspended) }},
		{"write_off", 12, func(x r) cell { return b.money(x.WriteOff) }},
		{"remaining", 15, func(x r) cell { return b.money(x.Remaining) }},
		{"match_pass", 16, func(x r) cell { return b.word(x.Pass.String()) }},
		{"match_kind", 14, func(x r) cell { return b.word(x.Kind.String()) }},
		{"linked_to", 18, func(x r) cell { return b.text("linked_to", strings.Join(x.Documents, ", ")) }},
		{"request_id", 28, func(x r) cell { return b.id(x.RequestID) }},
		{"parent_id", 28, func(x r) cell { return b.id(x.ParentID) }},
		{"reference", 20, func(x r) cell { return b.text("reference", x.Reference) }},
		{"order_no", 14, func(x r) cell { return b.text("order_no", x.OrderNo) }},
		{"invoice_no", 14, func(x r) cell { return b.text("invoice_no", x.InvoiceNo) }},
		{"customer_no", 14, func(x r) cell { return b.text("customer_no", x.CustomerNo) }},
		{"status", 12, func(x r) cell { return b.text("status", x.DocumentText) }},
		{"batch_id", 12, func(x r) cell { return b.text("batch_id", x.Batch) }},
		{"payment_method", 14, func(x r) cell { return b.text("payment_method", x.Method) }},
		{"card_brand", 12, func(x r) cell { return b.text("card_brand", x.CardBrand) }},
		{"last4", 8, func(x r) cell { return b.text("last4", x.Last4) }},
		{"auth_code", 11, func(x r) cell { return b.text("auth_code", x.AuthCode) }},
		{"fee_code", 15, func(x r) cell { return b.text("fee_code", x.FeeCode) }},
		{"text", 28, func(x r) cell { return b.text("text", x.Text) }},
		{"row_no", 10, func(x r) cell { return b.text("row_no", x.RowNo) }},
		{"file", 28, func(x r) cell { return b.text("file", x.File) }},
		{"line", 8, func(x r) cell { return b.lineNo(x.Line) }},
	}
}

// lineNo is the line of a file; none is an empty cell.
func (b *book) lineNo(n int) cell {
	if n == 0 {
		return b.blank(look{})
	}
	return b.count(n)
}

func yesNo(yes bool) string {
	if yes {
		return "YES"
	}
	return "NO"
}
