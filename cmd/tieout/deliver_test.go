package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tieout/fixtures/sandbox/sftphost"
)

// targetsFor are two targets: the default format into a folder, Sage 50 to a server.
func targetsFor(h *sftphost.Host) string {
	return fmt.Sprintf(`targets:
  - {name: HQ, folder: posting}
  - name: ERP
    format: sage50-us
    sftp: {address: %q, user: %q, dir: %q, key_file: %q, host_keys: [%q], timeout: 2s, idle: 2s}
`, h.Address, h.User, h.Dir, h.KeyFile, strings.TrimSpace(h.HostKey))
}

// tell runs a verb on the company's configuration.
func (c companyFolder) tell(wantCode int, verb string, more ...string) string {
	c.t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(c.t.Context(), append([]string{verb, "--config", filepath.Join(c.dir, "tieout.yaml")}, more...), &stdout, &stderr)
	if code != wantCode {
		c.t.Fatalf("%s %v: exit code %d, want %d: %s", verb, more, code, wantCode, stderr.String())
	}
	return stdout.String() + stderr.String()
}

func (c companyFolder) want(text string, words ...string) {
	c.t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			c.t.Errorf("no %q in:\n%s", word, text)
		}
	}
}

func filesOf(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// R3: a server that is down stops neither the run nor the other target; what it
// is owed goes out later, in sequence, once.
func TestAServerThatIsDownGetsItsFilesLater(t *testing.T) {
	t.Parallel()
	host := sftphost.Start(t)
	c := newCompany(t, targetsFor(host))
	c.documents([3]string{"100", "2026-09-29", "10.00"}, [3]string{"101", "2026-09-30", "20.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
	host.Kill()
	c.night(exitUnproven, "2026-09-29", "2026-09-29", "2026-09-30")
	if got := filesOf(t, filepath.Join(c.dir, "posting")); got != "GL_ACME_20260929_000001.txt GL_ACME_20260929_000001.txt.done GL_ACME_20260929_000001.txt.sha256" {
		t.Errorf("the folder has %s", got)
	}
	c.report("b.csv", [4]string{"02", "2026-09-30", "20.00", "101"})
	c.night(exitUnproven, "2026-09-30", "2026-09-30", "2026-10-01")
	c.want(c.tell(exitUnproven, "deliver"), "BUILT", "DELIVERED", "connection refused", "GL_ACME_20260929_000001.csv is not delivered")
	host.Run()
	text := c.tell(exitDone, "deliver")
	c.want(text, "GL_ACME_20260929_000001.csv", "GL_ACME_20260930_000002.csv")
	if strings.Contains(text, "BUILT") {
		t.Errorf("something is still owed:\n%s", text)
	}
	if got := filesOf(t, host.Dir); strings.Count(got, ".csv.done") != 2 || strings.Contains(got, ".tmp") {
		t.Errorf("the server has %s", got)
	}
	before := filesOf(t, host.Dir)
	c.tell(exitDone, "deliver")
	if got := filesOf(t, host.Dir); got != before {
		t.Errorf("delivered twice: %s", got)
	}
}

// R1: a run that finds no day missing still sends what an earlier one owes: the
// process may have died between the commit and the delivery.
func TestRunSendsWhatAnEarlierOneOwes(t *testing.T) {
	t.Parallel()
	host := sftphost.Start(t)
	c := newCompany(t, targetsFor(host)+"start: 2026-09-29\n")
	c.documents([3]string{"100", "2026-09-29", "10.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
	host.Kill()
	c.tell(exitUnproven, "run", "--as-of", "2026-09-30")
	c.want(c.tell(exitUnproven, "run", "--as-of", "2026-09-30"), "no day is missing", "GL_ACME_20260929_000001.csv is not delivered")
	host.Run()
	c.tell(exitDone, "run", "--as-of", "2026-09-30", "--dry-run")
	if got := filesOf(t, host.Dir); got != "" {
		t.Errorf("a dry run sent %s", got)
	}
	c.want(c.tell(exitDone, "run", "--as-of", "2026-09-30"), "no day is missing")
	if got := filesOf(t, host.Dir); strings.Count(got, ".csv.done") != 1 {
		t.Errorf("the server has %q", got)
	}
}

// R1: what a killed process left half written is cleared by a later run, once it is
// old enough to belong to nobody.
func TestOrphansOfKilledProcessesGo(t *testing.T) {
	t.Parallel()
	c := newCompany(t, "")
	c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
	orphans := []string{"out/book.xlsx.tmp-0123456789abcdef", "archive/ab/abcd.tmp-0123456789abcdef"}
	old := time.Now().Add(-2 * time.Hour)
	for _, name := range append(orphans, "out/young.csv.tmp-0123456789abcdef") {
		c.put(name, "half")
		if !strings.Contains(name, "young") {
			if err := os.Chtimes(filepath.Join(c.dir, name), old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.night(exitDone, "2026-09-29", "2026-09-29", "2026-09-30")
	for _, name := range orphans {
		if _, err := os.Stat(filepath.Join(c.dir, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
	if _, err := os.Stat(filepath.Join(c.dir, "out/young.csv.tmp-0123456789abcdef")); err != nil {
		t.Errorf("a file that somebody may be writing is gone: %v", err)
	}
}

// A person decides what cannot be proven: the file may be sent once more, or is there.
func TestAPersonDecidesWhatIsUnconfirmed(t *testing.T) {
	for _, c := range []struct{ flag, want string }{{"--resend", "sent once more by"}, {"--accept", "accepted by"}} {
		t.Run(c.flag, func(t *testing.T) {
			host := sftphost.Start(t)
			company := newCompany(t, targetsFor(host))
			company.documents([3]string{"100", "2026-09-29", "10.00"})
			company.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
			name := "GL_ACME_20260929_000001.csv"
			company.night(exitDone, "2026-09-29", "2026-09-29", "2026-09-30")
			company.unconfirmed(name)
			for _, suffix := range []string{"", ".sha256", ".done"} {
				if err := os.Remove(filepath.Join(host.Dir, name+suffix)); err != nil {
					t.Fatal(err)
				}
			}
			company.want(company.tell(exitUnproven, "deliver"), "DELIVERED_UNCONFIRMED", "--accept")
			company.want(company.tell(exitDone, "deliver", c.flag, name), "DELIVERED", c.want)
			if _, err := os.Stat(filepath.Join(host.Dir, name+".done")); (err == nil) != (c.flag == "--resend") {
				t.Errorf("%s: %v", c.flag, err)
			}
			company.tell(exitUsage, "deliver", c.flag, name)
			company.tell(exitUsage, "deliver", c.flag, "nothing.csv")
		})
	}
	c := newCompany(t, "")
	c.tell(exitUsage, "deliver", "--resend", "a", "--accept", "b")
}

// PF-09: an answer is compared with what was sent; a rejected file's entries go
// out in another one; silence is told.
func TestAnswersOfTheConsumer(t *testing.T) {
	c := newCompany(t, "posting: {folder: posting, ack: expected, ack_timeout: 1ns}\n")
	c.documents([3]string{"100", "2026-09-29", "10.00"}, [3]string{"101", "2026-09-30", "20.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
	c.night(exitUnproven, "2026-09-29", "2026-09-29", "2026-09-30")
	c.want(c.tell(exitUnproven, "deliver"), "not acknowledged within 1ns")
	c.put("posting/GL_ACME_20260929_000001.txt.ack", "ACK|ACME000001|9|9\n")
	c.want(c.tell(exitUnproven, "deliver"), `says "ACK ACME000001 9 9"`)
	if err := os.Remove(filepath.Join(c.dir, "posting/GL_ACME_20260929_000001.txt.ack")); err != nil {
		t.Fatal(err)
	}
	c.put("posting/GL_ACME_20260929_000001.txt.nak", "NAK|ACME000001|3|E1|no such account\n")
	c.want(c.tell(exitUnproven, "deliver"), "REJECTED", "line 3, E1: no such account")
	c.report("b.csv", [4]string{"02", "2026-09-30", "20.00", "101"})
	c.night(exitUnproven, "2026-09-30", "2026-09-30", "2026-10-01")
	c.put("posting/GL_ACME_20260930_000002.txt.ack", "ACK|ACME000002|2|4|USD:30.00:30.00|30.00|30.00|4700400\n")
	c.want(c.tell(exitDone, "deliver"), "GL_ACME_20260930_000002.txt  ACKNOWLEDGED", "acknowledged")
}

// unconfirmed puts a delivery into the state in which its rename was sent and neither name was found.
func (c companyFolder) unconfirmed(name string) {
	c.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(c.dir, "tieout.db"))
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{"UPDATE deliveries SET state = 'DELIVERED_UNCONFIRMED' WHERE name = $1", "UPDATE delivery_steps SET step = 'UNCONFIRMED' WHERE name = $1"} {
		if _, err := db.ExecContext(c.t.Context(), statement, name); err != nil {
			c.t.Fatal(err)
		}
	}
}

// All faults of the targets are told at once, with key and line.
func TestFaultsOfTargets(t *testing.T) {
	c := newCompany(t, `targets:
  - {name: HQ, format: paper, folder: posting}
  - {name: hq2, folder: a, sftp: {address: "h:22", user: u, key_file: k}}
  - {name: HQ, ack: maybe, what: 1}
`)
	c.want(c.tell(exitUsage, "deliver"), `posting format "paper"`, "sage-300", "either folder or sftp", "host_keys: required", `"hq2": 1 to 8 characters`, `"HQ" is there twice`,
		`"maybe": one of [none expected]`, "what: is not known here")
}
