package night

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tieout/ledger"
	"tieout/recon"
)

// Hold keeps the entries of a merchant and a range of days back: a row of
// theirs could not be read (rulings on books). Merchant "" is every merchant.
type Hold struct {
	Merchant string     `json:"merchant"`
	From     recon.Date `json:"from"`
	To       recon.Date `json:"to"`
	Why      string     `json:"why"`
}

// Keeps tells whether an entry of the key is held back.
func (h *Hold) Keeps(k ledger.Key) bool {
	return (h.Merchant == "" || h.Merchant == k.Merchant) && h.From <= k.PostingDate && k.PostingDate <= h.To
}

// with is a hold of all that two of one cause keep back.
func (h *Hold) with(o *Hold) *Hold {
	both := *h
	both.From, both.To = min(h.From, o.From), max(h.To, o.To)
	if h.Merchant != o.Merchant {
		both.Merchant = ""
	}
	return &both
}

func sameHold(a, b *Hold) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// read are the files of a run with what has become of them.
type read struct {
	*past
	files []File // with their reports, once stage 0 has judged
	open  func(recon.Date) recon.Date
}

// hold keeps back the days, and the days on which these are posted.
func (r *read) hold(merchant string, days Cut, why string) *Hold {
	return &Hold{Merchant: merchant, From: days.From, To: max(days.To, r.open(days.To)), Why: why}
}

// ofRow is what a row that cannot be trusted keeps back: its merchant's day;
// where the day could not be read, all days of its file.
func (r *read) ofRow(row recon.Row, settled recon.Date, f *File) *Hold {
	why := "a row cannot be trusted"
	if row.Fault != nil {
		why = row.Fault.Message
	}
	days := Cut{settled, settled}
	if settled == 0 {
		days = r.window(f)
	}
	return r.hold(row.Merchant, days, why)
}

// window are the days of which a file can have rows: those that it names, else
// those of the run, and those of the rows that it has.
func (r *read) window(f *File) Cut {
	days, ok := f.days(r.policy)
	if !ok {
		days = Cut{r.req.From, r.req.To}
	}
	if f.First != 0 && f.Report.Window == "" {
		days = Cut{min(days.From, f.First), max(days.To, f.Last)}
	}
	return days
}

// days are those that a file names, in its first line or else in its names.
func (f *File) days(p *recon.Policy) (days Cut, ok bool) {
	if first, last, ok := f.Report.Days(p); ok {
		return Cut{first, last}, true
	}
	names := f.Names
	if len(names) == 0 {
		names = []string{f.Name}
	}
	for i, name := range names {
		first, last, ok := recon.DaysInName(name)
		if !ok {
			return Cut{}, false
		}
		if i == 0 {
			days = Cut{first, last}
		}
		days = Cut{min(days.From, first), max(days.To, last)}
	}
	return days, true
}

// exceptionID is that of a file of which nothing can be used: its line is the file as a whole.
func (f *File) exceptionID() string {
	if f.Role == Reports {
		return recon.ExceptionID("file", f.SHA256, "0")
	}
	return recon.ExceptionID("file", f.SHA256, "0", string(f.Role)) // an empty file may be of several roles
}

// condemned are the files of which nothing can be used, as exceptions: each is
// an INVALID_ROW whose line is the file as a whole. What lacks in reports and
// documents would be booked wrong, so these hold back the days that they may speak of;
// deposits and bank lines that lack leave an account open and hold nothing.
func (r *read) condemned(a *Answer, body func(*Exception, *File) ([]byte, error)) (all []Exception, err error) {
	for i := range r.files {
		f := &r.files[i]
		if !f.Report.Condemned() {
			continue
		}
		e := Exception{ID: f.exceptionID(), Side: SideEvent, Reason: recon.InvalidRow, File: f.SHA256}
		if f.Role == Reports || f.Role == Documents {
			e.Hold = r.hold(r.merchantOf(f), r.window(f), unusable(f))
		}
		if r.replaced(f, e.Hold) {
			continue
		}
		if e.Body, err = body(&e, f); err != nil {
			return nil, err
		}
		all, a.Unusable = append(all, e), append(a.Unusable, unusable(f))
	}
	return all, nil
}

// merchantOf is whose rows a file has: "" where it may have anybody's.
func (r *read) merchantOf(f *File) string {
	if _, known := r.policy.Merchants[f.Report.Merchant]; known {
		return f.Report.Merchant
	}
	return ""
}

func unusable(f *File) string {
	why := fmt.Sprintf("%s is %s", cmp.Or(strings.Join(f.Names, ", "), f.Name), f.Report.Verdict)
	if len(f.Report.Findings) > 0 {
		why += ": " + f.Report.Findings[0].Message
	}
	return why
}

// replaced tells whether a later file of the same merchant, report and window
// was accepted. The documents that lie there now replace all earlier ones, and
// a deposit or bank file that was taken away says nothing any more. Files that do
// not say what they report are the same by their name, as long as the later one
// has rows of the days that are held: a folder may give the same name to every
// night's file.
func (r *read) replaced(bad *File, hold *Hold) bool {
	here := slices.ContainsFunc(r.files, func(f File) bool { return f.id() == bad.id() })
	if bad.Role != Reports && !here {
		return bad.Role != Documents || slices.ContainsFunc(r.files, func(f File) bool { return f.Role == Documents && f.Report.Verdict == recon.FileAccepted })
	}
	return slices.ContainsFunc(r.all(), func(f *File) bool {
		return f.Role == bad.Role && f.Generation > bad.Generation && f.Report.Verdict == recon.FileAccepted && r.reportsTheSame(f, bad, hold)
	})
}

// all are the files that any run has read, as the last one found them.
func (r *read) all() []*File {
	var all []*File
	now := map[string]bool{}
	for i := range r.files {
		now[r.files[i].id()] = true
		all = append(all, &r.files[i])
	}
	for i := range r.state.Files {
		if f := &r.state.Files[i]; !now[f.id()] {
			all = append(all, f)
		}
	}
	return all
}

func (r *read) reportsTheSame(later, bad *File, hold *Hold) bool {
	x, y := &later.Report, &bad.Report
	if x.Window != "" && y.Window != "" {
		return x.Merchant == y.Merchant && x.ReportName == y.ReportName && x.Window == y.Window
	}
	if later.Name != bad.Name {
		return false
	}
	if _, dated := bad.days(r.policy); dated || hold == nil {
		return true
	}
	if later.First == 0 {
		return x.Window == "" && later.Generation == r.state.Run && r.req.From <= hold.To && hold.From <= r.req.To
	}
	return later.First <= hold.To && hold.From <= cmp.Or(later.Last, later.First)
}
