package posting_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tieout/ledger/posting"
)

// refused fails the test if the damaged file is accepted.
func refused(t *testing.T, what string, file []byte) {
	t.Helper()
	got, err := posting.ReadDefault(bytes.NewReader(file))
	if err == nil {
		t.Errorf("%s: accepted", what)
	}
	if len(got.Entries) > 0 || got.Header != (posting.Header{}) {
		t.Errorf("%s: a refused file came back in part", what)
	}
}

// sign puts the right SHA-256 into the last line, so that only the structure
// is left to betray the damage.
func sign(lines []string) []byte {
	last := len(lines) - 1
	body := strings.Join(lines[:last], "")
	digest := sha256.Sum256([]byte(body))
	cut := strings.LastIndex(lines[last], "|")
	if cut < 0 {
		return []byte(strings.Join(lines, ""))
	}
	return []byte(body + lines[last][:cut+1] + hex.EncodeToString(digest[:]) + "\n")
}

// PF-03: no single line can be lost, doubled or moved, not even by somebody
// who recomputes the hash.
func TestRefusesLineDamage(t *testing.T) {
	lines := strings.SplitAfter(string(write(t, sampleEntries(t))), "\n")
	lines = lines[:len(lines)-1]
	if _, err := posting.ReadDefault(bytes.NewReader(sign(lines))); err != nil {
		t.Fatalf("the undamaged file: %v", err)
	}
	for i := range lines {
		check := func(what string, damaged []string) {
			refused(t, what, []byte(strings.Join(damaged, "")))
			refused(t, what+" and signed", sign(damaged))
		}
		check(fmt.Sprintf("without line %d", i+1), slices.Delete(slices.Clone(lines), i, i+1))
		check(fmt.Sprintf("line %d doubled", i+1), slices.Insert(slices.Clone(lines), i, lines[i]))
		for j := range i {
			swapped := slices.Clone(lines)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			check(fmt.Sprintf("lines %d and %d swapped", j+1, i+1), swapped)
		}
	}
}

func TestRefusesEveryTruncation(t *testing.T) {
	file := write(t, sampleEntries(t))
	for n := range file {
		refused(t, fmt.Sprintf("cut after %d bytes", n), file[:n])
	}
}

func TestRefusesEveryChangedDigit(t *testing.T) {
	file := write(t, sampleEntries(t))
	for i, c := range file {
		if c < '0' || c > '9' {
			continue
		}
		damaged := bytes.Clone(file)
		damaged[i] = '0' + (c-'0'+1)%10
		refused(t, fmt.Sprintf("digit at byte %d", i), damaged)
	}
}

// Amounts, accounts, rates, numbers and counts are held by more than the hash.
func TestRefusesChangedNumbersThatAreSigned(t *testing.T) {
	lines := strings.SplitAfter(string(write(t, sampleEntries(t))), "\n")
	lines = lines[:len(lines)-1]
	for i, l := range lines {
		for j, f := range strings.Split(strings.TrimSuffix(l, "\n"), "|") {
			free := (l[0] == 'H' && j > 5) || (l[0] == 'E' && (j == 7 || j == 8)) || (l[0] == 'L' && j == 9) || (l[0] == 'T' && f != "" && len(f) == 64)
			at := strings.IndexAny(f, "0123456789")
			if free || at < 0 {
				continue
			}
			fields := strings.Split(l, "|")
			changed := []byte(fields[j])
			changed[at] = '0' + (changed[at]-'0'+1)%10
			fields[j] = string(changed)
			damaged := slices.Clone(lines)
			damaged[i] = strings.Join(fields, "|")
			refused(t, fmt.Sprintf("line %d field %d as %s", i+1, j+1, changed), sign(damaged))
		}
	}
}

