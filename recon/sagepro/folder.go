package sagepro

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tieout/recon/sagepro/dbf"
)

// Folder is the door to DBF tables in a folder in which people work. It reads
// copies: each table is copied whole before its first row is read, and again if
// somebody changed it meanwhile (sage-pro.md 5.2). It locks nothing and writes
// nothing there. Close it to remove the copies.
type Folder struct {
	Dir      string // of the company, or the program folder above its module folders
	Scratch  string // folder for the copies; "" is the system's
	Company  *Company
	Attempts int // copies of a table that keeps changing; 0: 8
	// Wait is the pause after a failed attempt, from 1; nil: a fifth of a second,
	// doubled each time. Attempt 0 is the moment in which nobody may write; nil: a second.
	Wait func(ctx context.Context, attempt int) error
	Now  func() time.Time // to tell young changes

	// Open opens a file for reading, shared with everybody; nil: the operating system does it.
	Open func(path string) (Shared, error)

	// Log is told what is worth knowing and no fault; nil: nobody.
	Log func(message string)

	work   string
	paths  map[string][]string // by base name in small letters
	copied map[string]*snapshot
}

// Shared is a file that is open for reading while others write it.
type Shared interface {
	io.ReadCloser
	io.ReaderAt
	Stat() (fs.FileInfo, error)
}

// snapshot is the copy of a table.
type snapshot struct {
	table *dbf.Table
	files []*os.File  // the table, and its memo file if there is one
	path  string      // of the table that was copied
	was   fs.FileInfo // the table when it was copied
}

func (s *snapshot) close() (errs []error) {
	for _, file := range s.files {
		errs = append(errs, file.Close())
	}
	return errs
}

const (
	folderDepth   = 2               // module folders lie below the program folder
	young         = 5 * time.Minute // since a change that another may follow, or hide behind the same time; clocks of a domain are as far apart
	quiet         = time.Second     // between the writes of one who bills an order
	firstWait     = 200 * time.Millisecond
	usualAttempts = 8
)

// Close removes the copies.
func (f *Folder) Close() error {
	var errs []error
	for _, s := range f.copied {
		errs = append(errs, s.close()...)
	}
	f.copied = nil
	if f.work != "" {
		errs = append(errs, os.RemoveAll(f.work))
	}
	return errors.Join(errs...)
}

// Columns lists the columns of a table by its header.
func (f *Folder) Columns(ctx context.Context, table string) ([]Column, error) {
	s, err := f.snapshot(ctx, table)
	if err != nil {
		return nil, err
	}
	var columns []Column
	for _, field := range s.table.Fields() {
		columns = append(columns, Column{
			Name: field.Name, Type: fmt.Sprintf("%c %d.%d", field.Type, field.Width, field.Decimals), Width: field.Width,
			Inexact: field.Type == 'B' && field.Width == 8,
		})
	}
	return columns, nil
}

// Rows reads the copy of a table, but no deleted rows. It has no index: all rows come.
func (f *Folder) Rows(ctx context.Context, q Query) (Rows, error) {
	s, err := f.snapshot(ctx, q.Table)
	if err != nil {
		return nil, err
	}
	rows := &folderRows{Rows: s.table.Rows(), ctx: ctx}
	fields := s.table.Fields()
	for _, name := range q.Columns {
		at := slices.IndexFunc(fields, func(field dbf.Field) bool { return strings.EqualFold(field.Name, name) })
		if at < 0 {
			return nil, fmt.Errorf("%s has no column %s", q.Table, name)
		}
		rows.at = append(rows.at, at)
	}
	return rows, nil
}

type folderRows struct {
	*dbf.Rows
	ctx context.Context
	at  []int
}

// Next goes to the next row that is not deleted.
func (r *folderRows) Next() bool {
	for r.ctx.Err() == nil && r.Rows.Next() {
		if !r.Deleted() {
			return true
		}
	}
	return false
}

func (r *folderRows) Text(i int) ([]byte, error) {
	text, err := r.Rows.Text(r.at[i])
	if fault := (*dbf.ValueError)(nil); errors.As(err, &fault) {
		return nil, errors.New(fault.What)
	}
	return text, err
}

func (r *folderRows) Err() error { return cmp.Or(r.ctx.Err(), r.Rows.Err()) }

func (r *folderRows) Close() error { return nil }

