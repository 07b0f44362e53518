package night

import (
	"time"

	"tieout/recon"
)

// Schedule says on which mornings a run starts. The run covers every calendar
// date since the last one, so a day without a morning is never skipped.
type Schedule struct {
	Name         string
	Zone         *time.Location
	Hour, Minute int
	Weekdays     map[time.Weekday]bool // nil: every day
	Holidays     map[recon.Date]bool
	Lag          int // the last day that a morning covers lies so many days before it; 1 is yesterday

	// Closes is when a day is over by the cut-off of every merchant: no morning before
	// that covers it. nil: no cut-off is later than a morning.
	Closes func(day recon.Date) time.Time
}

// Morning tells whether a run starts on the day.
func (s *Schedule) Morning(day recon.Date) bool {
	return !s.Holidays[day] && (s.Weekdays == nil || s.Weekdays[day.Midnight(time.UTC).Weekday()])
}

// Start is the instant at which the run of a morning is due. A time that the
// clocks skip that day becomes the one after the gap, 02:30 becomes 03:30; of one
// that comes twice it is the first (R9).
func (s *Schedule) Start(day recon.Date) time.Time {
	wall := day.Midnight(time.UTC).Add(time.Duration(s.Hour)*time.Hour + time.Duration(s.Minute)*time.Minute)
	before, after := s.shown(wall, wall.Add(-24*time.Hour)), s.shown(wall, wall.Add(24*time.Hour))
	real := func(t time.Time) bool { return t.Hour() == s.Hour && t.Minute() == s.Minute }
	if !real(before) && real(after) {
		return after
	}
	return before
}

// shown is the instant at which a clock with the offset of another instant shows the wall time.
func (s *Schedule) shown(wall, at time.Time) time.Time {
	_, offset := at.In(s.Zone).Zone()
	return wall.Add(-time.Duration(offset) * time.Second).In(s.Zone)
}

// Covered is the last day that the mornings up to now cover, 0 if there was none
// within a year.
func (s *Schedule) Covered(now time.Time) recon.Date {
	today := recon.DateOf(now.In(s.Zone))
	for day := today; day > today-366; day-- {
		if s.Morning(day) && !s.Start(day).After(now) {
			return s.lastOf(day)
		}
	}
	return 0
}

// lastOf is the last day that a morning covers: one that is over when it starts.
func (s *Schedule) lastOf(morning recon.Date) recon.Date {
	day := morning - recon.Date(s.Lag)
	for s.Closes != nil && s.Closes(day).After(s.Start(morning)) {
		day--
	}
	return day
}

// Next is the first start after now, zero if there is none within a year.
func (s *Schedule) Next(now time.Time) time.Time {
	today := recon.DateOf(now.In(s.Zone))
	for day := today; day < today+366; day++ {
		if start := s.Start(day); s.Morning(day) && start.After(now) {
			return start
		}
	}
	return time.Time{}
}

// Due is the start of the morning that covers a day.
func (s *Schedule) Due(day recon.Date) time.Time {
	for morning := day + recon.Date(s.Lag); morning < day+366; morning++ {
		if s.Morning(morning) && s.lastOf(morning) >= day {
			return s.Start(morning)
		}
	}
	return time.Time{}
}

// DueOf is the first start of a morning of several schedules that covers a day, zero
// if there is none.
func DueOf(schedules []Schedule, day recon.Date) time.Time {
	return earliest(schedules, func(s *Schedule) time.Time { return s.Due(day) })
}

// Next is the first start after now of several schedules, zero if there is none within a year.
func Next(schedules []Schedule, now time.Time) time.Time {
	return earliest(schedules, func(s *Schedule) time.Time { return s.Next(now) })
}

func earliest(schedules []Schedule, of func(*Schedule) time.Time) (first time.Time) {
	for i := range schedules {
		if t := of(&schedules[i]); !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// Owed are the days after the last one that was run which the mornings up to now
// cover, oldest first: a run for each.
func Owed(schedules []Schedule, last recon.Date, now time.Time) []recon.Date {
	covered := last
	for i := range schedules {
		covered = max(covered, schedules[i].Covered(now))
	}
	var days []recon.Date
	for day := last + 1; day <= covered; day++ {
		days = append(days, day)
	}
	return days
}
