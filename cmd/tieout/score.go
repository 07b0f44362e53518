package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tieout/fixtures/demo"
	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/night"
)

// score counts how many facts of the demonstration's answer key hold.
type score struct {
	facts  int
	missed int // facts that do not hold
	faults []string
	docs   map[string]demo.DocumentFact // what the key says of every document so far
	begun  map[string]int64             // what the accounts held before the first night
	books  map[ledger.Scope][]ledger.Contribution
}

func newScore(m demo.Month) *score {
	s := &score{docs: map[string]demo.DocumentFact{}, begun: map[string]int64{}, books: map[ledger.Scope][]ledger.Contribution{}}
	for _, b := range m.Brought {
		s.begun[b.Account+" "+b.Currency] = b.Minor
	}
	return s
}

// fact counts one fact of a night.
func (s *score) fact(holds bool, date, format string, args ...any) {
	s.facts++
	if !holds {
		s.missed++
		s.fault(date, format, args...)
	}
}

// fault notes what is said beyond the key.
func (s *score) fault(date, format string, args ...any) {
	s.faults = append(s.faults, date+": "+fmt.Sprintf(format, args...))
}

// night compares the answers of a night, and what the books hold after it.
func (s *score) night(n *demo.Night, answers []*night.Answer, chart *ledger.Chart) {
	s.rows(n, answers)
	s.documents(n, answers[0].Result)
	s.worklist(n, answers)
	for _, a := range answers {
		for _, scope := range a.Commit.Replaced {
			delete(s.books, scope)
		}
		for _, p := range a.Commit.Contributions {
			s.books[p.Scope] = append(s.books[p.Scope], p)
		}
	}
	s.balances(n.Date, n.Key.Balances, s.held(chart))
}

// rows: every row that came tonight ends as the key says. What the key says
// nothing of is a row of an earlier night in a file that was read again.
func (s *score) rows(n *demo.Night, answers []*night.Answer) {
	said := map[string][]string{}
	for _, a := range answers {
		for i := range a.Result.Rows() {
			r := a.Result.Row(i)
			said[r.ID] = append(said[r.ID], outcomeText(r.Verdict.String(), r.Reason.String(), r.Kind.String()))
		}
	}
	for _, f := range n.Key.Rows {
		want := outcomeText(f.Outcome, f.Reason, f.Kind)
		at := slices.Index(said[f.ID], want)
		s.fact(at >= 0, n.Date, "row %s %s is %s, not %s", f.ID, f.Event, or(strings.Join(said[f.ID], " and "), "not there"), want)
		if at >= 0 {
			said[f.ID] = slices.Delete(said[f.ID], at, at+1)
		}
	}
}

func outcomeText(outcome, reason, kind string) string {
	return strings.Join(strings.Fields(outcome+" "+reason+" "+kind), " ")
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// documents: what is new is a fact; what is not must not have changed.
func (s *score) documents(n *demo.Night, res *recon.Result) {
	said := map[string]demo.DocumentFact{}
	for i := range res.Docs() {
		d := res.Doc(i)
		said[d.ID] = demo.DocumentFact{ID: d.ID, Outcome: d.Verdict.String(), Reason: d.Reason.String(), Kind: d.Kind.String()}
	}
	fresh := map[string]bool{}
	for _, f := range n.Key.Documents {
		fresh[f.ID] = true
		s.docs[f.ID] = f
		got := said[f.ID]
		s.fact(got == f, n.Date, "document %s is %s, not %s", f.ID, or(outcomeText(got.Outcome, got.Reason, got.Kind), "not there"), outcomeText(f.Outcome, f.Reason, f.Kind))
	}
	for i := range res.Docs() {
		id := res.Doc(i).ID
		if got, want := said[id], s.docs[id]; got != want && !fresh[id] {
			s.fault(n.Date, "document %s has become %s; it should still be %s", id, outcomeText(got.Outcome, got.Reason, got.Kind), outcomeText(want.Outcome, want.Reason, want.Kind))
		}
	}
}

// worklist: the open exceptions are exactly those of the key, with reason and
// first day; and those that the key ended are closed by this night's run.
func (s *score) worklist(n *demo.Night, answers []*night.Answer) {
	open, closed := map[string]night.Exception{}, map[string]bool{}
	for _, a := range answers {
		clear(open)
		for _, e := range a.Work {
			if e.Status == night.Closed {
				closed[e.ID] = true
			} else {
				open[e.ID] = e
			}
		}
	}
	for _, i := range n.Key.Open {
		id := recon.ExceptionID(i.Side, i.Key...)
		e, is := open[id]
		s.fact(is && e.Reason.String() == i.Reason && e.FirstSeen.String() == i.Since, n.Date, "%s %s is %s, not open as %s since %s",
			i.Side, strings.Join(i.Key, " "), or(strings.TrimSpace(e.Reason.String()+" "+e.FirstSeen.String()), "not open"), i.Reason, i.Since)
		delete(open, id)
	}
	for _, id := range slices.Sorted(maps.Keys(open)) {
		s.fault(n.Date, "%s %s is open as %s, and should not be", open[id].Side, open[id].Key, open[id].Reason)
	}
	for _, i := range n.Key.Cleared {
		s.fact(closed[recon.ExceptionID(i.Side, i.Key...)], n.Date, "%s %s has not cleared tonight", i.Side, strings.Join(i.Key, " "))
	}
}

// balances: what the accounts hold, in minor units.
func (s *score) balances(when string, want []demo.Balance, sums map[string]int64) {
	for _, b := range want {
		name := b.Account + " " + b.Currency
		held := sums[name]
		if b.Account == "unapplied" || b.Account == "unidentified" {
			held = -held // liabilities
		}
		held += s.begun[name]
		s.fact(held == b.Minor, when, "%s is %d minor units, not %d", name, held, b.Minor)
	}
}

// held is what the books hold by account and currency, debits positive.
func (s *score) held(chart *ledger.Chart) map[string]int64 {
	sums := map[string]int64{}
	for _, parts := range s.books {
		for i := range parts {
			p := &parts[i]
			addTo(sums, chart, p.Account, p.Key.Currency, p.Side, p.Amount)
		}
	}
	return sums
}

func addTo(sums map[string]int64, chart *ledger.Chart, account string, currency money.Currency, side ledger.Side, amount int64) {
	if side == ledger.Credit {
		amount = -amount
	}
	number, _, _ := strings.Cut(account, "-")
	sums[demoAccount(chart, number)+" "+currency.String()] += amount
}

// demoAccount is the key's name for an account number.
func demoAccount(chart *ledger.Chart, number string) string {
	for _, cash := range chart.Cash {
		if cash == number {
			return "cash"
		}
	}
	for role, account := range chart.Accounts {
		if account == number {
			return string(role)
		}
	}
	return number
}
