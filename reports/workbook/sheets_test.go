package workbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

// TestExceptionCells holds every column of 4.2 against the field that it shows,
// with the format of its kind: text for ids and codes (XLS-02), money by currency
// (XLS-01), true dates and local times (XLS-03).
func TestExceptionCells(t *testing.T) {
	n := smallNight(t)
	x := reports.ExceptionRow{
		ID: "X1", Status: reports.StatusReopened, Reason: recon.ChargebackOpen, Evidence: "seen", Side: reports.SideEvent, Merchant: "acme_us", Store: "0100",
		OrderNo: "1E10", InvoiceNo: "3-4", CustomerNo: "007", Reference: "00042", RequestID: "7000000000000000000099", ParentID: "7000000000000000000098", Type: "CHARGEBACK",
		Origin: day(t, "2026-09-20"), Occurred: recon.InstantOf(time.Date(2026, 9, 30, 20, 9, 0, 0, time.UTC)), Currency: money.MustCurrency("USD"), Amount: amount(t, "-75.00", "USD"), Applied: amount(t, "-70.00", "USD"),
		Suspended: amount(t, "-4.00", "USD"), Difference: amount(t, "-1.00", "USD"), CardBrand: "VISA", Last4: "0042", AuthCode: "007E12", Suggested: []string{"D1", "D2"},
		Due: day(t, "2026-10-07"), FirstSeen: day(t, "2026-09-21"), Owner: "Dana", Disposition: "REPRESENT", DispositionRef: "R1", AssignedTo: "Ali", Note: "see mail",
	}
	n.Exceptions = reports.Each([]reports.ExceptionRow{x})
	d := draw(t, n, Options{})
	const cents, date, text = "#,##0.00;[Red]-#,##0.00", "yyyy-mm-dd", "@"
	for _, want := range []struct{ column, value, format string }{
		{"exception_id", "X1", text},
		{"status", "REOPENED", ""},
		{"severity", "H", ""},
		{"reason", "CHARGEBACK_OPEN", ""},
		{"reason text", x.ReasonText(), ""},
		{"side", "event", ""},
		{"merchant_id", "acme_us", ""},
		{"store", "0100", text},
		{"order_no", "1E10", text},
		{"invoice_no", "3-4", text},
		{"customer_no", "007", text},
		{"merchant_ref", "00042", text},
		{"request_id", "7000000000000000000099", text},
		{"parent_id", "7000000000000000000098", text},
		{"event_type", "CHARGEBACK", ""},
		{"origin_date", "46285", date},
		{"event time (America/New_York)", "46295.6729166667", "yyyy-mm-dd hh:mm:ss"},
		{"currency", "USD", ""},
		{"amount", "-75", cents},
		{"applied", "-70", cents},
		{"suspended", "-4", cents},
		{"difference", "-1", cents},
		{"card_brand", "VISA", ""},
		{"last4", "0042", text},
		{"auth_code", "007E12", text},
		{"suggested match", "D1, D2", ""},
		{"suggested action", recon.ChargebackOpen.About().Action, ""},
		{"due_date", "46302", date},
		{"first_seen", "46286", date},
		{"age_days", "12", ""},
		{"bucket", "8-14", ""},
		{"owner", "Dana", ""},
		{"disposition", "REPRESENT", text},
		{"disposition_ref", "R1", text},
		{"assigned_to", "Ali", text},
		{"note", "see mail", text},
		{"row_hash", x.RowHash(), ""},
	} {
		c := d.at(t, "Exceptions", "tblExceptions", want.column, 0)
		format, _ := d.style(t, c)
		if c.value != want.value || want.format != "" && format != want.format {
			t.Errorf("%s: %q as %q, want %q as %q", want.column, c.value, format, want.value, want.format)
		}
	}
}

// TestData proves 4.1: one heading row, a row for every input row in their order,
// none of them blank, no formula and no total.
func TestData(t *testing.T) {
	n := smallNight(t)
	d := draw(t, n, Options{})
	head, last, _ := d.tableOf(t, "tblData")
	at0, rows := head+1, 0
	for row := range n.Rows {
		if got := d.sheets["Data"][at(1, at0+rows)].value; got != row.Key {
			t.Errorf("row %d of Data is %q, want %s", at0+rows, got, row.Key)
		}
		rows++
	}
	if head != 1 || last != head+rows {
		t.Errorf("Data has its heading in row %d and ends in row %d, want 1 and %d", head, last, 1+rows)
	}
	for ref, c := range d.sheets["Data"] {
		if c.formula != "" || rowOf(t, ref) > last {
			t.Errorf("%s of Data holds %+v", ref, c)
		}
	}
}

// TestJournalCells proves 4.1 and GL-07, GL-24: entry number, rule, sources, and
// the sides apart (GL-09).
func TestJournalCells(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	for column, want := range map[string]string{
		"entry_no": "TO26000001", "line_no": "1", "account": "1150-100", "side": "D", "debit": "186.6", "credit": "", "rule_id": "r1", "sources": "T:1 T:2", "class": "SETTLE",
	} {
		if c := d.at(t, "Journal", "tblJournal", column, 0); c.value != want {
			t.Errorf("%s: %q, want %q", column, c.value, want)
		}
	}
	if c := d.at(t, "Journal", "tblJournal", "credit", 1); c.value != "120" {
		t.Errorf("credit of the second line: %+v", c)
	}
}

