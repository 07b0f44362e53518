package recon

import "slices"

// FileCount is what stage 0 made of the rows of one transaction file.
type FileCount struct {
	Quarantined, Duplicate int
	Totals                 ControlTotals // of accepted financial rows
	Findings               []Finding     // of rows that the reader could read and stage 0 could not trust
}

// FileCounts counts the rows of every transaction file, by file number.
func (r *Result) FileCounts() []FileCount {
	run := r.run
	counts := make([]FileCount, max(len(run.in.FileHashes), 1))
	for i := range counts {
		counts[i].Totals = ControlTotals{}
	}
	for _, i := range r.order {
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
		default:
			if row.kind.Financial() {
				c.Totals.Add(row.amount, row.currency)
			}
		}
	}
	for i := range counts {
		slices.SortFunc(counts[i].Findings, func(a, b Finding) int { return a.Line - b.Line })
	}
	return counts
}
