package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tieout/fixtures/sandbox/mailhost"
	"tieout/fixtures/sandbox/sftphost"
	"tieout/recon/store/storetest"
)

// board is where notices are posted.
type board struct {
	url string

	mu  sync.Mutex
	all []posted
}

type posted struct{ Key, Kind, Subject, Text string }

func newBoard(t *testing.T) *board {
	b := &board{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var p posted
		data, _ := io.ReadAll(r.Body)
		_ = json.Unmarshal(data, &p)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.all = append(b.all, p)
	}))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// told counts the notices of a kind that say something.
func (b *board) told(kind, says string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.all {
		if p.Kind == kind && strings.Contains(p.Subject+" "+p.Text, says) {
			n++
		}
	}
	return n
}

func (b *board) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprintf("%+v", b.all)
}

// hurt is a company in trouble.
type hurt struct {
	companyFolder
	where string // its store
	other string // a database that is not down
	host  *sftphost.Host
}

func (h *hurt) file(name string) string { return filepath.Join(h.dir, name) }

func (h *hurt) move(from, to string) {
	if err := os.Rename(h.file(from), h.file(to)); err != nil {
		h.t.Fatal(err)
	}
}

// configure changes the configuration.
func (h *hurt) configure(from, to string) {
	h.t.Helper()
	text := read(h.t, h.file("tieout.yaml"))
	if !strings.Contains(text, from) {
		h.t.Fatalf("no %q in the configuration", from)
	}
	h.put("tieout.yaml", strings.Replace(text, from, to, 1))
}

// R18: each fault is told with its cause within a look, once; when it is over, the night
// is run and delivered without a person, but where a person has to decide.
func TestFaultsAreTold(t *testing.T) {
	server := storetest.Start(t)
	for _, f := range []struct {
		name       string
		begin, end func(h *hurt)
		kind, says string
		serving    bool // when it begins
		held       bool // the posting file is, and rightly so
	}{
		{"the folder of the ERP is gone", func(h *hurt) { h.move("erp", "gone") }, func(h *hurt) { h.move("gone", "erp") }, "failed", "there is nothing at", false, false},
		{"the folder of reports is gone", func(h *hurt) { h.move("reports", "gone") }, func(h *hurt) { h.move("gone", "reports") }, "failed", "reports: there is nothing at", false, false},
		{"a report is no report", func(h *hurt) { h.put("reports/z.csv", "<html>Gateway Timeout</html>") }, func(*hurt) {}, "missing", "z.csv", false, true},
		{"there is no place for results", func(h *hurt) { h.put("out", "a file") }, func(h *hurt) { h.move("out", "elsewhere") }, "failed", "output", false, false},
		{"the configuration is broken", func(h *hurt) { h.configure("base_currency: USD", "base_currency: [") }, func(h *hurt) { h.configure("base_currency: [", "base_currency: USD") }, "failed", "tieout.yaml:", true, false},
		{"the SFTP server is down", func(h *hurt) { h.host.Kill() }, func(h *hurt) { h.host.Run() }, "undelivered", "connection refused", false, false},
		{"the SFTP server is another", func(h *hurt) { h.configure(h.pinned(), sftphost.NewKey(h.t, h.file("other"))) }, func(h *hurt) {
			h.configure(h.pinnedNow(), h.pinned())
			h.replayAll()
		}, "stuck", "host key", false, false},
		{"another file has the name", func(h *hurt) { h.put("posting/GL_ACME_20260929_000001.txt", "somebody else's") }, func(h *hurt) {
			h.move("posting/GL_ACME_20260929_000001.txt", "elsewhere.txt")
			h.replayAll()
		}, "stuck", "GL_ACME_20260929_000001.txt", false, false},
		{"the SFTP server's folder is gone", func(h *hurt) { h.moveDrop("", ".gone") }, func(h *hurt) { h.moveDrop(".gone", "") }, "undelivered", "GL_ACME_20260929_000001.csv", false, false},
		{"the folder of a target is in the way", func(h *hurt) { h.put("posting", "a file") }, func(h *hurt) { h.move("posting", "elsewhere") }, "undelivered", "GL_ACME_20260929_000001.txt", false, false},
		{"the archive is in the way", func(h *hurt) { h.put("archive", "a file") }, func(h *hurt) { h.move("archive", "elsewhere") }, "failed", "archive", false, false},
		{"nobody acknowledges", func(h *hurt) {
			h.configure("{name: HQ, folder: posting", "{name: HQ, folder: posting, ack: expected, ack_timeout: 1ns")
		}, func(*hurt) {}, "undelivered", "not acknowledged within 1ns", false, false},
		{"the database is down", func(h *hurt) { h.accept(false) }, func(h *hurt) { h.accept(true) }, "failed", "what is owed cannot be looked up", true, false},
	} {
		where, other := "state.db", ""
		if strings.HasPrefix(f.name, "the database") {
			where, other = server.Database(t), server.Database(t)
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			h, b := newHurt(t), newBoard(t)
			h.where, h.other = where, other
			h.configure("STORE", h.where)
			h.configure("BOARD", b.url)
			if !f.serving {
				f.begin(h)
			}
			log, end := h.serve(at(2026, 9, 30, 6, 0))
			if f.serving {
				within(t, "a service", log, func() bool { return strings.Contains(log.String(), `"serving"`) })
				f.begin(h)
			}
			within(t, "a notice", log, func() bool { return b.told(f.kind, f.says) > 0 })
			time.Sleep(150 * time.Millisecond) // some looks more
			if n := b.told(f.kind, f.says); n != 1 {
				t.Errorf("told %d times: %s", n, b)
			}
			f.end(h)
			within(t, "the night and both files", log, func() bool { return b.told("done", "10.00 USD matched") == 1 && (f.held || h.delivered()) })
			end()
		})
	}
}

