package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exampleNight is the worked example as a company's folder, run with state.
func exampleNight(t *testing.T) (dir string) {
	t.Helper()
	dir = exampleFolder(t)
	exampleRun(t, dir, "2026-10-02")
	return dir
}

// exampleFolder is the worked example as a company's folder.
func exampleFolder(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for from, to := range map[string]string{
		"transactions.csv": "reports/transactions.csv", "documents.csv": "erp/documents.csv", "funding.csv": "funding/funding.csv",
		"bank.csv": "bank/bank.csv", "history.csv": "opening.csv",
	} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(to)), 0o750); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, to), read(t, filepath.Join(golden, from)))
	}
	var policy map[string]any
	if err := json.Unmarshal([]byte(read(t, filepath.Join(golden, "config.json"))), &policy); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"date_from", "date_to", "as_of"} {
		delete(policy, key)
	}
	for key, place := range map[string]string{
		"store": "tieout.db", "reports": "reports", "documents": "erp", "funding": "funding", "bank": "bank", "opening": "opening.csv", "output": "out", "posting": "posting",
	} {
		policy[key] = place
	}
	config, err := json.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "tieout.yaml"), string(config))
	return dir
}

func exampleRun(t *testing.T, dir, asOf string) {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{
		"run", "--config", filepath.Join(dir, "tieout.yaml"), "--from", "2026-09-29", "--to", "2026-10-01", "--as-of", asOf,
	}, &out, &errs); code != 0 {
		t.Fatalf("run: exit code %d: %s", code, errs.String())
	}
}

// explain asks as a user would.
func explain(t *testing.T, dir, id string, more ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), append([]string{"explain", id, "--config", filepath.Join(dir, "tieout.yaml")}, more...), &out, &errs)
	return code, out.String(), errs.String()
}

// told is an explanation as a machine reads it.
type told struct {
	ID    string
	Found []struct {
		Kind, ID     string
		Facts        map[string]string
		Money        []moneySaid
		JournalLines []lineSaid      `json:"journal_lines"`
		Revisions    []revisionSaid  `json:"revisions"`
		Exceptions   []exceptionSaid `json:"exceptions"`
		History      []versionSaid   `json:"history"`
	}
}

func explained(t *testing.T, dir, id string) (x told) {
	t.Helper()
	code, out, errs := explain(t, dir, id, "--output", "json")
	if code != 0 {
		t.Fatalf("explain %s: exit code %d: %s", id, code, errs)
	}
	if err := json.Unmarshal([]byte(out), &x); err != nil {
		t.Fatalf("explain %s: %v\n%s", id, err, out)
	}
	return x
}

// GL-24: an id of every kind, as people read it. After the first night a credit
// memo for an open refund comes in, so that the second one corrects.
func TestExplainSaysWhatBecameOfIt(t *testing.T) {
	dir := exampleNight(t)
	docs := filepath.Join(dir, "erp", "documents.csv")
	write(t, docs, read(t, docs)+lateMemo(t))
	exampleRun(t, dir, "2026-10-03")
	var transcript strings.Builder
	for _, id := range []string{
		"7000000000000000000006", "7000000000000000000026/REFUND", "7000000000000000000050", "7000000000000000009008", "D03", "D39", "D99",
		"F03", "K09", "TO26000012-1", "TO26000026", "TO26000029", "Xfa417de3eb02d51f", "Xbee30606aa95c16b", "no such id",
	} {
		code, out, errs := explain(t, dir, id)
		fmt.Fprintf(&transcript, "$ tieout explain '%s'\n%s%sexit code %d\n\n", id, out, errs, code)
	}
	const file = "testdata/explain.txt"
	if os.Getenv("TIEOUT_GOLDEN") == "write" {
		write(t, file, transcript.String())
	}
	if diff := cmp.Diff(read(t, file), transcript.String()); diff != "" {
		t.Errorf("%s differs (-want +got); `make golden` writes it anew:\n%s", file, diff)
	}
}

// lateMemo is the credit memo that refund 7000000000000000000026 waits for, as
// a line of documents.csv.
func lateMemo(t *testing.T) string {
	t.Helper()
	lines := strings.Split(read(t, filepath.Join(golden, "documents.csv")), "\n")
	names := strings.Split(lines[0], ",")
	values := make([]string, len(names))
	for name, value := range map[string]string{
		"doc_id": "D99", "doc_type": "CREDIT_MEMO", "order_no": "104401", "doc_date": "2026-09-30", "status": "SHIPPED", "merchant_id": "acme_us",
		"payment_method": "CARD", "currency": "USD", "amount": "-15.00",
	} {
		i := slices.Index(names, name)
		if i < 0 {
			t.Fatalf("documents.csv has no column %s", name)
		}
		values[i] = value
	}
	return strings.Join(values, ",") + "\n"
}

// GL-24: line -> rows -> file and back, for every line of the books.
func TestEveryLineIsFollowedToItsFilesAndBack(t *testing.T) {
	dir := exampleFolder(t)
	for _, folder := range []string{"funding", "bank"} {
		halve(t, filepath.Join(dir, folder, folder))
	}
	exampleRun(t, dir, "2026-10-02")
	carried := map[string][]string{} // lines by the id that is behind them, as its own explanation has it
	links := 0
	for n := 1; ; n++ {
		number := fmt.Sprintf("TO26%06d", n)
		code, _, _ := explain(t, dir, number)
		if code != 0 {
			break
		}
		for _, line := range explained(t, dir, number).Found[0].JournalLines {
			if len(line.Sources) == 0 {
				t.Errorf("%s: nothing is behind it", line.ID)
			}
			for _, s := range line.Sources {
				links++
				inFile(t, dir, s)
				if _, asked := carried[s.ID]; !asked {
					carried[s.ID] = []string{}
					for _, thing := range explained(t, dir, s.ID).Found {
						for _, l := range thing.JournalLines {
							carried[s.ID] = append(carried[s.ID], l.ID)
						}
					}
				}
				if !slices.Contains(carried[s.ID], line.ID) {
					t.Errorf("%s is rolled up from %s, which does not know it: %v", line.ID, s.ID, carried[s.ID])
				}
			}
		}
	}
	if links < 100 {
		t.Errorf("only %d lines and sources: the books were not read", links)
	}
}

