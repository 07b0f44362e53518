package delimited

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"
)

// row is a record as a test keeps it.
type row struct {
	Line   int
	Fields []string
}

func keep(rec *Record) row {
	r := row{Line: rec.Line}
	for _, f := range rec.Fields {
		r.Fields = append(r.Fields, string(f))
	}
	return r
}

// readAll reads a file the parallel way.
func readAll(r io.Reader, o Options) ([]row, *Fault, Summary) {
	type answer struct {
		rows  []row
		fault *Fault
	}
	var rows []row
	var fault *Fault
	f := Open(r, o)
	end := Run(f, func() func(*Block) answer {
		return func(b *Block) answer {
			a := answer{fault: b.TextFault()}
			s := b.Scanner()
			var rec Record
			for s.Next(&rec) {
				a.rows = append(a.rows, keep(&rec))
			}
			if a.fault == nil {
				a.fault = s.Fault()
			}
			return a
		}
	}, func(a answer) {
		if fault == nil {
			rows, fault = append(rows, a.rows...), a.fault
		}
	})
	return rows, fault, end
}

func TestRecords(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []row
		missingEnd bool
	}{
		{"LF", "a,b\nc,d\n", []row{{1, []string{"a", "b"}}, {2, []string{"c", "d"}}}, false},
		{"CR LF", "a,b\r\nc,d\r\n", []row{{1, []string{"a", "b"}}, {2, []string{"c", "d"}}}, false},
		{"CR", "a,b\rc,d\r", []row{{1, []string{"a", "b"}}, {2, []string{"c", "d"}}}, false},
		{"byte order mark", "\xEF\xBB\xBFa\n", []row{{1, []string{"a"}}}, false},
		{"blank lines", "a\n\n \t \nb\n", []row{{1, []string{"a"}}, {4, []string{"b"}}}, false},
		{"quotes", "\"a,\"\"b\"\"\",c\n", []row{{1, []string{`a,"b"`, "c"}}}, false},
		{"lines in quotes", "\"a\nb\r\nc\",d\ne\n", []row{{1, []string{"a\nb\r\nc", "d"}}, {4, []string{"e"}}}, false},
		{"empty quotes", "\"\",\"\"\n", []row{{1, []string{"", ""}}}, false},
		{"no end", "a\nb", []row{{1, []string{"a"}}, {2, []string{"b"}}}, true},
		{"empty fields", ",,\n", []row{{1, []string{"", "", ""}}}, false},
		{"nothing", "", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, size := range []int{1, 2, 3, 7, 1 << 20} {
				rows, fault, end := readAll(strings.NewReader(c.text), Options{BlockSize: size, Workers: 2})
				if fault != nil || !slices.EqualFunc(rows, c.want, equalRows) || end.MissingEnd != c.missingEnd {
					t.Fatalf("block %d: %v %+v %+v", size, fault, rows, end)
				}
			}
		})
	}
}

func equalRows(a, b row) bool { return a.Line == b.Line && slices.Equal(a.Fields, b.Fields) }

func TestFaults(t *testing.T) {
	long := strings.Repeat("x", MaxField+1)
	for _, c := range []struct {
		name, text, code string
		line             int
	}{
		{"open quote", "a\n\"b\nc\nd\n", "unterminated_quote", 2},
		{"open quote closed by another field's", "a,b\n\"c,d\ne,\"f\"\ng,h\n", "unterminated_quote", 2},
		{"text behind a quote", "a\n\"b\"c\n", "misplaced_quote", 2},
		{"quote inside", "a\nb\"c\n", "bare_quote", 2},
		{"zero byte", "a\nb\nc\x00d\n", "nul_byte", 3},
		{"latin", "a\nb\xE9\n", "invalid_utf8", 2},
		{"utf-16", "\xFF\xFEa\x00\n\x00", "nul_byte", 1},
		{"long field", "a\n" + long + "\n", "field_too_long", 2},
		{"long quoted field", "a\n\"" + long + "\"\n", "field_too_long", 2},
		{"many columns", "a\n" + strings.Repeat(",", MaxColumns) + "\n", "too_many_columns", 2},
		{"endless record", strings.Repeat("abcdefgh,", MaxRecord/9+400), "too_many_columns", 1},
		{"endless line", strings.Repeat("abcdefgh", MaxRecord/8+400), "field_too_long", 1},
		{"endless quote", "\"" + strings.Repeat("abcdefg\n", MaxRecord/4), "unterminated_quote", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, size := range []int{5, 1 << 20} {
				if size == 5 && len(c.text) > 1<<17 {
					continue
				}
				_, fault, _ := readAll(strings.NewReader(c.text), Options{BlockSize: size})
				if fault == nil || fault.Code != c.code || fault.Line != c.line {
					t.Fatalf("block %d: %+v", size, fault)
				}
			}
		})
	}
}

func TestUTF16IsNamed(t *testing.T) {
	f := Open(strings.NewReader("\xFF\xFEa\x00\n\x00"), Options{})
	if f.Next(new(Record)) || f.HeadFault() == nil || f.HeadFault().Code != "utf16" {
		t.Error(f.HeadFault())
	}
}

func TestReadErrorIsKept(t *testing.T) {
	broken := errors.New("broken")
	r := io.MultiReader(strings.NewReader("a\nb\n"), iotest.ErrReader(broken))
	if _, _, end := readAll(r, Options{}); !errors.Is(end.Err, broken) {
		t.Error(end.Err)
	}
}

