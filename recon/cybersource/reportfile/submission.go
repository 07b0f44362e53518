package reportfile

// PaymentSubmissionCSV is the settlement report with the processor in a last
// column and every value in quotation marks (cybersource.md 4.3).
const PaymentSubmissionCSV Kind = "payment-submission-csv"

func paymentSubmissionCSV() format {
	return format{
		kind:    PaymentSubmissionCSV,
		rank:    1,
		titles:  []string{"paymentsubmissiondetail"},
		columns: paymentSubmissionColumns(),
		known:   []string{"payment_processor"},
		read:    (*worker).readBatchDetail,
	}
}

// paymentSubmissionColumns are those of the batch report. The form of the REST
// interface was met without a batch id and with its columns in any order.
func paymentSubmissionColumns() []column {
	columns := paymentBatchDetailColumns()
	for i := range columns {
		if columns[i].role == batchID {
			columns[i].need = false
		}
	}
	return columns
}
