package sagepro

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
)

func orders() Mapping {
	return Mapping{
		Columns:   map[string]string{"doc_id": "sono", "order_no": "sono", "customer_no": "custno", "doc_date": "ordate", "currency": "currency", "amount": "ordamt", "status": "status"},
		Constants: map[string]string{"doc_type": "ORDER", "payment_method": "CARD", "merchant_id": "", "store": ""},
		Lookups:   map[string]map[string]string{"status": {"C": "SHIPPED", "": "OPEN", "V": "CANCELLED"}},
	}
}

const ordersHeader = "sono,custno,ordate,ponum,currency,ordamt,status\n"

func readExport(text string, m Mapping) (recon.FileReport, []recon.Document) {
	table := recon.NewDocuments(0, 0)
	r := ReadExport("orders.csv", 4, strings.NewReader(text), m, table)
	var docs []recon.Document
	for i := range table.Len() {
		docs = append(docs, table.At(i))
	}
	return r, docs
}

func sameCurrency() cmp.Option {
	return cmp.Comparer(func(a, b money.Currency) bool { return a == b })
}

// TestExport: order numbers keep their padding and zeros (MAT-01), codes and dates do not.
func TestExport(t *testing.T) {
	r, docs := readExport(ordersHeader+"   000170384795 ,C67309,2026-10-12,\"PO 1\",USD,382.92,C \n17,C1,2026-10-13 ,,JPY, 100.00 ,        \n18,C1,2026-10-13,,USD,1.00,V", orders())
	usd := money.MustCurrency("USD")
	day, _ := recon.ParseDate("2026-10-12")
	want := []recon.Document{
		{
			ID: "   000170384795 ", Type: recon.Order, OrderNo: "   000170384795 ", CustomerNo: "C67309", Date: day, Status: recon.Shipped, Method: "CARD",
			Currency: usd, Amount: 38292, Components: recon.Components{38292}, Source: recon.Source{File: 4, Line: 2},
		},
		{
			ID: "17", Type: recon.Order, OrderNo: "17", CustomerNo: "C1", Date: day + 1, Status: recon.Open, Method: "CARD",
			Currency: money.MustCurrency("JPY"), Amount: 100, Components: recon.Components{100}, Source: recon.Source{File: 4, Line: 3},
		},
		{
			ID: "18", Type: recon.Order, OrderNo: "18", CustomerNo: "C1", Date: day + 1, Status: recon.Cancelled, Method: "CARD",
			Currency: usd, Amount: 100, Components: recon.Components{100}, Source: recon.Source{File: 4, Line: 4},
		},
	}
	if diff := cmp.Diff(want, docs, sameCurrency()); diff != "" || r.Verdict != recon.FileAccepted || r.Totals["USD"] != "383.92" || len(r.SHA256) != 64 {
		t.Errorf("%+v\n%s", r, diff)
	}
}

// TestEveryField maps all fields from columns, in another delimiter, code page and date form.
func TestEveryField(t *testing.T) {
	m := Mapping{Delimiter: ';', Encoding: "windows-1252", DateFormat: "01/02/2006", Columns: map[string]string{}, Lookups: map[string]map[string]string{
		"doc_type": {"I": "INVOICE", "R": "CREDIT_MEMO"}, "payment_method": {"KARTE": "CARD"}, "merchant_id": {"01": "acme_us"}, "currency": {"": "USD"},
	}}
	for _, name := range fieldNames() {
		m.Columns[name] = strings.ToUpper(name)
	}
	m.Columns["customer_no"] = "Größe"
	if faults := m.Check(); len(faults) > 0 {
		t.Fatal(faults)
	}
	header := "doc_id;doc_type;doc_date;status;currency;amount;payment_method;order_no;invoice_no;Gr\xF6\xDFe;merchant_id;store;goods;tax;shipping;surcharge;applied_prior;gateway_request_id;auth_code;last4\n"
	r, docs := readExport(header+"D1;R;10/12/2026;CLOSED;;-10.00;KARTE;1;2;M\xFCller;01;100 ;-7.00;-1.00;-2.00;;-3.00;7000000000000000000001;A1 ;0042\n", m)
	want := recon.Document{
		ID: "D1", Type: recon.CreditMemo, OrderNo: "1", InvoiceNo: "2", CustomerNo: "Müller", Date: recon.NewDate(2026, 10, 12),
		Status: recon.Closed, Merchant: "acme_us", Store: "100", Method: "CARD", Currency: money.MustCurrency("USD"), Amount: -1000,
		Components: recon.Components{-700, -100, -200, 0}, Prior: -300, RequestID: "7000000000000000000001", AuthCode: "A1", Last4: "0042",
		Source: recon.Source{File: 4, Line: 2},
	}
	if len(docs) != 1 {
		t.Fatalf("%+v", r)
	}
	if diff := cmp.Diff(want, docs[0], sameCurrency()); diff != "" {
		t.Errorf("%+v\n%s", r, diff)
	}
}

