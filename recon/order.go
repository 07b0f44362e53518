package recon

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// orderByID sorts all rows by (id, event, merchant, batch time, amount, file
// hash, line): the order that numbers rows without labels. Equal ids are
// neighbours in it, so it finds duplicates and parents too.
func (r *run) orderByID() {
	rows := r.txns.rows
	if r.txns.odd {
		r.byID = make([]uint32, len(rows))
		for i := range r.byID {
			r.byID[i] = uint32(i)
		}
		slices.SortFunc(r.byID, func(a, b uint32) int { return cmp.Or(r.compareIDs(a, b), r.compareRows(a, b)) })
		return
	}
	pairs := make([]idAt, len(rows))
	low, high := ^uint64(0), uint64(0)
	for i := range rows {
		pairs[i] = idAt{rows[i].id.hi, uint32(i)}
		low, high = min(low, rows[i].id.hi), max(high, rows[i].id.hi)
	}
	pairs, ends := scatter(pairs, low, high)
	r.byID = make([]uint32, len(rows))
	inRanges(r.in.Workers, len(ends), func(_, from, to int) {
		for b := from; b < to; b++ {
			start := 0
			if b > 0 {
				start = ends[b-1]
			}
			bucket := pairs[start:ends[b]]
			slices.SortFunc(bucket, r.comparePairs)
			for k, pair := range bucket {
				r.byID[start+k] = pair.row
			}
		}
	})
}

type idAt struct {
	hi  uint64
	row uint32
}

// scatter spreads pairs over buckets of rising ids and tells where each ends.
func scatter(pairs []idAt, low, high uint64) (sorted []idAt, ends []int) {
	buckets := max(1, len(pairs)/128)
	span := max(1, high-low)
	bucketOf := func(hi uint64) int {
		over, under := bits.Mul64(hi-low, uint64(buckets-1))
		q, _ := bits.Div64(over, under, span)
		return int(q)
	}
	ends = make([]int, buckets)
	for _, p := range pairs {
		ends[bucketOf(p.hi)]++
	}
	starts := make([]int, buckets)
	for b, at := 0, 0; b < buckets; b++ {
		starts[b] = at
		at += ends[b]
		ends[b] = at
	}
	sorted = make([]idAt, len(pairs))
	for _, p := range pairs {
		b := bucketOf(p.hi)
		sorted[starts[b]] = p
		starts[b]++
	}
	return sorted, ends
}

func (r *run) comparePairs(a, b idAt) int {
	if c := cmp.Compare(a.hi, b.hi); c != 0 {
		return c
	}
	if c := r.compareIDs(a.row, b.row); c != 0 {
		return c
	}
	return r.compareRows(a.row, b.row)
}

// compareIDs orders by the text of the ids.
func (r *run) compareIDs(a, b uint32) int {
	x, y := r.row(a).id, r.row(b).id
	if x.packed() && y.packed() {
		return x.compare(y)
	}
	return strings.Compare(r.txns.idText(int(a)), r.txns.idText(int(b)))
}

// compareRows orders rows of one id by what else the natural order looks at.
func (r *run) compareRows(a, b uint32) int {
	x, y := r.row(a), r.row(b)
	return cmp.Or(
		strings.Compare(x.kind.String(), y.kind.String()),
		strings.Compare(r.txns.words.text(x.merchant), r.txns.words.text(y.merchant)),
		cmp.Compare(r.batchInstant(a), r.batchInstant(b)),
		cmp.Compare(x.amount, y.amount),
		strings.Compare(r.fileHash(x.file), r.fileHash(y.file)),
		cmp.Compare(x.line, y.line),
	)
}

func (r *run) batchInstant(i uint32) int64 {
	if r.row(i).flags&flagDateOnly != 0 {
		return int64(r.row(i).settled) * day * 1e6
	}
	return blockAt(r.txns.text, r.row(i).text).number(textBatched)
}

func (r *run) fileHash(file uint16) string {
	if int(file) < len(r.in.FileHashes) {
		return r.in.FileHashes[file]
	}
	return ""
}

// rowsWithID are the rows of one id, in natural order.
func (r *run) rowsWithID(text string) []uint32 {
	id := packID(text)
	from, found := slices.BinarySearchFunc(r.byID, id, func(row uint32, want txnID) int {
		if have := r.row(row).id; have.packed() && want.packed() {
			return have.compare(want)
		}
		return strings.Compare(r.txns.idText(int(row)), text)
	})
	if !found {
		return nil
	}
	to := from + 1
	for to < len(r.byID) && r.row(r.byID[to]).id == id {
		to++
	}
	return r.byID[from:to]
}
