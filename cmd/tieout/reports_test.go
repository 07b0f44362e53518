package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const goldenReports = "../../fixtures/golden/reports"

// reportPolicy is the worked example's policy with the merchants and currencies of the golden reports.
func reportPolicy(t *testing.T) string {
	t.Helper()
	policy := readJSON(t, filepath.Join(golden, "config.json")).(map[string]any)
	for _, id := range []string{"shop_a", "shop_b"} {
		policy["merchants"].(map[string]any)[id] = map[string]any{"store": "900"}
	}
	policy["rates"] = map[string]any{"EUR": "1.1", "GBP": "1.3", "JPY": "0.0067", "KWD": "3.25", "CAD": "0.74"}
	data, err := json.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "policy.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every report that carries transactions can be given, is recognised by its
// content, and the order of the files changes nothing (INV-12); all invariants
// hold over fees, disputes, memos and what several reports say of one event.
func TestReportsOfEveryKind(t *testing.T) {
	inputs, _ := filepath.Glob(goldenReports + "/*/input.*")
	inputs = slices.DeleteFunc(inputs, func(path string) bool {
		return slices.ContainsFunc([]string{"/batch-summary", "/conversion", "/net-funding"}, func(control string) bool { return strings.Contains(path, control) })
	})
	if len(inputs) < 18 {
		t.Fatalf("%d reports", len(inputs))
	}
	policy := reportPolicy(t)
	args := func() []string {
		all := []string{"--documents", filepath.Join(golden, "documents.csv"), "--policy", policy, "--no-workbook"}
		for _, path := range inputs {
			all = append(all, "--transactions", path)
		}
		return all
	}
	out, _ := reconcile(t, 0, args()...)
	for i, one := range readJSON(t, filepath.Join(out, "inputs.json")).([]any)[:len(inputs)] {
		report, kind := one.(map[string]any), filepath.Base(filepath.Dir(inputs[i]))
		if !strings.HasPrefix(kind, report["kind"].(string)) || report["rows"].(map[string]any)["total"].(float64) == 0 {
			t.Errorf("%s: %v %v", kind, report["kind"], report["rows"])
		}
	}
	slices.Reverse(inputs)
	again, _ := reconcile(t, 0, args()...)
	for _, name := range []string{"result.json", "journal.csv"} {
		a, errA := os.ReadFile(filepath.Join(out, name))
		b, errB := os.ReadFile(filepath.Join(again, name))
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if diff := cmp.Diff(string(a), string(b)); diff != "" {
			t.Errorf("%s differs:\n%s", name, diff)
		}
	}
}

// A report without transactions is named as what it is and used for none.
func TestReportWithoutTransactions(t *testing.T) {
	out, stderr := reconcile(t, 1, "--transactions", filepath.Join(goldenReports, "net-funding-json", "input.json"),
		"--documents", filepath.Join(golden, "documents.csv"), "--policy", reportPolicy(t))
	report := readJSON(t, filepath.Join(out, "inputs.json")).([]any)[0].(map[string]any)
	if report["kind"] != "net-funding-json" || report["verdict"] != "QUARANTINED" || !strings.Contains(stderr, "net-funding-json") {
		t.Errorf("%v %s", report, stderr)
	}
}
