package recon

import (
	"cmp"
	"slices"
	"strings"
)

// linkCaptures is the strict part of stage 3: P1, P2 and P3, the first that
// finds documents. Refunds are linked the same way to credit memos (stage 8).
// Links do not depend on balances, so all rows are linked at once.
func (r *run) linkCaptures() {
	sale := func(d *docRow) bool { return d.takesMoney() && d.kind != CreditMemo }
	memo := func(d *docRow) bool { return d.takesMoney() && d.kind == CreditMemo && d.status != Cancelled }
	captures, memos := r.newLinker(Capture, sale, r.stock.sales), r.newLinker(Refund, memo, r.stock.memos)
	r.markDuplicates(captures.byOrder, captures.byInvoice, memos.byOrder, memos.byInvoice)
	inRanges(r.in.Workers, len(r.txns.rows), func(worker, from, to int) {
		l := captures.on(worker)
		m := memos.on(worker)
		for i := from; i < to; i++ {
			switch kind := r.txns.rows[i].kind; {
			case !r.live(uint32(i)):
			case kind == Capture:
				l.linkStrictly(uint32(i))
			case kind == Refund || kind == Credit:
				m.linkStrictly(uint32(i))
			}
		}
	})
	r.captures, r.memos = captures, memos
	captures.finish()
	memos.finish()
}

// linker links rows to one kind of documents.
type linker struct {
	r         *run
	ids       map[string][]uint32 // documents by the processor's id stored on them
	byInvoice *docIndex
	byOrder   *docIndex
	want      func(*docRow) bool
	parentToo bool // P1 takes the id of what the row follows as well
	unlinked  [][]uint32
	several   [][]severalDocs
	canon     *canonIndex
}

type severalDocs struct {
	row  uint32
	docs []uint32
}

func (r *run) newLinker(kind EventType, want func(*docRow) bool, there numbered) *linker {
	l := &linker{
		r: r, want: want, parentToo: kind == Capture, ids: map[string][]uint32{},
		byInvoice: r.buildIndex(want, r.invoiceNumber(), there.invoices), byOrder: r.buildIndex(want, r.orderNumber(), there.orders),
		unlinked: make([][]uint32, r.in.Workers), several: make([][]severalDocs, r.in.Workers),
	}
	if there.requestIDs == 0 {
		return l
	}
	for _, doc := range r.docsWhere(func(doc uint32) bool { return r.docs.rows[doc].flags&docHasRequestID != 0 && want(&r.docs.rows[doc]) }) {
		id := strings.TrimSpace(r.docs.field(int(doc), docTextRequestID))
		l.ids[id] = append(l.ids[id], doc)
	}
	return l
}

// linkerOn is a linker as one worker uses it.
type linkerOn struct {
	*linker
	worker int
	found  []uint32
}

func (l *linker) on(worker int) *linkerOn { return &linkerOn{linker: l, worker: worker} }

// linkStrictly tries P1 and P2. Rows they leave are kept for P3.
func (l *linkerOn) linkStrictly(i uint32) {
	id, parent := "", ""
	if len(l.ids) > 0 {
		id, parent = l.r.txns.idText(int(i)), l.r.txns.field(int(i), textParent)
	}
	l.found = l.requestID(l.found[:0], id, parent)
	pass := ByRequestID
	if len(l.found) == 0 {
		pass = ByReference
		l.found = l.referenceOf(l.found, i)
	}
	if len(l.found) == 0 {
		l.unlinked[l.worker] = append(l.unlinked[l.worker], i)
		return
	}
	l.r.out[i].pass = pass
	if len(l.found) == 1 {
		l.r.out[i].link = l.found[0] + 1
		return
	}
	l.several[l.worker] = append(l.several[l.worker], severalDocs{i, slices.Clone(l.found)})
}

// finish sets the links to several documents and runs P3 over what is left.
func (l *linker) finish() {
	for _, rows := range l.several {
		for _, s := range rows {
			l.r.setLink(s.row, l.r.inDocumentOrder(s.docs))
		}
	}
	rows := slices.Concat(l.unlinked...)
	references, found := make([]string, len(rows)), make([][]uint32, len(rows))
	inRanges(l.r.in.Workers, len(rows), func(_, from, to int) {
		for k := from; k < to; k++ {
			references[k] = l.r.txns.reference(int(rows[k]))
		}
	})
	l.canon = l.r.buildCanon(references, l.want)
	inRanges(l.r.in.Workers, len(rows), func(_, from, to int) {
		for k := from; k < to; k++ {
			found[k] = l.r.inDocumentOrder(l.canon.find(references[k]))
		}
	})
	for k, i := range rows {
		if len(found[k]) > 0 {
			l.r.out[i].pass = ByCanonical
			l.r.setLink(i, found[k])
		}
	}
	l.unlinked, l.several = nil, nil
}

// requestID is P1: the document's stored id is the row's, or that of what it follows.
func (l *linker) requestID(docs []uint32, id, parent string) []uint32 {
	if len(l.ids) == 0 {
		return docs
	}
	docs = append(docs, l.ids[id]...)
	if l.parentToo && parent != "" && parent != id {
		docs = append(docs, l.ids[parent]...)
	}
	return unique(docs)
}

// referenceOf is P2 for a row, by its key where that names one document only.
func (l *linker) referenceOf(docs []uint32, i uint32) []uint32 {
	row := l.r.row(i)
	switch {
	case row.flags&flagSeveral != 0:
		return l.reference(docs, l.r.txns.reference(int(i)))
	case row.ref.exact():
		return l.number(docs, row.ref, "")
	}
	return l.number(docs, row.ref, l.r.txns.norm(int(i)))
}

// reference is P2: every part of the reference is an invoice number, else an order number.
func (l *linker) reference(docs []uint32, reference string) []uint32 {
	for _, part := range parts(reference) {
		before, norm := len(docs), Norm1(part)
		docs = l.number(docs, keyOf(norm), norm)
		if len(docs) == before {
			return docs[:0]
		}
	}
	return unique(docs)
}

// number finds the documents of one number; norm is needed where the key is not exact.
func (l *linker) number(docs []uint32, key refKey, norm string) []uint32 {
	before := len(docs)
	docs = l.byInvoice.find(docs, key, norm)
	if len(docs) == before {
		docs = l.byOrder.find(docs, key, norm)
	}
	return docs
}

func unique(docs []uint32) []uint32 {
	if len(docs) < 2 {
		return docs
	}
	slices.Sort(docs)
	return slices.Compact(docs)
}

// linkPosted links an event of an earlier run by the strict passes (stage 6).
func (r *run) linkPosted(l *linker, p *Posted, canon *canonIndex) ([]uint32, Pass) {
	parent := p.Parent
	if docs := l.requestID(nil, p.ID, parent); len(docs) > 0 {
		return r.inDocumentOrder(docs), ByRequestID
	}
	if docs := l.reference(nil, p.Reference); len(docs) > 0 {
		return r.inDocumentOrder(docs), ByReference
	}
	return r.inDocumentOrder(canon.find(p.Reference)), ByCanonical
}

func (r *run) compareDocuments(a, b uint32) int {
	if c := cmp.Compare(r.docs.rows[a].date, r.docs.rows[b].date); c != 0 {
		return c
	}
	return cmp.Or(
		strings.Compare(r.normOrder(a), r.normOrder(b)),
		strings.Compare(r.normInvoice(a), r.normInvoice(b)),
		strings.Compare(r.docs.id(int(a)), r.docs.id(int(b))),
	)
}
