// Package drop delivers posting files to where the ERP picks them up.
//
// Start at [DeliverFolder], the target that is a directory of this host or a
// mounted share. A delivery is three files in this order: `.sha256`, the data,
// `.done`; consumers act on `.done` only (PF-07). [Sidecars] gives the two
// small ones to whoever places the files himself.
//
// It is a door: it takes finished bytes under a final name. What must never
// come in: which entries are released, how a posting file is built, and any
// way to replace a file that is already there.
package drop

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tieout/ledger/drop/durable"
)

// ErrConflict is a file of that name with other content at the target. Nothing
// was overwritten and nothing is retried: a person decides (PF-06).
var ErrConflict = errors.New("the target already has another file of this name")

// Sidecars are the two files beside a data file (PF-07): its SHA-256 in the form
// of sha256sum, for name.sha256, and one line of name, size and SHA-256, for
// name.done.
func Sidecars(name string, data []byte) (checksum, done []byte) {
	digest := sha256.Sum256(data)
	checksum = fmt.Appendf(nil, "%x  %s\n", digest, name)
	done = fmt.Appendf(nil, "%s %d %x\n", name, len(data), digest)
	return checksum, done
}

// DeliverFolder puts data into dir as name, with its `.sha256` before and its
// `.done` after it. dir must exist: a share that is not mounted is an error.
// What is already there with the same content counts as delivered, so a
// delivery that broke off is finished by doing it again; other content under
// any of the three names is [ErrConflict], and then nothing is written.
func DeliverFolder(dir, name string, data []byte) error {
	checksum, done := Sidecars(name, data)
	parts := []part{{name + ".sha256", checksum}, {name, data}, {name + ".done", done}}
	for _, p := range parts {
		if err := p.check(dir); err != nil {
			return fmt.Errorf("deliver %s to %s: %w", name, dir, err)
		}
	}
	for _, p := range parts {
		if err := p.write(dir); err != nil {
			return fmt.Errorf("deliver %s to %s: %w", name, dir, err)
		}
	}
	return nil
}

// part is one of the files of a delivery.
type part struct {
	name    string
	content []byte
}

// check finds a conflict before anything is written. A size that differs is
// enough, so a large stranger is not read.
func (p part) check(dir string) error {
	path := filepath.Join(dir, p.name)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() != int64(len(p.content)) {
		return fmt.Errorf("%w: %s", ErrConflict, p.name)
	}
	there, err := os.ReadFile(path)
	if err == nil && !bytes.Equal(there, p.content) {
		err = fmt.Errorf("%w: %s", ErrConflict, p.name)
	}
	return err
}

func (p part) write(dir string) error {
	err := durable.WriteFile(dir, p.name, func(w io.Writer) error {
		_, err := w.Write(p.content)
		return err
	})
	if errors.Is(err, durable.ErrDifferent) {
		return fmt.Errorf("%w: %s", ErrConflict, p.name)
	}
	return err
}
