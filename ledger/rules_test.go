package ledger

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tieout/ledger/money"
	"tieout/recon"
)

// company is a chart and a policy with an AR and a cash-sale merchant.
func company() RuleSetup {
	usd, eur, cad := money.MustCurrency("USD"), money.MustCurrency("EUR"), money.MustCurrency("CAD")
	rate := func(text string) money.Rate {
		r, err := money.ParseRate(text)
		if err != nil {
			panic(err)
		}
		return r
	}
	return RuleSetup{
		Chart: &Chart{
			Accounts: map[Role]string{
				Clearing: "1150", CBReceivable: "1160", Reserve: "1170", FXClearing: "1190", AR: "1200", InTransit: "1015", Deposits: "2150",
				Unapplied: "2190", Unidentified: "2195", Tax: "2200", Sales: "4000", Returns: "4090", Freight: "4100", Surcharge: "4150",
				SmallDiff: "6990", FXDiff: "7200", GLSuspense: "9999",
			},
			Cash: map[money.Currency]string{usd: "1010", cad: "1012"}, Fees: map[string]string{"INTERCHANGE": "6100"},
			Adjustments: map[string]string{"A07": "6120"}, HeadOffice: "000",
		},
		Policy: &recon.Policy{
			Base: usd, Rates: map[money.Currency]money.Rate{eur: rate("1.1000"), cad: rate("0.7300")},
			Merchants: map[string]recon.Merchant{"acme_us": {Store: "100"}, "acme_web": {Store: "200", Model: recon.CashSale}, "acme_ca": {Store: "300"}},
		},
		Lookups: map[string]map[string]string{"dept": {"SHOES": "10", "BAGS": "20"}}, Dimensions: []string{"department"},
	}
}

func mustTable(t testing.TB, s RuleSetup) *RuleTable {
	t.Helper()
	table, faults := NewRuleTable(s)
	if len(faults) > 0 {
		t.Fatalf("%+v", faults)
	}
	return table
}

// day is a settlement or posting date of the tests.
func day(text string) recon.Date {
	d, err := recon.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// movement is something to book.
type movement struct {
	facts map[string]string // by the names of when
	on    string            // posting date
	a     map[string]int64  // by the names of amounts; full is their sum where it is left out
	rows  int
}

func (m movement) subject(table *RuleTable) (*subject, *amounts) {
	v := &view{table: table, p: table.policy}
	currency := money.MustCurrency(cmp.Or(m.facts["currency"], "USD"))
	extra := make([]string, len(table.extra))
	for i, f := range table.extra {
		extra[i] = m.facts[f.String()]
	}
	s := v.subject(cmp.Or(m.facts["merchant_id"], "acme_us"), currency, m.facts["store"], cmp.Or(m.facts["event_type"], "CAPTURE"), extra)
	table.fillDimensions(s, []recon.Field{{Name: "department", Value: m.facts["document_department"]}})
	s.posting = day(cmp.Or(m.on, "2026-09-30"))
	s.settled = s.posting
	for name, value := range m.facts {
		if f, known := usualFact(name); known && f < lastFact && f != factComponent && value != "" {
			s.values[f] = value
		}
	}
	a := &amounts{}
	sum := int64(0)
	for name, amount := range m.a {
		source, err := parseAmountSource(name)
		if err != nil {
			panic(err)
		}
		a.minor[source] = amount
		if source <= surchargeAmount {
			s.split = true
			if amount != 0 {
				s.components |= 1 << source
			}
			a.minor[appliedAmount] += amount
		}
		if source != fullAmount {
			sum += amount
		}
	}
	if _, given := m.a["full"]; !given {
		a.minor[fullAmount] = sum
	}
	if sum < 0 {
		s.values[factSign] = "negative"
	}
	return s, a
}

func classOf(name string) Class {
	for _, e := range events() {
		if e.name == name {
			return e.class
		}
	}
	return Settle
}

// bookAll posts movements by a table.
func bookAll(table *RuleTable, movements ...movement) ([]Entry, error) {
	b := &booking{p: table.policy, rules: table, view: view{table: table, p: table.policy}, entries: map[Key]*draft{}, roles: map[string]Role{}}
	for _, m := range movements {
		s, a := m.subject(table)
		class := classOf(s.values[factEvent])
		if class == Fund {
			a.base = a.minor
		}
		err := b.apply(class, SettledOn(s.settled), s, a, false, func(l *lineSum) { l.memo.add(s, max(m.rows, 1), nil) })
		if err != nil {
			return nil, err
		}
	}
	return b.build()
}

// lines are the lines that movements give: date, account, side, amount, label and rule.
func lines(t testing.TB, table *RuleTable, movements ...movement) (all []string) {
	t.Helper()
	entries, err := bookAll(table, movements...)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		for _, l := range e.Lines() {
			all = append(all, fmt.Sprintf("%s %s %s %s %s by %s", e.Key().PostingDate, l.Account, l.Side, money.New(l.Amount, e.Key().Currency), l.Label, l.Rule))
		}
	}
	return all
}

// own is a company's own posting: money against an account, the rest as usual.
func own(account string) []Posting { return against(account) }

