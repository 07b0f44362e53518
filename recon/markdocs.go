package recon

import (
	"slices"

	"tieout/ledger/money"
)

// markDocuments notes what every document is before any row looks at it, and
// what of it is still owed, while documents still lie beside their texts. On the
// way it counts what there will be to index.
func (r *run) markDocuments() {
	card := make([]bool, len(r.docs.words.word))
	test := make([]bool, len(r.docs.words.word))
	for n, word := range r.docs.words.word {
		card[n], test[n] = r.p.CardMethods[word], r.p.TestMerchants[word]
	}
	prefix := r.p.testPrefix()
	stocks := make([]docStock, r.in.Workers)
	inRanges(r.in.Workers, len(r.docs.rows), func(worker, from, to int) {
		stock := &stocks[worker]
		for i := from; i < to; i++ {
			row := &r.docs.rows[i]
			row.flags &^= docCard | docTest | docDuplicate
			row.left, row.out = row.amount-r.docs.prior(i), docOutcome{}
			if row.flags&docFault != 0 {
				row.left, row.out = 0, docOutcome{verdict: Exception, reason: InvalidRow}
				continue
			}
			if card[row.method] {
				row.flags |= docCard
			}
			if test[row.merchant] || prefix.begins(row.order, func() string { return r.normOrder(uint32(i)) }) {
				row.flags |= docTest
			}
			stock.count(row)
		}
	})
	for w := range stocks {
		r.stock.add(&stocks[w])
	}
}

// docStock is what there is to index, at most, of sales and of credit memos.
type docStock struct{ sales, memos numbered }

// numbered counts documents with a number of each sort.
type numbered struct{ invoices, orders, requestIDs int }

func (s *docStock) count(d *docRow) {
	switch {
	case !d.takesMoney():
	case d.kind == CreditMemo:
		s.memos.count(d)
	default:
		s.sales.count(d)
	}
}

func (n *numbered) count(d *docRow) {
	if d.invoice != 0 {
		n.invoices++
	}
	if d.order != 0 {
		n.orders++
	}
	if d.flags&docHasRequestID != 0 {
		n.requestIDs++
	}
}

func (s *docStock) add(o *docStock) {
	s.sales.add(o.sales)
	s.memos.add(o.memos)
}

func (n *numbered) add(o numbered) {
	n.invoices, n.orders, n.requestIDs = n.invoices+o.invoices, n.orders+o.orders, n.requestIDs+o.requestIDs
}

// sameSale is what makes two documents the same sale entered twice.
type sameSale struct {
	kind           DocType
	order, invoice string
	currency       money.Currency
	amount         int64
}

// markDuplicates finds documents equal in type, order, invoice, currency and
// amount (DUPLICATE_ORDER). Cancelled ones do not count: cancelling one is how
// a duplicate is cleared.
func (r *run) markDuplicates(indexes ...*docIndex) {
	for _, x := range indexes {
		x.groups(func(docs []uint32) {
			first := map[sameSale]uint32{}
			for _, doc := range docs {
				row := &r.docs.rows[doc]
				if row.status == Cancelled {
					continue
				}
				key := sameSale{row.kind, r.normOrder(doc), r.normInvoice(doc), row.currency, row.amount}
				if other, twice := first[key]; twice {
					row.flags |= docDuplicate
					r.docs.rows[other].flags |= docDuplicate
				} else {
					first[key] = doc
				}
			}
		})
	}
}

func (r *run) normOrder(doc uint32) string {
	if key := r.docs.rows[doc].order; key.exact() {
		return key.text()
	}
	return Norm1(r.docs.orderNo(int(doc)))
}

func (r *run) normInvoice(doc uint32) string {
	if key := r.docs.rows[doc].invoice; key.exact() {
		return key.text()
	}
	return Norm1(r.docs.invoiceNo(int(doc)))
}

// inDocumentOrder sorts by date, order, invoice and id (stage 5).
func (r *run) inDocumentOrder(docs []uint32) []uint32 {
	if len(docs) > 1 {
		slices.SortFunc(docs, r.compareDocuments)
	}
	return docs
}
