package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tieout/fixtures/sandbox"
	"tieout/recon/cybersource"
	"tieout/recon/night"
)

// layText puts a report of 2026-09-28 onto the shelf.
func (o *accountFolder) layText(text string) {
	o.t.Helper()
	zone := scheduleIn(o.t, "America/Los_Angeles")
	if err := o.shelf.Put(daily, zone.ReportDate(on(o.t, "2026-09-28")).String(), sandbox.CSV, []byte(text), zone.Zone); err != nil {
		o.t.Fatal(err)
	}
}

// R2, R8: what a report holds is known as soon as it is fetched: repeated rows
// are counted, rows of one key with two contents and unreadable rows are listed,
// and one of which nothing can be used quarantines its cell before any run reads it.
func TestFetchJudgesWhatComes(t *testing.T) {
	o := newAccount(t, cybersource.JWT, "America/Los_Angeles", "")
	day := dayReportText(scheduleIn(t, "America/Los_Angeles"), on(t, "2026-09-28"), "10.00")
	row := day[strings.Index(day, "transaction_date\n")+len("transaction_date\n"):]
	id := row[strings.Index(row, "7000"):][:22]
	other := func(n, amount string) string { return strings.NewReplacer(id, id[:20]+n, "10.00", amount).Replace(row) }
	only := func(v *gridVerb) { v.to = v.from }
	cell := func(code int, text string) night.Cell {
		t.Helper()
		o.layText(text)
		return o.fetch(code, only, func(v *gridVerb) { v.again = true }).Cells[0]
	}
	good := cell(exitDone, day)
	if j := good.Judged; good.State != night.CellReceived || j == nil || j.Rows.Accepted != 1 || j.Totals["USD"] != "10.00" {
		t.Errorf("%+v %+v", good, j)
	}
	mixed := cell(exitDone, day+row+other("91", "1.00")+other("91", "2.00")+other("92", "3.001")+other("93", "4.00")+other("93", "4.00")+other("93", "4.00"))
	want := night.Judged{Verdict: "PARTIAL"}
	want.Rows.Total, want.Rows.Accepted, want.Rows.Quarantined, want.Rows.Duplicate = 8, 2, 3, 3
	if j := mixed.Judged; mixed.State != night.CellRestated || j.Verdict != want.Verdict || j.Rows != want.Rows || j.Totals["USD"] != "14.00" || len(j.Findings) != 3 {
		t.Errorf("%+v %+v", mixed, j)
	}
	spoilt := cell(exitDone, strings.Replace(day, "amount", "betrag", 1)) // a good one stays until a good one comes
	if spoilt.State != night.CellRestated || spoilt.SHA256 != mixed.SHA256 || !strings.Contains(spoilt.Why, "no column amount") {
		t.Errorf("%+v", spoilt)
	}
	fresh := newAccount(t, cybersource.JWT, "America/Los_Angeles", "")
	fresh.layText(strings.Replace(day, "amount", "betrag", 1))
	condemned := fresh.fetch(exitMissing, only).Cells[0]
	if condemned.State != night.CellQuarantined || !strings.Contains(condemned.Why, "no column amount") || condemned.Judged.Verdict != "QUARANTINED" {
		t.Errorf("%+v %+v", condemned, condemned.Judged)
	}
	if got := fresh.status(exitMissing, only).Cells[0]; got.State != night.CellQuarantined {
		t.Errorf("%+v", got)
	}
	got := fresh.night(exitMissing, "2026-09-28", "2026-09-28")[0] // the run lists it, holds the day and goes on
	if len(got.Holds) != 1 || len(got.NotProvided) != 2 {
		t.Errorf("%+v", got)
	}
}

// What the rows of a report have in common is found the same way whether they
// fit into memory or not, and nothing is left beside the archive.
func TestManyRowsAreJudgedOnDisk(t *testing.T) {
	o := newAccount(t, cybersource.JWT, "America/Los_Angeles", "")
	day := dayReportText(scheduleIn(t, "America/Los_Angeles"), on(t, "2026-09-28"), "10.00")
	head, row := day[:strings.LastIndex(day[:len(day)-1], "\n")+1], day[strings.LastIndex(day[:len(day)-1], "\n")+1:]
	o.layText(head + rowsLike(row, 1<<16+100) + rowsLike(row, 50))
	j := o.fetch(exitDone, func(v *gridVerb) { v.to = v.from }).Cells[0].Judged
	if j.Rows.Total != 1<<16+150 || j.Rows.Duplicate != 50 || j.Rows.Quarantined != 0 || j.Totals["USD"] != "656360.00" {
		t.Errorf("%+v", j)
	}
	if left, _ := filepath.Glob(filepath.Join(o.dir, "archive", "making-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := os.Stat(filepath.Join(o.dir, "archive")); err != nil {
		t.Error(err)
	}
}

// rowsLike are rows with ids of their own, the same each time.
func rowsLike(row string, n int) string {
	at := strings.Index(row, "7000")
	var b strings.Builder
	for i := range n {
		b.WriteString(row[:at+12])
		fmt.Fprintf(&b, "%010d", i)
		b.WriteString(row[at+22:])
	}
	return b.String()
}
