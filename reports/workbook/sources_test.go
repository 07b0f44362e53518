package workbook

import (
	"strings"
	"testing"

	"tieout/recon"
	"tieout/reports"
)

func TestSourcesShowsWhatCame(t *testing.T) {
	n := smallNight(t)
	if d := draw(t, n, Options{}); strings.Contains(d.xml("Summary"), sourcesSheet+"<") {
		t.Error("a night without an account has the sheet")
	}
	at := recon.Instant(1_790_000_000_000_000)
	n.Received = []reports.SourceDay{
		{Merchant: "b", Report: "Daily", Day: day(t, "2026-09-30"), State: "MISSING", Required: true, Why: "no subscription"},
		{Merchant: "a", Report: "Daily", Day: day(t, "2026-09-30"), State: "RECEIVED", Required: true, Size: 7, Masked: 2, SHA256: strings.Repeat("0", 64), From: at, To: at, Received: at},
		{Merchant: "a", Report: hostile, Day: day(t, "2026-09-29"), State: "LATE"},
	}
	d := draw(t, n, Options{})
	for column, want := range map[string][3]string{
		"merchant_id": {"a", "a", "b"}, "state": {"LATE", "RECEIVED", "MISSING"}, "bytes": {absent, "7", absent}, "why": {"", "", "no subscription"},
		"required": {"no", "yes", "yes"}, "masked": {"0", "2", "0"}, "sha256": {"", strings.Repeat("0", 64), ""},
	} {
		for i := range want {
			if c := d.at(t, sourcesSheet, "tblReceived", column, i); c.value != want[i] || c.formula != "" {
				t.Errorf("%s of row %d: %+v, want %q", column, i, c, want[i])
			}
		}
	}
	if !strings.Contains(d.xml(sourcesSheet), "Not every required report") {
		t.Error("the sheet does not say that a report is missing")
	}
	n.Received[0].State = "EMPTY"
	if d := draw(t, n, Options{}); !strings.Contains(d.xml(sourcesSheet), "Every required report") {
		t.Error("the sheet does not say that all is there")
	}
}
