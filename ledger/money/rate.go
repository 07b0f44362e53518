package money

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// Rate is an exact decimal number of base units for one unit of a currency.
type Rate struct {
	coefficient uint64
	scale       int
	text        string
}

// One is the rate of the base currency to itself.
func One() Rate { return Rate{coefficient: 1, text: "1"} }

// ParseRate reads a positive plain decimal of at most 9 decimals: "0.7300".
func ParseRate(text string) (Rate, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	if len(whole) > 9 || len(fraction) > 9 {
		return Rate{}, fmt.Errorf("rate %q: at most 9 digits on either side of the point", text)
	}
	coefficient, err := parse(text, len(fraction))
	if err != nil || coefficient <= 0 {
		return Rate{}, fmt.Errorf("rate %q: a positive decimal number is needed", text)
	}
	return Rate{uint64(coefficient), len(fraction), text}, nil
}

// String is the rate as it was written: "0.7300"; "1" for the base currency.
func (r Rate) String() string { return r.text }

// Known tells a rate from the zero Rate.
func (r Rate) Known() bool { return r.coefficient != 0 }

// Convert gives a in base, rounded half away from zero (GL-15).
func (r Rate) Convert(a Amount, base Currency) (Amount, error) {
	negative := a.minor < 0
	u := uint64(a.minor)
	if negative {
		u = -u
	}
	num, den := r.coefficient, uint64(1)
	if shift := r.scale + a.currency.Digits() - base.Digits(); shift >= 0 {
		den = pow10(shift)
	} else if over, product := bits.Mul64(num, pow10(-shift)); over == 0 {
		num = product
	} else {
		return Amount{}, ErrOverflow
	}
	hi, lo := bits.Mul64(u, num)
	if hi >= den {
		return Amount{}, ErrOverflow
	}
	q, rest := bits.Div64(hi, lo, den)
	if rest >= den-rest {
		q++
	}
	if q > math.MaxInt64 {
		return Amount{}, ErrOverflow
	}
	minor := int64(q)
	if negative {
		minor = -minor
	}
	return Amount{minor, base}, nil
}
