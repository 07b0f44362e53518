package ledger

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"tieout/recon"
)

// RuleSetup is what a rule table is made from.
type RuleSetup struct {
	Rules   []Rule // the company's own; the default rules come behind them
	Chart   *Chart
	Policy  *recon.Policy                // its merchants and currencies
	Lookups map[string]map[string]string // tables that account templates may use
	// Dimensions are the names of the documents' own columns that accounts can go by, without [recon.DimensionPrefix].
	Dimensions []string
	Accounts   []string                    // the chart of accounts; nil: none was supplied (GL-05)
	WhyNot     func(account string) string // why an account is not among them; nil: it is just not there
	MemoWidth  int                         // characters of the ERP's memo field; 0 is 60
}

// RuleFault is one thing that is wrong with a rule.
type RuleFault struct {
	Rule    int    // index into RuleSetup.Rules; -1: a default rule or the whole table
	Key     string // where in the rule: post[1].account
	Message string
}

// RuleTable is the rules in their order, checked: the first that holds books
// the movement (2.2). Make it with [NewRuleTable].
type RuleTable struct {
	chart      *Chart
	policy     *recon.Policy
	rules      []*rule
	byEvent    map[string][]*rule
	fallback   map[string]*rule // GL-06, by event
	lookups    map[string]map[string]string
	accounts   map[string]bool
	whyNot     func(account string) string
	memoWidth  int
	dimensions []string // of the documents, sorted
	extra      []fact   // what the table asks of rows beyond the facts up to lastFact
	version    string
	faults     []RuleFault
}

// rule is a Rule, compiled.
type rule struct {
	Rule
	index  int // in RuleSetup.Rules; -1 for a default rule
	events []event
	tests  []test
	lines  []ruleLine
}

// ruleLine is a Posting, compiled.
type ruleLine struct {
	source  amountSource
	factor  int64 // amount times factor is what is debited
	account *template
	memo    string
	group   []test // only fact and slot
}

// NewRuleTable checks the rules, all faults at once, and makes a table of them
// and of [DefaultRules]. With faults the table is nil.
func NewRuleTable(s RuleSetup) (*RuleTable, []RuleFault) { return newRuleTable(s, DefaultRules()) }

func newRuleTable(s RuleSetup, defaults []Rule) (*RuleTable, []RuleFault) {
	t := &RuleTable{
		chart: s.Chart, policy: s.Policy, byEvent: map[string][]*rule{}, fallback: map[string]*rule{},
		memoWidth: cmp.Or(s.MemoWidth, usualMemoWidth), lookups: s.allLookups(), dimensions: slices.Sorted(slices.Values(s.Dimensions)),
	}
	if s.Accounts != nil {
		t.accounts, t.whyNot = map[string]bool{}, s.WhyNot
		for _, account := range s.Accounts {
			t.accounts[account] = true
		}
	}
	for i := range s.Rules {
		t.add(&s.Rules[i], i)
	}
	for i := range defaults {
		t.add(&defaults[i], -1)
	}
	for _, r := range noRule() {
		compiled := t.compile(&r, -1)
		for _, e := range compiled.events {
			t.fallback[e.name] = compiled
		}
	}
	slices.SortStableFunc(t.rules, func(a, b *rule) int { return cmp.Compare(a.Priority, b.Priority) })
	for _, r := range t.rules {
		for _, e := range r.events {
			t.byEvent[e.name] = append(t.byEvent[e.name], r)
		}
	}
	t.checkAll(s.Lookups)
	if len(t.faults) > 0 {
		return nil, t.faults
	}
	t.version = t.hash()
	return t, nil
}

// allLookups are the company's tables and those of the chart.
func (s *RuleSetup) allLookups() map[string]map[string]string {
	all := map[string]map[string]string{"fees": s.Chart.Fees, "adjustments": s.Chart.Adjustments, "cash": {}}
	for currency, number := range s.Chart.Cash {
		all["cash"][currency.String()] = number
	}
	for name, table := range s.Lookups {
		if _, taken := all[name]; !taken {
			all[name] = table
		}
	}
	return all
}

func (t *RuleTable) fault(r int, key, format string, args ...any) {
	t.faults = append(t.faults, RuleFault{r, key, fmt.Sprintf(format, args...)})
}

