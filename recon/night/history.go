package night

import (
	"cmp"
	"slices"
	"strings"

	"tieout/recon"
)

// past is what a run of one range must know of everything outside that range.
type past struct {
	req    Request
	state  *State
	policy *recon.Policy
	rows   map[string]*Row // by what the engine's history says of them
}

func (p *past) inside(day recon.Date) bool { return p.req.From <= day && day <= p.req.To }

// outside tells a row whose posting stands while this range is computed again.
func (p *past) outside(r *Row) bool { return r.AtOpening || !p.inside(r.Settled) }

// usedInside tells a row whose held money was used by a row of the range that is
// computed again now: it holds the money until that row is decided anew.
func (p *past) usedInside(r *Row) bool { return r.UsedBy != "" && r.UsedOn != 0 && p.inside(r.UsedOn) }

// history is what was posted for rows outside the range, whichever run posted them.
func (p *past) history() []recon.Posted {
	var all []recon.Posted
	p.rows = map[string]*Row{}
	for i := range p.state.Rows {
		r := &p.state.Rows[i]
		if r.Posting == 0 || !p.outside(r) {
			continue
		}
		h := recon.Posted{Transaction: r.Transaction, Documents: r.Documents, Suspended: r.Open, Content: r.Content, AtOpening: r.AtOpening}
		if r.AtOpening {
			h.Content = ""
		}
		for _, s := range r.Said {
			h.Said = append(h.Said, recon.Said{Rank: s.Rank, Content: s.Content})
		}
		if p.usedInside(r) {
			h.Suspended = r.Held
		}
		if h.Suspended != 0 || r.Unmapped {
			h.OpenReason = r.Reason
		}
		h.Applied = r.appliedByDocument()
		all = append(all, h)
		p.rows[RowKey(h.ID, h.Type)] = r
	}
	return all
}

// rowsOf are the rows of the engine's history, which leaves out what it decides anew.
func (p *past) rowsOf(res *recon.Result) []*Row {
	rows := make([]*Row, len(res.Input().History))
	for i := range rows {
		h := &res.Input().History[i]
		rows[i] = p.rows[RowKey(h.ID, h.Type)]
	}
	return rows
}

// appliedByDocument is what each of the row's documents gave; nil where it was never known.
func (r *Row) appliedByDocument() []int64 {
	if r.AtOpening && len(r.Taken) == 0 {
		return nil
	}
	applied := make([]int64, len(r.Documents))
	for _, t := range r.Taken {
		if k := slices.Index(r.Documents, t.Doc); k >= 0 {
			applied[k] += t.Amount
		}
	}
	return applied
}

// pinned are rows of the range whose held money was used outside of it.
func (p *past) pinned() []recon.Pinned {
	var all []recon.Pinned
	for i := range p.state.Rows {
		r := &p.state.Rows[i]
		if r.Posting == 0 || p.outside(r) || r.UsedBy == "" || p.usedInside(r) {
			continue
		}
		all = append(all, recon.Pinned{
			ID: r.ID, Natural: r.Natural, Currency: r.Currency, Reason: r.Reason, Secondary: r.Secondary, Pass: r.Pass,
			Documents: r.Documents, Applied: r.appliedByDocument(), WriteOff: r.WriteOff, Suspended: r.Held, UsedBy: r.UsedBy,
		})
	}
	return all
}

// postedOn is where rows of the range were posted first.
func (p *past) postedOn() func(string, recon.EventType) recon.Date {
	first := map[string]recon.Date{}
	for i := range p.state.Rows {
		if r := &p.state.Rows[i]; r.Posting != 0 && !p.outside(r) {
			first[r.Key()] = r.Posting
		}
	}
	return func(id string, natural recon.EventType) recon.Date { return first[RowKey(id, natural)] }
}

// priors are by document: what rows outside the range and acts took. What was
// applied before cut-over is in the documents' own column.
func (p *past) priors() map[string]recon.Prior {
	for doc, prior := range p.state.Priors {
		for k, part := range prior.Parts {
			prior.Parts[k] = max(part, -part)
		}
		p.state.Priors[doc] = prior
	}
	return p.state.Priors
}

// inherited are documents that an open event outside the range is linked to.
func (p *past) inherited() []recon.Inherited {
	var all []recon.Inherited
	rows := map[string]*Row{}
	for i := range p.state.Rows {
		rows[p.state.Rows[i].Key()] = &p.state.Rows[i]
	}
	var open []*Row
	for _, e := range p.state.Exceptions {
		if r := rows[e.Key]; e.Status != Closed && e.Side == SideEvent && r != nil && p.outside(r) && marksDocuments(e.Reason) {
			open = append(open, r)
		}
	}
	slices.SortFunc(open, func(a, b *Row) int {
		return cmp.Or(cmp.Compare(a.Settled, b.Settled), cmp.Compare(a.Occurred, b.Occurred), strings.Compare(a.ID, b.ID))
	})
	for _, r := range open {
		for _, doc := range r.Documents {
			all = append(all, recon.Inherited{Document: doc, Reason: r.Reason, ID: r.ID, Type: r.Type})
		}
	}
	return all
}

// marksDocuments tells the reasons that an event gives to its documents (3.5, column side).
func marksDocuments(r recon.Reason) bool {
	switch r {
	case recon.WrongMerchant, recon.CurrencyMismatch, recon.DuplicateOrder, recon.OrderCancelled, recon.DateWindow,
		recon.RefundOverCapture, recon.ProcessorReject:
		return true
	default:
		return false
	}
}
