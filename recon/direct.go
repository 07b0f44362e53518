package recon

// bookDirect is stage 9: fees, reserves and adjustments need no document;
// disputes need the event that they dispute.
func (r *run) bookDirect() {
	r.clearDisputes()
	for _, i := range r.liveRows(Fee, ReserveHold, ReserveRelease, Adjustment) {
		r.bookCharge(i)
	}
	for _, i := range r.liveRows(Chargeback, ChargebackReversal) {
		if r.row(i).kind == Chargeback {
			r.bookChargeback(i)
		} else {
			r.bookReversal(i)
		}
	}
}

func (r *run) bookCharge(i uint32) {
	mapping := r.mapping(i, nil)
	switch {
	case r.row(i).kind == Adjustment && mapping == CodeUnknown:
		r.suspend(i, AdjustmentUnexplained)
	case mapping != AccountFound:
		r.holdUnmapped(i, nil)
		r.out[i].pass = Direct
	default:
		r.match(i, DirectKind)
		r.out[i].pass = Direct
	}
}

// bookChargeback: a dispute is open against a known capture as far as the
// capture is not disputed already (EDGE-11); else it is unlinked as a whole.
func (r *run) bookChargeback(i uint32) {
	row, posted := r.parentOf(i, Capture)
	key := parentKey{row, posted}
	amount := abs(r.row(i).amount)
	if row == 0 && posted == 0 {
		r.suspend(i, ChargebackUnlinked)
		return
	}
	if left := r.parentAmount(key) - r.disputed(key); amount > left {
		r.excess[i] = amount - left
		r.suspend(i, ChargebackUnlinked)
		return
	}
	r.out[i].pass = ByParent
	if r.unmapped(i, nil) {
		r.holdUnmapped(i, nil)
		return
	}
	r.disputes[key] += amount
	r.except(i, ChargebackOpen)
	d := r.detail(i)
	d.applied = r.row(i).amount
	if r.refundedEver(key) {
		d.secondary = append(d.secondary, RefundAndChargeback)
	}
}

// disputed is what is charged back of a capture and not reversed so far.
func (r *run) disputed(key parentKey) int64 {
	if r.disputes == nil {
		r.disputes = map[parentKey]int64{}
	}
	if open, known := r.disputes[key]; known {
		return open
	}
	open := int64(0)
	for _, h := range r.postedChildren(key) {
		p := &r.in.History[h]
		if p.Type != Chargeback || (p.OpenReason == ChargebackUnlinked && r.stillHeld(h)) {
			continue
		}
		open += abs(p.Amount)
		for _, reversal := range r.postedChildren(parentKey{posted: h + 1}) {
			if q := &r.in.History[reversal]; q.Type == ChargebackReversal && q.OpenReason != ChargebackUnlinked {
				open -= q.Amount
			}
		}
	}
	r.disputes[key] = open
	return open
}

func (r *run) stillHeld(h int) bool {
	_, held := r.held[h]
	return held
}

// refundedEver tells whether any refund followed the capture, in this run or before (EDGE-11).
func (r *run) refundedEver(key parentKey) bool {
	if r.refunded == nil {
		r.refunded = map[parentKey]bool{}
		for _, i := range r.besidesWhere(func(i uint32) bool { return r.row(i).kind == Refund && r.movesMoney(i) && r.out[i].kind != Rejected }) {
			row, posted := r.parentCapture(i)
			r.refunded[parentKey{row, posted}] = true
		}
	}
	return r.refunded[key] || r.refundedBefore(key) != 0
}

// bookReversal: a representment won gives back a dispute that is booked.
func (r *run) bookReversal(i uint32) {
	amount := r.row(i).amount
	row, posted := r.parentOf(i, Chargeback)
	dispute := parentKey{row, posted}
	if row == 0 && posted == 0 {
		r.suspend(i, ChargebackUnlinked)
		return
	}
	if open := r.disputeOpen(dispute); amount > open {
		r.excess[i] = amount - open
		r.suspend(i, ChargebackUnlinked)
		return
	}
	r.out[i].pass = ByParent
	if r.unmapped(i, nil) {
		r.holdUnmapped(i, nil)
		return
	}
	r.reversed[dispute] += amount
	if capture := r.disputedCapture(dispute); capture != (parentKey{}) {
		r.disputed(capture)
		r.disputes[capture] -= amount
	}
	r.match(i, DirectKind)
}

// disputeOpen is what of a chargeback sits on the disputes account: nothing if
// it is unlinked, or comes later in processing order (INV-14).
func (r *run) disputeOpen(dispute parentKey) int64 {
	if r.reversed == nil {
		r.reversed = map[parentKey]int64{}
	}
	open := abs(r.parentAmount(dispute)) - r.reversed[dispute]
	if dispute.row > 0 {
		if row := dispute.row - 1; r.live(row) || r.out[row].reason == ChargebackUnlinked {
			return 0
		}
		return open
	}
	if r.stillHeld(dispute.posted - 1) {
		return 0
	}
	for _, h := range r.postedChildren(dispute) {
		if p := &r.in.History[h]; p.Type == ChargebackReversal {
			open -= p.Amount
		}
	}
	return open
}

func (r *run) disputedCapture(dispute parentKey) parentKey {
	if dispute.row > 0 {
		row, posted := r.parentOf(dispute.row-1, Capture)
		return parentKey{row, posted}
	}
	return r.captureOf(&r.in.History[dispute.posted-1])
}

// captureOf finds the capture that a posted event follows.
func (r *run) captureOf(p *Posted) parentKey {
	if p.Parent == "" {
		return parentKey{}
	}
	for _, row := range r.rowsWithID(p.Parent) {
		if r.row(row).kind == Capture && r.row(row).currency == p.Currency && r.movesMoney(row) {
			return parentKey{row: row + 1}
		}
	}
	for _, h := range r.history[packID(p.Parent)] {
		if q := &r.in.History[h]; q.Type == Capture && q.Currency == p.Currency {
			return parentKey{posted: h + 1}
		}
	}
	return parentKey{}
}

// clearDisputes moves carried chargebacks whose original is known now from
// suspense to the disputes account (EDGE-6). One without an account for it waits.
func (r *run) clearDisputes() {
	for h := range r.in.History {
		p := &r.in.History[h]
		if p.Type != Chargeback || p.OpenReason != ChargebackUnlinked || !r.stillHeld(h) {
			continue
		}
		capture := r.captureOf(p)
		if capture == (parentKey{}) || abs(p.Amount) > r.parentAmount(capture)-r.disputed(capture) {
			continue
		}
		if why := r.disputeWaits(p); why != "" {
			r.waiting[h] = Waiting{Why: why}
			continue
		}
		delete(r.held, h)
		r.disputes[capture] += abs(p.Amount)
		r.cleared = append(r.cleared, Cleared{Posted: h, Pass: ByParent, Amount: p.Suspended, ToDispute: true})
	}
}
