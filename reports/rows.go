package reports

import (
	"iter"
	"strings"

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
	CardBrand    string
	Last4        string
	AuthCode     string
	FeeCode      string
	Method       string
	DocumentText string // status of a document
}

// ExceptionRow is one line of the work list (4.2). Severity and Owner are
// those of the reason unless said otherwise.
type ExceptionRow struct {
	ID         string
	Status     string // NEW, CARRIED, REOPENED
	Severity   recon.Severity
	Reason     recon.Reason
	Secondary  []recon.Reason
	Evidence   string // what was found, in a sentence; follows the text of the reason
	Side       Side
	Merchant   string
	Store      string
	OrderNo    string
	InvoiceNo  string
	CustomerNo string
	Reference  string
	RequestID  string
	ParentID   string
	Type       string
	Origin     recon.Date // from which the item ages
	Occurred   recon.Instant
	Currency   money.Currency
	Amount     money.Amount
	Applied    money.Amount
	Suspended  money.Amount
	Difference money.Amount // amount less applied and suspended of an event; what is left of a document; the gap of a deposit
	CardBrand  string
	Last4      string
	AuthCode   string
	Suggested  []string // document ids
	Due        recon.Date
	FirstSeen  recon.Date
	Owner      string
	DataKey    string // Key of its row, "" for carried items and batches

	// What finance wrote, carried forward by a rerun (XLS-17).
	Disposition, DispositionRef, AssignedTo, Note string
}

// SeverityOf is the severity that applies.
func (e *ExceptionRow) SeverityOf() recon.Severity {
	if e.Severity != "" {
		return e.Severity
	}
	return e.Reason.About().Severity
}

// OwnerOf is the owner that applies.
func (e *ExceptionRow) OwnerOf() string {
	if e.Owner != "" {
		return e.Owner
	}
	return e.Reason.About().Owner
}

// ReasonText is the reason in words, with evidence and secondary reasons.
func (e *ExceptionRow) ReasonText() string {
	text := e.Reason.About().Text
	if e.Evidence != "" {
		text += ": " + e.Evidence
	}
	if len(e.Secondary) > 0 {
		text += " (also " + Codes(e.Secondary) + ")"
	}
	return text
}

// Codes are the codes of reasons, separated by a comma.
func Codes(reasons []recon.Reason) string {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = r.String()
	}
	return strings.Join(codes, ", ")
}

// Bucket is the aging bucket of so many days: an index into [BucketNames].
func Bucket(days int) int {
	bucket := 0
	for i, from := range BucketStarts() {
		if days >= from {
			bucket = i
		}
	}
	return bucket
}

// BucketStarts are the first days of the aging buckets (3.5).
func BucketStarts() [6]int { return [6]int{0, 4, 8, 15, 31, 61} }

// BucketNames are the aging buckets as people write them.
func BucketNames() [6]string { return [6]string{"0-3", "4-7", "8-14", "15-30", "31-60", "61+"} }

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
