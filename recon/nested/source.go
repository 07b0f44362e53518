// Package nested reads nested text (XML and JSON) of any size as a stream of
// pieces, in bounded memory.
//
// Start at [OpenXML] and [OpenJSON]. Both take one piece at a time, say on
// which physical line it begins, and end at what condemns a file (R8): zero
// bytes, wrong encoding, marks that do not pair, nesting, names or values
// beyond the limits, an end before the end.
//
// The XML scanner is our own because every reader of a settlement goes through
// it: encoding/xml reads about 50 MB/s and has no limits, and no library was
// found that is faster, bounded and kept. It reads the XML that reports are
// made of and refuses the rest: no DTD is fetched, one that declares anything
// is refused, and there are no entities but the five of XML itself and
// characters by number. The JSON scanner is our own because encoding/json gives
// no lines, forgives broken text and duplicate members, and bounds nothing.
//
// What must never come in: the meaning of any name, and a value that was not
// written so, such as a number that went through a float.
package nested

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"tieout/recon/delimited"
)

// Limits of what a file may hold (R8).
const (
	MaxDepth      = 64
	MaxName       = 256
	MaxAttributes = 256
	MaxText       = delimited.MaxField
	MaxTag        = 1 << 20 // a start tag with its attributes
)

const (
	chunkSize  = 1 << 20
	firstChunk = 8 << 10
)

// Options of a file.
type Options struct {
	ChunkSize int // 0: one MiB
}

// source is the text of a file as UTF-8, a chunk at a time.
type source struct {
	src       io.Reader
	chunk     int
	hash      hash.Hash
	size      int64
	eof       bool
	readError error

	data    []byte // text that is not used up; the scanner stands at at
	at      int
	raw     []byte // a chunk before it is decoded
	charmap *charmap.Charmap
	tail    []byte // the begin of a character whose end is not read yet
	lines   int    // line ends in the text before counted
	counted int    // where in data the lines are counted up to
	fault   *delimited.Fault
	rest    []byte // what the file held beyond a fault and was not decoded
	before  []byte // the end of what was dropped
}

// overlap is how much of what was looked at is shown again, so that nothing is missed that a cut goes through.
const overlap = 256

func newSource(r io.Reader, o Options) *source {
	if o.ChunkSize <= 0 {
		o.ChunkSize = chunkSize
	}
	return &source{src: r, chunk: max(o.ChunkSize, len("\xEF\xBB\xBF")), hash: sha256.New()}
}

// Fault is the damage that ended the scan; nil at a proper end.
func (s *source) Fault() *delimited.Fault { return s.fault }

// lineAt is the physical line of a place in data, from 1. Places are asked for in rising order.
func (s *source) lineAt(at int) int {
	if at > s.counted {
		s.lines += countLines(s.data[s.counted:at])
		s.counted = at
	}
	return s.lines + 1
}

// countLines counts LF, CR LF, and CR alone.
func countLines(data []byte) int {
	n := bytes.Count(data, []byte{'\n'})
	for {
		i := bytes.IndexByte(data, '\r')
		if i < 0 {
			return n
		}
		if i+1 == len(data) || data[i+1] != '\n' {
			n++
		}
		data = data[i+1:]
	}
}

func (s *source) fail(at int, code, message string) {
	if s.fault == nil {
		s.fault = &delimited.Fault{Line: s.lineAt(at), Code: code, Message: message}
	}
}

// more drops what stands before keep and reads another chunk; false at the end
// of the file and at a fault. Places in data move by the keep it is given.
func (s *source) more(keep int) bool {
	if s.fault != nil || s.eof {
		return false
	}
	s.lineAt(keep)
	s.counted -= keep
	s.before = append(s.before[:0], s.data[max(0, keep-overlap):keep]...)
	s.data = s.data[:copy(s.data, s.data[keep:])]
	s.at -= keep
	before := len(s.data)
	for len(s.data) == before && !s.eof && s.fault == nil { // a chunk may be part of a character
		s.decode(s.read())
	}
	return s.fault == nil && len(s.data) > before
}

