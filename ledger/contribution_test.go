package ledger_test

import (
	"cmp"
	"slices"
	"strconv"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"tieout/ledger"
	"tieout/ledger/money"
)

// lineText is all that a line says.
type lineText struct {
	Entry   string
	Line    ledger.Line
	Rate    string
	Balance int64
}

func texts(entries []ledger.Entry) (all []lineText) {
	for _, e := range entries {
		for _, l := range e.Lines() {
			debits, credits, _ := e.Totals()
			all = append(all, lineText{e.Key().String(), l, e.Rate().String(), debits - credits})
		}
	}
	return all
}

// A run in parts is the run as a whole: contributions, by what they came from,
// assemble to the entries of the roll-up, with rules, memos and sources, in
// whatever order they were stored (GL-08 to GL-15, R17).
func TestContributionsAssembleToTheRollUp(t *testing.T) {
	for n, b := range nights(t, 40) {
		parts, err := ledger.Contribute(b.res, b.night.Rules, func(row int) ledger.SourceRef {
			return ledger.SourceRef("T:" + strconv.Itoa(b.res.Label(row)))
		})
		if err != nil {
			t.Fatal(err)
		}
		byKey := map[ledger.Key][]ledger.Contribution{}
		for _, p := range slices.Backward(parts) {
			byKey[p.Key] = append(byKey[p.Key], p)
		}
		var entries []ledger.Entry
		for key, of := range byKey {
			e, ok, err := ledger.Assemble(of, b.night.Policy.Rate(key.Currency), b.night.Policy.Base)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				entries = append(entries, e)
			}
		}
		slices.SortFunc(entries, func(a, b ledger.Entry) int { return a.Key().Compare(b.Key()) })
		want := texts(b.entries)
		for _, all := range [][]lineText{want, texts(entries)} {
			for i := range all {
				slices.Sort(all[i].Line.Sources) // rows by number there, by text here
			}
		}
		if diff := gocmp.Diff(want, texts(entries)); diff != "" {
			t.Fatalf("night %d (-roll-up +assembled):\n%s", n, diff)
		}
	}
}

// A scope is all of one settlement date, or one deposit, bank line or cleared item: nothing else is replaced on a rerun.
func TestScopes(t *testing.T) {
	b := nights(t, 0)[0]
	parts, err := ledger.Contribute(b.res, b.night.Rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, p := range parts {
		day, settled := p.Scope.SettledOn()
		switch {
		case settled:
			kinds["date"]++
			if p.Key.Class != ledger.Settle || day > b.night.Policy.To {
				t.Errorf("%s: %s", p.Scope, p.Key)
			}
		case isAct(p.Scope):
			kinds["act"]++
			if p.Key.Class != ledger.Reclass {
				t.Errorf("%s: %s", p.Scope, p.Key)
			}
		default:
			kinds["other"]++
			if p.Key.Class != ledger.Fund && p.Key.Class != ledger.Bank {
				t.Errorf("%s: %s", p.Scope, p.Key)
			}
			if p.Based != (p.Key.Class == ledger.Fund) {
				t.Errorf("%s: EDGE-1 is for deposits", p.Key)
			}
		}
	}
	if len(kinds) != 3 {
		t.Errorf("kinds of scope: %v", kinds)
	}
}

// GL-11: contributions that take each other away leave no entry.
func TestNothingAssemblesToNothing(t *testing.T) {
	usd := money.MustCurrency("USD")
	key := ledger.Key{Merchant: "m", Currency: usd, Class: ledger.Settle}
	if _, ok, err := ledger.Assemble([]ledger.Contribution{{Key: key, Account: "1", Side: ledger.Debit}}, money.One(), usd); ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
	if _, _, err := ledger.Assemble([]ledger.Contribution{{Key: key, Account: "1", Side: ledger.Debit, Amount: 1}}, money.One(), usd); err == nil {
		t.Error("one side alone was assembled")
	}
	two := []ledger.Contribution{
		{Key: key, Account: "1", Side: ledger.Debit, Amount: 1, Rule: "b", RuleTable: "v2"},
		{Key: key, Account: "1", Side: ledger.Debit, Amount: 2, Rule: "a", RuleTable: "v1"},
		{Key: key, Account: "2", Side: ledger.Credit, Amount: 3, Rule: "a", RuleTable: "v1"},
		{Key: key, Account: "2", Side: ledger.Credit, Rule: "a", RuleTable: "v1"},
	}
	e, _, err := ledger.Assemble(two, money.One(), usd)
	if err != nil {
		t.Fatal(err)
	}
	if l := e.Lines()[0]; l.Rule != "a+b" || l.RuleTable != "v1+v2" || l.Amount != 3 {
		t.Errorf("%+v", l)
	}
}

// GL-19: numbers are gapless in each posting year, in the order of the keys.
func TestNumbersAreGaplessByYear(t *testing.T) {
	usd := money.MustCurrency("USD")
	var entries []ledger.Entry
	for _, text := range []string{"2026-12-31", "2026-12-31", "2027-01-01", "2027-01-01", "2027-01-02"} {
		e, err := ledger.NewEntry(ledger.Key{PostingDate: date(t, text), Merchant: strconv.Itoa(len(entries)), Currency: usd, Class: ledger.Settle}, usd, money.One(),
			[]ledger.Line{{Account: "1", Side: ledger.Debit, Amount: 1, Base: 1}, {Account: "2", Side: ledger.Credit, Amount: 1, Base: 1}})
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	var numbers []string
	for _, e := range ledger.Number(entries, ledger.FromOne()) {
		numbers = append(numbers, e.Number())
	}
	want := []string{"TO26000001", "TO26000002", "TO27000001", "TO27000002", "TO27000003"}
	if diff := gocmp.Diff(want, numbers); diff != "" {
		t.Error(diff)
	}
	// A correction in the next year takes a number of that year.
	if n := ledger.Number([]ledger.Entry{entries[0].OnDate(date(t, "2027-02-01"))}, ledger.FromOne())[0]; n.Number() != "TO27000001" || n.PostingDate() != date(t, "2027-02-01") {
		t.Error(n.Number(), n.PostingDate())
	}
	if got := cmp.Compare(entries[0].Memo()+entries[0].Corrects(), ""); got != 0 {
		t.Error("a new entry has a memo or corrects another one")
	}
}

func isAct(s ledger.Scope) bool { _, is := s.Act(); return is }
