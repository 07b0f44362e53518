package recount

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
)

// Stored is one version of a row as a run stored it.
type Stored struct {
	Key      string
	Run      int  // place of the run among the committed ones, in their order
	Current  bool // it is the one that counts now
	Currency string
	Amount   *big.Int // minor units
	Effect   *big.Int // what the row adds to its batch's net
	Posts    bool     // whether it moves money
	Counts   bool     // false: another row counts it, or another file
	File     string   // hash of the kept file
	Line     int
	Said     []string // "hash:line" of what other reports said of it
}

// Reading is what a run said of a file that it read.
type Reading struct {
	Run      int
	Name     string // the run, as faults call it
	Rows     int
	Totals   map[string]string // signed decimals by currency, of what was accepted
	Lines    map[int]bool      // that have a finding
	Partial  bool              // not all findings are listed
	Unusable bool              // nothing of the file was used
}

// File is a file as it was counted again, with what is stored of it.
type File struct {
	Name     string
	Hash     string
	Rows     []Row
	Readings []Reading           // of all runs that read it, oldest first
	Versions map[string][]Stored // of the rows that it names, by key, oldest first: by the runs of Readings, and the current one
	Posted   map[string]*big.Int // what rows of it are stored to have posted, by currency
}

// Hold tells what is stored otherwise than the file says, each with file, line and id
// where it is about a row. claims is how many of its rows are stored as read from it and count now.
func (f *File) Hold() (faults []string, claims int) {
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	f.holdCounts(say)
	if f.unusable() {
		return faults, 0
	}
	seen := map[string]bool{}
	for i := range f.Rows {
		r := &f.Rows[i]
		f.holdRow(r, say)
		for j := range f.Versions[r.Key()] {
			if v := &f.Versions[r.Key()][j]; !seen[r.Key()] && v.Current && v.File == f.Hash {
				claims++
			}
		}
		seen[r.Key()] = true
	}
	f.holdClaims(say)
	f.holdPosted(say)
	return faults, claims
}

func (f *File) unusable() bool {
	return !slices.ContainsFunc(f.Readings, func(r Reading) bool { return !r.Unusable })
}

// holdCounts compares the numbers of rows, and the sums of what was accepted when the
// file was read first: in later runs the rows of days that are not theirs count as repeated.
func (f *File) holdCounts(say func(string, ...any)) {
	first := true
	for i := range f.Readings {
		r := &f.Readings[i]
		if r.Unusable {
			continue
		}
		if r.Rows != len(f.Rows) {
			say("%s: %s says that it has %d rows, and it has %d", f.Name, r.Name, r.Rows, len(f.Rows))
		}
		if first {
			f.holdTotals(r, say)
		}
		first = false
	}
}

func (f *File) holdTotals(r *Reading, say func(string, ...any)) {
	sums, merged := f.accepted(r.Run)
	if merged {
		return // a row that several reports tell counts in one of them
	}
	for _, c := range currencies(sums, r.Totals) {
		if want, said := decimal(of(sums, c), c), r.Totals[c]; said != want && (said != "" || of(sums, c).Sign() != 0) {
			say("%s: %s says that its accepted rows are %s %s, and they are %s", f.Name, r.Name, orNothing(said), c, want)
		}
	}
}

func orNothing(text string) string {
	if text == "" {
		return "nothing in"
	}
	return text
}

func of(sums map[string]*big.Int, currency string) *big.Int {
	if n := sums[currency]; n != nil {
		return n
	}
	return new(big.Int)
}

