package dbf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"golang.org/x/text/encoding"
)

// Layout is what a new table looks like.
type Layout struct {
	Version  byte   // 0x03 FoxPro 2 or dBASE III, or 0x30 Visual FoxPro
	CodePage string // of characters; one that a header can name
	Fields   []Field
	Rows     int // how many will be written
	Year     int // of the last update, as the header says it
	Month    int
	Day      int
}

// Writer writes a new table. It cannot change one that is there.
type Writer struct {
	w      io.Writer
	layout Layout
	encode *encoding.Encoder
	row    []byte
	rows   int
}

// Types of columns that a new table may have: those of 0x03, then those that 0x30 adds.
const (
	oldTypes = "CNFDL"
	newTypes = "CNFDLYITB"
)

// NewWriter writes the header. Columns are C N F D L, with 0x30 also Y I T B; none is nullable.
func NewWriter(w io.Writer, l Layout) (*Writer, error) {
	page, known := pages()[l.CodePage]
	switch {
	case l.Version != 0x03 && l.Version != 0x30:
		return nil, fmt.Errorf("version 0x%02X is not written; use 0x03 or 0x30", l.Version)
	case !known || markOf(l.CodePage) == 0:
		return nil, fmt.Errorf("code page %q has no mark in a header", l.CodePage)
	case l.Rows < 0 || int64(l.Rows) > math.MaxUint32:
		return nil, fmt.Errorf("%d rows do not fit a table", l.Rows)
	case !isDay(l.Year, l.Month, l.Day):
		return nil, fmt.Errorf("%04d-%02d-%02d is not a day", l.Year, l.Month, l.Day)
	}
	length := 1
	for i := range l.Fields {
		if why := newFieldFault(&l.Fields[i], l.Version); why != "" {
			return nil, fmt.Errorf("column %q %s", l.Fields[i].Name, why)
		}
		length += l.Fields[i].Width
	}
	if n := len(l.Fields); n == 0 || n > 254 || length > 65_500 {
		return nil, fmt.Errorf("%d columns of %d bytes do not fit a table", n, length)
	}
	out := &Writer{w: w, layout: l, encode: page.NewEncoder(), row: make([]byte, length)}
	_, err := w.Write(out.header())
	return out, err
}

