package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"tieout/ledger/drop/durable"
	"tieout/ledger/drop/durable/failpoint"
)

// Archive keeps files under the hash of their bytes, for ever and unchanged.
type Archive struct {
	dir   string
	below string // another archive to read from; "" for none
}

// OpenArchive opens a folder, which is made if it is absent.
func OpenArchive(dir string) (*Archive, error) {
	if err := durable.MakeDir(dir, 0o750); err != nil {
		return nil, fmt.Errorf("archive: %w", err)
	}
	return &Archive{dir: dir}, nil
}

// Over is an archive that reads what another has and keeps what is new in a
// folder of its own: for runs that touch nothing.
func Over(below, dir string) *Archive { return &Archive{dir: dir, below: below} }

// KeepFile keeps a copy of a file in which card numbers are masked before the
// first byte is written (R7), and returns hash and size of that copy and how many values were masked.
func (a *Archive) KeepFile(path string) (hash string, size int64, masked int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, 0, fmt.Errorf("archive: %w", err)
	}
	defer f.Close()
	digest := sha256.New()
	counted := &counter{w: digest}
	if masked, err = mask(counted, f); err != nil {
		return "", 0, 0, fmt.Errorf("archive %s: %w", filepath.Base(path), err)
	}
	size = counted.n
	hash = hex.EncodeToString(digest.Sum(nil))
	if a.has(hash) {
		return hash, size, masked, a.settle(hash)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", 0, 0, fmt.Errorf("archive: %w", err)
	}
	return hash, size, masked, a.write(hash, func(w io.Writer) error { _, err := mask(w, f); return err })
}

// Keep keeps what write produces.
func (a *Archive) Keep(write func(io.Writer) error) (hash string, size int64, err error) {
	failpoint.At("archive create")
	temp, err := os.CreateTemp(a.dir, making)
	if err != nil {
		return "", 0, fmt.Errorf("archive: %w", err)
	}
	_ = failpoint.Did(nil, "create", temp.Name())
	defer func() { _ = os.Remove(temp.Name()) }() // gone already where it was moved into place
	digest := sha256.New()
	counted := &counter{w: io.MultiWriter(temp, digest)}
	err = write(counted)
	if err := errors.Join(err, temp.Close()); err != nil {
		return "", 0, err
	}
	hash = hex.EncodeToString(digest.Sum(nil))
	if a.has(hash) {
		return hash, counted.n, a.settle(hash)
	}
	dir, err := a.shelf(hash)
	if err != nil {
		return "", 0, err
	}
	return hash, counted.n, durable.Adopt(temp.Name(), dir, hash)
}

// making begins the names of files that are not complete.
const making = "making-"

// KeepStream keeps what comes, card numbers masked before the first byte is
// written (R7), and counts what it masked. A reader that ends in an error
// leaves nothing behind. Memory does not grow with the size.
func (a *Archive) KeepStream(in io.Reader) (hash string, size int64, masked int, err error) {
	hash, size, err = a.Keep(func(w io.Writer) (err error) {
		masked, err = mask(w, in)
		return err
	})
	return hash, size, masked, err
}

// RemoveOrphans clears the temporary files that killed processes left on the
// shelves (R1).
func (a *Archive) RemoveOrphans(now time.Time) error {
	shelves, err := filepath.Glob(filepath.Join(a.dir, "??"))
	for _, dir := range shelves {
		_, fault := durable.RemoveOrphans(dir, now)
		err = errors.Join(err, fault)
	}
	return err
}

// RemoveUnfinished clears what killed processes left of files that they were making.
func (a *Archive) RemoveUnfinished(now time.Time) error {
	left, err := filepath.Glob(filepath.Join(a.dir, making+"*"))
	for _, path := range left {
		info, statErr := os.Stat(path)
		if statErr == nil && now.Sub(info.ModTime()) > unfinishedFor {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}

// unfinishedFor is how old a file that is being made must be to be nobody's.
const unfinishedFor = 24 * time.Hour

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

// settle brings to the disk what is there already: who kept it may have died before that.
func (a *Archive) settle(hash string) error {
	return durable.Settle(filepath.Dir(a.Path(hash)), hash)
}

func (a *Archive) write(hash string, write func(io.Writer) error) error {
	dir, err := a.shelf(hash)
	if err != nil {
		return err
	}
	return durable.WriteFile(dir, hash, write)
}

// shelf makes the folder in which a file is kept.
func (a *Archive) shelf(hash string) (dir string, err error) {
	dir = filepath.Dir(a.Path(hash))
	if err := durable.MakeDir(dir, 0o750); err != nil {
		return "", fmt.Errorf("archive: %w", err)
	}
	return dir, nil
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
