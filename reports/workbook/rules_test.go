package workbook

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

// TestSheets holds the sheets and their order of 4.1 and the columns of 4.2.
func TestSheets(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	want := []string{"Summary", "TieOut", "Exceptions", "Aging", "Matched", "Ignored", "Journal", "RollForward", "Cleared", "Data", "Lists", "About"}
	if !slices.Equal(d.order, want) {
		t.Errorf("sheets %v", d.order)
	}
	columns := reports.ExceptionColumns("America/New_York")
	if _, _, got := d.tableOf(t, "tblExceptions"); !slices.Equal(got, columns) {
		t.Errorf("columns of Exceptions %v", got)
	}
}

// TestMoney proves XLS-01: numbers by the format of the currency, text beyond 15 digits.
func TestMoney(t *testing.T) {
	n := smallNight(t)
	n.Cleared = []reports.ClearedItem{
		{ID: "a", Amount: amount(t, "-0.03", "USD")},
		{ID: "b", Amount: amount(t, "5400", "JPY")},
		{ID: "c", Amount: amount(t, "12.345", "KWD")},
		{ID: "d", Amount: amount(t, "9999999999999.99", "USD")},
		{ID: "e", Amount: amount(t, "12345678901234.56", "USD")},
		{ID: "f"},
	}
	d := draw(t, n, Options{})
	for i, want := range []struct{ value, kind, format string }{
		{"-0.03", "", "#,##0.00;[Red]-#,##0.00"},
		{"5400", "", "#,##0"},
		{"12.345", "", "#,##0.000"},
		{"9999999999999.99", "", "#,##0.00;[Red]-#,##0.00"},
		{"12345678901234.56", "inlineStr", "@"},
		{"", "", ""},
	} {
		c := d.at(t, "Cleared", "tblCleared", "amount", i)
		format, _ := d.style(t, c)
		if c.value != want.value || c.kind != want.kind || want.format != "" && format != want.format {
			t.Errorf("row %d: %q %q %q, want %+v", i, c.value, c.kind, format, want)
		}
	}
	if !strings.Contains(d.xml("Summary"), "more than 15 digits") {
		t.Error("Summary does not say that an amount is text")
	}
}

// TestTextCells proves XLS-02: ids and codes stay text with format @.
func TestTextCells(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	for column, want := range map[string]string{
		"request_id": "7000000000000000000001", "reference": "0042", "order_no": "1E10", "invoice_no": "3-4", "last4": "0042", "auth_code": "007E12",
	} {
		c := d.at(t, "Data", "tblData", column, 0)
		format, _ := d.style(t, c)
		if c.value != want || c.kind != "inlineStr" || format != "@" {
			t.Errorf("%s: %+v with format %q", column, c, format)
		}
	}
}

// TestDates proves XLS-03: true dates and local times of the 1900 system.
func TestDates(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	c := d.at(t, "Data", "tblData", "date", 0)
	if format, _ := d.style(t, c); c.value != "46294" || c.kind != "" || format != "yyyy-mm-dd" {
		t.Errorf("2026-09-29 is %+v with %q", c, format)
	}
	c = d.at(t, "Data", "tblData", "event time (America/New_York)", 0)
	if format, _ := d.style(t, c); !strings.HasPrefix(c.value, "46295.67291666") || format != "yyyy-mm-dd hh:mm:ss" {
		t.Errorf("2026-09-30 20:09 UTC is %+v with %q", c, format)
	}
	if strings.Contains(d.parts["xl/workbook.xml"], `date1904="1"`) || strings.Contains(d.parts["xl/workbook.xml"], `date1904="true"`) {
		t.Error("the workbook uses the 1904 date system")
	}
}

// TestInert proves XLS-04: text from outside is a string cell with quotePrefix
// where it begins like a formula, without control characters, cut with a mark.
func TestInert(t *testing.T) {
	long := strings.Repeat("x", 40_000)
	for _, c := range []struct {
		in, out string
		quoted  bool
	}{
		{"=1+1", "=1+1", true},
		{"+1", "+1", true},
		{"-1", "-1", true},
		{"@SUM(A1)", "@SUM(A1)", true},
		{"\t=1", "\t=1", true},
		{"\n=1", "\n=1", true},
		{"\r=1", "=1", true},
		{"\uFF1D1+1", "\uFF1D1+1", true},
		{"\uFF0B1", "\uFF0B1", true},
		{"\uFF0D1", "\uFF0D1", true},
		{"\uFF20A", "\uFF20A", true},
		{"a\x00b\x1Fc", "abc", false},
		{"x\uFFFEy\uFFFF", "xy", false},
		{"\xFFbad", "\uFFFDbad", false},
		{"plain", "plain", false},
		{long, long[:reports.MaxText-len(reports.CutMark)] + reports.CutMark, false},
		{strings.Repeat("\U0001F600", 20_000), "", false},
	} {
		n := smallNight(t)
		n.Cleared = []reports.ClearedItem{{ID: c.in}}
		d := draw(t, n, Options{})
		cell := d.at(t, "Cleared", "tblCleared", "exception_id", 0)
		_, style := d.style(t, cell)
		if cell.kind != "inlineStr" || cell.formula != "" || style.quoted != c.quoted || c.out != "" && cell.value != c.out {
			t.Errorf("%.20q: %.40q kind %s formula %q quoted %v", c.in, cell.value, cell.kind, cell.formula, style.quoted)
		}
		if units := len(utf16.Encode([]rune(cell.value))); units > reports.MaxText {
			t.Errorf("%.20q: %d units in a cell", c.in, units)
		}
	}
}

