// Package money is amounts of currencies that cannot go wrong silently.
//
// An [Amount] is a whole number of minor units of one [Currency]. Amounts of
// two currencies do not add, sums that leave int64 are errors, and nothing
// here is a float. Start at [Parse] and [Amount.Add]; [Split] divides an amount
// without losing a unit (GL-13), [Rate.Convert] gives base amounts (GL-15).
//
// What must never come in: rounding that has no name, a conversion from or to
// a floating point number, and the knowledge of any account or document.
package money

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// ErrOverflow is a sum or product beyond what int64 minor units can hold.
var ErrOverflow = errors.New("amount beyond int64 minor units")

// Amount is a whole number of minor units of one currency.
// The zero Amount is zero of no currency and adds to any other.
type Amount struct {
	minor    int64
	currency Currency
}

// New is the amount of so many minor units: New(1234, USD) is 12.34 USD.
func New(minor int64, c Currency) Amount { return Amount{minor, c} }

// Minor is the amount in minor units.
func (a Amount) Minor() int64 { return a.minor }

// Currency is the currency of the amount; 0 for the zero Amount.
func (a Amount) Currency() Currency { return a.currency }

// Sign is -1, 0 or +1.
func (a Amount) Sign() int {
	switch {
	case a.minor < 0:
		return -1
	case a.minor > 0:
		return 1
	}
	return 0
}

// Neg is -a.
func (a Amount) Neg() Amount { return Amount{-a.minor, a.currency} }

// Add returns a+b. It refuses to add two currencies and never wraps around.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.currency != b.currency && a.currency != 0 && b.currency != 0 {
		return Amount{}, fmt.Errorf("cannot add %s to %s", b.currency, a.currency)
	}
	sum, err := AddMinor(a.minor, b.minor)
	return Amount{sum, max(a.currency, b.currency)}, err
}

// AddMinor is a+b in minor units of one currency, or ErrOverflow.
func AddMinor(a, b int64) (int64, error) {
	sum := a + b
	if (a > 0 && b > 0 && sum < 0) || (a < 0 && b < 0 && sum >= 0) {
		return 0, ErrOverflow
	}
	return sum, nil
}

// String is the plain decimal with exactly the currency's digits: "-0.03", "5400".
func (a Amount) String() string { return string(a.Append(nil)) }

// Append appends what String returns.
func (a Amount) Append(b []byte) []byte {
	digits := a.currency.Digits()
	u := uint64(a.minor)
	if a.minor < 0 {
		b, u = append(b, '-'), -u
	}
	if digits == 0 {
		return strconv.AppendUint(b, u, 10)
	}
	scale := pow10(digits)
	b = append(strconv.AppendUint(b, u/scale, 10), '.')
	for unit := scale / 10; unit > 0; unit /= 10 {
		b = append(b, '0'+byte(u/unit%10))
	}
	return b
}

// Faults of a decimal string (GL-03). Each says what is wrong; the reader adds where.
var (
	ErrEmpty     = errors.New("empty, a decimal number is needed")
	ErrNotNumber = errors.New("not a plain decimal number (digits, at most one point and a leading minus)")
	ErrTooFine   = errors.New("more decimals than the currency has")
	ErrTooLong   = errors.New("more than 15 digits before the point")
)

// Parse reads -?digits(.digits)? as an amount of c. Decimals beyond the
// currency's digits must be zeros (GL-03: 100.00 JPY is 100). No grouping, no
// exponent, no blanks, no plus sign.
func Parse[T string | []byte](text T, c Currency) (Amount, error) {
	minor, err := parse(text, c.Digits())
	return Amount{minor, c}, err
}

func parse[T string | []byte](text T, digits int) (int64, error) {
	if len(text) == 0 {
		return 0, ErrEmpty
	}
	i, negative := 0, text[0] == '-'
	if negative {
		i = 1
	}
	whole, n, err := wholePart(text[i:])
	if err != nil {
		return 0, err
	}
	fraction, err := fractionPart(text[i+n:], digits)
	if err != nil {
		return 0, err
	}
	scale := pow10(digits)
	if whole > (math.MaxInt64-fraction)/scale {
		return 0, ErrOverflow
	}
	minor := int64(whole*scale + fraction)
	if negative {
		minor = -minor
	}
	return minor, nil
}

// wholePart reads the digits before the point and returns how many there are.
func wholePart[T string | []byte](text T) (value uint64, n int, err error) {
	for n < len(text) && text[n]-'0' <= 9 {
		if n == 15 {
			return 0, 0, ErrTooLong
		}
		value = value*10 + uint64(text[n]-'0')
		n++
	}
	if n == 0 {
		return 0, 0, ErrNotNumber
	}
	return value, n, nil
}

// fractionPart reads the point and what follows it, scaled to the currency's digits.
func fractionPart[T string | []byte](text T, digits int) (uint64, error) {
	if len(text) == 0 {
		return 0, nil
	}
	if text[0] != '.' || len(text) == 1 {
		return 0, ErrNotNumber
	}
	var value uint64
	fine := false
	for i := 1; i < len(text); i++ {
		d := text[i] - '0'
		if d > 9 {
			return 0, ErrNotNumber
		}
		if i <= digits {
			value = value*10 + uint64(d)
		} else if d != 0 {
			fine = true
		}
	}
	if fine {
		return 0, ErrTooFine
	}
	return value * pow10(max(0, digits-(len(text)-1))), nil
}

func pow10(n int) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}
