package posting_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/ledger/posting"
	"tieout/recon"
)

// plainEntries are the sample's without what some importers cannot take.
func plainEntries(t testing.TB) []ledger.Entry {
	entries := sampleEntries(t)
	plain := line(ledger.Credit, "2190-100", "CAPTURE", 1000, 1000)
	plain.Memo = "2026-09-30 acme_us CAPTURE VISA x1, Café"
	entries[4] = entry(t, "TO26000005", entries[4].Key(), "1",
		line(ledger.Debit, "1150-100", "CAPTURE", 13000, 13000), line(ledger.Credit, "1200-100", "CAPTURE", 12000, 12000), plain).
		WithMemo(strings.Repeat("a long text of an entry ", 8))
	return entries
}

func produce(t testing.TB, f posting.Format, entries []ledger.Entry) posting.Drop {
	t.Helper()
	drop, err := f.Write(sample(), entries)
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	return drop
}

func TestEachFormatHasGoldenBytesAndProvesThem(t *testing.T) {
	for _, f := range posting.Formats() {
		t.Run(f.Name, func(t *testing.T) {
			drop := produce(t, f, plainEntries(t))
			for _, p := range drop.Parts {
				golden(t, "formats/"+f.Name+p.Table+"."+p.Extension, p.Bytes)
			}
			if err := f.Prove(drop.Parts, sample(), plainEntries(t)); err != nil {
				t.Error(err)
			}
			want, _ := posting.Sum(plainEntries(t))
			if !drop.Totals.Equal(want) {
				t.Errorf("totals %+v, must be %+v", drop.Totals, want)
			}
		})
	}
}

// A receiver that compares with the entries refuses every change of a byte.
func TestEachFormatRefusesEveryFlippedByte(t *testing.T) {
	for _, f := range posting.Formats() {
		t.Run(f.Name, func(t *testing.T) {
			entries := plainEntries(t)
			drop := produce(t, f, entries)
			for part := range drop.Parts {
				for i := range drop.Parts[part].Bytes {
					parts := []posting.Part{drop.Parts[part]}
					parts[0].Bytes = bytes.Clone(parts[0].Bytes)
					parts[0].Bytes[i] ^= 1
					if f.Prove(parts, sample(), entries) == nil {
						t.Fatalf("byte %d, %q, was flipped and the file was taken", i, drop.Parts[part].Bytes[i])
					}
				}
			}
		})
	}
}

func TestEachFormatRefusesEveryTruncation(t *testing.T) {
	for _, f := range posting.Formats() {
		t.Run(f.Name, func(t *testing.T) {
			entries := plainEntries(t)
			drop := produce(t, f, entries)
			whole := drop.Parts[0]
			for i := range whole.Bytes {
				short := whole
				short.Bytes = whole.Bytes[:i]
				if f.Prove([]posting.Part{short}, sample(), entries) == nil {
					t.Fatalf("the first %d bytes were taken for the file", i)
				}
			}
			if f.Prove(nil, sample(), entries) == nil {
				t.Error("no file at all was taken")
			}
		})
	}
}

func TestFormatsSayWhatTheyCut(t *testing.T) {
	want := map[string]int{"fixed-width": 1, "sage50-canada": 1, "sage-intacct": 5, "sage-300": 1}
	for _, f := range posting.Formats() {
		drop := produce(t, f, plainEntries(t))
		if len(drop.Cuts) != want[f.Name] {
			t.Errorf("%s: %d cuts, must be %d: %v", f.Name, len(drop.Cuts), want[f.Name], drop.Cuts)
		}
		for _, c := range drop.Cuts {
			if !strings.Contains(c.String(), "cut to") || len([]rune(c.Text)) <= c.Width {
				t.Errorf("%s: %s", f.Name, c)
			}
		}
	}
}

func TestFormatsRefuseWhatTheirColumnsWouldChange(t *testing.T) {
	wide := plainEntries(t)
	wide[0] = entry(t, "TO26000001", wide[0].Key(), "0.7300",
		line(ledger.Debit, strings.Repeat("1", 50), "CAPTURE", 11300, 8249), line(ledger.Credit, "1200-300", "CAPTURE", 11300, 8249))
	unmappable := plainEntries(t)
	bad := line(ledger.Debit, "1150-300", "CAPTURE 東京", 11300, 8249)
	unmappable[0] = entry(t, "TO26000001", wide[0].Key(), "0.7300", bad, line(ledger.Credit, "1200-300", "CAPTURE", 11300, 8249))
	for _, f := range posting.Formats() {
		if _, err := f.Write(sample(), nil); !errors.Is(err, posting.ErrNothingToPost) {
			t.Errorf("%s takes no entries: %v", f.Name, err)
		}
		if f.Name == "default" {
			continue
		}
		if _, err := f.Write(sample(), wide); err == nil && f.Name != "quickbooks-iif" {
			t.Errorf("%s takes an account of 50 characters", f.Name)
		}
		_, err := f.Write(sample(), unmappable)
		if f.Name != "fixed-width" && f.Name != "sage-intacct" && (err == nil || !strings.Contains(err.Error(), "TO26000001")) {
			t.Errorf("%s: an unmappable character: %v", f.Name, err)
		}
	}
	if _, err := posting.IIF().Write(sample(), sampleEntries(t)); err == nil || !strings.Contains(err.Error(), "quotation mark") {
		t.Errorf("a quotation mark in an IIF file: %v", err)
	}
}

