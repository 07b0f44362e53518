package night

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"

	"tieout/recon"
)

// worklist turns what the engine found, and what was open before, into the
// work list of this run (MAT-09, MAT-10): an item keeps its id and its first
// day; it leaves the list when its cause has gone, and may come back.
type worklist struct {
	*read
	body   func(*Row) ([]byte, error) // of an exception that changes its reason
	rows   map[string]*Row            // decided by this run
	docs   map[string]*Doc
	moved  map[string]*Row  // of other ranges, touched by this run
	before map[string]*Row  // that moved money before this run
	waits  map[string]*Wait // of items that are as open as before
	sides  map[string]bool  // deposits and bank lines that this run looked at
}

func newWorklist(p *read, c *Commit, waits map[string]*Wait, body func(*Row) ([]byte, error)) *worklist {
	w := &worklist{read: p, body: body, waits: waits, rows: map[string]*Row{}, docs: map[string]*Doc{}, moved: map[string]*Row{}, sides: map[string]bool{}, before: map[string]*Row{}}
	for i := range p.state.Rows {
		if r := &p.state.Rows[i]; r.Posting != 0 {
			w.before[r.Key()] = r
		}
	}
	for i := range c.Rows {
		w.rows[c.Rows[i].Key()] = &c.Rows[i]
	}
	for i := range c.Docs {
		w.docs[c.Docs[i].ID] = &c.Docs[i]
	}
	for i := range c.Touched {
		w.moved[c.Touched[i].Key()] = &c.Touched[i]
	}
	for i := range c.Deposits {
		w.sides[SideDeposit+c.Deposits[i].ID] = true
	}
	for i := range c.BankLines {
		w.sides[SideBank+c.BankLines[i].ID] = true
	}
	return w
}

// before is the work list as earlier runs left it.
func (p *past) before() Before {
	b := Before{AsOf: p.state.PriorAsOf, Weeks: p.state.Weeks}
	for _, id := range slices.Sorted(maps.Keys(p.state.Exceptions)) {
		if e := p.state.Exceptions[id]; e.Status != Closed {
			b.Open = append(b.Open, e)
		}
	}
	return b
}

// compare returns every exception with its state after this run: the open ones,
// and those that this run closed.
func (w *worklist) compare(found []Exception) ([]Exception, error) {
	var all []Exception
	seen := map[string]bool{}
	for _, e := range found {
		seen[e.ID] = true
		old, known := w.state.Exceptions[e.ID]
		if r := w.rows[e.Key]; known && old.Status != Closed && r != nil && r.staysListed() {
			all = append(all, w.follow(old))
			continue
		}
		if by, gone := w.settledAtOnce(&e); gone {
			if known && old.Status != Closed {
				all = append(all, w.close(old, by))
			}
			continue
		}
		all = append(all, w.meet(e, old, known))
	}
	for _, id := range slices.Sorted(maps.Keys(w.state.Exceptions)) {
		if old := w.state.Exceptions[id]; !seen[id] && old.Status != Closed {
			next, err := w.unseen(old)
			if err != nil {
				return nil, err
			}
			all = append(all, next)
		}
	}
	slices.SortStableFunc(all, func(a, b Exception) int {
		return cmp.Or(strings.Compare(a.Side, b.Side), strings.Compare(a.Key, b.Key), strings.Compare(a.ID, b.ID))
	})
	return all, nil
}

// unseen decides on an open exception that the engine did not find again. A
// dispute whose capture turned up in this run stays on the list as an open one,
// and an item that nothing but an account lacks as one that waits for it.
func (w *worklist) unseen(e Exception) (Exception, error) {
	moved := w.moved[e.Key]
	switch {
	case e.Side != SideEvent:
	case moved == nil:
		if r := w.waiting(&e); r != nil {
			e.Wait = w.waits[e.Key]
			return w.retell(e, r)
		}
	case moved.staysListed():
		r := *moved
		r.Evidence, r.Reason, r.Applied, r.Suspended = r.UsedBy, recon.ChargebackOpen, r.Applied+r.Suspended, 0
		e.Wait = nil
		return w.retell(e, &r)
	}
	return w.follow(e), nil
}

// retell gives an open exception another reason. It stays the same one.
func (w *worklist) retell(e Exception, r *Row) (Exception, error) {
	body, err := w.body(r)
	e.Reason, e.Body = r.Reason, body
	if e.LastSeen != w.req.AsOf {
		e.Status, e.LastSeen = Carried, max(e.LastSeen, w.req.AsOf)
	}
	return e, err
}

// staysListed tells a row whose held money has gone, and which is a matter for people all the same.
func (r *Row) staysListed() bool { return r.UsedBy == captureFound }

