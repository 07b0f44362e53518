package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tieout/fixtures/sandbox/sftphost"
)

// pickupCompany has no folder of reports: others lay them elsewhere.
func pickupCompany(t *testing.T, section string) companyFolder {
	t.Helper()
	c := newCompany(t, "")
	c.put("tieout.yaml", fmt.Sprintf(strings.Replace(nightConfig, "reports: reports\n", "", 1), section))
	c.documents([3]string{"1001", "2026-09-29", "45.00"}, [3]string{"1002", "2026-09-29", "12.00"})
	return c
}

func packed(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A run takes complete files from a folder, says of the others that it went without
// them, and takes them when they are complete. The same file again is nothing new (R2).
func TestReportsArePickedUpFromAFolder(t *testing.T) {
	c := pickupCompany(t, "pickup: [{kind: reports, folder: incoming, sentinel: .done}]")
	first, second := transactionReport([4]string{"01", "2026-09-29", "45.00", "1001"}), transactionReport([4]string{"02", "2026-09-29", "12.00", "1002"})
	c.put("incoming/first.csv.gz", packed(t, first))
	c.put("incoming/first.csv.gz.done", "")
	c.put("incoming/second.csv", second[:len(second)/2])
	all := c.night(exitMissing, "2026-09-29", "2026-09-29", "2026-09-30")
	if len(all) != 1 || all[0].Rows != 1 || len(all[0].NotProvided) != 1 || !strings.Contains(all[0].NotProvided[0], `"second.csv" was not taken: still being written`) {
		t.Errorf("%+v", all)
	}
	c.put("incoming/second.csv", second)
	c.put("incoming/second.csv.done", "")
	c.put("incoming/again.csv", first)
	c.put("incoming/again.csv.done", "")
	all = c.night(exitDone, "2026-09-29", "2026-09-29", "2026-09-30")
	if last := all[len(all)-1]; last.Rows != 2 || len(last.NotProvided) != 0 {
		t.Errorf("%+v", all)
	}
	c.wantBalances(map[string]int64{"1150-100": 5700, "1200-100": -5700})
}

// From an SFTP server, too. One whose key is not the pinned one is not asked, and the
// run goes on and says so.
func TestReportsArePickedUpFromAServer(t *testing.T) {
	h := sftphost.Start(t)
	section := func(key string) string {
		return fmt.Sprintf("pickup:\n  - kind: reports\n    names: \"*.csv.gz\"\n    stable: 10ms\n    sftp: {address: %q, user: %q, dir: %q, key_file: %q, host_keys: [%q]}\n",
			h.Address, h.User, h.Dir, h.KeyFile, strings.TrimSpace(key))
	}
	write(t, filepath.Join(h.Dir, "first.csv.gz"), packed(t, transactionReport([4]string{"01", "2026-09-29", "45.00", "1001"})))
	c := pickupCompany(t, section(sftphost.NewKey(t, filepath.Join(t.TempDir(), "stranger"))))
	all := c.night(exitMissing, "2026-09-29", "2026-09-29", "2026-09-30")
	if len(all) != 1 || all[0].Rows != 0 || len(all[0].NotProvided) != 1 || !strings.Contains(all[0].NotProvided[0], "host key") {
		t.Errorf("a stranger: %+v", all)
	}
	c.put("tieout.yaml", fmt.Sprintf(strings.Replace(nightConfig, "reports: reports\n", "", 1), section(h.HostKey)))
	all = c.night(exitDone, "2026-09-29", "2026-09-29", "2026-09-30")
	if last := all[len(all)-1]; last.Rows != 1 || len(last.NotProvided) != 0 {
		t.Errorf("%+v", all)
	}
	c.wantBalances(map[string]int64{"1150-100": 4500, "1200-100": -4500})
}

// No digit of a card number in a packed file, or in its name, is kept (R7).
func TestCardNumbersOfPickedUpFilesAreNotKept(t *testing.T) {
	const card = "4111111111111111"
	c := pickupCompany(t, "pickup: [{kind: reports, folder: incoming, sentinel: .done}]")
	c.put("incoming/"+card+".csv.gz", packed(t, transactionReport([4]string{"01", "2026-09-29", "45.00", card})))
	c.put("incoming/"+card+".csv.gz.done", "")
	c.put("incoming/"+card+".csv", "half")
	all := c.night(exitMissing, "2026-09-29", "2026-09-29", "2026-09-30")
	if len(all) != 1 || all[0].Masked != 1 || strings.Contains(fmt.Sprint(all), card) {
		t.Errorf("%+v", all)
	}
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path, filepath.Join(c.dir, "incoming")) {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(card)) || strings.Contains(path, card) {
			t.Errorf("%s has the card number", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
