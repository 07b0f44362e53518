package ledger

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"

	"tieout/ledger/money"
	"tieout/recon"
)

// TieOut is the proof of one currency (INV-4). Amounts are minor units.
type TieOut struct {
	Report, Ignored, Memo, Matched, Exception, Applied, Suspended, WriteOff, Clearing int64
}

// Difference is zero when every cent is accounted for.
func (t *TieOut) Difference() int64 {
	return abs(t.Report-t.Ignored-t.Matched-t.Exception) + abs(t.Matched+t.Exception-t.Applied-t.Suspended-t.WriteOff) +
		abs(t.Matched+t.Exception-t.Clearing)
}

// Period is one month of a roll-forward.
type Period struct {
	Period           string
	Opening, Closing int64
	Movements        map[string]int64 // by label
}

// RollForward is the clearing account of one currency (5.1) against the list of batches not funded.
type RollForward struct {
	Opening, Closing int64
	Periods          []Period
	Unfunded         []recon.Batch
}

// ProofTotal is what the list adds up to.
func (r *RollForward) ProofTotal() (total int64) {
	for i := range r.Unfunded {
		total += r.Unfunded[i].Open()
	}
	return total
}

// Suspense is the unapplied account of one currency against the list of open items.
type Suspense struct {
	Opening, Movement, Listed int64
	Items                     []string
}

// Cash is one cash account against the bank statement.
type Cash struct {
	Account      string
	Ledger, Bank int64
}

// Proof is what must hold between a run's outcomes and its entries.
type Proof struct {
	TieOut     map[money.Currency]*TieOut
	Clearing   map[money.Currency]*RollForward
	Suspense   map[money.Currency]*Suspense
	InTransit  map[money.Currency]int64
	inTransits map[money.Currency]int64 // deposits less bank lines
	Cash       map[money.Currency]*Cash

	merchants  map[merchantCurrency]int64 // clearing less what is not funded, a merchant each
	unbalanced []string                   // entries, with what they are out by (INV-10)
}

type merchantCurrency struct {
	merchant string
	currency money.Currency
}

// Prove draws up the proofs of a run. [Proof.Check] says whether they hold.
func Prove(res *recon.Result, chart *Chart, entries []Entry) *Proof {
	p := &Proof{
		TieOut: map[money.Currency]*TieOut{}, Clearing: map[money.Currency]*RollForward{}, Suspense: map[money.Currency]*Suspense{},
		InTransit: map[money.Currency]int64{}, inTransits: map[money.Currency]int64{}, Cash: map[money.Currency]*Cash{},
		merchants: map[merchantCurrency]int64{},
	}
	p.tieRows(res)
	p.carryForward(res)
	p.readEntries(res, chart, entries)
	p.listBatches(res)
	p.addBank(res, chart)
	return p
}

func at[V any](m map[money.Currency]*V, c money.Currency) *V {
	v := m[c]
	if v == nil {
		v = new(V)
		m[c] = v
	}
	return v
}

