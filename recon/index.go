package recon

import (
	"math/bits"
	"slices"
)

// docIndex finds documents by a normalised number. It keeps four bytes a slot
// and no keys: they are in the documents. Slots follow the leading bits of the
// keys' hash, as clustered tables do, so that rows in their order look at one
// small part of it after the other. It is split into shards so that it is built
// on all processors.
type docIndex struct {
	docs   *Documents
	field  docNumber
	slots  int
	shards []docShard
}

type docShard struct {
	first int                 // number of its first slot among all slots
	slots []uint32            // document+1; 0 is free
	more  map[uint32][]uint32 // further documents of the key, by the first one
}

// docNumber is one of a document's numbers: its key, and its normalised text.
type docNumber struct {
	key  func(*docRow) refKey
	norm func(doc uint32) string
}

func (r *run) orderNumber() docNumber {
	return docNumber{func(d *docRow) refKey { return d.order }, r.normOrder}
}

func (r *run) invoiceNumber() docNumber {
	return docNumber{func(d *docRow) refKey { return d.invoice }, r.normInvoice}
}

// buildIndex indexes the documents that want accepts and that have the number;
// there are so many of them.
func (r *run) buildIndex(want func(*docRow) bool, field docNumber, documents int) *docIndex {
	if documents == 0 {
		return nil
	}
	workers := max(1, r.in.Workers)
	x := &docIndex{docs: r.docs, field: field, slots: documents*3/2 + 8*workers, shards: make([]docShard, workers)}
	for shard := range x.shards {
		first := x.firstSlot(shard)
		x.shards[shard] = docShard{first: first, slots: make([]uint32, x.firstSlot(shard+1)-first), more: map[uint32][]uint32{}}
	}
	x.fill(want)
	return x
}

// slotOf is where the search for a key begins, among all slots.
func (x *docIndex) slotOf(key refKey) int {
	slot, _ := bits.Mul64(key.spread(), uint64(x.slots))
	return int(slot)
}

// shardOf is the shard that a slot lies in; shards differ by at most one slot.
func (x *docIndex) shardOf(slot int) int { return slot * len(x.shards) / x.slots }

// fill puts the documents in. Where tables are clustered by this number, nearly
// all that lie in a worker's range belong to its shard; the others come after.
func (x *docIndex) fill(want func(*docRow) bool) {
	strays := make([][]uint32, len(x.shards))
	inRanges(len(x.shards), len(x.docs.rows), func(worker, from, to int) {
		clear(x.shards[worker].slots) // written before it is read: a page that is read first is mapped twice
		var others []uint32
		for doc := from; doc < to; doc++ {
			d := &x.docs.rows[doc]
			if key := x.field.key(d); key != 0 && want(d) && !x.shards[worker].insert(x, uint32(doc), key) {
				others = append(others, uint32(doc))
			}
		}
		strays[worker] = others
	})
	onEach(len(x.shards), func(shard int) {
		for _, doc := range slices.Concat(strays...) {
			x.shards[shard].insert(x, doc, x.field.key(&x.docs.rows[doc]))
		}
	})
}

// firstSlot is the least slot that shardOf puts into the shard.
func (x *docIndex) firstSlot(shard int) int {
	return (shard*x.slots + len(x.shards) - 1) / len(x.shards)
}

// insert puts a document in; false if its key belongs to another shard.
func (s *docShard) insert(x *docIndex, doc uint32, key refKey) bool {
	at := x.slotOf(key) - s.first
	if at < 0 || at >= len(s.slots) {
		return false
	}
	for ; ; at++ {
		if at == len(s.slots) {
			at = 0
		}
		if s.slots[at] == 0 {
			s.slots[at] = doc + 1
			return true
		}
		first := s.slots[at] - 1
		if x.field.key(&x.docs.rows[first]) == key && (key.exact() || x.field.norm(first) == x.field.norm(doc)) {
			s.more[first] = append(s.more[first], doc)
			return true
		}
	}
}

// find adds the documents of the key to docs; norm is the key's text, looked at
// only where the key is not exact.
func (x *docIndex) find(docs []uint32, key refKey, norm string) []uint32 {
	if x == nil || key == 0 {
		return docs
	}
	slot := x.slotOf(key)
	s := &x.shards[x.shardOf(slot)]
	for at := slot - s.first; ; at++ {
		if at == len(s.slots) {
			at = 0
		}
		if s.slots[at] == 0 {
			return docs
		}
		first := s.slots[at] - 1
		if x.field.key(&x.docs.rows[first]) == key && (key.exact() || x.field.norm(first) == norm) {
			docs = append(docs, first)
			if len(s.more) > 0 {
				docs = append(docs, s.more[first]...)
			}
			return docs
		}
	}
}

// groups calls do for every key that several documents share.
func (x *docIndex) groups(do func(docs []uint32)) {
	if x == nil {
		return
	}
	for _, s := range x.shards {
		for first, others := range s.more {
			do(append([]uint32{first}, others...))
		}
	}
}
