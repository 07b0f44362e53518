package main

import (
	"encoding/csv"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The rule table of the general ledger (2.2), case by case: fixtures/golden/accounts.
func TestGoldenAccounts(t *testing.T) {
	paths, err := filepath.Glob("../../fixtures/golden/accounts/*.txt")
	if err != nil || len(paths) < 6 {
		t.Fatalf("only %d cases: %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			c := readCase(t, path)
			s := c.scenario(t)
			out, _ := reconcile(t, 0, files(t, s)...)
			c.compare(t, append(render(t, out), renderLines(t, out)...))
			again, _ := reconcile(t, 0, files(t, s.Shuffle(1).Split(2))...)
			for _, name := range []string{"result.json", "journal.csv"} {
				if diff := cmp.Diff(read(t, filepath.Join(out, name)), read(t, filepath.Join(again, name))); diff != "" {
					t.Errorf("shuffled and split, %s differs (INV-12):\n%s", name, diff)
				}
			}
		})
	}
}

// renderLines tells the lines of journal.csv with their rules and memos.
func renderLines(t *testing.T, out string) (lines []string) {
	t.Helper()
	table, err := csv.NewReader(strings.NewReader(read(t, filepath.Join(out, "journal.csv")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := func(row []string, name string) string { return row[slices.Index(table[0], name)] }
	for _, row := range table[1:] {
		lines = append(lines, "line "+column(row, "natural_key")+" "+column(row, "account")+" "+column(row, "side")+": "+
			strings.Join([]string{column(row, "amount"), column(row, "label"), "by " + column(row, "rule_id"), column(row, "memo")}, ", "))
	}
	return lines
}
