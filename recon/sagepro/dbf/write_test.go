package dbf

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func newTable(version byte, rows int, fields ...Field) Layout {
	return Layout{Version: version, CodePage: "cp1252", Fields: fields, Rows: rows, Year: 2026, Month: 11, Day: 23}
}

func batchFields() []Field {
	return []Field{
		{Name: "GLACNT", Type: 'C', Width: 24},
		{Name: "GLDAMNT", Type: 'N', Width: 14, Decimals: 2},
		{Name: "GLDATE", Type: 'D', Width: 8},
		{Name: "CREDIT", Type: 'L', Width: 1},
		{Name: "RATE", Type: 'F', Width: 10, Decimals: 4},
		{Name: "AMOUNT", Type: 'Y', Width: 8, Decimals: 4},
		{Name: "N", Type: 'I', Width: 4},
		{Name: "AT", Type: 'T', Width: 8},
		{Name: "EXCHRAT", Type: 'B', Width: 8, Decimals: 6},
	}
}

func written(l Layout, rows ...[]string) ([]byte, error) {
	var out bytes.Buffer
	w, err := NewWriter(&out, l)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := w.Write(r...); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return out.Bytes(), err
}

// TestWrittenReadsBack: what is written is read back equal, in both versions.
func TestWrittenReadsBack(t *testing.T) {
	rows := [][]string{
		{"1150-100", "120.50", "2026-11-23", "T", "1.3700", "-0.0001", "-7", "2026-11-23 08:30:00", "1.37"},
		{"Müller", "-0.01", "", "F", "", "0.0000", "0", "", "0"},
		{"", "99999999999.99", "9999-12-31", "", "-1.0000", "922337203685477.5807", "2147483647", "0001-01-01 23:59:59", "-0.5"},
	}
	for _, version := range []byte{0x03, 0x30} {
		fields, columns := batchFields(), len(batchFields())
		if version == 0x03 {
			columns = 5
		}
		var cut [][]string
		for _, r := range rows {
			cut = append(cut, r[:columns])
		}
		data, err := written(newTable(version, 3, fields[:columns]...), cut...)
		if err != nil {
			t.Fatal(err)
		}
		table := open(t, data, Options{})
		if table.Version != version || table.CodePage != "cp1252" || table.Trailing != 0 || data[len(data)-1] != endOfFile {
			t.Errorf("%+v", table)
		}
		read := table.Rows()
		for i := 0; read.Next(); i++ {
			for c := range columns {
				if text, err := read.Text(c); string(text) != cut[i][c] || err != nil || read.Deleted() {
					t.Errorf("0x%02X row %d %s: %q, %v", version, i+1, fields[c].Name, text, err)
				}
			}
		}
		again, _ := written(newTable(version, 3, fields[:columns]...), cut...)
		if !bytes.Equal(data, again) {
			t.Error("the same rows give other bytes")
		}
	}
}

// TestAmountsAreWrittenExactly for all amounts (GL-03).
func TestAmountsAreWrittenExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(-99_999_999_999_99, 999_999_999_999_99).Draw(t, "minor")
		text := string(appendScaled(nil, v, 2))
		data, err := written(newTable(0x03, 1, Field{Name: "N", Type: 'N', Width: 15, Decimals: 2}), []string{text})
		if err != nil {
			t.Fatal(err)
		}
		table, err := Open(bytes.NewReader(data), int64(len(data)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		rows := table.Rows()
		rows.Next()
		if back, err := rows.Text(0); string(back) != text || err != nil {
			t.Fatalf("%s comes back as %s: %v", text, back, err)
		}
	})
}

// TestNothingIsCut: a value that does not fit is refused.
func TestNothingIsCut(t *testing.T) {
	sound := []string{"1150-100", "120.50", "2026-11-23", "T", "1.3700", "1.0000", "7", "2026-11-23 08:30:00", "1.37"}
	for _, c := range []struct {
		column     int
		text, says string
	}{
		{0, strings.Repeat("x", 25), "25 bytes"},
		{0, "Ω", "cp1252"},
		{1, "1.005", "decimals"},
		{1, "999999999999.99", "characters"},
		{1, "1,00", "plain decimal"},
		{1, "abc", "plain decimal"},
		{1, strings.Repeat("9", 20), "digits"},
		{2, "2026-02-30", "calendar"},
		{2, "23.11.2026", "calendar"},
		{2, "20261123", "calendar"},
		{3, "1", "neither"},
		{5, "0.00001", "decimals"},
		{6, "2147483648", "beyond"},
		{6, "1.5", "decimals"},
		{7, "2026-11-23", "time"},
		{7, "2026-11-23 24:00:00", "time"},
		{8, "Inf", "number"},
		{8, "x", "number"},
	} {
		row := append([]string{}, sound...)
		row[c.column] = c.text
		_, err := written(newTable(0x30, 1, batchFields()...), row)
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "column "+batchFields()[c.column].Name) {
			t.Errorf("%q: %v", c.text, err)
		}
	}
	if _, err := written(newTable(0x30, 1, batchFields()...), sound[:3]); err == nil {
		t.Error("a short row is written")
	}
	if _, err := written(newTable(0x30, 1, batchFields()...), sound, sound); err == nil {
		t.Error("a row too many is written")
	}
	if _, err := written(newTable(0x30, 2, batchFields()...), sound); err == nil {
		t.Error("a table with a row missing is finished")
	}
}

