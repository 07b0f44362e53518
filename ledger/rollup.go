package ledger

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tieout/ledger/money"
	"tieout/recon"
)

// RollUp books the outcomes of a run: one entry for each posting date, merchant,
// currency and class (GL-08), balanced or an error (GL-12), in natural-key
// order. Rows are first summed by what decides their accounts, then each sum is
// booked once. Without sources the lines do not name the rows they came from.
func RollUp(res *recon.Result, chart *Chart, withSources bool) ([]Entry, error) {
	b, err := book(res, chart, withSources)
	if err != nil {
		return nil, err
	}
	return b.build()
}

func book(res *recon.Result, chart *Chart, withSources bool) (*booking, error) {
	b := &booking{res: res, p: res.Policy(), chart: chart, entries: map[Key]*draft{}, withSources: withSources}
	b.settle()
	b.reclass()
	if err := b.fund(); err != nil {
		return nil, err
	}
	b.bank()
	return b, nil
}

// booking is a roll-up in progress.
type booking struct {
	res         *recon.Result
	p           *recon.Policy
	chart       *Chart
	entries     map[Key]*draft
	withSources bool
}

// draft is an entry that still takes lines.
type draft struct {
	lines map[lineKey]*lineSum
	based bool // lines carry their base amounts (EDGE-1)
}

type lineKey struct {
	scope   Scope
	account string
	side    Side
	label   string
	rule    string
}

type lineSum struct {
	amount, base int64
	rows         []int // transaction rows
	others       []SourceRef
}

// post adds an amount to a line: positive is debit, negative credit. Debits and
// credits are never netted (GL-09).
func (b *booking) post(key Key, scope Scope, account string, amount, base int64, label, rule string) *lineSum {
	d := b.entries[key]
	if d == nil {
		d = &draft{lines: map[lineKey]*lineSum{}}
		b.entries[key] = d
	}
	side := Debit
	if amount < 0 || (amount == 0 && base < 0) {
		side, amount, base = Credit, -amount, -base
	}
	k := lineKey{scope, account, side, label, rule}
	l := d.lines[k]
	if l == nil {
		l = &lineSum{}
		d.lines[k] = l
	}
	l.amount += amount
	l.base += base
	return l
}

// sum is the movements that are booked alike.
type sum struct {
	full, applied, suspended, writeOff int64
	components                         recon.Components
	rows                               []int
}

// settle books the rows themselves, class SETTLE.
func (b *booking) settle() {
	workers := runtime.GOMAXPROCS(0)
	sums := make([]map[recon.Facts]*sum, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() { sums[w] = b.sumRows(b.res.Rows()*w/workers, b.res.Rows()*(w+1)/workers) })
	}
	wait.Wait()
	for _, part := range sums {
		for facts, s := range part {
			b.settleSum(facts, s)
		}
	}
}

// sumRows adds up the movements of a range of rows by what decides their accounts.
func (b *booking) sumRows(from, to int) map[recon.Facts]*sum {
	sums := map[recon.Facts]*sum{}
	b.res.Movements(from, to, func(m *recon.Movement) {
		s := sums[m.Facts]
		if s == nil {
			s = &sum{}
			sums[m.Facts] = s
		}
		s.full += m.Full
		s.applied += m.Applied
		s.suspended += m.Suspended
		s.writeOff += m.WriteOff
		for k, part := range m.Components {
			s.components[k] += part
		}
		if b.withSources {
			s.rows = append(s.rows, m.Row)
		}
	})
	return sums
}

