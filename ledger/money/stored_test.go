package money

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// What is stored comes back the same, no currency and no amount included.
func TestStoredComesBack(t *testing.T) {
	type stored struct {
		Amount   Amount
		Currency Currency
	}
	rapid.Check(t, func(t *rapid.T) {
		var want stored
		if code := rapid.SampledFrom([]string{"", "USD", "JPY", "KWD", "UYW"}).Draw(t, "code"); code != "" {
			want.Currency = MustCurrency(code)
			want.Amount = New(rapid.Int64Range(-99_999_999_999_999, 99_999_999_999_999).Draw(t, "minor"), want.Currency)
		}
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got := stored{New(1, MustCurrency("EUR")), MustCurrency("EUR")} // what was there before is gone
		if err := json.Unmarshal(data, &got); err != nil || got != want {
			t.Fatalf("%s came back as %+v, %v", data, got, err)
		}
	})
}

// What is no amount with its currency is refused, whatever of it is missing.
func TestStoredIsRefused(t *testing.T) {
	for _, text := range []string{"1.00", "1.00 usd", "1.005 USD", "USD 1.00", "1.00 USD ", " "} {
		var a Amount
		if err := a.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %s %s", text, a, a.Currency())
		}
	}
	var c Currency
	if err := c.UnmarshalText([]byte("DEM")); err == nil {
		t.Errorf("DEM is read as %s", c)
	}
}