// TestNoOutsideTextInFormulas proves S12: every formula is ours whatever the rows hold.
func TestNoOutsideTextInFormulas(t *testing.T) {
	n := smallNight(t)
	n.Company, n.RunID, n.Status = hostile, hostile, hostile
	for sheet, cells := range draw(t, n, Options{}).sheets {
		for ref, c := range cells {
			if strings.Contains(c.formula, "cmd") || strings.Contains(c.formula, "HYPERLINK") || strings.Contains(c.formula, "7000") {
				t.Errorf("%s!%s: formula %q", sheet, ref, c.formula)
			}
		}
	}
}

// TestTablesPanesNames proves XLS-05.
func TestTablesPanesNames(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	for _, name := range []string{
		"tblExceptions", "tblMatched", "tblIgnored", "tblJournal", "tblData", "tblTieOut", "tblCleared", "tblRollForward", "tblBatches",
		"tblSuspense", "tblAging", "tblAgingUSD", "tblAgingJPY", "tblReasons", "tblResult", "tblTop", "tblSources", "tblDispositions", "tblOwners",
	} {
		head, last, _ := d.tableOf(t, name)
		if last <= head {
			t.Errorf("%s: heading in %d, last row %d", name, head, last)
		}
	}
	for _, sheet := range d.order {
		parts := strings.Count(d.xml(sheet), "<tablePart ")
		rels := strings.Count(d.parts["xl/worksheets/_rels/"+strings.TrimPrefix(d.path[sheet], "xl/worksheets/")+".rels"], "relationships/table\"")
		if parts == 0 || parts != rels {
			t.Errorf("%s names %d tables and has %d", sheet, parts, rels)
		}
	}
	for _, sheet := range []string{"Exceptions", "Matched", "Ignored", "Journal", "Data", "TieOut", "Cleared"} {
		if !strings.Contains(d.xml(sheet), `state="frozen"`) {
			t.Errorf("%s has no frozen panes", sheet)
		}
	}
	for _, name := range []string{"AsOf", "DateFrom", "DateTo", "RunID", "BaseCurrency", "TieDifference", "lstDispositions", "lstOwners"} {
		if !strings.Contains(d.parts["xl/workbook.xml"], `name="`+name+`"`) {
			t.Errorf("no name %s", name)
		}
	}
}

// TestTablesMatchTheirHeadings: Excel repairs a table whose columns are not what its heading cells say.
func TestTablesMatchTheirHeadings(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	for _, sheet := range d.order {
		rels := d.parts["xl/worksheets/_rels/"+strings.TrimPrefix(d.path[sheet], "xl/worksheets/")+".rels"]
		for _, m := range regexp.MustCompile(`\.\./tables/(table\d+)\.xml`).FindAllStringSubmatch(rels, -1) {
			name := regexp.MustCompile(` name="(tbl\w+)"`).FindStringSubmatch(d.parts["xl/tables/"+m[1]+".xml"])[1]
			head, _, columns := d.tableOf(t, name)
			for i, want := range columns {
				if got := d.sheets[sheet][at(i+1, head)].value; got != want {
					t.Errorf("%s column %d of %s: heading %q, table %q", sheet, i+1, name, got, want)
				}
			}
			if unique := slices.Compact(slices.Sorted(slices.Values(columns))); len(unique) != len(columns) {
				t.Errorf("%s repeats a heading: %v", name, columns)
			}
		}
	}
}