// TestRulesBook is 2.2 case by case: what a company's own rules do to the usual accounts.
func TestRulesBook(t *testing.T) {
	capture := movement{a: map[string]int64{"applied": 12000}}
	for _, c := range []struct {
		name      string
		rules     []Rule
		movements []movement
		want      []string
	}{
		{
			"no rule of its own: the default table", nil,
			[]movement{capture},
			[]string{"2026-09-30 1150-100 D 120.00 CAPTURE by receivable", "2026-09-30 1200-100 C 120.00 CAPTURE by receivable"},
		},
		{
			"the department of the document, by itself and by a lookup; without one the contra is held (GL-06)",
			[]Rule{
				{ID: "cleared", Priority: 9, When: When{"event_type": {"AUTO_CLEAR"}, "document_department": {"BAGS"}}, Post: move("{unapplied}-{merchant_store}", "1200-{dept[document_department]}")},
				{ID: "dept", Priority: 10, When: When{"event_type": {"CAPTURE"}, "document_department": {"/^[A-Z]/", "none"}}, Post: own("1200-{document_department}-{dept[document_department]}")},
			},
			[]movement{
				{facts: map[string]string{"document_department": "SHOES"}, a: map[string]int64{"applied": 700}},
				{facts: map[string]string{"document_department": "HATS"}, a: map[string]int64{"applied": 40}},
				{a: map[string]int64{"applied": 2}},
				{facts: map[string]string{"document_department": "77"}, a: map[string]int64{"applied": 100}},
				{facts: map[string]string{"document_department": "BAGS", "event_type": "AUTO_CLEAR"}, a: map[string]int64{"full": 30, "applied": 30}},
			},
			[]string{
				"2026-09-30 1200-20 C 0.30 AUTO_CLEAR by cleared", "2026-09-30 2190-100 D 0.30 AUTO_CLEAR by cleared",
				"2026-09-30 1150-100 D 8.42 CAPTURE by dept+no-rule+receivable", "2026-09-30 1200-100 C 1.00 CAPTURE by receivable",
				"2026-09-30 1200-SHOES-10 C 7.00 CAPTURE by dept", "2026-09-30 9999-100 C 0.42 CAPTURE by no-rule",
			},
		},
		{
			"one account of one merchant is another one, the others stay",
			[]Rule{{ID: "ca", Priority: 10, When: When{"merchant_id": {"acme_ca"}, "event_type": {"CAPTURE"}}, Post: own("1210-{store}")}},
			[]movement{capture, {facts: map[string]string{"merchant_id": "acme_ca"}, a: map[string]int64{"applied": 500}}},
			[]string{
				"2026-09-30 1150-300 D 5.00 CAPTURE by ca", "2026-09-30 1210-300 C 5.00 CAPTURE by ca",
				"2026-09-30 1150-100 D 120.00 CAPTURE by receivable", "2026-09-30 1200-100 C 120.00 CAPTURE by receivable",
			},
		},
		{
			"an account changes within the range, by posting date",
			[]Rule{
				{ID: "old", Priority: 10, ValidTo: day("2026-09-30"), Post: own("1201-{store}")},
				{ID: "new", Priority: 10, ValidFrom: day("2026-10-01"), Post: own("1202-{store}")},
			},
			[]movement{{on: "2026-09-30", a: map[string]int64{"applied": 100}}, {on: "2026-10-01", a: map[string]int64{"applied": 100}}},
			[]string{
				"2026-09-30 1150-100 D 1.00 CAPTURE by old", "2026-09-30 1201-100 C 1.00 CAPTURE by old",
				"2026-10-01 1150-100 D 1.00 CAPTURE by new", "2026-10-01 1202-100 C 1.00 CAPTURE by new",
			},
		},
		{
			"a department looked up by merchant-defined data",
			[]Rule{{ID: "dept", Priority: 10, When: When{"event_type": {"CAPTURE"}}, Post: own("1200-{document_store}-{dept[mdd4]}")}},
			[]movement{{facts: map[string]string{"mdd4": "SHOES", "store": "150"}, a: map[string]int64{"applied": 100}}},
			[]string{"2026-09-30 1150-100 D 1.00 CAPTURE by dept", "2026-09-30 1200-150-10 C 1.00 CAPTURE by dept"},
		},
		{
			"GL-06: a segment without a value goes to gl_suspense, never blank",
			[]Rule{{ID: "dept", Priority: 10, When: When{"event_type": {"CAPTURE"}}, Post: own("1200-{dept[mdd4]}")}},
			[]movement{{facts: map[string]string{"mdd4": "HATS"}, a: map[string]int64{"applied": 100}}},
			[]string{"2026-09-30 1150-100 D 1.00 CAPTURE by no-rule", "2026-09-30 9999-100 C 1.00 CAPTURE by no-rule"},
		},
		{
			"merchant-defined data that cannot be part of an account does not get into one",
			[]Rule{{ID: "mdd", Priority: 10, When: When{"event_type": {"CAPTURE"}}, Post: own("1200-{mdd7}")}},
			[]movement{{facts: map[string]string{"mdd7": "10|D"}, a: map[string]int64{"applied": 100}}},
			[]string{"2026-09-30 1150-100 D 1.00 CAPTURE by no-rule", "2026-09-30 9999-100 C 1.00 CAPTURE by no-rule"},
		},
		{
			"a regular expression and a range",
			[]Rule{
				{ID: "regex", Priority: 10, When: When{"mdd2": {"/^W[0-9]+$/"}}, Post: own("1203-{store}")},
				{ID: "range", Priority: 20, When: When{"store": {"500..599"}}, Post: own("1205-{store}")},
			},
			[]movement{
				{facts: map[string]string{"mdd2": "W17"}, a: map[string]int64{"applied": 100}},
				{facts: map[string]string{"mdd2": "xW17", "store": "550"}, a: map[string]int64{"applied": 200}},
				{facts: map[string]string{"store": "5500"}, a: map[string]int64{"applied": 400}},
			},
			[]string{
				"2026-09-30 1150-100 D 7.00 CAPTURE by range+receivable+regex", "2026-09-30 1200-5500 C 4.00 CAPTURE by receivable",
				"2026-09-30 1203-100 C 1.00 CAPTURE by regex", "2026-09-30 1205-550 C 2.00 CAPTURE by range",
			},
		},
		{
			"GL-06: a fee code without an account", nil,
			[]movement{{facts: map[string]string{"event_type": "FEE", "fee_code": "NEW"}, a: map[string]int64{"applied": -333}}},
			[]string{"2026-09-30 1150-100 C 3.33 FEE by no-rule", "2026-09-30 9999-100 D 3.33 FEE by no-rule"},
		},
		{
			"sides D and C as in the table of 1.5; a fee given back takes the other side",
			[]Rule{{ID: "fees", Priority: 10, When: When{"event_type": {"FEE"}}, Post: []Posting{
				{Side: "D", Account: "6105-{store}", Amount: "fee"}, {Side: "C", Account: "{clearing}-{merchant_store}", Amount: "full"},
			}}},
			[]movement{
				{facts: map[string]string{"event_type": "FEE"}, a: map[string]int64{"applied": -987}},
				{facts: map[string]string{"event_type": "FEE"}, a: map[string]int64{"applied": 100}},
			},
			[]string{
				"2026-09-30 1150-100 D 1.00 FEE by fees", "2026-09-30 1150-100 C 9.87 FEE by fees",
				"2026-09-30 6105-100 D 9.87 FEE by fees", "2026-09-30 6105-100 C 1.00 FEE by fees",
			},
		},
		{
			"GL-08: lines split by brand and batch; no value is a dash, a blank no separator",
			[]Rule{{ID: "brands", Priority: 10, When: When{"event_type": {"CAPTURE"}}, Post: append([]Posting{
				{Account: "{clearing}-{store}", Amount: "full", Rollup: []string{"card_brand", "batch_id"}}, {Account: "{ar}-{store}", Amount: "applied"},
			}, rest()...)}},
			[]movement{
				{facts: map[string]string{"card_brand": "VISA", "batch_id": "B 1"}, a: map[string]int64{"applied": 100}},
				{facts: map[string]string{"card_brand": "AMEX"}, a: map[string]int64{"applied": 200}},
				{facts: map[string]string{"card_brand": "VISA", "batch_id": "B 1"}, a: map[string]int64{"applied": 400}},
			},
			[]string{
				"2026-09-30 1150-100 D 2.00 CAPTURE AMEX - by brands", "2026-09-30 1150-100 D 5.00 CAPTURE VISA B_1 by brands",
				"2026-09-30 1200-100 C 7.00 CAPTURE by brands",
			},
		},
		{
			"1.4: a cash sale by its components, and what is given back to returns", nil,
			[]movement{
				{facts: map[string]string{"merchant_id": "acme_web"}, a: map[string]int64{"component:goods": 4167, "component:tax": 370, "component:shipping": 324, "component:surcharge": 139}},
				{facts: map[string]string{"merchant_id": "acme_web", "event_type": "REFUND", "credit_memo": "yes"}, a: map[string]int64{"component:goods": -100, "component:tax": -8}},
			},
			[]string{
				"2026-09-30 1150-200 D 50.00 CAPTURE by cash-sale", "2026-09-30 1150-200 C 1.08 REFUND by cash-sale-return",
				"2026-09-30 2200-200 D 0.08 REFUND by cash-sale-return", "2026-09-30 2200-200 C 3.70 CAPTURE by cash-sale",
				"2026-09-30 4000-200 C 41.67 CAPTURE by cash-sale", "2026-09-30 4090-200 D 1.00 REFUND by cash-sale-return",
				"2026-09-30 4100-200 C 3.24 CAPTURE by cash-sale", "2026-09-30 4150-200 C 1.39 CAPTURE by cash-sale",
			},
		},
		{
			"1.5: excess is held, a tolerated rest is written off", nil,
			[]movement{{a: map[string]int64{"applied": 10000, "suspended": 1000}}, {a: map[string]int64{"applied": 25000, "write_off": -3}}},
			[]string{
				"2026-09-30 1150-100 D 359.97 CAPTURE by receivable", "2026-09-30 1200-100 C 350.00 CAPTURE by receivable",
				"2026-09-30 2190-100 C 10.00 CAPTURE by receivable", "2026-09-30 6990-100 D 0.03 CAPTURE by receivable",
			},
		},
		{
			"ACC-08: a deposit in another currency leaves fx_clearing at zero in base", nil,
			[]movement{
				{facts: map[string]string{"event_type": eventExchangeIn}, a: map[string]int64{"full": 21846, "applied": 22000, "write_off": -154}},
			},
			[]string{
				"2026-09-30 1015-000 D 218.46 EXCHANGE_IN by exchange-in", "2026-09-30 1190-000 C 220.00 EXCHANGE_IN by exchange-in",
				"2026-09-30 7200-000 D 1.54 EXCHANGE_IN by exchange-in",
			},
		},
		{
			"one merchant's clearing is another account for all that moves it",
			[]Rule{
				{ID: "in", Priority: 10, When: When{"merchant_id": {"acme_ca"}}, Post: append(move("1151-{store}", "{ar}-{store}"), rest()...)},
				{ID: "out", Priority: 20, When: When{"merchant_id": {"acme_ca"}, "event_type": {"FUNDING"}}, Post: move("{in_transit}-{store}", "1151-{merchant_store}")},
				{ID: "fx", Priority: 30, When: When{"merchant_id": {"acme_ca"}, "event_type": {"EXCHANGE_OUT"}}, Post: move("{fx_clearing}-{store}", "1151-{merchant_store}")},
			},
			[]movement{
				{facts: map[string]string{"merchant_id": "acme_ca"}, a: map[string]int64{"applied": 100}},
				{facts: map[string]string{"merchant_id": "acme_ca", "event_type": "FUNDING"}, a: map[string]int64{"applied": 100}},
			},
			[]string{
				"2026-09-30 1015-000 D 1.00 FUNDING by out", "2026-09-30 1151-300 C 1.00 FUNDING by out",
				"2026-09-30 1151-300 D 1.00 CAPTURE by in", "2026-09-30 1200-300 C 1.00 CAPTURE by in",
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := company()
			s.Rules = c.rules
			if diff := gocmp.Diff(c.want, lines(t, mustTable(t, s), c.movements...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestRuleFaults: every load error of 2.2, with the key that it stands at. All come at once.
func TestRuleFaults(t *testing.T) {
	line := func(p Posting) []Posting { return append([]Posting{p}, own("{ar}-{store}")[1:]...) }
	full := Posting{Account: "{clearing}-{merchant_store}", Amount: "full"}
	for _, c := range []struct {
		name      string
		rule      Rule
		key, says string
	}{
		{"GL-04: same priority, both can be true", Rule{ID: "b", Priority: 5, When: When{"card_brand": {"AMEX"}}, Post: own("1-{store}")}, "priority", "rules first and b have priority 5 and can both hold"},
		{"an id twice", Rule{ID: "first", Priority: 6, Post: own("1-{store}")}, "id", `"first" is the id of another rule too`},
		{"an id that is none", Rule{ID: "a+b", Priority: 6, Post: own("1-{store}")}, "id", "letters, digits"},
		{"a priority of the defaults", Rule{ID: "b", Priority: 1000, Post: own("1-{store}")}, "priority", "1 to 999"},
		{"dates the wrong way round", Rule{ID: "b", Priority: 6, ValidFrom: 10, ValidTo: 9, Post: own("1-{store}")}, "valid_from", "lies after valid_to"},
		{"an unknown fact", Rule{ID: "b", Priority: 6, When: When{"brand": {"VISA"}}, Post: own("1-{store}")}, "when.brand", "unknown fact; known are merchant_id"},
		{"mdd0", Rule{ID: "b", Priority: 6, When: When{"mdd0": {"x"}}, Post: own("1-{store}")}, "when.mdd0", "unknown fact"},
		{"an unknown event", Rule{ID: "b", Priority: 6, When: When{"event_type": {"SALE"}}, Post: own("1-{store}")}, "when.event_type", `"SALE" is none of CAPTURE`},
		{"a reason that no rule sees", Rule{ID: "b", Priority: 6, When: When{"reason": {"UNMAPPED_GL"}}, Post: own("1-{store}")}, "when.reason", "is none of"},
		{"no values", Rule{ID: "b", Priority: 6, When: When{"store": {}}, Post: own("1-{store}")}, "when.store", "at least one value"},
		{"an empty value", Rule{ID: "b", Priority: 6, When: When{"store": {""}}, Post: own("1-{store}")}, "when.store", "write none"},
		{"a bad range", Rule{ID: "b", Priority: 6, When: When{"store": {"90..100"}}, Post: own("1-{store}")}, "when.store", "two ends of the same length"},
		{"a bad regular expression", Rule{ID: "b", Priority: 6, When: When{"mdd4": {"/[/"}}, Post: own("1-{store}")}, "when.mdd4", "/[/ is no regular expression"},
		{"a regular expression on something else", Rule{ID: "b", Priority: 6, When: When{"store": {"/1/"}}, Post: own("1-{store}")}, "when.store", "mdd1 to mdd100"},
		{"mdd of a deposit", Rule{ID: "b", Priority: 6, When: When{"event_type": {"FUNDING"}, "mdd1": {"x"}}, Post: move("{in_transit}-000", "{clearing}-{store}")}, "when.mdd1", "only rows"},
		{"a dimension of a deposit", Rule{ID: "b", Priority: 6, When: When{"event_type": {"FUNDING"}, "document_department": {"x"}}, Post: move("{in_transit}-000", "{clearing}-{store}")}, "when.document_department", "only rows"},
		{"a dimension in the account of a bank line", Rule{ID: "b", Priority: 6, When: When{"event_type": {"BANK"}}, Post: move("{cash[currency]}-000", "{in_transit}-{document_department}")}, "post[1].account", "deposits and bank lines have no such facts"},
		{"a dimension that no mapping names", Rule{ID: "b", Priority: 6, When: When{"document_region": {"x"}}, Post: own("1-{store}")}, "when.document_region", "unknown fact"},
		{"clearing by a dimension", Rule{ID: "b", Priority: 6, Post: line(Posting{Account: "{clearing}-{document_department}", Amount: "full"})}, "post[0].account", "full needs an account always"},
		{"nothing to post", Rule{ID: "b", Priority: 6}, "post", "required"},
		{"an unknown segment", Rule{ID: "b", Priority: 6, Post: own("{arr}-{store}")}, "post[1].account", "{arr} is no account of the chart"},
		{"an unknown lookup", Rule{ID: "b", Priority: 6, Post: own("{ar}-{shop[mdd4]}")}, "post[1].account", `no lookup table "shop"`},
		{"a lookup by nothing", Rule{ID: "b", Priority: 6, Post: own("{ar}-{dept[colour]}")}, "post[1].account", `"colour" is no fact`},
		{"a lookup by the outcome", Rule{ID: "b", Priority: 6, Post: own("{ar}-{dept[outcome]}")}, "post[1].account", "outcome cannot be part of an account"},
		{"the reason in an account", Rule{ID: "b", Priority: 6, Post: own("{ar}-{reason}")}, "post[1].account", "reason cannot be part of an account"},
		{"a brace too many", Rule{ID: "b", Priority: 6, Post: own("{ar}-{store}}")}, "post[1].account", "braces come in pairs"},
		{"no account", Rule{ID: "b", Priority: 6, Post: own("")}, "post[1].account", "an account is needed"},
		{"an unknown amount", Rule{ID: "b", Priority: 6, Post: line(Posting{Account: "1-{store}", Amount: "net"})}, "post[0].amount", `"net" is none of full`},
		{"a component of what is not split", Rule{ID: "b", Priority: 6, Post: append(line(full), Posting{Account: "1-{store}", Amount: "component:tax"})}, "post[4].amount", "only a cash sale has components"},
		{"a fee of a capture", Rule{ID: "b", Priority: 6, Post: []Posting{full, {Account: "1-{store}", Amount: "fee"}}}, "post[1].amount", "restrict event_type to FEE"},
		{"an unknown side", Rule{ID: "b", Priority: 6, Post: line(Posting{Side: "L", Account: "{clearing}-{store}", Amount: "full"})}, "post[0].side", "none of D, C and natural"},
		{"a fixed side for both directions", Rule{ID: "b", Priority: 6, Post: line(Posting{Side: "D", Account: "{clearing}-{store}", Amount: "full"})}, "post[0].side", "say natural, or restrict"},
		{"an unknown name in a memo", Rule{ID: "b", Priority: 6, Post: line(Posting{Account: "{clearing}-{store}", Amount: "full", Memo: "{mdd4}"})}, "post[0].memo", "{mdd4} is not a name that a memo can use"},
		{"an unknown grouping key", Rule{ID: "b", Priority: 6, Post: line(Posting{Account: "{clearing}-{store}", Amount: "full", Rollup: []string{"last4"}})}, "post[0].rollup", "none of batch_id"},
		{"GL-12: lines that cannot balance", Rule{ID: "b", Priority: 6, Post: move("{clearing}-{store}", "{ar}-{store}")}, "post", "cannot balance, see suspended, write_off"},
		{"GL-12: both on the same side", Rule{ID: "b", Priority: 6, When: When{"event_type": {"FEE"}}, Post: []Posting{full, full}}, "post", "cannot balance"},
		{"clearing that may be without a value", Rule{ID: "b", Priority: 6, Post: line(Posting{Account: "{clearing}-{mdd4}", Amount: "full"})}, "post[0].account", "full needs an account always"},
		{"clearing by the document", Rule{ID: "b", Priority: 6, Post: line(Posting{Account: "{clearing}-{document_store}", Amount: "full"})}, "post[0].account", "full needs an account always"},
		{"clearing that funding does not know", Rule{ID: "b", Priority: 6, Post: line(Posting{Account: "1151-{store}", Amount: "full"})}, "post[0].account", "clearing of merchant acme_ca in CAD is 1150-300 by rule first and 1151-300 by rule b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := company()
			s.Rules = []Rule{{ID: "first", Priority: 5, When: When{"card_brand": {"VISA", "AMEX"}, "event_type": {"CAPTURE"}}, Post: own("1-{store}")}, c.rule}
			table, faults := NewRuleTable(s)
			if table != nil {
				t.Fatal("a table was made")
			}
			for _, f := range faults {
				if f.Rule == 1 && f.Key == c.key && strings.Contains(f.Message, c.says) {
					return
				}
			}
			t.Errorf("no fault at %s that says %q: %+v", c.key, c.says, faults)
		})
	}
}

// TestChartOfAccounts is GL-05: accounts that are not in the chart of accounts are load errors, of own and of default rules.
func TestChartOfAccounts(t *testing.T) {
	s := company()
	s.Accounts = []string{}
	_, faults := NewRuleTable(s)
	var missing []string
	for _, f := range faults {
		var account string
		if n, _ := fmt.Sscanf(f.Message, "account %s of the default rule", &account); n == 1 {
			missing = append(missing, account)
		}
	}
	s.Accounts = missing
	table := mustTable(t, s)
	if len(missing) < 40 || !table.mayMiss("CAPTURE") {
		t.Fatalf("%d accounts are missing", len(missing))
	}
	// The store of a document is known only when the document is there.
	got := lines(t, table, movement{facts: map[string]string{"store": "777"}, a: map[string]int64{"applied": 100}})
	want := []string{"2026-09-30 1150-100 D 1.00 CAPTURE by no-rule", "2026-09-30 9999-100 C 1.00 CAPTURE by no-rule"}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	s.Rules = []Rule{{ID: "ca", Priority: 1, When: When{"merchant_id": {"acme_ca"}, "event_type": {"CAPTURE"}}, Post: own("1210-{store}")}}
	_, faults = NewRuleTable(s)
	if diff := gocmp.Diff([]RuleFault{{0, "post[1].account", "account 1210-300 is not in the chart of accounts (GL-05)"}}, faults); diff != "" {
		t.Error(diff)
	}
}

// TestLookupNames: a lookup cannot take a name of the chart.
func TestLookupNames(t *testing.T) {
	s := company()
	s.Lookups = map[string]map[string]string{"fees": {"A": "1"}}
	if _, faults := NewRuleTable(s); len(faults) != 1 || faults[0].Key != "lookups.fees" {
		t.Errorf("%+v", faults)
	}
}

// TestVersion is GL-07: the same table has the same version, whatever was said in another order; any change has another one.
func TestVersion(t *testing.T) {
	rule := Rule{ID: "a", Priority: 1, When: When{"card_brand": {"VISA", "AMEX"}}, Post: own("1-{store}")}
	version := func(change func(*RuleSetup)) string {
		s := company()
		r := rule
		s.Rules = []Rule{r}
		change(&s)
		return mustTable(t, s).Version()
	}
	same := version(func(*RuleSetup) {})
	if got := version(func(s *RuleSetup) { s.Rules[0].When = When{"card_brand": {"AMEX", "VISA"}} }); got != same {
		t.Error("the order of values makes another version")
	}
	seen := map[string]string{same: "nothing"}
	for name, change := range map[string]func(*RuleSetup){
		"account":  func(s *RuleSetup) { s.Chart.Accounts[AR] = "1299" },
		"fee":      func(s *RuleSetup) { s.Chart.Fees["INTERCHANGE"] = "6199" },
		"lookup":   func(s *RuleSetup) { s.Lookups["dept"]["SHOES"] = "11" },
		"priority": func(s *RuleSetup) { s.Rules[0].Priority = 2 },
		"dates":    func(s *RuleSetup) { s.Rules[0].ValidTo = 20000 },
		"value":    func(s *RuleSetup) { s.Rules[0].When = When{"card_brand": {"VISA"}} },
		"posting":  func(s *RuleSetup) { s.Rules[0].Post = own("2-{store}") },
		"width":    func(s *RuleSetup) { s.MemoWidth = 30 },
		"memo": func(s *RuleSetup) {
			s.Rules[0].Post = append(own("1-{store}")[:3:3], Posting{Account: "{small_diff}-{store}", Amount: "write_off", Memo: "x"})
		},
		"rollup": func(s *RuleSetup) {
			s.Rules[0].Post = append(own("1-{store}")[:3:3], Posting{Account: "{small_diff}-{store}", Amount: "write_off", Rollup: []string{"mdd1"}})
		},
	} {
		v := version(change)
		if seen[v] != "" {
			t.Errorf("%s has the version of %s", name, seen[v])
		}
		seen[v] = name
	}
	entries, err := bookAll(mustTable(t, company()), movement{a: map[string]int64{"applied": 1}})
	if err != nil || entries[0].Lines()[0].RuleTable != mustTable(t, company()).Version() {
		t.Errorf("the line does not have the version: %v", err)
	}
}

// TestMemos: one memo for a line, whatever its rows: dates become a range, other
// differences MIXED; clean, and cut to the width of the ERP (2.2, rulings on memos).
func TestMemos(t *testing.T) {
	memo := func(width int, template string, movements ...movement) string {
		s := company()
		s.MemoWidth = width
		s.Rules = []Rule{{ID: "m", Priority: 1, Post: append([]Posting{{Account: "{clearing}-{store}", Amount: "full", Memo: template}, {Account: "{ar}-{store}", Amount: "applied"}}, rest()...)}}
		entries, err := bookAll(mustTable(t, s), movements...)
		if err != nil {
			t.Fatal(err)
		}
		return entries[0].Lines()[0].Memo
	}
	visa := movement{facts: map[string]string{"card_brand": "VISA"}, a: map[string]int64{"applied": 1}, rows: 3}
	amex := movement{facts: map[string]string{"card_brand": "AMEX"}, a: map[string]int64{"applied": 1}}
	for _, c := range []struct{ got, want string }{
		{memo(0, "", visa), "2026-09-30 acme_us CAPTURE VISA x3"},
		{memo(0, "", visa, amex), "2026-09-30 acme_us CAPTURE MIXED x4"},
		{memo(0, "", movement{a: map[string]int64{"applied": 1}}), "2026-09-30 acme_us CAPTURE x1"},
		{memo(12, "", visa), "2026-09-30 a"},
		{memo(11, "", visa), "2026-09-30"},
		{memo(0, "a|b\tc  {card_brand}", movement{facts: map[string]string{"card_brand": "V\nI|S"}, a: map[string]int64{"applied": 1}}), "a b c V I S"},
		{memo(0, "{posting_date} {currency} {payment_method}.{fee_code}.{store}", visa), "2026-09-30 USD ..100"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	m := Memo{Template: "{settlement_date}", Width: 60, From: day("2026-09-29"), To: day("2026-09-30")}
	if got := m.render(0, ""); got != "2026-09-29..2026-09-30" {
		t.Errorf("dates: %q", got)
	}
}

// TestMapped is GL-06 as matching asks it: before it is known how a row ends.
func TestMapped(t *testing.T) {
	s := company()
	s.Rules = []Rule{
		{ID: "over", Priority: 10, When: When{"reason": {"AMOUNT_OVER"}, "merchant_id": {"acme_us"}}, Post: own("1200-{dept[mdd4]}")},
		{ID: "web", Priority: 20, When: When{"component": wholeSale(), "card_brand": {"AMEX"}}, Post: components("{clearing}-{store}", "{sales}-{mdd5}", true)},
	}
	table := mustTable(t, s)
	for _, c := range []struct {
		name string
		m    movement
		want recon.Mapping
	}{
		{"a rule that may hold has no value", movement{}, recon.NoAccount},
		{"a rule that may hold has one", movement{facts: map[string]string{"mdd4": "BAGS"}}, recon.AccountFound},
		{"a rule that cannot hold is not asked", movement{facts: map[string]string{"merchant_id": "acme_ca"}}, recon.AccountFound},
		{"a sale that may be split", movement{facts: map[string]string{"merchant_id": "acme_web", "card_brand": "AMEX"}, a: map[string]int64{"component:goods": 5}}, recon.NoAccount},
		{"a component that the document does not have", movement{facts: map[string]string{"merchant_id": "acme_web", "card_brand": "AMEX"}, a: map[string]int64{"component:tax": 5}}, recon.AccountFound},
		{"a row that is not split", movement{facts: map[string]string{"merchant_id": "acme_web", "card_brand": "AMEX"}}, recon.AccountFound},
		{"an unknown fee", movement{facts: map[string]string{"merchant_id": "acme_ca", "event_type": "FEE", "fee_code": "X"}}, recon.CodeUnknown},
		{"a known fee", movement{facts: map[string]string{"merchant_id": "acme_ca", "event_type": "FEE", "fee_code": "INTERCHANGE"}}, recon.AccountFound},
	} {
		subject, _ := c.m.subject(table)
		subject.open = 1<<factOutcome | 1<<factReason | 1<<factKind | 1<<factComponent
		if got := table.mapped(subject); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	plain := mustTable(t, company())
	for event, want := range map[string]bool{"CAPTURE": false, "REFUND": false, "RESERVE_HOLD": false, "FEE": true, "ADJUSTMENT": true} {
		if plain.mayMiss(event) != want {
			t.Errorf("%s may miss: %v", event, !want)
		}
	}
	empty, _ := newRuleTable(company(), nil)
	if subject, _ := (movement{}).subject(empty); empty.mapped(subject) != recon.NoAccount || !empty.mayMiss("CAPTURE") {
		t.Error("a table without rules maps a row")
	}
	want := []string{"2026-09-30 1150-100 D 1.00 CAPTURE by no-rule", "2026-09-30 9999-100 C 1.00 CAPTURE by no-rule"}
	if diff := gocmp.Diff(want, lines(t, empty, movement{a: map[string]int64{"applied": 100}})); diff != "" {
		t.Errorf("GL-06, no rule:\n%s", diff)
	}
}

// TestOneAccountOneProof: an account that two lists would have to prove is refused.
func TestOneAccountOneProof(t *testing.T) {
	s := company()
	s.Chart.Accounts[Unapplied] = "1150"
	_, err := bookAll(mustTable(t, s), movement{a: map[string]int64{"applied": 50, "suspended": 50}})
	if err == nil || !strings.Contains(err.Error(), "1150-100 is used as clearing and as unapplied") {
		t.Errorf("%v", err)
	}
}

// universe are the values that the facts of random movements have.
func universe() map[string][]string {
	return map[string][]string{
		"merchant_id": {"acme_us", "acme_web", "acme_ca", "stranger"}, "card_brand": {"", "VISA", "AMEX"}, "store": {"100", "150", "200"},
		"fee_code": {"", "INTERCHANGE"}, "mdd4": {"", "SHOES", "BAGS"}, "event_type": {"CAPTURE", "REFUND", "REJECT"},
		"document_department": {"", "SHOES", "10", "a b"},
	}
}

func drawWhen(t *rapid.T) When {
	when := When{}
	options := map[string][]string{
		"merchant_id": {"acme_us", "acme_web", "acme_ca", "stranger", "*", "acme_aa..acme_zz"}, "card_brand": {"none", "VISA", "AMEX"},
		"store": {"100..150", "151..199", "200", "*"}, "fee_code": {"none", "INTERCHANGE"}, "mdd4": {"none", "SHOES", "/^S/", "/S$/"},
		"event_type": {"CAPTURE", "REFUND", "REJECT", "*"}, "revenue_model": {"AR", "CASH_SALE"}, "outcome": {"MATCHED", "EXCEPTION"},
		"reason": {"none", "NO_ORDER", "CLOSED_PERIOD"}, "component": {"none", "goods", "tax"}, "amount_sign": {"positive", "negative"},
		"credit_memo": {"yes", "no"}, "document_department": {"none", "SHOES", "00..50", "/^S/"},
	}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
		"merchant_id", "card_brand", "store", "fee_code", "mdd4", "event_type", "revenue_model", "outcome", "reason", "component", "amount_sign", "credit_memo",
		"document_department",
	}), 0, 4, rapid.ID).Draw(t, "facts") {
		when[name] = rapid.SliceOfNDistinct(rapid.SampledFrom(options[name]), 1, 2, rapid.ID).Draw(t, name)
	}
	return when
}

// facts draws what a real row can be: only exceptions have reasons, the merchant decides the model.
func drawFacts(t *rapid.T, table *RuleTable) *subject {
	m := movement{facts: map[string]string{}}
	for name, values := range universe() {
		m.facts[name] = rapid.SampledFrom(values).Draw(t, name)
	}
	m.facts["outcome"] = "MATCHED"
	if reason := rapid.SampledFrom([]string{"", "NO_ORDER", "CLOSED_PERIOD", "AMOUNT_OVER"}).Draw(t, "reason"); reason != "" {
		m.facts["outcome"], m.facts["reason"] = "EXCEPTION", reason
	}
	m.facts["amount_sign"] = rapid.SampledFrom([]string{"positive", "negative"}).Draw(t, "sign")
	m.facts["credit_memo"] = rapid.SampledFrom([]string{"yes", "no"}).Draw(t, "memo")
	m.on = rapid.SampledFrom([]string{"2026-09-29", "2026-09-30", "2026-10-01"}).Draw(t, "on")
	s, _ := m.subject(table)
	s.split = rapid.Bool().Draw(t, "split")
	s.components = uint8(rapid.IntRange(0, 15).Draw(t, "components"))
	return s
}

func drawRule(t *rapid.T, id string) Rule {
	r := Rule{ID: id, Priority: 7, When: drawWhen(t), Post: against("{ar}-{document_store}")}
	if rapid.Bool().Draw(t, "dated") {
		r.ValidFrom = day("2026-09-28") + recon.Date(rapid.IntRange(0, 3).Draw(t, "from"))
		r.ValidTo = r.ValidFrom + recon.Date(rapid.IntRange(0, 2).Draw(t, "days"))
	}
	return r
}

// TestOverlapAgreesWithFacts is GL-04 against brute force: whenever any facts
// satisfy two rules, the rules are said to overlap.
func TestOverlapAgreesWithFacts(t *testing.T) {
	both := 0
	rapid.Check(t, func(t *rapid.T) {
		s := company()
		table, _ := newRuleTable(s, nil)
		a, b := drawRule(t, "a"), drawRule(t, "b")
		ra, rb := table.compile(&a, 0), table.compile(&b, 1)
		if len(table.faults) > 0 {
			t.Fatalf("%+v", table.faults)
		}
		holds := func(r *rule, s *subject) bool {
			for i := range r.tests {
				if !r.tests[i].holds(s) {
					return false
				}
			}
			named := false
			for _, e := range r.events {
				named = named || e.name == s.values[factEvent]
			}
			return named && r.valid(s.posting)
		}
		for range 200 {
			facts := drawFacts(t, table)
			if holds(ra, facts) && holds(rb, facts) {
				both++
				if !table.overlap(ra, rb) || !table.overlap(rb, ra) {
					t.Fatalf("both hold for %q and are not said to overlap:\n%s%s", facts.values, ra.text(), rb.text())
				}
			}
		}
	})
	if both == 0 {
		t.Error("no facts ever satisfied both rules: the test proves nothing")
	}
}

// TestOverlapIsNotSaidWithoutCause is the other half of GL-04: rules that exclude each other are no fault.
func TestOverlapIsNotSaidWithoutCause(t *testing.T) {
	table, _ := newRuleTable(company(), nil)
	for _, c := range []struct {
		a, b Rule
		want bool
	}{
		{Rule{When: When{"card_brand": {"VISA"}}}, Rule{When: When{"card_brand": {"AMEX"}}}, false},
		{Rule{When: When{"card_brand": {"VISA"}}}, Rule{When: When{"card_brand": {"none"}}}, false},
		{Rule{When: When{"card_brand": {"VISA"}}}, Rule{When: When{"store": {"1"}}}, true},
		{Rule{When: When{"store": {"100..199"}}}, Rule{When: When{"store": {"199..300"}}}, true},
		{Rule{When: When{"store": {"100..199"}}}, Rule{When: When{"store": {"200..300", "1000..2000"}}}, false},
		{Rule{When: When{"store": {"100..199"}}}, Rule{When: When{"store": {"1500"}}}, false},
		{Rule{When: When{"mdd4": {"/^A/"}}}, Rule{When: When{"mdd4": {"BAGS"}}}, false},
		{Rule{When: When{"mdd4": {"/^A/"}}}, Rule{When: When{"mdd4": {"/^B/"}}}, true}, // nobody can tell
		{Rule{When: When{"event_type": {"FUNDING"}}}, Rule{}, false},
		{Rule{When: When{"event_type": {"FUNDING"}}}, Rule{When: When{"event_type": {"*"}}}, false},
		{Rule{When: When{"merchant_id": {"acme_us"}}}, Rule{When: When{"revenue_model": {"CASH_SALE"}}}, false},
		{Rule{When: When{"merchant_id": {"acme_web"}}}, Rule{When: When{"revenue_model": {"CASH_SALE"}}}, true},
		{Rule{When: When{"merchant_id": {"nobody"}}}, Rule{When: When{"revenue_model": {"CASH_SALE"}}}, false},
		{Rule{When: When{"outcome": {"MATCHED"}}}, Rule{When: When{"reason": {"NO_ORDER"}}}, false},
		{Rule{When: When{"outcome": {"EXCEPTION"}}}, Rule{When: When{"reason": {"none"}}}, false},
		{Rule{When: When{"component": {"none"}}}, Rule{When: When{"component": {"goods"}}}, false},
		{Rule{When: When{"component": {"tax"}}}, Rule{When: When{"component": {"goods"}}}, true},
		{Rule{ValidTo: day("2026-09-30")}, Rule{ValidFrom: day("2026-10-01")}, false},
		{Rule{ValidTo: day("2026-10-01")}, Rule{ValidFrom: day("2026-10-01")}, true},
	} {
		a, b := table.compile(&c.a, -1), table.compile(&c.b, -1)
		if got := table.overlap(a, b); got != c.want || table.overlap(b, a) != c.want {
			t.Errorf("%s%soverlap: %v", a.text(), b.text(), got)
		}
	}
}

// TestAnyTableBalances: whatever rules are valid and whatever moves, entries
// balance (GL-12) and the accounts take exactly what moved (INV-4).
func TestAnyTableBalances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := company()
		for i := range rapid.IntRange(0, 4).Draw(t, "rules") {
			r := drawRule(t, fmt.Sprintf("r%d", i))
			r.Priority = i + 1
			r.Post = against(rapid.SampledFrom([]string{"{ar}-{document_store}", "1210-{store}", "1200-{dept[mdd4]}", "{sales}-{mdd4}", "{deposits}-{head_office}", "1200-{document_department}", "{sales}-{dept[document_department]}"}).Draw(t, "account"))
			r.Post[0].Rollup = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"card_brand", "mdd4", "store", "fee_code", "document_department"}), 0, 2, rapid.ID).Draw(t, "rollup")
			s.Rules = append(s.Rules, r)
		}
		table, faults := NewRuleTable(s)
		if len(faults) > 0 {
			t.Fatalf("%+v", faults)
		}
		b := &booking{p: table.policy, rules: table, view: view{table: table, p: table.policy}, entries: map[Key]*draft{}, roles: map[string]Role{}}
		want := map[string]int64{}
		for range rapid.IntRange(1, 20).Draw(t, "movements") {
			subject := drawFacts(t, table)
			a := drawAmounts(t, subject)
			if err := b.apply(Settle, "", subject, a, false, func(l *lineSum) { l.memo.add(subject, 1, nil) }); err != nil {
				t.Fatal(err)
			}
			want["clearing"] += a.minor[fullAmount]
		}
		entries, err := b.build()
		if err != nil {
			t.Fatal(err)
		}
		got := int64(0)
		for _, e := range entries {
			for _, l := range e.Lines() {
				if table.chart.RoleOf(&l) == Clearing {
					got += signed(&l)
				}
				if l.Account == "" || strings.HasSuffix(l.Account, "-") || l.Memo == "" {
					t.Fatalf("a blank in %+v", l)
				}
			}
		}
		if got != want["clearing"] {
			t.Fatalf("clearing took %d of %d", got, want["clearing"])
		}
	})
}

// drawAmounts draws what a row applied, left suspended and wrote off.
func drawAmounts(t *rapid.T, s *subject) *amounts {
	a := &amounts{}
	sign := int64(1)
	if s.values[factSign] == "negative" {
		sign = -1
	}
	small := rapid.Int64Range(0, 1_000_000)
	if s.split {
		for k := range 4 {
			if s.components&(1<<k) != 0 {
				a.minor[k] = sign * (small.Draw(t, "component") + 1)
			}
			a.minor[appliedAmount] += a.minor[k]
		}
	} else {
		a.minor[appliedAmount] = sign * small.Draw(t, "applied")
	}
	a.minor[suspendedAmount] = sign * small.Draw(t, "suspended")
	a.minor[writeOffAmount] = rapid.Int64Range(-5, 5).Draw(t, "write-off")
	a.minor[fullAmount] = a.minor[appliedAmount] + a.minor[suspendedAmount] + a.minor[writeOffAmount]
	return a
}
