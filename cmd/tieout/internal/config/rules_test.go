package config

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// company is a policy up to its rules, which begin on line 19.
const company = `base_currency: USD
time_zone: America/New_York
date_from: 2026-09-29
date_to: 2026-10-01
as_of: 2026-10-02
merchants:
  acme_us: {store: "100"}
  acme_web: {store: "200", revenue_model: CASH_SALE}
accounts:
  {clearing: "1150", cb_receivable: "1160", reserve: "1170", fx_clearing: "1190", ar: "1200", in_transit: "1015",
   deposits: "2150", unapplied: "2190", unidentified: "2195", tax: "2200", sales: "4000", returns: "4090", freight: "4100",
   surcharge: "4150", small_diff: "6990", fx_diff: "7200", gl_suspense: "9999"}
cash_accounts: {USD: "1010"}
fee_accounts: {INTERCHANGE: "6100"}
lookups:
  dept: {SHOES: "10"}
ho_store: "000"

`

func readRules(t *testing.T, rules string, files ...string) (*Policy, []string) {
	t.Helper()
	beside := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		beside[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	p, err := ReadPolicy("policy.yaml", []byte(company+rules), beside)
	if err != nil {
		return nil, strings.Split(err.Error(), "\n")
	}
	return p, nil
}

// Rules are read from YAML with values as texts, numbers, truth values or lists.
func TestRulesAreRead(t *testing.T) {
	p, faults := readRules(t, `memo_width: 40
rules:
  - id: web-shop-sales
    priority: 100
    valid_from: 2026-10-01
    when: {merchant_id: acme_web, event_type: [CAPTURE, REFUND], component: [goods, tax, shipping, surcharge], credit_memo: no}
    post:
      - {account: "{clearing}-{store}", amount: full, rollup: card_brand}
      - {account: "4010-{store}-{dept[mdd4]}", amount: "component:goods", memo: "{card_brand}"}
      - {account: "{tax}-{store}", amount: "component:tax"}
      - {account: "{freight}-{store}", amount: "component:shipping"}
      - {account: "{surcharge}-{store}", amount: "component:surcharge"}
      - {account: "{unapplied}-{store}", amount: suspended}
      - {account: "{small_diff}-{store}", amount: write_off}
  - {id: fees, priority: 200, when: {event_type: FEE, fee_code: 17}, post: [{side: D, account: "6117-{store}", amount: fee}, {side: C, account: "{clearing}-{store}", amount: full}]}
`)
	if faults != nil {
		t.Fatal(strings.Join(faults, "\n"))
	}
	for _, want := range []string{
		`100 web-shop-sales valid 2026-10-01.. component="goods,shipping,surcharge,tax" credit_memo="no" event_type="CAPTURE,REFUND" merchant_id="acme_web"`,
		`  natural 4010-{store}-{dept[mdd4]} component:goods memo "{card_brand}"`, "  natural {clearing}-{store} full rollup card_brand",
		`200 fees event_type="FEE" fee_code="17"`, "  D 6117-{store} fee", "memo_width = 40", "dept[SHOES] = 10", "1150 receivable",
	} {
		if !strings.Contains(p.Rules.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, p.Rules)
		}
	}
}

