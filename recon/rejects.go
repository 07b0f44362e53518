package recon

import "slices"

// target is what a REJECT refuses: a row of this run or a posted event.
type target struct {
	row    uint32 // row+1
	posted int    // history index+1
	amount int64
}

func rejectable(kind EventType) bool {
	return kind == Capture || kind == Refund || kind == Credit || kind == CreditOrRefund
}

// rejectTarget finds the parent of a REJECT; the live row of this run comes before the posted event.
func (r *run) rejectTarget(i uint32) (target, bool) {
	parent, currency := r.txns.field(int(i), textParent), r.row(i).currency
	for _, p := range r.rowsWithID(parent) {
		if row := r.row(p); rejectable(row.kind) && row.currency == currency && row.flags&flagFault == 0 && (r.live(p) || r.out[p].kind == Rejected) {
			return target{row: p + 1, amount: row.amount}, true
		}
	}
	for _, h := range r.history[packID(parent)] {
		if p := &r.in.History[h]; rejectable(p.Type) && p.Currency == currency {
			return target{posted: h + 1, amount: p.Amount}, true
		}
	}
	return target{}, false
}

// applyRejects is stage 2: a REJECT with a known parent un-applies the parent's
// documents, and is always PROCESSOR_REJECT (EDGE-5).
func (r *run) applyRejects() {
	for _, i := range r.liveRows(Reject) {
		t, known := r.rejectTarget(i)
		switch {
		case !known:
			r.suspend(i, ProcessorReject)
		case t.amount != -r.row(i).amount || r.rejectedAlready(t):
			r.suspend(i, ProcessorReject)
			r.out[i].pass = ByParent
			r.showParent(i, t)
		case t.row > 0:
			r.rejectRow(i, t.row-1)
		default:
			r.rejectPostedOrHold(i, t.posted-1)
		}
	}
}

// rejectedAlready tells a target that an earlier reject took, in this run or before.
func (r *run) rejectedAlready(t target) bool {
	if t.row > 0 {
		return r.out[t.row-1].kind == Rejected
	}
	for _, h := range r.postedChildren(parentKey{posted: t.posted}) {
		if r.in.History[h].Type == Reject {
			return true
		}
	}
	return r.rejected[t.posted-1]
}

// showParent names the documents of what a reject follows but does not take
// back. Those of a row of this run are known once that is decided.
func (r *run) showParent(i uint32, t target) {
	d := r.detail(i)
	d.suspended = r.row(i).amount
	if t.row > 0 {
		r.heldRejects = append(r.heldRejects, heldReject{i, t.row - 1})
		return
	}
	d.shown, d.foreign = r.documentsOf(&r.in.History[t.posted-1])
	for _, doc := range d.shown {
		r.inherit(doc, ProcessorReject)
	}
}

// heldReject is a reject that is suspended in full, with the row that it follows.
type heldReject struct{ row, parent uint32 }

// nameHeldRejects gives rejects that are suspended in full the documents of
// their parents, which carry the reason: stage 2 comes before every check.
func (r *run) nameHeldRejects() {
	for _, held := range r.heldRejects {
		docs := slices.Clone(r.shown(held.parent))
		r.detail(held.row).shown = docs
		for _, doc := range docs {
			r.reasons[doc] = ProcessorReject
		}
	}
}

// rejectRow: both amounts are suspended and leave the open list; the parent's
// documents keep their balance and carry the reason.
func (r *run) rejectRow(i, parent uint32) {
	docs := slices.Clone(r.linked(parent))
	r.suspend(i, ProcessorReject)
	r.out[i].pass = ByParent
	*r.detail(i) = detail{suspended: r.row(i).amount, closed: true, shown: docs}
	*r.detail(parent) = detail{suspended: r.row(parent).amount, closed: true, shown: docs}
	o := &r.out[parent]
	o.verdict, o.reason, o.kind = Matched, NoReason, Rejected
	for _, doc := range docs {
		r.inherit(doc, ProcessorReject)
	}
}

// rejectPostedOrHold leaves all as it is if the books have no account for taking it back.
func (r *run) rejectPostedOrHold(i uint32, h int) {
	docs, foreign := r.documentsOf(&r.in.History[h])
	if !r.unmapped(i, docs) {
		r.rejectPosted(i, h)
		return
	}
	r.holdUnmapped(i, docs, ProcessorReject)
	r.out[i].pass = ByParent
	r.detail(i).foreign = foreign
}

// rejectPosted takes back what an earlier run applied and what it left in
// suspense. What no document of this run can give back is suspended and stays
// open.
func (r *run) rejectPosted(i uint32, h int) {
	p := &r.in.History[h]
	r.rejected[h] = true
	held := r.held[h]
	delete(r.held, h)
	docs, foreign := r.documentsOf(p)
	amounts, whole := r.appliedBefore(p, docs, p.Amount-held)
	r.except(i, ProcessorReject)
	r.out[i].pass = ByParent
	d := detail{offList: -held, shown: docs, foreign: foreign}
	for k, doc := range docs {
		d.parts = append(d.parts, docPart{doc, -amounts[k]})
		d.applied -= amounts[k]
	}
	if d.suspended = -held; whole {
		d.writeOff = r.row(i).amount - d.applied - d.suspended
	} else {
		d.suspended = r.row(i).amount - d.applied
	}
	*r.detail(i) = d
	for k, doc := range docs {
		r.unapply(i, doc, amounts[k])
		r.inherit(doc, ProcessorReject)
	}
}

// documentsOf finds the documents of a posted event that this run sees, and names those it does not.
func (r *run) documentsOf(p *Posted) (docs []uint32, foreign []string) {
	if len(p.Documents) == 0 {
		return nil, nil
	}
	for _, id := range p.Documents {
		if doc, ok := r.documentByID(id); ok {
			docs = append(docs, doc)
		} else {
			foreign = append(foreign, id)
		}
	}
	if len(p.Applied) != len(p.Documents) {
		r.inDocumentOrder(docs)
	}
	return docs, foreign
}

func (r *run) documentByID(id string) (uint32, bool) {
	if r.docIDs == nil {
		r.docIDs = map[string]uint32{}
		for _, h := range r.in.History {
			for _, id := range h.Documents {
				r.docIDs[id] = 0
			}
		}
		for _, p := range r.in.Pinned {
			for _, id := range p.Documents {
				r.docIDs[id] = 0
			}
		}
		for i := range r.docs.rows {
			if _, wanted := r.docIDs[r.docs.id(i)]; wanted {
				r.docIDs[r.docs.id(i)] = uint32(i) + 1
			}
		}
	}
	doc := r.docIDs[id]
	return doc - 1, doc > 0
}

// appliedBefore tells how an earlier run spread what it applied, and whether
// that is the whole: as stored, or in document order, to each document at most
// what earlier runs applied to it.
func (r *run) appliedBefore(p *Posted, docs []uint32, applied int64) (amounts []int64, whole bool) {
	if len(p.Applied) == len(p.Documents) && len(docs) == len(p.Documents) && len(docs) > 0 {
		return p.Applied, true
	}
	amounts = make([]int64, len(docs))
	for k, doc := range docs {
		take := r.prior(doc)
		if abs(take) > abs(applied) {
			take = applied
		}
		amounts[k] = take
		applied -= take
	}
	return amounts, applied == 0
}
