package cybersource

import (
	"fmt"
	"time"

	"tieout/recon"
)

// Window is what a report covers: from Start up to, not including, End.
type Window struct{ Start, End time.Time }

// Equal tells whether two windows are the same stretch of time.
func (w Window) Equal(o Window) bool { return w.Start.Equal(o.Start) && w.End.Equal(o.End) }

// String shows the window in UTC.
func (w Window) String() string {
	return w.Start.UTC().Format(time.RFC3339) + " to " + w.End.UTC().Format(time.RFC3339)
}

// Schedule is when a daily report begins and ends: at a time of day in a zone.
type Schedule struct {
	Zone *time.Location
	At   time.Duration // after midnight, less than a day
}

// Of is the window of a business day, the day on which its last instant lies.
// Windows follow each other without gap or overlap; days on which clocks change
// have 23 or 25 hours (R9).
func (s Schedule) Of(day recon.Date) Window {
	if s.At > 0 {
		day-- // what begins at 17:00 is the business of the next day
	}
	return Window{s.instant(day), s.instant(day + 1)}
}

// ReportDate is the date by which the report of a business day is asked for:
// that of its window's end (cybersource.md 3.2).
func (s Schedule) ReportDate(day recon.Date) recon.Date {
	return recon.DateOf(s.Of(day).End.In(s.Zone))
}

// Covering are the business days whose windows share time with the given one.
func (s Schedule) Covering(w Window) (days []recon.Date) {
	for day := recon.DateOf(w.Start.In(s.Zone)) - 1; s.Of(day).Start.Before(w.End); day++ {
		if s.Of(day).End.After(w.Start) {
			days = append(days, day)
		}
	}
	return days
}

// instant is the first moment of a day at or after the schedule's time by the
// clocks of the zone: where they skip it, when they jump; where they show it
// twice, the first time.
func (s Schedule) instant(day recon.Date) time.Time {
	wall := day.Midnight(time.UTC).Add(s.At)
	at := wall.Add(-26 * time.Hour) // before the day began anywhere
	for {
		local := at.In(s.Zone)
		_, offset := local.Zone()
		start, end := local.ZoneBounds()
		meant := wall.Add(-time.Duration(offset) * time.Second)
		switch {
		case meant.Before(start):
			return start
		case end.IsZero() || meant.Before(end):
			return meant
		}
		at = end
	}
}

// maxSlice is how many days one request may cover (cybersource.md 3.2).
const maxSlice = 31

// Days is a stretch of business days, both included.
type Days struct{ From, To recon.Date }

// String names both ends.
func (d Days) String() string { return fmt.Sprintf("%s to %s", d.From, d.To) }

// Slices cuts days into stretches without gaps of at most 31 days.
func Slices(days []recon.Date) (all []Days) {
	for _, day := range days {
		if n := len(all) - 1; n >= 0 && all[n].To+1 == day && day-all[n].From < maxSlice {
			all[n].To = day
			continue
		}
		all = append(all, Days{day, day})
	}
	return all
}

// Across is the window of a stretch of business days.
func (s Schedule) Across(d Days) Window { return Window{s.Of(d.From).Start, s.Of(d.To).End} }

// Zone is the zone of a name as reports and subscriptions have it. They say PST
// for the zone of Los Angeles, in summer too.
func Zone(name string) (*time.Location, error) {
	switch name {
	case "PST", "PDT":
		name = "America/Los_Angeles"
	case "", "Local":
		return nil, fmt.Errorf("zone %q: a name such as America/Los_Angeles or GMT is needed", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("zone %q: a name such as America/Los_Angeles or GMT is needed", name)
	}
	return zone, nil
}
