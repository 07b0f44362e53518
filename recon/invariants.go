package recon

import (
	"fmt"
	"maps"
	"strings"

	"tieout/ledger/money"
)

// Check proves from the stored outcomes what must hold before anything is
// written, independently of the stages that made them: every row and document
// has one outcome (INV-1), rows and money per file are what the reports on the
// files say (INV-2), the parts of a row are its amount (INV-3), rows give
// documents what the documents take, never more than they are worth (INV-5),
// what leaves the open list does so in pairs (INV-6), and deposits and bank
// lines agree with their batches and shares (INV-7, INV-8).
//
// The reports are those on the transaction and document files, judged, in the
// order of the file numbers. The error names the invariant and the row, document
// or file; nil when all hold. One pass over rows and one over documents, each on
// all processors; nothing is kept per row.
func (r *Result) Check(transactions, documents []FileReport) error {
	a := &audit{r: r.run, res: r}
	a.checkRows(len(transactions))
	a.checkDocuments(len(documents))
	a.checkFiles("transactions", transactions, a.rows.files)
	a.checkFiles("documents", documents, a.docs.files)
	if a.taken() != 0 {
		a.findMisapplied()
	}
	if a.split() != 0 {
		a.findMissplit()
	}
	a.checkCarried()
	a.checkDeposits()
	a.checkBank()
	return a.err()
}

// InvariantError is a run whose stored outcomes contradict each other.
type InvariantError struct{ Violations []Violation }

// Violation is one invariant that does not hold, and where.
type Violation struct{ Invariant, Where, What string }

// Error names up to ten violations.
func (e *InvariantError) Error() string {
	var texts []string
	for i, v := range e.Violations {
		if i == 10 {
			texts = append(texts, fmt.Sprintf("and %d more", len(e.Violations)-i))
			break
		}
		texts = append(texts, v.Invariant+": "+v.Where+": "+v.What)
	}
	return "the outcomes contradict each other, nothing is written: " + strings.Join(texts, "; ")
}

// checkRows is the pass over the rows: INV-1, INV-3, and the row side of INV-2, INV-5 and INV-6.
func (a *audit) checkRows(files int) {
	r, allowed := a.r, allowedReasons()
	a.rows = a.over(len(r.txns.rows), files, func(t *tally, from, to int) {
		var last lastSums
		for i := from; i < to; i++ {
			row, o := &r.txns.rows[i], &r.out[i]
			if int(row.file) >= len(t.files) {
				t.fault("INV-2", a.row(uint32(i)), "its file number %d is of none of %d files", row.file, len(t.files))
				continue
			}
			if int(o.verdict) >= len(allowed) || !allowed[o.verdict][o.reason] {
				t.fault("INV-1", a.row(uint32(i)), "verdict %d with reason %q is no outcome", o.verdict, o.reason)
			}
			f := &t.files[row.file]
			f.rows++
			switch o.reason {
			case InvalidRow:
				f.quarantined++
			case DuplicateRow:
				f.duplicate++
				f.apart.of(row.currency).add(row.amount)
			default:
				if row.kind.Financial() {
					last.of(t, row.file, row.currency).add(row.amount)
				} else {
					f.apart.of(row.currency).add(row.amount)
				}
			}
			switch {
			case o.more != 0:
				a.checkParts(t, uint32(i))
			case o.kind == One && o.link != 0: // nearly all rows: the whole amount to one document
				a.give(t, uint32(i), docPart{o.link - 1, row.amount})
			}
		}
	})
}

// allowedReasons tells which reasons go with a verdict of a processor row.
func allowedReasons() (allowed [Ignored + 1][reasons]bool) {
	allowed[Matched][NoReason] = true
	for reason := InvalidRow; reason < RefundAndChargeback; reason++ {
		allowed[Exception][reason] = true
	}
	for reason := NonFinancial; reason < reasons; reason++ {
		allowed[Ignored][reason] = true
	}
	return allowed
}

