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

// credits are the rows that become one of the two once the captures are counted.
type credits struct {
	run    *run
	open   []uint32
	sales  []*refCount // by place in open
	wanted map[saleKey]*refCount
	filter keyFilter
}

// openCredits turns every CREDIT_OR_REFUND into a credit, or into a refund where
// its parent is known, and tells of which credits the captures are wanted.
func (r *run) openCredits() *credits {
	c := &credits{run: r}
	if !r.events[CreditOrRefund] {
		return c
	}
	for _, at := range r.besidesWhere(func(i uint32) bool { return r.row(i).kind == CreditOrRefund && r.live(i) }) {
		row := r.row(at)
		row.flags |= flagCreditOrRefund
		if r.hasKnownParent(at) {
			row.kind = Refund
			continue
		}
		row.kind = Credit
		c.open = append(c.open, at)
	}
	c.ask()
	return c
}

// ask notes which captures the open credits want.
func (c *credits) ask() {
	keys := make([]saleKey, len(c.open))
	inRanges(c.run.in.Workers, len(keys), func(_, from, to int) {
		for k := from; k < to; k++ {
			keys[k] = c.run.saleKey(c.open[k])
		}
	})
	c.sales, c.wanted, c.filter = make([]*refCount, len(keys)), make(map[saleKey]*refCount, len(keys)), newKeyFilter(len(keys))
	for k, key := range keys {
		if c.wanted[key] == nil {
			c.wanted[key] = &refCount{}
			c.filter.add(key.ref)
		}
		c.sales[k] = c.wanted[key]
	}
}

// sale is a capture that may be what a credit gives back.
type sale struct {
	of  *refCount
	row uint32
}

// look adds a row to found if it is a wanted capture. Its date does not matter.
func (c *credits) look(i uint32, found []sale) []sale {
	row, reason := c.run.row(i), c.run.out[i].reason
	if len(c.open) == 0 || row.kind != Capture || reason == InvalidRow || reason == DuplicateRow || !c.filter.mayHold(row.ref) {
		return found
	}
	if of, wanted := c.wanted[c.run.saleKey(i)]; wanted {
		found = append(found, sale{of, i})
	}
	return found
}

// resolve makes refunds of the credits that have exactly one capture, among those
// found or in history.
func (c *credits) resolve(found [][]sale) {
	for _, sales := range found {
		for _, s := range sales {
			s.of.count, s.of.row = s.of.count+1, s.row+1
		}
	}
	r := c.run
	for h := range r.in.History {
		p := &r.in.History[h]
		if of, wanted := c.wanted[postedSaleKey(p)]; wanted && p.Type == Capture {
			of.count, of.posted = of.count+1, h+1
		}
	}
	r.details = slices.Grow(r.details, len(c.open))
	for k, at := range c.open {
		if of := c.sales[k]; of.count == 1 {
			r.row(at).kind = Refund
			d := r.detail(at)
			d.parentRow, d.parentPosted = of.row, of.posted
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
