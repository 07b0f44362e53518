package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tieout/recon"
	"tieout/recon/cybersource"
	"tieout/recon/cybersource/reportfile"
	"tieout/recon/night"
)

// batchSummaries is the report on demand that has the control totals of the batch reports.
const batchSummaries = "payment-batch-summaries"

// doubt compares the batch reports that the run has read with the processor's
// own sums of the day, where both were fetched. Where they differ a row is
// missing or was changed on its way: the days are not released (R4).
func (n *nightly) doubt(files []night.File, reports []recon.FileReport) ([]night.Hold, error) {
	totals := map[string]map[string]string{} // of batch reports, by the hash of the kept copy
	for i, f := range files {
		if kind := reportfile.Kind(reports[i].Kind); f.Role == night.Reports && !reports[i].Condemned() &&
			(kind == reportfile.PaymentBatchDetailCSV || kind == reportfile.PaymentBatchDetailXML) {
			totals[f.SHA256] = reports[i].Totals
		}
	}
	var holds []night.Hold
	for _, c := range n.grid {
		if c.Report != batchSummaries || !c.HasFile() {
			continue
		}
		said, err := n.controls(&c)
		if err != nil {
			return nil, err
		}
		for _, other := range n.grid {
			found, read := totals[other.SHA256]
			if !read || other.Merchant != c.Merchant || other.Day != c.Day || other.From != c.From || other.To != c.To || maps.Equal(found, said) {
				continue
			}
			holds = append(holds, night.Hold{
				Merchant: c.Merchant, From: n.settled(&c, false), To: n.settled(&c, true),
				Why: fmt.Sprintf("%s adds up to %s, and the processor's own sum is %s; fetch both again", other.String(), sumText(found), sumText(said)),
			})
		}
	}
	return holds, nil
}

// controls are the sums by currency that the processor gives for a day.
func (n *nightly) controls(c *night.Cell) (map[string]string, error) {
	f, err := n.archive.Open(c.SHA256)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, _ := reportfile.ReadControls(c.File, f, reportfile.Options{PaymentTypes: n.cfg.PaymentTypes})
	sums := recon.ControlTotals{}
	for _, one := range all {
		if one.Currency != 0 && (one.Type == "SALES" || one.Type == "CREDITS") {
			sums.Add(one.Amount, one.Currency)
		}
	}
	return sums.Texts(), nil
}

// settled is the first or the last settlement day of a cell's window.
func (n *nightly) settled(c *night.Cell, last bool) recon.Date {
	s := settlement(&n.cfg.Recon, c.Merchant)
	days := s.Covering(cybersource.Window{Start: c.From.In(s.Zone), End: c.To.In(s.Zone)})
	if last {
		return days[len(days)-1]
	}
	return days[0]
}

func sumText(totals map[string]string) string {
	var parts []string
	for _, currency := range slices.Sorted(maps.Keys(totals)) {
		parts = append(parts, totals[currency]+" "+currency)
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, " and ")
}
