package ledger

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// checkAll checks the rules against each other and against the chart.
func (t *RuleTable) checkAll(own map[string]map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if name == "fees" || name == "adjustments" || name == "cash" || slices.Contains(Roles(), Role(name)) {
			t.fault(-1, "lookups."+name, "the chart has this name already; choose another one")
		}
	}
	for i, r := range t.rules {
		for _, before := range t.rules[:i] {
			t.checkPair(before, r)
		}
	}
	if len(t.faults) > 0 {
		return
	}
	t.checkAccounts()
	t.checkControls()
}

func (t *RuleTable) checkPair(a, b *rule) {
	if a.ID == b.ID {
		t.fault(max(a.index, b.index), "id", "%q is the id of another rule too", b.ID)
	}
	if a.Priority == b.Priority && t.overlap(a, b) {
		t.fault(max(a.index, b.index), "priority", "rules %s and %s have priority %d and can both hold for one row; change a priority, "+
			"or let their conditions or dates exclude each other (GL-04)", a.ID, b.ID, a.Priority)
	}
}

// overlap tells whether two rules can hold for the same movement (GL-04).
func (t *RuleTable) overlap(a, b *rule) bool {
	if a.ValidTo != 0 && b.ValidFrom > a.ValidTo || b.ValidTo != 0 && a.ValidFrom > b.ValidTo {
		return false
	}
	if !slices.ContainsFunc(a.events, func(e event) bool { return slices.Contains(b.events, e) }) {
		return false
	}
	for i := range a.tests {
		for k := range b.tests {
			if a.tests[i].fact == b.tests[k].fact && !a.tests[i].meets(&b.tests[k]) {
				return false
			}
		}
	}
	return t.merchantFor(a, b) && outcomeFor(a, b)
}

// holdsOn tells whether the rule's conditions on one fact hold for the value.
func (r *rule) holdsOn(f fact, value string) bool {
	return !slices.ContainsFunc(r.tests, func(t test) bool { return t.fact == f && !t.holdsValue(value) })
}

// merchantFor finds a merchant for both rules: merchant and revenue model hang together.
func (t *RuleTable) merchantFor(a, b *rule) bool {
	fits := func(merchant, model string) bool {
		for _, r := range []*rule{a, b} {
			if !r.holdsOn(factMerchant, merchant) || !r.holdsOn(factModel, model) {
				return false
			}
		}
		return true
	}
	for name, m := range t.policy.Merchants {
		if fits(name, modelName(m.Model)) {
			return true
		}
	}
	for _, name := range strangers(a, b) {
		if _, known := t.policy.Merchants[name]; !known && fits(name, modelName(recon.AR)) {
			return true
		}
	}
	return false
}

// strangers are merchants that the rules name or that nobody names.
func strangers(rules ...*rule) []string {
	names := []string{"\x00"}
	for _, r := range rules {
		for _, t := range r.tests {
			if t.fact == factMerchant {
				for _, w := range t.wants {
					names = append(names, w.value, w.from, w.to)
				}
			}
		}
	}
	return names
}

// outcomeFor finds an outcome for both rules: only an exception has a reason.
func outcomeFor(a, b *rule) bool {
	fits := func(outcome, reason string) bool {
		return a.holdsOn(factOutcome, outcome) && a.holdsOn(factReason, reason) && b.holdsOn(factOutcome, outcome) && b.holdsOn(factReason, reason)
	}
	if fits(recon.Matched.String(), "") {
		return true
	}
	return slices.ContainsFunc(factReason.values(), func(reason string) bool {
		return reason != none && fits(recon.Exception.String(), reason)
	})
}

// checkBalance refuses lines that cannot balance: full is applied, suspended
// and written off together, and a split sale's applied is its components.
func (t *RuleTable) checkBalance(r *rule) {
	if len(r.lines) != len(r.Post) || len(r.lines) == 0 {
		return // a line is faulty already
	}
	var debits [writeOffAmount + 1]int64
	for _, l := range r.lines {
		for part := range debits {
			if l.source == fullAmount || int(l.source) == part || l.source == appliedAmount && part <= int(surchargeAmount) {
				debits[part] += l.factor
			}
		}
	}
	names := []string{"component:goods", "component:tax", "component:shipping", "component:surcharge", "suspended", "write_off"}
	var open []string
	for part, d := range debits {
		possible := true
		switch amountSource(part) {
		case suspendedAmount:
			possible = slices.ContainsFunc(r.events, func(e event) bool { return e.suspended })
		case writeOffAmount:
			possible = slices.ContainsFunc(r.events, func(e event) bool { return e.writeOff })
		default: // every event applies, in every component
		}
		if d != 0 && possible {
			open = append(open, names[part])
		}
	}
	if len(open) > 0 {
		t.fault(r.index, "post", "the lines cannot balance, see %s: full must be opposed by applied (of a split sale, by all four components), "+
			"suspended and write_off (GL-12)", strings.Join(open, ", "))
	}
}

