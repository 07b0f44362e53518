package reportfile

import (
	"unsafe"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
	"tieout/recon/delimited"
)

// result is what a worker made of one block.
type result struct {
	worker   *worker                 // which may use it again once it is taken
	batch    *recon.TransactionBatch // nil: no transaction yet
	rows     int
	faulty   int
	findings []recon.Finding
	beyond   int
	totals   []total
	cards    bool
	damage   *delimited.Fault
	fees     []fee // that wait for the end of the file
	controls []Control
}

type total struct {
	currency money.Currency
	minor    int64
}

func (r *result) reset() {
	r.rows, r.faulty, r.beyond = 0, 0, 0
	r.findings, r.totals, r.cards, r.damage = r.findings[:0], r.totals[:0], false, nil
	r.fees, r.controls = r.fees[:0], r.controls[:0]
}

func (r *result) note(f recon.Finding) {
	if len(r.findings) >= recon.MaxFindings {
		r.beyond++
		return
	}
	r.findings = append(r.findings, f)
}

// add counts an amount; a total that leaves int64 becomes a second one of the
// same currency, for the file's totals have no limit.
func (r *result) add(minor int64, c money.Currency) {
	for i := range r.totals {
		if r.totals[i].currency != c {
			continue
		}
		if sum, err := money.AddMinor(r.totals[i].minor, minor); err == nil {
			r.totals[i].minor = sum
			return
		}
	}
	r.totals = append(r.totals, total{c, minor})
}

// worker parses blocks. Its Transaction is filled anew for every row.
type worker struct {
	reading *reading
	layout  *layout
	free    []*result // that were taken
	out     *result
	record  delimited.Record
	txn     recon.Transaction
	fault   recon.Fault
	faulty  bool
	cards   bool    // of this record
	strict  []int   // the columns of the record whose value has a strict form of its own (R7)
	ill     finding // what is wrong with the record before anybody looks at its values

	plain bool  // rows may be plain
	empty []int // the columns that hold nothing in one

	applications lastApplications
	services     serviceFacts // of this row
	payments     lastPayments
}

func newWorker(p *reading) *worker {
	w := &worker{reading: p, layout: p.layout}
	if p.report.Condemned() {
		w.layout = nil
	}
	if w.layout != nil && p.format.plain && !p.inFull {
		w.plain, w.empty = true, w.layout.emptyInPlain()
	}
	return w
}

func (w *worker) result() *result {
	if last := len(w.free) - 1; last >= 0 {
		r := w.free[last]
		w.free = w.free[:last]
		r.reset()
		return r
	}
	return &result{worker: w, batch: w.reading.into.NewBatch()}
}

// block parses one block. Damage ends it; then, and if the file is condemned
// already, its raw text is searched for card data.
func (w *worker) block(b *delimited.Block) *result {
	w.out = w.result()
	damage := b.TextFault()
	scanner := b.Scanner()
	if w.layout == nil {
		w.out.cards = carddata.HasBytes(b.Raw())
		for p := w.reading.layout; p != nil && scanner.Next(&w.record); {
			w.out.rows++
		}
		if scanner.Fault() != nil {
			w.out.rows++
		}
		return w.out
	}
	if damage != nil {
		w.out.cards = carddata.HasBytes(b.Raw())
	}
	w.out.batch.Reserve(b.Lines())
	for scanner.Next(&w.record) {
		if !w.plainRow() {
			w.row()
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

// alias makes a string of bytes that live until the row is in the batch, which copies.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
