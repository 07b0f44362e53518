package recon

import (
	"fmt"

	"tieout/ledger/money"
)

// DocEvidence says why a document is an exception: what is missing and by how
// much, or which transaction gave it its reason.
func (r *Result) DocEvidence(doc int) string {
	x, at := r.explain(), uint32(doc)
	d, o := &r.run.docs.rows[doc], &r.run.docs.rows[doc].out
	if o.verdict != Exception {
		return ""
	}
	in := func(minor int64) string { return money.New(abs(minor), d.currency).String() }
	age := int(r.run.p.AsOf - d.date)
	done, doing := "captured", "captures"
	if d.kind == CreditMemo {
		done, doing = "refunded", "refunds"
	}
	switch o.reason {
	case InvalidRow:
		f, ok := r.run.docs.faults[d.text]
		if !ok {
			return ""
		}
		return "column " + f.Column + ": " + f.Message
	case DuplicateOrder:
		return x.twins([]uint32{at})
	case AmountUnder:
		gap := abs(d.left)
		return fmt.Sprintf("%s %s of %s, %s short; %s", done, in(d.amount-d.left), in(d.amount), in(gap), x.toleranceText(d.currency, abs(d.amount), gap))
	case TimingNotSettled:
		return fmt.Sprintf("%s old, %s are looked for up to %d", inDays(age), doing, r.run.p.TimingDays)
	case NotCaptured, CreditMemoNoRefund:
		text := fmt.Sprintf("%s old, nothing %s, limit is %d", inDays(age), done, r.run.p.TimingDays)
		if rows := x.claims[at]; len(rows) > 0 {
			return text + "; candidate of " + x.nameRow(rows[0])
		}
		if row := x.near.rows[at]; row > 0 {
			text += fmt.Sprintf("; nearest is %s: %s", x.nameRow(row-1), x.nearText(row-1, at))
		}
		return text
	default:
		return x.inherited(at, o.reason)
	}
}

// inherited names the transaction that a document has its reason from.
func (x *explainer) inherited(doc uint32, reason Reason) string {
	for _, i := range x.takers[doc] {
		if x.out[i].reason == reason {
			return x.nameRow(i) + ": " + x.exception(i).Text
		}
	}
	return ""
}
