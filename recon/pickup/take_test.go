package pickup_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tieout/recon/pickup"
)

// shelf keeps what was taken.
type shelf map[string]string

func (s shelf) keep(name string, r io.Reader) error {
	data, err := io.ReadAll(r)
	if err == nil {
		s[name] = string(data)
	}
	return err
}

func lay(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string) pickup.Folder {
	t.Helper()
	f, err := pickup.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// quick is a rule that waits for nothing.
func quick() pickup.Rule {
	return pickup.Rule{Pause: func(context.Context, time.Duration) error { return nil }}
}

// take takes everything of a folder and wants no error of ours.
func take(t *testing.T, place pickup.Place, rule pickup.Rule) (shelf, map[string]error) {
	t.Helper()
	s := shelf{}
	refused, err := pickup.Take(t.Context(), place, rule, s.keep)
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]error{}
	for _, r := range refused {
		why[r.Name] = r.Err
	}
	return s, why
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type part struct {
	name string
	data []byte
}

func zipped(t *testing.T, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(p.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFilesAreTakenAndUnpacked(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, "b.csv", []byte("plain"))
	lay(t, dir, "a.csv.gz", gzipped(t, []byte("packed")))
	lay(t, dir, "c.zip", zipped(t, part{"reports/", nil}, part{"reports/one.csv", []byte("1")}, part{"two.csv.gz", gzipped(t, []byte("2"))}))
	lay(t, dir, "empty.csv", nil)
	lay(t, dir, ".hidden", []byte("x"))
	lay(t, dir, "half.csv.tmp", []byte("x"))
	if err := os.Mkdir(filepath.Join(dir, "sub.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	got, refused := take(t, open(t, dir), quick())
	want := shelf{"b.csv": "plain", "a.csv": "packed", "one.csv": "1", "two.csv": "2", "empty.csv": ""}
	if !maps.Equal(got, want) || len(refused) != 0 {
		t.Errorf("%v, refused %v", got, refused)
	}
	rule := quick()
	rule.Names = "*.csv"
	if got, _ := take(t, open(t, dir), rule); len(got) != 2 {
		t.Errorf("by the pattern: %v", got)
	}
}

// A file is complete when its size and time stand still, or when its sentinel is there.
func TestOnlyCompleteFiles(t *testing.T) {
	dir := t.TempDir()
	lay(t, dir, "still.csv", []byte("1"))
	lay(t, dir, "grows.csv", []byte("1"))
	lay(t, dir, "rewritten.csv", []byte("1"))
	rule := pickup.Rule{Stable: 3 * time.Second}
	rule.Pause = func(_ context.Context, d time.Duration) error {
		if d != 3*time.Second {
			t.Errorf("waited %s", d)
		}
		lay(t, dir, "grows.csv", []byte("12"))
		lay(t, dir, "comes.csv", []byte("1"))
		at := time.Now().Add(time.Minute)
		return os.Chtimes(filepath.Join(dir, "rewritten.csv"), at, at)
	}
	got, refused := take(t, open(t, dir), rule)
	if !maps.Equal(got, shelf{"still.csv": "1"}) || len(refused) != 3 {
		t.Errorf("%v, refused %v", got, refused)
	}
	for name, err := range refused {
		if !errors.Is(err, pickup.ErrGrowing) {
			t.Errorf("%s: %v", name, err)
		}
	}
	lay(t, dir, "grows.csv.done", nil)
	rule.Sentinel = ".done"
	if got, _ := take(t, open(t, dir), rule); !maps.Equal(got, shelf{"grows.csv": "12"}) {
		t.Errorf("by sentinel: %v", got)
	}
	boom := errors.New("boom")
	rule = pickup.Rule{Pause: func(context.Context, time.Duration) error { return boom }}
	if _, err := pickup.Take(t.Context(), open(t, dir), rule, shelf{}.keep); !errors.Is(err, boom) {
		t.Errorf("a pause that is ended: %v", err)
	}
}

func TestNamesAreLabels(t *testing.T) {
	for _, name := range []string{"a.csv", "Report_2026-10-01 (2).csv", "9.CSV", "a=b,c@d#1[x]+~.csv", strings.Repeat("a", 200)} {
		if err := pickup.SafeName(strings.ReplaceAll(name, "~", "")); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{
		"", ".", "..", "../a", "a/b", `a\b`, "/etc/passwd", `C:\a`, "C:a", "a:stream", ".hidden", "-rf", "~a", "a\x00.csv", "a\n.csv", "a\u202Ecsv", "é.csv", "a.csv.", "a.csv ",
		"CON", "con.csv", "NUL.tar.gz", "aux .csv", "COM1", "lpt9.txt", "*", "a?", "a|b", "a;b", "$(a)", "`a`", "a%2f", "a\"b", "a'b", "a<b", strings.Repeat("a", 201),
	} {
		if err := pickup.SafeName(name); !errors.Is(err, pickup.ErrUnsafe) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// stranger is a place that lists whatever it wants.
type stranger struct {
	names   map[string]string
	sizes   map[string]int64
	asked   []string
	openErr error
}

type info struct {
	name string
	size int64
	mode fs.FileMode
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return time.Unix(1, 0) }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }

func (s *stranger) List() ([]fs.FileInfo, error) {
	var all []fs.FileInfo
	for name, text := range s.names {
		size := int64(len(text))
		if said, ok := s.sizes[name]; ok {
			size = said
		}
		all = append(all, info{name: name, size: size})
	}
	return all, nil
}

func (s *stranger) Open(name string) (io.ReadCloser, error) {
	s.asked = append(s.asked, name)
	return io.NopCloser(strings.NewReader(s.names[name])), s.openErr
}

// A server that lists a path gets it back never: it is refused before it is opened.
func TestPathsOfAStrangerAreNotOpened(t *testing.T) {
	s := &stranger{names: map[string]string{"../../etc/passwd": "x", "/abs.csv": "x", "good.csv": "1", "a\\b.csv": "x", "COM1.csv": "x"}}
	got, refused := take(t, s, quick())
	if !maps.Equal(got, shelf{"good.csv": "1"}) || len(refused) != 3 { // names that begin with a point are passed over
		t.Errorf("%v, refused %v", got, refused)
	}
	if !slices.Equal(s.asked, []string{"good.csv"}) {
		t.Errorf("opened %q", s.asked)
	}
}

// What is longer or shorter than it was listed is not complete.
func TestSizesMustAgree(t *testing.T) {
	s := &stranger{names: map[string]string{"long.csv": "12345", "short.csv": "1", "right.csv": "123"}, sizes: map[string]int64{"long.csv": 3, "short.csv": 3}}
	got, refused := take(t, s, quick())
	if !maps.Equal(got, shelf{"right.csv": "123"}) || !errors.Is(refused["long.csv"], pickup.ErrGrowing) || !errors.Is(refused["short.csv"], pickup.ErrGrowing) {
		t.Errorf("%v, refused %v", got, refused)
	}
}

// Errors of the place and of keep end the taking; those of a file are its own.
func TestWhoseErrorItIs(t *testing.T) {
	boom := errors.New("disk full")
	s := &stranger{names: map[string]string{"a.csv": "1", "b.csv": "2"}}
	n := 0
	_, err := pickup.Take(t.Context(), s, quick(), func(string, io.Reader) error { n++; return boom })
	if !errors.Is(err, boom) || n != 1 {
		t.Errorf("an error of keep: %v after %d files", err, n)
	}
	s.openErr = fs.ErrPermission
	if _, refused := take(t, s, quick()); len(refused) != 2 {
		t.Errorf("files that cannot be opened: %v", refused)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pickup.Take(ctx, s, quick(), shelf{}.keep); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who has gone: %v", err)
	}
	careless := func(_ string, r io.Reader) error { _, _ = io.Copy(io.Discard, r); return nil }
	s = &stranger{names: map[string]string{"a.csv": "1"}, sizes: map[string]int64{"a.csv": 2}}
	refused, err := pickup.Take(t.Context(), s, quick(), careless)
	if err != nil || len(refused) != 1 {
		t.Errorf("a keep that takes no notice: %v, %v", refused, err)
	}
}

// A link out of the folder leads nowhere.
func TestLinksAreNotFollowed(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	lay(t, outside, "secret", []byte("secret"))
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "a.csv")); err != nil {
		t.Fatal(err)
	}
	if got, _ := take(t, open(t, dir), quick()); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if f, err := open(t, dir).Open("a.csv"); err == nil {
		_ = f.Close()
		t.Error("the link was opened")
	}
	for _, path := range []string{filepath.Join(outside, "secret"), filepath.Join(outside, "none")} {
		if _, err := pickup.OpenFolder(path); err == nil {
			t.Errorf("%s is taken for a folder", path)
		}
	}
}
