package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// orphanAge is how old a temporary name must be before it belongs to nobody
// (R1): a living process may still be writing a younger one.
const orphanAge = time.Hour

// RemoveOrphans removes the temporary files and directories that processes
// left in dir when they died, if nothing in them changed for an hour before
// now. It goes on after an error and returns what it removed and all errors.
func RemoveOrphans(dir string, now time.Time) (removed []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !isTemporary(e.Name()) || !(e.IsDir() || e.Type().IsRegular()) {
			continue
		}
		touched, err := lastTouched(path)
		if err == nil && now.Sub(touched) > orphanAge {
			if err = os.RemoveAll(path); err == nil {
				removed = append(removed, e.Name())
			}
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return removed, errors.Join(errs...)
}

// lastTouched is the latest change of a file or of anything in a directory.
func lastTouched(path string) (latest time.Time, err error) {
	err = filepath.WalkDir(path, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.ModTime().After(latest) {
			latest = info.ModTime()
		}
		return err
	})
	return latest, err
}
