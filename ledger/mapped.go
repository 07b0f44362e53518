package ledger

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"

	"tieout/recon"
)

// Books is what matching must ask of these rules: posting dates (GL-16), and
// whether a row has an account for what it would apply (GL-06).
func (t *RuleTable) Books(p *recon.Policy, in *recon.Input) recon.Books {
	v := &view{t, p, in.Transactions, in.Documents}
	type question struct {
		facts recon.Facts
		extra string
	}
	known := map[question]recon.Mapping{}
	var lock sync.Mutex
	return recon.Books{
		PostingDate: t.chart.PostingDate,
		MayMiss:     func(e recon.EventType) bool { return t.mayMiss(e.String()) },
		Mapped: func(row int, f *recon.Facts) recon.Mapping {
			extra := t.extraOf(in.Transactions, row)
			q := question{*f, joined(extra)}
			lock.Lock()
			defer lock.Unlock()
			answer, asked := known[q]
			if !asked {
				s := v.row(f, extra)
				s.open = undecided
				answer = t.mapped(s)
				known[q] = answer
			}
			return answer
		},
		Lacks: func(row int, f *recon.Facts) (dimension, account string) {
			if len(t.dimensions) == 0 {
				return "", ""
			}
			s := v.row(f, t.extraOf(in.Transactions, row))
			s.open = undecided
			l, _ := t.missing(s)
			return t.lackedDimension(l, s)
		},
		Clears: func(p *recon.Posted, f *recon.Facts) string {
			store, dimensions := v.docs.Place(f.DocPlace)
			s := v.carried(p, store, dimensions, f.Memo, f.Negative)
			s.split, s.components, s.open = f.Split, componentsOf(f.Has), 1<<factComponent
			return t.lacks(s)
		},
	}
}

// lacks says what is missing to book a movement, "" for nothing.
func (t *RuleTable) lacks(s *subject) string {
	l, found := t.missing(s)
	if found == recon.AccountFound {
		return ""
	}
	if l == nil {
		return "no rule books it"
	}
	if dimension, account := t.lackedDimension(l, s); dimension != "" {
		return fmt.Sprintf("it has no %s, which account %s needs", dimension, account)
	}
	var number strings.Builder
	for i := range l.account.segments {
		text := l.account.segments[i].fill(s)
		if text == "" {
			return fmt.Sprintf("a part of account %s has no value", l.account.text)
		}
		number.WriteString(text)
	}
	return fmt.Sprintf("account %s is not in the chart of accounts", number.String())
}

// undecided are the facts that are open while a row is matched.
const undecided = 1<<factOutcome | 1<<factReason | 1<<factKind | 1<<factComponent

// lackedDimension is the dimension that the account of a line lacks, and the account as the rule has it.
func (t *RuleTable) lackedDimension(l *ruleLine, s *subject) (dimension, account string) {
	if l == nil {
		return "", ""
	}
	for i := range l.account.segments {
		if seg := &l.account.segments[i]; seg.fact >= factDimension && seg.fill(s) == "" {
			return t.dimensions[seg.fact-factDimension], l.account.text
		}
	}
	return "", ""
}

// extraOf fetches the facts of a row that only this table asks for.
func (t *RuleTable) extraOf(txns *recon.Transactions, row int) (values []string) {
	for _, f := range t.extra {
		if f == factBatch {
			values = append(values, txns.BatchOf(row))
		} else {
			values = append(values, txns.CustomOf(row, f.String()))
		}
	}
	return values
}

// joined is values as one key.
func joined(values []string) string {
	var b []byte
	for _, v := range values {
		b = append(binary.AppendUvarint(b, uint64(len(v))), v...)
	}
	return string(b)
}

// mayMiss tells whether a row of the event can be without an account. If not, nobody needs to ask.
func (t *RuleTable) mayMiss(event string) bool {
	if t.accounts != nil {
		return true
	}
	for _, r := range t.byEvent[event] {
		if slices.ContainsFunc(r.lines, func(l ruleLine) bool { return l.account.fallible() }) {
			return true
		}
		if r.always() {
			return false
		}
	}
	return true
}

func (t *RuleTable) mapped(s *subject) recon.Mapping {
	_, found := t.missing(s)
	return found
}

// missing asks every rule that may yet hold, up to the first that surely does,
// for the line that has no account: how the row ends is not known when it is asked.
func (t *RuleTable) missing(s *subject) (*ruleLine, recon.Mapping) {
	for _, r := range t.byEvent[s.values[factEvent]] {
		surely := true
		fails := slices.ContainsFunc(r.tests, func(c test) bool {
			if s.isOpen(c.fact) {
				surely = false
				return c.fact == factComponent && !s.split && !c.holds(s)
			}
			return !c.holds(s)
		})
		if fails || !r.valid(s.posting) {
			continue
		}
		for i := range r.lines {
			if found := t.accountFound(&r.lines[i], s); found != recon.AccountFound {
				return &r.lines[i], found
			}
		}
		if surely {
			return nil, recon.AccountFound
		}
	}
	return nil, recon.NoAccount
}

// accountFound looks for the account of a line if the row can need it.
func (t *RuleTable) accountFound(l *ruleLine, s *subject) recon.Mapping {
	if l.source == fullAmount || l.source == suspendedAmount || l.source == writeOffAmount ||
		l.source <= surchargeAmount && s.components&(1<<l.source) == 0 {
		return recon.AccountFound
	}
	_, found := t.account(l.account, s)
	return found
}
