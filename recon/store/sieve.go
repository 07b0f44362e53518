package store

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"tieout/ledger/money"
	"tieout/recon"
)

// Sieve finds rows of one key in a file of any size within bounded memory. It
// keeps 44 bytes a row beside the archive, where room for the file itself was
// found, parted by the keys' hashes: rows of one key are in one part, and a part
// is sorted in memory. It is no table of the database: 25 million rows of a 5 GB
// report are a gigabyte that is written once, read once and thrown away, which
// neither a journal nor an index makes safer or faster.
type Sieve struct {
	dir     string // "" until there is more than memory holds
	archive *Archive
	held    []recon.Sighting // while they are few
	parts   []*part
	count   int // of parts
}

type part struct {
	file *os.File
	out  *bufio.Writer
}

const (
	sightingSize = 44
	sieveHeld    = 1 << 16  // rows that are kept in memory
	partBytes    = 16 << 20 // how large a part may become, about
	maxParts     = 1 << 10
	partBuffer   = 16 << 10
)

// NewSieve begins a sieve for the rows of a file of a size in bytes.
func (a *Archive) NewSieve(size int64) *Sieve {
	return &Sieve{archive: a, count: int(min(max(size/2/partBytes, 1), maxParts))} // no row is shorter than twice its sighting
}

// Add takes a row in.
func (s *Sieve) Add(row recon.Sighting) error {
	if s.parts != nil {
		return s.spill(&row)
	}
	if s.held = append(s.held, row); len(s.held) < sieveHeld {
		return nil
	}
	if err := s.open(); err != nil {
		return err
	}
	for i := range s.held {
		if err := s.spill(&s.held[i]); err != nil {
			return err
		}
	}
	s.held = nil
	return nil
}

func (s *Sieve) open() (err error) {
	if s.dir, err = os.MkdirTemp(s.archive.dir, making+"rows-"); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	for i := range s.count {
		f, err := os.Create(filepath.Join(s.dir, strconv.Itoa(i)))
		if err != nil {
			return fmt.Errorf("archive: %w", err)
		}
		s.parts = append(s.parts, &part{f, bufio.NewWriterSize(f, partBuffer)})
	}
	return nil
}

func (s *Sieve) spill(row *recon.Sighting) error {
	var b [sightingSize]byte
	copy(b[:16], row.Key[:])
	copy(b[16:28], row.Content[:])
	binary.LittleEndian.PutUint32(b[28:], row.Line)
	binary.LittleEndian.PutUint64(b[32:], uint64(row.Amount))
	binary.LittleEndian.PutUint16(b[40:], uint16(row.Currency))
	b[42] = row.Marks
	at := binary.LittleEndian.Uint32(row.Key[:]) % uint32(len(s.parts))
	_, err := s.parts[at].out.Write(b[:])
	return err
}

func sightingIn(b []byte) (row recon.Sighting) {
	copy(row.Key[:], b[:16])
	copy(row.Content[:], b[16:28])
	row.Line = binary.LittleEndian.Uint32(b[28:])
	row.Amount = int64(binary.LittleEndian.Uint64(b[32:]))
	row.Currency = money.Currency(binary.LittleEndian.Uint16(b[40:]))
	row.Marks = b[42]
	return row
}

// Repeats calls each for every key of several rows, which are in the order of their lines.
func (s *Sieve) Repeats(each func(same []recon.Sighting)) error {
	repeats(s.held, each)
	for _, p := range s.parts {
		rows, err := p.read()
		if err != nil {
			return fmt.Errorf("archive: %w", err)
		}
		repeats(rows, each)
	}
	return nil
}

func (p *part) read() ([]recon.Sighting, error) {
	if err := p.out.Flush(); err != nil {
		return nil, err
	}
	size, err := p.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	rows := make([]recon.Sighting, 0, size/sightingSize)
	in := bufio.NewReaderSize(p.file, 1<<20)
	for {
		var b [sightingSize]byte
		switch _, err := io.ReadFull(in, b[:]); {
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return nil, err
		}
		rows = append(rows, sightingIn(b[:]))
	}
}

func repeats(rows []recon.Sighting, each func([]recon.Sighting)) {
	slices.SortFunc(rows, func(a, b recon.Sighting) int {
		return cmp.Or(bytes.Compare(a.Key[:], b.Key[:]), cmp.Compare(a.Line, b.Line))
	})
	for from := 0; from < len(rows); {
		to := from + 1
		for to < len(rows) && rows[to].Key == rows[from].Key {
			to++
		}
		if to-from > 1 {
			each(rows[from:to])
		}
		from = to
	}
}

// Close throws the rows away.
func (s *Sieve) Close() error {
	var err error
	for _, p := range s.parts {
		err = errors.Join(err, p.file.Close())
	}
	if s.dir != "" {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	return err
}
