package store

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"tieout/ledger/drop/durable"
	"tieout/recon/carddata"
)

// Archive keeps files under the hash of their bytes, for ever and unchanged.
type Archive struct {
	dir   string
	below string // another archive to read from; "" for none
}

// OpenArchive opens a folder, which is made if it is absent.
func OpenArchive(dir string) (*Archive, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return &Archive{dir: dir}, nil
}

// Over is an archive that reads what another has and keeps what is new in a
// folder of its own: for runs that touch nothing.
func Over(below, dir string) *Archive { return &Archive{dir: dir, below: below} }

// KeepFile keeps a copy of a file in which card numbers are masked before the
// first byte is written (R7), and returns the hash and size of that copy.
func (a *Archive) KeepFile(path string) (hash string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, fmt.Errorf("archive: %w", err)
	}
	defer f.Close()
	digest := sha256.New()
	if size, err = mask(digest, f); err != nil {
		return "", 0, fmt.Errorf("archive %s: %w", filepath.Base(path), err)
	}
	hash = hex.EncodeToString(digest.Sum(nil))
	if a.has(hash) {
		return hash, size, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", 0, fmt.Errorf("archive: %w", err)
	}
	return hash, size, a.write(hash, func(w io.Writer) error { _, err := mask(w, f); return err })
}

// Keep keeps what write produces.
func (a *Archive) Keep(write func(io.Writer) error) (hash string, size int64, err error) {
	temp, err := os.CreateTemp(a.dir, "making-")
	if err != nil {
		return "", 0, fmt.Errorf("archive: %w", err)
	}
	defer func() { err = errors.Join(err, temp.Close(), os.Remove(temp.Name())) }()
	digest := sha256.New()
	counted := &counter{w: io.MultiWriter(temp, digest)}
	if err := write(counted); err != nil {
		return "", 0, err
	}
	hash = hex.EncodeToString(digest.Sum(nil))
	if a.has(hash) {
		return hash, counted.n, nil
	}
	if _, err := temp.Seek(0, io.SeekStart); err != nil {
		return "", 0, fmt.Errorf("archive: %w", err)
	}
	return hash, counted.n, a.write(hash, func(w io.Writer) error { _, err := io.Copy(w, temp); return err })
}

// Open opens a kept file.
func (a *Archive) Open(hash string) (*os.File, error) {
	f, err := os.Open(a.Path(hash))
	if err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return f, nil
}

// Path is where a kept file lies.
func (a *Archive) Path(hash string) string {
	place := filepath.Join(hash[:2], hash)
	if a.below != "" {
		if _, err := os.Stat(filepath.Join(a.below, place)); err == nil {
			return filepath.Join(a.below, place)
		}
	}
	return filepath.Join(a.dir, place)
}

func (a *Archive) has(hash string) bool {
	info, err := os.Stat(a.Path(hash))
	return err == nil && info.Mode().IsRegular()
}

func (a *Archive) write(hash string, write func(io.Writer) error) error {
	dir := filepath.Dir(a.Path(hash))
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	return durable.WriteFile(dir, hash, write)
}

// counter counts what passes.
type counter struct {
	w io.Writer
	n int64
}

// Write passes bytes on.
func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// mask copies a text, line by line, with every card number masked and the
// values of columns that hold verification codes or track data blanked.
func mask(w io.Writer, r io.Reader) (int64, error) {
	in, out := bufio.NewReaderSize(r, 1<<20), &counter{w: bufio.NewWriterSize(w, 1<<20)}
	var secret []int
	for n := 0; ; n++ {
		line, err := in.ReadBytes('\n')
		if n < headerLines && len(secret) == 0 {
			secret = secretColumns(line)
		} else if len(secret) > 0 {
			line = blank(line, secret)
		}
		if carddata.HasBytes(line) {
			line = maskLine(line)
		}
		if _, err := out.Write(line); err != nil {
			return out.n, err
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out.n, err
		}
	}
	return out.n, out.w.(*bufio.Writer).Flush()
}

// headerLines is how far down the line with the column names may stand.
const headerLines = 16

// secretColumns are the columns whose names say that their values must not be kept.
func secretColumns(line []byte) (columns []int) {
	for i, name := range bytes.Split(line, []byte(",")) {
		if carddata.Column(string(bytes.Trim(name, "\" \r\n"))) {
			columns = append(columns, i)
		}
	}
	return columns
}

// blank empties the columns of a line; a line with quotes, whose columns cannot
// be told apart by commas alone, is emptied whole.
func blank(line []byte, columns []int) []byte {
	end := line[len(bytes.TrimRight(line, "\r\n")):]
	fields := bytes.Split(line[:len(line)-len(end)], []byte(","))
	if bytes.IndexByte(line, '"') >= 0 {
		return append(bytes.Repeat([]byte(","), len(fields)-1), end...)
	}
	for _, i := range columns {
		if i < len(fields) {
			fields[i] = nil
		}
	}
	return append(bytes.Join(fields, []byte(",")), end...)
}

// maskLine masks field by field, so that numbers of neighbouring fields are not taken for one.
func maskLine(line []byte) []byte {
	fields := bytes.SplitAfter(line, []byte(","))
	for i, f := range fields {
		if carddata.HasBytes(f) {
			fields[i] = []byte(carddata.Mask(string(f)))
		}
	}
	return bytes.Join(fields, nil)
}
