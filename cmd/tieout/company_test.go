package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func runCompany(t *testing.T, ctx context.Context, wantCode int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(ctx, append([]string{"sandbox", "company"}, args...), &out, &errs); code != wantCode {
		t.Fatalf("%v: exit code %d, want %d: %s%s", args, code, wantCode, out.String(), errs.String())
	}
	return out.String() + errs.String()
}

// The verb writes each form, replaces only what it wrote itself, and says what is wrong with its flags.
func TestCompanyIsWrittenInEachForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		file string
	}{
		{[]string{"--generation", "g1"}, "armast01.dbf"},
		{nil, "ardata/armast01.dbf"},
		{[]string{"--form", "csv"}, "armast.csv"},
		{[]string{"--form", "sql", "--generation", "g4"}, "company.sql"},
	} {
		dir := filepath.Join(t.TempDir(), "pro")
		args := append([]string{"--dir", dir}, c.args...)
		first := runCompany(t, t.Context(), exitDone, args...)
		before := read(t, filepath.Join(dir, c.file))
		if again := runCompany(t, t.Context(), exitDone, args...); again != first || read(t, filepath.Join(dir, c.file)) != before || len(before) < 1000 {
			t.Errorf("%v: %q, then %q", c.args, first, again)
		}
	}
	other := t.TempDir()
	write(t, filepath.Join(other, "armast01.dbf"), "somebody's")
	for _, c := range [][2]string{
		{"--dir", ""},
		{"--dir " + other, "is no made-up company"},
		{"--dir x --generation g5", "g1, g2, g3 or g4"},
		{"--dir x --form xml", "dbf, csv or sql"},
		{"--dir x --generation g4", "--form sql"},
		{"--dir x --form csv --live", "--live"},
	} {
		if said := runCompany(t, t.Context(), exitUsage, strings.Fields(c[0])...); !strings.Contains(said, c[1]) {
			t.Errorf("%s: %s", c[0], said)
		}
	}
	if read(t, filepath.Join(other, "armast01.dbf")) != "somebody's" {
		t.Error("a folder of somebody else was touched")
	}
}

// With --live people work until they are stopped.
func TestCompanyAtWork(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "pro")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out bytes.Buffer
	v := &companyVerb{dir: dir, generation: "g3", form: "dbf", seed: 1}
	if err := v.run(ctx, &out); err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(dir, "sodata", "somast01.dbf")
	before := read(t, table)
	v.live, v.breath = true, func(int) bool {
		if read(t, table) != before {
			stop()
		}
		return ctx.Err() == nil
	}
	if err := v.run(ctx, &out); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, companyMark)); err != nil || read(t, table) == before {
		t.Errorf("nobody worked: %v", err)
	}
}
