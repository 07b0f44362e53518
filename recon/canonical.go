package recon

import (
	"slices"
	"strings"
)

// canonIndex serves P3. Few rows come this far, so the rows' keys are held in
// memory and the documents pass by once.
type canonIndex struct {
	r         *run
	byInvoice map[string][]uint32
	byOrder   map[string][]uint32
	prefixed  map[string][]uint32 // documents that a truncated reference is the beginning of
}

// buildCanon finds the documents that any of the references may mean.
func (r *run) buildCanon(references []string, want func(*docRow) bool) *canonIndex {
	x := &canonIndex{r: r, byInvoice: map[string][]uint32{}, byOrder: map[string][]uint32{}, prefixed: map[string][]uint32{}}
	wanted, cut := map[string]bool{}, []string(nil)
	for _, reference := range references {
		for _, part := range parts(reference) {
			if key := r.p.Canon.Of(part); key != "" {
				wanted[key] = true
			}
		}
		if r.truncated(reference) {
			cut = append(cut, Norm1(reference))
		}
	}
	if len(wanted)+len(cut) == 0 {
		return x
	}
	found := make([]canonHits, r.in.Workers)
	inRanges(r.in.Workers, len(r.docs.rows), func(worker, from, to int) {
		for i := from; i < to; i++ {
			if want(&r.docs.rows[i]) {
				r.matchCanon(&found[worker], uint32(i), wanted, cut)
			}
		}
	})
	for _, hits := range found {
		for _, h := range hits.invoice {
			x.byInvoice[h.key] = append(x.byInvoice[h.key], h.doc)
		}
		for _, h := range hits.order {
			x.byOrder[h.key] = append(x.byOrder[h.key], h.doc)
		}
		for _, h := range hits.prefix {
			x.prefixed[h.key] = append(x.prefixed[h.key], h.doc)
		}
	}
	return x
}

type canonHit struct {
	key string
	doc uint32
}

type canonHits struct{ invoice, order, prefix []canonHit }

func (r *run) matchCanon(hits *canonHits, doc uint32, wanted map[string]bool, cut []string) {
	invoice, order := r.docs.invoiceNo(int(doc)), r.docs.orderNo(int(doc))
	if key := r.p.Canon.Of(invoice); wanted[key] {
		hits.invoice = append(hits.invoice, canonHit{key, doc})
	}
	if key := r.p.Canon.Of(order); wanted[key] {
		hits.order = append(hits.order, canonHit{key, doc})
	}
	for _, reference := range cut {
		if strings.HasPrefix(Norm1(invoice), reference) || strings.HasPrefix(Norm1(order), reference) {
			hits.prefix = append(hits.prefix, canonHit{reference, doc})
		}
	}
}

// truncated tells a reference of exactly the length at which the processor cuts (MAT-04).
func (r *run) truncated(reference string) bool {
	return r.p.TruncatedReference > 0 && len([]rune(strings.TrimSpace(reference))) == r.p.TruncatedReference
}

// find is P3: every part of the reference by its loose form; else a truncated
// reference as the beginning of exactly one document's number.
func (x *canonIndex) find(reference string) []uint32 {
	var docs []uint32
	for _, part := range parts(reference) {
		key := x.r.p.Canon.Of(part)
		hits := x.byInvoice[key]
		if len(hits) == 0 {
			hits = x.byOrder[key]
		}
		if key == "" || len(hits) == 0 {
			docs = nil
			break
		}
		docs = append(docs, hits...)
	}
	if docs == nil && x.r.truncated(reference) {
		if hits := unique(slices.Clone(x.prefixed[Norm1(reference)])); len(hits) == 1 {
			return hits
		}
	}
	return unique(docs)
}
