package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

func amount(t testing.TB, text, currency string) money.Amount {
	t.Helper()
	a, err := money.Parse(text, money.MustCurrency(currency))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func day(t testing.TB, text string) recon.Date {
	t.Helper()
	d, err := recon.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const hostile = "=cmd|'/c calc'!A0"

// smallNight is a made-up night in two currencies that ties out: three matched rows,
// four exceptions, one ignored row, a journal and one source that was not provided.
func smallNight(t testing.TB) *reports.Night {
	t.Helper()
	usd := func(s string) money.Amount { return amount(t, s, "USD") }
	jpy := func(s string) money.Amount { return amount(t, s, "JPY") }
	d := func(s string) recon.Date { return day(t, s) }
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	occurred := recon.InstantOf(time.Date(2026, 9, 30, 20, 9, 0, 0, time.UTC))
	rows := []reports.Row{
		{Key: "T:1", Side: reports.SideEvent, Type: "CAPTURE", Merchant: "acme_us", RequestID: "7000000000000000000001", Reference: "0042", OrderNo: "1E10", InvoiceNo: "3-4", Last4: "0042", AuthCode: "007E12", Date: d("2026-09-29"), Posting: d("2026-09-29"), Occurred: occurred, Currency: usd("0").Currency(), Amount: usd("120.00"), Counted: true, Applied: usd("120.00"), Suspended: usd("0.00"), WriteOff: usd("0.00"), Verdict: recon.Matched, Pass: recon.ByReference, Kind: recon.One, Documents: []string{"D01"}},
		{Key: "T:2", Side: reports.SideEvent, Type: "CAPTURE", Merchant: "acme_us", RequestID: "7000000000000000000002", Reference: hostile, Date: d("2026-09-30"), Currency: usd("0").Currency(), Amount: usd("66.60"), Counted: true, Applied: usd("0.00"), Suspended: usd("66.60"), WriteOff: usd("0.00"), Verdict: recon.Exception, Reason: recon.NoOrder},
		{Key: "T:3", Side: reports.SideEvent, Type: "AUTH", Merchant: "acme_us", RequestID: "7000000000000000000003", Currency: usd("0").Currency(), Amount: usd("9.99"), Verdict: recon.Ignored, Reason: recon.NonFinancial},
		{Key: "T:4", Side: reports.SideEvent, Type: "CAPTURE", Merchant: "acme_web", RequestID: "7000000000000000000004", Date: d("2026-09-29"), Currency: jpy("0").Currency(), Amount: jpy("5400"), Counted: true, Applied: jpy("5400"), Suspended: jpy("0"), WriteOff: jpy("0"), Verdict: recon.Matched, Pass: recon.ByCanonical, Kind: recon.One},
		{Key: "D:D01", Side: reports.SideDoc, Type: "INVOICE", OrderNo: "1E10", Date: d("2026-09-28"), Currency: usd("0").Currency(), Amount: usd("120.00"), Applied: usd("120.00"), Remaining: usd("0.00"), Verdict: recon.Matched, Kind: recon.Full},
		{Key: "D:D02", Side: reports.SideDoc, Type: "INVOICE", OrderNo: "104510", Date: d("2026-09-01"), Currency: usd("0").Currency(), Amount: usd("20.00"), Applied: usd("0.00"), Remaining: usd("20.00"), Verdict: recon.Exception, Reason: recon.NotCaptured},
	}
	exceptions := []reports.ExceptionRow{
		{ID: "00000000000000e1", Status: "NEW", Reason: recon.NoOrder, Side: reports.SideEvent, Merchant: "acme_us", Reference: hostile, RequestID: "7000000000000000000002", Type: "CAPTURE", Origin: d("2026-09-30"), Occurred: occurred, Currency: usd("0").Currency(), Amount: usd("66.60"), Suspended: usd("66.60"), Applied: usd("0.00"), Difference: usd("0.00"), Last4: "0042", FirstSeen: d("2026-10-02"), DataKey: "T:2", Disposition: "ESCALATE", Note: "+1 look again"},
		{ID: "00000000000000e2", Status: "CARRIED", Reason: recon.NotCaptured, Side: reports.SideDoc, OrderNo: "104510", Type: "INVOICE", Origin: d("2026-09-01"), Currency: usd("0").Currency(), Amount: usd("20.00"), Difference: usd("20.00"), FirstSeen: d("2026-09-04"), DataKey: "D:D02"},
		{ID: "00000000000000e3", Status: "CARRIED", Reason: recon.SettledNotFunded, Side: reports.SideBatch, Merchant: "acme_web", Origin: d("2026-09-29"), Currency: jpy("0").Currency(), Amount: jpy("5400"), FirstSeen: d("2026-10-01")},
		{ID: "00000000000000e4", Status: "NEW", Reason: recon.InvalidRow, Side: reports.SideEvent, Merchant: "acme_us"},
	}
	journal := []reports.JournalLine{
		{EntryNo: "TO26000001", Natural: "2026-09-29|acme_us|USD|SETTLE", Posting: d("2026-09-29"), Merchant: "acme_us", Class: "SETTLE", LineNo: 1, Account: "1150-100", Debit: true, Amount: usd("186.60"), Base: usd("186.60"), Rate: "1", Label: "CAPTURE", Rule: "r1", Sources: []string{"T:1", "T:2"}, Proof: reports.ProofClearing},
		{EntryNo: "TO26000001", Natural: "2026-09-29|acme_us|USD|SETTLE", Posting: d("2026-09-29"), Merchant: "acme_us", Class: "SETTLE", LineNo: 2, Account: "1200-100", Amount: usd("120.00"), Base: usd("120.00"), Rate: "1", Label: "CAPTURE", Rule: "r1", Sources: []string{"T:1"}},
		{EntryNo: "TO26000001", Natural: "2026-09-29|acme_us|USD|SETTLE", Posting: d("2026-09-29"), Merchant: "acme_us", Class: "SETTLE", LineNo: 3, Account: "2190-100", Amount: usd("66.60"), Base: usd("66.60"), Rate: "1", Label: "CAPTURE", Rule: "r2", Sources: []string{"T:2"}, Proof: reports.ProofSuspense},
		{EntryNo: "TO26000002", Natural: "2026-09-29|acme_web|JPY|SETTLE", Posting: d("2026-09-29"), Merchant: "acme_web", Class: "SETTLE", LineNo: 1, Account: "1150-200", Debit: true, Amount: jpy("5400"), Base: usd("36.18"), Rate: "0.0067", Label: "CAPTURE", Rule: "r1", Sources: []string{"T:4"}, Proof: reports.ProofClearing},
		{EntryNo: "TO26000002", Natural: "2026-09-29|acme_web|JPY|SETTLE", Posting: d("2026-09-29"), Merchant: "acme_web", Class: "SETTLE", LineNo: 2, Account: "4000-200", Amount: jpy("5400"), Base: usd("36.18"), Rate: "0.0067", Label: "CAPTURE", Rule: "r1", Sources: []string{"T:4"}},
	}
	return &reports.Night{
		Company: "ACME_US", From: d("2026-09-29"), To: d("2026-10-01"), AsOf: d("2026-10-02"), RunID: "one-shot-0123456789ab", Revision: 1,
		Zone: zone, Base: money.MustCurrency("USD"), Software: "tieout 1.0", RuleVersion: "rules-1", Status: "PLANNED",
		Currencies: []reports.TieOut{
			{Currency: money.MustCurrency("USD"), RowsRead: usd("186.60"), Ignored: usd("0.00"), Matched: usd("120.00"), Exceptions: usd("66.60"), ClearingNet: usd("186.60"), Applied: usd("120.00"), Suspended: usd("66.60"), WriteOff: usd("0.00"), FileDebits: usd("186.60"), FileCredits: usd("186.60"), Debits: usd("186.60"), Memo: usd("9.99"), SuspenseClosing: usd("66.60"), SuspenseList: usd("66.60"), ClearingClosing: usd("186.60"), UnfundedList: usd("186.60"), RowsIn: 3, RowsMatched: 1, RowsException: 1, RowsIgnored: 1},
			{Currency: money.MustCurrency("JPY"), ReportTotal: jpy("5400"), RowsRead: jpy("5400"), Ignored: jpy("0"), Matched: jpy("5400"), Exceptions: jpy("0"), ClearingNet: jpy("5400"), Applied: jpy("5400"), Suspended: jpy("0"), WriteOff: jpy("0"), FileDebits: jpy("5400"), FileCredits: jpy("5400"), Debits: jpy("5400"), SuspenseClosing: jpy("0"), SuspenseList: jpy("0"), ClearingClosing: jpy("5400"), UnfundedList: jpy("5400"), RowsIn: 1, RowsMatched: 1},
		},
		Counts: []reports.Count{{Side: reports.SideEvent, Matched: 2, Exceptions: 1, Ignored: 1}, {Side: reports.SideDoc, Matched: 1, Exceptions: 1}},
		Rows:   reports.Each(rows), Exceptions: reports.Each(exceptions), Journal: reports.Each(journal),
		RollForward: []reports.RollForward{
			{Account: "clearing", Currency: usd("0").Currency(), Period: "2026-09", Opening: usd("0.00"), Captures: usd("186.60"), Closing: usd("186.60")},
			{Account: "clearing", Currency: jpy("0").Currency(), Period: "2026-09", Opening: jpy("0"), Captures: jpy("5400"), Closing: jpy("5400")},
			{Account: "reserve", Currency: usd("0").Currency(), Period: "2026-09", Reserve: usd("5.00")},
			{Account: "clearing", Merchant: "acme_us", Currency: usd("0").Currency(), Period: "2026-09", Opening: usd("0.00"), Captures: usd("186.60"), Closing: usd("186.60")},
		},
		Suspense:    []reports.Suspense{{Account: "2190", Opening: usd("0.00"), Movement: usd("66.60"), Closing: usd("66.60"), List: usd("66.60"), Items: []string{"row:2"}}},
		Batches:     []reports.Batch{{Merchant: "acme_us", Settled: d("2026-09-29"), Net: usd("186.60"), Funded: usd("0.00"), Open: usd("186.60"), Status: "WITHIN_LAG"}, {Merchant: "acme_web", Settled: d("2026-09-29"), Net: jpy("5400"), Funded: jpy("0"), Open: jpy("5400"), Status: "EXCEPTION", Reason: recon.SettledNotFunded}},
		Cleared:     []reports.ClearedItem{{ID: "00000000000000c1", RequestID: "7000000000000000009008", From: recon.NoOrder, Amount: usd("66.00"), Documents: []string{"D39"}}},
		Sources:     []recon.FileReport{{File: "transactions.csv", SHA256: strings.Repeat("ab", 32), Kind: "neutral-transactions", Verdict: recon.FilePartial, Size: 900, Rows: recon.RowCounts{Total: 5, Accepted: 4, Quarantined: 1}, Totals: map[string]string{"USD": "186.60", "JPY": "5400"}, Findings: []recon.Finding{{Line: 6, Column: "amount", Code: "not_a_number", Message: "not a number"}}}},
		NotProvided: []string{"funding report", "bank statement"},
		Owners:      []string{"Dana"},
		Approvals:   []reports.Approval{{What: "release", Who: "dana", When: occurred}},
	}
}

// drawn is a workbook taken apart.
type drawn struct {
	raw    []byte
	parts  map[string]string
	order  []string
	sheets map[string]map[string]readCell
	path   map[string]string
}

type readCell struct {
	value, formula, kind string
	style                int
}

func draw(t testing.TB, n *reports.Night, o Options) drawn {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, n, o); err != nil {
		t.Fatal(err)
	}
	return takeApart(t, out.Bytes())
}

func takeApart(t testing.TB, raw []byte) drawn {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	d := drawn{raw: raw, parts: map[string]string{}, sheets: map[string]map[string]readCell{}, path: map[string]string{}}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		d.parts[f.Name] = string(content)
	}
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   int    `xml:"sheetId,attr"`
		} `xml:"sheets>sheet"`
	}
	parse(t, d.parts["xl/workbook.xml"], &book)
	for _, s := range book.Sheets {
		d.order = append(d.order, s.Name)
		d.path[s.Name] = fmt.Sprintf("xl/worksheets/sheet%d.xml", s.ID)
		d.sheets[s.Name] = readCells(t, d.parts[d.path[s.Name]])
	}
	return d
}

