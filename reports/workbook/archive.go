package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sort"
	"strings"

	"github.com/xuri/excelize/v2"
)

// keepLimit is up to which size a part waits in memory for its turn.
const keepLimit = 1 << 20

// save writes the workbook as a zip whose parts are sorted and have no times,
// so that the same workbook has the same bytes (XLS-15). excelize hands streamed
// sheets over in the order of a map; so it is asked once for the small parts,
// and once more for each large one when its turn comes. No large part is ever in memory.
func save(w io.Writer, f *excelize.File, tables map[string]int, keep int) error {
	if types := f.ContentTypes; types != nil { // a map's order, where there is a chart
		sort.Slice(types.Defaults, func(i, j int) bool { return types.Defaults[i].Extension < types.Defaults[j].Extension })
	}
	all := &collector{tables: tables, keep: keep}
	if err := hand(f, all); err != nil {
		return err
	}
	slices.SortFunc(all.parts, func(x, y *part) int {
		if first := typesFirst(x.name) - typesFirst(y.name); first != 0 {
			return first
		}
		return strings.Compare(x.name, y.name)
	})
	z := zip.NewWriter(w)
	for _, p := range all.parts {
		to, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: zip.Deflate})
		if err == nil {
			err = p.copyTo(to, f)
		}
		if err != nil {
			return fmt.Errorf("part %s: %w", p.name, err)
		}
	}
	return z.Close()
}

// hand lets excelize write its parts into a zip writer of ours.
func hand(f *excelize.File, to excelize.ZipWriter) error {
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return to })
	_, err := f.WriteTo(io.Discard)
	return err
}

// typesFirst puts the part that tells the kind of the file where readers look for it.
func typesFirst(name string) int {
	if name == "[Content_Types].xml" {
		return 0
	}
	return 1
}

// errFolder answers a call that a workbook never makes.
var errFolder = errors.New("a workbook has no folder of files to add")

// collector keeps the small parts and the names of the large ones.
type collector struct {
	tables map[string]int // tables by sheet part
	keep   int
	parts  []*part
}

// Create begins a part.
func (c *collector) Create(name string) (io.Writer, error) {
	p := &part{name: name, tables: c.tables[name], keep: c.keep}
	c.parts = append(c.parts, p)
	return p, nil
}

// AddFS is asked for by the interface and of no use here.
func (c *collector) AddFS(fs.FS) error { return errFolder }

// Close has nothing to do.
func (c *collector) Close() error { return nil }

// part is one part of the zip: its bytes, or that it is too large to keep.
type part struct {
	name   string
	tables int // more than one: the part must be changed as a whole
	keep   int
	bytes  []byte
	large  bool
}

// Write keeps the bytes of a part that is small or must be changed.
func (p *part) Write(b []byte) (int, error) {
	if p.tables <= 1 && len(p.bytes)+len(b) > p.keep {
		p.large, p.bytes = true, nil
	}
	if !p.large {
		p.bytes = append(p.bytes, b...)
	}
	return len(b), nil
}

func (p *part) copyTo(w io.Writer, f *excelize.File) error {
	if p.large {
		return hand(f, picker{p.name, w})
	}
	content := p.bytes
	if p.tables > 1 {
		content = nameTables(content, p.tables)
	}
	_, err := w.Write(content)
	return err
}

// picker passes one part on and drops the others.
type picker struct {
	want string
	to   io.Writer
}

// Create begins a part.
func (p picker) Create(name string) (io.Writer, error) {
	if name == p.want {
		return p.to, nil
	}
	return io.Discard, nil
}

// AddFS is asked for by the interface and of no use here.
func (p picker) AddFS(fs.FS) error { return errFolder }

// Close has nothing to do.
func (p picker) Close() error { return nil }

// nameTables replaces the one table that a streamed sheet names, the last, by all
// of them: they have the first relationships of the sheet, rId1 ... rIdN.
func nameTables(sheet []byte, tables int) []byte {
	at := bytes.LastIndex(sheet, []byte("<tableParts "))
	end := bytes.LastIndex(sheet, []byte("</tableParts>"))
	if at < 0 || end < at {
		return sheet
	}
	out := slices.Clone(sheet[:at])
	out = fmt.Appendf(out, `<tableParts count="%d">`, tables)
	for i := range tables {
		out = fmt.Appendf(out, `<tablePart r:id="rId%d"></tablePart>`, i+1)
	}
	return append(out, sheet[end:]...)
}
