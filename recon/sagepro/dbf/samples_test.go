//go:build torture

package dbf

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// samples is a folder of genuine files, which are not ours to ship.
func samples(t *testing.T) string {
	dir := os.Getenv("TIEOUT_DBF_SAMPLES")
	if dir == "" {
		if os.Getenv("TIEOUT_NO_SKIP") != "" {
			t.Fatal("TIEOUT_DBF_SAMPLES names no folder")
		}
		t.Skip("TIEOUT_DBF_SAMPLES names no folder of genuine tables")
	}
	return dir
}

// facts are what is known of genuine files beforehand.
type facts struct {
	rows, deleted int
	refused       error
	values        map[int]map[string]string // by row from 1 and column
	trailing      int64
}

func known() map[string]facts {
	return map[string]facts{
		"ARCUST01.DBF": {rows: 3, values: map[int]map[string]string{
			1: {"CUSTNO": "TEST3", "LDATE": "2019-09-09", "LASTPAY": "1992-05-05"}, 2: {"CUSTNO": "TEST2", "LDATE": "2019-09-09"}, 3: {"CUSTNO": "TEST", "LDATE": "2019-09-09"},
		}},
		"ARINVT01.DBF":                      {rows: 124, values: map[int]map[string]string{1: {"LDATE": ""}, 124: {"LDATE": ""}}},
		"ARINVT01.hdr":                      {refused: ErrNotTable},
		"vfp9_30.dbf":                       {rows: 3, deleted: 1, values: map[int]map[string]string{1: {"FIELD3": "2013-12-12 08:30:00", "FIELD4": "17000000000.00"}}},
		"foxpro_currency_01.dbf":            {rows: 3, values: map[int]map[string]string{1: {"currencyp": "20.0000", "currencyn": "-20.0000"}, 2: {"currencyp": "50.0000", "currencyn": "-50.0000"}}},
		"dbase_31.dbf":                      {rows: 77, values: map[int]map[string]string{1: {"UNITPRICE": "18.0000"}}},
		"WSPMST.DBF":                        {rows: 6802, deleted: 5},
		"lessThanActualRecords.dbf":         {rows: 1, trailing: 84},
		"dbase_02.dbf":                      {refused: ErrNotTable},
		"dbase_8c.dbf":                      {refused: ErrNotTable},
		"polygon.dbf":                       {refused: ErrNotTable},
		"dbase_31_with_03_version_byte.dbf": {rows: 77, values: map[int]map[string]string{1: {"UNITPRICE": "18.0000"}}},
	}
}

// shapes are version, code page, rows, deleted rows and columns of genuine files; ? is what nobody has written down.
func shapes() map[string]string {
	return map[string]string{
		"ARCUST01.DBF": "0x03 cp437 3 0 129", "ARINVT01.DBF": "0xF5 cp437 124 0 ?", "dbase_30.dbf": "0x30 cp1252 ? 0 145", "dbase_31.dbf": "0x31 cp1252 77 0 ?",
		"dbase_31_float_double.dbf": "0x31 ? 77 0 ?", "dbase_32.dbf": "0x32 ? 1 0 1", "vfp9_30.dbf": "0x30 ? 3 1 6", "vfp9_30_memo.dbf": "0x30 ? ? 1 ?",
		"klippert_test.dbf": "0x30 ? ? 1 ?", "dkeza.dbf": "0x30 cp1250 1 0 3", "memotest.dbf": "? ? ? 1 ?", "dbase_03.dbf": "0x03 ? ? 0 ?", "dbase_83.dbf": "0x83 ? ? 0 ?",
		"dbase_8b.dbf": "0x8B ? ? 0 ?", "people.dbf": "0x03 ? ? 1 ?", "WSPMST.DBF": "0x03 ? 6802 5 ?", "tl_2019_01_place.dbf": "0x03 ? 587 0 ?",
		"vfp_gbk_missing_memo.dbf": "0x30 cp936 4247 0 ?", "cp1251.dbf": "? cp1251 ? 0 ?", "dbase_currency.dbf": "0x30 cp874 ? 0 ?",
		"dbase_31_with_03_version_byte.dbf": "0x03 ? 77 0 ?", "lessThanActualRecords.dbf": "0x03 ? 1 0 ?",
	}
}