// checkParts is INV-3 for a row whose parts are stored, and what it gives to
// documents. A row without stored parts is applied or suspended as a whole.
func (a *audit) checkParts(t *tally, i uint32) {
	r := a.r
	row, o := r.row(i), &r.out[i]
	d, want := &r.details[o.more-1], row.amount
	applied, suspended, writeOff := r.money(i)
	if !r.movesMoney(i) {
		want = 0
	}
	in := func(minor int64) string { return money.New(minor, row.currency).String() }
	if applied+suspended+writeOff != want {
		t.fault("INV-3", a.row(i), "%s is not applied %s + suspended %s + write-off %s", in(want), in(applied), in(suspended), in(writeOff))
	}
	t.off[row.currency] += d.offList
	if d.closed {
		t.off[row.currency] += suspended
	}
	if len(d.parts) == 0 {
		if o.kind == One && o.link != 0 {
			a.give(t, i, docPart{o.link - 1, applied})
		}
		return
	}
	total := int64(0)
	for _, p := range d.parts {
		total += p.amount
		a.give(t, i, p)
	}
	if total != applied {
		t.fault("INV-3", a.row(i), "its documents take %s of the applied %s", in(total), in(applied))
	}
}

// give counts what a row gives to a document.
func (a *audit) give(t *tally, i uint32, p docPart) {
	t.taken += fingerprint(p.doc, p.amount)
	if a.r.merchant[a.r.row(i).merchant].model == CashSale {
		t.split += splitFingerprint(p.doc, i, a.r.alongDocument(p))
	}
}

// alongDocument is the amount seen from the document: what it takes is positive, what it gives back negative.
func (r *run) alongDocument(p docPart) int64 {
	if r.docs.rows[p.doc].amount < 0 {
		return -p.amount
	}
	return p.amount
}

// fingerprint is a document's share of a sum that is zero when every document
// was given exactly what it took: the amount times a number of the document's
// own, modulo 2^64. So both sides are compared document by document without a
// second table; a difference escapes once in 2^64.
func fingerprint(doc uint32, amount int64) uint64 { return uint64(amount) * (mix(uint64(doc)) | 1) }

func splitFingerprint(doc, row uint32, amount int64) uint64 {
	return uint64(amount) * (mix(uint64(doc)<<32|uint64(row)) | 1)
}

// carried marks the history index of a carried item, which is no row.
const carried = 1 << 31

// checkDocuments is the pass over the documents: INV-1, INV-5 and the document side of INV-2.
func (a *audit) checkDocuments(files int) {
	r, allowed := a.r, allowedReasons()
	a.docs = a.over(len(r.docs.rows), files, func(t *tally, from, to int) {
		var last lastSums
		for i := from; i < to; i++ {
			d := &r.docs.rows[i]
			if int(d.file) >= len(t.files) {
				t.fault("INV-2", a.doc(uint32(i)), "its file number %d is of none of %d files", d.file, len(t.files))
				continue
			}
			if int(d.out.verdict) >= len(allowed) || !allowed[d.out.verdict][d.out.reason] {
				t.fault("INV-1", a.doc(uint32(i)), "verdict %d with reason %q is no outcome", d.out.verdict, d.out.reason)
			}
			f := &t.files[d.file]
			f.rows++
			if d.flags&docFault != 0 {
				f.quarantined++
				continue
			}
			last.of(t, d.file, d.currency).add(d.amount)
			open, left := d.amount-r.prior(uint32(i)), d.left
			t.taken -= fingerprint(uint32(i), open-left)
			if d.amount < 0 {
				open, left = -open, -left
			}
			if left < 0 && left < open {
				t.fault("INV-5", a.doc(uint32(i)), "%s more than its %s is applied to it", money.New(-left, d.currency), money.New(abs(d.amount), d.currency))
			}
		}
	})
}

// taken is zero when rows and carried items give every document what it took.
func (a *audit) taken() uint64 {
	sum := a.rows.taken + a.docs.taken
	for _, c := range a.r.cleared {
		for k, doc := range c.Docs {
			sum += fingerprint(doc, c.Parts[k])
		}
	}
	return sum
}

// split is zero when the components of every cash sale add up to what its document took (GL-14).
func (a *audit) split() uint64 {
	sum := a.rows.split
	for _, c := range a.r.cleared {
		if a.r.p.Merchants[a.r.in.History[c.Posted].Merchant].Model != CashSale {
			continue
		}
		for k, doc := range c.Docs {
			sum += splitFingerprint(doc, carried|uint32(c.Posted), a.r.alongDocument(docPart{doc, c.Parts[k]}))
		}
	}
	for i := range a.r.allots {
		sum -= splitFingerprint(a.r.allots[i].Doc, a.r.allots[i].holder(), a.r.allots[i].total())
	}
	return sum
}

