package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// leastRoom is what a run wants to find free on every disk that it writes to. One that
// fills up half way is noticed too and spoils nothing, but it costs the night (R11).
const leastRoom = 64 << 20

// hasRoom looks at the disks under the store, the archive and the results before
// anything is fetched or computed. Where a disk does not say, writing to it will.
func (n *nightly) hasRoom() error {
	places := [][2]string{{"archive", n.path(n.cfg.Archive)}, {"output", n.path(n.cfg.Output)}}
	if where := n.where(); !strings.Contains(where, "://") {
		places = append(places, [2]string{"store", filepath.Dir(where)})
	}
	var faults []error
	for _, p := range places {
		if free, err := n.freeAt(p[1]); err == nil && free < leastRoom {
			faults = append(faults, fmt.Errorf("%s: the disk of %s has %d MiB left, and a run wants at least %d: make room, it is tried again", p[0], p[1], free>>20, leastRoom>>20))
		}
	}
	return errors.Join(faults...)
}

// freeAt is what is free where a folder is or will be.
func (n *nightly) freeAt(dir string) (free uint64, err error) {
	for {
		free, err = n.free(dir)
		if up := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && up != dir {
			dir = up
			continue
		}
		return free, err
	}
}
