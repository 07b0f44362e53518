package recon

import (
	"fmt"

	"tieout/ledger/money"
)

// checkCarried is what of INV-6 needs no entry: every item that earlier runs
// left in suspense is held, cleared or rejected with its whole amount, and what
// left the open list cancels out.
func (a *audit) checkCarried() {
	r, off := a.r, a.rows.off
	cleared := map[int]int64{}
	for _, c := range r.cleared {
		cleared[c.Posted] += c.Amount
		total := int64(0)
		for _, part := range c.Parts {
			total += part
		}
		if len(c.Docs) > 0 && total != c.Amount {
			a.fault("INV-3", a.posted(c.Posted), "its documents take %d of %d minor units", total, c.Amount)
		}
		if c.ByRow > 0 {
			off[r.in.History[c.Posted].Currency] += c.Amount
		}
	}
	for i := range r.in.Pinned { // used by a posting of another range
		off[r.in.Pinned[i].Currency] -= r.in.Pinned[i].Suspended
	}
	for h := range r.in.History {
		p := &r.in.History[h]
		if !p.HoldsSuspense() {
			continue
		}
		if r.rejected[h] {
			off[p.Currency] += p.Suspended
		} else if r.held[h]+cleared[h] != p.Suspended {
			a.fault("INV-6", a.posted(h), "held %s and cleared %s are not its %s", money.New(r.held[h], p.Currency), money.New(cleared[h], p.Currency), money.New(p.Suspended, p.Currency))
		}
	}
	for c, amount := range off {
		if amount != 0 {
			a.fault("INV-6", c.String(), "what leaves the open list does not cancel out: %s", money.New(amount, c))
		}
	}
}

// checkDeposits is what of INV-7 needs no entry: batches are funded by their deposits, and deposits tell of their batches.
func (a *audit) checkDeposits() {
	batches, funded, told := map[BatchKey]*Batch{}, map[BatchKey]int64{}, map[BatchKey]int64{}
	for i := range a.res.Batches {
		batches[a.res.Batches[i].BatchKey] = &a.res.Batches[i]
	}
	for i := range a.res.Deposits {
		d := &a.res.Deposits[i]
		if (d.Verdict == Matched) != (d.Reason == NoReason) || d.Verdict == Undecided || d.Verdict == Ignored {
			a.fault("INV-1", "deposit "+d.ID, "verdict %d with reason %q is no outcome", d.Verdict, d.Reason)
		}
		if d.Fault != nil {
			continue
		}
		key := BatchKey{d.Merchant, d.SettlementDate, d.Settled.Currency()}
		funded[key] += d.Settled.Minor()
		told[key] += d.Difference
		if b := batches[key]; b == nil || d.Computed != b.Net || d.FundedTotal != b.Funded {
			a.fault("INV-7", "deposit "+d.ID, "computed %d and funded %d minor units are not those of its batch", d.Computed, d.FundedTotal)
		}
		if want := a.rateGap(d); d.FXDifference != want {
			a.fault("INV-7", "deposit "+d.ID, "rate difference %s is %s in base", money.New(d.FXDifference, a.r.p.Base), money.New(want, a.r.p.Base))
		}
	}
	for key, b := range batches {
		difference, given := told[key]
		if funded[key] != b.Funded || (given && difference != b.Funded-b.Net) {
			a.fault("INV-7", fmt.Sprintf("batch %s %s %s", key.Merchant, key.SettlementDate, key.Currency),
				"net %d, funded %d; its deposits settle %d and tell of a difference of %d minor units", b.Net, b.Funded, funded[key], difference)
		}
	}
}

// rateGap is what a deposit in another currency is worth in base beyond what it settles (ACC-08).
func (a *audit) rateGap(d *DepositOutcome) int64 {
	if d.Settled.Currency() == d.Funded.Currency() {
		return 0
	}
	p := a.r.p
	funded, err1 := p.Rate(d.Funded.Currency()).Convert(d.Funded, p.Base)
	settled, err2 := p.Rate(d.Settled.Currency()).Convert(d.Settled, p.Base)
	if err1 != nil || err2 != nil {
		return 0
	}
	return funded.Minor() - settled.Minor()
}

// checkBank is what of INV-8 needs no entry: the shares of a line are the line.
func (a *audit) checkBank() {
	for i := range a.res.Bank {
		l := &a.res.Bank[i]
		if (l.Verdict == Matched) != (l.Reason == NoReason) || l.Verdict == Undecided || l.Verdict == Ignored {
			a.fault("INV-1", "bank line "+l.ID, "verdict %d with reason %q is no outcome", l.Verdict, l.Reason)
		}
		total := int64(0)
		for _, s := range l.Shares {
			total += s.Amount
		}
		if len(l.Shares) > 0 && total != l.Amount.Minor() {
			a.fault("INV-8", "bank line "+l.ID, "its shares are %s of %s", money.New(total, l.Amount.Currency()), l.Amount)
		}
	}
	if len(a.res.Deposits) != len(a.r.in.Deposits) || len(a.res.Bank) != len(a.r.in.BankLines) {
		a.fault("INV-1", "funding", "%d of %d deposits and %d of %d bank lines have an outcome", len(a.res.Deposits), len(a.r.in.Deposits), len(a.res.Bank), len(a.r.in.BankLines))
	}
}
