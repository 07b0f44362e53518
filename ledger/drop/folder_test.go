package drop_test

import (
	"context"
	"errors"
	"fmt"
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

// delivered is what a delivery of "hello\n" looks like.
func delivered() map[string]string {
	return map[string]string{
		name + ".sha256": digest + "  " + name + "\n",
		name:             "hello\n",
		name + ".done":   name + " 6 " + digest + "\n",
	}
}

// steps keeps progress in memory, in the order of the files.
type steps struct {
	all []drop.Progress
}

func (s *steps) Save(_ context.Context, p drop.Progress) error {
	for i := range s.all {
		if s.all[i].Name == p.Name {
			s.all[i] = p
			return nil
		}
	}
	return fmt.Errorf("nobody asked for %s", p.Name)
}

func fresh() func() string {
	n := 0
	return func() string { n++; return fmt.Sprintf("%08x", n) }
}

func newOrder(files ...drop.File) (drop.Order, *steps) {
	o := drop.Order{Files: drop.WithSidecars(files), Fresh: fresh()}
	s := &steps{}
	for _, f := range o.Files {
		s.all = append(s.all, drop.Progress{Name: f.Name, Step: drop.Waiting})
	}
	return o, s
}

func toFolder(t *testing.T, dir, name, content string) error {
	t.Helper()
	o, log := newOrder(drop.File{Name: name, Bytes: []byte(content)})
	r, err := drop.Deliver(t.Context(), drop.Folder(dir), o, log)
	if err == nil && (!r.Delivered || r.Unconfirmed != "") {
		t.Errorf("no error, and yet %+v", r)
	}
	return err
}

// PF-07, and PF-10: the same bytes again are no second delivery.
func TestDeliverToFolder(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		if err := toFolder(t, dir, name, "hello\n"); err != nil {
			t.Fatal(err)
		}
		wantFiles(t, dir, delivered())
	}
}

// A delivery that broke off after any of its files is finished by the next.
func TestDeliverToFolderFinishes(t *testing.T) {
	for _, there := range [][]string{{name + ".sha256"}, {name}, {name + ".sha256", name}, {name + ".done"}} {
		dir := t.TempDir()
		for _, file := range there {
			put(t, dir, file, delivered()[file])
		}
		if err := toFolder(t, dir, name, "hello\n"); err != nil {
			t.Errorf("after %v: %v", there, err)
		}
		wantFiles(t, dir, delivered())
	}
}

// PF-06: "exists, different" is for a person, whichever of the three it is, of
// whatever size, and not one byte is written.
func TestDeliverToFolderNeverOverwrites(t *testing.T) {
	for file, right := range delivered() {
		for _, other := range []string{"", "X" + right[1:], right + "x"} {
			dir := t.TempDir()
			put(t, dir, file, other)
			if err := toFolder(t, dir, name, "hello\n"); !errors.Is(err, drop.ErrConflict) {
				t.Errorf("%s is %q: got %v", file, other, err)
			}
			wantFiles(t, dir, map[string]string{file: other})
		}
	}
}

func TestDeliverToFolderNeedsTheFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "unmounted")
	if _, err := drop.OpenFolder(dir); err == nil {
		t.Error("a folder that does not exist was opened")
	}
	if err := toFolder(t, dir, name, "hello\n"); err == nil {
		t.Error("delivered to a folder that does not exist")
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder was made")
	}
	if err := toFolder(t, t.TempDir(), "../"+name, "hello\n"); err == nil {
		t.Error("delivered outside the folder")
	}
	file := filepath.Join(t.TempDir(), "file")
	put(t, filepath.Dir(file), "file", "x")
	if _, err := drop.OpenFolder(file); err == nil {
		t.Error("a file was opened as a folder")
	}
}

// A directory of the file's name is somebody else's.
func TestDeliverToFolderStopsAtADirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := toFolder(t, dir, name, "hello\n"); !errors.Is(err, drop.ErrConflict) {
		t.Errorf("got %v", err)
	}
}

func put(t *testing.T, dir, file, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}
