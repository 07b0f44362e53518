package posting

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
)

// File is a posting file read back. Rules and sources of lines are not in the
// file: the books have them, the ERP has no use for them.
type File struct {
	Header  Header
	Entries []ledger.Entry
	Totals  Totals
}

// Fault says where a posting file is damaged.
type Fault struct {
	Line   int // physical line, from 1
	Field  string
	Reason string
}

// Error names line, field and reason.
func (f *Fault) Error() string {
	return fmt.Sprintf("posting file line %d, field %s: %s", f.Line, f.Field, f.Reason)
}

// ReadDefault reads a file of the default profile and refuses every damage
// with a [Fault] (PF-03): a file without T, bytes after T, any wrong count,
// sum, hash, order or form. What it accepts prints back to the same bytes. On
// an error there is no File.
func ReadDefault(r io.Reader) (File, error) { return Profile{}.Read(r) }

// Read is [ReadDefault] in this profile.
func (p Profile) Read(r io.Reader) (File, error) {
	in := &recordReader{profile: p, in: bufio.NewReaderSize(r, maxLine), hash: sha256.New()}
	file, err := in.file()
	if err != nil {
		return File{}, err
	}
	return file, nil
}

func (r *recordReader) file() (File, error) {
	header, err := r.header()
	if err != nil {
		return File{}, err
	}
	file := File{Header: header}
	seen := map[string]bool{}
	for {
		rec, err := r.next()
		if err != nil {
			return File{}, err
		}
		if rec.fields[0] == "T" {
			file.Totals, err = r.trailer(rec, file)
			return file, err
		}
		entry, err := r.entry(header, rec, seen)
		if err != nil {
			return File{}, err
		}
		file.Entries = append(file.Entries, entry)
	}
}

func (r *recordReader) header() (Header, error) {
	rec, err := r.next()
	if err != nil {
		return Header{}, err
	}
	if err := rec.expect("H", 11); err != nil {
		return Header{}, err
	}
	f := rec.fields
	h := Header{Company: f[4], Created: f[6], RunID: f[10]}
	var faults [4]error
	h.Sequence, faults[0] = strconv.Atoi(f[5])
	h.From, faults[1] = recon.ParseDate(f[7])
	h.To, faults[2] = recon.ParseDate(f[8])
	h.Base, faults[3] = money.ParseCurrency(f[9])
	for i, name := range []string{"sequence", "date_from", "date_to", "base"} {
		if faults[i] != nil {
			return Header{}, rec.fault(name, faults[i].Error())
		}
	}
	h.Target = strings.TrimSuffix(strings.TrimPrefix(f[3], h.Company), fmt.Sprintf("%06d", h.Sequence))
	if err := h.check(); err != nil {
		return Header{}, rec.fault("header", err.Error())
	}
	return h, rec.compare(h.fields())
}

// entry reads one entry whose E record is head. It builds the entry from what
// the file says, which proves that it balances, and then compares every record
// with what the writer would write: order, counts, ids and sums in one stroke.
func (r *recordReader) entry(h Header, head record, seen map[string]bool) (ledger.Entry, error) {
	if err := head.expect("E", 9); err != nil {
		return ledger.Entry{}, err
	}
	key, err := head.key()
	if err != nil {
		return ledger.Entry{}, err
	}
	records, err := r.lines(head)
	if err != nil {
		return ledger.Entry{}, err
	}
	last := records[len(records)-1]
	entry, err := buildEntry(key, h.Base, records)
	if err != nil {
		return ledger.Entry{}, err
	}
	entry = entry.Numbered(head.fields[1]).Correcting(head.fields[7]).WithMemo(head.fields[8])
	if entry, err = head.onDate(entry); err != nil {
		return ledger.Entry{}, err
	}
	want := entryRecords(entry)
	for i := range min(len(want), len(records)) {
		if err := records[i].compare(want[i]); err != nil {
			return ledger.Entry{}, err
		}
	}
	if len(want) != len(records) {
		return ledger.Entry{}, last.fault("line_count", "the entry has lines of amount zero (GL-11)")
	}
	if err := checkEntry(h, entry, seen); err != nil {
		return ledger.Entry{}, head.fault("entry_no", err.Error())
	}
	return entry, nil
}

