package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/fixtures/scenario"
	"tieout/recon"
)

// A golden case is one file in fixtures/golden/rules: the rule in its own words,
// the inputs, and what the rule says about them. fixtures/golden/rules/README.md
// explains the form.
const goldenRules = "../../fixtures/golden/rules"

// goldenCase is one file, taken apart.
type goldenCase struct {
	rule     string
	sections map[string]string
}

func readCase(t *testing.T, path string) goldenCase {
	t.Helper()
	c := goldenCase{sections: map[string]string{}}
	name := ""
	for line := range strings.Lines(read(t, path)) {
		if heading := strings.TrimSpace(line); strings.HasPrefix(heading, "-- ") && strings.HasSuffix(heading, " --") {
			name = strings.Trim(heading, "- ")
			c.sections[name] = ""
			continue
		}
		if name == "" {
			c.rule += line
		} else if strings.TrimSpace(line) != "" {
			c.sections[name] += line
		}
	}
	if strings.TrimSpace(c.rule) == "" || c.sections["expected"] == "" || c.sections["transactions"]+c.sections["documents"] == "" {
		t.Fatalf("%s: a case needs a rule, inputs and what is expected", path)
	}
	return c
}

// usual are the columns that a case does not spell out.
func usual() map[string][][2]string {
	return map[string][][2]string{
		"transactions": {
			{"row_no", ""},
			{"txn_id", ""},
			{"parent_txn_id", ""},
			{"merchant_id", "acme_us"},
			{"event_type", "CAPTURE"},
			{"event_time", "2026-09-30T14:00:00Z"},
			{"batch_time", "2026-09-30T20:30:00Z"},
			{"currency", "USD"},
			{"amount", ""},
			{"merchant_ref", ""},
		},
		"documents": {
			{"doc_id", ""},
			{"doc_type", "INVOICE"},
			{"order_no", ""},
			{"invoice_no", ""},
			{"doc_date", "2026-09-28"},
			{"status", "SHIPPED"},
			{"merchant_id", "acme_us"},
			{"payment_method", "CARD"},
			{"currency", "USD"},
			{"amount", ""},
		},
		"history": {
			{"row_no", ""},
			{"txn_id", ""},
			{"parent_txn_id", ""},
			{"merchant_id", "acme_us"},
			{"event_type", "CAPTURE"},
			{"event_time", "2026-09-25T14:00:00Z"},
			{"batch_time", "2026-09-25T20:30:00Z"},
			{"currency", "USD"},
			{"amount", ""},
			{"merchant_ref", ""},
			{"doc_ids", ""},
			{"open_reason", ""},
		},
		"funding": {
			{"deposit_id", ""},
			{"merchant_id", "acme_us"},
			{"settlement_date", "2026-09-30"},
			{"currency", "USD"},
			{"settled_amount", ""},
			{"funding_currency", "USD"},
			{"funding_amount", ""},
			{"fx_rate", ""},
			{"funding_date", "2026-10-01"},
			{"bank_ref", ""},
		},
		"bank": {{"bank_line_id", ""}, {"value_date", "2026-10-01"}, {"currency", "USD"}, {"amount", ""}, {"bank_ref", ""}, {"description", ""}},
	}
}

// table gives a section's CSV the columns that it leaves out.
func (c *goldenCase) table(t *testing.T, name string) [][]byte {
	t.Helper()
	text, given := c.sections[name]
	if !given {
		if name == "funding" || name == "bank" || name == "history" {
			return nil
		}
		text = usual()[name][0][0] + "\n"
	}
	lines, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	header := lines[0]
	for _, column := range usual()[name] {
		if slices.Contains(header, column[0]) {
			continue
		}
		lines[0] = append(lines[0], column[0])
		for i := range lines[1:] {
			lines[i+1] = append(lines[i+1], column[1])
		}
	}
	var out strings.Builder
	if err := csv.NewWriter(&out).WriteAll(lines); err != nil {
		t.Fatal(err)
	}
	return [][]byte{[]byte(out.String())}
}

