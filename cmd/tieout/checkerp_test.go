package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tieout/fixtures/demo"
	"tieout/fixtures/sandbox/company"
)

// erpFolder is the demonstration's configuration and the ERP of its first evening.
func erpFolder(t *testing.T) string {
	t.Helper()
	d := &demonstration{out: filepath.Join(t.TempDir(), "demo")}
	month := demo.Grow(1)
	if err := d.layOut(month); err != nil {
		t.Fatal(err)
	}
	if err := d.layERP(&month.Nights[0]); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(d.out, demoConfig) // without the processor, which is not there
	text := read(t, config)
	from, to := strings.Index(text, "\nreports:"), strings.Index(text, "\ndocuments:")
	write(t, config, text[:from]+"\nreports: reports"+text[to:])
	return d.out
}

func check(t *testing.T, wantCode int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), append([]string{"check"}, args...), &out, &errs); code != wantCode {
		t.Fatalf("exit code %d, want %d: %s%s", code, wantCode, out.String(), errs.String())
	}
	return out.String()
}

// The check opens the ERP's tables, and the survey is a file that can be sent.
func TestCheckSurveysTheERP(t *testing.T) {
	dir := erpFolder(t)
	file := filepath.Join(dir, "survey.txt")
	out := check(t, exitDone, "--config", filepath.Join(dir, demoConfig), "--survey", file)
	survey := read(t, file)
	for _, want := range []string{"TIEOUT SITE SURVEY", "What must be settled first: 0", "SOMAST: order", "ccreqid", "aligned:"} {
		if !strings.Contains(survey, want) {
			t.Errorf("the survey lacks %q", want)
		}
	}
	if !strings.Contains(out, "ok     ERP: ") || !strings.Contains(out, file) {
		t.Errorf("said:\n%s", out)
	}
}

// Exports of whole tables are surveyed as the tables are.
func TestCheckSurveysExports(t *testing.T) {
	dir := erpFolder(t)
	config := filepath.Join(dir, demoConfig)
	write(t, config, strings.Replace(read(t, config), "kind: dbf", "kind: tables", 1))
	month := demo.Grow(1)
	made := company.Grow(company.Options{Seed: 1, Generation: company.G3, Today: month.Nights[0].Date, Documents: month.Nights[0].Documents})
	for _, f := range made.Exports() {
		if !strings.Contains(f.Name, "arycsh") {
			write(t, filepath.Join(dir, "erp", filepath.Base(f.Name)), string(f.Data))
		}
	}
	file := filepath.Join(dir, "survey.txt")
	out := check(t, exitUsage, "--config", config, "--survey", file)
	if !strings.Contains(out, "FAULT  ERP: table arycsh (receipt, history) is missing") || strings.Count(out, "FAULT") != 1 {
		t.Errorf("said:\n%s", out)
	}
	if survey := read(t, file); !strings.Contains(survey, "SOMAST: order") || !strings.Contains(survey, "source    "+filepath.Join(dir, "erp")) {
		t.Errorf("%.2000s", survey)
	}
}

// Every fault of the ERP is said at once, as text and for machines, with exit code 2.
func TestCheckSaysEveryFaultOfTheERP(t *testing.T) {
	dir := erpFolder(t)
	config := filepath.Join(dir, demoConfig)
	text := strings.Replace(read(t, config), "tax: tax", "tax: vat", 1)
	write(t, config, strings.Replace(text, "request_id: ccreqid", "request_id: ponum", 1))
	if err := os.Remove(filepath.Join(dir, "erp", "ardata", "arcash01.dbf")); err != nil {
		t.Fatal(err)
	}
	out := check(t, exitUsage, "--config", config)
	for _, want := range []string{
		"table armast has no column vat; name the one that holds it in sage_pro.invoice.tax", "table somast has no column vat",
		"table armast, column ponum is 20 wide, and 22 are needed", "table arcash (receipt) is missing",
	} {
		if !strings.Contains(out, "FAULT  ERP: "+want) {
			t.Errorf("not said: %s\n%s", want, out)
		}
	}
	var all []checked
	if err := json.Unmarshal([]byte(check(t, exitUsage, "--config", config, "--output", "json")), &all); err != nil || len(all) < 5 {
		t.Errorf("%v: %+v", err, all)
	}
}
