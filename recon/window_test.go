package recon_test

import (
	"testing"
	"time"

	"tieout/recon"
)

// Line 1 of a report names its window: half open where it says instants, whole
// days where it says dates. A cut-off moves its last evening into the next day.
func TestDaysOfAReport(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	plain := recon.Policy{Zone: zone}
	cut := recon.Policy{Zone: zone, CutOff: recon.CutOff{Set: true, Seconds: 17 * 3600}}
	for name, c := range map[string]struct {
		window string
		policy recon.Policy
		want   string
	}{
		"a day from midnight to midnight":            {"2026-09-29T04:00:00Z to 2026-09-30T04:00:00Z", plain, "2026-09-29 2026-09-29"},
		"with a cut-off its evening is the next day": {"2026-09-29T04:00:00Z to 2026-09-30T04:00:00Z", cut, "2026-09-29 2026-09-30"},
		"from cut-off to cut-off":                    {"2026-09-29T21:00:00Z to 2026-09-30T21:00:00Z", cut, "2026-09-29 2026-09-30"},
		"an empty window":                            {"2026-09-29T04:00:00Z to 2026-09-29T04:00:00Z", plain, "2026-09-29 2026-09-29"},
		"dates, both included":                       {"2026-09-29 to 2026-09-30", cut, "2026-09-29 2026-09-30"},
		"the wrong way round":                        {"2026-09-30 to 2026-09-29", plain, ""},
		"words":                                      {"yesterday to today", plain, ""},
		"nothing":                                    {"", plain, ""},
	} {
		f := recon.FileReport{Window: c.window}
		first, last, ok := f.Days(&c.policy)
		checkDays(t, name, first, last, ok, c.want)
	}
}

// A date in a name may be the end of the window, so the day before belongs to it.
func TestDaysInAName(t *testing.T) {
	for name, want := range map[string]string{
		"report.csv":                               "",
		"pbdr_20260929.csv":                        "2026-09-28 2026-09-29",
		"pbdr-2026-09-29.csv":                      "2026-09-28 2026-09-29",
		"2026_09_29":                               "2026-09-28 2026-09-29",
		"acme_2026-09-01_2026-09-30.csv":           "2026-09-01 2026-09-30",
		"acme_20260901-20260930.csv":               "2026-09-01 2026-09-30",
		"7000000000000000000020260929.csv":         "",
		"pbdr_20261329.csv":                        "",
		"batch 12345678 of 2026.09.29 (again).csv": "2026-09-28 2026-09-29",
	} {
		first, last, ok := recon.DaysInName(name)
		checkDays(t, name, first, last, ok, want)
	}
}

func checkDays(t *testing.T, name string, first, last recon.Date, ok bool, want string) {
	t.Helper()
	got := ""
	if ok {
		got = first.String() + " " + last.String()
	}
	if got != want {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}
