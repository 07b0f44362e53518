package money

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// GL-02: digits come from ISO 4217, not from CLDR (IQD 3, CLP 0, CLF 4, MRU 2).
func TestDigits(t *testing.T) {
	for code, want := range map[string]int{"USD": 2, "JPY": 0, "KWD": 3, "IQD": 3, "CLP": 0, "CLF": 4, "UYW": 4, "MRU": 2, "AFN": 2, "XAF": 0} {
		c, err := ParseCurrency(code)
		if err != nil || c.Digits() != want || c.String() != code {
			t.Errorf("%s: %d digits, %q, %v; want %d", code, c.Digits(), c, err, want)
		}
	}
	for _, code := range []string{"", "usd", "US", "USDX", "ZZZ", "U5D"} {
		if _, err := ParseCurrency(code); err == nil {
			t.Errorf("%q is taken for a currency", code)
		}
	}
}

// GL-03: decimals beyond the currency's digits must be zeros, and nothing but a plain decimal is a number.
func TestParse(t *testing.T) {
	for _, c := range []struct {
		text, code, want string
		err              error
	}{
		{"12.34", "USD", "12.34", nil},
		{"-0.03", "USD", "-0.03", nil},
		{"100.00", "JPY", "100", nil},
		{"100.50", "JPY", "", ErrTooFine},
		{"12.345", "USD", "", ErrTooFine},
		{"12.340", "USD", "12.34", nil},
		{"5", "KWD", "5.000", nil},
		{"", "USD", "", ErrEmpty},
		{"-", "USD", "", ErrNotNumber},
		{"+1", "USD", "", ErrNotNumber},
		{"1.", "USD", "", ErrNotNumber},
		{".5", "USD", "", ErrNotNumber},
		{"1,000.00", "USD", "", ErrNotNumber},
		{"1e3", "USD", "", ErrNotNumber},
		{" 1", "USD", "", ErrNotNumber},
		{"(1.00)", "USD", "", ErrNotNumber},
		{"123456789012345.67", "USD", "123456789012345.67", nil},
		{"1234567890123456", "USD", "", ErrTooLong},
		{"999999999999999", "CLF", "", ErrOverflow},
	} {
		got, err := Parse(c.text, MustCurrency(c.code))
		if !errors.Is(err, c.err) || (err == nil && got.String() != c.want) {
			t.Errorf("%q %s: %s, %v; want %s, %v", c.text, c.code, got, err, c.want, c.err)
		}
	}
}

func TestParseReadsWhatStringWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := MustCurrency(rapid.SampledFrom([]string{"USD", "JPY", "KWD", "CLF"}).Draw(t, "currency"))
		a := New(rapid.Int64Range(-99_999_999_999_999, 99_999_999_999_999).Draw(t, "minor"), c)
		if back, err := Parse(a.String(), c); err != nil || back != a {
			t.Fatalf("%s came back as %s, %v", a, back, err)
		}
	})
}

func TestAddRefuses(t *testing.T) {
	usd, eur := MustCurrency("USD"), MustCurrency("EUR")
	if _, err := New(1, usd).Add(New(1, eur)); err == nil {
		t.Error("two currencies were added")
	}
	if _, err := New(math.MaxInt64, usd).Add(New(1, usd)); !errors.Is(err, ErrOverflow) {
		t.Errorf("overflow: %v", err)
	}
	if sum, err := (Amount{}).Add(New(5, usd)); err != nil || sum != New(5, usd) {
		t.Errorf("zero plus 0.05 USD: %s, %v", sum, err)
	}
}

// GL-13 and GL-14, with the numbers of the rules.
func TestSplit(t *testing.T) {
	for _, c := range []struct {
		total         int64
		weights, want []int64
	}{
		{100, []int64{100, 100, 100}, []int64{34, 33, 33}},
		{200, []int64{66, 67, 67}, []int64{66, 67, 67}},
		{5000, []int64{9000, 799, 700, 300}, []int64{4167, 370, 324, 139}},
		{0, []int64{1, 2}, []int64{0, 0}},
		{7, []int64{0, 0}, []int64{7, 0}},
	} {
		got := Split(c.total, c.weights)
		for i := range c.want {
			if got[i] != c.want[i] {
				t.Errorf("%d over %v: %v, want %v", c.total, c.weights, got, c.want)
				break
			}
		}
	}
}

// Properties of GL-13: nothing is lost, no part is off by a unit or more, none exceeds its weight when the total does not.
func TestSplitLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1_000_000_000_000), 1, 6).Draw(t, "weights")
		whole := int64(0)
		for _, w := range weights {
			whole += w
		}
		total := rapid.Int64Range(0, max(whole, 1)).Draw(t, "total")
		sum := int64(0)
		for i, part := range Split(total, weights) {
			sum += part
			if whole > 0 && part > weights[i] {
				t.Fatalf("part %d of %d over %v exceeds its weight: %d", i, total, weights, part)
			}
		}
		if sum != total {
			t.Fatalf("%d over %v adds up to %d", total, weights, sum)
		}
	})
}