func newHurt(t *testing.T) *hurt {
	t.Helper()
	h := &hurt{host: sftphost.Start(t)}
	h.companyFolder = newCompany(t, "store: STORE\nstart: 2026-09-29\nschedule: {at: \"05:30\", zone: UTC}\nnotify: {webhook: {url: BOARD}}\n"+targetsFor(h.host))
	h.documents([3]string{"100", "2026-09-29", "10.00"})
	h.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
	return h
}

// moveDrop renames the folder of the server.
func (h *hurt) moveDrop(from, to string) {
	if err := os.Rename(h.host.Dir+from, h.host.Dir+to); err != nil {
		h.t.Fatal(err)
	}
}

func (h *hurt) pinned() string { return strings.TrimSpace(h.host.HostKey) }

func (h *hurt) pinnedNow() string {
	return regexp.MustCompile(`host_keys: \["([^"]+)"\]`).FindStringSubmatch(read(h.t, h.file("tieout.yaml")))[1]
}

func (h *hurt) delivered() bool {
	mine, _ := filepath.Glob(h.file("posting/*.txt.done"))
	theirs, _ := filepath.Glob(filepath.Join(h.host.Dir, "*.csv.done"))
	return len(mine) == 1 && len(theirs) == 1
}

// replayAll is a person who has what was given up tried again.
func (h *hurt) replayAll() {
	for _, no := range strings.Fields(h.sql(h.where, "SELECT CAST(id AS TEXT) FROM river_job WHERE state IN ('cancelled', 'discarded')")) {
		h.tell(exitDone, "serve", "--replay", no)
	}
}

// accept has the database take everybody, or nobody.
func (h *hurt) accept(all bool) {
	name := regexp.MustCompile(`test\d+`).FindString(h.where)
	h.sql(h.other, fmt.Sprintf("ALTER DATABASE %s WITH ALLOW_CONNECTIONS %t", name, all))
	if !all {
		h.sql(h.other, "SELECT CAST(pg_terminate_backend(pid) AS TEXT) FROM pg_stat_activity WHERE datname = '"+name+"'")
	}
}

// A notice that could not be sent is kept, shown as stuck, and sent after a restart;
// the other channel has it once.
func TestANoticeSurvivesARestart(t *testing.T) {
	h, b, mail := newHurt(t), newBoard(t), mailhost.Start(t)
	h.configure("STORE", "state.db")
	h.configure("{webhook: {url: BOARD}}", fmt.Sprintf("{webhook: {url: %q}, mail: {host: 127.0.0.1, port: 1, tls: none, from: tieout@acme.example, to: [finance@acme.example], attach: true}}", b.url))
	log, end := h.serve(at(2026, 9, 30, 6, 0))
	within(t, "the night by one channel", log, func() bool { return b.told("done", "10.00 USD matched") == 1 && h.delivered() })
	within(t, "a failure of the other", log, func() bool {
		return h.sql("state.db", "SELECT CAST(COUNT(*) AS TEXT) FROM notices WHERE failure <> ''") == "1"
	})
	end()
	h.want(h.tell(exitFailed, "status", "--stuck"), "notice by mail: night of 2026-09-29", "UNTOLD", "connection refused")
	h.configure("port: 1,", fmt.Sprintf("port: %d,", mail.Port))
	log, end = h.serve(at(2026, 9, 30, 6, 0))
	defer end()
	within(t, "a mail", log, func() bool { return len(mail.Messages()) == 1 })
	if m := mail.Messages()[0]; !strings.Contains(m, "night of 2026-09-29") || !strings.Contains(m, ".xlsx") {
		t.Errorf("the mail:\n%s", m[:min(len(m), 1000)])
	}
	within(t, "nothing that is stuck", log, func() bool {
		return h.sql("state.db", "SELECT CAST(COUNT(*) AS TEXT) FROM notices WHERE told_us = 0") == "0"
	})
	if n := b.told("done", ""); n != 1 {
		t.Errorf("the other channel was told %d times", n)
	}
}
