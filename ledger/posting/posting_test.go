package posting_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/ledger/posting"
	"tieout/recon"
)

var usd = money.MustCurrency("USD")

// sample is a header as the one-shot run writes it.
func sample() posting.Header {
	return posting.Header{
		Company: "TIEOUT", Sequence: 1, Created: "2026-10-02T00:00:00Z",
		From: recon.NewDate(2026, 9, 29), To: recon.NewDate(2026, 10, 1), Base: usd, RunID: "one-shot-0123456789ab",
	}
}

func line(side ledger.Side, account, label string, amount, base int64) ledger.Line {
	return ledger.Line{Account: account, Side: side, Label: label, Amount: amount, Base: base}
}

func entry(t testing.TB, number string, key ledger.Key, rate string, lines ...ledger.Line) ledger.Entry {
	t.Helper()
	r, err := money.ParseRate(rate)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ledger.NewEntry(key, usd, r, lines)
	if err != nil {
		t.Fatal(err)
	}
	return e.Numbered(number)
}

// sampleEntries are entries of the worked example's kind: four currencies with
// 0, 2 and 3 digits, a bank line of no merchant, a correction, hostile text.
func sampleEntries(t testing.TB) []ledger.Entry {
	key := func(day int, merchant, currency string, class ledger.Class) ledger.Key {
		return ledger.Key{
			PostingDate: recon.NewDate(2026, 9, day), Merchant: merchant,
			Currency: money.MustCurrency(currency), Class: class,
		}
	}
	hostile := line(ledger.Credit, "2190-100", "CAPTURE", 1000, 1000)
	hostile.Memo, hostile.Rule, hostile.Sources = "=HYPERLINK(\"http://x\")|a\r\nb", "unapplied", []ledger.SourceRef{"T:29", "T:3"}
	delta := key(30, "acme_us", "USD", ledger.Settle)
	delta.Correction = "#2"
	return []ledger.Entry{
		entry(t, "TO26000001", key(29, "acme_ca", "CAD", ledger.Settle), "0.7300",
			line(ledger.Debit, "1150-300", "CAPTURE", 11300, 8249), line(ledger.Credit, "1200-300", "CAPTURE", 11300, 8249)).
			WithMemo("2026-09-29 acme_ca Café"),
		entry(t, "TO26000002", key(30, "-", "USD", ledger.Bank), "1",
			line(ledger.Debit, "1010-000", "BANK", 7, 7), line(ledger.Credit, "2195-000", "BANK", 7, 7)),
		entry(t, "TO26000003", key(30, "acme_us", "JPY", ledger.Settle), "0.0067",
			line(ledger.Debit, "1150-100", "CAPTURE", 5940, 3980), line(ledger.Credit, "1200-100", "CAPTURE", 5940, 3980)),
		entry(t, "TO26000004", key(30, "acme_us", "KWD", ledger.Settle), "3.2500",
			line(ledger.Debit, "1150-100", "CAPTURE", 12345, 4012), line(ledger.Credit, "1200-100", "CAPTURE", 12345, 4012)),
		entry(t, "TO26000005", key(30, "acme_us", "USD", ledger.Settle), "1",
			line(ledger.Debit, "1150-100", "CAPTURE", 13000, 13000), line(ledger.Credit, "1150-100", "FEE", 125, 125),
			line(ledger.Debit, "6100-100", "FEE", 125, 125), line(ledger.Credit, "1200-100", "CAPTURE", 12000, 12000), hostile),
		entry(t, "TO26000006", delta, "1",
			line(ledger.Debit, "2190-100", "CAPTURE", 1000, 1000), line(ledger.Credit, "1200-100", "CAPTURE", 1000, 1000)).
			Correcting("TO26000005").WithMemo("corrects TO26000005"),
	}
}

func write(t testing.TB, entries []ledger.Entry) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := posting.WriteDefault(&b, sample(), entries); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// golden compares with a file under testdata; TIEOUT_GOLDEN=write renews it.
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

