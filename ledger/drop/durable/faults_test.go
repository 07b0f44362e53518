package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

var errInjected = errors.New("injected")

// faulty is the real disk with one operation, counted from 0, that fails. If
// dead, everything after it fails as well, as after a kill. It remembers what a
// power cut could take: files not synced, and names whose directory was not synced.
type faulty struct {
	osDisk
	failAt   int
	dead     bool
	noLinks  bool
	ops      int
	last     string // the operation that failed
	unsynced map[string]bool
	newNames []string // links made since their directory was synced
}

func (d *faulty) step(op string) error {
	n := d.ops
	d.ops++
	if n == d.failAt || (d.dead && n > d.failAt) {
		if n == d.failAt {
			d.last = op
		}
		return errInjected
	}
	return nil
}

func (d *faulty) hit() bool { return d.ops > d.failAt }

func (d *faulty) create(path string) (file, error) {
	if err := d.step("create"); err != nil {
		return nil, err
	}
	f, err := d.osDisk.create(path)
	if err != nil {
		return nil, err
	}
	if d.unsynced == nil {
		d.unsynced = map[string]bool{}
	}
	d.unsynced[path] = true
	return &faultyFile{f, d, path}, nil
}

type faultyFile struct {
	file
	disk *faulty
	path string
}

func (f *faultyFile) Write(b []byte) (int, error) {
	if err := f.disk.step("write"); err != nil {
		n, _ := f.file.Write(b[:len(b)/2])
		return n, err
	}
	return f.file.Write(b)
}

func (f *faultyFile) Sync() error {
	if err := f.disk.step("sync"); err != nil {
		return err
	}
	delete(f.disk.unsynced, f.path)
	return f.file.Sync()
}

func (f *faultyFile) Close() error {
	return errors.Join(f.file.Close(), f.disk.step("close"))
}

func (d *faulty) open(path string) (io.ReadCloser, error) {
	if err := d.step("open"); err != nil {
		return nil, err
	}
	return d.osDisk.open(path)
}

func (d *faulty) lstat(path string) (fs.FileInfo, error) {
	if err := d.step("lstat"); err != nil {
		return nil, err
	}
	return d.osDisk.lstat(path)
}

func (d *faulty) link(from, to string) error {
	if err := d.step("link"); err != nil {
		return err
	}
	if d.noLinks {
		return errors.ErrUnsupported
	}
	d.newNames = append(d.newNames, to)
	return d.osDisk.link(from, to)
}

func (d *faulty) rename(from, to string) error {
	if err := d.step("rename"); err != nil {
		return err
	}
	if d.unsynced[from] {
		d.unsynced[to] = true
	}
	d.newNames = append(d.newNames, to)
	return d.osDisk.rename(from, to)
}

func (d *faulty) remove(path string) error {
	if err := d.step("remove"); err != nil {
		return err
	}
	return d.osDisk.remove(path)
}

func (d *faulty) removeAll(path string) error {
	if err := d.step("removeAll"); err != nil {
		return err
	}
	return d.osDisk.removeAll(path)
}

func (d *faulty) makeDir(path string, perm fs.FileMode) error {
	if err := d.step("makeDir"); err != nil {
		return err
	}
	return d.osDisk.makeDir(path, perm)
}

func (d *faulty) syncFile(path string) error {
	if err := d.step("syncFile"); err != nil {
		return err
	}
	return d.osDisk.syncFile(path)
}

func (d *faulty) syncDir(path string) error {
	if err := d.step("syncDir"); err != nil {
		return err
	}
	d.newNames = nil
	return d.osDisk.syncDir(path)
}

// powerCut tears what was not synced: half of every unsynced file is gone.
func (d *faulty) powerCut() {
	for path := range d.unsynced {
		if info, err := os.Stat(path); err == nil {
			_ = os.Truncate(path, info.Size()/2)
		}
	}
}

// contents is every file below dir, temporary ones left out.
func contents(dir string) map[string]string {
	found := map[string]string{}
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if isTemporary(e.Name()) && e.IsDir() {
			return filepath.SkipDir
		}
		if !e.IsDir() && !isTemporary(e.Name()) {
			b, _ := os.ReadFile(path)
			name, _ := filepath.Rel(dir, path)
			found[filepath.ToSlash(name)] = string(b)
		}
		return nil
	})
	return found
}

// leftovers are the temporary names in dir.
func leftovers(dir string) (names []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if isTemporary(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}
