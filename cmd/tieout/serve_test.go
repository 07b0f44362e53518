package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tieout/cmd/tieout/internal/config"
	"tieout/fixtures/sandbox"
	"tieout/fixtures/sandbox/mailhost"
	"tieout/fixtures/sandbox/sftphost"
	"tieout/recon/cybersource"
	"tieout/recon/store/queue"
	"tieout/recon/store/storetest"
)

// heard is a log that a test may read while it is written.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(b)
}
func (h *heard) String() string { h.mu.Lock(); defer h.mu.Unlock(); return h.text.String() }

// within waits for something that another goroutine brings about.
func within(t *testing.T, what string, log *heard, ready func() bool) {
	t.Helper()
	withinTime(t, time.Minute, what, log, ready)
}

func withinTime(t *testing.T, limit time.Duration, what string, log *heard, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ready(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s\n%s", what, log)
		}
	}
}

// The whole of a service on both stores: missed nights are caught up in order at the
// start, the workbook is in the mail, the posting file with its sentinel on the
// server, each exactly once, whatever is started again and whatever the queue loses.
func TestServe(t *testing.T) {
	server := storetest.Start(t)
	where := server.Database(t)
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); serveTwice(t, "state.db") })
	t.Run("PostgreSQL", func(t *testing.T) { t.Parallel(); serveTwice(t, where) })
}

