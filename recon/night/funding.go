package night

import (
	"cmp"
	"slices"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// settlement chooses which deposits, bank lines and earlier batches a run looks
// at: all that no run has posted up to its as-of date, and of the posted ones
// those that are not settled yet, that belong to its range, or that share a
// batch or a bank reference with one of these.
type settlement struct {
	*past
	deposits map[string]*deposit
	lines    map[string]*bankLine
}

type deposit struct {
	recon.Deposit
	posted, in bool
}

type bankLine struct {
	recon.BankLine
	posted, in bool
}

type bankGroup struct {
	ref      string
	currency money.Currency
}

func (d *deposit) group() bankGroup {
	return bankGroup{strings.TrimSpace(d.BankRef), d.Funded.Currency()}
}

func (l *bankLine) group() bankGroup {
	return bankGroup{strings.TrimSpace(l.BankRef), l.Amount.Currency()}
}

func (d *deposit) batch() recon.BatchKey {
	return recon.BatchKey{Merchant: d.Merchant, SettlementDate: d.SettlementDate, Currency: d.Settled.Currency()}
}

// choose fills the engine's funding side.
func (p *past) choose(in *recon.Input) {
	s := &settlement{past: p, deposits: map[string]*deposit{}, lines: map[string]*bankLine{}}
	faultyDeposits, faultyLines := s.gather(in)
	s.start()
	for s.spread() {
	}
	in.Deposits, in.BankLines = faultyDeposits, faultyLines
	for _, d := range s.deposits {
		if d.in {
			in.Deposits = append(in.Deposits, d.Deposit)
		}
	}
	for _, l := range s.lines {
		if l.in {
			in.BankLines = append(in.BankLines, l.BankLine)
		}
	}
	slices.SortFunc(in.Deposits, func(a, b recon.Deposit) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(a.Source.Line, b.Source.Line))
	})
	slices.SortFunc(in.BankLines, func(a, b recon.BankLine) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), cmp.Compare(a.Source.Line, b.Source.Line))
	})
}

// gather joins what is posted with what the files say now; the file read last
// counts. Rows that cannot be read are handed on as they are.
func (s *settlement) gather(in *recon.Input) (deposits []recon.Deposit, lines []recon.BankLine) {
	for i := range s.state.Deposits {
		d := &s.state.Deposits[i]
		s.deposits[d.ID] = &deposit{posted: true, Deposit: recon.Deposit{
			ID: d.ID, Merchant: d.Merchant, SettlementDate: d.Settled, Settled: d.Amount, Funded: d.Funded, FundingDate: d.On,
			BankRef: d.BankRef, RateText: d.RateText, PostedOn: d.Posting,
		}}
	}
	for i := range s.state.BankLines {
		l := &s.state.BankLines[i]
		s.lines[l.ID] = &bankLine{posted: true, BankLine: recon.BankLine{
			ID: l.ID, ValueDate: l.On, Amount: l.Amount, BankRef: l.BankRef, Description: l.Text, PostedOn: l.Posting,
		}}
	}
	for _, d := range in.Deposits {
		if d.Fault != nil {
			deposits = append(deposits, d)
			continue
		}
		next := &deposit{Deposit: d}
		if old := s.deposits[d.ID]; old != nil {
			next.posted, next.PostedOn = old.posted, old.PostedOn
			next.in = old.posted && !sameDeposit(&old.Deposit, &d)
		}
		s.deposits[d.ID] = next
	}
	for _, l := range in.BankLines {
		if l.Fault != nil {
			lines = append(lines, l)
			continue
		}
		next := &bankLine{BankLine: l}
		if old := s.lines[l.ID]; old != nil {
			next.posted, next.PostedOn = old.posted, old.PostedOn
			next.in = old.posted && (old.Amount != l.Amount || old.BankRef != l.BankRef || old.ValueDate != l.ValueDate)
		}
		s.lines[l.ID] = next
	}
	return deposits, lines
}

func sameDeposit(a, b *recon.Deposit) bool {
	return a.Merchant == b.Merchant && a.SettlementDate == b.SettlementDate && a.Settled == b.Settled && a.Funded == b.Funded &&
		a.FundingDate == b.FundingDate && a.BankRef == b.BankRef
}

