package posting

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"

	"tieout/ledger"
	"tieout/ledger/money"
)

// ErrNothingToPost is what a writer returns for no entries: an empty file is
// never sent (PF-01).
var ErrNothingToPost = errors.New("no entries, so no posting file")

// maxLine bounds a line, so that a reader's memory is bounded too.
const maxLine = 1 << 16

// Profile is how the delimited layout is written where a receiver wants
// something else than UTF-8 and LF (PF-01). The zero Profile is the default.
type Profile struct {
	CRLF        bool // lines end in CR LF
	Fixed       bool // fields are padded to fixed widths instead of separated
	Windows1252 bool // characters outside Windows-1252 are an error
	SendEmpty   bool // a file without entries is written, not refused
	// Widths are those of a receiver, in characters, by record and field: L, account.
	Widths map[string]map[string]int
}

// WriteDefault writes entries in the default profile: records H, E, L, X and T
// (PF-01, PF-03). On an error the bytes written so far are worthless and the
// caller throws them away.
func WriteDefault(w io.Writer, h Header, entries []ledger.Entry) (Totals, error) {
	return Profile{}.Write(w, h, entries)
}

// Write is [WriteDefault] in this profile. It refuses whatever Read would refuse.
func (p Profile) Write(w io.Writer, h Header, entries []ledger.Entry) (Totals, error) {
	totals, _, err := p.write(w, h, entries)
	return totals, err
}

// write also tells what was cut to the width of its column.
func (p Profile) write(w io.Writer, h Header, entries []ledger.Entry) (Totals, []Cut, error) {
	if len(entries) == 0 && !p.SendEmpty {
		return Totals{}, nil, ErrNothingToPost
	}
	totals, err := Check(h, entries)
	if err != nil {
		return Totals{}, nil, err
	}
	out := &recordWriter{profile: p, w: bufio.NewWriter(w), hash: sha256.New()}
	out.record(h.fields())
	for _, e := range entries {
		for _, r := range entryRecords(e) {
			out.record(r)
		}
	}
	out.record(trailerFields(h, totals, hex.EncodeToString(out.hash.Sum(nil))))
	return totals, out.cuts, out.finish()
}

// Check proves that header and entries can be written in any format, and adds the entries up.
func Check(h Header, entries []ledger.Entry) (Totals, error) {
	if err := h.check(); err != nil {
		return Totals{}, err
	}
	seen := make(map[string]bool, len(entries))
	for _, e := range entries {
		if err := checkEntry(h, e, seen); err != nil {
			return Totals{}, err
		}
	}
	totals, err := Sum(entries)
	if err != nil {
		return Totals{}, err
	}
	return totals, totals.checkSize()
}

// checkEntry refuses an entry without number, one that is twice in the file,
// and codes that PF-01 would have to change. seen holds the numbers so far.
func checkEntry(h Header, e ledger.Entry, seen map[string]bool) error {
	key := e.Key()
	if err := checkKey(key); err != nil {
		return err
	}
	switch {
	case !isCode(e.Number()):
		return fmt.Errorf("entry %s: entry number %q is empty or has | or control characters", key, e.Number())
	case seen[e.Number()]:
		return fmt.Errorf("entry %s: number %s is twice in the file", key, e.Number())
	case clean(e.Corrects()) != e.Corrects():
		return fmt.Errorf("entry %s: corrects %q has | or control characters", e.Number(), e.Corrects())
	case e.Base() != h.Base:
		return fmt.Errorf("entry %s: base currency %s in a file whose base is %s", e.Number(), e.Base(), h.Base)
	case key.Currency != h.Base && !e.Rate().Known():
		return fmt.Errorf("entry %s: no rate from %s to %s", e.Number(), key.Currency, h.Base)
	}
	seen[e.Number()] = true
	return checkLines(e)
}

// checkKey refuses a key that could not be told apart in its written form, in
// which blanks stand for the bars.
func checkKey(key ledger.Key) error {
	blankFree := isCode(key.Correction) && key.Correction[0] == '#' && !strings.Contains(key.Correction, " ")
	switch {
	case key.PostingDate == 0 || key.Currency == 0 || key.Merchant == "":
		return fmt.Errorf("entry %s: date, merchant or currency is missing", key)
	case key.Class != ledger.Settle && key.Class != ledger.Fund && key.Class != ledger.Bank && key.Class != ledger.Reclass:
		return fmt.Errorf("entry %s: class %q is none of SETTLE, FUND, BANK, RECLASS", key, key.Class)
	case key.Correction != "" && !blankFree:
		return fmt.Errorf("entry %s: correction %q does not begin with # or has blanks", key, key.Correction)
	}
	return nil
}

func checkLines(e ledger.Entry) error {
	lines := e.Lines()
	for i, l := range lines {
		if !isCode(l.Account) {
			return fmt.Errorf("entry %s line %d: account %q is empty or has | or control characters", e.Number(), i+1, l.Account)
		}
		if l.Side != ledger.Debit && l.Side != ledger.Credit {
			return fmt.Errorf("entry %s line %d: side %q is neither D nor C", e.Number(), i+1, l.Side)
		}
		lines[i].Label = clean(l.Label)
	}
	if !slices.IsSortedFunc(lines, ledger.CompareLines) {
		return fmt.Errorf("entry %s: labels with | or control characters replaced are out of order (GL-10)", e.Number())
	}
	return nil
}

