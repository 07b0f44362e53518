package unposted_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/ledger/posting"
	"tieout/recon"
	"tieout/recon/sagepro/unposted"
)

var usd = money.MustCurrency("USD")

func header() posting.Header {
	return posting.Header{
		Company: "TIEOUT", Sequence: 7, Created: "2026-10-02T00:00:00Z", From: recon.NewDate(2026, 9, 29), To: recon.NewDate(2026, 10, 1), Base: usd, RunID: "one-shot-0123456789ab",
	}
}

func entry(t testing.TB, number string, date recon.Date, currency, rate, memo string, lines ...ledger.Line) ledger.Entry {
	t.Helper()
	r, err := money.ParseRate(rate)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ledger.NewEntry(ledger.Key{PostingDate: date, Merchant: "acme_" + number, Currency: money.MustCurrency(currency), Class: ledger.Settle}, usd, r, lines)
	if err != nil {
		t.Fatal(err)
	}
	return e.Numbered(number).WithMemo(memo)
}

func line(side ledger.Side, account, label string, amount, base int64) ledger.Line {
	return ledger.Line{Account: account, Side: side, Label: label, Amount: amount, Base: base}
}

// entries span two periods, two currencies, and have a line of nothing in base.
func entries(t testing.TB) []ledger.Entry {
	return []ledger.Entry{
		entry(t, "TO26000001", recon.NewDate(2026, 9, 29), "CAD", "0.7300", "2026-09-29 Café acme",
			line(ledger.Debit, "1150300", "CAPTURE", 11300, 8249), line(ledger.Credit, "1200-300", "CAPTURE", 11300, 8249)),
		entry(t, "TO26000002", recon.NewDate(2026, 10, 1), "USD", "1", strings.Repeat("a long text of an entry ", 4),
			line(ledger.Debit, "1150-100", "CAPTURE", 13000, 13000), line(ledger.Credit, "1150-100", "FEE", 125, 125),
			line(ledger.Debit, "6100-100", `FEE "Visa", 2 %`, 125, 125), line(ledger.Credit, "1200-100", "CAPTURE", 13000, 13000)),
		entry(t, "TO26000003", recon.NewDate(2026, 9, 30), "USD", "1", "",
			line(ledger.Debit, "1010-000", "BANK", 7, 7), line(ledger.Credit, "2195-000", "BANK", 7, 7)),
	}
}

// layout is that of a site: accounts have the form 9999-999, September is period 3.
func layout(form string) unposted.Layout {
	return unposted.Layout{
		DBF: form != "csv", Version: map[string]byte{"fox2": 0x03}[form], Company: "01",
		Account: func(number string) (string, error) {
			switch plain := strings.ReplaceAll(number, "-", ""); {
			case plain == "9999999":
				return "", errors.New("account 9999999 is not in the ERP's chart of accounts")
			default:
				return plain[:4] + "-" + plain[4:], nil
			}
		},
		Period: func(d recon.Date) (string, error) {
			if d > recon.NewDate(2026, 10, 31) {
				return "", fmt.Errorf("%s lies in no period of the fiscal calendar", d)
			}
			return map[bool]string{true: "202703", false: "202704"}[d <= recon.NewDate(2026, 9, 30)], nil
		},
	}
}