func TestRowFaults(t *testing.T) {
	good := "17,C1,2026-10-13,,USD,1.00,C\n"
	for _, c := range []struct{ old, new, code string }{
		{"17", "", "missing_value"},
		{"2026-10-13", "        ", "missing_date"},
		{"2026-10-13", "1900-01-01", "missing_date"},
		{"2026-10-13", "10/13/2026", "bad_date"},
		{"2026-10-13", "2026-02-30", "bad_date"},
		{"USD", "US$", "unknown_currency"},
		{"USD", "", "unknown_currency"},
		{"1.00", "1.001", "bad_amount"},
		{"1.00", "1,00", "wrong_column_count"},
		{"1.00", "", "bad_amount"},
		{"1.00", "1.5E3", "bad_amount"},
		{",C\n", ",X\n", "unlisted_value"},
		{",C\n", "\n", "wrong_column_count"},
		{"13,,", "13,4111111111111111,", "card_data"},
	} {
		r, docs := readExport(ordersHeader+good+strings.Replace(good, c.old, c.new, 1)+good, orders())
		if len(docs) != 3 || r.Verdict != recon.FilePartial || r.Rows.Quarantined != 1 || docs[1].Fault == nil || docs[1].Fault.Code != c.code ||
			len(r.Findings) != 1 || r.Findings[0].Line != 3 || docs[0].Fault != nil || docs[2].Fault != nil {
			t.Errorf("%q for %q: %+v", c.new, c.old, r)
		}
	}
}

func TestComponents(t *testing.T) {
	m := orders()
	m.Columns["tax"], m.Columns["goods"] = "tax", "goods"
	header := strings.Replace(ordersHeader, "ponum", "tax,goods", 1)
	_, docs := readExport(header+"1,C,2026-10-13,0.10,,USD,1.00,C\n2,C,2026-10-13,0.10,0.90,USD,1.00,C\n3,C,2026-10-13,0.10,1.00,USD,1.00,C\n", m)
	if docs[0].Components != (recon.Components{90, 10}) || docs[1].Fault != nil || docs[2].Fault == nil || docs[2].Fault.Code != "components_do_not_add_up" {
		t.Errorf("%+v", docs)
	}
}