// halve makes two files of one: what is in the second must be found there.
func halve(t *testing.T, path string) {
	t.Helper()
	lines := strings.SplitAfter(read(t, path+".csv"), "\n")
	write(t, path+".csv", strings.Join(lines[:4], ""))
	write(t, path+"2.csv", lines[0]+strings.Join(lines[4:], ""))
}

// inFile holds the line that a source names against the kept file.
func inFile(t *testing.T, dir string, s sourceSaid) {
	t.Helper()
	place, err := filepath.Glob(filepath.Join(dir, "*", s.File))
	if s.File == "opening.csv" {
		place = []string{filepath.Join(dir, s.File)}
	}
	if err != nil || len(place) != 1 {
		t.Fatalf("%s: inputs called %q: %v, %v", s.ID, s.File, place, err)
	}
	lines := strings.Split(read(t, place[0]), "\n")
	id, _, _ := strings.Cut(s.ID, "/")
	if s.Line < 1 || s.Line > len(lines) || !strings.Contains(lines[s.Line-1], id) {
		t.Errorf("%s is not on line %d of %s", s.ID, s.Line, s.File)
	}
	if len(s.SHA256) != 64 {
		t.Errorf("%s: %q is no hash of a file", s.ID, s.SHA256)
	}
}

// A capture and its refund may share a transaction id: both are told.
func TestExplainTellsAllThatShareAnID(t *testing.T) {
	dir := exampleNight(t)
	report := filepath.Join(dir, "reports", "transactions.csv")
	text := strings.Replace(read(t, report), "7000000000000000000025,", "7000000000000000000002,", 1)
	write(t, filepath.Join(dir, "reports", "again.csv"), text)
	exampleRun(t, dir, "2026-10-03")
	var keys []string
	for _, thing := range explained(t, dir, "7000000000000000000002").Found {
		keys = append(keys, thing.ID)
	}
	if want := []string{"7000000000000000000002/CAPTURE", "7000000000000000000002/REFUND"}; !slices.Equal(keys, want) {
		t.Errorf("explained %v, want %v", keys, want)
	}
}

// A question never makes a store, and a wrong one says what can be asked.
func TestExplainRefusesWithASentence(t *testing.T) {
	dir := exampleNight(t)
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"an unknown id":        {[]string{"nothing"}, exitFailed, "a bank line"},
		"a line too many":      {[]string{"TO26000012-99"}, exitFailed, "a journal line (TO26000012-3)"},
		"no id":                {nil, exitUsage, "accepts 1 arg"},
		"an unknown form":      {[]string{"D01", "--output", "xml"}, exitUsage, "text or json"},
		"no configuration":     {[]string{"D01", "--config", filepath.Join(dir, "no.yaml")}, exitUsage, "no such file; check its name"},
		"an id as a statement": {[]string{"' OR 1=1 --"}, exitFailed, "nothing is stored"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append([]string{"explain", "--config", filepath.Join(dir, "tieout.yaml")}, c.args...), &out, &errs)
		if code != c.code || !strings.Contains(errs.String(), c.says) || out.Len() > 0 {
			t.Errorf("%s: exit code %d, %q; want %d and %q", name, code, errs.String(), c.code, c.says)
		}
	}
	if err := os.Remove(filepath.Join(dir, "tieout.db")); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := explain(t, dir, "D01"); code != exitFailed || !strings.Contains(errs, "there is no store") {
		t.Errorf("without a store: exit code %d, %q", code, errs)
	}
	if _, err := os.Stat(filepath.Join(dir, "tieout.db")); err == nil {
		t.Error("a question made a store")
	}
}

// A line that was rolled up from many rows, and a document that many name, are
// told a page at a time, with the count of all.
func TestExplainTellsLongListsByPages(t *testing.T) {
	c := newCompany(t, "")
	c.put("reports/a.csv", salesReport("2026-09-29", 1, 130, 1))
	c.put("erp/documents.csv", salesDocuments("2026-09-29", 1, 130, 1))
	c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
	explain := func(args ...string) string {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"explain", "--config", filepath.Join(c.dir, "tieout.yaml")}, args...), &stdout, &stderr); code != 0 {
			t.Fatalf("exit code %d: %s", code, stderr.String())
		}
		return stdout.String()
	}
	for _, x := range []struct {
		args  []string
		says  string
		lines int
	}{
		{nil, "(130 in all, 1 to 50 here; --skip and --limit show others)", 50},
		{[]string{"--skip", "100"}, "(130 in all, 101 to 130 here; ", 30},
		{[]string{"--skip", "130"}, "(130 in all, none after --skip 130)", 0},
		{[]string{"--limit", "0"}, "rolled up from\n", 130},
	} {
		text := explain(append(x.args, "TO26000001-1")...)
		if n := strings.Count(text, "a.csv, line "); !strings.Contains(text, x.says) || n != x.lines {
			t.Errorf("%v: %d sources, want %d and %q:\n%s", x.args, n, x.lines, x.says, text)
		}
	}
	if text := explain("--skip", "1", "D2"); !strings.Contains(text, "(1 in all, none after --skip 1)") {
		t.Errorf("a document after its only row:\n%s", text)
	}
}