func parse(t testing.TB, text string, into any) {
	t.Helper()
	if err := xml.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

func readCells(t testing.TB, text string) map[string]readCell {
	t.Helper()
	var sheet struct {
		Cells []struct {
			R string  `xml:"r,attr"`
			S int     `xml:"s,attr"`
			T string  `xml:"t,attr"`
			F string  `xml:"f"`
			V string  `xml:"v"`
			I *string `xml:"is>t"`
		} `xml:"sheetData>row>c"`
	}
	parse(t, text, &sheet)
	cells := map[string]readCell{}
	for _, c := range sheet.Cells {
		value := c.V
		if c.I != nil {
			value = *c.I
		}
		cells[c.R] = readCell{value, c.F, c.T, c.S}
	}
	return cells
}

func (d drawn) xml(sheet string) string { return d.parts[d.path[sheet]] }

// tableOf is the range of a table, its heading row and its columns.
func (d drawn) tableOf(t testing.TB, name string) (head, last int, columns []string) {
	t.Helper()
	var tbl struct {
		Name    string `xml:"name,attr"`
		Ref     string `xml:"ref,attr"`
		Columns []struct {
			Name string `xml:"name,attr"`
		} `xml:"tableColumns>tableColumn"`
	}
	for path, content := range d.parts {
		if !strings.HasPrefix(path, "xl/tables/") || !strings.Contains(content, ` name="`+name+`"`) {
			continue
		}
		tbl.Columns = nil
		parse(t, content, &tbl)
		if tbl.Name != name {
			continue
		}
		from, to, _ := strings.Cut(tbl.Ref, ":")
		for _, c := range tbl.Columns {
			columns = append(columns, c.Name)
		}
		return rowOf(t, from), rowOf(t, to), columns
	}
	t.Fatalf("no table %s", name)
	return 0, 0, nil
}

func rowOf(t testing.TB, cell string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimLeft(cell, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// at is the cell of a table column in its n-th data row, 0 is the first.
func (d drawn) at(t testing.TB, sheet, table, column string, n int) readCell {
	t.Helper()
	head, _, columns := d.tableOf(t, table)
	col := slices.Index(columns, column)
	if col < 0 {
		t.Fatalf("%s has no column %s", table, column)
	}
	return d.sheets[sheet][at(col+1, head+1+n)]
}

// style tells format and attributes of a cell's style.
func (d drawn) style(t testing.TB, c readCell) (format string, xf xf) {
	t.Helper()
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Xfs []struct {
			Format     int  `xml:"numFmtId,attr"`
			Quote      bool `xml:"quotePrefix,attr"`
			Protection struct {
				Locked string `xml:"locked,attr"`
			} `xml:"protection"`
		} `xml:"cellXfs>xf"`
	}
	parse(t, d.parts["xl/styles.xml"], &styles)
	x := styles.Xfs[c.style]
	for _, f := range styles.Formats {
		if f.ID == x.Format {
			format = f.Code
		}
	}
	if format == "" {
		format = map[int]string{49: "@", 3: "#,##0", 4: "#,##0.00"}[x.Format]
	}
	return format, struct{ quoted, locked bool }{x.Quote, x.Protection.Locked != "0" && x.Protection.Locked != "false"}
}

type xf = struct{ quoted, locked bool }
