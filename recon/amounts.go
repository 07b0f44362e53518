package recon

import (
	"math/bits"
	"slices"

	"tieout/ledger/money"
)

// owed is what the documents still owe in the direction of sign: +1 for
// captures, -1 for refunds. Cancelled documents owe nothing (EDGE-8).
func (r *run) owed(docs []uint32, sign int64) int64 {
	total := int64(0)
	for _, doc := range docs {
		if r.docs.rows[doc].status != Cancelled {
			total += max(0, sign*r.docs.rows[doc].left)
		}
	}
	return total
}

// applyAmount is stage 5: which of the linked documents take how much.
func (r *run) applyAmount(i uint32, docs []uint32) {
	sign, a := int64(1), r.row(i).amount
	if a < 0 {
		sign, a = -1, -a
	}
	if len(docs) == 1 && r.docs.rows[docs[0]].status != Cancelled && sign*r.docs.rows[docs[0]].left == a {
		r.match(i, One)
		r.take(i, docs[0], sign*a)
		return
	}
	var open []uint32
	for _, doc := range docs {
		if r.docs.rows[doc].status != Cancelled && sign*r.docs.rows[doc].left > 0 {
			open = append(open, doc)
		}
	}
	total := r.owed(open, sign)
	if chosen := r.chooseExactly(open, a, total, sign); chosen != nil {
		r.settle(i, chosen, a, sign)
		return
	}
	switch {
	case a != total && r.tolerated(i, docs, a-total, total):
		r.settle(i, open, total, sign)
		r.out[i].kind = WithinTolerance
		d := r.detail(i)
		d.writeOff = r.row(i).amount - d.applied
	case a < total:
		r.settle(i, open, a, sign)
	default:
		r.settle(i, open, total, sign)
		r.except(i, AmountOver)
		r.detail(i).suspended = sign * (a - total)
	}
}

// chooseExactly has the steps of stage 5 that leave no difference: one document, all, or the only subset.
func (r *run) chooseExactly(open []uint32, a, total, sign int64) []uint32 {
	for _, doc := range open {
		if sign*r.docs.rows[doc].left == a {
			return []uint32{doc}
		}
	}
	if a == total && total > 0 {
		return open
	}
	if len(open) >= 3 && len(open) <= 8 {
		return r.onlySubset(open, a, sign)
	}
	return nil
}

// onlySubset is the one subset that sums to a; nil if there is none or several.
func (r *run) onlySubset(open []uint32, a, sign int64) []uint32 {
	var only uint
	for set := uint(1); set < 1<<len(open); set++ {
		sum := int64(0)
		for rest := set; rest != 0; rest &= rest - 1 {
			sum += sign * r.docs.rows[open[bits.TrailingZeros(rest)]].left
		}
		if sum == a {
			if only != 0 {
				return nil
			}
			only = set
		}
	}
	var docs []uint32
	for rest := only; rest != 0; rest &= rest - 1 {
		docs = append(docs, open[bits.TrailingZeros(rest)])
	}
	return docs
}

// tolerated is MAT-07. Equal counts as inside.
func (r *run) tolerated(i uint32, docs []uint32, diff, total int64) bool {
	if diff < 0 {
		diff = -diff
	}
	limit, has := r.p.Tolerance.Absolute[r.row(i).currency]
	if !has || diff > limit || diff*10000 > r.p.Tolerance.PercentBP*total {
		return false
	}
	for _, doc := range docs {
		if s := r.docs.rows[doc].status; s != Cancelled && !s.FullyShipped() {
			return false
		}
	}
	return true
}

// settle gives the amount to the documents in their order.
func (r *run) settle(i uint32, docs []uint32, amount, sign int64) {
	var taken []docPart
	for _, doc := range docs {
		part := min(amount, sign*r.docs.rows[doc].left)
		if part <= 0 {
			continue
		}
		taken = append(taken, docPart{doc, sign * part})
		amount -= part
	}
	kind := One
	if len(taken) > 1 {
		kind = SplitDocs
	}
	r.match(i, kind)
	d := r.detail(i)
	d.applied, d.parts, d.shown = 0, taken, nil
	for _, p := range taken {
		d.applied += p.amount
		d.shown = append(d.shown, p.doc)
		r.take(i, p.doc, p.amount)
	}
}

func (r *run) match(i uint32, kind Kind) {
	o := &r.out[i]
	o.verdict, o.reason, o.kind = Matched, NoReason, kind
}

// take applies a row's money to a document; a cash sale is split into its components.
func (r *run) take(i, doc uint32, amount int64) {
	r.docs.rows[doc].left -= amount
	if r.merchant[r.row(i).merchant].model == CashSale {
		r.allot(Allotment{Doc: doc, Row: int(i), Posted: -1}, amount)
	}
}

// Allotment is how an amount of one row, or of one carried item, was split over
// a document's components (GL-14). Parts are never negative.
type Allotment struct {
	Doc    uint32
	Row    int // row index, -1 for a carried item
	Posted int // history index, -1 for a row
	Parts  Components
	Back   bool // a reject takes the parts back
}

// allot splits over what remains of each component, so that none goes negative
// and the last capture takes exactly what is left (GL-14).
func (r *run) allot(a Allotment, amount int64) {
	left := r.componentsLeft(a.Doc)
	a.Parts = Components(money.Split(abs(amount), left[:]))
	for k := range left {
		left[k] -= a.Parts[k]
	}
	r.parts[a.Doc] = left
	r.allots = append(r.allots, a)
}

// componentsLeft are the components not yet paid. What earlier runs applied
// without a stored split is split from the original components first.
func (r *run) componentsLeft(doc uint32) Components {
	if left, ok := r.parts[doc]; ok {
		return left
	}
	left := r.absComponents(doc)
	unsplit := abs(r.prior(doc))
	for k, part := range r.priors[doc].Parts {
		left[k] -= part
		unsplit -= part
	}
	if unsplit > 0 {
		for k, part := range money.Split(unsplit, left[:]) {
			left[k] -= part
		}
	}
	return left
}

func (r *run) absComponents(doc uint32) Components {
	c := r.docs.components(int(doc))
	for k := range c {
		c[k] = abs(c[k])
	}
	return c
}

// unapply gives a document back what an earlier run applied to it.
func (r *run) unapply(i, doc uint32, amount int64) {
	if r.merchant[r.row(i).merchant].model == CashSale {
		left, whole := r.componentsLeft(doc), r.absComponents(doc)
		paid := whole
		for k := range paid {
			paid[k] -= left[k]
		}
		back := Components(money.Split(abs(amount), slices.Clone(paid[:])))
		for k := range left {
			left[k] += back[k]
		}
		r.parts[doc] = left
		r.allots = append(r.allots, Allotment{Doc: doc, Row: int(i), Posted: -1, Parts: back, Back: true})
	}
	r.docs.rows[doc].left += amount
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
