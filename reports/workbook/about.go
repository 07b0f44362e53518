package workbook

import (
	"slices"
	"strconv"
	"strings"

	"tieout/recon"
	"tieout/reports"
)

// drawAbout says where the numbers come from (4.6): parameters, sources, absent sources, words.
func drawAbout(b *book) error {
	s := b.open("About", frame{widths: []float64{34, 22, 16, 16, 14, 14, 14, 14, 66}})
	s.heading("About this workbook", "What an auditor needs to re-perform the run: inputs with their hashes, parameters, versions.")
	s.section("Run", "")
	if _, err := table(s, "tblRun", parameterColumns(b), reports.Each(b.parameters())); err != nil {
		return err
	}
	s.skip(1)
	s.section("Sources", "A file without a hash held card data: the redacted copy is archived, the hash of the original is not kept.")
	if _, err := table(s, "tblSources", sourceColumns(b), reports.Each(b.sources())); err != nil {
		return err
	}
	s.skip(1)
	s.section("Control totals of the sources", "")
	if _, err := table(s, "tblSourceTotals", totalColumns(b), reports.Each(sourceTotals(b.n.Sources))); err != nil {
		return err
	}
	s.skip(1)
	s.section("Findings in the sources", findingsSentence(b.n.Sources))
	if _, err := table(s, "tblFindings", findingColumns(b), reports.Each(findings(b.n.Sources))); err != nil {
		return err
	}
	s.skip(1)
	s.section("Words", "")
	_, err := table(s, "tblWords", wordColumns(b), reports.Each(b.definitions()))
	s.close()
	return err
}

func (b *book) parameters() []reports.Parameter {
	n := b.n
	all := []reports.Parameter{
		{Name: "Company", Value: n.Company},
		{Name: "Settlement dates from", Value: n.From.String()},
		{Name: "Settlement dates to", Value: n.To.String()},
		{Name: "As of", Value: n.AsOf.String()},
		{Name: "Run", Value: n.RunID},
		{Name: "Revision", Value: strconv.Itoa(n.Revision)},
		{Name: "Status", Value: n.Status},
		{Name: "Base currency", Value: code(n.Base)},
		{Name: "Time zone", Value: b.zone.String()},
		{Name: "Periods closed through", Value: n.ClosedTo.String()},
		{Name: "Software", Value: n.Software},
		{Name: "Rule table", Value: n.RuleVersion},
		{Name: "Configuration hash", Value: n.ConfigHash},
		{Name: "Operator", Value: n.Operator},
		{Name: "Workbook", Value: b.kind},
	}
	all = slices.DeleteFunc(all, func(p reports.Parameter) bool { return p.Value == "" })
	return append(all, n.Parameters...)
}

func parameterColumns(b *book) []column[reports.Parameter] {
	return []column[reports.Parameter]{
		{"parameter", 34, func(x reports.Parameter) cell { return b.text("parameter", x.Name) }},
		{"value", 22, func(x reports.Parameter) cell { return b.text("value", x.Value) }},
	}
}

// sources are the files of the run, then a line for each source that it did not have (1.1).
func (b *book) sources() []recon.FileReport {
	all := slices.Clone(b.n.Sources)
	for _, name := range b.n.NotProvided {
		all = append(all, recon.FileReport{File: name, Kind: absent, Verdict: absent})
	}
	return all
}

// absent stands wherever a source was not given; never 0.00.
const absent = "NOT PROVIDED"

func sourceColumns(b *book) []column[recon.FileReport] {
	type f = recon.FileReport
	count := func(n func(f) int) func(f) cell {
		return func(x f) cell {
			if x.Verdict == absent {
				return b.blank(look{})
			}
			return b.count(n(x))
		}
	}
	return []column[f]{
		{"source", 34, func(x f) cell { return b.text("source", x.File) }},
		{"kind", 22, func(x f) cell { return b.text("kind", x.Kind) }},
		{"verdict", 16, func(x f) cell { return b.word(string(x.Verdict)) }},
		{"bytes", 16, count(func(x f) int { return int(x.Size) })},
		{"rows", 14, count(func(x f) int { return x.Rows.Total })},
		{"accepted", 14, count(func(x f) int { return x.Rows.Accepted })},
		{"quarantined", 14, count(func(x f) int { return x.Rows.Quarantined })},
		{"duplicate", 14, count(func(x f) int { return x.Rows.Duplicate })},
		{"sha256", 66, func(x f) cell { return b.id(x.SHA256) }},
	}
}

// sourceTotal is the control total of a file in a currency.
type sourceTotal struct{ file, currency, total string }

func sourceTotals(files []recon.FileReport) []sourceTotal {
	var all []sourceTotal
	for _, f := range files {
		first := len(all)
		for currency, total := range f.Totals {
			all = append(all, sourceTotal{f.File, currency, total})
		}
		slices.SortFunc(all[first:], func(x, y sourceTotal) int { return strings.Compare(x.currency, y.currency) })
	}
	return all
}

func totalColumns(b *book) []column[sourceTotal] {
	return []column[sourceTotal]{
		{"source", 34, func(x sourceTotal) cell { return b.text("source", x.file) }},
		{"currency", 22, func(x sourceTotal) cell { return b.text("currency", x.currency) }},
		{"total", 16, func(x sourceTotal) cell { return b.decimal(x.total) }},
	}
}

// decimal is a plain decimal whose currency the cell beside it names.
func (b *book) decimal(text string) cell {
	_, fraction, _ := strings.Cut(text, ".")
	value, exact := number(text)
	if !exact || len(fraction) > 4 {
		b.wide++
		return cell{Value: text, StyleID: b.style(look{format: asText, align: "right", fill: warnFill, color: warnText, bold: true})}
	}
	return cell{Value: value, StyleID: b.style(look{format: moneyFormat(len(fraction)), align: "right"})}
}

// finding is a finding with its file.
type finding struct {
	file string
	recon.Finding
}

func findings(files []recon.FileReport) []finding {
	var all []finding
	for _, f := range files {
		for _, one := range f.Findings {
			all = append(all, finding{f.File, one})
		}
	}
	return all
}

func findingsSentence(files []recon.FileReport) string {
	if len(findings(files)) == 0 {
		return "None."
	}
	return "What is wrong with, or worth knowing of, a file; values are masked."
}

func findingColumns(b *book) []column[finding] {
	return []column[finding]{
		{"source", 34, func(x finding) cell { return b.text("source", x.file) }},
		{"code", 22, func(x finding) cell { return b.text("code", x.Code) }},
		{"column", 16, func(x finding) cell { return b.text("column", x.Column) }},
		{"line", 16, func(x finding) cell { return b.lineNo(x.Line) }},
		{"message", 14, func(x finding) cell { return b.text("message", x.Message) }},
	}
}

func (b *book) definitions() []reports.Definition {
	if len(b.n.Definitions) > 0 {
		return b.n.Definitions
	}
	return reports.Definitions()
}

func wordColumns(b *book) []column[reports.Definition] {
	return []column[reports.Definition]{
		{"word", 34, func(x reports.Definition) cell { return b.text("word", x.Word) }},
		{"meaning", 22, func(x reports.Definition) cell { return b.text("meaning", x.Text) }},
	}
}
