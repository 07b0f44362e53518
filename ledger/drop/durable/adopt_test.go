package durable

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAdopt(t *testing.T) {
	dir, work := t.TempDir(), t.TempDir()
	temp := func(text string) string {
		path := filepath.Join(work, "temp")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for range 2 { // the second time it is there already
		if err := Adopt(temp("hello"), dir, "a.txt"); err != nil {
			t.Fatal(err)
		}
	}
	if err := Adopt(temp("other"), dir, "a.txt"); !errors.Is(err, ErrDifferent) {
		t.Errorf("other content: %v", err)
	}
	if err := Adopt(temp("x"), dir, "../b"); err == nil {
		t.Error("a path was taken for a name")
	}
	if err := Adopt(filepath.Join(work, "none"), dir, "b"); err == nil {
		t.Error("a file that is not there was taken")
	}
	wantContents(t, dir, map[string]string{"a.txt": "hello"})
}
