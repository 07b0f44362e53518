package recon

import "math/bits"

// docIndex finds documents by a normalised key. It keeps 8 bytes a slot and no
// keys: a candidate is compared by normalising its own text again. It is split
// into shards so that it is built on all processors.
type docIndex struct {
	shards []docShard
	key    func(doc uint32) string
}

type docShard struct {
	slots []uint64            // tag in the upper half, document+1 in the lower; 0 is free
	more  map[uint32][]uint32 // further documents of the key, by the first one
}

// buildIndex indexes the documents that want accepts and whose key is not empty.
func (r *run) buildIndex(want func(*docRow) bool, key func(doc uint32) string) *docIndex {
	hashes := make([]uint64, len(r.docs.rows))
	counts := make([]int, r.in.Workers)
	inRanges(r.in.Workers, len(hashes), func(worker, from, to int) {
		for i := from; i < to; i++ {
			if want(&r.docs.rows[i]) {
				if k := key(uint32(i)); k != "" {
					hashes[i] = hashText(k) | 1
					counts[worker]++
				}
			}
		}
	})
	total := 0
	for _, n := range counts {
		total += n
	}
	if total == 0 {
		return nil
	}
	x := &docIndex{shards: make([]docShard, r.in.Workers), key: key}
	onEach(len(x.shards), func(shard int) { x.shards[shard] = x.fill(hashes, shard, total) })
	return x
}

func (x *docIndex) shardOf(hash uint64) int {
	hi, _ := bits.Mul64(hash, uint64(len(x.shards)))
	return int(hi)
}

func (x *docIndex) fill(hashes []uint64, shard, total int) docShard {
	size := 1 << bits.Len(uint(total/len(x.shards)*3/2+8))
	s := docShard{slots: make([]uint64, size), more: map[uint32][]uint32{}}
	for doc, h := range hashes {
		if h != 0 && x.shardOf(h) == shard {
			s.insert(x, uint32(doc), h)
		}
	}
	return s
}

func (s *docShard) insert(x *docIndex, doc uint32, hash uint64) {
	mask := uint64(len(s.slots) - 1)
	tag := hash &^ (1<<32 - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		slot := s.slots[at]
		if slot == 0 {
			s.slots[at] = tag | uint64(doc+1)
			return
		}
		if first := uint32(slot) - 1; slot&^(1<<32-1) == tag && x.key(first) == x.key(doc) {
			s.more[first] = append(s.more[first], doc)
			return
		}
	}
}

// find adds the documents of the key to docs.
func (x *docIndex) find(docs []uint32, key string) []uint32 {
	if x == nil || key == "" {
		return docs
	}
	hash := hashText(key) | 1
	s := &x.shards[x.shardOf(hash)]
	mask := uint64(len(s.slots) - 1)
	tag := hash &^ (1<<32 - 1)
	for at := hash & mask; s.slots[at] != 0; at = (at + 1) & mask {
		first := uint32(s.slots[at]) - 1
		if s.slots[at]&^(1<<32-1) == tag && x.key(first) == key {
			docs = append(docs, first)
			if len(s.more) > 0 {
				docs = append(docs, s.more[first]...)
			}
			return docs
		}
	}
	return docs
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

// hashText spreads a key over 64 bits, eight bytes at a step.
func hashText(text string) uint64 {
	h := uint64(len(text)) * 0x9e3779b97f4a7c15
	for len(text) >= 8 {
		h = mix(h ^ word(text))
		text = text[8:]
	}
	var tail uint64
	for i := range len(text) {
		tail |= uint64(text[i]) << (8 * i)
	}
	return mix(h ^ tail)
}

func word(text string) uint64 {
	_ = text[7]
	return uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
		uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
}