// snapshot copies a table, or gives the copy that is there already.
func (f *Folder) snapshot(ctx context.Context, base string) (*snapshot, error) {
	if s := f.copied[base]; s != nil {
		return s, nil
	}
	path, err := f.find(base)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		s, err := f.copyTable(ctx, path, attempt)
		if err == nil {
			f.copied[base] = s
			return s, nil
		}
		if !errors.Is(err, ErrBusy) && !errors.Is(err, dbf.ErrTorn) {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
		if attempt >= cmp.Or(f.Attempts, usualAttempts) {
			return nil, fmt.Errorf("%s after %d attempts: %w; run again once nobody reindexes, packs or closes a period", filepath.Base(path), attempt, err)
		}
		if err := f.wait(ctx, attempt); err != nil {
			return nil, err
		}
	}
}

func (f *Folder) wait(ctx context.Context, attempt int) error {
	if f.Wait != nil {
		return f.Wait(ctx, attempt)
	}
	pause := quiet
	if attempt > 0 {
		pause = firstWait << (attempt - 1)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// find looks for the file of a table, whatever the case of its name.
func (f *Folder) find(base string) (string, error) {
	if f.paths == nil {
		if err := f.list(); err != nil {
			return "", err
		}
	}
	name := strings.ToLower(f.Company.name(base)) + ".dbf"
	switch paths := f.paths[name]; len(paths) {
	case 0:
		return "", fmt.Errorf("%w: no file %s in %s or the folders in it", ErrNoTable, name, f.Dir)
	case 1:
		return paths[0], nil
	default:
		return "", fmt.Errorf("%s is there more than once (%s); name the company's own folder", name, strings.Join(paths, ", "))
	}
}

func (f *Folder) list() error {
	f.paths, f.copied = map[string][]string{}, map[string]*snapshot{}
	var err error
	if f.work, err = os.MkdirTemp(f.Scratch, "tieout-snapshot-"); err != nil {
		return err
	}
	return filepath.WalkDir(f.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(f.Dir, path)
		if d.IsDir() && strings.Count(rel, string(filepath.Separator)) >= folderDepth {
			return fs.SkipDir
		}
		switch strings.ToLower(filepath.Ext(path)) {
		case ".dbf", ".fpt", ".dbt":
			name := strings.ToLower(filepath.Base(path))
			f.paths[name] = append(f.paths[name], path)
		}
		return nil
	})
}

// copyTable copies a table and its memo file, and opens the copies. It wraps
// ErrBusy or dbf.ErrTorn if another attempt may succeed.
func (f *Folder) copyTable(ctx context.Context, path string, attempt int) (_ *snapshot, err error) {
	s := &snapshot{path: path}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.was, err = os.Stat(path); err != nil {
		return nil, asBusy(err)
	}
	table, size, err := f.copyFile(ctx, path, s, attempt)
	if err != nil {
		return nil, err
	}
	o := dbf.Options{CodePage: f.Company.CodePage}
	if s.table, err = dbf.Open(table, size, o); err != nil {
		return nil, err
	}
	if s.table.Trailing > 0 && f.Log != nil {
		f.Log(fmt.Sprintf("%s: %d bytes behind the %d rows of its header are not read: rows that somebody is about to add, or rubbish", filepath.Base(path), s.table.Trailing, s.table.Len()))
	}
	if s.table.NeedsMemo() {
		if o.Memo, err = f.copyMemo(ctx, path, s, attempt); err != nil {
			return nil, err
		}
		if s.table, err = dbf.Open(table, size, o); err != nil {
			return nil, err
		}
	}
	return s, unchanged(path, s.was)
}

// Cut makes the copies of several tables agree: afterwards all are as they were
// at one instant, and nobody wrote for a moment after it. Without it an order
// that is billed between two copies, or half billed at the instant, would be
// read as well as its invoice, or neither.
func (f *Folder) Cut(ctx context.Context, tables []string) error {
	for attempt := 1; ; attempt++ {
		for _, base := range tables {
			if _, err := f.snapshot(ctx, base); err != nil {
				return err
			}
		}
		if slices.ContainsFunc(tables, func(base string) bool { return f.isYoung(f.copied[base].was) }) {
			if err := f.wait(ctx, 0); err != nil {
				return err
			}
		}
		stale, err := f.stale(ctx, tables)
		if err != nil || len(stale) == 0 {
			return err
		}
		if attempt >= cmp.Or(f.Attempts, usualAttempts) {
			return fmt.Errorf("%s after %d attempts: %w: the tables never stood still together; run again when fewer people work", strings.Join(stale, ", "), attempt, ErrBusy)
		}
		for _, base := range stale {
			if err := errors.Join(f.copied[base].close()...); err != nil {
				return err
			}
			delete(f.copied, base)
		}
		if err := f.wait(ctx, attempt); err != nil {
			return err
		}
	}
}

// stale are the tables that are another than their copies.
func (f *Folder) stale(ctx context.Context, tables []string) (stale []string, err error) {
	for _, base := range tables {
		err := f.compare(ctx, f.copied[base])
		switch {
		case errors.Is(err, ErrBusy):
			stale = append(stale, base)
		case err != nil:
			return nil, err
		}
	}
	return stale, nil
}

// compare a table with its copy: by size and time, and by its bytes where the time is young.
func (f *Folder) compare(ctx context.Context, s *snapshot) error {
	if err := unchanged(s.path, s.was); err != nil || !f.isYoung(s.was) {
		return err
	}
	source, err := f.open(s.path)
	if err != nil {
		return asBusy(err)
	}
	defer source.Close()
	return sameBytes(ctx, source, s.files[0])
}

// isYoung: a change that follows another closely may not show in the time.
func (f *Folder) isYoung(info fs.FileInfo) bool {
	age := f.Now().Sub(info.ModTime())
	return age < young && age > -young
}

// unchanged tells whether the table is as it was.
func unchanged(path string, before fs.FileInfo) error {
	after, err := os.Stat(path)
	if err != nil {
		return asBusy(err)
	}
	if after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return fmt.Errorf("%w: it changed while it was copied", ErrBusy)
	}
	return nil
}