// lines reads the records of an entry up to its X.
func (r *recordReader) lines(head record) ([]record, error) {
	records := []record{head}
	for {
		rec, err := r.next()
		if err != nil {
			return nil, err
		}
		if rec.fields[0] == "X" {
			return append(records, rec), rec.expect("X", 5)
		}
		if err := rec.expect("L", 11); err != nil {
			return nil, err
		}
		records = append(records, rec)
	}
}

// key reads the key from the E record. The natural key has blanks for its bars,
// so the merchant is what stands between the date and the currency.
func (r record) key() (ledger.Key, error) {
	text := r.fields[6]
	date, err := recon.ParseDate(text[:min(10, len(text))])
	if err != nil {
		return ledger.Key{}, r.fault("natural_key", err.Error())
	}
	currency, err := money.ParseCurrency(r.fields[4])
	if err != nil {
		return ledger.Key{}, r.fault("currency", err.Error())
	}
	key := ledger.Key{PostingDate: date, Currency: currency, Class: ledger.Class(r.fields[5])}
	rest, dated := strings.CutPrefix(text, date.String()+" ")
	tail := " " + r.fields[4] + " " + r.fields[5]
	at := strings.LastIndex(rest, tail)
	if !dated || at < 0 {
		return ledger.Key{}, r.fault("natural_key", fmt.Sprintf("%q does not have the entry's currency and class", text))
	}
	key.Merchant, key.Correction = rest[:at], rest[at+len(tail):]
	if err := checkKey(key); err != nil {
		return ledger.Key{}, r.fault("natural_key", err.Error())
	}
	return key, nil
}

// onDate gives a correction the day that it is posted on; every other entry has the day of its key (GL-18).
func (r record) onDate(e ledger.Entry) (ledger.Entry, error) {
	date, err := recon.ParseDate(r.fields[2])
	switch {
	case err != nil:
		return e, r.fault("posting_date", err.Error())
	case date == e.Key().PostingDate:
		return e, nil
	case e.Key().Correction == "" || date < e.Key().PostingDate:
		return e, r.fault("natural_key", fmt.Sprintf("its day is not that of posting, %s; only a correction may be posted later", date))
	}
	return e.OnDate(date), nil
}

// buildEntry makes the entry of E, L... and X.
func buildEntry(key ledger.Key, base money.Currency, records []record) (ledger.Entry, error) {
	last := records[len(records)-1]
	if len(records) == 2 {
		return ledger.Entry{}, last.fault("line_count", "the entry has no lines")
	}
	rate, err := money.ParseRate(records[1].fields[7])
	if err != nil {
		return ledger.Entry{}, records[1].fault("rate", err.Error())
	}
	lines := make([]ledger.Line, 0, len(records)-2)
	for _, rec := range records[1 : len(records)-1] {
		line, err := rec.entryLine(key.Currency, base)
		if err != nil {
			return ledger.Entry{}, err
		}
		lines = append(lines, line)
	}
	entry, err := ledger.NewEntry(key, base, rate, lines)
	if err != nil {
		return ledger.Entry{}, last.fault("debits", err.Error())
	}
	return entry, nil
}

func (r record) entryLine(currency, base money.Currency) (ledger.Line, error) {
	f := r.fields
	line := ledger.Line{Account: f[3], Label: f[8], Memo: f[9]}
	if f[4] != "D" && f[4] != "C" {
		return line, r.fault("side", fmt.Sprintf("%q is neither D nor C", f[4]))
	}
	line.Side = ledger.Side(f[4][0])
	amount, err := money.Parse(f[5], currency)
	if err != nil || f[5][0] == '-' {
		return line, r.fault("amount", fmt.Sprintf("%q is no amount of %s without sign", f[5], currency))
	}
	inBase, err := money.Parse(f[6], base)
	if err != nil || f[6][0] == '-' {
		return line, r.fault("base_amount", fmt.Sprintf("%q is no amount of %s without sign", f[6], base))
	}
	line.Amount, line.Base = amount.Minor(), inBase.Minor()
	return line, nil
}

