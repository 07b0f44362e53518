package workbook

import (
	"errors"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

var errJournalChanged = errors.New("the journal gave other lines the second time")

func journalColumns(b *book) []column[*reports.JournalLine] {
	type l = *reports.JournalLine
	side := func(debit bool, a func(l) money.Amount) func(l) cell {
		return func(x l) cell {
			if x.Debit != debit {
				return b.blank(look{})
			}
			return b.money(a(x))
		}
	}
	amount := func(x l) money.Amount { return x.Amount }
	base := func(x l) money.Amount { return x.Base }
	return []column[l]{
		{"entry_no", 14, func(x l) cell { return b.text("entry_no", x.EntryNo) }},
		{"line_no", 8, func(x l) cell { return b.count(x.LineNo) }},
		{"posting_date", 12, func(x l) cell { return b.date(x.Posting) }},
		{"period", 10, func(x l) cell { return b.wordAs(period(x.Posting), look{format: asText, align: "center"}) }},
		{"merchant_id", 14, func(x l) cell { return b.text("merchant_id", x.Merchant) }},
		{"currency", 9, func(x l) cell { return b.word(code(x.Amount.Currency())) }},
		{"class", 10, func(x l) cell { return b.word(x.Class) }},
		{"account", 14, func(x l) cell { return b.text("account", x.Account) }},
		{"side", 6, func(x l) cell { return b.wordAs(sideOf(x.Debit), look{align: "center"}) }},
		{"debit", 15, side(true, amount)},
		{"credit", 15, side(false, amount)},
		{"base_debit", 15, side(true, base)},
		{"base_credit", 15, side(false, base)},
		{"rate", 10, func(x l) cell { return b.textAs(x.Rate, look{format: asText, align: "right"}) }},
		{"label", 22, func(x l) cell { return b.text("label", x.Label) }},
		{"proof", 12, func(x l) cell { return b.word(string(x.Proof)) }},
		{"memo", 34, func(x l) cell { return b.text("memo", x.Memo) }},
		{"rule_id", 18, func(x l) cell { return b.text("rule_id", x.Rule) }},
		{"sources", 34, func(x l) cell { return b.text("sources", strings.Join(x.Sources, " ")) }},
		{"corrects", 14, func(x l) cell { return b.text("corrects", x.Corrects) }},
		{"natural_key", 36, func(x l) cell { return b.text("natural_key", x.Natural) }},
	}
}

func period(d recon.Date) string {
	if d == 0 {
		return ""
	}
	return d.Period()
}

func sideOf(debit bool) string {
	if debit {
		return "D"
	}
	return "C"
}

// drawJournal writes all lines of the run, over several sheets if they must (XLS-14).
func drawJournal(b *book) error {
	d := &parted[*reports.JournalLine]{
		b: b, sheet: "Journal", table: "tblJournal", cols: journalColumns(b),
		intro: "Every line of the run, held and unreleased entries included. Debits and credits of an entry are equal, in its currency and in base.",
	}
	d.begin()
	if b.n.Journal != nil {
		for x, err := range b.n.Journal {
			if err != nil {
				return err
			}
			d.put(&x)
		}
	}
	d.end()
	if d.rows != b.ahead.lines {
		return errJournalChanged
	}
	return nil
}
