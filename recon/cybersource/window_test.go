package cybersource_test

import (
	"testing"
	"time"

	"tieout/recon"
	"tieout/recon/cybersource"
)

func TestWindows(t *testing.T) {
	for _, c := range []struct {
		name, zone string
		at         time.Duration
		day        string
		want, date string
	}{
		{"a day of Los Angeles in summer", "America/Los_Angeles", 0, "2026-10-01", "2026-10-01T07:00:00Z to 2026-10-02T07:00:00Z", "2026-10-02"},
		{"the day on which its clocks go back has 25 hours", "PST", 0, "2026-11-01", "2026-11-01T07:00:00Z to 2026-11-02T08:00:00Z", "2026-11-02"},
		{"the day on which they go forward has 23", "PST", 0, "2026-03-08", "2026-03-08T08:00:00Z to 2026-03-09T07:00:00Z", "2026-03-09"},
		{"what begins at 17:00 is the next day's, and so is its date", "PST", 17 * time.Hour, "2026-02-02", "2026-02-02T01:00:00Z to 2026-02-03T01:00:00Z", "2026-02-02"},
		{"a day by Greenwich", "GMT", 0, "2026-10-01", "2026-10-01T00:00:00Z to 2026-10-02T00:00:00Z", "2026-10-02"},
		{"half an hour", "Asia/Kolkata", 0, "2026-10-01", "2026-09-30T18:30:00Z to 2026-10-01T18:30:00Z", "2026-10-02"},
		{"clocks that skip midnight: the day begins when they jump", "Africa/Cairo", 0, "2026-04-24", "2026-04-23T22:00:00Z to 2026-04-24T21:00:00Z", "2026-04-25"},
		{"and the day before it ends then", "Africa/Cairo", 0, "2026-04-23", "2026-04-22T22:00:00Z to 2026-04-23T22:00:00Z", "2026-04-24"},
		{"clocks that show midnight twice: the day begins the first time", "America/Havana", 0, "2026-11-01", "2026-11-01T04:00:00Z to 2026-11-02T05:00:00Z", "2026-11-02"},
		{"a zone that skipped a whole day", "Pacific/Apia", 0, "2011-12-30", "2011-12-30T10:00:00Z to 2011-12-30T10:00:00Z", "2011-12-31"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := cybersource.Schedule{Zone: zone(t, c.zone), At: c.at}
			if got := s.Of(day(t, c.day)); got.String() != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if got := s.ReportDate(day(t, c.day)); got.String() != c.date {
				t.Errorf("report date %s, want %s", got, c.date)
			}
		})
	}
}

// TestWindowsTile: every instant lies in exactly one window, in zones of all kinds (R9).
func TestWindowsTile(t *testing.T) {
	for _, name := range []string{"America/Los_Angeles", "America/New_York", "GMT", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Africa/Cairo", "America/Havana", "Asia/Tehran", "America/Sao_Paulo", "Pacific/Apia", "Pacific/Chatham"} {
		for _, at := range []time.Duration{0, 30 * time.Minute, 2*time.Hour + 30*time.Minute, 17 * time.Hour, 23*time.Hour + 59*time.Minute} {
			s := cybersource.Schedule{Zone: zone(t, name), At: at}
			from, to := day(t, "2010-06-01"), day(t, "2039-01-01")
			for d := from; d < to; d++ {
				w, next := s.Of(d), s.Of(d+1)
				if !w.End.Equal(next.Start) || w.End.Before(w.Start) {
					t.Fatalf("%s at %s: %s is %s, the day after %s", name, at, d, w, next)
				}
				if hours := w.End.Sub(w.Start).Hours(); (hours < 22 || hours > 26) && name != "Pacific/Apia" {
					t.Fatalf("%s: %s has %v hours", name, d, hours)
				}
				if w.End.Equal(w.Start) {
					continue
				}
				for _, inside := range []time.Time{w.Start, w.End.Add(-time.Nanosecond)} {
					got := s.Covering(cybersource.Window{Start: inside, End: inside.Add(time.Nanosecond)})
					if len(got) != 1 || got[0] != d {
						t.Fatalf("%s: %s is covered by %v, want %s", name, inside, got, d)
					}
				}
			}
		}
	}
}

func TestSlices(t *testing.T) {
	first := day(t, "2026-01-01")
	var days []recon.Date
	for i := range recon.Date(70) {
		if i != 40 && i != 41 {
			days = append(days, first+i)
		}
	}
	want := []cybersource.Days{{From: first, To: first + 30}, {From: first + 31, To: first + 39}, {From: first + 42, To: first + 69}}
	got := cybersource.Slices(days)
	if len(got) != len(want) {
		t.Fatalf("got %v", got)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("got %v, want %v", got[i], want[i])
		}
	}
	if len(cybersource.Slices(nil)) != 0 {
		t.Error("slices of nothing")
	}
}
