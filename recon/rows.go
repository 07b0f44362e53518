package recon

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"tieout/ledger/money"
)

// sortOutRows is stage 0: what is left undecided moves money and is live.
// The order of the tests is that of settlement-accounting 3.4.
func (r *run) sortOutRows() {
	followers := r.findInvalid()
	repeats := r.compareRepeats()
	r.checkFollowers(followers)
	r.compareHistory()
	r.ignoreRepeats(repeats)
	credits := r.openCredits()
	found := make([][]sale, r.in.Workers)
	inRanges(r.in.Workers, len(r.txns.rows), func(worker, from, to int) {
		var mine []sale
		for i := uint32(from); i < uint32(to); i++ {
			mine = credits.look(i, mine)
			r.sortOut(i)
		}
		found[worker] = mine
	})
	credits.resolve(found)
	r.besides = r.inProcessingOrder(r.besides)
	r.ignoreVoided()
}

// dateRows derives settlement dates (MAT-05) and notes test rows, while rows
// still lie beside their texts. On the way it sees which events, ids and dates there are.
func (r *run) dateRows() {
	prefix := r.p.testPrefix()
	nothing := rowSpan{leastID: ^uint64(0), first: math.MaxInt32, last: math.MinInt32}
	spans, events := slices.Repeat([]rowSpan{nothing}, r.in.Workers), make([][eventTypes]bool, r.in.Workers)
	inRanges(r.in.Workers, len(r.txns.rows), func(worker, from, to int) {
		var here [eventTypes]bool // not in the span, which shall stay in registers
		span := nothing
		for i := from; i < to; i++ {
			r.dateRow(uint32(i), prefix)
			row := &r.txns.rows[i]
			here[row.kind] = true
			span.leastID, span.greatestID = min(span.leastID, row.id.hi), max(span.greatestID, row.id.hi)
			if row.settled != 0 {
				span.first, span.last = min(span.first, row.settled), max(span.last, row.settled)
			}
		}
		spans[worker], events[worker] = span, here
	})
	all := nothing
	for w := range spans {
		all.cover(spans[w])
		for kind, here := range events[w] {
			r.events[kind] = r.events[kind] || here
		}
	}
	if r.events[CreditOrRefund] { // becomes one of the two
		r.events[Refund], r.events[Credit] = true, true
	}
	r.idSpan, r.firstDay, r.lastDay = scaleOf(all.leastID, all.greatestID), all.first, all.last
}

// rowSpan is between what the rows' ids and settlement dates lie.
type rowSpan struct {
	leastID, greatestID uint64
	first, last         Date
}

func (s *rowSpan) cover(o rowSpan) {
	s.leastID, s.greatestID = min(s.leastID, o.leastID), max(s.greatestID, o.greatestID)
	s.first, s.last = min(s.first, o.first), max(s.last, o.last)
}

func (r *run) dateRow(i uint32, tests testPrefix) {
	row := r.row(i)
	if row.flags&flagHasBatchTime != 0 && row.flags&flagDateOnly == 0 {
		row.settled = r.p.SettlementDate(r.txns.words.text(row.merchant), Instant(r.batchInstant(i)))
	}
	row.flags = row.flags&^flagTest | flagDated
	if r.merchant[row.merchant].test || tests.begins(row.ref, func() string { return r.txns.norm(int(i)) }) {
		row.flags |= flagTest
	}
}

// findInvalid applies the tests of INVALID_ROW that need one row, and returns
// the rows whose test needs what they follow. On the way it lists the few rows
// that are no captures, for who asks for them later.
func (r *run) findInvalid() (followers []uint32) {
	suspects := make([][]uint32, r.in.Workers)
	besides := make([][]uint32, r.in.Workers)
	inRanges(r.in.Workers, len(r.txns.rows), func(worker, from, to int) {
		var wrong, others []uint32
		for i := from; i < to; i++ {
			row := &r.txns.rows[i]
			if row.kind != Capture {
				others = append(others, uint32(i))
			}
			if row.flags&flagFault != 0 || row.kind == Void || row.kind == Reject || wrongSign(row.kind, row.amount) ||
				(row.currency != r.p.Base && !r.rated(row)) {
				wrong = append(wrong, uint32(i))
			}
		}
		suspects[worker], besides[worker] = wrong, others
	})
	r.besides = slices.Concat(besides...)
	for _, at := range slices.Concat(suspects...) {
		row := r.row(at)
		if row.flags&flagFault != 0 {
			r.except(at, InvalidRow)
			continue
		}
		switch {
		case !r.rated(row):
			r.invalidate(at, "rate", "no_rate", fmt.Sprintf("there is no rate for %s; add it to rates in the policy and run again", row.currency))
		case wrongSign(row.kind, row.amount):
			r.invalidate(at, "amount", "wrong_sign", fmt.Sprintf("a %s cannot be %s %s; amounts are signed from the merchant's side", row.kind, money.New(row.amount, row.currency), row.currency))
		case row.kind == Void || row.kind == Reject:
			followers = append(followers, at)
		}
	}
	return followers
}

