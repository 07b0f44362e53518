package sagepro

import (
	"strings"
	"time"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
)

// An export has millions of rows, and in nearly all of them nothing is unusual:
// every column can be read, and what the mapping gives as constants is what it
// was in the row before. plainRow reads such a row on top of the document before
// it, and leaves every other to be read in full.

// mayBePlain tells a plan of which the document's own amount is all that is read of money.
func (p *plan) mayBePlain() bool {
	return !p.mapping.inFull && !p.windows && !p.parted && len(p.sides)+len(p.secret) == 0 && p.layout == time.DateOnly && p.at[amount] >= 0
}

// plainRow packs the record if nothing about it is unusual; else it is false,
// and what it has of the document is worth nothing.
func (w *rowReader) plainRow() bool {
	if !w.plain || len(w.record.Fields) != w.plan.columns {
		return false
	}
	for _, field := range w.record.Fields {
		if len(field) >= 13 && carddata.Hidden(alias(field)) {
			return false
		}
	}
	w.doc.Source.Line = uint32(w.record.Line)
	for _, c := range w.plan.mapped {
		if !w.plainField(c.field, alias(w.record.Fields[c.at])) {
			return false
		}
	}
	w.out.rows++
	w.out.add(w.doc.Amount, w.doc.Currency)
	w.out.batch.Add(&w.doc)
	return true
}

// plainField reads one field of a plain row. The currency comes before the amount.
func (w *rowReader) plainField(f field, text string) (ok bool) {
	d := &w.doc
	switch f {
	case docID:
		d.ID = text
		return strings.TrimSpace(text) != ""
	case orderNo:
		d.OrderNo = text
	case invoiceNo:
		d.InvoiceNo = text
	case customerNo:
		d.CustomerNo = text
	case requestID:
		d.RequestID = trimmed(text)
	case authCode:
		d.AuthCode = trimmed(text)
	case last4:
		d.Last4 = trimmed(text)
	case docDate:
		date, err := recon.ParseDate(trimmed(text))
		d.Date = date
		return err == nil && date > w.form.noDate
	case amount:
		a, err := money.Parse(trimmed(text), d.Currency)
		d.Amount, d.Components = a.Minor(), recon.Components{recon.Goods: a.Minor()}
		return err == nil
	default:
		return w.plainCode(f, trimmed(text))
	}
	return true
}

// plainCode reads a coded field.
func (w *rowReader) plainCode(f field, text string) (ok bool) {
	d := &w.doc
	if text, ok = w.meaning(f, text); !ok {
		return false
	}
	switch f {
	case merchant:
		d.Merchant = text
	case store:
		d.Store = text
	case method:
		d.Method, ok = text, text != ""
	case docType:
		d.Type, ok = w.lastType.of(text, recon.ParseDocType)
	case status:
		d.Status, ok = w.lastStatus.of(text, recon.ParseDocStatus)
	case currency:
		var err error
		d.Currency, err = money.ParseCurrency(text)
		ok = err == nil
	default:
		ok = false
	}
	return ok
}
