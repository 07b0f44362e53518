package recon

import "fmt"

// Tamper changes one stored number. Invariant is what must not hold afterwards.
type Tamper struct {
	Name, Invariant string
	Change          func(by int64)
}

// Tampers lists every number that a result stores, one after the other.
func (r *Result) Tampers() []Tamper {
	var all []Tamper
	add := func(invariant string, number *int64, name string, args ...any) {
		all = append(all, Tamper{fmt.Sprintf(name, args...), invariant, func(by int64) { *number += by }})
	}
	run := r.run
	for i := range run.out {
		if o := &run.out[i]; o.reason != InvalidRow {
			add("INV-2", &run.txns.rows[i].amount, "amount of row %d", i)
			if o.more != 0 {
				r.detailTampers(&run.details[o.more-1], i, add)
			}
		}
	}
	for i := range run.docs.rows {
		if run.docs.rows[i].flags&docFault == 0 {
			add("INV-5", &run.docs.rows[i].left, "balance of document %d", i)
			add("INV-2", &run.docs.rows[i].amount, "amount of document %d", i)
		}
	}
	for i := range run.allots {
		for k := range run.allots[i].Parts {
			add("INV-3", &run.allots[i].Parts[k], "%s of split %d", ComponentNames()[k], i)
		}
	}
	for i := range run.cleared {
		add("INV-6", &run.cleared[i].Amount, "amount of cleared item %d", i)
		for k := range run.cleared[i].Parts {
			add("INV-5", &run.cleared[i].Parts[k], "part %d of cleared item %d", k, i)
		}
	}
	for h := range run.held {
		all = append(all, Tamper{fmt.Sprintf("held item %d", h), "INV-6", func(by int64) { run.held[h] += by }})
	}
	return append(all, r.fundingTampers()...)
}

func (r *Result) detailTampers(d *detail, i int, add func(string, *int64, string, ...any)) {
	if abs(d.applied)+abs(d.suspended)+abs(d.writeOff) != 1 { // one unit less of a single unit stores nothing, which says the same: the whole amount
		add("INV-3", &d.applied, "applied of row %d", i)
		add("INV-3", &d.suspended, "suspended of row %d", i)
		add("INV-3", &d.writeOff, "write-off of row %d", i)
	}
	add("INV-6", &d.offList, "off the list of row %d", i)
	for k := range d.parts {
		add("INV-5", &d.parts[k].amount, "part %d of row %d", k, i)
	}
}

func (r *Result) fundingTampers() (all []Tamper) {
	add := func(invariant string, number *int64, name string, args ...any) {
		all = append(all, Tamper{fmt.Sprintf(name, args...), invariant, func(by int64) { *number += by }})
	}
	for i := range r.Batches {
		add("INV-7", &r.Batches[i].Funded, "funded of batch %d", i)
	}
	for i := range r.Deposits {
		if d := &r.Deposits[i]; d.Fault == nil {
			add("INV-7", &d.Computed, "computed of deposit %d", i)
			add("INV-7", &d.FundedTotal, "funded total of deposit %d", i)
			add("INV-7", &d.Difference, "difference of deposit %d", i)
			add("INV-7", &d.FXDifference, "rate difference of deposit %d", i)
		}
	}
	for i := range r.Bank {
		for k := range r.Bank[i].Shares {
			add("INV-8", &r.Bank[i].Shares[k].Amount, "share %d of bank line %d", k, i)
		}
	}
	return all
}

// Confuse makes an outcome that no row can have.
func (r *Result) Confuse(row int, verdict Verdict, reason Reason) (restore func()) {
	before := r.run.out[row]
	r.run.out[row].verdict, r.run.out[row].reason = verdict, reason
	return func() { r.run.out[row] = before }
}

// Overapply gives a document and its row one unit more than the document is worth.
func (r *Result) Overapply(doc int) {
	run := r.run
	for i := range run.out {
		if run.out[i].kind == One && run.out[i].link == uint32(doc)+1 {
			by := int64(1)
			if run.docs.rows[doc].amount < 0 {
				by = -1
			}
			run.txns.rows[i].amount += by
			run.docs.rows[doc].left -= by
		}
	}
}

// SetRoom makes both tables hold at most so many bytes of text.
func SetRoom(t *Transactions, d *Documents, bytes int) { t.room, d.room = bytes, bytes }
