package recon

import (
	"cmp"
	"slices"
	"strings"

	"tieout/ledger/money"
)

// WholeFee is the fee code of a row that is the whole fee of what it follows,
// so that another report's part of it is no fee of its own.
const WholeFee = "TOTAL"

// mergeSources makes one transaction of what several reports say of one event:
// the batch report, the request report and a fee report know a capture each in
// its own words. Afterwards these rows have equal content, so that stage 0 lets
// one live and lists the others as duplicates (R2); nothing is added up twice.
//
// Ranks, by file number, say whose word counts where sources differ; rows of
// one rank are left to R2 as they are. Amount, currency and merchant are beyond
// rank: where they differ the rows are left different, and stage 0 trusts none of them.
func (r *run) mergeSources() {
	if !r.severalRanks() {
		return
	}
	m := &merging{run: r, batch: r.txns.NewBatch(), heads: map[mergeKey]int32{}, next: make([]int32, len(r.txns.rows))}
	m.group()
	for i := range r.txns.rows {
		if key := m.keyOf(i); m.heads[key] == int32(i)+1 {
			m.mergeGroup(m.members(key))
		}
	}
	m.joinParts()
}

func (r *run) severalRanks() bool {
	return slices.ContainsFunc(r.in.Ranks, func(rank int) bool { return rank != r.in.Ranks[0] })
}

// rank is whose word a row is: 0 counts before 1.
func (r *run) rank(i uint32) int {
	if file := int(r.row(i).file); file < len(r.in.Ranks) {
		return r.in.Ranks[file]
	}
	return 0
}

// mergeKey is a natural key.
type mergeKey struct {
	id   txnID
	kind EventType
}

// placedRow is a row where it stands in its file, where several may come of one line.
type placedRow struct {
	Source
	id txnID
}

// merging is mergeSources in progress. The rows of a key are a chain, in the
// order of the table.
type merging struct {
	*run
	batch *TransactionBatch
	heads map[mergeKey]int32 // row+1 of the first
	next  []int32            // row+1 of the next
}

func (m *merging) keyOf(i int) mergeKey {
	return mergeKey{m.txns.rows[i].id, m.txns.rows[i].kind}
}

// group chains the rows of each key.
func (m *merging) group() {
	for i := len(m.txns.rows) - 1; i >= 0; i-- {
		if m.txns.rows[i].id.none() || m.txns.rows[i].kind == UnknownEvent {
			continue
		}
		key := m.keyOf(i)
		m.next[i] = m.heads[key]
		m.heads[key] = int32(i) + 1
	}
}

func (m *merging) members(key mergeKey) (rows []uint32) {
	for at := m.heads[key]; at != 0; at = m.next[at-1] {
		rows = append(rows, uint32(at-1))
	}
	return rows
}

// mergeGroup merges the rows of one key, if they are of several ranks and all can be trusted.
func (m *merging) mergeGroup(rows []uint32) {
	sources := m.sources(rows)
	if len(sources) < 2 {
		return
	}
	merged := m.txns.At(int(sources[0][0]))
	for _, source := range sources {
		t := m.txns.At(int(source[0]))
		if m.faulty(source) || !m.alike(source) || !sameMoney(&merged, &t) {
			return
		}
		merged.complete(&t)
	}
	key := m.keyOf(int(rows[0]))
	for _, source := range sources {
		m.said[key] = append(m.said[key], m.saying(source[0], key.kind))
		for _, i := range source {
			m.noteDifferences(i, &merged)
			m.replace(i, merged)
		}
	}
}

// noteDifferences remembers where a row says something else than what counts.
func (m *merging) noteDifferences(i uint32, merged *Transaction) {
	t := m.txns.At(int(i))
	var names []string
	differ := func(name, a, b string) {
		if a != "" && a != b {
			names = append(names, name)
		}
	}
	differ("merchant_ref", Norm1(t.Reference), Norm1(merged.Reference))
	differ("auth_code", t.AuthCode, merged.AuthCode)
	differ("last4", t.Last4, merged.Last4)
	differ("parent_txn_id", t.Parent, merged.Parent)
	differ("settlement_date", m.settledOn(&t).String(), m.settledOn(merged).String())
	if len(names) > 0 {
		m.differs[placedRow{t.Source, m.row(i).id}] = strings.Join(names, ", ")
	}
}

func (m *merging) settledOn(t *Transaction) Date {
	if t.Batched == 0 {
		return t.BatchDate
	}
	return m.p.SettlementDate(t.Merchant, t.Batched)
}

// sources are the rows that count, by rank: of each rank those of the file kept
// last, with those of earlier files that say the same. Earlier ones that say
// something else are restated, which is none of this.
func (m *merging) sources(rows []uint32) (sources [][]uint32) {
	slices.SortFunc(rows, func(a, b uint32) int {
		return cmp.Or(m.rank(a)-m.rank(b), m.generation(b)-m.generation(a), cmp.Compare(a, b))
	})
	for from := 0; from < len(rows); {
		to := from + 1
		for to < len(rows) && m.rank(rows[to]) == m.rank(rows[from]) {
			to++
		}
		newest := rows[from]
		sources = append(sources, slices.DeleteFunc(slices.Clone(rows[from:to]), func(i uint32) bool {
			return m.generation(i) != m.generation(newest) && !m.sameContent(i, newest)
		}))
		from = to
	}
	return sources
}

