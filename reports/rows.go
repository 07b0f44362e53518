package reports

import (
	"iter"

	"tieout/ledger/money"
	"tieout/recon"
)

// Side tells what a row or an exception belongs to (3.5, column side).
type Side string

// The sides. A processor row is an event on every sheet that people see.
const (
	SideEvent   Side = "event"
	SideDoc     Side = "doc"
	SideDeposit Side = "deposit"
	SideBatch   Side = "batch"
	SideBank    Side = "bank"
)

// Count is how many input rows of a side ended how (INV-2). The workbook holds
// what it streams against these counts and fails if a row is missing.
type Count struct {
	Side                         Side
	Matched, Exceptions, Ignored int
}

// Total is the number of rows of the side.
func (c Count) Total() int { return c.Matched + c.Exceptions + c.Ignored }

// Row is one input row with its outcome: the sheets Data, Matched and Ignored.
type Row struct {
	Key          string // T:12, D:D01, F:F02, B:K09: what ExceptionRow.DataKey points at
	Side         Side
	RowNo        string // label of an event, else the id of the row
	File         string
	Line         int
	Merchant     string
	Store        string
	Batch        string
	Type         string // event type or document type
	RequestID    string
	ParentID     string
	Reference    string // the merchant's reference, or a bank reference
	OrderNo      string
	InvoiceNo    string
	CustomerNo   string
	Text         string // description of a bank line
	Occurred     recon.Instant
	Date         recon.Date // settlement date of events, document date, funding date, value date
	Posting      recon.Date
	Currency     money.Currency
	Amount       money.Amount
	Counted      bool // the amount is part of control total B: a readable row of a financial type
	Applied      money.Amount
	Suspended    money.Amount
	WriteOff     money.Amount
	Remaining    money.Amount // documents
	Verdict      recon.Verdict
	Reason       recon.Reason
	Secondary    []recon.Reason
	Pass         recon.Pass
	Kind         recon.Kind
	Documents    []string // documents of an event, rows of a document
	Evidence     string   // what a matched event matched on
	CardBrand    string
	Last4        string
	AuthCode     string
	FeeCode      string
	Method       string
	DocumentText string // status of a document
}

// Each is the sequence of rows that are already in memory.
func Each[T any](rows []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}