// start takes what is due and not posted, what belongs to the range, and what is not settled.
func (s *settlement) start() {
	deposited, banked, hasDeposit, hasLine := map[bankGroup]int64{}, map[bankGroup]int64{}, map[bankGroup]bool{}, map[bankGroup]bool{}
	for _, d := range s.deposits {
		if d.posted {
			deposited[d.group()] += d.Funded.Minor()
			hasDeposit[d.group()] = true
		}
	}
	for _, l := range s.lines {
		if l.posted {
			banked[l.group()] += l.Amount.Minor()
			hasLine[l.group()] = true
		}
	}
	settled := func(g bankGroup) bool { return hasDeposit[g] && hasLine[g] && deposited[g] == banked[g] && g.ref != "" }
	funded := s.fundedBy(func(d *deposit) bool { return d.posted })
	for _, d := range s.deposits {
		d.in = d.in || (!d.posted && d.FundingDate <= s.req.AsOf) ||
			d.posted && (s.inside(d.SettlementDate) || !settled(d.group()) || funded[d.batch()] != s.net(d.batch()))
	}
	for _, l := range s.lines {
		l.in = l.in || (!l.posted && l.ValueDate <= s.req.AsOf) || l.posted && !settled(l.group())
	}
}

// spread takes along what shares a batch or a bank reference; it tells whether anything came.
func (s *settlement) spread() bool {
	groups, batches := map[bankGroup]bool{}, map[recon.BatchKey]bool{}
	for _, d := range s.deposits {
		if d.in {
			groups[d.group()], batches[d.batch()] = true, true
		}
	}
	for _, l := range s.lines {
		if l.in {
			groups[l.group()] = true
		}
	}
	came := false
	for _, d := range s.deposits {
		if !d.in && d.posted && (batches[d.batch()] || (d.BankRef != "" && groups[d.group()])) {
			d.in, came = true, true
		}
	}
	for _, l := range s.lines {
		if !l.in && l.posted && l.BankRef != "" && groups[l.group()] {
			l.in, came = true, true
		}
	}
	return came
}

func (s *settlement) fundedBy(which func(*deposit) bool) map[recon.BatchKey]int64 {
	sums := map[recon.BatchKey]int64{}
	for _, d := range s.deposits {
		if which(d) {
			sums[d.batch()] += d.Settled.Minor()
		}
	}
	return sums
}

// net is what earlier runs posted for a batch, and what was open at cut-over.
func (p *past) net(key recon.BatchKey) int64 {
	total := p.state.BatchNets[key]
	for _, o := range p.policy.OpeningUnfunded {
		if o.BatchKey == key {
			total += o.Amount
		}
	}
	return total
}

// opening are the batches outside the range with what they still have to be
// funded, less what deposits brought that this run does not look at again.
func (p *past) opening(in *recon.Input) []recon.OpeningBatch {
	again := map[string]bool{}
	for _, d := range in.Deposits {
		again[d.ID] = true
	}
	open := map[recon.BatchKey]int64{}
	for key, net := range p.state.BatchNets {
		if !p.inside(key.SettlementDate) {
			open[key] += net
		}
	}
	for _, o := range p.policy.OpeningUnfunded {
		open[o.BatchKey] += o.Amount
	}
	for i := range p.state.Deposits {
		if d := &p.state.Deposits[i]; !again[d.ID] {
			open[recon.BatchKey{Merchant: d.Merchant, SettlementDate: d.Settled, Currency: d.Amount.Currency()}] -= d.Amount.Minor()
		}
	}
	var all []recon.OpeningBatch
	for key, amount := range open {
		if amount != 0 {
			all = append(all, recon.OpeningBatch{BatchKey: key, Amount: amount})
		}
	}
	slices.SortFunc(all, func(a, b recon.OpeningBatch) int {
		return cmp.Or(strings.Compare(a.Merchant, b.Merchant), cmp.Compare(a.SettlementDate, b.SettlementDate), strings.Compare(a.Currency.String(), b.Currency.String()))
	})
	return all
}
