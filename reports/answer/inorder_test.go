package answer

import (
	"slices"
	"testing"
)

// All items are taken in their order, or as many as are wanted, whatever is made ahead.
func TestInOrder(t *testing.T) {
	for _, n := range []int{0, 1, stretch, stretch + 1, 100*stretch - 1} {
		numbers := inStretches(n, func(from, to int) (all []int) {
			for i := from; i < to; i++ {
				all = append(all, i)
			}
			return all
		})
		want := 0
		for i := range numbers {
			if i != want {
				t.Fatalf("of %d: %d, want %d", n, i, want)
			}
			want++
		}
		if want != n {
			t.Errorf("%d of %d", want, n)
		}
		for i := range numbers {
			if i == n/2 {
				break
			}
		}
	}
	if got := slices.Collect(inStretches(3, func(from, to int) []int { return []int{from, to} })); !slices.Equal(got, []int{0, 3}) {
		t.Error(got)
	}
}
