//go:build !linux

package storetest

import (
	"os/exec"
	"testing"
)

// command runs a program of PostgreSQL.
func command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	return exec.Command(name, args...)
}

func handOver(string) error { return nil }
