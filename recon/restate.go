package recon

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"tieout/ledger/money"
)

// What a rerun must know of earlier runs beyond the history: which of two
// contents of a row is the later one, which rows keep their first posting date,
// and which rows stand as posted because their money was used since.

// Pinned is a row of the range whose suspended money a posting outside the range
// has used: it was cleared by a document, by a refund or by a decision. A rerun
// keeps the row as posted. Amounts are minor units, signed like the row.
type Pinned struct {
	ID        string
	Natural   EventType
	Currency  money.Currency
	Reason    Reason
	Secondary []Reason
	Pass      Pass
	Documents []string // documents that took money
	Applied   []int64  // by document
	WriteOff  int64
	Suspended int64  // what was suspended then and has been used since
	UsedBy    string // what used it, for people
}

type naturalKey struct {
	id   string
	kind EventType
}

// pinRows gives pinned rows their posted outcome before anything is linked. An
// amount that was restated since differs from what was used; the difference is
// suspended and open.
func (r *run) pinRows() {
	if len(r.in.Pinned) == 0 {
		return
	}
	pins := map[naturalKey]*Pinned{}
	for k := range r.in.Pinned {
		p := &r.in.Pinned[k]
		pins[naturalKey{p.ID, p.Natural}] = p
	}
	for i := range uint32(len(r.txns.rows)) {
		if p := pins[naturalKey{r.txns.idText(int(i)), r.natural(i)}]; p != nil && r.live(i) {
			r.pin(i, p)
		}
	}
}

func (r *run) pin(i uint32, p *Pinned) {
	r.except(i, p.Reason)
	r.out[i].pass = p.Pass
	d := detail{writeOff: p.WriteOff, offList: p.Suspended, secondary: p.Secondary, usedBy: p.UsedBy}
	for k, id := range p.Documents {
		doc, seen := r.documentByID(id)
		switch {
		case !seen:
			d.foreign = append(d.foreign, id)
		default:
			d.shown = append(d.shown, doc)
		}
		if k < len(p.Applied) && p.Applied[k] != 0 && seen {
			d.parts = append(d.parts, docPart{doc, p.Applied[k]})
			d.applied += p.Applied[k]
			r.take(i, doc, p.Applied[k])
		}
	}
	d.suspended = r.row(i).amount - d.applied - d.writeOff
	*r.detail(i) = d
}

// natural is the event type of the row's natural key.
func (r *run) natural(i uint32) EventType {
	if row := r.row(i); row.flags&flagCreditOrRefund == 0 {
		return row.kind
	}
	return CreditOrRefund
}

// postedOn is the day on which an earlier run posted the row; 0 if none did.
func (r *run) postedOn(i uint32) Date {
	if r.books.PostedOn == nil {
		return 0
	}
	return r.books.PostedOn(r.txns.idText(int(i)), r.natural(i))
}

// postingDate is where the row is posted: where it was posted first, else by GL-16.
func (r *run) postingDate(i uint32) Date {
	if first := r.postedOn(i); first != 0 {
		return first
	}
	return r.books.PostingDate(r.row(i).settled)
}

// generation orders files by when they were first kept.
func (r *run) generation(i uint32) int {
	if file := int(r.row(i).file); file < len(r.in.Generations) {
		return r.in.Generations[file]
	}
	return 0
}

// supersede drops, of rows of one natural key with different content, those of
// files that were kept before the newest: the row of the file kept last counts.
// Where that cannot be trusted, what was posted stays (rulings on books).
func (r *run) supersede(rows []uint32) []uint32 {
	if r.in.Generations == nil || r.alike(rows) {
		return rows
	}
	if apart := r.byRank(rows); len(apart) > 1 { // a report restates its own kind only
		if older, kept := r.keepPosted(rows, apart); kept {
			return r.supersede(older)
		}
		var left []uint32
		for _, same := range apart {
			left = append(left, r.supersede(same)...)
		}
		return left
	}
	newest := 0
	for _, i := range rows {
		newest = max(newest, r.generation(i))
	}
	var last, older []uint32
	for _, i := range rows {
		if r.generation(i) == newest {
			last = append(last, i)
		} else {
			older = append(older, i)
		}
	}
	if len(older) > 0 && r.postedOn(last[0]) != 0 && (!r.alike(last) || r.row(last[0]).flags&flagFault != 0) {
		r.distrust(last, "the same id and event type comes with different content; what was posted of it stays")
		return r.supersede(older)
	}
	for _, i := range older {
		r.ignore(i, DuplicateRow)
		r.replaced[i] = true
	}
	return last
}

