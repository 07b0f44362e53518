package recon

// Taken is what a row, or a carried item, took from one document: minor units,
// signed like the row; Parts is the split of a cash sale, signed the same way.
type Taken struct {
	Doc    int
	Amount int64
	Parts  Components
}

// Taken lists what a row took from documents. A reject that gives money back has amounts of the other sign.
func (r *Result) Taken(row int) []Taken {
	run, o := r.run, &r.run.out[row]
	if o.verdict == Ignored || o.reason == InvalidRow {
		return nil
	}
	var parts []docPart
	switch {
	case o.more != 0 && run.details[o.more-1].parts != nil:
		parts = run.details[o.more-1].parts
	case o.kind == One && o.link != 0 && o.link&manyLinks == 0:
		applied, _, _ := run.money(uint32(row))
		parts = []docPart{{o.link - 1, applied}}
	}
	taken := make([]Taken, len(parts))
	for k, p := range parts {
		taken[k] = Taken{Doc: int(p.doc), Amount: p.amount}
		for _, a := range run.allotsOf(uint32(row)) {
			if a.Doc == p.doc {
				taken[k].Parts = signedLike(a.Parts, p.amount)
			}
		}
	}
	return taken
}

// TakenBy lists what a carried item took when it was cleared.
func (r *Result) TakenBy(c Cleared) []Taken {
	var taken []Taken
	for k, doc := range c.Docs {
		t := Taken{Doc: int(doc), Amount: c.Parts[k]}
		for _, a := range r.run.allots {
			if a.Posted == c.Posted && a.Row < 0 && a.Doc == doc {
				t.Parts = signedLike(a.Parts, t.Amount)
			}
		}
		taken = append(taken, t)
	}
	return taken
}

func signedLike(parts Components, amount int64) Components {
	if amount < 0 {
		for k := range parts {
			parts[k] = -parts[k]
		}
	}
	return parts
}

// HoldsOpen is what of the row's suspended amount is on the open list, in minor units.
func (r *Result) HoldsOpen(row int) int64 {
	if r.run.out[row].reason == InvalidRow {
		return 0
	}
	return r.run.openAmount(uint32(row))
}

// MovesMoney tells a row that the books have lines for.
func (r *Result) MovesMoney(row int) bool { return r.run.movesMoney(uint32(row)) }

// Moving lists the rows of a type that move money.
func (r *Result) Moving(kind EventType) []int {
	var rows []int
	for i := range r.run.txns.rows {
		if r.run.txns.rows[i].kind == kind && r.run.movesMoney(uint32(i)) {
			rows = append(rows, i)
		}
	}
	return rows
}

// SettledOn is the settlement date of a row, also of one that is not trusted; 0: none could be read.
func (r *Result) SettledOn(row int) Date { return r.run.txns.rows[row].settled }

// FileOf is the number of the transaction file that a row came from.
func (r *Result) FileOf(row int) int { return int(r.run.txns.rows[row].file) }