func currencies(sums map[string]*big.Int, totals map[string]string) []string {
	all := map[string]bool{}
	for c := range sums {
		all[c] = true
	}
	for c := range totals {
		all[c] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// accepted adds up the rows that a run took from this file.
func (f *File) accepted(run int) (sums map[string]*big.Int, merged bool) {
	sums = map[string]*big.Int{}
	for i := range f.Rows {
		r := &f.Rows[i]
		v := by(f.Versions[r.Key()], run)
		if v == nil {
			continue
		}
		merged = merged || len(v.Said) > 0 || !v.Counts
		if v.File == f.Hash && v.Line == r.Line && r.Amount != nil && financial(r.Event) {
			sums[r.Currency] = new(big.Int).Add(of(sums, r.Currency), r.Amount)
		}
	}
	return sums, merged
}

// financial tells events that move money from those that are only noted.
func financial(event string) bool {
	return event != "" && event != "AUTH" && event != "AUTH_REVERSAL" && event != "VOID" && event != "RETRIEVAL"
}

// by is the version that a run stored; nil if it stored none.
func by(versions []Stored, run int) *Stored {
	i := slices.IndexFunc(versions, func(v Stored) bool { return v.Run == run })
	if i < 0 {
		return nil
	}
	return &versions[i]
}

// current is the version that counts now; nil if none does.
func current(versions []Stored) *Stored {
	i := slices.IndexFunc(versions, func(v Stored) bool { return v.Current })
	if i < 0 {
		return nil
	}
	return &versions[i]
}

// holdRow compares one row with its versions.
func (f *File) holdRow(r *Row, say func(string, ...any)) {
	where := fmt.Sprintf("%s:%d %s", f.Name, r.Line, r.Key())
	versions := f.Versions[r.Key()]
	if len(versions) == 0 {
		if !f.explained(r.Line) {
			say("%s: the file has it (%s %s), and it is not stored", where, r.Text, r.Currency)
		}
		return
	}
	here := false
	for i := range versions {
		v := &versions[i]
		if v.File != f.Hash || v.Line != r.Line {
			here = here || slices.Contains(v.Said, fmt.Sprintf("%s:%d", f.Hash, r.Line))
			continue
		}
		here = true
		f.holdVersion(where, r, v, say)
	}
	if !here && !f.explained(r.Line) && !slices.ContainsFunc(versions, func(v Stored) bool { return same(r, &v) }) {
		v := &versions[len(versions)-1]
		say("%s: the file says %s %s, and what is stored, of another file, is %s %s", where, r.Text, r.Currency, decimal(v.Amount, v.Currency), v.Currency)
	}
}

func same(r *Row, v *Stored) bool {
	return r.Amount != nil && r.Currency == v.Currency && r.Amount.Cmp(v.Amount) == 0
}

// holdVersion compares a row with what is stored as read from its very line.
func (f *File) holdVersion(where string, r *Row, v *Stored, say func(string, ...any)) {
	if !same(r, v) {
		say("%s: the file says %s %s, and %s %s is stored", where, r.Text, r.Currency, decimal(v.Amount, v.Currency), v.Currency)
		return
	}
	effect := new(big.Int)
	if v.Posts {
		effect = r.Amount
	}
	if effect.Cmp(v.Effect) != 0 {
		say("%s: the file says %s %s, and %s is stored as what it adds to its batch", where, r.Text, r.Currency, decimal(v.Effect, v.Currency))
	}
}

// explained tells a line of which a run said why its row is not used.
func (f *File) explained(line int) bool {
	return slices.ContainsFunc(f.Readings, func(r Reading) bool { return r.Lines[line] || r.Partial })
}

// holdClaims tells of versions that name a line of this file on which their row is not.
func (f *File) holdClaims(say func(string, ...any)) {
	lines := map[string]bool{}
	for i := range f.Rows {
		lines[fmt.Sprintf("%d %s", f.Rows[i].Line, f.Rows[i].Key())] = true
	}
	for _, key := range slices.Sorted(maps.Keys(f.Versions)) {
		for i := range f.Versions[key] {
			if v := &f.Versions[key][i]; v.File == f.Hash && !lines[fmt.Sprintf("%d %s", v.Line, key)] {
				say("%s:%d %s is stored as read there, and another row stands there", f.Name, v.Line, key)
			}
		}
	}
}

// holdPosted compares the sums of what rows of this file are stored to have posted.
func (f *File) holdPosted(say func(string, ...any)) {
	sums := map[string]*big.Int{}
	counted := map[string]bool{}
	for i := range f.Rows {
		r := &f.Rows[i]
		versions := f.Versions[r.Key()]
		if len(versions) == 0 || counted[r.Key()] || r.Amount == nil {
			continue
		}
		if v := current(versions); v != nil && v.File == f.Hash && v.Line == r.Line && v.Posts {
			counted[r.Key()] = true
			sums[r.Currency] = new(big.Int).Add(of(sums, r.Currency), r.Amount)
		}
	}
	texts := map[string]string{}
	for c, n := range f.Posted {
		texts[c] = decimal(n, c)
	}
	for _, c := range currencies(sums, texts) {
		if want, has := of(sums, c), of(f.Posted, c); want.Cmp(has) != 0 {
			say("%s: its rows that count are %s %s, and what is stored as posted of them is %s", f.Name, decimal(want, c), c, decimal(has, c))
		}
	}
}
