package reports

import (
	"iter"
	"time"

	"tieout/ledger/money"
	"tieout/recon"
)

// Night is one run for a range of settlement dates, as its workbook shows it.
//
// An Amount without a currency means "no figure" and shows as an empty cell or
// as NOT PROVIDED, never as 0.00. Rows stream: a sequence may be walked more
// than once and must give the same rows each time; an error ends it and fails
// the report. The zero value of every field is what a run without state has.
type Night struct {
	Company  string
	Title    string         // "" takes a title made of the company
	From, To recon.Date     // settlement dates, both included
	AsOf     recon.Date     // the day from which ages count
	RunID    string         // printed on every page
	Revision int            // 1, and one more for every rerun of the range (XLS-17)
	Zone     *time.Location // the company's zone, in which times are shown; nil is UTC
	Base     money.Currency
	Status   string     // of the run, in words: RELEASED, WAITING FOR APPROVAL, HELD ...
	ClosedTo recon.Date // periods are closed up to this day; 0: none

	Software    string      // name and version of the program (GL-25)
	RuleVersion string      // version of the rule table (GL-07)
	ConfigHash  string      // hash of rules, tolerances, accounts and targets
	Operator    string      // who or what started the run
	Parameters  []Parameter // windows, tolerances, rates and the like, as the policy has them

	Currencies []TieOut // in the order of the columns; one without currency takes rows whose currency is unreadable
	Counts     []Count  // rows in, by side; rows that stream must agree with them (INV-2)
	Exceptions iter.Seq2[ExceptionRow, error]
	Rows       iter.Seq2[Row, error] // every input row once, whatever its outcome (INV-1)
	Journal    iter.Seq2[JournalLine, error]

	RollForward []RollForward // clearing first; rows without merchant are totals of a currency
	Suspense    []Suspense
	InTransit   []InTransit // nil: no bank statement and no funding report
	Cash        []CashProof // nil: no bank statement
	Batches     []Batch
	Deposits    []Deposit     // nil: no funding report
	BankLines   []BankLine    // nil: no bank statement
	Cleared     []ClearedItem // carried items that left the open list in this run (MAT-09)

	PriorAsOf recon.Date   // as-of date of the list that Movement starts from; 0: none is given
	Movement  []Movement   // of the open items since then, by reason and currency (ME-04)
	Trend     []TrendPoint // open amounts of earlier weeks, oldest first, this run last; fewer than two draw nothing

	Sources     []recon.FileReport
	Received    []SourceDay  // what came of each report; nil where reports lie in a folder
	NotProvided []string     // names of sources that the run did not have: funding report, bank statement ...
	Owners      []string     // people and teams for the drop-down, beside those of the reasons
	Approvals   []Approval   // on record, printed beside the sign-off block (4.6)
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
