package recon

import (
	"fmt"
	"slices"
)

// applyCaptures runs stages 4 and 5 over the linked captures, pass by pass,
// inside a pass in processing order. Order only matters among rows that share
// a document, so only those are sorted.
func (r *run) applyCaptures() {
	r.applyLinked(Capture)
}

func (r *run) applyLinked(kind EventType) {
	shared := r.sharedDocuments(kind)
	plain := r.books.Mapped == nil || !r.mayMiss(kind)
	var contended []uint32
	for _, i := range r.rowsWhere(func(i uint32) bool {
		return r.row(i).kind == kind && r.live(i) && r.out[i].link != 0 && !(plain && r.matchAlone(i, shared))
	}) {
		if r.sharesDocument(i, shared) {
			contended = append(contended, i)
		} else {
			r.applyCapture(i, nil)
		}
	}
	r.inProcessingOrder(contended)
	slices.SortStableFunc(contended, func(a, b uint32) int { return int(r.out[a].pass) - int(r.out[b].pass) })
	charged := map[string][]uint32{}
	for _, i := range contended {
		r.applyCapture(i, charged)
	}
}

// matchAlone matches a row for which stages 4 and 5 have nothing to decide,
// which is nearly every row: its only document is no other row's, passes every
// check and owes exactly the amount. It touches nothing but the two.
func (r *run) matchAlone(i uint32, shared []uint8) bool {
	doc, only := r.onlyLink(i)
	if !only || shared[doc] > 1 {
		return false
	}
	row, d := r.row(i), &r.docs.rows[doc]
	days := int(row.settled - d.date)
	if row.amount <= 0 || d.left != row.amount || d.currency != row.currency || d.status == Cancelled || d.flags&docDuplicate != 0 ||
		!r.sameMerchant(row.merchant, d.merchant) || r.merchant[row.merchant].model == CashSale ||
		days < r.p.WindowBefore || days > r.p.WindowAfter {
		return false
	}
	r.match(i, One)
	d.left = 0
	return true
}

// sharedDocuments counts, up to two, how many live rows are linked to each document.
func (r *run) sharedDocuments(kind EventType) []uint8 {
	links := make([]uint8, len(r.docs.rows))
	for i := range r.txns.rows {
		if r.txns.rows[i].kind != kind || !r.live(uint32(i)) {
			continue
		}
		if doc, only := r.onlyLink(uint32(i)); only {
			links[doc] = min(2, links[doc]+1)
			continue
		}
		for _, doc := range r.linked(uint32(i)) {
			links[doc] = min(2, links[doc]+1)
		}
	}
	return links
}

func (r *run) sharesDocument(i uint32, shared []uint8) bool {
	for _, doc := range r.linked(i) {
		if shared[doc] > 1 {
			return true
		}
	}
	return false
}

// applyCapture checks one linked capture and applies it. charged holds the
// captures processed before on the same documents; nil where there are none.
func (r *run) applyCapture(i uint32, charged map[string][]uint32) {
	docs := r.linked(i)
	failed := r.checkCapture(i, docs, charged)
	if charged != nil {
		charged[docsKey(docs)] = append(charged[docsKey(docs)], i)
	}
	if len(failed) == 0 {
		r.applyAmount(i, docs)
		return
	}
	r.failCheck(i, docs, failed)
}

// failCheck suspends the whole amount and marks the documents (stage 4).
func (r *run) failCheck(i uint32, docs []uint32, failed []Reason) {
	r.suspend(i, failed[0])
	d := r.detail(i)
	d.suspended, d.shown, d.secondary = r.row(i).amount, docs, failed[1:]
	for _, doc := range docs {
		r.inherit(doc, failed[0])
	}
}

// inherit gives a document the reason of its event, if it is one that documents
// can have (3.5, column side); the first one stays.
func (r *run) inherit(doc uint32, reason Reason) {
	if reason == DuplicateTxn || reason == UnmappedGL {
		return
	}
	if _, has := r.reasons[doc]; !has {
		r.reasons[doc] = reason
	}
}

func docsKey(docs []uint32) string {
	if len(docs) == 1 {
		return string([]byte{byte(docs[0]), byte(docs[0] >> 8), byte(docs[0] >> 16), byte(docs[0] >> 24)})
	}
	sorted := slices.Sorted(slices.Values(docs))
	return fmt.Sprint(sorted)
}

