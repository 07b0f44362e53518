// Package durable writes files that survive a power cut and never appear half
// written.
//
// Start at [WriteFile] for one file that must never be replaced by another, and
// at [Stage] for the files of an output directory that belong together. Both
// write under a temporary name, sync, close, move into place and sync the
// directory. [RemoveOrphans] clears what a killed process left behind.
//
// An error of sync is final: the kernel may have dropped the pages, so it is
// returned and never tried again; the process is expected to end.
//
// It is a door to the local disk that any other door may use. What must never
// come in: what the bytes mean, a network, a clock (the caller hands in the
// time), and a way to replace a posting file.
package durable

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
)

// ErrDifferent is a file of that name with other content: a matter for a
// person, nothing is overwritten (PF-06).
var ErrDifferent = errors.New("exists with other content")

// WriteFile writes dir/name so that after a crash at any instant the name is
// either absent or complete. dir must exist. A file of that name with the same
// content counts as written, one with other content is [ErrDifferent]. After
// an error no file under that name is new, except when only the last step,
// syncing the directory, failed: then the name is complete but may be lost.
func WriteFile(dir, name string, write func(io.Writer) error) error {
	return writeFile(osDisk{}, dir, name, write)
}

func writeFile(d disk, dir, name string, write func(io.Writer) error) error {
	if err := checkName(name); err != nil {
		return err
	}
	final := filepath.Join(dir, name)
	temp := temporary(final)
	if err := writeSynced(d, temp, write); err != nil {
		return fmt.Errorf("write %s: %w", final, err)
	}
	err := place(d, temp, final)
	// Where a link put the file in place the temporary name is still there. If it
	// cannot be removed it is an orphan, which harms nobody.
	_ = d.remove(temp)
	if err == nil {
		err = d.syncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", final, err)
	}
	return nil
}

// writeSynced writes a new file and returns once it is on the disk. On an error
// the file is gone.
func writeSynced(d disk, path string, write func(io.Writer) error) (err error) {
	f, err := d.create(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = d.remove(path)
		}
	}()
	if err := write(f); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		return fmt.Errorf("sync: %w", err)
	}
	return f.Close()
}

// place gives temp its final name without ever taking the name from another
// file. Linking is the only way that is free of races; rename replaces. Where
// the file system has no links, a look before the rename must do.
func place(d disk, temp, final string) error {
	err := d.link(temp, final)
	if err == nil {
		return nil
	}
	there := errors.Is(err, fs.ErrExist)
	if !there {
		if there, err = exists(d, final); err != nil {
			return err
		}
	}
	if !there {
		return d.rename(temp, final)
	}
	same, err := sameContent(d, temp, final)
	if err != nil {
		return err
	}
	if !same {
		return ErrDifferent
	}
	// Whoever wrote it may have died before the sync.
	return d.syncFile(final)
}

func sameContent(d disk, a, b string) (same bool, err error) {
	fa, err := d.open(a)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, fa.Close()) }()
	fb, err := d.open(b)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, fb.Close()) }()
	return sameBytes(fa, fb)
}

func sameBytes(a, b io.Reader) (bool, error) {
	bufA, bufB := make([]byte, 1<<16), make([]byte, 1<<16)
	for {
		nA, errA := io.ReadFull(a, bufA)
		nB, errB := io.ReadFull(b, bufB)
		if !bytes.Equal(bufA[:nA], bufB[:nB]) {
			return false, nil
		}
		if errA == nil && errB == nil {
			continue
		}
		for _, err := range []error{errA, errB} {
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				return false, err
			}
		}
		return true, nil
	}
}

// checkName wants a plain file name, so that no name leaves its directory.
func checkName(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\:\x00") || isTemporary(name) {
		return fmt.Errorf("%q is not a plain file name", name)
	}
	return nil
}

const (
	mark       = ".tmp-"
	randomSize = 16 // hex digits after the mark
)

// temporary is a fresh temporary name beside path.
func temporary(path string) string {
	var random [randomSize / 2]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the process instead
	return path + mark + hex.EncodeToString(random[:])
}

// isTemporary recognises the names that temporary makes.
func isTemporary(name string) bool {
	at := len(name) - randomSize - len(mark)
	return at > 0 && name[at:at+len(mark)] == mark && strings.Trim(name[at+len(mark):], "0123456789abcdef") == ""
}
