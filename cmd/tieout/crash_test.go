//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to look at what the program stored

	"tieout/fixtures/sandbox"
	"tieout/fixtures/sandbox/sftphost"
	"tieout/recon/cybersource"
	"tieout/recon/store/storetest"
)

// tornBinary is the program with its failpoints, which all tests share.
func tornBinary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(sharedDir(), "tieout-torn")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if out, err := exec.Command("go", "build", "-pgo=off", "-tags", "torture", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// number is a count from the environment, or the one that every run of the tests makes.
func number(t *testing.T, variable string, usual int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// ordeal is a company whose nights are disturbed, and what they come to when
// nobody disturbs them. Each case begins with a new folder, store and server.
type ordeal struct {
	companyFolder
	binary string
	host   *sftphost.Host
	driver string
	source string // of the store
	args   []string
	env    []string
	serves bool // it does not end by itself
	fences bool // writers are fenced off: what they had put into the archive stays there, and nothing refers to it

	undisturbed map[string]string
	points      []string // that an undisturbed run reaches, in order
	took        time.Duration
}

// newOrdeal is a company with an account at the processor, a folder and a server
// as targets, and two nights to run.
func newOrdeal(t *testing.T, binary, driver, source string, serves bool) *ordeal {
	t.Helper()
	a := newAccount(t, cybersource.HTTPSignature, "GMT", "")
	a.clock = at(2026, 10, 1, 19, 0)
	a.lay(scheduleIn(t, "GMT"), on(t, "2026-09-28"), on(t, "2026-09-30"))
	restate(a)
	day := on(t, "2026-09-28")
	a.documents([3]string{fmt.Sprintf("SO-%d", day), "2026-09-28", "10.00"}, [3]string{fmt.Sprintf("SO-%d", day+1), "2026-09-29", "11.00"})
	o := &ordeal{companyFolder: a.companyFolder, binary: binary, host: sftphost.Start(t), driver: driver, source: source, serves: serves}
	more := "start: 2026-09-28\n" + patientTargets(o.host)
	if driver == "sqlite" {
		o.source = filepath.Join(o.dir, "tieout.db")
	} else {
		more += "store: \"" + source + "\"\n"
	}
	o.put("tieout.yaml", read(t, filepath.Join(o.dir, "tieout.yaml"))+more)
	o.args = []string{"run", "--config", filepath.Join(o.dir, "tieout.yaml"), "--as-of", "2026-09-30"}
	if serves {
		o.put("tieout.yaml", read(t, filepath.Join(o.dir, "tieout.yaml"))+"schedule: {at: \"05:30\", zone: UTC, lag: 2}\n")
		o.args = []string{"serve", "--config", filepath.Join(o.dir, "tieout.yaml"), "--sweep", "100ms"}
	}
	o.env = []string{"TIEOUT_CLOCK=2026-10-01T19:00:00Z"}
	o.measure()
	return o
}

// patientTargets are targets that a busy machine may be slow to answer for.
func patientTargets(h *sftphost.Host) string {
	return strings.ReplaceAll(targetsFor(h), ": 2s", ": 60s")
}

// restate has the last report tell of the first day's sale again, with another
// amount: the first day runs again after the night that reads it.
func restate(a *accountFolder) {
	a.t.Helper()
	zone, first, last := scheduleIn(a.t, "GMT"), on(a.t, "2026-09-28"), on(a.t, "2026-09-30")
	lines := strings.SplitAfter(dayReportText(zone, first, "12.00"), "\n")
	text := dayReportText(zone, last, "11.00") + lines[len(lines)-2]
	if err := a.shelf.Put(daily, zone.ReportDate(last).String(), sandbox.CSV, []byte(text), zone.Zone); err != nil {
		a.t.Fatal(err)
	}
}

// measure runs it undisturbed.
func (o *ordeal) measure() {
	o.t.Helper()
	log := filepath.Join(o.t.TempDir(), "points")
	o.afresh()
	started := time.Now()
	if code, text := o.complete("TIEOUT_FAILPOINT_LOG=" + log); code != exitDone {
		o.t.Fatalf("undisturbed: exit code %d: %s", code, text)
	}
	o.took = time.Since(started)
	o.undisturbed = o.outcome()
	o.points = strings.Split(strings.TrimSpace(read(o.t, log)), "\n")
	o.reachesAll()
	if n := len(o.undisturbed); n < 20 {
		o.t.Fatalf("only %d things to compare: %v", n, o.undisturbed)
	}
	if runs := strings.Count(o.undisturbed["table/runs"], "state=COMMITTED"); runs != 3 {
		o.t.Fatalf("%d runs: two nights, and the first again, are to be disturbed", runs)
	}
}

// leavings is what runs leave in a company's folder.
func leavings() []string {
	return []string{"archive", "out", "posting", "tieout.db", "tieout.db-wal", "tieout.db-shm", "tieout.db.lock"}
}

// reachesAll wants every failpoint of the sources to be reached by what is disturbed,
// so that none is there that nobody has ever died at.
func (o *ordeal) reachesAll() {
	o.t.Helper()
	elsewhere := map[string]string{
		"file rename": "where a file system has no links, and by reconcile", "folder remove": "by reconcile",
		"drop remove": "after a fault", "sftp remove": "after a fault", "sftp list": "by pickups from a server",
	}
	point := regexp.MustCompile(`(?:failpoint\.At|\.within)\("([a-z]+ [a-z]+)"`)
	found := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, name := range point.FindAllStringSubmatch(read(o.t, path), -1) {
			found++
			if !slices.Contains(o.points, name[1]) && elsewhere[name[1]] == "" {
				o.t.Errorf("%s: nobody dies at %q", path, name[1])
			}
		}
		return nil
	})
	o.must(err)
	if found < 20 {
		o.t.Errorf("only %d failpoints in the sources", found)
	}
}