func (b *booking) settleSum(f recon.Facts, s *sum) {
	merchant := b.res.Word(f.Merchant)
	store := b.chart.storeOf(b.p, merchant)
	key := Key{PostingDate: f.Posting, Merchant: merchant, Currency: f.Currency, Class: Settle}
	post := func(account string, amount int64, rule string) {
		if amount != 0 {
			l := b.post(key, settledOn(f.Settled), account, amount, 0, f.Type.String(), rule)
			l.rows = append(l.rows, s.rows...)
		}
	}
	post(account(b.chart.Accounts[Clearing], store), s.full, "clearing")
	for _, c := range b.contra(f, s, store) {
		post(c.account, -c.amount, c.rule)
	}
	post(account(b.chart.Accounts[SmallDiff], store), -s.writeOff, "small-difference")
	if f.Unmapped {
		post(account(b.chart.Accounts[GLSuspense], store), -s.suspended, "unmapped")
	} else {
		post(account(b.chart.Accounts[Unapplied], store), -s.suspended, "unapplied")
	}
}

type contra struct {
	account string
	amount  int64
	rule    string
}

// contra is where applied money goes (settlement-accounting 1.4 and 1.5).
func (b *booking) contra(f recon.Facts, s *sum, store string) []contra {
	chart := b.chart
	docStore := b.res.DocWord(f.DocStore)
	if docStore == "" {
		docStore = store
	}
	if f.Kind == recon.Netted {
		return []contra{{account(chart.Accounts[Deposits], store), s.applied, "netted-pair"}}
	}
	switch f.Type {
	case recon.Chargeback, recon.ChargebackReversal:
		return []contra{{account(chart.Accounts[CBReceivable], store), s.applied, "dispute"}}
	case recon.Fee:
		return []contra{{account(chart.Fees[b.res.Word(f.FeeCode)], store), s.applied, "fee"}}
	case recon.Adjustment:
		return []contra{{account(chart.Adjustments[b.res.Word(f.FeeCode)], store), s.applied, "adjustment"}}
	case recon.ReserveHold, recon.ReserveRelease:
		return []contra{{account(chart.Accounts[Reserve], store), s.applied, "reserve"}}
	case recon.UnknownEvent, recon.Auth, recon.AuthReversal, recon.Void, recon.Retrieval,
		recon.Capture, recon.Refund, recon.Credit, recon.CreditOrRefund, recon.Reject:
	}
	if !f.Split {
		return []contra{{account(chart.Accounts[AR], docStore), s.applied, "receivable"}}
	}
	return b.split(s.components, f.Memo, docStore)
}

// split books a cash sale by its components; goods given back go to returns.
func (b *booking) split(c recon.Components, memo bool, store string) (lines []contra) {
	goods := Sales
	if memo {
		goods = Returns
	}
	for k, role := range [4]Role{goods, Tax, Freight, Surcharge} {
		lines = append(lines, contra{account(b.chart.Accounts[role], store), c[k], "cash-sale"})
	}
	return lines
}

// reclass books what left suspense by a document or a found dispute, on the last day of the range.
func (b *booking) reclass() {
	in := b.res.Input()
	for _, c := range b.res.Cleared() {
		if c.ByRow != 0 {
			continue
		}
		p := &in.History[c.Posted]
		store := b.chart.storeOf(b.p, p.Merchant)
		key := Key{PostingDate: b.chart.PostingDate(b.p.To), Merchant: p.Merchant, Currency: p.Currency, Class: Reclass}
		source := SourceRef("H:" + p.ID)
		post := func(account string, amount int64, rule string) {
			if amount != 0 {
				l := b.post(key, clearedItem(p), account, amount, 0, "AUTO_CLEAR", rule)
				if b.withSources {
					l.others = append(l.others, source)
				}
			}
		}
		post(account(b.chart.Accounts[Unapplied], store), c.Amount, "unapplied")
		if c.ToDispute {
			post(account(b.chart.Accounts[CBReceivable], store), -c.Amount, "dispute")
			continue
		}
		for k, doc := range c.Docs {
			for _, l := range b.clearedBy(c.Posted, int(doc), c.Parts[k], store) {
				post(l.account, -l.amount, l.rule)
			}
		}
	}
}

