package answer

import (
	"slices"
	"strconv"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

// cleared are the carried items that left the open list in this run (MAT-09):
// those that a document, a capture or a refund took out of suspense, those that
// the processor refused since (EDGE-5), and the disputes that were won.
func (n *Night) cleared() []reports.ClearedItem {
	if len(n.Result.Input().History) == 0 {
		return nil
	}
	var all []reports.ClearedItem
	entries, told := n.reclassed(), map[string]bool{}
	for _, c := range n.Result.Cleared() {
		item := n.clearedItem(c, entries)
		told[item.ID] = true
		all = append(all, item)
	}
	for _, item := range append(n.refused(), n.won()...) {
		if !told[item.ID] {
			told[item.ID] = true
			all = append(all, item)
		}
	}
	return all
}

// clearedItem is a carried item that left the list; who stored its first day may add it.
func (n *Night) clearedItem(c recon.Cleared, entries map[ledger.SourceRef]string) reports.ClearedItem {
	h := &n.Result.Input().History[c.Posted]
	item := n.carried(h)
	item.Amount, item.Pass = money.New(c.Amount, h.Currency), c.Pass
	if c.ByRow > 0 {
		n.byRow(&item, int(c.ByRow-1))
		return item
	}
	item.Documents, item.By, item.EntryNo = n.Result.DocumentIDs(c.Docs), "document", entries[ledger.SourceRef("H:"+h.ID)]
	if c.ToDispute {
		item.By = "its capture was found; the dispute is open"
	}
	item.Posting = n.Chart.PostingDate(n.Result.Policy().To)
	if len(item.Documents) > 0 {
		item.DataKey = "D:" + item.Documents[0]
	}
	return item
}

// settledOn is the settlement date of a posted event: a batch date without a time is one (3.3).
func settledOn(p *recon.Policy, h *recon.Posted) recon.Date {
	if h.BatchDate != 0 || h.Batched == 0 {
		return h.BatchDate
	}
	return p.SettlementDate(h.Merchant, h.Batched)
}

// reclassed are the numbers of the entries that move carried items, by the source of their lines.
func (n *Night) reclassed() map[ledger.SourceRef]string {
	all := map[ledger.SourceRef]string{}
	for i := range n.Entries {
		if e := &n.Entries[i]; e.Key().Class == ledger.Reclass {
			for _, l := range e.Lines() {
				for _, s := range l.Sources {
					all[s] = e.Number()
				}
			}
		}
	}
	return all
}

// carried is an item of the history as the sheet begins it.
func (n *Night) carried(h *recon.Posted) reports.ClearedItem {
	return reports.ClearedItem{
		ID: recon.ExceptionID("event", h.ID, h.Type.String()), RequestID: h.ID, Merchant: h.Merchant, From: h.OpenReason,
		Origin: settledOn(n.Result.Policy(), h), Amount: money.New(h.Amount, h.Currency),
	}
}

// byRow says that a row of this run cleared the item.
func (n *Night) byRow(item *reports.ClearedItem, row int) {
	label := strconv.Itoa(n.Result.Label(row))
	item.By, item.DataKey, item.Posting = "row "+label, "T:"+label, n.Result.Row(row).Posting
}

// refused are the items that held money until a row of this run rejected them.
func (n *Night) refused() []reports.ClearedItem {
	held := map[int]bool{}
	for _, h := range n.Result.Held() {
		held[h.Posted] = true
	}
	by := n.children(recon.Reject)
	var all []reports.ClearedItem
	for i := range n.Result.Input().History {
		h := &n.Result.Input().History[i]
		if rows := by[h.ID]; len(rows) > 0 && h.HoldsSuspense() && !held[i] {
			item := n.carried(h)
			item.Amount, item.Pass = money.New(h.Suspended, h.Currency), recon.ByParent
			n.byRow(&item, rows[0])
			all = append(all, item)
		}
	}
	return all
}

// won are the carried disputes that reversals gave back in full, the last of them in this run.
func (n *Night) won() []reports.ClearedItem {
	by, before := n.children(recon.ChargebackReversal), map[string]int64{}
	for i := range n.Result.Input().History {
		if h := &n.Result.Input().History[i]; h.Type == recon.ChargebackReversal {
			before[h.Parent] += h.Amount
		}
	}
	var all []reports.ClearedItem
	for i := range n.Result.Input().History {
		h := &n.Result.Input().History[i]
		rows := by[h.ID]
		if h.Type != recon.Chargeback || len(rows) == 0 {
			continue
		}
		back := before[h.ID]
		for _, row := range rows {
			back += n.Result.Row(row).Amount
		}
		if back < -h.Amount {
			continue
		}
		item := n.carried(h)
		item.From, item.Pass = recon.ChargebackOpen, recon.ByParent
		n.byRow(&item, rows[len(rows)-1])
		item.By += ": representment won"
		all = append(all, item)
	}
	return all
}

// children are the rows of a type that agree with what they follow or take it
// back, by the id of that.
func (n *Night) children(kind recon.EventType) map[string][]int {
	all := map[string][]int{}
	for _, i := range n.Result.Moving(kind) {
		if r := n.Result.Row(i); r.Verdict == recon.Matched || kind == recon.Reject {
			all[r.ParentID] = append(all[r.ParentID], i)
		}
	}
	for _, rows := range all { // in an order that does not depend on the files'
		slices.SortFunc(rows, func(a, b int) int { return n.Result.Label(a) - n.Result.Label(b) })
	}
	return all
}
