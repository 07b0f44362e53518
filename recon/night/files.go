package night

import (
	"cmp"
	"slices"
	"strings"

	"tieout/recon"
)

// roles in the order in which a run lists its files.
func roles() []Role { return []Role{Reports, Documents, Opening, Funding, Bank} }

// files chooses what the run reads: of the reports those that no run has read,
// those whose rows may settle in the range, and those that lie there and cannot be
// used; the snapshot of the documents that lies there now; all deposits and bank
// lines; the opening once.
func (p *past) files(kept []File) []File {
	known, present := map[string]File{}, map[string]bool{}
	for _, f := range p.state.Files {
		known[f.id()] = f
	}
	var chosen []File
	for _, f := range onceEach(kept) {
		present[f.id()] = true
		if old, ok := known[f.id()]; ok {
			old.Name, old.Names = f.Name, f.Names
			f = old
		} else {
			f.Generation = p.state.Run
		}
		if p.wants(&f) || p.stillUnusable(&f) {
			chosen = append(chosen, f)
		}
	}
	for _, f := range p.state.Files {
		if !present[f.id()] && f.Role != Documents && f.Role != Opening && !f.Report.Condemned() && p.wants(&f) {
			chosen = append(chosen, f)
		}
	}
	return inOrder(chosen)
}

// inOrder sorts files as a run lists them.
func inOrder(chosen []File) []File {
	slices.SortFunc(chosen, func(a, b File) int {
		return cmp.Or(slices.Index(roles(), a.Role)-slices.Index(roles(), b.Role), a.Generation-b.Generation, strings.Compare(a.Name, b.Name), strings.Compare(a.SHA256, b.SHA256))
	})
	return chosen
}

// condemnedBefore are the exceptions of files of which earlier runs could use nothing.
func condemnedBefore(files []File) (ids []string) {
	for i := range files {
		if files[i].Report.Condemned() {
			ids = append(ids, files[i].exceptionID())
		}
	}
	return ids
}

// id tells kept files apart.
func (f *File) id() string { return string(f.Role) + f.SHA256 }

// onceEach are the files by content, each with all its names: failed downloads
// are often equal.
func onceEach(kept []File) []File {
	var all []File
	at := map[string]int{}
	for _, f := range kept {
		i, seen := at[f.id()]
		if !seen {
			i = len(all)
			at[f.id()] = i
			all = append(all, f)
		}
		all[i].Names = append(all[i].Names, f.Name)
	}
	return all
}

// stillUnusable tells a file that lies there and of which nothing can be used.
// One that was replaced is left alone if it says of which days it is; if not, it
// is there again for the days of this run.
func (p *past) stillUnusable(f *File) bool {
	if !f.Report.Condemned() {
		return false
	}
	_, dated := f.days(p.policy)
	return !dated || p.state.Exceptions[f.exceptionID()].Status != Closed
}

func (p *past) wants(f *File) bool {
	switch f.Role {
	case Reports:
		return !f.Used || f.First != 0 && f.First <= p.req.To && p.req.From <= f.Last
	case Opening:
		return !f.Used
	case Documents, Funding, Bank:
	}
	return true
}

// unread are the files that said something of events of this run before these
// were settled: of a capture that has its batch now, the request report of an
// earlier night. They are read again, to complete what is posted.
func (p *past) unread(chosen []File, in *recon.Input) (more []File) {
	waiting := map[string][]string{}
	for i := range p.state.Rows {
		r := &p.state.Rows[i]
		if r.Settled != 0 || r.Reason != recon.PendingBatch {
			continue
		}
		waiting[r.Key()] = []string{r.File}
		for _, s := range r.Said {
			waiting[r.Key()] = append(waiting[r.Key()], s.File)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	wanted := map[string]bool{}
	for i := range in.Transactions.Len() {
		t := in.Transactions.At(i)
		if t.Batched == 0 && t.BatchDate == 0 {
			continue
		}
		for _, hash := range waiting[RowKey(t.ID, t.Type)] {
			wanted[hash] = true
		}
	}
	for _, f := range chosen {
		delete(wanted, f.SHA256)
	}
	for _, f := range p.state.Files {
		if f.Role == Reports && wanted[f.SHA256] && !f.Report.Condemned() {
			more = append(more, f)
		}
	}
	return more
}

// fillFiles tells the engine the hashes and ages of the report files that are read.
func (p *past) fillFiles(in *recon.Input, files []File) {
	in.FileHashes, in.Generations = nil, []int{}
	for _, f := range files {
		if f.Role == Reports {
			in.FileHashes = append(in.FileHashes, f.SHA256)
			in.Generations = append(in.Generations, f.Generation)
		}
	}
}

func hashes(files []File, role Role) []string {
	var all []string
	for _, f := range files {
		if f.Role == role {
			all = append(all, f.SHA256)
		}
	}
	return all
}

// restatedCuts are the ranges that rows of this run restate, oldest first; this
// range comes last where such a row settles in it now.
func (p *past) restatedCuts(res *recon.Result) []Cut {
	if len(res.Restated()) == 0 {
		return nil
	}
	posted := map[string]recon.Date{}
	for i := range p.state.Rows {
		if r := &p.state.Rows[i]; r.Posting != 0 && !r.AtOpening {
			posted[r.Key()] = r.Settled
		}
	}
	var cuts []Cut
	own := false
	for _, s := range res.Restated() {
		day, known := posted[RowKey(s.ID, s.Natural)]
		if !known {
			continue
		}
		cuts = append(cuts, p.cutOf(day))
		own = own || p.inside(res.SettledOn(int(s.Row)))
	}
	slices.SortFunc(cuts, func(a, b Cut) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	cuts = slices.Compact(cuts)
	if own {
		cuts = append(cuts, Cut{p.req.From, p.req.To})
	}
	return cuts
}

// cutOf is the range in which a day was computed first.
func (p *past) cutOf(day recon.Date) Cut {
	for _, c := range p.state.Cuts {
		if c.Has(day) {
			return c
		}
	}
	return Cut{day, day}
}
