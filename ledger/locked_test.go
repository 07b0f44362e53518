package ledger

import (
	"testing"

	"tieout/recon"
)

// TestPostingDateBesideLockedPeriods: GL-16, GL-17 with closed periods behind and locked ones ahead, next to each other or not.
func TestPostingDateBesideLockedPeriods(t *testing.T) {
	date := func(text string) recon.Date {
		d, err := recon.ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	c := &Chart{ClosedThrough: date("2026-08-31"), Locked: []Days{
		{date("2026-09-01"), date("2026-09-30")}, {date("2026-10-01"), date("2026-10-31")}, {date("2026-12-31"), date("2026-12-31")},
	}}
	for settled, want := range map[string]string{
		"2026-07-15": "2026-11-01", "2026-08-31": "2026-11-01", "2026-09-30": "2026-11-01", "2026-10-15": "2026-11-01",
		"2026-11-15": "2026-11-15", "2026-12-31": "2027-01-01", "2027-01-02": "2027-01-02",
	} {
		if got := c.PostingDate(date(settled)); got != date(want) {
			t.Errorf("%s is posted on %s, not %s", settled, got, want)
		}
	}
}