// TestNextGoesOnBeyondTheFirstBlock reads a whole file in sequence.
func TestNextGoesOnBeyondTheFirstBlock(t *testing.T) {
	var want bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&want, "%d,\"x\"\n", i)
	}
	f := Open(&want, Options{BlockSize: 64})
	var rec Record
	n := 0
	for f.Next(&rec) {
		if n++; rec.Line != n || string(rec.Fields[0]) != fmt.Sprint(n-1) {
			t.Fatalf("record %d: %+v", n, keep(&rec))
		}
	}
	if end := f.Finish(func([]byte) {}); n != 1000 || end.LastLine != 1000 || end.MissingEnd {
		t.Fatalf("%d records, %+v", n, end)
	}
}

// FuzzAgainstEncodingCSV compares with an independent reader on everything
// that both accept (R8), at block sizes that cut at every place.
func FuzzAgainstEncodingCSV(f *testing.F) {
	for _, text := range []string{
		"a,b\n1,2\n", "a,\"b\nc\"\r\n\"d\"\"e\",f\n", "\"\n", "a\"b\n", ",,\n\n\n,\n", "\"a\",\"b\"\n\"c", "x\r\ny\r\n", "\xEF\xBB\xBFa,b\n", " \"a\"\n",
	} {
		f.Add(text, uint8(3))
	}
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		rows, fault, end := readAll(strings.NewReader(text), Options{BlockSize: int(size) + 1, Workers: 2})
		whole, wholeFault, _ := readAll(strings.NewReader(text), Options{BlockSize: len(text) + 1, Workers: 1})
		if (fault == nil) != (wholeFault == nil) || fault == nil && !slices.EqualFunc(rows, whole, equalRows) {
			t.Fatalf("blocks matter: %v %v\n%v\n%v", fault, wholeFault, rows, whole)
		}
		if end.Size != int64(len(text)) {
			t.Fatalf("size %d of %d", end.Size, len(text))
		}
		if lone := strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r"); lone || fault != nil || !utf8.ValidString(text) {
			return
		}
		compare(t, text, rows)
	})
}

func compare(t *testing.T, text string, rows []row) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\xEF\xBB\xBF")))
	r.FieldsPerRecord = -1
	at := 0
	for {
		want, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("encoding/csv refuses %q: %v", text, err)
		}
		if len(want) == 1 && strings.Trim(want[0], " \t") == "" {
			if at < len(rows) && len(rows[at].Fields) == 1 && strings.Trim(rows[at].Fields[0], " \t") == "" {
				at++
			}
			continue // a line without text: ours passes over it
		}
		line, _ := r.FieldPos(0)
		if at == len(rows) || rows[at].Line != line || len(rows[at].Fields) != len(want) {
			t.Fatalf("%q: record %d should be %q on line %d: %+v", text, at, want, line, rows)
		}
		for i := range want {
			if got := strings.ReplaceAll(rows[at].Fields[i], "\r\n", "\n"); got != want[i] {
				t.Fatalf("%q: field %q should be %q", text, got, want[i])
			}
		}
		at++
	}
	if at != len(rows) {
		t.Fatalf("%q: %d records too many: %+v", text, len(rows)-at, rows)
	}
}

// TestOrder delivers in file order and one at a time, however long a block takes:
// the first is parsed only when all other workers wait for it.
func TestOrder(t *testing.T) {
	const lines, workers = 1000, 4
	var text strings.Builder
	for i := range lines {
		fmt.Fprintf(&text, "%d\n", i)
	}
	var started atomic.Int32
	var got []int
	Run(Open(strings.NewReader(text.String()), Options{BlockSize: 16, Workers: workers}), func() func(*Block) []int {
		return func(b *Block) (numbers []int) {
			for n := started.Add(1); n == 1 && started.Load() < 1+(workers-1)*maxAhead; {
				time.Sleep(time.Millisecond)
			}
			s, rec := b.Scanner(), Record{}
			for s.Next(&rec) {
				n, _ := strconv.Atoi(string(rec.Fields[0]))
				numbers = append(numbers, n)
			}
			return numbers
		}
	}, func(numbers []int) { got = append(got, numbers...) })
	if len(got) != lines || !slices.IsSorted(got) {
		t.Errorf("%d numbers: %v", len(got), got)
	}
}

// TestBoundedMemory holds R12 for the reader: a file of 256 MiB through blocks of 64 KiB.
func TestBoundedMemory(t *testing.T) {
	line := []byte("1234567890,1234567890,1234567890,1234567890,12345678\n")
	src := io.LimitReader(&repeat{line: line}, 256<<20/int64(len(line))*int64(len(line)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f := Open(src, Options{BlockSize: 64 << 10})
	rows := 0
	Run(f, func() func(*Block) int {
		var rec Record
		return func(b *Block) int {
			s, n := b.Scanner(), 0
			for s.Next(&rec) {
				n++
			}
			return n
		}
	}, func(n int) { rows += n })
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; rows < 1e6 || grown > 8<<20 {
		t.Errorf("%d rows, %d bytes allocated", rows, grown)
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

func BenchmarkRun(b *testing.B) {
	data := bytes.Repeat([]byte("200280,acme_eu,2026-10-27,6523662910238529983034,W115646826,lzvilXQ0,MasterCard,USD,422.97,ics_bill\r\n"), 100_000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f := Open(bytes.NewReader(data), Options{})
		Run(f, func() func(*Block) int {
			var rec Record
			return func(b *Block) int {
				s, n := b.Scanner(), 0
				for s.Next(&rec) {
					n++
				}
				return n
			}
		}, func(int) {})
	}
}
