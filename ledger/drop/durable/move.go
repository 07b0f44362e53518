package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// Move renames a complete, synced file of dir to a name that is free, and syncs
// the directory. A taken name is fs.ErrExist, whatever it holds. After an error
// both names may be there, or either.
func Move(dir, from, to string) error { return move(osDisk{}, dir, from, to) }

func move(d disk, dir, from, to string) error {
	if err := errors.Join(checkName(from), checkName(to)); err != nil {
		return err
	}
	source, target := filepath.Join(dir, from), filepath.Join(dir, to)
	err := d.link(source, target)
	if err == nil {
		if err := d.syncDir(dir); err != nil { // or a power cut could take both names
			return err
		}
		return errors.Join(d.remove(source), d.syncDir(dir))
	}
	if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// No links on this file system: a look before the rename must do.
	if there, err := exists(d, target); err != nil {
		return err
	} else if there {
		return fmt.Errorf("%s: %w", target, fs.ErrExist)
	}
	return errors.Join(d.rename(source, target), d.syncDir(dir))
}