func newFieldFault(f *Field, version byte) string {
	types := oldTypes
	if version == 0x30 {
		types = newTypes
	}
	switch {
	case len(f.Name) == 0 || len(f.Name) > 10 || strings.ToUpper(f.Name) != f.Name || strings.ContainsFunc(f.Name, func(c rune) bool {
		return (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_'
	}):
		return "has no name of 1 to 10 capitals, digits and underscores"
	case !strings.ContainsRune(types, rune(f.Type)):
		return fmt.Sprintf("is of type %q, which a new table of version 0x%02X does not get", f.Type, version)
	case f.Type == 'D' && f.Width != 8:
		return "is a date and needs the width 8"
	case f.Type == 'C' && f.Width > 254, (f.Type == 'N' || f.Type == 'F') && (f.Width > 20 || f.Decimals > 0 && f.Decimals > f.Width-2 || f.Decimals < 0):
		return fmt.Sprintf("is wider than type %c may be", f.Type)
	case f.Nullable:
		return "is nullable, which a new table does not get"
	}
	return fieldFault(f)
}

// header is the whole header; Visual FoxPro leaves room for the name of a database.
func (w *Writer) header() []byte {
	const backlink = 263
	l := &w.layout
	length := headerSize + len(l.Fields)*descriptorSize + 1
	if l.Version == 0x30 {
		length += backlink
	}
	head := make([]byte, length)
	head[0], head[1], head[2], head[3] = l.Version, byte(l.Year%100), byte(l.Month), byte(l.Day)
	binary.LittleEndian.PutUint32(head[4:], uint32(l.Rows))
	binary.LittleEndian.PutUint16(head[8:], uint16(length))
	binary.LittleEndian.PutUint16(head[10:], uint16(len(w.row)))
	head[29] = markOf(l.CodePage)
	offset := 1
	for i := range l.Fields {
		f := &l.Fields[i]
		d := head[headerSize+i*descriptorSize:][:descriptorSize]
		copy(d, f.Name)
		d[11], d[16], d[17] = f.Type, byte(f.Width), byte(f.Decimals)
		binary.LittleEndian.PutUint32(d[12:], uint32(offset))
		f.offset = offset
		offset += f.Width
	}
	head[headerSize+len(l.Fields)*descriptorSize] = endOfFields
	return head
}

// Write writes a row of texts in the form that [Rows.Text] gives; "" leaves a
// column empty. A value that does not fit is refused, never cut or rounded.
func (w *Writer) Write(texts ...string) error {
	if len(texts) != len(w.layout.Fields) || w.rows == w.layout.Rows {
		return fmt.Errorf("row %d has %d values; the table has %d columns and room for %d rows", w.rows+1, len(texts), len(w.layout.Fields), w.layout.Rows)
	}
	w.row[0] = ' '
	for i, text := range texts {
		f := &w.layout.Fields[i]
		if err := w.put(f, w.row[f.offset:f.offset+f.Width], text); err != nil {
			return fmt.Errorf("row %d, column %s: %w", w.rows+1, f.Name, err)
		}
	}
	w.rows++
	_, err := w.w.Write(w.row)
	return err
}

// Close writes the end mark. It refuses if rows are missing, and leaves the underlying writer open.
func (w *Writer) Close() error {
	if w.rows != w.layout.Rows {
		return fmt.Errorf("the header promises %d rows, %d were written", w.layout.Rows, w.rows)
	}
	_, err := w.w.Write([]byte{endOfFile})
	return err
}

func (w *Writer) put(f *Field, to []byte, text string) error {
	switch f.Type {
	case 'C':
		return w.putCharacters(to, text)
	case 'N', 'F':
		return putNumber(to, text, f.Decimals)
	case 'D':
		return putDate(to, text)
	case 'L':
		return putLogical(to, text)
	}
	clear(to)
	if text == "" {
		return nil
	}
	return putBinary(f.Type, to, text)
}

func (w *Writer) putCharacters(to []byte, text string) error {
	raw, err := w.encode.String(text)
	if err != nil {
		return fmt.Errorf("a character that %s does not have", w.layout.CodePage)
	}
	if len(raw) > len(to) {
		return fmt.Errorf("%d bytes, and the column has %d", len(raw), len(to))
	}
	fill(to[copy(to, raw):])
	return nil
}

func fill(to []byte) {
	for i := range to {
		to[i] = ' '
	}
}

// putNumber writes a number with exactly the column's decimals, to the right.
func putNumber(to []byte, text string, decimals int) error {
	fill(to)
	if text == "" {
		return nil
	}
	v, err := scaled(text, decimals)
	if err != nil {
		return err
	}
	var out []byte
	if decimals == 0 {
		out = strconv.AppendInt(nil, v, 10)
	} else {
		out = appendScaled(nil, v, decimals)
	}
	if len(out) > len(to) {
		return fmt.Errorf("%d characters, and the column has %d", len(out), len(to))
	}
	copy(to[len(to)-len(out):], out)
	return nil
}

// scaled is a decimal text times 10^decimals, exactly.
func scaled(text string, decimals int) (int64, error) {
	canonical, err := number([]byte(text))
	if err != nil || len(canonical) == 0 {
		return 0, fmt.Errorf("a plain decimal number is needed")
	}
	whole, fraction, _ := strings.Cut(string(canonical), ".")
	if extra := len(fraction) - decimals; extra > 0 {
		if strings.Trim(fraction[decimals:], "0") != "" {
			return 0, fmt.Errorf("more than %d decimals", decimals)
		}
		fraction = fraction[:decimals]
	}
	v, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", decimals-len(fraction)), 10, 64)
	if err != nil {
		return 0, errors.New("more digits than an exact number may have")
	}
	return v, nil
}

func putDate(to []byte, text string) error {
	fill(to)
	if text == "" {
		return nil
	}
	year, month, day, err := dateOf(text)
	if err != nil {
		return err
	}
	copy(to, fmt.Appendf(nil, "%04d%02d%02d", year, month, day))
	return nil
}

func dateOf(text string) (year, month, day int, err error) {
	var back []byte
	if len(text) == len("yyyy-mm-dd") && text[4] == '-' && text[7] == '-' {
		back, err = appendDate(nil, []byte(text[:4]+text[5:7]+text[8:]))
	}
	if err != nil || string(back) != text {
		return 0, 0, 0, errNotDate
	}
	year, _ = strconv.Atoi(text[:4])
	month, _ = strconv.Atoi(text[5:7])
	day, _ = strconv.Atoi(text[8:])
	return year, month, day, nil
}

func putLogical(to []byte, text string) error {
	switch text {
	case "":
		to[0] = ' '
	case "T", "F":
		to[0] = text[0]
	default:
		return errors.New("neither T nor F")
	}
	return nil
}

func putBinary(kind byte, to []byte, text string) error {
	switch kind {
	case 'Y':
		v, err := scaled(text, 4)
		binary.LittleEndian.PutUint64(to, uint64(v))
		return err
	case 'I':
		v, err := scaled(text, 0)
		if err == nil && v != int64(int32(v)) {
			err = errors.New("beyond what the column holds")
		}
		binary.LittleEndian.PutUint32(to, uint32(v))
		return err
	case 'B':
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			return errors.New("a number is needed")
		}
		binary.LittleEndian.PutUint64(to, math.Float64bits(v))
		return nil
	}
	return putInstant(to, text)
}

func putInstant(to []byte, text string) error {
	day, clock, ok := strings.Cut(text, " ")
	year, month, dom, err := dateOf(day)
	var h, m, s int
	if n, scanErr := fmt.Sscanf(clock, "%02d:%02d:%02d", &h, &m, &s); !ok || err != nil || scanErr != nil || n != 3 ||
		fmt.Sprintf("%02d:%02d:%02d", h, m, s) != clock || h > 23 || m > 59 || s > 59 || h < 0 || m < 0 || s < 0 {
		return errors.New("a time such as 2026-11-23 08:30:00 is needed")
	}
	binary.LittleEndian.PutUint32(to, uint32(julianOf(year, month, dom)))
	binary.LittleEndian.PutUint32(to[4:], uint32((h*3600+m*60+s)*1000))
	return nil
}
