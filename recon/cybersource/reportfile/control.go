package reportfile

import (
	"bufio"
	"io"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// Control is a control total: what a report says that other reports add up to.
type Control struct {
	Type        string // what is counted: SALES, CREDITS, PURCHASES, FUNDED ...; of a review: what became of what
	Merchant    string
	PaymentType string
	Currency    money.Currency
	Count       int64
	Amount      int64 // minor units of Currency, signed from the merchant's side
	Line        int
}

// ReadControls reads the control totals of a report that has some. Of a condemned
// file, and of a faulty row, there are none.
func ReadControls(name string, r io.Reader, o Options) ([]Control, recon.FileReport) {
	src := bufio.NewReaderSize(r, headSize)
	head, _ := src.Peek(headSize)
	p := newReading(name, 0, o, recon.NewTransactions(0, 0))
	p.read(Recognise(head), func(f *format) func(*worker) { return f.control }, src)
	if p.report.Condemned() {
		return nil, p.report
	}
	return p.controls, p.report
}

// OnlyControls tells a report by its beginning that carries control totals and no
// transaction. It is asked of files whose use is not known yet.
func OnlyControls(r io.Reader) bool {
	head := make([]byte, headSize)
	n, _ := io.ReadFull(r, head)
	f, known := formatOf(Recognise(head[:n]))
	return known && f.read == nil && f.control != nil
}

// controlOf begins a control total of the record.
func (w *worker) controlOf(kind string) Control {
	merchant := string(w.value(merchantID))
	if merchant == "" {
		merchant = w.reading.meta.merchant
	}
	return Control{Type: kind, Merchant: merchant, PaymentType: brandOf(string(w.value(paymentType))), Currency: w.txn.Currency, Line: w.record.Line}
}

// count adds a control total, unless the record is faulty.
func (w *worker) count(c Control) {
	w.searchCards()
	w.out.rows++
	if w.faulty {
		w.out.faulty++
		return
	}
	w.out.controls = append(w.out.controls, c)
	if c.Currency != 0 && !strings.HasPrefix(c.Type, "TOTAL ") { // which is a total of others
		w.out.add(c.Amount, c.Currency)
	}
}

// beside adds a second control total of a record, unless the record is faulty.
func (w *worker) beside(c Control) {
	if w.searchCards(); !w.faulty {
		w.out.controls = append(w.out.controls, c)
	}
}

// readCount reads a number of transactions; nothing there is none.
func (w *worker) readCount(r role) (n int64) {
	v := w.value(r)
	if len(v) > 15 {
		w.blameValue(r, "bad_count", "a whole number")
		return 0
	}
	for _, c := range v {
		if c-'0' > 9 {
			w.blameValue(r, "bad_count", "a whole number")
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// readTotal reads an amount of the record's currency.
func (w *worker) readTotal(r role) int64 {
	parsed, err := money.Parse(w.value(r), w.txn.Currency)
	if err != nil {
		w.blameValue(r, "bad_amount", "a plain decimal number of "+w.txn.Currency.String()+" ("+err.Error()+")")
	}
	return parsed.Minor()
}

// readCurrency reads the currency of the record.
func (w *worker) readCurrency(r role) bool {
	c, err := money.ParseCurrency(alias(w.value(r)))
	w.txn.Currency = c
	if err != nil {
		w.blameValue(r, "unknown_currency", "an ISO 4217 code in capitals such as USD")
	}
	return err == nil
}