func produce(t testing.TB, l unposted.Layout) posting.Drop {
	t.Helper()
	drop, err := l.Format().Write(header(), entries(t))
	if err != nil {
		t.Fatal(err)
	}
	return drop
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("TIEOUT_GOLDEN") == "write" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestBatchHasGoldenBytesAndProvesThem(t *testing.T) {
	for _, form := range []string{"csv", "dbf", "fox2"} {
		f := layout(form).Format()
		drop := produce(t, layout(form))
		for _, p := range drop.Parts {
			golden(t, form+"_"+p.Name(header()), p.Bytes)
		}
		if err := f.Prove(drop.Parts, header(), entries(t)); err != nil {
			t.Errorf("%s: %v", form, err)
		}
		if want, _ := posting.Sum(entries(t)); !drop.Totals.Equal(want) {
			t.Errorf("%s: totals %+v, must be %+v", form, drop.Totals, want)
		}
		if len(drop.Cuts) != 2 || drop.Cuts[0].Entry != "TO26000002" || drop.Cuts[0].Width != 35 {
			t.Errorf("%s: cuts %v", form, drop.Cuts)
		}
	}
}

// What is read back are the entries, with accounts as the ERP stores them.
func TestBatchIsReadBack(t *testing.T) {
	for _, form := range []string{"csv", "dbf"} {
		id, got, err := layout(form).Read(produce(t, layout(form)).Parts, usd)
		if err != nil || id != "TIEOUT000007" || len(got) != 3 {
			t.Fatalf("%s: %s, %d entries, %v", form, id, len(got), err)
		}
		want := posting.VoucherLine{Account: "1150-300", Amount: money.New(8249, usd), Text: "CAPTURE"}
		if got[0].Text != "2026-09-29 Café acme" || got[0].Lines[0] != want || got[2].Date != recon.NewDate(2026, 9, 30) {
			t.Errorf("%s: %+v", form, got)
		}
	}
}

func TestBatchRefusesEveryFlippedByteAndTruncation(t *testing.T) {
	for _, form := range []string{"csv", "dbf"} {
		f, list := layout(form).Format(), entries(t)
		drop := produce(t, layout(form))
		for part := range drop.Parts {
			whole := drop.Parts[part].Bytes
			try := func(file []byte) error {
				parts := slices.Clone(drop.Parts)
				parts[part].Bytes = file
				return f.Prove(parts, header(), list)
			}
			for i := range whole {
				flipped := bytes.Clone(whole)
				flipped[i] ^= 1
				if try(flipped) == nil {
					t.Fatalf("%s: byte %d of part %d was flipped and the file was taken", form, i, part)
				}
				if i%13 == 0 && try(whole[:i]) == nil {
					t.Fatalf("%s: the first %d bytes of part %d were taken for the file", form, i, part)
				}
			}
		}
		swapped := []posting.Part{drop.Parts[1], drop.Parts[0], drop.Parts[2]}
		if f.Prove(swapped, header(), list) == nil || f.Prove(drop.Parts[:2], header(), list) == nil || f.Prove(nil, header(), list) == nil {
			t.Errorf("%s: parts in another order, or too few, were taken", form)
		}
	}
}

// An importer that has the files alone sees what does not belong together.
func TestReaderRefusesWhatDoesNotAddUp(t *testing.T) {
	drop := produce(t, layout("csv"))
	for name, c := range map[string]struct {
		part     int
		old, new string
		want     string
	}{
		"a difference":       {2, "0.07,0.00", "0.09,0.00", "TO26000003"},
		"an amount":          {2, "82.49,0.00,F", "82.50,0.00,F", "TO26000001"},
		"both sides":         {2, "82.49,0.00,F", "82.49,82.49,F", "GLDUNP row 1, column CREDIT"},
		"the other side":     {2, "82.49,0.00,F", "82.49,0.00,T", "GLDUNP row 1, column CREDIT"},
		"a negative amount":  {2, "82.49,0.00,F", "-82.49,0.00,F", "GLDUNP row 1, column CREDIT"},
		"a line number":      {2, "TO26000001,2", "TO26000001,3", "GLDUNP row 2, column TOLINE"},
		"a line of no entry": {2, "202703,TO26000001,1", "202703,TO26000009,1", "GLDUNP row 1, column TOENTRY"},
		"another batch":      {2, "TIEOUT000007-202703,TO26000001,1", "TIEOUT000007-202704,TO26000001,1", "GLDUNP row 1, column TOENTRY"},
		"a given number":     {2, "1150-300,,", "1150-300,000001,", "GLDUNP row 1, column BATCHNO"},
		"a lost entry":       {1, "TO26000001", "TO26000004", "GLDUNP row 1, column TOENTRY"},
		"an entry twice":     {1, "TO26000003", "TO26000001", "GLHUNP row 3, column TOENTRY"},
		"a period":           {1, "202703,U", "202704,U", "GLHUNP row 1, column YEARPRD"},
		"a line count":       {1, "TO26000001,2\r", "TO26000001,3\r", "GLHUNP row 1, column TOLINES"},
		"a batch total":      {0, "82.56,82.56,82.56", "82.56,82.57,82.56", "GLBTCH row 1, column DRTOTAL"},
		"an entry count":     {0, "202703,2,4", "202703,3,4", "GLBTCH row 1, column TOENTRIES"},
		"another file":       {0, "202704,TIEOUT000007", "202704,TIEOUT000008", "GLBTCH row 2, column BREF"},
		"a heading":          {0, "DRTOTAL", "DRTOTAL2", "the heading is not"},
	} {
		parts := slices.Clone(drop.Parts)
		text := string(parts[c.part].Bytes)
		n := 1
		if name == "an entry twice" || name == "a lost entry" {
			n = -1
		}
		changed := strings.Replace(text, c.old, c.new, n)
		if changed == text {
			t.Fatalf("%s: no %q in\n%s", name, c.old, text)
		}
		parts[c.part].Bytes = []byte(changed)
		if _, _, err := layout("csv").Read(parts, usd); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, must tell %q", name, err, c.want)
		}
	}
}

