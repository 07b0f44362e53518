package ledger

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// Mode is how a released entry is corrected (GL-21): configuration, never a choice of a run.
type Mode string

// Delta posts the difference; ReverseRepost reverses the whole and posts it anew.
const (
	Delta         Mode = "delta"
	ReverseRepost Mode = "reverse_repost"
)

// Booked is an entry as the books have it.
type Booked struct {
	Entry
	Revision int  // 1 for the first; a new one takes the place of the last until release (GL-20)
	Released bool // handed to the general ledger: never edited again (GL-21)
}

// Change is what a run does to one entry of the books.
type Change string

// The changes. Voided keeps number and key of an unreleased entry that became
// empty; the same key revives it.
const (
	Unchanged Change = "UNCHANGED"
	Added     Change = "NEW"
	Revised   Change = "REVISED"
	Voided    Change = "VOID"
	Corrected Change = "CORRECTION"
)

// Decision is a change with the entry it leads to.
type Decision struct {
	Change
	Booked
}

// Compare decides what becomes of one natural key: wanted is the entry that a
// clean run would produce (nil: none), chain the entries that the books have
// under it, in the order of their making. open gives the day on which a
// correction of the given day is posted (GL-18). Entries that are not released
// get revisions (GL-20); what is released is corrected by an entry of its own,
// so that the original and all corrections add up to wanted, line by line (GL-22).
// changed is asked what of the entry's sources changed since the last run.
func Compare(wanted *Entry, chain []Booked, mode Mode, open func(recon.Date) recon.Date, changed func() *Changes) ([]Decision, error) {
	if len(chain) == 0 {
		if wanted == nil {
			return nil, nil
		}
		return []Decision{{Added, Booked{Entry: *wanted, Revision: 1}}}, nil
	}
	if !chain[0].Released {
		return reviseFirst(wanted, chain[0]), nil
	}
	if mode == ReverseRepost {
		return reverseAndRepost(wanted, chain, open)
	}
	return correct(wanted, chain, open, changed)
}

func reviseFirst(wanted *Entry, first Booked) []Decision {
	if wanted == nil {
		wanted = &Entry{key: first.key, base: first.base, rate: first.rate}
	}
	return []Decision{revise(first, *wanted)}
}

// revise gives an unreleased entry its new content under its old number.
func revise(old Booked, content Entry) Decision {
	content.number, content.corrects, content.posting, content.key.Correction = old.number, old.corrects, old.posting, old.key.Correction
	if SameContent(old.Entry, content) {
		return Decision{Unchanged, old}
	}
	change := Revised
	if len(content.lines) == 0 {
		change = Voided
	}
	return Decision{change, Booked{Entry: content, Revision: old.Revision + 1}}
}

// SameContent tells entries whose lines say the same, whatever they are called.
func SameContent(a, b Entry) bool {
	return slices.EqualFunc(a.lines, b.lines, func(x, y Line) bool {
		return x.Account == y.Account && x.Side == y.Side && x.Label == y.Label && x.Amount == y.Amount && x.Base == y.Base
	})
}

// correct posts the difference between what is wanted and what is released.
func correct(wanted *Entry, chain []Booked, open func(recon.Date) recon.Date, changed func() *Changes) ([]Decision, error) {
	released, pending := splitChain(chain)
	first := chain[0]
	lines := difference(linesOf(wanted), released)
	if len(lines) > 0 {
		changed().trace(lines, pending, first.number)
	}
	content := Entry{key: first.key, base: first.base, rate: first.rate}
	if len(lines) > 0 {
		built, err := NewEntry(first.key, first.base, first.rate, lines)
		if err != nil {
			return nil, fmt.Errorf("correction: %w", err)
		}
		content = built
	}
	content.memo = "corrects " + first.number
	if pending != nil {
		return []Decision{revise(*pending, content)}, nil
	}
	if len(lines) == 0 {
		return []Decision{{Unchanged, first}}, nil
	}
	content.key.Correction = "#" + strconv.Itoa(len(chain)+1)
	return []Decision{correction(content, first, open)}, nil
}