func TestGoldenBytes(t *testing.T) {
	golden(t, "default.txt", write(t, sampleEntries(t)))
	var b bytes.Buffer
	if _, err := (posting.Profile{CRLF: true, Windows1252: true}).Write(&b, sample(), sampleEntries(t)); err != nil {
		t.Fatal(err)
	}
	golden(t, "windows.txt", b.Bytes())
	b.Reset()
	if err := posting.WriteJournal(&b, sampleEntries(t)); err != nil {
		t.Fatal(err)
	}
	golden(t, "journal.csv", b.Bytes())
}

// PF-04, PF-05 and the ruling on targets.
func TestFileIDAndName(t *testing.T) {
	h := sample()
	if h.FileID() != "TIEOUT000001" || h.Name("txt") != "GL_TIEOUT_20261001_000001.txt" {
		t.Errorf("got %s and %s", h.FileID(), h.Name("txt"))
	}
	h.Target, h.Sequence = "HQ", 1234567
	if h.FileID() != "TIEOUTHQ1234567" || h.Name("txt.pgp") != "GL_TIEOUT_20261001_1234567.txt.pgp" {
		t.Errorf("got %s and %s", h.FileID(), h.Name("txt.pgp"))
	}
}

func TestReadsBackWhatItWrote(t *testing.T) {
	for _, p := range []posting.Profile{{}, {CRLF: true}, {Windows1252: true}, {CRLF: true, Windows1252: true, SendEmpty: true}} {
		h := sample()
		h.Target = "HQ"
		var b bytes.Buffer
		totals, err := p.Write(&b, h, sampleEntries(t))
		if err != nil {
			t.Fatal(err)
		}
		file, err := p.Read(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if file.Header != h || !file.Totals.Equal(totals) {
			t.Errorf("%+v: header or totals changed: %+v", p, file)
		}
		wantSameEntries(t, sampleEntries(t), file.Entries)
	}
}

// PF-01: an empty file is never sent, unless the profile asks for it.
func TestNothingToPost(t *testing.T) {
	var b bytes.Buffer
	if _, err := posting.WriteDefault(&b, sample(), nil); !errors.Is(err, posting.ErrNothingToPost) || b.Len() > 0 {
		t.Errorf("got %v and %d bytes", err, b.Len())
	}
	p := posting.Profile{SendEmpty: true}
	if _, err := p.Write(&b, sample(), nil); err != nil {
		t.Fatal(err)
	}
	if file, err := p.Read(bytes.NewReader(b.Bytes())); err != nil || len(file.Entries) != 0 {
		t.Errorf("got %v and %v", file, err)
	}
	if _, err := posting.ReadDefault(&b); err == nil {
		t.Error("the default profile accepted an empty file")
	}
}

// PF-02, PF-03 on the numbers of the worked example's first two entries.
func TestSum(t *testing.T) {
	totals, err := posting.Sum(sampleEntries(t)[:2])
	if err != nil {
		t.Fatal(err)
	}
	cad := money.MustCurrency("CAD")
	want := posting.Totals{
		EntryCount: 2, LineCount: 4, AccountHash: 1150300 + 1200300 + 1010000 + 2195000,
		ByCurrency: []posting.CurrencyTotal{
			{Currency: cad, Debits: money.New(11300, cad), Credits: money.New(11300, cad)},
			{Currency: usd, Debits: money.New(7, usd), Credits: money.New(7, usd)},
		},
		BaseDebits: money.New(8256, usd), BaseCredits: money.New(8256, usd),
	}
	if !totals.Equal(want) {
		t.Errorf("got %+v, want %+v", totals, want)
	}
}

// PF-02: all digits of the account, however many, modulo 10^10.
func TestAccountHashWraps(t *testing.T) {
	key := ledger.Key{PostingDate: recon.NewDate(2026, 9, 30), Merchant: "m", Currency: usd, Class: ledger.Settle}
	e := entry(t, "TO26000001", key, "1",
		line(ledger.Debit, "A98-76543210987654321", "X", 1, 1), line(ledger.Credit, "none", "X", 1, 1))
	totals, err := posting.Sum([]ledger.Entry{e})
	if err != nil || totals.AccountHash != 987654321 {
		t.Errorf("got %d, %v", totals.AccountHash, err)
	}
}

func TestWriterRefuses(t *testing.T) {
	good := sampleEntries(t)
	key := good[4].Key()
	pair := func(account string) ledger.Entry {
		return entry(t, "TO26000009", key, "1", line(ledger.Debit, account, "X", 1, 1), line(ledger.Credit, "1", "X", 1, 1))
	}
	withKey := func(change func(*ledger.Key)) ledger.Entry {
		k := key
		change(&k)
		return entry(t, "TO26000009", k, "1", line(ledger.Debit, "1", "X", 1, 1), line(ledger.Credit, "1", "X", 1, 1))
	}
	header := func(change func(*posting.Header)) posting.Header { h := sample(); change(&h); return h }
	cases := map[string]struct {
		header  posting.Header
		entries []ledger.Entry
		want    string
	}{
		"company in lower case":     {header(func(h *posting.Header) { h.Company = "acme" }), good, "company"},
		"company too long":          {header(func(h *posting.Header) { h.Company = "ABCDEFGHI" }), good, "company"},
		"target with a dash":        {header(func(h *posting.Header) { h.Target = "A-B" }), good, "target"},
		"sequence 0":                {header(func(h *posting.Header) { h.Sequence = 0 }), good, "sequence"},
		"range backwards":           {header(func(h *posting.Header) { h.From, h.To = h.To, h.From }), good, "range"},
		"local creation time":       {header(func(h *posting.Header) { h.Created = "2026-10-02 00:00" }), good, "created"},
		"run id with a bar":         {header(func(h *posting.Header) { h.RunID = "a|b" }), good, "run id"},
		"base missing":              {header(func(h *posting.Header) { h.Base = 0 }), good, "base"},
		"other base":                {header(func(h *posting.Header) { h.Base = money.MustCurrency("EUR") }), good, "base currency USD"},
		"no number":                 {sample(), []ledger.Entry{good[0].Numbered("")}, "entry number"},
		"number twice":              {sample(), []ledger.Entry{good[0], good[1].Numbered(good[0].Number())}, "twice"},
		"account with a bar":        {sample(), []ledger.Entry{pair("1150|100")}, "account"},
		"account with a line end":   {sample(), []ledger.Entry{pair("1150\n100")}, "account"},
		"unknown class":             {sample(), []ledger.Entry{withKey(func(k *ledger.Key) { k.Class = "GIFT" })}, "class"},
		"no merchant":               {sample(), []ledger.Entry{withKey(func(k *ledger.Key) { k.Merchant = "" })}, "merchant"},
		"correction without #":      {sample(), []ledger.Entry{withKey(func(k *ledger.Key) { k.Correction = "2" })}, "correction"},
		"correction with a blank":   {sample(), []ledger.Entry{withKey(func(k *ledger.Key) { k.Correction = "# 2" })}, "correction"},
		"a sum beyond 15 digits":    {sample(), []ledger.Entry{huge(t, key)}, "15 digits"},
		"sums beyond int64":         {sample(), []ledger.Entry{huge(t, key), huge(t, key).Numbered("TO26000010")}, "int64"},
		"labels out of order":       {sample(), []ledger.Entry{mislabelled(t, key)}, "GL-10"},
		"a line longer than 64 KiB": {sample(), []ledger.Entry{good[0].WithMemo(strings.Repeat("x", 1<<16))}, "longer"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := posting.WriteDefault(&bytes.Buffer{}, c.header, c.entries)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error about %q", err, c.want)
			}
		})
	}
}

