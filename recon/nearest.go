package recon

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"tieout/ledger/money"
)

// nearest finds, for rows that no document fits, the document that comes
// closest and the condition that it fails. Documents are looked at once, and only
// those that an unmatched row could mean are kept; a row then looks at a bounded
// number of neighbours by amount and date, by card and amount, by authorisation
// code, and by reference. Everything is ordered by content, so that shuffled
// inputs give the same answer (INV-12).
type nearest struct {
	r           *run
	byAmount    []near // by amount, then date
	byCard      []near // by last four digits, then amount
	byAuth      []near // by authorisation code, then amount
	byReference map[string][]uint32
	of          map[uint32]uint32 // document+1 by row
	rows        map[uint32]uint32 // row+1 by document: the nearest way back
}

// near is a document as it is searched for.
type near struct {
	doc         uint32
	memo        bool
	date        Date
	amount      int64 // what it owes; of one that owes nothing, its amount
	last4, auth string
}

// neighbours is how many documents a search looks at on either side.
const neighbours = 6

// wantedBy is what unmatched rows ask for.
type wantedBy struct {
	amounts map[int64]bool
	last4   map[string]bool
	auth    map[string]bool
	refs    map[string]bool
}

func unmatched(reason Reason) bool {
	return reason == NoOrder || reason == RefundNoCreditMemo || reason == CreditUnlinked
}

// findNearest looks for all rows that are unmatched, of those that are open.
func (r *run) findNearest(open []uint32) *nearest {
	x := &nearest{r: r, byReference: map[string][]uint32{}, of: map[uint32]uint32{}, rows: map[uint32]uint32{}}
	var rows []uint32
	for _, i := range open {
		if unmatched(r.out[i].reason) {
			rows = append(rows, i)
		}
	}
	if len(rows) == 0 {
		return x
	}
	x.collect(r.wantedBy(rows))
	found := make([]uint32, len(rows))
	inRanges(r.in.Workers, len(rows), func(_, from, to int) {
		for k := from; k < to; k++ {
			found[k] = x.search(rows[k])
		}
	})
	for k, i := range rows {
		if doc := found[k]; doc > 0 {
			x.of[i] = doc
		}
	}
	for _, i := range r.inProcessingOrder(rows) {
		if doc := x.of[i]; doc > 0 && x.rows[doc-1] == 0 {
			x.rows[doc-1] = i + 1
		}
	}
	return x
}

