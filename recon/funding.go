package recon

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tieout/ledger/money"
)

// BatchStatus is how far a batch is funded (EDGE-4).
type BatchStatus string

// The closed set of batch states.
const (
	Funded               BatchStatus = "FUNDED"
	FundedWithDifference BatchStatus = "FUNDED_WITH_DIFFERENCE"
	WithinLag            BatchStatus = "WITHIN_LAG"
	BatchException       BatchStatus = "EXCEPTION"
	NothingToFund        BatchStatus = "NOTHING_TO_FUND"
	NotProvided          BatchStatus = "NOT_PROVIDED"
)

// Batch is what the processor owes for one merchant, settlement date and
// currency, and what it funded. Amounts are minor units of the currency.
type Batch struct {
	BatchKey
	Net, Funded int64
	Status      BatchStatus
	Reason      Reason
}

// Open is what is not funded yet.
func (b *Batch) Open() int64 { return b.Net - b.Funded }

// DepositOutcome is what became of a deposit.
type DepositOutcome struct {
	Deposit
	Verdict      Verdict
	Reason       Reason
	Secondary    []Reason
	Computed     int64 // net of its batch
	FundedTotal  int64 // of all deposits of its batch
	Difference   int64 // funded less net, once, on the batch's last deposit
	FXDifference int64 // base minor units
	BankLines    []string
}

// BankOutcome is what became of a bank line. Shares tell how it spreads over merchants.
type BankOutcome struct {
	BankLine
	Verdict  Verdict
	Reason   Reason
	Deposits []string
	Shares   []BankShare
}

// BankShare is the part of a bank line that belongs to a merchant's deposits.
type BankShare struct {
	Merchant string
	Amount   int64
}

// funding is stage 11 in progress.
type funding struct {
	r        *run
	batches  map[BatchKey]*Batch
	deposits []DepositOutcome
	bank     []BankOutcome
}

// fundBatches is stage 11: batches against deposits, deposits against bank lines.
func (r *run) fundBatches() *funding {
	f := &funding{r: r, batches: map[BatchKey]*Batch{}}
	f.netBatches()
	f.takeDeposits()
	f.takeBankLines()
	f.compareDeposits()
	f.compareBank()
	for _, b := range f.batches {
		f.judgeBatch(b)
	}
	return f
}

func (f *funding) batch(key BatchKey) *Batch {
	b := f.batches[key]
	if b == nil {
		b = &Batch{BatchKey: key}
		f.batches[key] = b
	}
	return b
}

// batchWord tells a row's batch from others.
func batchWord(row *txnRow) uint64 {
	return uint64(row.merchant)<<48 | uint64(row.currency)<<32 | uint64(uint32(row.settled))
}

// netBatches takes the money of every row that stage 0 let through.
func (f *funding) netBatches() {
	r := f.r
	r.counted.batches.each(func(word uint64, amount int64) {
		f.batch(BatchKey{r.txns.words.text(uint16(word >> 48)), Date(int32(word)), money.Currency(word >> 32)}).Net += amount
	})
	for _, o := range r.p.OpeningUnfunded {
		f.batch(o.BatchKey).Net += o.Amount
	}
}

func (f *funding) takeDeposits() {
	for _, d := range f.r.in.Deposits {
		f.deposits = append(f.deposits, DepositOutcome{Deposit: d, Verdict: Matched})
	}
	slices.SortStableFunc(f.deposits, func(a, b DepositOutcome) int { return strings.Compare(a.ID, b.ID) })
	for i := range f.deposits {
		d := &f.deposits[i]
		if d.Fault == nil {
			d.Fault = f.depositFault(&d.Deposit)
		}
		if d.Fault != nil {
			d.Verdict, d.Reason = Exception, InvalidRow
			continue
		}
		b := f.batch(BatchKey{d.Merchant, d.SettlementDate, d.Settled.Currency()})
		b.Funded += d.Settled.Minor()
	}
}

