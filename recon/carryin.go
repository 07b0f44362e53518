package recon

import (
	"cmp"
	"slices"
	"strings"
)

// Cleared is a suspended item of an earlier run that leaves the open list now.
type Cleared struct {
	Posted int // index into the history
	Docs   []uint32
	Parts  []int64 // what each document took, signed like the item
	Pass   Pass
	Amount int64
	// ToDispute: a chargeback whose original was found moves to the disputes account (EDGE-6).
	ToDispute bool
	// ByRow is the row, plus one, whose refund or reject took it; 0 for stage 6. Only stage 6 and disputes book a RECLASS.
	ByRow uint32
}

// Waiting is for what a carried item waits that stays open because no account can
// be found for what would end it (GL-06).
type Waiting struct {
	Docs []uint32 // that would take it; none for a dispute, whose capture was found
	Why  string
}

// clearsByDocument are the reasons that a document can end (EDGE-6).
func clearsByDocument(reason Reason) bool {
	switch reason {
	case NoOrder, AmbiguousMatch, WeakMatch, RefundNoCreditMemo, AmountOver, DuplicateOrder:
		return true
	default:
		return false
	}
}

// clearCarried is stage 6: suspended items of earlier runs clear when the
// linked balance in their currency and merchant equals them exactly.
func (r *run) clearCarried() {
	var items []int
	var captures, refunds []string
	for h := range r.in.History {
		if _, open := r.held[h]; !open || !clearsByDocument(r.in.History[h].OpenReason) {
			continue
		}
		items = append(items, h)
		if p := &r.in.History[h]; p.Type == Capture {
			captures = append(captures, p.Reference)
		} else {
			refunds = append(refunds, p.Reference)
		}
	}
	if len(items) == 0 {
		return
	}
	slices.SortFunc(items, r.comparePosted)
	canonCaptures := r.buildCanon(captures, r.captures.want)
	canonRefunds := r.buildCanon(refunds, r.memos.want)
	for _, h := range items {
		linker, canon := r.memos, canonRefunds
		if r.in.History[h].Type == Capture {
			linker, canon = r.captures, canonCaptures
		}
		docs, pass := r.linkPosted(linker, &r.in.History[h], canon)
		r.clearItem(h, docs, pass)
	}
}

func (r *run) comparePosted(a, b int) int {
	x, y := &r.in.History[a], &r.in.History[b]
	return cmp.Or(cmp.Compare(r.postedDate(x), r.postedDate(y)), cmp.Compare(x.Occurred, y.Occurred),
		strings.Compare(x.ID, y.ID), cmp.Compare(x.Type, y.Type))
}

func (r *run) clearItem(h int, linked []uint32, pass Pass) {
	p := &r.in.History[h]
	held, sign := r.held[h], int64(1)
	if held < 0 {
		sign = -1
	}
	var docs []uint32
	total := int64(0)
	for _, doc := range linked {
		d := &r.docs.rows[doc]
		if d.flags&docDuplicate != 0 {
			return
		}
		if d.currency == p.Currency && d.status != Cancelled && r.ownMerchant(p.Merchant, d.merchant) && sign*r.docs.rows[doc].left > 0 {
			docs = append(docs, doc)
			total += r.docs.rows[doc].left
		}
	}
	if total != held || held == 0 || (p.OpenReason == DuplicateOrder && len(docs) != 1) {
		return
	}
	if why := r.waits(p, docs, held < 0); why != "" {
		r.waiting[h] = Waiting{docs, why}
		return
	}
	delete(r.waiting, h)
	c := Cleared{Posted: h, Docs: docs, Pass: pass, Amount: held}
	for _, doc := range docs {
		part := r.docs.rows[doc].left
		c.Parts = append(c.Parts, part)
		r.docs.rows[doc].left = 0
		if m := r.p.Merchants[p.Merchant]; m.Model == CashSale {
			r.allot(Allotment{Doc: doc, Row: -1, Posted: h}, part)
		}
	}
	delete(r.held, h)
	r.cleared = append(r.cleared, c)
}

func (r *run) ownMerchant(name string, doc uint16) bool {
	_, known := r.p.Merchants[name]
	return known && (doc == 0 || r.docs.words.text(doc) == name)
}
