package dbf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Memo is a memo file beside its table.
type Memo struct {
	r         io.ReaderAt
	size      int64
	foxPro    bool // FPT; else DBT
	blockSize int64
}

const (
	fptHeader = 512
	dbtBlock  = 512
	memoHead  = 8
	maxMemo   = 16 << 20 // more is damage
)

// OpenFPT reads the header of a FoxPro memo file. A block size of 0 means blocks of one byte.
func OpenFPT(r io.ReaderAt, size int64) (*Memo, error) {
	var head [memoHead]byte
	if _, err := r.ReadAt(head[:], 0); err != nil || size < memoHead {
		return nil, fmt.Errorf("memo file: %d bytes are too few for a header", size)
	}
	return &Memo{r: r, size: size, foxPro: true, blockSize: max(1, int64(binary.BigEndian.Uint16(head[6:])))}, nil
}

// OpenDBT reads the header of a dBASE III or IV memo file.
func OpenDBT(r io.ReaderAt, size int64) (*Memo, error) {
	var head [24]byte
	if _, err := r.ReadAt(head[:], 0); err != nil || size < int64(len(head)) {
		return nil, fmt.Errorf("memo file: %d bytes are too few for a header", size)
	}
	m := &Memo{r: r, size: size, blockSize: dbtBlock}
	// dBASE IV keeps the size of its blocks where dBASE III, which writes its version 3 before, leaves rubbish.
	if n := int64(binary.LittleEndian.Uint16(head[20:])); head[16] != 3 && n > 0 && n%dbtBlock == 0 {
		m.blockSize = n
	}
	return m, nil
}

// text is the memo that a row's pointer names: 4 bytes, or 10 digits. Nothing for no memo.
func (m *Memo) text(pointer []byte) ([]byte, error) {
	block, err := pointerOf(pointer)
	switch {
	case err != nil || block == 0:
		return nil, err
	case m == nil:
		return nil, errors.New("is kept in the memo file, which is missing")
	}
	at := block * m.blockSize
	if m.foxPro {
		return m.fpt(at)
	}
	return m.dbt(at)
}

func pointerOf(raw []byte) (block int64, err error) {
	if len(raw) == 4 {
		return int64(binary.LittleEndian.Uint32(raw)), nil
	}
	for _, c := range trim(raw) {
		if c-'0' > 9 {
			return 0, errors.New("has a memo pointer that is no number")
		}
		block = block*10 + int64(c-'0')
	}
	return block, nil
}

func (m *Memo) fpt(at int64) ([]byte, error) {
	var head [memoHead]byte
	if at < fptHeader || at > m.size-memoHead {
		return nil, fmt.Errorf("points to byte %d of a memo file of %d", at, m.size)
	}
	if _, err := m.r.ReadAt(head[:], at); err != nil {
		return nil, fmt.Errorf("memo at byte %d: %w", at, err)
	}
	return m.bytes(at+memoHead, int64(binary.BigEndian.Uint32(head[4:])))
}

// bytes are a memo of known length.
func (m *Memo) bytes(at, length int64) ([]byte, error) {
	if length < 0 || length > min(maxMemo, m.size-at) {
		return nil, fmt.Errorf("has a memo of %d bytes, but %d are left of the memo file", length, m.size-at)
	}
	text := make([]byte, length)
	if n, err := m.r.ReadAt(text, at); n < len(text) {
		return nil, fmt.Errorf("memo at byte %d: %w", at, err)
	}
	return text, nil
}

// dbt reads a memo of dBASE IV, which says its length, or of III, which ends
// with a mark. The last memo of a file may lack the mark and end with the file.
func (m *Memo) dbt(at int64) ([]byte, error) {
	if at < dbtBlock || at >= m.size {
		return nil, fmt.Errorf("points to byte %d of a memo file of %d", at, m.size)
	}
	block := make([]byte, dbtBlock)
	var text []byte
	for next := at; next < m.size && len(text) < maxMemo; next += dbtBlock {
		n, err := m.r.ReadAt(block[:min(dbtBlock, m.size-next)], next)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("memo at byte %d: %w", at, err)
		}
		if got := block[:n]; next == at && len(got) >= memoHead && bytes.HasPrefix(got, []byte{0xFF, 0xFF, 8, 0}) {
			return m.bytes(at+memoHead, int64(binary.LittleEndian.Uint32(got[4:]))-memoHead)
		}
		if end := bytes.IndexByte(block[:n], endOfFile); end >= 0 {
			return append(text, block[:end]...), nil
		}
		text = append(text, block[:n]...)
	}
	if len(text) >= maxMemo {
		return nil, fmt.Errorf("has a memo of more than %d bytes", maxMemo)
	}
	return text, nil
}
