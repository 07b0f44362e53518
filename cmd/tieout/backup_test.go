package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withBackup is a company with a backup between its first night and its second.
func withBackup(t *testing.T) (c companyFolder, backup string) {
	t.Helper()
	c = newCompany(t, "")
	c.documents([3]string{"100", "2026-09-29", "10.00"}, [3]string{"101", "2026-09-30", "20.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
	c.night(exitDone, "2026-09-29", "2026-09-29", "2026-09-30")
	backup = filepath.Join(c.dir, "backup.tar")
	c.want(c.tell(exitDone, "backup", "--out", backup), "files of company ACME", "tieout restore --check")
	c.want(c.tell(exitUsage, "backup", "--out", backup), "never written over")
	c.report("b.csv", [4]string{"02", "2026-09-30", "20.00", "101"})
	c.night(exitDone, "2026-09-30", "2026-09-30", "2026-10-01")
	return c, backup
}

// lose loses the state and the archive; what was delivered stays.
func (c companyFolder) lose() {
	c.t.Helper()
	for _, name := range []string{"tieout.db", "tieout.db-wal", "tieout.db-shm", "tieout.db.lock", "archive"} {
		if err := os.RemoveAll(filepath.Join(c.dir, name)); err != nil {
			c.t.Fatal(err)
		}
	}
}

// R13, R3: after a restore from an older backup a file that was delivered since is
// found on its target and not sent again; the books go on.
func TestARestoredStoreFindsWhatWasDelivered(t *testing.T) {
	c, backup := withBackup(t)
	posting := filepath.Join(c.dir, "posting")
	before := filesOf(t, posting)
	c.want(c.tell(exitUsage, "restore", backup), "has runs already")
	c.lose()
	c.want(c.tell(exitDone, "restore", "--check", backup), "can be restored", "last day 2026-09-29", "0 faults")
	if _, err := os.Stat(filepath.Join(c.dir, "tieout.db")); err == nil {
		t.Fatal("a check made a store")
	}
	c.want(c.tell(exitDone, "restore", backup), "restored: ", "1 entries in balance, 1 posting files: 0 faults", "looked for on their targets")
	c.want(c.tell(exitDone, "deliver"), "GL_ACME_20260929_000001.txt  DELIVERED")
	stamp := modified(t, posting)
	c.night(exitDone, "2026-09-30", "2026-09-30", "2026-10-01")
	c.want(c.tell(exitDone, "deliver"), "GL_ACME_20260930_000002.txt  DELIVERED", "found on the target after the restore")
	if filesOf(t, posting) != before || modified(t, posting) != stamp {
		t.Errorf("the folder has %s, had %s", filesOf(t, posting), before)
	}
	c.want(c.tell(exitDone, "verify"), "2 posting files: 0 faults")
}

// modified is when the files of a folder were written.
func modified(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e.Name()+info.ModTime().String())
	}
	return strings.Join(all, "\n")
}

// What its consumer took is not sent again before a person has asked.
func TestARestoredStoreAsksWhatWasTaken(t *testing.T) {
	for flag, sent := range map[string]bool{"--accept": false, "--resend": true} {
		c, backup := withBackup(t)
		for _, ending := range []string{"", ".sha256", ".done"} {
			if err := os.Remove(filepath.Join(c.dir, "posting", "GL_ACME_20260930_000002.txt"+ending)); err != nil {
				t.Fatal(err)
			}
		}
		before := filesOf(t, filepath.Join(c.dir, "posting"))
		c.lose()
		c.tell(exitDone, "restore", backup)
		c.night(exitUnproven, "2026-09-30", "2026-09-30", "2026-10-01")
		c.want(c.tell(exitUnproven, "deliver"), "DELIVERED_UNCONFIRMED", "restored on", "may have been delivered and taken", "--accept")
		if got := filesOf(t, filepath.Join(c.dir, "posting")); got != before {
			t.Errorf("sent before anybody was asked: %s", got)
		}
		c.want(c.tell(exitDone, "deliver", flag, "GL_ACME_20260930_000002.txt"), "GL_ACME_20260930_000002.txt  DELIVERED")
		if got := filesOf(t, filepath.Join(c.dir, "posting")); strings.Contains(got, "000002.txt.done") != sent {
			t.Errorf("%s: the folder has %s", flag, got)
		}
	}
}

