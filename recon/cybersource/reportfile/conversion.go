package reportfile

// The Conversion Detail Report: which orders a reviewer accepted or rejected
// (cybersource.md 4.8). No money moves; its control totals count decisions.
const (
	ConversionXML  Kind = "conversion-xml"
	ConversionJSON Kind = "conversion-json"
)

func conversionXML() format {
	return format{
		kind:    ConversionXML,
		body:    xmlBody,
		titles:  []string{"conversiondetail"},
		dtds:    []string{"cdr"},
		columns: conversionColumns(),
		known:   []string{"Reviewer", "Profile", "Queue", "ReviewerComments", "Notes.Note", "Note.Date", "Note.AddedBy", "Note.Comment"},
		records: []string{"Conversion"},
		control: (*worker).countConversion,
	}
}

func conversionJSON() format {
	return format{
		kind:    ConversionJSON,
		body:    jsonBody,
		lists:   []string{"conversionDetails"},
		columns: conversionColumns(),
		known:   []string{"reviewer", "profile", "queue", "reviewerComments", "notes.time", "notes.addedBy", "notes.comments", "startTime", "endTime", "organizationId"},
		control: (*worker).countConversion,
	}
}

func conversionColumns() []column {
	return []column{
		{requestID, true, []string{"RequestID"}},
		{reference, false, []string{"MerchantReferenceNumber"}},
		{eventDate, true, []string{"ConversionDate", "conversionTime"}},
		{decision, true, []string{"OriginalDecision"}},
		{newDecision, true, []string{"NewDecision"}},
	}
}

func (w *worker) countConversion() {
	w.readID()
	w.readOccurred(eventDate, true)
	for _, r := range [...]role{decision, newDecision} {
		switch string(w.value(r)) {
		case "ACCEPT", "REJECT", "REVIEW":
		default:
			w.blameValue(r, "unknown_decision", "ACCEPT, REJECT or REVIEW")
		}
	}
	c := w.controlOf(string(w.value(decision)) + " to " + string(w.value(newDecision)))
	c.Count = 1
	w.count(c)
}
