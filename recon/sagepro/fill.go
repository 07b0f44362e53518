package sagepro

import (
	"fmt"
	"strings"
	"time"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
)

// form is how the texts of a source are to be read.
type form struct {
	names  [fields]string // of the columns, for messages
	lookup [fields]map[string]string
	layout string     // of dates
	noDate recon.Date // up to this day a date is none
	parted bool       // there are more amounts than the document's own
}

// others is the entry of a lookup for every value that it does not list.
const others = "*"

// filler makes a document of the texts of its fields, whatever door they came
// through: what is a fault, an amount or a date is decided here for all of them.
type filler struct {
	form   *form
	texts  [fields]string
	line   int
	doc    recon.Document
	fault  recon.Fault
	faulty bool
	notes  *notes

	// what the columns held last, for neighbours are mostly alike
	lastStatus  memo[recon.DocStatus]
	lastType    memo[recon.DocType]
	lastMeaning [fields]memo[string]
}

// notes are findings, as many as are listed, and how many there are beyond.
type notes struct {
	findings []recon.Finding
	beyond   int
}

func (n *notes) add(f recon.Finding) {
	if len(n.findings) >= recon.MaxFindings {
		n.beyond++
		return
	}
	n.findings = append(n.findings, f)
}

// memo remembers the latest text of a coded column and its meaning.
type memo[T any] struct {
	text  string
	value T
	known bool
}

func (m *memo[T]) of(text string, parse func(string) (T, bool)) (T, bool) {
	if m.known && m.text == text {
		return m.value, true
	}
	value, ok := parse(text)
	if ok {
		m.text, m.value, m.known = strings.Clone(text), value, true
	}
	return value, ok
}

// fill reads every field. What people and matching compare stays as written;
// codes, dates and numbers lose the padding that fixed-width fields carry.
func (w *filler) fill(d *recon.Document) {
	d.ID, d.OrderNo, d.InvoiceNo, d.CustomerNo = w.text(docID), w.text(orderNo), w.text(invoiceNo), w.text(customerNo)
	if strings.TrimSpace(d.ID) == "" {
		w.blame(w.form.names[docID], "missing_value", w.form.names[docID]+" is empty; every document needs a number, correct it in the ERP")
	}
	d.Merchant, _ = w.coded(merchant)
	d.Store, _ = w.coded(store)
	var ok bool
	if d.Method, ok = w.coded(method); ok && d.Method == "" {
		w.blameValue(method, "missing_value", "", "a payment method")
	}
	d.RequestID, d.AuthCode, d.Last4 = w.trimmed(requestID), w.trimmed(authCode), w.trimmed(last4)
	if text, listed := w.coded(docType); listed {
		if d.Type, ok = w.lastType.of(text, recon.ParseDocType); !ok {
			w.blameValue(docType, "unknown_doc_type", text, "INVOICE, ORDER or CREDIT_MEMO, or an entry in lookups")
		}
	}
	if text, listed := w.coded(status); listed {
		if d.Status, ok = w.lastStatus.of(text, recon.ParseDocStatus); !ok {
			w.blameValue(status, "unknown_status", text, "OPEN, PARTIAL, SHIPPED, CLOSED or CANCELLED, or an entry in lookups")
		}
	}
	w.readDate(d)
	w.readAmounts(d)
}

// coded is the meaning of a coded field by its lookup, or its trimmed text. A
// value that the lookup does not list makes the row faulty.
func (w *filler) coded(f field) (text string, listed bool) {
	text, listed = w.meaning(f, w.trimmed(f))
	if !listed {
		w.blameValue(f, "unlisted_value", w.trimmed(f), "one of the values that lookups lists for "+fieldNames()[f]+"; add it to the policy or correct the row")
	}
	return text, listed
}