// copyFile copies a file that is opened for reading and shared with everybody.
// Times tell changes apart by ticks, so a young file is read twice.
func (f *Folder) copyFile(ctx context.Context, path string, s *snapshot, attempt int) (*os.File, int64, error) {
	source, err := f.open(path)
	if err != nil {
		return nil, 0, asBusy(err)
	}
	defer source.Close()
	before, err := source.Stat()
	if err != nil {
		return nil, 0, err
	}
	to, err := os.Create(filepath.Join(f.work, fmt.Sprintf("%d-%s", attempt, filepath.Base(path))))
	if err != nil {
		return nil, 0, err
	}
	s.files = append(s.files, to)
	size, err := io.Copy(to, readerOf(ctx, source))
	if err != nil {
		return nil, 0, asBusy(err)
	}
	if err := unchanged(path, before); err != nil {
		return nil, 0, err
	}
	if size != before.Size() {
		return nil, 0, fmt.Errorf("%w: %d of %d bytes were copied", dbf.ErrTorn, size, before.Size())
	}
	if f.isYoung(before) {
		err = sameBytes(ctx, source, to)
	}
	return to, size, err
}

func (f *Folder) open(path string) (Shared, error) {
	if f.Open != nil {
		return f.Open(path)
	}
	return os.Open(path)
}

func sameBytes(ctx context.Context, source, copied io.ReaderAt) error {
	const block = 256 << 10
	a, b := make([]byte, block), make([]byte, block)
	for at := int64(0); ; at += block {
		n, errA := source.ReadAt(a, at)
		m, errB := copied.ReadAt(b, at)
		switch {
		case n != m || !slices.Equal(a[:n], b[:m]):
			return fmt.Errorf("%w: it changed while it was copied", ErrBusy)
		case errors.Is(errA, io.EOF) && errors.Is(errB, io.EOF):
			return ctx.Err()
		case errA != nil:
			return asBusy(errA)
		case errB != nil:
			return errB
		}
	}
}

// contextReader ends a copy when the run is cancelled.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func readerOf(ctx context.Context, r io.Reader) io.Reader { return contextReader{ctx, r} }

func (r contextReader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(b)
}

// copyMemo copies the memo file beside a table; nil if there is none: a memo
// that nobody asks for is not missed.
func (f *Folder) copyMemo(ctx context.Context, path string, s *snapshot, attempt int) (*dbf.Memo, error) {
	stem := strings.ToLower(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
	for _, kind := range []struct {
		extension string
		open      func(io.ReaderAt, int64) (*dbf.Memo, error)
	}{{".fpt", dbf.OpenFPT}, {".dbt", dbf.OpenDBT}} {
		for _, memo := range f.paths[stem+kind.extension] {
			if filepath.Dir(memo) != filepath.Dir(path) {
				continue
			}
			file, size, err := f.copyFile(ctx, memo, s, attempt)
			if err != nil {
				return nil, err
			}
			return kind.open(file, size)
		}
	}
	return nil, nil
}

// asBusy marks the errors of a file that somebody holds.
func asBusy(err error) error {
	if isShared(err) {
		return fmt.Errorf("%w: %w", ErrBusy, err)
	}
	return err
}
