package recon

import (
	"fmt"
	"time"
)

// Date is a calendar day without time or zone, counted from 1970-01-01 = 1, so
// that the zero Date is no date. ERP dates are never converted (MAT-06).
type Date int32

const day = 24 * 60 * 60

// NewDate is the given calendar day.
func NewDate(year int, month time.Month, dayOfMonth int) Date {
	return Date(time.Date(year, month, dayOfMonth, 0, 0, 0, 0, time.UTC).Unix()/day + 1)
}

// ParseDate reads yyyy-mm-dd and refuses days the calendar does not have.
func ParseDate[T string | []byte](text T) (Date, error) {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return 0, fmt.Errorf("%q is not a date of the form yyyy-mm-dd", string(text))
	}
	year, month, dom := 100*pair(text[0], text[1])+pair(text[2], text[3]), pair(text[5], text[6]), pair(text[8], text[9])
	if year < 0 || month < 1 || month > 12 || dom < 1 || dom > 28 && dom > daysIn(year, month) {
		return 0, fmt.Errorf("%q is not a day of the calendar", string(text))
	}
	return Date(daysBefore(year, month, dom) + 1), nil
}

// pair is the number that two digits write; far below zero where one of them is no digit.
func pair(ten, one byte) int {
	a, b := int(ten)-'0', int(one)-'0'
	if uint(a) > 9 || uint(b) > 9 {
		return -1 << 20
	}
	return 10*a + b
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysBefore counts days since 1970-01-01 in the proleptic Gregorian calendar,
// with March as the first month so that the leap day comes last.
func daysBefore(year, month, dom int) int {
	if month <= 2 {
		year, month = year-1, month+12
	}
	era := year / 400
	yearOfEra := year - era*400
	dayOfYear := (153*(month-3)+2)/5 + dom - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return era*146097 + dayOfEra - 719468
}

// DateOf is the calendar day of t in t's own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date(daysBefore(y, int(m), d) + 1)
}

// Midnight is the first instant of the day in zone.
func (d Date) Midnight(zone *time.Location) time.Time {
	y, m, dom := d.time().Date()
	return time.Date(y, m, dom, 0, 0, 0, 0, zone)
}

func (d Date) time() time.Time { return time.Unix(int64(d-1)*day, 0).UTC() }

// String is yyyy-mm-dd, or "" for no date.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	year, month, dom := d.time().Date()
	if year < 0 || year > 9999 {
		return d.time().Format(time.DateOnly)
	}
	text := [...]byte{0, 0, 0, 0, '-', 0, 0, '-', 0, 0}
	for _, part := range [...]struct{ at, two int }{{0, year / 100}, {2, year % 100}, {5, int(month)}, {8, dom}} {
		text[part.at], text[part.at+1] = '0'+byte(part.two/10), '0'+byte(part.two%10)
	}
	return string(text[:])
}

// Period is the calendar month of the day: yyyy-mm.
func (d Date) Period() string { return d.time().Format("2006-01") }

// Year is the calendar year of the day.
func (d Date) Year() int { return d.time().Year() }

// Instant is a point in time in microseconds since 1970 UTC; 0 is none.
type Instant int64

// InstantOf is t to the microsecond.
func InstantOf(t time.Time) Instant { return Instant(t.UnixMicro()) }

// In is the instant as a time of the zone.
func (i Instant) In(zone *time.Location) time.Time { return time.UnixMicro(int64(i)).In(zone) }

// ParseInstant reads RFC 3339 with an offset (MAT-06); a local time is refused.
func ParseInstant(text string) (Instant, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a time with an offset (RFC 3339, such as 2026-09-30T20:30:00Z)", text)
	}
	return InstantOf(t), nil
}
