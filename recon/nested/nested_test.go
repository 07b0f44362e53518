package nested

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

// pieces writes the events of a file in words.
func pieces(text string, chunk int) (all []string, x *XML) {
	x = OpenXML(strings.NewReader(text), Options{ChunkSize: chunk})
	for {
		switch x.Next() {
		case EOF:
			return all, x
		case Start:
			piece := "<" + string(x.Name)
			for _, a := range x.Attrs {
				piece += fmt.Sprintf(" %s=%q", a.Name, a.Value)
			}
			all = append(all, piece)
		case End:
			all = append(all, "/"+string(x.Name))
		case Text:
			all = append(all, fmt.Sprintf("%q", x.Value))
		default: // what has no word here
		}
	}
}

func TestXMLPieces(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"elements and text", "<a><b>x</b><c/></a>", `<a <b "x" /b <c /c /a`},
		{"declaration and document type", "<?xml version=\"1.0\"?>\n<!DOCTYPE a SYSTEM \"http://x/>\">\n<a/>\n", `<a /a`},
		{"attributes", "<a  b = 'x' c=\"y>&lt;\"></a >", `<a b="x" c="y><" /a`},
		{"prefixes and namespaces", `<p:a xmlns="u" xmlns:p="v" p:b="1"/>`, `<a xmlns="u" xmlns="v" b="1" /a`},
		{"references", "<a>1 &lt; 2 &amp; &#65;&#x42;&apos;&quot;&gt;</a>", `<a "1 < 2 & AB'\">" /a`},
		{"character data and comments", "<a><![CDATA[<x>&]]><!-- > -->y</a><!-- end -->", `<a "<x>&" "y" /a`},
		{"blank text is passed over", "<a>\n <b> </b>\n</a>", `<a <b /b /a`},
		{"byte order mark", "\xEF\xBB\xBF<a/>", `<a /a`},
		{"latin-1", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9</a>", `<a "é" /a`},
		{"windows-1252", "<?xml version='1.0' encoding='windows-1252'?><a>\x80</a>", `<a "€" /a`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, chunk := range []int{1 << 20, 3, 4, 5, 7} {
				if chunk < 512 && strings.Contains(c.text, "encoding") {
					continue // the declaration must stand in the first chunk
				}
				got, x := pieces(c.text, chunk)
				if strings.Join(got, " ") != c.want || x.Fault() != nil {
					t.Fatalf("chunks of %d: %s, %v", chunk, got, x.Fault())
				}
			}
		})
	}
}