// rated tells a row whose currency has a rate. A memo without any amount needs none.
func (r *run) rated(row *txnRow) bool {
	return r.p.Rate(row.currency).Known() || row.currency == 0 && row.amount == 0 && !row.kind.Financial()
}

// checkFollowers comes after every row was looked at by itself: what a row may
// follow depends on whether that can be trusted.
func (r *run) checkFollowers(followers []uint32) {
	for _, i := range followers {
		switch {
		case r.row(i).flags&flagFault != 0:
		case r.row(i).kind == Void:
			r.checkVoid(i)
		default:
			r.checkReject(i)
		}
	}
}

func (r *run) invalidate(i uint32, column, code, message string) {
	r.txns.rows[i].flags |= flagFault
	r.found[i] = true
	r.txns.faults[r.row(i).text] = Fault{Column: column, Code: code, Message: message, CurrencyText: r.row(i).currency.String()}
	r.except(i, InvalidRow)
}

// wrongSign tells a sign that the event cannot have (1.2). Zero is no wrong sign.
func wrongSign(kind EventType, amount int64) bool {
	switch kind {
	case Capture, ChargebackReversal, ReserveRelease:
		return amount < 0
	case Refund, Credit, CreditOrRefund, Chargeback, ReserveHold:
		return amount > 0
	case UnknownEvent, Auth, AuthReversal, Void, Retrieval, Reject, Fee, Adjustment, eventTypes:
	}
	return false
}

func voidable(kind EventType) bool {
	return kind == Capture || kind == Refund || kind == Credit || kind == CreditOrRefund
}

// checkVoid refuses a void of an event that was submitted already.
func (r *run) checkVoid(i uint32) {
	parent := r.txns.field(int(i), textParent)
	submitted := false
	for _, target := range r.rowsWithID(parent) {
		row := r.row(target)
		submitted = submitted || voidable(row.kind) && row.flags&flagFault == 0 && row.flags&flagHasBatchTime != 0
	}
	for _, h := range r.history[packID(parent)] {
		submitted = submitted || voidable(r.in.History[h].Type)
	}
	if submitted {
		r.invalidate(i, "parent_txn_id", "void_of_submitted", "a submitted event cannot be voided; only a refund can follow it")
	}
}

// checkReject refuses a reject that has its target's sign.
func (r *run) checkReject(i uint32) {
	target, ok := r.rejectTarget(i)
	if row := r.row(i); ok && row.amount != 0 && target.amount != 0 && (row.amount > 0) == (target.amount > 0) {
		r.invalidate(i, "amount", "wrong_sign", "a REJECT has the opposite sign of what it rejects")
	}
}

// compareRepeats finds the same natural key (id, event type) more than once: with
// different content all of its rows are invalid; groups of equal rows are returned.
func (r *run) compareRepeats() (equal [][]uint32) {
	for _, same := range r.repeats {
		equal = append(equal, r.compareGroup(r.byID[same.from:same.to])...)
	}
	return equal
}

// compareHistory looks for what an earlier run posted under the same natural key.
func (r *run) compareHistory() {
	if len(r.in.History) == 0 {
		return
	}
	for i := range r.txns.rows {
		if r.live(uint32(i)) {
			r.compareWithPosted(uint32(i))
		}
	}
}

// compareGroup looks at the rows of one id, event type by event type.
func (r *run) compareGroup(rows []uint32) (equal [][]uint32) {
	for kind := Auth; kind < eventTypes; kind++ {
		var same []uint32
		for _, i := range rows {
			if r.row(i).kind == kind {
				same = append(same, i)
			}
		}
		if len(same) > 1 {
			same = r.supersede(same)
			if len(same) > 1 && r.sameEvent(same) {
				equal = append(equal, same)
			}
		}
	}
	return equal
}

