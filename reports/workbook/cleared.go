package workbook

import (
	"cmp"
	"strings"

	"tieout/reports"
)

// drawCleared lists the carried items that left the open list in this run (MAT-09).
func drawCleared(b *book) error {
	type c = reports.ClearedItem
	cols := []column[c]{
		{"exception_id", 20, func(x c) cell { return b.linkedID(x.ID, x.DataKey) }},
		{"request_id", 28, func(x c) cell { return b.id(x.RequestID) }},
		{"merchant_id", 14, func(x c) cell { return b.text("merchant_id", x.Merchant) }},
		{"reason before", 24, func(x c) cell { return b.word(x.From.String()) }},
		{"origin_date", 12, func(x c) cell { return b.date(x.Origin) }},
		{"first_seen", 12, func(x c) cell { return b.date(x.FirstSeen) }},
		{"currency", 9, func(x c) cell { return b.word(code(x.Amount.Currency())) }},
		{"amount", 15, func(x c) cell { return b.money(x.Amount) }},
		{"match_pass", 16, func(x c) cell { return b.word(x.Pass.String()) }},
		{"documents", 22, func(x c) cell { return b.text("documents", strings.Join(x.Documents, ", ")) }},
		{"cleared by", 22, func(x c) cell { return b.text("cleared by", x.By) }},
		{"cleared in run", 24, func(x c) cell { return b.text("cleared in run", cmp.Or(x.Run, b.n.RunID)) }},
		{"posting_date", 12, func(x c) cell { return b.date(x.Posting) }},
		{"entry_no", 14, func(x c) cell { return b.text("entry_no", x.EntryNo) }},
	}
	s := b.open("Cleared", frame{widths: widths(cols), freeze: "B5", headRow: 4})
	sentence := "Items carried from earlier runs that left the open list in this run."
	if len(b.n.Cleared) == 0 {
		sentence = "No carried item left the open list in this run."
	}
	s.heading("Cleared in this run", sentence)
	p, err := table(s, "tblCleared", cols, reports.Each(b.n.Cleared))
	for i, x := range b.n.Cleared[:min(len(b.n.Cleared), b.o.maxLinks)] {
		if to, ok := b.spots[x.DataKey]; ok {
			s.link(at(1, p.first+i), to.sheet, at(1, to.row), "Go to what cleared it in "+to.sheet)
		}
	}
	s.close()
	return err
}
