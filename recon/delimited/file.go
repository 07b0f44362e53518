// Package delimited reads delimited text (CSV) of any size on all cores.
//
// Workers take turns to read a block of 256 KiB, feed the hash and cut the block
// where a record ends (an even number of quotation marks before it); each scans
// and parses its block and delivers the result, in file order. Start at [Open],
// take the header with [File.Next], then [Run]. Memory is bounded by a block and
// a few results for each worker, which are used again and again.
//
// It understands LF, CR LF and CR line ends and a byte order mark, and reports
// what condemns a file (R8): zero bytes, wrong encoding, quotation marks that
// do not pair, by the line where they open. What must never come in: the
// meaning of any column, and an allocation for every row.
package delimited

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"runtime"
	"slices"
)

// Options of a file. The zero value reads commas and UTF-8 on all cores.
type Options struct {
	Delimiter   byte // 0: comma
	Workers     int  // 0: one for each core
	BlockSize   int  // 0: 256 KiB
	AnyEncoding bool // do not insist on UTF-8: the caller decodes the fields
}

const (
	blockSize = 256 << 10
	firstRead = 16 << 10
)

// File is a delimited file being read.
type File struct {
	src       io.Reader
	opt       Options
	stop      *[256]bool
	hash      hash.Hash
	size      int64
	readError error
	eof       bool

	head    *Block  // the first block
	header  Scanner // takes the header records off it
	carry   []byte  // begin of a record whose end is not read yet
	line    int     // physical line at which carry begins
	lastEnd bool    // the file ends with a line end
	fault   *Fault
	checked bool // the encoding of the first block
}

// Block is a stretch of whole records.
type Block struct {
	file *File
	data []byte
	line int
	torn bool // no record ends in it
}

// Raw are the bytes of the block, before a scanner has undone the quoting.
func (b *Block) Raw() []byte { return b.data }

// Lines is how many lines end in the block with a line feed: about how many records it has.
func (b *Block) Lines() int { return bytes.Count(b.data, []byte{'\n'}) }

// Scanner takes the records off the block.
func (b *Block) Scanner() Scanner {
	return Scanner{data: b.data, line: b.line, delimiter: b.file.opt.Delimiter, stop: b.file.stop, torn: b.torn}
}

// TextFault finds zero bytes and wrong encoding in the block.
func (b *Block) TextFault() *Fault { return checkText(b.data, b.line, b.file.opt.AnyEncoding) }

// Open reads the first block of a file.
func Open(r io.Reader, o Options) *File {
	if o.Delimiter == 0 {
		o.Delimiter = ','
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.BlockSize <= 0 {
		o.BlockSize = blockSize
	}
	f := &File{src: r, opt: o, stop: stops(o.Delimiter), hash: sha256.New(), line: 1}
	f.head = &Block{file: f}
	f.fill(f.head)
	f.stripMark()
	f.header = f.head.Scanner()
	return f
}

// stripMark removes a byte order mark; one of UTF-16, or of a file that is no text, is a fault.
func (f *File) stripMark() {
	data := f.head.data
	switch {
	case bytes.HasPrefix(data, []byte("\xEF\xBB\xBF")):
		f.head.data = data[3:]
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}), bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		f.fault = &Fault{1, "utf16", "the file is UTF-16 text; export or download it again as UTF-8"}
	}
	if advice, known := Container(data); known {
		f.fault = &Fault{1, "packed_file", advice}
	}
}

// Head are the first bytes of the file, at most 64 KiB, without a byte order mark.
func (f *File) Head() []byte {
	rest := f.head.data
	return rest[:min(len(rest), 64<<10)]
}

// Next reads the next record in sequence; its fields last until the next call.
// After the header the rest is for [Run], or for more of Next and [File.Finish].
func (f *File) Next(rec *Record) bool {
	for f.fault == nil {
		if !f.checked {
			f.checked = true
			if f.fault = f.head.TextFault(); f.fault != nil {
				break
			}
		}
		if f.header.Next(rec) {
			return true
		}
		if f.fault = f.header.fault; f.fault != nil || !f.refill() {
			break
		}
	}
	return false
}

