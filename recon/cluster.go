package recon

import "math/bits"

// Tables are clustered before they are joined: rows and documents lie in the
// order of the leading bits of their references' hash, down to a handful of
// rows, so that a stage that walks over the rows walks over the documents too.
// Where a row lies means nothing else; outcomes never depend on it.

const (
	clusterRows = 4             // about so many rows of the larger table make a cluster, where two rounds can do that
	roundBits   = 10            // how many bits of the hash one round sorts by: the ends of its buckets stay in the cache
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
	inRanges(workers, len(rows), func(_, from, to int) {
		f := flagSort[R]{spread: spread, rounds: make([]flagRound, (width+roundBits-1)/roundBits)}
		f.sort(rows[from:to], 64, width)
	})
}

// flagSort is an American flag sort: a round counts the rows of every bucket and
// carries each row to its bucket; a bucket is sorted by the next round.
type flagSort[R any] struct {
	spread func(*R) uint64
	rounds []flagRound
	held   [hands]R
}

// flagRound is where the buckets of a round have room next, and where they end.
type flagRound struct{ next, end [1 << roundBits]uint32 }

// sort orders rows by the width bits of their hash below bit top.
func (f *flagSort[R]) sort(rows []R, top, width int) {
	if width == 0 || len(rows) < 2 {
		return
	}
	bits := min(width, roundBits)
	bucket := func(row *R) uint64 { return f.spread(row) << (64 - top) >> (64 - bits) }
	round := &f.rounds[(width+roundBits-1)/roundBits-1]
	next, end := round.next[:1<<bits], round.end[:1<<bits]
	clear(end)
	for i := range rows {
		end[bucket(&rows[i])]++
	}
	at := uint32(0)
	for b := range end {
		next[b], at = at, at+end[b]
		end[b] = at
	}
	for b := range end {
		f.carry(rows, next, end, uint32(b), bucket)
	}
	start := uint32(0)
	for b := range end {
		f.sort(rows[start:end[b]], top-bits, width-bits)
		start = end[b]
	}
}

// hands is how many rows are on their way at a time. Where a row must go is known
// only once it has arrived from memory: what one waits for, others need not.
const (
	hands      = 8
	cachedRows = 4096 // so few rows are in the cache, and nothing waits
)

// carry fills bucket b with its rows. The rows that lie there are taken up and
// carried to their buckets, each in exchange for the row that lies in its place,
// until a row of b comes back. next and end are where buckets have room and end.
func (f *flagSort[R]) carry(rows []R, next, end []uint32, b uint32, bucket func(*R) uint64) {
	held, most := &f.held, hands
	if len(rows) < cachedRows {
		most = 1
	}
	fresh, n := next[b], 0 // the next row to take up, and how many are held
	for ; n < most && fresh < end[b]; n++ {
		held[n] = rows[fresh]
		fresh++
	}
	for n > 0 {
		for h := 0; h < n; h++ {
			if home := bucket(&held[h]); home != uint64(b) {
				rows[next[home]], held[h] = held[h], rows[next[home]]
				next[home]++
				continue
			}
			rows[next[b]] = held[h]
			next[b]++
			if fresh < end[b] {
				held[h] = rows[fresh]
				fresh++
			} else {
				n--
				held[h] = held[n]
				h--
			}
		}
	}
}

// touchedRows is how many rows ahead [run.touchDocuments] looks.
const touchedRows = 32

// touchDocuments reads a byte of the document that each of a few rows is linked
// to. Rows that wait for memory one after the other wait long; asked for at once,
// their documents arrive together.
//
//go:noinline
func (r *run) touchDocuments(from, to int) (sum DocType) {
	for i := from; i < to; i++ {
		if doc, only := r.onlyLink(uint32(i)); only {
			sum ^= r.docs.rows[doc].kind
		}
	}
	return sum
}
