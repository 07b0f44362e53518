package sagepro

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/fixtures/sandbox/company"
	"tieout/recon"
)

// withLines is a site whose tax and freight are lines, with so many more lines of invoices and of orders.
func withLines(invoiceLines, orderLines string) (site, *Company) {
	s := smallSite()
	s["artran"] = "invno,invdte,item,extprice,arstat,currhist\n88001,2026-11-01,CHAIR,100.00,,\n  88001,2026-11-01,Tax-Ac,15.00,,\n88001,2026-11-01,SHIP-AC,5.00,,\n" + invoiceLines
	s["sotran"] = "sono,ordate,item,extprice,sostat\n" + orderLines
	s["arytrn"], s["soytrn"] = "invno,invdte,item,extprice,arstat,currhist\n", "sono,ordate,item,extprice,sostat\n"
	c := DefaultCompany(G3)
	c.Order.Fields["tax"] = Field{}
	c.InvoiceLine.Components = map[string]string{"TAX-AC": "tax", "SHIP-AC": "shipping"}
	c.InvoiceLine.AddUp = true
	c.InvoiceLine.Fields["mark"] = Field{Column: "currhist", Values: map[string]string{"X": meansExcluded, "*": meansIncluded}}
	c.OrderLine.Components = c.InvoiceLine.Components
	return s, c
}

// TestLines: tax and freight that are lines of their own are components, and a
// document that is not what its lines say is refused (sage-pro.md 8.10).
func TestLines(t *testing.T) {
	day := recon.NewDate(2026, 11, 23)
	const sound = "I88001 INVOICE SHIPPED 120.00 USD [10000 1500 500 0]"
	for _, c := range []struct {
		name           string
		invoice, order string
		table, rows    string
		tune           func(*Company)
		want           string
		note           string // code of a finding
	}{
		{"lines of the invoice", "", "", "", "", nil, "", ""},
		{"void and excluded lines count nothing", "88001,2026-11-01,CHAIR,999.00,V,\n88001,2026-11-01,CHAIR,999.00,,X\n", "", "", "", nil, "", ""},
		{"a line of years ago under a number used again", "88001,2016-11-01,CHAIR,999.00,,\n", "", "", "", nil, "", ""},
		{"a line more than the amount", "88001,2026-11-01,CHAIR,0.01,,\n", "", "", "", nil, "!I88001 INVOICE SHIPPED 120.00 USD lines_do_not_add_up@extprice [10000 1500 500 0]", "lines_do_not_add_up"},
		{"nobody asks whether they add up", "88001,2026-11-01,CHAIR,0.01,,\n", "", "", "", func(c *Company) { c.InvoiceLine.AddUp = false }, "", ""},
		{"a line that cannot be read", "88001,2026-11-01,CHAIR,one,,\n", "", "", "", nil, "!I88001 INVOICE SHIPPED 120.00 USD bad_line@extprice [12000 0 0 0]", "bad_line"},
		{"more tax than the amount", "", "2001,2026-11-02,TAX-AC,31.00,\n", "somast", "2001,C1,2026-11-02,,30.00,0,0,USD,,\n", nil, "S2001 ORDER OPEN 30.00 USD lines_exceed_amount@extprice [-100 3100 0 0]", "lines_exceed_amount"},
		{"an order", "", "2001,2026-11-02,DESK,25.00,\n2001,2026-11-02,TAX-AC,5.00,\n", "somast", "2001,C1,2026-11-02,,30.00,0,0,USD,,\n", nil, "S2001 ORDER OPEN 30.00 USD [2500 500 0 0]", ""},
		{"what is shipped of an open order is no more to come", "", "2001,2026-11-02,DESK,25.00,\n2001,2026-11-02,TAX-AC,5.00,\n2001,2026-11-02,TAX-AC,3.00,C\n", "somast", "2001,C1,2026-11-02,,30.00,0,0,USD,,\n", nil, "S2001 ORDER OPEN 30.00 USD [2500 500 0 0]", ""},
		{"a closed order", "", "2001,2026-11-02,TAX-AC,5.00,C\n", "somast", "2001,C1,2026-11-02,,30.00,0,0,USD,C,\n", nil, "S2001 ORDER CLOSED 30.00 USD [2500 500 0 0]", ""},
		{"a status of a line that nobody listed", "", "2001,2026-11-02,TAX-AC,5.00,Q\n", "somast", "2001,C1,2026-11-02,,30.00,0,0,USD,,\n", nil, "S2001 ORDER OPEN 30.00 USD bad_line@extprice [3000 0 0 0]", "bad_line"},
		{"an order without lines", "", "", "somast", "2001,C1,2026-11-02,,30.00,0,0,USD,,\n", nil, "S2001 ORDER OPEN 30.00 USD [3000 0 0 0]", ""},
		{"credit memos stored positive", "CM1,2026-11-02,CHAIR,15.00,,\nCM1,2026-11-02,TAX-AC,5.00,,\n", "", "armast", "CM1,C1,2026-11-02,1,20.00,0,20.00,USD,,C\n", func(c *Company) { c.CreditSign = "positive" }, "CM1 CREDIT_MEMO SHIPPED -20.00 USD [-1500 -500 0 0]", ""},
		{"a line without a header is not complete yet", "88777,2026-11-02,CHAIR,15.00,,\n", "", "", "", nil, "", "no_header"},
		{"a line of an old invoice is nothing", "80001,2026-11-02,CHAIR,15.00,,\n", "", "armast", "80001,C1,2025-11-02,,20.00,20.00,0.00,USD,,\n", nil, "", ""},
		{"an old line without a header is nothing", "88777,2025-11-02,CHAIR,15.00,,\n", "", "", "", nil, "", ""},
		{"a receipt without a header is not complete yet", "", "", "arcash", "88777,2026-11-05,50.00,0.00,CK 1,F\n", nil, "", "no_header"},
	} {
		s, mapping := withLines(c.invoice, c.order)
		s[c.table] += c.rows
		if c.tune != nil {
			c.tune(mapping)
		}
		docs, report := documentsOf(t, mapping, s.lay(t, mapping), day-60)
		var got []string
		for _, d := range docs {
			got = append(got, summary(d)+" "+partsText(d))
		}
		want := []string{sound, c.want}
		if rest, instead := strings.CutPrefix(c.want, "!"); instead || c.want == "" {
			want = []string{rest}
			if c.want == "" {
				want = []string{sound}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, want)
		}
		if c.note == "" && len(report.Findings) > 0 || c.note != "" && (len(report.Findings) != 1 || report.Findings[0].Code != c.note) {
			t.Errorf("%s: %+v", c.name, report.Findings)
		}
		if c.note == noHeader && (report.Verdict != recon.FileAccepted || !strings.Contains(report.Findings[0].Message, `"88777"`)) {
			t.Errorf("%s: %+v", c.name, report)
		}
	}
}

