//go:build unix

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tieout/recon"
	"tieout/recon/store/storetest"
)

// program is the program as a process of its own.
type program struct {
	*exec.Cmd
	t     *testing.T
	log   *heard
	ended chan error
}

// start starts a verb on the company's configuration.
func (c companyFolder) start(verb string, more ...string) *program {
	c.t.Helper()
	p := &program{t: c.t, log: &heard{}, ended: make(chan error, 1)}
	p.Cmd = exec.Command("tieout", append([]string{verb, "--config", c.dir + "/tieout.yaml"}, more...)...)
	p.Stdout, p.Stderr = p.log, p.log
	if err := p.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() { p.ended <- p.Wait() }()
	c.t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

func (p *program) signal(s os.Signal) {
	p.t.Helper()
	if err := p.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// code waits for the end and returns the exit code, -1 for a process that was killed.
func (p *program) code(within time.Duration) int {
	p.t.Helper()
	select {
	case err := <-p.ended:
		p.ended <- err
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return exit.ExitCode()
		}
		return 0
	case <-time.After(within):
		p.t.Fatalf("%v did not end within %s\n%s", p.Args, within, p.log)
	}
	return 0
}

func (p *program) runs() bool {
	select {
	case err := <-p.ended:
		p.ended <- err
		return false
	default:
		return true
	}
}

// servedCompany is a company whose days of the last week are due.
func servedCompany(t *testing.T, where string, days int) (c companyFolder, first recon.Date) {
	t.Helper()
	first = recon.DateOf(time.Now().UTC()) - recon.Date(days) - 1
	c = newCompany(t, fmt.Sprintf("store: %s\nstart: %s\nschedule: {at: \"00:00\", zone: UTC, lag: 2}\nposting: posting\n", where, first))
	var orders [][3]string
	for i := range days {
		day := (first + recon.Date(i)).String()
		orders = append(orders, [3]string{fmt.Sprint(100 + i), day, "10.00"})
		c.report(fmt.Sprintf("%d.csv", i), [4]string{fmt.Sprintf("%02d", i+1), day, "10.00", fmt.Sprint(100 + i)})
	}
	c.documents(orders...)
	return c, first
}

// allOnce wants every day run once, and each in one posting file.
func (c companyFolder) allOnce(where string, days int) {
	c.t.Helper()
	if runs := strings.Fields(c.sql(where, "SELECT date_from FROM runs WHERE state = 'COMMITTED' ORDER BY run_no")); len(runs) != days || runs[0] > runs[len(runs)-1] {
		c.t.Errorf("ran %v", runs)
	}
	if posted := filesOf(c.t, c.dir+"/posting"); c.sentinels() != days || strings.Contains(posted, ".tmp") {
		c.t.Errorf("posted %s", posted)
	}
}

// sentinels counts the posting files that are whole.
func (c companyFolder) sentinels() int {
	done, _ := filepath.Glob(filepath.Join(c.dir, "posting", "*.done"))
	return len(done)
}

// locked keeps every commit of a run waiting until free is called.
func (c companyFolder) locked(where string) (free func()) {
	c.t.Helper()
	db, err := sql.Open("pgx", where)
	if err != nil {
		c.t.Fatal(err)
	}
	tx, err := db.BeginTx(context.Background(), nil)
	if err == nil {
		_, err = tx.ExecContext(context.Background(), "LOCK TABLE artifacts IN EXCLUSIVE MODE")
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return func() { _ = tx.Rollback(); _ = db.Close() }
}

// The first signal lets the run under way end, and stops it after its time; the
// second ends the process at once. After each the next start makes every night once.
func TestServiceStops(t *testing.T) {
	server := storetest.Start(t)
	where := server.Database(t)
	c, _ := servedCompany(t, where, 2)
	began := func(p *program) {
		t.Helper()
		within(t, "a run", p.log, func() bool {
			return strings.HasSuffix(c.sql(where, "SELECT holder FROM locks WHERE company = 'ACME'"), fmt.Sprintf("/%d", p.Process.Pid))
		})
		time.Sleep(200 * time.Millisecond) // it is at the lock
	}
	c.tell(exitFailed, "status") // makes the store
	for _, stop := range []struct {
		name    string
		signals int
		free    bool
		code    int
	}{{"a run that does not end", 1, false, exitDone}, {"two signals", 2, false, exitInterrupt}, {"a run that ends", 1, true, exitDone}} {
		free := c.locked(where)
		p := c.start("serve", "--sweep", "100ms", "--stop-within", "1s")
		began(p)
		p.signal(syscall.SIGTERM)
		time.Sleep(300 * time.Millisecond)
		if !p.runs() {
			t.Errorf("%s: it did not wait\n%s", stop.name, p.log)
		}
		if stop.signals == 2 {
			p.signal(syscall.SIGTERM)
		}
		if stop.free {
			free()
		}
		began := time.Now()
		if code := p.code(10 * time.Second); code != stop.code {
			t.Errorf("%s: exit code %d\n%s", stop.name, code, p.log)
		}
		if took := time.Since(began); stop.signals == 2 && took > time.Second {
			t.Errorf("%s: it took %s", stop.name, took)
		}
		if !stop.free {
			free()
		}
	}
	if got := c.sql(where, "SELECT CAST(COUNT(*) AS TEXT) FROM runs WHERE state = 'COMMITTED'"); got != "1" {
		t.Errorf("%s runs were committed, want the one that was let end", got)
	}
	p := c.start("serve", "--sweep", "100ms")
	within(t, "both files", p.log, func() bool { return c.sentinels() == 2 })
	p.signal(syscall.SIGTERM)
	if code := p.code(10 * time.Second); code != exitDone {
		t.Errorf("exit code %d\n%s", code, p.log)
	}
	c.allOnce(where, 2)
}

// A service that is killed again and again, and whose queue is lost on the way, makes
// every night once, on both stores. TIEOUT_KILLS says how often.
func TestServiceIsKilled(t *testing.T) {
	server := storetest.Start(t)
	for name, where := range map[string]string{"SQLite": "state.db", "PostgreSQL": server.Database(t)} {
		t.Run(name, func(t *testing.T) {
			const days = 4
			c, _ := servedCompany(t, where, days)
			seed := rand.New(rand.NewPCG(uint64(number(t, "TIEOUT_SEED", 1)), uint64(len(name))))
			for range number(t, "TIEOUT_KILLS", 5) {
				p := c.start("serve", "--sweep", "50ms")
				time.Sleep(time.Duration(100+seed.IntN(500)) * time.Millisecond)
				p.signal(syscall.SIGKILL)
				p.code(5 * time.Second)
				if seed.IntN(3) == 0 {
					c.start("status", "--stuck").code(2 * time.Minute) // there is a store, however early it was killed
					c.sql(where, "DELETE FROM river_job RETURNING CAST(id AS TEXT)")
				}
			}
			p := c.start("serve", "--sweep", "50ms")
			withinTime(t, 5*time.Minute, "all files", p.log, func() bool { return c.sentinels() == days && strings.Contains(p.log.String(), `"serving"`) })
			if name == "SQLite" {
				if second := c.start("serve"); second.code(time.Minute) != exitLocked || !strings.Contains(second.log.String(), "a SQLite file takes one service") {
					t.Errorf("a second service: %s", second.log)
				}
			}
			p.signal(syscall.SIGTERM)
			if code := p.code(10 * time.Second); code != exitDone {
				t.Errorf("exit code %d\n%s", code, p.log)
			}
			c.allOnce(where, days)
		})
	}
}

// A run that was handed over to a service that dies is made by whoever asked.
func TestServiceDiesOverARequest(t *testing.T) {
	server := storetest.Start(t)
	where := server.Database(t)
	c, first := servedCompany(t, where, 1)
	c.tell(exitDone, "run", "--from", first.String())
	p := c.start("serve", "--sweep", "100ms")
	within(t, "a service", p.log, func() bool { return c.sql(where, "SELECT CAST(COUNT(*) AS TEXT) FROM services") == "1" })
	free := c.locked(where)
	c.report("late.csv", [4]string{"77", first.String(), "5.00", "999"})
	asked := c.start("run", "--from", first.String())
	within(t, "a run", p.log, func() bool { return c.sql(where, "SELECT state FROM requests") == "RUNNING" })
	if code := c.start("run", "--from", first.String()).code(10 * time.Second); code != exitLocked {
		t.Errorf("beside an active run: exit code %d", code)
	}
	p.signal(syscall.SIGKILL)
	within(t, "the one who asked", asked.log, func() bool { return strings.Contains(asked.log.String(), "the run is made here") })
	free()
	if code := asked.code(20 * time.Second); code != exitDone || !strings.Contains(asked.log.String(), "DONE_WITH_EXCEPTIONS") {
		t.Errorf("exit code %d\n%s", code, asked.log)
	}
}

// R10: several services on one database that start at the same instant, of which some
// stand still for longer than a lease and wake up again, make every night once, and no
// late writer gets through. TIEOUT_NIGHTS and TIEOUT_SERVICES bound it, TIEOUT_SEED is
// where chance begins; the standing still needs the short lease of builds with the tag torture.
func TestOneNightOnce(t *testing.T) {
	server := storetest.Start(t)
	where := server.Database(t)
	nights, services := number(t, "TIEOUT_NIGHTS", 3), number(t, "TIEOUT_SERVICES", 3)
	c, _ := servedCompany(t, where, nights)
	c.start("status").code(2 * time.Minute)
	t.Setenv("TIEOUT_LEASE", "1s")
	seed := rand.New(rand.NewPCG(uint64(number(t, "TIEOUT_SEED", 2)), 2))
	var all []*program
	for range services {
		all = append(all, c.start("serve", "--sweep", "50ms"))
	}
	withinTime(t, time.Minute+time.Duration(nights)*20*time.Second, "all files", all[0].log, func() bool {
		if c.sentinels() == nights {
			return true
		}
		if nights > 3 { // hinder somebody
			p := all[seed.IntN(len(all))]
			p.signal(syscall.SIGSTOP)
			time.Sleep(time.Duration(seed.IntN(1800)) * time.Millisecond)
			p.signal(syscall.SIGCONT)
		}
		return false
	})
	for _, p := range all {
		p.signal(syscall.SIGTERM)
		if code := p.code(20 * time.Second); code != exitDone {
			t.Errorf("exit code %d\n%s", code, p.log)
		}
	}
	c.allOnce(where, nights)
	if got := c.sql(where, "SELECT CAST(COUNT(*) AS TEXT) FROM entries"); got != fmt.Sprint(nights) {
		t.Errorf("%s entries", got)
	}
}
