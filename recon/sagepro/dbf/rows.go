package dbf

import "io"

// blockBytes is how much of a table is read at once.
const blockBytes = 256 << 10

// Rows goes through a table once, from the first row to the last, in blocks.
type Rows struct {
	table   *Table
	block   []byte // rows that are read and not yet passed
	buffer  []byte
	row     []byte // the current one, the delete flag first
	read    int    // rows read from the file
	number  int
	scratch []byte
	err     error
}

// Rows starts reading. Every call reads the table anew.
func (t *Table) Rows() *Rows {
	rows := max(1, min(blockBytes/t.recordLength, t.rows))
	return &Rows{table: t, buffer: make([]byte, rows*t.recordLength)}
}

// Next goes to the next row, deleted ones included. At the end, or on a fault
// that Err gives, it returns false. Bytes of the row before are then overwritten.
func (r *Rows) Next() bool {
	if len(r.block) == 0 && !r.fill() {
		return false
	}
	length := r.table.recordLength
	r.row, r.block = r.block[:length:length], r.block[length:]
	r.number++
	r.scratch = r.scratch[:0]
	return true
}

func (r *Rows) fill() bool {
	length := r.table.recordLength
	n := min(len(r.buffer)/length, r.table.rows-r.read)
	if n == 0 || r.err != nil {
		return false
	}
	block := r.buffer[:n*length]
	got, err := r.table.r.ReadAt(block, int64(r.table.headerLength)+int64(r.read)*int64(length))
	if got < len(block) {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		r.err = readFault(err)
		return false
	}
	r.block, r.read = block, r.read+n
	return true
}

// Err is what ended the reading early; nil at the end of the table.
func (r *Rows) Err() error { return r.err }

// Number is the number of the row, from 1. It is a place, not an identifier: rows are recycled.
func (r *Rows) Number() int { return r.number }

// Deleted tells whether the row is marked as deleted. Any mark but the asterisk is none.
func (r *Rows) Deleted() bool { return r.row[0] == '*' }

// Raw are the bytes of column i of [Table.Fields] as stored, valid until Next.
func (r *Rows) Raw(i int) []byte {
	f := &r.table.fields[i]
	return r.row[f.offset : f.offset+f.Width : f.offset+f.Width]
}

// Null tells whether column i is NULL, which is not the same as empty.
func (r *Rows) Null(i int) bool { return r.bit(r.table.fields[i].nullBit) }

// bit of the null flags; those that the flags do not have are clear.
func (r *Rows) bit(n int) bool {
	f := r.table.nulls
	if n < 0 || f == nil || n/8 >= f.Width {
		return false
	}
	return r.row[f.offset+n/8]>>(n%8)&1 != 0
}
