//go:build torture && unix

package failpoint

import (
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
)

// At is an instant at which the process may die. The counts are of the process,
// for so is its death.
func At(name string) { planned().at(name) }

// Conn is a connection whose every packet out is such an instant.
func Conn(c net.Conn) net.Conn { return conn{c} }

type conn struct{ net.Conn }

func (c conn) Write(b []byte) (int, error) {
	At("sftp packet")
	return c.Conn.Write(b)
}

var planned = sync.OnceValue(read)

// plan is what the environment asks for.
type plan struct {
	name, action string
	times        int
	log          *os.File

	mu   sync.Mutex
	seen int
}

// read panics where the supervisor asks for what there is not.
func read() *plan {
	p := &plan{}
	if said := os.Getenv("TIEOUT_FAILPOINT"); said != "" {
		fields := strings.Split(said, ":")
		if len(fields) != 3 || fields[2] != "kill" && fields[2] != "stop" {
			panic("TIEOUT_FAILPOINT=" + said + ": name:occurrence:kill or stop is needed")
		}
		p.name, p.action = fields[0], fields[2]
		if _, err := fmt.Sscan(fields[1], &p.times); err != nil {
			panic(err)
		}
	}
	if path := os.Getenv("TIEOUT_FAILPOINT_LOG"); path != "" {
		var err error
		if p.log, err = os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
			panic(err)
		}
	}
	return p
}

func (p *plan) at(name string) {
	if p.log != nil {
		_, _ = p.log.WriteString(name + "\n")
	}
	if name != p.name {
		return
	}
	p.mu.Lock()
	p.seen++
	hit := p.seen == p.times
	p.mu.Unlock()
	if !hit {
		return
	}
	if p.action == "stop" {
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // nothing more happens on the way out
}
