package reports

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"tieout/ledger/money"
	"tieout/recon"
)

// ExceptionColumns are the columns of the work list in the order of 4.2, for
// the sheet and for exceptions.csv. Times are local, their zone is named in the heading (XLS-03).
func ExceptionColumns(zone string) []string {
	return []string{
		"exception_id", "status", "severity", "reason", "reason text", "side", "merchant_id", "store", "order_no", "invoice_no", "customer_no",
		"merchant_ref", "request_id", "parent_id", "event_type", "origin_date", "event time (" + zone + ")", "currency", "amount", "applied",
		"suspended", "difference", "card_brand", "last4", "auth_code", "suggested match", "suggested action", "due_date", "first_seen", "age_days",
		"bucket", "owner", "disposition", "disposition_ref", "assigned_to", "note", "row_hash",
	}
}

// ExceptionStatus tells whether an earlier run listed the item (4.2).
type ExceptionStatus string

// The states of an exception on the work list.
const (
	StatusNew      ExceptionStatus = "NEW"      // first listed by this run
	StatusCarried  ExceptionStatus = "CARRIED"  // open since an earlier run
	StatusReopened ExceptionStatus = "REOPENED" // had left the list and is back
)

// ExceptionRow is one line of the work list (4.2). Severity and Owner are
// those of the reason unless said otherwise.
type ExceptionRow struct {
	ID         string
	Status     ExceptionStatus
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
	Origin     recon.Date // from which the item ages (3.5); 0: nobody knows, and it has no age
	Occurred   recon.Instant
	Currency   money.Currency
	Amount     money.Amount
	Applied    money.Amount
	Suspended  money.Amount
	Difference money.Amount // amount less applied and suspended of an event; what is left of a document; the gap of a deposit
	CardBrand  string
	Last4      string
	AuthCode   string
	Suggested  []string   // document ids
	Due        recon.Date // by which a dispute must be answered; 0: none
	FirstSeen  recon.Date // as-of date of the first run that listed it (MAT-10)
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

// RowHash covers what is locked in a row of Exceptions (RT-02), by value and in
// the order of 4.2: who imports the sheet computes it again. Age and bucket
// follow from the as-of date and are not part of it.
func (e *ExceptionRow) RowHash() string {
	fields := []string{
		e.ID, string(e.Status), string(e.SeverityOf()), e.Reason.String(), e.ReasonText(), string(e.Side), e.Merchant, e.Store,
		e.OrderNo, e.InvoiceNo, e.CustomerNo, e.Reference, e.RequestID, e.ParentID, e.Type, e.Origin.String(), CurrencyName(e.Currency),
		e.Amount.String(), e.Applied.String(), e.Suspended.String(), e.Difference.String(), e.CardBrand, e.Last4, e.AuthCode,
		strings.Join(e.Suggested, ", "), e.Due.String(), e.FirstSeen.String(), e.OwnerOf(),
	}
	var buffer [1024]byte
	text := buffer[:0]
	for _, field := range fields {
		clean, _ := CellText(field)
		text = append(append(text, clean...), 0x1F)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// CurrencyName is the currency as cells name it; an unreadable one has a word, so that formulas can count it.
func CurrencyName(c money.Currency) string {
	if c == 0 {
		return "(none)"
	}
	return c.String()
}

// MaxText is how many UTF-16 units a cell holds (XLS-04).
const MaxText = 32_767

// CutMark ends text that was too long for a cell.
const CutMark = " [cut]"

// CellText is text as a cell can hold it (XLS-04): what XML or a spreadsheet
// cannot hold is removed, and what is too long is cut, with a mark.
func CellText(text string) (clean string, cut bool) {
	if isPlain(text) && len(text) <= MaxText { // nearly all text
		return text, false
	}
	clean = text
	if !utf8.ValidString(clean) {
		clean = strings.ToValidUTF8(clean, "\uFFFD")
	}
	clean = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == '\uFFFE' || r == '\uFFFF' {
			return -1
		}
		return r
	}, clean)
	if len(clean) <= MaxText {
		return clean, false
	}
	units := 0
	for at, r := range clean {
		if units += len16(r); units > MaxText {
			return cutTo(clean[:at]), true
		}
	}
	return clean, false
}

// isPlain tells text of printable ASCII.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

func len16(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}

// cutTo makes room for the mark.
func cutTo(text string) string {
	for range CutMark {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text + CutMark
}
