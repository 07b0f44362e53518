package recon_test

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata"

	"tieout/recon"
)

// change is a night on which a zone changes its offset, from the zone's law and
// not from the zone data: minutes east of UTC before and after an instant.
type change struct {
	zone, at      string
	before, after int
}

// MAT-05 and R9: the settlement date of every minute of the days around a change
// of the clock, in zones that change by an hour, by half an hour, or never, with
// and without a cut-off, against the offsets that the law gives.
func TestSettlementDateOfEveryMinute(t *testing.T) {
	for _, c := range []change{
		{"America/New_York", "2026-03-08T07:00:00Z", -300, -240},
		{"America/New_York", "2026-11-01T06:00:00Z", -240, -300},
		{"Europe/Berlin", "2026-03-29T01:00:00Z", 60, 120},
		{"Europe/Berlin", "2026-10-25T01:00:00Z", 120, 60},
		{"Australia/Lord_Howe", "2026-04-04T15:00:00Z", 660, 630},
		{"Australia/Lord_Howe", "2026-10-03T15:30:00Z", 630, 660},
		{"Asia/Kathmandu", "2026-03-08T07:00:00Z", 345, 345},
		{"America/Sao_Paulo", "2026-10-25T01:00:00Z", -180, -180},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		for _, cutOff := range []recon.CutOff{{}, {Set: true, Seconds: 17 * 3600}, {Set: true, Seconds: 2*3600 + 30*60}, {Set: true}} {
			p := &recon.Policy{Zone: zone, CutOff: cutOff, Merchants: map[string]recon.Merchant{}}
			for minute := -48 * 60; minute < 48*60; minute++ {
				instant := at.Add(time.Duration(minute) * time.Minute)
				if got, want := p.SettlementDate("m", recon.InstantOf(instant)).String(), lawfulDate(instant, at, c, cutOff); got != want {
					t.Fatalf("%s, cut-off %+v: %s settles on %s, want %s", c.zone, cutOff, instant.Format(time.RFC3339), got, want)
				}
			}
		}
	}
}

// lawfulDate adds the offset to the instant and reads date and time of day off the sum.
func lawfulDate(instant, at time.Time, c change, cutOff recon.CutOff) string {
	offset := c.before
	if !instant.Before(at) {
		offset = c.after
	}
	seconds := instant.Unix() + int64(offset)*60
	days := seconds / 86400
	if cutOff.Set && int(seconds%86400) >= cutOff.Seconds {
		days++
	}
	return time.Unix(days*86400, 0).UTC().Format(time.DateOnly)
}

// MAT-05: zone and cut-off of a merchant win over the company's.
func TestMerchantHasItsOwnZone(t *testing.T) {
	zone := func(name string) *time.Location {
		z, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	p := &recon.Policy{Zone: zone("America/New_York"), CutOff: recon.CutOff{Set: true, Seconds: 17 * 3600}, Merchants: map[string]recon.Merchant{
		"berlin": {Zone: zone("Europe/Berlin")}, "late": {CutOff: recon.CutOff{Set: true, Seconds: 23 * 3600}},
	}}
	at := recon.InstantOf(time.Date(2026, 9, 30, 21, 30, 0, 0, time.UTC)) // 17:30 in New York, 23:30 in Berlin
	for merchant, want := range map[string]string{"us": "2026-10-01", "berlin": "2026-10-01", "late": "2026-09-30"} {
		if got := p.SettlementDate(merchant, at).String(); got != want {
			t.Errorf("%s: %s, want %s", merchant, got, want)
		}
	}
}

// A date is a day of the calendar, counted without zone: every day of four
// hundred years comes back, in order, and no other text is read.
func TestDatesOfTheCalendar(t *testing.T) {
	day := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	for before := recon.Date(0); day.Year() < 2300; day = day.AddDate(0, 0, 1) {
		text := day.Format(time.DateOnly)
		d, err := recon.ParseDate(text)
		if err != nil || d.String() != text && d != 0 || d != recon.DateOf(day) || d != recon.NewDate(day.Date()) {
			t.Fatalf("%s: %d, %v", text, d, err)
		}
		if before != 0 && d != before+1 {
			t.Fatalf("%s follows no day", text)
		}
		if d.Year() != day.Year() || d.Period() != text[:7] || !d.Midnight(time.UTC).Equal(day) {
			t.Fatalf("%s: year %d, period %s", text, d.Year(), d.Period())
		}
		before = d
	}
	for _, text := range []string{"", "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-1-01", "2026/01/01", "20260101", "2026-01-0x", "2100-02-29"} {
		if d, err := recon.ParseDate(text); err == nil {
			t.Errorf("%q was read as %s", text, d)
		}
	}
	if got := recon.Date(0).String(); got != "" {
		t.Errorf("no date is %q", got)
	}
}

// MAT-06: an instant needs its offset.
func TestInstantsHaveAnOffset(t *testing.T) {
	at, err := recon.ParseInstant("2026-09-30T20:30:00.123456-04:00")
	if err != nil || fmt.Sprint(at.In(time.UTC)) != "2026-10-01 00:30:00.123456 +0000 UTC" {
		t.Errorf("%v, %v", at.In(time.UTC), err)
	}
	for _, text := range []string{"", "2026-09-30T20:30:00", "2026-09-30 20:30:00Z", "2026-09-30"} {
		if at, err := recon.ParseInstant(text); err == nil {
			t.Errorf("%q was read as %v", text, at)
		}
	}
}