// checkSize refuses sums with more than 15 digits before the point (GL-03).
// No line is larger than the sum it is in.
func (t Totals) checkSize() error {
	sums := []money.Amount{t.BaseDebits}
	for _, c := range t.ByCurrency {
		sums = append(sums, c.Debits)
	}
	for _, s := range sums {
		if _, err := money.Parse(s.String(), s.Currency()); err != nil {
			return fmt.Errorf("total %s %s: %w", s, s.Currency(), err)
		}
	}
	return nil
}

// field is one field of a record under the name that faults call it by.
type field struct{ name, text string }

// entryRecords are the records of one entry: E, its L, X.
func entryRecords(e ledger.Entry) [][]field {
	lines := e.Lines()
	records := make([][]field, 0, len(lines)+2)
	records = append(records, entryFields(e))
	for i, l := range lines {
		records = append(records, lineFields(e, i+1, l))
	}
	debits, credits, _ := e.Totals()
	return append(records, []field{
		{"record", "X"},
		{"entry_no", e.Number()},
		{"line_count", strconv.Itoa(len(lines))},
		{"debits", money.New(debits, e.Key().Currency).String()},
		{"credits", money.New(credits, e.Key().Currency).String()},
	})
}

func entryFields(e ledger.Entry) []field {
	key := e.Key()
	return []field{
		{"record", "E"},
		{"entry_no", e.Number()},
		{"posting_date", e.PostingDate().String()},
		{"period", e.PostingDate().Period()},
		{"currency", key.Currency.String()},
		{"class", string(key.Class)},
		{"natural_key", clean(key.String())},
		{"corrects", e.Corrects()},
		{"memo", clean(e.Memo())},
	}
}

func lineFields(e ledger.Entry, no int, l ledger.Line) []field {
	return []field{
		{"record", "L"},
		{"entry_no", e.Number()},
		{"line_no", strconv.Itoa(no)},
		{"account", l.Account},
		{"side", l.Side.String()},
		{"amount", money.New(l.Amount, e.Key().Currency).String()},
		{"base_amount", money.New(l.Base, e.Base()).String()},
		{"rate", rateText(e)},
		{"label", clean(l.Label)},
		{"memo", clean(l.Memo)},
		{"line_id", e.Number() + "-" + strconv.Itoa(no)},
	}
}

// rateText is the entry's rate, 1 for the base currency.
func rateText(e ledger.Entry) string {
	if e.Key().Currency == e.Base() {
		return money.One().String()
	}
	return e.Rate().String()
}

// trailerFields is the T record; digest is the SHA-256 of all bytes before it.
func trailerFields(h Header, t Totals, digest string) []field {
	fields := []field{
		{"record", "T"},
		{"file_id", h.FileID()},
		{"entries", strconv.Itoa(t.EntryCount)},
		{"lines", strconv.Itoa(t.LineCount)},
	}
	for _, c := range t.ByCurrency {
		fields = append(fields, field{
			"total " + c.Currency.String(),
			c.Currency.String() + ":" + c.Debits.String() + ":" + c.Credits.String(),
		})
	}
	return append(fields,
		field{"base_debits", money.New(t.BaseDebits.Minor(), h.Base).String()},
		field{"base_credits", money.New(t.BaseCredits.Minor(), h.Base).String()},
		field{"account_hash", strconv.FormatInt(t.AccountHash, 10)},
		field{"sha256", digest})
}

// recordWriter writes records, hashes what it wrote and remembers the first error.
type recordWriter struct {
	profile Profile
	w       *bufio.Writer
	hash    hash.Hash
	buf     []byte
	cuts    cutter
	err     error
}

func (w *recordWriter) record(fields []field) {
	if w.err != nil {
		return
	}
	w.buf = w.buf[:0]
	if w.profile.Fixed {
		fields = w.fixed(fields)
	}
	for i, f := range fields {
		if i > 0 && !w.profile.Fixed {
			w.buf = append(w.buf, separator...)
		}
		if w.buf, w.err = w.profile.encode(w.buf, f.text); w.err != nil {
			w.err = fmt.Errorf("record %s %s, field %s: %w", fields[0].text, fields[1].text, f.name, w.err)
			return
		}
	}
	if w.err != nil {
		return
	}
	w.buf = append(w.buf, w.profile.lineEnd()...)
	if len(w.buf) > maxLine {
		w.err = fmt.Errorf("record %s %s is longer than %d bytes", fields[0].text, fields[1].text, maxLine)
		return
	}
	w.hash.Write(w.buf)
	_, w.err = w.w.Write(w.buf)
}

func (w *recordWriter) finish() error {
	if w.err != nil {
		return w.err
	}
	return w.w.Flush()
}
