package sagepro

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"tieout/fixtures/sandbox/company"
	"tieout/recon"
)

// wire speaks as much of SQL Server's protocol (MS-TDS 7.4) as reading takes, so
// that the driver is the genuine one: login, transactions, statements with and
// without parameters, padded characters of a code page, money, decimals, dates
// and bits. What it is asked, SQLite answers.
type wire struct {
	made *company.Company
	db   *sql.DB

	mu        sync.Mutex
	said      []string
	isolation []byte
	faults    []error
}

const (
	tdsBatch    = 0x01
	tdsCall     = 0x03
	tdsReply    = 0x04
	tdsManager  = 0x0E
	tdsLogin    = 0x10
	tdsPrelogin = 0x12
)

// listen serves until the test ends, and gives the address.
func (w *wire) listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if err := w.serve(conn); !errors.Is(err, io.EOF) {
					w.mu.Lock()
					w.faults = append(w.faults, err)
					w.mu.Unlock()
				}
			}()
		}
	}()
	return l.Addr().String()
}

func (w *wire) serve(conn net.Conn) error {
	for {
		kind, body, err := readMessage(conn)
		if err != nil {
			return err
		}
		var reply tokens
		switch kind {
		case tdsPrelogin:
			reply = tokens{0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF, 16, 0, 0, 0, 0, 0, 2} // version 16, no encryption
		case tdsLogin:
			reply.login()
		case tdsManager:
			w.manage(&reply, body[binary.LittleEndian.Uint32(body):])
		case tdsBatch:
			err = w.answer(&reply, fromUCS2(body[binary.LittleEndian.Uint32(body):]), nil)
		case tdsCall:
			query, args, fault := readCall(body[binary.LittleEndian.Uint32(body):])
			err = errors.Join(fault, w.answer(&reply, query, args))
		default:
			err = fmt.Errorf("message 0x%02X is not known", kind)
		}
		if err := errors.Join(err, writeMessage(conn, reply)); err != nil {
			return err
		}
	}
}

func readMessage(conn net.Conn) (kind byte, body []byte, err error) {
	for {
		var head [8]byte
		if _, err := io.ReadFull(conn, head[:]); err != nil {
			return 0, nil, err
		}
		part := make([]byte, int(binary.BigEndian.Uint16(head[2:]))-len(head))
		if _, err := io.ReadFull(conn, part); err != nil {
			return 0, nil, err
		}
		if body = append(body, part...); head[1]&1 != 0 {
			return head[0], body, nil
		}
	}
}

// writeMessage cuts the reply into packets, so that values lie across their borders.
func writeMessage(conn net.Conn, body []byte) error {
	const most = 4096 - 8
	for first := true; first || len(body) > 0; first = false {
		part := body[:min(most, len(body))]
		body = body[len(part):]
		head := []byte{tdsReply, 0, 0, 0, 0, 0, 1, 0}
		if len(body) == 0 {
			head[1] = 1
		}
		binary.BigEndian.PutUint16(head[2:], uint16(len(part)+len(head)))
		if _, err := conn.Write(append(head, part...)); err != nil {
			return err
		}
	}
	return nil
}

// tokens is a reply being written.
type tokens []byte

func (b *tokens) bytes(v ...byte)     { *b = append(*b, v...) }
func (b *tokens) uint16(v int)        { *b = binary.LittleEndian.AppendUint16(*b, uint16(v)) }
func (b *tokens) uint32(v uint32)     { *b = binary.LittleEndian.AppendUint32(*b, v) }
func (b *tokens) uint64(v uint64)     { *b = binary.LittleEndian.AppendUint64(*b, v) }
func (b *tokens) ucs2(text string)    { *b = append(*b, toUCS2(text)...) }
func (b *tokens) name(text string)    { b.bytes(byte(len(utf16.Encode([]rune(text))))); b.ucs2(text) }
func (b *tokens) done(token byte)     { b.bytes(token); b.uint16(0); b.uint16(0); b.uint64(0) }
func (b *tokens) change(body ...byte) { b.bytes(0xE3); b.uint16(len(body)); b.bytes(body...) }

func toUCS2(text string) (b []byte) {
	for _, u := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func fromUCS2(b []byte) string {
	var units []uint16
	for ; len(b) > 1; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(units))
}

func (b *tokens) login() {
	const program = "Microsoft SQL Server"
	b.bytes(0xAD)
	b.uint16(1 + 4 + 1 + 2*len(program) + 4)
	b.bytes(1, 0x74, 0, 0, 4)
	b.name(program)
	b.bytes(16, 0, 0, 0)
	b.done(0xFD)
}

// manage begins a transaction, notes its isolation, or ends it. Nothing is ever committed.
func (w *wire) manage(reply *tokens, request []byte) {
	id := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	switch binary.LittleEndian.Uint16(request) {
	case 5:
		w.mu.Lock()
		w.isolation = append(w.isolation, request[2])
		w.mu.Unlock()
		reply.change(slices.Concat([]byte{8, 8}, id, []byte{0})...)
	case 8:
		reply.change(slices.Concat([]byte{10, 0, 8}, id)...)
	}
	reply.done(0xFD)
}

