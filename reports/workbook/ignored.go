package workbook

import "tieout/reports"

// ignoredColumns are the columns of Ignored.
func ignoredColumns(b *book) []column[*reports.Row] {
	type r = *reports.Row
	return []column[r]{
		{"row_key", 12, func(x r) cell { return b.id(x.Key) }},
		{"side", 9, func(x r) cell { return b.word(string(x.Side)) }},
		{"reason", 20, func(x r) cell { return b.word(x.Reason.String()) }},
		{"reason text", 42, func(x r) cell { return b.word(x.Reason.About().Text) }},
		{"type", 18, func(x r) cell { return b.text("type", x.Type) }},
		{"merchant_id", 14, func(x r) cell { return b.text("merchant_id", x.Merchant) }},
		{"date", 12, func(x r) cell { return b.date(x.Date) }},
		{"reference", 20, func(x r) cell { return b.text("reference", x.Reference) }},
		{"order_no", 14, func(x r) cell { return b.text("order_no", x.OrderNo) }},
		{"currency", 9, func(x r) cell { return b.word(code(x.Currency)) }},
		{"amount", 15, func(x r) cell { return b.money(x.Amount) }},
		{"counted", 9, func(x r) cell { return b.word(yesNo(x.Counted)) }},
		{"request_id", 28, func(x r) cell { return b.id(x.RequestID) }},
	}
}
