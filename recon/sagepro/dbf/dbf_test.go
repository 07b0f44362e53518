package dbf

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestValues: each type by the rules of sage-pro.md 6.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		name      string
		kind      byte
		decimals  int
		raw, want string
		fault     string
	}{
		{"characters lose blanks and NULs at the end only", 'C', 0, "  104501 \x00 ", "  104501", ""},
		{"a number is exact and as fine as stored", 'N', 2, "       17000000000.00", "17000000000.00", ""},
		{"more decimals than declared are kept", 'N', 2, "  1.23456", "1.23456", ""},
		{"a blank number is no value and not zero", 'N', 2, "        ", "", ""},
		{"NULs are no value", 'N', 2, "\x00\x00\x00\x00", "", ""},
		{"a bare fraction", 'N', 2, " .50", "0.50", ""},
		{"a negative bare fraction", 'N', 2, "-.50", "-0.50", ""},
		{"minus zero is zero", 'N', 2, "-0.00", "0.00", ""},
		{"zeros in front", 'N', 0, "0007", "7", ""},
		{"only zeros", 'N', 0, "0000", "0", ""},
		{"a plus sign", 'N', 0, "+7  ", "7", ""},
		{"a point at the end", 'N', 0, " 12.", "12", ""},
		{"asterisks are an overflow", 'N', 2, "*****", "", "asterisks"},
		{"an exponent is not exact", 'N', 0, "1.5E+03", "", "plain decimal"},
		{"two points", 'N', 0, "1.2.3", "", "plain decimal"},
		{"a letter", 'N', 0, "12O", "", "plain decimal"},
		{"a sign alone", 'N', 0, "  -", "", "plain decimal"},
		{"a point alone", 'N', 0, "  .", "", "plain decimal"},
		{"a blank within", 'N', 0, "1 2", "", "plain decimal"},
		{"a comma", 'N', 0, "1,2", "", "plain decimal"},
		{"F like N", 'F', 3, " 1.500", "1.500", ""},
		{"20 digits", 'N', 0, "12345678901234567890", "12345678901234567890", ""},
		{"currency", 'Y', 4, le64(200000), "20.0000", ""},
		{"negative currency", 'Y', 4, le64(math.MaxUint64 - 199999), "-20.0000", ""},
		{"the smallest currency", 'Y', 4, le64(1 << 63), "-922337203685477.5808", ""},
		{"a hundredth of a cent", 'Y', 4, le64(1), "0.0001", ""},
		{"integer", 'I', 0, le32(0xFFFFFFFF), "-1", ""},
		{"double", 'B', 2, le64(math.Float64bits(1.37)), "1.37", ""},
		{"not a number", 'B', 2, le64(math.Float64bits(math.NaN())), "", "not a number"},
		{"date", 'D', 0, "20260228", "2026-02-28", ""},
		{"empty date", 'D', 0, "        ", "", ""},
		{"zero date", 'D', 0, "00000000", "", ""},
		{"NUL date", 'D', 0, strings.Repeat("\x00", 8), "", ""},
		{"a wider date", 'D', 0, "20260228  ", "2026-02-28", ""},
		{"29 February of a leap year", 'D', 0, "20240229", "2024-02-29", ""},
		{"29 February of a common year", 'D', 0, "21000229", "", "calendar"},
		{"month 32", 'D', 0, "21323213", "", "calendar"},
		{"text in a date", 'D', 0, "NotADate", "", "calendar"},
		{"time", 'T', 0, instant(2461003, 8*3600_000), "2025-11-23 08:00:00", ""},
		{"a time one millisecond short", 'T', 0, instant(2461003, 8*3600_000+29*60_000+59_999), "2025-11-23 08:30:00", ""},
		{"the last millisecond is tomorrow", 'T', 0, instant(2461003, 86_399_999), "2025-11-24 00:00:00", ""},
		{"empty time", 'T', 0, instant(0, 0), "", ""},
		{"the last day", 'T', 0, instant(5373484, 0), "9999-12-31 00:00:00", ""},
		{"the first day", 'T', 0, instant(1721426, 0), "0001-01-01 00:00:00", ""},
		{"a day before the calendar", 'T', 0, instant(1721425, 0), "", "calendar"},
		{"a time of day too late", 'T', 0, instant(2461003, 86_400_001), "", "time of day"},
		{"true", 'L', 0, "T", "T", ""},
		{"yes", 'L', 0, "y", "T", ""},
		{"false", 'L', 0, "f", "F", ""},
		{"no", 'L', 0, "N", "F", ""},
		{"unknown", 'L', 0, "?", "", ""},
		{"blank", 'L', 0, " ", "", ""},
		{"neither", 'L', 0, "X", "", "neither"},
		{"a type of dBASE 7", '@', 0, "12345678", "", "not known"},
		{"a picture", 'P', 0, le32(1), "", "binary"},
		{"an integer of 2 bytes", 'I', 0, "ab", "", "width of 2"},
	} {
		got, err := value(t, 3, col{name: "X", kind: c.kind, width: len(c.raw), decimals: c.decimals}, c.raw, Options{})
		if got != c.want || (err != nil) != (c.fault != "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
		var fault *ValueError
		if err != nil && (!errors.As(err, &fault) || fault.Column != "X" || fault.Row != 1) {
			t.Errorf("%s: %#v", c.name, err)
		}
	}
}

