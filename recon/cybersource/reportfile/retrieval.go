package reportfile

import "tieout/recon"

// The retrieval details: the cardholder's bank asks for a copy; no money moves.
const (
	RetrievalJSON Kind = "retrieval-json"
	RetrievalCSV  Kind = "retrieval-csv"
)

func retrievalJSON() format {
	return format{
		kind:    RetrievalJSON,
		rank:    1,
		body:    jsonBody,
		lists:   []string{"retrievalDetails"},
		columns: disputeColumns(),
		known:   disputeKnown(),
		read:    (*worker).readRetrieval,
	}
}

// retrievalCSV is known by its line 1 alone: its columns are those of chargebacks.
func retrievalCSV() format {
	return format{
		kind:    RetrievalCSV,
		rank:    1,
		titles:  []string{"retrievaldetail"},
		columns: disputeColumns(),
		known:   disputeKnown(),
		header: func(has func(role) bool, _ int) bool {
			return has(requestID) && has(caseNo) && has(eventDate) && has(dueDate)
		},
		read: (*worker).readRetrieval,
	}
}

func (w *worker) readRetrieval() {
	w.readDispute()
	t := &w.txn
	t.Type, t.Amount = recon.Retrieval, magnitude(t.Amount)
	w.dispute(t.Case)
	w.emit()
}
