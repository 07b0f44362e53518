package neutral

import (
	"io"
	"strings"

	"tieout/recon"
)

// historyRow is a row of the history layout: a transaction and what became of it.
type historyRow struct {
	TransactionRow
	Documents  string `csv:"doc_ids" need:"yes"`
	OpenReason string `csv:"open_reason" need:"yes"`
	Suspended  string `csv:"suspended"`
	Applied    string `csv:"applied"`
}

// ReadHistory reads what earlier runs posted. A faulty row is in the list with its Fault.
func ReadHistory(name string, file uint16, r io.Reader) ([]recon.Posted, recon.FileReport) {
	var all []recon.Posted
	report := read(name, History, file, r, func(l *line, row historyRow) {
		all = append(all, l.posted(&row))
	})
	if report.Condemned() {
		return nil, report
	}
	return all, report
}

func (l *line) posted(row *historyRow) recon.Posted {
	h := recon.Posted{Transaction: l.transaction(&row.TransactionRow)}
	if h.Fault != nil {
		return h
	}
	if ids := strings.TrimSpace(row.Documents); ids != "" {
		h.Documents = strings.Split(ids, "|")
	}
	l.readApplied(&h, row.Applied)
	if text := strings.TrimSpace(row.OpenReason); text != "" {
		reason, known := recon.ParseReason(text)
		if !known {
			l.blameValue("open_reason", "unknown_reason", text, "a reason code such as NO_ORDER, or nothing")
		}
		h.OpenReason = reason
		h.Suspended = l.amountOr("suspended", row.Suspended, h.Currency, h.Amount)
	}
	h.Fault = l.faultOf(row.Currency)
	return h
}

// readApplied reads the amount for each document, separated by a vertical bar.
func (l *line) readApplied(h *recon.Posted, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	parts := strings.Split(text, "|")
	if len(parts) != len(h.Documents) {
		l.blameValue("applied", "applied_does_not_fit", text, "an amount for each of doc_ids, separated by a vertical bar")
		return
	}
	for _, part := range parts {
		h.Applied = append(h.Applied, l.amount("applied", part, h.Currency))
	}
}
