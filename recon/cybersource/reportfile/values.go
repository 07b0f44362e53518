package reportfile

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"tieout/recon"
)

// serviceFacts are the applications of one row (cybersource.md 4.2) and the event they make.
type serviceFacts struct {
	kind            recon.EventType
	echeck          bool
	fault, expected string
}

// parseApplications reads a list of applications. One of ics_bill, ics_credit,
// ecp_debit and ecp_credit makes the row financial; an authorisation alone is a
// memo; what is unknown and alone is never guessed (ACC-02).
func parseApplications(list []byte) serviceFacts {
	var s serviceFacts
	var bill, credit, auth, reversal, void bool
	for name := range strings.SplitSeq(strings.ToLower(string(list)), ",") {
		switch strings.TrimSpace(name) {
		case "ics_bill":
			bill = true
		case "ecp_debit", "ics_ecp_debit":
			bill, s.echeck = true, true
		case "ics_credit":
			credit = true
		case "ecp_credit", "ics_ecp_credit":
			credit, s.echeck = true, true
		case "ics_auth":
			auth = true
		case "ics_auth_reversal":
			reversal = true
		case "ics_void":
			void = true
		}
	}
	switch {
	case bill && credit:
		s.fault, s.expected = "bill_and_credit", "either a sale or a credit, not both; ask the processor which of the two it is"
	case void && (bill || credit):
		s.fault, s.expected = "bill_and_void", "either a settled service or a void, not both; ask the processor which of the two it is"
	case bill:
		s.kind = recon.Capture
	case credit:
		s.kind = recon.CreditOrRefund
	case void:
		s.kind = recon.Void
	case reversal:
		s.kind = recon.AuthReversal
	case auth:
		s.kind = recon.Auth
	default:
		s.fault, s.expected = "unknown_application", "one of ics_bill, ics_credit, ecp_debit or ecp_credit; ask the processor what the row is"
	}
	return s
}

// lastApplications remembers the latest lists, for a file has few of them.
type lastApplications struct {
	text  [4][]byte
	known [4]serviceFacts
	next  int
}

// of is what [parseApplications] gives; it lasts until the next call.
func (l *lastApplications) of(list []byte) *serviceFacts {
	for i := range l.text {
		if len(l.text[i]) > 0 && bytes.Equal(l.text[i], list) {
			return &l.known[i]
		}
	}
	s := &l.known[l.next]
	*s = parseApplications(list)
	l.text[l.next] = append(l.text[l.next][:0], list...)
	l.next = (l.next + 1) % len(l.text)
	return s
}

// payment is what a payment type means.
type payment struct{ brand, method string }

// lastPayments remembers the latest payment types, each in a place by its length and first letter.
type lastPayments [16]knownPayment

type knownPayment struct {
	text string
	payment
	numbered                  bool // the words have numbers, which are those of the table
	brandNumber, methodNumber uint16
}

// readPayment finds brand and payment method. The policy's payment_types win
// over CARD; an electronic check is one whatever its type says.
func (w *worker) readPayment() {
	paid := w.paymentOf(w.value(paymentType))
	w.txn.CardBrand, w.txn.Method = paid.brand, paid.method
	if w.services.echeck {
		w.txn.Method = "ECHECK"
	}
}

// paymentOf is what a payment type means.
func (w *worker) paymentOf(v []byte) *knownPayment {
	place := len(v)
	if place > 0 {
		place += int(v[0]) * 3
	}
	known := &w.payments[place%len(w.payments)]
	if known.text != string(v) || known.method == "" {
		*known = knownPayment{text: string(v), payment: w.payment(string(v))}
	}
	return known
}

func (w *worker) payment(text string) payment {
	brand := brandOf(text)
	if method, mapped := w.reading.methods[brand]; mapped && brand != "" {
		return payment{brand, method}
	}
	return payment{brand, "CARD"}
}

// methodsByBrand makes the policy's payment types comparable. Of two spellings
// of one brand the first in the alphabet counts, on every machine.
func methodsByBrand(types map[string]string) map[string]string {
	methods := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if brand := brandOf(name); methods[brand] == "" {
			methods[brand] = types[name]
		}
	}
	return methods
}

// brandOf is a card brand in capitals without blanks; American Express is AMEX.
func brandOf(text string) string {
	brand := strings.ToUpper(strings.Join(strings.Fields(text), ""))
	switch brand { // the on-demand reports have codes
	case "AMERICANEXPRESS", "AX":
		return "AMEX"
	case "VI":
		return "VISA"
	case "MC":
		return "MASTERCARD"
	case "DI":
		return "DISCOVER"
	}
	return brand
}
