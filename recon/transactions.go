package recon

import (
	"encoding/binary"
	"slices"
	"strings"

	"tieout/ledger/money"
)

// Transactions is the table of a run's processor rows: 64 bytes a row beside
// its text, no pointers, so that millions fit and the collector has nothing to
// scan. Readers fill a [TransactionBatch] each and append it.
type Transactions struct {
	rows     []txnRow
	text     []byte
	words    *names
	batches  *names // ids of batches, as far as there are numbers
	faults   map[handle]Fault
	labelled int // rows whose file gave a label
	odd      bool
	room     int // bytes of text that it may hold
}

// txnRow is a Transaction as stored.
type txnRow struct {
	id       txnID
	ref      refKey // the normalised reference
	amount   int64
	text     handle
	settled  Date // settlement date; filled by stage 0 where the batch time is an instant
	line     uint32
	merchant uint16
	currency money.Currency
	brand    uint16
	feeCode  uint16
	store    uint16
	method   uint16
	batch    uint16 // 0: the batch id, if there is one, is in the text
	file     uint16
	flags    uint16
	kind     EventType
}

// flags of a txnRow.
const (
	flagFault uint16 = 1 << iota
	flagHasParent
	flagHasBatchTime
	flagDateOnly
	flagCreditOrRefund // the natural key's event type, once stage 0 has resolved it
	flagPlainRef       // the reference is written in its normalised form, which its key gives back
	flagSeveral        // the reference may name several documents (MAT-04)
	flagDated          // stage 0 has dated the row: without an event time it occurred on its settlement date
	flagTest           // test merchant or test reference
	flagHasTime        // the file gives an event time
)

// fields of a transaction's text block.
const (
	textRef = iota
	textID
	textParent
	textOccurred
	textAuth
	textLast4
	textRowNo
	textBatch
	textBatched
	textProcessRef
	textCase
	textDueDate
	textHolderCurrency
	textHolderAmount
	textCustom
)

// NewTransactions is an empty table that will hold about so many rows; memory
// for rows that do not come is never touched.
func NewTransactions(rows, textBytes int) *Transactions {
	return &Transactions{
		rows: make([]txnRow, 0, rows), text: make([]byte, 0, textBytes), words: newNames(), batches: newNames(), faults: map[handle]Fault{}, room: maxText,
	}
}

// Len is the number of rows.
func (t *Transactions) Len() int { return len(t.rows) }

// NewBatch starts a batch for this table. Batches may be filled on several
// goroutines at once; appending them is for one.
func (t *Transactions) NewBatch() *TransactionBatch {
	return &TransactionBatch{words: wordCache{names: t.words}, batches: wordCache{names: t.batches}}
}

// Reserve makes room for so many rows at once.
func (b *TransactionBatch) Reserve(rows int) {
	b.rows, b.text.bytes = slices.Grow(b.rows, rows), slices.Grow(b.text.bytes, rows*usualText)
}

// usualText is about how many bytes of text a row has.
const usualText = 16

// Append moves the batch's rows behind those that are there. The batch is empty afterwards and may be used again.
func (t *Transactions) Append(b *TransactionBatch) {
	text, offset := appendText(t.text, b.text.bytes)
	t.text = text
	for i := range b.rows {
		b.rows[i].text += offset
	}
	t.rows = append(t.rows, b.rows...)
	for _, f := range b.faults {
		t.faults[f.at+offset] = f.fault
	}
	t.labelled += b.labelled
	t.odd = t.odd || b.odd
	b.reset()
}

// Fit appends the batch if the table has room for its text, which may be 16 GiB in
// all, and empties it in any case. Where it does not fit, the file that it is of
// cannot be used ([FileReport.Overfill]).
func (t *Transactions) Fit(b *TransactionBatch) (fits bool) {
	if len(t.text)+len(b.text.bytes) > t.room {
		b.reset()
		return false
	}
	t.Append(b)
	return true
}

// TransactionBatch packs rows for a table.
type TransactionBatch struct {
	rows     []txnRow
	text     textWriter
	words    wordCache
	batches  wordCache
	faults   []faultAt
	labelled int
	odd      bool // an id that does not pack
}

type faultAt struct {
	at    handle
	fault Fault
}

// Len is the number of rows in the batch.
func (b *TransactionBatch) Len() int { return len(b.rows) }

func (b *TransactionBatch) reset() {
	b.rows, b.text.bytes, b.faults = b.rows[:0], b.text.bytes[:0], b.faults[:0]
	b.labelled, b.odd = 0, false
}

