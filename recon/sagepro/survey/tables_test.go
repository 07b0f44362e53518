package survey

import (
	"database/sql"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"tieout/fixtures/sandbox/company"
	"tieout/recon"
	"tieout/recon/sagepro"
)

// exportsOf lays the company's tables down as exports.
func exportsOf(t *testing.T, made *company.Company) *sagepro.Exports {
	t.Helper()
	e := &sagepro.Exports{Dir: t.TempDir(), Company: sagepro.DefaultCompany("g3")}
	for _, f := range made.Exports() {
		if err := os.WriteFile(filepath.Join(e.Dir, filepath.Base(f.Name)), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// databaseOf is the company as a SQL edition.
func databaseOf(t *testing.T, made *company.Company) *sagepro.Database {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "pro.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	for _, s := range append(append([]string{"BEGIN"}, made.SQL("")...), "COMMIT") {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%.100s: %v", s, err)
		}
	}
	c := sagepro.DefaultCompany("g3")
	c.TableName = "{base}"
	d := &sagepro.Database{Company: c, Dialect: sagepro.Dialect{
		Columns: func(_, table string) (string, []any) {
			return "SELECT name, type, 0 FROM pragma_table_info(?) ORDER BY cid", []any{table}
		},
		Quote:       func(name string) string { return `"` + name + `"` },
		Placeholder: func(int) string { return "?" },
		Date:        func(d recon.Date) any { return d.String() },
	}}
	if err := d.Begin(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// Every door shows the same of a company: rows, codes and keys.
func TestDoorsShowTheSame(t *testing.T) {
	made := grown(company.G3)
	p := planOf("g3")
	want, err := Take(folderOf(made), p)
	if err != nil {
		t.Fatal(err)
	}
	for name, door := range map[string]sagepro.Tables{"exports": exportsOf(t, made), "database": databaseOf(t, made)} {
		got := TakeTables(t.Context(), door, p)
		if len(got.Faults) > 0 {
			t.Errorf("%s: %q", name, got.Faults)
		}
		for i := range want.Tables {
			a, b := &want.Tables[i], &got.Tables[i]
			if a.Rows-a.Deleted != b.Rows || a.Path != "" && len(b.Fields) == 0 {
				t.Errorf("%s, %s: %d rows of %d columns, %d rows in the folder", name, a.Want.Name, b.Rows, len(b.Fields), a.Rows-a.Deleted)
			}
			for k := range a.Columns {
				if x, y := &a.Columns[k], &b.Columns[k]; x.Filled != y.Filled || x.Aligned != y.Aligned || x.Broken+y.Broken > 0 || !reflect.DeepEqual(x.Keys, y.Keys) || !reflect.DeepEqual(x.Values, truths(x.Found.Form, y.Values)) {
					t.Errorf("%s, %s.%s:\n%+v\n%+v", name, a.Want.Name, x.Name, x, y)
				}
			}
		}
		out := text(t, got)
		if strings.Contains(out, "Other tables") || !strings.Contains(out, "4. What no table tells") {
			t.Errorf("%s:\n%.2000s", name, out)
		}
		holdsNothingPrivate(t, made, out)
	}
}

// truths are values of a column that SQLite has no type of its own for.
func truths(form string, values map[string]int) map[string]int {
	if form != "L" {
		return values
	}
	all := map[string]int{}
	for v, n := range values {
		all[strings.NewReplacer("0", "F", "1", "T").Replace(v)] += n
	}
	return all
}

// What a door lacks, or cannot be used, is said at once.
func TestFaultsOfADoor(t *testing.T) {
	e := exportsOf(t, grown(company.G3))
	c := sagepro.DefaultCompany("g3")
	c.Order.Fields["store"] = sagepro.Field{Column: "shoe_size"}
	c.Order.SetDimension("department", sagepro.Field{Column: "terr"})
	c.Align = map[string]string{"sono": "right", "custno": "left"}
	for _, name := range []string{"soymst.csv", "icitem.csv", "soaddr.csv"} {
		if err := os.Remove(filepath.Join(e.Dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(e.Dir, "arcash.csv"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := TakeTables(t.Context(), e, PlanOf(c, 0))
	all := strings.Join(s.Faults, "\n")
	for _, want := range []string{"table soymst (order, history) is missing", "somast has no column shoe_size", "table arcash:", "column sono: 477 numbers are not written as sage_pro.align says (right)"} {
		if !strings.Contains(all, want) {
			t.Errorf("not said: %s", want)
		}
	}
	if out := text(t, s); len(s.Faults) != 4 || !strings.Contains(out, `"NE"`) || !strings.Contains(out, "CANNOT BE READ") {
		t.Errorf("%s\n%.3000s", all, out)
	}
}
