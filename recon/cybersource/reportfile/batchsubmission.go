package reportfile

import (
	"strings"

	"tieout/recon"
)

// The Batch Submission Detail Report: what became of the requests of an
// uploaded file (cybersource.md 4.8).
const (
	BatchSubmissionCSV Kind = "batch-submission-csv"
	BatchSubmissionXML Kind = "batch-submission-xml"
)

func batchSubmissionCSV() format {
	return format{
		kind:    BatchSubmissionCSV,
		rank:    5,
		titles:  []string{"batchsubmissiondetail"},
		columns: batchSubmissionColumns(),
		known:   batchSubmissionKnown(),
		header: func(has func(role) bool, known int) bool {
			return known >= 4 && has(list) && has(requestID)
		},
		read: (*worker).readSubmission,
	}
}

func batchSubmissionXML() format {
	return format{
		kind:    BatchSubmissionXML,
		rank:    5,
		body:    xmlBody,
		titles:  []string{"batchsubmissiondetail"},
		dtds:    []string{"bsd"},
		columns: batchSubmissionColumns(),
		known:   batchSubmissionKnown(),
		records: []string{"Transaction"},
		read:    (*worker).readSubmission,
	}
}

func batchSubmissionColumns() []column {
	return []column{
		{requestID, true, []string{"request_id"}},
		{reference, true, []string{"merchant_ref_number"}},
		{applications, true, []string{"transaction_type"}},
		{amount, true, []string{"amount"}},
		{currency, true, []string{"transaction_amount_currency"}},
		{reasonCode, true, []string{"reason_code"}},
		{merchantID, false, []string{"cybs_mid"}},
		{processRef, false, []string{"trans_ref_number"}},
		{paymentType, false, []string{"payment_type"}},
		{transactionDate, false, []string{"transaction_date"}},
		{parentID, false, []string{"link_to_request"}},
		{accountSuffix, false, []string{"account_suffix"}},
		{authCode, false, []string{"auth_code"}},
		{decision, false, []string{"decision"}},
		{list, false, []string{"submission_file_id"}},
	}
}

func batchSubmissionKnown() []string {
	return []string{
		"Submission Date/Time", "processor_mid", "hierarchy_id", "payment_method", "reserved", "auth_trans_ref_number", "auth_date", "auth_request_id",
		"auth_amount", "auth_currency", "auth_reason_code", "auth_rcode",
	}
}

// readSubmission reads a request of an uploaded file. Reason code 100 is
// success; what did not succeed is a memo.
func (w *worker) readSubmission() {
	w.readCommon()
	w.readApplications()
	if string(w.value(reasonCode)) != "100" && w.txn.Type != recon.UnknownEvent {
		w.txn.Type = recon.Auth
	}
	if said := strings.ToUpper(string(w.value(decision))); said != "" && (said == "ACCEPT") != (string(w.value(reasonCode)) == "100") {
		w.blameValue(decision, "decision_against_reason", "ACCEPT with reason code 100 and only with it; ask the processor whether the request succeeded")
	}
	w.readPayment()
	if w.txn.Type.Financial() || len(w.value(amount)) > 0 {
		w.readAmount()
	}
	w.readOccurred(transactionDate, true)
	w.readParent(parentID)
	w.emit()
}
