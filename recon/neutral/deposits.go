package neutral

import (
	"io"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// depositRow is a row of the funding layout.
type depositRow struct {
	ID              string `csv:"deposit_id" need:"yes"`
	Merchant        string `csv:"merchant_id" need:"yes"`
	SettlementDate  string `csv:"settlement_date" need:"yes"`
	Currency        string `csv:"currency" need:"yes"`
	Settled         string `csv:"settled_amount" need:"yes"`
	FundingCurrency string `csv:"funding_currency" need:"yes"`
	Funded          string `csv:"funding_amount" need:"yes"`
	Rate            string `csv:"fx_rate"`
	FundingDate     string `csv:"funding_date" need:"yes"`
	BankRef         string `csv:"bank_ref"`
}

// ReadFunding reads the processor's deposits. A faulty row is in the list with its Fault.
func ReadFunding(name string, file uint16, r io.Reader) ([]recon.Deposit, recon.FileReport) {
	var all []recon.Deposit
	report := read(name, Funding, file, r, func(l *line, row depositRow) {
		all = append(all, l.deposit(&row))
	})
	if report.Condemned() {
		return nil, report
	}
	return all, report
}

func (l *line) deposit(row *depositRow) recon.Deposit {
	d := recon.Deposit{ID: strings.TrimSpace(row.ID), Source: l.source()}
	if l.wellFormed() {
		l.need("deposit_id", row.ID)
		l.need("merchant_id", row.Merchant)
		d.Merchant, d.BankRef, d.RateText = strings.TrimSpace(row.Merchant), row.BankRef, row.Rate
		d.SettlementDate = l.date("settlement_date", row.SettlementDate)
		d.FundingDate = l.date("funding_date", row.FundingDate)
		settled := l.currency("currency", row.Currency)
		d.Settled = money.New(l.amount("settled_amount", row.Settled, settled), settled)
		funded := l.currency("funding_currency", row.FundingCurrency)
		d.Funded = money.New(l.amount("funding_amount", row.Funded, funded), funded)
	}
	l.searchCards(&d.ID, &d.Merchant, &d.BankRef, &d.RateText)
	if d.Fault = l.faultOf(row.Currency); d.Fault == nil {
		l.reading.totals.Add(d.Settled.Minor(), d.Settled.Currency())
	}
	return d
}

// bankRow is a row of the bank layout.
type bankRow struct {
	ID          string `csv:"bank_line_id" need:"yes"`
	ValueDate   string `csv:"value_date" need:"yes"`
	Currency    string `csv:"currency" need:"yes"`
	Amount      string `csv:"amount" need:"yes"`
	BankRef     string `csv:"bank_ref" need:"yes"`
	Description string `csv:"description"`
}

// ReadBank reads the lines of a bank statement. A faulty row is in the list with its Fault.
func ReadBank(name string, file uint16, r io.Reader) ([]recon.BankLine, recon.FileReport) {
	var all []recon.BankLine
	report := read(name, Bank, file, r, func(l *line, row bankRow) {
		all = append(all, l.bankLine(&row))
	})
	if report.Condemned() {
		return nil, report
	}
	return all, report
}

func (l *line) bankLine(row *bankRow) recon.BankLine {
	b := recon.BankLine{ID: strings.TrimSpace(row.ID), Source: l.source()}
	if l.wellFormed() {
		l.need("bank_line_id", row.ID)
		b.BankRef, b.Description = row.BankRef, row.Description
		b.ValueDate = l.date("value_date", row.ValueDate)
		c := l.currency("currency", row.Currency)
		b.Amount = money.New(l.amount("amount", row.Amount, c), c)
	}
	l.searchCards(&b.ID, &b.BankRef, &b.Description)
	if b.Fault = l.faultOf(row.Currency); b.Fault == nil {
		l.reading.totals.Add(b.Amount.Minor(), b.Amount.Currency())
	}
	return b
}
