package night

import (
	"cmp"
	"fmt"

	"tieout/ledger/money"
	"tieout/recon"
)

// takeOver makes rows of the books of what was posted before cut-over. What was
// open then is on the work list from the day on which it settled.
func (n *Night) takeOver(p *past, history []recon.Posted, files []string) ([]Row, error) {
	var rows []Row
	for i := range history {
		h := &history[i]
		if h.Fault != nil {
			return nil, fmt.Errorf("opening, line %d: %s", h.Source.Line, h.Fault.Message)
		}
		row := openingRow(h, n.Policy.SettlementDate)
		row.File, row.Line = readAt(h.Source, files)
		rows = append(rows, row)
		if row.Open == 0 {
			continue
		}
		body, err := n.Presenter.Body(&row)
		if err != nil {
			return nil, err
		}
		id := recon.ExceptionID(SideEvent, row.ID, row.Natural.String())
		p.state.Exceptions[id] = Exception{
			ID: id, Side: SideEvent, Key: row.Key(), Reason: row.Reason, Amount: money.New(row.Amount, row.Currency), Status: New,
			FirstSeen: row.Settled, LastSeen: row.Settled, Body: body,
		}
	}
	p.state.Rows = append(p.state.Rows, rows...)
	return rows, nil
}

func openingRow(h *recon.Posted, settle func(string, recon.Instant) recon.Date) Row {
	row := Row{
		Transaction: h.Transaction, Natural: h.Type, Settled: h.BatchDate, Verdict: recon.Matched, Documents: h.Documents,
		Applied: h.Amount - h.Suspended, Suspended: h.Suspended, AtOpening: true, ParentID: h.Parent,
	}
	if h.BatchDate == 0 && h.Batched != 0 {
		row.Settled = settle(h.Merchant, h.Batched)
	}
	row.Posting = cmp.Or(row.Settled, 1)
	for k, amount := range h.Applied {
		row.Taken = append(row.Taken, Taken{Doc: h.Documents[k], Amount: amount})
	}
	if h.OpenReason != recon.NoReason {
		row.Verdict, row.Reason = recon.Exception, h.OpenReason
		row.Unmapped = h.OpenReason == recon.UnmappedGL
	}
	if h.HoldsSuspense() {
		row.Held, row.Open = h.Suspended, h.Suspended
	}
	return row
}

// withOpening adds the rows taken over to those that the run touched, each once.
func withOpening(touched, opening []Row) []Row {
	has := map[string]bool{}
	for i := range touched {
		has[touched[i].Key()] = true
	}
	for i := range opening {
		if !has[opening[i].Key()] {
			touched = append(touched, opening[i])
		}
	}
	return touched
}
