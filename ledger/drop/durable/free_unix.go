//go:build linux || darwin

package durable

import "syscall"

// Free is how many bytes a folder's disk has left for this process.
func Free(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return s.Bavail * uint64(s.Bsize), nil
}