// sameEvent tells rows of one key with equal content. Else all of them are
// invalid: nobody can know which one is right. What a faulty row says cannot be
// compared, so it is different content.
func (r *run) sameEvent(rows []uint32) bool {
	equal, faulty := true, 0
	for _, i := range rows {
		equal = equal && r.sameContent(i, rows[0])
		if r.row(i).flags&flagFault != 0 {
			faulty++
		}
	}
	if faulty == 0 && equal || faulty == len(rows) {
		return faulty == 0
	}
	r.distrust(rows, "the same id and event type comes with different content; none of these rows can be trusted")
	return false
}

// ignoreRepeats keeps one of several equal rows: that of the report whose word
// counts first, then of the file kept first, then of the lowest label.
func (r *run) ignoreRepeats(groups [][]uint32) {
	for _, rows := range groups {
		first := rows[0]
		for _, i := range rows {
			if cmp.Or(r.rank(i)-r.rank(first), r.generation(i)-r.generation(first), r.compareLabels(i, first)) < 0 {
				first = i
			}
		}
		for _, i := range rows {
			if i != first && r.live(i) {
				r.ignore(i, DuplicateRow)
			}
		}
	}
}

func (r *run) compareLabels(a, b uint32) int {
	x, errX := strconv.Atoi(r.txns.field(int(a), textRowNo))
	y, errY := strconv.Atoi(r.txns.field(int(b), textRowNo))
	if errX != nil || errY != nil {
		return 0
	}
	return cmp.Compare(x, y)
}

// sameContent compares by value everything but label and place (EDGE-10).
func (r *run) sameContent(a, b uint32) bool {
	x, y := r.txns.At(int(a)), r.txns.At(int(b))
	for _, t := range []*Transaction{&x, &y} {
		t.RowNo, t.Source, t.Fault = "", Source{}, nil
	}
	if len(x.Custom) != len(y.Custom) {
		return false
	}
	for k := range x.Custom {
		if x.Custom[k] != y.Custom[k] {
			return false
		}
	}
	x.Custom, y.Custom = nil, nil
	return fmt.Sprintf("%+v", x) == fmt.Sprintf("%+v", y)
}

func (r *run) compareWithPosted(i uint32) {
	row := r.row(i)
	for _, h := range r.history[row.id] {
		posted := &r.in.History[h]
		if !sameNaturalKind(row.kind, posted.Type) {
			continue
		}
		r.know(i, posted)
		switch {
		case r.restates(i, posted):
			r.restate(i, posted)
		case posted.Amount == row.amount && posted.Currency == row.currency:
			r.ignore(i, DuplicateRow)
		default:
			r.invalidate(i, "amount", "posted_differently", fmt.Sprintf("an earlier run posted this id with %s %s", money.New(posted.Amount, posted.Currency), posted.Currency))
		}
		return
	}
	r.comparePart(i)
}

func sameNaturalKind(a, b EventType) bool {
	either := func(k EventType) bool { return k == Refund || k == Credit || k == CreditOrRefund }
	return a == b || (a == CreditOrRefund && either(b)) || (b == CreditOrRefund && either(a))
}

// sortOut applies the tests of stage 0 that ignore a row, one after the other.
func (r *run) sortOut(i uint32) {
	row := r.row(i)
	if !r.live(i) {
		return
	}
	switch {
	case row.flags&flagTest != 0:
		r.ignore(i, Test)
	case row.kind == Void:
		r.ignore(i, Voided)
	case row.kind == Auth || row.kind == AuthReversal:
		r.ignore(i, NonFinancial)
	case row.kind == Retrieval:
		r.except(i, RetrievalOpen)
	case row.flags&flagHasBatchTime == 0:
		r.ignore(i, PendingBatch)
	case row.settled > r.p.To:
		r.ignore(i, OutOfRange)
	case row.amount == 0:
		r.ignore(i, ZeroAmount)
	}
}

// ignoreVoided ignores what a void takes back before it was submitted.
func (r *run) ignoreVoided() {
	if !r.events[Void] {
		return
	}
	for i := range r.txns.rows {
		if r.txns.rows[i].kind != Void || r.out[i].reason != Voided {
			continue
		}
		for _, target := range r.rowsWithID(r.txns.field(i, textParent)) {
			if voidable(r.row(target).kind) && r.out[target].reason == PendingBatch {
				r.ignore(target, Voided)
			}
		}
	}
}
