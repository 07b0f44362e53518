package sagepro

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tieout/recon/sagepro/dbf"
)

// receivables is a folder with one table of invoices whose amount and balance make 1000.00 in every row.
func receivables(t testing.TB, rows int) string {
	t.Helper()
	dir := t.TempDir()
	writeTable(t, filepath.Join(dir, "ARMAST01.DBF"), rows, func(i int) []string {
		return []string{strconv.Itoa(10000 + i), "2026-11-20", "400.00", "600.00"}
	})
	return dir
}

func balanceFields() []dbf.Field {
	return []dbf.Field{{Name: "INVNO", Type: 'C', Width: 10}, {Name: "INVDTE", Type: 'D', Width: 8}, {Name: "INVAMT", Type: 'N', Width: 12, Decimals: 2}, {Name: "BALANCE", Type: 'N', Width: 12, Decimals: 2}}
}

func writeTable(t testing.TB, path string, rows int, row func(i int) []string) {
	t.Helper()
	var out bytes.Buffer
	w, err := dbf.NewWriter(&out, dbf.Layout{Version: 0x30, CodePage: "cp1252", Fields: balanceFields(), Rows: rows, Year: 2026, Month: 11, Day: 23})
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := w.Write(row(i)...); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), os.WriteFile(path, out.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}

