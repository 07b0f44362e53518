package workbook

import (
	"slices"

	"tieout/recon"
	"tieout/reports"
)

// disposition is a decision that finance may write (4.5, a closed set).
type disposition struct{ code, meaning, ref, second string }

func dispositions() []disposition {
	return []disposition{
		{"CONFIRM_MATCH", "The suggested document is right.", "document id", "no"},
		{"MATCH_TO", "It belongs to another document.", "document id", "yes"},
		{"REFUND_REQUESTED", "A refund was asked for.", "reference of the refund", "no"},
		{"RECAPTURE", "Capture again.", "", "no"},
		{"CORRECT_IN_ERP", "The document will be corrected in the ERP.", "", "no"},
		{"WRITE_OFF", "Write the difference off, within the limit of the role.", "", "yes"},
		{"ACCEPT_LOSS", "Accept the loss of a dispute.", "", "yes"},
		{"REPRESENT", "Answer the dispute.", "", "no"},
		{"RECLASS_TO", "Move it to another account.", "account", "yes"},
		{"TIMING_OK", "A matter of timing; it stays on the list.", "", "no"},
		{"IGNORE_WITH_REASON", "Ignore it; the note says why.", "", "yes"},
		{"ESCALATE", "Somebody else must decide.", "", "no"},
	}
}

// drawLists writes what the drop-downs of Exceptions offer (XLS-08).
func drawLists(b *book) error {
	s := b.open("Lists", frame{widths: []float64{27, 52, 26, 16, 52}})
	s.heading("Lists", "What the drop-downs of Exceptions offer, and what each word means.")
	s.section("Dispositions", "")
	p, err := table(s, "tblDispositions", dispositionColumns(b), reports.Each(dispositions()))
	if err != nil {
		return err
	}
	b.nameRange("lstDispositions", s.name, 1, p.first, p.last)
	s.skip(1)
	s.section("Owners", "")
	owners := []column[string]{{"owner", 27, func(x string) cell { return b.text("owner", x) }}}
	if p, err = table(s, "tblOwners", owners, reports.Each(b.owners())); err != nil {
		return err
	}
	b.nameRange("lstOwners", s.name, 1, p.first, p.last)
	s.skip(1)
	s.section("Reasons of exceptions", "")
	if p, err = table(s, "tblReasonCodes", reasonColumns(b), reports.Each(recon.ExceptionReasons())); err != nil {
		return err
	}
	b.nameRange("lstReasons", s.name, 1, p.first, p.last)
	s.close()
	return nil
}

func dispositionColumns(b *book) []column[disposition] {
	return []column[disposition]{
		{"disposition", 27, func(x disposition) cell { return b.word(x.code) }},
		{"meaning", 52, func(x disposition) cell { return b.word(x.meaning) }},
		{"disposition_ref", 26, func(x disposition) cell { return b.word(x.ref) }},
		{"second person", 16, func(x disposition) cell { return b.word(x.second) }},
	}
}

func reasonColumns(b *book) []column[recon.Reason] {
	return []column[recon.Reason]{
		{"reason", 27, func(x recon.Reason) cell { return b.word(x.String()) }},
		{"reason text", 52, func(x recon.Reason) cell { return b.word(x.About().Text) }},
		{"severity", 26, func(x recon.Reason) cell { return b.word(string(x.About().Severity)) }},
		{"owner", 16, func(x recon.Reason) cell { return b.word(x.About().Owner) }},
		{"suggested action", 52, func(x recon.Reason) cell { return b.word(x.About().Action) }},
	}
}

// owners are the owners of the reasons, then the people of the company.
func (b *book) owners() []string {
	var all []string
	for _, r := range recon.ExceptionReasons() {
		all = append(all, r.About().Owner)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	for _, o := range b.n.Owners {
		if o != "" && !slices.Contains(all, o) {
			all = append(all, o)
		}
	}
	return all
}
