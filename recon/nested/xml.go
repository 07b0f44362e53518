package nested

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"tieout/recon/delimited"
)

// Event is one piece of a file.
type Event uint8

// The pieces of XML: the tags, text that is not blank, and what is neither
// (comments, instructions, the document type). End also follows an empty element's Start.
const (
	EOF Event = iota
	Start
	End
	Text
	Other
)

// Attr is an attribute of a start tag; Name is without its prefix, and xmlns for every declaration of a namespace.
type Attr struct{ Name, Value []byte }

// XML is a file being read. What an event gives lasts until the next.
type XML struct {
	*source
	Name  []byte // of Start and End, without its prefix
	Attrs []Attr // of Start
	Value []byte // of Text, with references resolved; of Other as written

	begin     int    // where the event begins in data
	names     []byte // the full names of the open elements, one behind the other
	open      []int  // where each of them ends
	qualified [][]byte
	scratch   []byte // values with references resolved
	empty     bool   // the End of an empty element is due
	root      bool   // the root element was seen
}

// OpenXML begins to read a file.
func OpenXML(r io.Reader, o Options) *XML {
	x := &XML{source: newSource(r, o)}
	raw := x.read()
	x.chooseEncoding(raw)
	x.decode(raw)
	x.stripMark()
	return x
}

// Line is the physical line on which the event begins.
func (x *XML) Line() int { return x.lineAt(x.begin) }

// Next takes the next piece off the file; EOF at its end and at a fault.
func (x *XML) Next() Event {
	if x.fault != nil {
		return EOF
	}
	if x.empty {
		x.empty = false
		x.pop()
		return End
	}
	for {
		for x.at == len(x.data) {
			if !x.more(x.at) {
				return x.finish()
			}
		}
		x.begin = x.at
		if x.data[x.at] == '<' {
			return x.markup()
		}
		if event, is := x.text(); is {
			return event
		}
	}
}

func (x *XML) finish() Event {
	switch {
	case x.fault != nil:
	case len(x.open) > 0:
		x.begin = x.at
		x.cut(fmt.Sprintf("the element %s is never closed", x.top()))
	case !x.root:
		x.fail(x.at, "no_element", "the file has no element; it is cut off or no report, download it again")
	}
	return EOF
}

// cut is the fault of a file that ends too early.
func (x *XML) cut(what string) {
	x.fail(x.at, "cut_off", "the file ends here and "+what+"; it is cut off, download it again")
}

// grow reads more of an event that is not at its end; the event begins at x.at, which stays its begin.
func (x *XML) grow(limit int, what string) bool {
	if len(x.data)-x.at > limit {
		x.fail(x.at, what+"_too_long", fmt.Sprintf("more than %d KiB in one piece; this is no report, ask for the file again", limit>>10))
		return false
	}
	if x.more(x.at) {
		x.begin = x.at
		return true
	}
	x.cut("a " + what + " that begins on this line does not")
	return false
}

// text reads up to the next tag; blank text is no event.
func (x *XML) text() (event Event, is bool) {
	seen := 0
	for {
		i := bytes.IndexByte(x.data[x.at+seen:], '<')
		if i >= 0 {
			return x.textEvent(x.data[x.at : x.at+seen+i])
		}
		seen = len(x.data) - x.at
		if seen > MaxText {
			break
		}
		if !x.more(x.at) {
			if x.fault != nil {
				return EOF, true
			}
			return x.textEvent(x.data[x.at:])
		}
		x.begin = x.at
	}
	x.grow(MaxText, "text")
	return EOF, true
}

func (x *XML) textEvent(text []byte) (event Event, is bool) {
	switch {
	case len(text) > MaxText:
		x.fail(x.at, "text_too_long", "a text is longer than 64 KiB; this is no report, ask for the file again")
		return EOF, true
	case blank(text):
		x.at += len(text)
		return EOF, false
	case len(x.open) == 0:
		x.fail(x.at+len(text)-len(pastBlanks(text)), "text_outside", "text stands outside of the root element; the file is damaged, download it again")
		return EOF, true
	}
	x.scratch = x.scratch[:0]
	if x.Value = x.resolve(text); x.fault != nil {
		return EOF, true
	}
	x.at += len(text)
	return Text, true
}

