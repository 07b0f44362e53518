package config

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tieout/ledger"
	"tieout/recon"
)

// readRules reads the company's own rules for the general ledger, the lookup
// tables that their accounts go by, and the chart of accounts:
//
//	rules:                            # before the default rules; the first that holds books the row
//	  - id: web-shop-sales
//	    priority: 100                 # 1 to 999, ascending
//	    valid_from: 2026-10-01        # posting dates, both ends included
//	    when: {merchant_id: acme_web, event_type: [CAPTURE, REFUND], component: [goods, tax, shipping, surcharge]}
//	    post:
//	      - {account: "{clearing}-{store}", amount: full}
//	      - {account: "4010-{store}-{dept[mdd4]}", amount: "component:goods"}
//	      - ...
//	lookups:
//	  dept: {SHOES: "10", BAGS: "20"}
//	chart_of_accounts: accounts.txt   # or a list; one account a line, beside the policy; or sage_pro: the ERP's own
//
// A column of the ERP's own, such as the department of a document, is named as a
// dimension where documents are mapped, and rules call it document_department:
//
//	documents: {..., dimensions: {department: dept}}                        # of an export
//	sage_pro:  {invoice: {dimensions: {department: dept, region: terr}}}    # of the ERP's tables; order too
//	rules:
//	  - {..., when: {document_region: EU}, post: [{account: "4010-{dept[document_department]}", ...}, ...]}
//
// A document without a value there makes its row UNMAPPED_GL.
//
// [ledger.When] and [ledger.Posting] say what may stand there.
func (s *sheet) readRules(p *Policy, beside fs.FS) {
	setup := ledger.RuleSetup{
		Rules: s.ruleList(), Chart: &p.Chart, Policy: &p.Recon, Lookups: s.lookups(), Accounts: s.accountList(beside), Dimensions: p.dimensions(),
		MemoWidth: s.integer("memo_width", 0),
	}
	if setup.MemoWidth < 0 || setup.MemoWidth > 1000 {
		s.fault("memo_width", "%d: 1 to 1000 characters are needed", setup.MemoWidth)
	}
	p.setup = setup
	p.Rules = s.ruleTable(setup)
}

