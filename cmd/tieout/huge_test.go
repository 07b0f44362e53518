package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"

	"tieout/fixtures/sandbox"
	"tieout/recon/cybersource"
)

// hugeLimit is what fetching a report may hold in memory, in MiB, however large
// the report is; a small one must stay well below. What the race detector holds
// beside it is none of the program's.
func hugeLimit(size string) float64 {
	if size == smallHuge && !raced() {
		return 128
	}
	return 256
}

// raced tells whether the race detector watches.
func raced() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "-race" && s.Value == "true" })
}

const smallHuge = "40MB"

// TestHugeReport downloads, archives and parses a report of TIEOUT_HUGE (such as
// 5GB) in a process of its own, and reads the peak of its resident memory from
// the kernel. Its rows are more than are remembered in memory, so that what they
// repeat of each other is found on disk.
func TestHugeReport(t *testing.T) {
	size := cmp.Or(os.Getenv("TIEOUT_HUGE"), smallHuge)
	if dir := os.Getenv("TIEOUT_HUGE_CHILD"); dir != "" {
		fetchHuge(t, dir)
		return
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		if os.Getenv("TIEOUT_NO_SKIP") != "" {
			t.Fatal("the kernel tells no peak here")
		}
		t.Skip("the kernel tells no peak here")
	}
	o := newAccount(t, cybersource.JWT, "America/Los_Angeles", "")
	o.layText(dayReportText(scheduleIn(t, "America/Los_Angeles"), on(t, "2026-09-28"), "10.00"))
	play, err := sandbox.ParsePlay("huge-report,size=" + size)
	if err != nil {
		t.Fatal(err)
	}
	o.peer.Play(play)
	begun := time.Now()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHugeReport$", "-test.v", "-test.timeout=0")
	child.Env = append(os.Environ(), "TIEOUT_HUGE_CHILD="+o.dir)
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found := regexp.MustCompile(`peak (\d+) kB`).FindSubmatch(out)
	if found == nil {
		t.Fatalf("the child names no peak:\n%s", out)
	}
	kB, _ := strconv.Atoi(string(found[1]))
	c := o.status(exitDone, func(v *gridVerb) { v.to = v.from }).Cells[0]
	t.Logf("%d bytes, %+v %v, %v: peak %.1f MiB", c.Size, c.Judged.Rows, c.Judged.Totals, time.Since(begun).Round(time.Second), float64(kB)/1024)
	if j := c.Judged; j.Verdict != "ACCEPTED" || j.Rows.Total < 100_000 || j.Rows.Accepted != j.Rows.Total {
		t.Errorf("%+v", j)
	}
	if peak := float64(kB) / 1024; peak > hugeLimit(size) {
		t.Errorf("peak of %.1f MiB, the limit is %.0f", peak, hugeLimit(size))
	}
}

// fetchHuge is the child: `tieout fetch` at the stand-in's time of day.
func fetchHuge(t *testing.T, dir string) {
	now := func() time.Time { return time.Date(2026, 10, 5, 19, 0, 0, 0, time.UTC) }
	v := &gridVerb{
		config: filepath.Join(dir, "tieout.yaml"), from: "2026-09-28", to: "2026-09-28", output: "json", now: now,
		change: []func(*cybersource.Options){func(c *cybersource.Options) { c.Now = now }},
		sleep:  func(context.Context, time.Duration) error { return context.Canceled },
	}
	var stdout, stderr bytes.Buffer
	if err := v.fetch(t.Context(), &stdout, &stderr); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("peak %s kB\n", regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)[1])
}