func TestCondemnedExports(t *testing.T) {
	good := "17,C1,2026-10-13,,USD,1.00,C\n"
	for _, c := range []struct {
		name, text, code string
		line             int
		verdict          recon.FileVerdict
	}{
		{"empty", " \n", "empty_file", 0, recon.FileNotAReport},
		{"html", "<html>", "not_a_report", 1, recon.FileNotAReport},
		{"no column", strings.Replace(ordersHeader, "ordamt", "amt", 1) + good, "missing_columns", 1, recon.FileQuarantined},
		{"two columns", strings.Replace(ordersHeader, "ponum", "ordamt", 1) + good, "duplicate_columns", 1, recon.FileQuarantined},
		{"open quote", ordersHeader + good + "\"18" + good + good, "unterminated_quote", 3, recon.FileQuarantined},
		{"latin", ordersHeader + good + "\xE9" + good, "invalid_utf8", 3, recon.FileQuarantined},
		{"zero byte", ordersHeader + good + "\x00" + good, "nul_byte", 3, recon.FileQuarantined},
	} {
		r, docs := readExport(c.text, orders())
		if r.Verdict != c.verdict || len(docs) != 0 || r.Rows.Accepted != 0 || len(r.Findings) == 0 || r.Findings[0].Code != c.code || r.Findings[0].Line != c.line {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

func TestUnmappedDoubledColumnsAreNormal(t *testing.T) {
	r, _ := readExport("x,x,"+ordersHeader+"a,b,17,C1,2026-10-13,,USD,1.00,C\n", orders())
	if r.Verdict != recon.FileAccepted || len(r.Findings) != 0 {
		t.Errorf("%+v", r)
	}
}

// Dimensions are the export's own columns; a blank one is left out, a missing one condemns.
func TestDimensionsOfAnExport(t *testing.T) {
	m := orders()
	m.Dimensions = map[string]string{"department": "dept", "region": "TERR"}
	text := "terr,Dept," + ordersHeader + " EU ,10,17,C1,2026-10-13,,USD,1.00,C\n,  ,18,C1,2026-10-13,,USD,1.00,C\n"
	r, docs := readExport(text, m)
	want := [][]recon.Field{{{Name: "department", Value: "10"}, {Name: "region", Value: "EU"}}, nil}
	if r.Verdict != recon.FileAccepted || len(docs) != 2 || !reflect.DeepEqual([][]recon.Field{docs[0].Dimensions, docs[1].Dimensions}, want) {
		t.Errorf("%+v %+v", r, docs)
	}
	if r, _ := readExport(ordersHeader+"17,C1,2026-10-13,,USD,1.00,C\n", m); r.Verdict != recon.FileQuarantined || !strings.Contains(r.Findings[0].Message, "dept, TERR") {
		t.Errorf("%+v", r)
	}
	m.Dimensions = map[string]string{"store": "dept", "Region": "terr", "empty": " "}
	if faults := strings.Join(texts(m.Check()), "\n"); strings.Count(faults, "\n") != 2 || !strings.Contains(faults, "store is a field of its own") || !strings.Contains(faults, `"Region"`) {
		t.Errorf("%s", faults)
	}
}

// TestCheckListsAllFaults: an administrator sees everything at once.
func TestCheckListsAllFaults(t *testing.T) {
	if faults := orders().Check(); len(faults) != 0 {
		t.Error(faults)
	}
	m := orders()
	m.Columns["doc_type"] = "t"
	m.Columns["colour"] = "c"
	m.Constants["payment_method"] = " "
	m.Lookups["status"]["Z"] = "LOST"
	m.Lookups["store"], m.Lookups["order_no"] = map[string]string{}, map[string]string{}
	delete(m.Columns, "amount")
	m.Delimiter, m.Encoding, m.DateFormat = '"', "ebcdic", "02 Jan"
	var all []string
	for _, err := range m.Check() {
		all = append(all, err.Error())
	}
	text := strings.Join(all, "\n")
	for _, part := range []string{
		"doc_type has a column and a constant", `no field "colour"`, "payment_method is empty", `"LOST" is no status`,
		"no column; remove the table", "table for order_no", "amount has neither", "delimiter", "ebcdic", "02 Jan",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in\n%s", part, text)
		}
	}
	if !slices.Equal(all, texts(m.Check())) {
		t.Error("the order of faults changes")
	}
}

func texts(errs []error) (all []string) {
	for _, err := range errs {
		all = append(all, err.Error())
	}
	return all
}

func TestCardNumbersDoNotComeOut(t *testing.T) {
	fields := strings.Split("17,C1,2026-10-13,,USD,1.00,C", ",")
	for i := range fields {
		for _, number := range []string{"4111 1111 1111 1111", "378282246310005"} {
			changed := slices.Clone(fields)
			changed[i] = number
			r, docs := readExport(ordersHeader+strings.Join(changed, ",")+"\n", orders())
			js, _ := json.Marshal(r)
			if r.SHA256 != "" || docs[0].Fault == nil || carddata.Has(fmt.Sprintf("%+v %+v", docs[0], docs[0].Fault)) || bytes.Contains(js, []byte(number)) {
				t.Errorf("column %d: %s %+v", i, js, docs[0])
			}
		}
	}
}

func FuzzExport(f *testing.F) {
	f.Add(ordersHeader + "   000170384795 ,C67309,2026-10-12,\"PO 1\",USD,382.92,C\n")
	f.Add(ordersHeader)
	f.Add("\xEF\xBB\xBFsono;ordate\r1")
	f.Fuzz(func(t *testing.T, text string) {
		compareWays(t, text, orders())
		r, docs := readExport(text, orders())
		if r.Rows.Total != r.Rows.Accepted+r.Rows.Quarantined || r.Condemned() && len(docs) > 0 || !r.Condemned() && len(docs) != r.Rows.Total {
			t.Fatalf("%+v with %d documents", r, len(docs))
		}
	})
}

// FuzzAmounts: what is read as an amount prints as the same number (GL-03).
func FuzzAmounts(f *testing.F) {
	for _, text := range []string{"1.00", "-0.01", "100.000", "1e3", "", ".", "-", "0000000000000001", "999999999999999.99", "1_000", "+1"} {
		f.Add(text)
	}
	usd := money.MustCurrency("USD")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := money.Parse(text, usd)
		if err != nil {
			return
		}
		back, err := money.Parse(a.String(), usd)
		if err != nil || back != a || strings.ContainsAny(text, "+eE_, ") {
			t.Fatalf("%q is read as %s and back as %s (%v)", text, a, back, err)
		}
	})
}

func BenchmarkReadExport(b *testing.B) {
	const rows = 200_000
	var data bytes.Buffer
	data.WriteString(ordersHeader)
	for i := range rows {
		fmt.Fprintf(&data, "%d,C%d,2026-10-%02d,PO-%d,USD,%d.%02d,C\n", 100000000+i*7, i%90000, 1+i%30, i, 3+i%600, i%100)
	}
	table := recon.NewDocuments(rows, 16<<20)
	empty := table.Mark()
	b.SetBytes(int64(data.Len()))
	b.ReportAllocs()
	for b.Loop() {
		table.Rollback(empty)
		if r := ReadExport("o", 0, bytes.NewReader(data.Bytes()), orders(), table); r.Rows.Accepted != rows {
			b.Fatalf("%+v", r)
		}
	}
}
