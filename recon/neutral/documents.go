package neutral

import (
	"fmt"
	"io"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// documentRow is a row of the documents layout.
type documentRow struct {
	ID         string `csv:"doc_id" need:"yes"`
	Type       string `csv:"doc_type" need:"yes"`
	OrderNo    string `csv:"order_no"`
	InvoiceNo  string `csv:"invoice_no"`
	CustomerNo string `csv:"customer_no"`
	Date       string `csv:"doc_date" need:"yes"`
	Status     string `csv:"status" need:"yes"`
	Merchant   string `csv:"merchant_id"`
	Store      string `csv:"store"`
	Method     string `csv:"payment_method" need:"yes"`
	Currency   string `csv:"currency" need:"yes"`
	Amount     string `csv:"amount" need:"yes"`
	Goods      string `csv:"goods"`
	Tax        string `csv:"tax"`
	Shipping   string `csv:"shipping"`
	Surcharge  string `csv:"surcharge"`
	Prior      string `csv:"applied_prior"`
	RequestID  string `csv:"gateway_request_id"`
	AuthCode   string `csv:"auth_code"`
	Last4      string `csv:"last4"`
}

// ReadDocuments reads the documents layout into the table. Of a condemned file
// no row stays there; a faulty row stays with its Fault.
func ReadDocuments(name string, file uint16, r io.Reader, into *recon.Documents) recon.FileReport {
	mark, batch, full := into.Mark(), into.NewBatch(), false
	report := read(name, Documents, file, r, func(l *line, row documentRow) {
		d := l.document(&row)
		batch.Add(&d)
		if batch.Len() >= batchRows {
			full = !into.Fit(batch) || full
		}
	})
	if !into.Fit(batch) || full {
		report.Overfill()
	}
	if report.Condemned() {
		into.Rollback(mark)
	}
	return report
}

func (l *line) document(row *documentRow) recon.Document {
	d := recon.Document{Source: l.source(), ID: strings.TrimSpace(row.ID)}
	if l.wellFormed() {
		l.fillDocument(&d, row)
	}
	l.searchCards(&d.ID, &d.OrderNo, &d.InvoiceNo, &d.CustomerNo, &d.Merchant, &d.Store, &d.Method, &d.RequestID, &d.AuthCode, &d.Last4)
	d.Fault = l.faultOf(row.Currency)
	if d.Fault == nil {
		l.reading.totals.Add(d.Amount, d.Currency)
	}
	return d
}

func (l *line) fillDocument(d *recon.Document, row *documentRow) {
	l.need("doc_id", row.ID)
	l.need("payment_method", row.Method)
	var known bool
	if d.Type, known = recon.ParseDocType(strings.TrimSpace(row.Type)); !known {
		l.blameValue("doc_type", "unknown_doc_type", row.Type, "INVOICE, ORDER or CREDIT_MEMO")
	}
	if d.Status, known = recon.ParseDocStatus(strings.TrimSpace(row.Status)); !known {
		l.blameValue("status", "unknown_status", row.Status, "OPEN, PARTIAL, SHIPPED, CLOSED or CANCELLED")
	}
	d.Date = l.date("doc_date", row.Date)
	d.OrderNo, d.InvoiceNo, d.CustomerNo = row.OrderNo, row.InvoiceNo, row.CustomerNo
	d.Merchant, d.Store, d.Method = strings.TrimSpace(row.Merchant), row.Store, strings.TrimSpace(row.Method)
	d.RequestID, d.AuthCode, d.Last4 = strings.TrimSpace(row.RequestID), row.AuthCode, row.Last4
	d.Currency = l.currency("currency", row.Currency)
	d.Amount = l.amount("amount", row.Amount, d.Currency)
	d.Prior = l.amountOr("applied_prior", row.Prior, d.Currency, 0)
	d.Components = l.components(row, d.Amount, d.Currency)
}

// components reads the parts of the amount. Empty ones are 0, but empty goods
// are what the others leave; given parts add up to the amount.
func (l *line) components(row *documentRow, amount int64, c money.Currency) recon.Components {
	var parts recon.Components
	parts[recon.Tax] = l.amountOr("tax", row.Tax, c, 0)
	parts[recon.Shipping] = l.amountOr("shipping", row.Shipping, c, 0)
	parts[recon.Surcharge] = l.amountOr("surcharge", row.Surcharge, c, 0)
	rest, err := recon.GoodsOf(amount, parts)
	if err != nil {
		l.blame("goods", "components_do_not_add_up", "the parts of the amount are beyond what can be added; correct the row")
		return parts
	}
	parts[recon.Goods] = l.amountOr("goods", row.Goods, c, rest)
	if parts[recon.Goods] != rest && !l.faulty {
		l.blame("goods", "components_do_not_add_up", fmt.Sprintf(
			"goods, tax, shipping and surcharge do not add up to the amount %s %s (goods should be %s); correct the row",
			money.New(amount, c), c, money.New(rest, c)))
	}
	return parts
}
