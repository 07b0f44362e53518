package recon

import "slices"

// What each report said of an event goes with what was posted of it. A report
// that comes on a later night is told from one that was heard by it, and the
// posted range is computed again with both; a fee of which one report gives the
// whole and another a part is one fee across nights too (R2).

// Said is what reports of one rank said of an event, before it was completed by
// what others say: the head of a hash ([ContentOf]), and where it was read.
type Said struct {
	Rank    int
	Content string
	Source  Source
}

// Said is what each source said of the event of a row, by rank; nil where only
// reports of the first rank did, so that the row itself is what they said.
func (r *Result) Said(i int) []Said {
	run, at := r.run, uint32(i)
	if said, several := run.said[mergeKey{run.row(at).id, run.natural(at)}]; several {
		return said
	}
	if rank := run.rank(at); rank != 0 {
		return []Said{run.saying(at, run.natural(at))}
	}
	return nil
}

func (r *run) saying(i uint32, natural EventType) Said {
	t := r.txns.At(int(i))
	t.Type = natural
	return Said{r.rank(i), ContentOf(t), t.Source}
}

// heard tells whether reports of a rank said something of a posted event, and what.
func (p *Posted) heard(rank int) (content string, heard bool) {
	if len(p.Said) == 0 {
		return p.Content, rank == 0 || p.Content == ""
	}
	at := slices.IndexFunc(p.Said, func(s Said) bool { return s.Rank == rank })
	if at < 0 {
		return "", false
	}
	return p.Said[at].Content, true
}

// rank is the first of those that spoke of a posted event.
func (p *Posted) rank() int {
	if len(p.Said) == 0 {
		return 0
	}
	return p.Said[0].Rank
}

// Joined is a row that another source counts under another key: a part of a
// fee, a dispute without its case number. It moves no money of its own.
type Joined struct {
	Transaction        // as read
	Whole       string // id of the event that it is counted in
}

// Joined lists these rows of the run.
func (r *Result) Joined() []Joined { return r.run.joined }

// Restatement is a row of this run that says more, or something else, than what
// was posted for another range under a key.
type Restatement struct {
	Row     uint32
	ID      string // what was posted: its id
	Natural EventType
}

// Restated lists the rows that restate what was posted for another range.
func (r *Result) Restated() []Restatement { return r.run.restated }

// KnownOn are the settlement dates of what earlier runs posted of the event of a
// row, or of parts of it: a run of one of these days must read the row's file.
func (r *Result) KnownOn(i int) []Date { return r.run.knownOn[uint32(i)] }

// know notes that the event of a row was posted for another range.
func (r *run) know(i uint32, posted *Posted) {
	if day := r.postedDate(posted); day != 0 && day != r.row(i).settled {
		r.knownOn[i] = append(r.knownOn[i], day)
	}
}

func (r *run) restate(i uint32, posted *Posted) {
	r.ignore(i, DuplicateRow)
	r.restated = append(r.restated, Restatement{i, posted.ID, posted.Type})
}

// comparePart holds a part against a whole that was posted, and a whole against
// parts that were.
func (r *run) comparePart(i uint32) {
	row := r.row(i)
	if !hasParts(row.kind) || row.flags&flagHasParent == 0 || !r.live(i) {
		return
	}
	t := r.txns.At(int(i))
	key := partKeyOf(&t)
	posted := r.postedParts()[key]
	switch {
	case len(posted) == 0:
	case isWhole(&t):
		r.restateParts(i, &t, posted)
	default:
		if whole := r.postedWhole(i, posted); whole != nil {
			r.know(i, whole)
			r.ignore(i, DuplicateRow)
		}
	}
}

// hasParts tells the events that reports may count in parts.
func hasParts(kind EventType) bool {
	return kind == Fee || kind == Chargeback || kind == ChargebackReversal || kind == Retrieval
}

// postedParts are posted events that may be parts or wholes, by what these have in common.
func (r *run) postedParts() map[partKey][]int {
	if r.partsPosted == nil {
		r.partsPosted = map[partKey][]int{}
		for h := range r.in.History {
			if p := &r.in.History[h]; hasParts(p.Type) && p.Parent != "" {
				r.partsPosted[partKeyOf(&p.Transaction)] = append(r.partsPosted[partKeyOf(&p.Transaction)], h)
			}
		}
	}
	return r.partsPosted
}

// postedWhole is the one whole of another source that a row can be a part of.
func (r *run) postedWhole(i uint32, posted []int) (whole *Posted) {
	for _, h := range posted {
		p := &r.in.History[h]
		switch {
		case !isWhole(&p.Transaction):
		case whole != nil || p.rank() == r.rank(i):
			return nil
		default:
			whole = p
		}
	}
	return whole
}

// restateParts takes a whole for what restates the parts that were posted, if
// they can be its parts only: their range is computed again with it.
func (r *run) restateParts(i uint32, t *Transaction, posted []int) {
	var parts []*Posted
	for _, h := range posted {
		p := &r.in.History[h]
		switch {
		case isWhole(&p.Transaction) && p.ID != t.ID:
			return // nobody can tell whose parts they are
		case !isWhole(&p.Transaction) && p.rank() != r.rank(i):
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 || r.anotherWhole(i, partKeyOf(t)) {
		return
	}
	for _, p := range parts {
		if p.AtOpening {
			r.invalidate(i, "txn_id", "posted_in_part", "a part of it, "+p.ID+", was taken over at cut-over; adjust that by hand")
			return
		}
	}
	for _, p := range parts {
		r.know(i, p)
		r.restate(i, p)
	}
}

// anotherWhole tells a whole of this run with another id and the same parts.
func (r *run) anotherWhole(i uint32, key partKey) bool {
	if r.wholes == nil {
		r.wholes = map[partKey][]uint32{}
		for k := range uint32(len(r.txns.rows)) {
			if row := r.row(k); hasParts(row.kind) && row.flags&flagHasParent != 0 && row.flags&flagFault == 0 {
				if t := r.txns.At(int(k)); isWhole(&t) {
					r.wholes[partKeyOf(&t)] = append(r.wholes[partKeyOf(&t)], k)
				}
			}
		}
	}
	return slices.ContainsFunc(r.wholes[key], func(k uint32) bool { return r.row(k).id != r.row(i).id })
}
