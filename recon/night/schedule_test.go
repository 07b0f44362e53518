package night_test

import (
	"testing"
	"time"

	"tieout/recon"
	"tieout/recon/night"
)

// zones with whole and half hours, on both sides of the equator, with changes at
// midnight, at two and at three, and without any.
func zones() []string {
	return []string{
		"America/New_York", "America/Los_Angeles", "America/St_Johns", "America/Santiago", "Europe/London", "Europe/Berlin",
		"Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland", "UTC",
	}
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func workdays() map[time.Weekday]bool {
	return map[time.Weekday]bool{time.Monday: true, time.Tuesday: true, time.Wednesday: true, time.Thursday: true, time.Friday: true}
}

// R9: a time in the gap runs after the transition, one in the overlap runs once, at its first coming.
func TestStartOnTheDaysOfClockChanges(t *testing.T) {
	for _, c := range []struct {
		what, zone   string
		hour, minute int
		day          recon.Date
		want         string
	}{
		{"the hour that does not exist", "America/New_York", 2, 30, recon.NewDate(2026, 3, 8), "2026-03-08T03:30:00-04:00"},
		{"the hour after it", "America/New_York", 3, 30, recon.NewDate(2026, 3, 8), "2026-03-08T03:30:00-04:00"},
		{"the hour before it", "America/New_York", 1, 30, recon.NewDate(2026, 3, 8), "2026-03-08T01:30:00-05:00"},
		{"the hour that comes twice", "America/New_York", 1, 30, recon.NewDate(2026, 11, 1), "2026-11-01T01:30:00-04:00"},
		{"the hour after that", "America/New_York", 2, 30, recon.NewDate(2026, 11, 1), "2026-11-01T02:30:00-05:00"},
		{"half an hour that does not exist", "Australia/Lord_Howe", 2, 15, recon.NewDate(2026, 10, 4), "2026-10-04T02:45:00+11:00"},
		{"half an hour that comes twice", "Australia/Lord_Howe", 1, 45, recon.NewDate(2026, 4, 5), "2026-04-05T01:45:00+11:00"},
		{"midnight that does not exist", "America/Santiago", 0, 0, recon.NewDate(2026, 9, 6), "2026-09-06T01:00:00-03:00"},
		{"an ordinary day", "Asia/Kolkata", 5, 0, recon.NewDate(2026, 6, 1), "2026-06-01T05:00:00+05:30"},
	} {
		s := night.Schedule{Zone: zone(t, c.zone), Hour: c.hour, Minute: c.minute}
		if got := s.Start(c.day).Format(time.RFC3339); got != c.want {
			t.Errorf("%s: got %s, want %s", c.what, got, c.want)
		}
	}
}

// A morning covers only what is over by the cut-off of every merchant.
func TestAMorningWaitsForTheCutOff(t *testing.T) {
	eastern := zone(t, "America/New_York")
	evening := night.Schedule{Zone: zone(t, "UTC"), Hour: 23, Closes: func(day recon.Date) time.Time { // 20:00 in New York: 00:00 in UTC, 01:00 in winter
		return day.Midnight(eastern).Add(20 * time.Hour)
	}}
	day := recon.NewDate(2026, 9, 30)
	at := func(day recon.Date, hour int) time.Time {
		return day.Midnight(time.UTC).Add(time.Duration(hour) * time.Hour)
	}
	if got := evening.Covered(at(day, 23)); got != day-1 {
		t.Errorf("that evening covers %s, want the day before: the day is not over", got)
	}
	if got := evening.Due(day); !got.Equal(at(day+1, 23)) {
		t.Errorf("%s is due at %s", day, got)
	}
	evening.Closes = func(day recon.Date) time.Time { return at(day, 23) }
	if got := evening.Covered(at(day, 23)); got != day || !evening.Due(day).Equal(at(day, 23)) {
		t.Errorf("that evening covers %s, due at %s", got, evening.Due(day))
	}
}

// Three years in twelve zones: each due morning starts once and not a second early, every
// calendar date is covered once, in order, whatever the clocks do, holidays as
// configured. The night at the clock change included.
func TestThreeYearsInTwelveZones(t *testing.T) {
	for _, name := range zones() {
		for _, at := range [][2]int{{0, 0}, {1, 30}, {2, 30}, {23, 59}} {
			z := zone(t, name)
			first, last := recon.NewDate(2026, 1, 1), recon.NewDate(2028, 12, 31)
			s := night.Schedule{Zone: z, Hour: at[0], Minute: at[1], Weekdays: workdays(), Holidays: map[recon.Date]bool{recon.NewDate(2026, 12, 25): true}, Lag: 1}
			done, mornings := first-2, 0
			for now := s.Next(first.Midnight(z).Add(-time.Second)); recon.DateOf(now.In(z)) <= last; now = s.Next(now) {
				mornings++
				if early := night.Owed([]night.Schedule{s}, done, now.Add(-time.Second)); len(early) > 0 {
					t.Fatalf("%s %v: %v is owed a second before %s", name, at, early, now)
				}
				owed := night.Owed([]night.Schedule{s}, done, now)
				if len(owed) == 0 || owed[0] != done+1 || owed[len(owed)-1] != recon.DateOf(now.In(z))-1 {
					t.Fatalf("%s %v: at %s %v is owed after %s", name, at, now, owed, done)
				}
				done = owed[len(owed)-1]
				if again := night.Owed([]night.Schedule{s}, done, now); len(again) > 0 {
					t.Fatalf("%s %v: %v is owed again", name, at, again)
				}
			}
			if got := weekdaysBetween(first, last) - 1; mornings != got {
				t.Errorf("%s %v: %d mornings, want %d", name, at, mornings, got)
			}
		}
	}
}

func weekdaysBetween(first, last recon.Date) int {
	n := 0
	for day := first; day <= last; day++ {
		if workdays()[day.Midnight(time.UTC).Weekday()] {
			n++
		}
	}
	return n
}

// A weekend that was missed is caught up in order, a run for each date.
func TestAMissedWeekendIsCaughtUp(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	daily := night.Schedule{Zone: z, Hour: 5, Lag: 1}
	monday := time.Date(2026, 11, 23, 9, 0, 0, 0, z)
	owed := night.Owed([]night.Schedule{daily}, recon.NewDate(2026, 11, 19), monday)
	want := []string{"2026-11-20", "2026-11-21", "2026-11-22"}
	if len(owed) != 3 {
		t.Fatalf("%v is owed", owed)
	}
	for i, day := range owed {
		if day.String() != want[i] {
			t.Errorf("%v, want %v", owed, want)
		}
	}
	if due := daily.Due(recon.NewDate(2026, 11, 22)); !due.Equal(time.Date(2026, 11, 23, 5, 0, 0, 0, z)) {
		t.Errorf("Sunday is due at %s", due)
	}
}

// Of several schedules the one that covers most decides.
func TestSeveralSchedules(t *testing.T) {
	z := time.UTC
	early := night.Schedule{Zone: z, Hour: 4, Lag: 2}
	late := night.Schedule{Zone: z, Hour: 12, Lag: 1}
	day := recon.NewDate(2026, 6, 10)
	for _, c := range []struct {
		hour int
		want recon.Date
	}{{3, day - 2}, {4, day - 2}, {11, day - 2}, {12, day - 1}} {
		owed := night.Owed([]night.Schedule{early, late}, day-10, day.Midnight(z).Add(time.Duration(c.hour)*time.Hour))
		if got := owed[len(owed)-1]; got != c.want {
			t.Errorf("at %d:00 the last day owed is %s, want %s", c.hour, got, c.want)
		}
	}
	never := night.Schedule{Zone: z, Weekdays: map[time.Weekday]bool{}}
	if !never.Next(day.Midnight(z)).IsZero() || never.Covered(day.Midnight(z)) != 0 || !never.Due(day).IsZero() {
		t.Error("a schedule without mornings has one")
	}
}
