package reportfile

// The settlement report (cybersource.md 4.2).
const (
	PaymentBatchDetailCSV Kind = "pbdr-csv"
	PaymentBatchDetailXML Kind = "pbdr-xml"
)

func paymentBatchDetailCSV() format {
	return format{
		kind:    PaymentBatchDetailCSV,
		titles:  []string{"paymentbatchdetail", "batchdetailreport"},
		columns: paymentBatchDetailColumns(),
		header: func(has func(role) bool, known int) bool {
			return known >= 4 && (has(batchID) || has(batchDate)) && (has(requestID) || has(applications) && has(reference))
		},
		read:  (*worker).readBatchDetail,
		plain: true,
	}
}

// paymentBatchDetailXML: the DTD form has the batch around its requests; the
// form that an XSD describes is known by its field names alone.
func paymentBatchDetailXML() format {
	return format{
		kind:    PaymentBatchDetailXML,
		body:    xmlBody,
		titles:  []string{"paymentbatchdetail", "batchdetailreport"},
		dtds:    []string{"pbdr"},
		records: []string{"Request"},
		columns: paymentBatchDetailColumns(),
		read:    (*worker).readBatchDetail,
	}
}

// paymentBatchDetailColumns: those of cybersource.md 9, rule 4, must be there.
func paymentBatchDetailColumns() []column {
	return []column{
		{requestID, true, []string{"request_id"}},
		{reference, true, []string{"merchant_ref_number", "MerchantReferenceNumber"}},
		{amount, true, []string{"amount"}},
		{currency, true, []string{"currency", "CurrencyCode"}},
		{applications, true, []string{"ics_applications", "transaction_type", "Name", "Application", "ApplicationName"}},
		{batchDate, true, []string{"batch_date"}},
		{batchID, true, []string{"batch_id"}},
		{merchantID, false, []string{"merchant_id"}},
		{processRef, false, []string{"TransactionReferenceNumber", "trans_ref_no", "TransactionRefNumber"}},
		{paymentType, false, []string{"payment_type", "payment_method", "CardType"}},
		{status, false, []string{"status"}},
		{transactionDate, false, []string{"transaction_date"}},
		{parentID, false, []string{"PaymentRequestID"}},
		{accountSuffix, false, []string{"account_suffix"}},
		{authCode, false, []string{"AuthorizationCode"}},
	}
}
