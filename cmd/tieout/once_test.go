//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tieout/fixtures/sandbox/sftphost"
	"tieout/recon"
	"tieout/recon/store/storetest"
)

// firstDay is the first of the nights that several processes run at once.
const firstDay = "2026-01-01"

// newContest is a company whose reports lie in a folder, with the reports of some nights.
func newContest(t *testing.T, binary, source string, nights int) *ordeal {
	t.Helper()
	o := &ordeal{companyFolder: newCompany(t, ""), binary: binary, host: sftphost.Start(t), driver: "pgx", source: source}
	more := "start: " + firstDay + "\nstore: \"" + source + "\"\n" + patientTargets(o.host)
	o.put("tieout.yaml", read(t, filepath.Join(o.dir, "tieout.yaml"))+more)
	o.env = []string{"TIEOUT_LEASE=400ms"}
	o.fences = true
	var orders [][3]string
	for i := range nights {
		day := (on(t, firstDay) + recon.Date(i)).String()
		orders = append(orders, [3]string{fmt.Sprint(1000 + i), day, "10.00"})
		o.report(day+".csv", [4]string{fmt.Sprintf("%03d", 2*i), day, "10.00", fmt.Sprint(1000 + i)}, [4]string{fmt.Sprintf("%03d", 2*i+1), day, "5.00", "stray"})
	}
	o.documents(orders...)
	return o
}

// R10: five processes that start together run every night once, also where some
// are stopped until their lease is long over and go on then: one run, one set of
// entries, each file once. TIEOUT_NIGHTS is how many nights.
func TestRunsTogether(t *testing.T) {
	nights := number(t, "TIEOUT_NIGHTS", 2)
	server := storetest.Start(t)
	o := newContest(t, tornBinary(t), server.Database(t), nights)
	o.afresh()
	for i := range nights {
		o.night(i)
	}
	o.undisturbed = o.outcome()
	o.afresh()
	seed := number(t, "TIEOUT_SEED", int(time.Now().UnixNano()%1_000_000))
	t.Logf("TIEOUT_SEED=%d", seed)
	random := rand.New(rand.NewPCG(uint64(seed), 2))
	said := map[string]int{}
	for i := range nights {
		o.together(i, random, said)
		o.night(i) // whatever the last of them left is finished
		if t.Failed() {
			return
		}
		t.Logf("night %d", i)
	}
	o.same(fmt.Sprintf("%d nights of five processes", nights))
	t.Log(said)
}

// asOf has the nights up to the i-th run.
func (o *ordeal) asOf(i int) {
	o.args = []string{"run", "--config", filepath.Join(o.dir, "tieout.yaml"), "--as-of", (on(o.t, firstDay) + recon.Date(i+1)).String()}
}

// night runs one undisturbed.
func (o *ordeal) night(i int) {
	o.t.Helper()
	o.asOf(i)
	if code, text := o.toTheEnd(); code != exitDone {
		o.t.Fatalf("night %d: exit code %d: %s", i, code, text)
	}
}

// together starts five processes within 50 ms and stops some of them for a while.
func (o *ordeal) together(i int, random *rand.Rand, said map[string]int) {
	o.t.Helper()
	o.asOf(i)
	var all []*process
	for range 5 {
		p := o.start()
		all = append(all, p)
		if random.IntN(2) == 0 {
			o.pause(p, time.Duration(random.IntN(500))*time.Millisecond, time.Duration(500+random.IntN(700))*time.Millisecond)
		}
		time.Sleep(time.Duration(random.IntN(10)) * time.Millisecond)
	}
	for _, p := range all {
		code, text := p.endWithin(patience)
		last := text[strings.LastIndex("\n"+strings.TrimSpace(text), "\n"):]
		if code == exitDone {
			last = "done"
		}
		said[fmt.Sprintf("%d %s", code, withoutNumbers(last))]++
		if !slices.Contains([]int{exitDone, exitLocked, exitUnproven}, code) { // a busy machine: the server was slow to answer
			o.t.Errorf("night %d: exit code %d: %s", i, code, text)
		}
	}
}

// withoutNumbers makes messages of one kind equal.
func withoutNumbers(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '#'
		}
		return r
	}, strings.TrimSpace(text))
}

// pause stops a process after a while, longer than its lease, and has it go on.
func (o *ordeal) pause(p *process, after, pause time.Duration) {
	time.AfterFunc(after, func() {
		_ = p.cmd.Process.Signal(syscall.SIGSTOP)
		time.Sleep(pause)
		_ = p.cmd.Process.Signal(syscall.SIGCONT)
	})
}
