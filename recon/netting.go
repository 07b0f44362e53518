package recon

// netPairs is stage 1: a refund of the whole capture on the same settlement
// date, whose order is cancelled or not found and which has no credit memo.
// Both are posted gross to customer deposits, never hidden.
func (r *run) netPairs() {
	refunds := r.liveRows(Refund)
	for k, followed := range r.parentCaptures(refunds) {
		refund, parent := refunds[k], followed.row
		if parent == 0 || !r.live(parent-1) || len(r.linked(refund)) > 0 {
			continue
		}
		capture := parent - 1
		x, y := r.row(capture), r.row(refund)
		if x.settled != y.settled || x.merchant != y.merchant || x.currency != y.currency || x.amount != -y.amount {
			continue
		}
		docs := r.linked(capture)
		switch {
		case !r.allCancelled(docs):
		case r.unmapped(capture, nil) || r.unmapped(refund, nil):
			r.holdUnmapped(capture, docs)
			r.holdUnmapped(refund, docs)
		default:
			r.net(capture, docs)
			r.net(refund, docs)
		}
	}
}

func (r *run) net(i uint32, docs []uint32) {
	o := &r.out[i]
	o.verdict, o.pass, o.kind = Matched, ByNetting, Netted
	*r.detail(i) = detail{applied: r.row(i).amount, shown: docs}
	for _, doc := range docs {
		r.docs.rows[doc].out.netted = true
	}
}

// allCancelled is true of no documents at all.
func (r *run) allCancelled(docs []uint32) bool {
	for _, doc := range docs {
		if r.docs.rows[doc].status != Cancelled {
			return false
		}
	}
	return true
}

// parentCapture finds the capture that a row follows: a row of this run that
// moves money, else a posted event. Both are index+1, 0 for none.
func (r *run) parentCapture(i uint32) (row uint32, posted int) {
	if more := r.out[i].more; more != 0 {
		if d := &r.details[more-1]; d.parentRow != 0 || d.parentPosted != 0 {
			return d.parentRow, d.parentPosted
		}
	}
	return r.parentOf(i, Capture)
}

// parentCaptures finds the captures that rows follow.
func (r *run) parentCaptures(rows []uint32) []parentKey {
	keys := make([]parentKey, len(rows))
	inRanges(r.in.Workers, len(rows), func(_, from, to int) {
		for k := from; k < to; k++ {
			keys[k].row, keys[k].posted = r.parentCapture(rows[k])
		}
	})
	return keys
}

// parentOf finds the event of a kind that a row follows. The id names it,
// whichever merchant it is of; but amounts of two currencies are never compared,
// so an event in another one is no parent.
func (r *run) parentOf(i uint32, kind EventType) (row uint32, posted int) {
	if r.row(i).flags&flagHasParent == 0 {
		return 0, 0
	}
	parent, currency := r.txns.field(int(i), textParent), r.row(i).currency
	for _, p := range r.rowsWithID(parent) {
		if r.row(p).kind == kind && r.row(p).currency == currency && r.movesMoney(p) {
			return p + 1, 0
		}
	}
	for _, h := range r.history[packID(parent)] {
		if p := &r.in.History[h]; p.Type == kind && p.Currency == currency {
			return 0, h + 1
		}
	}
	return 0, 0
}

// movesMoney tells the rows that stage 0 let through.
func (r *run) movesMoney(i uint32) bool {
	o := &r.out[i]
	return o.verdict != Ignored && o.reason != InvalidRow && o.reason != RetrievalOpen
}
