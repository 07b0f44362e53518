package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/ledger"
)

// Section 7, test (g), on the files of the worked example: September is closed
// after it was posted. The same range again changes nothing; a row of September
// that is restated is corrected, and only so, on the first day of October, by an
// entry that names the one it corrects (GL-17, GL-18, GL-21, GL-22).
func TestWorkedExampleClosedAndRunAgain(t *testing.T) {
	c := exampleCompany(t, "tieout.db")
	c.night(0, "2026-09-29", "2026-10-01", "2026-10-02")
	before, posted := c.balances(), c.posted()
	c.closeThrough("2026-09-30")
	if again := c.night(0, "2026-09-29", "2026-10-01", "2026-10-02"); again[0].Entries != "entries UNCHANGED" {
		t.Fatalf("closed and run again: %+v, want the entries unchanged", again[0])
	}
	c.put("reports/restated.csv", restated(t, read(t, filepath.Join(golden, "transactions.csv"))))
	c.night(0, "2026-09-29", "2026-10-01", "2026-10-02")
	corrections := c.posted()[len(posted):]
	if len(corrections) != 1 {
		t.Fatalf("%d entries after the restatement, want one", len(corrections))
	}
	e := corrections[0]
	first := slices.IndexFunc(posted, func(p ledger.Entry) bool { return p.Number() == e.Corrects() })
	if e.PostingDate().String() != "2026-10-01" || e.Key().PostingDate.String() != "2026-09-30" || e.Key().Correction != "#2" || first < 0 || posted[first].Key().PostingDate != e.Key().PostingDate {
		t.Errorf("entry %s of %s corrects %q", e.Key(), e.PostingDate(), e.Corrects())
	}
	for _, l := range e.Lines() { // GL-24: the one row behind the difference
		if l.Amount != 100 || l.Memo != "corrects "+e.Corrects()+": x1 changed" {
			t.Errorf("line %s %s %d, memo %q", l.Account, l.Side, l.Amount, l.Memo)
		}
	}
	got := c.balances()
	got["1150-100"], got["1200-100"] = got["1150-100"]+100, got["1200-100"]-100 // one unit less was captured
	if diff := cmp.Diff(before, got); diff != "" {
		t.Errorf("balances but for the one unit (-before +after):\n%s", diff)
	}
	if last := c.night(0, "2026-09-29", "2026-10-01", "2026-10-02"); last[0].Outcome != "UNCHANGED" {
		t.Errorf("and once more: %+v, want UNCHANGED", last[0])
	}
}

// restated is a report with row 5 alone, of which one unit less was captured.
func restated(t *testing.T, report string) string {
	t.Helper()
	lines := strings.Split(report, "\n")
	row := lines[5]
	if !strings.HasPrefix(row, "5,") || !strings.Contains(row, "2026-09-30T20:30:00Z,USD,150.00,") {
		t.Fatalf("row 5 is another one now: %s", row)
	}
	return lines[0] + "\n" + strings.Replace(row, ",150.00,", ",149.00,", 1) + "\n"
}

// closeThrough closes the periods up to a day.
func (c companyFolder) closeThrough(day string) {
	c.t.Helper()
	path := filepath.Join(c.dir, "tieout.yaml")
	var cfg map[string]any
	if err := json.Unmarshal([]byte(read(c.t, path)), &cfg); err != nil {
		c.t.Fatal(err)
	}
	cfg["closed_through"] = day
	data, err := json.Marshal(cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	write(c.t, path, string(data))
}
