//go:build torture && unix

package failpoint

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// At is an instant at which the process may die. The counts are of the process,
// for so is its death.
func At(name string) { planned().at(name) }

// Did gives err back. Where there is none, what was done to files is noted: from
// the notes of several processes in a row it is known what a power cut could take.
func Did(err error, what string, paths ...string) error {
	if err == nil {
		planned().note(what, paths)
	}
	return err
}

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
	log, journal *os.File

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
	p.log, p.journal = appendTo("TIEOUT_FAILPOINT_LOG"), appendTo("TIEOUT_JOURNAL")
	return p
}

// appendTo opens the file that a variable names; nil where it names none.
func appendTo(variable string) *os.File {
	path := os.Getenv(variable)
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	return f
}

func (p *plan) note(what string, paths []string) {
	if p.journal == nil {
		return
	}
	line := what
	for _, path := range paths {
		whole, err := filepath.Abs(path)
		if err != nil {
			panic(err)
		}
		line += "\t" + whole
	}
	_, _ = p.journal.WriteString(line + "\n")
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
