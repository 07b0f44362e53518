package durable

import (
	"fmt"
	"path/filepath"
)

// Adopt gives a file that was written under a temporary name on the same disk
// its name dir/name, as [WriteFile] would have written it. The temporary name is
// gone afterwards; after an error it may still be there.
func Adopt(temp, dir, name string) error { return adopt(osDisk{}, temp, dir, name) }

func adopt(d disk, temp, dir, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	final := filepath.Join(dir, name)
	if err := d.syncFile(temp); err != nil {
		return fmt.Errorf("write %s: sync: %w", final, err)
	}
	err := place(d, temp, final)
	_ = d.remove(temp)
	if err == nil {
		err = d.syncDir(dir)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", final, err)
	}
	return nil
}
