package money

import "fmt"

// Currency is an ISO 4217 alphabetic code packed into two bytes, so that rows
// of millions stay small. The zero Currency is no currency.
type Currency uint16

// ParseCurrency reads a three-letter code in upper case that ISO 4217 lists
// (see Edition). It trims nothing and guesses nothing.
func ParseCurrency(code string) (Currency, error) {
	if c, ok := pack(code); ok && digits(c) >= 0 {
		return c, nil
	}
	return 0, fmt.Errorf("%q is not an ISO 4217 currency code (edition %s)", code, Edition)
}

// MustCurrency is ParseCurrency for constants of a program; it panics on a bad code.
func MustCurrency(code string) Currency {
	c, err := ParseCurrency(code)
	if err != nil {
		panic(err)
	}
	return c
}

// Digits is the number of decimals of the currency (GL-02): JPY 0, USD 2, KWD 3.
func (c Currency) Digits() int { return max(0, digits(c)) }

// String is the three-letter code, or "" for no currency.
func (c Currency) String() string {
	if c == 0 {
		return ""
	}
	n := uint16(c) - 1
	return string([]byte{'A' + byte(n/676), 'A' + byte(n/26%26), 'A' + byte(n%26)})
}

func pack(code string) (Currency, bool) {
	if len(code) != 3 {
		return 0, false
	}
	var n uint16
	for i := range 3 {
		if code[i] < 'A' || code[i] > 'Z' {
			return 0, false
		}
		n = n*26 + uint16(code[i]-'A')
	}
	return Currency(n + 1), true
}