func blank(text []byte) bool {
	for _, c := range text {
		if c > ' ' {
			return false
		}
	}
	return true
}

func (x *XML) markup() Event {
	for len(x.data)-x.at < 2 {
		if !x.grow(MaxTag, "tag") {
			return EOF
		}
	}
	switch x.data[x.at+1] {
	case '/':
		return x.endTag()
	case '!':
		return x.declaration()
	case '?':
		return x.until("?>", MaxTag, "processing instruction")
	}
	return x.startTag()
}

// tagEnd is where the '>' of the tag stands that begins at x.at; 0 at a fault.
func (x *XML) tagEnd() int {
	seen, quote := 1, byte(0)
	for {
		for rest := x.data[x.at+seen:]; len(rest) > 0; rest = x.data[x.at+seen:] {
			if quote != 0 {
				i := bytes.IndexByte(rest, quote)
				if i < 0 {
					seen += len(rest)
					break
				}
				seen, quote = seen+i+1, 0
				continue
			}
			switch c := rest[0]; c {
			case '>':
				return x.at + seen
			case '"', '\'':
				quote = c
			}
			seen++
		}
		if !x.grow(MaxTag, "tag") {
			return 0
		}
	}
}

func (x *XML) startTag() Event {
	end := x.at + 1 + nameLen(x.data[x.at+1:])
	if end == len(x.data) || x.data[end] != '>' { // there is more than a name
		if end = x.tagEnd(); end == 0 {
			return EOF
		}
	}
	tag := x.data[x.at+1 : end]
	if n := len(tag); n > 0 && tag[n-1] == '/' {
		tag, x.empty = tag[:n-1], true
	}
	name := tag[:nameLen(tag)]
	if !x.push(name) {
		return x.stop()
	}
	x.Name = local(name)
	if x.attributes(tag[len(name):]); x.fault != nil {
		return x.stop()
	}
	x.at = end + 1
	return Start
}

func (x *XML) stop() Event {
	x.empty = false
	return EOF
}

// push opens an element.
func (x *XML) push(name []byte) bool {
	switch {
	case len(name) == 0 || len(name) > MaxName:
		x.fail(x.at, "bad_tag", "a tag begins here without a proper name; the file is damaged, download it again")
	case len(x.open) == 0 && x.root:
		x.fail(x.at, "second_root", "a second root element begins here; the file is damaged, download it again")
	case len(x.open) == MaxDepth:
		x.fail(x.at, "too_deep", fmt.Sprintf("elements are nested more than %d deep; this is no report, ask for the file again", MaxDepth))
	default:
		x.root = true
		x.names = append(x.names, name...)
		x.open = append(x.open, len(x.names))
		return true
	}
	return false
}

// top is the full name of the innermost open element.
func (x *XML) top() []byte {
	n := len(x.open) - 1
	begin := 0
	if n > 0 {
		begin = x.open[n-1]
	}
	return x.names[begin:x.open[n]]
}

func (x *XML) pop() {
	name := x.top()
	x.Name = local(name)
	x.names = x.names[:len(x.names)-len(name)]
	x.open = x.open[:len(x.open)-1]
}

func (x *XML) endTag() Event {
	if len(x.open) > 0 {
		top := x.top()
		if end := x.at + 2 + len(top); end < len(x.data) && x.data[end] == '>' && string(x.data[x.at+2:end]) == string(top) {
			x.at = end + 1
			x.pop()
			return End
		}
	}
	end := bytes.IndexByte(x.data[x.at:], '>')
	for end < 0 {
		if !x.grow(MaxTag, "tag") {
			return EOF
		}
		end = bytes.IndexByte(x.data[x.at:], '>')
	}
	name := x.data[x.at+2 : x.at+end]
	if len(x.open) == 0 || !bytes.Equal(name, x.top()) && !bytes.Equal(trimRight(name), x.top()) {
		x.fail(x.at, "mismatched_tag", "the closing tag that begins here does not close the element that is open; the file is damaged, download it again")
		return EOF
	}
	x.at += end + 1
	x.pop()
	return End
}

func trimRight(b []byte) []byte { return bytes.TrimRight(b, " \t\r\n") }

