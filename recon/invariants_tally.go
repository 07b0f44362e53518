package recon

import (
	"fmt"
	"math/big"
	"math/bits"
	"slices"
	"strings"

	"tieout/ledger/money"
)

// audit is a check in progress.
type audit struct {
	r          *run
	res        *Result
	rows, docs tally
	faults     []Violation
}

// tally is what one worker found in its range, and then what all found.
type tally struct {
	files  []fileTally
	taken  uint64 // see fingerprint
	split  uint64
	off    map[money.Currency]int64 // what left the open list
	faults []Violation
}

// fileTally are the rows and the money of one file.
type fileTally struct {
	rows, quarantined, duplicate int
	sums, apart                  wideSums // apart: duplicate and non-financial rows
}

// wideSums are sums by currency.
type wideSums map[money.Currency]*wideSum

// maxViolations bounds what one worker lists; the first is enough to stop a run.
const maxViolations = 100

func (t *tally) fault(invariant, where, what string, args ...any) {
	if len(t.faults) < maxViolations {
		t.faults = append(t.faults, Violation{invariant, where, fmt.Sprintf(what, args...)})
	}
}

func (a *audit) fault(invariant, where, what string, args ...any) {
	a.faults = append(a.faults, Violation{invariant, where, fmt.Sprintf(what, args...)})
}

func (a *audit) err() error {
	all := slices.Concat(a.rows.faults, a.docs.faults, a.faults)
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(x, y Violation) int { return strings.Compare(x.Invariant+x.Where, y.Invariant+y.Where) })
	return &InvariantError{all}
}

// wideSum adds int64 amounts in 128 bits: no file is so large that it overflows.
type wideSum struct{ hi, lo uint64 }

func (s *wideSum) add(minor int64) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, uint64(minor), 0)
	s.hi += uint64(minor>>63) + carry
}

func (s *wideSum) plus(o *wideSum) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, o.lo, 0)
	s.hi += o.hi + carry
}

func (s *wideSum) big() *big.Int {
	n := new(big.Int).Lsh(big.NewInt(int64(s.hi)), 64)
	return n.Add(n, new(big.Int).SetUint64(s.lo))
}

// over runs do on every worker with a tally of its own and adds the tallies up.
func (a *audit) over(n, files int, do func(t *tally, from, to int)) tally {
	tallies := make([]tally, max(1, a.r.in.Workers))
	for w := range tallies {
		tallies[w] = tally{files: make([]fileTally, max(1, files)), off: map[money.Currency]int64{}}
	}
	inRanges(len(tallies), n, func(worker, from, to int) { do(&tallies[worker], from, to) })
	sum := tallies[0]
	for _, t := range tallies[1:] {
		sum.plus(&t)
	}
	return sum
}

func (t *tally) plus(o *tally) {
	t.taken += o.taken
	t.split += o.split
	t.faults = append(t.faults, o.faults...)
	for c, off := range o.off {
		t.off[c] += off
	}
	for i := range o.files {
		f, g := &t.files[i], &o.files[i]
		f.rows, f.quarantined, f.duplicate = f.rows+g.rows, f.quarantined+g.quarantined, f.duplicate+g.duplicate
		f.sums.plus(g.sums)
		f.apart.plus(g.apart)
	}
}

func (s *wideSums) of(c money.Currency) *wideSum {
	if *s == nil {
		*s = wideSums{}
	}
	if (*s)[c] == nil {
		(*s)[c] = &wideSum{}
	}
	return (*s)[c]
}

func (s *wideSums) plus(o wideSums) {
	for c, sum := range o {
		s.of(c).plus(sum)
	}
}

func (s wideSums) texts() map[string]string {
	totals := ControlTotals{}
	for c, sum := range s {
		totals[c] = sum.big()
	}
	return totals.Texts()
}

// lastSums remembers the sums that rows added to last: a run has few files and currencies.
type lastSums [16]struct {
	file     uint16
	currency money.Currency
	sum      *wideSum
}

func (l *lastSums) of(t *tally, file uint16, c money.Currency) *wideSum {
	last := &l[(uint16(c)+file)%uint16(len(l))]
	if last.sum == nil || last.file != file || last.currency != c {
		last.file, last.currency, last.sum = file, c, t.files[file].sums.of(c)
	}
	return last.sum
}
