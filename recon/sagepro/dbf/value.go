package dbf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// ValueError is a value that cannot be given without guessing. It holds no
// part of the value, which may be private.
type ValueError struct {
	Column string
	Row    int
	What   string
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("row %d, column %s: %s", e.Row, e.Column, e.What)
}

// Text is column i in canonical form; empty for NULL and for no value.
//
//	C V M     UTF-8 without trailing blanks and NULs
//	N F Y I   -?digits(.digits)?, exact, as many decimals as are stored
//	B         the shortest decimal that gives the same double: for rates, not for amounts
//	D         yyyy-mm-dd
//	T         yyyy-mm-dd hh:mm:ss, to the nearest second
//	L         T or F
//
// The bytes are valid until Next. The error is a [ValueError]; the row's other
// columns can still be read.
func (r *Rows) Text(i int) ([]byte, error) {
	f := &r.table.fields[i]
	if f.fault != "" {
		return nil, r.fault(f, f.fault)
	}
	if r.bit(f.nullBit) {
		return nil, nil
	}
	raw := r.row[f.offset : f.offset+f.Width : f.offset+f.Width]
	start := len(r.scratch)
	text, err := r.convert(f, raw)
	if err != nil {
		r.scratch = r.scratch[:start]
		return nil, r.fault(f, err.Error())
	}
	return text, nil
}

func (r *Rows) fault(f *Field, what string) error {
	return &ValueError{Column: f.Name, Row: r.number, What: what}
}

func (r *Rows) convert(f *Field, raw []byte) ([]byte, error) {
	switch f.Type {
	case 'C':
		return r.characters(trimEnd(raw))
	case 'V':
		value, err := r.variable(f, raw)
		if err != nil {
			return nil, err
		}
		return r.characters(trimEnd(value))
	case 'N', 'F':
		return number(raw)
	case 'D':
		return r.keep(appendDate(r.scratch, raw))
	case 'L':
		return r.keep(appendLogical(r.scratch, raw[0]))
	case 'Y':
		return r.keep(appendScaled(r.scratch, int64(binary.LittleEndian.Uint64(raw)), 4), nil)
	case 'I':
		return r.keep(strconv.AppendInt(r.scratch, int64(int32(binary.LittleEndian.Uint32(raw))), 10), nil)
	case 'T':
		return r.keep(appendInstant(r.scratch, raw))
	case 'M':
		value, err := r.table.memo.text(raw)
		if err != nil {
			return nil, err
		}
		return r.characters(trimEnd(value))
	case 'B':
		if f.Width == 8 {
			return r.double(raw)
		}
	}
	return nil, errors.New("is binary, which has no text")
}

// keep makes what was appended to the scratch last as long as the row.
func (r *Rows) keep(scratch []byte, err error) ([]byte, error) {
	text := scratch[len(r.scratch):len(scratch):len(scratch)]
	if err == nil {
		r.scratch = scratch
	}
	return text, err
}

// characters are text in the table's code page, as UTF-8.
func (r *Rows) characters(raw []byte) ([]byte, error) {
	for _, c := range raw {
		if c >= utf8.RuneSelf {
			return r.keep(r.table.decode.append(r.scratch, raw))
		}
	}
	return raw, nil
}

// trimEnd takes off the blanks and NULs that fill a column.
func trimEnd(raw []byte) []byte {
	n := len(raw)
	for n > 0 && (raw[n-1] == ' ' || raw[n-1] == 0) {
		n--
	}
	return raw[:n]
}

func trim(raw []byte) []byte {
	raw = trimEnd(raw)
	for len(raw) > 0 && (raw[0] == ' ' || raw[0] == 0) {
		raw = raw[1:]
	}
	return raw
}

// variable is the used part of a V or Q column: if its bit is set, the last byte is the length.
func (r *Rows) variable(f *Field, raw []byte) ([]byte, error) {
	if !r.bit(f.sizeBit) {
		return raw, nil
	}
	size := int(raw[len(raw)-1])
	if size >= len(raw) {
		return nil, fmt.Errorf("says that it holds %d bytes and has room for %d", size, len(raw)-1)
	}
	return raw[:size], nil
}

func appendLogical(b []byte, c byte) ([]byte, error) {
	switch c {
	case 'T', 't', 'Y', 'y':
		return append(b, 'T'), nil
	case 'F', 'f', 'N', 'n':
		return append(b, 'F'), nil
	case ' ', '?', 0:
		return b, nil
	}
	return b, errors.New("is neither true nor false")
}

// double is a rate. Amounts in such a column are not exact: whoever maps one is told by its type.
func (r *Rows) double(raw []byte) ([]byte, error) {
	v := math.Float64frombits(binary.LittleEndian.Uint64(raw))
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, errors.New("is not a number")
	}
	return r.keep(strconv.AppendFloat(r.scratch, v, 'f', -1, 64), nil)
}

// number checks an N or F value. It is given where it stands if it stands there in canonical form.
func number(raw []byte) ([]byte, error) {
	raw = trim(raw)
	if len(raw) == 0 {
		return nil, nil
	}
	if raw[0] == '*' {
		return nil, errors.New("is filled with asterisks: the number did not fit the column and is lost; correct it in the ERP")
	}
	signed := raw[0] == '-' || raw[0] == '+'
	unsigned := raw
	if signed {
		unsigned = raw[1:]
	}
	whole := digits(unsigned)
	point := unsigned[len(whole):]
	var fraction []byte
	if len(point) > 0 && point[0] == '.' {
		fraction = digits(point[1:])
	}
	bare := len(point) > 0 && len(fraction) == 0 // a point with nothing behind it
	switch {
	case len(whole)+len(fraction) == 0, bare && string(point) != ".", !bare && len(point) > 1+len(fraction):
		return nil, errors.New("is not a plain decimal number")
	case !signed && !bare && (len(whole) == 1 || len(whole) > 1 && whole[0] != '0'):
		return raw, nil
	}
	return plainNumber(raw[0] == '-', whole, fraction), nil
}

// digits are those that text begins with.
func digits(text []byte) []byte {
	n := 0
	for n < len(text) && text[n]-'0' <= 9 {
		n++
	}
	return text[:n]
}

// plainNumber writes a number without plus sign, needless zeros before the
// point, a bare point, or a minus before zero.
func plainNumber(negative bool, whole, fraction []byte) []byte {
	for len(whole) > 0 && whole[0] == '0' {
		whole = whole[1:]
	}
	var out []byte
	zero := len(whole) == 0
	for _, c := range fraction {
		zero = zero && c == '0'
	}
	if negative && !zero {
		out = append(out, '-')
	}
	if len(whole) == 0 {
		out = append(out, '0')
	}
	out = append(out, whole...)
	if len(fraction) > 0 {
		out = append(append(out, '.'), fraction...)
	}
	return out
}

// appendScaled writes v / 10^scale.
func appendScaled(b []byte, v int64, scale int) []byte {
	u := uint64(v)
	if v < 0 {
		b, u = append(b, '-'), -u
	}
	unit := uint64(1)
	for range scale {
		unit *= 10
	}
	b = append(strconv.AppendUint(b, u/unit, 10), '.')
	for unit /= 10; unit > 0; unit /= 10 {
		b = append(b, '0'+byte(u/unit%10))
	}
	return b
}
