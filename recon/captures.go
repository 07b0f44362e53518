package recon

import "slices"

// applyCaptures runs stages 4 and 5 over the linked captures, pass by pass,
// inside a pass in processing order. Order only matters among rows that compete
// for a document.
func (r *run) applyCaptures() {
	shared := r.sharedDocuments()
	plain := r.books.Mapped == nil || !r.mayMiss(Capture)
	rows := r.rowsWhere(func(i uint32) bool {
		return r.row(i).kind == Capture && r.live(i) && r.out[i].link != 0 && !(plain && r.matchAlone(i, shared))
	})
	workers := r.in.Workers
	if !plain || r.splitsSales() {
		workers = 1 // the books, and the splits of cash sales, are asked by one
	}
	r.applyRivals(rows, workers)
}

// splitsSales tells whether a merchant's captures are split over components.
func (r *run) splitsSales() bool {
	return slices.ContainsFunc(r.merchant, func(m merchantFacts) bool { return m.model == CashSale })
}

// matchAlone matches a row for which stages 4 and 5 have nothing to decide,
// which is nearly every row: its only document is no other row's, passes every
// check and owes exactly the amount. It touches nothing but the two.
func (r *run) matchAlone(i uint32, shared docSet) bool {
	doc, only := r.onlyLink(i)
	if !only || shared.has(doc) {
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

// applyCapture checks one linked capture and applies it. before are the captures
// that competed for its documents and were processed before it.
func (r *run) applyCapture(i uint32, before []uint32) {
	docs := r.linked(i)
	if failed := r.checkCapture(i, docs, before); len(failed) > 0 {
		r.failCheck(i, docs, failed)
		return
	}
	r.applyAmount(i, docs)
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

// sameLinks tells two lists of the same documents, in whatever order.
func sameLinks(a, b []uint32) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(doc uint32) bool { return !slices.Contains(b, doc) })
}

// checkCapture evaluates every check of stage 4, in their order.
func (r *run) checkCapture(i uint32, docs, before []uint32) []Reason {
	failed := r.checkLink(i, docs)
	if r.allCancelled(docs) {
		failed = append(failed, OrderCancelled)
	}
	if r.chargedTwice(i, docs, before) {
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
func (r *run) chargedTwice(i uint32, docs, before []uint32) bool {
	if (len(before) == 0 && len(r.in.History) == 0) || r.owed(docs, 1) >= r.row(i).amount {
		return false
	}
	for _, other := range before {
		if o := &r.out[other]; o.verdict == Exception && o.reason != DuplicateTxn && o.reason != AmountOver || !sameLinks(r.linked(other), docs) {
			continue
		}
		if r.sameCharge(i, r.row(other).amount, r.row(other).currency.String(), r.txns.field(int(other), textLast4), r.row(other).settled) {
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