func (t *RuleTable) add(r *Rule, index int) { t.rules = append(t.rules, t.compile(r, index)) }

var idForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,40}$`)

// compile checks a rule for itself.
func (t *RuleTable) compile(r *Rule, index int) *rule {
	out := &rule{Rule: *r, index: index}
	if !idForm.MatchString(r.ID) {
		t.fault(index, "id", "%q: 1 to 40 letters, digits, dots, dashes and underscores are needed", r.ID)
	}
	if index >= 0 && (r.Priority < 1 || r.Priority > 999) {
		t.fault(index, "priority", "%d: 1 to 999 are needed; the default rules come behind", r.Priority)
	}
	if r.ValidTo != 0 && r.ValidFrom > r.ValidTo {
		t.fault(index, "valid_from", "%s lies after valid_to %s", r.ValidFrom, r.ValidTo)
	}
	out.events = t.compileEvents(r, index)
	t.compileTests(out)
	if len(r.Post) == 0 {
		t.fault(index, "post", "required: the lines that the rule posts")
	}
	for k := range r.Post {
		t.compileLine(out, k)
	}
	t.checkBalance(out)
	return out
}

// compileEvents are the events that the rule is for; without any, those of the processor.
func (t *RuleTable) compileEvents(r *Rule, index int) (all []event) {
	texts, given := r.When["event_type"]
	wants, err := parseWants(factEvent, texts)
	if given && err != nil {
		t.fault(index, "when.event_type", "%v", err)
	}
	for _, e := range events() {
		named := slices.ContainsFunc(wants, func(w want) bool { return !w.any && w.value == e.name })
		anyRow := !given || slices.ContainsFunc(wants, func(w want) bool { return w.any })
		if named || anyRow && e.class == Settle {
			all = append(all, e)
		}
	}
	return all
}

func (t *RuleTable) compileTests(r *rule) {
	for _, name := range slices.Sorted(maps.Keys(r.When)) {
		f, known := t.parseFact(name)
		if !known {
			t.fault(r.index, "when."+name, "unknown fact; known are %s and mdd1 to mdd100", strings.Join(t.factNames(), ", "))
			continue
		}
		if f == factEvent {
			continue
		}
		wants, err := parseWants(f, r.When[name])
		if err != nil {
			t.fault(r.index, "when."+name, "%v", err)
			continue
		}
		if f >= lastFact && !r.hasFact(f) {
			t.fault(r.index, "when."+name, "only rows of the processor have it")
		}
		r.tests = append(r.tests, test{f, t.slot(f), wants})
	}
}

// onlyRows tells a rule for rows of the processor from one that books deposits, bank lines or cleared items too.
func (r *rule) onlyRows() bool {
	return !slices.ContainsFunc(r.events, func(e event) bool { return e.class != Settle })
}

// hasFact tells a rule all of whose events have the fact: what is fetched of rows, or a document's dimension.
func (r *rule) hasFact(f fact) bool {
	return !slices.ContainsFunc(r.events, func(e event) bool {
		return e.class != Settle && (f < factDimension || e.name != eventAutoClear)
	})
}

// factNames are the names of all facts that this table's rules can name, but the mdd.
func (t *RuleTable) factNames() []string {
	names := factNames()
	for _, d := range t.dimensions {
		names = append(names, recon.DimensionPrefix+d)
	}
	return names
}

// slot is where a subject has the fact. A fact beyond the usual ones is fetched from now on.
func (t *RuleTable) slot(f fact) int {
	switch {
	case f < lastFact:
		return int(f)
	case f >= factDimension:
		return int(lastFact + f - factDimension)
	}
	at := slices.Index(t.extra, f)
	if at < 0 {
		at = len(t.extra)
		t.extra = append(t.extra, f)
	}
	return t.ownSlots() + at
}

// compileLine checks a posting; a faulty one is left out.
func (t *RuleTable) compileLine(r *rule, k int) {
	p, before := &r.Post[k], len(t.faults)
	key := func(name string) string { return fmt.Sprintf("post[%d].%s", k, name) }
	var err error
	l := ruleLine{source: t.compileAmount(r, key("amount"), p.Amount), memo: p.Memo, group: t.compileGroup(r, key("rollup"), p.Rollup)}
	if l.factor, err = r.factor(p.Side, l.source); err != nil {
		t.fault(r.index, key("side"), "%v", err)
	}
	if err := parseMemo(p.Memo); err != nil {
		t.fault(r.index, key("memo"), "%v", err)
	}
	if l.account, err = t.parseAccount(p.Account, l.source); err != nil {
		t.fault(r.index, key("account"), "%v", err)
	} else {
		t.checkSure(r, key("account"), &l)
	}
	if len(t.faults) == before {
		r.lines = append(r.lines, l)
	}
}

// compileAmount is the source of a line's amount; applied where there is none such, so that the rest can be checked.
func (t *RuleTable) compileAmount(r *rule, key, name string) amountSource {
	source, err := parseAmountSource(name)
	switch {
	case err != nil:
		t.fault(r.index, key, "%v", err)
		return appliedAmount
	case name == "fee" && slices.ContainsFunc(r.events, func(e event) bool { return e.name != "FEE" }):
		t.fault(r.index, key, "fee is the amount of a FEE row; restrict event_type to FEE, or say applied")
	case source <= surchargeAmount && !r.splits():
		t.fault(r.index, key, "only a cash sale has components; add component: [%s] under when", strings.Join(wholeSale(), ", "))
	}
	return source
}

// splits tells a rule that holds for split cash sales only.
func (r *rule) splits() bool {
	return slices.ContainsFunc(r.tests, func(t test) bool {
		return t.fact == factComponent && !slices.ContainsFunc(t.wants, func(w want) bool { return holdsComponent(w, false, 0) })
	})
}

// factor turns the side into what an amount is multiplied with to be a debit.
func (r *rule) factor(side string, source amountSource) (int64, error) {
	switch side {
	case "", "natural":
		if source == fullAmount {
			return 1, nil
		}
		return -1, nil
	case "D", "C":
	default:
		return 0, fmt.Errorf("%q is none of D, C and natural", side)
	}
	direction := r.direction()
	if direction == 0 || source == writeOffAmount {
		return 0, fmt.Errorf("%s is known only where all amounts go one way; say natural, or restrict event_type or amount_sign", side)
	}
	if side == "C" {
		return -direction, nil
	}
	return direction, nil
}

// direction is +1 for rows that bring the merchant money, -1 for those that cost him, 0 for either.
func (r *rule) direction() int64 {
	for i := range r.tests {
		if t := &r.tests[i]; t.fact == factSign {
			positive, negative := t.holdsValue("positive"), t.holdsValue("negative")
			if positive != negative {
				return map[bool]int64{true: 1, false: -1}[positive]
			}
		}
	}
	direction := int64(0)
	for i, e := range r.events {
		if i > 0 && e.direction != direction {
			return 0
		}
		direction = e.direction
	}
	return direction
}

func (t *RuleTable) compileGroup(r *rule, key string, names []string) (group []test) {
	for _, name := range names {
		f, known := t.parseFact(name)
		switch {
		case !known || f != factBatch && f != factBrand && f != factMethod && f != factFeeCode && f != factStore && f < factMDD:
			t.fault(r.index, key, "%q is none of batch_id, card_brand, payment_method, fee_code, store, mdd1 to mdd100 and the dimensions of documents", name)
		case !r.onlyRows():
			t.fault(r.index, key, "only lines of processor rows can be split further")
		default:
			group = append(group, test{fact: f, slot: t.slot(f)})
		}
	}
	return group
}

// Version names the table's contents (GL-07): 12 hex digits of the hash of [RuleTable.String].
func (t *RuleTable) Version() string { return t.version }

// Chart is the chart of accounts by key.
func (t *RuleTable) Chart() *Chart { return t.chart }

// find is the first rule that holds, nil if none does.
func (t *RuleTable) find(s *subject) *rule {
	for _, r := range t.byEvent[s.values[factEvent]] {
		if r.valid(s.posting) && !slices.ContainsFunc(r.tests, func(c test) bool { return !c.holds(s) }) {
			return r
		}
	}
	return nil
}

func (r *rule) valid(posting recon.Date) bool {
	return (r.ValidFrom == 0 || r.ValidFrom <= posting) && (r.ValidTo == 0 || posting <= r.ValidTo)
}
