package night

import (
	"testing"

	"tieout/recon"
)

// GL-06: an item waits for an account until a run has seen that its documents would
// not take it any more. What a run did not look at says nothing.
func TestWaitsUntilItsDocumentsAreLookedAt(t *testing.T) {
	may, june := recon.NewDate(2026, 5, 2), recon.NewDate(2026, 6, 1)
	wait := &Wait{Why: "document D1 would take it, but", Docs: []string{"D1"}, Since: may}
	file := func(verdict recon.FileVerdict) File {
		return File{Role: Documents, Report: recon.FileReport{Verdict: verdict}}
	}
	whole, part, bad := file(recon.FileAccepted), file(recon.FilePartial), file(recon.FileQuarantined)
	for name, c := range map[string]struct {
		wait  *Wait
		files []File
		docs  []Doc
		now   *Wait
		want  recon.Reason
	}{
		"it still waits":                            {wait: wait, files: []File{whole}, docs: []Doc{{ID: "D1"}}, now: wait, want: recon.UnmappedGL},
		"its document is another now":               {wait: wait, files: []File{whole}, docs: []Doc{{ID: "D1"}}, want: recon.NoOrder},
		"it is, and a file cannot be used":          {wait: wait, files: []File{whole, bad}, docs: []Doc{{ID: "D1"}}, want: recon.NoOrder},
		"its document is gone":                      {wait: wait, files: []File{part}, want: recon.NoOrder},
		"no document was read":                      {wait: wait, files: []File{{Role: Bank}}, want: recon.UnmappedGL},
		"the documents cannot be used":              {wait: wait, files: []File{whole, bad}, want: recon.UnmappedGL},
		"one of its documents was not read":         {wait: &Wait{Docs: []string{"D1", "D2"}, Since: may}, files: []File{bad, whole}, docs: []Doc{{ID: "D2"}}, want: recon.UnmappedGL},
		"its document cannot be read":               {wait: wait, files: []File{part}, docs: []Doc{{ID: "D1", Reason: recon.InvalidRow}}, want: recon.UnmappedGL},
		"a dispute, whose capture is another now":   {wait: &Wait{Why: "its capture was found, but"}, files: []File{bad}, want: recon.NoOrder},
		"nobody knows for what":                     {files: []File{whole}, want: recon.UnmappedGL},
		"nobody knew for what, and it is known now": {files: []File{whole}, docs: []Doc{{ID: "D1"}}, now: wait, want: recon.UnmappedGL},
	} {
		item := Row{Transaction: recon.Transaction{ID: "1", Type: recon.Capture}, Natural: recon.Capture, Posting: june, Reason: recon.NoOrder, Open: 100}
		p := &past{req: Request{AsOf: june}, state: &State{Rows: []Row{item}, Exceptions: map[string]Exception{
			"x": {ID: "x", Side: SideEvent, Key: item.Key(), Reason: recon.UnmappedGL, Status: Carried, Wait: c.wait},
		}}}
		waits := map[string]*Wait{}
		if c.now != nil {
			waits[item.Key()] = c.now
		}
		told := func(*Row) ([]byte, error) { return []byte("told anew"), nil }
		all, err := newWorklist(&read{past: p, files: c.files}, &Commit{Docs: c.docs}, waits, told).compare(nil)
		if err != nil || len(all) != 1 || all[0].Reason != c.want || all[0].Status != Carried {
			t.Errorf("%s: %v %+v, want it %s", name, err, all, c.want)
			continue
		}
		if kept := all[0].Wait; c.want == recon.UnmappedGL && c.now == nil && !kept.same(c.wait) || c.now != nil && !kept.same(c.now) || c.want != recon.UnmappedGL && kept != nil {
			t.Errorf("%s: it waits for %+v", name, kept)
		}
		if news := p.changed(all); c.wait != nil && (len(news) == 1) != (c.want != recon.UnmappedGL || c.now != nil) {
			t.Errorf("%s: stored anew: %+v", name, news)
		}
	}
}

// The documents that open items wait for are asked for as long as they wait.
func TestWaitedFor(t *testing.T) {
	day := recon.NewDate(2026, 5, 2)
	p := &past{state: &State{Exceptions: map[string]Exception{
		"closed": {Status: Closed, Wait: &Wait{Since: day - 9}}, "later": {Status: New, Wait: &Wait{Since: day + 1}},
		"oldest": {Status: Carried, Wait: &Wait{Since: day}}, "dispute": {Status: Carried, Wait: &Wait{}}, "other": {Status: New},
	}}}
	if got := p.waitedFor(); got != day {
		t.Errorf("%v, want %v", got, day)
	}
	if got := (&past{state: &State{}}).waitedFor(); got != 0 {
		t.Errorf("%v although nothing is open", got)
	}
}
