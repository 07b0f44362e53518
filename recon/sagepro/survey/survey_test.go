package survey

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tieout/fixtures/demo"
	"tieout/fixtures/sandbox/company"
	"tieout/recon/sagepro"
)

func grown(g company.Generation) *company.Company {
	n := demo.Grow(1).Nights[8]
	return company.Grow(company.Options{Seed: 1, Generation: g, Today: n.Date, Documents: n.Documents})
}

// planOf is the mapping of the company, with what it has added to its tables.
func planOf(generation string) Plan {
	c := sagepro.DefaultCompany(generation)
	for _, section := range []string{"invoice", "order"} {
		for field, column := range map[string]string{"merchant": "merchant", "request_id": "ccreqid", "auth_code": "ccauth", "last4": "cclast4"} {
			c.Section(section).Fields[field] = sagepro.Field{Column: column}
		}
	}
	return PlanOf(c, len("northlight_web"))
}

func folderOf(c *company.Company) fstest.MapFS {
	folder := fstest.MapFS{}
	for _, f := range c.Folder() {
		folder[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return folder
}

func text(t *testing.T, s *Survey) string {
	t.Helper()
	var out bytes.Buffer
	if err := s.Write(&out, time.Date(2026, 10, 10, 7, 30, 0, 0, time.UTC), `\\erp\pro`); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A stock company has everything that the plan of its generation wants; counts and codes are those of the company.
func TestStockCompanyLacksNothing(t *testing.T) {
	for _, g := range []company.Generation{company.G1, company.G2, company.G3} {
		c := grown(g)
		s, err := Take(folderOf(c), planOf(string(g)))
		if err != nil || len(s.Faults) > 0 {
			t.Fatalf("%s: %v %q", g, err, s.Faults)
		}
		out := text(t, s)
		for _, name := range []string{"somast", "armast", "arymst", "arycsh", "glacnt", "sycdfis"} {
			live, deleted := 0, 0
			for _, row := range c.Table(name).Rows {
				if row.Deleted {
					deleted++
				} else {
					live++
				}
			}
			at := strings.Index(out, "\n"+name)
			line, _, _ := strings.Cut(out[at+1:], "\n")
			if !strings.Contains(line, fmt.Sprintf("%9d %9d", live, deleted)) {
				t.Errorf("%s: %d live and %d deleted rows, said: %s", g, live, deleted, line)
			}
		}
		for _, want := range []string{"1. What must be settled first: 0", "values: blank", `"B" 5`, "aligned:", "memo file beside it"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: the survey does not say %q:\n%s", g, want, out)
			}
		}
		holdsNothingPrivate(t, c, out)
	}
}

// Names, addresses, amounts and whole keys stay at the site.
func holdsNothingPrivate(t *testing.T, c *company.Company, out string) {
	t.Helper()
	for table, columns := range map[string]string{
		"arcust": "company address1 city email phone", "armast": "invno custno ponum invamt ccreqid", "somast": "websono", "arinvt": "descrip", "icitem": "descrip",
	} {
		tab := c.Table(table)
		if tab == nil {
			continue
		}
		for column := range strings.FieldsSeq(columns) {
			for i := range tab.Rows {
				if v := strings.TrimSpace(tab.Cell(i, column)); len(v) > 4 && strings.Contains(out, v) {
					t.Fatalf("the survey shows %s.%s: %q", table, column, v)
				}
			}
		}
	}
}

// All that is missing, narrow, torn or unexplained is said at once, with table and column.
func TestEveryFaultIsSaidAtOnce(t *testing.T) {
	folder := folderOf(grown(company.G3))
	delete(folder, "icdata/ICITEM01.DBF") // may be missing
	delete(folder, "sodata/soymst01.dbf")
	armast := folder["ardata/armast01.dbf"]
	armast.Data = armast.Data[:len(armast.Data)-5000]
	folder["old/ARCUST01.DBF"] = folder["ardata/ARCUST01.DBF"]
	folder["old/readme.dbf"] = &fstest.MapFile{Data: []byte("no table")}
	p := planOf("g3")
	for i := range p.Tables {
		if p.Tables[i].Name == "somast" {
			p.Tables[i].Columns = []Column{{Name: "sono", Width: 12}, {Name: "shoe_size", Field: "order.shoes"}, {Name: "sostat", Use: Code, Known: []string{"", "C"}}}
		}
	}
	s, err := Take(folder, p)
	if err != nil {
		t.Fatal(err)
	}
	out := text(t, s)
	for _, want := range []string{
		"table soymst (order, history) is missing: there is no file soymst01.dbf",
		"table armast: the table is shorter than its header says",
		"table arcust is there 2 times (ardata/ARCUST01.DBF, old/ARCUST01.DBF)",
		"table somast has no column shoe_size; name the one that holds it in sage_pro.order.shoes", "table somast, column sono is 10 wide, and 12 are needed",
		`table somast, column sostat: the mapping does not explain the value "V"`, "old/readme.dbf",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("not said: %s", want)
		}
	}
	if len(s.Faults) != 6 {
		t.Errorf("%d faults: %q", len(s.Faults), s.Faults)
	}
}

// A mapping can ask for more characters than the use of a column does.
func TestWidthsOfTheMapping(t *testing.T) {
	c := sagepro.DefaultCompany("g3")
	c.Invoice.Fields["auth_code"] = sagepro.Field{Column: "ccauth", Width: 7}
	s, err := Take(folderOf(grown(company.G3)), PlanOf(c, 0))
	if err != nil || len(s.Faults) != 2 || !strings.Contains(s.Faults[0], "table armast, column ccauth is 6 wide, and 7 are needed") {
		t.Errorf("%v %q", err, s.Faults)
	}
}

// A column full of names, taken for a code by mistake, is not shown.
func TestWhatIsNoCodeIsNotShown(t *testing.T) {
	p := planOf("g3")
	p.Tables = []Table{{Name: "arcust", File: "arcust01", Columns: []Column{{Name: "company", Use: Code}}}}
	s, err := Take(folderOf(grown(company.G3)), p)
	if err != nil {
		t.Fatal(err)
	}
	if out := text(t, s); !strings.Contains(out, "this is no code") || strings.Contains(out, "Garden Supply") {
		t.Errorf("names are shown:\n%s", out)
	}
}

func TestMaskKeepsTheForm(t *testing.T) {
	for key, want := range map[string]string{"    104501": "    10***1", "0000104501": "00*******1", "C10000": "C1***0", "17": "17", "": "", "4111111111111111": mask("4111111111111111")} {
		if got := mask(key); got != want || strings.Contains(got, "1111") {
			t.Errorf("%q becomes %q", key, got)
		}
	}
}
