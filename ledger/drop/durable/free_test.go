package durable_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"tieout/ledger/drop/durable"
)

func TestFree(t *testing.T) {
	dir := t.TempDir()
	if free, err := durable.Free(dir); err != nil || free == 0 {
		t.Errorf("%d bytes, %v", free, err)
	}
	if _, err := durable.Free(filepath.Join(dir, "gone")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
