package recon

// Reason is why a row is an exception or is ignored: the closed sets of
// settlement-accounting 3.5 (MAT-08). Stored and shown as its String.
type Reason uint8

// Exceptions first, then what is ignored.
const (
	NoReason Reason = iota
	InvalidRow
	WrongMerchant
	NoOrder
	CurrencyMismatch
	DuplicateOrder
	AmbiguousMatch
	WeakMatch
	OrderCancelled
	DuplicateTxn
	DateWindow
	AmountOver
	AmountUnder
	NotCaptured
	TimingNotSettled
	RefundNoCreditMemo
	RefundOverCapture
	CreditUnlinked
	CreditMemoNoRefund
	ProcessorReject
	ChargebackOpen
	ChargebackUnlinked
	RetrievalOpen
	AdjustmentUnexplained
	UnmappedGL
	ClosedPeriod
	FXDifference
	FundingDiff
	DepositInTransit
	SettledNotFunded
	BankUnidentified
	RefundAndChargeback // a secondary note only (EDGE-11)
	NonFinancial
	Voided
	Test
	DuplicateRow
	PendingBatch
	OutOfRange
	ZeroAmount
	NotCard
	NotDue
	DocCancelled
	reasons
)

// Severity is how much a reason matters: H blocks the close, M act this week, L informs.
type Severity string

// About is what finance is told of a reason (settlement-accounting 3.5).
type About struct {
	Code     string
	Text     string
	Severity Severity
	Owner    string
	Action   string
}

// String is the code of the reason, "" for none.
func (r Reason) String() string { return r.About().Code }

// ParseReason reads what String writes.
func ParseReason(code string) (Reason, bool) {
	for r := InvalidRow; r < reasons; r++ {
		if r.String() == code {
			return r, true
		}
	}
	return NoReason, false
}

// ExceptionReasons lists the codes an exception can have, in the order of 3.5.
func ExceptionReasons() []Reason {
	var all []Reason
	for r := InvalidRow; r <= BankUnidentified; r++ {
		all = append(all, r)
	}
	return all
}

// About explains the reason to a person.
func (r Reason) About() About {
	return [reasons]About{
		{},
		{"INVALID_ROW", "cannot be trusted or read", "H", "IT", "Fix the source and reload it; the merchant's day is held until then."},
		{"WRONG_MERCHANT", "unknown merchant id, or not the document's merchant", "H", "AR lead", "Correct the configuration or move it between companies."},
		{"NO_ORDER", "no document found by any pass", "M", "AR", "Find the order, or refund."},
		{"CURRENCY_MISMATCH", "linked, but in another currency", "H", "AR lead", "Refund and recharge, or correct the document."},
		{"DUPLICATE_ORDER", "the key hits a document that exists twice", "M", "Sales ops", "Cancel one of the documents."},
		{"AMBIGUOUS_MATCH", "several candidates, or a contested one", "M", "AR", "Choose one of the suggested documents."},
		{"WEAK_MATCH", "one candidate, by the loose pass only", "L", "AR", "Confirm the suggestion."},
		{"ORDER_CANCELLED", "captured after the order was cancelled", "H", "AR", "Refund the customer."},
		{"DUPLICATE_TXN", "second charge of the same sale", "H", "AR", "Refund the second charge."},
		{"DATE_WINDOW", "linked, but the dates are too far apart", "M", "AR", "Check for a reused number, then confirm."},
		{"AMOUNT_OVER", "captured or refunded more than is owed", "H", "AR", "Refund the excess, or correct the document."},
		{"AMOUNT_UNDER", "shipped, but captured less", "M", "AR", "Capture the rest, or write it off."},
		{"NOT_CAPTURED", "shipped, nothing captured, past the timing days", "H", "AR", "Capture before the authorization lapses."},
		{"TIMING_NOT_SETTLED", "shipped, not captured yet, within the timing days", "L", "none", "None; it is carried."},
		{"REFUND_NO_CREDIT_MEMO", "refund without a credit memo", "M", "AR", "Raise the credit memo."},
		{"REFUND_OVER_CAPTURE", "refunds exceed the capture", "H", "Controller", "Investigate (fraud)."},
		{"CREDIT_UNLINKED", "stand-alone credit without a credit memo", "H", "Controller", "Investigate (fraud)."},
		{"CREDIT_MEMO_NO_REFUND", "credit memo without a refund, past the timing days", "M", "AR", "Refund, or reclassify the memo as on account."},
		{"PROCESSOR_REJECT", "refused by the processor after submission", "H", "AR", "Recapture or collect otherwise."},
		{"CHARGEBACK_OPEN", "dispute against a known capture", "H", "Disputes", "Respond by the due date, or accept the loss."},
		{"CHARGEBACK_UNLINKED", "dispute or reversal without enough original", "H", "Disputes", "Identify the original."},
		{"RETRIEVAL_OPEN", "copy request", "M", "Disputes", "Send the document by the due date."},
		{"ADJUSTMENT_UNEXPLAINED", "adjustment without a mapped code", "M", "Treasury", "Ask the processor."},
		{"UNMAPPED_GL", "no account rule, or a segment is missing", "H", "GL", "Add a rule and rerun."},
		{"CLOSED_PERIOD", "dated in a closed period", "L", "GL", "Review the posting date."},
		{"FX_DIFFERENCE", "rate difference above the tolerance", "M", "Treasury", "Check rate and margin."},
		{"FUNDING_DIFF", "the deposit is not the batch net, or the bank is not the deposit", "H", "Treasury", "Claim or explain the difference."},
		{"DEPOSIT_IN_TRANSIT", "reported funded, not on the bank statement", "L", "Treasury", "None at first; chase after three bank days."},
		{"SETTLED_NOT_FUNDED", "no deposit after the funding lag", "H", "Treasury", "Chase the processor."},
		{"BANK_UNIDENTIFIED", "bank line without a deposit report", "M", "Treasury", "Identify the receipt."},
		{"REFUND_AND_CHARGEBACK", "refunded and charged back: a double loss", "H", "Disputes", "Answer the dispute with the refund."},
		{Code: "NON_FINANCIAL", Text: "moves no money"},
		{Code: "VOIDED", Text: "voided before submission"},
		{Code: "TEST", Text: "test merchant or test order"},
		{Code: "DUPLICATE_ROW", Text: "the same row again, or posted by an earlier run"},
		{Code: "PENDING_BATCH", Text: "not submitted yet"},
		{Code: "OUT_OF_RANGE", Text: "settles after the range"},
		{Code: "ZERO_AMOUNT", Text: "amount is zero"},
		{Code: "NOT_CARD", Text: "not paid by card"},
		{Code: "NOT_DUE", Text: "order not shipped yet"},
		{Code: "CANCELLED", Text: "document cancelled"},
	}[r]
}
