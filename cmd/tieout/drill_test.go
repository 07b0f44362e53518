package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// consumer takes posting files away from their folder, some nights and others not,
// and remembers each that it got.
type consumer struct {
	folder string
	got    map[string]int
}

// look takes note of every file whose sentinel is there; taking it removes all of it.
func (c *consumer) look(t *testing.T, takes bool) {
	t.Helper()
	done, err := filepath.Glob(filepath.Join(c.folder, "*.done"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range done {
		name := strings.TrimSuffix(filepath.Base(path), ".done")
		seen := filepath.Join(c.folder, name+".seen") // a file of its own, so that one that stays counts once
		if _, err := os.Stat(seen); err != nil {
			c.got[name]++
			write(t, seen, "")
		}
		if takes {
			for _, ending := range []string{"", ".sha256", ".done", ".seen"} {
				if err := os.Remove(filepath.Join(c.folder, name+ending)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// R13: a backup is taken at a random instant of three nights, everything but the
// target is lost after them, and the nights are run again on the restored state. No file
// comes twice, none is lost, and nothing goes out that the consumer has before a person was asked.
func TestRestoreDrill(t *testing.T) {
	count, _ := strconv.Atoi(os.Getenv("TIEOUT_RESTORES"))
	seed, _ := strconv.ParseUint(os.Getenv("TIEOUT_SEED"), 10, 64)
	unconfirmed := 0
	for i := range max(1, count) {
		dice := rand.New(rand.NewPCG(seed, uint64(i)))
		unconfirmed += drill(t, dice)
	}
	t.Logf("%d drills, seed %d: %d files waited for a person, none came twice, none was lost", max(1, count), seed, unconfirmed)
}

func drill(t *testing.T, dice *rand.Rand) (asked int) {
	c := newCompany(t, "")
	c.documents([3]string{"100", "2026-09-29", "10.00"}, [3]string{"101", "2026-09-30", "20.00"}, [3]string{"102", "2026-10-01", "30.00"})
	taker := &consumer{filepath.Join(c.dir, "posting"), map[string]int{}}
	days := []string{"2026-09-29", "2026-09-30", "2026-10-01", "2026-10-02"}
	at, takes := dice.IntN(3), dice.IntN(2) == 0
	backup := filepath.Join(c.dir, "backup.tar")
	taken := make(chan string, 1)
	for n := range 3 {
		c.report(fmt.Sprintf("r%d.csv", n), [4]string{fmt.Sprintf("0%d", n+1), days[n], fmt.Sprintf("%d0.00", n+1), fmt.Sprintf("10%d", n)})
		if n == at {
			delay := time.Duration(dice.IntN(400)) * time.Millisecond
			go func() {
				time.Sleep(delay)
				var out bytes.Buffer
				code := run(t.Context(), []string{"backup", "--config", filepath.Join(c.dir, "tieout.yaml"), "--out", backup}, &out, &out)
				taken <- fmt.Sprint(code, " ", out.String())
			}()
		}
		c.night(exitDone, days[n], days[n], days[n+1])
		if n == at {
			if said := <-taken; !strings.HasPrefix(said, "0 ") {
				t.Fatal(said)
			}
		}
		taker.look(t, takes)
	}
	c.lose()
	c.want(c.tell(exitDone, "restore", backup), "0 faults")
	for n := range 3 {
		var out bytes.Buffer // a file that waits for a person is exit 5
		run(t.Context(), []string{"run", "--config", filepath.Join(c.dir, "tieout.yaml"), "--from", days[n], "--as-of", days[n+1]}, &out, &out)
		taker.look(t, takes)
		asked += c.decideAll(taker)
		taker.look(t, takes)
	}
	c.wantOnce(t, taker)
	return asked
}

// decideAll is the person: what the consumer has is accepted, what it has not is sent.
func (c companyFolder) decideAll(taker *consumer) (asked int) {
	c.t.Helper()
	for {
		var out bytes.Buffer
		run(c.t.Context(), []string{"deliver", "--config", filepath.Join(c.dir, "tieout.yaml")}, &out, &out)
		name := ""
		for line := range strings.Lines(out.String()) {
			if fields := strings.Fields(line); len(fields) > 1 && fields[1] == "DELIVERED_UNCONFIRMED" {
				name = fields[0]
			}
		}
		if name == "" {
			return asked
		}
		flag := "--resend"
		if taker.got[name] > 0 {
			flag = "--accept"
		}
		asked++
		run(c.t.Context(), []string{"deliver", "--config", filepath.Join(c.dir, "tieout.yaml"), flag, name}, &out, &out)
	}
}

// wantOnce: three files, each once, and books that are whole.
func (c companyFolder) wantOnce(t *testing.T, taker *consumer) {
	t.Helper()
	for n, day := range []string{"20260929", "20260930", "20261001"} {
		name := fmt.Sprintf("GL_ACME_%s_%06d.txt", day, n+1)
		if taker.got[name] != 1 {
			t.Errorf("%s came %d times: %v", name, taker.got[name], taker.got)
		}
	}
	if len(taker.got) != 3 {
		t.Errorf("the consumer got %v", taker.got)
	}
	c.want(c.tell(exitDone, "verify"), "3 entries in balance, 3 posting files: 0 faults")
}