// TestFormulas proves XLS-06: every formula has its cached value, and the workbook is recalculated on load.
func TestFormulas(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	formulas := 0
	for sheet, cells := range d.sheets {
		for ref, c := range cells {
			if c.formula == "" {
				continue
			}
			formulas++
			emptyAge := sheet == "Exceptions" && strings.HasPrefix(c.formula, "IF(P")
			if c.value == "" && !emptyAge {
				t.Errorf("%s!%s = %s has no cached value", sheet, ref, c.formula)
			}
		}
	}
	if formulas < 100 {
		t.Errorf("only %d formulas", formulas)
	}
	if !strings.Contains(d.parts["xl/workbook.xml"], `fullCalcOnLoad="true"`) {
		t.Error("no full recalculation on load")
	}
	c := d.at(t, "Summary", "tblReasons", "amount", 1)
	if c.formula != "ROUND(SUMIFS(tblExceptions[amount],tblExceptions[reason],$A"+row(d, t, "tblReasons", 1)+",tblExceptions[currency],$D"+row(d, t, "tblReasons", 1)+"),2)" || c.value != "66.6" {
		t.Errorf("amount of NO_ORDER: %+v", c)
	}
	if s := d.at(t, "Summary", "tblReasons", "amount by service", 1); s.formula != "" || s.value != "66.6" {
		t.Errorf("the service's own value: %+v", s)
	}
}

func row(d drawn, t *testing.T, table string, n int) string {
	head, _, _ := d.tableOf(t, table)
	return fmt.Sprint(head + 1 + n)
}

// TestConditionalFormatsAndLists proves XLS-07 and XLS-08.
func TestConditionalFormatsAndLists(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	x := d.xml("Exceptions")
	for _, want := range []string{`=&#34;H&#34;`, `=&#34;61+&#34;`, `=&#34;&#34;)`} {
		if !strings.Contains(x, want) {
			t.Errorf("no conditional format with %s", want)
		}
	}
	if !strings.Contains(d.xml("Summary"), "TieDifference&lt;&gt;0") {
		t.Error("the banner has no conditional format")
	}
	lists := regexp.MustCompile(`<dataValidation [^>]*sqref="([A-Z]+\d+:[A-Z]+\d+)"[^>]*>.*?<formula1>(\w+)</formula1>`).FindAllStringSubmatch(x, -1)
	if len(lists) != 3 || lists[0][2] != "lstDispositions" || lists[1][2] != "lstOwners" {
		t.Errorf("drop-downs: %v", lists)
	}
}

// TestLinks proves XLS-09: inside the workbook only, and no more than the limit.
func TestLinks(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	if !strings.Contains(d.xml("Summary"), `location="&#39;TieOut&#39;!A1"`) || !strings.Contains(d.xml("Exceptions"), `location="&#39;Data&#39;!A3"`) {
		t.Error("links are missing")
	}
	for name, content := range d.parts {
		if strings.Contains(content, `TargetMode="External"`) {
			t.Errorf("%s links outside", name)
		}
	}
	d = draw(t, smallNight(t), Options{maxLinks: 1})
	if links := strings.Count(d.xml("Exceptions"), "<hyperlink "); links != 1 {
		t.Errorf("%d links with a limit of 1", links)
	}
	if !strings.Contains(d.xml("Summary"), "without a link") {
		t.Error("Summary does not say that links stop")
	}
}

// TestCharts proves XLS-10: title, axis titles, alt text.
func TestCharts(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	for _, part := range []string{"xl/charts/chart1.xml", "xl/charts/chart2.xml"} {
		if strings.Count(d.parts[part], "<title>")+strings.Count(d.parts[part], "<c:title>") != 3 {
			t.Errorf("%s has not three titles", part)
		}
	}
	if drawing := d.parts["xl/drawings/drawing1.xml"]; strings.Count(drawing, `descr="`) < 2 {
		t.Error("a chart has no alt text")
	}
	if !strings.Contains(d.parts["xl/charts/chart1.xml"], `grouping val="stacked"`) {
		t.Error("the aging chart is not stacked")
	}
}

// TestProtection proves XLS-11: locked without password, the four columns open and tinted, sorting, filtering and widths allowed.
func TestProtection(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	for _, sheet := range d.order {
		p := regexp.MustCompile(`<sheetProtection [^>]*>`).FindString(d.xml(sheet))
		if !strings.Contains(p, `sheet="true"`) || strings.Contains(p, "password") || strings.Contains(p, "hashValue") {
			t.Errorf("%s: protection %q", sheet, p)
		}
		for _, allowed := range []string{"autoFilter", "sort", "formatColumns"} {
			if !strings.Contains(p, allowed+`="false"`) && !strings.Contains(p, allowed+`="0"`) {
				t.Errorf("%s: %s is not allowed by %q", sheet, allowed, p)
			}
		}
	}
	for _, column := range []string{colDisposition, colRef, colAssigned, colNote} {
		if _, style := d.style(t, d.at(t, "Exceptions", "tblExceptions", column, 1)); style.locked {
			t.Errorf("%s is locked", column)
		}
	}
	if _, style := d.style(t, d.at(t, "Exceptions", "tblExceptions", "amount", 1)); !style.locked {
		t.Error("amount is open")
	}
}

