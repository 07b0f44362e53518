package recon

import (
	"encoding/binary"
	"unsafe"
)

// Rows keep what repeats as numbers and what varies as one block of bytes: a
// bitmap of the fields that are present, then each as length and bytes. A
// handle is the block's place in the table's text, in steps of four bytes. No
// two rows have the same: where rows move, the handle still tells which is which.
type handle uint32

const (
	handleStep = 4
	maxText    = handleStep << 32
)

// textWriter appends blocks.
type textWriter struct {
	bytes   []byte
	start   int
	present uint16
}

func (w *textWriter) begin() {
	w.start, w.present = len(w.bytes), 0
	w.bytes = append(w.bytes, 0, 0)
}

// put adds field number field; fields come in ascending order and an empty one costs nothing.
func (w *textWriter) put(field int, text string) {
	if text == "" {
		return
	}
	w.present |= 1 << field
	w.bytes = binary.AppendUvarint(w.bytes, uint64(len(text)))
	w.bytes = append(w.bytes, text...)
}

func (w *textWriter) putNumber(field int, n int64) {
	if n != 0 {
		w.present |= 1 << field
		w.bytes = append(w.bytes, 8)
		w.bytes = binary.LittleEndian.AppendUint64(w.bytes, uint64(n))
	}
}

// end closes the block; blocks begin at multiples of handleStep.
func (w *textWriter) end() handle {
	binary.LittleEndian.PutUint16(w.bytes[w.start:], w.present)
	for len(w.bytes)%handleStep != 0 {
		w.bytes = append(w.bytes, 0)
	}
	return handle(w.start / handleStep)
}

// appendText moves a batch's text behind the table's, and tells how far its handles move.
func appendText(table, batch []byte) (text []byte, offset handle) {
	if len(table)+len(batch) > maxText {
		panic("recon: a table holds at most 16 GiB of text; a reader condemns the file that brings more")
	}
	return append(table, batch...), handle(len(table) / handleStep)
}

// textBlock reads one block. The strings it gives alias the table's text,
// which is never changed once it is written.
type textBlock struct {
	bytes   []byte
	present uint16
}

func blockAt(text []byte, h handle) textBlock {
	b := text[int(h)*handleStep:]
	return textBlock{b[2:], binary.LittleEndian.Uint16(b)}
}

// field finds one field by walking over those before it.
func (b textBlock) field(field int) string {
	if b.present&(1<<field) == 0 {
		return ""
	}
	bytes := b.bytes
	for before := b.present & (1<<field - 1); before != 0; before &= before - 1 {
		n, size := length(bytes)
		bytes = bytes[size+n:]
	}
	n, size := length(bytes)
	return alias(bytes[size : size+n])
}

func (b textBlock) number(field int) int64 {
	text := b.field(field)
	if text == "" {
		return 0
	}
	return int64(binary.LittleEndian.Uint64([]byte(text)))
}

func length(bytes []byte) (n, size int) {
	if bytes[0] < 0x80 {
		return int(bytes[0]), 1
	}
	v, size := binary.Uvarint(bytes)
	return int(v), size
}

func alias(bytes []byte) string { return unsafe.String(unsafe.SliceData(bytes), len(bytes)) }