// TestTop proves 4.1: the ten largest of a currency by absolute amount, and no more.
func TestTop(t *testing.T) {
	n := smallNight(t)
	var list []reports.ExceptionRow
	for i := range 14 {
		sign := int64(1 - 2*(i%2))
		list = append(list, reports.ExceptionRow{
			ID: fmt.Sprintf("X%02d", i), Reason: recon.NoOrder, Side: reports.SideEvent, Currency: money.MustCurrency("USD"), Amount: money.New(sign*int64(100*(i+1)), money.MustCurrency("USD")),
		})
	}
	n.Exceptions = reports.Each(list)
	d := draw(t, n, Options{})
	if head, last, _ := d.tableOf(t, "tblTop"); last-head != 10 {
		t.Errorf("%d lines", last-head)
	}
	for i, want := range []string{"X13", "X12", "X11"} {
		if c := d.at(t, "Summary", "tblTop", "exception_id", i); c.value != want {
			t.Errorf("rank %d is %s, want %s", i+1, c.value, want)
		}
	}
}

// TestLists proves 4.1 and 4.5: all reasons and the closed set of dispositions, and
// that the drop-downs of XLS-08 read exactly those cells.
func TestLists(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	column := func(table string) (all []string) {
		head, last, _ := d.tableOf(t, table)
		for row := head + 1; row <= last; row++ {
			all = append(all, d.sheets["Lists"][at(1, row)].value)
		}
		return all
	}
	want := strings.Fields("CONFIRM_MATCH MATCH_TO REFUND_REQUESTED RECAPTURE CORRECT_IN_ERP WRITE_OFF ACCEPT_LOSS REPRESENT RECLASS_TO TIMING_OK IGNORE_WITH_REASON ESCALATE")
	if got := column("tblDispositions"); !slices.Equal(got, want) {
		t.Errorf("dispositions %v", got)
	}
	var reasons []string
	for _, r := range recon.ExceptionReasons() {
		reasons = append(reasons, r.String())
	}
	if got := column("tblReasonCodes"); !slices.Equal(got, reasons) {
		t.Errorf("reasons %v", got)
	}
	if got := column("tblOwners"); !slices.Contains(got, "Dana") || !slices.Contains(got, "Treasury") {
		t.Errorf("owners %v", got)
	}
	for name, table := range map[string]string{"lstDispositions": "tblDispositions", "lstOwners": "tblOwners", "lstReasons": "tblReasonCodes"} {
		head, last, _ := d.tableOf(t, table)
		place := fmt.Sprintf("Lists&#39;!$A$%d:$A$%d", head+1, last)
		if m := regexp.MustCompile(`name="` + name + `"[^>]*>([^<]*)<`).FindStringSubmatch(d.parts["xl/workbook.xml"]); m == nil || !strings.HasSuffix(m[1], place) {
			t.Errorf("%s is %v, want %s", name, m, place)
		}
	}
}

// TestPanes proves XLS-05: panes freeze below the heading and right of the id
// column, and every table has filter buttons.
func TestPanes(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	for sheet, table := range map[string]string{"Exceptions": "tblExceptions", "Matched": "tblMatched", "Ignored": "tblIgnored", "Journal": "tblJournal", "Data": "tblData", "Cleared": "tblCleared"} {
		head, _, _ := d.tableOf(t, table)
		pane := regexp.MustCompile(`<pane [^>]*>`).FindString(d.xml(sheet))
		if !strings.Contains(pane, fmt.Sprintf(`ySplit="%d"`, head)) || !strings.Contains(pane, `xSplit="1"`) || !strings.Contains(pane, fmt.Sprintf(`topLeftCell="B%d"`, head+1)) {
			t.Errorf("%s: heading in row %d, pane %s", sheet, head, pane)
		}
	}
	for name, content := range d.parts {
		if strings.HasPrefix(name, "xl/tables/") && !strings.Contains(content, "<autoFilter ref=") {
			t.Errorf("%s has no filter", name)
		}
	}
}

// TestControlTotal proves 4.4: where the source gives a total, A shows it and C is
// A less B; elsewhere both say NOT PROVIDED (TestAbsent).
func TestControlTotal(t *testing.T) {
	d := draw(t, smallNight(t), Options{})
	a, c := d.at(t, "TieOut", "tblTieOut", "JPY", 0), d.at(t, "TieOut", "tblTieOut", "JPY", 2)
	if a.value != "5400" || c.value != "0" || !strings.Contains(c.formula, "ISNUMBER(") {
		t.Errorf("A %+v, C %+v", a, c)
	}
}

// TestLimits proves XLS-14: the usual limits, and names that Excel takes.
func TestLimits(t *testing.T) {
	if DefaultDetailRows != 200_000 {
		t.Errorf("detail is left out beyond %d rows", DefaultDetailRows)
	}
	if o := (Options{}).withDefaults(); o.partRows != 1_000_000 || o.maxLinks != 60_000 {
		t.Errorf("a sheet takes %d rows and %d links", o.partRows, o.maxLinks)
	}
	for _, sheet := range draw(t, smallNight(t), Options{partRows: 2}).order {
		if len(sheet) > 31 || strings.ContainsAny(sheet, `\/?*:[]`) {
			t.Errorf("sheet name %q", sheet)
		}
	}
}
