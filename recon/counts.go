package recon

import (
	"slices"

	"tieout/ledger/money"
)

// Outcome is how a row or document ended.
type Outcome struct {
	Verdict Verdict
	Reason  Reason
}

// counts is what is counted of the rows and documents of a run, in one walk over each.
type counts struct {
	rows, docs outcomeTally
	currencies currencyTally
	files      []FileCount // by file number
	batches    wordSums    // the money of rows that stage 0 let through, by batchWord

	openRows, openDocs []uint32 // the exceptions, in the order of the tables
}

// RowOutcomes counts the transactions of every outcome.
func (r *Result) RowOutcomes() map[Outcome]int { return r.run.counted.rows.outcomes() }

// DocOutcomes counts the documents of every outcome.
func (r *Result) DocOutcomes() map[Outcome]int { return r.run.counted.docs.outcomes() }

// RowsByCurrency counts the transactions of every currency, in no order.
func (r *Result) RowsByCurrency() []CurrencyRows { return r.run.counted.currencies }

// FileCounts counts the rows of every transaction file, by file number.
func (r *Result) FileCounts() []FileCount { return r.run.counted.files }

type outcomeTally [Ignored + 1][reasons]int

func (t *outcomeTally) add(o *outcomeTally) {
	for verdict := range o {
		for reason, n := range o[verdict] {
			t[verdict][reason] += n
		}
	}
}

func (t *outcomeTally) outcomes() map[Outcome]int {
	found := map[Outcome]int{}
	for verdict := range t {
		for reason, n := range t[verdict] {
			if n > 0 {
				found[Outcome{Verdict(verdict), Reason(reason)}] = n
			}
		}
	}
	return found
}

// countRows walks over the decided rows.
func (r *run) countRows() {
	files := max(len(r.in.FileHashes), min(len(r.out), 1)) // a night without reports has none
	parts := make([]*rowCounter, r.in.Workers)
	for w := range parts {
		parts[w] = newRowCounter(r, files)
	}
	inRanges(r.in.Workers, len(r.out), func(worker, from, to int) { parts[worker].count(uint32(from), uint32(to)) })
	c := &r.counted
	c.files = make([]FileCount, files)
	for i := range c.files {
		c.files[i].Totals, c.files[i].Apart = ControlTotals{}, ControlTotals{}
	}
	for _, part := range parts {
		c.rows.add(&part.rows)
		for _, rows := range part.currencies {
			c.currencies.add(rows)
		}
		for file := range part.files {
			c.files[file].add(&part.files[file])
		}
		part.batches.each(c.batches.add)
		c.openRows = append(c.openRows, part.openRows...)
	}
	for i := range c.files {
		slices.SortFunc(c.files[i].Findings, func(a, b Finding) int { return a.Line - b.Line })
	}
}

// CurrencyRows counts the transactions of one currency, all of them and by verdict.
type CurrencyRows struct {
	Currency  money.Currency
	All       int
	ByVerdict [Ignored + 1]int
}

// currencyTally is searched from its begin: a run has few currencies.
type currencyTally []CurrencyRows

func (t *currencyTally) of(c money.Currency) *CurrencyRows {
	for i := range *t {
		if (*t)[i].Currency == c {
			return &(*t)[i]
		}
	}
	*t = append(*t, CurrencyRows{Currency: c})
	return &(*t)[len(*t)-1]
}

func (t *currencyTally) add(rows CurrencyRows) {
	c := t.of(rows.Currency)
	c.All += rows.All
	for v, n := range rows.ByVerdict {
		c.ByVerdict[v] += n
	}
}

// FileCount is what stage 0 made of the rows of one transaction file.
type FileCount struct {
	Quarantined, Duplicate int
	Totals                 ControlTotals // of accepted financial rows
	Apart                  ControlTotals // of duplicate and non-financial rows: shown, never part of a total
	Findings               []Finding     // of rows that the reader could read and stage 0 could not trust
}

func (c *FileCount) add(other *FileCount) {
	c.Quarantined, c.Duplicate = c.Quarantined+other.Quarantined, c.Duplicate+other.Duplicate
	c.Totals.addAll(other.Totals)
	c.Apart.addAll(other.Apart)
	c.Findings = append(c.Findings, other.Findings...)
}

// rowCounter counts the rows of one range.
type rowCounter struct {
	counts
	run         *run
	sums, apart []runningSums // by file number
}

func newRowCounter(r *run, files int) *rowCounter {
	c := &rowCounter{run: r, sums: make([]runningSums, files), apart: make([]runningSums, files)}
	c.files = make([]FileCount, files)
	for i := range c.files {
		c.files[i].Totals, c.files[i].Apart = ControlTotals{}, ControlTotals{}
	}
	return c
}

func (c *rowCounter) count(from, to uint32) {
	for i := from; i < to; i++ {
		row, o := c.run.row(i), &c.run.out[i]
		c.rows[o.verdict][o.reason]++
		of := c.currencies.of(row.currency)
		of.All++
		of.ByVerdict[o.verdict]++
		if o.verdict == Exception {
			c.openRows = append(c.openRows, i)
		}
		if c.run.movesMoney(i) {
			c.batches.add(batchWord(row), row.amount)
		}
		c.countInFile(i, row, o.reason)
	}
	for file := range c.sums {
		c.sums[file].flush(c.files[file].Totals)
		c.apart[file].flush(c.files[file].Apart)
	}
}

// countInFile counts a row of its file.
func (c *rowCounter) countInFile(i uint32, row *txnRow, reason Reason) {
	f := &c.files[row.file]
	if what, has := c.run.differsIn(row); has {
		f.note(row, what, "differs_from_source", "another report, whose word counts here, gives another "+what+" for this event; ask the processor which is right")
	}
	switch reason {
	case InvalidRow:
		f.Quarantined++
		if fault := c.run.txns.fault(int(i)); fault != nil && c.run.found[i] {
			f.note(row, fault.Column, fault.Code, fault.Message)
		}
		return
	case DuplicateRow:
		f.Duplicate++
		if c.run.replaced[i] {
			f.note(row, "txn_id", "superseded", "a file that came later gives this row with other content; the later one counts")
		}
	default:
		if row.kind.Financial() {
			c.sums[row.file].add(row.amount, row.currency, f.Totals)
			return
		}
	}
	c.apart[row.file].add(row.amount, row.currency, f.Apart)
}

func (c *FileCount) note(row *txnRow, column, code, message string) {
	c.Findings = append(c.Findings, Finding{Line: int(row.line), Column: column, Code: code, Message: message})
}

// differsIn tells what a row says otherwise than the report whose word counts.
func (r *run) differsIn(row *txnRow) (what string, has bool) {
	if len(r.differs) == 0 {
		return "", false
	}
	what, has = r.differs[placedRow{Source{row.file, row.line}, row.id}]
	return what, has
}

// runningSums adds in int64 and moves a sum to the totals before it could overflow.
// A run has few currencies.
type runningSums []runningSum

type runningSum struct {
	currency money.Currency
	minor    int64
}

func (s *runningSums) add(minor int64, c money.Currency, totals ControlTotals) {
	for i := range *s {
		of := &(*s)[i]
		if of.currency != c {
			continue
		}
		sum, err := money.AddMinor(of.minor, minor)
		if err != nil {
			totals.Add(of.minor, c)
			sum = minor
		}
		of.minor = sum
		return
	}
	*s = append(*s, runningSum{c, minor})
}

func (s runningSums) flush(totals ControlTotals) {
	for _, sum := range s {
		totals.Add(sum.minor, sum.currency)
	}
}