// The American edition takes 560 distributions in an entry.
func TestSage50RefusesAnEntryOfTooManyLines(t *testing.T) {
	var lines []ledger.Line
	for i := range 281 {
		account := string([]byte{'1', byte('0' + i/100), byte('0' + i/10%10), byte('0' + i%10)})
		lines = append(lines, line(ledger.Debit, account, "CAPTURE", 1, 1), line(ledger.Credit, account, "FEE", 1, 1))
	}
	e := entry(t, "TO26000001", plainEntries(t)[4].Key(), "1", lines...)
	if _, err := posting.Sage50US().Write(sample(), []ledger.Entry{e}); err == nil || !strings.Contains(err.Error(), "562 lines") {
		t.Errorf("562 lines: %v", err)
	}
}

func TestSage50CanadaWantsTwoDecimals(t *testing.T) {
	h := sample()
	h.Base = money.MustCurrency("JPY")
	key := ledger.Key{PostingDate: recon.NewDate(2026, 9, 30), Merchant: "acme", Currency: h.Base, Class: ledger.Settle}
	e, err := ledger.NewEntry(key, h.Base, money.One(), []ledger.Line{line(ledger.Debit, "1", "X", 5, 5), line(ledger.Credit, "2", "X", 5, 5)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := posting.Sage50Canada(posting.Sage50CanadaWidths{}).Write(h, []ledger.Entry{e.Numbered("TO26000001")}); err == nil {
		t.Error("yen were written with two decimals")
	}
}

func TestIntacctFollowsTheCustomersTemplate(t *testing.T) {
	f := posting.Intacct(posting.IntacctTemplate{
		Journal: "CC", Columns: []string{"DATE", "JOURNAL", "REFERENCE_NO", "DESCRIPTION", "LINE_NO", "ACCT_NO", "LOCATION_ID", "MEMO", "DEBIT", "CREDIT"},
		Constants: map[string]string{"LOCATION_ID": "100"},
	})
	drop := produce(t, f, plainEntries(t)[:1])
	want := "DATE,JOURNAL,REFERENCE_NO,DESCRIPTION,LINE_NO,ACCT_NO,LOCATION_ID,MEMO,DEBIT,CREDIT\r\n" +
		"09/29/2026,CC,TO26000001,TO26000001 2026-09-29 acme_ca,1,1150-300,100,CAPTURE,82.49,\r\n" +
		",,,,2,1200-300,100,CAPTURE,,82.49\r\n"
	if got := string(drop.Parts[0].Bytes); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := f.Prove(drop.Parts, sample(), plainEntries(t)[:1]); err != nil {
		t.Error(err)
	}
}

func TestSage300TakesPeriodsOfTheFiscalCalendar(t *testing.T) {
	f := posting.Sage300(posting.Sage300Layout{Period: func(recon.Date) (string, error) { return "202713", nil }})
	if got := string(produce(t, f, plainEntries(t)).Parts[0].Bytes); !strings.Contains(got, ",2027,13,") {
		t.Errorf("no period 13 of 2027 in\n%s", got)
	}
	closed := errors.New("no period has this day")
	f = posting.Sage300(posting.Sage300Layout{Period: func(recon.Date) (string, error) { return "", closed }})
	if _, err := f.Write(sample(), plainEntries(t)); !errors.Is(err, closed) {
		t.Errorf("a day without a period: %v", err)
	}
}

// What a receiver's layout cannot mean is told at once, by option.
func TestFaultsOfLayouts(t *testing.T) {
	for want, faults := range map[string][]posting.LayoutFault{
		"": slices.Concat(posting.IntacctTemplate{}.Check(), posting.Sage300Layout{}.Check(), posting.Sage50CanadaWidths{}.Check(), posting.Profile{}.Check(),
			posting.Profile{Fixed: true, Widths: map[string]map[string]int{"L": {"account": 24}}}.Check(),
			posting.IntacctTemplate{Columns: []string{"DATE", "DESCRIPTION", "LINE_NO", "ACCT_NO", "DEBIT", "CREDIT", "LOC"}, Constants: map[string]string{"LOC": "1"}}.Check()),
		"columns columns columns constants.X": posting.IntacctTemplate{
			Columns: []string{"DATE", "DATE", "DESCRIPTION", "LINE_NO", "ACCT_NO", "DEBIT", "COLOUR"}, Constants: map[string]string{"X": "1"},
		}.Check(),
		"batch constants.ACCTID detail detail_columns header_columns journal": posting.Sage300Layout{
			Header: "2", Batch: "1234567", Journal: "LONG", HeaderColumns: []string{"JRNLDESC"}, DetailColumns: []string{"ACCTID", "TRANSAMT"}, Constants: map[string]string{"ACCTID": "1"},
		}.Check(),
		"source":                                 posting.Sage50CanadaWidths{Source: 5}.Check(),
		"widths.L.colour widths.L.memo widths.Q": posting.Profile{Widths: map[string]map[string]int{"L": {"colour": 1, "memo": 0}, "Q": {}}}.Check(),
	} {
		var options []string
		for _, f := range faults {
			options = append(options, f.Option)
		}
		if got := strings.Join(options, " "); got != want {
			t.Errorf("faults of %q, must be of %q: %v", got, want, faults)
		}
	}
}

// A receiver with other widths gets them, and they are read back.
func TestFixedWidthsOfAReceiver(t *testing.T) {
	f := posting.Delimited("fixed-width", posting.Profile{Fixed: true, CRLF: true, Windows1252: true, Widths: map[string]map[string]int{"L": {"account": 12, "memo": 10}, "E": {"natural_key": 60}, "T": {"file_id": 14}}})
	drop := produce(t, f, plainEntries(t))
	lines := strings.Split(string(drop.Parts[0].Bytes), "\r\n")
	if at := lines[2][1+20+6:]; !strings.HasPrefix(at, "1150-300    D") {
		t.Errorf("the account does not have 12 characters: %q", at)
	}
	if len(drop.Cuts) != 2 { // an entry's memo, and now a line's
		t.Errorf("cuts %v", drop.Cuts)
	}
	if err := f.Prove(drop.Parts, sample(), plainEntries(t)); err != nil {
		t.Error(err)
	}
	narrow := posting.Delimited("fixed-width", posting.Profile{Fixed: true, Widths: map[string]map[string]int{"L": {"account": 7}}})
	if _, err := narrow.Write(sample(), plainEntries(t)); err == nil || !strings.Contains(err.Error(), "field account") {
		t.Errorf("an account wider than its field: %v", err)
	}
}

func TestSage300TakesTheColumnsOfAnInstallation(t *testing.T) {
	l := posting.Sage300Layout{
		Type: "KIND", Header: "H", Detail: "D", HeaderColumns: []string{"DATEENTRY", "BATCHID"}, DetailColumns: []string{"TRANSREF", "ACCTID", "SCURNCODE", "TRANSAMT"}, Constants: map[string]string{"SCURNCODE": "USD"},
	}
	f := posting.Sage300(l)
	drop := produce(t, f, plainEntries(t)[:1])
	want := "KIND,DATEENTRY,BATCHID\r\nKIND,TRANSREF,ACCTID,SCURNCODE,TRANSAMT\r\nH,20260929,000001\r\nD,TO26000001,1150-300,USD,82.490\r\nD,TO26000001,1200-300,USD,-82.490\r\n"
	if got := string(drop.Parts[0].Bytes); got != want || len(l.Check()) > 0 {
		t.Errorf("got\n%s\nwant\n%s%v", got, want, l.Check())
	}
	if err := f.Prove(drop.Parts, sample(), plainEntries(t)[:1]); err != nil {
		t.Error(err)
	}
}

func TestPartsAreNamedForWhatTheyHold(t *testing.T) {
	if got := (posting.Part{Table: "GLBTCH", Extension: "dbf"}).Name(sample()); got != "GL_TIEOUT_20261001_000001_GLBTCH.dbf" {
		t.Error(got)
	}
	if got := (posting.Part{Extension: "iif"}).Name(sample()); got != "GL_TIEOUT_20261001_000001.iif" {
		t.Error(got)
	}
}

// Whatever a format takes, it proves, and the amounts come back.
func TestFormatsProveWhatTheyTake(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(1, 4).Draw(r, "entries")
		var entries []ledger.Entry
		for i := range n {
			entries = append(entries, drawEntry(r, usd).Numbered("TO2600000"+string(rune('1'+i))))
		}
		for _, f := range posting.Formats() {
			drop, err := f.Write(sample(), entries)
			if err != nil {
				continue
			}
			if err := f.Prove(drop.Parts, sample(), entries); err != nil {
				r.Fatalf("%s: %v", f.Name, err)
			}
		}
	})
}

func FuzzFormats(f *testing.F) {
	for i, format := range posting.Formats() {
		f.Add(i, produce(f, format, plainEntries(f)).Parts[0].Bytes)
	}
	entries := plainEntries(f)
	f.Fuzz(func(t *testing.T, which int, file []byte) {
		formats := posting.Formats()
		format := formats[(which%len(formats)+len(formats))%len(formats)]
		if err := format.Prove([]posting.Part{{Bytes: file}}, sample(), entries); err == nil {
			if drop, err := format.Write(sample(), entries); err != nil || !bytes.Equal(drop.Parts[0].Bytes, file) {
				t.Errorf("%s takes another file", format.Name)
			}
		}
	})
}
