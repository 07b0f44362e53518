package reports

import (
	"iter"
	"time"

	"tieout/ledger/money"
	"tieout/recon"
)

// Night is one run for a range of settlement dates, as its workbook shows it.
//
// An Amount without a currency means "no figure" and shows as an empty cell,
// never as 0.00. Rows stream: a sequence may be walked more than once and must
// give the same rows each time; an error ends it and fails the report.
type Night struct {
	Company     string
	Title       string // "" takes a title made of the company
	From, To    recon.Date
	AsOf        recon.Date
	RunID       string
	Revision    int
	Zone        *time.Location // the company's zone, in which times are shown; nil is UTC
	Base        money.Currency
	Software    string // version of the program
	RuleVersion string // version of the rule table (GL-07)
	ConfigHash  string
	Status      string // of the run, in words: RELEASED, WAITING FOR APPROVAL, HELD ...
	Operator    string
	Parameters  []Parameter // windows, tolerances and the like, as the policy has them
	ClosedTo    recon.Date  // periods are closed up to this day
	Currencies  []TieOut    // in the order of the columns; one without currency takes rows whose currency is unreadable
	Counts      []Count     // rows in, by side
	Exceptions  iter.Seq2[ExceptionRow, error]
	Rows        iter.Seq2[Row, error] // every input row once, whatever its outcome (INV-1)
	Journal     iter.Seq2[JournalLine, error]
	RollForward []RollForward // clearing first
	Suspense    []Suspense
	InTransit   []InTransit
	Cash        []CashProof
	Batches     []Batch
	Deposits    []Deposit
	BankLines   []BankLine
	Cleared     []ClearedItem
	Sources     []recon.FileReport
	NotProvided []string // names of sources that the run did not have: funding, bank statement ...
	Owners      []string // people and teams for the drop-down, beside those of the reasons
	Approvals   []Approval
	Definitions []Definition // empty takes [Definitions]
	Notices     []string     // sentences for the reader's attention
}

// Parameter is one setting of the run, for the page About.
type Parameter struct{ Name, Value string }

// Approval is a decision recorded by the service, printed beside the sign-off block (4.6).
type Approval struct {
	What string
	Who  string
	When recon.Instant
	Note string
}

// Definition explains a word to the reader.
type Definition struct{ Word, Text string }
