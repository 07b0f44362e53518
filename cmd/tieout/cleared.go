package main

import (
	"fmt"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/night"
	"tieout/reports"
)

// cleared are the items that left the open list in this run (MAT-09): what was
// carried in suspense, as the engine tells it, and all else that was open before:
// disputes won, documents captured, batches funded, deposits and bank lines settled.
func cleared(told []reports.ClearedItem, a *night.Answer) ([]reports.ClearedItem, error) {
	byID := map[string]reports.ClearedItem{}
	for _, item := range told {
		byID[item.ID] = item
	}
	c := newClearing(a)
	var all []reports.ClearedItem
	for i := range a.Work {
		e := &a.Work[i]
		item, known := byID[e.ID]
		delete(byID, e.ID) // what is still open has not left the list
		if e.Status != night.Closed {
			continue
		}
		if !known {
			var err error
			if item, err = c.item(e); err != nil {
				return nil, err
			}
		}
		item.FirstSeen = e.FirstSeen
		all = append(all, item)
	}
	for _, item := range told {
		if _, left := byID[item.ID]; left {
			all = append(all, item)
		}
	}
	return all, nil
}

// clearing is what closed exceptions, among the rows and documents of the run.
type clearing struct {
	rows  map[string]*night.Row // by natural key
	won   map[string]*night.Row // reversals, by the id of their dispute
	taken map[string][]int      // labels of the rows that took from a document
	label map[int]*night.Row    // those rows
	docs  map[string]bool       // that the run saw
	funds map[string]string     // deposits, by the key of their batch
}

func newClearing(a *night.Answer) *clearing {
	c := &clearing{
		rows: map[string]*night.Row{}, won: map[string]*night.Row{}, taken: map[string][]int{}, label: map[int]*night.Row{},
		docs: map[string]bool{}, funds: map[string]string{},
	}
	named, documents := closedKeys(a.Work)
	var closed []uint32
	for i := range a.Commit.Docs {
		c.docs[a.Commit.Docs[i].ID] = true
		if documents[a.Commit.Docs[i].ID] {
			closed = append(closed, uint32(i))
		}
	}
	for i := range a.Commit.Deposits {
		d := &a.Commit.Deposits[i]
		c.funds[batchKey(d.Merchant, d.Settled, d.Amount.Currency())] = d.ID
	}
	for doc, labels := range a.Result.RowsOf(closed) {
		c.taken[a.Commit.Docs[doc].ID] = labels
		for _, label := range labels {
			c.label[label] = nil
		}
	}
	for i := range a.Commit.Rows {
		r := &a.Commit.Rows[i]
		if key := r.Key(); named[key] {
			c.rows[key] = r
		}
		if r.Type == recon.ChargebackReversal {
			c.won[r.ParentID] = r
		}
		if _, wanted := c.label[r.Label]; wanted {
			c.label[r.Label] = r
		}
	}
	return c
}

// closedKeys are what closed exceptions of events and documents name.
func closedKeys(work []night.Exception) (events, documents map[string]bool) {
	events, documents = map[string]bool{}, map[string]bool{}
	for i := range work {
		switch e := &work[i]; {
		case e.Status != night.Closed:
		case e.Side == night.SideEvent:
			events[e.Key], events[e.ClosedBy] = true, true
		case e.Side == night.SideDoc:
			documents[e.Key] = true
		}
	}
	return events, documents
}

// item is a closed exception as the sheet shows it.
func (c *clearing) item(e *night.Exception) (reports.ClearedItem, error) {
	row, err := rowOf(e)
	item := reports.ClearedItem{
		ID: e.ID, RequestID: row.RequestID, Merchant: row.Merchant, From: e.Reason, Origin: row.Origin, Amount: e.Amount, By: e.ClosedBy,
	}
	switch e.Side {
	case night.SideEvent:
		c.event(&item, e)
	case night.SideDoc:
		c.document(&item, e.Key)
	case night.SideBatch:
		if id := c.funds[e.Key]; id != "" {
			item.By, item.DataKey = "deposit "+id, "F:"+id
		}
	case night.SideDeposit:
		item.DataKey = "F:" + e.Key
	case night.SideBank:
		item.DataKey = "B:" + e.Key
	}
	return item, err
}

// event links an event to the row that closed it, its reversal or refund, or to
// its own, read again.
func (c *clearing) event(item *reports.ClearedItem, e *night.Exception) {
	by := c.rows[e.ClosedBy]
	if by == nil && e.Reason == recon.ChargebackOpen {
		by = c.won[item.RequestID]
	}
	if by != nil {
		item.By = fmt.Sprintf("row %d: %s", by.Label, e.ClosedBy)
	} else {
		by = c.rows[e.Key]
	}
	if by != nil {
		item.DataKey, item.Posting = fmt.Sprintf("T:%d", by.Label), by.Posting
	}
}

// document links a document to its row in the data and names the rows that took from it.
func (c *clearing) document(item *reports.ClearedItem, id string) {
	item.Documents = []string{id}
	if c.docs[id] {
		item.DataKey = "D:" + id
	}
	var names []string
	for _, label := range c.taken[id] {
		names = append(names, fmt.Sprintf("row %d", label))
		if r := c.label[label]; r != nil { // the last one completes the document
			item.Pass, item.Posting = r.Pass, r.Posting
		}
	}
	if len(names) > 0 {
		item.By = strings.Join(names, ", ")
	}
}

// batchKey is what a batch is known by on the work list.
func batchKey(merchant string, settled recon.Date, c money.Currency) string {
	return strings.Join([]string{merchant, settled.String(), c.String()}, "|")
}