// tieRows adds up the rows, on all processors.
func (p *Proof) tieRows(res *recon.Result) {
	parts := make([]rowSums, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for w := range parts {
		wait.Go(func() { parts[w] = tieRange(res, res.Rows()*w/len(parts), res.Rows()*(w+1)/len(parts)) })
	}
	wait.Wait()
	open := map[money.Currency][]int{}
	for _, part := range parts {
		for c, t := range part.ties {
			at(p.TieOut, c).add(t)
		}
		for c, items := range part.open {
			at(p.Suspense, c).Listed += items.amount
			open[c] = append(open[c], items.labels...)
		}
	}
	for c, labels := range open {
		slices.Sort(labels)
		for _, label := range labels {
			p.Suspense[c].Items = append(p.Suspense[c].Items, fmt.Sprintf("row:%d", label))
		}
	}
}

// rowSums are what a range of rows adds to the proofs.
type rowSums struct {
	ties map[money.Currency]*TieOut
	open map[money.Currency]*openItems
}

// openItems are the rows on the open list.
type openItems struct {
	amount int64
	labels []int
}

func tieRange(res *recon.Result, from, to int) rowSums {
	s := rowSums{map[money.Currency]*TieOut{}, map[money.Currency]*openItems{}}
	var known [8]struct { // the latest currencies, for a run has few
		of *TieOut
		c  money.Currency
	}
	res.EachAmount(from, to, func(a *recon.RowAmounts) {
		k := &known[a.Currency%8]
		if k.of == nil || k.c != a.Currency {
			k.of, k.c = at(s.ties, a.Currency), a.Currency
		}
		k.of.addRow(a)
		if a.Open != 0 {
			items := at(s.open, a.Currency)
			items.amount += a.Open
			items.labels = append(items.labels, a.Label)
		}
	})
	return s
}

func (t *TieOut) addRow(a *recon.RowAmounts) {
	if !a.Type.Financial() {
		t.Memo += a.Amount
		return
	}
	t.Report += a.Amount
	switch a.Verdict {
	case recon.Matched:
		t.Matched += a.Amount
	case recon.Exception:
		t.Exception += a.Amount
	case recon.Ignored, recon.Undecided:
		t.Ignored += a.Amount
	}
	t.Applied, t.Suspended, t.WriteOff = t.Applied+a.Applied, t.Suspended+a.Suspended, t.WriteOff+a.WriteOff
}

func (t *TieOut) add(o *TieOut) {
	t.Report, t.Ignored, t.Memo = t.Report+o.Report, t.Ignored+o.Ignored, t.Memo+o.Memo
	t.Matched, t.Exception, t.Clearing = t.Matched+o.Matched, t.Exception+o.Exception, t.Clearing+o.Clearing
	t.Applied, t.Suspended, t.WriteOff = t.Applied+o.Applied, t.Suspended+o.Suspended, t.WriteOff+o.WriteOff
}

// carryForward opens suspense with what earlier runs left, and lists what of it is still open.
func (p *Proof) carryForward(res *recon.Result) {
	for i := range res.Input().History {
		if h := &res.Input().History[i]; h.HoldsSuspense() {
			at(p.Suspense, h.Currency).Opening += h.Suspended
		}
	}
	for _, pin := range res.Input().Pinned { // used by a posting of another range
		at(p.Suspense, pin.Currency).Opening -= pin.Suspended
	}
	carried := map[money.Currency][]string{}
	for _, item := range res.Held() {
		h := &res.Input().History[item.Posted]
		at(p.Suspense, h.Currency).Listed += item.Amount
		carried[h.Currency] = append(carried[h.Currency], "carried:"+h.ID)
	}
	for c, items := range carried {
		p.Suspense[c].Items = append(items, p.Suspense[c].Items...)
	}
	for _, o := range res.Policy().OpeningUnfunded {
		r := at(p.Clearing, o.Currency)
		r.Opening += o.Amount
		r.Closing += o.Amount
		p.merchants[merchantCurrency{o.Merchant, o.Currency}] += o.Amount
	}
}

func signed(l *Line) int64 {
	if l.Side == Credit {
		return -l.Amount
	}
	return l.Amount
}

// readEntries sums the control accounts.
func (p *Proof) readEntries(res *recon.Result, chart *Chart, entries []Entry) {
	is := func(l *Line, role Role) bool { return chart.RoleOf(l) == role }
	for i := range entries {
		p.balance(&entries[i])
		key := entries[i].key
		for k := range entries[i].lines {
			l := &entries[i].lines[k]
			switch {
			case is(l, Clearing):
				p.moveClearing(key, entries[i].PostingDate(), l)
			case is(l, Unapplied):
				at(p.Suspense, key.Currency).Movement -= signed(l)
			case is(l, InTransit):
				p.InTransit[key.Currency] += signed(l)
			case is(l, CashRole):
				at(p.Cash, key.Currency).Ledger += signed(l)
			}
		}
	}
}

func (p *Proof) moveClearing(key Key, posting recon.Date, l *Line) {
	if key.Class == Settle {
		at(p.TieOut, key.Currency).Clearing += signed(l)
	}
	p.merchants[merchantCurrency{key.Merchant, key.Currency}] += signed(l)
	r := at(p.Clearing, key.Currency)
	name := posting.Period()
	if n := len(r.Periods); n == 0 || r.Periods[n-1].Period != name {
		r.Periods = append(r.Periods, Period{Period: name, Opening: r.Closing, Movements: map[string]int64{}})
	}
	period := &r.Periods[len(r.Periods)-1]
	period.Movements[l.Event()] += signed(l)
	r.Closing += signed(l)
	period.Closing = r.Closing
}

func (p *Proof) listBatches(res *recon.Result) {
	for _, b := range res.Batches {
		p.merchants[merchantCurrency{b.Merchant, b.Currency}] -= b.Open()
		if b.Open() != 0 {
			r := at(p.Clearing, b.Currency)
			r.Unfunded = append(r.Unfunded, b)
		}
	}
}

func (p *Proof) addBank(res *recon.Result, chart *Chart) {
	if res.Input().HasBank {
		for c, account := range chart.Cash {
			at(p.Cash, c).Account = account
		}
	}
	for i := range res.Bank {
		l := &res.Bank[i]
		if l.Reason == recon.InvalidRow {
			continue
		}
		at(p.Cash, l.Amount.Currency()).Bank += l.Amount.Minor()
		if l.Reason != recon.BankUnidentified {
			p.inTransits[l.Amount.Currency()] -= l.Amount.Minor()
		}
	}
	for i := range res.Deposits {
		if d := &res.Deposits[i]; d.Reason != recon.InvalidRow {
			p.inTransits[d.Funded.Currency()] += d.Funded.Minor()
		}
	}
}

// Currencies are the keys of a per-currency map, by code.
func Currencies[V any](m map[money.Currency]V) []money.Currency { return slices.Sorted(maps.Keys(m)) }

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}