// TestPrint proves XLS-12.
func TestPrint(t *testing.T) {
	n := smallNight(t)
	n.RunID = "run & co"
	d := draw(t, n, Options{Paper: Letter})
	for _, sheet := range d.order {
		x := d.xml(sheet)
		for _, want := range []string{`orientation="landscape"`, `fitToWidth="1"`, `fitToHeight="0"`, `paperSize="1"`, "&amp;F", "&amp;A", "Page &amp;P of &amp;N", "run &amp;&amp; co", `fitToPage="true"`} {
			if !strings.Contains(x, want) {
				t.Errorf("%s lacks %s", sheet, want)
			}
		}
		if !strings.Contains(d.parts["xl/workbook.xml"], `_xlnm.Print_Area">&#39;`+sheet+`&#39;!`) {
			t.Errorf("%s has no print area", sheet)
		}
	}
	for _, sheet := range []string{"Exceptions", "Matched", "Ignored", "Journal", "Data", "TieOut", "Cleared"} {
		if !strings.Contains(d.parts["xl/workbook.xml"], `_xlnm.Print_Titles">&#39;`+sheet+`&#39;!`) {
			t.Errorf("%s repeats no heading", sheet)
		}
	}
	if !strings.Contains(draw(t, n, Options{}).xml("Data"), `paperSize="9"`) {
		t.Error("A4 is not the default")
	}
}

// TestAccessible proves XLS-13.
func TestAccessible(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	core := d.parts["docProps/core.xml"]
	if !strings.Contains(core, "<dc:title>Card settlement reconciliation, ACME_US<") || !strings.Contains(core, "<dc:language>en-US<") {
		t.Errorf("title or language missing: %s", core)
	}
	for _, sheet := range d.order {
		if strings.Contains(d.xml(sheet), "<mergeCell") {
			t.Errorf("%s has merged cells", sheet)
		}
		if d.sheets[sheet]["A1"].value == "" {
			t.Errorf("%s: A1 is empty", sheet)
		}
		if hidden := strings.Count(d.xml(sheet), `hidden="`); hidden != 0 && (sheet != "Exceptions" || hidden != 1) {
			t.Errorf("%s hides something", sheet)
		}
	}
	if d.sheets["Data"]["A1"].value != "row_key" {
		t.Error("Data does not start at A1")
	}
}

// TestContrast proves the 4.5:1 of XLS-13 for every pair of text and fill in use.
func TestContrast(t *testing.T) {
	for _, pair := range [][2]string{
		{ink, white},
		{ink, bandFill},
		{muted, white},
		{white, headFill},
		{headFill, white},
		{ink, editFill},
		{goodText, goodFill},
		{badText, badFill},
		{warnText, warnFill},
		{linkText, white},
		{faint, white},
	} {
		if c := contrast(pair[0], pair[1]); c < 4.5 {
			t.Errorf("%s on %s: %.2f", pair[0], pair[1], c)
		}
	}
}

// TestSplit proves XLS-14: sheets go on in parts and the tie-out sums all of them.
func TestSplit(t *testing.T) {
	d := draw(t, smallNight(t), Options{partRows: 2})
	want := []string{"Matched", "Matched (2)", "Ignored", "Journal", "Journal (2)", "Journal (3)", "RollForward", "Cleared", "Data", "Data (2)", "Data (3)", "Lists", "About"}
	if got := d.order[4:]; !slices.Equal(got, want) {
		t.Fatalf("sheets %v", got)
	}
	b := d.at(t, "TieOut", "tblTieOut", "USD", 1)
	for _, part := range []string{"tblData[amount]", "tblData2[amount]", "tblData3[amount]"} {
		if !strings.Contains(b.formula, part) {
			t.Errorf("B = %s leaves out %s", b.formula, part)
		}
	}
	if head, last, _ := d.tableOf(t, "tblData3"); head != 1 || last != 3 {
		t.Errorf("tblData3 stands in %d to %d", head, last)
	}
}

// TestListTooLong: a work list that is longer than a sheet says so, and its checks are not 0.
func TestListTooLong(t *testing.T) {
	d := draw(t, smallNight(t), Options{listRows: 2})
	if !strings.Contains(d.xml("Summary"), "Exceptions lists the first 2 of 4 open exceptions") {
		t.Error("Summary does not say that the list is cut")
	}
	if head, last, _ := d.tableOf(t, "tblExceptions"); last-head != 2 {
		t.Errorf("%d rows", last-head)
	}
}