// Add packs a copy of the row. A row with more distinct merchants, brands or
// codes than a run can have (65,535) becomes a faulty row.
func (b *TransactionBatch) Add(t *Transaction) {
	row := txnRow{
		id: packID(t.ID), amount: t.Amount, settled: t.BatchDate, line: t.Source.Line,
		currency: t.Currency, file: t.Source.File, kind: t.Type,
	}
	full := !b.number(t, &row)
	row.text = b.pack(t, &row)
	fault := t.Fault
	if full && fault == nil {
		fault = &Fault{Code: "too_many_names", Message: "more than 65,535 different merchants, brands, codes or stores in one run"}
	}
	if fault != nil {
		row.flags |= flagFault
		b.faults = append(b.faults, faultAt{row.text, *fault})
	}
	b.rows = append(b.rows, row)
}

// PlainTransaction is a row as nearly every settled row is. Its words are numbers
// of the batch's table; its strings may alias a reader's buffer.
type PlainTransaction struct {
	ID                             string
	Reference, ProcessRef          string
	AuthCode, Last4                string
	Merchant, Brand, Method, Batch uint16
	Type                           EventType
	Currency                       money.Currency
	Amount                         int64 // minor units of Currency
	Occurred, Batched              Instant
	BatchDate                      Date
	Source                         Source
}

// Word numbers a merchant, brand or method; 0 is the empty word. False when the run has too many.
func (b *TransactionBatch) Word(text string) (number uint16, ok bool) { return b.words.of(text) }

// BatchWord numbers a batch id. False when the run has too many.
func (b *TransactionBatch) BatchWord(text string) (number uint16, ok bool) { return b.batches.of(text) }

// AddPlain packs what [TransactionBatch.Add] packs of the Transaction with the
// same values, without making one. False, and nothing has happened, where the
// id is not of digits alone. The row is made in its place, field by field: to
// copy one just made costs more than all else here.
func (b *TransactionBatch) AddPlain(p *PlainTransaction) bool {
	id := packID(p.ID)
	if !id.packed() {
		return false
	}
	b.rows = append(b.rows, txnRow{})
	row, w := &b.rows[len(b.rows)-1], &b.text
	row.id, row.amount, row.settled, row.line, row.file = id, p.Amount, p.BatchDate, p.Source.Line, p.Source.File
	row.merchant, row.currency, row.brand, row.method, row.batch, row.kind = p.Merchant, p.Currency, p.Brand, p.Method, p.Batch, p.Type
	w.begin()
	b.packReference(p.Reference, row)
	if p.Occurred != 0 {
		row.flags |= flagHasTime
		w.putNumber(textOccurred, int64(p.Occurred))
	}
	w.put(textAuth, p.AuthCode)
	w.put(textLast4, p.Last4)
	b.packBatched(p.Batched, p.BatchDate, row)
	w.put(textProcessRef, p.ProcessRef)
	row.text = w.end()
	return true
}

func (b *TransactionBatch) packBatched(at Instant, on Date, row *txnRow) {
	switch {
	case at != 0:
		row.flags |= flagHasBatchTime
		b.text.putNumber(textBatched, int64(at))
	case on != 0:
		row.flags |= flagHasBatchTime | flagDateOnly
	}
}

// number gives the row its words' numbers; false when there are too many words.
func (b *TransactionBatch) number(t *Transaction, row *txnRow) bool {
	var ok [5]bool
	row.merchant, ok[0] = b.words.of(t.Merchant)
	row.brand, ok[1] = b.words.of(t.CardBrand)
	row.feeCode, ok[2] = b.words.of(t.FeeCode)
	row.store, ok[3] = b.words.of(t.Store)
	row.method, ok[4] = b.words.of(t.Method)
	return ok == [...]bool{true, true, true, true, true}
}

func (b *TransactionBatch) pack(t *Transaction, row *txnRow) handle {
	w := &b.text
	w.begin()
	b.packReference(t.Reference, row)
	if !row.id.packed() {
		w.put(textID, t.ID)
		b.odd = true
	}
	if t.Parent != "" {
		row.flags |= flagHasParent
		w.put(textParent, t.Parent)
	}
	if t.Occurred != 0 {
		row.flags |= flagHasTime
		w.putNumber(textOccurred, int64(t.Occurred))
	}
	w.put(textAuth, t.AuthCode)
	w.put(textLast4, t.Last4)
	if t.RowNo != "" {
		b.labelled++
		w.put(textRowNo, t.RowNo)
	}
	var numbered bool
	if row.batch, numbered = b.batches.of(t.Batch); !numbered {
		w.put(textBatch, t.Batch)
	}
	b.packBatched(t.Batched, t.BatchDate, row)
	w.put(textProcessRef, t.ProcessRef)
	w.put(textCase, t.Case)
	w.putNumber(textDueDate, int64(t.DueDate))
	w.put(textHolderCurrency, t.CardholderCurrency)
	w.put(textHolderAmount, t.CardholderAmount)
	w.put(textCustom, packFields(t.Custom))
	return w.end()
}

