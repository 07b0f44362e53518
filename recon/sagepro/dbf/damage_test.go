package dbf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// invoice is a table with a column of every type, two rows and a memo file.
func invoice() (table, memo []byte) {
	cols := []col{
		{"INVNO", 'C', 10, 0, 0},
		{"INVDTE", 'D', 8, 0, 0},
		{"INVAMT", 'N', 12, 2, 0},
		{"PAIDAMT", 'Y', 8, 4, 0},
		{"QTY", 'I', 4, 0, 0},
		{"EXCHRAT", 'B', 8, 2, 0},
		{"ADDED", 'T', 8, 0, 0},
		{"RECDEL", 'L', 1, 0, 0},
		{"NOTES", 'M', 4, 0, 0},
		{"PONUM", 'V', 6, 0, 2},
		{"_NullFlags", '0', 1, 0, 5},
	}
	row := func(no string, nulls byte) string {
		return " " + pad(no, 10) + "20261123" + "      120.50" + le64(50000) + le32(7) + le64(0x3FF0000000000000) + instant(2461003, 1000) + "T" + le32(8) + "PO 1\x00\x04" + string(nulls)
	}
	return build(0x30, 3, cols, row("88001", 1), row("88002", 3)), fpt(64, "a note")
}

// readAll reads every value and tells what happened: what Open says, or the
// first fault of a value, or what ended the reading.
func readAll(table, memo []byte) (rows int, err error) {
	var o Options
	if memo != nil {
		if o.Memo, err = OpenFPT(bytes.NewReader(memo), int64(len(memo))); err != nil {
			return 0, err
		}
	}
	t, err := Open(bytes.NewReader(table), int64(len(table)), o)
	if err != nil {
		return 0, err
	}
	r := t.Rows()
	var first error
	for r.Next() {
		for i := range t.Fields() {
			_, err := r.Text(i)
			if first == nil {
				first = err
			}
			r.Raw(i)
			r.Null(i)
		}
		r.Deleted()
	}
	return r.Number(), errors.Join(first, r.Err())
}

// damage is one way to spoil the table or its memo file, and what must come of it.
type damage struct {
	name  string
	table func([]byte) []byte
	memo  func([]byte) []byte
	want  error  // ErrNotTable or ErrTorn
	says  string // part of the fault of a value or of a memo file
	rows  int    // that are read where the damage is tolerated, or is one of values only
}

func put(at int, b ...byte) func([]byte) []byte {
	return func(data []byte) []byte { copy(data[at:], b); return data }
}

func cut(length int) func([]byte) []byte {
	return func(data []byte) []byte { return data[:length] }
}

func cutEnd(bytes int) func([]byte) []byte {
	return func(data []byte) []byte { return data[:len(data)-bytes] }
}

// descriptor is byte at of the descriptor of column n; value is byte at of column n in the first row.
func descriptor(n, at int) int { return headerSize + n*descriptorSize + at }

func valueAt(n, at int) int {
	offset := headerSize + 11*descriptorSize + 1 + 1
	for _, width := range []int{10, 8, 12, 8, 4, 8, 8, 1, 4, 6, 1}[:n] {
		offset += width
	}
	return offset + at
}