// TestCodePages: the header's mark decides, else the configuration, and never the look of the bytes.
func TestCodePages(t *testing.T) {
	for _, c := range []struct {
		mark       byte
		configured string
		raw, want  string
	}{
		{0x01, "", "M\x81ller", "Müller"},
		{0x02, "", "M\x81ller", "Müller"},
		{0x03, "", "M\xFCller", "Müller"},
		{0x64, "", "\xA8", "Ę"},
		{0x65, "", "\x8C", "М"},
		{0xC8, "", "\xE6", "ć"},
		{0xC9, "", "\xCC", "М"},
		{0xCB, "", "\xE1", "α"},
		{0x7A, "", "\xC4\xE3", "你"},
		{0x7C, "", "\xA1", "ก"},
		{0, "cp437", "M\x81ller", "Müller"},
		{0, "cp1252", "M\xFCller", "Müller"},
		{0x69, "cp852", "\xA8", "Ę"},
		{0x03, "cp437", "M\xFCller", "Müller"},
		{0x03, "", "\xC3\xA9", "Ã©"}, // which would also be valid UTF-8
		{0, "", "plain", "plain"},
	} {
		got, err := value(t, c.mark, col{name: "X", kind: 'C', width: len(c.raw)}, c.raw, Options{CodePage: c.configured})
		if got != c.want || err != nil {
			t.Errorf("mark 0x%02X, configured %q: %q, %v", c.mark, c.configured, got, err)
		}
	}
	if got, err := value(t, 0, col{name: "X", kind: 'C', width: 1}, "\xFC", Options{}); err == nil {
		t.Errorf("a character of no known page is %q", got)
	}
	if _, err := Open(bytes.NewReader(build(3, 0, []col{{"X", 'C', 1, 0, 0}})), 66, Options{CodePage: "ebcdic"}); err == nil || !strings.Contains(err.Error(), "cp1252") {
		t.Error(err)
	}
	if len(CodePages()) < 20 {
		t.Error(CodePages())
	}
}

