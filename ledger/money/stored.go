package money

import (
	"fmt"
	"strings"
)

// MarshalText writes the code, or nothing for no currency.
func (c Currency) MarshalText() ([]byte, error) {
	if c == 0 {
		return nil, nil
	}
	return []byte(c.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (c *Currency) UnmarshalText(text []byte) (err error) {
	*c = 0
	if len(text) > 0 {
		*c, err = ParseCurrency(string(text))
	}
	return err
}

// MarshalText writes the amount with its currency: "-0.03 USD".
func (a Amount) MarshalText() ([]byte, error) {
	if a.currency == 0 {
		return nil, nil
	}
	return []byte(a.String() + " " + a.currency.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (a *Amount) UnmarshalText(text []byte) error {
	*a = Amount{}
	if len(text) == 0 {
		return nil
	}
	number, code, ok := strings.Cut(string(text), " ")
	if !ok {
		return fmt.Errorf("%q is not an amount with its currency", text)
	}
	c, err := ParseCurrency(code)
	if err != nil {
		return err
	}
	*a, err = Parse(number, c)
	return err
}
