package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tieout/fixtures/sandbox"
	"tieout/fixtures/sandbox/mailhost"
	"tieout/fixtures/sandbox/sftphost"
	"tieout/recon/cybersource"
	"tieout/recon/store/storetest"
)

// board is where notices are posted.
type board struct {
	url string

	mail *mailhost.Host // another place where they go; nil: none

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
	if b.mail != nil {
		for _, m := range b.mail.Messages() {
			if strings.Contains(strings.ReplaceAll(m, "=\r\n", ""), says) {
				n++
			}
		}
	}
	return n
}

func (b *board) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprintf("%+v", b.all)
}

// hurt is a company in trouble, whose nights are those of two days.
type hurt struct {
	companyFolder
	board *board
	where string // its store
	other string // a database that is not down
	host  *sftphost.Host
	peer  *sandbox.Sandbox
	days  [2]string
	after time.Time // the first night is due
	free  func()    // lets go of what was held

	log   *heard
	stop  func()
	ticks chan time.Time
	gone  atomic.Int64 // time that went by since the start
	set   atomic.Int64 // by which the clock was set
	full  atomic.Bool  // the disk
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

// now is the clock of this host, which may be wrong.
func (h *hurt) now() time.Time { return h.right().Add(time.Duration(h.set.Load())) }

// right is a clock that is right.
func (h *hurt) right() time.Time { return h.after.Add(time.Duration(h.gone.Load())) }

// open serves the company. It looks at what is owed at its start, when a night is done,
// and where a test asks for it.
func (h *hurt) open() {
	h.log, h.ticks = &heard{}, make(chan time.Time)
	ctx, stop := context.WithCancel(h.t.Context())
	v := &serveVerb{
		config: h.file("tieout.yaml"), sweep: 50 * time.Millisecond, retry: 50 * time.Millisecond, again: 50 * time.Millisecond, now: h.now, ticks: h.ticks,
		elapsed: func() time.Duration { return time.Duration(h.gone.Load()) },
		change:  []func(*cybersource.Options){impatientBy(h.now)}, free: h.room,
	}
	ended := make(chan error, 1)
	go func() { ended <- v.run(ctx, h.log) }()
	h.stop = func() {
		stop()
		if err := <-ended; err != nil {
			h.t.Error(err)
		}
	}
	within(h.t, "a service", h.log, func() bool { return strings.Contains(h.log.String(), `"serving"`) })
}

// room is what the disk has left.
func (h *hurt) room(string) (uint64, error) {
	if h.full.Load() {
		return 12 << 20, nil
	}
	return 1 << 40, nil
}

// look has the service look once at what is owed.
func (h *hurt) look() {
	select {
	case h.ticks <- time.Time{}:
	case <-time.After(time.Minute):
		h.t.Fatalf("nobody looks\n%s", h.log)
	}
}

// until has it look again and again until something has come about.
func (h *hurt) until(what string, ready func() bool) {
	h.t.Helper()
	within(h.t, what+" beside "+h.board.String(), h.log, func() bool {
		select {
		case h.ticks <- time.Time{}:
		default:
		}
		return ready()
	})
}

// A fault is what happens to a company, and what it is told of it.
type fault struct {
	name       string
	house      func(*hurt) // what it has beside a folder of reports, one of documents, one of posting files and a SQLite file
	begin      func(*hurt) // before the service starts
	during     func(*hurt) // once it serves
	end        func(*hurt)
	kind, says string
	held       bool // what the first night posts waits for a person, and rightly so
	lasts      bool // it is told again on another day
}

// R18: each fault is told with its cause at one look, once; when it is over, its night
// and the next one are run and delivered without a person.
func TestFaultsAreTold(t *testing.T) {
	server := storetest.Start(t)
	all := slices.Concat(faultsOfFiles(), faultsOfTargets(), faultsOfTheProcessor(), faultsOfOurs(server))
	if len(all) < 30 {
		t.Fatalf("%d faults", len(all))
	}
	for i := range all {
		f := &all[i]
		t.Run(strings.ReplaceAll(f.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			h := newHurt(t, f)
			f.begin(h)
			h.open()
			if f.during != nil {
				h.look() // the first is over
				f.during(h)
				h.look()
			}
			within(t, "a notice", h.log, func() bool { return h.board.told(f.kind, f.says) > 0 })
			h.look()
			h.look()
			if n := h.board.told(f.kind, f.says); n != 1 {
				t.Errorf("told %d times: %s", n, h.board)
			}
			f.end(h)
			h.gone.Add(int64(24 * time.Hour))
			h.until("both nights", func() bool { return h.nights() == 2 && (f.held || h.delivered()) })
			h.stop()
			if n := h.board.told(f.kind, f.says); n != 1 && !f.lasts {
				t.Errorf("in the end told %d times: %s", n, h.board)
			}
		})
	}
}

func newHurt(t *testing.T, f *fault) *hurt {
	t.Helper()
	h := &hurt{board: newBoard(t), where: "state.db", days: [2]string{"2026-09-29", "2026-09-30"}, after: at(2026, 9, 30, 6, 0)()}
	h.companyFolder = newCompany(t, fmt.Sprintf("store: STORE\nstart: %s\nschedule: {at: \"05:30\", zone: UTC}\nnotify: {webhook: {url: %q}}\nTARGETS", h.days[0], h.board.url))
	h.documents([3]string{"100", h.days[0], "10.00"}, [3]string{"101", h.days[1], "20.00"})
	h.report("a.csv", [4]string{"01", h.days[0], "10.00", "100"})
	h.report("b.csv", [4]string{"02", h.days[1], "20.00", "101"})
	if f.house != nil {
		f.house(h)
	}
	h.configure("STORE", h.where)
	if strings.Contains(read(t, h.file("tieout.yaml")), "TARGETS") {
		h.configure("TARGETS", "targets:\n  - {name: HQ, folder: posting}\n")
	}
	return h
}

// nights are those that are done.
func (h *hurt) nights() (done int) {
	for _, day := range h.days {
		done += h.board.told("done", "night of "+day)
	}
	return done
}

// delivered tells whether every target has the files of both nights.
func (h *hurt) delivered() bool {
	mine, _ := filepath.Glob(h.file("posting/*.done"))
	if h.host == nil {
		return len(mine) >= 2
	}
	theirs, _ := filepath.Glob(filepath.Join(h.host.Dir, "*.csv.done"))
	return len(mine) == 2 && len(theirs) == 2
}

func nothing(*hurt) {}

// moves moves a file of the company.
func moves(from, to string) func(*hurt) { return func(h *hurt) { h.move(from, to) } }

// puts writes a file of the company.
func puts(name, text string) func(*hurt) { return func(h *hurt) { h.put(name, text) } }

func faultsOfFiles() []fault {
	const cut = "doc_id,doc_type,order_no,invoice_no,customer_no,doc_date,status,merchant_id,store,payment_method,currency,amount,goods,tax,shipping,surcharge,applied_prior,request_id,auth_code,last4\nD100,ORDER,100,,C1,2026-"
	return []fault{
		{name: "the folder of the ERP is gone", begin: moves("erp", "gone"), end: moves("gone", "erp"), kind: "failed", says: "there is nothing at"},
		{name: "a file of the ERP is half written", begin: func(h *hurt) { h.move("erp/documents.csv", "whole"); h.put("erp/documents.csv", cut) }, end: func(h *hurt) {
			h.move("whole", "erp/documents.csv")
		}, kind: "unusable", says: "documents.csv: 1 of 1 rows cannot be used"},
		{name: "the folder of reports is gone", begin: moves("reports", "gone"), end: moves("gone", "reports"), kind: "failed", says: "reports: there is nothing at"},
		{name: "a report is no report", begin: puts("reports/z.csv", "<html>Gateway Timeout</html>"), end: moves("reports/z.csv", "away"), kind: "missing", says: "z.csv", held: true},
		{name: "a report is half written", begin: puts("reports/z.csv", transactionReport()[:60]), end: moves("reports/z.csv", "away"), kind: "missing", says: "z.csv", held: true},
		{name: "there is no place for results", begin: puts("out", "a file"), end: moves("out", "elsewhere"), kind: "failed", says: "output"},
		{name: "the archive is in the way", begin: puts("archive", "a file"), end: moves("archive", "elsewhere"), kind: "failed", says: "archive"},
		{name: "the configuration is broken", begin: nothing, during: func(h *hurt) { h.configure("base_currency: USD", "base_currency: [") }, end: func(h *hurt) {
			h.configure("base_currency: [", "base_currency: USD")
		}, kind: "failed", says: "tieout.yaml:"},
	}
}

func faultsOfTargets() []fault {
	const first = "posting/GL_ACME_20260929_000001.txt"
	target := func(more string) func(*hurt) {
		return func(h *hurt) { h.configure("TARGETS", "posting: {folder: posting"+more+"}\n") }
	}
	key := func(days int32) func(*hurt) {
		return func(h *hurt) {
			h.pgpKey("ours", h.after.AddDate(-1, 0, 0), 0)
			k := h.pgpKey("erp", h.after.AddDate(0, 0, -20), days)
			target(", pgp: {recipient: erp.asc, fingerprint: \"" + k.GetFingerprint() + "\", key: \"${file:ours.key}\"}")(h)
		}
	}
	return []fault{
		{name: "the folder of a target is in the way", begin: puts("posting", "a file"), end: moves("posting", "elsewhere"), kind: "undelivered", says: "GL_ACME_20260929_000001.txt"},
		{name: "another file has the name", begin: puts(first, "somebody else's"), end: moves(first, "elsewhere.txt"), kind: "undelivered", says: "GL_ACME_20260929_000001.txt"},
		{name: "nobody acknowledges", house: target(", ack: expected, ack_timeout: 1ns"), begin: nothing, end: nothing, kind: "undelivered", says: "20260929_000001.txt is not delivered: delivered, and not acknowledged within 1ns"},
		{name: "a file is rejected", house: target(", ack: expected"), begin: puts(first+".nak", "NAK|ACME000001|2|ACCOUNT|no account 1150\n"), end: nothing, kind: "undelivered", says: "rejected: line 2, ACCOUNT: no account 1150"},
		{name: "no period covers the day", house: target(`, format: {name: sage-pro-unposted, files: csv, company: "01", mask: 9999-999, calendar: [{period: "202704", from: 2026-10-01, to: 2026-10-31}]}`), begin: nothing, end: func(h *hurt) {
			h.configure("calendar: [", `calendar: [{period: "202703", from: 2026-09-01, to: 2026-09-30}, `)
		}, kind: "undelivered", says: "2026-09-29"},
		{name: "the key of the receiver has expired", house: key(10), begin: nothing, end: func(h *hurt) {
			old := regexp.MustCompile(`fingerprint: "([^"]+)"`).FindStringSubmatch(read(h.t, h.file("tieout.yaml")))[1]
			h.configure(old, h.pgpKey("erp", h.after.AddDate(0, 0, -1), 400).GetFingerprint())
		}, kind: "undelivered", says: "the receiver's key has expired"},
		{name: "the key of the receiver expires soon", house: key(30), begin: nothing, end: nothing, kind: "expires", says: "within 30 days the receiver's key has expired"},
		{name: "the SFTP server is down", house: withServer, begin: func(h *hurt) { h.host.Kill() }, end: func(h *hurt) { h.host.Run() }, kind: "undelivered", says: "connection refused"},
		{name: "the SFTP server is another", house: withServer, begin: func(h *hurt) { h.configure(h.pinned(), sftphost.NewKey(h.t, h.file("other"))) }, end: func(h *hurt) {
			h.until("a job that is given up", func() bool { return h.board.told("stuck", "host key") > 0 }) // from then on a morning begins it anew
			h.configure(h.pinnedNow(), h.pinned())
		}, kind: "undelivered", says: "host key"},
		{name: "the SFTP server refuses us", house: withServer, begin: func(h *hurt) { h.host.Admit(false) }, end: func(h *hurt) { h.host.Admit(true) }, kind: "undelivered", says: "unable to authenticate"},
		{name: "the folder of the SFTP server is gone", house: withServer, begin: func(h *hurt) { h.moveDrop("", ".gone") }, end: func(h *hurt) { h.moveDrop(".gone", "") }, kind: "undelivered", says: "GL_ACME_20260929_000001.csv"},
		{name: "the SFTP server is full", house: func(h *hurt) {
			option, fill := sftphost.Room(h.t)
			sends(h, option)
			fill(true)
			h.free = func() { fill(false) }
		}, begin: nothing, end: func(h *hurt) { h.free() }, kind: "undelivered", says: "write GL_ACME_20260929_000001.csv"},
	}
}

func withServer(h *hurt) { sends(h) }

// sends gives a company a server beside its folder.
func sends(h *hurt, options ...string) {
	h.host = sftphost.Start(h.t, options...)
	h.configure("TARGETS", targetsFor(h.host))
}

// fetched gives a company an account at the processor in place of a folder of reports.
func fetched(h *hurt) {
	a := newAccount(h.t, cybersource.HTTPSignature, "GMT", "")
	a.lay(scheduleIn(h.t, "GMT"), on(h.t, "2026-09-26"), on(h.t, "2026-10-02"))
	a.clock = h.right
	h.days, h.after = [2]string{"2026-09-28", "2026-09-29"}, at(2026, 10, 1, 5, 31)()
	text := read(h.t, filepath.Join(a.dir, "tieout.yaml"))
	_, more, _ := strings.Cut(read(h.t, h.file("tieout.yaml")), "documents: erp\n")
	a.put("tieout.yaml", text+strings.Replace(strings.Replace(more, "2026-09-29", h.days[0], 1), "zone: UTC", "zone: UTC, lag: 3", 1))
	h.companyFolder, h.peer = a.companyFolder, a.peer
}

func faultsOfTheProcessor() (all []fault) {
	for _, f := range []struct{ name, play, says string }{
		{"the processor refuses the credentials", "401", "for 2026-09-28 (late, GET /reporting/v3/report-downloads for acme: the processor answered 401"},
		{"the processor fails", "5xx,status=503", "503"},
		{"the processor has not begun to make a report", "404-name", "for 2026-09-28 (missing, the processor has not begun to make it"},
		{"a report is late", "not-ready,for=100h", "for 2026-09-28 (late, the processor is making it (PENDING))"},
		{"the processor breaks off", "cut-body", "the answer broke off"},
		{"a report is somebody else's", "wrong-merchant", "for 2026-09-28 (quarantined, the report is of merchant somebody_else)"},
		{"a report is of another day", "wrong-window", "for 2026-09-28 (quarantined, the report covers 2026-09-27"},
	} {
		play := func(text string) func(*hurt) {
			return func(h *hurt) {
				p, err := sandbox.ParsePlay(text)
				if err != nil {
					h.t.Fatal(err)
				}
				h.peer.Play(p)
			}
		}
		all = append(all, fault{name: f.name, house: fetched, begin: play(f.play), end: play("none"), kind: "missing", says: f.says, held: true})
	}
	return append(all, fault{name: "the clock is not the processor's", house: fetched, begin: func(h *hurt) { h.set.Store(int64(time.Hour)) }, end: func(h *hurt) {
		h.set.Store(0)
		h.look() // notices that it was set back, and holds up what is due until it shows again what it showed
		h.look() // that look is over
	}, kind: "clock", says: "1h0m0s ahead of the processor's", held: true})
}

// faultsOfOurs are those of the store, the queue, the clock and whatever tells.
func faultsOfOurs(server *storetest.Server) []fault {
	database := func(h *hurt) { h.where, h.other = server.Database(h.t), server.Database(h.t) }
	clock := func(by time.Duration) func(*hurt) { return func(h *hurt) { h.set.Store(int64(by)) } }
	return []fault{
		{name: "the disk is nearly full", begin: func(h *hurt) { h.full.Store(true) }, end: func(h *hurt) { h.full.Store(false) }, kind: "failed", says: "has 12 MiB left"},
		{name: "the database is down", house: database, begin: nothing, during: func(h *hurt) { h.accept(false) }, end: func(h *hurt) { h.accept(true) }, kind: "failed", says: "what is owed cannot be looked up"},
		{name: "the database goes down in a night", house: database, begin: func(h *hurt) {
			h.tell(exitFailed, "status") // makes the store
			h.free = h.locked(h.where)
		}, during: func(h *hurt) {
			within(h.t, "a run", h.log, func() bool { return h.sql(h.where, "SELECT CAST(COUNT(*) AS TEXT) FROM runs") == "1" })
			h.accept(false)
		}, end: func(h *hurt) { h.free(); h.accept(true) }, kind: "failed", says: "the night of 2026-09-29 failed"},
		{name: "the queue stands still", begin: func(h *hurt) {
			h.tell(exitFailed, "status") // makes the store
			h.sql(h.where, "CREATE TRIGGER halt BEFORE UPDATE ON river_job WHEN new.state = 'running' BEGIN SELECT RAISE(ABORT, 'halted'); END")
		}, during: func(h *hurt) {
			within(h.t, "a job", h.log, func() bool { return h.sql(h.where, "SELECT CAST(COUNT(*) AS TEXT) FROM river_job") == "1" })
			h.sql(h.where, "UPDATE river_job SET scheduled_at = '2026-09-30 05:31:00.000'")
			h.look()
			h.look()
			h.gone.Add(int64(16 * time.Minute))
		}, end: func(h *hurt) { h.sql(h.where, "DROP TRIGGER halt") }, kind: "stuck", says: "the queue stands still"},
		{name: "the night is overdue", begin: func(h *hurt) { h.after = h.after.Add(3 * time.Hour); h.move("erp", "gone") }, end: moves("gone", "erp"), kind: "overdue", says: "the night of 2026-09-29 is overdue"},
		{name: "the clock was set back", begin: nothing, during: clock(-24 * time.Hour), end: clock(0), kind: "clock", says: "set by -24h0m0s"},
		{name: "the clock was set ahead", begin: nothing, during: clock(300 * 24 * time.Hour), end: clock(0), kind: "clock", says: "set by 7200h0m0s"},
		{name: "the clock is wrong at the start", begin: func(h *hurt) {
			h.open()
			h.until("the night", func() bool { return h.nights() == 1 })
			h.stop()
			h.set.Store(int64(-30 * time.Hour))
		}, end: clock(0), kind: "clock", says: "behind what is stored by 30h0m0s"},
		{name: "the mail server is down", begin: func(h *hurt) {
			h.configure("notify: {", "notify: {mail: {host: 127.0.0.1, port: 1, tls: none, from: tieout@acme.example, to: [finance@acme.example]}, ")
		}, end: nothing, kind: "failed", says: "nobody can be told by mail", lasts: true},
		{name: "the webhook is down", house: func(h *hurt) {
			h.board.mail = mailhost.Start(h.t)
			h.configure("notify: {", fmt.Sprintf("notify: {mail: {host: 127.0.0.1, port: %d, tls: none, from: tieout@acme.example, to: [finance@acme.example]}, ", h.board.mail.Port))
			h.configure(h.board.url, "http://127.0.0.1:1/")
		}, begin: nothing, end: nothing, kind: "failed", says: "nobody can be told by webhook", lasts: true},
	}
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
	h, mail := newHurt(t, &fault{}), mailhost.Start(t)
	b := h.board
	h.configure("notify: {", "notify: {mail: {host: 127.0.0.1, port: 1, tls: none, from: tieout@acme.example, to: [finance@acme.example], attach: true}, ")
	log, end := h.serve(at(2026, 9, 30, 6, 0))
	within(t, "the night by one channel", log, func() bool { return b.told("done", "10.00 USD matched") == 1 })
	within(t, "a failure of the other", log, func() bool {
		return h.sql("state.db", "SELECT CAST(COUNT(*) AS TEXT) FROM notices WHERE key LIKE 'done|%' AND failure <> ''") == "1"
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
