// Package carddata finds what must never be stored (R7): card numbers, track
// data and columns of card verification codes. It masks them to the last four digits.
//
// Start at [Has] and [Mask]; [Quote] is how every message of the readers shows
// a value. A card number is a run of 13 to 19 digits, in whatever compatible
// form Unicode has for them, in which blanks, points, hyphens and underscores
// between digits do not count, whose issuer range has numbers of that length
// and whose check digit is right (Luhn).
//
// Out of scope: numbers that are encoded (base64, hexadecimal, reversed) or
// spread over several fields. What must never come in: a log, a file, and any
// value that leaves this package with more than four digits of a card number.
package carddata

import (
	"strings"
	"unicode/utf8"
)

// minDigits and maxDigits are the shortest and the longest card number.
const (
	minDigits = 13
	maxDigits = 19
)

// stars stand for the digits of a number that is masked.
const stars = "************"

// Has tells whether the text holds a card number or track data. Text without
// a long run of digits, which is nearly all text, costs one look at each byte.
func Has(text string) bool {
	if len(text) < minDigits || !worthALook(text) {
		return false
	}
	return len(find(text)) > 0
}

// Hidden tells whether the text holds a card number or track data, or one that
// was masked before the file was kept: a kept copy is judged like the file.
func Hidden(text string) bool {
	return masked(text) != "" || Has(text)
}

// masked are the digits behind the first number that was masked, or "".
func masked(text string) string {
	if at := strings.Index(text, stars); at >= 0 && len(text) >= at+len(stars)+4 {
		tail := text[at+len(stars) : at+len(stars)+4]
		if strings.Trim(tail, "0123456789") == "" {
			return tail
		}
	}
	return ""
}

// HasBytes is Has for a field of a file.
func HasBytes(text []byte) bool {
	return len(text) >= minDigits && Has(string(text))
}

// Mask replaces every card number and all track data in the text by stars and
// the last four digits. Other text comes back as it is.
func Mask(text string) string {
	if len(text) < minDigits || !worthALook(text) {
		return text
	}
	hits := find(text)
	if len(hits) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, h := range hits {
		b.WriteString(text[at:h.start])
		b.WriteString(stars)
		b.WriteString(h.last4)
		at = h.end
	}
	b.WriteString(text[at:])
	return b.String()
}

// Last4 are the last four digits of the first card number in the text, or of one
// that was masked before the file was kept; "" where there is none.
func Last4(text string) string {
	if hits := find(text); len(hits) > 0 {
		return hits[0].last4
	}
	return masked(text)
}

// Quote shows a value in a message: masked, in quotation marks, cut to 40
// characters, without characters that do not print.
func Quote(value string) string {
	value = Mask(value)
	var b strings.Builder
	b.WriteByte('"')
	n := 0
	for _, r := range value {
		if n == 40 {
			b.WriteString("...")
			break
		}
		if r < ' ' || r == 0x7F || r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			r = '?'
		}
		b.WriteRune(r)
		n++
	}
	b.WriteByte('"')
	return b.String()
}

// worthALook counts digits: without thirteen of them there is no card number.
// A byte outside ASCII may be part of a digit and counts as one; so does the
// star of a number that was masked before.
func worthALook(text string) bool {
	n := 0
	for i := range len(text) {
		if c := text[i]; c-'0' <= 9 || c >= utf8.RuneSelf {
			n++
		}
	}
	return n >= minDigits
}

// Column tells whether a column of this name holds card verification codes,
// track data or PINs, whose values must not be kept whatever they look like.
// The result of a verification is no such value.
func Column(name string) bool {
	key := plainName(name)
	for _, harmless := range [...]string{"result", "response", "indicator", "reply", "status", "flag", "match"} {
		if strings.Contains(key, harmless) {
			return false
		}
	}
	switch key {
	case "cid", "cardcid", "pin", "pinblock", "pindata":
		return true
	}
	for _, part := range [...]string{
		"cvv", "cvc", "cvn", "securitycode", "cardverification", "verificationvalue", "cardcode",
		"trackdata", "track1", "track2", "magstripe", "magneticstripe",
	} {
		if strings.Contains(key, part) {
			return true
		}
	}
	return false
}

func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9'):
			return r
		}
		return -1
	}, name)
}