// TestDetailElsewhere proves XLS-14: too much detail is left out with a sentence, or goes to a second workbook.
func TestDetailElsewhere(t *testing.T) {
	n, o := smallNight(t), Options{MaxDetailRows: 5, DataName: "acme_data.xlsx"}
	if !NeedsData(n, o) || NeedsData(n, Options{}) {
		t.Error("NeedsData is wrong")
	}
	d := draw(t, n, o)
	for _, sheet := range []string{"Data", "Matched", "Ignored", "Summary"} {
		if !strings.Contains(d.xml(sheet), "it is in the workbook acme_data.xlsx") {
			t.Errorf("%s does not say where the detail is", sheet)
		}
	}
	if b := d.at(t, "TieOut", "tblTieOut", "USD", 1); b.formula != "" || b.value != "186.6" {
		t.Errorf("B without detail: %+v", b)
	}
	if strings.Contains(d.xml("Exceptions"), "<hyperlink ") {
		t.Error("Exceptions links to rows that are not here")
	}
	var out bytes.Buffer
	if err := WriteData(&out, n, o); err != nil {
		t.Fatal(err)
	}
	data := takeApart(t, out.Bytes())
	if !slices.Equal(data.order, []string{"Matched", "Ignored", "Data", "About"}) {
		t.Errorf("sheets of the data workbook: %v", data.order)
	}
	if _, last, _ := data.tableOf(t, "tblData"); last != 7 {
		t.Errorf("Data of the data workbook ends in row %d", last)
	}
}

// TestExceptionsOnly: matched and ignored rows stay away, totals do not change.
func TestExceptionsOnly(t *testing.T) {
	d := draw(t, smallNight(t), Options{ExceptionsOnly: true})
	if _, last, _ := d.tableOf(t, "tblData"); last != 3 {
		t.Errorf("Data ends in row %d", last)
	}
	if b := d.at(t, "TieOut", "tblTieOut", "USD", 1); b.value != "186.6" {
		t.Errorf("B: %+v", b)
	}
}

// TestSameBytes proves XLS-15.
func TestSameBytes(t *testing.T) {
	first := draw(t, smallNight(t), Options{})
	for range 5 {
		if again := draw(t, smallNight(t), Options{}); !bytes.Equal(first.raw, again.raw) {
			for name, content := range first.parts {
				if again.parts[name] != content {
					t.Errorf("%s differs between two workbooks of the same night", name)
				}
			}
			t.Fatal("two workbooks of the same night differ")
		}
	}
	if again := draw(t, smallNight(t), Options{keep: 1}); !maps.Equal(first.parts, again.parts) {
		t.Error("parts that are handed over one by one differ from those that are kept")
	}
	z, err := zip.NewReader(bytes.NewReader(first.raw), int64(len(first.raw)))
	if err != nil {
		t.Fatal(err)
	}
	if z.File[0].Name != "[Content_Types].xml" {
		t.Errorf("first part is %s", z.File[0].Name)
	}
	for i, f := range z.File {
		if f.ModifiedDate != 0 || f.ModifiedTime != 0 {
			t.Errorf("%s has a time", f.Name)
		}
		if i > 1 && f.Name < z.File[i-1].Name {
			t.Errorf("%s is not in order", f.Name)
		}
	}
	if core := first.parts["docProps/core.xml"]; strings.Count(core, "2026-10-02T00:00:00Z") != 2 {
		t.Errorf("created and modified are not the as-of date: %s", core)
	}
}

// TestMask proves the hook of XLS-16: text is looked at, request ids are not.
func TestMask(t *testing.T) {
	d := draw(t, smallNight(t), Options{Mask: func(column, text string) string {
		if column == "request_id" || column == "parent_id" {
			t.Errorf("%s was shown to the mask", column)
		}
		return strings.ReplaceAll(text, "cmd", "***")
	}})
	for name, content := range d.parts {
		if strings.Contains(content, "cmd") {
			t.Errorf("%s holds masked text", name)
		}
	}
	if c := d.at(t, "Data", "tblData", "request_id", 1); c.value != "7000000000000000000002" {
		t.Errorf("request id %+v", c)
	}
}

// TestName proves XLS-17.
func TestName(t *testing.T) {
	from, to, asof := day(t, "2026-09-29"), day(t, "2026-10-01"), day(t, "2026-10-02")
	if got := Name("ACME_US", "exceptions", from, to, asof, 1); got != "acme_us_exceptions_2026-09-29_2026-10-01_2026-10-02_r1.xlsx" {
		t.Error(got)
	}
	if got := Name("Ä/B C", "data", from, to, asof, 2); got != "__b_c_data_2026-09-29_2026-10-01_2026-10-02_r2.xlsx" {
		t.Error(got)
	}
}

