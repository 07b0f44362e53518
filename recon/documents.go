package recon

import (
	"encoding/binary"
	"slices"

	"tieout/ledger/money"
)

// Documents is the table of the ERP documents of a run, stored like [Transactions].
type Documents struct {
	rows   []docRow
	text   []byte
	words  *names
	faults map[handle]Fault
	room   int // bytes of text that it may hold
}

// docRow is a Document as stored.
type docRow struct {
	amount   int64
	left     int64  // what is still owed, signed like the amount
	order    refKey // the normalised order number
	invoice  refKey // the normalised invoice number
	text     handle
	date     Date
	line     uint32
	currency money.Currency
	merchant uint16
	place    uint16 // store and dimensions
	method   uint16
	file     uint16
	flags    uint16
	kind     DocType
	status   DocStatus
	out      docOutcome
}

// flags of a docRow.
const (
	docFault uint16 = 1 << iota
	docOrderIsID
	docOrderIsPlain // the order number is written in its normalised form, which its key gives back
	docInvoiceIsPlain
	docHasPrior
	docHasRequestID
	docHasLast4
	docCard
	docTest
	docDuplicate
)

// takesMoney tells a document that a row may link to: a card document that can
// be read and is no test. Whether it is cancelled the passes ask themselves.
func (d *docRow) takesMoney() bool { return d.flags&(docCard|docFault|docTest) == docCard }

// fields of a document's text block.
const (
	docTextID = iota
	docTextOrder
	docTextInvoice
	docTextCustomer
	docTextRequestID
	docTextAuth
	docTextLast4
	docTextPrior
	docTextComponents
)

// NewDocuments is an empty table that will hold about so many documents.
func NewDocuments(rows, textBytes int) *Documents {
	return &Documents{rows: make([]docRow, 0, rows), text: make([]byte, 0, textBytes), words: newNames(), faults: map[handle]Fault{}, room: maxText}
}

// Len is the number of documents.
func (d *Documents) Len() int { return len(d.rows) }

// NewBatch starts a batch for this table.
func (d *Documents) NewBatch() *DocumentBatch {
	return &DocumentBatch{words: wordCache{names: d.words}}
}

// Reserve makes room for so many documents at once.
func (b *DocumentBatch) Reserve(rows int) {
	b.rows, b.text.bytes = slices.Grow(b.rows, rows), slices.Grow(b.text.bytes, rows*usualText)
}

// Append moves the batch's documents behind those that are there.
func (d *Documents) Append(b *DocumentBatch) {
	text, offset := appendText(d.text, b.text.bytes)
	d.text = text
	for i := range b.rows {
		b.rows[i].text += offset
	}
	d.rows = append(d.rows, b.rows...)
	for _, f := range b.faults {
		d.faults[f.at+offset] = f.fault
	}
	b.reset()
}

// Fit appends the batch if the table has room for its text, and empties it in any case ([Transactions.Fit]).
func (d *Documents) Fit(b *DocumentBatch) (fits bool) {
	if len(d.text)+len(b.text.bytes) > d.room {
		b.reset()
		return false
	}
	d.Append(b)
	return true
}

// DocumentBatch packs documents for a table.
type DocumentBatch struct {
	rows   []docRow
	text   textWriter
	words  wordCache
	faults []faultAt
}

// Len is the number of documents in the batch.
func (b *DocumentBatch) Len() int { return len(b.rows) }

func (b *DocumentBatch) reset() {
	b.rows, b.text.bytes, b.faults = b.rows[:0], b.text.bytes[:0], b.faults[:0]
}

// PlainDocument is a document as nearly every one is: its amount is all goods,
// nothing of it was applied before, and nothing is wrong with it. Its words are
// numbers of the batch's table; its strings may alias a reader's buffer.
type PlainDocument struct {
	ID, OrderNo, InvoiceNo, CustomerNo string
	RequestID, AuthCode, Last4         string
	Merchant, Place, Method            uint16
	Type                               DocType
	Status                             DocStatus
	Date                               Date
	Currency                           money.Currency
	Amount                             int64 // minor units of Currency
	Source                             Source
}

// Word numbers a merchant or payment method; 0 is the empty word. False when the run has too many.
func (b *DocumentBatch) Word(text string) (number uint16, ok bool) { return b.words.of(text) }

// PlaceWord numbers a store without dimensions. False when the run has too many.
func (b *DocumentBatch) PlaceWord(store string) (number uint16, ok bool) {
	return b.words.of(placeOf(store, nil))
}

// AddPlain packs a copy of the document.
func (b *DocumentBatch) AddPlain(p *PlainDocument) {
	row := b.begin(p)
	row.text = b.text.end()
}

// Add packs a copy of the document.
func (b *DocumentBatch) Add(d *Document) {
	fault := d.Fault
	p := PlainDocument{
		ID: d.ID, OrderNo: d.OrderNo, InvoiceNo: d.InvoiceNo, CustomerNo: d.CustomerNo, RequestID: d.RequestID, AuthCode: d.AuthCode, Last4: d.Last4,
		Type: d.Type, Status: d.Status, Date: d.Date, Currency: d.Currency, Amount: d.Amount, Source: d.Source,
	}
	var ok [3]bool
	p.Merchant, ok[0] = b.words.of(d.Merchant)
	p.Place, ok[1] = b.words.of(placeOf(d.Store, d.Dimensions))
	p.Method, ok[2] = b.words.of(d.Method)
	if ok != [...]bool{true, true, true} && fault == nil {
		fault = &Fault{Code: "too_many_names", Message: "more than 65,535 different merchants, stores or combinations of dimensions in one run"}
	}
	row, w := b.begin(&p), &b.text
	if d.Prior != 0 {
		row.flags |= docHasPrior
		w.putNumber(docTextPrior, d.Prior)
	}
	if d.Components != (Components{Goods: d.Amount}) {
		w.put(docTextComponents, packComponents(d.Components))
	}
	row.text = w.end()
	if fault != nil {
		row.flags |= docFault
		b.faults = append(b.faults, faultAt{row.text, *fault})
	}
}

