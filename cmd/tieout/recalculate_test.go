//go:build torture

package main

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"tieout/fixtures/scenario"
)

// XLS-06 and 4.4, by a spreadsheet program that is not ours: the cached value of
// every formula is taken away, LibreOffice calculates, and every result must be
// the value that was taken away; every check must be 0. TIEOUT_SEED,
// TIEOUT_SCENARIOS and TIEOUT_ROWS set first seed, number of grown scenarios and
// the length of the large workbook.
func TestWorkbookRecalculates(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Fatal("soffice was not found: this proof needs LibreOffice Calc in the PATH (Debian: libreoffice-calc)")
	}
	books := map[string]string{}
	out, _ := reconcile(t, 0, example(golden)...)
	books["worked-example"] = filepath.Join(out, "exceptions.xlsx")
	first, count := scenarios(t, 12)
	for seed := first; seed < first+count; seed++ {
		out, _ := reconcile(t, 0, withWorkbook(files(t, scenario.New(seed)))...)
		books[fmt.Sprintf("seed-%d", seed)] = filepath.Join(out, "exceptions.xlsx")
	}
	out, _ = reconcile(t, 0, withWorkbook(files(t, longScenario(longRows(t))))...)
	books["long"] = filepath.Join(out, "exceptions.xlsx")

	dir, args := t.TempDir(), []string{"-env:UserInstallation=file://" + t.TempDir(), "--headless", "--convert-to", "xlsx", "--outdir"}
	args = append(args, dir)
	for name, path := range books {
		bare := filepath.Join(t.TempDir(), name+".xlsx")
		takeValuesAway(t, path, bare)
		args = append(args, bare)
	}
	if text, err := exec.Command(office, args...).CombinedOutput(); err != nil {
		t.Fatalf("LibreOffice: %v\n%s", err, text)
	}
	for name, path := range books {
		t.Run(name, func(t *testing.T) { sameValues(t, readBook(t, path), readBook(t, filepath.Join(dir, name+".xlsx"))) })
	}
}

func withWorkbook(args []string) []string { return args[1:] } // files begins with --no-workbook

// sameValues holds every formula cell against what LibreOffice made of it.
func sameValues(t *testing.T, ours, theirs map[string]map[string]calcCell) {
	formulas, checks := 0, 0
	for sheet, cells := range ours {
		for ref, cell := range cells {
			if cell.formula == "" {
				continue
			}
			formulas++
			got := theirs[sheet][ref].value
			if !equalValues(cell.value, got) {
				t.Errorf("%s!%s = %s: cached %q, recalculated %q", sheet, ref, cell.formula, cell.value, got)
			}
			if cell.check {
				checks++
				if !equalValues("0", got) {
					t.Errorf("check %s!%s = %s is %q, not 0", sheet, ref, cell.formula, got)
				}
			}
		}
	}
	if formulas < 100 || checks < 10 {
		t.Errorf("only %d formulas and %d checks", formulas, checks)
	}
	t.Logf("%d formulas recalculated, %d checks are 0", formulas, checks)
}

func equalValues(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX != nil || errY != nil {
		return a == b
	}
	return math.Abs(x-y) <= 1e-9*max(1, math.Abs(x))
}