// TestBanner proves 4.4 and XLS-18's figure: one unit anywhere and nothing ties.
func TestBanner(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	if c := d.sheets["Summary"]["A4"]; c.value != "TIES" || c.formula != `IF(TieDifference=0,"TIES","DOES NOT TIE")` {
		t.Errorf("banner %+v", c)
	}
	n := smallNight(t)
	n.Currencies[1].FileDebits = money.New(5401, money.MustCurrency("JPY"))
	d = draw(t, n, Options{})
	if c := d.sheets["Summary"]["A4"]; c.value != "DOES NOT TIE" {
		t.Errorf("banner with a difference %+v", c)
	}
	if c := d.sheets["TieOut"]["C4"]; c.value != "2" {
		t.Errorf("TieDifference %+v, want 2: N and P", c)
	}
	if c := d.at(t, "Summary", "tblResult", "result", 0); c.value != "TIES" {
		t.Errorf("USD %+v", c)
	}
}

// TestAbsent: what was not provided says so and is never 0 (1.1).
func TestAbsent(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	if c := d.at(t, "TieOut", "tblTieOut", "USD", 0); c.value != "NOT PROVIDED" {
		t.Errorf("A of USD: %+v", c)
	}
	for _, sheet := range []string{"RollForward", "About", "Summary"} {
		if !strings.Contains(d.xml(sheet), "NOT PROVIDED") {
			t.Errorf("%s does not name what is absent", sheet)
		}
	}
}

// TestRowsMissing: a sequence that gives other rows than the run counts fails the workbook (INV-2).
func TestRowsMissing(t *testing.T) {
	n := smallNight(t)
	n.Counts[0].Matched++
	if err := Write(&bytes.Buffer{}, n, Options{}); err == nil || !strings.Contains(err.Error(), "matched 3 and 4") {
		t.Errorf("error %v", err)
	}
	n = smallNight(t)
	n.Rows = func(yield func(reports.Row, error) bool) { yield(reports.Row{}, bytes.ErrTooLarge) }
	if err := Write(&bytes.Buffer{}, n, Options{}); err == nil {
		t.Error("a failing sequence gave a workbook")
	}
}

// TestRowHash proves RT-02's hash: every locked value moves it, finance's own columns do not.
func TestRowHash(t *testing.T) {
	x := reports.ExceptionRow{ID: "1", Reason: recon.NoOrder, Amount: amount(t, "1.00", "USD")}
	same := x
	same.Note, same.Disposition = "seen", "ESCALATE"
	if x.RowHash() != same.RowHash() {
		t.Error("a note moves the hash")
	}
	other := x
	other.Amount = amount(t, "1.01", "USD")
	if x.RowHash() == other.RowHash() {
		t.Error("an amount does not move the hash")
	}
	moved := x
	moved.OrderNo, moved.InvoiceNo = "", "5"
	shifted := x
	shifted.OrderNo, shifted.InvoiceNo = "5", ""
	if moved.RowHash() == shifted.RowHash() {
		t.Error("a value in another column does not move the hash")
	}
}

// TestEmptyNight: no rows, no exceptions, no journal is a workbook all the same.
func TestEmptyNight(t *testing.T) {
	n := smallNight(t)
	n.Rows, n.Exceptions, n.Journal, n.Counts, n.Currencies = nil, nil, nil, nil, nil
	n.RollForward, n.Suspense, n.Batches, n.Cleared, n.Sources = nil, nil, nil, nil, nil
	d := draw(t, n, Options{})
	if !strings.Contains(d.xml("Exceptions"), "No open exceptions.") {
		t.Error("Exceptions does not say that it is empty")
	}
}

// TestAging proves the buckets of 3.5 against the cached figures.
func TestAging(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	if c := d.at(t, "Aging", "tblAgingUSD", "15-30", 2); c.value != "0" {
		t.Errorf("15-30 of NOT_CAPTURED %+v", c)
	}
	if c := d.at(t, "Aging", "tblAgingUSD", "31-60", 1); c.value != "20" || !strings.Contains(c.formula, `tblExceptions[age_days],">=31",tblExceptions[age_days],"<61"`) {
		t.Errorf("31-60 of NOT_CAPTURED %+v", c)
	}
	if c := d.at(t, "Exceptions", "tblExceptions", "age_days", 1); c.value != "31" || !strings.Contains(c.formula, "AsOf-P") {
		t.Errorf("age %+v", c)
	}
	if c := d.at(t, "Exceptions", "tblExceptions", "bucket", 1); c.value != "31-60" || !strings.Contains(c.formula, "LOOKUP(") {
		t.Errorf("bucket %+v", c)
	}
}