func openFolder(t testing.TB, dir string) *Folder {
	t.Helper()
	f := &Folder{Dir: dir, Scratch: t.TempDir(), Company: DefaultCompany(G3), Now: time.Now, Wait: func(ctx context.Context, _ int) error { return ctx.Err() }}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func balances() Query { return Query{Table: "armast", Columns: []string{"invno", "invamt", "balance"}} }

// load reads the table and tells how many rows there are and whether one is wrong.
func load(f *Folder) (rows int, err error) {
	r, err := f.Rows(context.Background(), balances())
	if err != nil {
		return 0, err
	}
	for r.Next() {
		rows++
		amount, errA := r.Text(1)
		balance, errB := r.Text(2)
		a, errC := strconv.Atoi(strings.Replace(string(amount), ".", "", 1))
		b, errD := strconv.Atoi(strings.Replace(string(balance), ".", "", 1))
		if err := errors.Join(errA, errB, errC, errD); err != nil || a+b != 100000 {
			return rows, fmt.Errorf("row %d holds %s and %s: %w", r.Number(), amount, balance, err)
		}
	}
	return rows, r.Err()
}

// TestFolderReadsCopies: the table is read as it was when it was copied, no
// byte of the folder changes, and the copies go.
func TestFolderReadsCopies(t *testing.T) {
	dir := receivables(t, 50)
	path := filepath.Join(dir, "ARMAST01.DBF")
	before, _ := os.ReadFile(path)
	f := openFolder(t, dir)
	if rows, err := load(f); rows != 50 || err != nil {
		t.Fatal(rows, err)
	}
	after, _ := os.ReadFile(path)
	if entries, _ := os.ReadDir(dir); !bytes.Equal(before, after) || len(entries) != 1 {
		t.Error("the folder changed", entries)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if rows, err := load(f); rows != 50 || err != nil {
		t.Error("the copy is not what is read:", rows, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(f.Scratch); len(entries) != 0 {
		t.Error("copies stay behind:", entries)
	}
}

// TestTablesOfAFolder: names of any case, in module folders, once each.
func TestTablesOfAFolder(t *testing.T) {
	dir := receivables(t, 3)
	f := openFolder(t, dir)
	if _, err := f.Columns(context.Background(), "arymst"); !errors.Is(err, ErrNoTable) {
		t.Error(err)
	}
	columns, err := f.Columns(context.Background(), "armast")
	if err != nil || len(columns) != 4 || columns[2].Name != "INVAMT" || columns[2].Width != 12 || columns[2].Inexact {
		t.Error(columns, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "ardata", "old", "older"), 0o755); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(filepath.Join(dir, "ARMAST01.DBF"))
	_ = os.WriteFile(filepath.Join(dir, "ardata", "old", "older", "armast01.dbf"), data, 0o600)
	if rows, err := load(openFolder(t, dir)); rows != 3 || err != nil {
		t.Error("a folder deeper than modules is looked into:", err)
	}
	_ = os.WriteFile(filepath.Join(dir, "ardata", "armast01.dbf"), data, 0o600)
	if _, err := load(openFolder(t, dir)); err == nil || !strings.Contains(err.Error(), "more than once") {
		t.Error(err)
	}
}

// TestATornTableIsCopiedAgain, a bounded number of times, and refused if it stays torn (5.2 rules 2, 3).
func TestATornTableIsCopiedAgain(t *testing.T) {
	dir := receivables(t, 50)
	path := filepath.Join(dir, "ARMAST01.DBF")
	whole, _ := os.ReadFile(path)
	if err := os.Truncate(path, int64(len(whole)-30)); err != nil {
		t.Fatal(err)
	}
	f, waits := openFolder(t, dir), 0
	f.Attempts = 4
	f.Wait = func(context.Context, int) error { waits++; return nil }
	if _, err := load(f); !errors.Is(err, dbf.ErrTorn) || waits != 3 {
		t.Errorf("%d waits: %v", waits, err)
	}
	f = openFolder(t, dir)
	f.Wait = func(_ context.Context, attempt int) error {
		if attempt == 2 {
			return os.WriteFile(path, whole, 0o600)
		}
		return nil
	}
	if rows, err := load(f); rows != 50 || err != nil {
		t.Error(rows, err)
	}
	if err := os.WriteFile(path, []byte("no table at all, and that for good .........."), 0o600); err != nil {
		t.Fatal(err)
	}
	f = openFolder(t, dir)
	f.Wait = func(context.Context, int) error { t.Error("a file that is no table is tried again"); return nil }
	if _, err := load(f); !errors.Is(err, dbf.ErrNotTable) {
		t.Error(err)
	}
}

// TestRowsBeingAdded: what is behind the header's count is not read, and told (5.2 rule 3).
func TestRowsBeingAdded(t *testing.T) {
	dir := receivables(t, 50)
	file, err := os.OpenFile(filepath.Join(dir, "ARMAST01.DBF"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteString(strings.Repeat("x", 43))
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	f := openFolder(t, dir)
	var told string
	f.Log = func(message string) { told = message }
	if rows, err := load(f); rows != 50 || err != nil || !strings.Contains(told, "44 bytes behind the 50 rows") {
		t.Error(rows, err, told)
	}
}

// TestBusy: a table that changes during every copy is busy, and so is one that somebody holds.
func TestBusy(t *testing.T) {
	dir := receivables(t, 50)
	path := filepath.Join(dir, "ARMAST01.DBF")
	f := openFolder(t, dir)
	f.Attempts = 3
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	f.Now = func() time.Time { // asked between copy and comparison: a change that the time does not show
		now = now.Add(time.Second)
		if err := os.Chtimes(path, now, now); err != nil {
			t.Error(err)
		}
		return now
	}
	if _, err := load(f); !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "after 3 attempts") {
		t.Error(err)
	}
	for _, held := range []error{syscall.EBUSY, syscall.EAGAIN} {
		if err := asBusy(&fs.PathError{Op: "open", Path: path, Err: held}); !errors.Is(err, ErrBusy) || !errors.Is(err, held) {
			t.Error(err)
		}
	}
	if err := asBusy(fs.ErrNotExist); errors.Is(err, ErrBusy) {
		t.Error("a missing file is busy")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := openFolder(t, dir).Rows(ctx, balances()); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestSameBytes(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789abcdef"), 40000)
	other := bytes.Clone(long)
	other[len(other)-1] ^= 1
	same := func(a, b []byte) error {
		return sameBytes(context.Background(), bytes.NewReader(a), bytes.NewReader(b))
	}
	if same(long, bytes.Clone(long)) != nil || !errors.Is(same(long, other), ErrBusy) || !errors.Is(same(long, long[:100]), ErrBusy) {
		t.Error("copies are not told apart")
	}
}

// liveUser appends, edits and packs as FoxPro does: a row in one write, the
// count after the row, a packed table as a new file.
type liveUser struct {
	path string
	rows int
	step int
}

const (
	liveHeader = 32 + 4*32 + 1 + 263
	liveRow    = 1 + 10 + 8 + 12 + 12
)

func (u *liveUser) act() error {
	u.step++
	if u.step%50 == 0 {
		return u.pack()
	}
	file, err := os.OpenFile(u.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	amount := u.step % 1000
	row := fmt.Sprintf(" %-10d20261120%12s%12s", u.step, fmt.Sprintf("%d.00", amount), fmt.Sprintf("%d.00", 1000-amount))
	if u.step%3 == 0 {
		_, err = file.WriteAt([]byte(row+"\x1A"), int64(liveHeader+u.rows*liveRow))
		u.rows++
		count := binary.LittleEndian.AppendUint32(nil, uint32(u.rows))
		if err == nil {
			_, err = file.WriteAt(count, 4)
		}
	} else {
		_, err = file.WriteAt([]byte(row), int64(liveHeader+(u.step*7919%u.rows)*liveRow))
	}
	return errors.Join(err, file.Close())
}

// pack writes the first 2000 rows anew and puts the file in place.
func (u *liveUser) pack() error {
	data, err := os.ReadFile(u.path)
	if err != nil {
		return err
	}
	u.rows = min(u.rows, 2000)
	data = append(data[:liveHeader+u.rows*liveRow], 0x1A)
	binary.LittleEndian.PutUint32(data[4:], uint32(u.rows))
	return errors.Join(os.WriteFile(u.path+".tmp", data, 0o600), os.Rename(u.path+".tmp", u.path))
}

// TestLoadsWhileAUserWorks: never a torn row, never a wrong sum; a table that
// does not rest is busy and nothing else. TIEOUT_LOADS says how many loads.
func TestLoadsWhileAUserWorks(t *testing.T) {
	loads, _ := strconv.Atoi(os.Getenv("TIEOUT_LOADS"))
	loads = max(loads, 20)
	dir := receivables(t, 2000)
	user := &liveUser{path: filepath.Join(dir, "ARMAST01.DBF"), rows: 2000}
	stop, done := make(chan struct{}), sync.WaitGroup{}
	done.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if err := user.act(); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Duration(user.step%4) * time.Millisecond / 2)
		}
	})
	busy := 0
	for range loads {
		f := openFolder(t, dir)
		f.Wait = func(context.Context, int) error { time.Sleep(time.Millisecond); return nil }
		rows, err := load(f)
		switch {
		case errors.Is(err, ErrBusy):
			busy++
		case err != nil:
			t.Error(err)
		case rows < 2000:
			t.Errorf("%d rows", rows)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	done.Wait()
	t.Logf("%d loads, %d busy, while the user did %d things", loads, busy, user.step)
	if busy == loads {
		t.Error("no load came through")
	}
}
