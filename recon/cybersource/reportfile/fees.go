package reportfile

import (
	"bytes"
	"cmp"
	"math/big"
	"slices"

	"tieout/ledger/money"
	"tieout/recon"
)

// Fees come in parts of the smallest unit. They wait until the whole file is
// read: the sum of a group (merchant, settlement date, currency, fee code) is
// rounded once, half away from zero, and its rows get minor units by GL-13.

// fineUnits are the parts of a minor unit in which fees are added up.
const fineUnits = 1_000_000

// fineDigits is how many decimals that is beyond those of the currency.
const fineDigits = 6

// fee is a fee that waits for its group.
type fee struct {
	txn  recon.Transaction // its texts are its own
	fine int64             // parts of a minor unit; positive: the merchant pays
}

// feeGroup is what is rounded together. What is given back is rounded apart from what is charged.
type feeGroup struct {
	merchant string
	settled  recon.Date
	currency money.Currency
	code     string
	back     bool
}

// parseFine reads a decimal in parts of a minor unit of the currency.
func parseFine(text []byte, c money.Currency) (int64, bool) {
	whole, fraction, _ := bytes.Cut(text, []byte{'.'})
	keep := c.Digits()
	if len(fraction) <= keep {
		parsed, err := money.Parse(text, c)
		if err != nil || magnitude(parsed.Minor()) > 1<<62/fineUnits {
			return 0, false
		}
		return parsed.Minor() * fineUnits, true
	}
	parsed, err := money.Parse(bytes.Join([][]byte{whole, fraction[:keep]}, []byte{'.'}[:min(keep, 1)]), c)
	rest := bytes.TrimRight(fraction[keep:], "0")
	if err != nil || len(rest) > fineDigits || magnitude(parsed.Minor()) > 1<<62/fineUnits-1 {
		return 0, false
	}
	part := int64(0)
	for i := range fineDigits {
		part *= 10
		if i < len(rest) {
			if rest[i]-'0' > 9 {
				return 0, false
			}
			part += int64(rest[i] - '0')
		}
	}
	if len(whole) > 0 && whole[0] == '-' {
		part = -part
	}
	return parsed.Minor()*fineUnits + part, true
}

// readFee reads a fee in parts of a minor unit of the currency; nothing there is none.
func (w *worker) readFee(r role, c money.Currency) int64 {
	v := w.value(r)
	if len(v) == 0 {
		return 0
	}
	fine, ok := parseFine(v, c)
	if !ok {
		w.blameValue(r, "bad_amount", "a plain decimal number with at most "+string('0'+rune(fineDigits))+" decimals beyond those of "+c.String())
	}
	return fine
}

// wait keeps a fee of the record until the file is read. A faulty one goes into the table at once.
func (w *worker) wait(code string, fine int64) {
	w.txn.FeeCode, w.txn.Type = code, recon.Fee
	w.txn.Parent = w.txn.ID
	w.txn.ID = w.txn.ID + "-FEE-" + code
	if w.searchCards(); w.faulty {
		w.emit()
		return
	}
	w.out.fees = append(w.out.fees, fee{ownTexts(w.txn), fine})
}

// ownTexts copies the texts of a transaction out of the block it was read from.
func ownTexts(t recon.Transaction) recon.Transaction {
	for _, s := range [...]*string{
		&t.ID, &t.Parent, &t.Merchant, &t.Batch, &t.CardBrand, &t.Last4, &t.AuthCode, &t.Method, &t.Reference, &t.ProcessRef, &t.FeeCode, &t.Case,
	} {
		*s = string(bytes.Clone([]byte(*s)))
	}
	t.Custom = slices.Clone(t.Custom)
	for i := range t.Custom {
		t.Custom[i].Value = string(bytes.Clone([]byte(t.Custom[i].Value)))
	}
	return t
}

// bookFees gives the fees of the file their minor units and adds them to the table.
func (p *reading) bookFees() {
	if len(p.fees) == 0 {
		return
	}
	groups := map[feeGroup][]int{}
	var order []feeGroup
	for i := range p.fees {
		f := &p.fees[i]
		g := feeGroup{f.txn.Merchant, p.settledOn(&f.txn), f.txn.Currency, f.txn.FeeCode, f.fine < 0}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], i)
	}
	for _, g := range order {
		p.roundGroup(groups[g])
	}
	batch := p.into.NewBatch()
	for i := range p.fees {
		p.rows++
		p.totals.Add(p.fees[i].txn.Amount, p.fees[i].txn.Currency)
		batch.Add(&p.fees[i].txn)
	}
	p.append(batch)
}

// roundGroup rounds the sum once and splits it by the fees. The order of the
// split is that of ids, so that the order of the rows in the file does not matter.
// A fee that is repeated counts once, and its repetition gets the same (R2).
func (p *reading) roundGroup(members []int) {
	slices.SortFunc(members, func(a, b int) int {
		return cmp.Or(cmp.Compare(p.fees[a].txn.ID, p.fees[b].txn.ID), cmp.Compare(p.fees[a].fine, p.fees[b].fine))
	})
	var weights []int64
	place := make([]int, len(members)) // of each member among the weights
	sum := new(big.Int)
	for k, i := range members {
		if k == 0 || p.fees[i].txn.ID != p.fees[members[k-1]].txn.ID || p.fees[i].fine != p.fees[members[k-1]].fine {
			weights = append(weights, magnitude(p.fees[i].fine))
			sum.Add(sum, big.NewInt(magnitude(p.fees[i].fine)))
		}
		place[k] = len(weights) - 1
	}
	if !sum.IsUint64() {
		p.refuse(0, "", "fees_too_large", "the fees of one day add up to more than can be; ask for the file again")
		return
	}
	total := sum.Div(sum.Add(sum, big.NewInt(fineUnits/2)), big.NewInt(fineUnits)).Int64()
	shares := money.Split(total, weights)
	for k, i := range members {
		f := &p.fees[i]
		if f.txn.Amount = -shares[place[k]]; f.fine < 0 {
			f.txn.Amount = shares[place[k]]
		}
	}
}

// settledOn is the settlement date of a fee.
func (p *reading) settledOn(t *recon.Transaction) recon.Date {
	switch {
	case t.BatchDate != 0 || t.Batched == 0:
		return t.BatchDate
	case p.settled != nil:
		return p.settled(t.Merchant, t.Batched)
	}
	return dayOf(t.Batched)
}
