package durable

import (
	"os"
	"syscall"
)

// startWriting asks the system to begin with a stretch of the file, without waiting for it.
func startWriting(f *os.File, from, size int64) {
	const write = 2 // SYNC_FILE_RANGE_WRITE
	_ = syscall.SyncFileRange(int(f.Fd()), from, size, write)
}
