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
//
// Rows are spread over buckets by the leading bits of their ids and each bucket
// is sorted by the next 32 bits; what is equal in all of these is compared in full.
func (r *run) orderByID() {
	r.byID = make([]uint32, len(r.txns.rows))
	if r.txns.odd {
		for i := range r.byID {
			r.byID[i] = uint32(i)
		}
		slices.SortFunc(r.byID, r.compareFully)
		r.repeats = r.repeatsAmong(nil, 0, len(r.byID))
		return
	}
	heads, ends := r.bucketIDs(r.idSpan)
	repeats := make([][]idRange, r.in.Workers)
	inRanges(r.in.Workers, len(ends), func(worker, from, to int) {
		start := 0
		if from > 0 {
			start = ends[from-1]
		}
		var scratch []uint64
		for _, end := range ends[from:to] {
			scratch = sortHeads(heads[start:end], scratch)
			repeats[worker] = r.orderBucket(repeats[worker], heads[start:end], start)
			start = end
		}
	})
	r.repeats = slices.Concat(repeats...)
}

// idRange is a stretch of run.byID.
type idRange struct{ from, to int }

const (
	bucketBits = 12
	headBits   = 32 // of an id, beside the row's number in one word
)

// idScale maps ids to their place between the least and the greatest, from 0 to
// the greatest uint64, without changing their order.
type idScale struct {
	least uint64
	shift int
}

func (s idScale) place(id txnID) uint64 { return (id.hi - s.least) << s.shift }

// scaleOf maps ids between the least and the greatest.
func scaleOf(least, greatest uint64) idScale {
	return idScale{least, bits.LeadingZeros64(max(least, greatest) - least)}
}

// bucketIDs spreads the rows over buckets of rising ids and tells where each
// ends. A row is its number below the 32 bits of its id that follow the bucket's.
func (r *run) bucketIDs(scale idScale) (heads []uint64, ends []int) {
	const buckets = 1 << bucketBits
	next := make([][buckets]int, r.in.Workers)
	inRanges(r.in.Workers, len(r.txns.rows), func(worker, from, to int) {
		for i := from; i < to; i++ {
			next[worker][scale.place(r.txns.rows[i].id)>>(64-bucketBits)]++
		}
	})
	ends = make([]int, buckets)
	at := 0
	for b := range ends {
		for w := range next {
			next[w][b], at = at, at+next[w][b]
		}
		ends[b] = at
	}
	heads = make([]uint64, len(r.txns.rows))
	inRanges(r.in.Workers, len(r.txns.rows), func(worker, from, to int) {
		for i := from; i < to; i++ {
			place := scale.place(r.txns.rows[i].id)
			to := &next[worker][place>>(64-bucketBits)]
			heads[*to] = place<<bucketBits>>headBits<<headBits | uint64(i)
			*to++
		}
	})
	return heads, ends
}

// sortHeads sorts the heads of one bucket. Ids are spread evenly as a rule, so
// that eight bits more leave a row or two for each of their values. The scratch
// space is given back for the next bucket.
func sortHeads(heads, scratch []uint64) []uint64 {
	const width, few = 8, 32
	if len(heads) < few {
		slices.Sort(heads)
		return scratch
	}
	var next [1 << width]uint32
	for _, head := range heads {
		next[head>>(64-width)]++
	}
	at := uint32(0)
	for b := range next {
		next[b], at = at, at+next[b]
	}
	scratch = append(scratch[:0], heads...)
	for _, head := range scratch {
		to := &next[head>>(64-width)]
		heads[*to] = head
		*to++
	}
	start := uint32(0)
	for _, end := range next {
		if end-start > 1 {
			slices.Sort(heads[start:end])
		}
		start = end
	}
	return scratch
}

// orderBucket puts one sorted bucket into its place in byID, and adds its repeats to found.
func (r *run) orderBucket(found []idRange, heads []uint64, start int) []idRange {
	rows := r.byID[start : start+len(heads)]
	for k, head := range heads {
		rows[k] = uint32(head)
	}
	for from := 0; from < len(heads); {
		to := from + 1
		for to < len(heads) && heads[to]>>headBits == heads[from]>>headBits {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(rows[from:to], r.compareFully)
			found = r.repeatsAmong(found, start+from, start+to)
		}
		from = to
	}
	return found
}

// repeatsAmong adds the stretches of byID whose rows have one id.
func (r *run) repeatsAmong(found []idRange, from, end int) []idRange {
	for from < end {
		to := from + 1
		for to < end && r.row(r.byID[to]).id == r.row(r.byID[from]).id {
			to++
		}
		if to-from > 1 && !r.row(r.byID[from]).id.none() {
			found = append(found, idRange{from, to})
		}
		from = to
	}
	return found
}

func (r *run) compareFully(a, b uint32) int {
	if c := r.compareIDs(a, b); c != 0 {
		return c
	}
	return r.compareRows(a, b)
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