// A backup that is not what was written is refused, whatever is wrong with it.
func TestADamagedBackupIsRefused(t *testing.T) {
	c, backup := withBackup(t)
	whole := []byte(read(t, backup))
	for what, damage := range map[string]func([]byte) []byte{
		"torn":          func(b []byte) []byte { return b[:len(b)/2] },
		"without end":   func(b []byte) []byte { return b[:strings.LastIndex(string(b), "MANIFEST.json")] },
		"a changed row": func(b []byte) []byte { return []byte(strings.Replace(string(b), `"ACME"`, `"ACNE"`, 1)) },
		"no backup":     func([]byte) []byte { return []byte("no backup") },
	} {
		damaged := filepath.Join(c.dir, "damaged.tar")
		write(t, damaged, string(damage([]byte(string(whole)))))
		if said := c.tell(exitFailed, "restore", "--check", damaged); !strings.Contains(said, "backup") {
			t.Errorf("%s: %s", what, said)
		}
	}
	c.tell(exitUsage, "restore", filepath.Join(c.dir, "nowhere.tar"))
}

// verify names what is not as it was.
func TestVerifyFindsWhatWasChanged(t *testing.T) {
	t.Parallel()
	c, _ := withBackup(t)
	c.want(c.tell(exitDone, "verify"), "2 entries in balance, 2 posting files: 0 faults")
	for _, f := range c.archived("H|TIEOUT") {
		if err := os.Chmod(f, 0o600); err != nil {
			t.Fatal(err)
		}
		write(t, f, strings.Replace(read(t, f), "|D|", "|C|", 1))
	}
	c.want(c.tell(exitFailed, "verify"), "GL_ACME_20260929_000001.txt", "was changed")
}

// A journal that is lost is one fault, and no word against entries that nobody changed.
func TestVerifyAccusesNoEntryOfALostJournal(t *testing.T) {
	t.Parallel()
	c, _ := withBackup(t)
	for _, f := range c.archived("entry_no,") {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	said := c.tell(exitFailed, "verify")
	c.want(said, "no entry is held against the journals")
	if strings.Contains(said, "it was changed after its run") {
		t.Error(said)
	}
}

// R4: a stored entry that was changed and still balances is told, to the cent, whether
// its posting file could tell it or not; so is another account.
func TestVerifyFindsAChangedCent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"a cent":     "UPDATE entry_lines SET amount = amount + 1, base = base + 1 RETURNING account",
		"an account": "UPDATE entry_lines SET account = '1200-200' WHERE account = '1200-100' RETURNING account",
		"a source":   "UPDATE entry_lines SET sources = replace(sources, '7000', '7001') RETURNING account",
	} {
		c := newCompany(t, "store: state.db\n") // no target has a posting file
		c.documents([3]string{"100", "2026-09-29", "10.00"})
		c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
		c.night(exitDone, "2026-09-29", "2026-09-29", "2026-09-30")
		c.want(c.tell(exitDone, "verify"), "1 entries in balance, ", ": 0 faults")
		for _, trigger := range strings.Fields(c.sql("state.db", "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'entry_lines'")) {
			c.sql("state.db", "DROP TRIGGER "+trigger)
		}
		if c.sql("state.db", change) == "" {
			t.Fatalf("%s: nothing was changed", name)
		}
		c.want(c.tell(exitFailed, "verify"), "entry TO26000001", "is in no kept journal as it stands")
	}
}

// archived are the paths of archived files that begin with text.
func (c companyFolder) archived(text string) (paths []string) {
	c.t.Helper()
	err := filepath.WalkDir(filepath.Join(c.dir, "archive"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasPrefix(read(c.t, path), text) {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return paths
}