func correction(content Entry, first Booked, open func(recon.Date) recon.Date) Decision {
	content.corrects = first.number
	if day := open(first.PostingDate()); day != content.key.PostingDate {
		content.posting = day
	}
	return Decision{Corrected, Booked{Entry: content, Revision: 1}}
}

// splitChain adds up the released entries and finds the one that is not.
func splitChain(chain []Booked) (released []Line, pending *Booked) {
	for i := range chain {
		if chain[i].Released {
			released = append(released, chain[i].lines...)
		} else {
			pending = &chain[i]
		}
	}
	return released, pending
}

func linesOf(e *Entry) []Line {
	if e == nil {
		return nil
	}
	return e.lines
}

// Changes are the sources of an entry that were added, that went, or of which
// other amounts are booked than before: what a correction corrects (GL-21, GL-24).
type Changes struct {
	sources map[accountLabel]map[SourceRef]bool
	width   int // of a memo
}

// ChangesOf compares the contributions to an entry as stored with those that
// are wanted now. altered tells a source that is behind both and whose amounts are others.
func ChangesOf(stored, wanted []Contribution, altered func(SourceRef) bool) *Changes {
	c := &Changes{sources: map[accountLabel]map[SourceRef]bool{}}
	before, after := c.gather(stored), c.gather(wanted)
	for key := range c.sources {
		for _, side := range []map[SourceRef]bool{before[key], after[key]} {
			for ref := range side {
				if before[key][ref] != after[key][ref] || altered(ref) {
					c.sources[key][ref] = true
				}
			}
		}
	}
	return c
}

func (c *Changes) gather(parts []Contribution) map[accountLabel]map[SourceRef]bool {
	all := map[accountLabel]map[SourceRef]bool{}
	for i := range parts {
		p := &parts[i]
		key := accountLabel{p.Account, p.Label}
		if all[key] == nil {
			all[key] = map[SourceRef]bool{}
		}
		if c.sources[key] == nil {
			c.sources[key] = map[SourceRef]bool{}
		}
		for _, ref := range p.Sources {
			all[key][ref] = true
		}
		c.width = max(c.width, p.Memo.Width)
	}
	return all
}

// trace gives the lines of a correction the sources of what changed, and those
// of a correction that is not released yet and whose place it takes. A line
// behind which nothing changed, but a rate or a rounding, keeps all of its sources.
func (c *Changes) trace(lines []Line, pending *Booked, number string) {
	waiting := map[accountLabel][]SourceRef{}
	if pending != nil {
		for _, l := range pending.lines {
			key := accountLabel{l.Account, l.Label}
			waiting[key] = append(waiting[key], l.Sources...)
		}
	}
	for i := range lines {
		l := &lines[i]
		key := accountLabel{l.Account, l.Label}
		sources := slices.AppendSeq(waiting[key], maps.Keys(c.sources[key]))
		l.Memo = "corrects " + number
		if len(sources) > 0 {
			slices.Sort(sources)
			l.Sources = slices.Compact(sources)
			l.Memo += ": x" + strconv.Itoa(len(l.Sources)) + " changed"
		}
		l.Memo = cut(l.Memo, cmp.Or(c.width, usualMemoWidth))
	}
}

// accountLabel is a line key without its side: corrections compare signed sums (GL-22).
type accountLabel struct{ account, label string }

type signedSum struct {
	amount, base int64
	line         Line
}

