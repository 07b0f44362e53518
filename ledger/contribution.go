package ledger

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// Scope names what a part of an entry came from, so that a rerun replaces
// exactly that part: the rows of a settlement date, a deposit, a bank line, or a
// carried item that was cleared (an act, which no rerun derives again).
type Scope string

// SettledOn is the scope of the rows of a settlement date.
func SettledOn(day recon.Date) Scope { return Scope("S:" + day.String()) }

func clearedItem(p *recon.Posted) Scope {
	return Scope("C:" + p.ID + "/" + p.Type.String())
}

// SettledOn tells the scope of a settlement date, and which.
func (s Scope) SettledOn() (recon.Date, bool) {
	text, ok := strings.CutPrefix(string(s), "S:")
	if !ok {
		return 0, false
	}
	day, err := recon.ParseDate(text)
	return day, err == nil
}

// Act tells the scope of a cleared item, and the natural key of that.
func (s Scope) Act() (item string, is bool) { return strings.CutPrefix(string(s), "C:") }

// Contribution is what one scope brings to one line of an entry, in minor units.
// Where Based, Base is the part's own base amount (EDGE-1); else the entry's
// base amounts are made from its total (GL-15).
type Contribution struct {
	Scope   Scope
	Key     Key // without correction
	Account string
	Side    Side
	Label   string
	Rule    string
	Amount  int64
	Base    int64
	Based   bool
	Sources []SourceRef

	Memo      Memo
	RuleTable string // version of the rule table (GL-07)
	Role      Role   // what the account is for, as far as proofs need it
}

// Line is the key of the line that the contribution belongs to (GL-08).
func (c *Contribution) compareLine(o *Contribution) int {
	return cmp.Or(strings.Compare(c.Account, o.Account), cmp.Compare(o.Side, c.Side), strings.Compare(c.Label, o.Label))
}

// Compare orders contributions by entry, line, scope and rule.
func (c *Contribution) Compare(o *Contribution) int {
	return cmp.Or(c.Key.Compare(o.Key), c.compareLine(o), strings.Compare(string(c.Scope), string(o.Scope)), strings.Compare(c.Rule, o.Rule))
}

// Contribute books the outcomes of a run as [RollUp] does and returns the parts
// of its entries by what they came from. source names a row durably, so that
// later runs can tell where a line came from.
func Contribute(res *recon.Result, rules *RuleTable, source func(row int) SourceRef) ([]Contribution, error) {
	b := SumRows(res, rules, source != nil).booking
	if err := b.draft(); err != nil {
		return nil, err
	}
	var all []Contribution
	for key, d := range b.entries {
		for k, l := range d.lines {
			if l.amount == 0 && l.base == 0 {
				continue
			}
			c := Contribution{
				Scope: k.scope, Key: key, Account: k.account, Side: k.side, Label: k.label, Rule: k.rule, Amount: l.amount, Base: l.base, Based: d.based,
				Memo: l.memo.whole(l.template, rules.memoWidth), RuleTable: rules.version, Role: b.roles[k.account],
			}
			for _, row := range l.rows {
				c.Sources = append(c.Sources, source(row))
			}
			c.Sources = append(c.Sources, l.others...)
			slices.Sort(c.Sources)
			c.Sources = slices.Compact(c.Sources)
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b Contribution) int { return a.Compare(&b) })
	return all, nil
}

// Assemble makes the entry that contributions of one key add up to (GL-08 to
// GL-15). ok is false where nothing is left of it (GL-11).
func Assemble(parts []Contribution, rate money.Rate, base money.Currency) (e Entry, ok bool, err error) {
	var lines []Line
	var memos []Memo
	based := false
	sorted := slices.Clone(parts)
	slices.SortFunc(sorted, func(a, b Contribution) int { return a.Compare(&b) })
	for i := range sorted {
		c := &sorted[i]
		based = based || c.Based
		before := len(lines)
		lines = addPart(lines, c)
		if len(lines) > before {
			memos = append(memos, Memo{})
		}
		memos[len(memos)-1].add(&c.Memo)
	}
	for i := range lines {
		if n := len(lines[i].Sources); n > 0 {
			memos[i].Count = n // what two rules booked of one row counts once
		}
		lines[i].Memo = memos[i].render(sorted[0].Key.PostingDate, lines[i].Label)
	}
	lines = slices.DeleteFunc(lines, func(l Line) bool { return l.Amount == 0 && l.Base == 0 })
	if len(lines) == 0 {
		return Entry{}, false, nil
	}
	key := sorted[0].Key
	if !based {
		if err := setBase(lines, key.Currency, rate, base); err != nil {
			return Entry{}, false, fmt.Errorf("entry %s: %w", key, err)
		}
	}
	e, err = NewEntry(key, base, rate, lines)
	return e, err == nil, err
}

// union joins names by +, in order, each once.
func union(names, more string) string {
	all := strings.Split(names, "+")
	if slices.Contains(all, more) {
		return names
	}
	all = append(all, more)
	slices.Sort(all)
	return strings.Join(all, "+")
}

// addPart adds a contribution to the line it belongs to, which is the last one or a new one.
func addPart(lines []Line, c *Contribution) []Line {
	part := Line{Account: c.Account, Side: c.Side, Label: c.Label, Amount: c.Amount, Base: c.Base, Rule: c.Rule, RuleTable: c.RuleTable, Role: c.Role, Sources: slices.Clone(c.Sources)}
	if n := len(lines); n > 0 && CompareLines(lines[n-1], part) == 0 {
		l := &lines[n-1]
		l.Amount, l.Base = l.Amount+part.Amount, l.Base+part.Base
		l.Sources = append(l.Sources, part.Sources...)
		slices.Sort(l.Sources)
		l.Sources = slices.Compact(l.Sources)
		l.Rule, l.RuleTable = union(l.Rule, part.Rule), union(l.RuleTable, part.RuleTable)
		return lines
	}
	return append(lines, part)
}
