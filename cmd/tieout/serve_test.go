package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tieout/fixtures/sandbox/mailhost"
	"tieout/fixtures/sandbox/sftphost"
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
	for deadline := time.Now().Add(60 * time.Second); !ready(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s\n%s", what, log)
		}
	}
}

// The whole of a service: missed nights are caught up in order at the start, the
// workbook is in the mail, the posting file with its sentinel on the server, each
// exactly once, whatever is started again.
func TestServe(t *testing.T) {
	mail, host := mailhost.Start(t), sftphost.Start(t)
	c := newCompany(t, fmt.Sprintf(`start: 2026-09-29
schedule: {at: "05:30", zone: UTC, holidays: ["2026-12-25"]}
notify: {mail: {host: 127.0.0.1, port: %d, tls: none, from: tieout@acme.example, to: [finance@acme.example], attach: true}}
admin: 127.0.0.1:0
`, mail.Port)+targetsFor(host))
	c.documents([3]string{"100", "2026-09-29", "10.00"}, [3]string{"101", "2026-09-30", "20.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
	c.report("b.csv", [4]string{"02", "2026-09-30", "20.00", "101"})
	now := time.Date(2026, 10, 1, 5, 31, 0, 0, time.UTC)
	for range 2 { // the second start finds nothing to do
		log := &heard{}
		ctx, stop := context.WithCancel(t.Context())
		v := &serveVerb{config: filepath.Join(c.dir, "tieout.yaml"), sweep: 50 * time.Millisecond, now: func() time.Time { return now }}
		ended := make(chan error, 1)
		go func() {
			err := v.run(ctx, log)
			fmt.Fprintln(log, "ended:", err)
			ended <- err
		}()
		within(t, "two posting files and three mails", log, func() bool {
			return strings.Count(filesOf(t, host.Dir), ".csv.done") == 2 && len(mail.Messages()) == 3
		})
		if got := status(t, log); !strings.Contains(got, `"Owed":0`) {
			t.Errorf("status %s", got)
		}
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	if got := filesOf(t, host.Dir); strings.Count(got, ".done") != 2 || strings.Contains(got, ".tmp") {
		t.Errorf("the server has %s", got)
	}
	if m := mail.Messages()[0]; !strings.Contains(m, "the night of 2026-09-29 is overdue") {
		t.Errorf("the first mail:\n%s", m)
	}
	for i, want := range []string{"night of 2026-09-29", "night of 2026-09-30"} {
		sum := []string{"10.00 USD matched", "20.00 USD matched"}[i]
		if m := strings.ReplaceAll(mail.Messages()[i+1], "=\n", ""); !strings.Contains(m, want) || !strings.Contains(m, sum) || !strings.Contains(m, "ties: yes") || !strings.Contains(m, ".xlsx") {
			t.Errorf("mail %d:\n%s", i, m[:min(len(m), 800)])
		}
	}
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