// refill reads the next block in place of the first.
func (f *File) refill() bool {
	if f.eof || !f.fill(f.head) {
		return false
	}
	f.header, f.checked = f.head.Scanner(), false
	return true
}

// Finish reads what [File.Next] left of the file, shows it to look, and sums up.
func (f *File) Finish(look func(raw []byte)) Summary {
	look(f.head.data)
	for f.refill() {
		look(f.head.data)
	}
	return f.summary()
}

// HeadFault is the damage that ended [File.Next].
func (f *File) HeadFault() *Fault { return f.fault }

// Line is the physical line behind the last header record.
func (f *File) Line() int { return f.header.line }

// Summary is what is known of a file once all of it is read.
type Summary struct {
	SHA256     [sha256.Size]byte
	Size       int64
	MissingEnd bool  // the last record has no line end
	LastLine   int   // the physical line on which the file ends
	Err        error // reading failed
}

func (f *File) summary() Summary {
	s := Summary{Size: f.size, Err: f.readError, MissingEnd: f.size > 0 && !f.lastEnd, LastLine: f.line}
	f.hash.Sum(s.SHA256[:0])
	if !s.MissingEnd && s.LastLine > 1 {
		s.LastLine--
	}
	return s
}

// fill reads the next stretch of whole records into the block; false at the end of the file.
func (f *File) fill(b *Block) bool {
	b.data = append(b.data[:0], f.carry...)
	f.carry = f.carry[:0]
	b.line, b.torn = f.line, false
	for want := f.opt.BlockSize; ; want = len(b.data) + max(len(b.data), f.opt.BlockSize) {
		f.read(b, want)
		if f.eof {
			break
		}
		if cut := recordEnd(b.data); cut > 0 {
			f.carry = append(f.carry, b.data[cut:]...)
			b.data = b.data[:cut]
			break
		}
		if len(b.data) > MaxRecord {
			b.torn = true
			break
		}
	}
	f.line += countLines(b.data)
	return len(b.data) > 0
}

// read fills the block up to want bytes, or to the end of the file.
func (f *File) read(b *Block, want int) {
	for len(b.data) < want && !f.eof {
		if len(b.data) == cap(b.data) { // a small file takes little
			b.data = slices.Grow(b.data, min(want-len(b.data), max(len(b.data), firstRead)))
		}
		n, err := f.src.Read(b.data[len(b.data):min(want, cap(b.data))])
		fresh := b.data[len(b.data) : len(b.data)+n]
		b.data = b.data[:len(b.data)+n]
		if n > 0 {
			f.hash.Write(fresh)
			f.size += int64(n)
			f.lastEnd = fresh[n-1] == '\n' || fresh[n-1] == '\r'
		}
		if err != nil {
			f.eof = true
			if !errors.Is(err, io.EOF) {
				f.readError = err
			}
		}
	}
}

// recordEnd is where the last record that surely ends in data ends: behind a
// line end with an even number of quotation marks before it. 0: nowhere. A CR
// as the last byte may be half of CR LF and does not count.
func recordEnd(data []byte) int {
	if bytes.IndexByte(data, '"') < 0 {
		return lineEndBefore(data, len(data))
	}
	quotes := bytes.Count(data, []byte{'"'})
	for end := len(data); ; {
		cut := lineEndBefore(data, end)
		if cut == 0 {
			return 0
		}
		quotes -= bytes.Count(data[cut:end], []byte{'"'})
		if quotes&1 == 0 {
			return cut
		}
		end = cut - 1
	}
}

// lineEndBefore is the position behind the last line end in data[:end].
func lineEndBefore(data []byte, end int) int {
	lf := bytes.LastIndexByte(data[:end], '\n')
	from := max(lf, 0)
	for end > from {
		cr := bytes.LastIndexByte(data[from:end], '\r')
		if cr < 0 {
			break
		}
		if cr += from; cr+1 < len(data) && data[cr+1] != '\n' {
			return cr + 1
		}
		end = cr
	}
	return lf + 1
}
