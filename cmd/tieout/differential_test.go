package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/fixtures/oracle"
	"tieout/fixtures/scenario"
)

// scenarios is how many grown scenarios a test looks at; TIEOUT_SCENARIOS and
// TIEOUT_SEED set count and first seed of a long run.
func scenarios(t *testing.T, usual uint64) (first, count uint64) {
	t.Helper()
	number := func(name string, fallback uint64) uint64 {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			return n
		}
		return fallback
	}
	return number("TIEOUT_SEED", 1), number("TIEOUT_SCENARIOS", usual)
}

// The answer of the command equals that of an independent calculation.
func TestEqualsIndependentCalculation(t *testing.T) {
	first, count := scenarios(t, 200)
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := scenario.New(seed)
			want := calculate(t, s)
			out, _ := reconcile(t, 0, files(t, s)...)
			if diff := cmp.Diff(want, readJSON(t, filepath.Join(out, "result.json"))); diff != "" {
				t.Errorf("seed %d (-independent +command):\n%s", seed, diff)
			}
		})
	}
}

// INV-12 on grown scenarios: shuffled, and split over files.
func TestScenariosDoNotDependOnOrder(t *testing.T) {
	first, count := scenarios(t, 40)
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := scenario.New(seed)
			want, _ := reconcile(t, 0, files(t, s)...)
			got, _ := reconcile(t, 0, files(t, s.Shuffle(seed).Split(2))...)
			for _, name := range []string{"result.json", "journal.csv"} {
				if diff := cmp.Diff(read(t, filepath.Join(want, name)), read(t, filepath.Join(got, name))); diff != "" {
					t.Errorf("seed %d: %s:\n%s", seed, name, diff)
				}
			}
		})
	}
}

func calculate(t *testing.T, s scenario.Scenario) any {
	t.Helper()
	answer, err := oracle.Calculate(oracle.Inputs{
		Policy: s.Policy, Transactions: s.Transactions, Documents: s.Documents, History: s.History, Funding: s.Funding, Bank: s.Bank,
	})
	if err != nil {
		t.Fatalf("seed %d: %v", s.Seed, err)
	}
	data, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// files writes a scenario and returns the arguments that name its files.
func files(t *testing.T, s scenario.Scenario) []string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "policy.json"), string(s.Policy))
	args := []string{"--no-workbook", "--policy", filepath.Join(dir, "policy.json")}
	for _, table := range []struct {
		flag  string
		parts [][]byte
	}{{"transactions", s.Transactions}, {"documents", s.Documents}, {"history", s.History}, {"funding", s.Funding}, {"bank", s.Bank}} {
		for i, part := range table.parts {
			path := filepath.Join(dir, fmt.Sprintf("%s-%d.csv", table.flag, i))
			write(t, path, string(part))
			args = append(args, "--"+table.flag, path)
		}
	}
	return args
}
