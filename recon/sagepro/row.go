package sagepro

import (
	"fmt"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/text/encoding/charmap"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
	"tieout/recon/delimited"
)

// part is what became of one block.
type part struct {
	batch    *recon.DocumentBatch
	rows     int
	faulty   int
	findings []recon.Finding
	beyond   int
	totals   []total
	cards    bool
	damage   *delimited.Fault
}

type total struct {
	currency money.Currency
	minor    int64
}

func (p *part) reset() {
	p.rows, p.faulty, p.beyond = 0, 0, 0
	p.findings, p.totals, p.cards, p.damage = p.findings[:0], p.totals[:0], false, nil
}

// add counts an amount; where a sum leaves int64 another begins.
func (p *part) add(minor int64, c money.Currency) {
	for i := range p.totals {
		if p.totals[i].currency != c {
			continue
		}
		if sum, err := money.AddMinor(p.totals[i].minor, minor); err == nil {
			p.totals[i].minor = sum
			return
		}
	}
	p.totals = append(p.totals, total{c, minor})
}

// rowReader reads the rows of blocks, one worker each.
type rowReader struct {
	export *export
	plan   *plan
	free   chan *part
	out    *part
	record delimited.Record
	texts  [fields]string // of the row
	doc    recon.Document
	fault  recon.Fault
	faulty bool
	cards  bool

	// what the columns held last, for neighbours are mostly alike
	lastStatus  memo[recon.DocStatus]
	lastType    memo[recon.DocType]
	lastMeaning [fields]memo[string]
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

// block reads one block. Damage ends it; then, and if the file is condemned
// already, its raw text is searched for card data.
func (w *rowReader) block(b *delimited.Block) *part {
	select {
	case w.out = <-w.free:
		w.out.reset()
	default:
		w.out = &part{batch: w.export.into.NewBatch()}
	}
	damage := b.TextFault()
	if w.plan == nil || damage != nil {
		w.out.cards = carddata.HasBytes(b.Raw())
	}
	scanner := b.Scanner()
	for w.plan != nil && scanner.Next(&w.record) {
		w.row()
	}
	if fault := scanner.Fault(); fault != nil {
		w.out.rows++
		w.out.cards = w.out.cards || carddata.HasBytes(b.Raw())
		if damage == nil || fault.Line < damage.Line {
			damage = fault
		}
	}
	w.out.damage = damage
	return w.out
}

func (w *rowReader) row() {
	w.out.rows++
	w.faulty, w.cards = false, false
	d := &w.doc
	*d = recon.Document{Source: recon.Source{File: w.export.number, Line: uint32(w.record.Line)}}
	w.load()
	if n := len(w.record.Fields); n != w.plan.columns {
		w.blame("", "wrong_column_count", fmt.Sprintf("the row has %d columns where the header has %d; export the table again", n, w.plan.columns))
		d.ID = w.text(docID)
	} else {
		w.fill(d)
	}
	w.searchCards()
	if w.faulty {
		w.out.faulty++
		w.fault.CurrencyText = carddata.Mask(strings.Clone(w.trimmed(currency)))
		d.Fault = &w.fault
	} else {
		w.out.add(d.Amount, d.Currency)
	}
	w.out.batch.Add(d)
}

// fill reads every field. What people and matching compare stays as written;
// codes, dates and numbers lose the padding that fixed-width fields carry.
func (w *rowReader) fill(d *recon.Document) {
	d.ID, d.OrderNo, d.InvoiceNo, d.CustomerNo = w.text(docID), w.text(orderNo), w.text(invoiceNo), w.text(customerNo)
	if strings.TrimSpace(d.ID) == "" {
		w.blame(w.plan.names[docID], "missing_value", w.plan.names[docID]+" is empty; every document needs a number, correct it in the ERP")
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
func (w *rowReader) coded(f field) (text string, listed bool) {
	text = w.trimmed(f)
	table := w.plan.lookup[f]
	if table == nil {
		return text, true
	}
	if last := &w.lastMeaning[f]; last.known && last.text == text {
		return last.value, true
	}
	meaning, listed := table[text]
	if listed {
		w.lastMeaning[f] = memo[string]{strings.Clone(text), meaning, true}
	} else {
		w.blameValue(f, "unlisted_value", text, "one of the values that lookups lists for "+fieldNames()[f]+"; add it to the policy or correct the row")
	}
	return meaning, listed
}

// text is a field as written, or its constant.
func (w *rowReader) text(f field) string { return w.texts[f] }

// load takes the mapped columns out of the record; constants are there already.
func (w *rowReader) load() {
	for _, c := range w.plan.mapped {
		w.texts[c.field] = ""
		if c.at < len(w.record.Fields) {
			w.texts[c.field] = w.decoded(w.record.Fields[c.at])
		}
	}
}

func (w *rowReader) trimmed(f field) string {
	text := w.text(f)
	if n := len(text); n > 0 && (text[0] <= ' ' || text[n-1] <= ' ' || text[0] >= 0x80 || text[n-1] >= 0x80) {
		return strings.TrimSpace(text)
	}
	return text
}

// decoded gives UTF-8. The bytes live until the document is in the batch, which copies.
func (w *rowReader) decoded(b []byte) string {
	if w.plan.windows {
		return fromWindows(b)
	}
	return alias(b)
}

func fromWindows(b []byte) string {
	for _, c := range b {
		if c >= 0x80 {
			utf8, _ := charmap.Windows1252.NewDecoder().Bytes(b)
			return string(utf8)
		}
	}
	return alias(b)
}

func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// readDate reads the date by the mapping's layout. Sage Pro writes no date as
// blanks, or as 1900-01-01 on SQL Server (sage-pro.md 8.6).
func (w *rowReader) readDate(d *recon.Document) {
	text := w.trimmed(docDate)
	layout := w.plan.layout
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
	case text == "" || (err == nil && date <= w.plan.noDate):
		w.blame(w.plan.names[docDate], "missing_date", w.plan.names[docDate]+" is empty; every document needs a date, correct it in the ERP")
	case err != nil:
		w.blameValue(docDate, "bad_date", text, "a date of the calendar in the form "+layout)
	default:
		d.Date = date
	}
}

func (w *rowReader) readAmounts(d *recon.Document) {
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
	if !w.plan.parted {
		d.Components = recon.Components{recon.Goods: d.Amount}
		return
	}
	d.Prior = w.amountOr(prior, c, 0)
	parts := recon.Components{recon.Tax: w.amountOr(tax, c, 0), recon.Shipping: w.amountOr(shipping, c, 0), recon.Surcharge: w.amountOr(surcharge, c, 0)}
	rest, err := recon.GoodsOf(d.Amount, parts)
	parts[recon.Goods] = w.amountOr(goods, c, rest)
	if (err != nil || parts[recon.Goods] != rest) && !w.faulty {
		w.blame(w.plan.names[goods], "components_do_not_add_up", fmt.Sprintf(
			"goods, tax, shipping and surcharge do not add up to the amount %s %s; correct the document in the ERP or the mapping", money.New(d.Amount, c), c))
	}
	d.Components = parts
}

func (w *rowReader) amountOr(f field, c money.Currency, otherwise int64) int64 {
	if w.text(f) == "" || w.trimmed(f) == "" {
		return otherwise
	}
	return w.amount(f, c)
}

func (w *rowReader) amount(f field, c money.Currency) int64 {
	text := w.trimmed(f)
	a, err := money.Parse(text, c)
	if err != nil {
		w.blameValue(f, "bad_amount", text, fmt.Sprintf("a plain decimal number with at most %d decimals for %s (%s)", c.Digits(), c, err))
	}
	return a.Minor()
}

// blame makes the row faulty. The first blame is its Fault, all are findings.
func (w *rowReader) blame(column, code, message string) {
	if !w.faulty {
		w.fault = recon.Fault{Column: column, Code: code, Message: message}
	}
	w.faulty = true
	if len(w.out.findings) >= recon.MaxFindings {
		w.out.beyond++
		return
	}
	w.out.findings = append(w.out.findings, recon.Finding{Line: w.record.Line, Column: column, Code: code, Message: message})
}

func (w *rowReader) blameValue(f field, code, value, expected string) {
	w.blame(w.plan.names[f], code, w.plan.names[f]+" is "+carddata.Quote(value)+"; expected "+expected)
}

// isSecret tells columns of card verification codes. In an ERP, cid and pin are other things.
func isSecret(name string) bool {
	return carddata.Column(name) && !strings.EqualFold(name, "cid") && !strings.EqualFold(name, "pin")
}

// searchCards looks for card data in every column, mapped or not, but in ids of
// the processor's form (R7). A hit makes the row faulty and masks its text.
func (w *rowReader) searchCards() {
	for i, f := range w.record.Fields {
		if len(f) < 13 {
			continue
		}
		if text := w.decoded(f); !isRequestID(text) && carddata.Hidden(text) {
			w.blameCard(i, "holds a card number ending in "+carddata.Last4(text)+"; the row is not used and the number is not kept: replace it in the ERP and export again")
		}
	}
	for _, i := range w.plan.secret {
		if i < len(w.record.Fields) && strings.TrimSpace(string(w.record.Fields[i])) != "" {
			w.blameCard(i, "holds card verification or track data; the row is not used and the value is not kept: take the column out of the export")
		}
	}
	if !w.cards {
		return
	}
	d := &w.doc
	for _, s := range [...]*string{
		&d.ID, &d.OrderNo, &d.InvoiceNo, &d.CustomerNo, &d.Merchant, &d.Store, &d.Method, &d.AuthCode, &d.Last4, &d.RequestID,
	} {
		if !isRequestID(*s) {
			*s = carddata.Mask(*s)
		}
	}
}

func (w *rowReader) blameCard(i int, message string) {
	name := "a column beyond the header"
	if i < len(w.plan.header) {
		name = w.plan.header[i]
	}
	if w.faulty && !w.cards {
		w.fault = recon.Fault{Column: name, Code: "card_data", Message: name + " " + message}
	}
	w.cards, w.out.cards = true, true
	w.blame(name, "card_data", name+" "+message)
}

func isRequestID(v string) bool {
	return len(v) >= 22 && len(v) <= 26 && strings.Trim(v, "0123456789") == ""
}
