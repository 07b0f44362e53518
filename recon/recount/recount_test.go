package recount_test

import (
	"errors"
	"math/big"
	"os"
	"strings"
	"testing"

	"tieout/ledger/money"
	"tieout/recon/recount"
)

// rows is what a file is read as, a line each.
func rows(t *testing.T, text string) string {
	t.Helper()
	all, err := recount.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range all {
		amount := "none"
		if r.Amount != nil {
			amount = r.Amount.String()
		}
		lines = append(lines, strings.Join([]string{big.NewInt(int64(r.Line)).String(), r.Key(), amount, r.Currency}, " "))
	}
	return strings.Join(lines, "\n")
}

// Both layouts, with the physical lines, signs by the application, and the decimals of each currency.
func TestRead(t *testing.T) {
	t.Parallel()
	neutral := "row_no,txn_id,event_type,currency,amount\n1,01,CAPTURE,USD,12.30\n,02,FEE,KWD,-0.0070\n\"a\nb\",03,CAPTURE,JPY,100.00\n,04,CAPTURE,JPY,100.50\n,05,CAPTURE,USD,1e3\n"
	if got, want := rows(t, neutral), "2 01/CAPTURE 1230 USD\n3 02/FEE -7 KWD\n4 03/CAPTURE 100 JPY\n6 04/CAPTURE none JPY\n7 05/CAPTURE none USD"; got != want {
		t.Errorf("neutral layout: %s", got)
	}
	batch := "m,Report,1.0\r\nBatchID,Request.RequestID,CurrencyCode,Amount,Name\r\n1,11,USD,5.00,\"ics_auth,ics_bill\"\r\n1,12,USD,2.50,ics_credit\r\n1,13,USD,-2.50,ecp_credit\r\n1,14,USD,9,ics_auth\r\n"
	if got, want := rows(t, batch), "3 11/CAPTURE 500 USD\n4 12/CREDIT_OR_REFUND -250 USD\n5 13/CREDIT_OR_REFUND -250 USD\n6 14/AUTH 900 USD"; got != want {
		t.Errorf("batch detail: %s", got)
	}
	for file, first := range map[string]string{
		"pbdr-csv": "3 7000000000000000000101/CAPTURE 3500 USD\n", "payment-submission-csv": "3 7000000000000000000101/", "payment-submission-csv-rest": "3 7000000000000000000101/",
	} {
		golden, err := os.ReadFile("../../fixtures/golden/reports/" + file + "/input.csv")
		if err != nil {
			t.Fatal(err)
		}
		if got := rows(t, string(golden)); !strings.HasPrefix(got, first) {
			t.Errorf("%s as it comes: %s", file, got)
		}
	}
}

// What it does not know it does not guess at.
func TestUnknownLayouts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "<xml/>", "deposit_id,amount\n1,2\n", "txn_id,event_type,currency,amount,doc_ids\n", "a,b\nc,d\ne,f\ng,h\ntxn_id,event_type,currency,amount\n"} {
		if _, err := recount.Read(strings.NewReader(text)); !errors.Is(err, recount.ErrUnknown) {
			t.Errorf("%q: %v", text, err)
		}
	}
	_, err := recount.Read(strings.NewReader("txn_id,event_type,currency,amount\n1,CAPTURE,USD,\"1\n"))
	if err == nil || errors.Is(err, recount.ErrUnknown) {
		t.Errorf("a torn file of a known layout: %v", err)
	}
}

// The second reader has decimals of its own for every currency of the first.
func TestDecimalsOfAllCurrencies(t *testing.T) {
	t.Parallel()
	known := 0
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			for c := 'A'; c <= 'Z'; c++ {
				code := string([]rune{a, b, c})
				currency, err := money.ParseCurrency(code)
				if err != nil {
					continue
				}
				known++
				want, err := money.Parse("1", currency)
				if err != nil {
					t.Fatal(err)
				}
				if got := rows(t, "txn_id,event_type,currency,amount\n1,FEE,"+code+",1\n"); got != "2 1/FEE "+big.NewInt(want.Minor()).String()+" "+code {
					t.Errorf("%s: %s", code, got)
				}
			}
		}
	}
	if known < 100 {
		t.Fatalf("only %d currencies", known)
	}
}

