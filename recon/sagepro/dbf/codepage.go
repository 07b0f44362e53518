package dbf

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// pages are the code pages by the name that configurations use.
func pages() map[string]encoding.Encoding {
	return map[string]encoding.Encoding{
		"cp437": charmap.CodePage437, "cp850": charmap.CodePage850, "cp852": charmap.CodePage852, "cp855": charmap.CodePage855,
		"cp858": charmap.CodePage858, "cp860": charmap.CodePage860, "cp863": charmap.CodePage863, "cp865": charmap.CodePage865,
		"cp866": charmap.CodePage866, "cp874": charmap.Windows874,
		"cp1250": charmap.Windows1250, "cp1251": charmap.Windows1251, "cp1252": charmap.Windows1252, "cp1253": charmap.Windows1253,
		"cp1254": charmap.Windows1254, "cp1255": charmap.Windows1255, "cp1256": charmap.Windows1256, "cp1257": charmap.Windows1257,
		"macroman": charmap.Macintosh, "maccyrillic": charmap.MacintoshCyrillic,
		"cp932": japanese.ShiftJIS, "cp936": simplifiedchinese.GBK, "cp949": korean.EUCKR, "cp950": traditionalchinese.Big5,
	}
}

// CodePages are the names that [Options] and [Layout] take.
func CodePages() []string { return slices.Sorted(maps.Keys(pages())) }

// Writes tells whether the header of a new table can name a code page.
func Writes(page string) bool { return markOf(page) != 0 }

// Encoding is a code page of [CodePages]; nil if there is none of that name.
func Encoding(page string) encoding.Encoding { return pages()[page] }

// pageOf names the code page of a header's mark, "" if the mark is none or not known.
func pageOf(mark byte) string {
	switch mark {
	case 0x01, 0x09, 0x0B, 0x0D, 0x0F, 0x11, 0x15, 0x18, 0x19, 0x1B:
		return "cp437"
	case 0x02, 0x0A, 0x0E, 0x10, 0x12, 0x14, 0x16, 0x1A, 0x1D, 0x25, 0x37:
		return "cp850"
	case 0x03, 0x57, 0x58, 0x59:
		return "cp1252"
	case 0x04:
		return "macroman"
	case 0x08, 0x17, 0x66:
		return "cp865"
	case 0x13, 0x7B:
		return "cp932"
	case 0x1C, 0x6C:
		return "cp863"
	case 0x1F, 0x22, 0x23, 0x40, 0x64, 0x87:
		return "cp852"
	case 0x24:
		return "cp860"
	case 0x26, 0x65:
		return "cp866"
	case 0x4D, 0x7A:
		return "cp936"
	case 0x4E, 0x79:
		return "cp949"
	case 0x4F, 0x78:
		return "cp950"
	case 0x50, 0x7C:
		return "cp874"
	case 0x7D:
		return "cp1255"
	case 0x7E:
		return "cp1256"
	case 0x96:
		return "maccyrillic"
	case 0xC8:
		return "cp1250"
	case 0xC9:
		return "cp1251"
	case 0xCA:
		return "cp1254"
	case 0xCB:
		return "cp1253"
	case 0xCC:
		return "cp1257"
	}
	return ""
}

// markOf is the header's mark for a page that a new table may have; 0 for others.
func markOf(page string) byte {
	for _, mark := range [...]byte{0x01, 0x02, 0x03, 0x64, 0x65, 0x7A, 0x7C, 0xC8, 0xC9, 0xCA, 0xCB} {
		if pageOf(mark) == page {
			return mark
		}
	}
	return 0
}

func (t *Table) useCodePage(mark byte, configured string) error {
	t.CodePage = pageOf(mark)
	if t.CodePage == "" {
		t.CodePage = configured
	}
	if t.CodePage == "" {
		return nil
	}
	page, ok := pages()[t.CodePage]
	if !ok {
		return fmt.Errorf("code page %q is not known; it is one of %s", t.CodePage, strings.Join(CodePages(), ", "))
	}
	t.decode = newDecoder(page)
	return nil
}

// decoder turns the bytes of a code page into UTF-8. The zero decoder takes ASCII only.
type decoder struct {
	single *[128]string      // what the bytes from 0x80 mean
	multi  encoding.Encoding // of pages with more bytes a character
}

func newDecoder(page encoding.Encoding) decoder {
	single, ok := page.(*charmap.Charmap)
	if !ok {
		return decoder{multi: page}
	}
	var d decoder
	d.single = new([128]string)
	for i := range d.single {
		d.single[i] = string(single.DecodeByte(byte(0x80 + i)))
	}
	return d
}

var errNoCodePage = errors.New("has a character beyond ASCII, and neither the table nor the configuration names a known code page; set code_page")

// append adds raw as UTF-8.
func (d *decoder) append(b, raw []byte) ([]byte, error) {
	if d.multi != nil {
		text, err := d.multi.NewDecoder().Bytes(raw)
		return append(b, text...), err
	}
	for _, c := range raw {
		switch {
		case c < utf8.RuneSelf:
			b = append(b, c)
		case d.single == nil:
			return b, errNoCodePage
		default:
			b = append(b, d.single[c-0x80]...)
		}
	}
	return b, nil
}
