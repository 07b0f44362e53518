package recon

import (
	"slices"

	"tieout/ledger/money"
)

// FileCount is what stage 0 made of the rows of one transaction file.
type FileCount struct {
	Quarantined, Duplicate int
	Totals                 ControlTotals // of accepted financial rows
	Apart                  ControlTotals // of duplicate and non-financial rows: shown, never part of a total
	Findings               []Finding     // of rows that the reader could read and stage 0 could not trust
}

// FileCounts counts the rows of every transaction file, by file number.
func (r *Result) FileCounts() []FileCount {
	run := r.run
	counts := make([]FileCount, max(len(run.in.FileHashes), 1))
	sums, apart := make([]runningSums, len(counts)), make([]runningSums, len(counts))
	for i := range counts {
		counts[i].Totals, counts[i].Apart = ControlTotals{}, ControlTotals{}
		sums[i], apart[i] = runningSums{}, runningSums{}
	}
	for i := range uint32(r.Rows()) {
		row := run.row(i)
		c := &counts[row.file]
		switch run.out[i].reason {
		case InvalidRow:
			c.Quarantined++
			if f := run.txns.fault(int(i)); f != nil && run.found[i] {
				c.Findings = append(c.Findings, Finding{Line: int(row.line), Column: f.Column, Code: f.Code, Message: f.Message})
			}
		case DuplicateRow:
			c.Duplicate++
			if run.replaced[i] {
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
	for i := range counts {
		slices.SortFunc(counts[i].Findings, func(a, b Finding) int { return a.Line - b.Line })
	}
	return counts
}

// runningSums adds in int64 and moves a sum to the totals before it could overflow.
type runningSums map[money.Currency]int64

func (s runningSums) add(minor int64, c money.Currency, totals ControlTotals) {
	sum, err := money.AddMinor(s[c], minor)
	if err != nil {
		totals.Add(s[c], c)
		sum = minor
	}
	s[c] = sum
}

func (s runningSums) flush(totals ControlTotals) {
	for c, sum := range s {
		totals.Add(sum, c)
	}
}
