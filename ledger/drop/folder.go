package drop

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tieout/ledger/drop/durable"
	"tieout/ledger/drop/durable/failpoint"
)

// Folder is a target that is a directory of this host or a mounted share. It
// must exist: a share that is not mounted is an error, not a place to make.
type Folder string

// OpenFolder refuses what is no directory.
func OpenFolder(dir string) (Folder, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: dir, Err: errors.New("is no directory")}
	}
	return Folder(dir), err
}

func (f Folder) path(name string) string { return filepath.Join(string(f), name) }

// Create opens a new file, which closing syncs.
func (f Folder) Create(name string) (io.WriteCloser, error) {
	failpoint.At("drop create")
	file, err := os.OpenFile(f.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	return syncedFile{file}, failpoint.Did(err, "create", f.path(name))
}

type syncedFile struct{ *os.File }

// Close syncs the file and its name. An error of sync is final.
func (s syncedFile) Close() error {
	failpoint.At("drop sync")
	return errors.Join(failpoint.Did(s.Sync(), "sync", s.Name()), s.File.Close(), durable.SyncDir(filepath.Dir(s.Name())))
}

// Open reads a file.
func (f Folder) Open(name string) (io.ReadCloser, error) { return os.Open(f.path(name)) }

// Size is that of a regular file; what is none has no size that could be ours.
func (f Folder) Size(name string) (int64, error) {
	info, err := os.Lstat(f.path(name))
	if err != nil {
		return 0, err
	}
	if !info.Mode().IsRegular() {
		return -1, nil
	}
	return info.Size(), nil
}

// Rename moves a file to a name that is free, and the directory to the disk.
func (f Folder) Rename(from, to string) error { return durable.Move(string(f), from, to) }

// Settle brings a file that is there to the disk for good.
func (f Folder) Settle(name string) error { return durable.Settle(string(f), name) }

// Remove removes a file.
func (f Folder) Remove(name string) error {
	failpoint.At("drop remove")
	return failpoint.Did(os.Remove(f.path(name)), "remove", f.path(name))
}
