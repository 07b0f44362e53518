package recon

import "math/bits"

// Tables are clustered before they are joined: rows and documents lie in the
// order of the leading bits of their references' hash, down to a handful of
// rows, so that a stage that walks over the rows walks over the documents too.
// Where a row lies means nothing else; outcomes never depend on it.

const (
	clusterRows = 4             // about so many rows of the larger table make a cluster, while two rounds can do that
	roundBits   = 9             // how many bits of the hash one round sorts by: the ends of its buckets stay in the cache
	mostBits    = 2 * roundBits // a third round costs more than it saves
)

// clusterTables clusters rows by their reference and documents by their invoice
// number, or by their order number where they have none.
func (r *run) clusterTables() {
	rows, docs := r.txns.rows, r.docs.rows
	width := min(mostBits, bits.Len(uint(max(len(rows), len(docs))/clusterRows)))
	cluster(rows, width, r.in.Workers, func(row *txnRow) uint64 { return row.ref.spread() })
	cluster(docs, width, r.in.Workers, func(row *docRow) uint64 {
		if row.invoice != 0 {
			return row.invoice.spread()
		}
		return row.order.spread()
	})
}

// cluster orders the rows in place by the leading width bits of their hash,
// every worker a range of them.
func cluster[R any](rows []R, width, workers int, spread func(*R) uint64) {
	inRanges(workers, len(rows), func(_, from, to int) { clusterRange(rows[from:to], 64, width, spread) })
}

// clusterRange orders rows by the width bits of their hash below bit top. It
// counts the rows of every bucket and then carries each row to its bucket, in
// cycles (an American flag sort); a bucket is ordered by the bits that are left.
func clusterRange[R any](rows []R, top, width int, spread func(*R) uint64) {
	if width == 0 || len(rows) < 2 {
		return
	}
	round := min(width, roundBits)
	bucket := func(row *R) uint64 { return spread(row) << (64 - top) >> (64 - round) }
	var next, end [1 << roundBits]uint32
	for i := range rows {
		end[bucket(&rows[i])]++
	}
	at := uint32(0)
	for b := range 1 << round {
		next[b] = at
		at += end[b]
		end[b] = at
	}
	start := uint32(0)
	for b := range 1 << round {
		for next[b] < end[b] {
			row := rows[next[b]]
			for home := bucket(&row); home != uint64(b); home = bucket(&row) {
				row, rows[next[home]] = rows[next[home]], row
				next[home]++
			}
			rows[next[b]] = row
			next[b]++
		}
		clusterRange(rows[start:end[b]], top-round, width-round, spread)
		start = end[b]
	}
}
