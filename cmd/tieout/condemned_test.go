package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// processorReport is a Payment Batch Detail Report of a merchant for the local
// days from one midnight to another; a row is as in [companyFolder.report].
func processorReport(merchant, name, from, to string, rows ...[4]string) string {
	text := fmt.Sprintf("%s,%s,PaymentBatchDetail,1.10,%sT04:00:00Z to %sT04:00:00Z,,,,,,,\n", merchant, name, from, to) +
		"batch_id,merchant_id,batch_date,request_id,merchant_ref_number,TransactionReferenceNumber,payment_type,currency,amount,ics_applications,status,transaction_date\n"
	for _, r := range rows {
		text += fmt.Sprintf("B,%s,%sT16:00:00Z,70000000000000000000%s,%s,,Visa,USD,%s,\"ics_bill,ics_auth\",BATCHED,%sT15:00:00Z\n", merchant, r[1], r[0], r[3], r[2], r[1])
	}
	return text
}

// newTwoMerchants is a company whose second merchant shows what is not held.
func newTwoMerchants(t *testing.T) companyFolder {
	t.Helper()
	c := newCompany(t, "")
	c.put("tieout.yaml", strings.Replace(fmt.Sprintf(nightConfig, ""), "revenue_model: AR}}", `revenue_model: AR}, other: {store: "200", revenue_model: AR}}`, 1))
	return c
}

// held are the holds of the only run of a night.
func (c companyFolder) held(wantCode int, from, to, asOf string) []string {
	c.t.Helper()
	runs := c.night(wantCode, from, to, asOf)
	if len(runs) != 1 {
		c.t.Fatalf("%d runs, want one", len(runs))
	}
	return runs[0].Holds
}

func wantHolds(t *testing.T, what string, holds []string, parts ...string) {
	t.Helper()
	if len(holds) != len(parts) {
		t.Fatalf("%s: held %q, want %d holds", what, holds, len(parts))
	}
	for i, part := range parts {
		if !strings.Contains(holds[i], part) {
			t.Fatalf("%s: held %q, want one that says %q", what, holds[i], part)
		}
	}
}

// Rulings on books, R8: a file of which nothing can be used does not stop the
// good ones beside it, but what it may have held is not released: the
// merchant-days of the window that it names, until a later file of the same
// merchant, report and window is accepted. The file is an INVALID_ROW of its own.
func TestCondemnedReportHoldsItsWindow(t *testing.T) {
	t.Parallel()
	c := newTwoMerchants(t)
	cut := strings.TrimSuffix(processorReport("acme", "Daily", "2026-09-29", "2026-09-30", [4]string{"02", "2026-09-29", "5.00", "9"}), "\n")
	c.put("reports/a.csv", processorReport("other", "Daily", "2026-09-29", "2026-09-30", [4]string{"01", "2026-09-29", "50.00", "9"}))
	c.put("reports/b.csv", cut)
	c.put("reports/c.csv", processorReport("acme", "Daily", "2026-09-30", "2026-10-01", [4]string{"03", "2026-09-30", "7.00", "9"}))
	c.put("reports/d.csv", processorReport("acme", "Extra", "2026-09-29", "2026-09-30", [4]string{"04", "2026-09-29", "3.00", "9"}))
	wantHolds(t, "first", c.held(exitMissing, "2026-09-29", "2026-09-30", "2026-10-01"), "b.csv")
	held := map[string]int64{"1150-200": 5000, "2190-200": -5000, "1150-100": 700, "2190-100": -700}
	c.wantBalances(held)
	list := read(t, filepath.Join(c.dir, "out", "acme_exceptions_2026-09-29_2026-09-30_2026-10-01_r1.csv"))
	if !strings.Contains(list, "INVALID_ROW") || !strings.Contains(list, "b.csv") {
		t.Errorf("the file is not on the work list:\n%s", list)
	}

	// The next window under the same name is another report.
	c.put("reports/b.csv", processorReport("acme", "Daily", "2026-10-01", "2026-10-02", [4]string{"05", "2026-10-01", "1.00", "9"}))
	wantHolds(t, "the next window", c.held(0, "2026-10-01", "2026-10-01", "2026-10-02"), "b.csv")
	held["1150-100"], held["2190-100"] = 800, -800
	c.wantBalances(held)

	c.put("reports/e.csv", cut+"\n")
	wantHolds(t, "the clean file", c.held(0, "2026-09-29", "2026-09-30", "2026-10-02"))
	c.wantBalances(map[string]int64{"1150-200": 5000, "2190-200": -5000, "1150-100": 1600, "2190-100": -1600})
}