// meet gives a found exception its state, its first day and what finance wrote.
func (w *worklist) meet(e, old Exception, known bool) Exception {
	e.Status, e.FirstSeen, e.LastSeen = New, w.req.AsOf, w.req.AsOf
	if !known {
		return e
	}
	e.FirstSeen, e.Remarks = old.FirstSeen, old.Remarks
	if e.Hold != nil && old.Hold != nil && old.Status != Closed {
		e.Hold = e.Hold.with(old.Hold) // what was held stays held
	}
	switch {
	case old.Status == Closed:
		e.Status = Reopened
	case old.LastSeen == w.req.AsOf:
		e.Status = old.Status // the same day again
	default:
		e.Status = Carried
	}
	return e
}

// follow decides on an exception that this run did not find: its item was looked
// at and is in order now, or its item was not looked at and it stays open.
func (w *worklist) follow(old Exception) Exception {
	if by, gone := w.gone(&old); gone {
		return w.close(old, by)
	}
	if old.LastSeen != w.req.AsOf {
		old.Status, old.LastSeen = Carried, max(old.LastSeen, w.req.AsOf)
	}
	return old
}

func (w *worklist) close(e Exception, by string) Exception {
	e.Status, e.ClosedOn, e.ClosedBy = Closed, w.req.AsOf, by
	return e
}

// settledAtOnce tells an exception of a row whose money has been used: by a
// refund of this run, or by a posting of another range.
func (w *worklist) settledAtOnce(e *Exception) (by string, gone bool) {
	r := w.rows[e.Key]
	if e.Side != SideEvent || r == nil || r.Posting == 0 {
		return "", false
	}
	switch {
	case r.UsedBy != "" && r.Open == 0:
		return r.UsedBy, true
	case r.Suspended != 0 && r.Open == 0 && refundClears(r.Reason):
		return "its refund", true
	case r.Reason == recon.ChargebackOpen:
		return "representment won", w.reversed(r)
	}
	return "", false
}

func refundClears(r recon.Reason) bool {
	return r == recon.DuplicateTxn || r == recon.OrderCancelled || r == recon.NoOrder || r == recon.AmountOver
}

// reversed tells a chargeback that this run's reversals, with those of earlier runs, give back in full.
func (w *worklist) reversed(chargeback *Row) bool {
	back := int64(0)
	for _, r := range w.rows {
		if r.Type == recon.ChargebackReversal && r.Verdict == recon.Matched && r.ParentID == chargeback.ID {
			back += r.Amount
		}
	}
	for i := range w.state.Rows {
		r := &w.state.Rows[i]
		if r.Type == recon.ChargebackReversal && r.Verdict == recon.Matched && r.ParentID == chargeback.ID && w.outside(r) {
			back += r.Amount
		}
	}
	return back != 0 && back >= -chargeback.Amount
}

// gone tells whether the cause of an exception that was not found again has gone.
func (w *worklist) gone(e *Exception) (by string, gone bool) {
	switch e.Side {
	case SideEvent:
		return w.eventGone(e)
	case SideDoc:
		d := w.docs[e.Key]
		return "the document is in order", d != nil && d.Verdict != recon.Exception
	case SideDeposit, SideBank:
		return "settled", w.sides[e.Side+e.Key]
	case SideBatch:
		return "funded", true // open batches are looked at on every run
	}
	return "", false
}

func (w *worklist) eventGone(e *Exception) (by string, gone bool) {
	if e.Reason == recon.InvalidRow {
		return w.invalidGone(e)
	}
	if r := w.rows[e.Key]; r != nil {
		return "the row is in order", r.Verdict != recon.Exception
	}
	if r := w.moved[e.Key]; r != nil && r.Open == 0 {
		return r.UsedBy, true
	}
	r := w.before[e.Key]
	if r == nil {
		return "", false
	}
	switch e.Reason {
	case recon.ChargebackOpen:
		return "representment won", w.reversed(r)
	case recon.ProcessorReject:
		return "its documents are paid", w.paid(r.Documents)
	default:
		return "", false
	}
}

// invalidGone: a clean row of the same key, or for an unreadable key a later
// accepted file of the same merchant, report and window (rulings on books).
func (w *worklist) invalidGone(e *Exception) (by string, gone bool) {
	if e.Key != "" {
		r := w.rows[e.Key]
		return "a clean row", r != nil || w.before[e.Key] != nil
	}
	files := w.all()
	at := slices.IndexFunc(files, func(f *File) bool { return f.SHA256 == e.File && (e.Line > 0 || f.exceptionID() == e.ID) })
	return "a clean file", at >= 0 && w.replaced(files[at], e.Hold)
}

func (w *worklist) paid(docs []string) bool {
	for _, id := range docs {
		if d := w.docs[id]; d == nil || d.Verdict != recon.Matched {
			return false
		}
	}
	return len(docs) > 0
}

// changed leaves out what is stored already.
func (p *past) changed(all []Exception) []Exception {
	var news []Exception
	for _, e := range all {
		old, known := p.state.Exceptions[e.ID]
		same := known && old.Status == e.Status && old.Reason == e.Reason && old.FirstSeen == e.FirstSeen && old.Amount == e.Amount &&
			bytes.Equal(old.Body, e.Body) && sameHold(old.Hold, e.Hold) && old.Wait.same(e.Wait)
		if !same {
			news = append(news, e)
		}
	}
	return news
}
