package recon

import (
	"fmt"
	"strings"

	"tieout/ledger/money"
)

// match says what a matched row matched on.
func (x *explainer) match(i uint32) string {
	o, docs := &x.out[i], x.shown(i)
	text := ""
	switch o.pass {
	case ByRequestID:
		text = fmt.Sprintf("request id stored on %s", x.list(docs))
	case ByReference:
		text = x.byNumber(i, docs, Norm1, "reference %s = %s")
	case ByCanonical:
		text = x.byNumber(i, docs, x.p.Canon.Of, "reference %s reads as %s")
	case ByAuth:
		text = fmt.Sprintf("authorization code %s, last 4 digits %s, amount and date fit %s alone", x.txns.field(int(i), textAuth), x.txns.field(int(i), textLast4), x.list(docs))
	case ByNetting:
		text = "captured and given back on one day, without an order that wants it"
	case ByParent:
		text = x.byParent(i)
	case Direct:
		text = "needs no document"
		if code := x.txns.words.text(x.row(i).feeCode); code != "" {
			text = fmt.Sprintf("code %s has an account", code)
		}
	case NoPass, ByWeak:
	}
	if _, _, writeOff := x.money(i); writeOff != 0 && o.kind == WithinTolerance {
		text += fmt.Sprintf("; %s written off, within the tolerance", money.New(abs(writeOff), x.row(i).currency))
	}
	if o.kind == Rejected {
		text += "; rejected by the processor"
	}
	return strings.TrimPrefix(text, "; ")
}

// byNumber says which numbers of the documents the parts of a reference are.
func (x *explainer) byNumber(i uint32, docs []uint32, form func(string) string, sentence string) string {
	reference := x.txns.reference(int(i))
	var found []string
	for _, doc := range docs {
		invoice, order := x.docs.invoiceNo(int(doc)), x.docs.orderNo(int(doc))
		number := "invoice no. " + invoice
		for _, part := range parts(reference) {
			if key := form(part); key != form(invoice) && key == form(order) {
				number = "order no. " + order
			}
		}
		found = append(found, number+" of "+x.docs.id(int(doc)))
	}
	return fmt.Sprintf(sentence, reference, several(found))
}

func (x *explainer) byParent(i uint32) string {
	parent := x.txns.field(int(i), textParent)
	if d := x.out[i].more; parent == "" && d != 0 {
		if more := &x.details[d-1]; more.parentRow > 0 || more.parentPosted > 0 {
			parent = x.parentID(parentKey{more.parentRow, more.parentPosted})
		}
	}
	switch {
	case x.out[i].kind == ClearsSuspense:
		return fmt.Sprintf("gives back what capture %s held in suspense", parent)
	case x.row(i).kind == ChargebackReversal:
		return fmt.Sprintf("chargeback %s was won", parent)
	}
	return "follows " + parent
}
