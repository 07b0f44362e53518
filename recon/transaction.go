package recon

import "tieout/ledger/money"

// EventType is what a processor row says happened (the closed set of
// settlement-accounting 1.2). Stored and shown as its String.
type EventType uint8

// The events. CreditOrRefund is what a report that cannot tell them apart
// says; stage 0 resolves it, and the natural key keeps it.
const (
	UnknownEvent EventType = iota
	Auth
	AuthReversal
	Capture
	Void
	Refund
	Credit
	CreditOrRefund
	Reject
	Chargeback
	ChargebackReversal
	Retrieval
	Fee
	ReserveHold
	ReserveRelease
	Adjustment
	eventTypes
)

// String is the event as files and workbooks show it.
func (t EventType) String() string {
	return [eventTypes]string{
		"", "AUTH", "AUTH_REVERSAL", "CAPTURE", "VOID", "REFUND", "CREDIT", "CREDIT_OR_REFUND", "REJECT", "CHARGEBACK",
		"CHARGEBACK_REVERSAL", "RETRIEVAL", "FEE", "RESERVE_HOLD", "RESERVE_RELEASE", "ADJUSTMENT",
	}[t]
}

// ParseEventType reads what String writes; an unknown word is never guessed (ACC-02).
func ParseEventType(word string) (EventType, bool) {
	for t := Auth; t < eventTypes; t++ {
		if t.String() == word {
			return t, true
		}
	}
	return UnknownEvent, false
}

// Financial tells the events that move money from the memo events (ACC-03).
func (t EventType) Financial() bool {
	switch t {
	case UnknownEvent, Auth, AuthReversal, Void, Retrieval:
		return false
	case Capture, Refund, Credit, CreditOrRefund, Reject, Chargeback, ChargebackReversal, Fee, ReserveHold, ReserveRelease, Adjustment, eventTypes:
	}
	return true
}

// Transaction is one processor row: capture, refund, chargeback, fee and so on
// (settlement-accounting calls it an event). Amounts are signed from the
// merchant's side, + money to the merchant (ACC-01).
//
// Strings may alias a reader's buffer: whoever keeps a Transaction beyond the
// call that handed it over puts it into a [TransactionBatch], which copies.
type Transaction struct {
	RowNo    string    `json:"row_no,omitzero"` // label of the row, "" where the file gives none
	ID       string    `json:"txn_id,omitzero"` // the processor's request id, 22 to 26 digits
	Parent   string    `json:"parent,omitzero"` // id of what this row follows, "" if none
	Merchant string    `json:"merchant,omitzero"`
	Batch    string    `json:"batch,omitzero"`
	Type     EventType `json:"event,omitzero"`
	Occurred Instant   `json:"occurred_us,omitzero"` // event time; 0: the file gives none
	Batched  Instant   `json:"batched_us,omitzero"`  // batch time; 0: none, or BatchDate has it
	// BatchDate is a batch date without a time: it is the settlement date.
	BatchDate  Date           `json:"batch_date,omitzero"`
	Currency   money.Currency `json:"currency,omitzero"`
	Amount     int64          `json:"amount,omitzero"` // minor units of Currency
	CardBrand  string         `json:"brand,omitzero"`
	Last4      string         `json:"last4,omitzero"`
	AuthCode   string         `json:"auth,omitzero"`
	Method     string         `json:"method,omitzero"`      // payment method
	Reference  string         `json:"ref,omitzero"`         // the merchant's own reference, as written
	ProcessRef string         `json:"process_ref,omitzero"` // reconciliation id of the processor: shown, never matched on
	FeeCode    string         `json:"fee_code,omitzero"`
	Store      string         `json:"store,omitzero"` // merchant-defined store dimension
	Case       string         `json:"case,omitzero"`  // dispute case number
	DueDate    Date           `json:"due,omitzero"`   // answer due, for disputes
	// CardholderCurrency and CardholderAmount are DCC information as written, never used for matching (ACC-07).
	CardholderCurrency string  `json:"holder_currency,omitzero"`
	CardholderAmount   string  `json:"holder_amount,omitzero"`
	Custom             []Field `json:"custom,omitzero"` // merchant-defined data beyond the store

	Source Source `json:"-"`
	Fault  *Fault `json:"-"` // why the row cannot be trusted; nil for a good row
}

// Field is one named value of a file.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Source is where a row was read.
type Source struct {
	File uint16 // index into the run's files
	Line uint32 // physical line, 1-based, where the row begins
}

// Fault says why a row is INVALID_ROW. Value is masked before it is stored.
type Fault struct {
	Column  string
	Code    string // stable, lower_snake
	Message string // one sentence for a person: what is wrong and what was expected
	// AmountText and CurrencyText are kept, masked, so that people can find the row.
	CurrencyText string
}