// checkShape holds what was read against the shape that is known.
func checkShape(t *testing.T, name string, table *Table, d *dumped, deleted int) {
	t.Helper()
	got := fmt.Sprintf("0x%02X %s %d %d %d", table.Version, table.CodePage, table.Len(), deleted, len(d.Fields))
	for i, want := range strings.Fields(shapes()[name]) {
		if is := strings.Fields(got)[i]; want != "?" && want != is {
			t.Errorf("%s is %s, expected %s", name, got, shapes()[name])
		}
	}
	if check := particulars()[name]; check != nil {
		check(t, table, d)
	}
}

// particulars are what else is known of a file.
func particulars() map[string]func(*testing.T, *Table, *dumped) {
	kinds := func(d *dumped, kind byte) (n int) {
		for _, f := range d.Fields {
			if f.Type == kind {
				n++
			}
		}
		return n
	}
	return map[string]func(*testing.T, *Table, *dumped){
		"ARINVT01.DBF": func(t *testing.T, table *Table, d *dumped) {
			if table.recordLength != 2686 || table.headerLength != 3809 || kinds(d, 'M') == 0 || d.Fields[0].Name != "ITEM" || d.Fields[0].Width != 15 {
				t.Errorf("record %d, header %d, %+v", table.recordLength, table.headerLength, d.Fields[0])
			}
			if n, date, memo := blank(d, 'N'), blank(d, 'D'), blank(d, 'M'); n != 21 || date != 2 || memo != kinds(d, 'M') {
				t.Errorf("%d N, %d D and %d memo columns are blank in every row", n, date, memo)
			}
		},
		"dbase_30.dbf": func(t *testing.T, _ *Table, d *dumped) {
			if kinds(d, 'M') != 26 || kinds(d, 'M') == blank(d, 'M') || len(d.Faults) > 0 {
				t.Errorf("%d memo columns, %d blank, %q", kinds(d, 'M'), blank(d, 'M'), d.Faults)
			}
		},
		"dbase_03.dbf": func(t *testing.T, _ *Table, d *dumped) {
			names := map[string]int{}
			for _, f := range d.Fields {
				names[f.Name]++
			}
			if names["Point_ID"] != 2 {
				t.Error("no field name is doubled")
			}
		},
		"FolderRoot.dbf": func(t *testing.T, _ *Table, d *dumped) {
			if d.Fields[0].Width != 1040 || *d.Rows[2][0] != `\\diskserveur` || len(d.Faults) != len(d.Rows) {
				t.Errorf("%+v %q", d.Fields, d.Faults)
			}
		},
		"mazovia.dbf": func(t *testing.T, _ *Table, d *dumped) {
			if len(d.Rows) != 2 || d.Deleted[0] || d.Deleted[1] {
				t.Error("rows with a delete flag of 0x00 live")
			}
		},
	}
}

// blank counts the columns of a kind that are blank in every row; what cannot be read is not.
func blank(d *dumped, kind byte) (n int) {
	for i, f := range d.Fields {
		filled := f.Type != kind
		for at, row := range d.Rows {
			filled = filled || row[i] == nil && !d.null[[2]int{at, i}] || row[i] != nil && *row[i] != ""
		}
		if !filled {
			n++
		}
	}
	return n
}

