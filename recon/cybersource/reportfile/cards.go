package reportfile

import (
	"slices"

	"tieout/recon"
	"tieout/recon/carddata"
)

// searchCards looks for card data in every field of the row but those that
// passed a strict form of their own (R7). A hit makes the row faulty before
// anything else that is wrong with it, and masks all its text.
func (w *worker) searchCards() {
	for i, field := range w.record.Fields {
		if len(field) >= 13 && !slices.Contains(w.strict, i) && carddata.Hidden(alias(field)) {
			w.blameCard(i, "card_data", "holds a card number ending in "+carddata.Last4(alias(field))+
				"; the row is not used and the number is not kept: replace it at its source and load the report again")
		}
	}
	for _, i := range w.layout.secret {
		if i < len(w.record.Fields) && len(trim(w.record.Fields[i])) > 0 {
			w.blameCard(i, "card_data", "holds card verification or track data; the row is not used and the value is not kept: take the column out of the report")
		}
	}
	if w.cards {
		w.mask()
	}
}

// exempts notes a column whose value has a strict form of its own: request ids and times.
func (w *worker) exempts(r role) { w.strict = append(w.strict, w.layout.at[r]) }

func (w *worker) blameCard(column int, code, message string) {
	name := "a column beyond the header"
	if column < len(w.layout.names) {
		name = w.layout.names[column]
	}
	if w.faulty && !w.cards {
		w.fault = recon.Fault{Column: name, Code: code, Message: name + " " + message}
	}
	w.cards, w.out.cards = true, true
	w.blame(name, code, name+" "+message)
}

// mask takes card data out of everything that the table would keep.
func (w *worker) mask() {
	t := &w.txn
	for _, s := range [...]*string{
		&t.Merchant, &t.Batch, &t.CardBrand, &t.Last4, &t.AuthCode, &t.Reference, &t.ProcessRef, &t.FeeCode, &t.Store, &t.Case,
	} {
		*s = carddata.Mask(*s)
	}
	for _, id := range [...]*string{&t.ID, &t.Parent} {
		if !isRequestID([]byte(*id)) {
			*id = carddata.Mask(*id)
		}
	}
	t.Custom = slices.Clone(t.Custom)
	for i := range t.Custom {
		t.Custom[i].Value = carddata.Mask(t.Custom[i].Value)
	}
}
