package reports

import (
	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
)

// Proof says which proof a journal line is part of.
type Proof string

// The proofs that live formulas of the workbook follow.
const (
	NoProof       Proof = ""
	ProofClearing Proof = "CLEARING" // H: lines of the clearing account
	ProofSuspense Proof = "SUSPENSE" // Q: lines of the account of unapplied money
)

// JournalLine is one line of an entry with what it needs of its entry.
type JournalLine struct {
	EntryNo  string
	Natural  string // natural key of the entry
	Posting  recon.Date
	Merchant string
	Class    string
	Corrects string
	LineNo   int
	Account  string
	Debit    bool
	Amount   money.Amount
	Base     money.Amount
	Rate     string
	Label    string
	Memo     string
	Rule     string
	Sources  []string
	Proof    Proof
}

// Lines unfolds an entry. proof tells of which proof a line's account is part; nil tells of none.
func Lines(e ledger.Entry, proof func(*ledger.Line) Proof) []JournalLine {
	key, all := e.Key(), e.Lines()
	lines := make([]JournalLine, len(all))
	for i, l := range all {
		lines[i] = JournalLine{
			EntryNo: e.Number(), Natural: key.String(), Posting: e.PostingDate(), Merchant: key.Merchant, Class: string(key.Class),
			Corrects: e.Corrects(), LineNo: i + 1, Account: l.Account, Debit: l.Side == ledger.Debit, Label: l.Label, Rule: l.Rule,
			Amount: money.New(l.Amount, key.Currency), Base: money.New(l.Base, e.Base()), Rate: e.Rate().String(), Memo: l.Memo,
		}
		if l.Memo == "" {
			lines[i].Memo = e.Memo()
		}
		for _, s := range l.Sources {
			lines[i].Sources = append(lines[i].Sources, string(s))
		}
		if proof != nil {
			lines[i].Proof = proof(&l)
		}
	}
	return lines
}

// RollForward is the movement of a balance over a period (5.1). Amounts are
// signed so that the balance of a healthy account is positive: debit for assets,
// credit for unapplied money. Closing is the books' own figure; the workbook adds
// the movements up beside it. Where no opening balance is known, opening and
// closing have no figure and only the movements are shown (ME-01).
type RollForward struct {
	Account  string // clearing, unapplied, cb_receivable, reserve, in_transit
	Merchant string // "" is all merchants
	Currency money.Currency
	Period   string // yyyy-mm, by posting date (ME-02)
	Opening  money.Amount
	Captures, Refunds, Rejects, Chargebacks, Reversals,
	Fees, Reserve, Adjustments, Funding, Other money.Amount
	Closing money.Amount
}

// Move adds a movement to the column that its label belongs to; a label without a column goes to Other.
func (r *RollForward) Move(label string, amount money.Amount) error {
	column := r.columnOf(label)
	sum, err := column.Add(amount)
	*column = sum
	return err
}

func (r *RollForward) columnOf(label string) *money.Amount {
	switch label {
	case "CAPTURE":
		return &r.Captures
	case "REFUND", "CREDIT":
		return &r.Refunds
	case "REJECT":
		return &r.Rejects
	case "CHARGEBACK":
		return &r.Chargebacks
	case "CHARGEBACK_REVERSAL":
		return &r.Reversals
	case "FEE":
		return &r.Fees
	case "RESERVE_HOLD", "RESERVE_RELEASE":
		return &r.Reserve
	case "ADJUSTMENT":
		return &r.Adjustments
	case "FUNDING":
		return &r.Funding
	}
	return &r.Other
}

// Suspense proves unapplied money (INV-6): closing balance = list of open items.
type Suspense struct {
	Account                          string
	Opening, Movement, Closing, List money.Amount
	Items                            []string // what makes up the list: row:9, carried:700...
}

// InTransit proves deposits on their way (INV-8): closing = opening + deposits
// less bank lines. An opening without figure counts as nothing carried over.
type InTransit struct {
	Account                               string
	Opening, Deposits, BankLines, Closing money.Amount
}

// CashProof is the four-column proof of cash of one bank account (ME-03): book
// less bank less what was booked in parts is 0 in every column.
type CashProof struct {
	Account    string
	Currency   money.Currency
	Book, Bank CashColumns
	// Parts is what one bank line adds to both sides of the book when merchants
	// share it with opposite signs; it nets to 0.
	Parts CashColumns
	// The reconciling items stand beside the proof: deposits not on the statement
	// yet, and statement lines without a deposit report.
	InTransit, Unidentified money.Amount
}

// CashColumns are the four columns of one side. Where only movements are known, opening and closing stay empty.
type CashColumns struct{ Opening, Receipts, Disbursements, Closing money.Amount }

// Batch is what a merchant settled on a day in a currency, and what was funded of it.
type Batch struct {
	Merchant          string
	Settled           recon.Date
	Net, Funded, Open money.Amount
	Status            string // EDGE-4
	Reason            recon.Reason
}

// Deposit is one line of the funding report with what became of it.
type Deposit struct {
	ID           string
	Merchant     string
	Settled      recon.Date
	Net          money.Amount // of the batch
	SettledFor   money.Amount // settled amount, in the batch's currency
	Funding      money.Amount // in the funding currency
	FundingDate  recon.Date
	BankRef      string
	Difference   money.Amount
	FXDifference money.Amount // in base
	Verdict      recon.Verdict
	Reason       recon.Reason
	BankLines    []string
}

// BankLine is one line of the bank statement with what became of it.
type BankLine struct {
	ID        string
	ValueDate recon.Date
	Amount    money.Amount
	BankRef   string
	Text      string
	Verdict   recon.Verdict
	Reason    recon.Reason
	Deposits  []string
}

// ClearedItem is a carried item that left the open list in this run (MAT-09).
type ClearedItem struct {
	ID        string // of the exception
	RequestID string
	Merchant  string
	From      recon.Reason
	Origin    recon.Date
	FirstSeen recon.Date
	Amount    money.Amount
	Pass      recon.Pass
	Documents []string
	Posting   recon.Date
	EntryNo   string
	By        string // what cleared it: document, row 12, decision of dana ...
	Run       string // the run that cleared it; "" is this run
	DataKey   string // Key of the row in Data that cleared it, "" for none
}
