package night

import (
	"slices"

	"tieout/recon"
)

// waitingIn are the carried items that wait for an account, by key, and for what.
func waitingIn(res *recon.Result) map[string]*Wait {
	waits := map[string]*Wait{}
	for i := range res.Input().History {
		w, waiting := res.Waits(i)
		if !waiting {
			continue
		}
		wait := &Wait{Why: w.Why, Docs: res.DocumentIDs(w.Docs)}
		for k, doc := range w.Docs {
			if day := res.Doc(int(doc)).Date; k == 0 || day < wait.Since {
				wait.Since = day
			}
		}
		h := &res.Input().History[i]
		waits[RowKey(h.ID, h.Type)] = wait
	}
	return waits
}

// waitedFor is the day of the oldest document for whose account an open item waits:
// as long as it does, every run looks at that document. 0: there is none.
func (p *past) waitedFor() (day recon.Date) {
	for _, e := range p.state.Exceptions {
		if w := e.Wait; w != nil && e.Status != Closed && w.Since != 0 && (day == 0 || w.Since < day) {
			day = w.Since
		}
	}
	return day
}

// waiting is the row of an open item as this run has to tell it: one whose documents are
// there and have no account waits as UNMAPPED_GL and holds its money where it did; one
// that waits no more is what it was. nil where nothing has changed, or where this run
// could not see whether its documents are still there.
func (w *worklist) waiting(e *Exception) *Row {
	held := w.before[e.Key]
	if held == nil || held.Open == 0 || w.rows[e.Key] != nil {
		return nil
	}
	wait, waits := w.waits[e.Key]
	if !waits && (e.Reason != recon.UnmappedGL || held.Reason == recon.UnmappedGL || !w.lookedAt(e.Wait)) {
		return nil
	}
	r := *held
	if waits {
		r.Reason, r.Evidence = recon.UnmappedGL, wait.Why
	}
	return &r
}

// lookedAt tells whether this run would have seen the documents that an item waits for:
// it read each of them, or all documents since the day of the oldest, which it asks for.
// A dispute waits for none.
func (w *worklist) lookedAt(wait *Wait) bool {
	return wait != nil && !slices.ContainsFunc(wait.Docs, func(id string) bool {
		d := w.docs[id]
		return d == nil && !w.readsDocuments() || d != nil && d.Reason == recon.InvalidRow
	})
}

// readsDocuments tells whether there are documents, and no file of them that cannot be used.
func (r *read) readsDocuments() bool {
	documents := func(f File) bool { return f.Role == Documents }
	return slices.ContainsFunc(r.files, documents) && !slices.ContainsFunc(r.files, func(f File) bool { return documents(f) && f.Report.Condemned() })
}

// same tells whether two waits say the same.
func (w *Wait) same(o *Wait) bool {
	if w == nil || o == nil {
		return w == o
	}
	return w.Why == o.Why && w.Since == o.Since && slices.Equal(w.Docs, o.Docs)
}
