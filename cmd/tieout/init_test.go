package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tieout/cmd/tieout/internal/config"
)

// What stands in comments of the first configuration is true as well: with all of it
// in force it can be read.
func TestTheStartersCommentsAreConfiguration(t *testing.T) {
	s := &starter{dir: t.TempDir(), At: "05:30", Day: "2026-10-01"}
	text, err := s.text()
	if err != nil {
		t.Fatal(err)
	}
	day := config.Range{From: 1, To: 1, AsOf: 1}
	if _, err := config.ReadRun("tieout.yaml", text, os.DirFS(s.dir), day); err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`(?m)^(reports|documents|posting): \w+\n`).ReplaceAllString(string(text), "")
	all = regexp.MustCompile(`(?m)^# (  |[a-z_]+: |[a-z_]+:\n)`).ReplaceAllStringFunc(all, func(m string) string { return strings.TrimPrefix(m, "# ") })
	for _, key := range []string{"test_merchants", "base_url", "sage_pro", "funding", "bank", "format", "sftp", "mail", "admin"} {
		if !regexp.MustCompile(`(?m)^ *` + key + `: `).MatchString(all) {
			t.Errorf("%s is not in force:\n%s", key, all)
		}
	}
	run, err := config.ReadRun("tieout.yaml", []byte(all), os.DirFS(s.dir), day)
	if err != nil {
		t.Fatal(err)
	}
	if run.Door == nil || run.Processor == nil || run.Service.Mail == nil || run.Targets[0].Server == nil {
		t.Errorf("not everything was read: %+v", run)
	}
}

// Paths of the configuration are from its own folder, wherever the sandbox is.
func TestTheStarterFindsTheSandbox(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "sandbox.json"), "{}")
	v := &initVerb{dir: filepath.Join(dir, "trial"), sandbox: dir, at: "05:30", now: time.Now}
	if err := v.run(&strings.Builder{}); err == nil || !strings.Contains(err.Error(), "not ready yet") {
		t.Errorf("a sandbox that is not ready: %v", err)
	}
	if got := (&starter{dir: filepath.Join(dir, "trial")}).Path(filepath.Join(dir, "erp")); got != "../erp" {
		t.Error(got)
	}
}
