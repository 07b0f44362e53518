package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/night"
	"tieout/reports"
	"tieout/reports/answer"
)

// Exceptions lists what the engine found, with the rows of the workbook as bodies.
func (n *nightly) Exceptions(res *recon.Result) ([]night.Found, error) {
	rows := map[string]int{}
	for _, i := range res.Order() {
		rows[fmt.Sprintf("T:%d", res.Label(int(i)))] = int(i)
	}
	var all []night.Found
	for e := range answer.Exceptions(res) {
		f := night.Found{Row: -1, Exception: night.Exception{ID: e.ID, Side: string(e.Side), Reason: e.Reason, Amount: e.Amount}}
		switch e.Side {
		case reports.SideEvent:
			f.Row = rows[e.DataKey]
		case reports.SideBatch:
			f.Key = batchKey(e.Merchant, e.Origin, e.Currency)
		case reports.SideDoc, reports.SideDeposit, reports.SideBank:
			_, f.Key, _ = strings.Cut(e.DataKey, ":")
		}
		e.Status, e.FirstSeen, e.DataKey = "", 0, ""
		body, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		f.Body = body
		all = append(all, f)
	}
	return all, nil
}

// Body is the work list's row of an item whose row this run does not decide: it was
// open at cut-over, is a dispute whose capture was found, waits for an account, or
// waits no more and is what it was.
func (n *nightly) Body(r *night.Row) ([]byte, error) {
	in := func(minor int64) money.Amount { return money.New(minor, r.Currency) }
	return json.Marshal(reports.ExceptionRow{
		ID: recon.ExceptionID(night.SideEvent, r.ID, r.Natural.String()), Side: reports.SideEvent, Reason: r.Reason, Evidence: r.Evidence, Merchant: r.Merchant,
		Store: n.cfg.Recon.Store(r.Merchant), Reference: r.Reference, RequestID: r.ID, ParentID: r.Parent, Type: r.Type.String(), Origin: r.Settled,
		Occurred: r.Occurred, Due: r.DueDate, Currency: r.Currency, Amount: in(r.Amount), Applied: in(r.Applied), Suspended: in(r.Suspended), Difference: in(r.WriteOff),
		CardBrand: r.CardBrand, Last4: r.Last4, AuthCode: r.AuthCode, Suggested: r.Documents,
	})
}

// FileBody is the work list's row of a file of which nothing can be used.
func (n *nightly) FileBody(e *night.Exception, f *night.File) ([]byte, error) {
	row := reports.ExceptionRow{ID: e.ID, Side: reports.SideEvent, Reason: e.Reason, Evidence: fmt.Sprintf("nothing of %s can be used, it is %s", f.Report.File, f.Report.Verdict)}
	if len(f.Report.Findings) > 0 {
		first := &f.Report.Findings[0]
		row.Evidence += fmt.Sprintf(" (line %d: %s)", first.Line, first.Message)
	}
	if e.Hold != nil {
		row.Merchant, row.Store, row.Origin = e.Hold.Merchant, n.cfg.Recon.Store(e.Hold.Merchant), e.Hold.From
	}
	return json.Marshal(row)
}

// book is the night with what one run alone cannot know: the work list with its
// history, what moved since the prior list, what was released and what waits.
func (n *nightly) book(shown *answer.Night, a *night.Answer) (*reports.Night, error) {
	book, err := shown.Workbook(a.RunID, a.Reports)
	if err != nil {
		return nil, err
	}
	list, err := openRows(a.Work)
	if err != nil {
		return nil, err
	}
	link(list, book)
	if book.Cleared, err = cleared(book.Cleared, a); err != nil {
		return nil, err
	}
	if err := follow(book, list, a.Before); err != nil {
		return nil, err
	}
	book.Exceptions, book.Revision, book.Status = reports.Each(list), a.Revision, n.status(a)
	book.Owners, book.Notices = assigned(list), append(book.Notices, notices(a)...)
	return book, n.apart(book, a)
}

// openRows are the rows of the exceptions that are open, with their history and
// with what finance wrote.
func openRows(list []night.Exception) ([]reports.ExceptionRow, error) {
	var rows []reports.ExceptionRow
	for i := range list {
		e := &list[i]
		if e.Status == night.Closed {
			continue
		}
		row, err := rowOf(e)
		if err != nil {
			return nil, err
		}
		row.Status, row.FirstSeen = reports.ExceptionStatus(e.Status), e.FirstSeen
		row.Disposition, row.DispositionRef, row.AssignedTo, row.Note = e.Remarks.Disposition, e.Remarks.Ref, e.Remarks.AssignedTo, e.Remarks.Note
		rows = append(rows, row)
	}
	return rows, nil
}

