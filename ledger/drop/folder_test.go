package drop_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"tieout/ledger/drop"
)

const (
	name   = "GL_TIEOUT_20261001_000001.txt"
	digest = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03" // of "hello\n"
)

func wantFiles(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(want) {
		t.Errorf("%d files, want %d: %v", len(entries), len(want), entries)
	}
	for file, content := range want {
		got, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || string(got) != content {
			t.Errorf("%s: %q, %v, want %q", file, got, err, content)
		}
	}
}

func delivered() map[string]string {
	return map[string]string{
		name:             "hello\n",
		name + ".sha256": digest + "  " + name + "\n",
		name + ".done":   name + " 6 " + digest + "\n",
	}
}

// PF-07, and PF-10: the same bytes again are no second delivery.
func TestDeliverFolder(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		if err := drop.DeliverFolder(dir, name, []byte("hello\n")); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, dir, delivered())
	}
}

// A delivery that broke off after any of its files is finished by the next.
func TestDeliverFolderFinishes(t *testing.T) {
	for _, there := range [][]string{{name + ".sha256"}, {name}, {name + ".sha256", name}, {name + ".done"}} {
		dir := t.TempDir()
		for _, file := range there {
			put(t, dir, file, delivered()[file])
		}
		if err := drop.DeliverFolder(dir, name, []byte("hello\n")); err != nil {
			t.Errorf("after %v: %v", there, err)
		}
		wantFiles(t, dir, delivered())
	}
}

// PF-06: "exists, different" is for a person, whichever of the three it is, of
// whatever size, and not one byte is written.
func TestDeliverFolderNeverOverwrites(t *testing.T) {
	for file, right := range delivered() {
		for _, other := range []string{"", "X" + right[1:], right + "x"} {
			dir := t.TempDir()
			put(t, dir, file, other)
			if err := drop.DeliverFolder(dir, name, []byte("hello\n")); !errors.Is(err, drop.ErrConflict) {
				t.Errorf("%s is %q: got %v", file, other, err)
			}
			wantFiles(t, dir, map[string]string{file: other})
		}
	}
}

func TestDeliverFolderNeedsTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "unmounted")
	if err := drop.DeliverFolder(dir, name, []byte("hello\n")); err == nil {
		t.Error("delivered to a folder that does not exist")
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder was made")
	}
	if err := drop.DeliverFolder(t.TempDir(), "../"+name, []byte("hello\n")); err == nil {
		t.Error("delivered outside the folder")
	}
}

func put(t *testing.T, dir, file, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}