// takeValuesAway copies a workbook without the cached values of its formulas.
func takeValuesAway(t *testing.T, from, to string) {
	t.Helper()
	cached := regexp.MustCompile(`</f><v>[^<]*</v>`)
	in, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	file, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	out := zip.NewWriter(file)
	for _, part := range in.File {
		content := readPart(t, part)
		if strings.HasPrefix(part.Name, "xl/worksheets/sheet") {
			content = cached.ReplaceAll(content, []byte("</f>"))
		}
		w, err := out.Create(part.Name)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(out.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
}

func readPart(t *testing.T, part *zip.File) []byte {
	t.Helper()
	r, err := part.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// calcCell is a cell of a workbook with what a calculation cares for.
type calcCell struct {
	formula, value string
	check          bool // its format says CHECK or ok
}

// readBook reads the cells of all sheets that have a formula or a value.
func readBook(t *testing.T, path string) map[string]map[string]calcCell {
	t.Helper()
	in, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	parts := map[string]*zip.File{}
	for _, part := range in.File {
		parts[part.Name] = part
	}
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			Rel  string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var rels struct {
		Rel []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	decode(t, readPart(t, parts["xl/workbook.xml"]), &book)
	decode(t, readPart(t, parts["xl/_rels/workbook.xml.rels"]), &rels)
	checks := checkStyles(t, readPart(t, parts["xl/styles.xml"]))
	sheets := map[string]map[string]calcCell{}
	for _, s := range book.Sheets {
		for _, rel := range rels.Rel {
			if rel.ID == s.Rel {
				target := "xl/" + strings.TrimPrefix(strings.TrimPrefix(rel.Target, "/"), "xl/")
				sheets[s.Name] = calcCells(t, readPart(t, parts[target]), checks)
			}
		}
	}
	return sheets
}

func decode(t *testing.T, content []byte, into any) {
	t.Helper()
	if err := xml.Unmarshal(content, into); err != nil {
		t.Fatal(err)
	}
}

func calcCells(t *testing.T, content []byte, checks map[int]bool) map[string]calcCell {
	t.Helper()
	var sheet struct {
		Cells []struct {
			R string `xml:"r,attr"`
			S int    `xml:"s,attr"`
			F string `xml:"f"`
			V string `xml:"v"`
		} `xml:"sheetData>row>c"`
	}
	decode(t, content, &sheet)
	cells := map[string]calcCell{}
	for _, c := range sheet.Cells {
		if c.F != "" || c.V != "" {
			cells[c.R] = calcCell{c.F, c.V, checks[c.S]}
		}
	}
	return cells
}

// checkStyles are the styles whose number format says CHECK.
func checkStyles(t *testing.T, content []byte) map[int]bool {
	t.Helper()
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Xfs []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	decode(t, content, &styles)
	says := map[int]bool{}
	for _, f := range styles.Formats {
		says[f.ID] = strings.HasPrefix(f.Code, `"CHECK "`)
	}
	checks := map[int]bool{}
	for i, xf := range styles.Xfs {
		checks[i] = says[xf.Format]
	}
	return checks
}

func longRows(t *testing.T) int {
	t.Helper()
	text := os.Getenv("TIEOUT_ROWS")
	if text == "" {
		return 20_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("TIEOUT_ROWS: %v", err)
	}
	return n
}

// longScenario has so many captures; every tenth finds no invoice and every
// tenth another amount, in amounts that no binary fraction holds exactly.
func longScenario(rows int) scenario.Scenario {
	s := scenario.New(1)
	var txns, docs strings.Builder
	txns.WriteString("row_no,txn_id,parent_txn_id,merchant_id,batch_id,event_type,event_time,batch_time,currency,amount,cardholder_currency," +
		"cardholder_amount,card_brand,last4,auth_code,payment_method,merchant_ref,fee_code,mdd1_store\n")
	docs.WriteString("doc_id,doc_type,order_no,invoice_no,customer_no,doc_date,status,merchant_id,store,payment_method,currency,amount,goods,tax," +
		"shipping,surcharge,applied_prior,gateway_request_id,auth_code,last4\n")
	for i := 1; i <= rows; i++ {
		cents := 1 + i*37%9_999
		fmt.Fprintf(&txns, "%d,%022d,,acme_us,B1,CAPTURE,2026-09-29T15:00:00Z,2026-09-29T15:30:00Z,USD,%d.%02d,,,VISA,%04d,A%d,CARD,8%07d,,\n",
			i, 7_000_000_000_000+i, cents/100, cents%100, i%10_000, i, i)
		if i%10 == 1 {
			continue
		}
		if i%10 == 2 {
			cents += 7
		}
		fmt.Fprintf(&docs, "L%d,INVOICE,8%07d,,C1,2026-09-%02d,SHIPPED,acme_us,100,CARD,USD,%[4]d.%02[5]d,%[4]d.%02[5]d,0,0,0,0,,,\n",
			i, i, 1+i%28, cents/100, cents%100)
	}
	s.Transactions, s.Documents, s.History, s.Funding, s.Bank = [][]byte{[]byte(txns.String())}, [][]byte{[]byte(docs.String())}, nil, nil, nil
	s.Policy = []byte(longPolicy)
	return s
}

const longPolicy = `{"set": "long", "description": "many rows", "base_currency": "USD", "time_zone": "America/New_York",
 "date_from": "2026-09-29", "date_to": "2026-09-29", "as_of": "2026-10-02",
 "merchants": {"acme_us": {"store": "100", "revenue_model": "AR"}}, "ho_store": "000",
 "accounts": {"clearing": "1150", "cb_receivable": "1160", "reserve": "1170", "fx_clearing": "1190", "ar": "1200", "in_transit": "1015",
  "deposits": "2150", "unapplied": "2190", "unidentified": "2195", "tax": "2200", "sales": "4000", "returns": "4090", "freight": "4100",
  "surcharge": "4150", "small_diff": "6990", "fx_diff": "7200", "gl_suspense": "9999"}, "cash_accounts": {"USD": "1010"}}`