func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestTieOutLines holds the letters of 4.4 in their order, each with its live formula where the workbook has the figures.
func TestTieOutLines(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	head, last, _ := d.tableOf(t, "tblTieOut")
	var letters string
	for row := head + 1; row <= last; row++ {
		letters += d.sheets["TieOut"][at(1, row)].value
	}
	if letters != "ABCDEFGHIJKLMNOPQRS" {
		t.Errorf("letters %s", letters)
	}
	for _, c := range []struct{ meaning, formula, value string }{
		{"Rows read", `ROUND(SUMIFS(tblData[amount],tblData[currency],"USD",tblData[side],"event",tblData[counted],"YES"),2)`, "186.6"},
		{"Ignored", `ROUND(SUMIFS(tblIgnored[amount],tblIgnored[currency],"USD",tblIgnored[counted],"YES",tblIgnored[side],"event"),2)`, "0"},
		{"Matched", `ROUND(SUMIFS(tblMatched[amount],tblMatched[currency],"USD",tblMatched[side],"event"),2)`, "120"},
		{"Exceptions", `ROUND(SUMIFS(tblData[amount],tblData[currency],"USD",tblData[side],"event",tblData[counted],"YES",tblData[outcome],"EXCEPTION"),2)`, "66.6"},
		{"B - D - E - F: must be 0", "ROUND(C9-C11-C12-C13,2)", "0"},
		{"E + F - H: must be 0", "ROUND(C12+C13-C15,2)", "0"},
		{"E + F - J: must be 0", "ROUND(C12+C13-C20,2)", "0"},
		{"L - M: must be 0", "ROUND(C22-C23,2)", "0"},
		{"L - O: must be 0", "ROUND(C22-C25,2)", "0"},
		{"Closing suspense less list: must be 0", "ROUND(C27-C28,2)", "0"},
		{"Closing clearing less list: must be 0", "ROUND(C30-C31,2)", "0"},
		{"Rows in less rows out: must be 0", "ROUND(C33-C34-C35-C36,2)", "0"},
	} {
		if got := d.at(t, "TieOut", "tblTieOut", "USD", lineOf(t, d, c.meaning)); got.formula != c.formula || got.value != c.value {
			t.Errorf("%s: %q with %q, want %q with %q", c.meaning, got.formula, got.value, c.formula, c.value)
		}
	}
	sum := d.sheets["TieOut"]["C4"].formula
	for _, check := range []string{"ABS(C14)", "ABS(C16)", "ABS(C21)", "ABS(C24)", "ABS(C26)", "ABS(C29)", "ABS(C32)", "ABS(C37)", "ABS(F14)", "ABS(F37)"} {
		if !strings.Contains(sum, check) {
			t.Errorf("TieDifference leaves out %s: %s", check, sum)
		}
	}
}

// TestEveryCheckStops: one unit in any figure of a currency and TieDifference is not 0 (XLS-18's figure).
func TestEveryCheckStops(t *testing.T) {
	usd := money.MustCurrency("USD")
	for name, change := range map[string]func(*reports.TieOut){
		"rows read":        func(x *reports.TieOut) { x.RowsRead = money.New(x.RowsRead.Minor()+1, usd) },
		"ignored":          func(x *reports.TieOut) { x.Ignored = money.New(x.Ignored.Minor()+1, usd) },
		"matched":          func(x *reports.TieOut) { x.Matched = money.New(x.Matched.Minor()+1, usd) },
		"exceptions":       func(x *reports.TieOut) { x.Exceptions = money.New(x.Exceptions.Minor()-1, usd) },
		"clearing net":     func(x *reports.TieOut) { x.ClearingNet = money.New(x.ClearingNet.Minor()+1, usd) },
		"applied":          func(x *reports.TieOut) { x.Applied = money.New(x.Applied.Minor()+1, usd) },
		"suspended":        func(x *reports.TieOut) { x.Suspended = money.New(x.Suspended.Minor()-1, usd) },
		"write-off":        func(x *reports.TieOut) { x.WriteOff = money.New(x.WriteOff.Minor()+1, usd) },
		"file debits":      func(x *reports.TieOut) { x.FileDebits = money.New(x.FileDebits.Minor()+1, usd) },
		"file credits":     func(x *reports.TieOut) { x.FileCredits = money.New(x.FileCredits.Minor()+1, usd) },
		"journal debits":   func(x *reports.TieOut) { x.Debits = money.New(x.Debits.Minor()+1, usd) },
		"suspense closing": func(x *reports.TieOut) { x.SuspenseClosing = money.New(x.SuspenseClosing.Minor()+1, usd) },
		"suspense list":    func(x *reports.TieOut) { x.SuspenseList = money.New(x.SuspenseList.Minor()+1, usd) },
		"clearing closing": func(x *reports.TieOut) { x.ClearingClosing = money.New(x.ClearingClosing.Minor()+1, usd) },
		"unfunded list":    func(x *reports.TieOut) { x.UnfundedList = money.New(x.UnfundedList.Minor()+1, usd) },
		"a row":            func(x *reports.TieOut) { x.RowsIn++ },
	} {
		n := smallNight(t)
		change(&n.Currencies[0])
		if d := draw(t, n, Options{}); d.sheets["Summary"]["A4"].value != "DOES NOT TIE" {
			t.Errorf("%s: one unit more and the banner says %s", name, d.sheets["Summary"]["A4"].value)
		}
	}
}