func huge(t *testing.T, key ledger.Key) ledger.Entry {
	const most = 9_000_000_000_000_000_000
	return entry(t, "TO26000009", key, "1", line(ledger.Debit, "1", "X", most, most), line(ledger.Credit, "1", "X", most, most))
}

// mislabelled has two lines whose labels swap places once the bar is a blank.
func mislabelled(t *testing.T, key ledger.Key) ledger.Entry {
	return entry(t, "TO26000009", key, "1", line(ledger.Debit, "1", "A C", 1, 1), line(ledger.Debit, "1", "A|B", 1, 1),
		line(ledger.Credit, "1", "X", 2, 2))
}

// PF-01: unmappable characters are an error that says where.
func TestWindows1252RefusesWhatItLacks(t *testing.T) {
	for _, memo := range []string{"złoty", "no UTF-8: \xe9"} {
		e := sampleEntries(t)[0].WithMemo(memo)
		_, err := posting.Profile{Windows1252: true}.Write(&bytes.Buffer{}, sample(), []ledger.Entry{e})
		if err == nil || !strings.Contains(err.Error(), "field memo") || !strings.Contains(err.Error(), "Windows-1252") {
			t.Errorf("%q: got %v", memo, err)
		}
	}
}

// A full disk or a closed pipe is reported, not swallowed.
func TestWriterReportsItsSink(t *testing.T) {
	if _, err := posting.WriteDefault(brokenPipe{}, sample(), sampleEntries(t)); !errors.Is(err, errPipe) {
		t.Errorf("posting file: got %v", err)
	}
	if err := posting.WriteJournal(brokenPipe{}, sampleEntries(t)); !errors.Is(err, errPipe) {
		t.Errorf("journal: got %v", err)
	}
}