// TestXMLFaults holds R8: what condemns a file, and on which line.
func TestXMLFaults(t *testing.T) {
	for _, c := range []struct {
		name, text, code string
		line             int
	}{
		{"nothing", "", "no_element", 1},
		{"only a comment", "<!-- x -->\n", "no_element", 2},
		{"cut between tags", "<a>\n<b>", "cut_off", 2},
		{"cut in a tag", "<a>\n<b c=", "cut_off", 2},
		{"cut in a value", "<a>\n\n<b c=\"d", "cut_off", 3},
		{"cut in a text", "<a>\nb", "cut_off", 2},
		{"cut in a comment", "<a>\n<!-- b", "cut_off", 2},
		{"cut behind the mark", "<a>\n<", "cut_off", 2},
		{"tags crossed", "<a>\n<b></a></b>", "mismatched_tag", 2},
		{"closed too often", "<a></a>\n</a>", "mismatched_tag", 2},
		{"second root", "<a/>\n<b/>", "second_root", 2},
		{"text before the root", "x<a/>", "text_outside", 1},
		{"text behind the root", "<a/>\nx", "text_outside", 2},
		{"character data outside", "<![CDATA[x]]><a/>", "bad_tag", 1},
		{"tag without a name", "<a>\n< b/></a>", "bad_tag", 2},
		{"name with a digit first", "<1/>", "bad_tag", 1},
		{"attribute without a value", "<a b/>", "bad_tag", 1},
		{"attribute without quotation marks", "<a b=c/>", "bad_tag", 1},
		{"attributes without a blank", "<a b='1'c='2'/>", "bad_tag", 1},
		{"angle bracket in an attribute", "<a b='<'/>", "bad_tag", 1},
		{"attribute twice", "<a b='1' b='1'/>", "duplicate_attribute", 1},
		{"entity of its own", "<a>&xxe;</a>", "unknown_entity", 1},
		{"reference without an end", "<a>& b</a>", "unknown_entity", 1},
		{"character zero by number", "<a>&#0;</a>", "unknown_entity", 1},
		{"character beyond the last", "<a>&#x110000;</a>", "unknown_entity", 1},
		{"document type with entities", "<!DOCTYPE a [<!ENTITY b \"c\">]>\n<a>&b;</a>", "doctype_declares", 1},
		{"document type inside", "<a><!DOCTYPE a></a>", "bad_tag", 1},
		{"zero byte", "<a>\n\x00</a>", "nul_byte", 2},
		{"broken UTF-8", "<a>\n\n\xE9</a>", "invalid_encoding", 3},
		{"cut UTF-8", "<a>\xC3", "invalid_encoding", 1},
		{"undefined in windows-1252", "<?xml version='1.0' encoding='windows-1252'?>\n<a>\x81</a>", "invalid_encoding", 2},
		{"unknown encoding", "<?xml version='1.0' encoding='EBCDIC-CP-US'?><a/>", "unknown_encoding", 1},
		{"mark against declaration", "\xEF\xBB\xBF<?xml version='1.0' encoding='latin1'?><a/>", "unknown_encoding", 1},
		{"utf-16", "\xFF\xFE<\x00a\x00", "nul_byte", 1},
		{"deep", strings.Repeat("<a>", MaxDepth+1), "too_deep", 1},
		{"many attributes", "<a" + attributes(MaxAttributes+1) + "/>", "too_many_attributes", 1},
		{"long name", "<" + strings.Repeat("a", MaxName+1) + "/>", "bad_tag", 1},
		{"long text", "<a>" + strings.Repeat("b", MaxText+1) + "</a>", "text_too_long", 1},
		{"long attribute", "<a b='" + strings.Repeat("b", MaxText+1) + "'/>", "text_too_long", 1},
		{"long character data", "<a><![CDATA[" + strings.Repeat("b", MaxText+1) + "]]></a>", "text_too_long", 1},
		{"endless text", "<a>" + strings.Repeat("b", 3*MaxText), "text_too_long", 1},
		{"endless tag", "<a " + strings.Repeat(" ", 3*MaxTag), "tag_too_long", 1},
		{"endless comment", "<!--" + strings.Repeat(" ", 3*MaxTag), "comment_too_long", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, chunk := range []int{1 << 20, 5} {
				if chunk == 5 && (len(c.text) > 1<<12 || strings.Contains(c.text, "encoding")) {
					continue
				}
				_, x := pieces(c.text, chunk)
				if f := x.Fault(); f == nil || f.Code != c.code && f.Code != "utf16" || f.Line != c.line {
					t.Errorf("chunks of %d: %+v", chunk, f)
				}
			}
		})
	}
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d=''", i)
	}
	return b.String()
}

func TestXMLLines(t *testing.T) {
	for _, chunk := range []int{1 << 20, 3, 4} {
		x := OpenXML(strings.NewReader("<a>\r\n<b/>\r<c>\n\nt</c>\n</a>"), Options{ChunkSize: chunk})
		var got []int
		for x.Next() != EOF {
			got = append(got, x.Line())
		}
		if fmt.Sprint(got) != "[1 2 2 3 3 5 6]" {
			t.Errorf("chunks of %d: %v", chunk, got)
		}
	}
}

func TestFinishHashesTheWholeFile(t *testing.T) {
	text := "<a>" + strings.Repeat("<b/>", 1000) + "\x00" + strings.Repeat("x", 1000)
	x := OpenXML(strings.NewReader(text), Options{ChunkSize: 64})
	for x.Next() != EOF {
	}
	var seen bytes.Buffer
	end := x.Finish(func(raw []byte) { seen.Write(raw) })
	whole := OpenXML(strings.NewReader(text), Options{})
	if sum := whole.Finish(func([]byte) {}); end.SHA256 != sum.SHA256 || end.Size != int64(len(text)) || !strings.HasSuffix(seen.String(), strings.Repeat("x", 1000)) {
		t.Errorf("%+v %+v", end, sum)
	}
	broken := errors.New("broken")
	x = OpenXML(io.MultiReader(strings.NewReader("<a>"), iotest.ErrReader(broken)), Options{})
	for x.Next() != EOF {
	}
	if end := x.Finish(func([]byte) {}); !errors.Is(end.Err, broken) {
		t.Error(end.Err)
	}
}

// TestXMLMemory holds R12: 256 MiB through chunks of 64 KiB.
func TestXMLMemory(t *testing.T) {
	row := []byte("<Request RequestID=\"7000000000000000000001\"><Amount>1.00</Amount></Request>\n")
	src := io.MultiReader(strings.NewReader("<Report>"), io.LimitReader(&repeat{line: row}, 128<<20/int64(len(row))*int64(len(row))), strings.NewReader("</Report>"))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	x := OpenXML(src, Options{ChunkSize: 64 << 10})
	n := 0
	for x.Next() != EOF {
		n++
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; n < 1e6 || x.Fault() != nil || grown > 4<<20 {
		t.Errorf("%d events, %d bytes allocated, %v", n, grown, x.Fault())
	}
}

// repeat gives one line for ever.
type repeat struct {
	line []byte
	at   int
}

func (r *repeat) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		k := copy(b[n:], r.line[r.at:])
		n, r.at = n+k, (r.at+k)%len(r.line)
	}
	return n, nil
}

