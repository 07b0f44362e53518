package dbf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Kinds of refusal that callers tell apart.
var (
	// ErrNotTable is for files that are no table of a known version, or whose header does not add up.
	ErrNotTable = errors.New("not a table that can be read")
	// ErrTorn is for a table with fewer bytes than its header promises: a copy taken while somebody wrote, or damage.
	ErrTorn = errors.New("the table is shorter than its header says")
)

// Field is a column as the header describes it.
type Field struct {
	Name     string
	Type     byte // C N F D L M I Y B T V Q W G P; 0 is the hidden field of null flags
	Width    int  // bytes
	Decimals int
	Nullable bool

	offset  int    // in the row, behind the delete flag
	nullBit int    // in the null flags; -1: none
	sizeBit int    // that the last byte is the length; -1: none
	fault   string // why the column cannot be read; "" if it can
}

// Options are what a table does not say of itself.
type Options struct {
	// CodePage is used where the header names none, or one that is not known;
	// "" makes characters beyond ASCII errors there. [CodePages] lists the names.
	CodePage string
	Memo     *Memo // the memo file; nil: there is none
}

// Table is an open table. It may be read by several goroutines at once.
type Table struct {
	Version byte
	// CodePage is the page in use; "" if none is known.
	CodePage string
	// Trailing counts the bytes behind the last row, without an end mark: rows
	// that somebody is about to append, or rubbish. They are not read.
	Trailing int64

	r            io.ReaderAt
	memo         *Memo
	fields       []Field
	rows         int
	headerLength int
	recordLength int
	nulls        *Field
	decode       decoder
}

const (
	headerSize     = 32
	descriptorSize = 32
	endOfFields    = 0x0D
	endOfFile      = 0x1A
)

// Open reads the header of a table of size bytes. It refuses with ErrNotTable
// or ErrTorn; faults of single values come later, from [Rows.Text].
func Open(r io.ReaderAt, size int64, o Options) (*Table, error) {
	var head [headerSize]byte
	if size < headerSize+1 {
		return nil, fmt.Errorf("%w: %d bytes are too few for a header", ErrNotTable, size)
	}
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, readFault(err)
	}
	t := &Table{
		Version: head[0], r: r, memo: o.Memo, rows: int(binary.LittleEndian.Uint32(head[4:])),
		headerLength: int(binary.LittleEndian.Uint16(head[8:])), recordLength: int(binary.LittleEndian.Uint16(head[10:])),
	}
	if why := unsupported(t.Version); why != "" {
		return nil, fmt.Errorf("%w: version byte 0x%02X, %s", ErrNotTable, t.Version, why)
	}
	if t.headerLength < headerSize+1 || int64(t.headerLength) > size {
		return nil, fmt.Errorf("%w: a header of %d bytes in a file of %d", ErrNotTable, t.headerLength, size)
	}
	if err := t.useCodePage(head[29], o.CodePage); err != nil {
		return nil, err
	}
	if err := t.readFields(); err != nil {
		return nil, err
	}
	return t, t.checkSize(size)
}

func readFault(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ended while it was read", ErrTorn)
	}
	return fmt.Errorf("reading the table: %w", err)
}

// unsupported says what a version byte means that is not read.
func unsupported(version byte) string {
	switch version {
	case 0x03, 0x83, 0x8B, 0xF5, 0x30, 0x31, 0x32:
		return ""
	case 0x02:
		return "dBASE II or FoxBASE: copy the table with FoxPro"
	case 0x04, 0x8C:
		return "dBASE 7: copy the table with TYPE FOX2X"
	}
	return "which is no FoxPro or dBASE III or IV table"
}

// readFields reads the descriptors. Their widths and the delete flag must give the record length.
func (t *Table) readFields() error {
	head := make([]byte, t.headerLength-headerSize)
	if _, err := t.r.ReadAt(head, headerSize); err != nil {
		return readFault(err)
	}
	for len(head) > 0 && head[0] != endOfFields {
		if len(head) < descriptorSize {
			return fmt.Errorf("%w: the list of columns has no end within the header", ErrNotTable)
		}
		t.fields = append(t.fields, t.field(head[:descriptorSize]))
		head = head[descriptorSize:]
	}
	if len(t.fields) == 0 {
		return fmt.Errorf("%w: it has no columns", ErrNotTable)
	}
	if !t.widthsFit() {
		return fmt.Errorf("%w: the columns take %d bytes and the delete flag 1, but a row has %d", ErrNotTable, t.widths(), t.recordLength)
	}
	t.layOut()
	return nil
}