var errPipe = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestInert(t *testing.T) {
	cases := map[string]string{
		"":        "",
		"plain":   "plain",
		"a=b":     "a=b",
		"=1+1":    "'=1+1",
		"+1":      "'+1",
		"-":       "'-",
		"@SUM":    "'@SUM",
		"\t=1":    "'\t=1",
		"\r=1":    "'\r=1",
		"\n=1":    "'\n=1",
		"＝1":      "'＝1",
		"＋1":      "'＋1",
		"－1":      "'－1",
		"＠1":      "'＠1",
		"\x00=1":  "'=1",
		"a\x1b\n": "a\n",
		"'=1":     "'=1",
	}
	for text, want := range cases {
		if got := posting.Inert(text); got != want {
			t.Errorf("Inert(%q) = %q, want %q", text, got, want)
		}
	}
}

// journal.csv has its header even when there is nothing below it.
func TestJournalWithoutEntries(t *testing.T) {
	var b bytes.Buffer
	if err := posting.WriteJournal(&b, nil); err != nil {
		t.Fatal(err)
	}
	want := "entry_no,natural_key,posting_date,period,merchant_id,currency,class,line_no,account,side,amount,base_amount," +
		"rate,label,memo,rule_id,sources\n"
	if b.String() != want {
		t.Errorf("got %q", b.String())
	}
}

func TestFormatsAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range posting.Formats() {
		if f.Name == "" || f.Prove == nil || f.Write == nil || seen[f.Name] {
			t.Errorf("format %+v is incomplete or listed twice", f)
		}
		seen[f.Name] = true
	}
	if !seen["default"] {
		t.Error("the default format is not listed")
	}
}

// wantSameEntries compares what a posting file carries: all but rules and
// sources, with bars and control characters as blanks.
func wantSameEntries(t testing.TB, want, got []ledger.Entry) {
	t.Helper()
	if diff := visibleDiff(want, got); diff != "" {
		t.Fatalf("entries (-want +got):\n%s", diff)
	}
}

func visibleDiff(want, got []ledger.Entry) string { return cmp.Diff(visible(want), visible(got)) }

func visible(entries []ledger.Entry) []string {
	var all []string
	for _, e := range entries {
		lines := e.Lines()
		for i := range lines {
			lines[i].Rule, lines[i].Sources = "", nil
		}
		b, _ := json.Marshal([]any{e.Number(), e.Key().String(), e.Rate().String(), e.Base().String(), e.Memo(), e.Corrects(), lines})
		text := strings.NewReplacer("|", " ", `\r`, " ", `\n`, " ", `\u0000`, " ").Replace(string(b))
		all = append(all, text)
	}
	return all
}
