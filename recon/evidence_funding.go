package recon

import (
	"fmt"
	"strings"

	"tieout/ledger/money"
)

// DepositEvidence says why a deposit is an exception, and by how much.
func (r *Result) DepositEvidence(d *DepositOutcome) string {
	p, c := r.run.p, d.Settled.Currency()
	switch d.Reason {
	case InvalidRow:
		return faultText(d.Fault)
	case FundingDiff:
		if d.Difference != 0 {
			return fmt.Sprintf("deposits of the batch settle %s, its rows net %s: %s %s", money.New(d.FundedTotal, c), money.New(d.Computed, c),
				money.New(abs(d.Difference), c), moreOrLess(d.Difference))
		}
		return r.bankGap(d.BankRef, d.Funded.Currency())
	case FXDifference:
		settled, err := p.Rate(c).Convert(d.Settled, p.Base)
		if err != nil || settled.Minor() == 0 {
			return ""
		}
		return fmt.Sprintf("%s %s for %s %s, worth %s %s at %s: %s %s, %d bp, limit is %d", d.Funded, d.Funded.Currency(), d.Settled, c, settled, p.Base,
			p.Rate(c), money.New(abs(d.FXDifference), p.Base), moreOrLess(d.FXDifference), abs(d.FXDifference)*10000/abs(settled.Minor()), p.FXToleranceBP)
	case DepositInTransit:
		return fmt.Sprintf("funded on %s, %s ago; no bank line has the reference %q in %s", d.FundingDate, inDays(int(p.AsOf-d.FundingDate)), d.BankRef, d.Funded.Currency())
	default:
		return ""
	}
}

// BatchEvidence says why a batch is an exception.
func (r *Result) BatchEvidence(b *Batch) string {
	if b.Reason != SettledNotFunded {
		return ""
	}
	return fmt.Sprintf("settled %s ago, lag is %d; nothing of %s %s is funded", inDays(int(r.run.p.AsOf-b.SettlementDate)), r.run.p.FundingLagDays, money.New(b.Net, b.Currency), b.Currency)
}

// BankEvidence says why a bank line is an exception.
func (r *Result) BankEvidence(l *BankOutcome) string {
	switch l.Reason {
	case InvalidRow:
		return faultText(l.Fault)
	case BankUnidentified:
		if strings.TrimSpace(l.BankRef) == "" {
			return "it has no reference"
		}
		return fmt.Sprintf("no deposit has the reference %q in %s", l.BankRef, l.Amount.Currency())
	case FundingDiff:
		return r.bankGap(l.BankRef, l.Amount.Currency())
	default:
		return ""
	}
}

// bankGap compares the deposits and the bank lines of one reference (EDGE-3).
func (r *Result) bankGap(reference string, c money.Currency) string {
	reference = strings.TrimSpace(reference)
	var deposits, lines int64
	for i := range r.Deposits {
		if d := &r.Deposits[i]; d.Fault == nil && strings.TrimSpace(d.BankRef) == reference && d.Funded.Currency() == c {
			deposits += d.Funded.Minor()
		}
	}
	for i := range r.Bank {
		if l := &r.Bank[i]; l.Fault == nil && strings.TrimSpace(l.BankRef) == reference && l.Amount.Currency() == c {
			lines += l.Amount.Minor()
		}
	}
	return fmt.Sprintf("bank lines of %s bring %s, its deposits fund %s: %s %s", reference, money.New(lines, c), money.New(deposits, c), money.New(abs(lines-deposits), c), moreOrLess(lines-deposits))
}

func moreOrLess(difference int64) string {
	if difference < 0 {
		return "short"
	}
	return "over"
}

func faultText(f *Fault) string {
	if f == nil {
		return ""
	}
	return "column " + f.Column + ": " + f.Message
}