func damages() []damage {
	all := []damage{
		{name: "an empty file", table: cut(0), want: ErrNotTable},
		{name: "one byte", table: cut(1), want: ErrNotTable},
		{name: "a header without its last byte", table: cut(31), want: ErrNotTable},
		{name: "a header and nothing else", table: cut(32), want: ErrNotTable},
		{name: "an end within the first descriptor", table: cut(40), want: ErrNotTable},
		{name: "an end before the terminator", table: cut(headerSize + 11*descriptorSize), want: ErrNotTable},
		{name: "a header alone", table: cut(headerSize + 11*descriptorSize + 1), want: ErrTorn},
		{name: "half a row", table: cut(headerSize + 11*descriptorSize + 30), want: ErrTorn},
		{name: "one row of two", table: cut(headerSize + 11*descriptorSize + 1 + 71), want: ErrTorn},
		{name: "the last byte of the last row is missing", table: cutEnd(2), want: ErrTorn},
		{name: "no end mark", table: cutEnd(1), rows: 2},
		{name: "rubbish behind the end mark", table: func(b []byte) []byte { return append(b, "rubbish"...) }, rows: 2},
		{name: "zeros throughout", table: func(b []byte) []byte { clear(b); return b }, want: ErrNotTable},
		{name: "0xFF throughout", table: func(b []byte) []byte { return bytes.Repeat([]byte{0xFF}, len(b)) }, want: ErrNotTable},
		{name: "text", table: func([]byte) []byte { return []byte(strings.Repeat("invno,invdte,invamt\n", 10)) }, want: ErrNotTable},
		{name: "a workbook", table: func([]byte) []byte { return append([]byte("PK\x03\x04"), make([]byte, 200)...) }, want: ErrNotTable},
		{name: "a web page", table: func([]byte) []byte { return []byte("<!DOCTYPE html><html><body>" + strings.Repeat("x", 100)) }, want: ErrNotTable},
		{name: "a header length of 0", table: put(8, 0, 0), want: ErrNotTable},
		{name: "a header length of 32", table: put(8, 32, 0), want: ErrNotTable},
		{name: "a header that ends within a descriptor", table: put(8, 50, 0), want: ErrNotTable},
		{name: "a header one descriptor short", table: put(8, binary.LittleEndian.AppendUint16(nil, headerSize+10*descriptorSize)...), want: ErrNotTable},
		{name: "a header longer than the file", table: put(8, 0xFF, 0xFF), want: ErrNotTable},
		{name: "a record length of 0", table: put(10, 0, 0), want: ErrNotTable},
		{name: "a record length of 1", table: put(10, 1, 0), want: ErrNotTable},
		{name: "a record length one short", table: put(10, 70, 0), want: ErrNotTable},
		{name: "a record length of 65535", table: put(10, 0xFF, 0xFF), want: ErrNotTable},
		{name: "one row more than there is", table: put(4, 3), want: ErrTorn},
		{name: "four thousand million rows", table: put(4, 0xFF, 0xFF, 0xFF, 0xFF), want: ErrTorn},
		{name: "one row fewer than there are", table: put(4, 1), rows: 1},
		{name: "no rows", table: put(4, 0), rows: 0},
		{name: "a terminator in front of the columns", table: put(headerSize, endOfFields), want: ErrNotTable},
		{name: "a terminator after the first column", table: put(descriptor(1, 0), endOfFields), want: ErrNotTable},
		{name: "no terminator where it belongs", table: put(headerSize+11*descriptorSize, 0), want: ErrNotTable},
		{name: "a column of no width", table: put(descriptor(2, 16), 0), want: ErrNotTable},
		{name: "a column one wider", table: put(descriptor(2, 16), 13), want: ErrNotTable},
		{name: "a column of 255", table: put(descriptor(0, 16), 255), want: ErrNotTable},
		{name: "a width moved to the neighbour", table: func(b []byte) []byte { return put(descriptor(1, 16), 6)(put(descriptor(0, 16), 12)(b)) }, says: "width of 6", rows: 2},
		{name: "a currency of 12 bytes", table: put(descriptor(2, 11), 'Y'), says: "width of 12", rows: 2},
		{name: "an integer of 8 bytes", table: put(descriptor(3, 11), 'I'), says: "width of 8", rows: 2},
		{name: "a memo of 8 bytes", table: put(descriptor(5, 11), 'M'), says: "width of 8", rows: 2},
		{name: "a type of zero", table: put(descriptor(0, 11), 0), says: "not known", rows: 2},
		{name: "a type that nobody knows", table: put(descriptor(0, 11), '7'), says: "not known", rows: 2},
		{name: "names of rubbish", table: put(descriptor(0, 0), 0xFF, 0xFE, 1, 2, 3, 4, 5, 6, 7, 8, 9), rows: 2},
		{name: "a name that is empty", table: put(descriptor(0, 0), 0), rows: 2},
		{name: "all names alike", table: func(b []byte) []byte {
			for i := range 11 {
				copy(b[descriptor(i, 0):], "SAME\x00")
			}
			return b
		}, rows: 2},
		{name: "offsets of rubbish, which nobody reads", table: put(descriptor(3, 12), 0xFF, 0xFF, 0xFF, 0xFF), rows: 2},
		{name: "flags of rubbish", table: put(28, 0xFF), rows: 2},
		{name: "a code page that nobody knows", table: put(29, 0xF0), rows: 2},
		{name: "a version byte of FoxPro 2", table: put(0, 0x03), rows: 2},
		{name: "a version byte of a memo table", table: put(0, 0xF5), rows: 2},
		{name: "dBASE II", table: put(0, 0x02), want: ErrNotTable},
		{name: "dBASE 7", table: put(0, 0x04), want: ErrNotTable},
		{name: "dBASE 7 with memo", table: put(0, 0x8C), want: ErrNotTable},
		{name: "dBASE IV SQL", table: put(0, 0x43), want: ErrNotTable},
		{name: "version 0", table: put(0, 0), want: ErrNotTable},
		{name: "two columns of null flags", table: put(descriptor(7, 11), '0'), rows: 2},
		{name: "null flags in front", table: put(descriptor(0, 11), '0'), rows: 2},
		{name: "more nullable columns than null flags", table: func(b []byte) []byte {
			for i := range 10 {
				b[descriptor(i, 18)] = 2
			}
			return b
		}, rows: 2},
		{name: "asterisks in an amount", table: put(valueAt(2, 0), []byte("************")...), says: "asterisks", rows: 2},
		{name: "a letter in an amount", table: put(valueAt(2, 8), 'O'), says: "plain decimal", rows: 2},
		{name: "0xFF in an amount", table: put(valueAt(2, 8), 0xFF), says: "plain decimal", rows: 2},
		{name: "a month of 13", table: put(valueAt(1, 4), '1', '3'), says: "calendar", rows: 2},
		{name: "blanks within a date", table: put(valueAt(1, 4), ' ', ' '), says: "calendar", rows: 2},
		{name: "a time without its day", table: put(valueAt(6, 0), 0, 0, 0, 0), says: "calendar", rows: 2},
		{name: "a day beyond the calendar", table: put(valueAt(6, 0), 0xFF, 0xFF, 0xFF, 0xFF), says: "calendar", rows: 2},
		{name: "a day that rounding pushes beyond the calendar", table: put(valueAt(6, 0), []byte(instant(5373484, 86_399_999))...), says: "calendar", rows: 2},
		{name: "a rate of infinity", table: put(valueAt(5, 0), []byte(le64(0x7FF0000000000000))...), says: "not a number", rows: 2},
		{name: "a truth of rubbish", table: put(valueAt(7, 0), 0xFE), says: "neither", rows: 2},
		{name: "a variable length beyond the column", table: put(valueAt(9, 5), 6), says: "room for", rows: 2},
		{name: "a memo pointer into the header", table: put(valueAt(8, 0), 7, 0, 0, 0), says: "points to byte", rows: 2},
		{name: "a memo pointer behind the end", table: put(valueAt(8, 0), 9, 0, 0, 0), says: "points to byte", rows: 2},
		{name: "a memo pointer of rubbish", table: put(valueAt(8, 0), 0xFF, 0xFF, 0xFF, 0xFF), says: "points to byte", rows: 2},
		{name: "a delete flag of rubbish", table: put(valueAt(0, -1), 0xFF), rows: 2},
		{name: "an empty memo file", memo: cut(0), says: "too few"},
		{name: "a memo file of 7 bytes", memo: cut(7), says: "too few"},
		{name: "a memo file without blocks", memo: cut(512), says: "points to byte", rows: 2},
		{name: "an end within the head of a memo", memo: cut(516), says: "points to byte", rows: 2},
		{name: "an end within a memo", memo: cut(523), says: "are left", rows: 2},
		{name: "an end behind a memo, without the fill", memo: cut(526), rows: 2},
		{name: "a block size of 0", memo: put(6, 0, 0), says: "points to byte", rows: 2},
		{name: "a block size of 65535", memo: put(6, 0xFF, 0xFF), says: "points to byte", rows: 2},
		{name: "a memo longer than its file", memo: put(516, 0x7F, 0xFF, 0xFF, 0xFF), says: "are left", rows: 2},
		{name: "a memo of a negative length", memo: put(516, 0xFF, 0xFF, 0xFF, 0xFF), says: "are left", rows: 2},
		{name: "a memo of no length", memo: put(516, 0, 0, 0, 0), rows: 2},
		{name: "a memo type that nobody knows", memo: put(512, 9, 9, 9, 9), rows: 2},
		{name: "a memo file of zeros", memo: func(b []byte) []byte { clear(b); return b }, says: "points to byte", rows: 2},
	}
	for i := range all {
		same := func(b []byte) []byte { return b }
		if all[i].table == nil {
			all[i].table = same
		}
		if all[i].memo == nil {
			all[i].memo = same
		}
	}
	return all
}

