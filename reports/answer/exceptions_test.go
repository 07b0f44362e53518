package answer

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

func day(t *testing.T, text string) recon.Date {
	t.Helper()
	d, err := recon.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// written is exceptions.csv of these rows, a map from column to value for each.
func written(t *testing.T, asOf recon.Date, rows ...reports.ExceptionRow) []map[string]string {
	t.Helper()
	var out strings.Builder
	if err := WriteExceptions(&out, &reports.Night{AsOf: asOf, Exceptions: reports.Each(rows)}); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(records[0], reports.ExceptionColumns("UTC")) {
		t.Fatalf("columns %v", records[0])
	}
	var all []map[string]string
	for _, record := range records[1:] {
		cells := map[string]string{}
		for i, name := range records[0] {
			cells[name] = record[i]
		}
		all = append(all, cells)
	}
	return all
}

// TestExceptionsCSV: the columns of 4.2, text inert (XLS-04), numbers plain, ages by 3.5.
func TestExceptionsCSV(t *testing.T) {
	usd := money.MustCurrency("USD")
	asOf := day(t, "2026-10-02")
	got := written(t, asOf,
		reports.ExceptionRow{
			ID: "X1", Status: reports.StatusCarried, Reason: recon.CreditUnlinked, Side: reports.SideEvent, Reference: "=cmd|'/c calc'!A0", OrderNo: "0042",
			Origin: day(t, "2026-09-24"), Currency: usd, Amount: money.New(-3300, usd), Suggested: []string{"D1", "D2"}, Note: "@home, \"later\"",
		},
		reports.ExceptionRow{ID: "X2", Status: reports.StatusNew, Reason: recon.InvalidRow, Side: reports.SideEvent, Currency: usd},
		reports.ExceptionRow{ID: "X3", Reason: recon.NotCaptured, Side: reports.SideDoc, Origin: day(t, "2026-10-05")},
	)
	for _, c := range []struct {
		rule      string
		row       int
		name, out string
	}{
		{"a formula from outside gets an apostrophe", 0, "merchant_ref", "'=cmd|'/c calc'!A0"},
		{"so does what finance wrote", 0, "note", "'@home, \"later\""},
		{"a negative amount stays a number", 0, "amount", "-33.00"},
		{"leading zeros survive", 0, "order_no", "0042"},
		{"status as given", 0, "status", "CARRIED"},
		{"age from the origin date", 0, "age_days", "8"},
		{"bucket of the age", 0, "bucket", "8-14"},
		{"candidates", 0, "suggested match", "D1, D2"},
		{"an unreadable row has no amount, not 0.00", 1, "amount", ""},
		{"and no age, since the day of the run would be a wrong origin", 1, "age_days", ""},
		{"nor a bucket", 1, "bucket", ""},
		{"a date to come is a negative number, not text", 2, "age_days", "-3"},
		{"which is the youngest bucket", 2, "bucket", "0-3"},
	} {
		if v := got[c.row][c.name]; v != c.out {
			t.Errorf("%s: %s is %q, want %q", c.rule, c.name, v, c.out)
		}
	}
	if got[0]["row_hash"] == "" || got[0]["row_hash"] == got[1]["row_hash"] {
		t.Error("row_hash does not tell rows apart")
	}
}

// TestOrigin proves 3.5: an event ages from its settlement date, else from the local day on which it happened.
func TestOrigin(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	p := &recon.Policy{Zone: zone, AsOf: day(t, "2026-10-02"), Merchants: map[string]recon.Merchant{"acme_jp": {Zone: tokyo}}}
	late := recon.InstantOf(time.Date(2026, 9, 30, 2, 0, 0, 0, time.UTC)) // 22:00 of the 29th in New York, 11:00 of the 30th in Tokyo
	for _, c := range []struct {
		name string
		row  recon.Row
		want string
	}{
		{"settled", recon.Row{Settled: day(t, "2026-09-28"), Transaction: recon.Transaction{Occurred: late}}, "2026-09-28"},
		{"not settled: local day of the event", recon.Row{Transaction: recon.Transaction{Occurred: late}}, "2026-09-29"},
		{"not settled, merchant in a zone of its own", recon.Row{Transaction: recon.Transaction{Occurred: late, Merchant: "acme_jp"}}, "2026-09-30"},
		{"neither known: no origin", recon.Row{}, ""},
	} {
		if got := originOf(p, &c.row); got.String() != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestInTransitGrowsGrave proves 3.5: DEPOSIT_IN_TRANSIT is L, and H after three bank days.
func TestInTransitGrowsGrave(t *testing.T) {
	usd := money.MustCurrency("USD")
	for _, c := range []struct {
		asOf string
		want recon.Severity
	}{
		{"2026-10-01", "L"}, // Thursday, the day of the deposit
		{"2026-10-06", "L"}, // Tuesday: three bank days, a weekend between
		{"2026-10-07", "H"},
	} {
		d := recon.DepositOutcome{
			Deposit: recon.Deposit{ID: "F1", FundingDate: day(t, "2026-10-01"), Settled: money.New(100, usd)},
			Verdict: recon.Exception, Reason: recon.DepositInTransit,
		}
		e := depositException(&d, day(t, c.asOf), "")
		if got := e.SeverityOf(); got != c.want {
			t.Errorf("as of %s: severity %s, want %s", c.asOf, got, c.want)
		}
	}
}
