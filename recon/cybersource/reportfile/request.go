package reportfile

import (
	"bytes"
	"strings"

	"tieout/recon"
	"tieout/recon/carddata"
)

// The Transaction Request Report: one row for each request, approved or not
// (cybersource.md 4.4). Its captures have no batch yet; the batch report gives it.
const (
	TransactionRequestCSV Kind = "trr-csv"
	TransactionRequestXML Kind = "trr-xml"
)

func transactionRequestCSV() format {
	return format{
		kind:    TransactionRequestCSV,
		rank:    6,
		titles:  []string{"transactionrequest"},
		columns: transactionRequestColumns(),
		known:   transactionRequestKnown(),
		header: func(has func(role) bool, known int) bool {
			return known >= 4 && has(requestID) && has(applications) && has(replyCode) && !has(batchID) && !has(batchDate)
		},
		read: (*worker).readRequest,
	}
}

// transactionRequestXML: each request has its services as ApplicationReply.
func transactionRequestXML() format {
	return format{
		kind:    TransactionRequestXML,
		rank:    6,
		body:    xmlBody,
		titles:  []string{"transactionrequest", "transactiondetail"},
		dtds:    []string{"trr", "tdr", "ctdr"},
		columns: transactionRequestColumns(),
		known:   transactionRequestKnown(),
		records: []string{"Request"},
		read:    (*worker).readRequest,
	}
}

func transactionRequestColumns() []column {
	return []column{
		{requestID, true, []string{"request_id"}},
		{reference, false, []string{"merchant_ref_number", "MerchantReferenceNumber"}},
		{amount, true, []string{"amount"}},
		{currency, true, []string{"currency", "CurrencyCode"}},
		{applications, true, []string{"ics_applications", "Name", "Application", "ApplicationName"}},
		{replyCode, true, []string{"ics_rcode", "rcode"}},
		{merchantID, false, []string{"merchant_id"}},
		{processRef, false, []string{"TransactionReferenceNumber", "trans_ref_no", "TransactionRefNumber"}},
		{paymentType, false, []string{"payment_type", "CardType"}},
		{transactionDate, false, []string{"transaction_date", "RequestDate"}},
		{parentID, false, []string{"PaymentRequestID"}},
		{accountSuffix, false, []string{"account_suffix"}},
		{authCode, false, []string{"AuthorizationCode"}},
	}
}

func transactionRequestKnown() []string {
	return []string{"LocalizedRequestDate", "rflag", "ics_rflag", "rmsg", "ics_rmsg", "payment_processor", "source", "subscription_id", "payment_method"}
}

// readRequest reads a request and what became of it.
func (w *worker) readRequest() {
	w.readCommon()
	services := splitList(w.value(applications))
	pick := w.readReplies(services)
	w.readPayment()
	w.readListedAmount(pick, len(services))
	w.readOccurred(transactionDate, true)
	w.readParent(parentID)
	w.emit()
}

func splitList(list []byte) [][]byte { return bytes.Split(list, []byte{','}) }

// readReplies finds the event of a request by the services that succeeded; what
// was declined is a memo. It tells which service's values count.
func (w *worker) readReplies(services [][]byte) (pick int) {
	replies := splitList(w.value(replyCode))
	if len(replies) != len(services) {
		w.blame(w.layout.nameOf(replyCode), "uneven_lists", "the row lists other numbers of applications and of reply codes, so that nobody can tell which of them succeeded; ask the processor")
		return 0
	}
	var approved []string
	for i, name := range services {
		switch string(trim(replies[i])) {
		case "1":
			approved = append(approved, string(name))
			pick = i
		case "0", "-1", "":
		default:
			w.blameValue(replyCode, "unknown_reply_code", "1, 0 or -1 for each application")
			return 0
		}
	}
	w.services = w.tellRequest(services, strings.Join(approved, ","))
	if w.txn.Type = w.services.kind; w.services.fault != "" {
		w.blameValue(applications, w.services.fault, w.services.expected)
	}
	return pick
}

// tellRequest: what succeeded tells the event. Without any of it the request is
// a memo, as long as its services are known.
func (w *worker) tellRequest(services [][]byte, approved string) serviceFacts {
	if s := parseApplications([]byte(approved)); s.fault != "unknown_application" {
		return s
	}
	all := parseApplications(w.value(applications))
	memo := all.fault != "unknown_application"
	for _, name := range services {
		switch strings.ToLower(string(trim(name))) {
		case "ics_score", "ics_tax", "ics_dav", "ics_export":
			memo = true
		}
	}
	if memo {
		return serviceFacts{kind: recon.Auth, echeck: all.echeck}
	}
	return all
}

// readListedAmount reads an amount that may be a list in step with the
// applications. One request has one amount: values that differ are no such list.
func (w *worker) readListedAmount(pick, n int) {
	a, okAmount := oneOf(w.value(amount), n)
	c, okCurrency := oneOf(w.value(currency), n)
	if !okAmount {
		w.blameValue(amount, "uneven_lists", "one amount, or the same one for each application")
	}
	if !okCurrency {
		w.blameValue(currency, "uneven_lists", "one currency, or the same one for each application")
	}
	if w.txn.Type.Financial() || len(a) > 0 {
		if w.readMoney(a, c) {
			w.signAmount()
		}
	}
	if w.txn.AuthCode, okAmount = oneText(w.txn.AuthCode, pick, n); !okAmount {
		w.blame(w.layout.nameOf(authCode), "uneven_lists", w.layout.nameOf(authCode)+" is "+carddata.Quote(w.txn.AuthCode)+"; expected one code, or one for each application")
	}
}

// oneOf is the value that all n of a list have.
func oneOf(list []byte, n int) ([]byte, bool) {
	if bytes.IndexByte(list, ',') < 0 {
		return list, true
	}
	parts := splitList(list)
	for _, part := range parts {
		if !bytes.Equal(trim(part), trim(parts[0])) {
			return list, false
		}
	}
	return trim(parts[0]), len(parts) == n
}

// oneText is the picked one of n.
func oneText(list string, pick, n int) (string, bool) {
	parts := strings.Split(list, ",")
	switch len(parts) {
	case 1:
		return list, true
	case n:
		return strings.TrimSpace(parts[pick]), true
	}
	return list, false
}