// Each fault says in which line and field it is.
func TestFaultNamesLineAndField(t *testing.T) {
	file := string(write(t, sampleEntries(t)))
	cases := map[string]struct {
		old, new string
		line     int
		field    string
	}{
		"byte order mark":      {"H|TIEOUT", "\uFEFFH|TIEOUT", 1, "record"},
		"CR LF":                {"USD|one-shot-0123456789ab\n", "USD|one-shot-0123456789ab\r\n", 1, "line end"},
		"version":              {"H|TIEOUT|1|", "H|TIEOUT|2|", 1, "version"},
		"file id":              {"|TIEOUT000001|TIEOUT|", "|TIEOUT00001|TIEOUT|", 1, "file_id"},
		"padded sequence":      {"|TIEOUT|1|2026", "|TIEOUT|01|2026", 1, "sequence"},
		"no such day":          {"|2026-09-29|2026-10-01|", "|2026-09-31|2026-10-01|", 1, "date_from"},
		"base":                 {"|USD|one-shot", "|XXX|one-shot", 1, "base"},
		"period":               {"|2026-09|CAD", "|2026-08|CAD", 2, "period"},
		"currency":             {"|2026-09|CAD", "|2026-09|EUR", 2, "natural_key"},
		"natural key":          {"|2026-09-29 acme", "|2026-09-28 acme", 2, "natural_key"},
		"class":                {"|CAD|SETTLE|2026-09-29 acme_ca CAD SETTLE", "|CAD|GIFT|2026-09-29 acme_ca CAD GIFT", 2, "natural_key"},
		"account":              {"|1200-300|C", "|1200-301|C", 29, "account_hash"},
		"empty account":        {"|1150-300|D", "||D", 2, "entry_no"},
		"side":                 {"|1150-300|D|", "|1150-300|d|", 3, "side"},
		"too few digits":       {"|D|113.00|", "|D|113|", 3, "amount"},
		"too many digits":      {"|D|113.00|", "|D|113.000|", 3, "amount"},
		"negative":             {"|D|113.00|", "|D|-113.00|", 3, "amount"},
		"grouping":             {"|D|113.00|", "|D|1,113.00|", 3, "amount"},
		"leading zero":         {"|D|113.00|", "|D|0113.00|", 3, "amount"},
		"decimals for yen":     {"|D|5940|", "|D|5940.00|", 11, "amount"},
		"unbalanced":           {"|D|113.00|", "|D|113.01|", 5, "debits"},
		"unbalanced in base":   {"|D|113.00|82.49|", "|D|113.00|82.48|", 5, "debits"},
		"rate of a base entry": {"|0.07|0.07|1|", "|0.07|0.07|1.0|", 7, "rate"},
		"two rates":            {"|82.49|0.7300|CAPTURE||TO26000001-2", "|82.49|0.7301|CAPTURE||TO26000001-2", 4, "rate"},
		"line number":          {"L|TO26000001|2|", "L|TO26000001|3|", 4, "line_no"},
		"line id twice":        {"TO26000001-2\n", "TO26000001-1\n", 4, "line_id"},
		"line of another":      {"L|TO26000001|2|", "L|TO26000002|2|", 4, "entry_no"},
		"too few fields":       {"|TO26000001-2\n", "\n", 4, "record"},
		"line count":           {"X|TO26000001|2|", "X|TO26000001|3|", 5, "line_count"},
		"debits":               {"X|TO26000001|2|113.00|", "X|TO26000001|2|113.01|", 5, "debits"},
		"number twice":         {"TO26000002", "TO26000001", 6, "entry_no"},
		"control character":    {"acme_ca Café", "acme_ca\tCafé", 2, "9"},
		"not UTF-8":            {"Café", "Caf\xe9", 2, "9"},
		"unknown record":       {"E|TO26000002", "Q|TO26000002", 6, "record"},
		"trailer entries":      {"T|TIEOUT000001|6|", "T|TIEOUT000001|7|", 29, "entries"},
		"trailer lines":        {"|6|15|", "|6|16|", 29, "lines"},
		"trailer currency":     {"|JPY:5940:5940|", "|JPY:5940:5941|", 29, "total JPY"},
		"trailer base":         {"|303.73|303.73|", "|303.73|303.74|", 29, "base_credits"},
		"trailer hash":         {"|25436700|", "|25436701|", 29, "account_hash"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(file, c.old) {
				t.Fatalf("the sample has no %q", c.old)
			}
			n := 1
			if name == "number twice" {
				n = -1
			}
			damaged := strings.SplitAfter(strings.Replace(file, c.old, c.new, n), "\n")
			_, err := posting.ReadDefault(bytes.NewReader(sign(damaged[:len(damaged)-1])))
			var fault *posting.Fault
			if !errors.As(err, &fault) || fault.Line != c.line || fault.Field != c.field {
				t.Errorf("got %v, want line %d, field %s", err, c.line, c.field)
			}
		})
	}
}

func TestRefusesOtherForms(t *testing.T) {
	file := write(t, sampleEntries(t))
	cases := map[string][]byte{
		"nothing":              nil,
		"one line end":         []byte("\n"),
		"a byte after T":       append(bytes.Clone(file), ' '),
		"a line end after T":   append(bytes.Clone(file), '\n'),
		"the file twice":       append(bytes.Clone(file), file...),
		"CR LF throughout":     bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")),
		"upper-case hash":      append(bytes.Clone(file[:len(file)-65]), bytes.ToUpper(file[len(file)-65:])...),
		"a line without end":   bytes.Repeat([]byte("H"), 1<<17),
		"trailer without hash": append(bytes.Clone(file[:len(file)-66]), '\n'),
	}
	for what, damaged := range cases {
		refused(t, what, damaged)
	}
	crlf := posting.Profile{CRLF: true}
	if _, err := crlf.Read(bytes.NewReader(file)); err == nil {
		t.Error("the CR LF profile accepted LF")
	}
	windows := posting.Profile{Windows1252: true}
	lines := strings.SplitAfter(strings.Replace(string(file), "Café", "Caf\x81", 1), "\n")
	if _, err := windows.Read(bytes.NewReader(sign(lines[:len(lines)-1]))); err == nil {
		t.Error("the Windows-1252 profile accepted a byte that is no character")
	}
}

// What the reader accepts prints back to the same bytes.
func FuzzReadDefault(f *testing.F) {
	file := write(f, sampleEntries(f))
	f.Add(file)
	f.Add(write(f, sampleEntries(f)[:1]))
	f.Add(file[:len(file)/2])
	f.Add([]byte("H|TIEOUT|1|A000001|A|1|2026-10-02T00:00:00Z|2026-09-29|2026-10-01|USD|r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		// The fuzzer cannot guess a hash: give its file the right one.
		lines := strings.SplitAfter(string(data), "\n")
		if n := len(lines) - 1; n > 0 && lines[n] == "" {
			data = sign(lines[:n])
		}
		read, err := posting.ReadDefault(bytes.NewReader(data))
		if err != nil {
			return
		}
		var again bytes.Buffer
		totals, err := posting.WriteDefault(&again, read.Header, read.Entries)
		if err != nil || !totals.Equal(read.Totals) || !bytes.Equal(again.Bytes(), data) {
			t.Fatalf("accepted but not printed back (%v):\n%s\n%s", err, data, again.Bytes())
		}
	})
}
