package ledger

import "tieout/recon"

// sumTable finds the sum of a movement's facts. Every row asks, and rows with
// equal facts come again and again: it looks at one place first, and only then
// into the map of all sums.
type sumTable struct {
	all  map[recon.Facts]*sum
	last [1 << sumBits]lastSum
}

const sumBits = 13

type lastSum struct {
	facts recon.Facts
	sum   *sum
}

func newSumTable() *sumTable { return &sumTable{all: map[recon.Facts]*sum{}} }

// of is the sum of movements with these facts.
func (t *sumTable) of(f *recon.Facts) *sum {
	at := &t.last[f.Hash()>>(64-sumBits)]
	if at.sum != nil && at.facts == *f {
		return at.sum
	}
	s := t.all[*f]
	if s == nil {
		s = &sum{}
		t.all[*f] = s
	}
	*at = lastSum{*f, s}
	return s
}
