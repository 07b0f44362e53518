package main

import (
	"errors"
	"slices"

	"tieout/recon"
	"tieout/recon/cybersource/reportfile"
	"tieout/recon/night"
)

// judge reads a report as soon as it was kept, so that the grid tells at once
// whether it can be used, and what is in it. Memory does not grow with the report.
func (p *processor) judge(c *night.Cell) (err error) {
	f, err := p.archive.Open(c.SHA256)
	if err != nil {
		return err
	}
	defer f.Close()
	only := reportfile.OnlyControls(f)
	if _, err := f.Seek(0, 0); err != nil {
		return err
	}
	o := reportfile.Options{PaymentTypes: p.policy.PaymentTypes, Aliases: p.policy.ReportColumns, SettlementDate: p.policy.Recon.SettlementDate}
	if only {
		_, report := reportfile.ReadControls(c.File, f, o)
		c.Judge(&report)
		return nil
	}
	sieve := p.archive.NewSieve(c.Size)
	defer func() { err = errors.Join(err, sieve.Close()) }()
	var fault error
	counts := recon.FileCount{Totals: recon.ControlTotals{}, Apart: recon.ControlTotals{}}
	var sighter recon.Sighter
	report := reportfile.Scan(c.File, f, o, func(rows *recon.Transactions) {
		for i := range rows.Len() {
			seen, keyed := sighter.Of(rows, i)
			if counts.Count(&seen); keyed && fault == nil {
				fault = sieve.Add(seen)
			}
		}
	})
	if fault == nil && !report.Condemned() {
		fault = settleRepeats(&report, &counts, sieve.Repeats)
	}
	c.Judge(&report)
	return fault
}

// settleRepeats completes the report on a file with what its rows repeat of each other.
func settleRepeats(report *recon.FileReport, counts *recon.FileCount, repeats func(func([]recon.Sighting)) error) error {
	counts.Quarantined = report.Rows.Quarantined
	err := repeats(func(same []recon.Sighting) {
		for _, line := range counts.Compare(same) {
			report.Note(recon.Finding{
				Line: line, Column: "txn_id", Code: "conflicting_rows", Message: "the same id and event type comes with different content; none of these rows can be trusted",
			})
		}
	})
	report.Judge(counts)
	slices.SortStableFunc(report.Findings, func(a, b recon.Finding) int { return a.Line - b.Line })
	report.Close()
	return err
}
