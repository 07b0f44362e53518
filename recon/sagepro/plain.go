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
// it, its words numbered already, and leaves every other to be read in full.

// mayBePlain tells a plan of which the document's own amount is all that is read of money.
func (p *plan) mayBePlain() bool {
	return !p.mapping.inFull && !p.windows && !p.parted && len(p.sides)+len(p.secret) == 0 && p.layout == time.DateOnly && p.at[amount] >= 0
}

// standOn makes the document, which was read in full, what plain rows stand on.
// It is false where the run has too many words.
func (w *rowReader) standOn(d *recon.Document) bool {
	b, p := w.out.batch, &w.like
	*p = recon.PlainDocument{
		ID: d.ID, OrderNo: d.OrderNo, InvoiceNo: d.InvoiceNo, CustomerNo: d.CustomerNo, RequestID: d.RequestID, AuthCode: d.AuthCode, Last4: d.Last4,
		Type: d.Type, Status: d.Status, Date: d.Date, Currency: d.Currency, Amount: d.Amount, Source: d.Source,
	}
	var ok [3]bool
	p.Merchant, ok[0] = b.Word(d.Merchant)
	p.Place, ok[1] = b.PlaceWord(d.Store)
	p.Method, ok[2] = b.Word(d.Method)
	return ok == [...]bool{true, true, true}
}

// plainRow packs the record if nothing about it is unusual; else it is false,
// and what it has of the document is worth nothing.
func (w *rowReader) plainRow() bool {
	if !w.plain || len(w.record.Fields) != w.plan.columns {
		return false
	}
	fields := w.record.Fields
	for i := range fields {
		if len(fields[i]) >= 13 && carddata.Hidden(alias(fields[i])) {
			return false
		}
	}
	w.like.Source.Line = uint32(w.record.Line)
	for _, c := range w.plan.mapped {
		if !w.plainField(c.field, alias(fields[c.at])) {
			return false
		}
	}
	w.out.rows++
	w.out.add(w.like.Amount, w.like.Currency)
	w.out.batch.AddPlain(&w.like)
	return true
}

// plainField reads one field of a plain row. The currency comes before the amount.
func (w *rowReader) plainField(f field, text string) (ok bool) {
	d := &w.like
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
		d.Amount = a.Minor()
		return err == nil
	default:
		return w.plainCode(f, trimmed(text))
	}
	return true
}

// plainCode reads a coded field.
func (w *rowReader) plainCode(f field, text string) (ok bool) {
	d, b := &w.like, w.out.batch
	if text, ok = w.meaning(f, text); !ok {
		return false
	}
	switch f {
	case merchant:
		d.Merchant, ok = b.Word(text)
	case store:
		d.Place, ok = b.PlaceWord(text)
	case method:
		d.Method, ok = b.Word(text)
		ok = ok && text != ""
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