// depositFault is EDGE-2, and currencies without a rate.
func (f *funding) depositFault(d *Deposit) *Fault {
	for _, c := range []money.Currency{d.Settled.Currency(), d.Funded.Currency()} {
		if !f.r.p.Rate(c).Known() {
			return &Fault{Column: "currency", Code: "no_rate", Message: fmt.Sprintf("there is no rate for %s; add it to rates in the policy", c)}
		}
	}
	if d.Settled.Currency() == d.Funded.Currency() && d.Settled != d.Funded {
		return &Fault{Column: "funding_amount", Code: "funded_not_settled", Message: fmt.Sprintf(
			"a deposit in the batch's own currency must fund what it settles: %s, not %s", d.Settled, d.Funded)}
	}
	return nil
}

func (f *funding) takeBankLines() {
	for _, l := range f.r.in.BankLines {
		o := BankOutcome{BankLine: l, Verdict: Matched}
		if o.Fault == nil && !f.r.p.Rate(l.Amount.Currency()).Known() {
			o.Fault = &Fault{Column: "currency", Code: "no_rate", Message: fmt.Sprintf("there is no rate for %s; add it to rates in the policy", l.Amount.Currency())}
		}
		if o.Fault != nil {
			o.Verdict, o.Reason = Exception, InvalidRow
		}
		f.bank = append(f.bank, o)
	}
	slices.SortStableFunc(f.bank, func(a, b BankOutcome) int { return strings.Compare(a.ID, b.ID) })
}

// compareDeposits finds funding and rate differences.
func (f *funding) compareDeposits() {
	last := map[BatchKey]*DepositOutcome{}
	for i := range f.deposits {
		d := &f.deposits[i]
		if d.Fault != nil {
			continue
		}
		key := BatchKey{d.Merchant, d.SettlementDate, d.Settled.Currency()}
		b := f.batches[key]
		d.Computed, d.FundedTotal = b.Net, b.Funded
		if l := last[key]; l == nil || cmp.Or(cmp.Compare(l.FundingDate, d.FundingDate), strings.Compare(l.ID, d.ID)) < 0 {
			last[key] = d
		}
	}
	for key, d := range last {
		d.Difference = f.batches[key].Funded - f.batches[key].Net
		if d.Difference != 0 {
			d.add(FundingDiff)
		}
	}
}

func (d *DepositOutcome) add(reason Reason) {
	if d.Reason == reason || slices.Contains(d.Secondary, reason) {
		return
	}
	if d.Verdict == Exception {
		d.Secondary = append(d.Secondary, reason)
		return
	}
	d.Verdict, d.Reason = Exception, reason
}

// compareRates is FX_DIFFERENCE (ACC-08): what was funded against what was settled, both in base.
func (f *funding) compareRates(d *DepositOutcome) {
	if d.Settled.Currency() == d.Funded.Currency() {
		return
	}
	p := f.r.p
	settled, err1 := p.Rate(d.Settled.Currency()).Convert(d.Settled, p.Base)
	funded, err2 := p.Rate(d.Funded.Currency()).Convert(d.Funded, p.Base)
	if err1 != nil || err2 != nil {
		return
	}
	d.FXDifference = funded.Minor() - settled.Minor()
	if abs(d.FXDifference)*10000 > p.FXToleranceBP*abs(settled.Minor()) {
		d.add(FXDifference)
	}
}

type bankKey struct {
	ref      string
	currency money.Currency
}

