package recon

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestDateString(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 8))
	for range 20_000 {
		d := Date(rnd.IntN(1<<23) - 1<<22) // beyond four digits on both sides
		if d == 0 {
			continue
		}
		if got, want := d.String(), d.time().Format(time.DateOnly); got != want {
			t.Fatalf("day %d is %q, want %q", int(d), got, want)
		}
	}
}

func TestSortHeads(t *testing.T) {
	rnd := rand.New(rand.NewPCG(13, 21))
	var scratch []uint64
	for _, n := range []int{0, 1, 31, 32, 100, 5000} {
		for _, shift := range []int{0, 20, 60} { // evenly spread, and huddled
			heads := make([]uint64, n)
			for i := range heads {
				heads[i] = rnd.Uint64() >> shift
			}
			want := slices.Sorted(slices.Values(heads))
			if scratch = sortHeads(heads, scratch); !slices.Equal(heads, want) {
				t.Fatalf("%d heads of %d bits are not sorted", n, 64-shift)
			}
		}
	}
}