// attributes reads what a start tag has behind its name.
func (x *XML) attributes(rest []byte) {
	x.Attrs, x.qualified, x.scratch = x.Attrs[:0], x.qualified[:0], x.scratch[:0]
	for {
		trimmed := pastBlanks(rest)
		if len(trimmed) == 0 {
			return
		}
		n := nameLen(trimmed)
		name := trimmed[:n]
		after := pastBlanks(trimmed[n:])
		if len(trimmed) == len(rest) || n == 0 || n > MaxName || len(after) == 0 || after[0] != '=' {
			x.badTag()
			return
		}
		after = pastBlanks(after[1:])
		if len(after) == 0 || after[0] != '"' && after[0] != '\'' {
			x.badTag()
			return
		}
		n = bytes.IndexByte(after[1:], after[0])
		if n < 0 || bytes.IndexByte(after[1:1+n], '<') >= 0 {
			x.badTag()
			return
		}
		if x.attribute(name, after[1:1+n]); x.fault != nil {
			return
		}
		rest = after[n+2:]
	}
}

func (x *XML) badTag() {
	x.fail(x.at, "bad_tag", "the tag that begins here is not well formed; the file is damaged, download it again")
}

func (x *XML) attribute(name, value []byte) {
	for _, other := range x.qualified {
		if bytes.Equal(other, name) {
			x.fail(x.at, "duplicate_attribute", fmt.Sprintf("the tag that begins here has the attribute %s twice; the file is damaged, download it again", name))
			return
		}
	}
	if x.qualified = append(x.qualified, name); len(x.qualified) > MaxAttributes {
		x.fail(x.at, "too_many_attributes", fmt.Sprintf("a tag has more than %d attributes; this is no report, ask for the file again", MaxAttributes))
		return
	}
	if len(value) > MaxText {
		x.fail(x.at, "text_too_long", "an attribute is longer than 64 KiB; this is no report, ask for the file again")
		return
	}
	value = x.resolve(value)
	if bytes.HasPrefix(name, []byte("xmlns:")) {
		name = name[:len("xmlns")]
	}
	x.Attrs = append(x.Attrs, Attr{local(name), value})
}

// declaration reads what begins with "<!".
func (x *XML) declaration() Event {
	const longest = len("<![CDATA[")
	for len(x.data)-x.at < longest && !x.eof {
		if !x.more(x.at) {
			break
		}
		x.begin = x.at
	}
	switch rest := x.data[x.at:]; {
	case bytes.HasPrefix(rest, []byte("<!--")):
		return x.comment()
	case bytes.HasPrefix(rest, []byte("<![CDATA[")) && len(x.open) > 0:
		if x.until("]]>", MaxText, "text") != Other {
			return EOF
		}
		if x.Value = x.Value[longest : len(x.Value)-3]; blank(x.Value) {
			return Other
		}
		return Text
	case bytes.HasPrefix(rest, []byte("<!DOCTYPE")) && !x.root:
		return x.docType()
	}
	x.badTag()
	return EOF
}

func (x *XML) comment() Event {
	if x.until("-->", MaxTag, "comment") != Other {
		return EOF
	}
	if len(x.Value) < len("<!---->") {
		x.fail(x.begin, "bad_tag", "a comment that begins here is not well formed; the file is damaged, download it again")
		return EOF
	}
	return Other
}

// docType passes over the document type. What it names is never fetched; one
// that declares anything of its own is refused (R8).
func (x *XML) docType() Event {
	end := x.tagEnd()
	if end == 0 {
		return EOF
	}
	x.Value = x.data[x.at : end+1]
	quote := byte(0)
	for _, c := range x.Value {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[':
			x.fail(x.at, "doctype_declares", "the document type declares entities or elements of its own, as no report does; ask where the file comes from")
			return EOF
		}
	}
	x.at = end + 1
	return Other
}

// until reads a piece that ends with the mark.
func (x *XML) until(mark string, limit int, what string) Event {
	seen := 2
	for {
		if i := bytes.Index(x.data[x.at+min(seen, len(x.data)-x.at):], []byte(mark)); i >= 0 {
			end := x.at + seen + i + len(mark)
			if end-x.at > limit {
				break
			}
			x.Value, x.at = x.data[x.at:end], end
			return Other
		}
		seen = max(2, len(x.data)-x.at-len(mark)+1)
		if !x.grow(limit, what) {
			return EOF
		}
	}
	x.fail(x.at, what+"_too_long", fmt.Sprintf("more than %d KiB in one piece; this is no report, ask for the file again", limit>>10))
	return EOF
}