// TestNoMixedTotal proves 4.2: a SUBTOTAL of what is shown for one currency, a SUMIFS line each for several.
func TestNoMixedTotal(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	want := map[string]string{}
	for _, c := range d.sheets["Exceptions"] {
		for _, code := range []string{"USD", "JPY"} {
			if c.formula == `SUMIFS(tblExceptions[amount],tblExceptions[currency],"`+code+`")` {
				want[code] = c.value
			}
		}
		if strings.HasPrefix(c.formula, "SUBTOTAL(109") {
			t.Errorf("a mixed total: %s", c.formula)
		}
	}
	if want["USD"] != "86.6" || want["JPY"] != "5400" {
		t.Errorf("totals by currency: %v", want)
	}
	n := smallNight(t)
	var usd []reports.ExceptionRow
	for e := range n.Exceptions {
		if e.Currency.String() == "USD" {
			usd = append(usd, e)
		}
	}
	n.Exceptions = reports.Each(usd)
	found := false
	for _, c := range draw(t, n, Options{}).sheets["Exceptions"] {
		found = found || c.formula == "SUBTOTAL(109,tblExceptions[amount])" && c.value == "86.6"
	}
	if !found {
		t.Error("one currency has no SUBTOTAL of the rows shown")
	}
}

// TestSummaryBlocks proves 4.1: title, range, as-of, run, counts by reason, top by amount, sign-off.
func TestSummaryBlocks(t *testing.T) {
	x := draw(t, smallNight(t), Options{}).xml("Summary")
	for _, want := range []string{
		"Card settlement reconciliation, ACME_US", "2026-09-29 to 2026-10-01", "as of 2026-10-02", "one-shot-0123456789ab", "Open exceptions by reason and currency",
		"The 10 largest of each currency", "Prepared by", "Reviewed by", "Comment", "Approvals on record",
	} {
		if !strings.Contains(x, want) {
			t.Errorf("Summary lacks %q", want)
		}
	}
}

// TestAbout proves 4.1 and 4.6: sources with size, hash, rows and control totals, absent ones, versions, zone, words.
func TestAbout(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	for column, want := range map[string]string{"source": "transactions.csv", "bytes": "900", "rows": "5", "sha256": strings.Repeat("ab", 32), "verdict": "PARTIAL"} {
		if c := d.at(t, "About", "tblSources", column, 0); c.value != want {
			t.Errorf("%s: %q", column, c.value)
		}
	}
	for i, want := range []string{"5400", "186.6"} {
		if c := d.at(t, "About", "tblSourceTotals", "total", i); c.value != want {
			t.Errorf("control total %d: %q", i, c.value)
		}
	}
	x := d.xml("About")
	for _, want := range []string{"funding report", "NOT PROVIDED", "tieout 1.0", "rules-1", "America/New_York", "not_a_number", "settlement date"} {
		if !strings.Contains(x, want) {
			t.Errorf("About lacks %q", want)
		}
	}
}

// TestWrappedRows: text that wraps gets the height that it needs.
func TestWrappedRows(t *testing.T) {
	n := smallNight(t)
	n.Exceptions = reports.Each([]reports.ExceptionRow{{ID: "x", Reason: recon.NoOrder, Evidence: strings.Repeat("why ", 40)}, {ID: "y", Reason: recon.WeakMatch}})
	x := draw(t, n, Options{}).xml("Exceptions")
	if high := regexp.MustCompile(`<row r="\d+" ht="(\d+)[^"]*" customHeight="1"><c r="A\d+"[^>]*><is><t>x</t>`).FindStringSubmatch(x); high == nil || high[1] < "60" {
		t.Errorf("height of a row with a long text: %v", high)
	}
}