// policy is that of the worked example without its opening batch, with the keys that the case sets.
func (c *goldenCase) policy(t *testing.T) []byte {
	t.Helper()
	all := readJSON(t, filepath.Join(golden, "config.json")).(map[string]any)
	all["opening_unfunded"] = []any{}
	if own := c.sections["policy"]; own != "" {
		var keys map[string]any
		if err := json.Unmarshal([]byte(own), &keys); err != nil {
			t.Fatal(err)
		}
		maps.Copy(all, keys)
	}
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (c *goldenCase) scenario(t *testing.T) scenario.Scenario {
	t.Helper()
	return scenario.Scenario{
		Policy: c.policy(t), Transactions: c.table(t, "transactions"), Documents: c.table(t, "documents"),
		History: c.table(t, "history"), Funding: c.table(t, "funding"), Bank: c.table(t, "bank"),
	}
}

// Every rule with a case of its own: what the command says is what the rule
// says, and an independent calculation says the same of everything else.
func TestGoldenRules(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(goldenRules, "*.txt"))
	if err != nil || len(paths) < 60 {
		t.Fatalf("only %d cases: %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			c := readCase(t, path)
			s := c.scenario(t)
			out, _ := reconcile(t, 0, files(t, s)...)
			got := readJSON(t, filepath.Join(out, "result.json"))
			c.compare(t, render(t, out))
			if diff := cmp.Diff(calculate(t, s), got); diff != "" {
				t.Errorf("an independent calculation differs (-independent +command):\n%s", diff)
			}
			again, _ := reconcile(t, 0, files(t, s.Shuffle(1).Split(2))...)
			if diff := cmp.Diff(got, readJSON(t, filepath.Join(again, "result.json"))); diff != "" {
				t.Errorf("shuffled and split it differs (INV-12):\n%s", diff)
			}
		})
	}
}

// compare holds expected lines against all lines of the kinds that they speak of.
func (c *goldenCase) compare(t *testing.T, got []string) {
	t.Helper()
	kinds := map[string]bool{}
	var want, shown []string
	for line := range strings.Lines(c.sections["expected"]) {
		if none, is := strings.CutPrefix(line, "no "); is {
			kinds[strings.TrimSpace(none)] = true
			continue
		}
		want = append(want, strings.TrimSpace(line))
		kinds[kindOf(line)] = true
	}
	for _, line := range got {
		if kinds[kindOf(line)] && (kindOf(line) != "why" || slices.ContainsFunc(want, func(w string) bool { return sameSubject(w, line) })) {
			shown = append(shown, line)
		}
	}
	slices.Sort(want)
	slices.Sort(shown)
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("(-rule +command):\n%s", diff)
	}
}

func kindOf(line string) string { kind, _, _ := strings.Cut(strings.TrimSpace(line), " "); return kind }

func sameSubject(a, b string) bool {
	x, _, _ := strings.Cut(a, ":")
	y, _, _ := strings.Cut(b, ":")
	return x == y
}

// Every reason of 3.5, every ignored reason, every EDGE ruling and every way of
// matching has a case.
func TestEveryRuleHasACase(t *testing.T) {
	paths, _ := filepath.Glob(filepath.Join(goldenRules, "*.txt"))
	var expected, rules strings.Builder
	for _, path := range paths {
		c := readCase(t, path)
		expected.WriteString(c.sections["expected"])
		rules.WriteString(c.rule)
	}
	for n := 1; n <= 12; n++ {
		if !strings.Contains(rules.String(), fmt.Sprintf("EDGE-%d ", n)) {
			t.Errorf("EDGE-%d has no case", n)
		}
	}
	words := []string{
		"NON_FINANCIAL", "VOIDED", "TEST", "DUPLICATE_ROW", "PENDING_BATCH", "OUT_OF_RANGE", "ZERO_AMOUNT", "NOT_CARD", "NOT_DUE", "IGNORED CANCELLED",
		"CLEARS_SUSPENSE", "NETTED", "REJECTED", "TOLERANCE", "SPLIT_DOCS", "P1_REQUEST_ID", "P2_REFERENCE", "P3_CANONICAL", "P4_AUTH", "P5_WEAK", "REFUND_AND_CHARGEBACK",
		"FUNDED", "FUNDED_WITH_DIFFERENCE", "WITHIN_LAG", "NOTHING_TO_FUND", "NOT_PROVIDED",
	}
	for _, reason := range recon.ExceptionReasons() {
		words = append(words, reason.String())
	}
	for _, word := range words {
		if !strings.Contains(expected.String(), word) {
			t.Errorf("%s has no case", word)
		}
	}
	if _, err := os.Stat(filepath.Join(goldenRules, "README.md")); err != nil {
		t.Error(err)
	}
}
