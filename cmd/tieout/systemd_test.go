//go:build linux

package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// underSystemd puts a systemctl first in the path that writes down what it is asked.
func underSystemd(t *testing.T) (log string) {
	t.Helper()
	dir := t.TempDir()
	log = filepath.Join(dir, "asked")
	script := "#!/bin/sh\necho \"$@\" >> " + log + "\n[ ! -e " + filepath.Join(dir, "broken") + " ] || { echo Access denied >&2; exit 4; }\n"
	if err := os.WriteFile(filepath.Join(dir, "systemctl"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return log
}

const nightly0530 = "schedule: {at: \"05:30\"}\nstart: 2026-10-01\n"

// The service is installed, started, stopped and removed as systemd wants it.
func TestServiceUnderSystemd(t *testing.T) {
	log := underSystemd(t)
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	c := newCompany(t, nightly0530)
	units := t.TempDir()
	flags := []string{"--unit-dir", units, "--name", "tieout-acme"}
	c.want(c.service(exitDone, "install", append(flags, "--user", me.Username)...), "is installed", "tieout service start --name tieout-acme")
	c.service(exitDone, "start", flags...)
	c.service(exitDone, "stop", flags...)
	unit := read(t, filepath.Join(units, "tieout-acme.service"))
	c.want(unit, "Type=notify", "serve --config \""+filepath.Join(c.dir, "tieout.yaml")+"\"", "User="+me.Username+"\n", "ReadWritePaths=\""+c.dir+"\"\n", "NoNewPrivileges=yes", "ProtectSystem=strict")
	c.want(c.service(exitUsage, "install", append(flags, "--user", me.Username, "--credential", "a=/b")...), "is there with other contents")
	c.service(exitDone, "uninstall", flags...)
	c.want(c.service(exitUsage, "uninstall", flags...), "there is no service tieout-acme")
	want := "daemon-reload|enable tieout-acme.service|start tieout-acme.service|stop tieout-acme.service|disable --now tieout-acme.service|daemon-reload|"
	if got := strings.ReplaceAll(read(t, log), "\n", "|"); got != want {
		t.Errorf("systemctl was asked %s, must be %s", got, want)
	}
	write(t, filepath.Join(filepath.Dir(log), "broken"), "")
	c.want(c.service(exitFailed, "start", flags...), "systemctl start tieout-acme.service", "Access denied")
}

// service runs a verb of the service.
func (c companyFolder) service(wantCode int, verb string, more ...string) string {
	c.t.Helper()
	var out strings.Builder
	if code := run(c.t.Context(), append([]string{"service", verb, "--config", filepath.Join(c.dir, "tieout.yaml")}, more...), &out, &out); code != wantCode {
		c.t.Fatalf("service %s %v: exit code %d, want %d: %s", verb, more, code, wantCode, out.String())
	}
	return out.String()
}

// A service with a user of its own owns nothing but its state; systemd itself finds no fault with the unit.
func TestServiceWithAUserOfItsOwn(t *testing.T) {
	c := newCompany(t, nightly0530)
	c.want(c.service(exitUsage, "install", "--print"), "where a service with a user of its own may not", "--user")
	text := read(t, filepath.Join(c.dir, "tieout.yaml"))
	c.put("tieout.yaml", text+"store: /var/lib/tieout/tieout.db\narchive: /var/lib/tieout/archive\noutput: /var/lib/tieout/out\nposting: /var/lib/tieout/posting\n")
	unit := c.service(exitDone, "install", "--print", "--credential", "sftp=/etc/tieout/100%/key")
	c.want(unit, "DynamicUser=yes", "StateDirectory=tieout\n", "LoadCredential=sftp:/etc/tieout/100%%/key", "[Install]\nWantedBy=multi-user.target")
	c.want(c.service(exitUsage, "install", "--print", "--credential", "sftp"), "NAME=FILE")
	c.want(c.service(exitUsage, "install", "--print", "--name", "a/b"), "--name")
	c.put("tieout.yaml", text)
	c.put("plain.yaml", strings.Replace(text, nightly0530, "", 1))
	c.want(c.service(exitUsage, "install", "--print", "--config", filepath.Join(c.dir, "plain.yaml")), "schedule: required to serve")

	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		return // the unit's text was looked at
	}
	file := filepath.Join(t.TempDir(), "tieout.service")
	write(t, file, unit)
	if said, err := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", file).CombinedOutput(); err != nil || strings.Contains(string(said), "tieout.service:") {
		t.Errorf("systemd says of the unit: %v\n%s", err, said)
	}
}

// The service manager is told when the service serves, and when it stops.
func TestServeTellsTheServiceManager(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	t.Setenv("NOTIFY_SOCKET", socket)
	c := newCompany(t, "schedule: {at: \"05:30\", zone: UTC}\nstart: 2026-10-01\n")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	v := &serveVerb{config: filepath.Join(c.dir, "tieout.yaml"), sweep: time.Second, now: func() time.Time { return time.Date(2026, 10, 1, 5, 0, 0, 0, time.UTC) }}
	log := &heard{}
	go func() { ended <- v.run(ctx, log) }()
	for _, want := range []string{"READY=1", "STOPPING=1"} {
		said := make([]byte, 64)
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		n, err := conn.Read(said)
		if err != nil || string(said[:n]) != want {
			t.Fatalf("the manager was told %q, %v; must be %s\n%s", said[:n], err, want, log)
		}
		stop()
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