// TestNullsAndVariableLengths: bits go in the order of columns, the length bit before the null bit.
func TestNullsAndVariableLengths(t *testing.T) {
	cols := []col{
		{"A", 'V', 5, 0, 0}, {"B", 'V', 5, 0, 2}, {"C", 'C', 3, 0, 2}, {"D", 'N', 4, 2, 2}, {"E", 'Q', 3, 0, 0}, {"_NullFlags", '0', 1, 0, 5},
	}
	// bits: 0 length of A, 1 length of B, 2 null of B, 3 null of C, 4 null of D, 5 length of E
	table := open(t, build(0x32, 3, cols,
		" "+"ab  \x02"+"full!"+"c  "+"1.50"+"xyz"+"\x01",
		" "+"abcde"+"a c \x03"+"   "+"    "+"xyz"+"\x1A",
		" "+"ab  \x09"+"     "+"   "+"0.00"+"xyz"+"\x05",
	), Options{})
	if len(table.Fields()) != 5 {
		t.Fatal(table.Fields())
	}
	want := []string{"ab|full!|c|1.50", "abcde|a c|NULL|NULL", "fault|NULL||0.00"}
	rows := table.Rows()
	for i := 0; rows.Next(); i++ {
		var all []string
		for c := range 4 {
			text, err := rows.Text(c)
			switch {
			case err != nil:
				all = append(all, "fault")
			case rows.Null(c):
				all = append(all, "NULL")
			default:
				all = append(all, string(text))
			}
		}
		if got := strings.Join(all, "|"); got != want[i] {
			t.Errorf("row %d: %q, not %q", i+1, got, want[i])
		}
		if string(rows.Raw(4)) != "xyz" {
			t.Errorf("row %d: %q", i+1, rows.Raw(4))
		}
	}
	// nullable columns without the hidden column: nothing is NULL, nothing has a length
	rows = open(t, build(0x30, 3, cols[:3], " "+"ab  \x02"+"full "+"c  "), Options{}).Rows()
	rows.Next()
	if text, err := rows.Text(1); string(text) != "full" || err != nil || rows.Null(1) || rows.Null(2) {
		t.Errorf("%q %v", text, err)
	}
}

// TestRows: deleted rows are told, any other mark is none, the end mark may be missing, what follows the last row is counted.
func TestRows(t *testing.T) {
	data := build(0x03, 1, []col{{"X", 'C', 1, 0, 0}, {"X", 'C', 1, 0, 0}}, " ab", "*cd", "\x00ef")
	var seen []string
	rows := open(t, data, Options{}).Rows()
	for rows.Next() {
		first, _ := rows.Text(0)
		second, _ := rows.Text(1)
		seen = append(seen, fmt.Sprintf("%d%v%s%s", rows.Number(), rows.Deleted(), first, second))
	}
	if got := strings.Join(seen, " "); got != "1falseab 2truecd 3falseef" || rows.Err() != nil {
		t.Error(got, rows.Err())
	}
	for _, c := range []struct {
		name     string
		data     []byte
		trailing int64
	}{
		{"no end mark", data[:len(data)-1], 0},
		{"an end mark", data, 0},
		{"a row behind the count", append(bytes.Clone(data[:len(data)-1]), " gh\x1A"...), 3},
		{"half a row behind the count", append(bytes.Clone(data[:len(data)-1]), " g"...), 2},
	} {
		if table := open(t, c.data, Options{}); table.Trailing != c.trailing || table.Len() != 3 {
			t.Errorf("%s: %d", c.name, table.Trailing)
		}
	}
}

// TestManyBlocks: rows come in their order across blocks, and reading anew begins anew.
func TestManyBlocks(t *testing.T) {
	const n = 3*blockBytes/11 + 7
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(" %10d", i)
	}
	table := open(t, build(0x03, 1, []col{{"N", 'N', 10, 0, 0}}, all...), Options{})
	for range 2 {
		rows := table.Rows()
		for i := 0; rows.Next(); i++ {
			if text, err := rows.Text(0); string(text) != fmt.Sprint(i) || err != nil {
				t.Fatal(i, string(text), err)
			}
		}
		if rows.Number() != n || rows.Err() != nil {
			t.Error(rows.Number(), rows.Err())
		}
	}
}

func TestWideCharacters(t *testing.T) {
	table := open(t, build(0x30, 3, []col{{"A", 'C', 300, 0, 0}, {"B", 'C', 2, 0, 0}}, " "+pad("long", 300)+"yz"), Options{})
	rows := table.Rows()
	rows.Next()
	a, _ := rows.Text(0)
	b, _ := rows.Text(1)
	if string(a) != "long" || string(b) != "yz" || table.Fields()[0].Width != 300 {
		t.Errorf("%q %q", a, b)
	}
	// rubbish in the place of the decimals is no width where the widths add up without it
	data := build(0x03, 1, []col{{"A", 'C', 3, 7, 0}}, " abc")
	if f := open(t, data, Options{}).Fields()[0]; f.Width != 3 {
		t.Error(f)
	}
}

