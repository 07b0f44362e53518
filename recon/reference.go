package recon

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Norm1 is the strict form of a reference (MAT-02): NFKC, trimmed, upper case,
// runs of blanks as one, and leading zeros dropped if it is all digits.
func Norm1(text string) string {
	if plain, ok := norm1ASCII(text); ok {
		return plain
	}
	text = strings.ToUpper(strings.Join(strings.Fields(norm.NFKC.String(text)), " "))
	return dropZeros(text)
}

// norm1ASCII answers without a copy for what nearly every reference is: ASCII
// without lower case and without blanks inside.
func norm1ASCII(text string) (string, bool) {
	for len(text) > 0 && text[0] == ' ' {
		text = text[1:]
	}
	for len(text) > 0 && text[len(text)-1] == ' ' {
		text = text[:len(text)-1]
	}
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7F || (c >= 'a' && c <= 'z') {
			return "", false
		}
	}
	return dropZeros(text), true
}

func dropZeros(text string) string {
	if len(text) == 0 || text[0] != '0' || !allDigits(text) {
		return text
	}
	text = strings.TrimLeft(text, "0")
	if text == "" {
		return "0"
	}
	return text
}

func allDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// Canon is the loose form of a reference (MAT-03): without one configured
// prefix and suffix, and without anything but letters and digits.
type Canon struct {
	Prefix, Suffix *regexp.Regexp // nil: nothing is removed
}

// The patterns of MAT-03. [usualCanon] is what they do, by hand.
const (
	usualPrefix = `^(WEB|ORD|SO|INV|PO)[-# ]*`
	usualSuffix = `[-/ ](R\d{0,2}|\d{1,2}|[A-Z])$`
)

// DefaultCanon has the prefix and suffix of MAT-03.
func DefaultCanon() Canon {
	return Canon{Prefix: regexp.MustCompile(usualPrefix), Suffix: regexp.MustCompile(usualSuffix)}
}

// usual tells a canon with the patterns of MAT-03.
func (c Canon) usual() bool {
	return c.Prefix != nil && c.Suffix != nil && c.Prefix.String() == usualPrefix && c.Suffix.String() == usualSuffix
}

// Of is the loose form of text.
func (c Canon) Of(text string) string { return c.ofNorm(Norm1(text)) }

// ofNorm is the loose form of what [Norm1] gives.
func (c Canon) ofNorm(text string) string {
	if c.usual() {
		return string(usualCanon([]byte(text)))
	}
	if c.Prefix != nil && !allDigits(text) {
		if at := c.Prefix.FindStringIndex(text); at != nil {
			text = text[:at[0]] + text[at[1]:]
		}
	}
	if c.Suffix != nil && !allDigits(text) {
		if at := c.Suffix.FindStringIndex(text); at != nil {
			text = text[:at[0]] + text[at[1]:]
		}
	}
	return dropZeros(strings.Map(keepAlphanumeric, text))
}

// looseKey is the key of the loose form of a number, given by its key; norm
// gives the text of a key that is not exact, usual is what [Canon.usual] says.
func (c Canon) looseKey(key refKey, usual bool, norm func() string) refKey {
	if !key.exact() {
		return keyOf(c.ofNorm(norm()))
	}
	if usual && key.digitsOnly() {
		return key
	}
	var letters [exactLetters]byte
	text := key.letters(&letters)
	if usual {
		return keyOf(alias(usualCanon(text)))
	}
	return keyOf(c.ofNorm(string(text)))
}

// usualCanon is the loose form by the patterns of MAT-03. It works in place.
func usualCanon(text []byte) []byte {
	if allDigits(alias(text)) {
		return text
	}
	text = withoutUsualPrefix(text)
	if !allDigits(alias(text)) {
		text = withoutUsualSuffix(text)
	}
	kept := text[:0]
	for _, c := range text {
		if isDigit(c) || isCapital(c) {
			kept = append(kept, c)
		}
	}
	loose := dropZeros(alias(kept))
	return kept[len(kept)-len(loose):]
}

func withoutUsualPrefix(text []byte) []byte {
	for _, prefix := range [...]string{"WEB", "ORD", "SO", "INV", "PO"} {
		if len(text) < len(prefix) || string(text[:len(prefix)]) != prefix {
			continue
		}
		text = text[len(prefix):]
		for len(text) > 0 && (text[0] == '-' || text[0] == '#' || text[0] == ' ') {
			text = text[1:]
		}
		break
	}
	return text
}

func withoutUsualSuffix(text []byte) []byte {
	n := len(text)
	mark := func(at int) bool { return at >= 0 && (text[at] == '-' || text[at] == '/' || text[at] == ' ') }
	switch {
	case mark(n-4) && text[n-3] == 'R' && isDigit(text[n-2]) && isDigit(text[n-1]):
		return text[:n-4]
	case mark(n-3) && (text[n-2] == 'R' || isDigit(text[n-2])) && isDigit(text[n-1]):
		return text[:n-3]
	case mark(n-2) && (isCapital(text[n-1]) || isDigit(text[n-1])):
		return text[:n-2]
	}
	return text
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func isCapital(c byte) bool { return c-'A' <= 25 }

func keepAlphanumeric(r rune) rune {
	if (r >= '0' && r <= '9') || (r >= 'A' && r <= 'Z') {
		return r
	}
	return -1
}

// partMarks stand between the numbers of several documents (MAT-04).
const partMarks = "+,;&"

// parts splits a reference that names several documents (MAT-04). NFKC comes
// first: a wide mark stands between two numbers like the usual one. What is
// blank is no part.
func parts(reference string) []string {
	if !isASCII(reference) {
		reference = norm.NFKC.String(reference)
	}
	all := strings.FieldsFunc(reference, func(r rune) bool { return strings.ContainsRune(partMarks, r) })
	return slices.DeleteFunc(all, func(part string) bool { return strings.TrimSpace(part) == "" })
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
