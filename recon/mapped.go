package recon

import (
	"fmt"
	"strings"
)

// mapping asks the books whether a row that the documents would take has its
// accounts (GL-06). Without documents it is asked for the row alone.
func (r *run) mapping(i uint32, docs []uint32) Mapping {
	kind := r.row(i).kind
	if r.books.Mapped == nil || !r.mayMiss(kind) {
		return AccountFound
	}
	var f Facts
	r.facts(i, &f)
	if len(docs) == 0 {
		return r.books.Mapped(int(i), &f)
	}
	for _, doc := range docs {
		f := f
		r.documentFacts(doc, r.merchant[r.row(i).merchant].model, &f)
		if answer := r.books.Mapped(int(i), &f); answer != AccountFound {
			return answer
		}
	}
	return AccountFound
}

// lacking says which document has no value for a dimension that its account needs; "" if that is not why.
func (r *run) lacking(i uint32, docs []uint32) string {
	if r.books.Lacks == nil {
		return ""
	}
	var f Facts
	r.facts(i, &f)
	if len(docs) == 0 {
		if dimension, account := r.books.Lacks(int(i), &f); dimension != "" {
			return fmt.Sprintf("there is no document to say the %s that account %s needs", dimension, account)
		}
	}
	for _, doc := range docs {
		f := f
		r.documentFacts(doc, r.merchant[r.row(i).merchant].model, &f)
		if dimension, account := r.books.Lacks(int(i), &f); dimension != "" {
			return fmt.Sprintf("document %s has no usable %s, which account %s needs", strings.TrimSpace(r.docs.id(int(doc))), dimension, account)
		}
	}
	return ""
}

// documentFacts adds what a document, taken whole, tells of a movement.
func (r *run) documentFacts(doc uint32, model RevenueModel, f *Facts) {
	d := &r.docs.rows[doc]
	f.DocPlace, f.Memo = d.place, d.kind == CreditMemo
	if model != CashSale {
		return
	}
	f.Split = true
	for k, part := range r.docs.components(int(doc)) {
		if part != 0 {
			f.Has |= hasComponents << k
		}
	}
}

// waits asks the books whether what the documents take of a carried item has its
// accounts; if not, the item stays open, and this says for what it waits (GL-06).
func (r *run) waits(p *Posted, docs []uint32, negative bool) (evidence string) {
	if r.books.Clears == nil {
		return ""
	}
	for _, doc := range docs {
		f := Facts{Reason: p.OpenReason, Negative: negative}
		r.documentFacts(doc, r.p.Merchants[p.Merchant].Model, &f)
		if lacks := r.books.Clears(p, &f); lacks != "" {
			return fmt.Sprintf("document %s would take it, but %s", strings.TrimSpace(r.docs.id(int(doc))), lacks)
		}
	}
	return ""
}

// disputeWaits is the same for a dispute, whose capture was found (EDGE-6): what the
// rules put on gl_suspense would stay there, since a RECLASS is never made anew.
func (r *run) disputeWaits(p *Posted) (evidence string) {
	if r.books.Clears == nil {
		return ""
	}
	lacks := r.books.Clears(p, &Facts{Reason: p.OpenReason, Negative: p.Suspended < 0})
	if lacks == "" {
		return ""
	}
	return fmt.Sprintf("its capture %s was found, but %s", p.Parent, lacks)
}

// mayMiss tells whether a row of the event can be without an account.
func (r *run) mayMiss(kind EventType) bool {
	if r.missable == nil {
		r.missable = new([eventTypes]bool)
		for k := range r.missable {
			r.missable[k] = r.books.MayMiss == nil || r.books.MayMiss(EventType(k))
		}
	}
	return r.missable[kind]
}

func (r *run) unmapped(i uint32, docs []uint32) bool { return r.mapping(i, docs) != AccountFound }

// holdUnmapped suspends the whole amount on gl_suspense and leaves the documents as they are (GL-06).
func (r *run) holdUnmapped(i uint32, docs []uint32, secondary ...Reason) {
	r.suspend(i, UnmappedGL)
	d := r.detail(i)
	d.suspended, d.unmapped, d.shown, d.secondary = r.row(i).amount, true, docs, secondary
}