// resolve replaces references; text without any comes back as it is.
func (x *XML) resolve(text []byte) []byte {
	amp := bytes.IndexByte(text, '&')
	if amp < 0 {
		return text
	}
	begin := len(x.scratch)
	for amp >= 0 {
		x.scratch = append(x.scratch, text[:amp]...)
		text = text[amp+1:]
		end := bytes.IndexByte(text[:min(len(text), 12)], ';')
		r, ok := rune(0), false
		if end > 0 {
			r, ok = reference(string(text[:end]))
		}
		if !ok {
			x.fail(x.at, "unknown_entity", "a reference that begins with & is none of the five of XML and no character by number; the file is damaged or not a report")
			return nil
		}
		x.scratch = utf8.AppendRune(x.scratch, r)
		text = text[end+1:]
		amp = bytes.IndexByte(text, '&')
	}
	x.scratch = append(x.scratch, text...)
	return x.scratch[begin:len(x.scratch):len(x.scratch)]
}

// reference is the character that a name or number stands for.
func reference(name string) (r rune, ok bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	number, ok := strings.CutPrefix(name, "#")
	base := rune(10)
	if hex, is := strings.CutPrefix(number, "x"); is {
		number, base = hex, 16
	}
	if !ok || number == "" {
		return 0, false
	}
	for i := range len(number) {
		d := hexDigit(number[i])
		if d < 0 || d >= base {
			return 0, false
		}
		if r = r*base + d; r > utf8.MaxRune {
			return 0, false
		}
	}
	return r, utf8.ValidRune(r) && (r >= ' ' || r == '\t' || r == '\n' || r == '\r') && r != 0xFFFE && r != 0xFFFF
}

// hexDigit is the value of a digit, -1 for what is none.
func hexDigit(c byte) rune {
	switch {
	case c-'0' <= 9:
		return rune(c - '0')
	case c-'a' <= 5:
		return rune(c-'a') + 10
	case c-'A' <= 5:
		return rune(c-'A') + 10
	}
	return -1
}

// nameLen is how many bytes of a name text begins with.
func nameLen(text []byte) int {
	if len(text) > 0 && (text[0]-'0' <= 9 || text[0] == '-' || text[0] == '.') {
		return 0
	}
	for i, c := range text {
		switch {
		case c-'a' <= 25, c-'A' <= 25, c-'0' <= 9, c == '_', c == ':', c == '-', c == '.', c >= utf8.RuneSelf:
		default:
			return i
		}
	}
	return len(text)
}

func pastBlanks(text []byte) []byte {
	for i, c := range text {
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return text[i:]
		}
	}
	return nil
}

// local is a name without its prefix.
func local(name []byte) []byte {
	for i := len(name) - 1; i >= 0; i-- {
		if name[i] == ':' {
			return name[i+1:]
		}
	}
	return name
}

// chooseEncoding looks at the XML declaration; without one the text is UTF-8.
func (x *XML) chooseEncoding(raw []byte) {
	text := bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF"))
	marked := len(text) < len(raw)
	head, _, found := strings.Cut(string(text[:min(len(text), 512)]), "?>")
	if !found || !strings.HasPrefix(head, "<?xml ") {
		return
	}
	_, said, found := strings.Cut(head, "encoding")
	said = strings.TrimLeft(said, " \t\r\n=")
	if !found || said == "" {
		return
	}
	name, _, _ := strings.Cut(said[1:], said[:1])
	switch strings.ToLower(name) {
	case "utf-8", "utf8", "us-ascii", "ascii":
		return
	case "iso-8859-1", "latin1", "iso8859-1":
		x.charmap = charmap.ISO8859_1
	case "windows-1252", "cp1252":
		x.charmap = charmap.Windows1252
	}
	if x.charmap == nil || marked {
		x.fault = &delimited.Fault{Line: 1, Code: "unknown_encoding", Message: "the file declares an encoding other than UTF-8, ISO-8859-1 and windows-1252, or another than it begins with; ask for it as UTF-8"}
	}
}