func (b *booking) clearedBy(posted, doc int, amount int64, store string) []contra {
	d := b.res.Doc(doc)
	if d.Store != "" {
		store = d.Store
	}
	for _, a := range b.res.Allotments() {
		if a.Posted == posted && int(a.Doc) == doc {
			parts := a.Parts
			if amount < 0 {
				for k := range parts {
					parts[k] = -parts[k]
				}
			}
			return b.split(parts, d.Type == recon.CreditMemo, store)
		}
	}
	return []contra{{account(b.chart.Accounts[AR], store), amount, "receivable"}}
}

// fund books the deposits. Base amounts are made deposit by deposit (EDGE-1).
func (b *booking) fund() error {
	for i := range b.res.Deposits {
		d := &b.res.Deposits[i]
		if d.Reason == recon.InvalidRow {
			continue
		}
		if err := b.fundDeposit(d); err != nil {
			return fmt.Errorf("deposit %s: %w", d.ID, err)
		}
	}
	return nil
}

func (b *booking) fundDeposit(d *recon.DepositOutcome) error {
	settled, err := b.p.Rate(d.Settled.Currency()).Convert(d.Settled, b.p.Base)
	if err != nil {
		return err
	}
	funded, err := b.p.Rate(d.Funded.Currency()).Convert(d.Funded, b.p.Base)
	if err != nil {
		return err
	}
	post := func(c money.Currency, account string, amount, base int64) {
		key := Key{PostingDate: b.chart.PostingDate(d.FundingDate), Merchant: d.Merchant, Currency: c, Class: Fund}
		if amount != 0 || base != 0 {
			l := b.post(key, Scope("F:"+d.ID), account, amount, base, "FUNDING", "funding")
			b.entries[key].based = true
			if b.withSources {
				l.others = append(l.others, SourceRef("F:"+d.ID))
			}
		}
	}
	ho := b.chart.HeadOffice
	clearing := account(b.chart.Accounts[Clearing], b.chart.storeOf(b.p, d.Merchant))
	transit, fx := account(b.chart.Accounts[InTransit], ho), account(b.chart.Accounts[FXClearing], ho)
	post(d.Settled.Currency(), clearing, -d.Settled.Minor(), -settled.Minor())
	post(d.Funded.Currency(), transit, d.Funded.Minor(), funded.Minor())
	if d.Settled.Currency() == d.Funded.Currency() {
		return nil
	}
	post(d.Settled.Currency(), fx, d.Settled.Minor(), settled.Minor())
	gap := settled.Minor() - funded.Minor()
	if d.Funded.Currency() == b.p.Base {
		post(b.p.Base, fx, -settled.Minor(), -settled.Minor())
	} else {
		post(d.Funded.Currency(), fx, -d.Funded.Minor(), -funded.Minor())
		post(b.p.Base, fx, -gap, -gap)
	}
	post(b.p.Base, account(b.chart.Accounts[FXDiff], ho), gap, gap)
	return nil
}

// bank books the bank lines, each to the merchants whose deposits it carries.
func (b *booking) bank() {
	ho := b.chart.HeadOffice
	for i := range b.res.Bank {
		line := &b.res.Bank[i]
		if line.Reason == recon.InvalidRow {
			continue
		}
		currency := line.Amount.Currency()
		shares, against := line.Shares, InTransit
		if line.Reason == recon.BankUnidentified {
			shares, against = []recon.BankShare{{Merchant: "-", Amount: line.Amount.Minor()}}, Unidentified
		}
		for _, s := range shares {
			key := Key{PostingDate: b.chart.PostingDate(line.ValueDate), Merchant: s.Merchant, Currency: currency, Class: Bank}
			for _, l := range [2]contra{{account(b.chart.Cash[currency], ho), s.Amount, "bank"}, {account(b.chart.Accounts[against], ho), -s.Amount, "bank"}} {
				if l.amount != 0 {
					posted := b.post(key, Scope("B:"+line.ID), l.account, l.amount, 0, "BANK", l.rule)
					if b.withSources {
						posted.others = append(posted.others, SourceRef("B:"+line.ID))
					}
				}
			}
		}
	}
}