// keepPosted tells, where the newest that reports of several kinds say of an
// event that was posted does not agree, what is left without the file kept last:
// what was posted stays.
func (r *run) keepPosted(rows []uint32, apart [][]uint32) (older []uint32, kept bool) {
	var said, last []uint32
	for _, same := range apart {
		newest := slices.MaxFunc(same, func(a, b uint32) int { return r.generation(a) - r.generation(b) })
		said = append(said, newest)
	}
	if r.postedOn(rows[0]) == 0 || r.alike(said) {
		return nil, false
	}
	newest := r.generation(slices.MaxFunc(rows, func(a, b uint32) int { return r.generation(a) - r.generation(b) }))
	for _, i := range rows {
		if r.generation(i) == newest {
			last = append(last, i)
		} else {
			older = append(older, i)
		}
	}
	if len(older) == 0 {
		return nil, false
	}
	r.distrust(last, "a report that was read earlier gives the same id and event type with different content; what was posted of it stays")
	return older, true
}

// distrust invalidates those rows that nothing else is wrong with.
func (r *run) distrust(rows []uint32, message string) {
	for _, i := range rows {
		if r.row(i).flags&flagFault == 0 {
			r.invalidate(i, "txn_id", "conflicting_rows", message)
		}
	}
}

// byRank parts rows by the rank of their files, the first rank first.
func (r *run) byRank(rows []uint32) (parts [][]uint32) {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b uint32) int { return r.rank(a) - r.rank(b) })
	for i, row := range sorted {
		if i == 0 || r.rank(row) != r.rank(sorted[i-1]) {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], row)
	}
	return parts
}

// alike tells rows of equal content, of which all or none are faulty.
func (r *run) alike(rows []uint32) bool {
	for _, i := range rows {
		if (r.row(i).flags^r.row(rows[0]).flags)&flagFault != 0 || !r.sameContent(i, rows[0]) {
			return false
		}
	}
	return true
}

// ContentOf tells rows apart that have the same natural key: the head of a hash
// of everything but label and place, compared by value (EDGE-10).
func ContentOf(t Transaction) string {
	custom := t.Custom
	t.RowNo, t.Source, t.Fault, t.Custom = "", Source{}, nil, nil
	sum := sha256.Sum256(fmt.Appendf(nil, "%+v %+v", t, custom))
	return hex.EncodeToString(sum[:12])
}

// restates tells whether the row gives other content than what was posted for
// another range, or is of a report that was not heard then. Only a run with a
// store can follow that up; it reruns the other range.
func (r *run) restates(i uint32, posted *Posted) bool {
	if r.in.Generations == nil || posted.AtOpening {
		return false
	}
	row := r.row(i)
	if posted.Amount != row.amount || posted.Currency != row.currency {
		return true
	}
	content, heard := posted.heard(r.rank(i))
	return !heard || content != "" && !r.says(i, content)
}

// says tells whether the row, or one of this run that it was merged with, has
// the content by itself.
func (r *run) says(i uint32, content string) bool {
	own := r.saying(i, r.natural(i))
	if at := slices.IndexFunc(r.said[mergeKey{r.row(i).id, r.natural(i)}], func(s Said) bool { return s.Rank == own.Rank }); at >= 0 {
		own = r.said[mergeKey{r.row(i).id, r.natural(i)}][at]
	}
	return own.Content == content
}

// Inherited is a document that an open event of an earlier run is linked to.
type Inherited struct {
	Document string
	Reason   Reason
	ID       string // of the event, with its type as resolved
	Type     EventType
}

// inheritOpen gives documents the reason of an event of an earlier run that is
// still open after this one. Earlier events come first in processing order, so
// theirs stands before what this run's events gave (stage 10).
func (r *run) inheritOpen() {
	if len(r.in.Inherit) == 0 {
		return
	}
	gone := map[naturalKey]bool{}
	for i := range r.cleared {
		p := &r.in.History[r.cleared[i].Posted]
		gone[naturalKey{p.ID, p.Type}] = true
	}
	reasons := map[string]Reason{}
	for _, h := range r.in.Inherit {
		if _, has := reasons[h.Document]; !has && !gone[naturalKey{h.ID, h.Type}] {
			reasons[h.Document] = h.Reason
		}
	}
	for doc := range uint32(len(r.docs.rows)) {
		if reason, open := reasons[r.docs.id(int(doc))]; open {
			r.reasons[doc] = reason
		}
	}
}

// Prior is what other ranges took from a document: minor units, signed like the
// document, and the split of it over the components as it was stored, never negative.
type Prior struct {
	Amount int64
	Parts  Components
}

func (r *run) findPriors() {
	if len(r.in.Priors) == 0 {
		return
	}
	r.priors = map[uint32]Prior{}
	for doc := range uint32(len(r.docs.rows)) {
		if p, has := r.in.Priors[r.docs.id(int(doc))]; has {
			r.priors[doc] = p
			r.docs.rows[doc].left -= p.Amount
		}
	}
}

// prior is what was taken from a document before this run.
func (r *run) prior(doc uint32) int64 { return r.docs.prior(int(doc)) + r.priors[doc].Amount }