// begin makes a row and begins its text. The row is made in its place, field by
// field, since to copy one just made costs more than to make it.
func (b *DocumentBatch) begin(d *PlainDocument) *docRow {
	b.rows = append(b.rows, docRow{})
	row, w := &b.rows[len(b.rows)-1], &b.text
	row.amount, row.date, row.line, row.file = d.Amount, d.Date, d.Source.Line, d.Source.File
	row.currency, row.kind, row.status = d.Currency, d.Type, d.Status
	row.merchant, row.place, row.method = d.Merchant, d.Place, d.Method
	w.begin()
	row.order = b.key(d.OrderNo, row, docOrderIsPlain)
	if d.OrderNo == d.ID {
		row.flags |= docOrderIsID
	}
	if row.flags&(docOrderIsID|docOrderIsPlain) != docOrderIsID|docOrderIsPlain {
		w.put(docTextID, d.ID)
	}
	if row.flags&(docOrderIsID|docOrderIsPlain) == 0 {
		w.put(docTextOrder, d.OrderNo)
	}
	if row.invoice = b.key(d.InvoiceNo, row, docInvoiceIsPlain); row.flags&docInvoiceIsPlain == 0 {
		w.put(docTextInvoice, d.InvoiceNo)
	}
	w.put(docTextCustomer, d.CustomerNo)
	if d.RequestID != "" {
		row.flags |= docHasRequestID
		w.put(docTextRequestID, d.RequestID)
	}
	w.put(docTextAuth, d.AuthCode)
	if d.Last4 != "" {
		row.flags |= docHasLast4
		w.put(docTextLast4, d.Last4)
	}
	return row
}

// key packs a number, and notes with plain where the key gives back what is written.
func (b *DocumentBatch) key(written string, row *docRow, plain uint16) refKey {
	if written == "" {
		row.flags |= plain
		return 0
	}
	if key, ok := plainKeyOf(written); ok {
		row.flags |= plain
		return key
	}
	norm := Norm1(written)
	key := keyOf(norm)
	if key.exact() && norm == written {
		row.flags |= plain
	}
	return key
}

func packComponents(c Components) string {
	var b []byte
	for _, v := range c {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return string(b)
}

// At unfolds document i. Its strings live as long as the table.
func (d *Documents) At(i int) Document {
	row := &d.rows[i]
	b := blockAt(d.text, row.text)
	doc := Document{
		ID: d.id(i), Type: row.kind, OrderNo: d.orderNo(i), InvoiceNo: d.invoiceNo(i),
		CustomerNo: b.field(docTextCustomer), Date: row.date, Status: row.status, Merchant: d.words.text(row.merchant),
		Method: d.words.text(row.method), Currency: row.currency, Amount: row.amount,
		Components: d.components(i), Prior: b.number(docTextPrior), RequestID: b.field(docTextRequestID),
		AuthCode: b.field(docTextAuth), Last4: b.field(docTextLast4), Source: Source{row.file, row.line},
	}
	doc.Store, doc.Dimensions = d.Place(row.place)
	if f, ok := d.faults[row.text]; ok {
		doc.Fault = &f
	}
	return doc
}

func (d *Documents) field(i, field int) string {
	return blockAt(d.text, d.rows[i].text).field(field)
}

// IDOf is the id of a document.
func (d *Documents) IDOf(i int) string { return d.id(i) }

func (d *Documents) id(i int) string {
	if row := &d.rows[i]; row.flags&(docOrderIsID|docOrderIsPlain) == docOrderIsID|docOrderIsPlain {
		return row.order.text()
	}
	return d.field(i, docTextID)
}

// orderNo is the order number as written.
func (d *Documents) orderNo(i int) string {
	switch row := &d.rows[i]; {
	case row.flags&docOrderIsPlain != 0:
		return row.order.text()
	case row.flags&docOrderIsID != 0:
		return d.field(i, docTextID)
	}
	return d.field(i, docTextOrder)
}

// invoiceNo is the invoice number as written.
func (d *Documents) invoiceNo(i int) string {
	if row := &d.rows[i]; row.flags&docInvoiceIsPlain != 0 {
		return row.invoice.text()
	}
	return d.field(i, docTextInvoice)
}

// prior is what earlier runs applied to the document.
func (d *Documents) prior(i int) int64 {
	if d.rows[i].flags&docHasPrior == 0 {
		return 0
	}
	return blockAt(d.text, d.rows[i].text).number(docTextPrior)
}

func (d *Documents) components(i int) Components {
	packed := d.field(i, docTextComponents)
	if packed == "" {
		return Components{Goods: d.rows[i].amount}
	}
	var c Components
	for k := range c {
		c[k] = int64(binary.LittleEndian.Uint64([]byte(packed[8*k:])))
	}
	return c
}