// afresh takes away all that earlier runs left.
func (o *ordeal) afresh() {
	o.t.Helper()
	for _, name := range leavings() {
		o.must(os.RemoveAll(filepath.Join(o.dir, name)))
	}
	for _, path := range o.remote() {
		o.must(os.Remove(path))
	}
	if o.driver == "pgx" {
		o.sql(func(db *sql.DB) error {
			_, err := db.ExecContext(o.t.Context(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
			return err
		})
	}
}

func (o *ordeal) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *ordeal) remote() []string {
	paths, err := filepath.Glob(filepath.Join(o.host.Dir, "*"))
	o.must(err)
	return paths
}

func (o *ordeal) sql(do func(db *sql.DB) error) {
	o.t.Helper()
	db, err := sql.Open(o.driver, o.source)
	o.must(err)
	defer db.Close()
	o.must(do(db))
}

// process is the program under way.
type process struct {
	cmd  *exec.Cmd
	said bytes.Buffer
}

// start starts it, with more in its environment.
func (o *ordeal) start(env ...string) *process {
	o.t.Helper()
	p := &process{cmd: exec.Command(o.binary, o.args...)}
	p.cmd.Env = slices.Concat(os.Environ(), o.env, env)
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	o.must(p.cmd.Start())
	return p
}

// patience is how long a process may take on a busy machine that is not to be killed.
const patience = 5 * time.Minute

// killed is the code of a process that a signal ended.
const killed = -1

// end waits for the end and gives the exit code.
func (p *process) end() (code int, text string) {
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return exitFailed, err.Error()
	}
	return p.cmd.ProcessState.ExitCode(), p.said.String()
}

// endedBy tells whether that signal ended it, which it had not asked for yet.
func (p *process) endedBy(s syscall.Signal) bool {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == s
}