// checkCapture evaluates every check of stage 4, in their order.
func (r *run) checkCapture(i uint32, docs []uint32, charged map[string][]uint32) []Reason {
	failed := r.checkLink(i, docs)
	if r.allCancelled(docs) {
		failed = append(failed, OrderCancelled)
	}
	if r.chargedTwice(i, docs, charged) {
		failed = append(failed, DuplicateTxn)
	}
	if r.outsideWindow(i, docs) {
		failed = append(failed, DateWindow)
	}
	if len(failed) == 0 && r.unmapped(i, docs) {
		failed = append(failed, UnmappedGL)
		r.detail(i).unmapped = true
	}
	return failed
}

// checkLink has the checks that captures and refunds share.
func (r *run) checkLink(i uint32, docs []uint32) (failed []Reason) {
	row := r.row(i)
	merchant, currency, twice := false, false, false
	for _, doc := range docs {
		d := &r.docs.rows[doc]
		merchant = merchant || !r.sameMerchant(row.merchant, d.merchant)
		currency = currency || d.currency != row.currency
		twice = twice || d.flags&docDuplicate != 0
	}
	if merchant {
		failed = append(failed, WrongMerchant)
	}
	if currency {
		failed = append(failed, CurrencyMismatch)
	}
	if twice {
		failed = append(failed, DuplicateOrder)
	}
	return failed
}

// sameMerchant: a document without merchant belongs to every configured one (EDGE-12).
func (r *run) sameMerchant(txn, doc uint16) bool {
	m := &r.merchant[txn]
	return m.known && (doc == 0 || (m.hasDocs && m.inDocs == doc))
}

func (r *run) outsideWindow(i uint32, docs []uint32) bool {
	for _, doc := range docs {
		days := int(r.row(i).settled - r.docs.rows[doc].date)
		if days < r.p.WindowBefore || days > r.p.WindowAfter {
			return true
		}
	}
	return false
}

// chargedTwice is DUPLICATE_TXN: a capture of the same documents, amount,
// currency and last 4 was processed before, near in time, and the documents no
// longer owe that much.
func (r *run) chargedTwice(i uint32, docs []uint32, charged map[string][]uint32) bool {
	if (charged == nil && len(r.in.History) == 0) || r.owed(docs, 1) >= r.row(i).amount {
		return false
	}
	for _, before := range charged[docsKey(docs)] {
		if o := &r.out[before]; o.verdict == Exception && o.reason != DuplicateTxn && o.reason != AmountOver {
			continue
		}
		if r.sameCharge(i, r.row(before).amount, r.row(before).currency.String(), r.txns.field(int(before), textLast4), r.row(before).settled) {
			return true
		}
	}
	return r.chargedBefore(i, docs)
}

func (r *run) chargedBefore(i uint32, docs []uint32) bool {
	for h := range r.in.History {
		p := &r.in.History[h]
		if p.Type != Capture || r.rejected[h] || len(p.Documents) != len(docs) {
			continue
		}
		if p.OpenReason != NoReason && p.OpenReason != DuplicateTxn && p.OpenReason != AmountOver {
			continue
		}
		if r.sameCharge(i, p.Amount, p.Currency.String(), p.Last4, r.postedDate(p)) && r.sameDocuments(docs, p.Documents) {
			return true
		}
	}
	return false
}

func (r *run) sameDocuments(docs []uint32, ids []string) bool {
	for _, doc := range docs {
		if !slices.Contains(ids, r.docs.id(int(doc))) {
			return false
		}
	}
	return true
}

func (r *run) sameCharge(i uint32, amount int64, currency, last4 string, settled Date) bool {
	row := r.row(i)
	days := int(row.settled - settled)
	return row.amount == amount && row.currency.String() == currency && r.txns.field(int(i), textLast4) == last4 &&
		days <= r.p.DuplicateDays && -days <= r.p.DuplicateDays
}

// postedDate is the settlement date of a posted event.
func (r *run) postedDate(p *Posted) Date {
	if p.BatchDate != 0 || p.Batched == 0 {
		return p.BatchDate
	}
	return r.p.SettlementDate(p.Merchant, p.Batched)
}
