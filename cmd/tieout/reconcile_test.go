package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/ledger/drop/durable"
	"tieout/recon"
	"tieout/reports"
	"tieout/reports/workbook"
)

const golden = "../../fixtures/golden/worked-example"

// reconcile runs the command as a user would and returns the folder with the results.
func reconcile(t *testing.T, wantCode int, args ...string) (out, stderr string) {
	t.Helper()
	out = filepath.Join(t.TempDir(), "out")
	var stdout, errs bytes.Buffer
	code := run(t.Context(), append([]string{"reconcile", "--out", out}, args...), &stdout, &errs)
	if code != wantCode {
		t.Fatalf("exit code %d, want %d: %s", code, wantCode, errs.String())
	}
	return out, errs.String()
}

func example(dir string) []string {
	return []string{
		"--transactions", filepath.Join(dir, "transactions.csv"), "--documents", filepath.Join(dir, "documents.csv"),
		"--history", filepath.Join(dir, "history.csv"), "--funding", filepath.Join(dir, "funding.csv"),
		"--bank", filepath.Join(dir, "bank.csv"), "--policy", filepath.Join(dir, "config.json"),
	}
}

func readJSON(t *testing.T, path string) any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

// Section 7, test (a): exact equality with the answer.
func TestWorkedExample(t *testing.T) {
	out, _ := reconcile(t, 0, example(golden)...)
	want := readJSON(t, filepath.Join(golden, "expected.json"))
	if diff := cmp.Diff(want, readJSON(t, filepath.Join(out, "result.json"))); diff != "" {
		t.Errorf("result.json differs (-want +got):\n%s", diff)
	}
}

// Section 7, test (b), and INV-12: the order of rows and how they are split over files changes nothing.
func TestOrderAndSplitChangeNothing(t *testing.T) {
	out, _ := reconcile(t, 0, example(golden)...)
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			dir := shuffled(t, seed)
			args := example(dir)
			if seed%2 == 1 {
				args = append(args, "--transactions", filepath.Join(dir, "transactions-2.csv"), "--documents", filepath.Join(dir, "documents-2.csv"))
			}
			again, _ := reconcile(t, 0, args...)
			for _, name := range []string{"result.json", "journal.csv"} {
				if want, got := read(t, filepath.Join(out, name)), read(t, filepath.Join(again, name)); want != got {
					t.Fatalf("seed %d: %s differs:\n%s", seed, name, cmp.Diff(want, got))
				}
			}
		})
	}
}

// Section 7, test (d): the same files in the same order give the same bytes.
func TestTwiceGivesTheSameBytes(t *testing.T) {
	one, _ := reconcile(t, 0, example(golden)...)
	two, _ := reconcile(t, 0, example(golden)...)
	files, err := os.ReadDir(one)
	if err != nil || len(files) < 7 {
		t.Fatalf("%d files in the output folder, %v", len(files), err)
	}
	for _, f := range files {
		if read(t, filepath.Join(one, f.Name())) != read(t, filepath.Join(two, f.Name())) {
			t.Errorf("%s differs on the second run", f.Name())
		}
	}
}

// Section 7, test (e): one minor unit more or less changes an outcome or a total.
func TestOneCentIsSeen(t *testing.T) {
	out, _ := reconcile(t, 0, example(golden)...)
	want := read(t, filepath.Join(out, "result.json"))
	for _, change := range [][2]string{{",USD,75.50,", ",USD,75.51,"}, {",USD,-9.87,", ",USD,-9.88,"}, {",KWD,12.345,", ",KWD,12.346,"}} {
		dir := copyExample(t)
		path := filepath.Join(dir, "transactions.csv")
		text := read(t, path)
		if !strings.Contains(text, change[0]) {
			t.Fatalf("no row with %s", change[0])
		}
		write(t, path, strings.Replace(text, change[0], change[1], 1))
		again, _ := reconcile(t, 0, example(dir)...)
		if read(t, filepath.Join(again, "result.json")) == want {
			t.Errorf("%s to %s changes nothing", change[0], change[1])
		}
	}
}