// meaning is what the lookup of a coded field says of a text; without a lookup the text itself.
func (w *filler) meaning(f field, text string) (meaning string, listed bool) {
	table := w.form.lookup[f]
	if table == nil {
		return text, true
	}
	if last := &w.lastMeaning[f]; last.known && last.text == text {
		return last.value, true
	}
	meaning, listed = table[text]
	if !listed {
		meaning, listed = table[others]
	}
	if listed {
		w.lastMeaning[f] = memo[string]{strings.Clone(text), meaning, true}
	}
	return meaning, listed
}

// text is a field as written, or its constant.
func (w *filler) text(f field) string { return w.texts[f] }

func (w *filler) trimmed(f field) string { return trimmed(w.text(f)) }

func trimmed(text string) string {
	if n := len(text); n > 0 && (text[0] <= ' ' || text[n-1] <= ' ' || text[0] >= 0x80 || text[n-1] >= 0x80) {
		return strings.TrimSpace(text)
	}
	return text
}

// readDate reads the date by the mapping's layout. Sage Pro writes no date as
// blanks, or as 1900-01-01 on SQL Server (sage-pro.md 8.6).
func (w *filler) readDate(d *recon.Document) {
	text := w.trimmed(docDate)
	layout := w.form.layout
	date, err := recon.Date(0), error(nil)
	if layout == time.DateOnly {
		date, err = recon.ParseDate(text)
	} else {
		var t time.Time
		if t, err = time.Parse(layout, text); err == nil {
			date = recon.DateOf(t)
		}
	}
	switch {
	case text == "" || (err == nil && date <= w.form.noDate):
		w.blame(w.form.names[docDate], "missing_date", w.form.names[docDate]+" is empty; every document needs a date, correct it in the ERP")
	case err != nil:
		w.blameValue(docDate, "bad_date", text, "a date of the calendar in the form "+layout)
	default:
		d.Date = date
	}
}

func (w *filler) readAmounts(d *recon.Document) {
	text, listed := w.coded(currency)
	if !listed {
		return
	}
	c, err := money.ParseCurrency(text)
	if err != nil {
		w.blameValue(currency, "unknown_currency", text, "an ISO 4217 code in capitals such as USD, or an entry in lookups")
		return
	}
	d.Currency = c
	d.Amount = w.amount(amount, c)
	if !w.form.parted {
		d.Components = recon.Components{recon.Goods: d.Amount}
		return
	}
	d.Prior = w.amountOr(prior, c, 0)
	parts := recon.Components{recon.Tax: w.amountOr(tax, c, 0), recon.Shipping: w.amountOr(shipping, c, 0), recon.Surcharge: w.amountOr(surcharge, c, 0)}
	rest, err := recon.GoodsOf(d.Amount, parts)
	parts[recon.Goods] = w.amountOr(goods, c, rest)
	if (err != nil || parts[recon.Goods] != rest) && !w.faulty {
		w.blame(w.form.names[goods], "components_do_not_add_up", fmt.Sprintf(
			"goods, tax, shipping and surcharge do not add up to the amount %s %s; correct the document in the ERP or the mapping", money.New(d.Amount, c), c))
	}
	d.Components = parts
}

func (w *filler) amountOr(f field, c money.Currency, otherwise int64) int64 {
	if w.text(f) == "" || w.trimmed(f) == "" {
		return otherwise
	}
	return w.amount(f, c)
}

func (w *filler) amount(f field, c money.Currency) int64 {
	text := w.trimmed(f)
	a, err := money.Parse(text, c)
	if err != nil {
		w.blameValue(f, "bad_amount", text, fmt.Sprintf("a plain decimal number with at most %d decimals for %s (%s)", c.Digits(), c, err))
	}
	return a.Minor()
}

// blame makes the row faulty. The first blame is its Fault, all are findings.
func (w *filler) blame(column, code, message string) {
	if !w.faulty {
		w.fault = recon.Fault{Column: column, Code: code, Message: message}
	}
	w.faulty = true
	w.notes.add(recon.Finding{Line: w.line, Column: column, Code: code, Message: message})
}

func (w *filler) blameValue(f field, code, value, expected string) {
	w.blame(w.form.names[f], code, w.form.names[f]+" is "+carddata.Quote(value)+"; expected "+expected)
}