// packReference keeps the reference as its key, and as written where the key does not give that back.
func (b *TransactionBatch) packReference(reference string, row *txnRow) {
	if key, plain := plainKeyOf(reference); plain {
		row.ref = key
		row.flags |= flagPlainRef
		return
	}
	norm := Norm1(reference)
	row.ref = keyOf(norm)
	if !row.ref.exact() && strings.ContainsAny(norm, partMarks) { // no such mark is exact
		row.flags |= flagSeveral
	}
	if row.ref.exact() && norm == reference {
		row.flags |= flagPlainRef
		return
	}
	b.text.put(textRef, reference)
}

func packFields(fields []Field) string {
	var b []byte
	for _, f := range fields {
		for _, s := range [2]string{f.Name, f.Value} {
			b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
		}
	}
	return string(b)
}

func unpackFields(packed string) []Field {
	var texts []string
	for b := []byte(packed); len(b) > 0; {
		n, size := length(b)
		texts = append(texts, string(b[size:size+n]))
		b = b[size+n:]
	}
	var fields []Field
	for i := 0; i+1 < len(texts); i += 2 {
		fields = append(fields, Field{texts[i], texts[i+1]})
	}
	return fields
}

// At unfolds row i. Its strings live as long as the table.
func (t *Transactions) At(i int) Transaction {
	row := &t.rows[i]
	b := blockAt(t.text, row.text)
	txn := Transaction{
		RowNo: b.field(textRowNo), ID: t.idText(i), Parent: b.field(textParent), Merchant: t.words.text(row.merchant),
		Batch: t.BatchOf(i), Type: row.kind, Occurred: t.occurred(i), Batched: Instant(b.number(textBatched)),
		Currency: row.currency, Amount: row.amount, CardBrand: t.words.text(row.brand), Last4: b.field(textLast4),
		AuthCode: b.field(textAuth), Method: t.words.text(row.method), Reference: t.reference(i),
		ProcessRef: b.field(textProcessRef), FeeCode: t.words.text(row.feeCode), Store: t.words.text(row.store),
		Case: b.field(textCase), DueDate: Date(b.number(textDueDate)), CardholderCurrency: b.field(textHolderCurrency),
		CardholderAmount: b.field(textHolderAmount), Custom: unpackFields(b.field(textCustom)),
		Source: Source{row.file, row.line}, Fault: t.fault(i),
	}
	if row.flags&flagDateOnly != 0 {
		txn.BatchDate = row.settled
	}
	return txn
}

// Word is the text of a word number (merchant, brand, fee code ...).
func (t *Transactions) Word(n uint16) string { return t.words.text(n) }

// BatchOf is the batch id of row i.
func (t *Transactions) BatchOf(i int) string {
	if number := t.rows[i].batch; number != 0 {
		return t.batches.text(number)
	}
	return t.field(i, textBatch)
}

// CustomOf is the merchant-defined value of row i by its name, mdd1 to mdd100;
// "" if it has none. mdd1 may stand in a column of its own, the store.
func (t *Transactions) CustomOf(i int, name string) string {
	for _, f := range unpackFields(t.field(i, textCustom)) {
		if f.Name == name {
			return f.Value
		}
	}
	if name == "mdd1" {
		return t.words.text(t.rows[i].store)
	}
	return ""
}

func (t *Transactions) fault(i int) *Fault {
	if f, ok := t.faults[t.rows[i].text]; ok {
		return &f
	}
	return nil
}

func (t *Transactions) field(i, field int) string {
	return blockAt(t.text, t.rows[i].text).field(field)
}

// reference is the merchant's reference as written.
func (t *Transactions) reference(i int) string {
	if row := &t.rows[i]; row.flags&flagPlainRef != 0 {
		return row.ref.text()
	}
	return t.field(i, textRef)
}

// norm is the reference as matching compares it.
func (t *Transactions) norm(i int) string {
	if row := &t.rows[i]; row.ref.exact() {
		return row.ref.text()
	}
	return Norm1(t.field(i, textRef))
}

// occurred is the event time; once stage 0 has dated the row, the beginning of its settlement date where the file gives none.
func (t *Transactions) occurred(i int) Instant {
	switch row := &t.rows[i]; {
	case row.flags&flagHasTime != 0:
		return Instant(blockAt(t.text, row.text).number(textOccurred))
	case row.flags&flagDated == 0 || row.settled == 0:
		return 0
	default:
		return Instant(int64(row.settled) * day * 1e6)
	}
}

func (t *Transactions) idText(i int) string {
	if id := t.rows[i].id; id.packed() {
		return id.text()
	}
	return t.field(i, textID)
}
