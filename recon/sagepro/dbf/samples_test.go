//go:build torture

package dbf

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
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
		"vfp9_30.dbf":                       {rows: 3, deleted: 1, values: map[int]map[string]string{1: {"FIELD4": "17000000000.00"}}},
		"foxpro_currency_01.dbf":            {rows: 3},
		"dbase_31.dbf":                      {rows: 77, values: map[int]map[string]string{1: {"UNITPRICE": "18.0000"}}},
		"WSPMST.DBF":                        {rows: 6802, deleted: 5},
		"lessThanActualRecords.dbf":         {rows: 1, trailing: 84},
		"dbase_02.dbf":                      {refused: ErrNotTable},
		"dbase_8c.dbf":                      {refused: ErrNotTable},
		"polygon.dbf":                       {refused: ErrNotTable},
		"dbase_31_with_03_version_byte.dbf": {rows: 77, values: map[int]map[string]string{1: {"UNITPRICE": "18.0000"}}},
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
