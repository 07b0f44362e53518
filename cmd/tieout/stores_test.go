package main

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/ledger"
	"tieout/recon/store/storetest"
)

// exampleCompany is the worked example as a company's folder, its state in the store.
func exampleCompany(t *testing.T, store string) companyFolder {
	t.Helper()
	c := companyFolder{t, t.TempDir()}
	for from, to := range map[string]string{
		"transactions.csv": "reports/transactions.csv", "documents.csv": "erp/documents.csv", "history.csv": "opening.csv", "funding.csv": "funding/funding.csv", "bank.csv": "bank/bank.csv",
	} {
		c.put(to, read(t, filepath.Join(golden, from)))
	}
	cfg, ok := readJSON(t, filepath.Join(golden, "config.json")).(map[string]any)
	if !ok {
		t.Fatal("config.json is no object")
	}
	for _, key := range []string{"date_from", "date_to", "as_of"} { // the command line says them
		delete(cfg, key)
	}
	maps.Copy(cfg, map[string]any{
		"company": "ACME", "store": store, "reports": "reports", "documents": "erp", "funding": "funding", "bank": "bank", "opening": "opening.csv", "output": "out", "posting": "posting",
	})
	data, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.put("tieout.yaml", string(data))
	return c
}

// handedOut is every file that people and the general ledger were given.
func (c companyFolder) handedOut() map[string]string {
	c.t.Helper()
	files := map[string]string{}
	for _, dir := range []string{"out", "posting"} {
		err := fs.WalkDir(os.DirFS(c.dir), dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files[path] = read(c.t, filepath.Join(c.dir, path))
			}
			return err
		})
		if err != nil {
			c.t.Fatal(err)
		}
	}
	return files
}

// sameFiles compares to the byte and names what differs.
func sameFiles(t *testing.T, want, got map[string]string) {
	t.Helper()
	for name, text := range want {
		if other, there := got[name]; !there {
			t.Errorf("%s is missing", name)
		} else if other != text {
			t.Errorf("%s differs", name)
		}
	}
	for name := range got {
		if _, there := want[name]; !there {
			t.Errorf("%s is new", name)
		}
	}
}

// The worked example with state, on SQLite and on PostgreSQL.
func TestWorkedExampleOnBothStores(t *testing.T) {
	server := storetest.Start(t)
	t.Run("at once", func(t *testing.T) { atOnce(t, server) })
	t.Run("day by day", func(t *testing.T) { dayByDay(t, server) })
}

// atOnce wants the answer of the example, files that are equal to the byte, and
// nothing new when it runs again. The last database has another order of texts,
// which must not show.
func atOnce(t *testing.T, server *storetest.Server) {
	t.Helper()
	var first map[string]string
	for _, store := range []string{"tieout.db", server.Database(t), server.Database(t, "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")} {
		c := exampleCompany(t, store)
		c.night(0, "2026-09-29", "2026-10-01", "2026-10-02")
		files := c.handedOut()
		c.wantAnswer(files)
		if first == nil {
			first = files
		}
		sameFiles(t, first, files)
		for _, r := range c.night(0, "2026-09-29", "2026-10-01", "2026-10-02") { // test (d)
			if r.Outcome != "UNCHANGED" {
				t.Errorf("%s: the second run: %+v", store, r)
			}
		}
		sameFiles(t, files, c.handedOut())
	}
}

// wantAnswer compares the result with the example's answer, and tells that every
// kind of file is there.
func (c companyFolder) wantAnswer(files map[string]string) {
	c.t.Helper()
	kinds := map[string]int{}
	for name, text := range files {
		_, kind, _ := strings.Cut(name, ".")
		if strings.HasPrefix(name, "out/acme_") {
			kind = strings.Split(name, "_")[1] + "." + kind
		}
		kinds[kind]++
		if kind != "result.json" {
			continue
		}
		var got any
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			c.t.Fatal(err)
		}
		if diff := cmp.Diff(readJSON(c.t, filepath.Join(golden, "expected.json")), got); diff != "" {
			c.t.Errorf("result (-expected +got):\n%s", diff)
		}
	}
	want := map[string]int{"result.json": 1, "inputs.json": 1, "journal.csv": 1, "exceptions.csv": 1, "exceptions.xlsx": 1, "txt": 1, "txt.sha256": 1, "txt.done": 1}
	if diff := cmp.Diff(want, kinds); diff != "" {
		c.t.Errorf("kinds of files (-want +got):\n%s", diff)
	}
}

// control are the balances of clearing, in transit and cash that the general
// ledger was given, by account and currency.
func (c companyFolder) control() map[string]int64 {
	sums := map[string]int64{}
	for _, e := range c.posted() {
		for _, l := range e.Lines() {
			number, _, _ := strings.Cut(l.Account, "-")
			if !slices.Contains([]string{"1010", "1012", "1015", "1150"}, number) {
				continue
			}
			sign := int64(1)
			if l.Side == ledger.Credit {
				sign = -1
			}
			sums[l.Account+" "+e.Key().Currency.String()] += sign * l.Amount
		}
	}
	maps.DeleteFunc(sums, func(_ string, n int64) bool { return n == 0 })
	return sums
}

// dayByDay is test (c), INV-14: it closes clearing, in transit and cash as at
// once, and to the byte the same on both stores.
func dayByDay(t *testing.T, server *storetest.Server) {
	t.Helper()
	once := exampleCompany(t, "tieout.db")
	once.night(0, "2026-09-29", "2026-10-01", "2026-10-02")
	if len(once.control()) < 4 {
		t.Fatalf("control accounts: %v", once.control())
	}
	var first map[string]string
	for _, store := range []string{"tieout.db", server.Database(t)} {
		c := exampleCompany(t, store)
		for _, day := range []string{"2026-09-29", "2026-09-30", "2026-10-01"} {
			c.night(0, day, day, "2026-10-02")
		}
		if diff := cmp.Diff(once.control(), c.control()); diff != "" {
			t.Errorf("%s: control accounts (-at once +day by day):\n%s", store, diff)
		}
		if first == nil {
			first = c.handedOut()
		}
		sameFiles(t, first, c.handedOut())
	}
}