// trailer compares T with what was read and insists that nothing follows.
func (r *recordReader) trailer(rec record, file File) (Totals, error) {
	totals, err := Sum(file.Entries)
	if err != nil {
		return Totals{}, rec.fault("totals", err.Error())
	}
	if err := rec.compare(trailerFields(file.Header, totals, hex.EncodeToString(r.hash.Sum(nil)))); err != nil {
		return Totals{}, err
	}
	if err := totals.checkSize(); err != nil {
		return Totals{}, rec.fault("totals", err.Error())
	}
	if len(file.Entries) == 0 && !r.profile.SendEmpty {
		return Totals{}, rec.fault("entries", ErrNothingToPost.Error())
	}
	if _, err := r.in.ReadByte(); err == nil {
		return Totals{}, &Fault{r.line + 1, "record", "there are bytes after T"}
	} else if !errors.Is(err, io.EOF) {
		return Totals{}, err
	}
	return totals, nil
}

// record is one line split into fields.
type record struct {
	line   int
	fields []string
}

func (r record) fault(field, reason string) error { return &Fault{r.line, field, reason} }

// expect wants a record of a kind with so many fields.
func (r record) expect(kind string, fields int) error {
	if r.fields[0] != kind {
		return r.fault("record", fmt.Sprintf("%q where %s is due", r.fields[0], kind))
	}
	if len(r.fields) != fields {
		return r.fault("record", fmt.Sprintf("%s has %d fields, not %d", kind, fields, len(r.fields)))
	}
	return nil
}

// compare wants exactly these fields.
func (r record) compare(want []field) error {
	for i, w := range want {
		if i < len(r.fields) && r.fields[i] != w.text {
			return r.fault(w.name, fmt.Sprintf("%q, must be %q", r.fields[i], w.text))
		}
	}
	if len(r.fields) != len(want) {
		return r.fault("record", fmt.Sprintf("%s has %d fields, must be %d", r.fields[0], len(r.fields), len(want)))
	}
	return nil
}

// recordReader reads one line at a time and hashes every line before T.
type recordReader struct {
	profile Profile
	in      *bufio.Reader
	hash    hash.Hash
	line    int
}

func (r *recordReader) next() (record, error) {
	r.line++
	raw, err := r.in.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF) && len(raw) == 0:
		return record{}, &Fault{r.line, "record", "the file ends without T"}
	case errors.Is(err, io.EOF):
		return record{}, &Fault{r.line, "line end", "the file ends within a line"}
	case errors.Is(err, bufio.ErrBufferFull):
		return record{}, &Fault{r.line, "record", fmt.Sprintf("longer than %d bytes", maxLine)}
	case err != nil:
		return record{}, err
	}
	if !bytes.HasPrefix(raw, []byte(r.profile.trailerStart())) {
		r.hash.Write(raw)
	}
	text, whole := strings.CutSuffix(r.profile.decode(raw), r.profile.lineEnd())
	if !whole {
		return record{}, &Fault{r.line, "line end", "LF where the profile has CR LF"}
	}
	if strings.HasSuffix(text, "\r") {
		return record{}, &Fault{r.line, "line end", "CR before the line end of the profile"}
	}
	rec := record{r.line, r.profile.split(text)}
	for i, f := range rec.fields {
		if clean(f) != f {
			return record{}, rec.fault(strconv.Itoa(i+1), fmt.Sprintf("%q has control characters or is not UTF-8", f))
		}
	}
	return rec, nil
}