// readCall reads a call of sp_executesql: the statement, what its parameters are, and they.
func readCall(b []byte) (query string, args []any, err error) {
	if binary.LittleEndian.Uint16(b) != 0xFFFF || binary.LittleEndian.Uint16(b[2:]) != 10 {
		return "", nil, errors.New("only sp_executesql is known")
	}
	var all []any
	for b = b[6:]; len(b) > 0; {
		b = b[1+2*int(b[0])+1:] // name and status
		var v any
		switch kind := b[0]; kind {
		case 0xE7: // nvarchar
			wide := binary.LittleEndian.Uint16(b[1:]) == 0xFFFF
			b = b[8:]
			var text []byte
			if wide {
				for b = b[8:]; binary.LittleEndian.Uint32(b) > 0; {
					n := int(binary.LittleEndian.Uint32(b))
					text, b = append(text, b[4:4+n]...), b[4+n:]
				}
				b = b[4:]
			} else {
				n := int(binary.LittleEndian.Uint16(b))
				text, b = b[2:2+n], b[2+n:]
			}
			v = fromUCS2(text)
		case 0x2B: // datetimeoffset of scale 7: five bytes of time, three of days since the year 1
			day := b[3+5:]
			days := int(day[0]) | int(day[1])<<8 | int(day[2])<<16
			v, b = time.Date(1, 1, 1+days, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), b[3+int(b[2]):]
		default:
			return "", nil, fmt.Errorf("a parameter of type 0x%02X is not known", kind)
		}
		all = append(all, v)
	}
	return all[0].(string), all[2:], nil
}

var threeNames = regexp.MustCompile(`\[PRO01\]\.\[dbo\]\.|\[PROSYS\]\.\[dbo\]\.`)

// answer writes what the statement gives.
func (w *wire) answer(reply *tokens, query string, args []any) error {
	w.mu.Lock()
	w.said = append(w.said, query)
	w.mu.Unlock()
	switch {
	case strings.HasPrefix(query, "set "), strings.HasPrefix(query, "SET "):
	case strings.Contains(query, "sys.databases"):
		reply.columns([]company.Column{{Name: "n", Type: 'I'}})
		reply.bytes(0xD1)
		reply.value(company.Column{Type: 'I'}, "1", false)
	case strings.Contains(query, "INFORMATION_SCHEMA"):
		reply.catalogue(w.made.Table(fmt.Sprint(args[1])))
	default:
		if err := w.rows(reply, query, args); err != nil {
			return err
		}
	}
	reply.done(0xFD)
	return nil
}

func (b *tokens) catalogue(t *company.Table) {
	columns := []company.Column{{Name: "COLUMN_NAME", Type: 'V'}, {Name: "DATA_TYPE", Type: 'V'}, {Name: "n", Type: 'I'}}
	b.columns(columns)
	if t == nil {
		return
	}
	for _, c := range t.Columns {
		kind, width := map[byte]string{'C': "char", 'D': "datetime", 'T': "datetime", 'L': "bit", 'I': "int", 'B': "float", 'Y': "money", 'M': "text"}[c.Type], 0
		if kind == "" {
			kind = "numeric"
		}
		if c.Type == 'C' {
			width = c.Width
		}
		b.bytes(0xD1)
		for i, text := range []string{c.Name, kind, fmt.Sprint(width)} {
			b.value(columns[i], text, false)
		}
	}
}

var asked = regexp.MustCompile(`^SELECT (.*?) FROM \[\w+\]\.\[dbo\]\.\[(\w+)\] t`)

func (w *wire) rows(reply *tokens, query string, args []any) error {
	found := asked.FindStringSubmatch(query)
	if found == nil {
		return fmt.Errorf("no such statement was expected: %s", query)
	}
	table := w.made.Table(found[2])
	var columns []company.Column
	for name := range strings.SplitSeq(found[1], ", ") {
		name = strings.Trim(strings.TrimPrefix(name, "t."), "[]")
		at := slices.IndexFunc(table.Columns, func(c company.Column) bool { return strings.EqualFold(c.Name, name) })
		if at < 0 {
			return fmt.Errorf("%s has no column %s", table.Name, name)
		}
		columns = append(columns, table.Columns[at])
	}
	reply.columns(columns)
	var named []any
	for i, a := range args {
		named = append(named, sql.Named(fmt.Sprintf("p%d", i+1), a))
	}
	rows, err := w.db.Query(threeNames.ReplaceAllString(query, ""), named...)
	if err != nil {
		return err
	}
	defer rows.Close()
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		reply.bytes(0xD1)
		for i, v := range values {
			if at, isTime := v.(time.Time); isTime {
				v = at.Format(time.DateTime)
			}
			reply.value(columns[i], fmt.Sprint(v), v == nil)
		}
	}
	return rows.Err()
}

