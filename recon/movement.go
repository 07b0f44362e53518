package recon

import "tieout/ledger/money"

// Movement is what the books see of a row that moves money: what its rules can
// look at, and its amounts in minor units, signed like the row. Words are
// numbers; [Transactions.Word] and [Documents.Place] give the texts. A row that took
// money from documents of several stores gives one Movement a document, and
// only the first has the row's Full, Suspended and WriteOff.
type Movement struct {
	Facts
	Row        int
	Parts      int   // how many movements the row gives
	Full       int64 // what reaches clearing
	Applied    int64
	Suspended  int64
	WriteOff   int64
	Components Components // of Applied, cash sales only
}

// Facts are what a rule may look at. Rows with equal facts are booked alike.
type Facts struct {
	Settled  Date
	Posting  Date
	Extra    uint32 // for who sums movements by more than these facts; 0 here
	Currency money.Currency
	Merchant uint16
	FeeCode  uint16
	Brand    uint16
	Method   uint16
	Store    uint16 // the row's own store dimension
	DocPlace uint16 // store and dimensions of the document, see [Documents.Place]; 0: none, and the merchant's store
	Type     EventType
	Verdict  Verdict
	Reason   Reason
	Kind     Kind
	Memo     bool // applied to a credit memo
	Split    bool // Components are given
	Unmapped bool // suspended on gl_suspense
	Negative bool
	Gain     bool  // WriteOff is in the merchant's favour: gains and losses are never netted (GL-09)
	Has      uint8 // which amounts are not zero: 1 applied, 2 suspended, 4 write-off, 8.. the components, 128 full
}

// Hash spreads what mostly tells facts apart over 64 bits.
func (f *Facts) Hash() uint64 {
	return mix(uint64(f.Settled)<<32 ^ uint64(f.Extra) ^ uint64(f.Merchant)<<48 ^ uint64(f.Currency)<<20 ^ uint64(f.Brand)<<12 ^ uint64(f.DocPlace)<<24 ^
		uint64(f.FeeCode)<<28 ^ uint64(f.Type)<<8 ^ uint64(f.Reason) ^ uint64(f.Kind)<<5 ^ uint64(f.Method)<<16)
}

// hasComponents is the bit of the first component in Facts.Has.
const hasComponents = 8

// Movements calls do for the movements of rows from..to. The Movement is reused.
func (r *Result) Movements(from, to int, do func(*Movement)) {
	var m Movement
	for i := from; i < to; i++ {
		if (i-from)%touchedRows == 0 {
			r.run.touchDocuments(i, min(i+touchedRows, to))
		}
		if r.run.movesMoney(uint32(i)) {
			r.run.movement(uint32(i), &m, do)
		}
	}
}

func (r *run) movement(i uint32, m *Movement, do func(*Movement)) {
	o := &r.out[i]
	m.Row, m.Parts, m.Full, m.Components = int(i), 1, r.row(i).amount, Components{}
	r.facts(i, &m.Facts)
	m.Applied, m.Suspended, m.WriteOff = r.money(i)
	var parts []docPart
	if o.more != 0 {
		d := &r.details[o.more-1]
		parts, m.Unmapped = d.parts, d.unmapped
	}
	switch {
	case len(parts) > 1:
		r.moveParts(i, parts, m, do)
		return
	case len(parts) == 1:
		r.moveDocument(i, parts[0].doc, m)
	case o.kind == One && o.link != 0:
		r.moveDocument(i, o.link-1, m)
	}
	m.mark()
	do(m)
}

// facts tells what is known of a row without its documents.
func (r *run) facts(i uint32, into *Facts) {
	row, o := r.row(i), &r.out[i]
	*into = Facts{
		Settled: row.settled, Posting: r.postingDate(i), Currency: row.currency, Merchant: row.merchant, FeeCode: row.feeCode, Brand: row.brand,
		Method: row.method, Store: row.store, Type: row.kind, Verdict: o.verdict, Reason: o.reason, Kind: o.kind,
		Negative: row.amount < 0,
	}
}

func (r *run) moveParts(i uint32, parts []docPart, m *Movement, do func(*Movement)) {
	m.Parts = len(parts)
	for _, p := range parts {
		m.Applied = p.amount
		r.moveDocument(i, p.doc, m)
		m.mark()
		do(m)
		m.Full, m.Suspended, m.WriteOff = 0, 0, 0
	}
}

func (r *run) moveDocument(i, doc uint32, m *Movement) {
	d := &r.docs.rows[doc]
	m.DocPlace, m.Memo = d.place, d.kind == CreditMemo
	if r.merchant[r.row(i).merchant].model != CashSale {
		return
	}
	m.Split, m.Components = false, Components{}
	for _, a := range r.allotsOf(i) {
		if a.Doc == doc {
			m.Split, m.Components = true, a.Parts
		}
	}
	if m.Applied < 0 {
		for k := range m.Components {
			m.Components[k] = -m.Components[k]
		}
	}
}

func (r *run) allotsOf(i uint32) []Allotment {
	if r.allotIndex == nil {
		return nil
	}
	var found []Allotment
	for _, at := range r.allotIndex[i] {
		found = append(found, r.allots[at])
	}
	return found
}

func (r *run) indexAllots() {
	r.allotIndex = map[uint32][]uint32{}
	for at, a := range r.allots {
		if a.Row >= 0 {
			r.allotIndex[uint32(a.Row)] = append(r.allotIndex[uint32(a.Row)], uint32(at))
		}
	}
}

// mark notes which amounts are there, so that rows with equal facts are sources of the same lines.
func (m *Movement) mark() {
	m.Has, m.Gain = 0, m.WriteOff > 0
	for k, amount := range [...]int64{m.Applied, m.Suspended, m.WriteOff, m.Components[0], m.Components[1], m.Components[2], m.Components[3], m.Full} {
		if amount != 0 {
			m.Has |= 1 << k
		}
	}
}
