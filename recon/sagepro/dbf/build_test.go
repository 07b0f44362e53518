package dbf

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// col is a column of a table made by hand, without the writer that is under test elsewhere.
type col struct {
	name     string
	kind     byte
	width    int
	decimals int
	flags    byte
}

// build makes a table: each row is the delete flag and the bytes of the columns.
func build(version, page byte, cols []col, rows ...string) []byte {
	length := 1
	for _, c := range cols {
		length += c.width
	}
	header := headerSize + len(cols)*descriptorSize + 1
	head := make([]byte, header)
	head[0], head[1], head[2], head[3], head[29] = version, 126, 11, 23, page
	binary.LittleEndian.PutUint32(head[4:], uint32(len(rows)))
	binary.LittleEndian.PutUint16(head[8:], uint16(header))
	binary.LittleEndian.PutUint16(head[10:], uint16(length))
	for i, c := range cols {
		d := head[headerSize+i*descriptorSize:]
		copy(d[:11], c.name)
		d[11], d[16], d[17], d[18] = c.kind, byte(c.width), byte(c.decimals), c.flags
		if c.width > 255 {
			d[17] = byte(c.width >> 8)
		}
	}
	head[header-1] = endOfFields
	for _, r := range rows {
		if len(r) != length {
			panic("a row of the wrong length")
		}
		head = append(head, r...)
	}
	return append(head, endOfFile)
}

func open(t *testing.T, data []byte, o Options) *Table {
	t.Helper()
	table, err := Open(bytes.NewReader(data), int64(len(data)), o)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// value is the only value of a table of one row and one column.
func value(t *testing.T, page byte, c col, raw string, o Options) (string, error) {
	t.Helper()
	rows := open(t, build(0x30, page, []col{c}, " "+raw), o).Rows()
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	text, err := rows.Text(0)
	return string(text), err
}

func le32(v uint32) string { return string(binary.LittleEndian.AppendUint32(nil, v)) }

func le64(v uint64) string { return string(binary.LittleEndian.AppendUint64(nil, v)) }

func instant(julian, ms uint32) string { return le32(julian) + le32(ms) }

// fpt makes a FoxPro memo file whose blocks begin at byte 512.
func fpt(blockSize uint16, memos ...string) []byte {
	data := make([]byte, fptHeader)
	binary.BigEndian.PutUint16(data[6:], blockSize)
	size := max(1, int(blockSize))
	for _, m := range memos {
		data = binary.BigEndian.AppendUint32(data, 1)
		data = binary.BigEndian.AppendUint32(data, uint32(len(m)))
		data = append(data, m...)
		for len(data)%size != 0 {
			data = append(data, 0)
		}
	}
	return data
}

// dbt3 makes a dBASE III memo file, dbt4 one of dBASE IV with blocks of 1024 bytes.
func dbt3(memos ...string) []byte {
	data := make([]byte, dbtBlock)
	data[16] = 3
	for _, m := range memos {
		data = append(data, m+"\x1A\x1A"...)
		for len(data)%dbtBlock != 0 {
			data = append(data, 0)
		}
	}
	return data
}

func dbt4(memos ...string) []byte {
	const size = 1024
	data := make([]byte, size)
	binary.LittleEndian.PutUint16(data[20:], size)
	for _, m := range memos {
		data = append(data, 0xFF, 0xFF, 8, 0)
		data = append(binary.LittleEndian.AppendUint32(data, uint32(len(m)+8)), m...)
		for len(data)%size != 0 {
			data = append(data, 0)
		}
	}
	return data
}

func pad(text string, width int) string { return text + strings.Repeat(" ", width-len(text)) }