func (r *run) wantedBy(rows []uint32) wantedBy {
	w := wantedBy{map[int64]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, i := range rows {
		w.amounts[abs(r.row(i).amount)] = true
		if text := strings.TrimSpace(r.txns.field(int(i), textLast4)); text != "" {
			w.last4[text] = true
		}
		if text := Norm1(r.txns.field(int(i), textAuth)); text != "" {
			w.auth[text] = true
		}
		for _, part := range parts(r.txns.reference(int(i))) {
			if text := Norm1(part); text != "" {
				w.refs[text] = true
			}
		}
	}
	return w
}

// collect keeps the documents that an unmatched row could mean.
func (x *nearest) collect(w wantedBy) {
	r := x.r
	pools := make([][]near, max(1, r.in.Workers))
	others := make([][]canonHit, len(pools))
	inRanges(len(pools), len(r.docs.rows), func(worker, from, to int) {
		for i := from; i < to; i++ {
			d := &r.docs.rows[i]
			switch {
			case !d.takesMoney():
				for _, key := range [2]string{r.normInvoice(uint32(i)), r.normOrder(uint32(i))} {
					if w.refs[key] {
						others[worker] = append(others[worker], canonHit{key, uint32(i)})
					}
				}
			case r.docs.rows[i].left != 0 || d.flags&docHasLast4 != 0:
				if n := r.nearOf(uint32(i)); w.asks(&n, r.docs.rows[i].left == 0) {
					pools[worker] = append(pools[worker], n)
				}
			}
		}
	})
	pool := slices.Concat(pools...)
	x.byAmount, x.byCard, x.byAuth = pool, slices.Clone(pool), slices.Clone(pool)
	slices.SortFunc(x.byAmount, x.compareAmounts)
	slices.SortFunc(x.byCard, x.compareCards)
	slices.SortFunc(x.byAuth, x.compareAuths)
	for _, hit := range slices.Concat(others...) {
		x.byReference[hit.key] = append(x.byReference[hit.key], hit.doc)
	}
}

func (r *run) nearOf(doc uint32) near {
	d := &r.docs.rows[doc]
	n := near{doc: doc, memo: d.kind == CreditMemo, date: d.date, amount: abs(r.docs.rows[doc].left)}
	if n.amount == 0 {
		n.amount = abs(d.amount)
	}
	n.last4, n.auth = strings.TrimSpace(r.docs.field(int(doc), docTextLast4)), Norm1(r.docs.field(int(doc), docTextAuth))
	return n
}

// asks tells whether a row may mean the document; one that owes nothing must
// have its amount and its card.
func (w *wantedBy) asks(n *near, spent bool) bool {
	if spent {
		return w.amounts[n.amount] && w.last4[n.last4]
	}
	return w.amounts[n.amount] || w.last4[n.last4] || w.auth[n.auth]
}

func compareMemo(a, b near) int {
	switch {
	case a.memo == b.memo:
		return 0
	case a.memo:
		return 1
	}
	return -1
}

func (x *nearest) compareAmounts(a, b near) int {
	if c := cmp.Or(compareMemo(a, b), cmp.Compare(a.amount, b.amount), cmp.Compare(a.date, b.date)); c != 0 {
		return c
	}
	return x.r.compareDocuments(a.doc, b.doc)
}

func (x *nearest) compareCards(a, b near) int {
	if c := strings.Compare(a.last4, b.last4); c != 0 {
		return c
	}
	return x.compareAmounts(a, b)
}

func (x *nearest) compareAuths(a, b near) int {
	if c := strings.Compare(a.auth, b.auth); c != 0 {
		return c
	}
	return x.compareAmounts(a, b)
}

// around are the neighbours of the place in a sorted list where want would stand.
func around(list []near, want near, compare func(a, b near) int) []near {
	at, _ := slices.BinarySearchFunc(list, want, compare)
	return list[max(0, at-neighbours):min(len(list), at+neighbours)]
}

// asking is a row in search of a document.
type asking struct {
	i                uint32
	row              *txnRow
	last4, auth, ref string
}

func (r *run) asking(i uint32) asking {
	return asking{
		i: i, row: r.row(i), last4: strings.TrimSpace(r.txns.field(int(i), textLast4)),
		auth: Norm1(r.txns.field(int(i), textAuth)), ref: Norm1(r.txns.reference(int(i))),
	}
}

// search finds the nearest document of a row, as document+1.
func (x *nearest) search(i uint32) uint32 {
	r, a := x.r, x.r.asking(i)
	want := near{memo: a.row.kind != Capture, date: a.row.settled, amount: abs(a.row.amount), last4: a.last4, auth: a.auth}
	best := closeness{misses: farthest + 1}
	consider := func(list []near) {
		for k := range list {
			if list[k].memo == want.memo {
				r.compareCloseness(&best, &a, &list[k])
			}
		}
	}
	for _, part := range parts(r.txns.reference(int(i))) {
		for _, doc := range x.byReference[Norm1(part)] {
			consider([]near{r.nearOf(doc)})
		}
	}
	// a place is found without the documents' own order: a row has none
	place := func(a, b near) int {
		return cmp.Or(compareMemo(a, b), cmp.Compare(a.amount, b.amount), cmp.Compare(a.date, b.date))
	}
	consider(around(x.byAmount, want, place))
	if want.last4 != "" {
		consider(around(x.byCard, want, func(a, b near) int { return cmp.Or(strings.Compare(a.last4, b.last4), place(a, b)) }))
	}
	if want.auth != "" {
		consider(around(x.byAuth, want, func(a, b near) int { return cmp.Or(strings.Compare(a.auth, b.auth), place(a, b)) }))
	}
	return best.doc
}

// farthest is how many conditions a candidate may fail.
const farthest = 2

// closeness orders candidates: by the number of conditions that they fail, by
// how far the reference is, by money, by days, then by the documents' own order.
type closeness struct {
	doc               uint32 // document+1; 0: none
	misses, ref, days int
	money             int64
}

// compareCloseness takes the document if it is nearer than the best so far.
func (r *run) compareCloseness(best *closeness, a *asking, n *near) {
	c := closeness{doc: n.doc + 1, misses: bits.OnesCount16(uint16(r.misses(a, n)))}
	if c.misses > best.misses || c.misses > farthest {
		return
	}
	c.ref, c.money, c.days = r.referenceDistance(a.ref, n.doc), abs(abs(a.row.amount)-n.amount), int(abs(int64(a.row.settled-n.date)))
	sameCard := (a.last4 != "" && a.last4 == n.last4) || (a.auth != "" && a.auth == n.auth)
	if c.money != 0 && c.ref > 2 && !sameCard {
		return // neither money nor card nor reference speaks for it
	}
	order := cmp.Or(cmp.Compare(c.misses, best.misses), cmp.Compare(c.ref, best.ref), cmp.Compare(c.money, best.money), cmp.Compare(c.days, best.days))
	if best.doc == 0 || order < 0 || order == 0 && r.compareDocuments(n.doc, best.doc-1) < 0 {
		*best = c
	}
}

// miss is a set of conditions that a document fails for a row, the weightiest first.
type miss uint16

const (
	missReadable miss = 1 << iota
	missCard
	missTest
	missCancelled
	missMerchant
	missCurrency
	missSpent
	missAmount
	missOwnLast4
	missLast4
	missDate
)

// misses holds a capture against the loose passes (P5), a refund against its credit memo.
func (r *run) misses(a *asking, n *near) (m miss) {
	d := &r.docs.rows[n.doc]
	fails := func(failed bool, which miss) {
		if failed {
			m |= which
		}
	}
	switch {
	case d.flags&docFault != 0:
		return missReadable
	case d.flags&docCard == 0:
		return missCard
	case d.flags&docTest != 0:
		return missTest
	}
	left := r.docs.rows[n.doc].left
	fails(d.status == Cancelled, missCancelled)
	fails(!r.sameMerchant(a.row.merchant, d.merchant), missMerchant)
	fails(d.currency != a.row.currency, missCurrency)
	fails(left == 0, missSpent)
	fails(left != 0 && left != a.row.amount, missAmount)
	if a.row.kind == Capture {
		days := int(a.row.settled - d.date)
		fails(a.last4 == "", missOwnLast4)
		fails(a.last4 != "" && a.last4 != n.last4, missLast4)
		fails(days > r.p.LooseDays || -days > r.p.LooseDays, missDate)
	}
	return m
}

// missed says in words which conditions a document fails for a row.
func (r *run) missed(i, doc uint32) (missed []string) {
	a, n := r.asking(i), r.nearOf(doc)
	m := r.misses(&a, &n)
	for which := missReadable; which <= missDate; which <<= 1 {
		if m&which != 0 {
			missed = append(missed, r.missText(which, &a, &n))
		}
	}
	return missed
}

func (r *run) missText(which miss, a *asking, n *near) string {
	d := &r.docs.rows[n.doc]
	switch which {
	case missReadable:
		return "it cannot be read"
	case missCard:
		return fmt.Sprintf("it is paid by %q, not by card", r.docs.words.text(d.method))
	case missTest:
		return "it is a test"
	case missCancelled:
		return "it is cancelled"
	case missMerchant:
		return fmt.Sprintf("it belongs to merchant %q, not %q", r.docs.words.text(d.merchant), r.txns.words.text(a.row.merchant))
	case missCurrency:
		return fmt.Sprintf("it is in %s, not %s", d.currency, a.row.currency)
	case missSpent:
		return fmt.Sprintf("nothing of its %s is left", money.New(abs(d.amount), d.currency))
	case missAmount:
		return amountGap(a.row, d, r.docs.rows[n.doc].left)
	case missOwnLast4:
		return "the transaction has no last 4 digits"
	case missLast4:
		if n.last4 == "" {
			return "it has no last 4 digits"
		}
		return fmt.Sprintf("its last 4 digits are %s, not %s", n.last4, a.last4)
	case missDate:
	}
	return fmt.Sprintf("%s, window is %d", apart(a.row.settled, n.date), r.p.LooseDays)
}

// amountGap says by how much an amount differs from what a document owes: "amount 31.00 of 30.97, 0.03 over".
func amountGap(row *txnRow, d *docRow, left int64) string {
	amount, owed := abs(row.amount), abs(left)
	over, word := amount-owed, "over"
	if over < 0 {
		over, word = -over, "short"
	}
	if d.currency != row.currency {
		return fmt.Sprintf("amount %s %s of %s %s", money.New(amount, row.currency), row.currency, money.New(owed, d.currency), d.currency)
	}
	return fmt.Sprintf("amount %s of %s, %s %s", money.New(amount, row.currency), money.New(owed, d.currency), money.New(over, row.currency), word)
}

// referenceDistance is how many characters a reference and the document's
// nearer number differ by; 9 stands for nothing in common.
func (r *run) referenceDistance(reference string, doc uint32) int {
	distance := 9
	for _, number := range [2]string{r.normInvoice(doc), r.normOrder(doc)} {
		if len(number) >= 4 && len(reference) >= 4 && len(number) <= 40 && len(reference) <= 40 {
			distance = min(distance, editDistance(reference, number))
		}
	}
	return distance
}

// editDistance counts insertions, deletions and replacements of bytes.
func editDistance(a, b string) int {
	var before, now [41]int
	for j := range len(b) + 1 {
		before[j] = j
	}
	for i := range len(a) {
		now[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			now[j+1] = min(before[j]+cost, before[j+1]+1, now[j]+1)
		}
		before = now
	}
	return before[len(b)]
}
