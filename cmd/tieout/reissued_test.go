package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// Rulings on books: a row that is absent from a re-issued file stays, and is a
// finding on that file: in inputs.json, on About, and in a sentence on Summary.
func TestRowAbsentFromAReissuedFile(t *testing.T) {
	c := newCompany(t, "")
	one, two := [4]string{"01", "2026-09-29", "50.00", "9"}, [4]string{"02", "2026-09-29", "7.00", "9"}
	c.put("reports/a.csv", processorReport("acme", "Daily", "2026-09-29", "2026-09-30", one, two))
	c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
	c.put("reports/b.csv", processorReport("acme", "Daily", "2026-09-29", "2026-09-30", one))
	c.put("reports/c.csv", processorReport("acme", "Daily", "2026-09-30", "2026-10-01"))
	c.put("reports/d.csv", processorReport("acme", "Extra", "2026-09-29", "2026-09-30"))
	again := c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")[0]
	if again.Entries != "entries UNCHANGED" || again.Outcome == "UNCHANGED" || len(again.Absent) != 1 || !strings.Contains(again.Absent[0], "b.csv") {
		t.Errorf("%+v: want the entries unchanged, and that b.csv lacks a row", again)
	}
	inputs := read(t, filepath.Join(c.dir, "out", "acme_inputs_2026-09-29_2026-09-29_2026-09-30_r2.json"))
	if n := strings.Count(inputs, "row_absent"); n != 1 || !strings.Contains(inputs, "a.csv, line 4, gave 7000000000000000000002/CAPTURE") {
		t.Errorf("%d findings:\n%s", n, inputs)
	}
	c.wantBalances(map[string]int64{"1150-100": 5700, "2190-100": -5700})
	if last := c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")[0]; last.Outcome != "UNCHANGED" {
		t.Errorf("%+v: want UNCHANGED", last)
	}
	// A clean re-issue ends it.
	c.put("reports/e.csv", processorReport("acme", "Daily", "2026-09-29", "2026-09-30", two, one))
	if clean := c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")[0]; len(clean.Absent) != 0 {
		t.Errorf("%+v: want nothing absent", clean)
	}
}

// The night that reads the re-issued file first tells it, although the rows of
// the earlier one are of another range.
func TestRowAbsentOnAnotherNight(t *testing.T) {
	c := newCompany(t, "")
	c.report("pbdr_20260929.csv", [4]string{"01", "2026-09-29", "50.00", "9"}, [4]string{"02", "2026-09-29", "7.00", "9"})
	c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
	c.report("pbdr_20260929.csv", [4]string{"01", "2026-09-29", "50.00", "9"})
	c.report("pbdr_20260930.csv", [4]string{"03", "2026-09-30", "1.00", "9"})
	if got := c.night(0, "2026-09-30", "2026-09-30", "2026-10-01")[0]; len(got.Absent) != 1 {
		t.Errorf("%+v: want one row absent", got)
	}
	c.report("pbdr.csv", [4]string{"04", "2026-09-30", "1.00", "9"})
	if got := c.night(0, "2026-09-30", "2026-09-30", "2026-10-01")[0]; len(got.Absent) != 0 {
		t.Errorf("%+v: want nothing absent", got)
	}
	c.report("pbdr_20260930.csv", [4]string{"03", "2026-09-30", "1.001", "9"})
	if got := c.night(0, "2026-09-30", "2026-09-30", "2026-10-01")[0]; len(got.Absent) != 0 || len(got.Holds) != 1 {
		t.Errorf("%+v: want a faulty row, which is not absent", got)
	}
}