// checkSure refuses an account that may be missing where one is always needed:
// only what is applied can fall out to gl_suspense (GL-06).
func (t *RuleTable) checkSure(r *rule, key string, l *ruleLine) {
	document := slices.ContainsFunc(l.account.segments, func(s segment) bool { return s.kind == storeSegment && s.store == documentStore })
	switch {
	case l.source == fullAmount || l.source == suspendedAmount || l.source == writeOffAmount:
		if l.account.fallible() || document && l.source != writeOffAmount {
			t.fault(r.index, key, "%q may be without a value, and %s needs an account always: use merchant_store, head_office, and one rule for each case",
				l.account.text, r.amountName(l.source))
		}
	case slices.ContainsFunc(l.account.unsure, func(f fact) bool { return !r.hasFact(f) }):
		t.fault(r.index, key, "%q: deposits and bank lines have no such facts, and cleared items only the dimensions of their document", l.account.text)
	}
}

func (r *rule) amountName(source amountSource) string {
	return map[amountSource]string{fullAmount: "full", suspendedAmount: "suspended", writeOffAmount: "write_off"}[source]
}

// possibleMerchants are the configured merchants that a rule can hold for.
func (t *RuleTable) possibleMerchants(r *rule) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(t.policy.Merchants)) {
		if r.holdsOn(factMerchant, name) && r.holdsOn(factModel, modelName(t.policy.Merchants[name].Model)) {
			names = append(names, name)
		}
	}
	return names
}

// checkAccounts is GL-05: every account that the rules can be seen to need is in the chart of accounts.
func (t *RuleTable) checkAccounts() {
	if t.accounts == nil {
		return
	}
	seen := map[string]bool{}
	check := func(r *rule, k int, account string) {
		if t.accounts[account] || seen[account] {
			return
		}
		seen[account] = true
		why := "is not in the chart of accounts"
		if t.whyNot != nil {
			why = t.whyNot(account)
		}
		if r.index < 0 {
			t.fault(-1, "chart_of_accounts", "account %s of the default rule %s %s (GL-05)", account, r.ID, why)
			return
		}
		t.fault(r.index, fmt.Sprintf("post[%d].account", k), "account %s %s (GL-05)", account, why)
	}
	rules := slices.Clone(t.rules)
	for _, name := range slices.Sorted(maps.Keys(t.fallback)) {
		rules = append(rules, t.fallback[name])
	}
	for _, r := range rules {
		for _, merchant := range append(t.possibleMerchants(r), "") {
			for k := range r.lines {
				if l := &r.lines[k]; merchant != "" || l.source == fullAmount || l.source == suspendedAmount || t.fallback["CAPTURE"] == r {
					for _, account := range t.accountsOf(l.account, merchant) {
						check(r, k, account)
					}
				}
			}
		}
	}
}

// accountsOf lists the accounts that a template can be for a merchant, as far as tables tell.
func (t *RuleTable) accountsOf(p *template, merchant string) []string {
	own := t.chart.storeOf(t.policy, merchant)
	stores := [storeKinds]string{own, own, t.chart.HeadOffice}
	all := []string{""}
	for _, seg := range p.segments {
		var texts []string
		switch seg.kind {
		case textSegment:
			texts = []string{seg.text}
		case storeSegment:
			texts = []string{stores[seg.store]}
		case lookupSegment:
			texts = slices.DeleteFunc(slices.Sorted(maps.Values(seg.codes)), func(code string) bool { return code == "" })
		case factSegment:
		}
		var next []string
		for _, head := range all {
			for _, text := range texts {
				next = append(next, head+text)
			}
		}
		all = next
	}
	return slices.Compact(all)
}

// controlOf is which list proves the account that a line of the event goes to:
// clearing, unapplied, in_transit and cash have proofs (INV-4 to INV-9).
func controlOf(event, reason string, source amountSource) Role {
	switch {
	case source == suspendedAmount || event == eventAutoClear && source == fullAmount:
		return Unapplied
	case source == fullAmount && (event == eventFunding || event == eventExchangeIn):
		return InTransit
	case source == fullAmount && event == eventBank:
		return CashRole
	case source == fullAmount && event != eventExchangeOut:
		return Clearing
	case source == appliedAmount && (event == eventFunding || event == eventExchangeOut):
		return Clearing
	case source == appliedAmount && event == eventBank && reason != recon.BankUnidentified.String():
		return InTransit
	}
	return ""
}

