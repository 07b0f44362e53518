package recon

import (
	"cmp"
	"slices"
	"sync/atomic"
)

// Rows that are linked to one document compete for what it owes, and only among
// them it matters who comes first. Nearly every document has one row, so who
// competes is found first, and looked at group by group.

// docSet is a set of documents that all processors may add to at once.
type docSet []atomic.Uint32

func (r *run) newDocSet() docSet { return make(docSet, (len(r.docs.rows)+31)/32) }

// add puts a document in, and tells whether it was there.
func (s docSet) add(doc uint32) (there bool) {
	bit := uint32(1) << (doc % 32)
	return s[doc/32].Or(bit)&bit != 0
}

func (s docSet) has(doc uint32) bool { return s[doc/32].Load()&(1<<(doc%32)) != 0 }

// sharedDocuments are those that several live rows are linked to.
func (r *run) sharedDocuments() docSet {
	linked, shared := r.newDocSet(), r.newDocSet()
	inRanges(r.in.Workers, len(r.out), func(_, from, to int) {
		for i := uint32(from); i < uint32(to); i++ {
			if !r.live(i) {
				continue
			}
			if doc, only := r.onlyLink(i); only {
				if linked.add(doc) {
					shared.add(doc)
				}
				continue
			}
			for _, doc := range r.linked(i) {
				if linked.add(doc) {
					shared.add(doc)
				}
			}
		}
	})
	return shared
}

// rival is a row with what puts it in its place.
type rival struct {
	group    uint32
	settled  Date
	occurred Instant
	row      uint32
	pass     Pass
}

// rivals groups linked rows by the documents that they compete for; in a group
// they stand pass by pass, inside a pass in processing order.
func (r *run) rivals(rows []uint32) (groups [][]uint32) {
	joined := joinedDocs{}
	for _, i := range rows {
		joined.join(r.linked(i))
	}
	order := make([]rival, len(rows))
	for k, i := range rows {
		order[k] = rival{joined.of(r.linked(i)[0]), r.row(i).settled, r.txns.occurred(int(i)), i, r.out[i].pass}
	}
	slices.SortFunc(order, func(a, b rival) int {
		if a.group != b.group {
			return cmp.Compare(a.group, b.group)
		}
		return cmp.Or(cmp.Compare(a.pass, b.pass), cmp.Compare(a.settled, b.settled), cmp.Compare(a.occurred, b.occurred),
			r.compareIDs(a.row, b.row), cmp.Compare(r.row(a.row).kind, r.row(b.row).kind))
	})
	rows = make([]uint32, len(order))
	for from := 0; from < len(order); {
		to := from
		for ; to < len(order) && order[to].group == order[from].group; to++ {
			rows[to] = order[to].row
		}
		groups = append(groups, rows[from:to])
		from = to
	}
	return groups
}

// joinedDocs are documents that one row is linked to, each pointing at another
// one of them: who competes for one of them competes for all.
type joinedDocs map[uint32]uint32

func (j joinedDocs) join(docs []uint32) {
	for _, doc := range docs[1:] {
		if a, b := j.of(docs[0]), j.of(doc); a != b {
			j[b] = a
		}
	}
}

// of is the one document that stands for all that are joined.
func (j joinedDocs) of(doc uint32) uint32 {
	next, is := j[doc]
	if !is {
		return doc
	}
	root := j.of(next)
	j[doc] = root
	return root
}