// compareBank joins deposits and bank lines on bank reference and currency and
// compares their sums (EDGE-3).
func (f *funding) compareBank() {
	deposits, lines := map[bankKey][]*DepositOutcome{}, map[bankKey][]*BankOutcome{}
	for i := range f.deposits {
		if d := &f.deposits[i]; d.Fault == nil {
			key := bankKey{strings.TrimSpace(d.BankRef), d.Funded.Currency()}
			deposits[key] = append(deposits[key], d)
		}
	}
	for i := range f.bank {
		if l := &f.bank[i]; l.Fault == nil {
			key := bankKey{strings.TrimSpace(l.BankRef), l.Amount.Currency()}
			lines[key] = append(lines[key], l)
		}
	}
	for key, group := range lines {
		if key.ref == "" || len(deposits[key]) == 0 {
			for _, l := range group {
				l.Verdict, l.Reason = Exception, BankUnidentified
			}
		} else {
			f.joinBank(deposits[key], group)
		}
	}
	for i := range f.deposits {
		if d := &f.deposits[i]; d.Fault == nil {
			f.compareRates(d)
			if f.r.in.HasBank && len(d.BankLines) == 0 {
				d.add(DepositInTransit)
			}
		}
	}
}

// joinBank compares one group. A line that carries deposits of several merchants
// is split by each deposit's own amount; what is over or short goes to the
// merchant of the first deposit.
func (f *funding) joinBank(deposits []*DepositOutcome, lines []*BankOutcome) {
	difference := int64(0)
	left := make([]int64, len(deposits))
	for k, d := range deposits {
		left[k] = d.Funded.Minor()
		difference -= left[k]
		for _, l := range lines {
			d.BankLines = append(d.BankLines, l.ID)
			l.Deposits = append(l.Deposits, d.ID)
		}
	}
	for _, l := range lines {
		difference += l.Amount.Minor()
	}
	inOrder := slices.Clone(lines)
	slices.SortFunc(inOrder, func(a, b *BankOutcome) int {
		return cmp.Or(cmp.Compare(a.ValueDate, b.ValueDate), strings.Compare(a.ID, b.ID))
	})
	for n, l := range inOrder {
		l.Shares = share(deposits, left, l.Amount.Minor(), n == len(inOrder)-1)
	}
	if difference == 0 {
		return
	}
	for _, d := range deposits {
		d.add(FundingDiff)
	}
	for _, l := range lines {
		l.Verdict, l.Reason = Exception, FundingDiff
	}
}

// share takes a line's amount from what the deposits still expect. The last
// line takes all of it and leaves the difference with the first deposit.
func share(deposits []*DepositOutcome, left []int64, amount int64, last bool) (shares []BankShare) {
	rest := amount
	for k, d := range deposits {
		take := left[k]
		if !last && abs(take) > abs(rest) {
			take = rest
		}
		left[k] -= take
		rest -= take
		shares = addShare(shares, d.Merchant, take)
	}
	shares[0].Amount += rest
	return shares
}

// addShare keeps one share a merchant: a line is one amount on each merchant's entry.
func addShare(shares []BankShare, merchant string, amount int64) []BankShare {
	for i := range shares {
		if shares[i].Merchant == merchant {
			shares[i].Amount += amount
			return shares
		}
	}
	return append(shares, BankShare{merchant, amount})
}

func (f *funding) judgeBatch(b *Batch) {
	hasDeposit := false
	for i := range f.deposits {
		d := &f.deposits[i]
		if d.Fault == nil && (BatchKey{d.Merchant, d.SettlementDate, d.Settled.Currency()}) == b.BatchKey {
			hasDeposit = true
			break
		}
	}
	switch {
	case !f.r.in.HasFunding:
		b.Status = NotProvided
	case hasDeposit && b.Open() == 0:
		b.Status = Funded
	case hasDeposit:
		b.Status, b.Reason = FundedWithDifference, FundingDiff
	case b.Net == 0:
		b.Status = NothingToFund
	case int(f.r.p.AsOf-b.SettlementDate) > f.r.p.FundingLagDays:
		b.Status, b.Reason = BatchException, SettledNotFunded
	default:
		b.Status = WithinLag
	}
}

func compareBatches(a, b Batch) int {
	return cmp.Or(strings.Compare(a.Merchant, b.Merchant), cmp.Compare(a.SettlementDate, b.SettlementDate),
		strings.Compare(a.Currency.String(), b.Currency.String()))
}
