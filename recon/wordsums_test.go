package recon

import (
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// A table of sums holds what a map would hold, word 0 included.
func TestWordSumsAreThoseOfAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sums wordSums
		want := map[uint64]int64{}
		words := rapid.OneOf(rapid.Uint64Range(0, 200), rapid.Uint64())
		for range rapid.IntRange(0, 500).Draw(t, "adds") {
			word, amount := words.Draw(t, "word"), rapid.Int64Range(-9, 9).Draw(t, "amount")
			sums.add(word, amount)
			want[word] += amount
		}
		got := map[uint64]int64{}
		sums.each(func(word uint64, sum int64) {
			if _, twice := got[word]; twice {
				t.Fatalf("word %d comes twice", word)
			}
			got[word] = sum
		})
		if !maps.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}
