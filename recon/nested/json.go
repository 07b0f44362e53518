package nested

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"tieout/recon/delimited"
)

// The pieces of JSON, beside EOF.
const (
	Object Event = iota + Other + 1
	ObjectEnd
	List
	ListEnd
	String
	Number
	Literal // true, false or null
)

// maxMembers is how many members an object may have (R8: 1,000 columns).
const maxMembers = delimited.MaxColumns

// JSON is a file being read. What an event gives lasts until the next.
type JSON struct {
	*source
	Name      []byte // of a value in an object: its member name
	Value     []byte // of String, decoded; of Number and Literal as written, never a float
	Duplicate bool   // the object has had a member of this name

	begin  int
	nest   []level
	done   bool // the top value is complete
	held   []byte
	member []byte
}

// level is an open object or list.
type level struct {
	object  bool
	values  int
	names   []byte // the member names that the object has had, one behind the other
	nameEnd []int
}

// OpenJSON begins to read a file.
func OpenJSON(r io.Reader, o Options) *JSON {
	j := &JSON{source: newSource(r, o), member: []byte{}}
	j.decode(j.read())
	j.stripMark()
	return j
}

// Line is the physical line on which the event begins.
func (j *JSON) Line() int { return j.lineAt(j.begin) }

// Next takes the next piece off the file; EOF at its end and at a fault.
func (j *JSON) Next() Event {
	j.Name, j.Value, j.Duplicate = nil, nil, false
	if j.fault != nil {
		return EOF
	}
	c, ok := j.peek()
	switch {
	case !ok && j.fault == nil && !j.done:
		j.cut()
		return EOF
	case !ok:
		return EOF
	case j.done:
		return j.broken("text_behind_end", "text follows the end of the report")
	case len(j.nest) == 0:
		return j.value(c)
	}
	top := &j.nest[len(j.nest)-1]
	if c == closing(top.object) {
		j.at++
		return j.close()
	}
	if top.values > 0 {
		if c != ',' {
			return j.broken("bad_json", "a comma or the end of the list or object was expected")
		}
		j.at++
		if c, ok = j.peek(); !ok {
			j.cut()
			return EOF
		}
	}
	top.values++
	if top.object {
		if c, ok = j.readName(c); !ok {
			return EOF
		}
	}
	return j.value(c)
}

func closing(object bool) byte {
	if object {
		return '}'
	}
	return ']'
}

// peek passes over blanks and shows the next byte.
func (j *JSON) peek() (byte, bool) {
	for {
		for j.at < len(j.data) {
			switch c := j.data[j.at]; c {
			case ' ', '\t', '\r', '\n':
				j.at++
			default:
				j.begin = j.at
				return c, true
			}
		}
		if !j.more(j.at) {
			return 0, false
		}
	}
}

func (j *JSON) cut() {
	j.fail(j.at, "cut_off", "the file ends here in the middle of the report; it is cut off, download it again")
}

func (j *JSON) broken(code, what string) Event {
	j.fail(j.at, code, what+" on this line; the file is damaged, download it again")
	return EOF
}

func (j *JSON) close() Event {
	object := j.nest[len(j.nest)-1].object
	j.nest = j.nest[:len(j.nest)-1]
	j.done = len(j.nest) == 0
	if object {
		return ObjectEnd
	}
	return ListEnd
}

// readName reads a member name and its colon, and shows the first byte of the value.
func (j *JSON) readName(c byte) (byte, bool) {
	if c != '"' {
		j.broken("bad_json", "a member name in quotation marks was expected")
		return 0, false
	}
	name, ok := j.text(MaxName)
	if !ok {
		return 0, false
	}
	j.member = append(j.member[:0], name...)
	j.noteName()
	if c, ok = j.peek(); ok && c != ':' {
		j.broken("bad_json", "a colon was expected behind a member name")
		return 0, false
	}
	if ok {
		j.at++
		c, ok = j.peek()
	}
	if !ok {
		j.cut()
	}
	j.Name = j.member
	return c, ok && j.fault == nil
}

// noteName tells a name that the object has had.
func (j *JSON) noteName() {
	top := &j.nest[len(j.nest)-1]
	begin := 0
	for _, end := range top.nameEnd {
		if bytes.Equal(top.names[begin:end], j.member) {
			j.Duplicate = true
			return
		}
		begin = end
	}
	top.names = append(top.names, j.member...)
	top.nameEnd = append(top.nameEnd, len(top.names))
	if len(top.nameEnd) > maxMembers {
		j.fail(j.at, "too_many_members", fmt.Sprintf("an object has more than %d members; this is no report, ask for the file again", maxMembers))
	}
}

func (j *JSON) value(c byte) Event {
	switch {
	case j.fault != nil:
		return EOF
	case c == '{' || c == '[':
		return j.openLevel(c == '{')
	case c == '"':
		text, ok := j.text(MaxText)
		if !ok {
			return EOF
		}
		j.Value, j.done = text, len(j.nest) == 0
		return String
	case c == '-' || c-'0' <= 9:
		return j.word(Number, isNumber)
	}
	return j.word(Literal, isLiteral)
}

