package reportfile

import "tieout/recon"

// The Transaction Exception Detail Report: what the processor refused after it
// had been submitted (cybersource.md 4.5).
const (
	ExceptionDetailCSV Kind = "exception-csv"
	ExceptionDetailXML Kind = "exception-xml"
)

func exceptionDetailCSV() format {
	return format{
		kind:    ExceptionDetailCSV,
		rank:    3,
		titles:  []string{"transactionexception", "exceptiondetail"},
		columns: exceptionColumns(),
		known:   exceptionKnown(),
		read:    (*worker).readException,
	}
}

func exceptionDetailXML() format {
	return format{
		kind:    ExceptionDetailXML,
		rank:    3,
		body:    xmlBody,
		titles:  []string{"transactionexception", "exceptiondetail"},
		dtds:    []string{"tedr"},
		columns: exceptionColumns(),
		known:   exceptionKnown(),
		records: []string{"Request"},
		read:    (*worker).readException,
	}
}

func exceptionColumns() []column {
	return []column{
		{requestID, true, []string{"request_id"}},
		{reference, false, []string{"merchant_ref_number", "MerchantReferenceNumber"}},
		{amount, true, []string{"amount", "ExceptionAmount"}},
		{currency, true, []string{"currency", "CurrencyCode", "ExceptionAmountCurrency"}},
		{applications, true, []string{"ics_applications", "transaction_type", "Application", "ApplicationName", "Applications"}},
		{merchantID, false, []string{"merchant_id"}},
		{processRef, false, []string{"TransactionReferenceNumber", "trans_ref_no", "TransactionRefNumber"}},
		{paymentType, false, []string{"payment_type", "payment_method", "CardType"}},
		{transactionDate, true, []string{"transaction_date", "RequestDate"}},
		{eventDate, false, []string{"exception_date"}},
		{parentID, false, []string{"PaymentRequestID"}},
		{accountSuffix, false, []string{"account_suffix"}},
	}
}

func exceptionKnown() []string {
	return []string{
		"Action", "ExceptionCategory", "ExceptionMessage", "ExceptionType", "ProcessorResponseCode", "ReasonCode", "ExceptionStatus", "FinancialStatus",
		"LastActionDate", "NextActionDate", "RetryCount", "PaymentNumber", "SettlementProcessor", "LocalizedRequestDate",
	}
}

// readException reads a refusal: it takes back the amount of the request whose
// id it has, on the day of the exception. A refused authorisation is a memo.
func (w *worker) readException() {
	w.readCommon()
	w.readApplications()
	w.readPayment()
	w.readMoney(w.value(amount), w.value(currency))
	switch t := &w.txn; t.Type {
	case recon.Capture:
		t.Type, t.Amount = recon.Reject, -magnitude(t.Amount)
	case recon.CreditOrRefund:
		t.Type, t.Amount = recon.Reject, magnitude(t.Amount)
	case recon.UnknownEvent:
	default:
		t.Type = recon.Auth
	}
	w.readOccurred(transactionDate, true)
	when := eventDate
	if len(w.value(when)) == 0 {
		when = transactionDate
	}
	w.readBatched(when)
	w.readParent(parentID)
	w.txn.Parent = w.txn.ID
	w.emit()
}
