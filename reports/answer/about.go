package answer

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tieout/recon"
	"tieout/reports"
)

// files are the names of the input files by kind, in the order in which readers number them.
type files map[string][]string

// filesOf sorts the files by the kind that their readers gave them.
func filesOf(sources []recon.FileReport) files {
	all := files{}
	for i := range sources {
		kind := "transactions"
		for _, other := range []string{"documents", "history", "funding", "bank"} {
			if strings.HasSuffix(sources[i].Kind, "-"+other) {
				kind = other
			}
		}
		all[kind] = append(all[kind], sources[i].File)
	}
	return all
}

// of is the file of a row; "" if the sources do not name it.
func (f files) of(kind string, s recon.Source) string {
	if names := f[kind]; int(s.File) < len(names) {
		return names[s.File]
	}
	return ""
}

// only is the file of that kind if there is no other: its rows are not numbered by file.
func (f files) only(kind string) string {
	if len(f[kind]) == 1 {
		return f[kind][0]
	}
	return ""
}

// parameters are the settings that decided the run, for whoever re-performs it (4.6).
func parameters(p *recon.Policy) []reports.Parameter {
	all := []reports.Parameter{
		{Name: "Cut-off (local time)", Value: cutOff(p.CutOff)},
		{Name: "Timing days", Value: strconv.Itoa(p.TimingDays)},
		{Name: "Date window, days", Value: fmt.Sprintf("%d to %d", p.WindowBefore, p.WindowAfter)},
		{Name: "Loose window, days", Value: strconv.Itoa(p.LooseDays)},
		{Name: "Duplicate window, days", Value: strconv.Itoa(p.DuplicateDays)},
		{Name: "Funding lag, days", Value: strconv.Itoa(p.FundingLagDays)},
		{Name: "FX tolerance, basis points", Value: strconv.FormatInt(p.FXToleranceBP, 10)},
		{Name: "Tolerance, basis points", Value: strconv.FormatInt(p.Tolerance.PercentBP, 10)},
	}
	for _, c := range slices.Sorted(maps.Keys(p.Tolerance.Absolute)) {
		all = append(all, reports.Parameter{Name: "Tolerance, " + c.String(), Value: *amount(p.Tolerance.Absolute[c], c)})
	}
	for _, c := range slices.Sorted(maps.Keys(p.Rates)) {
		all = append(all, reports.Parameter{Name: "Rate, " + c.String(), Value: p.Rates[c].String()})
	}
	for _, name := range slices.Sorted(maps.Keys(p.Merchants)) {
		m := p.Merchants[name]
		all = append(all, reports.Parameter{Name: "Merchant, " + name, Value: "store " + m.Store + ", " + modelName(m.Model)})
	}
	return append(all, reports.Parameter{Name: "Test merchants", Value: strings.Join(slices.Sorted(maps.Keys(p.TestMerchants)), ", ")})
}

func cutOff(c recon.CutOff) string {
	if !c.Set {
		return "none"
	}
	return fmt.Sprintf("%02d:%02d", c.Seconds/3600, c.Seconds/60%60)
}

func modelName(m recon.RevenueModel) string {
	if m == recon.CashSale {
		return "cash sale"
	}
	return "accounts receivable"
}
