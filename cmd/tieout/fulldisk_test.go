//go:build torture && linux

package main

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tieout/recon/store/storetest"
)

// A disk that is full, as a process sees it that may write no more than so much into
// one file: each is told with its cause, and once there is room, the nights that are due
// are run and delivered by the same process, without a person.
func TestAFullDiskIsTold(t *testing.T) {
	server := storetest.Start(t)
	for name, c := range map[string]struct {
		where string
		room  string // blocks of 512 bytes
		says  string
	}{
		"the store":   {"state.db", "96", "disk I/O error"},
		"the archive": {server.Database(t), "1", "file too large"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			b := newBoard(t)
			h, _ := servedCompany(t, c.where, 2)
			h.put("tieout.yaml", read(t, h.dir+"/tieout.yaml")+"notify: {webhook: {url: "+b.url+"}}\n")
			h.tell(exitFailed, "status") // makes the store
			p := &program{t: t, log: &heard{}, ended: make(chan error, 1)}
			p.Cmd = exec.Command("sh", "-c", "ulimit -S -f "+c.room+"; exec tieout serve --sweep 100ms --config "+h.dir+"/tieout.yaml")
			p.Stdout, p.Stderr = p.log, p.log
			if err := p.Start(); err != nil {
				t.Fatal(err)
			}
			go func() { p.ended <- p.Wait() }()
			t.Cleanup(func() { _ = p.Process.Kill() })
			within(t, "a notice", p.log, func() bool { return b.told("failed", c.says) > 0 })
			room := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
			if err := unix.Prlimit(p.Process.Pid, unix.RLIMIT_FSIZE, &room, nil); err != nil {
				t.Fatal(err)
			}
			withinTime(t, 3*time.Minute, "both nights", p.log, func() bool { return h.sentinels() == 2 }) // it is tried again after a minute
			p.signal(syscall.SIGTERM)
			if code := p.code(10 * time.Second); code != exitDone {
				t.Errorf("exit code %d\n%s", code, p.log)
			}
			h.allOnce(c.where, 2)
		})
	}
}
