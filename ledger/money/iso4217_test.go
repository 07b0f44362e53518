package money

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// GL-02, word by word: the currencies that do not have two decimals, and those
// in which CLDR differs from ISO 4217.
func TestDigitsFollowTheList(t *testing.T) {
	want := map[string]int{}
	for digits, codes := range map[int]string{
		0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
		2: "AFN ALL COP IDR IRR KPW LAK LBP MGA MMK PKR RSD SLL SOS SYP TZS UZS YER MRU",
		3: "BHD IQD JOD KWD LYD OMR TND",
		4: "CLF UYW",
	} {
		for _, code := range strings.Fields(codes) {
			want[code] = digits
		}
	}
	delete(want, "SLL") // withdrawn: SLE took its place
	for code, digits := range want {
		if c, err := ParseCurrency(code); err != nil || c.Digits() != digits {
			t.Errorf("%s has %d digits, %v; want %d", code, c.Digits(), err, digits)
		}
	}
}

// The table has every code once, no other code has digits, and all that GL-02 does not name have two.
func TestTableHasEachCodeOnce(t *testing.T) {
	codes := strings.Fields(strings.Join([]string{noDecimals, twoDecimals, threeDecimals, fourDecimals}, " "))
	slices.Sort(codes)
	if n := len(slices.Compact(slices.Clone(codes))); n != len(codes) || n < 160 {
		t.Errorf("%d codes, %d different ones", len(codes), n)
	}
	listed := 0
	for a := byte('A'); a <= 'Z'; a++ {
		for b := byte('A'); b <= 'Z'; b++ {
			for c := byte('A'); c <= 'Z'; c++ {
				code := string([]byte{a, b, c})
				_, known := slices.BinarySearch(codes, code)
				got, err := ParseCurrency(code)
				if (err == nil) != known || known && got.String() != code {
					t.Fatalf("%s: %q, %v", code, got, err)
				}
				if known {
					listed++
				}
			}
		}
	}
	if listed != len(codes) {
		t.Errorf("%d of %d codes are read", listed, len(codes))
	}
	if digits(Currency(60000)) != -1 || Currency(0).String() != "" || Currency(60000).Digits() != 0 {
		t.Error("a number that is no code has digits")
	}
}

// GL-02: the edition is a day, it is what an unknown code is measured by, and withdrawn codes are gone.
func TestEdition(t *testing.T) {
	day, err := time.Parse(time.DateOnly, Edition)
	if err != nil || day.Year() < 2025 {
		t.Fatalf("edition %q: %v", Edition, err)
	}
	for _, withdrawn := range []string{"HRK", "BGN", "ANG", "ZWL", "SLL", "DEM", "XXX"} {
		if _, err := ParseCurrency(withdrawn); err == nil || !strings.Contains(err.Error(), "edition "+Edition) {
			t.Errorf("%s: %v", withdrawn, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a bad constant is taken")
		}
	}()
	MustCurrency("DEM")
}
