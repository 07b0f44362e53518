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

// RowOutcomes counts the transactions of every outcome.
func (r *Result) RowOutcomes() map[Outcome]int {
	return r.run.outcomes(len(r.run.out), func(i int) Outcome { return Outcome{r.run.out[i].verdict, r.run.out[i].reason} })
}

// DocOutcomes counts the documents of every outcome.
func (r *Result) DocOutcomes() map[Outcome]int {
	docs := r.run.docs.rows
	return r.run.outcomes(len(docs), func(i int) Outcome { return Outcome{docs[i].out.verdict, docs[i].out.reason} })
}

func (r *run) outcomes(n int, of func(i int) Outcome) map[Outcome]int {
	tallies := make([][Ignored + 1][reasons]int, max(1, r.in.Workers))
	inRanges(r.in.Workers, n, func(worker, from, to int) {
		for i := from; i < to; i++ {
			o := of(i)
			tallies[worker][o.Verdict][o.Reason]++
		}
	})
	counts := map[Outcome]int{}
	for w := range tallies {
		for verdict := range tallies[w] {
			for reason, n := range tallies[w][verdict] {
				if n > 0 {
					counts[Outcome{Verdict(verdict), Reason(reason)}] += n
				}
			}
		}
	}
	return counts
}

// CurrencyRows counts the transactions of one currency, all of them and by verdict.
type CurrencyRows struct {
	Currency  money.Currency
	All       int
	ByVerdict [Ignored + 1]int
}

// RowsByCurrency counts the transactions of every currency, in no order.
func (r *Result) RowsByCurrency() []CurrencyRows {
	rows, out := r.run.txns.rows, r.run.out
	found := make([]currencyTally, max(1, r.run.in.Workers))
	inRanges(r.run.in.Workers, len(rows), func(worker, from, to int) {
		var tally currencyTally
		for i := from; i < to; i++ {
			c := tally.of(rows[i].currency)
			c.All++
			if v := out[i].verdict; int(v) < len(c.ByVerdict) {
				c.ByVerdict[v]++
			}
		}
		found[worker] = tally
	})
	all := found[0]
	for _, tally := range found[1:] {
		for _, c := range tally {
			sum := all.of(c.Currency)
			sum.All += c.All
			for v, n := range c.ByVerdict {
				sum.ByVerdict[v] += n
			}
		}
	}
	return all
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

// FileCount is what stage 0 made of the rows of one transaction file.
type FileCount struct {
	Quarantined, Duplicate int
	Totals                 ControlTotals // of accepted financial rows
	Apart                  ControlTotals // of duplicate and non-financial rows: shown, never part of a total
	Findings               []Finding     // of rows that the reader could read and stage 0 could not trust
}

// FileCounts counts the rows of every transaction file, by file number.
func (r *Result) FileCounts() []FileCount {
	files := max(len(r.run.in.FileHashes), min(r.Rows(), 1)) // a night without reports has none
	parts := make([][]FileCount, max(1, r.run.in.Workers))
	inRanges(r.run.in.Workers, r.Rows(), func(worker, from, to int) { parts[worker] = r.run.countFiles(files, from, to) })
	counts := parts[0]
	for _, part := range parts[1:] {
		for file := range part {
			counts[file].add(&part[file])
		}
	}
	for i := range counts {
		slices.SortFunc(counts[i].Findings, func(a, b Finding) int { return a.Line - b.Line })
	}
	return counts
}

func (c *FileCount) add(other *FileCount) {
	c.Quarantined, c.Duplicate = c.Quarantined+other.Quarantined, c.Duplicate+other.Duplicate
	c.Totals.addAll(other.Totals)
	c.Apart.addAll(other.Apart)
	c.Findings = append(c.Findings, other.Findings...)
}

// countFiles counts the rows of one range, by file number.
func (r *run) countFiles(files, from, to int) []FileCount {
	counts := make([]FileCount, files)
	sums, apart := make([]runningSums, files), make([]runningSums, files)
	for i := range counts {
		counts[i].Totals, counts[i].Apart = ControlTotals{}, ControlTotals{}
	}
	for i := uint32(from); i < uint32(to); i++ {
		row := r.row(i)
		c := &counts[row.file]
		if what, has := r.differsIn(row); has {
			c.Findings = append(c.Findings, Finding{
				Line: int(row.line), Column: what, Code: "differs_from_source", Message: "another report, whose word counts here, gives another " + what + " for this event; ask the processor which is right",
			})
		}
		switch r.out[i].reason {
		case InvalidRow:
			c.Quarantined++
			if f := r.txns.fault(int(i)); f != nil && r.found[i] {
				c.Findings = append(c.Findings, Finding{Line: int(row.line), Column: f.Column, Code: f.Code, Message: f.Message})
			}
		case DuplicateRow:
			c.Duplicate++
			if r.replaced[i] {
				c.Findings = append(c.Findings, Finding{Line: int(row.line), Column: "txn_id", Code: "superseded", Message: "a file that came later gives this row with other content; the later one counts"})
			}
			apart[row.file].add(row.amount, row.currency, c.Apart)
		default:
			if row.kind.Financial() {
				sums[row.file].add(row.amount, row.currency, c.Totals)
			} else {
				apart[row.file].add(row.amount, row.currency, c.Apart)
			}
		}
	}
	for file := range sums {
		sums[file].flush(counts[file].Totals)
		apart[file].flush(counts[file].Apart)
	}
	return counts
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
