package recon

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"tieout/ledger/money"
)

// Result is the answer: an outcome for every row of every input.
type Result struct {
	run      *run
	Batches  []Batch // by merchant, settlement date, currency
	Deposits []DepositOutcome
	Bank     []BankOutcome
	labels   []uint32 // by row; nil: the file's own labels stand
	order    []uint32 // rows by label

	listing    listing
	explaining explaining
}

func (r *run) result(f *funding) *Result {
	r.indexAllots()
	res := &Result{run: r, Deposits: f.deposits, Bank: f.bank}
	for _, b := range f.batches {
		res.Batches = append(res.Batches, *b)
	}
	slices.SortFunc(res.Batches, compareBatches)
	slices.SortFunc(r.cleared, func(a, b Cleared) int {
		return strings.Compare(r.in.History[a.Posted].ID, r.in.History[b.Posted].ID)
	})
	res.number()
	return res
}

// number keeps the row numbers of the files if every row has one of its own,
// else numbers all rows in the natural order.
func (r *Result) number() {
	rows := len(r.run.txns.rows)
	r.order = r.run.byID
	if labels, ok := r.run.ownLabels(); ok {
		r.labels = labels
		r.order = slices.Clone(r.run.byID)
		slices.SortFunc(r.order, func(a, b uint32) int { return cmp.Compare(labels[a], labels[b]) })
		return
	}
	r.labels = make([]uint32, rows)
	inRanges(r.run.in.Workers, rows, func(_, from, to int) {
		for rank := from; rank < to; rank++ {
			r.labels[r.order[rank]] = uint32(rank) + 1
		}
	})
}

func (r *run) ownLabels() ([]uint32, bool) {
	if r.txns.labelled != len(r.txns.rows) {
		return nil, false
	}
	labels, seen := make([]uint32, len(r.txns.rows)), make(map[uint32]bool, len(r.txns.rows))
	for i := range labels {
		n, err := strconv.ParseUint(r.txns.field(i, textRowNo), 10, 32)
		if err != nil || seen[uint32(n)] {
			return nil, false
		}
		labels[i], seen[uint32(n)] = uint32(n), true
	}
	return labels, true
}

// Policy is what the run was decided by.
func (r *Result) Policy() *Policy { return r.run.p }

// Input is what the run looked at.
func (r *Result) Input() *Input { return &r.run.in }

// Rows is the number of transactions.
func (r *Result) Rows() int { return len(r.run.txns.rows) }

// Order lists the transactions by their labels.
func (r *Result) Order() []uint32 { return r.order }

// Label is the row number by which people know the row.
func (r *Result) Label(row int) int { return int(r.labels[row]) }

// Verdict tells how a row ended, without unfolding it.
func (r *Result) Verdict(row int) (Verdict, Reason) {
	o := &r.run.out[row]
	return o.verdict, o.reason
}

// Row is a transaction with its outcome. Amounts are minor units of its currency.
type Row struct {
	Transaction
	Natural    EventType // the event type of the natural key
	Label      int
	Verdict    Verdict
	Reason     Reason
	Secondary  []Reason
	Pass       Pass
	Kind       Kind
	Documents  []string
	Suggested  []string
	Settled    Date
	Posting    Date
	Effect     int64
	Applied    int64
	Suspended  int64
	WriteOff   int64
	Open       bool // holds money on the open list
	Unmapped   bool
	ParentID   string // as found, or inferred
	docIndexes []uint32
}

// Row unfolds a transaction and its outcome.
func (r *Result) Row(i int) Row {
	run, at := r.run, uint32(i)
	o := &run.out[i]
	row := Row{
		Transaction: run.txns.At(i), Natural: run.txns.rows[i].kind, Label: r.Label(i), Verdict: o.verdict, Reason: o.reason,
		Pass: o.pass, Kind: o.kind, Settled: run.txns.rows[i].settled, docIndexes: run.shown(at),
	}
	row.Natural = run.natural(at)
	row.ParentID = row.Parent
	if o.reason == InvalidRow {
		row.Settled = 0
		return row
	}
	row.Applied, row.Suspended, row.WriteOff = run.money(at)
	row.Effect = row.Applied + row.Suspended + row.WriteOff
	if run.movesMoney(at) {
		row.Posting = run.postingDate(at)
	}
	row.Documents = run.ids(row.docIndexes)
	row.Open = run.openAmount(at) != 0
	if o.more != 0 {
		d := &run.details[o.more-1]
		row.Secondary, row.Suggested = d.secondary, run.ids(d.suggested)
		row.Documents = append(row.Documents, d.foreign...)
		row.Unmapped = d.unmapped
		if d.parentRow > 0 || d.parentPosted > 0 {
			row.ParentID = run.parentID(parentKey{d.parentRow, d.parentPosted})
		}
	}
	return row
}

// openAmount is what of the row's suspended amount is on the open list.
func (r *run) openAmount(i uint32) int64 {
	_, suspended, _ := r.money(i)
	if more := r.out[i].more; more != 0 {
		d := &r.details[more-1]
		if d.closed || d.unmapped {
			return 0
		}
		return suspended - d.offList
	}
	return suspended
}