// A backup of a memo file is a memo file, and one of a header is no table.
func TestGenuineMemoBackup(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(samples(t), "sbt", "ARINVT01.TBK"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := OpenFPT(bytes.NewReader(data), int64(len(data)))
	if err != nil || m.blockSize != 64 {
		t.Fatalf("%+v %v", m, err)
	}
	text, err := m.text([]byte("         8")) // the first block behind the header
	if err != nil || len(text) == 0 {
		t.Errorf("%q %v", text, err)
	}
}

// TestGenuineTables reads every file of the folder whole, checks what is known
// of it, that no byte changed, and writes the values for a comparison with other readers.
func TestGenuineTables(t *testing.T) {
	dir, out := samples(t), os.Getenv("TIEOUT_DBF_DUMP")
	seen := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isTableName(path) {
			return err
		}
		seen++
		before, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		dump := readGenuine(t, path, before)
		if after, err := os.ReadFile(path); err != nil || sha256.Sum256(after) != sha256.Sum256(before) {
			t.Errorf("%s changed", path)
		}
		if out == "" || dump == nil {
			return nil
		}
		data, err := json.Marshal(dump)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		return os.WriteFile(filepath.Join(out, strings.ReplaceAll(rel, string(filepath.Separator), "__")+".json"), data, 0o600)
	})
	if err != nil || seen == 0 {
		t.Fatalf("%d tables in %s: %v", seen, dir, err)
	}
}

func isTableName(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".dbf", ".dbc", ".hdr":
		return true
	}
	return false
}

type dumped struct {
	File    string      `json:"file"`
	Version byte        `json:"version"`
	Page    string      `json:"page"`
	Fields  []Field     `json:"fields"`
	Deleted []bool      `json:"deleted"`
	Rows    [][]*string `json:"rows"` // nil for NULL and for what cannot be read
	Faults  []string    `json:"faults"`

	null map[[2]int]bool // row and column from 0
}

func readGenuine(t *testing.T, path string, data []byte) *dumped {
	want, isKnown := known()[filepath.Base(path)]
	table, err := Open(bytes.NewReader(data), int64(len(data)), Options{CodePage: "cp437", Memo: memoBeside(t, path)})
	if want.refused != nil || err != nil {
		t.Logf("%s: %v", path, err)
		if want.refused != nil && !errors.Is(err, want.refused) || isKnown && want.refused == nil {
			t.Errorf("%s: %v", path, err)
		}
		return nil
	}
	d := &dumped{File: path, Version: table.Version, Page: table.CodePage, Fields: table.Fields()}
	rows, deleted := table.Rows(), 0
	for rows.Next() {
		if rows.Deleted() {
			deleted++
		}
		d.Deleted = append(d.Deleted, rows.Deleted())
		var row []*string
		for i, f := range d.Fields {
			text, err := rows.Text(i)
			if err != nil {
				d.Faults = append(d.Faults, err.Error())
				row = append(row, nil)
				continue
			}
			value := string(text)
			if expected, has := want.values[rows.Number()][f.Name]; has && expected != value {
				t.Errorf("%s row %d %s is %q, expected %q", path, rows.Number(), f.Name, value, expected)
			}
			if rows.Null(i) {
				if d.null == nil {
					d.null = map[[2]int]bool{}
				}
				d.null[[2]int{len(d.Rows), i}] = true
				row = append(row, nil)
				continue
			}
			row = append(row, &value)
		}
		d.Rows = append(d.Rows, row)
	}
	if rows.Err() != nil || isKnown && (table.Len() != want.rows || deleted != want.deleted || table.Trailing != want.trailing) {
		t.Errorf("%s: %d rows, %d deleted, %d trailing bytes: %v", path, table.Len(), deleted, table.Trailing, rows.Err())
	}
	checkShape(t, filepath.Base(path), table, d, deleted)
	t.Logf("%s: 0x%02X %s, %d rows, %d deleted, %d columns, trailing %d, %d faults %.300q", path, table.Version, table.CodePage, table.Len(), deleted, len(d.Fields), table.Trailing, len(d.Faults), d.Faults)
	return d
}

func memoBeside(t *testing.T, path string) *Memo {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	stem := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	for _, e := range entries {
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if !strings.EqualFold(strings.TrimSuffix(e.Name(), filepath.Ext(e.Name())), stem) || ext != ".fpt" && ext != ".dbt" && ext != ".dct" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		open := OpenFPT
		if ext == ".dbt" {
			open = OpenDBT
		}
		m, err := open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	return nil
}