// difference is wanted less posted, by account and label. What is positive is
// debit, what is negative credit; a base amount that goes the other way gets a
// line of its own, since no line is negative. Behind a line is what is behind
// the sums on either side: what left an account must be found there too (GL-24).
func difference(wanted, posted []Line) []Line {
	sums := map[accountLabel]*signedSum{}
	add := func(l *Line, sign int64) {
		key := accountLabel{l.Account, l.Label}
		s := sums[key]
		if s == nil {
			s = &signedSum{}
			sums[key] = s
		}
		sources := append(s.line.Sources, l.Sources...)
		if s.line.Account == "" || sign > 0 {
			s.line = *l
		}
		s.line.Sources = sources
		if l.Side == Credit {
			sign = -sign
		}
		s.amount, s.base = s.amount+sign*l.Amount, s.base+sign*l.Base
	}
	for i := range wanted {
		add(&wanted[i], 1)
	}
	for i := range posted {
		add(&posted[i], -1)
	}
	var lines []Line
	for _, s := range sums {
		lines = append(lines, s.lines()...)
	}
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Or(CompareLines(a, b), cmp.Compare(a.Amount, b.Amount)) })
	return lines
}

func (s *signedSum) lines() []Line {
	line := s.line
	if s.amount == 0 && s.base == 0 {
		return nil
	}
	slices.Sort(line.Sources)
	line.Sources = slices.Compact(line.Sources)
	if s.amount != 0 && s.base != 0 && (s.amount > 0) != (s.base > 0) {
		return []Line{onSide(line, s.amount, 0), onSide(line, 0, s.base)}
	}
	return []Line{onSide(line, s.amount, s.base)}
}

func onSide(l Line, amount, base int64) Line {
	l.Side = Debit
	if amount < 0 || (amount == 0 && base < 0) {
		l.Side, amount, base = Credit, -amount, -base
	}
	l.Amount, l.Base = amount, base
	return l
}

// reverseAndRepost takes all that is released back and posts what is wanted anew.
func reverseAndRepost(wanted *Entry, chain []Booked, open func(recon.Date) recon.Date) ([]Decision, error) {
	released, pending := standing(chain)
	if len(difference(linesOf(wanted), released)) == 0 && pending == nil {
		return []Decision{{Unchanged, chain[0]}}, nil
	}
	if pending != nil {
		return reviseRepost(wanted, pending), nil
	}
	first, n := chain[0], strconv.Itoa(nextCorrection(chain))
	var decisions []Decision
	if lines := difference(nil, released); len(lines) > 0 {
		back, err := NewEntry(first.key, first.base, first.rate, lines)
		if err != nil {
			return nil, fmt.Errorf("reversal: %w", err)
		}
		back.key.Correction, back.memo = "#R"+n, "reverses "+first.number
		decisions = append(decisions, correction(back, first, open))
	}
	if wanted != nil {
		again := *wanted
		again.key.Correction, again.memo = "#"+n, "corrects "+first.number
		decisions = append(decisions, correction(again, first, open))
	}
	return decisions, nil
}

// standing is the released lines, and the repost that is not released yet.
func standing(chain []Booked) (released []Line, pending *Booked) {
	for i := range chain {
		switch b := &chain[i]; {
		case b.Released || strings.HasPrefix(b.key.Correction, "#R"):
			released = append(released, b.lines...)
		default:
			pending = b
		}
	}
	return released, pending
}

// reviseRepost changes a repost that has not left the house; its reversal stands.
func reviseRepost(wanted *Entry, pending *Booked) []Decision {
	content := Entry{key: pending.key, base: pending.base, rate: pending.rate, memo: pending.memo}
	if wanted != nil {
		content.lines = wanted.lines
	}
	return []Decision{revise(*pending, content)}
}

func nextCorrection(chain []Booked) int {
	n := 2
	for i := range chain {
		if text := strings.TrimLeft(chain[i].key.Correction, "#R"); text != "" {
			if k, err := strconv.Atoi(text); err == nil && k >= n {
				n = k + 1
			}
		}
	}
	return n
}

// Restore makes an entry of stored lines. An entry without lines is one that
// became void: its number and its key are kept (GL-19).
func Restore(key Key, base money.Currency, rate money.Rate, lines []Line) (Entry, error) {
	if len(lines) == 0 {
		return Entry{key: key, base: base, rate: rate}, nil
	}
	return NewEntry(key, base, rate, lines)
}
