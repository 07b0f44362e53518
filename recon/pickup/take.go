package pickup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// Place is where files are left.
type Place interface {
	// List describes the files that lie there now, in any order.
	List() ([]fs.FileInfo, error)
	// Open reads a file by the name that List gave it.
	Open(name string) (io.ReadCloser, error)
}

// Rule says which files are taken, and when they are complete.
type Rule struct {
	Names    string        // pattern as of [path.Match]; "" for all
	Sentinel string        // ending of the empty file that says that another is complete, such as .done; "" for none
	Stable   time.Duration // without a sentinel: how long size and time must stand still; 5 s for 0
	Limits   Limits
	PGP      *PGP // nil: encrypted files are refused
	// Pause waits; tests hand in one that does not. A timer if nil.
	Pause func(ctx context.Context, d time.Duration) error
}

// Keep takes one file, which comes whole or ends in an error. The name is safe.
type Keep func(name string, r io.Reader) error

// Refused is a file that was there and was not taken. Name is as the place gave it.
type Refused struct {
	Name string
	Err  error
}

// Error says which file and why.
func (r *Refused) Error() string { return fmt.Sprintf("%q was not taken: %v", r.Name, r.Err) }

// Unwrap is why.
func (r *Refused) Unwrap() error { return r.Err }

// ErrGrowing is a file that is not complete yet; a later look will find it so.
var ErrGrowing = errors.New("still being written")

// Take hands every complete file of a place to keep, in the order of names. It
// returns what was refused; the error is that of the place or of keep itself, which end it.
func Take(ctx context.Context, place Place, rule Rule, keep Keep) ([]Refused, error) {
	first, err := place.List()
	if err != nil {
		return nil, err
	}
	again := first
	if rule.Sentinel == "" && len(first) > 0 {
		if err := rule.pause(ctx); err != nil {
			return nil, err
		}
		if again, err = place.List(); err != nil {
			return nil, err
		}
	}
	files, refused := rule.choose(first, again)
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return refused, err
		}
		err := rule.take(place, f, keep)
		var failed *keepError
		switch {
		case errors.As(err, &failed):
			return refused, failed.err
		case err != nil:
			refused = append(refused, Refused{f.Name(), err})
		}
	}
	return refused, nil
}

func (r *Rule) pause(ctx context.Context) error {
	wait := r.Stable
	if wait == 0 {
		wait = 5 * time.Second
	}
	if r.Pause != nil {
		return r.Pause(ctx, wait)
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// choose splits what lies there into files to take and files that are refused.
// Names that begin with a point or end in .tmp are somebody's unfinished work;
// what does not fit the pattern is not ours.
func (r *Rule) choose(first, again []fs.FileInfo) (files []fs.FileInfo, refused []Refused) {
	before := map[string]fs.FileInfo{}
	for _, f := range first {
		before[f.Name()] = f
	}
	for _, f := range again {
		name := f.Name()
		if strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".tmp") || !f.Mode().IsRegular() || !r.ours(name) {
			continue
		}
		if err := SafeName(name); err != nil {
			refused = append(refused, Refused{name, err})
			continue
		}
		if !r.complete(before, f) {
			refused = append(refused, Refused{name, ErrGrowing})
			continue
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
	slices.SortFunc(refused, func(a, b Refused) int { return strings.Compare(a.Name, b.Name) })
	return files, refused
}

// ours tells by the pattern, which is for the name alone; the sentinel itself is no file.
func (r *Rule) ours(name string) bool {
	if r.Sentinel != "" && strings.HasSuffix(name, r.Sentinel) {
		return false
	}
	if r.Names == "" {
		return true
	}
	ok, err := path.Match(r.Names, name)
	return ok && err == nil
}

func (r *Rule) complete(before map[string]fs.FileInfo, f fs.FileInfo) bool {
	if r.Sentinel != "" {
		_, said := before[f.Name()+r.Sentinel]
		return said
	}
	old, known := before[f.Name()]
	return known && old.Size() == f.Size() && old.ModTime().Equal(f.ModTime())
}

// keepError is an error of ours, not of the file.
type keepError struct{ err error }

func (e *keepError) Error() string { return e.err.Error() }

// take reads one file to its end and checks that it is as long as it was listed.
func (r *Rule) take(place Place, f fs.FileInfo, keep Keep) error {
	file, err := place.Open(f.Name())
	if err != nil {
		return err
	}
	defer file.Close()
	whole := &measured{r: file, left: f.Size()}
	u := &unpacker{limits: r.Limits.orDefault(), pgp: r.PGP, keep: keep}
	return u.unpack(f.Name(), whole, f.Size(), 0)
}

// measured reads exactly as many bytes as were listed; more or fewer are an error.
type measured struct {
	r    io.Reader
	left int64
}

// Read ends in an error if the file has grown or shrunk.
func (m *measured) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	m.left -= int64(n)
	switch {
	case m.left < 0:
		return 0, fmt.Errorf("%w: it has grown since it was listed", ErrGrowing)
	case errors.Is(err, io.EOF) && m.left > 0:
		return n, fmt.Errorf("%w: it ends %d bytes before the size it was listed with", ErrGrowing, m.left)
	}
	return n, err
}

// Folder is a folder of this host. Nothing outside it can be reached through a name in it.
type Folder struct{ dir string }

// OpenFolder watches a folder, which must be there.
func OpenFolder(dir string) (Folder, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is no folder", dir)
	}
	return Folder{dir}, err
}

// List describes the files of the folder.
func (f Folder) List() ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, err
	}
	var files []fs.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone since
		}
		if err != nil {
			return nil, err
		}
		files = append(files, info)
	}
	return files, nil
}

// Open opens a file of the folder; a link that leads out of it is refused.
func (f Folder) Open(name string) (io.ReadCloser, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.Open(name)
}
