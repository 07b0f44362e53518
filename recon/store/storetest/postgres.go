package storetest

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server that lives as long as a test. It syncs what it
// commits, and listens on a socket of its own folder only.
type Server struct {
	dir string
	n   int
}

// Start starts a server; tests of one package share one. Where PostgreSQL is
// not installed the test is skipped, or fails if TIEOUT_NO_SKIP=1.
func Start(t *testing.T) *Server {
	t.Helper()
	bin := binaries()
	if bin == "" {
		const why = "PostgreSQL is not installed (no initdb in /usr/lib/postgresql/*/bin or pg_config --bindir)"
		if os.Getenv("TIEOUT_NO_SKIP") == "1" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	s := &Server{dir: folder(t)}
	data := filepath.Join(s.dir, "data")
	initdb := command(t, filepath.Join(bin, "initdb"), "--no-sync", "-A", "trust", "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8", "-D", data)
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	var log bytes.Buffer
	server := command(t, filepath.Join(bin, "postgres"), "-D", data, "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=on")
	server.Stderr = &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGINT) // fast shutdown
		_ = server.Wait()
	})
	if err := s.await(t.Context()); err != nil {
		t.Fatalf("PostgreSQL does not answer: %v\n%s", err, log.String())
	}
	return s
}

// binaries is the folder of the newest installed server, or "".
func binaries() string {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(dirs, func(a, b string) int { return len(b) - len(a) + strings.Compare(b, a) })
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			return dir
		}
	}
	return ""
}

// folder is in memory where there is such a place. The path is short: a socket's
// has little more than a hundred characters.
func folder(t *testing.T) string {
	t.Helper()
	parent := "/dev/shm"
	if _, err := os.Stat(parent); err != nil {
		parent = ""
	}
	dir, err := os.MkdirTemp(parent, "tieout-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := handOver(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (s *Server) await(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if err = s.exec(ctx, "SELECT 1"); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *Server) exec(ctx context.Context, statement string) error {
	c, err := pgx.Connect(ctx, s.address("postgres"))
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, statement)
	return err
}

func (s *Server) address(database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {s.dir}, "user": {"postgres"}}.Encode()
}

// Database makes an empty database and returns its address. options are words of
// CREATE DATABASE: a template, an encoding, an order of texts.
func (s *Server) Database(t *testing.T, options ...string) string {
	t.Helper()
	s.n++
	name := fmt.Sprintf("test%d", s.n)
	if err := s.exec(t.Context(), "CREATE DATABASE "+name+" "+strings.Join(options, " ")); err != nil {
		t.Fatal(err)
	}
	return s.address(name)
}
