package dbf

import (
	"encoding/binary"
	"errors"
)

var errNotDate = errors.New("is not a day of the calendar")

// appendDate reads yyyymmdd. Blanks, NULs and zeros are no date.
func appendDate(b, raw []byte) ([]byte, error) {
	raw = trim(raw)
	if len(raw) == 0 || string(raw) == "00000000" {
		return b, nil
	}
	if len(raw) != 8 {
		return b, errNotDate
	}
	for _, c := range raw {
		if c-'0' > 9 {
			return b, errNotDate
		}
	}
	two := func(at int) int { return int(raw[at]-'0')*10 + int(raw[at+1]-'0') }
	if !isDay(two(0)*100+two(2), two(4), two(6)) {
		return b, errNotDate
	}
	return append(b, raw[0], raw[1], raw[2], raw[3], '-', raw[4], raw[5], '-', raw[6], raw[7]), nil
}

func isDay(year, month, day int) bool {
	return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
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

const (
	milliseconds = 24 * 60 * 60 * 1000
	firstJulian  = 1721426 // 0001-01-01
	lastJulian   = 5373484 // 9999-12-31
)

// appendInstant reads a Julian day and milliseconds. FoxPro computes times in
// fractions of a day, so that 08:30:00 may be stored as 08:29:59.999.
func appendInstant(b, raw []byte) ([]byte, error) {
	if len(trim(raw)) == 0 {
		return b, nil
	}
	julian, ms := int64(binary.LittleEndian.Uint32(raw)), int64(binary.LittleEndian.Uint32(raw[4:]))
	if ms > milliseconds {
		return b, errors.New("is not a time of day")
	}
	seconds := (ms + 500) / 1000
	if seconds == milliseconds/1000 {
		julian, seconds = julian+1, 0
	}
	if julian < firstJulian || julian > lastJulian {
		return b, errNotDate
	}
	year, month, day := ofJulian(int(julian))
	b = append(appendDigits(appendDigits(b, year/100), year%100), '-')
	b = append(appendDigits(b, month), '-')
	b = append(appendDigits(b, day), ' ')
	b = append(appendDigits(b, int(seconds/3600)), ':')
	b = append(appendDigits(b, int(seconds/60%60)), ':')
	return appendDigits(b, int(seconds%60)), nil
}

func appendDigits(b []byte, n int) []byte { return append(b, '0'+byte(n/10), '0'+byte(n%10)) }

// ofJulian is the day of a Julian day number in the proleptic Gregorian
// calendar, whose years here begin in March so that the leap day comes last.
func ofJulian(julian int) (year, month, day int) {
	days := julian - 1721120 // since 0000-03-01
	era := days / 146097
	ofEra := days % 146097
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*ofYear + 2) / 153
	year, month, day = era*400+yearOfEra, shifted+3, ofYear-(153*shifted+2)/5+1
	if month > 12 {
		year, month = year+1, month-12
	}
	return year, month, day
}

// julianOf is the inverse of ofJulian.
func julianOf(year, month, day int) int {
	if month <= 2 {
		year, month = year-1, month+12
	}
	era := year / 400
	yearOfEra := year % 400
	return era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + (153*(month-3)+2)/5 + day - 1 + 1721120
}
