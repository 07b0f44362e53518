package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A night on a store that has grown asks for what its own rows need, so it costs
// what the night is worth and not what the company's past is. TIEOUT_POSTED_ROWS
// says how many rows are posted before it, TIEOUT_POSTED_DAYS over how many days;
// the log has time and allocations.
func TestNightOnAGrownStore(t *testing.T) {
	posted, days := fromEnvironment(t, "TIEOUT_POSTED_ROWS", 2000), fromEnvironment(t, "TIEOUT_POSTED_DAYS", 20)
	c := newCompany(t, "")
	c.put("reports/past.csv", salesReport("2026-09-01", days, posted, 0))
	c.put("erp/documents.csv", salesDocuments("2026-09-01", days, posted, 0))
	start := time.Now()
	c.night(0, "2026-09-01", "2026-09-20", "2026-09-21")
	t.Logf("%d rows posted in %s", posted, time.Since(start).Round(time.Millisecond))
	for night, day := range []string{"2026-09-21", "2026-09-22"} {
		c.put("reports/tonight.csv", salesReport(day, 1, 1000, posted+1000*night))
		c.put("erp/documents.csv", salesDocuments(day, 1, 1000, posted+1000*night))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start = time.Now()
		next := "2026-09-" + strconv.Itoa(22+night)
		got := c.night(0, day, day, next)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		t.Logf("night of 1000 rows: %s, %d MB in %d allocations", took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20, after.Mallocs-before.Mallocs)
		if got[0].Rows != 1000 || got[0].New != 10 {
			t.Errorf("%+v: want 1000 rows and 10 new exceptions\n%s", got[0], c.worklist(day, next))
		}
	}
	c.explains("TO26000001", "TO26000001-1", "D1", "7000000000000000000001")
}

// fromEnvironment is a number that a long proof may change.
func fromEnvironment(t *testing.T, name string, usual int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// explains logs what it costs to tell what became of something.
func (c companyFolder) explains(ids ...string) {
	c.t.Helper()
	for _, id := range ids {
		var stdout, stderr bytes.Buffer
		start := time.Now()
		if code := run(c.t.Context(), []string{"explain", "--config", filepath.Join(c.dir, "tieout.yaml"), id}, &stdout, &stderr); code != 0 {
			c.t.Fatalf("explain %s: exit code %d: %s", id, code, stderr.String())
		}
		c.t.Logf("explain %s: %s, %d bytes", id, time.Since(start).Round(time.Millisecond), stdout.Len())
	}
}

// salesReport has so many captures, numbered from first on, spread over days;
// one in a hundred has no order.
func salesReport(from string, days, rows, first int) string {
	var text strings.Builder
	text.WriteString(transactionReport())
	start, _ := time.Parse(time.DateOnly, from)
	for i := range rows {
		day := start.AddDate(0, 0, i*days/rows).Format(time.DateOnly)
		order := strconv.Itoa(first + i)
		if i%100 == 0 {
			order = "none" + order
		}
		fmt.Fprintf(&text, ",7%021d,,acme,B,CAPTURE,%sT15:00:00Z,%sT16:00:00Z,USD,%d.99,,,VISA,%04d,A%d,CARD,%s,,\n", first+i, day, day, (first+i)%90+1, (first+i)%10000, first+i, order)
	}
	return text.String()
}

// salesDocuments are the orders of a report of the same numbers.
func salesDocuments(from string, days, rows, first int) string {
	var text strings.Builder
	text.WriteString("doc_id,doc_type,order_no,invoice_no,customer_no,doc_date,status,merchant_id,store,payment_method,currency,amount,goods,tax,shipping,surcharge,applied_prior,request_id,auth_code,last4\n")
	start, _ := time.Parse(time.DateOnly, from)
	for i := range rows {
		if i%100 > 0 {
			day := start.AddDate(0, 0, i*days/rows).Format(time.DateOnly)
			amount := fmt.Sprintf("%d.99", (first+i)%90+1)
			fmt.Fprintf(&text, "D%d,ORDER,%d,,C1,%s,SHIPPED,acme,100,CARD,USD,%s,%s,0,0,0,,,,\n", first+i, first+i, day, amount, amount)
		}
	}
	return text.String()
}