// columns tells names and types.
func (b *tokens) columns(all []company.Column) {
	b.bytes(0x81)
	b.uint16(len(all))
	for _, c := range all {
		b.uint32(0)
		b.uint16(1) // may be NULL
		switch c.Type {
		case 'C':
			b.bytes(0xAF)
			b.uint16(c.Width)
			b.bytes(0x09, 0x04, 0xD0, 0x00, 0x34) // Latin1_General of code page 1252
		case 'V':
			b.bytes(0xE7)
			b.uint16(256)
			b.bytes(0x09, 0x04, 0xD0, 0x00, 0x34)
		case 'D', 'T':
			b.bytes(0x6F, 8)
		case 'L':
			b.bytes(0x68, 1)
		case 'I':
			b.bytes(0x26, 4)
		case 'Y':
			b.bytes(0x6E, 8)
		default:
			b.bytes(0x6C, 9, 18, 4)
		}
		b.name(c.Name)
	}
}

// value writes a value in the form of its type.
func (b *tokens) value(c company.Column, text string, null bool) {
	text = strings.TrimRight(text, " ")
	switch {
	case null && c.Type == 'C':
		b.uint16(0xFFFF)
		return
	case null || text == "" && c.Type != 'C':
		b.bytes(0)
		return
	}
	switch c.Type {
	case 'C':
		encoded, err := charmap.Windows1252.NewEncoder().String(text)
		if err != nil {
			panic(err)
		}
		b.uint16(c.Width)
		b.bytes(append([]byte(encoded), bytes.Repeat([]byte{' '}, c.Width-len(encoded))...)...)
	case 'V':
		b.uint16(len(toUCS2(text)))
		b.ucs2(text)
	case 'D', 'T':
		at, err := time.Parse(time.DateTime, text)
		if err != nil {
			panic(err)
		}
		since := at.Sub(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC))
		b.bytes(8)
		b.uint32(uint32(since / (24 * time.Hour)))
		b.uint32(uint32(since % (24 * time.Hour) * 300 / time.Second))
	case 'L':
		b.bytes(1, map[string]byte{"1": 1, "T": 1}[text])
	case 'I':
		b.bytes(4)
		b.uint32(uint32(scaled(text, 0)))
	case 'Y':
		v := uint64(scaled(text, 4))
		b.bytes(8)
		b.uint32(uint32(v >> 32))
		b.uint32(uint32(v))
	default:
		v := scaled(text, 4)
		b.bytes(9, map[bool]byte{true: 1}[v >= 0])
		b.uint64(uint64(max(v, -v)))
	}
}

// scaled is a decimal text as a whole number of its last digits.
func scaled(text string, digits int) int64 {
	whole, fraction, _ := strings.Cut(text, ".")
	v, err := strconv.ParseInt(whole+(fraction + "0000")[:digits], 10, 64)
	if err != nil {
		panic(err)
	}
	return v
}

// TestSQLServerOverTheWire: through the genuine driver a company of the SQL Server
// edition gives the documents that it was made of, in one snapshot, by statements
// that only read.
func TestSQLServerOverTheWire(t *testing.T) {
	made, date := evening(company.G4, 3)
	w := &wire{made: made}
	var err error
	if w.db, err = sql.Open("sqlite", filepath.Join(t.TempDir(), "pro.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	w.db.SetMaxOpenConns(1)
	for _, s := range append(append([]string{"BEGIN"}, made.SQL("")...), "COMMIT") {
		if _, err := w.db.Exec(s); err != nil {
			t.Fatalf("%.100s: %v", s, err)
		}
	}
	db, err := OpenSQLServer("sqlserver://reader:secret@" + w.listen(t) + "?database=PRO01&encrypt=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	c := mappingOf(G4)
	c.Schema, c.SystemSchema = "PRO01.dbo", "PROSYS.dbo"
	c.InvoiceLine.AddUp, c.OrderLine.AddUp = true, true
	d := &Database{Company: c, Dialect: SQLServer()}
	if err := d.Begin(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	got, report := documentsOf(t, c, d, date-60)
	if diff := cmp.Diff(wanted(t, made), got, sameCurrency()); diff != "" || report.Verdict != recon.FileAccepted {
		t.Errorf("%.3000s %+v", diff, report)
	}
	if chart, err := c.ReadChart(t.Context(), d); err != nil || len(chart.Active()) == 0 {
		t.Errorf("%+v %v", chart, err)
	}
	if calendar, err := c.ReadCalendar(t.Context(), d); err != nil || len(calendar.Periods()) != 26 {
		t.Errorf("%v", err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	const snapshot = 5
	if len(w.faults) > 0 {
		t.Error(w.faults)
	}
	if !bytes.Equal(w.isolation, []byte{snapshot}) {
		t.Errorf("transactions of isolation %v", w.isolation)
	}
	for _, said := range w.said {
		if !strings.HasPrefix(said, "SELECT ") {
			t.Errorf("asked: %s", said)
		}
	}
}