// A file that does not say what it is holds every merchant: the days of its
// name, else the range of the run, until a file of its name brings such days.
func TestNoReportHoldsWhatItsNameSays(t *testing.T) {
	for _, x := range []struct {
		name, file string
		want       int64 // posted on the first night: acme 29, other 29, acme 30
	}{
		{"a name without a day holds the range", "report.csv", 0},
		{"a name with a day holds it, and the day before: reports are dated by their end", "report_20260929.csv", 700},
		{"a name with a day elsewhere holds that", "report-2026-08-10.csv", 700 + 5000 + 300},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := newTwoMerchants(t)
			c.put("reports/a.csv", processorReport("other", "Daily", "2026-09-29", "2026-09-30", [4]string{"01", "2026-09-29", "50.00", "9"}))
			c.put("reports/b.csv", processorReport("acme", "Daily", "2026-09-29", "2026-10-01", [4]string{"02", "2026-09-29", "3.00", "9"}, [4]string{"03", "2026-09-30", "7.00", "9"}))
			c.put("reports/"+x.file, "<html>gateway time-out</html>")
			wantHolds(t, "first", c.held(exitMissing, "2026-09-29", "2026-09-30", "2026-10-01"), x.file)
			if got := c.balances(); got["1150-100"]+got["1150-200"] != x.want {
				t.Fatalf("posted %v, want %d on clearing", got, x.want)
			}
		})
	}
	c := newTwoMerchants(t)
	c.put("reports/report.csv", "<html>gateway time-out</html>")
	c.held(exitMissing, "2026-09-29", "2026-09-29", "2026-09-30")
	c.report("report.csv", [4]string{"05", "2026-09-30", "1.00", "9"})
	wantHolds(t, "tomorrow's file of the same name", c.held(0, "2026-09-30", "2026-09-30", "2026-10-01"), "report.csv")
	c.report("report.csv", [4]string{"04", "2026-09-29", "1.00", "9"})
	wantHolds(t, "the file itself", c.held(0, "2026-09-29", "2026-09-29", "2026-10-01"))
}

// A row whose day cannot be read holds all days of its file, on every night.
func TestHoldOfAnUnreadableDayStays(t *testing.T) {
	c := newCompany(t, "")
	c.report("a.csv", [4]string{"01", "2026-09-29", "50.00", "9"}, [4]string{"02", "2026-09-30", "7.00", "9"}, [4]string{"03", "someday", "1.00", "9"})
	for _, day := range []string{"2026-09-29", "2026-09-30", "2026-10-01"} {
		wantHolds(t, day, c.held(0, day, day, "2026-10-02"), "")
		c.wantBalances(map[string]int64{})
	}
}

// A clean file ends the hold in the run that reads it.
func TestCleanFileEndsTheHoldAtOnce(t *testing.T) {
	c := newCompany(t, "")
	good := [][4]string{{"01", "2026-09-29", "50.00", "9"}, {"02", "2026-09-29", "1.00", "9"}}
	c.put("reports/a.csv", strings.Replace(transactionReport(good...), "7000000000000000000002", "", 1))
	if holds := c.held(0, "2026-09-29", "2026-09-29", "2026-09-30"); len(holds) == 0 {
		t.Fatal("nothing is held")
	}
	c.report("a.csv", good...)
	wantHolds(t, "the clean file", c.held(0, "2026-09-29", "2026-09-29", "2026-09-30"))
	c.wantBalances(map[string]int64{"1150-100": 5100, "2190-100": -5100})
}

// A condemned snapshot of the documents holds the range: what it does not say
// would be taken for missing.
func TestCondemnedDocumentsHold(t *testing.T) {
	c := newCompany(t, "")
	c.report("a.csv", [4]string{"01", "2026-09-29", "50.00", "1001"})
	c.put("erp/documents.csv", "<html>gateway time-out</html>")
	wantHolds(t, "first", c.held(exitMissing, "2026-09-29", "2026-09-29", "2026-09-30"), "documents.csv")
	c.wantBalances(map[string]int64{})
	c.documents([3]string{"1001", "2026-09-29", "50.00"})
	wantHolds(t, "second", c.held(0, "2026-09-29", "2026-09-29", "2026-09-30"))
	c.wantBalances(map[string]int64{"1150-100": 5000, "1200-100": -5000})
}

// An opening of which nothing can be used stops the run: what was open at
// cut-over would be forgotten for ever.
func TestCondemnedOpeningStopsTheRun(t *testing.T) {
	c := newCompany(t, "opening: opening.csv")
	c.put("opening.csv", "<html>gateway time-out</html>")
	c.report("a.csv", [4]string{"01", "2026-09-29", "50.00", "1001"})
	c.night(exitFailed, "2026-09-29", "2026-09-29", "2026-09-30")
	if _, err := os.Stat(filepath.Join(c.dir, "out")); err == nil {
		t.Error("results were handed out")
	}
}