// TestMemos: FPT with every block size, DBT of III and IV, pointers of 4 bytes and of 10 digits.
func TestMemos(t *testing.T) {
	long := strings.Repeat("a long memo ", 100)
	for _, c := range []struct {
		name    string
		file    []byte
		width   int
		pointer string
		want    string
		fault   string
	}{
		{"block 8 of 64 bytes", fpt(64, "hello "), 4, le32(8), "hello", ""},
		{"digits", fpt(64, "hello"), 10, "         8", "hello", ""},
		{"no memo", fpt(64, "hello"), 4, le32(0), "", ""},
		{"no memo in digits", fpt(64, "hello"), 10, "          ", "", ""},
		{"a block size of 0 is 1", fpt(0, "x", long), 4, le32(521), strings.TrimRight(long, " "), ""},
		{"a block size of 1", fpt(1, "x", "y"), 4, le32(512), "x", ""},
		{"characters of the page", fpt(64, "M\xFCller"), 4, le32(8), "Müller", ""},
		{"behind the end", fpt(64, "hello"), 4, le32(9), "", "points to byte"},
		{"in the header", fpt(64, "hello"), 4, le32(1), "", "points to byte"},
		{"far behind the end", fpt(512, "hello"), 4, le32(math.MaxUint32), "", "points to byte"},
		{"ten digits far behind", fpt(512, "hello"), 10, "9999999999", "", "points to byte"},
		{"a length beyond the file", func() []byte { f := fpt(64, "hello"); f[516] = 0x7F; return f }(), 4, le32(8), "", "are left"},
		{"a pointer of letters", fpt(64, "hello"), 10, "  abc", "", "pointer"},
		{"dBASE III", dbt3("one", long), 10, "         2", strings.TrimRight(long, " "), ""},
		{"dBASE III without the last end mark", []byte(strings.TrimRight(string(dbt3("one")), "\x00\x1A")), 10, "         1", "one", ""},
		{"dBASE IV", dbt4("one", long), 10, "         2", strings.TrimRight(long, " "), ""},
		{"dBASE IV, length beyond the file", func() []byte { f := dbt4("one"); f[1030] = 1; return f }(), 10, "         1", "", "are left"},
		{"dBASE IV, length below its own head", func() []byte { f := dbt4("one"); f[1028] = 2; return f }(), 10, "         1", "", "are left"},
		{"dBASE, behind the end", dbt3("one"), 10, "         2", "", "points to byte"},
		{"no memo file", nil, 4, le32(8), "", "missing"},
		{"no memo file and no memo", nil, 4, le32(0), "", ""},
	} {
		o := Options{}
		if c.file != nil {
			open := OpenFPT
			if strings.HasPrefix(c.name, "dBASE") {
				open = OpenDBT
			}
			m, err := open(bytes.NewReader(c.file), int64(len(c.file)))
			if err != nil {
				t.Fatal(c.name, err)
			}
			o.Memo = m
		}
		got, err := value(t, 3, col{name: "X", kind: 'M', width: c.width}, pad(c.pointer, c.width), o)
		if got != c.want || (err != nil) != (c.fault != "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %.30q, %v", c.name, got, err)
		}
	}
	if _, err := OpenFPT(bytes.NewReader(nil), 0); err == nil {
		t.Error("an empty memo file is opened")
	}
	if _, err := OpenDBT(bytes.NewReader(make([]byte, 8)), 8); err == nil {
		t.Error("a memo file of 8 bytes is opened")
	}
}

// TestNeedsMemo asks the columns: the memo flag of the genuine tables is not set.
func TestNeedsMemo(t *testing.T) {
	with := open(t, build(0xF5, 1, []col{{"A", 'C', 1, 0, 0}, {"B", 'M', 10, 0, 0}}), Options{})
	without := open(t, build(0x30, 1, []col{{"A", 'C', 1, 0, 0}, {"B", 'B', 8, 0, 0}}), Options{})
	if !with.NeedsMemo() || without.NeedsMemo() {
		t.Error(with.NeedsMemo(), without.NeedsMemo())
	}
}
