package recon

import (
	"slices"

	"tieout/ledger/money"
)

// A report that cannot tell refunds from stand-alone credits says
// CREDIT_OR_REFUND. It is a REFUND when its parent is known, or when exactly one
// capture has its merchant, currency and reference; else it is a CREDIT.

// saleKey is what a credit and its sale have in common.
type saleKey struct {
	merchant string
	currency money.Currency
	ref      refKey
	norm     string // of a reference whose key is not exact
}

// resolveCredits turns every CREDIT_OR_REFUND into one of the two.
func (r *run) resolveCredits() {
	if !r.events[CreditOrRefund] {
		return
	}
	var open []uint32
	for _, at := range r.besidesWhere(func(i uint32) bool { return r.row(i).kind == CreditOrRefund && r.live(i) }) {
		row := r.row(at)
		row.flags |= flagCreditOrRefund
		row.kind = Credit
		if r.hasKnownParent(at) {
			row.kind = Refund
			continue
		}
		open = append(open, at)
	}
	if len(open) == 0 {
		return
	}
	sales := r.countCaptures(open)
	r.details = slices.Grow(r.details, len(open))
	for k, at := range open {
		if c := sales[k]; c.count == 1 {
			r.row(at).kind = Refund
			d := r.detail(at)
			d.parentRow, d.parentPosted = c.row, c.posted
		}
	}
}

type refCount struct {
	count  int
	row    uint32 // row+1
	posted int    // history index+1
}

func (r *run) saleKey(i uint32) saleKey {
	row := r.row(i)
	key := saleKey{merchant: r.txns.words.text(row.merchant), currency: row.currency, ref: row.ref}
	if !row.ref.exact() {
		key.norm = r.txns.norm(int(i))
	}
	return key
}

func postedSaleKey(p *Posted) saleKey {
	norm := Norm1(p.Reference)
	key := saleKey{merchant: p.Merchant, currency: p.Currency, ref: keyOf(norm)}
	if !key.ref.exact() {
		key.norm = norm
	}
	return key
}

func (r *run) hasKnownParent(i uint32) bool {
	if r.row(i).flags&flagHasParent == 0 {
		return false
	}
	parent := r.txns.field(int(i), textParent)
	for _, p := range r.rowsWithID(parent) {
		if r.row(p).kind == Capture && r.row(p).flags&flagFault == 0 {
			return true
		}
	}
	for _, h := range r.history[packID(parent)] {
		if r.in.History[h].Type == Capture {
			return true
		}
	}
	return false
}

// countCaptures counts, for each of the credits, the captures of its merchant, currency
// and reference in input and history, whatever their date.
func (r *run) countCaptures(credits []uint32) []*refCount {
	keys, sales := make([]saleKey, len(credits)), make([]*refCount, len(credits))
	inRanges(r.in.Workers, len(credits), func(_, from, to int) {
		for k := from; k < to; k++ {
			keys[k] = r.saleKey(credits[k])
		}
	})
	wanted, filter := make(map[saleKey]*refCount, len(keys)), newKeyFilter(len(keys))
	for k, key := range keys {
		if wanted[key] == nil {
			wanted[key] = &refCount{}
			filter.add(key.ref)
		}
		sales[k] = wanted[key]
	}
	r.findSales(wanted, filter)
	for h := range r.in.History {
		p := &r.in.History[h]
		if c, ok := wanted[postedSaleKey(p)]; ok && p.Type == Capture {
			c.count, c.posted = c.count+1, h+1
		}
	}
	return sales
}

// findSales counts the wanted captures among the rows.
func (r *run) findSales(wanted map[saleKey]*refCount, filter keyFilter) {
	type sale struct {
		of  *refCount
		row uint32
	}
	found := make([][]sale, r.in.Workers)
	inRanges(r.in.Workers, len(r.txns.rows), func(worker, from, to int) {
		for i := from; i < to; i++ {
			row, reason := &r.txns.rows[i], r.out[i].reason
			if row.kind != Capture || reason == InvalidRow || reason == DuplicateRow || !filter.mayHold(row.ref) {
				continue
			}
			if c, ok := wanted[r.saleKey(uint32(i))]; ok {
				found[worker] = append(found[worker], sale{c, uint32(i)})
			}
		}
	})
	for _, sales := range found {
		for _, s := range sales {
			s.of.count, s.of.row = s.of.count+1, s.row+1
		}
	}
}
