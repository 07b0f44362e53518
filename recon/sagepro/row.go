package sagepro

import (
	"fmt"
	"strings"
	"unsafe"

	"golang.org/x/text/encoding/charmap"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
	"tieout/recon/delimited"
)

// part is what became of one block.
type part struct {
	reader *rowReader // which may use it again once it is taken
	batch  *recon.DocumentBatch
	rows   int
	faulty int
	notes  notes
	totals []total
	cards  bool
	damage *delimited.Fault
}

type total struct {
	currency money.Currency
	minor    int64
}

func (p *part) reset() {
	p.rows, p.faulty = 0, 0
	p.notes.findings, p.notes.beyond = p.notes.findings[:0], 0
	p.totals, p.cards, p.damage = p.totals[:0], false, nil
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
	free   []*part // that were taken
	out    *part
	record delimited.Record
	filler
	dimensions []recon.Field // of the latest row
	cards      bool
	plain      bool                // the row before was read without a fault: a plain one may stand on it
	like       recon.PlainDocument // the row before, if it was
}

func (w *rowReader) part() *part {
	if last := len(w.free) - 1; last >= 0 {
		p := w.free[last]
		w.free = w.free[:last]
		p.reset()
		return p
	}
	return &part{reader: w, batch: w.export.into.NewBatch()}
}

// block reads one block. Damage ends it; then, and if the file is condemned
// already, its raw text is searched for card data.
func (w *rowReader) block(b *delimited.Block) *part {
	w.out = w.part()
	w.out.batch.Reserve(b.Lines())
	w.notes = &w.out.notes
	damage := b.TextFault()
	if w.plan == nil || damage != nil {
		w.out.cards = carddata.HasBytes(b.Raw())
	}
	scanner := b.Scanner()
	for w.plan != nil && scanner.Next(&w.record) {
		if !w.plainRow() {
			w.row()
			w.plain = !w.faulty && w.plan.mayBePlain() && w.standOn(&w.doc)
		}
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
	w.faulty, w.cards, w.line = false, false, w.record.Line
	d := &w.doc
	*d = recon.Document{Source: recon.Source{File: w.export.number, Line: uint32(w.record.Line)}}
	w.load()
	if n := len(w.record.Fields); n != w.plan.columns {
		w.blame("", "wrong_column_count", fmt.Sprintf("the row has %d columns where the header has %d; export the table again", n, w.plan.columns))
		d.ID = w.text(docID)
	} else {
		w.fill(d)
		w.loadDimensions(d)
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

// load takes the mapped columns out of the record; constants are there already.
func (w *rowReader) load() {
	for _, c := range w.plan.mapped {
		w.texts[c.field] = ""
		if c.at < len(w.record.Fields) {
			w.texts[c.field] = w.decoded(w.record.Fields[c.at])
		}
	}
}

// loadDimensions takes the dimensions that have a value; which they may have, the rules say.
func (w *rowReader) loadDimensions(d *recon.Document) {
	d.Dimensions = w.dimensions[:0]
	for _, side := range w.plan.sides {
		if value := strings.TrimSpace(w.decoded(w.record.Fields[side.at])); value != "" {
			d.Dimensions = append(d.Dimensions, recon.Field{Name: side.name, Value: value})
		}
	}
	w.dimensions = d.Dimensions
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
	for i := range d.Dimensions {
		d.Dimensions[i].Value = carddata.Mask(d.Dimensions[i].Value)
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