// shown are the documents that a row's outcome names: those that took money,
// or on a failed check all that were linked.
func (r *run) shown(i uint32) []uint32 {
	o := &r.out[i]
	if o.more != 0 {
		if d := &r.details[o.more-1]; d.shown != nil {
			return d.shown
		}
	}
	if o.kind == One {
		return r.linked(i)
	}
	return nil
}

func (r *run) ids(docs []uint32) []string {
	if len(docs) == 0 {
		return nil
	}
	var ids []string
	for _, doc := range docs {
		ids = append(ids, r.docs.id(int(doc)))
	}
	slices.Sort(ids)
	return ids
}

// Docs is the number of documents.
func (r *Result) Docs() int { return len(r.run.docs.rows) }

// DocVerdict tells how a document ended, without unfolding it.
func (r *Result) DocVerdict(doc int) (Verdict, Reason) {
	o := &r.run.docs.rows[doc].out
	return o.verdict, o.reason
}

// Doc is a document with its outcome.
type Doc struct {
	Document
	Verdict    Verdict
	Reason     Reason
	Kind       Kind
	AppliedRun int64
	Remaining  int64
}

// Doc unfolds a document and its outcome.
func (r *Result) Doc(i int) Doc {
	o := &r.run.docs.rows[i].out
	d := Doc{Document: r.run.docs.At(i), Verdict: o.verdict, Reason: o.reason, Kind: o.kind, Remaining: r.run.docs.rows[i].left}
	d.Prior = r.run.prior(uint32(i))
	d.AppliedRun = d.Amount - d.Prior - d.Remaining
	return d
}

// RowsOf maps documents to the labels of the rows that name them.
func (r *Result) RowsOf(docs []uint32) map[int][]int {
	picked := make([]bool, len(r.run.docs.rows))
	for _, doc := range docs {
		picked[doc] = true
	}
	wanted := func(doc uint32) bool { return picked[doc] }
	naming := r.run.rowsWhere(func(i uint32) bool {
		switch o := &r.run.out[i]; {
		case o.kind == Netted || (o.link == 0 && o.more == 0):
			return false
		case o.kind == One && o.more == 0 && o.link&manyLinks == 0:
			return wanted(o.link - 1)
		}
		return slices.ContainsFunc(r.run.shown(i), wanted)
	})
	rows := map[int][]int{}
	for _, i := range naming {
		for _, doc := range r.run.shown(i) {
			if wanted(doc) {
				rows[int(doc)] = append(rows[int(doc)], r.Label(int(i)))
			}
		}
	}
	for _, labels := range rows {
		slices.Sort(labels)
	}
	return rows
}

// Cleared lists the carried items that left the open list in this run, by id.
func (r *Result) Cleared() []Cleared { return r.run.cleared }

// DocumentIDs are the ids of documents, sorted.
func (r *Result) DocumentIDs(docs []uint32) []string { return r.run.ids(docs) }

// Waits tells for what account a carried item waits whose documents, or whose capture,
// are there, by its history index.
func (r *Result) Waits(posted int) (w Waiting, waits bool) {
	w, waits = r.run.waiting[posted]
	return w, waits
}

// Held lists the carried items that are still open: history index and amount, by id.
func (r *Result) Held() []HeldItem {
	var items []HeldItem
	for h, amount := range r.run.held {
		items = append(items, HeldItem{h, amount})
	}
	slices.SortFunc(items, func(a, b HeldItem) int {
		return cmp.Or(strings.Compare(r.run.in.History[a.Posted].ID, r.run.in.History[b.Posted].ID), cmp.Compare(a.Posted, b.Posted))
	})
	return items
}

// HeldItem is a carried item with what it still holds in suspense.
type HeldItem struct {
	Posted int
	Amount int64
}

// Allotments are the component splits of cash sales made in this run.
func (r *Result) Allotments() []Allotment { return r.run.allots }

// RowAmounts is what the proofs read of a row that could be trusted.
type RowAmounts struct {
	Label                        int
	Type                         EventType
	Verdict                      Verdict
	Currency                     money.Currency
	Amount                       int64
	Applied, Suspended, WriteOff int64
	Open                         int64 // of Suspended: what is on the open list
}

// EachAmount calls do for rows from..to but the invalid ones, in no order that means anything.
func (r *Result) EachAmount(from, to int, do func(*RowAmounts)) {
	run := r.run
	var a RowAmounts
	for i := uint32(from); i < uint32(to); i++ {
		row, o := run.row(i), &run.out[i]
		if o.reason == InvalidRow {
			continue
		}
		a = RowAmounts{Label: r.Label(int(i)), Type: row.kind, Verdict: o.verdict, Currency: row.currency, Amount: row.amount}
		if o.verdict == Matched && o.more == 0 { // nearly all rows
			a.Applied = row.amount
		} else {
			a.Applied, a.Suspended, a.WriteOff = run.money(i)
			a.Open = run.openAmount(i)
		}
		do(&a)
	}
}

// DocsAsRead lists the documents by file and line.
func (r *Result) DocsAsRead() []int {
	order := make([]int, r.Docs())
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := &r.run.docs.rows[a], &r.run.docs.rows[b]
		return cmp.Or(cmp.Compare(x.file, y.file), cmp.Compare(x.line, y.line))
	})
	return order
}
