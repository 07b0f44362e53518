package money

import (
	"math/bits"
	"slices"
)

// Split divides total >= 0 over weights >= 0 by largest remainder (GL-13):
// every part gets the floor of its share and the units left over go one each
// to the largest remainders, ties to the earlier position. The parts add up to
// total exactly. With no positive weight all of it goes to the first part.
func Split(total int64, weights []int64) []int64 {
	parts := make([]int64, len(weights))
	var sum uint64
	for _, w := range weights {
		sum += uint64(w)
	}
	if len(parts) == 0 || sum == 0 {
		if len(parts) > 0 {
			parts[0] = total
		}
		return parts
	}
	remainders := make([]uint64, len(weights))
	left := total
	for i, w := range weights {
		parts[i], remainders[i] = mulDiv(uint64(total), uint64(w), sum)
		left -= parts[i]
	}
	for _, i := range byRemainder(remainders)[:left] {
		parts[i]++
	}
	return parts
}

// mulDiv is a*b/c and its remainder in 128 bits; the quotient fits since b <= c.
func mulDiv(a, b, c uint64) (quotient int64, remainder uint64) {
	hi, lo := bits.Mul64(a, b)
	q, r := bits.Div64(hi, lo, c)
	return int64(q), r
}

func byRemainder(remainders []uint64) []int {
	order := make([]int, len(remainders))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case remainders[a] > remainders[b]:
			return -1
		case remainders[a] < remainders[b]:
			return 1
		}
		return 0
	})
	return order
}