// checkControls refuses rules by which what goes into a proved account of a
// merchant would come out of another one, so that neither ends in its list.
func (t *RuleTable) checkControls() {
	currencies := []money.Currency{t.policy.Base}
	for c := range t.policy.Rates {
		currencies = append(currencies, c)
	}
	slices.Sort(currencies)
	for _, merchant := range slices.Sorted(maps.Keys(t.policy.Merchants)) {
		for _, c := range slices.Compact(currencies) {
			t.checkControlsOf(merchant, c)
		}
	}
}

func (t *RuleTable) checkControlsOf(merchant string, c money.Currency) {
	type use struct {
		rule    *rule
		line    int
		account string
	}
	first := map[Role]use{}
	for _, e := range events() {
		for _, r := range t.reachable(merchant, c, e) {
			for k := range r.lines {
				role := controlOf(e.name, r.onlyReason(), r.lines[k].source)
				if role == "" || role == CashRole {
					continue
				}
				for _, account := range t.accountsOf(r.lines[k].account, merchant) {
					one, seen := first[role]
					if !seen {
						first[role] = use{r, k, account}
						continue
					}
					if one.account != account && !t.hasFault(max(one.rule.index, r.index), string(role)) {
						at, line := r, k
						if one.rule.index > r.index {
							at, line = one.rule, one.line
						}
						t.fault(at.index, fmt.Sprintf("post[%d].account", line), "%s of merchant %s in %s is %s by rule %s and %s by rule %s: "+
							"what is posted to one must be cleared from the same account", role, merchant, c, one.account, one.rule.ID, account, r.ID)
					}
				}
			}
		}
	}
}

// hasFault tells whether a rule is blamed for a proved account already.
func (t *RuleTable) hasFault(index int, role string) bool {
	return slices.ContainsFunc(t.faults, func(f RuleFault) bool { return f.Rule == index && strings.HasPrefix(f.Message, role+" of merchant") })
}

// onlyReason is the reason that a rule is restricted to, if it is one.
func (r *rule) onlyReason() string {
	for _, t := range r.tests {
		if t.fact == factReason && len(t.wants) == 1 {
			return t.wants[0].value
		}
	}
	return ""
}

// reachable are the rules that can hold for a merchant, currency and event: up to the first that always does.
func (t *RuleTable) reachable(merchant string, c money.Currency, e event) (rules []*rule) {
	for _, r := range t.byEvent[e.name] {
		if !r.holdsOn(factMerchant, merchant) || !r.holdsOn(factCurrency, c.String()) || !r.holdsOn(factModel, modelName(t.policy.Merchants[merchant].Model)) {
			continue
		}
		rules = append(rules, r)
		if r.always(factMerchant, factCurrency, factModel) {
			break
		}
	}
	return rules
}

// always tells a rule without dates and without conditions beyond those on the given facts.
func (r *rule) always(given ...fact) bool {
	return r.ValidFrom == 0 && r.ValidTo == 0 && !slices.ContainsFunc(r.tests, func(t test) bool {
		return !slices.Contains(given, t.fact) && !slices.ContainsFunc(t.wants, func(w want) bool { return w.any })
	})
}

// String is the whole table as text: the same rules give the same text,
// whatever the order of a policy's keys. [RuleTable.Version] is its hash.
func (t *RuleTable) String() string {
	var b strings.Builder
	for _, role := range Roles() {
		fmt.Fprintf(&b, "account %s = %s\n", role, t.chart.Accounts[role])
	}
	fmt.Fprintf(&b, "head_office = %s\nmemo_width = %d\n", t.chart.HeadOffice, t.memoWidth)
	for _, name := range slices.Sorted(maps.Keys(t.lookups)) {
		for _, code := range slices.Sorted(maps.Keys(t.lookups[name])) {
			fmt.Fprintf(&b, "%s[%s] = %s\n", name, code, t.lookups[name][code])
		}
	}
	for _, r := range t.rules {
		b.WriteString(r.text())
	}
	return b.String()
}

// text is a rule as a person reads it.
func (r *rule) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s", r.Priority, r.ID)
	if r.ValidFrom != 0 || r.ValidTo != 0 {
		fmt.Fprintf(&b, " valid %s..%s", r.ValidFrom, r.ValidTo)
	}
	for _, name := range slices.Sorted(maps.Keys(r.When)) {
		fmt.Fprintf(&b, " %s=%s", name, strconv.Quote(strings.Join(slices.Sorted(slices.Values(r.When[name])), ",")))
	}
	b.WriteByte('\n')
	for _, p := range r.Post {
		side := p.Side
		if side == "" {
			side = "natural"
		}
		fmt.Fprintf(&b, "  %s %s %s", side, p.Account, p.Amount)
		if p.Memo != "" {
			fmt.Fprintf(&b, " memo %q", p.Memo)
		}
		if len(p.Rollup) > 0 {
			fmt.Fprintf(&b, " rollup %s", strings.Join(p.Rollup, ","))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (t *RuleTable) hash() string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(t.String())))[:12]
}
