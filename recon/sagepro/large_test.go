//go:build torture

package sagepro

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"tieout/recon"
	"tieout/recon/sagepro/dbf"
)

// layLarge writes a company with so many invoices, every twentieth of late.
func layLarge(t *testing.T, dir string, rows int) {
	t.Helper()
	empty := map[string]string{
		"arymst": "invno C10, custno C6, invdte D8, ornum C10, invamt Y8, paidamt Y8, balance Y8, currid C3, arstat C1, artype C1",
		"somast": "sono C10, custno C6, sodate D8, ordate D8, ordamt Y8, tax Y8, shpamt Y8, currid C3, sostat C1, sotype C1",
		"arcash": "invno C10, dtepaid D8, paidamt Y8, disamt Y8, refno C20, recdel L1",
	}
	empty["soymst"], empty["arycsh"] = empty["somast"], empty["arcash"]
	for name, columns := range empty {
		writeLarge(t, filepath.Join(dir, name+"01.dbf"), columns, 0, nil)
	}
	more := ", salesmn C4, terr C3, ponum C20, refno C20, shipvia C12, dtepaid D8, notes C40"
	days := [2]string{"2024-05-17", "2026-11-01"}
	writeLarge(t, filepath.Join(dir, "armast01.dbf"), empty["arymst"]+more, rows, func(i int) []string {
		late, n := 0, strconv.Itoa(1_000_000+i)
		if i%20 == 0 {
			late = 1
		}
		return []string{n, "C1" + n[3:], days[late], "    " + n[:6], n[2:] + ".50", n[2:] + ".50", "0.00", "USD", "", "", "JM", "E", "PO " + n, "CK " + n, "UPS", "", ""}
	})
}

func writeLarge(t *testing.T, path, columns string, rows int, row func(i int) []string) {
	t.Helper()
	l := dbf.Layout{Version: 0x30, CodePage: "cp1252", Rows: rows, Year: 2026, Month: 11, Day: 23}
	for column := range strings.SplitSeq(strings.ToUpper(columns), ", ") {
		var f dbf.Field
		var kind string
		if _, err := fmt.Sscanf(column, "%s %1s%d", &f.Name, &kind, &f.Width); err != nil {
			t.Fatal(column, err)
		}
		f.Type = kind[0]
		l.Fields = append(l.Fields, f)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	out := bufio.NewWriterSize(file, 1<<20)
	w, err := dbf.NewWriter(out, l)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := w.Write(row(i)...); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), out.Flush(), file.Close()); err != nil {
		t.Fatal(err)
	}
}

// peak watches the memory of the heap while do runs, as the system sees it.
func peak(do func()) (most uint64) {
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		var most uint64
		var m runtime.MemStats
		for {
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse+m.StackInuse)
			select {
			case <-stop:
				done <- most
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	do()
	close(stop)
	return <-done
}

// TestLargeCompany: 2,000,000 invoices of which 100,000 are of late load within
// 64 MiB beyond the documents kept. TIEOUT_ERP_ROWS says how many there are.
func TestLargeCompany(t *testing.T) {
	rows, _ := strconv.Atoi(os.Getenv("TIEOUT_ERP_ROWS"))
	if rows == 0 {
		rows = 2_000_000
	}
	dir := t.TempDir()
	layLarge(t, dir, rows)
	debug.FreeOSMemory()
	c := DefaultCompany(G3)
	extract, err := os.Create(filepath.Join(t.TempDir(), "sage-pro.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer extract.Close()
	var base runtime.MemStats
	runtime.ReadMemStats(&base)
	table := recon.NewDocuments(0, 0)
	began := time.Now()
	var taken time.Duration
	most := peak(func() {
		f := &Folder{Dir: dir, Scratch: t.TempDir(), Company: c, Now: time.Now}
		if err := errors.Join(c.Extract(context.Background(), f, recon.NewDate(2026, 9, 24), extract), f.Close()); err != nil {
			t.Error(err)
		}
		taken = time.Since(began)
		if _, err := extract.Seek(0, 0); err != nil {
			t.Error(err)
		}
		if r := c.ReadExtract("sage-pro.csv", 0, extract, table); r.Rows.Accepted != (rows+19)/20 {
			t.Errorf("%+v", r)
		}
	})
	whole := time.Since(began)
	runtime.GC()
	var kept runtime.MemStats
	runtime.ReadMemStats(&kept)
	documents := kept.HeapAlloc - base.HeapAlloc
	t.Logf("%d rows: extract %v, whole %v; peak %.1f MiB, documents %.1f MiB (%d)", rows, taken, whole, float64(most)/(1<<20), float64(documents)/(1<<20), table.Len())
	if beyond := int64(most) - int64(base.HeapInuse) - int64(documents); beyond > 64<<20 {
		t.Errorf("%d MiB beyond the documents", beyond>>20)
	}
	runtime.KeepAlive(table)
}
