package ledger

import (
	"cmp"
	"errors"
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

// RollUp books the outcomes of a run by the rules: one entry for each posting
// date, merchant, currency and class (GL-08), balanced or an error (GL-12), in
// natural-key order. Rows are first summed by what rules can look at, then each
// sum is booked once. Without sources the lines do not name the rows they came from.
func RollUp(res *recon.Result, rules *RuleTable, withSources bool) ([]Entry, error) {
	return SumRows(res, rules, withSources).Book()
}

// RowSums are the rows of a run, summed by what rules can look at: the part of a
// roll-up that takes all processors. What is left of it takes one.
type RowSums struct{ booking *booking }

// SumRows is the first half of [RollUp].
func SumRows(res *recon.Result, rules *RuleTable, withSources bool) *RowSums {
	in := res.Input()
	b := &booking{
		res: res, p: res.Policy(), rules: rules, view: view{rules, res.Policy(), in.Transactions, in.Documents},
		entries: map[Key]*draft{}, roles: map[string]Role{}, withSources: withSources,
	}
	b.sum()
	return &RowSums{b}
}

// Book is the second half of [RollUp]. It is called once.
func (s *RowSums) Book() ([]Entry, error) {
	if err := s.booking.draft(); err != nil {
		return nil, err
	}
	return s.booking.build()
}

// draft books everything, a class after the other.
func (b *booking) draft() error { return errors.Join(b.settle(), b.reclass(), b.fund(), b.bank()) }

// booking is a roll-up in progress.
type booking struct {
	res         *recon.Result
	p           *recon.Policy
	rules       *RuleTable
	view        view
	entries     map[Key]*draft
	roles       map[string]Role // of the accounts that a proof looks at
	sums        []sumTable      // of the rows
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
	memo         memoSum
	template     string // of the memo
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

// sum is the movements that are booked alike. Every row adds to one, so they
// are small: what few rows have lies apart.
type sum struct {
	full, applied, suspended, writeOff int64
	single                             int // movements that are all that their row gave
	*sumRest                               // nil: there is nothing of it
}

// sumRest is what only some sums have.
type sumRest struct {
	components recon.Components
	rows       []int // for the sources
	shared     []int // rows that gave several
	extra      []string
}

// rest is where what few rows have is added.
func (s *sum) rest() *sumRest {
	if s.sumRest == nil {
		s.sumRest = &sumRest{}
	}
	return s.sumRest
}

// add takes another sum of the same facts in.
func (s *sum) add(o *sum) {
	s.full, s.applied, s.suspended, s.writeOff = s.full+o.full, s.applied+o.applied, s.suspended+o.suspended, s.writeOff+o.writeOff
	s.single += o.single
	if o.sumRest == nil {
		return
	}
	r := s.rest()
	for k, part := range o.components {
		r.components[k] += part
	}
	r.rows, r.shared = append(r.rows, o.rows...), append(r.shared, o.shared...)
}

// extras numbers what rules ask of rows beyond the facts: equal values, equal numbers. 0 is for tables that ask nothing.
type extras struct {
	numbers map[string]uint32
	values  [][]string
}

func (e *extras) number(values []string) uint32 {
	key := joined(values)
	n, known := e.numbers[key]
	if !known {
		if e.numbers == nil {
			e.numbers = map[string]uint32{}
		}
		e.values = append(e.values, values)
		n = uint32(len(e.values))
		e.numbers[key] = n
	}
	return n
}

// of are the values of a number.
func (e *extras) of(number uint32) []string {
	if number == 0 {
		return nil
	}
	return e.values[number-1]
}

// sum adds up the rows, on all processors.
func (b *booking) sum() {
	workers := runtime.GOMAXPROCS(0)
	b.sums = make([]sumTable, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() { b.sumRows(&b.sums[w], b.res.Rows()*w/workers, b.res.Rows()*(w+1)/workers) })
	}
	wait.Wait()
	if b.rules.extra != nil {
		return // each table has numbers of its own
	}
	for w := range b.sums[1:] {
		b.sums[0].merge(&b.sums[w+1])
	}
	b.sums = b.sums[:1]
}

// settle books the rows themselves, class SETTLE.
func (b *booking) settle() error {
	for w := range b.sums {
		for i := range b.sums[w].sums {
			if err := b.settleSum(b.sums[w].facts[i], &b.sums[w].sums[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// sumRows adds up the movements of a range of rows by what decides their accounts.
func (b *booking) sumRows(sums *sumTable, from, to int) {
	var extra extras
	b.res.Movements(from, to, func(m *recon.Movement) {
		m.Extra = 0
		if b.rules.extra != nil {
			m.Extra = extra.number(b.rules.extraOf(b.view.txns, m.Row))
		}
		s := sums.of(&m.Facts)
		if m.Extra != 0 {
			s.rest().extra = extra.of(m.Extra)
		}
		if m.Parts == 1 {
			s.single++
		} else {
			r := s.rest()
			r.shared = append(r.shared, m.Row)
		}
		s.full += m.Full
		s.applied += m.Applied
		s.suspended += m.Suspended
		s.writeOff += m.WriteOff
		if m.Split {
			r := s.rest()
			for k, part := range m.Components {
				r.components[k] += part
			}
		}
		if b.withSources {
			r := s.rest()
			r.rows = append(r.rows, m.Row)
		}
	})
}

func (b *booking) settleSum(f recon.Facts, s *sum) error {
	s.rest()
	subject := b.view.row(&f, s.extra)
	a := amounts{}
	a.minor[fullAmount], a.minor[appliedAmount], a.minor[suspendedAmount], a.minor[writeOffAmount] = s.full, s.applied, s.suspended, s.writeOff
	copy(a.minor[:], s.components[:])
	return b.apply(Settle, SettledOn(f.Settled), subject, &a, f.Unmapped, func(l *lineSum) {
		l.rows = append(l.rows, s.rows...)
		l.memo.add(subject, s.single, s.shared)
	})
}

// apply posts a movement by the first rule that holds for it. What has no
// account goes to gl_suspense (GL-06).
func (b *booking) apply(class Class, scope Scope, s *subject, a *amounts, unmapped bool, trace func(*lineSum)) error {
	r := b.rules.find(s)
	lines, ok := b.resolve(r, s, a)
	if unmapped || !ok {
		if r, lines, ok = b.resolveFallback(r, s, a); !ok {
			return fmt.Errorf("%s of merchant %s posted on %s: no account for %s: add it to the chart of accounts",
				s.values[factEvent], s.values[factMerchant], s.posting, r.ID)
		}
	}
	key := Key{PostingDate: s.posting, Merchant: s.values[factMerchant], Currency: s.currency, Class: class}
	var traced []*lineSum
	for _, p := range lines {
		l := b.post(key, scope, p.account, p.amount, p.base, p.label, r.ID)
		b.entries[key].based = class == Fund
		if memo := cmp.Or(p.line.memo, defaultMemo(class)); l.template == "" || memo < l.template {
			l.template = memo
		}
		if !slices.Contains(traced, l) {
			traced = append(traced, l)
			trace(l)
		}
		if err := b.knowRole(p.account, p.line.role(s)); err != nil {
			return err
		}
	}
	return nil
}

// posted is a line of a rule with its account and its amounts, + is debit.
type posted struct {
	line         *ruleLine
	account      string
	label        string
	amount, base int64
}

// resolve fills a rule's lines; ok is false if there is no rule or an account is missing.
func (b *booking) resolve(r *rule, s *subject, a *amounts) (lines []posted, ok bool) {
	if r == nil {
		return nil, false
	}
	for i := range r.lines {
		l := &r.lines[i]
		p := posted{line: l, label: s.label, amount: l.factor * a.minor[l.source], base: l.factor * a.base[l.source]}
		if p.amount == 0 && p.base == 0 {
			continue
		}
		account, found := b.rules.account(l.account, s)
		if found != recon.AccountFound {
			return nil, false
		}
		p.account = account
		for _, g := range l.group {
			p.label += " " + cmp.Or(strings.ReplaceAll(oneLine(s.values[g.slot]), " ", "_"), "-")
		}
		lines = append(lines, p)
	}
	return lines, true
}

// resolveFallback fills the lines of GL-06: the money where the rule, if there is one, has it, the contra on gl_suspense.
func (b *booking) resolveFallback(r *rule, s *subject, a *amounts) (*rule, []posted, bool) {
	fallback := b.rules.fallback[s.values[factEvent]]
	if fallback == nil {
		return &rule{Rule: Rule{ID: "any rule"}}, nil, false
	}
	merged := *fallback
	if r != nil {
		merged.lines = slices.Clone(fallback.lines)
		for i := range r.lines {
			if r.lines[i].source == fullAmount {
				merged.lines[0] = r.lines[i]
			}
		}
	}
	lines, ok := b.resolve(&merged, s, a)
	return &merged, lines, ok
}

// role is what the account of a line is for: by its key, or by what goes there.
func (l *ruleLine) role(s *subject) Role {
	if l.account.role != "" {
		return l.account.role
	}
	return controlOf(s.values[factEvent], s.values[factReason], l.source)
}

// knowRole remembers what an account is for; one account cannot be proved against two lists.
func (b *booking) knowRole(account string, role Role) error {
	if role == "" {
		return nil
	}
	known, seen := b.roles[account]
	switch {
	case !seen || proved(role) && !proved(known):
		b.roles[account] = role
	case proved(role) && known != role:
		return fmt.Errorf("account %s is used as %s and as %s; each needs an account of its own", account, min(known, role), max(known, role))
	case !proved(known):
		b.roles[account] = min(known, role)
	}
	return nil
}

// proved tells the roles whose accounts must end in a list.
func proved(r Role) bool { return r == Clearing || r == Unapplied || r == InTransit || r == CashRole }

// reclass books what left suspense by a document or a found dispute, on the last day of the range.
func (b *booking) reclass() error {
	for _, c := range b.res.Cleared() {
		if c.ByRow != 0 {
			continue
		}
		if c.ToDispute {
			if err := b.clear(c.Posted, c.Amount, nil, recon.Components{}, false); err != nil {
				return err
			}
			continue
		}
		for k, at := range c.Docs {
			doc := b.res.Doc(int(at))
			parts, split := b.allotted(c.Posted, at)
			if err := b.clear(c.Posted, c.Parts[k], &doc, parts, split); err != nil {
				return err
			}
		}
	}
	return nil
}

// clear books one part of a carried item that is explained now.
func (b *booking) clear(posted int, amount int64, doc *recon.Doc, parts recon.Components, split bool) error {
	p := &b.res.Input().History[posted]
	if doc == nil {
		doc = &recon.Doc{}
	}
	s := b.view.carried(p, doc.Store, doc.Dimensions, doc.Type == recon.CreditMemo, amount < 0)
	s.split = split
	a := amounts{}
	a.minor[fullAmount], a.minor[appliedAmount] = amount, amount
	for k, part := range parts {
		if part != 0 {
			s.components |= 1 << k
		}
		if amount < 0 {
			part = -part
		}
		a.minor[k] = part
	}
	return b.apply(Reclass, clearedItem(p), s, &a, false, b.source(SourceRef("H:"+p.ID), s, posted))
}

// source traces a line to something that is no row; number tells one thing of a kind from the others.
func (b *booking) source(ref SourceRef, s *subject, number int) func(*lineSum) {
	return func(l *lineSum) {
		if b.withSources {
			l.others = append(l.others, ref)
		}
		l.memo.add(s, 0, []int{number})
	}
}

// allotted is how a carried item was split over a document's components.
func (b *booking) allotted(posted int, doc uint32) (recon.Components, bool) {
	for _, a := range b.res.Allotments() {
		if a.Posted == posted && a.Doc == doc {
			return a.Parts, true
		}
	}
	return recon.Components{}, false
}

// fund books the deposits. Base amounts are made deposit by deposit (EDGE-1).
func (b *booking) fund() error {
	for i := range b.res.Deposits {
		d := &b.res.Deposits[i]
		if d.Reason == recon.InvalidRow {
			continue
		}
		if err := b.fundDeposit(d, i); err != nil {
			return fmt.Errorf("deposit %s: %w", d.ID, err)
		}
	}
	return nil
}

// fundDeposit books one deposit: from clearing to in transit, in another
// currency by way of fx_clearing, which is zero in base afterwards (ACC-08).
func (b *booking) fundDeposit(d *recon.DepositOutcome, number int) error {
	settled, err := b.p.Rate(d.Settled.Currency()).Convert(d.Settled, b.p.Base)
	if err != nil {
		return err
	}
	funded, err := b.p.Rate(d.Funded.Currency()).Convert(d.Funded, b.p.Base)
	if err != nil {
		return err
	}
	out, in := leg{d.Settled.Minor(), settled.Minor()}, leg{d.Funded.Minor(), funded.Minor()}
	if d.Settled.Currency() == d.Funded.Currency() {
		return b.fundLeg(d, number, eventFunding, d.Settled.Currency(), out, out, leg{})
	}
	gap := in.base - out.base
	if d.Funded.Currency() == b.p.Base {
		bought := leg{out.base, out.base}
		return errors.Join(b.fundLeg(d, number, eventExchangeOut, d.Settled.Currency(), out, out, leg{}),
			b.fundLeg(d, number, eventExchangeIn, b.p.Base, in, bought, leg{gap, gap}))
	}
	return errors.Join(b.fundLeg(d, number, eventExchangeOut, d.Settled.Currency(), out, out, leg{}),
		b.fundLeg(d, number, eventExchangeIn, d.Funded.Currency(), in, in, leg{}),
		b.fundLeg(d, number, eventExchangeIn, b.p.Base, leg{}, leg{-gap, -gap}, leg{gap, gap}))
}

// leg is an amount with its amount in base.
type leg struct{ minor, base int64 }

func (b *booking) fundLeg(d *recon.DepositOutcome, number int, event string, c money.Currency, full, applied, difference leg) error {
	s := b.view.subject(d.Merchant, c, "", event, nil)
	s.label = eventFunding
	s.posting, s.settled = b.rules.chart.FirstOr(d.PostedOn, d.FundingDate), d.SettlementDate
	s.values[factOutcome], s.values[factReason] = d.Verdict.String(), d.Reason.String()
	if full.minor < 0 {
		s.values[factSign] = "negative"
	}
	a := amounts{}
	a.minor[fullAmount], a.base[fullAmount] = full.minor, full.base
	a.minor[appliedAmount], a.base[appliedAmount] = applied.minor, applied.base
	a.minor[writeOffAmount], a.base[writeOffAmount] = difference.minor, difference.base
	return b.apply(Fund, Scope("F:"+d.ID), s, &a, false, b.source(SourceRef("F:"+d.ID), s, number))
}

// bank books the bank lines, each to the merchants whose deposits it carries.
func (b *booking) bank() error {
	for i := range b.res.Bank {
		line := &b.res.Bank[i]
		if line.Reason == recon.InvalidRow {
			continue
		}
		shares := line.Shares
		if line.Reason == recon.BankUnidentified {
			shares = []recon.BankShare{{Merchant: "-", Amount: line.Amount.Minor()}}
		}
		for _, share := range shares {
			if err := b.bankShare(line, share, i); err != nil {
				return fmt.Errorf("bank line %s: %w", line.ID, err)
			}
		}
	}
	return nil
}

func (b *booking) bankShare(line *recon.BankOutcome, share recon.BankShare, number int) error {
	s := b.view.subject(share.Merchant, line.Amount.Currency(), "", eventBank, nil)
	s.posting, s.settled = b.rules.chart.FirstOr(line.PostedOn, line.ValueDate), line.ValueDate
	s.values[factOutcome], s.values[factReason] = line.Verdict.String(), line.Reason.String()
	if share.Amount < 0 {
		s.values[factSign] = "negative"
	}
	a := amounts{}
	a.minor[fullAmount], a.minor[appliedAmount] = share.Amount, share.Amount
	return b.apply(Bank, Scope("B:"+line.ID), s, &a, false, b.source(SourceRef("B:"+line.ID), s, number))
}

// build makes the entries, in natural-key order.
func (b *booking) build() ([]Entry, error) {
	keys := slices.SortedFunc(maps.Keys(b.entries), Key.Compare)
	var entries []Entry
	for _, key := range keys {
		d := b.entries[key]
		lines := b.list(key, d)
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
// Lines that differ only in their scope or the rule that made them are one: the
// line key is account, side and label.
func (b *booking) list(key Key, d *draft) []Line {
	keys := slices.SortedFunc(maps.Keys(d.lines), compareLineKeys)
	var lines []Line
	for len(keys) > 0 {
		k, whole := keys[0], &lineSum{}
		var rules []string
		for len(keys) > 0 && keys[0].sameLine(k) {
			whole.merge(d.lines[keys[0]])
			rules = append(rules, keys[0].rule)
			keys = keys[1:]
		}
		if whole.amount == 0 && whole.base == 0 {
			continue
		}
		memo := whole.memo.whole(whole.template, b.rules.memoWidth)
		lines = append(lines, Line{
			Account: k.account, Side: k.side, Label: k.label, Amount: whole.amount, Base: whole.base, Rule: strings.Join(slices.Compact(rules), "+"),
			RuleTable: b.rules.version, Role: b.roles[k.account], Memo: memo.render(key.PostingDate, k.label), Sources: b.sources(whole),
		})
	}
	return lines
}

func (k lineKey) sameLine(o lineKey) bool {
	return k.account == o.account && k.side == o.side && k.label == o.label
}

func compareLineKeys(a, b lineKey) int {
	return cmp.Or(strings.Compare(a.account, b.account), cmp.Compare(b.side, a.side), strings.Compare(a.label, b.label),
		strings.Compare(a.rule, b.rule), strings.Compare(string(a.scope), string(b.scope)))
}

// merge adds a part of the line to it; the memo of the first rule stays.
func (l *lineSum) merge(o *lineSum) {
	l.amount, l.base = l.amount+o.amount, l.base+o.base
	l.rows, l.others = append(l.rows, o.rows...), append(l.others, o.others...)
	l.memo.merge(&o.memo)
	l.template = cmp.Or(l.template, o.template)
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
