package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"syscall"

	"tieout/ledger/drop/durable/failpoint"
)

// disk is the part of a file system that this package stands on. Tests put one
// in its place that fails or loses power.
type disk interface {
	create(path string) (file, error) // a new file; an existing one is fs.ErrExist
	open(path string) (io.ReadCloser, error)
	lstat(path string) (fs.FileInfo, error)
	link(from, to string) error
	rename(from, to string) error
	remove(path string) error
	removeAll(path string) error
	makeDir(path string, perm fs.FileMode) error
	syncFile(path string) error
	syncDir(path string) error
}

// file is a file being written.
type file interface {
	io.Writer
	Sync() error
	Close() error
}

// osDisk is the disk of the operating system. Permissions are the operator's
// umask: a drop folder is read by another user.
type osDisk struct{}

func (osDisk) create(path string) (file, error) {
	failpoint.At("file create")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	return &osFile{File: f}, failpoint.Did(err, "create", path)
}

// osFile is a file of the operating system. The disk begins with a stretch of it
// as soon as that is written, so that Sync has less to wait for.
type osFile struct {
	*os.File
	written, begun int64 // bytes from the start
}

const stretch = 4 << 20

// Write writes.
func (f *osFile) Write(b []byte) (int, error) {
	failpoint.At("file write")
	n, err := f.File.Write(b)
	f.written += int64(n)
	if f.written-f.begun >= stretch {
		startWriting(f.File, f.begun, f.written-f.begun)
		f.begun = f.written
	}
	return n, failpoint.Did(err, "write", f.Name())
}

// Sync brings the file to the disk.
func (f *osFile) Sync() error {
	failpoint.At("file sync")
	return failpoint.Did(f.File.Sync(), "sync", f.Name())
}

func (osDisk) open(path string) (io.ReadCloser, error) { return os.Open(path) }
func (osDisk) lstat(path string) (fs.FileInfo, error)  { return os.Lstat(path) }
func (osDisk) link(from, to string) error {
	failpoint.At("file link")
	return failpoint.Did(os.Link(from, to), "link", from, to)
}

func (osDisk) rename(from, to string) error {
	failpoint.At("file rename")
	return failpoint.Did(os.Rename(from, to), "rename", from, to)
}

func (osDisk) remove(path string) error {
	failpoint.At("file remove")
	return failpoint.Did(os.Remove(path), "remove", path)
}

func (osDisk) removeAll(path string) error {
	failpoint.At("folder remove")
	return os.RemoveAll(path)
}

func (osDisk) makeDir(path string, perm fs.FileMode) error {
	failpoint.At("folder make")
	return failpoint.Did(os.Mkdir(path, perm), "make", path)
}

// exists tells whether anything has the name, a broken link included.
func exists(d disk, path string) (bool, error) {
	_, err := d.lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// syncFile syncs a file that somebody else wrote. Windows syncs only what is
// open for writing.
func (osDisk) syncFile(path string) error {
	flag := os.O_RDONLY
	if runtime.GOOS == "windows" {
		flag = os.O_RDWR
	}
	f, err := os.OpenFile(path, flag, 0)
	if err != nil {
		return err
	}
	failpoint.At("file sync")
	return errors.Join(failpoint.Did(f.Sync(), "sync", path), f.Close())
}

// syncDir makes the names of a directory durable. Windows has no such call,
// and some network file systems answer that they have none either.
func (osDisk) syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	failpoint.At("folder sync")
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(failpoint.Did(err, "sync folder", path), d.Close())
}