func (j *JSON) openLevel(object bool) Event {
	if len(j.nest) == MaxDepth {
		j.fail(j.at, "too_deep", fmt.Sprintf("lists and objects are nested more than %d deep; this is no report, ask for the file again", MaxDepth))
		return EOF
	}
	j.at++
	if len(j.nest) < cap(j.nest) {
		j.nest = j.nest[:len(j.nest)+1]
	} else {
		j.nest = append(j.nest, level{})
	}
	top := &j.nest[len(j.nest)-1]
	*top = level{object: object, names: top.names[:0], nameEnd: top.nameEnd[:0]}
	if object {
		return Object
	}
	return List
}

// grow reads more of a piece that begins at j.at.
func (j *JSON) grow(limit int) bool {
	if len(j.data)-j.at > limit+2 {
		j.fail(j.at, "text_too_long", fmt.Sprintf("a text is longer than %d bytes; this is no report, ask for the file again", limit))
		return false
	}
	if j.more(j.at) {
		j.begin = j.at
		return true
	}
	if j.fault == nil && len(j.nest) > 0 {
		j.cut()
	}
	return false
}

// word reads a number or a literal.
func (j *JSON) word(event Event, good func([]byte) bool) Event {
	n := 0
	for {
		for j.at+n < len(j.data) && wordByte(j.data[j.at+n]) {
			n++
		}
		if j.at+n < len(j.data) || !j.grow(MaxName) {
			break
		}
	}
	if j.fault != nil {
		return EOF
	}
	j.Value = j.data[j.at : j.at+n]
	if n > MaxName || !good(j.Value) {
		return j.broken("bad_json", "what stands where a value was expected is none")
	}
	j.at += n
	j.done = len(j.nest) == 0
	return event
}

func wordByte(c byte) bool {
	return c-'0' <= 9 || c-'a' <= 25 || c-'A' <= 25 || c == '-' || c == '+' || c == '.'
}

func isLiteral(word []byte) bool {
	switch string(word) {
	case "true", "false", "null":
		return true
	}
	return false
}

// isNumber is the grammar of JSON's numbers.
func isNumber(word []byte) bool {
	word = bytes.TrimPrefix(word, []byte("-"))
	whole := digits(word)
	if whole == 0 || whole > 1 && word[0] == '0' {
		return false
	}
	if word = word[whole:]; len(word) > 0 && word[0] == '.' {
		n := digits(word[1:])
		if n == 0 {
			return false
		}
		word = word[1+n:]
	}
	if len(word) > 0 && (word[0] == 'e' || word[0] == 'E') {
		if word = word[1:]; len(word) > 0 && (word[0] == '+' || word[0] == '-') {
			word = word[1:]
		}
		n := digits(word)
		return n > 0 && n == len(word)
	}
	return len(word) == 0
}

func digits(word []byte) int {
	n := 0
	for n < len(word) && word[n]-'0' <= 9 {
		n++
	}
	return n
}

// text reads a string, which begins at j.at with its quotation mark.
func (j *JSON) text(limit int) ([]byte, bool) {
	end, escaped := 1, false
	for {
		for j.at+end < len(j.data) {
			c := j.data[j.at+end]
			if c == '"' {
				return j.decodeText(end, limit, escaped)
			}
			if c < ' ' {
				j.broken("bad_json", "a text holds a line end or another character that must be escaped")
				return nil, false
			}
			if c == '\\' {
				escaped = true
				end++
			}
			end++
		}
		if !j.grow(limit) {
			if j.fault == nil {
				j.cut()
			}
			return nil, false
		}
	}
}

func (j *JSON) decodeText(end, limit int, escaped bool) ([]byte, bool) {
	raw := j.data[j.at+1 : j.at+end]
	if len(raw) > limit {
		j.fail(j.at, "text_too_long", fmt.Sprintf("a text is longer than %d bytes; this is no report, ask for the file again", limit))
		return nil, false
	}
	if escaped {
		var ok bool
		if j.held, ok = unescape(j.held[:0], raw); !ok {
			j.broken("bad_escape", "a text holds a backslash that begins no proper escape")
			return nil, false
		}
		raw = j.held
	}
	j.at += end + 1
	return raw, true
}

// unescape appends raw with its escapes undone.
func unescape(to, raw []byte) ([]byte, bool) {
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			return append(to, raw...), true
		}
		to = append(to, raw[:i]...)
		raw = raw[i+1:]
		if len(raw) == 0 {
			return to, false
		}
		c := raw[0]
		raw = raw[1:]
		if c == 'u' {
			r, n := codeUnits(raw)
			if n == 0 {
				return to, false
			}
			to, raw = utf8.AppendRune(to, r), raw[n:]
			continue
		}
		if c = plainEscape(c); c == 0 {
			return to, false
		}
		to = append(to, c)
	}
}

func plainEscape(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// codeUnits reads the four digits behind \u, or two escapes that make one
// character; n is 0 for a half of a pair, for zero, and for what is no number.
func codeUnits(raw []byte) (r rune, n int) {
	r = hexRune(raw)
	switch {
	case r <= 0:
		return 0, 0
	case !utf16.IsSurrogate(r):
		return r, 4
	case len(raw) < 10 || raw[4] != '\\' || raw[5] != 'u':
		return 0, 0
	}
	if r = utf16.DecodeRune(r, hexRune(raw[6:])); r == utf8.RuneError {
		return 0, 0
	}
	return r, 10
}

func hexRune(raw []byte) (r rune) {
	if len(raw) < 4 {
		return -1
	}
	for _, c := range raw[:4] {
		d := hexDigit(c)
		if d < 0 {
			return -1
		}
		r = r*16 + d
	}
	return r
}