func rowOf(e *night.Exception) (row reports.ExceptionRow, err error) {
	if err = json.Unmarshal(e.Body, &row); err != nil {
		err = fmt.Errorf("exception %s: %w", e.ID, err)
	}
	return row, err
}

// link points exceptions of this run's rows at their rows in the data.
func link(rows []reports.ExceptionRow, book *reports.Night) {
	keys := map[string]string{}
	if book.Exceptions != nil {
		for e, err := range book.Exceptions {
			if err == nil {
				keys[e.ID] = e.DataKey
			}
		}
	}
	for i := range rows {
		rows[i].DataKey = keys[rows[i].ID]
	}
}

// follow compares the list with the prior one (ME-04) and with those of the
// weeks before (XLS-10).
func follow(book *reports.Night, list []reports.ExceptionRow, before night.Before) error {
	prior, err := openRows(before.Open)
	if err != nil {
		return err
	}
	open, err := reports.Open(list)
	if err != nil {
		return err
	}
	if before.AsOf != 0 {
		book.PriorAsOf = before.AsOf
		if book.Movement, err = reports.Moved(prior, list); err != nil {
			return err
		}
	}
	var weeks []reports.WeekEnd
	for _, w := range before.Weeks {
		end := reports.WeekEnd{AsOf: w.AsOf}
		for _, o := range w.Open {
			end.Open = append(end.Open, reports.Tally{Items: o.Items, Amount: money.New(o.Amount, o.Currency)})
		}
		weeks = append(weeks, end)
	}
	book.Trend = reports.Trend(append(weeks, reports.WeekEnd{AsOf: book.AsOf, Open: open}))
	return nil
}

// assigned are the people who have an item, for the drop-down.
func assigned(list []reports.ExceptionRow) []string {
	var names []string
	for i := range list {
		if name := list[i].AssignedTo; name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// status is what becomes of the run's entries when it commits.
func (n *nightly) status(a *night.Answer) string {
	switch {
	case len(n.cfg.Targets) == 0:
		return "COMPUTED; nothing is posted, no target is configured"
	case len(a.Commit.Holds) > 0:
		return "RELEASED, but for what is held"
	}
	return "RELEASED"
}

// apart divides the debits of the run's entries into released ones and those
// that wait (rulings on books): an entry waits as long as a part of it does.
func (n *nightly) apart(book *reports.Night, a *night.Answer) error {
	waits := map[string]bool{}
	for i := range a.Commit.Decisions {
		if d := &a.Commit.Decisions[i]; len(n.cfg.Targets) == 0 || !d.Released && a.Commit.Held(d.Key()) {
			waits[night.NaturalKey(d.Key())] = true
		}
	}
	at := map[money.Currency]*reports.TieOut{}
	for i := range book.Currencies {
		t := &book.Currencies[i]
		t.Released, t.Held, at[t.Currency] = money.New(0, t.Currency), money.New(0, t.Currency), t
	}
	for i := range a.Entries {
		key := a.Entries[i].Key()
		to := &at[key.Currency].Released
		if waits[night.NaturalKey(key)] {
			to = &at[key.Currency].Held
		}
		for _, l := range a.Entries[i].Lines() {
			if l.Side != ledger.Debit {
				continue
			}
			sum, err := to.Add(money.New(l.Amount, key.Currency))
			if err != nil {
				return err
			}
			*to = sum
		}
	}
	return nil
}

// notices say what was corrected, and what waits and why.
func notices(a *night.Answer) []string {
	var all []string
	for _, d := range a.Commit.Decisions {
		if d.Change == ledger.Corrected {
			all = append(all, fmt.Sprintf("Entry %s corrects %s.", d.Number(), d.Corrects()))
		}
	}
	for _, sentence := range a.Absent {
		all = append(all, sentence+": see the findings on About.")
	}
	for _, h := range a.Commit.Holds {
		all = append(all, fmt.Sprintf("Not released: %s from %s to %s: %s.", cmp.Or(h.Merchant, "every merchant"), h.From, h.To, h.Why))
	}
	return all
}
