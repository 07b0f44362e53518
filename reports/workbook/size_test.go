package workbook

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

// grow makes a night of so many rows, one in a hundred an exception, that streams.
func grow(t testing.TB, rows int) *reports.Night {
	n := smallNight(t)
	usd := money.MustCurrency("USD")
	row := func(i int) reports.Row {
		r := reports.Row{
			Key: fmt.Sprintf("T:%d", i), Side: reports.SideEvent, Type: "CAPTURE", Merchant: "acme_us", Store: "100", Batch: "B0929", File: "transactions.csv", Line: i + 2,
			RequestID: fmt.Sprintf("7%025d", i), ParentID: fmt.Sprintf("6%025d", i), Reference: fmt.Sprintf("ORD-%d", i), OrderNo: fmt.Sprint(i), InvoiceNo: fmt.Sprint(i),
			Occurred: recon.Instant(1_790_000_000_000_000 + int64(i)), Date: n.From, Posting: n.From, Currency: usd, Amount: money.New(int64(i), usd), Counted: true,
			Applied: money.New(int64(i), usd), Suspended: money.New(0, usd), WriteOff: money.New(0, usd), Verdict: recon.Matched, Pass: recon.ByReference, Kind: recon.One,
			Documents: []string{fmt.Sprintf("D%d", i)}, CardBrand: "VISA", Last4: "1111", AuthCode: "A10001", Method: "CARD", RowNo: fmt.Sprint(i),
		}
		if i%100 == 0 { // the rate of exceptions of a bad day
			r.Verdict, r.Reason, r.Applied, r.Suspended = recon.Exception, recon.NoOrder, money.New(0, usd), r.Amount
		}
		return r
	}
	n.Rows = func(yield func(reports.Row, error) bool) {
		for i := range rows {
			if !yield(row(i), nil) {
				return
			}
		}
	}
	n.Exceptions = func(yield func(reports.ExceptionRow, error) bool) {
		for i := 0; i < rows; i += 100 {
			r := row(i)
			x := reports.ExceptionRow{ID: r.Key, Status: "NEW", Reason: r.Reason, Side: r.Side, Merchant: r.Merchant, RequestID: r.RequestID, Type: r.Type, Origin: r.Date, Currency: usd, Amount: r.Amount, Suspended: r.Amount, DataKey: r.Key}
			if !yield(x, nil) {
				return
			}
		}
	}
	exceptions := (rows + 99) / 100
	n.Counts = []reports.Count{{Side: reports.SideEvent, Matched: rows - exceptions, Exceptions: exceptions}}
	return n
}

// TestStreams: a large night is written without its rows in memory, and every row arrives.
func TestStreams(t *testing.T) {
	const rows = 3000
	d := draw(t, grow(t, rows), Options{})
	if got := strings.Count(d.xml("Data"), "<row "); got != rows+1 {
		t.Errorf("%d rows in Data", got)
	}
	if got := strings.Count(d.xml("Exceptions"), "<hyperlink "); got != rows/100 {
		t.Errorf("%d links", got)
	}
}

// BenchmarkWrite measures a workbook of the default limit: 200,000 rows in Data
// within 150 MiB. The peak is that of the process.
func BenchmarkWrite(b *testing.B) {
	n := grow(b, DefaultDetailRows)
	for b.Loop() {
		if err := Write(io.Discard, n, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(peakMiB(b), "peak-MiB")
}

// peakMiB is the most memory that this process ever had resident, as Linux counts it.
func peakMiB(t testing.TB) float64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatalf("the peak is read from Linux: %v", err)
	}
	for line := range strings.Lines(string(status)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kib); err == nil {
			return kib / 1024
		}
	}
	t.Fatal("no VmHWM in /proc/self/status")
	return 0
}
