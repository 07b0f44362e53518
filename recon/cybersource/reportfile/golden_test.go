package reportfile

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tieout/ledger/money"
	"tieout/recon"
)

const goldenReports = "../../../fixtures/golden/reports"

// TestGolden reads a report of every type and form and compares everything
// that is read of it. TIEOUT_GOLDEN=write writes the answers.
func TestGolden(t *testing.T) {
	inputs, err := filepath.Glob(goldenReports + "/*/input.*")
	if err != nil || len(inputs) < 3 {
		t.Fatalf("%d inputs (%v)", len(inputs), err)
	}
	covered := map[Kind]bool{}
	for _, input := range inputs {
		t.Run(filepath.Base(filepath.Dir(input)), func(t *testing.T) {
			data, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			got, kind := goldenAnswer(data, filepath.Base(input))
			covered[kind] = true
			expected := filepath.Join(filepath.Dir(input), "expected.txt")
			if os.Getenv("TIEOUT_GOLDEN") == "write" {
				if err := os.WriteFile(expected, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(expected)
			if err != nil || string(want) != got {
				t.Errorf("%v; got\n%s\nwant\n%s", err, got, want)
			}
		})
	}
	for _, f := range formats() {
		if !covered[f.kind] {
			t.Errorf("no golden case for %s", f.kind)
		}
	}
}

func goldenAnswer(data []byte, name string) (string, Kind) {
	table := recon.NewTransactions(0, 0)
	report := Read(name, 0, bytes.NewReader(data), Options{}, table)
	var b strings.Builder
	writeReport(&b, &report)
	for i := range table.Len() {
		writeTransaction(&b, table.At(i))
	}
	if f, _ := formatOf(Kind(report.Kind)); f.control != nil {
		controls, report := ReadControls(name, bytes.NewReader(data), Options{})
		b.WriteString("\ncontrol totals: ")
		writeReport(&b, &report)
		for _, c := range controls {
			writeControl(&b, c)
		}
	}
	return b.String(), Kind(report.Kind)
}

func writeControl(b *strings.Builder, c Control) {
	fmt.Fprintf(b, "line %d %s count=%d merchant=%q", c.Line, c.Type, c.Count, c.Merchant)
	if c.Currency != 0 {
		fmt.Fprintf(b, " %s %s", moneyText(c.Amount, c.Currency), c.Currency)
	}
	if c.PaymentType != "" {
		fmt.Fprintf(b, " brand=%q", c.PaymentType)
	}
	b.WriteByte('\n')
}

func writeReport(b *strings.Builder, r *recon.FileReport) {
	fmt.Fprintf(b, "%s %s, %d rows: %d accepted, %d quarantined\n", r.Kind, r.Verdict, r.Rows.Total, r.Rows.Accepted, r.Rows.Quarantined)
	if r.Merchant+r.ReportName+r.Version+r.Window != "" {
		fmt.Fprintf(b, "merchant %q name %q version %q window %q\n", r.Merchant, r.ReportName, r.Version, r.Window)
	}
	for _, currency := range slices.Sorted(maps.Keys(r.Totals)) {
		fmt.Fprintf(b, "total %s %s\n", currency, r.Totals[currency])
	}
	for _, f := range r.Findings {
		fmt.Fprintf(b, "finding line %d column %q %s: %s\n", f.Line, f.Column, f.Code, f.Message)
	}
}

// writeTransaction writes what a transaction says, without what it leaves empty.
func writeTransaction(b *strings.Builder, t recon.Transaction) {
	fmt.Fprintf(b, "line %d %s %s", t.Source.Line, t.Type, moneyOf(t))
	for _, f := range []struct{ name, value string }{
		{"id", t.ID},
		{"parent", t.Parent},
		{"merchant", t.Merchant},
		{"batch", t.Batch},
		{"batched", instantText(t.Batched)},
		{"batch_date", t.BatchDate.String()},
		{"occurred", instantText(t.Occurred)},
		{"brand", t.CardBrand},
		{"last4", t.Last4},
		{"auth", t.AuthCode},
		{"method", t.Method},
		{"ref", t.Reference},
		{"process_ref", t.ProcessRef},
		{"fee_code", t.FeeCode},
		{"case", t.Case},
		{"due", t.DueDate.String()},
	} {
		if f.value != "" {
			fmt.Fprintf(b, " %s=%q", f.name, f.value)
		}
	}
	for _, c := range t.Custom {
		fmt.Fprintf(b, " %s=%q", c.Name, c.Value)
	}
	if t.Fault != nil {
		fmt.Fprintf(b, " FAULT %s", t.Fault.Code)
	}
	b.WriteByte('\n')
}

func moneyOf(t recon.Transaction) string {
	if t.Currency == 0 {
		return "-"
	}
	return fmt.Sprintf("%s %s", moneyText(t.Amount, t.Currency), t.Currency)
}

func moneyText(minor int64, c money.Currency) string { return money.New(minor, c).String() }

func instantText(i recon.Instant) string {
	if i == 0 {
		return ""
	}
	return i.In(time.UTC).Format(time.RFC3339Nano)
}