func (m *merging) faulty(rows []uint32) bool {
	return slices.ContainsFunc(rows, func(i uint32) bool { return m.row(i).flags&flagFault != 0 })
}

// sameMoney tells sources that agree on what no rank can decide. An event
// without money has no amount that could disagree.
func sameMoney(a, b *Transaction) bool {
	if a.Merchant != b.Merchant {
		return false
	}
	return a.Currency == b.Currency && a.Amount == b.Amount || !a.Type.Financial() && (a.Currency == 0 || b.Currency == 0)
}

// complete fills what is not said with what a source of a lower rank says.
func (t *Transaction) complete(b *Transaction) {
	if t.Currency == 0 {
		t.Currency, t.Amount = b.Currency, b.Amount
	}
	if t.Batched == 0 && t.BatchDate == 0 {
		t.Batched, t.BatchDate = b.Batched, b.BatchDate
	}
	t.Occurred, t.DueDate = cmp.Or(t.Occurred, b.Occurred), cmp.Or(t.DueDate, b.DueDate)
	for _, f := range [...]struct {
		to   *string
		from string
	}{
		{&t.Parent, b.Parent},
		{&t.Batch, b.Batch},
		{&t.CardBrand, b.CardBrand},
		{&t.Last4, b.Last4},
		{&t.AuthCode, b.AuthCode},
		{&t.Method, b.Method},
		{&t.Reference, b.Reference},
		{&t.ProcessRef, b.ProcessRef},
		{&t.FeeCode, b.FeeCode},
		{&t.Store, b.Store},
		{&t.Case, b.Case},
		{&t.CardholderCurrency, b.CardholderCurrency},
		{&t.CardholderAmount, b.CardholderAmount},
	} {
		*f.to = cmp.Or(*f.to, f.from)
	}
	for _, field := range b.Custom {
		if !slices.ContainsFunc(t.Custom, func(have Field) bool { return have.Name == field.Name }) {
			t.Custom = append(slices.Clone(t.Custom), field)
		}
	}
}

// replace gives a row other content. It keeps its label and its place in its file.
func (m *merging) replace(i uint32, t Transaction) {
	old := m.txns.At(int(i))
	t.RowNo, t.Source = old.RowNo, old.Source
	m.batch.Add(&t)
	labelled := m.txns.labelled
	m.txns.Append(m.batch)
	last := len(m.txns.rows) - 1
	m.txns.rows[i], m.txns.rows = m.txns.rows[last], m.txns.rows[:last]
	m.txns.labelled = labelled
}

// joinParts finds rows that another source counts under another key: the part
// of a fee whose whole is known, and a dispute without a case number where
// another source has one of the same amount. They become copies of these.
func (m *merging) joinParts() {
	byParent := map[partKey][]uint32{}
	var open []uint32
	for i := range uint32(len(m.txns.rows)) {
		row := m.row(i)
		if !hasParts(row.kind) || row.flags&flagFault != 0 || row.flags&flagHasParent == 0 {
			continue
		}
		if t := m.txns.At(int(i)); isWhole(&t) {
			byParent[partKeyOf(&t)] = append(byParent[partKeyOf(&t)], i)
		} else {
			open = append(open, i)
		}
	}
	for _, i := range open {
		t := m.txns.At(int(i))
		if at, ok := m.onlyWhole(i, byParent[partKeyOf(&t)]); ok {
			whole := m.txns.At(int(at))
			m.joined = append(m.joined, Joined{t, whole.ID})
			m.replace(i, whole)
		}
	}
}

// isWhole tells rows that others may be part of, or mean the same as.
func isWhole(t *Transaction) bool {
	if t.Type == Fee {
		return t.FeeCode == WholeFee
	}
	return t.Case != ""
}

// partKey is what a part and its whole have in common; of disputes that is the amount too.
type partKey struct {
	parent   string
	kind     EventType
	merchant string
	currency money.Currency
	amount   int64
}

func partKeyOf(t *Transaction) partKey {
	key := partKey{t.Parent, t.Type, t.Merchant, t.Currency, t.Amount}
	if t.Type == Fee {
		key.amount = 0
	}
	return key
}

// onlyWhole is the one event that a row of another source can be a part of.
func (m *merging) onlyWhole(i uint32, wholes []uint32) (whole uint32, ok bool) {
	for _, w := range wholes {
		switch {
		case m.rank(w) == m.rank(i):
			return 0, false
		case ok && m.row(w).id != m.row(whole).id:
			return 0, false
		}
		whole, ok = w, true
	}
	return whole, ok
}
