package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tieout/fixtures/demo"
)

func runDemo(t *testing.T, wantCode int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), append([]string{"demo"}, args...), &out, &errs); code != wantCode {
		t.Fatalf("exit code %d, want %d: %s%s", code, wantCode, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

// The demonstration holds its answer key; TIEOUT_DEMO_SEEDS months in full for a long proof.
func TestDemoHoldsItsAnswerKey(t *testing.T) {
	months, nights := 1, "9"
	if text := os.Getenv("TIEOUT_DEMO_SEEDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("TIEOUT_DEMO_SEEDS: %v", err)
		}
		months, nights = n, "0"
	}
	for seed := 1; seed <= months; seed++ {
		dir := filepath.Join(t.TempDir(), "demo")
		stdout, _ := runDemo(t, 0, "--out", dir, "--nights", nights, "--seed", strconv.Itoa(seed))
		if !strings.Contains(stdout, "facts hold, 100 %") {
			t.Errorf("seed %d: the score is missing:\n%s", seed, stdout)
		}
		for _, night := range demo.Grow(uint64(seed)).Nights[:9] {
			if books, _ := filepath.Glob(filepath.Join(dir, "out", "*_exceptions_"+night.Date+"_*.xlsx")); len(books) == 0 {
				t.Errorf("seed %d: no workbook of %s", seed, night.Date)
			}
		}
	}
}

// A key that is wrong in one place is not held, and the place is named.
func TestDemoSeesWhatDoesNotHold(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(k *demo.Key)
		want  string
	}{
		"outcome of a row":         {func(k *demo.Key) { k.Rows[0].Reason = "NO_ORDER" }, "row "},
		"outcome of a document":    {func(k *demo.Key) { k.Documents[0].Kind = "PARTIAL" }, "document "},
		"an exception too many":    {func(k *demo.Key) { k.Open = k.Open[1:] }, "should not be"},
		"reason of an exception":   {func(k *demo.Key) { k.Open[0].Reason = "TEST" }, "not open as TEST"},
		"first day of an item":     {func(k *demo.Key) { k.Open[0].Since = "2026-01-01" }, "since 2026-01-01"},
		"an item that has cleared": {func(k *demo.Key) { k.Cleared = k.Open[:1] }, "has not cleared"},
		"what an account holds":    {func(k *demo.Key) { k.Balances[0].Minor++ }, "minor units"},
	} {
		t.Run(name, func(t *testing.T) {
			m := demo.Grow(1)
			m.Nights = m.Nights[:1]
			c.spoil(&m.Nights[0].Key)
			d := &demonstration{out: filepath.Join(t.TempDir(), "demo")}
			err := d.play(t.Context(), m, &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the fault is not named: %v", err)
			}
		})
	}
}

// An earlier demonstration is replaced; a folder of anything else is left alone.
func TestDemoReplacesOnlyDemonstrations(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	first, _ := runDemo(t, 0, "--out", dir, "--nights", "1")
	second, _ := runDemo(t, 0, "--out", dir, "--nights", "1")
	if first != second {
		t.Errorf("the second demonstration differs:\n%s\n%s", first, second)
	}
	other := t.TempDir()
	kept := filepath.Join(other, "ledger.xlsx")
	write(t, kept, "mine")
	_, stderr := runDemo(t, exitUsage, "--out", other)
	if !strings.Contains(stderr, other) || read(t, kept) != "mine" {
		t.Errorf("a folder of somebody else: %s", stderr)
	}
	for _, nights := range []string{"-1", "99"} {
		if _, stderr := runDemo(t, exitUsage, "--out", filepath.Join(other, "x"), "--nights", nights); !strings.Contains(stderr, fmt.Sprint("--nights ", nights)) {
			t.Errorf("--nights %s: %s", nights, stderr)
		}
	}
}