// endWithin ends it by SIGKILL after a time if it has not ended by then.
func (p *process) endWithin(d time.Duration) (code int, text string) {
	timer := time.AfterFunc(d, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	return p.end()
}

// complete has it work until nothing is owed any more, or until it dies.
func (o *ordeal) complete(env ...string) (code int, text string) {
	o.t.Helper()
	p := o.start(env...)
	if !o.serves {
		return p.endWithin(patience)
	}
	ended := make(chan struct{})
	go func() { code, text = p.end(); close(ended) }()
	for deadline := time.Now().Add(patience); ; {
		select {
		case <-ended:
			return code, text
		case <-time.After(50 * time.Millisecond):
		}
		if o.nothingOwed() || time.Now().After(deadline) {
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
			<-ended
			if code == exitInterrupt || p.endedBy(syscall.SIGTERM) { // it had only begun
				code = exitDone
			}
			return code, text
		}
	}
}

// nothingOwed tells whether both nights and the first one again have run, and whether
// everything has been handed out.
func (o *ordeal) nothingOwed() bool {
	db, err := sql.Open(o.driver, o.source)
	if err != nil {
		return false
	}
	defer db.Close()
	rows, err := texts(o.t.Context(), db, `SELECT (SELECT COUNT(*) FROM runs WHERE state = 'COMMITTED') = 3 AND (SELECT COUNT(*) FROM deliveries WHERE state = 'DELIVERED') = 6
		AND NOT EXISTS (SELECT 1 FROM artifacts WHERE NOT published) AND NOT EXISTS (SELECT 1 FROM reruns)`)
	return err == nil && slices.Contains([]string{"1", "true"}, rows[0][0]) // before its first migration there is nothing to ask
}

// outcome is everything that a night leaves: the database, the results, the kept
// files, both targets.
func (o *ordeal) outcome() map[string]string {
	o.t.Helper()
	all := o.handedOut()
	maps.DeleteFunc(all, func(name, _ string) bool { return strings.Contains(name, ".tmp-") }) // orphans, which later runs remove
	for _, path := range o.remote() {
		all["remote/"+filepath.Base(path)] = read(o.t, path)
	}
	kept, err := filepath.Glob(filepath.Join(o.dir, "archive", "??", "*"))
	o.must(err)
	for _, path := range kept {
		if name := filepath.Base(path); !strings.Contains(name, ".tmp-") {
			all["archive/"+name] = read(o.t, path)
		}
	}
	o.sql(func(db *sql.DB) error { return o.dump(db, all) })
	return all
}

// dump adds every table in canonical order, without what depends on the clock, on
// chance or on how often somebody tried.
func (o *ordeal) dump(db *sql.DB, all map[string]string) error {
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if o.driver == "pgx" {
		query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
	}
	tables, err := texts(o.t.Context(), db, query)
	if err != nil {
		return err
	}
	for _, table := range tables {
		name := table[0]
		if name == "locks" || name == "services" || name == "goose_db_version" || strings.HasPrefix(name, "river_") {
			continue
		}
		rows, err := texts(o.t.Context(), db, "SELECT * FROM "+name)
		if err != nil {
			return err
		}
		lines := make([]string, len(rows))
		for i, row := range rows {
			lines[i] = strings.Join(row, " | ")
		}
		slices.Sort(lines)
		all["table/"+name] = strings.Join(lines, "\n")
	}
	return nil
}

// timely tells whether a column depends on the clock, on chance or on how often somebody tried.
func timely(column string) bool {
	return strings.HasSuffix(column, "_us") || slices.Contains([]string{"temp", "correlation", "attempts"}, column)
}

// texts are the rows of a query as text, each value with its column.
func texts(ctx context.Context, db *sql.DB, query string) (all [][]string, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		var row []string
		for i, v := range values {
			switch {
			case len(columns) == 1:
				row = append(row, fmt.Sprint(v))
			case !timely(columns[i]):
				row = append(row, fmt.Sprintf("%s=%v", columns[i], v))
			}
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// finish restarts it until it is done, undisturbed, and compares.
func (o *ordeal) finish(what string) {
	o.t.Helper()
	if code, text := o.toTheEnd(); code != exitDone {
		o.t.Errorf("%s: then exit code %d: %s", what, code, text)
		return
	}
	o.same(what)
}

// toTheEnd has it work until it is done, and again where a busy machine made the server
// slow to answer.
func (o *ordeal) toTheEnd() (code int, text string) {
	o.t.Helper()
	code, text = o.complete()
	for tries := 0; code == exitUnproven && tries < 5; tries++ {
		code, text = o.complete()
	}
	return code, text
}

// same compares what is there with what an undisturbed run leaves.
func (o *ordeal) same(what string) {
	o.t.Helper()
	got := o.outcome()
	for name, text := range o.undisturbed {
		if other, there := got[name]; !there {
			o.t.Errorf("%s: %s is missing", what, name)
		} else if other != text {
			o.t.Errorf("%s: %s differs:\n%s\n--- undisturbed:\n%s", what, name, short(other), short(text))
		}
	}
	for name := range got {
		if o.fences && strings.HasPrefix(name, "archive/") {
			continue // no row refers to it, for the store is the undisturbed one
		}
		if _, there := o.undisturbed[name]; !there {
			o.t.Errorf("%s: %s is new", what, name)
		}
	}
}

// short is enough of a text to see what differs; of other content its hash.
func short(s string) string {
	if strings.HasPrefix(s, "PK") {
		return fmt.Sprintf("%x", sha256.Sum256([]byte(s)))
	}
	return s[:min(len(s), 1500)]
}

// R1: killed at any instant, restarted until done, the nights end as undisturbed
// ones. TIEOUT_KILLS is how many kills at random instants, TIEOUT_POINTS at how many
// instants that have a name (0: at each name, the first time and another) from the
// TIEOUT_FROM-th on, TIEOUT_SEED where chance begins.
func TestKilledAtAnyInstant(t *testing.T) {
	binary := tornBinary(t)
	server := storetest.Start(t)
	for _, serves := range []bool{false, true} {
		verb := map[bool]string{false: "run", true: "serve"}[serves]
		t.Run(verb+" on SQLite", func(t *testing.T) {
			t.Parallel()
			newOrdeal(t, binary, "sqlite", "", serves).suffer()
		})
		where := server.Database(t)
		t.Run(verb+" on PostgreSQL", func(t *testing.T) {
			t.Parallel()
			newOrdeal(t, binary, "pgx", where, serves).suffer()
		})
	}
}

func (o *ordeal) suffer() {
	seed := number(o.t, "TIEOUT_SEED", int(time.Now().UnixNano()%1_000_000))
	o.t.Logf("TIEOUT_SEED=%d", seed)
	random := rand.New(rand.NewPCG(uint64(seed), 1))
	o.atPoints(random, number(o.t, "TIEOUT_POINTS", 1))
	o.atRandom(random, number(o.t, "TIEOUT_KILLS", 1))
}

// occurrence is one instant with a name.
type occurrence struct {
	point string
	n     int
}

// occurrences are instants of an undisturbed run: of each name the first and another one.
func (o *ordeal) occurrences(random *rand.Rand) (all []occurrence) {
	seen := map[string]int{}
	for _, p := range o.points {
		if seen[p]++; seen[p] == 1 {
			all = append(all, occurrence{p, 1})
		}
	}
	for _, first := range slices.Clone(all) {
		if n := seen[first.point]; n > 1 {
			all = append(all, occurrence{first.point, 2 + random.IntN(n-1)})
		}
	}
	return all
}

// atPoints kills it at instants with a name: at as many as are asked for, or at all.
func (o *ordeal) atPoints(random *rand.Rand, count int) {
	all := o.occurrences(random)
	if count > 0 {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:min(count, len(all))]
	}
	all = all[min(number(o.t, "TIEOUT_FROM", 0), len(all)):]
	deaths := 0
	for _, at := range all {
		o.afresh()
		what := fmt.Sprintf("killed at %q for the time %d", at.point, at.n)
		code, text := o.complete(fmt.Sprintf("TIEOUT_FAILPOINT=%s:%d:kill", at.point, at.n))
		switch code {
		case killed:
			deaths++
		case exitDone, exitUnproven: // chance: a packet less than in the undisturbed run
		default:
			o.t.Errorf("%s: exit code %d: %s", what, code, text)
		}
		o.finish(what)
		if o.t.Failed() {
			return
		}
		o.t.Log(what)
	}
	o.t.Logf("%d kills at %d instants with a name", deaths, len(all))
}

// atRandom kills it at random instants, several times in a row.
func (o *ordeal) atRandom(random *rand.Rand, kills int) {
	nights := 0
	for deaths := 0; deaths < kills; nights++ {
		o.afresh()
		what := "killed after"
		for range 1 + random.IntN(4) {
			after := time.Duration(random.Int64N(int64(o.took) * 11 / 10))
			code, text := o.start().endWithin(after)
			if code == exitDone || code == exitUnproven {
				break
			}
			if code != killed {
				o.t.Errorf("%s %s: exit code %d: %s", what, after, code, text)
				return
			}
			deaths++
			what += " " + after.String()
		}
		o.finish(what)
		if o.t.Failed() {
			return
		}
		o.t.Log(what)
	}
	o.t.Logf("%d kills at random instants in %d times two nights", kills, nights)
}
