package durable

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// newSet is what a run leaves; oldSet is an earlier run's, with a workbook that
// the new run does not have and a file of the user's.
var (
	newSet = map[string]string{"result.json": "new", "journal.csv": "new", "post.done": "new"}
	oldSet = map[string]string{"result.json": "old", "post.done": "old", "book.xlsx": "old", "notes.txt": "mine"}
)

// build stages newSet, in a fixed order, and commits it.
func build(d disk, dir string) error {
	s, err := stage(d, dir)
	if err != nil {
		return err
	}
	defer func() { _ = s.Discard() }()
	for _, name := range []string{"result.json", "journal.csv", "post.done"} {
		if err := s.Create(name, text("new")); err != nil {
			return err
		}
	}
	if err := s.Retire("book.xlsx"); err != nil {
		return err
	}
	return s.Commit()
}

func layOut(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		mustWrite(t, filepath.Join(dir, name), content)
	}
}

func replaced() map[string]string {
	all := maps.Clone(newSet)
	all["notes.txt"] = "mine"
	return all
}

func TestStageMakesTheDirectory(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "a", "b", "out")
	if err := build(osDisk{}, dir); err != nil {
		t.Fatal(err)
	}
	wantContents(t, dir, newSet)
	if left := leftovers(filepath.Dir(dir)); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestStageReplacesASet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	layOut(t, dir, oldSet)
	for range 2 {
		if err := build(osDisk{}, dir); err != nil {
			t.Fatal(err)
		}
		wantContents(t, dir, replaced())
	}
	if left := leftovers(dir); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestDiscardLeavesNothing(t *testing.T) {
	top := t.TempDir()
	for _, there := range []bool{false, true} {
		dir := filepath.Join(top, "out")
		if there {
			layOut(t, dir, oldSet)
		}
		before := contents(top)
		s, err := Stage(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Create("result.json", text("half")), s.Discard(), s.Discard()); err != nil {
			t.Fatal(err)
		}
		wantContents(t, top, before)
		if _, err := os.Stat(dir); !there && err == nil {
			t.Error("the directory was made")
		}
		if left := append(leftovers(top), leftovers(dir)...); len(left) > 0 {
			t.Errorf("left over: %v", left)
		}
		if s.Commit() == nil || s.Create("x", text("x")) == nil {
			t.Error("a discarded set can still be used")
		}
	}
}

func TestCreateRefuses(t *testing.T) {
	s, err := Stage(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Discard() }()
	if err := s.Create("a", text("1")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "../a", ""} {
		if s.Create(name, text("2")) == nil {
			t.Errorf("%q was accepted", name)
		}
	}
	if s.Retire("../a") == nil {
		t.Error("a path was retired")
	}
	failing := func(io.Writer) error { return errInjected }
	if err := s.Create("b", failing); !errors.Is(err, errInjected) {
		t.Errorf("got %v", err)
	}
	if err := errors.Join(s.Create("b", text("2")), s.Commit(), s.Discard()); err != nil {
		t.Fatal(err)
	}
	wantContents(t, s.dir, map[string]string{"a": "1", "b": "2"})
}

// A directory under a name of the set is somebody's; it stays with what is in it.
func TestCommitReplacesOnlyFiles(t *testing.T) {
	dir := t.TempDir()
	layOut(t, filepath.Join(dir, "post.done"), map[string]string{"keep": "me"})
	layOut(t, dir, map[string]string{"result.json": "old"})
	before := contents(dir)
	if err := build(osDisk{}, dir); err == nil || !strings.Contains(err.Error(), "post.done") {
		t.Errorf("got %v", err)
	}
	wantContents(t, dir, before)
}

func TestStageOnAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	mustWrite(t, path, "x")
	if _, err := Stage(path); err == nil {
		t.Error("a file was taken for a directory")
	}
}

