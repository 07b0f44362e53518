package delimited

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// Limits of what a file may hold (R8). A field or record beyond them is no report.
const (
	MaxField   = 64 << 10
	MaxColumns = 1000
	MaxRecord  = 4 << 20
)

// Fault is damage to the structure of a file: from there on nothing in it can be trusted.
type Fault struct {
	Line    int    // physical line where it begins
	Code    string // stable, lower_snake
	Message string // one sentence for a person
}

// Record is one record. Its fields live in the block that was scanned and last as long as that.
type Record struct {
	Line   int // physical line where the record begins, from 1
	Fields [][]byte
}

// Scanner takes records off a block, one after the other. It undoes quoting in
// place and passes over lines without any text.
type Scanner struct {
	data      []byte
	at        int
	line      int
	delimiter byte
	stop      *[256]bool // the bytes that end a plain field
	torn      bool
	fault     *Fault
}

// stops are the bytes at which a field without quotes ends or goes wrong.
func stops(delimiter byte) *[256]bool {
	var stop [256]bool
	for _, c := range [...]byte{delimiter, '\n', '\r', '"'} {
		stop[c] = true
	}
	return &stop
}

// Line is the physical line at which the scanner stands.
func (s *Scanner) Line() int { return s.line }

// Fault is the damage that ended the scan; nil at a proper end.
func (s *Scanner) Fault() *Fault { return s.fault }

// Next reads the next record; false at the end and at a fault.
func (s *Scanner) Next(rec *Record) bool {
	for s.fault == nil && s.at < len(s.data) {
		rec.Line, rec.Fields = s.line, rec.Fields[:0]
		if !s.plain(rec) {
			for s.field(rec) {
			}
		}
		if s.fault == nil && !blank(rec) {
			return true
		}
	}
	if s.torn && s.fault == nil {
		s.fail(s.line, "record_too_long", "no record ends within 4 MiB; this is no report, ask for the file again")
	}
	return false
}

// blank tells a line without text.
func blank(rec *Record) bool {
	if len(rec.Fields) != 1 {
		return false
	}
	for _, c := range rec.Fields[0] {
		if c != ' ' && c != '\t' {
			return false
		}
	}
	return true
}

// plain reads a whole record that is one line without quotation marks, which is
// nearly every record, eight bytes at a step. It reads nothing and is false
// where the record may be anything else.
func (s *Scanner) plain(rec *Record) bool {
	data := s.data[s.at:min(len(s.data), s.at+MaxField)]
	fields, start, delimiter := rec.Fields, 0, s.delimiter
	for at := 0; at+8 <= len(data); at += 8 {
		for marks := markStops(binary.LittleEndian.Uint64(data[at:]), delimiter); marks != 0; marks &= marks - 1 {
			stop := at + bits.TrailingZeros64(marks)>>3
			switch c := data[stop]; {
			case c == delimiter:
				fields = append(fields, data[start:stop])
				start = stop + 1
			case c == '\n':
				if len(fields) >= MaxColumns {
					return false
				}
				rec.Fields = append(fields, withoutCR(data[start:stop]))
				s.at += stop + 1
				s.line++
				return true
			case c == '"', c == '\r' && (stop+1 == len(data) || data[stop+1] != '\n'):
				return false
			}
		}
	}
	return false
}

