package recon

import (
	"slices"
	"strings"
)

// canonIndex serves P3. Few rows come this far, so their loose forms are held
// in memory and the documents pass by once.
type canonIndex struct {
	r         *run
	byInvoice map[string][]uint32
	byOrder   map[string][]uint32
	prefixed  map[string][]uint32 // documents that a truncated reference is the beginning of
}

// canonWanted is what P3 looks for among the documents.
type canonWanted struct {
	loose     map[string]bool // loose forms
	filter    keyFilter       // of the loose forms
	beginning map[string]bool // normalised references that were cut off
	lengths   []int           // of the beginnings
	usual     bool            // the loose form is the usual one
}

func (r *run) canonWanted(references []string) *canonWanted {
	w := &canonWanted{loose: map[string]bool{}, beginning: map[string]bool{}, usual: r.p.Canon.usual()}
	for _, reference := range references {
		for _, part := range parts(reference) {
			if loose := r.p.Canon.Of(part); loose != "" {
				w.loose[loose] = true
			}
		}
		if norm := Norm1(reference); r.truncated(reference) {
			w.beginning[norm] = true
			if !slices.Contains(w.lengths, len(norm)) {
				w.lengths = append(w.lengths, len(norm))
			}
		}
	}
	w.filter = newKeyFilter(len(w.loose))
	for loose := range w.loose {
		w.filter.add(keyOf(loose))
	}
	return w
}

// buildCanon finds the documents that any of the references may mean.
func (r *run) buildCanon(references []string, want func(*docRow) bool) *canonIndex {
	x := &canonIndex{r: r, byInvoice: map[string][]uint32{}, byOrder: map[string][]uint32{}, prefixed: map[string][]uint32{}}
	wanted := r.canonWanted(references)
	if len(wanted.loose)+len(wanted.beginning) == 0 {
		return x
	}
	found := make([]canonHits, r.in.Workers)
	inRanges(r.in.Workers, len(r.docs.rows), func(worker, from, to int) {
		for i := from; i < to; i++ {
			if want(&r.docs.rows[i]) {
				r.matchCanon(&found[worker], uint32(i), wanted)
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

func (r *run) matchCanon(hits *canonHits, doc uint32, wanted *canonWanted) {
	d := &r.docs.rows[doc]
	invoice := func() string { return r.normInvoice(doc) }
	order := func() string { return r.normOrder(doc) }
	if loose, ok := r.looseIfWanted(d.invoice, invoice, wanted); ok {
		hits.invoice = append(hits.invoice, canonHit{loose, doc})
	}
	if loose, ok := r.looseIfWanted(d.order, order, wanted); ok {
		hits.order = append(hits.order, canonHit{loose, doc})
	}
	for _, n := range wanted.lengths {
		for _, norm := range [...]string{invoice(), order()} {
			if len(norm) >= n && wanted.beginning[norm[:n]] {
				hits.prefix = append(hits.prefix, canonHit{norm[:n], doc})
			}
		}
	}
}

// looseIfWanted is the loose form of a document's number if P3 looks for it.
func (r *run) looseIfWanted(key refKey, norm func() string, wanted *canonWanted) (string, bool) {
	if key == 0 || !wanted.filter.mayHold(r.p.Canon.looseKey(key, wanted.usual, norm)) {
		return "", false
	}
	loose := r.p.Canon.ofNorm(norm())
	return loose, wanted.loose[loose]
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
