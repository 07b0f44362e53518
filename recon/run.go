package recon

import (
	"cmp"
	"slices"
)

// run is a reconciliation in progress. Rows and documents are known by their
// index in the tables; nothing here may depend on the order of those indexes.
type run struct {
	in    Input
	p     *Policy
	books Books
	txns  *Transactions
	docs  *Documents

	events   [eventTypes]bool  // which events there are, at most
	missable *[eventTypes]bool // events whose rows can be without an account; nil until asked
	idSpan   idScale           // of the rows
	firstDay Date              // the least and the greatest settlement date; the other way round where there is none
	lastDay  Date
	byID     []uint32  // rows in the order of their ids (id, then the rest of the natural order)
	besides  []uint32  // the rows that are no captures, once stage 0 knows what all are in processing order
	repeats  []idRange // the stretches of byID whose rows have one id

	stock   docStock
	counted counts
	out     []outcome // per row
	details []detail  // for rows with more to say; outcome.more points here
	links   [][]uint32

	priors     map[uint32]Prior // by document: what other ranges took
	parts      map[uint32]Components
	allots     []Allotment
	allotIndex map[uint32][]uint32 // allotments by row
	reasons    map[uint32]Reason   // inherited by documents, the first in processing order
	merchant   []merchantFacts     // by the number of the merchant's name in the transactions

	history  map[txnID][]int      // posted events by id
	held     map[int]int64        // what a posted event still holds in suspense, by index
	docIDs   map[string]uint32    // documents that posted events name, index+1
	rejected map[int]bool         // posted events rejected in this run
	found    map[uint32]bool      // rows that stage 0 found invalid, beyond what the reader saw
	replaced map[uint32]bool      // rows that a file kept later restates
	differs  map[placedRow]string // rows that say something else than the report whose word counts: what
	excess   map[uint32]int64     // by how much a refund or dispute exceeds what it follows
	restated []Restatement        // rows that restate what was posted for another range
	knownOn  map[uint32][]Date    // of rows whose event was posted for other days: these days
	said     map[mergeKey][]Said  // of events that several reports speak of: what each said
	joined   []Joined             // rows that another source counts under another key
	cleared  []Cleared
	waiting  map[int]Waiting // carried items that no account can be found for

	heldRejects []heldReject
	children    map[string][]int     // posted events by the id they follow
	partsPosted map[partKey][]int    // posted events that may be parts or wholes; nil until asked
	wholes      map[partKey][]uint32 // rows that are wholes; nil until asked
	disputes    map[parentKey]int64  // charged back and not reversed, by capture
	reversed    map[parentKey]int64  // reversed in this run, by chargeback
	refunded    map[parentKey]bool   // captures refunded in this run
	captures    *linker              // to invoices and orders
	memos       *linker              // to credit memos
}

// outcome is what became of a row, in 12 bytes. Amounts that the verdict does
// not imply are in its detail.
type outcome struct {
	verdict Verdict
	reason  Reason
	pass    Pass
	kind    Kind
	link    uint32 // 0: none; a document+1; or, with manyLinks, an index into run.links
	more    uint32 // 0: none; an index+1 into run.details
}

const manyLinks = 1 << 31

// detail is what only some rows have.
type detail struct {
	applied, suspended, writeOff int64
	closed                       bool   // left the open list in this run
	offList                      int64  // of suspended: what a carried item's leaving takes along
	unmapped                     bool   // its suspended amount sits on gl_suspense
	usedBy                       string // what used the suspended amount of a pinned row
	shown                        []uint32
	parts                        []docPart
	suggested                    []uint32
	secondary                    []Reason
	foreign                      []string // documents of a parent that this run does not see
	parentRow                    uint32   // row+1
	parentPosted                 int      // history index+1
}

// docPart is what a row took from one document, signed like the row.
type docPart struct {
	doc    uint32
	amount int64
}

// docOutcome is what became of a document.
type docOutcome struct {
	verdict Verdict
	reason  Reason
	kind    Kind
	netted  bool
}

// merchantFacts is what matching asks of a merchant again and again.
type merchantFacts struct {
	known   bool
	test    bool
	model   RevenueModel
	inDocs  uint16 // number of the same name among the documents
	hasDocs bool
}

