package posting

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/charmap"
)

// separator stands between fields.
const separator = "|"

// clean is text with | and control characters replaced by blanks (PF-01).
// Bytes that are not UTF-8 become U+FFFD.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '|' || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

// isCode tells whether text can be written unchanged and is not empty. Account
// and entry numbers must be codes: a blank in their place would be another account.
func isCode(text string) bool { return text != "" && clean(text) == text }

// encode appends text in the profile's character set.
func (p Profile) encode(b []byte, text string) ([]byte, error) {
	if !p.Windows1252 {
		return append(b, text...), nil
	}
	for _, r := range text {
		c, ok := charmap.Windows1252.EncodeRune(r)
		if !ok || r == unicode.ReplacementChar {
			return b, fmt.Errorf("%q in %q cannot be written in Windows-1252", r, text)
		}
		b = append(b, c)
	}
	return b, nil
}

// decode is the opposite of encode. A byte that is no character of the set comes
// out as the control character of its number, which no field may have.
func (p Profile) decode(line []byte) string {
	if !p.Windows1252 {
		return string(line)
	}
	var b strings.Builder
	for _, c := range line {
		r := charmap.Windows1252.DecodeByte(c)
		if r == unicode.ReplacementChar {
			r = rune(c)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// lineEnd is the profile's line end.
func (p Profile) lineEnd() string {
	if p.CRLF {
		return "\r\n"
	}
	return "\n"
}

// trailerStart is how the T line begins.
func (p Profile) trailerStart() string {
	if p.Fixed {
		return "T"
	}
	return "T" + separator
}