// FuzzXML compares with encoding/xml on what both accept (R8), at chunks that
// cut at every place.
func FuzzXML(f *testing.F) {
	for _, text := range []string{
		"<a><b>x</b><c/></a>", "<?xml version=\"1.0\"?><!DOCTYPE a SYSTEM \"u\"><p:a xmlns:p='v' b=\"&lt;\">t&#65;</p:a>",
		"<a><![CDATA[<x>]]><!-- c --></a>", "<a>\r\n<b c='d'/></a>", "<a>&e;</a>", "<a b='1' b='2'/>", "<a>]]></a>",
	} {
		f.Add(text, uint16(3))
	}
	f.Fuzz(func(t *testing.T, text string, chunk uint16) {
		whole, x := pieces(text, 1<<20)
		if !strings.Contains(text, "encoding") {
			cut, y := pieces(text, int(chunk)+1)
			if (x.Fault() == nil) != (y.Fault() == nil) || x.Fault() == nil && fmt.Sprint(whole) != fmt.Sprint(cut) {
				t.Fatalf("chunks matter: %v %v\n%s\n%s", x.Fault(), y.Fault(), whole, cut)
			}
		}
		if x.Fault() == nil && utf8.ValidString(text) {
			compareXML(t, text, whole)
		}
	})
}

func compareXML(t *testing.T, text string, got []string) {
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(text, "\xEF\xBB\xBF")))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.ErrUnsupported }
	var want []string
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return // it knows characters that no XML may hold, and cares for instructions
		}
		switch token := token.(type) {
		case xml.StartElement:
			piece := "<" + token.Name.Local
			for _, a := range token.Attr {
				piece += fmt.Sprintf(" %s=%q", a.Name.Local, a.Value)
			}
			want = append(want, piece)
		case xml.EndElement:
			want = append(want, "/"+token.Name.Local)
		case xml.CharData:
			if !blank(token) {
				want = append(want, fmt.Sprintf("%q", token))
			}
		}
	}
	plain := func(pieces []string) string {
		// It makes LF of CR LF, and one text of text and character data.
		joined := strings.NewReplacer(`\r\n`, `\n`, `\r`, `\n`).Replace(strings.Join(pieces, " "))
		return strings.ReplaceAll(joined, `" "`, "")
	}
	if strings.Count(text, ":") == 0 && plain(got) != plain(want) {
		t.Fatalf("%q:\n%s\nencoding/xml:\n%s", text, got, want)
	}
}

// values writes the events of a file as JSON again.
func values(text string, chunk int) (string, *JSON) {
	j := OpenJSON(strings.NewReader(text), Options{ChunkSize: chunk})
	var b strings.Builder
	first := []bool{true}
	for {
		event := j.Next()
		if event == EOF {
			return b.String(), j
		}
		if event == ObjectEnd || event == ListEnd {
			first = first[:len(first)-1]
			b.WriteString(map[Event]string{ObjectEnd: "}", ListEnd: "]"}[event])
			continue
		}
		if !first[len(first)-1] {
			b.WriteByte(',')
		}
		first[len(first)-1] = false
		if j.Name != nil {
			name, _ := json.Marshal(string(j.Name))
			b.Write(append(name, ':'))
		}
		switch event {
		case Object, List:
			b.WriteString(map[Event]string{Object: "{", List: "["}[event])
			first = append(first, true)
		case String:
			text, _ := json.Marshal(string(j.Value))
			b.Write(text)
		default:
			b.Write(j.Value)
		}
	}
}

func TestJSONValues(t *testing.T) {
	for _, text := range []string{
		`{"a":"b","c":[1,-0.50,1e5,true,false,null],"d":{"e":[]},"f":{}}`, ` [ ] `, `"x"`, `12`, "\xEF\xBB\xBF{}",
		`{"a\u0062":"\n\"\\\u00e9\ud83d\ude00"}`, "[1,\r\n 2]",
	} {
		for _, chunk := range []int{1 << 20, 3, 4, 5} {
			got, j := values(text, chunk)
			var want bytes.Buffer
			if err := json.Compact(&want, []byte(strings.TrimPrefix(text, "\xEF\xBB\xBF"))); err != nil {
				t.Fatal(err)
			}
			var a, b any
			if j.Fault() != nil || json.Unmarshal([]byte(got), &a) != nil || json.Unmarshal(want.Bytes(), &b) != nil || fmt.Sprint(a) != fmt.Sprint(b) {
				t.Errorf("chunks of %d: %s of %s: %v", chunk, got, text, j.Fault())
			}
		}
	}
}

