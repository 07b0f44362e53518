package delimited

import (
	"bytes"
	"strings"
)

// Container tells by its first bytes a file that is no text at all but a
// container of one or of something else, and says what to give instead.
func Container(head []byte) (advice string, known bool) {
	for _, c := range [...]struct{ magic, advice string }{
		{"%PDF", "the file is a PDF, not a table; ask for the same report or export as CSV"},
		{"PK\x03\x04", "the file is a zip archive; unpack it and give the CSV inside"},
		{"\x1F\x8B", packed},
		{"BZh", packed},
		{"\xFD7zXZ", packed},
		{"\xD0\xCF\x11\xE0", "the file is an Excel or Word document; save it as CSV UTF-8 and give that, ids as text"},
	} {
		if !bytes.HasPrefix(head, []byte(c.magic)) {
			continue
		}
		if text := string(head[:min(len(head), 8<<10)]); strings.Contains(text, "[Content_Types].xml") || strings.Contains(text, "xl/") {
			return "the file is an Excel workbook; save it as CSV UTF-8 and give that, ids as text", true
		}
		return c.advice, true
	}
	return "", false
}

const packed = "the file is compressed; unpack it and give the CSV inside"
