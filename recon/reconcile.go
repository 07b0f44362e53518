package recon

import "runtime"

// Input is everything one run looks at. Tables are read, never changed in
// meaning: stage 0 fills in settlement dates.
type Input struct {
	Transactions *Transactions
	Documents    *Documents
	History      []Posted
	Deposits     []Deposit
	BankLines    []BankLine
	HasFunding   bool             // a funding report was given, even an empty one
	HasBank      bool             // a bank statement was given, even an empty one
	FileHashes   []string         // by file number; breaks ties between rows without labels
	Ranks        []int            // by file number: whose word counts where reports of several kinds speak of one event, 0 first; nil: all alike
	Generations  []int            // by file number: when a file was first kept; nil: all at once. Of two contents of a row the last kept counts
	Inherit      []Inherited      // documents that open events of earlier runs are linked to, in processing order
	Priors       map[string]Prior // documents by id: what other ranges took, beyond the documents' own figure
	Pinned       []Pinned         // rows of the range whose money a posting outside of it has used
	Workers      int              // 0: as many as there are processors
}

// Reconcile decides every row. The stages run in the order of
// settlement-accounting 3.4, each in a file of its name; links do not depend on
// balances, so captures are linked before netting asks what their orders are,
// and a rejected row takes no part in netting.
func Reconcile(in Input, p *Policy, books Books) *Result {
	if in.Workers <= 0 {
		in.Workers = runtime.GOMAXPROCS(0)
	}
	r := newRun(in, p, books)
	r.mergeSources()  // what several reports say of one event becomes one
	r.dateRows()      // settlement dates, tests
	r.markDocuments() // which documents are cards, tests, and what they owe
	r.clusterTables() // rows and documents of one reference lie together from here on
	r.orderByID()     // rows of one id are neighbours
	r.knowHistory()

	r.sortOutRows()                  // 0: invalid, duplicate, test, void, memo, pending, out of range, zero
	r.findPriors()                   //    what other ranges took from documents
	r.pinRows()                      //    what postings outside the range have used stands as posted
	r.linkCaptures()                 // 3: P1, P2, P3
	r.applyRejects()                 // 2: un-apply, so that a same-day recapture can match
	r.netPairs()                     // 1: captures refunded the same day whose order is gone
	r.applyCaptures()                // 4 and 5: checks, then amounts
	r.clearCarried()                 // 6: what earlier runs left in suspense
	r.looseCaptures()                // 7: P4, P5
	r.applyRefunds()                 // 8: refunds and credits
	r.bookDirect()                   // 9: fees, reserves, adjustments, chargebacks
	r.nameHeldRejects()              //    documents of rejects that took nothing back
	r.closePeriods()                 //    EDGE-9
	r.inheritOpen()                  //    documents of events that are open since earlier runs
	r.judgeDocuments()               // 10
	r.countRows()                    //    of every outcome, file, currency and batch
	return r.result(r.fundBatches()) // 11
}
