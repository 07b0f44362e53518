package recon

import "tieout/ledger/money"

// Posted is one event already posted by an earlier run: context for links,
// duplicates and carry-in, never part of control totals.
type Posted struct {
	Transaction
	Documents []string // documents it was applied to
	Applied   []int64  // amount per document, minor units; nil where it was not stored
	// OpenReason is why it is still open in suspense; NoReason if it is not.
	OpenReason Reason
	Suspended  int64 // what it still holds in suspense, signed like the amount
	// Content is [ContentOf] the row as posted; "" where that is not known, and
	// then only the amount tells whether a row restates it.
	Content   string
	Said      []Said // by the sources, if not by those of the first rank alone
	AtOpening bool   // taken over at cut-over: no range can be run again for it
}

// HoldsSuspense tells an item that is still open on the unapplied account; what
// has no account rule sits on gl_suspense instead.
func (p *Posted) HoldsSuspense() bool { return p.OpenReason != NoReason && p.OpenReason != UnmappedGL }

// Deposit is one processor deposit: what was funded for one batch.
type Deposit struct {
	ID             string
	Merchant       string
	SettlementDate Date
	Settled        money.Amount
	Funded         money.Amount
	FundingDate    Date
	BankRef        string
	RateText       string // information only
	PostedOn       Date   // day on which an earlier run posted it; 0: none did
	Source         Source
	Fault          *Fault
}

// BankLine is one line of a bank statement.
type BankLine struct {
	ID          string
	ValueDate   Date
	Amount      money.Amount
	BankRef     string
	Description string
	PostedOn    Date // day on which an earlier run posted it; 0: none did
	Source      Source
	Fault       *Fault
}

// BatchKey names what the processor funds as one (stage 11).
type BatchKey struct {
	Merchant       string
	SettlementDate Date
	Currency       money.Currency
}

// OpeningBatch is a batch of earlier days that was not funded yet.
type OpeningBatch struct {
	BatchKey
	Amount int64 // minor units
}
