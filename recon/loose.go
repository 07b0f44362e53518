package recon

import (
	"slices"
	"strings"

	"tieout/ledger/money"
)

// looseKey is what P4 and P5 compare: P5 leaves the authorization code empty.
type looseKey struct {
	currency    money.Currency
	amount      int64
	last4, auth string
}

// looseCaptures is stage 7. Candidates of a pass are found once, on the state
// that the passes before it left.
func (r *run) looseCaptures() {
	rows := r.rowsWhere(func(i uint32) bool {
		switch {
		case !r.live(i) || r.row(i).kind != Capture || r.out[i].link != 0:
		case !r.merchant[r.row(i).merchant].known:
			r.suspend(i, WrongMerchant)
		case strings.TrimSpace(r.txns.field(int(i), textLast4)) == "": // no pass takes it
			r.suspend(i, NoOrder)
		default:
			return true
		}
		return false
	})
	rows = r.loosePass(r.inProcessingOrder(rows), ByAuth)
	rows = r.loosePass(rows, ByWeak)
	for _, i := range rows {
		r.suspend(i, NoOrder)
		r.out[i].pass = NoPass
	}
}

// loosePass decides the rows that have candidates and returns the others.
func (r *run) loosePass(rows []uint32, pass Pass) (others []uint32) {
	byKey := map[looseKey][]uint32{}
	for _, i := range rows {
		if key, ok := r.rowKey(i, pass); ok {
			byKey[key] = append(byKey[key], i)
		}
	}
	candidates, claims := r.looseCandidates(byKey, pass)
	for _, i := range rows {
		docs := candidates[i]
		contested := slices.ContainsFunc(docs, func(doc uint32) bool { return claims[doc] > 1 })
		switch {
		case len(docs) == 0:
			others = append(others, i)
		case len(docs) > 1 || contested:
			r.suggest(i, AmbiguousMatch, pass, docs)
		case pass == ByWeak:
			r.suggest(i, WeakMatch, pass, docs)
		default:
			r.out[i].pass = pass
			r.setLink(i, docs)
			if r.unmapped(i, docs) {
				r.holdUnmapped(i, docs)
				continue
			}
			r.applyAmount(i, docs)
		}
	}
	return others
}

func (r *run) suggest(i uint32, reason Reason, pass Pass, docs []uint32) {
	r.suspend(i, reason)
	r.out[i].pass = pass
	d := r.detail(i)
	d.suspended, d.suggested = r.row(i).amount, r.inDocumentOrder(docs)
}

func (r *run) rowKey(i uint32, pass Pass) (looseKey, bool) {
	row := r.row(i)
	key := looseKey{currency: row.currency, amount: row.amount, last4: strings.TrimSpace(r.txns.field(int(i), textLast4))}
	if pass == ByAuth {
		key.auth = Norm1(r.txns.field(int(i), textAuth))
	}
	return key, key.last4 != "" && (pass == ByWeak || key.auth != "")
}

func (r *run) docKey(doc uint32, pass Pass) (looseKey, bool) {
	row := &r.docs.rows[doc]
	if !row.takesMoney() || row.flags&docHasLast4 == 0 || row.kind == CreditMemo || row.status == Cancelled || r.docs.rows[doc].left <= 0 {
		return looseKey{}, false
	}
	key := looseKey{currency: row.currency, amount: r.docs.rows[doc].left, last4: strings.TrimSpace(r.docs.field(int(doc), docTextLast4))}
	if pass == ByAuth {
		key.auth = Norm1(r.docs.field(int(doc), docTextAuth))
	}
	return key, key.last4 != "" && (pass == ByWeak || key.auth != "")
}

// looseCandidates pairs rows with documents and counts how many rows claim each document.
func (r *run) looseCandidates(byKey map[looseKey][]uint32, pass Pass) (candidates map[uint32][]uint32, claims map[uint32]int) {
	candidates, claims = map[uint32][]uint32{}, map[uint32]int{}
	if len(byKey) == 0 {
		return candidates, claims
	}
	for doc := range uint32(len(r.docs.rows)) {
		key, ok := r.docKey(doc, pass)
		if !ok {
			continue
		}
		for _, i := range byKey[key] {
			days := int(r.row(i).settled - r.docs.rows[doc].date)
			if r.sameMerchant(r.row(i).merchant, r.docs.rows[doc].merchant) && days <= r.p.LooseDays && -days <= r.p.LooseDays {
				candidates[i] = append(candidates[i], doc)
				claims[doc]++
			}
		}
	}
	return candidates, claims
}
