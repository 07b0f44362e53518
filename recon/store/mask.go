package store

import (
	"bytes"
	"fmt"
	"io"
	"regexp"

	"tieout/recon/carddata"
)

// blockSize is how much of a file is masked at a time, and the longest line
// that may be without the end of a field.
const blockSize = 1 << 20

// headerLines is how far down the line with the column names may stand.
const headerLines = 16

// mask copies a text with every card number masked, and the values of columns,
// elements and members that hold verification codes or track data blanked. It
// returns how many values it changed.
func mask(w io.Writer, r io.Reader) (changed int, err error) {
	m := &masking{out: make([]byte, 0, blockSize+blockSize/8)}
	buf, n := make([]byte, blockSize), 0
	for {
		more, last, err := fill(r, buf[n:])
		if err != nil {
			return m.changed, err
		}
		n += more
		whole := n
		if !last {
			if whole = wholeFields(buf[:n]); whole == 0 {
				return m.changed, fmt.Errorf("more than %d bytes without the end of a field; no report has such a line", blockSize)
			}
		}
		if _, err := w.Write(m.block(buf[:whole])); err != nil {
			return m.changed, err
		}
		if n = copy(buf, buf[whole:n]); last {
			return m.changed, nil
		}
	}
}

// fill reads until the buffer is full or the file ends. Nothing but io.EOF is its
// end: a body that was cut off ends in io.ErrUnexpectedEOF.
func fill(r io.Reader, buf []byte) (n int, last bool, err error) {
	for n < len(buf) {
		more, err := r.Read(buf[n:])
		n += more
		if err == io.EOF { // a wrapped one is a fault
			return n, true, nil
		}
		if err != nil {
			return n, false, err
		}
	}
	return n, false, nil
}

// wholeFields is how much of a block ends at the end of a line, else of an
// element or a field.
func wholeFields(block []byte) int {
	if at := bytes.LastIndexByte(block, '\n'); at >= 0 {
		return at + 1
	}
	if at := bytes.LastIndexByte(block, '<'); at > 0 { // with the value of the element before it
		return at
	}
	return bytes.LastIndexByte(block, ',') + 1
}

// masking is a text on its way.
type masking struct {
	started bool
	markup  bool // XML or JSON: names stand beside their values
	lines   int
	secret  []int // columns of verification codes and track data
	changed int
	out     []byte
}

// block masks whole lines, or what wholeFields gives.
func (m *masking) block(block []byte) []byte {
	if !m.started {
		m.started = true
		text := bytes.TrimLeft(block, "\xEF\xBB\xBF \t\r\n")
		m.markup = len(text) > 0 && bytes.IndexByte([]byte("<{["), text[0]) >= 0
	}
	if m.markup {
		block = m.blankNamed(block)
	}
	m.out = m.out[:0]
	for len(block) > 0 {
		end := bytes.IndexByte(block, '\n') + 1
		if end == 0 {
			end = len(block)
		}
		m.line(block[:end])
		block = block[end:]
	}
	return m.out
}

func (m *masking) line(line []byte) {
	if !m.markup {
		if m.lines++; m.lines <= headerLines && len(m.secret) == 0 {
			m.secret = secretColumns(line)
		} else if len(m.secret) > 0 {
			line = m.blank(line)
		}
	}
	if !carddata.HasBytes(line) {
		m.out = append(m.out, line...)
		return
	}
	for { // numbers of neighbouring fields are not taken for one, and track data ends with its field
		end := bytes.IndexAny(line, ",<>\"{}[]\r\n")
		field := line
		if end >= 0 {
			field = line[:end]
		}
		m.field(field)
		if end < 0 {
			return
		}
		m.out = append(m.out, line[end])
		line = line[end+1:]
	}
}

func (m *masking) field(field []byte) {
	if !carddata.HasBytes(field) {
		m.out = append(m.out, field...)
		return
	}
	m.changed++
	m.out = append(m.out, carddata.Mask(string(field))...)
}

// secretColumns are the columns whose names say that their values must not be kept.
func secretColumns(line []byte) (columns []int) {
	for i, name := range bytes.Split(line, []byte(",")) {
		if carddata.Column(string(bytes.Trim(name, "\" \r\n"))) {
			columns = append(columns, i)
		}
	}
	return columns
}

// blank empties the columns of a line; a line with quotes, whose columns cannot
// be told apart by commas alone, is emptied whole.
func (m *masking) blank(line []byte) []byte {
	end := line[len(bytes.TrimRight(line, "\r\n")):]
	fields := bytes.Split(line[:len(line)-len(end)], []byte(","))
	m.changed++
	if bytes.IndexByte(line, '"') >= 0 {
		return append(bytes.Repeat([]byte(","), len(fields)-1), end...)
	}
	for _, i := range m.secret {
		if i < len(fields) {
			fields[i] = nil
		}
	}
	return append(bytes.Join(fields, []byte(",")), end...)
}

// named are the places where XML and JSON have a name beside its value: the
// element, the attribute, the member.
var named = regexp.MustCompile(`<([A-Za-z_][\w.:-]*)(?:\s[^<>]*)?>([^<]+)|([A-Za-z_][\w.:-]*)\s*=\s*"([^"]*)"|"([A-Za-z_][\w.-]*)"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9][0-9.]*)`)

// jsonName is where a match of named has the bounds of a JSON member's name.
const jsonName = 10

// blankNamed empties the values of names that say that they must not be kept.
func (m *masking) blankNamed(block []byte) []byte {
	if !mayName(block) {
		return block
	}
	var out []byte
	at := 0
	for _, hit := range named.FindAllSubmatchIndex(block, -1) {
		for g := 2; g < len(hit); g += 4 {
			if hit[g] < 0 || !carddata.Column(string(block[hit[g]:hit[g+1]])) {
				continue
			}
			if len(bytes.Trim(block[hit[g+2]:hit[g+3]], "\" \t\r\n")) == 0 {
				continue
			}
			out = append(out, block[at:hit[g+2]]...)
			if g == jsonName {
				out = append(out, `""`...)
			}
			at = hit[g+3]
			m.changed++
		}
	}
	return append(out, block[at:]...)
}

// mayName is a quick look for a part of every name of [carddata.Column].
func mayName(block []byte) bool {
	for _, part := range [...]string{
		"cv", "CV", "Cv", "ecurity", "ECURITY", "erification", "ERIFICATION", "rack", "RACK", "agstripe", "agStripe", "AGSTRIPE", "agnetic", "AGNETIC",
		"ardCode", "ardcode", "ARDCODE", "ard_code", "pin", "Pin", "PIN", "cid", "Cid", "CID",
	} {
		if bytes.Contains(block, []byte(part)) {
			return true
		}
	}
	return false
}
