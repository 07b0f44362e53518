package workbook

import (
	"cmp"
	"slices"
	"strings"

	"tieout/reports"
)

// sourcesSheet shows, where reports are fetched, what came of each.
const sourcesSheet = "Sources"

// drawSources writes one line for each merchant, report and business day.
func drawSources(b *book) error {
	s := b.open(sourcesSheet, frame{widths: []float64{12, 18, 42, 14, 10, 20, 20, 20, 14, 12, 66, 66, 66}})
	s.heading("Sources", sourcesSentence(b.n.Received))
	rows := slices.Clone(b.n.Received)
	slices.SortFunc(rows, func(x, y reports.SourceDay) int {
		return cmp.Or(cmp.Compare(x.Day, y.Day), strings.Compare(x.Merchant, y.Merchant), strings.Compare(x.Report, y.Report))
	})
	_, err := table(s, "tblReceived", receivedColumns(b), reports.Each(rows))
	s.close()
	return err
}

func sourcesSentence(rows []reports.SourceDay) string {
	for _, r := range rows {
		if r.Required && !isIn(r.State) {
			return "Not every required report of these days was in: its figures are " + absent + ", not 0."
		}
	}
	return "Every required report of these days was in, or proven by the processor to have no data."
}

func isIn(state string) bool { return state == "RECEIVED" || state == "RESTATED" || state == "EMPTY" }

func receivedColumns(b *book) []column[reports.SourceDay] {
	type d = reports.SourceDay
	return []column[d]{
		{"day", 12, func(x d) cell { return b.date(x.Day) }},
		{"merchant_id", 18, func(x d) cell { return b.text("merchant_id", x.Merchant) }},
		{"report", 42, func(x d) cell { return b.text("report", x.Report) }},
		{"state", 14, func(x d) cell { return b.wordAs(x.State, look{bold: x.Required && !isIn(x.State)}) }},
		{"required", 10, func(x d) cell { return b.word(map[bool]string{true: "yes", false: "no"}[x.Required]) }},
		{"window_from", 20, func(x d) cell { return b.instant(x.From) }},
		{"window_to", 20, func(x d) cell { return b.instant(x.To) }},
		{"received", 20, func(x d) cell { return b.instant(x.Received) }},
		{"bytes", 14, func(x d) cell {
			if x.SHA256 == "" {
				return b.wordAs(absent, look{color: muted})
			}
			return b.count(int(x.Size))
		}},
		{"masked", 12, func(x d) cell { return b.count(x.Masked) }},
		{"why", 66, func(x d) cell { return b.text("why", x.Why) }},
		{"sha256", 66, func(x d) cell { return b.id(x.SHA256) }},
		{"restates", 66, func(x d) cell { return b.id(x.Before) }},
	}
}