// build makes the entries, in natural-key order.
func (b *booking) build() ([]Entry, error) {
	keys := slices.SortedFunc(maps.Keys(b.entries), Key.Compare)
	var entries []Entry
	for _, key := range keys {
		d := b.entries[key]
		lines := b.list(d)
		if len(lines) == 0 {
			continue
		}
		rate := b.p.Rate(key.Currency)
		if !d.based {
			if err := setBase(lines, key.Currency, rate, b.p.Base); err != nil {
				return nil, fmt.Errorf("entry %s: %w", key, err)
			}
		}
		e, err := NewEntry(key, b.p.Base, rate, lines)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// list is the draft's lines without zeros (GL-11), in canonical order (GL-10).
func (b *booking) list(d *draft) []Line {
	var lines []Line
	for k, l := range d.withoutScopes() {
		if l.amount == 0 && l.base == 0 {
			continue
		}
		lines = append(lines, Line{Account: k.account, Side: k.side, Label: k.label, Rule: k.rule, Amount: l.amount, Base: l.base, Sources: b.sources(l)})
	}
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Or(CompareLines(a, b), cmp.Compare(a.Rule, b.Rule)) })
	return mergeLines(lines)
}

// withoutScopes adds up the parts of lines that different scopes contribute.
func (d *draft) withoutScopes() map[lineKey]*lineSum {
	all := make(map[lineKey]*lineSum, len(d.lines))
	for k, part := range d.lines {
		k.scope = ""
		l := all[k]
		if l == nil {
			l = &lineSum{}
			all[k] = l
		}
		l.amount, l.base = l.amount+part.amount, l.base+part.base
		l.rows, l.others = append(l.rows, part.rows...), append(l.others, part.others...)
	}
	return all
}

// mergeLines joins lines that differ only in the rule that made them: the line key is account, side and label.
func mergeLines(lines []Line) []Line {
	var merged []Line
	for _, l := range lines {
		if n := len(merged); n > 0 && CompareLines(merged[n-1], l) == 0 {
			m := &merged[n-1]
			m.Amount, m.Base, m.Sources = m.Amount+l.Amount, m.Base+l.Base, append(m.Sources, l.Sources...)
			if !slices.Contains(strings.Split(m.Rule, "+"), l.Rule) {
				m.Rule += "+" + l.Rule
			}
			continue
		}
		merged = append(merged, l)
	}
	return merged
}

func (b *booking) sources(l *lineSum) []SourceRef {
	labels := make([]int, len(l.rows))
	for k, row := range l.rows {
		labels[k] = b.res.Label(row)
	}
	slices.Sort(labels)
	var refs []SourceRef
	for _, label := range slices.Compact(labels) {
		refs = append(refs, SourceRef("T:"+strconv.Itoa(label)))
	}
	slices.Sort(l.others)
	return append(refs, slices.Compact(l.others)...)
}

// setBase gives lines their base amounts: the entry's total is converted and
// rounded once, then split over debits and over credits by largest remainder (GL-15).
func setBase(lines []Line, currency money.Currency, rate money.Rate, base money.Currency) error {
	for _, side := range []Side{Debit, Credit} {
		var weights []int64
		total := int64(0)
		for _, l := range lines {
			if l.Side == side {
				weights = append(weights, l.Amount)
				total += l.Amount
			}
		}
		inBase, err := rate.Convert(money.New(total, currency), base)
		if err != nil {
			return err
		}
		parts := money.Split(inBase.Minor(), weights)
		for i := range lines {
			if lines[i].Side == side {
				lines[i].Base, parts = parts[0], parts[1:]
			}
		}
	}
	return nil
}
