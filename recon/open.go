package recon

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// listing puts what is open in order once, whoever asks first.
type listing struct {
	once       sync.Once
	rows, docs []uint32
}

// OpenRows lists the transactions that are exceptions, by their labels.
func (r *Result) OpenRows() []uint32 { return r.listed().rows }

// OpenDocs lists the documents that are exceptions, by their ids.
func (r *Result) OpenDocs() []uint32 { return r.listed().docs }

func (r *Result) listed() *listing {
	l := &r.listing
	l.once.Do(func() {
		l.rows, l.docs = slices.Clone(r.run.counted.openRows), r.byID(r.run.counted.openDocs)
		sortOn(r.run.in.Workers, l.rows, func(a, b uint32) int { return cmp.Compare(r.labels[a], r.labels[b]) })
	})
	return l
}

// DocOrder lists all documents by their ids.
func (r *Result) DocOrder() []uint32 {
	all := make([]uint32, r.Docs())
	for doc := range all {
		all[doc] = uint32(doc)
	}
	return r.byID(all)
}

// byID are documents in the order of their ids.
func (r *Result) byID(docs []uint32) []uint32 {
	type named struct {
		id  string
		doc uint32
	}
	order := make([]named, len(docs))
	inRanges(r.run.in.Workers, len(docs), func(_, from, to int) {
		for k := from; k < to; k++ {
			order[k] = named{r.run.docs.id(int(docs[k])), docs[k]}
		}
	})
	sortOn(r.run.in.Workers, order, func(a, b named) int {
		if c := strings.Compare(a.id, b.id); c != 0 {
			return c
		}
		return r.run.compareDocuments(a.doc, b.doc)
	})
	sorted := make([]uint32, len(docs))
	for k := range order {
		sorted[k] = order[k].doc
	}
	return sorted
}
