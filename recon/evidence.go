package recon

import (
	"fmt"

	"tieout/ledger/money"
)

// evidence says in one sentence why the row is what it is: the condition that
// failed and by how much. It is made when somebody asks, from what was decided.
func (r *run) evidence(i uint32) string {
	o, row := &r.out[i], r.row(i)
	docs := r.linked(i)
	switch o.reason {
	case DateWindow:
		return r.explainWindow(row, docs)
	case CurrencyMismatch:
		for _, doc := range docs {
			if c := r.docs.rows[doc].currency; c != row.currency {
				return fmt.Sprintf("%s is in %s, the transaction in %s", r.docs.id(int(doc)), c, row.currency)
			}
		}
	case WrongMerchant:
		return r.explainMerchant(row, docs)
	case AmountOver:
		_, suspended, _ := r.money(i)
		return fmt.Sprintf("%s %s more than the documents owe", money.New(abs(suspended), row.currency), row.currency)
	case WeakMatch, AmbiguousMatch:
		if o.more != 0 {
			return fmt.Sprintf("%d candidate(s) with the same last four digits, amount and currency", len(r.details[o.more-1].suggested))
		}
	case NoOrder:
		return fmt.Sprintf("no document has the reference %q or the same last four digits, amount and date", r.txns.reference(int(i)))
	case DuplicateTxn:
		return "the same amount was captured for the same documents within the duplicate window, and they no longer owe it"
	case InvalidRow:
		if f := r.txns.fault(int(i)); f != nil {
			return f.Message
		}
	default:
	}
	return ""
}

func (r *run) explainWindow(row *txnRow, docs []uint32) string {
	for _, doc := range docs {
		days := int(row.settled - r.docs.rows[doc].date)
		if days > r.p.WindowAfter {
			return fmt.Sprintf("settled %d days after %s, window is %d", days, r.docs.id(int(doc)), r.p.WindowAfter)
		}
		if days < r.p.WindowBefore {
			return fmt.Sprintf("settled %d days before %s, window is %d", -days, r.docs.id(int(doc)), -r.p.WindowBefore)
		}
	}
	return ""
}

func (r *run) explainMerchant(row *txnRow, docs []uint32) string {
	name := r.txns.words.text(row.merchant)
	if !r.merchant[row.merchant].known {
		return fmt.Sprintf("merchant %q is not configured", name)
	}
	for _, doc := range docs {
		if d := &r.docs.rows[doc]; !r.sameMerchant(row.merchant, d.merchant) {
			return fmt.Sprintf("%s belongs to merchant %q, the transaction to %q", r.docs.id(int(doc)), r.docs.words.text(d.merchant), name)
		}
	}
	return ""
}
