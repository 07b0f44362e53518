package recon

import (
	"slices"

	"tieout/ledger/money"
)

// applyRefunds is stage 8: refunds and credits against credit memos, with the
// checks of that stage; a refund without memo may clear what its capture still
// holds in suspense (EDGE-7).
func (r *run) applyRefunds() {
	over := r.refundsOver()
	var byPass [Direct + 2][]uint32
	for _, i := range r.liveRows(Refund, Credit) {
		at := r.passOrder(i)
		byPass[at] = append(byPass[at], i)
	}
	for _, rows := range byPass {
		for _, i := range rows {
			r.applyRefund(i, over[i])
		}
	}
}

// passOrder puts rows without a link last.
func (r *run) passOrder(i uint32) Pass {
	if r.out[i].link == 0 {
		return Direct + 1
	}
	return r.out[i].pass
}

func (r *run) applyRefund(i uint32, over bool) {
	docs := r.linked(i)
	var failed []Reason
	if len(docs) > 0 {
		failed = r.checkLink(i, docs)
	} else if !r.merchant[r.row(i).merchant].known {
		failed = append(failed, WrongMerchant)
	}
	if over {
		failed = append(failed, RefundOverCapture)
	}
	if len(docs) == 0 {
		if len(failed) == 0 && r.clearsSuspense(i) {
			return
		}
		if r.row(i).kind == Refund {
			failed = append(failed, RefundNoCreditMemo)
		} else {
			failed = append(failed, CreditUnlinked)
		}
	}
	if len(failed) == 0 && r.unmapped(i, docs) {
		failed = append(failed, UnmappedGL)
		r.detail(i).unmapped = true
	}
	if len(failed) > 0 {
		r.failCheck(i, docs, failed)
		return
	}
	r.applyAmount(i, docs)
}

// parentKey is the capture that a refund follows, wherever it is.
type parentKey struct {
	row    uint32
	posted int
}

// refundsOver finds the refunds with which the running sum of a capture's
// refunds, those of earlier runs and failed ones included, exceeds the capture.
func (r *run) refundsOver() map[uint32]bool {
	over := map[uint32]bool{}
	sums := map[parentKey]int64{}
	refunds := r.besidesWhere(func(i uint32) bool { return r.row(i).kind == Refund && r.movesMoney(i) && r.out[i].kind != Rejected })
	for k, key := range r.parentCaptures(refunds) {
		i := refunds[k]
		if key == (parentKey{}) {
			continue
		}
		if _, started := sums[key]; !started {
			sums[key] = r.refundedBefore(key)
		}
		sums[key] += abs(r.row(i).amount)
		if excess := sums[key] - r.parentAmount(key); excess > 0 {
			over[i], r.excess[i] = true, excess
		}
	}
	return over
}

func (r *run) parentAmount(key parentKey) int64 {
	if key.row > 0 {
		return r.row(key.row - 1).amount
	}
	return r.in.History[key.posted-1].Amount
}

func (r *run) parentCurrency(key parentKey) money.Currency {
	if key.row > 0 {
		return r.row(key.row - 1).currency
	}
	return r.in.History[key.posted-1].Currency
}

func (r *run) parentID(key parentKey) string {
	if key.row > 0 {
		return r.txns.idText(int(key.row - 1))
	}
	return r.in.History[key.posted-1].ID
}

// refundedBefore is what earlier runs refunded of the capture.
func (r *run) refundedBefore(key parentKey) int64 {
	total := int64(0)
	for _, h := range r.postedChildren(key) {
		if p := &r.in.History[h]; (p.Type == Refund || p.Type == CreditOrRefund) && !r.rejected[h] {
			total += abs(p.Amount)
		}
	}
	return total
}

// postedChildren are the posted events that follow an event, in its currency.
func (r *run) postedChildren(parent parentKey) []int {
	if r.children == nil {
		r.children = map[string][]int{}
		for h := range r.in.History {
			if parent := r.in.History[h].Parent; parent != "" {
				r.children[parent] = append(r.children[parent], h)
			}
		}
	}
	if len(r.children) == 0 {
		return nil
	}
	currency := r.parentCurrency(parent)
	all := r.children[r.parentID(parent)]
	if !slices.ContainsFunc(all, func(h int) bool { return r.in.History[h].Currency != currency }) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(h int) bool { return r.in.History[h].Currency != currency })
}

// refundClears are the reasons whose suspended money a refund gives back.
func refundClears(reason Reason) bool {
	return reason == DuplicateTxn || reason == OrderCancelled || reason == NoOrder || reason == AmountOver
}

// clearsSuspense matches a refund of exactly what its capture still holds in
// suspense; both leave the open list (EDGE-7).
func (r *run) clearsSuspense(i uint32) bool {
	row, posted := r.parentCapture(i)
	amount := abs(r.row(i).amount)
	switch {
	case row > 0:
		p := row - 1
		_, suspended, _ := r.money(p)
		if o := &r.out[p]; o.verdict != Exception || !refundClears(o.reason) || suspended != amount ||
			r.row(p).currency != r.row(i).currency || r.detail(p).closed {
			return false
		}
		d := r.detail(p)
		if d.applied == 0 && d.suspended == 0 && d.writeOff == 0 {
			d.suspended = suspended
		}
		d.closed = true
	case posted > 0:
		p := &r.in.History[posted-1]
		if held, open := r.held[posted-1]; !open || held != amount || !refundClears(p.OpenReason) || p.Currency != r.row(i).currency {
			return false
		}
		delete(r.held, posted-1)
		r.cleared = append(r.cleared, Cleared{Posted: posted - 1, Pass: ByParent, Amount: amount, ByRow: i + 1})
	default:
		return false
	}
	r.match(i, ClearsSuspense)
	r.out[i].pass = ByParent
	d := r.detail(i)
	d.suspended, d.closed = r.row(i).amount, true
	return true
}

// money is what of the row's amount was applied, suspended and written off, in
// minor units; the three add up to the row's financial effect (INV-3).
func (r *run) money(i uint32) (applied, suspended, writeOff int64) {
	o := &r.out[i]
	if o.more != 0 {
		if d := &r.details[o.more-1]; d.applied != 0 || d.suspended != 0 || d.writeOff != 0 {
			return d.applied, d.suspended, d.writeOff
		}
	}
	amount := r.row(i).amount
	switch {
	case o.verdict == Matched:
		return amount, 0, 0
	case o.verdict == Exception && o.reason != InvalidRow && o.reason != RetrievalOpen:
		return 0, amount, 0
	}
	return 0, 0, 0
}
