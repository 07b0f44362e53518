package night

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tieout/recon"
)

// reissue is a report of this run with the earlier files of the same merchant,
// report and window.
type reissue struct {
	at      int // among the files of the run
	earlier []*File
}

// absentRows notes on every re-issued report the rows that an earlier file gave
// and it does not: they stay as they are, and somebody should ask why (rulings on
// books). It returns a sentence for each such report, and tells whether one is new.
func (r *read) absentRows(res *recon.Result, reports []recon.FileReport) (absent []string, news bool) {
	issues := r.reissues()
	if len(issues) == 0 {
		return nil, false
	}
	given := r.givenBy(res, issues)
	for _, issue := range issues {
		f := &r.files[issue.at]
		missing := missingFrom(f, issue.earlier, given)
		for _, m := range missing {
			reports[issue.at].Note(recon.Finding{Column: "txn_id", Code: "row_absent", Message: fmt.Sprintf(
				"%s, line %d, gave %s for the same window; the row stays as it is, ask the processor why it is not repeated", m.file, m.line, m.key)})
		}
		if len(missing) > 0 {
			absent = append(absent, fmt.Sprintf("%s lacks %d rows that an earlier file gave for the same window; they stay as they are", f.Name, len(missing)))
			news = news || !f.Used
		}
	}
	return absent, news
}

// reissues are the reports of this run that take an earlier one's place; of
// several with one window the last does.
func (r *read) reissues() (issues []reissue) {
	for i := range r.files {
		issue := reissue{at: i}
		last := true
		for _, f := range r.all() {
			if !r.sameReport(f, &r.files[i]) || f.Report.Condemned() || r.files[i].Report.Condemned() {
				continue
			}
			last = last && f.Generation <= r.files[i].Generation
			if f.Generation < r.files[i].Generation {
				issue.earlier = append(issue.earlier, f)
			}
		}
		if last && len(issue.earlier) > 0 {
			issues = append(issues, issue)
		}
	}
	return issues
}

// sameReport tells reports of one merchant, kind and window: by what they say,
// else by a name with a date in it, else by a name and the days of their rows.
func (r *read) sameReport(a, b *File) bool {
	x, y := &a.Report, &b.Report
	if a.Role != Reports || b.Role != Reports || (x.Window != "") != (y.Window != "") {
		return false
	}
	if x.Window != "" {
		return x.Merchant == y.Merchant && x.ReportName == y.ReportName && x.Window == y.Window
	}
	_, dated := a.days(r.policy)
	return a.Name == b.Name && (dated || a.First == b.First && a.Last == b.Last)
}

// givenRow is where a file gave a row.
type givenRow struct {
	key, file string
	line      int
}

// givenBy are the rows of re-issued files and of those before them, by file:
// as read now, or as stored where the earlier file is not read again.
func (r *read) givenBy(res *recon.Result, issues []reissue) map[string]map[string]givenRow {
	given, later := map[string]map[string]givenRow{}, map[string]bool{}
	for _, issue := range issues {
		given[r.files[issue.at].SHA256], later[r.files[issue.at].SHA256] = map[string]givenRow{}, true
		for _, f := range issue.earlier {
			given[f.SHA256] = map[string]givenRow{}
		}
	}
	names := map[string]string{}
	for _, f := range r.all() {
		names[f.SHA256] = f.Name
	}
	reports := hashes(r.files, Reports)
	for i := range res.Rows() {
		hash := reports[res.FileOf(i)]
		rows, wanted := given[hash]
		if _, reason := res.Verdict(i); !wanted || reason == recon.InvalidRow && !later[hash] {
			continue // what could not be trusted was never held; what comes again faulty is not absent
		}
		row := res.Row(i)
		rows[RowKey(row.ID, row.Natural)] = givenRow{RowKey(row.ID, row.Natural), names[hash], int(row.Source.Line)}
	}
	for i := range r.state.Rows {
		row := &r.state.Rows[i]
		if rows, wanted := given[row.File]; wanted && !slices.Contains(reports, row.File) {
			rows[row.Key()] = givenRow{row.Key(), names[row.File], row.Line}
		}
	}
	return given
}

// missingFrom are the rows of earlier files that a file does not have, each once.
func missingFrom(f *File, earlier []*File, given map[string]map[string]givenRow) (missing []givenRow) {
	has := given[f.SHA256]
	for _, e := range earlier {
		for key, row := range given[e.SHA256] {
			if _, there := has[key]; !there {
				missing = append(missing, row)
			}
		}
	}
	slices.SortFunc(missing, func(a, b givenRow) int {
		return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
	})
	return slices.CompactFunc(missing, func(a, b givenRow) bool { return a.key == b.key })
}
