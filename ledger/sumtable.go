package ledger

import (
	"math/bits"

	"tieout/recon"
)

// sumTable finds the sum of a movement's facts: a hash table with open
// addressing, since every row asks and a few thousand answers come again and
// again. Slots, facts and sums lie apart, so that what is looked at is small.
type sumTable struct {
	slots []uint32 // index+1 of facts and sums; 0 is free
	facts []recon.Facts
	sums  []sum
}

// of is the sum of movements with these facts, until the next call.
func (t *sumTable) of(f *recon.Facts) *sum {
	if 2*len(t.facts) >= len(t.slots) {
		t.grow()
	}
	mask := len(t.slots) - 1
	for at := t.home(f); ; at++ {
		n := t.slots[at&mask]
		if n == 0 {
			t.facts, t.sums = append(t.facts, *f), append(t.sums, sum{})
			t.slots[at&mask] = uint32(len(t.sums))
			return &t.sums[len(t.sums)-1]
		}
		if t.facts[n-1] == *f {
			return &t.sums[n-1]
		}
	}
}

// merge adds the sums of another table.
func (t *sumTable) merge(other *sumTable) {
	for i := range other.sums {
		t.of(&other.facts[i]).add(&other.sums[i])
	}
}

// home is where the search for facts begins.
func (t *sumTable) home(f *recon.Facts) int {
	return int(f.Hash() >> (64 - bits.TrailingZeros(uint(len(t.slots)))))
}

func (t *sumTable) grow() {
	t.slots = make([]uint32, max(256, 2*len(t.slots)))
	for i := range t.facts {
		at := t.home(&t.facts[i])
		for t.slots[at&(len(t.slots)-1)] != 0 {
			at++
		}
		t.slots[at&(len(t.slots)-1)] = uint32(i) + 1
	}
}