func TestJSONNumbersStayAsWritten(t *testing.T) {
	if got, _ := values(`[0.10,12345678901234567890.123456789]`, 1<<20); got != `[0.10,12345678901234567890.123456789]` {
		t.Error(got)
	}
}

func TestJSONFaults(t *testing.T) {
	for _, c := range []struct {
		name, text, code string
		line             int
	}{
		{"nothing", "", "cut_off", 1},
		{"cut in a list", "[\n1,", "cut_off", 2},
		{"cut behind a name", "{\n\"a\"", "cut_off", 2},
		{"cut behind a colon", "{\n\"a\":", "cut_off", 2},
		{"cut in a text", "{\"a\":\n\"b", "cut_off", 2},
		{"cut in a literal", "[tru", "cut_off", 1},
		{"text behind the end", "{}\nx", "text_behind_end", 2},
		{"two values", "{}{}", "text_behind_end", 1},
		{"no comma", "[1 2]", "bad_json", 1},
		{"comma at the end", "[1,\n]", "bad_json", 2},
		{"no colon", "{\"a\" 1}", "bad_json", 1},
		{"name without marks", "{a:1}", "bad_json", 1},
		{"apostrophes", "{'a':1}", "bad_json", 1},
		{"crossed", "[1}", "bad_json", 1},
		{"not a number", "[NaN]", "bad_json", 1},
		{"number with zeros", "[007]", "bad_json", 1},
		{"number with a plus", "[+1]", "bad_json", 1},
		{"number with a bare point", "[1.]", "bad_json", 1},
		{"line end in a text", "[\"a\nb\"]", "bad_json", 1},
		{"bad escape", `["\x"]`, "bad_escape", 1},
		{"half of a pair", `["\ud83d"]`, "bad_escape", 1},
		{"zero by escape", `["\u0000"]`, "bad_escape", 1},
		{"zero byte", "[\n\x00]", "nul_byte", 2},
		{"broken UTF-8", "[\n\"\xE9\"]", "invalid_encoding", 2},
		{"deep", strings.Repeat("[", MaxDepth+1), "too_deep", 1},
		{"long text", `["` + strings.Repeat("b", MaxText+1) + `"]`, "text_too_long", 1},
		{"endless text", `["` + strings.Repeat("b", 3*MaxText), "text_too_long", 1},
		{"long name", `{"` + strings.Repeat("b", MaxName+1) + `":1}`, "text_too_long", 1},
		{"many members", "{" + members(maxMembers+1) + "}", "too_many_members", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, chunk := range []int{1 << 20, 3} {
				if chunk == 3 && len(c.text) > 1<<12 {
					continue
				}
				_, j := values(c.text, chunk)
				if f := j.Fault(); f == nil || f.Code != c.code || f.Line != c.line {
					t.Errorf("chunks of %d: %+v", chunk, f)
				}
			}
		})
	}
}

func members(n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("\"m%d\":1", i))
	}
	return strings.Join(all, ",")
}

func TestJSONDuplicate(t *testing.T) {
	j := OpenJSON(strings.NewReader(`{"a":1,"b":{"a":2},"a":3}`), Options{})
	var got []bool
	for j.Next() != EOF {
		got = append(got, j.Duplicate)
	}
	if fmt.Sprint(got) != "[false false false false false true false]" {
		t.Error(got)
	}
}

// FuzzJSON: what is accepted encoding/json accepts too, with the same values.
func FuzzJSON(f *testing.F) {
	for _, text := range []string{
		`{"a":"b","c":[1,-0.50,1e5,true,null]}`, `["\u00e9\ud83d\ude00\n"]`, "[1,\r\n2]", `{"a":1,"a":2}`, `["\ud800"]`, `[`, `{"a"`, `12.`, "\xEF\xBB\xBF[]",
	} {
		f.Add(text, uint16(2))
	}
	f.Fuzz(func(t *testing.T, text string, chunk uint16) {
		got, j := values(text, 1<<20)
		cut, k := values(text, int(chunk)+1)
		if (j.Fault() == nil) != (k.Fault() == nil) || j.Fault() == nil && got != cut {
			t.Fatalf("chunks matter: %v %v\n%s\n%s", j.Fault(), k.Fault(), got, cut)
		}
		if j.Fault() != nil {
			return
		}
		var want bytes.Buffer
		if err := json.Compact(&want, []byte(strings.TrimPrefix(text, "\xEF\xBB\xBF"))); err != nil {
			t.Fatalf("encoding/json refuses %q: %v", text, err)
		}
		var a, b any
		if err := json.Unmarshal(want.Bytes(), &b); err != nil {
			return // a number that no float holds
		}
		if err := json.Unmarshal([]byte(got), &a); err != nil || fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("%q: %s, encoding/json: %s", text, got, want.String())
		}
	})
}
