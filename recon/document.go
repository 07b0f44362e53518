package recon

import "tieout/ledger/money"

// DocType is the kind of an ERP document.
type DocType uint8

// The kinds of documents.
const (
	UnknownDoc DocType = iota
	Invoice
	Order
	CreditMemo
	docTypes
)

// String is the kind as files show it.
func (t DocType) String() string {
	return [docTypes]string{"", "INVOICE", "ORDER", "CREDIT_MEMO"}[t]
}

// ParseDocType reads what String writes.
func ParseDocType(word string) (DocType, bool) {
	for t := Invoice; t < docTypes; t++ {
		if t.String() == word {
			return t, true
		}
	}
	return UnknownDoc, false
}

// DocStatus is how far the ERP has taken a document.
type DocStatus uint8

// The states of a document. Shipped and Closed are fully shipped.
const (
	UnknownStatus DocStatus = iota
	Open
	Partial
	Shipped
	Closed
	Cancelled
	docStatuses
)

// String is the state as files show it.
func (s DocStatus) String() string {
	return [docStatuses]string{"", "OPEN", "PARTIAL", "SHIPPED", "CLOSED", "CANCELLED"}[s]
}

// ParseDocStatus reads what String writes.
func ParseDocStatus(word string) (DocStatus, bool) {
	for s := Open; s < docStatuses; s++ {
		if s.String() == word {
			return s, true
		}
	}
	return UnknownStatus, false
}

// FullyShipped tells whether a tolerance may close the document (stage 5, step 4).
func (s DocStatus) FullyShipped() bool { return s == Shipped || s == Closed }

// Components are the parts of a document's amount in minor units, in the order
// in which ties of an allocation go (GL-13).
type Components [4]int64

// Positions in Components.
const (
	Goods = iota
	Tax
	Shipping
	Surcharge
)

// ComponentNames are the names of the positions in Components.
func ComponentNames() [4]string { return [4]string{"goods", "tax", "shipping", "surcharge"} }

// Document is one ERP invoice, order or credit memo. Credit memos have
// negative amounts. Strings may alias a reader's buffer, as in Transaction.
type Document struct {
	ID         string
	Type       DocType
	OrderNo    string
	InvoiceNo  string
	CustomerNo string
	Date       Date
	Status     DocStatus
	Merchant   string // "" belongs to every configured merchant (EDGE-12)
	Store      string // "" takes the merchant's store (EDGE-12)
	// Dimensions are the ERP's own columns for the general ledger (department ...), by name; one without a value is left out.
	Dimensions []Field
	Method     string // payment method
	Currency   money.Currency
	Amount     int64 // minor units of Currency
	Components Components
	Prior      int64  // applied by earlier runs
	RequestID  string // the processor's id as stored on the document
	AuthCode   string
	Last4      string

	Source Source
	Fault  *Fault
}