func withoutCR(field []byte) []byte {
	if n := len(field); n > 0 && field[n-1] == '\r' {
		return field[:n-1]
	}
	return field
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// markStops sets the highest bit of every byte that may end a field: line ends,
// quotation marks, delimiters, and some others, so who reads the marks looks at the byte.
func markStops(word uint64, delimiter byte) uint64 {
	if delimiter <= ',' { // one comparison finds all of them
		return markBelow(word, ','+1)
	}
	return markBelow(word, '"'+1) | markByte(word, delimiter)
}

// markBelow sets the highest bit of every byte below c, which is ASCII, and
// perhaps that of the byte behind such a one.
func markBelow(word uint64, c byte) uint64 {
	return (word - lowBits*uint64(c)) &^ word & highBits
}

// markByte sets the highest bit of every byte that is c.
func markByte(word uint64, c byte) uint64 {
	x := word ^ lowBits*uint64(c)
	return ^(x&^highBits + ^uint64(highBits) | x) & highBits
}

// field reads one field and what ends it; false when the record is complete.
func (s *Scanner) field(rec *Record) (more bool) {
	if s.at < len(s.data) && s.data[s.at] == '"' {
		if !s.quoted(rec) {
			return false
		}
	} else {
		data, start, i := s.data, s.at, s.at
		for i < len(data) && !s.stop[data[i]] {
			i++
		}
		rec.Fields = append(rec.Fields, data[start:i])
		s.at = i
		if i-start > MaxField {
			s.tooLong(rec.Line)
			return false
		}
	}
	return s.separator(rec)
}

// separator steps over what follows a field: the delimiter or a line end.
func (s *Scanner) separator(rec *Record) (more bool) {
	if s.at == len(s.data) {
		return false
	}
	c := s.data[s.at]
	s.at++
	switch c {
	case '\n':
		s.line++
		return false
	case '\r':
		if s.at < len(s.data) && s.data[s.at] == '\n' {
			s.at++
		}
		s.line++
		return false
	case '"':
		s.fail(s.line, "bare_quote", "a quotation mark stands inside a field that does not begin with one; the columns can no longer be told apart, ask for the file again")
		return false
	}
	if len(rec.Fields) >= MaxColumns {
		s.fail(rec.Line, "too_many_columns", fmt.Sprintf("the record has more than %d columns; this is no report, ask for the file again", MaxColumns))
		return false
	}
	return true
}

// quoted reads a field in quotation marks, where a doubled one stands for itself.
func (s *Scanner) quoted(rec *Record) bool {
	opened, start := s.line, s.at+1
	i, doubled := start, false
	for {
		k := bytes.IndexByte(s.data[i:], '"')
		if k < 0 {
			s.unterminated(opened)
			return false
		}
		if i += k; i+1 < len(s.data) && s.data[i+1] == '"' {
			i, doubled = i+2, true
			continue
		}
		break
	}
	value := s.data[start:i]
	s.line += countLines(value)
	s.at = i + 1
	if s.at < len(s.data) && (!s.stop[s.data[s.at]] || s.data[s.at] == '"') {
		s.misplaced(opened)
		return false
	}
	if len(value) > MaxField {
		s.tooLong(opened)
		return false
	}
	if doubled {
		value = undouble(value)
	}
	rec.Fields = append(rec.Fields, value)
	return true
}

func undouble(value []byte) []byte {
	n := 0
	for i := 0; i < len(value); i++ {
		value[n] = value[i]
		n++
		if value[i] == '"' {
			i++
		}
	}
	return value[:n]
}

func (s *Scanner) unterminated(opened int) {
	s.fail(opened, "unterminated_quote", "a quotation mark opens on this line and is never closed; the file is damaged or cut off, ask for it again")
}

// misplaced is text right behind a closing quotation mark. Over several lines
// it is nearly always the mark of another field: the one that opened is not closed.
func (s *Scanner) misplaced(opened int) {
	if s.line != opened {
		s.unterminated(opened)
		return
	}
	s.fail(opened, "misplaced_quote", "text follows a closing quotation mark where a delimiter was expected; the columns can no longer be told apart, ask for the file again")
}

func (s *Scanner) tooLong(line int) {
	s.fail(line, "field_too_long", "a field is longer than 64 KiB; this is no report, ask for the file again")
}

func (s *Scanner) fail(line int, code, message string) {
	s.fault = &Fault{line, code, message}
}

// countLines counts line ends: LF, CR LF, and CR alone.
func countLines(data []byte) int {
	n := bytes.Count(data, []byte{'\n'})
	if bytes.IndexByte(data, '\r') < 0 {
		return n
	}
	for {
		i := bytes.IndexByte(data, '\r')
		if i < 0 {
			return n
		}
		if i+1 == len(data) || data[i+1] != '\n' {
			n++
		}
		data = data[i+1:]
	}
}

// checkText finds bytes that no text file of ours has.
func checkText(data []byte, line int, anyEncoding bool) *Fault {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return &Fault{line + countLines(data[:i]), "nul_byte", "the file holds a zero byte, so it is no text file; ask for it again as UTF-8 text"}
	}
	if anyEncoding || utf8.Valid(data) {
		return nil
	}
	i := 0
	for i < len(data) {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		i += size
	}
	return &Fault{line + countLines(data[:i]), "invalid_utf8", "the file is not UTF-8 text from this line on; export or download it again as UTF-8"}
}
