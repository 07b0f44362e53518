package recon

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// MAT-02 in eight bytes: what is exact comes back, and two texts have one key only if they are one text.
func TestKeysAreTheirTexts(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[0-9A-Z/ -]{0,14}`), rapid.StringMatching(`[!-~]{0,20}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		raw := text.Draw(t, "a")
		a, b := Norm1(raw), Norm1(text.Draw(t, "b"))
		x, y := keyOf(a), keyOf(b)
		if x.exact() && x.text() != a {
			t.Fatalf("%q came back as %q", a, x.text())
		}
		if (x == y) != (a == b) {
			t.Fatalf("%q and %q: keys %d and %d", a, b, x, y)
		}
		if strings.Trim(a, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ/ -") == "" && len(a) <= exactLetters != x.exact() {
			t.Fatalf("%q: exact %v", a, x.exact())
		}
		for _, prefix := range []string{"T", "TEST", "0", b} {
			if p := keyOf(prefix); x.exact() && p.exact() && prefix != "" && x.beginsWith(p) != strings.HasPrefix(a, prefix) {
				t.Fatalf("%q begins with %q: %v", a, prefix, x.beginsWith(p))
			}
		}
		if plain, ok := plainKeyOf(raw); ok && (a != raw || plain != x) {
			t.Fatalf("%q is not plain, its norm is %q", raw, a)
		}
	})
	if keyOf("") != 0 || keyOf("0") == 0 || keyOf(strings.Repeat("Z", 12)) >= exactKeys || keyOf("            ") >= exactKeys {
		t.Error("the ends of the exact keys are wrong")
	}
}

func TestKeyFilterHoldsWhatWasAdded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOf(rapid.Uint64()).Draw(t, "keys")
		f := newKeyFilter(len(keys))
		for _, k := range keys {
			f.add(refKey(k))
		}
		for _, k := range keys {
			if !f.mayHold(refKey(k)) {
				t.Fatalf("%d is not held", k)
			}
		}
	})
}

// MAT-03: the hand-made canon is that of the patterns.
func FuzzUsualCanon(f *testing.F) {
	for _, text := range []string{
		"104503-1", "ORD-104508", "104400-R1", "web-200113", "so 00012", "SOFA", "104503-123", "A/B", "#42", "104503 X", "PO#-# 00-R12", "ORDER 7/R",
		"INV", "SO-", "-1", "R1", " R", "0-R", "ORD104508 - 9", "WEBSO-1-2", "１０-２", "\xff-1", "-R12", "12-R1A", "9/12",
	} {
		f.Add(text)
	}
	byPattern := Canon{Prefix: regexp.MustCompile("(?:)" + usualPrefix), Suffix: regexp.MustCompile("(?:)" + usualSuffix)}
	f.Fuzz(func(t *testing.T, text string) {
		usual := DefaultCanon()
		if !usual.usual() || byPattern.usual() {
			t.Fatal("the two ways are one")
		}
		want := byPattern.Of(text)
		if got := usual.Of(text); got != want {
			t.Errorf("%q: %q by hand, %q by the patterns", text, got, want)
		}
		norm := Norm1(text)
		for _, c := range []Canon{usual, byPattern} {
			if got := c.looseKey(keyOf(norm), c.usual(), func() string { return norm }); got != keyOf(want) {
				t.Errorf("%q: key %d, want that of %q", text, got, want)
			}
		}
	})
}

// Texts of the alphabet that the patterns look at, so that they meet them often.
func TestUsualCanon(t *testing.T) {
	byPattern := Canon{Prefix: regexp.MustCompile("(?:)" + usualPrefix), Suffix: regexp.MustCompile("(?:)" + usualSuffix)}
	text := rapid.StringMatching(`(WEB|ORD|SO|INV|PO|R|X)?[-# /]{0,2}(WEB|SO|0|00)?[0-9RX]{0,4}[-/ #]?(R|[0-9]|Y)?[0-9]{0,2}`)
	rapid.Check(t, func(t *rapid.T) {
		in := text.Draw(t, "text")
		if got, want := DefaultCanon().Of(in), byPattern.Of(in); got != want {
			t.Fatalf("%q: %q by hand, %q by the patterns", in, got, want)
		}
	})
}

// Clustering moves rows and loses none; they lie in the order of their hash's leading bits.
func TestClusterOrdersByLeadingBits(t *testing.T) {
	for _, n := range []int{0, 1, 7, 5000, 50_000} {
		for width := range 24 {
			rows := make([]uint64, n)
			for i := range rows {
				rows[i] = mix(uint64(i % (n/2 + 1)))
			}
			want := slices.Clone(rows)
			cluster(rows, width, 1, func(row *uint64) uint64 { return *row })
			top := func(x uint64) uint64 { return x &^ (1<<(64-width) - 1) }
			if !slices.IsSortedFunc(rows, func(a, b uint64) int { return cmp.Compare(top(a), top(b)) }) {
				t.Fatalf("%d rows by %d bits do not lie in order", n, width)
			}
			slices.Sort(rows)
			slices.Sort(want)
			if !slices.Equal(rows, want) {
				t.Fatalf("%d rows by %d bits: some were lost", n, width)
			}
		}
	}
}

func TestDigitsOnly(t *testing.T) {
	for _, text := range []string{"1", "10", "0", "A", "1A", "A1", "1-", " 1", "123456789012", "12345678901Z", "Z23456789012", "W115646826", "999", "9/9"} {
		if got := keyOf(text).digitsOnly(); got != allDigits(text) {
			t.Errorf("%q: %v", text, got)
		}
	}
}
