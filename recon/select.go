package recon

import "slices"

// rowsWhere lists the rows that want picks, by their index. It is asked on all
// processors at once and must change nothing but its row's outcome.
func (r *run) rowsWhere(want func(i uint32) bool) []uint32 {
	return selectFrom(r.in.Workers, len(r.txns.rows), want)
}

// besidesWhere lists the rows that want picks of those that are no captures, in
// processing order once they are in it.
func (r *run) besidesWhere(want func(i uint32) bool) (found []uint32) {
	for _, i := range r.besides {
		if want(i) {
			found = append(found, i)
		}
	}
	return found
}

// docsWhere is rowsWhere for documents.
func (r *run) docsWhere(want func(doc uint32) bool) []uint32 {
	return selectFrom(r.in.Workers, len(r.docs.rows), want)
}

func selectFrom(workers, n int, want func(i uint32) bool) []uint32 {
	found := make([][]uint32, max(1, workers))
	inRanges(workers, n, func(worker, from, to int) {
		var mine []uint32
		for i := from; i < to; i++ {
			if want(uint32(i)) {
				mine = append(mine, uint32(i))
			}
		}
		found[worker] = mine
	})
	return slices.Concat(found...)
}
