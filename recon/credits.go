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
	wanted := map[saleKey]*refCount{}
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
		wanted[r.saleKey(at)] = &refCount{}
	}
	if len(open) == 0 {
		return
	}
	r.countCaptures(wanted)
	r.details = slices.Grow(r.details, len(open))
	for _, at := range open {
		if c := wanted[r.saleKey(at)]; c.count == 1 {
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
	parent := r.txns.field(int(i), textParent)
	if parent == "" {
		return false
	}
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

// countCaptures counts the captures of each wanted reference in input and history, whatever their date.
func (r *run) countCaptures(wanted map[saleKey]*refCount) {
	filter := newKeyFilter(len(wanted))
	for key := range wanted {
		filter.add(key.ref)
	}
	found := make([][]uint32, r.in.Workers)
	inRanges(r.in.Workers, len(r.txns.rows), func(worker, from, to int) {
		for i := from; i < to; i++ {
			row, reason := &r.txns.rows[i], r.out[i].reason
			if row.kind != Capture || reason == InvalidRow || reason == DuplicateRow || !filter.mayHold(row.ref) {
				continue
			}
			if _, ok := wanted[r.saleKey(uint32(i))]; ok {
				found[worker] = append(found[worker], uint32(i))
			}
		}
	})
	for _, rows := range found {
		for _, i := range rows {
			c := wanted[r.saleKey(i)]
			c.count, c.row = c.count+1, i+1
		}
	}
	for h := range r.in.History {
		p := &r.in.History[h]
		if c, ok := wanted[postedSaleKey(p)]; ok && p.Type == Capture {
			c.count, c.posted = c.count+1, h+1
		}
	}
}