func serveTwice(t *testing.T, where string) {
	t.Helper()
	mail, host := mailhost.Start(t), sftphost.Start(t)
	c := newCompany(t, fmt.Sprintf(`store: %s
start: 2026-09-29
schedule: {at: "05:30", zone: UTC, holidays: ["2026-12-25"]}
notify: {mail: {host: 127.0.0.1, port: %d, tls: none, from: tieout@acme.example, to: [finance@acme.example], attach: true}}
admin: 127.0.0.1:0
`, where, mail.Port)+targetsFor(host))
	c.documents([3]string{"100", "2026-09-29", "10.00"}, [3]string{"101", "2026-09-30", "20.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
	c.report("b.csv", [4]string{"02", "2026-09-30", "20.00", "101"})
	for start := range 3 { // the later ones find nothing to do
		log, end := c.serve(at(2026, 10, 1, 5, 31))
		within(t, "two posting files and three mails", log, func() bool {
			return strings.Count(filesOf(t, host.Dir), ".csv.done") == 2 && len(mail.Messages()) == 3
		})
		if got := status(t, log); !strings.Contains(got, `"Owed":0`) {
			t.Errorf("status %s", got)
		}
		if start == 1 {
			c.sql(where, "DELETE FROM river_job")
			time.Sleep(300 * time.Millisecond)
			c.twice(where, log)
		}
		end()
	}
	if got := filesOf(t, host.Dir); strings.Count(got, ".done") != 2 || strings.Contains(got, ".tmp") {
		t.Errorf("the server has %s", got)
	}
	mails := strings.ReplaceAll(strings.Join(mail.Messages(), "\n"), "=\n", "")
	for _, want := range []string{
		"the night of 2026-09-29 is overdue", "night of 2026-09-29", "night of 2026-09-30", "10.00 USD matched", "20.00 USD matched", "ties: yes", ".xlsx",
	} {
		if !strings.Contains(mails, want) {
			t.Errorf("no %q in the mails:\n%s", want, mails[:min(len(mails), 2000)])
		}
	}
	if runs := c.sql(where, "SELECT date_from FROM runs ORDER BY run_no"); runs != "2026-09-29 2026-09-30" {
		t.Errorf("ran %s", runs)
	}
}

// twice has every job done once more, which must change nothing (R15).
func (c companyFolder) twice(where string, log *heard) {
	c.t.Helper()
	n, err := openStored(c.t.Context(), filepath.Join(c.dir, "tieout.yaml"), config.Range{From: 1, To: 1, AsOf: 1}, time.Now)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = n.close() }()
	for kind, id := range map[queue.Kind]string{
		queue.Fetch: "2026-09-29", queue.Run: "2026-09-30", queue.Render: "1", queue.Deliver: "ERP", queue.Notify: "done|2026-09-29",
	} {
		if err := n.store.Enqueue(c.t.Context(), queue.Job{Kind: kind, Company: "ACME", ID: id}); err != nil {
			c.t.Fatal(err)
		}
	}
	within(c.t, "every job once more", log, func() bool {
		return c.sql(where, "SELECT CAST(COUNT(DISTINCT kind) AS TEXT) FROM river_job WHERE state = 'completed'") == fmt.Sprint(len(queue.Kinds()))
	})
}

// at is a clock that stands still.
func at(year, month, day, hour, minute int) func() time.Time {
	now := time.Date(year, time.Month(month), day, hour, minute, 0, 0, time.UTC)
	return func() time.Time { return now }
}

// serve serves the company until end is called.
func (c companyFolder) serve(now func() time.Time) (log *heard, end func()) {
	log = &heard{}
	ctx, stop := context.WithCancel(c.t.Context())
	v := &serveVerb{config: filepath.Join(c.dir, "tieout.yaml"), sweep: 50 * time.Millisecond, retry: 50 * time.Millisecond, again: 50 * time.Millisecond, now: now}
	ended := make(chan error, 1)
	go func() {
		err := v.run(ctx, log)
		fmt.Fprintln(log, "ended:", err)
		ended <- err
	}()
	return log, func() {
		stop()
		if err := <-ended; err != nil {
			c.t.Fatal(err)
		}
	}
}

// sql runs a statement on the store, and returns the values of its first column.
func (c companyFolder) sql(where, statement string) string {
	c.t.Helper()
	driver := "pgx"
	if !strings.HasPrefix(where, "postgres") {
		driver, where = "sqlite", "file:"+filepath.Join(c.dir, where)+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, where)
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(c.t.Context(), statement)
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			c.t.Fatal(err)
		}
		all = append(all, text)
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func status(t *testing.T, log *heard) string {
	t.Helper()
	var address []string
	within(t, "an address", log, func() bool {
		address = regexp.MustCompile(`"address":"([^"]+)"`).FindStringSubmatch(log.String())
		return address != nil
	})
	answer, err := http.Get("http://" + address[1] + "/status")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	return string(data)
}

func TestServeWantsASchedule(t *testing.T) {
	c := newCompany(t, "")
	c.want(c.tell(exitUsage, "serve"), "schedule: required to serve")
	c = newCompany(t, "schedule: {zone: Nowhere, weekdays: [mo], holidays: [tomorrow], lag: 99, what: 1}\nnotify: {mail: {port: 0}, webhook: {form: fax}, overdue_after: soon}\n")
	c.want(c.tell(exitUsage, "serve"), "schedule.at: required", "schedule.zone", `"mo": mon, tue`, `"tomorrow" is not a date`, `"99": a whole number from 0 to 31`, "schedule.what: is not known here",
		"host, from and to are required", `"0": a whole number from 1`, `"fax": one of`, "notify.webhook.url: required", `"soon": a duration`)
}

// `run` without a range runs what is missing, a run for each day.
func TestRunRunsWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := newCompany(t, "")
	c.documents([3]string{"100", "2026-09-29", "10.00"}, [3]string{"101", "2026-09-30", "20.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
	c.want(c.tell(exitUsage, "run", "--as-of", "2026-10-02"), "nothing was run yet", "--from")
	c.night(exitDone, "2026-09-29", "2026-09-29", "2026-09-30")
	c.report("b.csv", [4]string{"02", "2026-09-30", "20.00", "101"})
	c.want(c.tell(exitDone, "run", "--as-of", "2026-10-02"), "settlement days 2026-09-30 to 2026-09-30", "settlement days 2026-10-01 to 2026-10-01")
	c.want(c.tell(exitDone, "run", "--as-of", "2026-10-02"), "no day is missing")
	c.want(c.tell(exitUsage, "run", "--to", "2026-10-02"), "--to needs --from")
}

// Reports are fetched by a job of their own, which waits for what is late until it is
// due; then the night is run, with them or, once they are due, without.
func TestServeFetches(t *testing.T) {
	t.Parallel()
	b := newBoard(t)
	o := newAccount(t, cybersource.JWT, "America/Los_Angeles", ", ready_by: 10h")
	var clock atomic.Int64
	clock.Store(time.Date(2026, 10, 5, 13, 0, 0, 0, time.UTC).UnixMicro()) // four hours before the reports of the 4th are due
	now := func() time.Time { return time.UnixMicro(clock.Load()) }
	o.clock = now
	o.put("tieout.yaml", read(t, filepath.Join(o.dir, "tieout.yaml"))+fmt.Sprintf("store: state.db\nstart: 2026-10-04\nschedule: {at: \"05:30\", zone: America/Los_Angeles}\nposting: posting\nnotify: {webhook: {url: %q}}\n", b.url))
	o.lay(scheduleIn(t, "America/Los_Angeles"), on(t, "2026-10-03"), on(t, "2026-10-04"))
	play, err := sandbox.ParsePlay("not-ready,for=1h")
	if err != nil {
		t.Fatal(err)
	}
	o.peer.Play(play)
	log, end := o.serve(now)
	defer end()
	within(t, "a fetch that waits", log, func() bool {
		return strings.Contains(log.String(), `"serving"`) && o.sql("state.db", "SELECT CAST(COUNT(*) AS TEXT) FROM report_cells WHERE state = 'LATE'") != "0"
	})
	time.Sleep(200 * time.Millisecond)
	if runs := o.sql("state.db", "SELECT date_from FROM runs"); runs != "" {
		t.Fatalf("ran %s although its reports may come", runs)
	}
	o.peer.Play(sandbox.Play{Kind: sandbox.None})
	within(t, "the night", log, func() bool { return b.told("done", "night of 2026-10-04") == 1 })
	if n := b.told("missing", ""); n != 0 {
		t.Errorf("told %s", b)
	}
	clock.Store(time.Date(2026, 10, 6, 18, 0, 0, 0, time.UTC).UnixMicro()) // an hour after those of the 5th were due
	within(t, "the next night", log, func() bool { return b.told("done", "night of 2026-10-05") == 1 })
	within(t, "a notice", log, func() bool { return b.told("missing", daily) == 1 })
}