// TestDamage: damage gives the error that fits or the tolerance that is documented, and never a panic.
func TestDamage(t *testing.T) {
	if n := len(damages()); n < 60 {
		t.Fatalf("only %d ways to damage a table", n)
	}
	if rows, err := readAll(invoice()); rows != 2 || err != nil {
		t.Fatalf("the sound table: %d rows, %v", rows, err)
	}
	for _, d := range damages() {
		table, memo := invoice()
		rows, err := readAll(d.table(table), d.memo(memo))
		switch {
		case d.want != nil && !errors.Is(err, d.want):
			t.Errorf("%s: %v, not %v", d.name, err, d.want)
		case d.says != "" && (err == nil || !strings.Contains(err.Error(), d.says)):
			t.Errorf("%s: %v, expected %q", d.name, err, d.says)
		case d.want == nil && d.says == "" && err != nil:
			t.Errorf("%s: %v", d.name, err)
		case rows != d.rows:
			t.Errorf("%s: %d rows", d.name, rows)
		}
	}
}

// TestEveryByte spoils every byte in turn, by two values, and cuts at every length.
func TestEveryByte(t *testing.T) {
	table, memo := invoice()
	for at := range table {
		for _, v := range []byte{0xFF, 0} {
			spoiled := bytes.Clone(table)
			spoiled[at] ^= v | 1
			readAll(spoiled, memo)
		}
		if rows, err := readAll(table[:at], memo); err == nil && at != len(table)-1 {
			t.Errorf("cut at %d: %d rows and no fault", at, rows)
		}
	}
	for at := range memo {
		spoiled := bytes.Clone(memo)
		spoiled[at] ^= 0xFF
		readAll(table, spoiled)
		readAll(table, memo[:at])
	}
}

