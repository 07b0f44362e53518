package sagepro

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tieout/ledger/money"
	"tieout/recon"
)

// site is a small company as CSV exports, changed by each case.
type site map[string]string

func smallSite() site {
	const head = "invno,custno,invdte,ornum,invamt,paidamt,balance,currid,arstat,artype\n"
	const orders = "sono,custno,sodate,ordate,ordamt,tax,shpamt,currid,sostat,sotype\n"
	const cash = "invno,dtepaid,paidamt,disamt,refno,recdel\n"
	return site{
		"armast": head + "88001,C1,2026-11-01,   104501,120.00,0.00,120.00,USD,,\n",
		"arymst": head,
		"somast": orders + "   104501,C1,2026-11-01,2026-11-01,120.00,0.00,120.00,USD,C,\n",
		"soymst": orders,
		"arcash": cash,
		"arycsh": cash,
	}
}

func (s site) lay(t *testing.T, c *Company) *Exports {
	t.Helper()
	e := &Exports{Dir: t.TempDir(), Company: c}
	for name, text := range s {
		if err := os.WriteFile(filepath.Join(e.Dir, name+".csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// summary is what of a document the cases below are about.
func summary(d recon.Document) string {
	text := strings.Join([]string{d.ID, d.Type.String(), d.Status.String(), amountText(d)}, " ")
	if d.Prior != 0 {
		text += " prior " + priorText(d)
	}
	if d.Fault != nil {
		text += " " + d.Fault.Code + "@" + d.Fault.Column
	}
	return text
}

// TestMeaningOfRows: void, closed, return, bid, history, receipts and faults (sage-pro.md 2, 4, 8).
func TestMeaningOfRows(t *testing.T) {
	const sound = "I88001 INVOICE SHIPPED 120.00 USD"
	day := recon.NewDate(2026, 11, 23)
	for _, c := range []struct {
		name  string
		table string
		rows  string
		tune  func(*Company)
		want  string // documents beside the sound one, or in its place if it begins with !
	}{
		{"nothing more", "", "", nil, ""},
		{"a credit memo", "armast", "CM1,C1,2026-11-02,104501,-20.00,0,-20.00,USD,,C\n", nil, "CM1 CREDIT_MEMO SHIPPED -20.00 USD"},
		{"a void invoice", "armast", "88002,C1,2026-11-02,1,20.00,0,20.00,USD,V,N\n", nil, "I88002 INVOICE CANCELLED 20.00 USD"},
		{"an open receipt is no document", "armast", "R1,C1,2026-11-02,,-20.00,0,-20.00,USD,,O\n", nil, ""},
		{"a type that nobody listed", "armast", "88002,C1,2026-11-02,,20.00,0,20.00,USD,,Z\n", nil, "I88002 INVOICE SHIPPED 20.00 USD unlisted_value@artype"},
		{"a credit memo with a positive amount", "armast", "CM1,C1,2026-11-02,1,20.00,0,20.00,USD,,C\n", nil, "CM1 CREDIT_MEMO SHIPPED 20.00 USD wrong_sign@invamt"},
		{"a site that stores credit memos positive", "armast", "CM1,C1,2026-11-02,1,20.00,0,20.00,USD,,C\n", func(c *Company) { c.CreditSign = "positive" }, "CM1 CREDIT_MEMO SHIPPED -20.00 USD"},
		{"document currency", "armast", "88002,C1,2026-11-02,,5000.0000,0,5000,JPY,,\n", nil, "I88002 INVOICE SHIPPED 5000 JPY"},
		{"no currency is the home currency", "armast", "88002,C1,2026-11-02,,20.00,0,20.00,,,\n", nil, "I88002 INVOICE SHIPPED 20.00 USD"},
		{"a currency that is none", "armast", "88002,C1,2026-11-02,,20.00,0,20.00,US$,,\n", nil, "I88002 INVOICE SHIPPED 0.00 unknown_currency@currid"},
		{"a hundredth of a cent", "armast", "88002,C1,2026-11-02,,20.0001,0,20.00,USD,,\n", nil, "I88002 INVOICE SHIPPED 0.00 USD bad_amount@invamt"},
		{"no amount", "armast", "88002,C1,2026-11-02,,,0,20.00,USD,,\n", nil, "I88002 INVOICE SHIPPED 0.00 USD bad_amount@invamt"},
		{"no date", "armast", "88002,C1,,,20.00,0,20.00,USD,,\n", nil, "I88002 INVOICE SHIPPED 20.00 USD missing_date@invdte"},
		{"no number", "armast", ",C1,2026-11-02,,20.00,0,20.00,USD,,\n", nil, " INVOICE SHIPPED 20.00 USD missing_value@invno"},
		{"a card number", "armast", "88002,C1,2026-11-02,4111111111111111,20.00,0,20.00,USD,,\n", nil, "I88002 INVOICE SHIPPED 20.00 USD card_data@ornum"},
		{"an old paid invoice", "armast", "80001,C1,2025-11-02,,20.00,20.00,0.00,USD,,\n", nil, ""},
		{"an old open invoice", "armast", "80001,C1,2025-11-02,,20.00,5.00,15.00,USD,,\n", nil, "I80001 INVOICE SHIPPED 20.00 USD"},
		{"in history alone", "arymst", "88002,C1,2026-11-02,,20.00,20.00,0.00,USD,,\n", nil, "I88002 INVOICE SHIPPED 20.00 USD"},
		{"in history too, out of date", "arymst", "  88001,C1,2026-11-01,104501,1.00,0,1.00,USD,,\n", nil, ""},
		{"in history under a number of years ago, still open", "arymst", "88001,C1,2016-11-01,9,1.00,0,1.00,USD,,\n", nil, "I88001 INVOICE SHIPPED 1.00 USD"},

		{"a receipt", "arcash", "88001,2026-11-05,50.00,0.00,CK 1,F\n", nil, "!" + sound + " prior 50.00"},
		{"a receipt with discount", "arcash", "   88001,2026-11-05,118.00,2.00,CK 1,F\n", nil, "!" + sound + " prior 120.00"},
		{"two receipts alike", "arcash", "88001,2026-11-05,50.00,0.00,CK 1,F\n88001,2026-11-05,50.00,0.00,CK 1,F\n", nil, "!" + sound + " prior 100.00"},
		{"a receipt taken back", "arcash", "88001,2026-11-05,50.00,0.00,CK 1,T\n", nil, ""},
		{"a receipt of our own posting", "arcash", "88001,2026-11-05,50.00,0.00,TO26000001,F\n", nil, ""},
		{"a receipt of years ago under a number used again", "arcash", "88001,2016-11-05,50.00,0.00,CK 1,F\n", nil, ""},
		{"a receipt of another invoice", "arcash", "88009,2026-11-05,50.00,0.00,CK 1,F\n", nil, ""},
		{"a receipt of nobody", "arcash", ",2026-11-05,50.00,0.00,REBATE,F\n", nil, ""},
		{"a receipt that cannot be read", "arcash", "88001,2026-11-05,fifty,0.00,CK 1,F\n", nil, "!" + sound + " bad_receipt@"},
		{"the invoice's own figure", "armast", "88002,C1,2026-11-02,,20.00,5.00,15.00,USD,,\n", func(c *Company) { c.Prior = "paid" }, "I88002 INVOICE SHIPPED 20.00 USD prior 5.00"},
		{"nothing was applied", "arcash", "88001,2026-11-05,50.00,0.00,CK 1,F\n", func(c *Company) { c.Prior = "none" }, ""},

		{"an open order", "somast", "2001,C1,2026-11-02,,30.00,0,0,USD,,\n", nil, "S2001 ORDER OPEN 30.00 USD"},
		{"an order with the ordered date alone", "somast", "2001,C1,,2026-11-02,30.00,0,0,USD,,\n", nil, "S2001 ORDER OPEN 30.00 USD"},
		{"a closed order without invoices", "somast", "2001,C1,2026-11-02,,30.00,0,0,USD,C,\n", nil, "S2001 ORDER CLOSED 30.00 USD"},
		{"a void order", "somast", "2001,C1,2026-11-02,,30.00,0,0,USD,V,\n", nil, "S2001 ORDER CANCELLED 30.00 USD"},
		{"a bid is nothing yet", "somast", "2001,C1,2026-11-02,,30.00,0,0,USD,,B\n", nil, ""},
		{"a return", "somast", "2001,C1,2026-11-02,,-30.00,0,0,USD,,R\n", nil, "S2001 CREDIT_MEMO OPEN -30.00 USD"},
		{"partly shipped, the open amount", "somast", "2001,C1,2026-11-02,,30.00,0,10.00,USD,,\n", nil, "S2001 ORDER PARTIAL 30.00 USD"},
		{"partly shipped, the whole amount", "somast", "2001,C1,2026-11-02,,30.00,0,10.00,USD,,\n", func(c *Company) { c.OrderAmount = "less_shipped" }, "S2001 ORDER PARTIAL 20.00 USD"},
		{"wholly shipped", "somast", "2001,C1,2026-11-02,,30.00,0,30.00,USD,,\n", nil, "S2001 ORDER SHIPPED 30.00 USD"},
		{"a status that nobody listed", "somast", "2001,C1,2026-11-02,,30.00,0,0,USD,Q,\n", nil, "S2001 ORDER OPEN 30.00 USD unlisted_value@sostat"},
		{"an old open order", "somast", "2001,C1,2025-11-02,,30.00,0,0,USD,,\n", nil, "S2001 ORDER OPEN 30.00 USD"},
		{"an old closed order", "somast", "2001,C1,2025-11-02,,30.00,0,0,USD,C,\n", nil, ""},
		{"an order in history too", "soymst", "104501,C1,2026-11-01,2026-11-01,1.00,0.00,1.00,USD,C,\n", nil, ""},
		{"an order that is invoiced in part", "somast", "104501,C1,2026-11-01,,15.00,0,0,USD,,\n", nil, "S104501 ORDER OPEN 15.00 USD"},
		{"a constant and a lookup", "somast", "2001,C1,2026-11-02,,30.00,0,0,USD,,\n", func(c *Company) {
			c.Order.Fields["store"] = Field{Column: "custno", Values: map[string]string{"C1": "200", "*": "100"}}
			c.IDs["order"] = "{number}/" + c.Number
		}, "2001/01 ORDER OPEN 30.00 USD"},
	} {
		s := smallSite()
		s[c.table] += c.rows
		mapping := DefaultCompany(G3)
		if c.tune != nil {
			c.tune(mapping)
		}
		docs, report := documentsOf(t, mapping, s.lay(t, mapping), day-60)
		var got []string
		for _, d := range docs {
			got = append(got, summary(d))
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
		if faulty := strings.Contains(strings.Join(want, ""), "@"); (report.Verdict == recon.FilePartial) != faulty || faulty && len(report.Findings) == 0 {
			t.Errorf("%s: %+v", c.name, report)
		}
	}
}

// TestDimensionsOfDocuments: columns of the site's own are carried; an extract of before the mapping named them has none.
func TestDimensionsOfDocuments(t *testing.T) {
	day := recon.NewDate(2026, 11, 23)
	s := smallSite()
	s["somast"] += "2001,C1,2026-11-02,,30.00,0,0,USD,,\n2002, ,2026-11-02,,30.00,0,0,USD,,\n2003,C9,2026-11-02,,30.00,0,0,USD,,\n"
	before := DefaultCompany(G3)
	var old bytes.Buffer
	if err := before.Extract(context.Background(), s.lay(t, before), day-60, &old); err != nil {
		t.Fatal(err)
	}
	c := DefaultCompany(G3)
	c.Order.SetDimension("region", Field{Column: "CUSTNO", Values: map[string]string{"C1": "EU", "": ""}})
	c.Order.SetDimension("department", Field{Column: "sono"})
	c.Invoice.SetDimension("department", Field{Constant: "70"})
	var got []string
	docs, _ := documentsOf(t, c, s.lay(t, c), day-60)
	for _, d := range docs {
		got = append(got, summary(d)+fmt.Sprintf(" %v", d.Dimensions))
	}
	want := []string{
		"I88001 INVOICE SHIPPED 120.00 USD [{department 70}]",
		"S2001 ORDER OPEN 30.00 USD [{department 2001} {region EU}]",
		"S2002 ORDER OPEN 30.00 USD [{department 2002}]",
		"S2003 ORDER OPEN 30.00 USD unlisted_value@CUSTNO [{department 2003}]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("\n got %q\nwant %q", got, want)
	}
	for _, d := range first(readBack(t, c, old.Bytes())) {
		if d.ID[0] == 'S' && (d.Dimensions != nil || d.Fault != nil) {
			t.Errorf("of an older extract: %+v", d)
		}
	}
	var extract bytes.Buffer
	if err := c.Extract(context.Background(), s.lay(t, c), day-60, &extract); err != nil {
		t.Fatal(err)
	}
	for _, d := range first(readBack(t, before, extract.Bytes())) {
		if d.Dimensions != nil || d.Fault != nil {
			t.Errorf("of a mapping without dimensions: %+v", d)
		}
	}
	c.Order.SetDimension("Store", col("sono"))
	if faults := c.Check(); len(faults) != 1 {
		t.Errorf("%q", faults)
	}
}

func partsText(d recon.Document) string { return fmt.Sprint(d.Components) }

func first[T, U any](t T, _ U) T { return t }

func amountText(d recon.Document) string {
	return strings.TrimRight(moneyText(d.Amount, d)+" "+currencyText(d), " ")
}

func priorText(d recon.Document) string { return moneyText(d.Prior, d) }

// TestCardNumbersStayOut: no byte of a card number reaches the extract or a report (R7).
func TestCardNumbersStayOut(t *testing.T) {
	for _, number := range []string{"4111111111111111", "3782 822463 10005"} {
		for _, place := range []string{"armast", "somast", "arcash"} {
			s := smallSite()
			rows := map[string]string{
				"armast": "88002,C1,2026-11-02,PO " + number + ",20.00,0,20.00,USD,,\n", "somast": "2001," + number + ",2026-11-02,,30.00,0,0,USD,,\n",
				"arcash": "88001,2026-11-05,50.00,0.00," + number + ",F\n",
			}
			s[place] += rows[place]
			c := DefaultCompany(G3)
			var extract bytes.Buffer
			if err := c.Extract(context.Background(), s.lay(t, c), 0, &extract); err != nil {
				t.Fatal(err)
			}
			docs, report := readBack(t, c, extract.Bytes())
			if strings.Contains(extract.String(), number) || report.Verdict != recon.FilePartial || !strings.Contains(extract.String(), "card_data") {
				t.Errorf("%s in %s: %+v\n%s", number, place, docs, extract.String())
			}
		}
	}
}

// TestAllFaultsAtOnce: missing tables and columns and forbidden ones are listed together.
func TestAllFaultsAtOnce(t *testing.T) {
	c := DefaultCompany(G3)
	s := smallSite()
	s["armast"] = strings.Replace(strings.Replace(s["armast"], "invamt", "amount", 1), "currid", "curr", 1)
	delete(s, "soymst")
	var all []string
	for _, err := range c.CheckTables(context.Background(), s.lay(t, c)) {
		all = append(all, err.Error())
	}
	text := strings.Join(all, "\n")
	if len(all) != 3 || !strings.Contains(text, "armast has no column currid, which sage_pro.invoice.currency names") || !strings.Contains(text, "no column invamt") || !strings.Contains(text, "table soymst") {
		t.Error(text)
	}

	c.Invoice.Fields["order_no"] = col("CCNO")
	c.Order.Fields["request_id"] = col("dldate")
	c.Order.Fields["auth_code"] = col("secret9")
	c.NeverRead = []string{"SECRET9"}
	c.Invoice.Fields["type"] = coded("artype", map[string]string{"X": "gift"})
	c.Invoice.Fields["amount"] = Field{}
	c.Invoice.Fields["method"] = Field{Column: "pterms", Constant: "CARD"}
	c.Generation, c.TableName, c.CodePage, c.Currency, c.Prior, c.CreditSign, c.OrderAmount = "g9", "armast", "ebcdic", "US$", "some", "blue", "half"
	all = nil
	for _, err := range c.Check() {
		all = append(all, err.Error())
	}
	text = strings.Join(all, "\n")
	for _, part := range []string{
		"CCNO, which holds card data", "dldate, which", "secret9, which", `"gift"`, "invoice.amount has neither", "invoice.method has a column and a constant", `generation "g9"`, "no {base}", "ebcdic",
		"currency:", `applied_prior "some"`, `credit_sign "blue"`, `order_amount "half"`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
	for _, g := range []string{G1, G2, G3, G4} {
		if faults := DefaultCompany(g).Check(); len(faults) > 0 {
			t.Errorf("%s: %v", g, faults)
		}
	}
}

// TestDamagedExtracts: what is no extract of this mapping is not used at all.
func TestDamagedExtracts(t *testing.T) {
	c := DefaultCompany(G3)
	var extract bytes.Buffer
	if err := c.Extract(context.Background(), smallSite().lay(t, c), 0, &extract); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"another first line": "from,row\n", "nothing": "", "an open quote": extract.String() + "\"armast,",
		"a row too short": extract.String() + "armast,1\n", "a table of another mapping": strings.Replace(extract.String(), "\narmast,", "\napmast,", 1),
	} {
		table := recon.NewDocuments(0, 0)
		report := c.ReadExtract("x.csv", 0, strings.NewReader(text), table)
		if report.Verdict != recon.FileQuarantined || table.Len() != 0 || len(report.Findings) == 0 {
			t.Errorf("%s: %+v with %d documents", name, report, table.Len())
		}
	}
}

// TestExportsOfOtherSites: another delimiter, code page and form of dates give the same documents.
func TestExportsOfOtherSites(t *testing.T) {
	c := DefaultCompany(G3)
	want, _ := documentsOf(t, c, smallSite().lay(t, c), 0)
	s := site{}
	for name, text := range smallSite() {
		text = regexp.MustCompile(`(\d{4})-(\d\d)-(\d\d)`).ReplaceAllString(text, "$2/$3/$1")
		s[strings.ToUpper(name)+"01"] = strings.ReplaceAll(strings.ReplaceAll(text, ",", ";"), "C1", "M\xFCller")
	}
	e := s.lay(t, c)
	e.Delimiter, e.Encoding, e.DateFormat = ';', "windows-1252", "01/02/2006"
	got, report := documentsOf(t, c, e, 0)
	if len(got) != 1 || got[0].CustomerNo != "Müller" || got[0].Date != want[0].Date || got[0].Amount != want[0].Amount || report.Verdict != recon.FileAccepted {
		t.Errorf("%+v %+v", got, report)
	}
	s["ARMAST01"] += "88002;C1;31/31/2026;;1.00;0;1.00;USD;;\n"
	e = s.lay(t, c)
	e.Delimiter, e.Encoding, e.DateFormat = ';', "windows-1252", "01/02/2006"
	if got, _ := documentsOf(t, c, e, 0); len(got) != 2 || got[1].Fault == nil || got[1].Fault.Code != "bad_value" {
		t.Errorf("%+v", got)
	}
}

func moneyText(minor int64, d recon.Document) string {
	if d.Currency == 0 {
		return "0.00"
	}
	return money.New(minor, d.Currency).String()
}

func currencyText(d recon.Document) string {
	if d.Currency == 0 {
		return ""
	}
	return d.Currency.String()
}

// TestReceiptsInBothTables: what is in both for a while is one receipt; the larger number of equal ones counts.
func TestReceiptsInBothTables(t *testing.T) {
	const row = "88001,2026-11-05,10.00,0.00,CK 1,F\n"
	for _, c := range []struct {
		current, history int
		want             int64
	}{{1, 1, 1000}, {2, 1, 2000}, {1, 2, 2000}, {2, 2, 2000}, {0, 3, 3000}} {
		s := smallSite()
		s["arcash"] += strings.Repeat(row, c.current)
		s["arycsh"] += strings.Repeat(row, c.history)
		mapping := DefaultCompany(G3)
		if docs, _ := documentsOf(t, mapping, s.lay(t, mapping), 0); docs[0].Prior != c.want {
			t.Errorf("%d in current and %d in history: %d", c.current, c.history, docs[0].Prior)
		}
	}
}