func newRun(in Input, p *Policy, books Books) *run {
	r := &run{
		in: in, p: p, books: books, txns: in.Transactions, docs: in.Documents,
		out:   make([]outcome, in.Transactions.Len()),
		parts: map[uint32]Components{}, reasons: map[uint32]Reason{},
		found: map[uint32]bool{}, replaced: map[uint32]bool{}, differs: map[placedRow]string{}, knownOn: map[uint32][]Date{}, said: map[mergeKey][]Said{}, excess: map[uint32]int64{}, history: map[txnID][]int{}, held: map[int]int64{}, waiting: map[int]Waiting{}, rejected: map[int]bool{},
	}
	r.knowMerchants()
	return r
}

func (r *run) knowMerchants() {
	r.merchant = make([]merchantFacts, len(r.txns.words.word))
	for n, name := range r.txns.words.word {
		m, known := r.p.Merchants[name]
		f := merchantFacts{known: known, test: r.p.TestMerchants[name], model: m.Model}
		f.inDocs, f.hasDocs = r.docs.words.find(name)
		f.hasDocs = f.hasDocs && name != ""
		r.merchant[n] = f
	}
}

func (r *run) row(i uint32) *txnRow { return &r.txns.rows[i] }

// detail gives the row's detail, made when it is first asked for.
func (r *run) detail(i uint32) *detail {
	o := &r.out[i]
	if o.more == 0 {
		r.details = append(r.details, detail{})
		o.more = uint32(len(r.details))
	}
	return &r.details[o.more-1]
}

// linked are the documents that the row was linked to.
func (r *run) linked(i uint32) []uint32 {
	link := r.out[i].link
	switch {
	case link == 0:
		return nil
	case link&manyLinks != 0:
		return r.links[link&^manyLinks]
	}
	return []uint32{link - 1}
}

// onlyLink is the document of a row that was linked to just one.
func (r *run) onlyLink(i uint32) (doc uint32, only bool) {
	link := r.out[i].link
	return link - 1, link != 0 && link&manyLinks == 0
}

func (r *run) setLink(i uint32, docs []uint32) {
	switch len(docs) {
	case 0:
		r.out[i].link = 0
	case 1:
		r.out[i].link = docs[0] + 1
	default:
		r.links = append(r.links, docs)
		r.out[i].link = manyLinks | uint32(len(r.links)-1)
	}
}

func (r *run) ignore(i uint32, reason Reason) {
	r.out[i].verdict, r.out[i].reason = Ignored, reason
}

func (r *run) except(i uint32, reason Reason) {
	r.out[i].verdict, r.out[i].reason, r.out[i].kind = Exception, reason, NoKind
}

// suspend makes the row an exception whose whole amount is held in suspense.
func (r *run) suspend(i uint32, reason Reason) {
	r.except(i, reason)
	if o := &r.out[i]; o.more != 0 {
		d := &r.details[o.more-1]
		d.applied, d.suspended, d.writeOff = 0, r.row(i).amount, 0
	}
}

// inProcessingOrder sorts rows by settlement date, event time and id. What it
// compares first stands in the list that is sorted, not all over the table.
func (r *run) inProcessingOrder(rows []uint32) []uint32 {
	type placed struct {
		settled  Date
		row      uint32
		occurred Instant
	}
	order := make([]placed, len(rows))
	inRanges(r.in.Workers, len(rows), func(_, from, to int) {
		for k := from; k < to; k++ {
			order[k] = placed{r.row(rows[k]).settled, rows[k], r.txns.occurred(int(rows[k]))}
		}
	})
	sortOn(r.in.Workers, order, func(a, b placed) int {
		if c := cmp.Compare(a.settled, b.settled); c != 0 {
			return c
		}
		if c := cmp.Compare(a.occurred, b.occurred); c != 0 {
			return c
		}
		return cmp.Or(r.compareIDs(a.row, b.row), cmp.Compare(r.row(a.row).kind, r.row(b.row).kind))
	})
	for k := range order {
		rows[k] = order[k].row
	}
	return rows
}

// financial tells rows of stage 1 and later: live and moving money.
func (r *run) live(i uint32) bool { return r.out[i].verdict == Undecided }

// liveRows lists live rows of the given events, captures not among them, in processing order.
func (r *run) liveRows(kinds ...EventType) []uint32 {
	return r.besidesWhere(func(i uint32) bool {
		return r.out[i].verdict == Undecided && slices.Contains(kinds, r.txns.rows[i].kind)
	})
}