// shrinking is a table that loses its end while it is read.
type shrinking struct {
	io.ReaderAt
	left int64
}

func (s shrinking) ReadAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) > s.left {
		n, _ := s.ReaderAt.ReadAt(b[:max(0, s.left-at)], at)
		return n, io.EOF
	}
	return s.ReaderAt.ReadAt(b, at)
}

// broken fails with an error of the disk.
type broken struct {
	io.ReaderAt
	from int64
}

var errDisk = errors.New("the disk is gone")

func (s broken) ReadAt(b []byte, at int64) (int, error) {
	if at >= s.from {
		return 0, errDisk
	}
	return s.ReaderAt.ReadAt(b, at)
}

func TestATableThatShrinksIsTorn(t *testing.T) {
	data, _ := invoice()
	table, err := Open(shrinking{bytes.NewReader(data), int64(len(data)) - 20}, int64(len(data)), Options{})
	if err == nil {
		rows := table.Rows()
		for rows.Next() {
		}
		err = rows.Err()
	}
	if !errors.Is(err, ErrTorn) {
		t.Error(err)
	}
	for _, from := range []int64{0, 32, headerSize + 11*descriptorSize + 1} {
		table, err := Open(broken{bytes.NewReader(data), from}, int64(len(data)), Options{})
		if err == nil {
			rows := table.Rows()
			rows.Next()
			err = rows.Err()
		}
		if !errors.Is(err, errDisk) || errors.Is(err, ErrTorn) {
			t.Errorf("from byte %d: %v", from, err)
		}
	}
}

