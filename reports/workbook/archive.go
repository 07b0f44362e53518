package workbook

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// archive is the zip writer that excelize writes into. It keeps the compressed
// parts until Close and then writes them sorted and without times, so that the
// same workbook has the same bytes (XLS-15): excelize itself writes streamed
// sheets in the order of a map.
type archive struct {
	out    io.Writer
	tables map[string]int // tables by sheet part; excelize names only the last one of a streamed sheet
	parts  []*part
}

type part struct {
	name  string
	plain bytes.Buffer // of parts that are changed before they are compressed
	patch int          // tables to name; 0 or 1 leaves the part alone
	zip   bytes.Buffer
	flate *flate.Writer
	crc   uint32
	size  uint64
}

// Create begins the next part.
func (a *archive) Create(name string) (io.Writer, error) {
	if err := a.finishLast(); err != nil {
		return nil, err
	}
	p := &part{name: name, patch: a.tables[name]}
	var err error
	p.flate, err = flate.NewWriter(&p.zip, flate.DefaultCompression)
	a.parts = append(a.parts, p)
	if p.patch > 1 || name == contentTypes {
		return &p.plain, err
	}
	return p, err
}

// AddFS is asked for by the interface and of no use here.
func (a *archive) AddFS(fs.FS) error { return errors.New("a workbook has no folder of files to add") }

// Close writes everything.
func (a *archive) Close() error {
	if err := a.finishLast(); err != nil {
		return err
	}
	slices.SortFunc(a.parts, func(x, y *part) int {
		if byType := contentTypesFirst(x.name) - contentTypesFirst(y.name); byType != 0 {
			return byType
		}
		return strings.Compare(x.name, y.name)
	})
	z := zip.NewWriter(a.out)
	for _, p := range a.parts {
		if err := p.copyTo(z); err != nil {
			return fmt.Errorf("part %s: %w", p.name, err)
		}
	}
	return z.Close()
}

// contentTypesFirst puts the part that names the file's kind where readers look for it.
func contentTypesFirst(name string) int {
	if name == contentTypes {
		return 0
	}
	return 1
}

func (a *archive) finishLast() error {
	if len(a.parts) == 0 {
		return nil
	}
	p := a.parts[len(a.parts)-1]
	if p.flate == nil {
		return nil
	}
	if p.name == contentTypes {
		if _, err := p.Write(sortDefaults(p.plain.Bytes())); err != nil {
			return err
		}
		p.plain = bytes.Buffer{}
	}
	if p.patch > 1 {
		if _, err := p.Write(nameTables(p.plain.Bytes(), p.patch)); err != nil {
			return err
		}
		p.plain = bytes.Buffer{}
	}
	err := p.flate.Close()
	p.flate = nil
	return err
}

// Write compresses bytes of the part.
func (p *part) Write(b []byte) (int, error) {
	p.crc = crc32.Update(p.crc, crc32.IEEETable, b)
	p.size += uint64(len(b))
	return p.flate.Write(b)
}

func (p *part) copyTo(z *zip.Writer) error {
	w, err := z.CreateRaw(&zip.FileHeader{
		Name: p.name, Method: zip.Deflate, CRC32: p.crc,
		CompressedSize64: uint64(p.zip.Len()), UncompressedSize64: p.size,
	})
	if err != nil {
		return err
	}
	_, err = p.zip.WriteTo(w)
	return err
}

// contentTypes is the part that names the type of every other part.
const contentTypes = "[Content_Types].xml"

var defaultType = regexp.MustCompile(`<Default [^>]*></Default>`)

// sortDefaults puts the types of extensions into order: excelize writes them in that of a map.
func sortDefaults(xml []byte) []byte {
	sorted := defaultType.FindAll(xml, -1)
	for i := range sorted {
		sorted[i] = bytes.Clone(sorted[i])
	}
	slices.SortFunc(sorted, bytes.Compare)
	return defaultType.ReplaceAllFunc(xml, func([]byte) []byte {
		next := sorted[0]
		sorted = sorted[1:]
		return next
	})
}

// nameTables replaces the one table that a streamed sheet names by all of them:
// they have the first relationships of the sheet, rId1 ... rIdN.
func nameTables(sheet []byte, tables int) []byte {
	at := bytes.LastIndex(sheet, []byte("<tableParts "))
	end := bytes.LastIndex(sheet, []byte("</tableParts>"))
	if at < 0 || end < at {
		return sheet
	}
	out := append(slices.Clip(sheet[:at:at]), fmt.Sprintf(`<tableParts count="%d">`, tables)...)
	for i := range tables {
		out = append(out, fmt.Sprintf(`<tablePart r:id="rId%d"></tablePart>`, i+1)...)
	}
	return append(out, sheet[end:]...)
}