// dimensions are the columns of the ERP's own that the mappings of documents name.
func (p *Policy) dimensions() (names []string) {
	if p.ERP != nil {
		names = p.ERP.Dimensions()
	}
	if p.Mapping != nil {
		names = slices.AppendSeq(names, maps.Keys(p.Mapping.Dimensions))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ruleTable makes the table and reports what is wrong with it.
func (s *sheet) ruleTable(setup ledger.RuleSetup) *ledger.RuleTable {
	table, faults := ledger.NewRuleTable(setup)
	for _, f := range faults {
		key := f.Key
		if f.Rule < 0 && strings.HasPrefix(key, "post[") && s.faulty("accounts") {
			continue // the usual rules only lack an account that is named as missing already
		}
		if f.Rule >= 0 {
			key = fmt.Sprintf("rules[%d].%s", f.Rule, f.Key)
		}
		s.fault(key, "%s", f.Message)
	}
	return table
}

// fromERP, as the chart of accounts or the periods, takes them from the ERP's general ledger.
const fromERP = "sage_pro"

// UseChart holds the rules against the ERP's chart of accounts: every account
// that they can come to must be active there and have its form (GL-05). why says
// of any other what is wrong with it.
func (r *Run) UseChart(name string, accounts []string, why func(account string) string) error {
	setup := r.setup
	setup.Accounts, setup.WhyNot = accounts, why
	s := &sheet{name: name, known: map[string]bool{}}
	table := s.ruleTable(setup)
	if err := s.err(); err != nil {
		return err
	}
	r.Rules = table
	return nil
}

func (s *sheet) ruleList() (rules []ledger.Rule) {
	v, ok := s.value("rules")
	if !ok {
		return nil
	}
	items, ok := v.([]any)
	if !ok {
		s.fault("rules", "a list of rules is needed")
	}
	for i, item := range items {
		rules = append(rules, s.rule(fmt.Sprintf("rules[%d]", i), item))
	}
	return rules
}

func (s *sheet) rule(key string, v any) (r ledger.Rule) {
	for name, value := range s.section(key, v) {
		at := key + "." + name
		switch name {
		case "id":
			r.ID = s.textOf(at, value)
		case "priority":
			n, ok := whole(value)
			if !ok {
				s.fault(at, "%v is not a whole number", value)
			}
			r.Priority = n
		case "valid_from":
			r.ValidFrom = s.dateOf(at, value)
		case "valid_to":
			r.ValidTo = s.dateOf(at, value)
		case "when":
			r.When = ledger.When{}
			for fact, values := range s.section(at, value) {
				r.When[fact] = s.textList(at+"."+fact, values)
			}
		case "post":
			r.Post = s.postings(at, value)
		default:
			s.fault(at, "unknown key; known are id, priority, valid_from, valid_to, when, post")
		}
	}
	return r
}

func (s *sheet) postings(key string, v any) (post []ledger.Posting) {
	items, ok := v.([]any)
	if !ok {
		s.fault(key, "a list of lines is needed, such as - {account: \"{ar}-{store}\", amount: applied}")
	}
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", key, i)
		var p ledger.Posting
		for name, value := range s.section(at, item) {
			to := map[string]*string{"side": &p.Side, "account": &p.Account, "amount": &p.Amount, "memo": &p.Memo}[name]
			switch {
			case to != nil:
				*to = s.textOf(at+"."+name, value)
			case name == "rollup":
				p.Rollup = s.textList(at+".rollup", value)
			default:
				s.fault(at+"."+name, "unknown key; known are side, account, amount, memo, rollup")
			}
		}
		post = append(post, p)
	}
	return post
}

// section is the values of a map in the order of their keys.
func (s *sheet) section(key string, v any) func(yield func(string, any) bool) {
	m, ok := v.(map[string]any)
	if !ok {
		s.fault(key, "a list of name: value pairs is needed")
	}
	return func(yield func(string, any) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}

func (s *sheet) textOf(key string, v any) string {
	t, ok := text(v)
	if !ok {
		s.fault(key, "a text is needed")
	}
	return t
}

// textList is a text, or a list of texts.
func (s *sheet) textList(key string, v any) (all []string) {
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	for _, item := range items {
		if yes, isBool := item.(bool); isBool { // YAML takes yes and no for truth values
			item = map[bool]string{true: "yes", false: "no"}[yes]
		}
		all = append(all, s.textOf(key, item))
	}
	return all
}

func (s *sheet) dateOf(key string, v any) recon.Date { return s.parseDate(key, s.textOf(key, v)) }

func (s *sheet) lookups() map[string]map[string]string {
	v, ok := s.value("lookups")
	if !ok {
		return nil
	}
	all := map[string]map[string]string{}
	for name, table := range s.section("lookups", v) {
		all[name] = s.textsOf("lookups."+name, table)
	}
	return all
}

// accountList is the chart of accounts: a list, or a file beside the policy
// with an account in the first column of each line; a first line "account" is a heading.
func (s *sheet) accountList(beside fs.FS) []string {
	const key = "chart_of_accounts"
	v, ok := s.value(key)
	if !ok {
		return nil
	}
	if _, isList := v.([]any); isList {
		return s.list(key, nil)
	}
	name := s.textOf(key, v)
	if name == fromERP {
		return nil // known when the ERP is asked
	}
	if beside == nil || name == "" {
		s.fault(key, "a list of accounts, or the name of a file beside the policy, is needed")
		return nil
	}
	data, err := fs.ReadFile(beside, name)
	if err != nil {
		s.fault(key, "cannot read the file beside the policy: %v", err)
		return nil
	}
	accounts := []string{}
	for i, line := range bytes.Split(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n")) {
		account, _, _ := strings.Cut(strings.TrimSpace(string(line)), ",")
		if unquoted, err := strconv.Unquote(account); err == nil {
			account = unquoted
		}
		if account = strings.TrimSpace(account); account != "" && (i > 0 || account != "account") {
			accounts = append(accounts, account)
		}
	}
	if len(accounts) == 0 {
		s.fault(key, "%s has no accounts", name)
	}
	return accounts
}

// Lock keeps the ERP's locked periods free of postings, in matching as in the books.
func (r *Run) Lock(days []ledger.Days) {
	r.Chart.Locked = days
	r.setup.Chart.Locked = days // the rules and the policy have a chart each
}
