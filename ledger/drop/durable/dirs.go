package durable

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// MakeDir makes a directory and those above it that are missing, so that they
// survive a power cut: what is synced inside a directory is lost with its name. One
// that is there may have been made by a process that died before that.
func MakeDir(dir string, perm fs.FileMode) error {
	dir = filepath.Clean(dir)
	if err := makeDirs(osDisk{}, dir, perm); err != nil {
		return err
	}
	if err := SyncDir(filepath.Dir(dir)); err != nil && !errors.Is(err, fs.ErrPermission) { // above may be somebody else's
		return err
	}
	return nil
}

// Settle brings a file that is complete and its name to the disk for good. Whoever
// wrote it may have died before that.
func Settle(dir, name string) error {
	return errors.Join(osDisk{}.syncFile(filepath.Join(dir, name)), SyncDir(dir))
}

// SyncDir brings the names of a directory to the disk.
func SyncDir(dir string) error { return osDisk{}.syncDir(dir) }

func makeDirs(d disk, dir string, perm fs.FileMode) error {
	there, err := exists(d, dir)
	if err != nil || there {
		return err
	}
	if err := makeDirs(d, filepath.Dir(dir), perm); err != nil {
		return err
	}
	if err := d.makeDir(dir, perm); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.syncDir(filepath.Dir(dir))
}
