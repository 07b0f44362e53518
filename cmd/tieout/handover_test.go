package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tieout/cmd/tieout/internal/config"
	"tieout/recon"
	"tieout/recon/store/storetest"
)

const unattended = `store: %STORE%
start: 2026-09-29
schedule: {at: "05:30", zone: UTC}
`

// Beside a service, `run` by hand hands its run over and says what the service says
// of it, with its exit code.
func TestRunIsHandedOver(t *testing.T) {
	server := storetest.Start(t)
	for name, where := range map[string]string{"SQLite": "state.db", "PostgreSQL": server.Database(t)} {
		t.Run(name, func(t *testing.T) { handedOver(t, where) })
	}
}

func handedOver(t *testing.T, where string) {
	t.Helper()
	today := recon.DateOf(time.Now().UTC())
	first, second := (today - 3).String(), (today - 2).String()
	c := newCompany(t, fmt.Sprintf("store: %s\nstart: %s\nschedule: {at: \"00:00\", zone: UTC, lag: 3}\nposting: posting\n", where, first))
	c.documents([3]string{"100", first, "10.00"}, [3]string{"101", second, "20.00"})
	c.report("a.csv", [4]string{"01", first, "10.00", "100"})
	if alone := c.tell(exitDone, "run", "--from", first); strings.Contains(alone, "handed over") {
		t.Errorf("nobody is there: %s", alone)
	}
	log, end := c.serve(time.Now)
	within(t, "a service", log, func() bool { return c.sql(where, "SELECT CAST(COUNT(*) AS TEXT) FROM services") == "1" })
	c.report("b.csv", [4]string{"02", second, "20.00", "101"})
	c.want(c.tell(exitDone, "run", "--from", second), "handed over to the service of", "settlement days "+second, "1 transactions", "as request 1")
	c.want(c.tell(exitDone, "run", "--from", second, "--output", "json"), `"outcome":"UNCHANGED"`)
	c.report("c.csv", [4]string{"03", second, "5.00", "999"})
	c.want(c.tell(exitExceptions, "run", "--from", second, "--fail-on", "exceptions"), "there are open exceptions")
	if got := c.tell(exitDone, "run", "--from", first, "--dry-run"); strings.Contains(got, "handed over") {
		t.Errorf("a run that touches nothing was handed over: %s", got)
	}
	c.want(c.tell(exitDone, "status"), "served by", "no day is due", "nothing is stuck", second)
	end()
	c.want(c.tell(exitDone, "status"), "no service runs")
}

// Before the first night there is nothing to tell but when it comes.
func TestStatusBeforeTheFirstNight(t *testing.T) {
	c := newCompany(t, "schedule: {at: \"05:30\", zone: UTC}\nposting: posting\n")
	c.want(c.tell(exitDone, "status"), "no service runs", "next morning: ", "no day is due", "nothing is stuck")
	c.want(c.tell(exitDone, "status", "--output", "json"), `"company":"ACME"`, `"services":[]`, `"ran":[]`, `"due":[]`, `"stuck":[]`)
	c.want(c.tell(exitUsage, "status", "--merchant", "acme"), "has no account")
}

// A day that fails is listed as stuck with its reason; what was given up is tried
// again by its number.
func TestStatusListsWhatIsStuck(t *testing.T) {
	t.Parallel()
	c := newCompany(t, strings.ReplaceAll(unattended, "%STORE%", "state.db")+"posting: posting\n")
	c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
	if err := os.Rename(filepath.Join(c.dir, "erp"), filepath.Join(c.dir, "gone")); err != nil {
		t.Fatal(err)
	}
	log, end := c.serve(at(2026, 9, 30, 9, 0))
	within(t, "a failed night", log, func() bool { return strings.Contains(log.String(), "night failed") })
	within(t, "a stuck job", log, func() bool { return c.sql("state.db", "SELECT state FROM river_job WHERE kind = 'run'") == "retryable" })
	c.want(c.tell(exitUsage, "serve", "--replay", "77"), "status --stuck")
	end()
	c.sql("state.db", "UPDATE river_job SET state = 'discarded', finalized_at = scheduled_at WHERE kind = 'run' RETURNING 1")
	said := c.tell(exitFailed, "status", "--stuck")
	c.want(said, "run 2026-09-29", "DEAD", "there is nothing at")
	if strings.Contains(said, "served by") {
		t.Errorf("more than what is stuck:\n%s", said)
	}
	c.want(c.tell(exitFailed, "status", "--output", "json"), `"due":[{"day":"2026-09-29","since":"2026-09-30T05:30:00Z","overdue":true}`, `"state":"DEAD"`)
	if err := os.Rename(filepath.Join(c.dir, "gone"), filepath.Join(c.dir, "erp")); err != nil {
		t.Fatal(err)
	}
	no := c.sql("state.db", "SELECT CAST(id AS TEXT) FROM river_job WHERE kind = 'run'")
	c.want(c.tell(exitDone, "serve", "--replay", no), "run 2026-09-29 is tried again")
	log, end = c.serve(at(2026, 9, 30, 9, 0))
	defer end()
	within(t, "the night", log, func() bool { return strings.Contains(log.String(), "night done") })
}

// A range that a run restated is run again although the process that should have done
// it died: by `run` without a range, and by the service.
func TestARestatedRangeIsRunAgain(t *testing.T) {
	c := newCompany(t, strings.ReplaceAll(unattended, "%STORE%", "state.db")+"posting: posting\n")
	c.documents([3]string{"100", "2026-09-29", "10.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
	c.night(exitDone, "2026-09-29", "2026-09-29", "2026-09-30")
	owe := func() {
		c.sql("state.db", "INSERT INTO reruns (company, date_from, date_to, as_of, depth) VALUES ('ACME', '2026-09-29', '2026-09-29', '2026-09-30', 1) RETURNING company")
	}
	owe()
	n, err := openStored(t.Context(), filepath.Join(c.dir, "tieout.yaml"), config.Range{From: 1, To: 1, AsOf: 1}, at(2026, 9, 30, 6, 0))
	if err != nil {
		t.Fatal(err)
	}
	ranges, again, err := n.owed(t.Context(), recon.NewDate(2026, 9, 30))
	if err := errors.Join(err, n.close()); err != nil || len(ranges) != 1 || again != 1 || ranges[0].From.String() != "2026-09-29" {
		t.Fatalf("missing %v, %v", ranges, err)
	}
	log, end := c.serve(at(2026, 9, 30, 6, 0))
	defer end()
	within(t, "the run", log, func() bool {
		return c.sql("state.db", "SELECT CAST(COUNT(*) AS TEXT) FROM reruns") == "0" && c.sql("state.db", "SELECT CAST(COUNT(*) AS TEXT) FROM runs") == "2"
	})
}