func TestLayoutsThatAreRefused(t *testing.T) {
	good := Field{Name: "A", Type: 'C', Width: 1}
	for name, l := range map[string]Layout{
		"a version with memo":     newTable(0xF5, 0, good),
		"an integer in FoxPro 2":  newTable(0x03, 0, Field{Name: "A", Type: 'I', Width: 4}),
		"a memo":                  newTable(0x30, 0, Field{Name: "A", Type: 'M', Width: 4}),
		"a nullable column":       newTable(0x30, 0, Field{Name: "A", Type: 'C', Width: 4, Nullable: true}),
		"no columns":              newTable(0x30, 0),
		"a name of 11":            newTable(0x30, 0, Field{Name: "ABCDEFGHIJK", Type: 'C', Width: 1}),
		"a name in small letters": newTable(0x30, 0, Field{Name: "a", Type: 'C', Width: 1}),
		"characters of 255":       newTable(0x30, 0, Field{Name: "A", Type: 'C', Width: 255}),
		"a number of 21":          newTable(0x30, 0, Field{Name: "A", Type: 'N', Width: 21}),
		"more decimals than fit":  newTable(0x30, 0, Field{Name: "A", Type: 'N', Width: 3, Decimals: 2}),
		"a date of 10":            newTable(0x30, 0, Field{Name: "A", Type: 'D', Width: 10}),
		"no code page":            {Version: 0x30, Fields: []Field{good}, Year: 2026, Month: 1, Day: 1},
		"no day":                  {Version: 0x30, CodePage: "cp1252", Fields: []Field{good}},
		"fewer than no rows":      newTable(0x30, -1, good),
	} {
		if _, err := NewWriter(&bytes.Buffer{}, l); err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewWriter(&bytes.Buffer{}, newTable(0x30, 0, good)); err != nil {
		t.Error(err)
	}
}

// TestJulianDays: every day of 800 years goes there and back.
func TestJulianDays(t *testing.T) {
	julian := julianOf(1600, 1, 1)
	for year := 1600; year < 2400; year++ {
		for month := 1; month <= 12; month++ {
			for day := 1; day <= daysIn(year, month); day++ {
				y, m, d := ofJulian(julian)
				if y != year || m != month || d != day || julianOf(year, month, day) != julian {
					t.Fatalf("day %d is %d-%d-%d, not %d-%d-%d", julian, y, m, d, year, month, day)
				}
				julian++
			}
		}
	}
	if julian != 2597642 { // 2400-01-01
		t.Error(julian)
	}
}

// BenchmarkRows reads six columns of a Visual FoxPro table of 17, as the documents need them.
func BenchmarkRows(b *testing.B) {
	const rows = 200_000
	fields := []Field{
		{Name: "INVNO", Type: 'C', Width: 10},
		{Name: "INVDTE", Type: 'D', Width: 8},
		{Name: "CUSTNO", Type: 'C', Width: 6},
		{Name: "SALESMN", Type: 'C', Width: 4},
		{Name: "TERR", Type: 'C', Width: 3},
		{Name: "PONUM", Type: 'C', Width: 20},
		{Name: "REFNO", Type: 'C', Width: 26},
		{Name: "DISC", Type: 'N', Width: 7, Decimals: 3},
		{Name: "TAX", Type: 'Y', Width: 8, Decimals: 4},
		{Name: "INVAMT", Type: 'Y', Width: 8, Decimals: 4},
		{Name: "PAIDAMT", Type: 'Y', Width: 8, Decimals: 4},
		{Name: "BALANCE", Type: 'N', Width: 12, Decimals: 2},
		{Name: "SHIPVIA", Type: 'C', Width: 12},
		{Name: "ORNUM", Type: 'C', Width: 10},
		{Name: "ARSTAT", Type: 'C', Width: 1},
		{Name: "ARTYPE", Type: 'C', Width: 1},
		{Name: "ADDED", Type: 'T', Width: 8},
	}
	var out bytes.Buffer
	w, err := NewWriter(&out, newTable(0x30, rows, fields...))
	if err != nil {
		b.Fatal(err)
	}
	for i := range rows {
		n := strconv.Itoa(100000 + i)
		if err := w.Write(n, "2026-11-23", "C"+n[1:], "JS", "E", "PO "+n, "", "0.000", "1.25", n+".50", "0.00", n+".50", "UPS", "    "+n, "", "", "2026-11-23 08:30:00"); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	table, err := Open(bytes.NewReader(out.Bytes()), int64(out.Len()), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(out.Len()))
	b.ReportAllocs()
	for b.Loop() {
		read := table.Rows()
		for read.Next() {
			for _, c := range [...]int{0, 1, 2, 9, 13, 14} {
				if _, err := read.Text(c); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