// read takes one chunk off the file; the first is smaller, for most files are.
func (s *source) read() []byte {
	want := s.chunk
	if s.size == 0 {
		want = min(want, firstChunk)
	}
	if cap(s.raw) < want {
		s.raw = make([]byte, want)
	}
	n, err := io.ReadFull(s.src, s.raw[:want])
	if err != nil {
		s.eof = true
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			s.readError = err
		}
	}
	s.hash.Write(s.raw[:n])
	s.size += int64(n)
	return s.raw[:n]
}

// decode appends a chunk as UTF-8.
func (s *source) decode(fresh []byte) {
	begin := len(s.data)
	if s.charmap != nil {
		for _, c := range fresh {
			s.data = utf8.AppendRune(s.data, s.charmap.DecodeByte(c))
		}
	} else {
		s.data = append(append(s.data, s.tail...), fresh...)
		s.tail = s.tail[:0]
		if !s.eof {
			cut := len(s.data) - cutRune(s.data[begin:])
			s.tail = append(s.tail, s.data[cut:]...)
			s.data = s.data[:cut]
		}
	}
	s.checkText(begin)
}

// cutRune is how many bytes at the end are the begin of a character.
func cutRune(data []byte) int {
	for n := 1; n <= min(utf8.UTFMax-1, len(data)); n++ {
		c := data[len(data)-n]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(data[len(data)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// checkText finds bytes that no text file has. What stands before them can still be read.
func (s *source) checkText(begin int) {
	fresh := s.data[begin:]
	zero, wrong := bytes.IndexByte(fresh, 0), -1
	if !utf8.Valid(fresh) {
		wrong = firstInvalid(fresh)
	} else if s.charmap != nil {
		wrong = bytes.Index(fresh, []byte("\uFFFD"))
	}
	switch {
	case zero >= 0 && (wrong < 0 || zero < wrong):
		s.rest = append(s.rest, fresh[zero:]...)
		s.failText(begin+zero, "nul_byte", "the file holds a zero byte, so it is no text file; ask for it again as UTF-8 text")
	case wrong >= 0:
		s.rest = append(s.rest, fresh[wrong:]...)
		s.failText(begin+wrong, "invalid_encoding", "from this line on the file is not text in the encoding that it declares; download it again")
	}
}

// failText condemns the file without moving the count of lines, which the scanner is behind with.
func (s *source) failText(at int, code, message string) {
	s.fault = &delimited.Fault{Line: s.lines + 1 + countLines(s.data[s.counted:at]), Code: code, Message: message}
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// stripMark removes a byte order mark; one of UTF-16 is a fault.
func (s *source) stripMark() {
	switch {
	case bytes.HasPrefix(s.data, []byte("\xEF\xBB\xBF")):
		s.at, s.counted = 3, 3
	case bytes.HasPrefix(s.raw, []byte{0xFF, 0xFE}), bytes.HasPrefix(s.raw, []byte{0xFE, 0xFF}):
		s.fault = &delimited.Fault{Line: 1, Code: "utf16", Message: "the file is UTF-16 text; export or download it again as UTF-8"}
	}
}

// Finish reads what the scan left of the file, shows it to look as it comes,
// with some overlap, and sums up.
func (s *source) Finish(look func(raw []byte)) delimited.Summary {
	text := append(s.data[min(s.at, len(s.data)):], s.rest...)
	if s.fault != nil {
		text = slices.Concat(s.before, s.data, s.rest)
	}
	last := s.lines + 1 + countLines(s.data[min(s.counted, len(s.data)):])
	look(text)
	for !s.eof {
		text = append(text[:copy(text, text[max(0, len(text)-overlap):])], s.read()...)
		look(text)
	}
	sum := delimited.Summary{Size: s.size, Err: s.readError, LastLine: last}
	s.hash.Sum(sum.SHA256[:0])
	return sum
}
