package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func wantContents(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, contents(dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // the second time it is done already
		if err := WriteFile(dir, "a.txt", text("hello")); err != nil {
			t.Fatal(err)
		}
	}
	for _, other := range []string{"HELLO", "hell", "hello!", ""} {
		if err := WriteFile(dir, "a.txt", text(other)); !errors.Is(err, ErrDifferent) {
			t.Errorf("%q over hello: got %v", other, err)
		}
	}
	wantContents(t, dir, map[string]string{"a.txt": "hello"})
	if left := leftovers(dir); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

func TestWriteFileComparesLongFiles(t *testing.T) {
	dir, long := t.TempDir(), strings.Repeat("x", 3<<16)
	for _, size := range []int{1 << 16, 2<<16 + 1, 3 << 16} {
		name := strings.Repeat("n", size>>16)
		if err := errors.Join(WriteFile(dir, name, text(long[:size])), WriteFile(dir, name, text(long[:size]))); err != nil {
			t.Error(err)
		}
		if err := WriteFile(dir, name, text(long[:size-1])); !errors.Is(err, ErrDifferent) {
			t.Errorf("one byte less: got %v", err)
		}
		if err := WriteFile(dir, name, text(long[:size-1]+"y")); !errors.Is(err, ErrDifferent) {
			t.Errorf("last byte changed: got %v", err)
		}
	}
}

func TestWriteFileRefusesPaths(t *testing.T) {
	for _, name := range []string{"", ".", "..", "a/b", `a\b`, "../a", "c:a", "a\x00", "a.tmp-0123456789abcdef"} {
		if err := WriteFile(t.TempDir(), name, text("x")); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
}

func TestWriteFileKeepsTheWritersError(t *testing.T) {
	dir := t.TempDir()
	err := WriteFile(dir, "a.txt", func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return errInjected
	})
	if !errors.Is(err, errInjected) || len(contents(dir))+len(leftovers(dir)) > 0 {
		t.Errorf("got %v, files %v, left over %v", err, contents(dir), leftovers(dir))
	}
}

// Whatever operation fails, the name is absent or complete, nothing else is
// visible, the error comes out, and a second attempt succeeds.
func TestWriteFileFailsCleanly(t *testing.T) {
	for _, there := range []string{"", "hello"} {
		for _, noLinks := range []bool{false, true} {
			failed := map[string]bool{}
			for at := 0; ; at++ {
				dir := t.TempDir()
				if there != "" {
					mustWrite(t, filepath.Join(dir, "a.txt"), there)
				}
				d := &faulty{failAt: at, noLinks: noLinks}
				err := writeFile(d, dir, "a.txt", text("hello"))
				if !d.hit() {
					break
				}
				failed[d.last] = true
				got, present := contents(dir)["a.txt"]
				if present && got != "hello" {
					t.Errorf("%s failed: half a file %q", d.last, got)
				}
				if err == nil && !present {
					t.Errorf("%s failed: no error and no file", d.last)
				}
				harmless := d.last == "remove" || d.last == "link"
				if !harmless && !errors.Is(err, errInjected) {
					t.Errorf("%s failed: got %v", d.last, err)
				}
				if early := d.last == "create" || d.last == "write" || d.last == "sync" || d.last == "close" || d.last == "rename"; early && there == "" && present {
					t.Errorf("%s failed: the file is there", d.last)
				}
				if left := leftovers(dir); len(left) > 0 && d.last != "remove" {
					t.Errorf("%s failed: left over %v", d.last, left)
				}
				if err := WriteFile(dir, "a.txt", text("hello")); err != nil {
					t.Errorf("again after %s: %v", d.last, err)
				}
			}
			for _, op := range []string{"create", "write", "sync", "close", "link", "syncDir"} {
				if !failed[op] {
					t.Errorf("there %q, no links %v: %s was never tried", there, noLinks, op)
				}
			}
		}
	}
}

// R1: power goes at any operation. The final name is absent or complete, other
// content is never replaced, and the restart finishes.
func TestWriteFileSurvivesPowerCut(t *testing.T) {
	for _, noLinks := range []bool{false, true} {
		for at := 0; ; at++ {
			dir := t.TempDir()
			d := &faulty{failAt: at, dead: true, noLinks: noLinks}
			err := writeFile(d, dir, "a.txt", text("hello"))
			if !d.hit() {
				break
			}
			d.powerCut()
			for _, lost := range []bool{false, true} {
				if lost {
					for _, name := range d.newNames {
						_ = os.Remove(name)
					}
				}
				got, present := contents(dir)["a.txt"]
				if present && got != "hello" {
					t.Errorf("power cut at %s: %q", d.last, got)
				}
				if err == nil && !present {
					t.Errorf("power cut at %s: reported as written and lost", d.last)
				}
			}
			if err := WriteFile(dir, "a.txt", text("hello")); err != nil {
				t.Errorf("restart after %s: %v", d.last, err)
			}
			wantContents(t, dir, map[string]string{"a.txt": "hello"})
		}
	}
}

func TestWriteFileWithoutLinksStillRefuses(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, filepath.Join(dir, "a.txt"), "theirs")
	if err := writeFile(&faulty{failAt: -1, noLinks: true}, dir, "a.txt", text("ours")); !errors.Is(err, ErrDifferent) {
		t.Errorf("got %v", err)
	}
	wantContents(t, dir, map[string]string{"a.txt": "theirs"})
}

func TestRemoveOrphans(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 10, 2, 3, 0, 0, 0, time.UTC)
	old, young := now.Add(-61*time.Minute), now.Add(-59*time.Minute)
	leave := func(name string, at time.Time) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		mustWrite(t, path, "x")
		for p := path; p != dir; p = filepath.Dir(p) {
			if err := os.Chtimes(p, at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	leave("a.txt.tmp-0123456789abcdef", old)
	leave("b.txt.tmp-0123456789abcdef", young)
	leave("c.txt", old)
	leave("d.tmp-0123456789abcdeg", old) // not one of our names
	leave(".tmp-0123456789abcdef", old)  // nor this
	leave("e.tmp-notes", old)            // nor this
	leave("stage.tmp-0000000000000000/new/x", old)
	leave("out.tmp-1111111111111111/new/x", old)
	leave("out.tmp-1111111111111111/new/y", young)
	if err := os.Chtimes(filepath.Join(dir, "out.tmp-1111111111111111"), old, old); err != nil {
		t.Fatal(err)
	}
	removed, err := RemoveOrphans(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a.txt.tmp-0123456789abcdef", "stage.tmp-0000000000000000"}, removed); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 6 {
		t.Errorf("%d names are left, want 6", len(entries))
	}
	if _, err := RemoveOrphans(filepath.Join(dir, "absent"), now); err == nil {
		t.Error("an absent directory is an error")
	}
}

func mustWrite(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}
