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

// applyRivals applies rows that compete for documents. Who competes for none of
// the same documents need not wait for the other: groups are applied on so many
// processors, and what the workers add apart is put together.
func (r *run) applyRivals(rows []uint32, workers int) {
	shares := r.shareRivals(rows, workers)
	if workers == 1 {
		r.applyGroups(shares[0])
		return
	}
	forks, room := make([]run, workers), len(r.details)
	r.details = append(make([]detail, 0, room+len(rows)), r.details...)
	for w := range forks {
		forks[w] = *r
		forks[w].reasons = map[uint32]Reason{}
		forks[w].details = r.details[: room : room+len(shares[w])] // none of them has more than one
		room += len(shares[w])
	}
	onEach(workers, func(w int) { forks[w].applyGroups(shares[w]) })
	for w := range forks {
		for doc, reason := range forks[w].reasons {
			r.inherit(doc, reason)
		}
	}
	r.details = r.details[:room]
}

// shareRivals gives every worker some of the groups of rows that compete for the
// same documents; in a group they stand pass by pass, inside a pass in processing order.
func (r *run) shareRivals(rows []uint32, workers int) [][]rival {
	joined := joinedDocs{}
	for _, i := range rows {
		if _, only := r.onlyLink(i); !only {
			joined.join(r.linked(i))
		}
	}
	joined.flatten()
	shares := make([][]rival, workers)
	onEach(workers, func(w int) {
		var mine []rival
		for _, i := range rows {
			if group := joined.of(r.linked(i)[0]); int(group)*workers/len(r.docs.rows) == w {
				mine = append(mine, rival{group, r.row(i).settled, r.txns.occurred(int(i)), i, r.out[i].pass})
			}
		}
		slices.SortFunc(mine, r.compareRivals)
		shares[w] = mine
	})
	return shares
}

func (r *run) compareRivals(a, b rival) int {
	if a.group != b.group {
		return cmp.Compare(a.group, b.group)
	}
	return cmp.Or(cmp.Compare(a.pass, b.pass), cmp.Compare(a.settled, b.settled), cmp.Compare(a.occurred, b.occurred),
		r.compareIDs(a.row, b.row), cmp.Compare(r.row(a.row).kind, r.row(b.row).kind))
}

// applyGroups applies rows that are sorted by groups.
func (r *run) applyGroups(rivals []rival) {
	var before []uint32
	for k := range rivals {
		if k > 0 && rivals[k].group != rivals[k-1].group {
			before = before[:0]
		}
		r.applyCapture(rivals[k].row, before)
		before = append(before, rivals[k].row)
	}
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
	if root != next {
		j[doc] = root
	}
	return root
}

// flatten points every document at its root; afterwards [joinedDocs.of] changes nothing.
func (j joinedDocs) flatten() {
	for doc := range j {
		j.of(doc)
	}
}