// TestLinesThroughDoors: a generated company whose documents are held against
// their lines gives the same documents as without.
func TestLinesThroughDoors(t *testing.T) {
	for _, door := range []struct {
		generation company.Generation
		open       func(testing.TB, *Company, *company.Company) Tables
	}{{company.G1, folderDoor}, {company.G3, databaseDoor}, {company.G4, exportsDoor}} {
		made, date := evening(door.generation, 20)
		c := mappingOf(string(door.generation))
		c.InvoiceLine.AddUp, c.OrderLine.AddUp = true, true
		got, report := documentsOf(t, c, door.open(t, c, made), date-60)
		if diff := cmp.Diff(wanted(t, made), got, sameCurrency()); diff != "" || report.Verdict != recon.FileAccepted {
			t.Errorf("%s: %.3000s %+v", door.generation, diff, report)
		}
		for _, f := range report.Findings { // the company has a line without a header; a database does not even give it
			if f.Code != noHeader || !strings.Contains(f.Message, `"69999"`) {
				t.Errorf("%s: %+v", door.generation, f)
			}
		}
	}
}

// TestDimensionsThroughDoors: a column of the site's own comes through every door as the tables have it.
func TestDimensionsThroughDoors(t *testing.T) {
	made, date := evening(company.G3, 3)
	region := map[string]string{}
	for _, table := range []string{"soymst", "somast", "arymst", "armast"} { // what is current wins
		tab := made.Table(table)
		for i, row := range tab.Rows {
			number := "S" + strings.TrimLeft(tab.Cell(i, "sono"), " 0")
			if strings.HasPrefix(table, "ar") {
				number = "I" + tab.Cell(i, "invno")
			}
			if !row.Deleted {
				region[number] = tab.Cell(i, "terr")
			}
		}
	}
	c := mappingOf(G3)
	c.Invoice.SetDimension("region", col("terr"))
	c.Order.SetDimension("region", col("terr"))
	for _, open := range []func(testing.TB, *Company, *company.Company) Tables{folderDoor, exportsDoor, databaseDoor} {
		docs, _ := documentsOf(t, c, open(t, c, made), date-60)
		if len(docs) < 100 {
			t.Fatalf("%d documents", len(docs))
		}
		for _, d := range docs {
			want := region[d.ID]
			if d.Type == recon.CreditMemo {
				want = region["I"+d.ID]
			}
			if len(d.Dimensions) != 1 || d.Dimensions[0] != (recon.Field{Name: "region", Value: want}) {
				t.Fatalf("%s: %v, expected %s", d.ID, d.Dimensions, want)
			}
		}
	}
}

func TestLinesAreMappedOnce(t *testing.T) {
	c := DefaultCompany(G3)
	c.OrderLine.Components = map[string]string{"TAX-AC": "tax", "DISCOUNT-AC": "rebate"}
	if faults := texts(c.Check()); len(faults) != 2 || !strings.Contains(faults[0], "DISCOUNT-AC") || !strings.Contains(faults[1], "column tax of the header") {
		t.Errorf("%q", faults)
	}
	var extract bytes.Buffer
	s, _ := withLines("", "")
	plain := DefaultCompany(G3)
	if err := plain.Extract(context.Background(), s.lay(t, plain), 0, &extract); err != nil {
		t.Fatal(err)
	}
	plain.InvoiceLine.AddUp = true
	if r := plain.ReadExtract("sage-pro.csv", 0, &extract, recon.NewDocuments(0, 0)); r.Verdict != recon.FileQuarantined || !strings.Contains(r.Findings[0].Message, "without the lines") {
		t.Errorf("%+v", r)
	}
}