func (t *Table) field(d []byte) Field {
	name, _, _ := bytes.Cut(d[:11], []byte{0})
	text, _ := t.decode.append(nil, name)
	return Field{
		Name: strings.TrimSpace(string(text)), Type: d[11], Width: int(d[16]), Decimals: int(d[17]), Nullable: d[18]&2 != 0,
		nullBit: -1, sizeBit: -1,
	}
}

func (t *Table) widths() (sum int) {
	for i := range t.fields {
		sum += t.fields[i].Width
	}
	return sum
}

// widthsFit also takes character columns wider than 255 whose high byte stands
// in the place of the decimals, if that and nothing else gives the record length.
func (t *Table) widthsFit() bool {
	if t.widths()+1 == t.recordLength {
		return true
	}
	wide := 0
	for i := range t.fields {
		if f := &t.fields[i]; f.Type == 'C' {
			wide += f.Decimals << 8
		}
	}
	if t.widths()+wide+1 != t.recordLength {
		return false
	}
	for i := range t.fields {
		if f := &t.fields[i]; f.Type == 'C' {
			f.Width, f.Decimals = f.Width+f.Decimals<<8, 0
		}
	}
	return true
}

// layOut finds where each column lies, and its bits in the null flags: in the
// order of columns, a length bit for V and Q, then a null bit for nullable ones.
func (t *Table) layOut() {
	var shown []Field
	offset, bit := 1, 0
	for i := range t.fields {
		f := &t.fields[i]
		f.offset, f.fault = offset, fieldFault(f)
		offset += f.Width
		if f.Type == '0' {
			t.nulls = f
			continue
		}
		if f.Type == 'V' || f.Type == 'Q' {
			f.sizeBit, bit = bit, bit+1
		}
		if f.Nullable {
			f.nullBit, bit = bit, bit+1
		}
		shown = append(shown, *f)
	}
	t.fields = shown
}

// fieldFault says why the values of a column cannot be read.
func fieldFault(f *Field) string {
	ok := true
	switch f.Type {
	case 'C', 'N', 'F', 'V', 'Q', '0':
		ok = f.Width > 0
	case 'D':
		ok = f.Width >= 8
	case 'L':
		ok = f.Width == 1
	case 'I':
		ok = f.Width == 4
	case 'Y', 'T':
		ok = f.Width == 8
	case 'B':
		ok = f.Width == 8 || f.Width == 10
	case 'M', 'W', 'G', 'P':
		ok = f.Width == 4 || f.Width == 10
	default:
		return fmt.Sprintf("is of type %q, which is not known", f.Type)
	}
	if !ok {
		return fmt.Sprintf("is of type %c with a width of %d, which that type does not have", f.Type, f.Width)
	}
	return ""
}

func (t *Table) checkSize(size int64) error {
	end := int64(t.headerLength) + int64(t.rows)*int64(t.recordLength)
	if end > size {
		return fmt.Errorf("%w: %d rows of %d bytes need %d bytes, but there are %d", ErrTorn, t.rows, t.recordLength, end, size)
	}
	t.Trailing = size - end
	if t.Trailing > 0 {
		var last [1]byte
		if _, err := t.r.ReadAt(last[:], size-1); err != nil {
			return readFault(err)
		}
		if last[0] == endOfFile {
			t.Trailing--
		}
	}
	return nil
}

// Len is the number of rows by the header, deleted ones included.
func (t *Table) Len() int { return t.rows }

// Fields are the columns in their order, without the hidden null flags. Names may occur twice.
func (t *Table) Fields() []Field { return slices.Clone(t.fields) }

// NeedsMemo tells whether a column keeps its values in a memo file, whatever the header's flag says.
func (t *Table) NeedsMemo() bool {
	for i := range t.fields {
		if t.fields[i].isMemo() {
			return true
		}
	}
	return false
}

func (f *Field) isMemo() bool {
	switch f.Type {
	case 'M', 'W', 'G', 'P':
		return true
	case 'B':
		return f.Width == 10
	}
	return false
}