func FuzzHeader(f *testing.F) {
	table, memo := invoice()
	for _, d := range damages() {
		f.Add(d.table(bytes.Clone(table)))
	}
	wide := build(0x30, 3, []col{{"A", 'C', 300, 0, 0}}, " "+pad("long", 300))
	f.Add(wide)
	f.Fuzz(func(t *testing.T, data []byte) {
		opened, err := Open(bytes.NewReader(data), int64(len(data)), Options{CodePage: "cp437"})
		if err != nil {
			if !errors.Is(err, ErrNotTable) && !errors.Is(err, ErrTorn) {
				t.Fatal(err)
			}
			return
		}
		length := 1
		for _, f := range opened.fields {
			length += f.Width
		}
		if opened.nulls == nil && length != opened.recordLength {
			t.Fatalf("columns of %d bytes in rows of %d", length, opened.recordLength)
		}
		if rows, err := readAll(data, memo); errors.Is(err, ErrTorn) || rows != opened.Len() {
			t.Fatalf("%d rows of %d: %v", rows, opened.Len(), err)
		}
	})
}

// FuzzRow: whatever the bytes of a row are, a value is a fault or has its canonical form.
func FuzzRow(f *testing.F) {
	table, memo := invoice()
	head := headerSize + 11*descriptorSize + 1
	for _, d := range damages() {
		if spoiled := d.table(bytes.Clone(table)); len(spoiled) == len(table) {
			f.Add(spoiled[head : len(table)-1])
		}
	}
	m, err := OpenFPT(bytes.NewReader(memo), int64(len(memo)))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		full := make([]byte, 2*71)
		copy(full, data)
		file := append(bytes.Clone(table[:head]), full...)
		opened, err := Open(bytes.NewReader(file), int64(len(file)), Options{Memo: m})
		if err != nil {
			t.Fatal(err)
		}
		rows := opened.Rows()
		for rows.Next() {
			for i, column := range opened.Fields() {
				text, err := rows.Text(i)
				if err != nil || len(text) == 0 {
					continue
				}
				if !isCanonical(column.Type, string(text)) {
					t.Fatalf("%c: % X gives %q", column.Type, rows.Raw(i), text)
				}
			}
		}
	})
}

func isCanonical(kind byte, text string) bool {
	switch kind {
	case 'N', 'Y', 'I':
		again, err := number([]byte(text))
		return err == nil && string(again) == text && !strings.ContainsAny(text, "+eE* ")
	case 'D':
		_, _, _, err := dateOf(text)
		return err == nil
	case 'T':
		return putInstant(make([]byte, 8), text) == nil
	case 'L':
		return text == "T" || text == "F"
	}
	return true
}

func FuzzMemo(f *testing.F) {
	_, memo := invoice()
	for _, d := range damages() {
		f.Add(d.memo(bytes.Clone(memo)), uint32(8), false)
	}
	f.Add(dbt3("one", "two"), uint32(2), true)
	f.Add(dbt4("one", "two"), uint32(1), true)
	f.Fuzz(func(t *testing.T, data []byte, block uint32, dbt bool) {
		open := OpenFPT
		if dbt {
			open = OpenDBT
		}
		m, err := open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, pointer := range [...][]byte{binary.LittleEndian.AppendUint32(nil, block), fmt.Appendf(nil, "%10d", block)} {
			text, err := m.text(pointer)
			if err == nil && len(text) > 0 && !bytes.Contains(data, text) {
				t.Fatalf("block %d gives %q, which the file does not hold", block, text)
			}
		}
	})
}
