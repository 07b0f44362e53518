package posting

import "strings"

// cutter remembers what it cut.
type cutter []Cut

// text is the text without control characters and blanks around it, cut to so
// many characters. line is 0 for the text of the
// entry itself. A width of 0 is no column at all.
func (c *cutter) text(entry string, line int, text string, width int) string {
	if width == 0 {
		return ""
	}
	text = strings.TrimSpace(clean(text))
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	*c = append(*c, Cut{Entry: entry, Line: line, Text: text, Width: width})
	return strings.TrimSpace(string(runes[:width]))
}
