package recon

import "math/bits"

// Tables are clustered before they are joined: rows and documents lie by the
// leading bits of their references' hash, so that what meets lies together and a
// stage that walks over the rows finds the documents in the processor's cache.
// Where a row lies means nothing else; outcomes never depend on it.

const (
	clusterRows    = 4096 // about so many rows of the larger table make a cluster
	maxClusterBits = 12
)

// clusterBits is how many leading bits of the hash tell clusters apart.
func clusterBits(rows int) int {
	return min(maxClusterBits, bits.Len(uint(rows/clusterRows)))
}

// clusterTables clusters rows by their reference and documents by their invoice
// number, or by their order number where they have none.
func (r *run) clusterTables() {
	rows, docs := r.txns.rows, r.docs.rows
	width := clusterBits(max(len(rows), len(docs)))
	cluster(rows, width, r.in.Workers, func(row *txnRow) uint64 { return row.ref.spread() })
	cluster(docs, width, r.in.Workers, func(row *docRow) uint64 {
		if row.invoice != 0 {
			return row.invoice.spread()
		}
		return row.order.spread()
	})
}

// cluster reorders the rows in place, every worker a range of them.
func cluster[R any](rows []R, width, workers int, spread func(*R) uint64) {
	if width == 0 {
		return
	}
	inRanges(workers, len(rows), func(_, from, to int) { clusterRange(rows[from:to], width, spread) })
}

// clusterRange counts the rows of every cluster and then carries each row to
// its cluster, in cycles (an American flag sort of one round).
func clusterRange[R any](rows []R, width int, spread func(*R) uint64) {
	shift := 64 - width
	var next, end [1 << maxClusterBits]uint32
	for i := range rows {
		end[spread(&rows[i])>>shift]++
	}
	at := uint32(0)
	for c := range 1 << width {
		next[c] = at
		at += end[c]
		end[c] = at
	}
	for c := range 1 << width {
		for next[c] < end[c] {
			row := rows[next[c]]
			for home := spread(&row) >> shift; home != uint64(c); home = spread(&row) >> shift {
				row, rows[next[home]] = rows[next[home]], row
				next[home]++
			}
			rows[next[c]] = row
			next[c]++
		}
	}
}