// The example in the package documentation of ledger works as it stands there.
func TestDocumentedRulesWork(t *testing.T) {
	source, err := os.ReadFile("../../../../ledger/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var rules strings.Builder
	for line := range strings.Lines(string(source)) {
		if code, ok := strings.CutPrefix(line, "//\t"); ok {
			rules.WriteString(code)
		}
	}
	p, faults := readRules(t, rules.String())
	if faults != nil {
		t.Fatal(strings.Join(faults, "\n"))
	}
	if text := p.Rules.String(); !strings.Contains(text, "100 canada-receivable") || !strings.Contains(text, "200 amex-interchange") {
		t.Error(text)
	}
}

// All faults of the rules come at once, each with its key and the line where it stands.
func TestRuleFaultsHaveLines(t *testing.T) {
	_, faults := readRules(t, `memo_width: 5000
chart_of_account: []
rules:
  - id: a
    priority: 5
    colour: red
    valid_from: 2026-02-30
    when: {card_brand: [VISA, AMEX], mdd4: "/[/"}
    post: against
  - id: b
    priority: high
    when: VISA
    post:
      - account: "{arr}-{store}"
        amount: net
        color: red
  - id: c
    priority: 7
    when: {event_type: CAPTURE}
    post: [{account: "{clearing}-{store}", amount: full}, {account: "{clearing}-{store}", amount: applied}]
  - id: [d]
    priority: 8
    when: {event_type: {a: b}}
`)
	var got []string
	for _, f := range faults {
		place, rest, _ := strings.Cut(f, ": ")
		key, _, _ := strings.Cut(rest, ": ")
		got = append(got, place+" "+key)
	}
	for _, want := range []string{
		"policy.yaml:19 memo_width", "policy.yaml:24 rules[0].colour", "policy.yaml:25 rules[0].valid_from", "policy.yaml:26 rules[0].when.mdd4",
		"policy.yaml:27 rules[0].post", "policy.yaml:29 rules[1].priority", "policy.yaml:30 rules[1].when", "policy.yaml:32 rules[1].post[0].account",
		"policy.yaml:33 rules[1].post[0].amount", "policy.yaml:34 rules[1].post[0].color", "policy.yaml:38 rules[2].post",
		"policy.yaml:39 rules[3].id", "policy.yaml:39 rules[3].post", "policy.yaml:41 rules[3].when.event_type", "policy.yaml:20 chart_of_account",
	} {
		if !strings.Contains(strings.Join(got, "\n")+"\n", want+"\n") {
			t.Errorf("no fault at %s in\n%s", want, strings.Join(faults, "\n"))
		}
	}
}

// GL-04: the second of two rules is blamed, on the line of its priority.
func TestOverlapHasItsLine(t *testing.T) {
	post := `[{account: "{clearing}-{store}", amount: full}, {account: "1-{store}", amount: applied}, ` +
		`{account: "{unapplied}-{store}", amount: suspended}, {account: "{small_diff}-{store}", amount: write_off}]`
	_, faults := readRules(t, fmt.Sprintf(`rules:
  - {id: visa, priority: 5, when: {card_brand: VISA}, post: %s}
  - id: web
    priority: 5
    when: {merchant_id: acme_web}
    post: %s
`, post, post))
	want := []string{"policy.yaml:22: rules[1].priority: rules visa and web have priority 5 and can both hold for one row; change a priority, " +
		"or let their conditions or dates exclude each other (GL-04)"}
	if diff := cmp.Diff(want, faults); diff != "" {
		t.Error(diff)
	}
}

// GL-05: the chart of accounts is a list or a file beside the policy.
func TestChartOfAccountsIsRead(t *testing.T) {
	var all []string
	_, faults := readRules(t, "chart_of_accounts: [x]\n")
	for _, f := range faults {
		var account string
		if _, rest, ok := strings.Cut(f, "policy.yaml:19: chart_of_accounts: account "); ok {
			account, _, _ = strings.Cut(rest, " ")
			all = append(all, account)
		}
	}
	if len(all) < 20 {
		t.Fatalf("%d accounts are missing:\n%s", len(all), strings.Join(faults, "\n"))
	}
	file := "\ufeffaccount,name\r\n\"" + strings.Join(all, "\",\"a name\"\r\n\"") + "\"\r\n"
	for name, c := range map[string]struct{ key, file, fault string }{
		"a file beside the policy": {"accounts.csv", file, ""},
		"a list":                   {"[\"" + strings.Join(all, `", "`) + "\"]", "", ""},
		"a file that is not there": {"other.csv", file, "cannot read the file beside the policy"},
		"a file elsewhere":         {"../accounts.csv", file, "cannot read the file beside the policy"},
		"an empty file":            {"accounts.csv", "account\n", "accounts.csv has no accounts"},
		"no name":                  {`""`, "", "the name of a file beside the policy, is needed"},
		"no text":                  {"{a: b}", "", "a text is needed"},
	} {
		_, faults := readRules(t, "chart_of_accounts: "+c.key+"\n", "accounts.csv", c.file)
		if text := strings.Join(faults, "\n"); (c.fault == "") != (text == "") || !strings.Contains(text, c.fault) {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// What is no list or no map where one is needed is a fault, not a panic.
func TestRulesOfTheWrongForm(t *testing.T) {
	for rules, want := range map[string]string{
		"rules: x\n":              "rules: a list of rules is needed",
		"rules: [x]\n":            "rules[0]: a list of name: value pairs is needed",
		"lookup: {}\n":            "lookup: unknown key",
		"rules: [{post: [x]}]\n":  "rules[0].post[0]: a list of name: value pairs is needed",
		"rules: [{post: [[]]}]\n": "rules[0].post[0]: a list of name: value pairs is needed",
	} {
		if _, faults := readRules(t, rules); !strings.Contains(strings.Join(faults, "\n"), want) {
			t.Errorf("%q: %q", rules, faults)
		}
	}
	if _, err := ReadPolicy("p", []byte(strings.Replace(company, "lookups:\n  dept: {SHOES: \"10\"}", "lookups: x", 1)), nil); err == nil || !strings.Contains(err.Error(), "lookups") {
		t.Errorf("%v", err)
	}
	if _, err := ReadPolicy("p", []byte(strings.Replace(company, `ho_store: "000"`, `ho_store: ""`, 1)), nil); err == nil || !strings.Contains(err.Error(), "ho_store") {
		t.Errorf("%v", err)
	}
}
