package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
)

// Set is a set of files that appear in a directory together or not at all.
// Create them, then Commit; Discard, also after Commit, clears up, so it can be
// deferred. A Set is used by one goroutine.
type Set struct {
	disk    disk
	dir     string
	temp    string // holds new and old while the set is built and committed
	names   []string
	retired []string
	closed  bool
}

// Stage begins a set of files for dir, which need not exist. The files are
// built in a temporary directory: inside dir if it exists, since dir may be a
// file system of its own, else beside it. Directories above dir are made at once
// and stay, whatever becomes of the set.
func Stage(dir string) (*Set, error) { return stage(osDisk{}, dir) }

func stage(d disk, dir string) (*Set, error) {
	dir = filepath.Clean(dir)
	there, err := exists(d, dir)
	if err != nil {
		return nil, fmt.Errorf("output directory %s: %w", dir, err)
	}
	s := &Set{disk: d, dir: dir, temp: temporary(filepath.Join(dir, "stage"))}
	if !there {
		s.temp = temporary(dir)
		err = makeDirs(d, filepath.Dir(dir), 0o777)
	}
	if err == nil {
		err = d.makeDir(s.temp, 0o777)
	}
	if err == nil {
		err = errors.Join(d.makeDir(s.fresh(""), 0o777), d.makeDir(s.old(""), 0o777))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("output directory %s: %w", dir, err), s.Discard())
	}
	return s, nil
}

func (s *Set) fresh(name string) string { return filepath.Join(s.temp, "new", name) }
func (s *Set) old(name string) string   { return filepath.Join(s.temp, "old", name) }
func (s *Set) final(name string) string { return filepath.Join(s.dir, name) }

var errClosed = errors.New("the set of files is already committed or discarded")

// Create writes a file of the set and syncs it. After an error the set is
// without it and can be used on.
func (s *Set) Create(name string, write func(io.Writer) error) error {
	if s.closed {
		return errClosed
	}
	if err := checkName(name); err != nil {
		return err
	}
	if slices.Contains(s.names, name) {
		return fmt.Errorf("%s is already in the set", name)
	}
	if err := writeSynced(s.disk, s.fresh(name), write); err != nil {
		return fmt.Errorf("write %s: %w", s.final(name), err)
	}
	s.names = append(s.names, name)
	return nil
}

// File is what one function writes: a file of a set, or two. See [One] and [Two].
type File struct {
	names  []string
	create func(*Set) error
}

// One is a file and what writes it.
func One(name string, write func(io.Writer) error) File {
	return File{[]string{name}, func(s *Set) error { return s.Create(name, write) }}
}

// Two are two files that are written side by side.
func Two(a, b string, write func(a, b io.Writer) error) File {
	return File{[]string{a, b}, func(s *Set) error {
		return s.Create(a, func(first io.Writer) error {
			return s.Create(b, func(second io.Writer) error { return write(first, second) })
		})
	}}
}

// CreateAll is Create for several files, which are written at the same time.
// They are committed in the order given; after an error none of them is in the set.
func (s *Set) CreateAll(files ...File) error {
	parts := make([]Set, len(files))
	faults := make([]error, len(files))
	names := slices.Clip(s.names)
	var wait sync.WaitGroup
	for i, f := range files {
		parts[i] = Set{disk: s.disk, dir: s.dir, temp: s.temp, closed: s.closed, names: names}
		names = slices.Clip(append(names, f.names...))
		wait.Go(func() { faults[i] = f.create(&parts[i]) })
	}
	wait.Wait()
	if err := errors.Join(faults...); err != nil {
		return errors.Join(err, s.uncreate(files, parts))
	}
	s.names = names
	return nil
}

// uncreate removes the files that parts of the set have.
func (s *Set) uncreate(files []File, parts []Set) error {
	var errs []error
	before := len(s.names)
	for i, f := range files {
		for _, name := range parts[i].names[before:] {
			errs = append(errs, s.disk.remove(s.fresh(name)))
		}
		before += len(f.names)
	}
	return errors.Join(errs...)
}

// Retire takes a file of an earlier set, which this one does not have, out of
// the directory at Commit. A name that is not there is no error.
func (s *Set) Retire(name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if !slices.Contains(s.retired, name) {
		s.retired = append(s.retired, name)
	}
	return nil
}

// Commit moves the files into the directory in the order in which they were
// created, after the files of the same names and the retired ones were moved
// out in the opposite order. On an error the directory is as it was. A crash
// in between leaves some of the old or some of the new, never both, and the
// file created last is there only if all are (on file systems that keep
// renames in order, as journaling ones do).
func (s *Set) Commit() error {
	if s.closed {
		return errClosed
	}
	if err := s.commit(); err != nil {
		return fmt.Errorf("output directory %s: %w", s.dir, err)
	}
	s.closed = true
	// The set is in place; what cannot be removed here is an orphan.
	_ = s.disk.removeAll(s.temp)
	return nil
}

func (s *Set) commit() error {
	there, err := exists(s.disk, s.dir)
	if err != nil {
		return err
	}
	if there {
		moves, err := s.replacing()
		if err != nil {
			return err
		}
		return moves.do(s.disk, s.dir)
	}
	if err := s.disk.syncDir(s.fresh("")); err != nil {
		return err
	}
	return moves{{s.fresh(""), s.dir}}.do(s.disk, filepath.Dir(s.dir))
}

// replacing lists the moves of a commit into an existing directory. Only files
// are replaced: what else has a name of the set is not ours to move.
func (s *Set) replacing() (moves, error) {
	var all moves
	for _, name := range slices.Backward(slices.Concat(s.retired, s.names)) {
		out := [2]string{s.final(name), s.old(name)}
		info, err := s.disk.lstat(s.final(name))
		switch {
		case errors.Is(err, fs.ErrNotExist) || slices.Contains(all, out):
			continue
		case err != nil:
			return nil, err
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s is not a file and is not replaced", name)
		}
		all = append(all, out)
	}
	for _, name := range s.names {
		all = append(all, [2]string{s.fresh(name), s.final(name)})
	}
	return all, nil
}

// moves are renames from one path to another.
type moves [][2]string

// do makes all moves and syncs the directory, or takes back those it made.
func (m moves) do(d disk, dir string) error {
	for i, move := range m {
		if err := d.rename(move[0], move[1]); err != nil {
			return errors.Join(err, m[:i].undo(d))
		}
	}
	if err := d.syncDir(dir); err != nil {
		return errors.Join(err, m.undo(d))
	}
	return nil
}

func (m moves) undo(d disk) error {
	var errs []error
	for _, move := range slices.Backward(m) {
		errs = append(errs, d.rename(move[1], move[0]))
	}
	return errors.Join(errs...)
}

// Discard removes what was staged. After Commit it does nothing.
func (s *Set) Discard() error {
	if s.closed {
		return nil
	}
	s.closed = true
	return s.disk.removeAll(s.temp)
}