// GL-15: round half away from zero, checked against rationals.
func TestConvertRoundsHalfAway(t *testing.T) {
	usd := MustCurrency("USD")
	rapid.Check(t, func(t *rapid.T) {
		c := MustCurrency(rapid.SampledFrom([]string{"USD", "JPY", "KWD"}).Draw(t, "currency"))
		coefficient := rapid.Int64Range(1, 10_000_000).Draw(t, "coefficient")
		scale := rapid.IntRange(0, 4).Draw(t, "scale")
		text := new(big.Rat).SetFrac64(coefficient, int64(pow10(scale))).FloatString(scale)
		rate, err := ParseRate(text)
		if err != nil {
			t.Fatal(err)
		}
		a := New(rapid.Int64Range(-10_000_000, 10_000_000).Draw(t, "minor"), c)
		got, err := rate.Convert(a, usd)
		if err != nil {
			t.Fatal(err)
		}
		exact := new(big.Rat).SetFrac64(a.Minor()*coefficient, int64(pow10(scale)*pow10(c.Digits())))
		want, _ := Parse(exact.FloatString(2), usd)
		if got.Minor() != want.Minor() {
			t.Fatalf("%s %s at %s: %s, want %s", a, c, text, got, want)
		}
	})
}

func TestParseRateRefuses(t *testing.T) {
	for _, text := range []string{"", "0", "-1", "1e3", "1.0000000001", "abc"} {
		if _, err := ParseRate(text); err == nil {
			t.Errorf("%q is taken for a rate", text)
		}
	}
}

// An amount has one sign, and its opposite the other.
func TestSign(t *testing.T) {
	usd := MustCurrency("USD")
	for minor, want := range map[int64]int{-3: -1, 0: 0, 7: 1} {
		a := New(minor, usd)
		if a.Sign() != want || a.Neg().Sign() != -want || a.Neg().Neg() != a || a.Currency() != usd {
			t.Errorf("%s: sign %d, opposite %s %s", a, a.Sign(), a.Neg(), a.Neg().Currency())
		}
	}
}

// GL-15: the base currency is worth one of itself, as it was; what does not fit is an error and never wraps around.
func TestConvertAtTheEdges(t *testing.T) {
	usd, jpy, clf := MustCurrency("USD"), MustCurrency("JPY"), MustCurrency("CLF")
	if one := One(); !one.Known() || one.String() != "1" || (Rate{}).Known() {
		t.Errorf("rate %q", One())
	}
	for _, minor := range []int64{0, 1, -1, math.MaxInt64, -math.MaxInt64} {
		if got, err := One().Convert(New(minor, usd), usd); err != nil || got.Minor() != minor {
			t.Errorf("%d: %s, %v", minor, got, err)
		}
	}
	high, err := ParseRate("999999999.999999999")
	if err != nil || high.String() != "999999999.999999999" {
		t.Fatal(err)
	}
	for _, c := range []struct {
		a    Amount
		r    Rate
		base Currency
	}{
		{New(math.MaxInt64, usd), high, usd},
		{New(math.MaxInt64, jpy), One(), clf},
		{New(math.MaxInt64, usd), Rate{15, 1, "1.5"}, usd},
		{New(1, jpy), Rate{math.MaxUint64, 0, ""}, clf},
	} {
		if got, err := c.r.Convert(c.a, c.base); !errors.Is(err, ErrOverflow) {
			t.Errorf("%s %s at %s: %s, %v", c.a, c.a.Currency(), c.r, got, err)
		}
	}
}

// GL-14: captures that split over what remains never take more than there is, and the last one takes the rest exactly.
func TestPartialCapturesTakeWhatRemains(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		left := rapid.SliceOfN(rapid.Int64Range(0, 100_000), 4, 4).Draw(t, "components")
		whole := int64(0)
		for _, c := range left {
			whole += c
		}
		for whole > 0 {
			take := rapid.Int64Range(1, whole).Draw(t, "capture")
			for k, part := range Split(take, left) {
				if left[k] -= part; left[k] < 0 {
					t.Fatalf("component %d is below zero by %d", k, -left[k])
				}
			}
			whole -= take
		}
		if slices.ContainsFunc(left, func(c int64) bool { return c != 0 }) {
			t.Fatalf("left over: %v", left)
		}
	})
}

// GL-13: each part is its exact share rounded down or up, and among equal remainders the earlier part is not the smaller one.
func TestSplitIsFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64/8), 2, 6).Draw(t, "weights")
		sum := new(big.Int)
		for _, w := range weights {
			sum.Add(sum, big.NewInt(w))
		}
		if sum.Sign() == 0 {
			return
		}
		total := rapid.Int64Range(0, math.MaxInt64).Draw(t, "total")
		parts := Split(total, weights)
		for i, w := range weights {
			exact := new(big.Int).Mul(big.NewInt(total), big.NewInt(w))
			floor := exact.Div(exact, sum).Int64()
			if parts[i] != floor && parts[i] != floor+1 {
				t.Fatalf("part %d of %d over %v is %d, its share is %d", i, total, weights, parts[i], floor)
			}
			if i > 0 && weights[i-1] == w && parts[i-1] < parts[i] {
				t.Fatalf("equal weights, the later part is larger: %v over %v", parts, weights)
			}
		}
	})
}