func (x *Allotment) holder() uint32 {
	if x.Row < 0 {
		return carried | uint32(x.Posted)
	}
	return uint32(x.Row)
}

func (x *Allotment) total() (total int64) {
	for _, part := range x.Parts {
		total += part
	}
	if x.Back {
		return -total
	}
	return total
}

// eachPart calls do for whatever rows and carried items gave to documents.
func (a *audit) eachPart(do func(holder uint32, p docPart, cashSale bool)) {
	r := a.r
	for i := range uint32(len(r.out)) {
		o, cashSale := &r.out[i], r.merchant[r.row(i).merchant].model == CashSale
		if o.more != 0 && len(r.details[o.more-1].parts) > 0 {
			for _, p := range r.details[o.more-1].parts {
				do(i, p, cashSale)
			}
		} else if o.kind == One && o.link != 0 {
			applied, _, _ := r.money(i)
			do(i, docPart{o.link - 1, applied}, cashSale)
		}
	}
	for _, c := range r.cleared {
		cashSale := r.p.Merchants[r.in.History[c.Posted].Merchant].Model == CashSale
		for k, doc := range c.Docs {
			do(carried|uint32(c.Posted), docPart{doc, c.Parts[k]}, cashSale)
		}
	}
}

// findMisapplied names the documents behind a difference of [audit.taken].
func (a *audit) findMisapplied() {
	given := make([]int64, len(a.r.docs.rows))
	a.eachPart(func(_ uint32, p docPart, _ bool) { given[p.doc] += p.amount })
	for i := range given {
		d := &a.r.docs.rows[i]
		if d.flags&docFault != 0 {
			continue
		}
		if took := d.amount - a.r.prior(uint32(i)) - a.r.docs.rows[i].left; took != given[i] && len(a.faults) < maxViolations {
			a.fault("INV-5", a.doc(uint32(i)), "rows apply %s to it, its balance says %s", money.New(given[i], d.currency), money.New(took, d.currency))
		}
	}
}

// findMissplit names the rows behind a difference of [audit.split].
func (a *audit) findMissplit() {
	type key struct{ holder, doc uint32 }
	open := map[key]int64{}
	a.eachPart(func(holder uint32, p docPart, cashSale bool) {
		if cashSale {
			open[key{holder, p.doc}] += a.r.alongDocument(p)
		}
	})
	for i := range a.r.allots {
		x := &a.r.allots[i]
		open[key{x.holder(), x.Doc}] -= x.total()
	}
	for k, difference := range open {
		if difference != 0 {
			where := a.doc(k.doc)
			if k.holder&carried == 0 {
				where = a.row(k.holder) + ", " + where
			}
			a.fault("INV-3", where, "the components differ by %s from what was applied", money.New(difference, a.r.docs.rows[k.doc].currency))
		}
	}
}

// checkFiles is INV-2: the rows and the money of each file, against the report on it.
func (a *audit) checkFiles(what string, reports []FileReport, counted []fileTally) {
	if len(reports) == 0 && counted[0].rows > 0 {
		a.fault("INV-2", what, "%d rows are of no file", counted[0].rows)
	}
	for i := range reports {
		report, f := &reports[i], &counted[i]
		where := what + " file " + report.File
		if report.Condemned() {
			if f.rows > 0 {
				a.fault("INV-2", where, "the file is %s, and %d of its rows are among the outcomes", report.Verdict, f.rows)
			}
			continue
		}
		if got := (RowCounts{f.rows, f.rows - f.quarantined - f.duplicate, f.quarantined, f.duplicate}); got != report.Rows {
			a.fault("INV-2", where, "outcomes are of %+v rows, the report on the file has %+v", got, report.Rows)
		}
		if totals := f.sums.texts(); !maps.Equal(totals, report.Totals) {
			a.fault("INV-2", where, "outcomes add up to %v, the report on the file has %v", totals, report.Totals)
		}
		if apart := f.apart.texts(); !maps.Equal(apart, report.apart) {
			a.fault("INV-2", where, "rows without money add up to %v, the report on the file has %v", apart, report.apart)
		}
	}
}

func (a *audit) row(i uint32) string { return fmt.Sprintf("row %d", a.res.Label(int(i))) }

func (a *audit) doc(i uint32) string { return "document " + a.r.docs.id(int(i)) }

func (a *audit) posted(h int) string { return "carried " + a.r.in.History[h].ID }