func stored(key string, amount int64, line int) recount.Stored {
	return recount.Stored{Key: key, Currency: "USD", Amount: big.NewInt(amount), Effect: big.NewInt(amount), Posts: true, Counts: true, Current: true, File: "F", Line: line}
}

// Each way in which a store can be otherwise than a file is told; what is explained is not.
func TestHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(f *recount.File)
		want   string
	}{
		"nothing":          {func(*recount.File) {}, ""},
		"another amount":   {func(f *recount.File) { f.Versions["2/CAPTURE"][0].Amount = big.NewInt(201) }, "a.csv:3 2/CAPTURE: the file says 2.00 USD, and 2.01 USD is stored"},
		"another sign":     {func(f *recount.File) { f.Versions["2/CAPTURE"][0].Amount = big.NewInt(-200) }, "a.csv:3 2/CAPTURE: the file says 2.00 USD, and -2.00 USD is stored"},
		"another currency": {func(f *recount.File) { f.Versions["2/CAPTURE"][0].Currency = "CAD" }, "a.csv:3 2/CAPTURE: the file says 2.00 USD, and 2.00 CAD is stored"},
		"another effect":   {func(f *recount.File) { f.Versions["2/CAPTURE"][0].Effect = big.NewInt(0) }, "a.csv:3 2/CAPTURE: the file says 2.00 USD, and 0.00 is stored as what it adds to its batch"},
		"another line":     {func(f *recount.File) { f.Versions["2/CAPTURE"][0].Line = 9 }, "a.csv:9 2/CAPTURE is stored as read there, and another row stands there"},
		"a missing row":    {func(f *recount.File) { delete(f.Versions, "2/CAPTURE") }, "a.csv:3 2/CAPTURE: the file has it (2.00 USD), and it is not stored"},
		"another count":    {func(f *recount.File) { f.Readings[0].Rows = 3 }, "a.csv: run-1 says that it has 3 rows, and it has 2"},
		"another total":    {func(f *recount.File) { f.Readings[0].Totals["USD"] = "3.01" }, "a.csv: run-1 says that its accepted rows are 3.01 USD, and they are 3.00"},
		"no total":         {func(f *recount.File) { f.Readings[0].Totals = nil }, "a.csv: run-1 says that its accepted rows are nothing in USD, and they are 3.00"},
		"another posted":   {func(f *recount.File) { f.Posted["USD"] = big.NewInt(100) }, "a.csv: its rows that count are 3.00 USD, and what is stored as posted of them is 1.00"},
		"of another file": {func(f *recount.File) {
			f.Versions["2/CAPTURE"][0].File, f.Versions["2/CAPTURE"][0].Amount = "G", big.NewInt(1)
		}, "a.csv:3 2/CAPTURE: the file says 2.00 USD, and what is stored, of another file, is 0.01 USD"},
		"a row not used": {func(f *recount.File) {
			delete(f.Versions, "2/CAPTURE")
			f.Readings[0].Lines[3] = true
			f.Readings[0].Totals["USD"] = "1.00"
			f.Posted["USD"] = big.NewInt(100)
		}, ""},
		"a file not used": {func(f *recount.File) { f.Versions = nil; f.Posted = nil; f.Readings[0].Unusable = true }, ""},
	} {
		f := &recount.File{
			Name: "a.csv", Hash: "F", Posted: map[string]*big.Int{"USD": big.NewInt(300)},
			Readings: []recount.Reading{{Name: "run-1", Rows: 2, Totals: map[string]string{"USD": "3.00"}, Lines: map[int]bool{}}},
			Versions: map[string][]recount.Stored{"1/CAPTURE": {stored("1/CAPTURE", 100, 2)}, "2/CAPTURE": {stored("2/CAPTURE", 200, 3)}},
		}
		var err error
		if f.Rows, err = recount.Read(strings.NewReader("txn_id,event_type,currency,amount\n1,CAPTURE,USD,1.00\n2,CAPTURE,USD,2.00\n")); err != nil {
			t.Fatal(err)
		}
		c.change(f)
		faults, _ := f.Hold()
		if got := strings.Join(faults, "\n"); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