// Any one operation fails: the directory is as before, or the set is complete.
func TestStageFailsCleanly(t *testing.T) {
	for _, there := range []bool{false, true} {
		for at := 0; ; at++ {
			top := t.TempDir()
			dir := filepath.Join(top, "deep", "out")
			want := newSet
			if there {
				layOut(t, dir, oldSet)
				want = replaced()
			}
			before := contents(top)
			d := &faulty{failAt: at}
			err := build(d, dir)
			if !d.hit() {
				break
			}
			if err == nil {
				wantContents(t, dir, want)
			} else {
				wantContents(t, top, before)
			}
			if err == nil && d.last != "removeAll" {
				t.Errorf("%s failed and nobody said so", d.last)
			}
			if _, statErr := os.Stat(dir); !there && err != nil && statErr == nil {
				t.Errorf("%s failed: the directory is there", d.last)
			}
			if left := append(leftovers(filepath.Dir(dir)), leftovers(dir)...); len(left) > 0 && d.last != "removeAll" {
				t.Errorf("%s failed: left over %v", d.last, left)
			}
		}
	}
}

// Power goes at any operation: old and new never stand together, no file is
// half, the sentinel created last means all are there, and a rerun completes.
func TestStageSurvivesPowerCut(t *testing.T) {
	for at := 0; ; at++ {
		dir := filepath.Join(t.TempDir(), "out")
		layOut(t, dir, oldSet)
		d := &faulty{failAt: at, dead: true}
		err := build(d, dir)
		if !d.hit() {
			break
		}
		d.powerCut()
		got := contents(dir)
		fresh := 0
		for name := range newSet {
			if got[name] == "new" {
				fresh++
			} else if got[name] != "" && got[name] != "old" {
				t.Errorf("power cut at %d %s: %s is %q", at, d.last, name, got[name])
			}
		}
		stale := got["result.json"] == "old" || got["post.done"] == "old" || got["book.xlsx"] == "old"
		if fresh > 0 && stale {
			t.Errorf("power cut at %d %s: old and new together: %v", at, d.last, got)
		}
		if (got["post.done"] == "new" || err == nil) && fresh != len(newSet) {
			t.Errorf("power cut at %d %s: sentinel without its files: %v", at, d.last, got)
		}
		if got["notes.txt"] != "mine" {
			t.Errorf("power cut at %d %s: the user's file is gone", at, d.last)
		}
		if err := build(osDisk{}, dir); err != nil {
			t.Errorf("rerun after %s: %v", d.last, err)
		}
		wantContents(t, dir, replaced())
	}
}

// Files written at the same time are in the set in the order given, or none of them is.
func TestCreateAllTakesAllOrNone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	set, err := Stage(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Discard()
	broken := errors.New("broken")
	fails := func(io.Writer) error { return broken }
	both := func(a, b string) func(io.Writer, io.Writer) error {
		return func(to, beside io.Writer) error { return errors.Join(text(a)(to), text(b)(beside)) }
	}
	for _, files := range [][]File{
		{One("a.txt", text("1")), One("b.txt", fails)},
		{One("a.txt", text("1")), One("a.txt", text("2"))},
		{One("a.txt", text("1")), One("../b.txt", text("2"))},
		{Two("a.txt", "b.txt", both("1", "2")), One("c.txt", fails)},
		{Two("a.txt", "b.txt", func(io.Writer, io.Writer) error { return broken }), One("c.txt", text("3"))},
		{Two("a.txt", "b.txt", both("1", "2")), One("b.txt", text("3"))},
		{One("b.txt", text("3")), Two("a.txt", "b.txt", both("1", "2"))},
		{Two("a.txt", "a.txt", both("1", "2"))},
	} {
		if err := set.CreateAll(files...); err == nil {
			t.Fatalf("%v are in the set", files)
		}
	}
	wantContents(t, set.fresh(""), map[string]string{}) // nothing is left of them
	if err := set.CreateAll(One("b.txt", text("2")), Two("d.txt", "a.txt", both("4", "1")), One("c.txt", text("3"))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b.txt", "d.txt", "a.txt", "c.txt"}, set.names); diff != "" {
		t.Error(diff)
	}
	if err := set.Commit(); err != nil {
		t.Fatal(err)
	}
	wantContents(t, dir, map[string]string{"a.txt": "1", "b.txt": "2", "c.txt": "3", "d.txt": "4"})
	if err := set.CreateAll(One("e.txt", text("5"))); !errors.Is(err, errClosed) {
		t.Errorf("after the commit: %v", err)
	}
}
