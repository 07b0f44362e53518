package recon

import (
	"regexp"
	"strings"

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

// DefaultCanon has the prefix and suffix of MAT-03.
func DefaultCanon() Canon {
	return Canon{
		Prefix: regexp.MustCompile(`^(WEB|ORD|SO|INV|PO)[-# ]*`),
		Suffix: regexp.MustCompile(`[-/ ](R\d{0,2}|\d{1,2}|[A-Z])$`),
	}
}

// Of is the loose form of text.
func (c Canon) Of(text string) string {
	text = Norm1(text)
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

func keepAlphanumeric(r rune) rune {
	if (r >= '0' && r <= '9') || (r >= 'A' && r <= 'Z') {
		return r
	}
	return -1
}

// partMarks stand between the numbers of several documents (MAT-04).
const partMarks = "+,;&"

// parts splits a reference that names several documents (MAT-04).
func parts(reference string) []string {
	return strings.FieldsFunc(reference, func(r rune) bool { return strings.ContainsRune(partMarks, r) })
}
