package neutral

import (
	"io"
	"regexp"
	"strings"

	"tieout/recon"
	"tieout/recon/carddata"
)

// TransactionRow is a row of the transactions layout as text. It is exported
// because gocsv fills an embedded struct only then.
type TransactionRow struct {
	RowNo              string `csv:"row_no"`
	ID                 string `csv:"txn_id" need:"yes"`
	Parent             string `csv:"parent_txn_id" need:"yes"`
	Merchant           string `csv:"merchant_id" need:"yes"`
	Batch              string `csv:"batch_id"`
	Type               string `csv:"event_type" need:"yes"`
	Occurred           string `csv:"event_time" need:"yes"`
	Batched            string `csv:"batch_time" need:"yes"`
	Currency           string `csv:"currency" need:"yes"`
	Amount             string `csv:"amount" need:"yes"`
	CardholderCurrency string `csv:"cardholder_currency"`
	CardholderAmount   string `csv:"cardholder_amount"`
	CardBrand          string `csv:"card_brand"`
	Last4              string `csv:"last4"`
	AuthCode           string `csv:"auth_code"`
	Method             string `csv:"payment_method"`
	Reference          string `csv:"merchant_ref" need:"yes"`
	FeeCode            string `csv:"fee_code"`
	Store              string `csv:"mdd1_store"`
	Case               string `csv:"case_no"`
	DueDate            string `csv:"due_date"`
	ProcessRef         string `csv:"process_ref"`
}

// batchRows is how many rows are packed before they go into the table.
const batchRows = 4096

// ReadTransactions reads the transactions layout into the table. Of a condemned
// file no row stays there; a faulty row stays with its Fault.
func ReadTransactions(name string, file uint16, r io.Reader, into *recon.Transactions) recon.FileReport {
	mark, batch, full := into.Mark(), into.NewBatch(), false
	report := read(name, Transactions, file, r, func(l *line, row TransactionRow) {
		t := l.transaction(&row)
		batch.Add(&t)
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

// transaction reads one row; text stays as written, recon makes references comparable (MAT-04).
func (l *line) transaction(row *TransactionRow) recon.Transaction {
	t := recon.Transaction{Source: l.source(), ID: strings.TrimSpace(row.ID), Merchant: strings.TrimSpace(row.Merchant)}
	if l.wellFormed() {
		l.fillTransaction(&t, row)
	} else {
		t.Type, _ = recon.ParseEventType(row.Type)
	}
	l.searchCards(&t.RowNo, &t.ID, &t.Parent, &t.Merchant, &t.Batch, &t.CardBrand, &t.Last4, &t.AuthCode, &t.Method, &t.Reference,
		&t.ProcessRef, &t.FeeCode, &t.Store, &t.Case, &t.CardholderCurrency, &t.CardholderAmount)
	if l.cards {
		for i := range t.Custom {
			t.Custom[i].Value = carddata.Mask(t.Custom[i].Value)
		}
	}
	t.Fault = l.faultOf(row.Currency)
	if t.Fault == nil && t.Type.Financial() {
		l.reading.totals.Add(t.Amount, t.Currency)
	}
	return t
}

func (l *line) fillTransaction(t *recon.Transaction, row *TransactionRow) {
	l.checkID("txn_id", t.ID, true)
	t.Parent = strings.TrimSpace(row.Parent)
	l.checkID("parent_txn_id", t.Parent, false)
	l.need("merchant_id", row.Merchant)
	var known bool
	if t.Type, known = recon.ParseEventType(strings.TrimSpace(row.Type)); !known {
		l.blameValue("event_type", "unknown_event_type", row.Type, "one of AUTH, CAPTURE, REFUND, CREDIT and so on; correct the row")
	}
	t.Occurred = l.instant("event_time", strings.TrimSpace(row.Occurred))
	l.readBatchTime(t, strings.TrimSpace(row.Batched))
	t.Currency = l.currency("currency", row.Currency)
	t.Amount = l.amount("amount", row.Amount, t.Currency)
	if due := strings.TrimSpace(row.DueDate); due != "" {
		t.DueDate = l.date("due_date", due)
	}
	t.RowNo, t.Batch, t.CardBrand, t.Last4, t.AuthCode, t.Method = row.RowNo, row.Batch, row.CardBrand, row.Last4, row.AuthCode, row.Method
	t.Reference, t.ProcessRef, t.FeeCode, t.Store, t.Case = row.Reference, row.ProcessRef, row.FeeCode, row.Store, row.Case
	t.CardholderCurrency, t.CardholderAmount = row.CardholderCurrency, row.CardholderAmount
	t.Custom = l.custom()
}

// readBatchTime reads an instant, or a date without a time, which is the settlement date itself.
func (l *line) readBatchTime(t *recon.Transaction, text string) {
	if d, err := recon.ParseDate(text); err == nil {
		t.BatchDate = d
		return
	}
	t.Batched = l.instant("batch_time", text)
}

// custom gathers the columns mdd1, mdd2, ...
func (l *line) custom() []recon.Field {
	var fields []recon.Field
	for i, name := range l.pos.Header {
		if isCustom(name) && l.pos.Fields[i] != "" {
			fields = append(fields, recon.Field{Name: name, Value: l.pos.Fields[i]})
		}
	}
	return fields
}

// mangled is what a spreadsheet makes of a long number: 6.97E+21, or one with a decimal point.
var mangled = regexp.MustCompile(`^[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?$`)

const maxID = 64

// checkID takes any text for an id but what is surely no longer one.
func (l *line) checkID(column, id string, needed bool) {
	switch {
	case id == "":
		if needed {
			l.blame(column, "bad_"+column, column+" is empty; every row needs the id it has at the processor")
		}
	case len(id) > maxID:
		l.blameValue(column, "bad_"+column, id, "at most 64 characters")
	case strings.ContainsAny(id, " \t\r\n"):
		l.blameValue(column, "bad_"+column, id, "an id without blanks")
	case strings.ContainsAny(id, ".,eE") && mangled.MatchString(id):
		l.blameValue(column, "bad_"+column, id, "the id as the processor wrote it; a spreadsheet has rounded this one, take the original file")
	}
}