// A wrong file is named with its line, nothing but inputs.json is left, and the exit code is 1.
func TestCondemnedFileStopsTheRun(t *testing.T) {
	dir := copyExample(t)
	write(t, filepath.Join(dir, "transactions.csv"), "<html>Not found</html>\n")
	out, stderr := reconcile(t, 1, example(dir)...)
	if !strings.Contains(stderr, "transactions.csv") {
		t.Errorf("the message does not name the file: %s", stderr)
	}
	files, _ := os.ReadDir(out)
	if len(files) != 1 || files[0].Name() != "inputs.json" {
		t.Errorf("left behind: %v", files)
	}
}

// All faults of a policy come at once, with key and line, and the exit code is 2.
func TestPolicyFaultsComeTogether(t *testing.T) {
	dir := copyExample(t)
	policy := filepath.Join(dir, "config.json")
	text := strings.NewReplacer(`"USD",`, `"USX",`, `"AR"`, `"ARR"`, `"2026-10-02"`, `"2026-13-02"`).Replace(read(t, policy))
	write(t, policy, text)
	out, stderr := reconcile(t, 2, example(dir)...)
	for _, want := range []string{"base_currency", "merchants.acme_us.revenue_model", "as_of", "config.json:4"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no word of %s in:\n%s", want, stderr)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("an output folder was left behind")
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func copyExample(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(golden)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// shuffled is a copy of the example with every table in another order, and
// transactions and documents split over two files when the seed is odd.
func shuffled(t *testing.T, seed uint64) string {
	t.Helper()
	dir := copyExample(t)
	random := rand.New(rand.NewPCG(seed, 1))
	for _, name := range []string{"transactions", "documents", "history", "funding", "bank"} {
		path := filepath.Join(dir, name+".csv")
		lines := strings.Split(strings.TrimSuffix(read(t, path), "\n"), "\n")
		header, rows := lines[0], lines[1:]
		random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		cut := len(rows)
		if seed%2 == 1 && (name == "transactions" || name == "documents") {
			cut = random.IntN(len(rows))
			write(t, filepath.Join(dir, name+"-2.csv"), header+"\n"+strings.Join(rows[cut:], "\n")+"\n")
		}
		write(t, path, strings.Join(append([]string{header}, rows[:cut]...), "\n")+"\n")
	}
	return dir
}

// XLS-14: detail beyond the limit goes to a second workbook, and a later run without it takes the second away.
func TestLongDetailGoesToASecondWorkbook(t *testing.T) {
	out := t.TempDir()
	o := &oneShot{detail: "all"}
	night := &reports.Night{Company: "X", From: 1, To: 1, AsOf: 2, RunID: "r", Counts: []reports.Count{{Side: reports.SideEvent, Matched: workbook.DefaultDetailRows + 1}}}
	night.Rows = func(yield func(reports.Row, error) bool) {
		for range workbook.DefaultDetailRows + 1 {
			if !yield(reports.Row{Side: reports.SideEvent, Verdict: recon.Matched}, nil) {
				return
			}
		}
	}
	stage := func() {
		set, err := durable.Stage(out)
		if err != nil {
			t.Fatal(err)
		}
		defer set.Discard()
		if err := errors.Join(o.createWorkbooks(set, night), set.Commit()); err != nil {
			t.Fatal(err)
		}
	}
	stage()
	if main, data := size(t, out, workbookName), size(t, out, dataName); main == 0 || data < main {
		t.Errorf("%s has %d bytes, %s %d", workbookName, main, dataName, data)
	}
	if !strings.Contains(text(t, filepath.Join(out, workbookName)), "it is in the workbook "+dataName) {
		t.Errorf("%s does not say where the detail is", workbookName)
	}
	night.Rows, night.Counts = nil, nil
	stage()
	if size(t, out, workbookName) == 0 || size(t, out, dataName) != 0 {
		t.Error("the second workbook of an earlier run is still there")
	}
	o.noWorkbook = true
	stage()
	if size(t, out, workbookName) != 0 {
		t.Error("--no-workbook leaves the workbook of an earlier run behind")
	}
}

// size of a file in a folder; 0 is none.
func size(t *testing.T, dir, name string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, name))
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
