package posting

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tieout/ledger/money"
)

// IntacctTemplate is what the customer's own import template says. The zero
// value is the shortest one.
type IntacctTemplate struct {
	Journal string // symbol of the journal, GJ unless said
	// Columns in the template's order. Besides those of the shortest template, MEMO
	// takes the text of a line and REFERENCE_NO the entry's number; any other one has its constant.
	Columns   []string
	Constants map[string]string // of other columns, such as LOCATION_ID
}

// Intacct is the journal import of Sage Intacct: one row for each line; the cells
// of the entry itself stand in its first row only, lines count from 1, and the
// description of 30 characters begins with the entry's number.
func Intacct(t IntacctTemplate) Format {
	if t.Journal == "" {
		t.Journal = "GJ"
	}
	if len(t.Columns) == 0 {
		t.Columns = []string{"JOURNAL", "DATE", "DESCRIPTION", "LINE_NO", "ACCT_NO", "DEBIT", "CREDIT"}
	}
	lineText := 0
	if slices.Contains(t.Columns, "MEMO") {
		lineText = 1000
	}
	return book{
		name: "sage-intacct", extension: "csv", widths: Widths{Number: 20, Account: 24, Text: 30, Leads: true, LineText: lineText},
		head: []string{csvLine(t.Columns...)}, lines: t.rows, parse: t.parse,
	}.format()
}

func (t IntacctTemplate) rows(_ int, v Voucher) ([]string, error) {
	rows := make([]string, len(v.Lines))
	for i, l := range v.Lines {
		cells := make([]string, len(t.Columns))
		for c, name := range t.Columns {
			cells[c] = t.cell(name, i, v, l)
		}
		rows[i] = csvLine(cells...)
	}
	return rows, nil
}

func (t IntacctTemplate) cell(name string, line int, v Voucher, l VoucherLine) string {
	switch {
	case name == "LINE_NO":
		return strconv.Itoa(line + 1)
	case name == "ACCT_NO":
		return l.Account
	case name == "MEMO":
		return l.Text
	case name == "DEBIT" && l.Amount.Sign() > 0:
		return l.Amount.String()
	case name == "CREDIT" && l.Amount.Sign() < 0:
		return l.Amount.Neg().String()
	case name == "DEBIT" || name == "CREDIT":
		return ""
	case line > 0 && slices.Contains([]string{"JOURNAL", "DATE", "DESCRIPTION", "REFERENCE_NO"}, name):
		return ""
	case name == "JOURNAL":
		return t.Journal
	case name == "DATE":
		return usDate(v.Date, "/", 4)
	case name == "DESCRIPTION":
		return strings.TrimSpace(v.Number + " " + v.Text)
	case name == "REFERENCE_NO":
		return v.Number
	}
	return t.Constants[name]
}

func (t IntacctTemplate) parse(lines []string, base money.Currency) ([]Voucher, error) {
	var all []Voucher
	for i, text := range lines {
		f, err := csvFields(i+1, text, len(t.Columns))
		if err != nil {
			return nil, err
		}
		cell := func(name string) string { return f[max(0, slices.Index(t.Columns, name))] }
		if cell("DATE") != "" {
			date, err := parseUSDate(i+1, cell("DATE"), "/")
			if err != nil {
				return nil, err
			}
			number, text, _ := strings.Cut(cell("DESCRIPTION"), " ")
			all = append(all, Voucher{Number: number, Date: date, Text: text})
		}
		if len(all) == 0 {
			return nil, &Fault{i + 1, "DATE", "a line before the first entry"}
		}
		if err := t.addLine(&all[len(all)-1], i+1, cell, base); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (t IntacctTemplate) addLine(v *Voucher, line int, cell func(string) string, base money.Currency) error {
	if want := strconv.Itoa(len(v.Lines) + 1); cell("LINE_NO") != want {
		return &Fault{line, "LINE_NO", fmt.Sprintf("%q, must be %s", cell("LINE_NO"), want)}
	}
	l := VoucherLine{Account: cell("ACCT_NO")}
	if slices.Contains(t.Columns, "MEMO") {
		l.Text = cell("MEMO")
	}
	var err error
	switch debit, credit := cell("DEBIT"), cell("CREDIT"); {
	case debit != "" && credit == "":
		l.Amount, err = parseAmount(line, "DEBIT", debit, base)
	case debit == "" && credit != "":
		l.Amount, err = parseAmount(line, "CREDIT", credit, base)
		l.Amount = l.Amount.Neg()
	default:
		err = &Fault{line, "DEBIT", "one of DEBIT and CREDIT is needed"}
	}
	v.Lines = append(v.Lines, l)
	return err
}