func TestBatchRefusesWhatTheERPWould(t *testing.T) {
	try := func(l unposted.Layout, e ledger.Entry) error {
		_, err := l.Format().Write(header(), []ledger.Entry{e})
		return err
	}
	pair := func(account, label string) []ledger.Line {
		return []ledger.Line{line(ledger.Debit, account, label, 5, 5), line(ledger.Credit, "1200-100", label, 5, 5)}
	}
	day := recon.NewDate(2026, 9, 29)
	for _, form := range []string{"csv", "dbf"} {
		l := layout(form)
		for want, e := range map[string]ledger.Entry{
			"not in the ERP's chart":  entry(t, "TO26000001", day, "USD", "1", "", pair("9999-999", "A")...),
			"lies in no period":       entry(t, "TO26000001", recon.NewDate(2026, 11, 1), "USD", "1", "", pair("1150-100", "A")...),
			"cp1252":                  entry(t, "TO26000001", day, "USD", "1", "", pair("1150-100", "東京")...),
			"number is longer":        entry(t, "TO26000001000000000001", day, "USD", "1", "", pair("1150-100", "A")...),
			"longer than the 24 char": entry(t, "TO26000001", day, "USD", "1", "", pair("1150-100"+strings.Repeat("1", 20), "A")...),
		} {
			err := try(l, e)
			if form == "dbf" && strings.HasPrefix(want, "longer") {
				want = "and the column has 24"
			}
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "TO26") {
				t.Errorf("%s: %v, must tell %q", form, err, want)
			}
		}
		if _, err := l.Format().Write(header(), nil); !errors.Is(err, posting.ErrNothingToPost) {
			t.Errorf("%s: no entries: %v", form, err)
		}
	}
}

func TestSitesHaveTheirOwnLayout(t *testing.T) {
	l := layout("csv")
	l.Dates, l.CodePage = "01/02/2006", "cp437"
	l.Widths = map[string]int{"gltdes": 20, "subno": 0, "subdetl": 0, "bdesc": 40}
	l.Constants = map[string]string{"adduser": "EDI", "glmodule": "GL"}
	if faults := l.Check(); len(faults) > 0 {
		t.Fatal(faults)
	}
	drop := produce(t, l)
	heads := string(drop.Parts[1].Bytes)
	if strings.Contains(heads, "SUBNO") || !strings.Contains(heads, "2026-09-29 Caf\x82 acme,TO26000001,09/29/2026,202703,U,Z,GL,01,N,,,EDI,10/02/2026,00:00:00") || len(drop.Cuts) != 2 {
		t.Errorf("%q, cuts %v", heads, drop.Cuts)
	}
	if err := l.Format().Prove(drop.Parts, header(), entries(t)); err != nil {
		t.Error(err)
	}
	bad := unposted.Layout{
		Version: 0x31, CodePage: "utf-8", Dates: "06-01-02", Widths: map[string]int{"glacnt": 0, "colour": 3, "bdesc": 255}, Constants: map[string]string{"adduser": "TIEOUT", "x": ""},
	}
	var keys []string
	for _, f := range bad.Check() {
		keys = append(keys, f.Option)
	}
	if want := "version code_page date_format widths.bdesc widths.colour widths.glacnt constants.adduser constants.x"; strings.Join(keys, " ") != want {
		t.Errorf("faults %v, must be of %s", keys, want)
	}
}
