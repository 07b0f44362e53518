package night

import "tieout/recon"

// decided takes over what the engine made of every row that can be named. A row
// that repeats another is told by that one.
func decided(res *recon.Result, files []string) []Row {
	var rows []Row
	for i := range res.Rows() {
		v, reason := res.Verdict(i)
		if v == recon.Ignored && reason == recon.DuplicateRow || reason == recon.InvalidRow {
			continue
		}
		rows = append(rows, rowOf(res, i, files))
	}
	for _, part := range res.Joined() {
		rows = append(rows, countedIn(&part, files))
	}
	return rows
}

// countedIn is a row that another source counts under another key. It moves no
// money: what an earlier run posted of it is no longer posted.
func countedIn(part *recon.Joined, files []string) Row {
	row := Row{
		Transaction: part.Transaction, Natural: part.Type, Settled: part.BatchDate, Verdict: recon.Ignored, Reason: recon.DuplicateRow,
		CountedIn: part.Whole, ParentID: part.Parent, Evidence: "counted in " + part.Whole + ", which another report gives",
	}
	row.File, row.Line = readAt(part.Source, files)
	return row
}

// said is what each source said, where it was read.
func said(all []recon.Said, files []string) []Said {
	var kept []Said
	for _, s := range all {
		one := Said{Rank: s.Rank, Content: s.Content}
		one.File, one.Line = readAt(s.Source, files)
		kept = append(kept, one)
	}
	return kept
}

func rowOf(res *recon.Result, i int, files []string) Row {
	r := res.Row(i)
	row := Row{
		Transaction: r.Transaction, Natural: r.Natural, Label: r.Label, Settled: r.Settled, Posting: r.Posting, Verdict: r.Verdict, Reason: r.Reason,
		Secondary: r.Secondary, Pass: r.Pass, Kind: r.Kind, Documents: r.Documents, Suggested: r.Suggested, Applied: r.Applied,
		Suspended: r.Suspended, WriteOff: r.WriteOff, Unmapped: r.Unmapped, Evidence: res.Evidence(i).Text, ParentID: r.ParentID,
	}
	row.File, row.Line = readAt(r.Source, files)
	natural := r.Transaction
	natural.Type = r.Natural
	row.Content = recon.ContentOf(natural)
	row.Said = said(res.Said(i), files)
	if row.Posting == 0 {
		return row
	}
	row.Open = res.HoldsOpen(i)
	row.Held = row.Open
	for _, t := range res.Taken(i) {
		row.Taken = append(row.Taken, Taken{Doc: res.Doc(t.Doc).ID, Amount: t.Amount, Parts: t.Parts})
	}
	return row
}

// keepPins lets rows whose money was used elsewhere say so as before.
func keepPins(rows []Row, pinned []recon.Pinned, before []Row) {
	if len(pinned) == 0 {
		return
	}
	old := map[string]*Row{}
	for i := range before {
		old[before[i].Key()] = &before[i]
	}
	used := map[string]recon.Pinned{}
	for _, p := range pinned {
		used[RowKey(p.ID, p.Natural)] = p
	}
	for i := range rows {
		r := &rows[i]
		if p, ok := used[r.Key()]; ok {
			r.Held = p.Suspended
			r.UsedBy, r.UsedOn = p.UsedBy, old[r.Key()].UsedOn
		}
	}
}

// readAt is where something was read: the hash of the kept file and the physical
// line (GL-24); "" and 0 for what no file says.
func readAt(s recon.Source, files []string) (hash string, line int) {
	if s.Line == 0 || int(s.File) >= len(files) {
		return "", 0
	}
	return files[s.File], int(s.Line)
}

func documentsOf(res *recon.Result, files []string) []Doc {
	docs := make([]Doc, res.Docs())
	for i := range docs {
		d := res.Doc(i)
		docs[i] = Doc{
			ID: d.ID, Type: d.Type, OrderNo: d.OrderNo, InvoiceNo: d.InvoiceNo, CustomerNo: d.CustomerNo, Date: d.Date, Status: d.Status,
			Merchant: d.Merchant, Store: d.Store, Dimensions: d.Dimensions, Currency: d.Currency, Amount: d.Amount, Components: d.Components,
			Applied: d.AppliedRun + d.Prior, Remaining: d.Remaining, Verdict: d.Verdict, Reason: d.Reason, Kind: d.Kind,
		}
		docs[i].File, docs[i].Line = readAt(d.Source, files)
	}
	return docs
}

func depositsOf(res *recon.Result, files []string, posting func(first, day recon.Date) recon.Date) []Deposit {
	var all []Deposit
	for i := range res.Deposits {
		d := &res.Deposits[i]
		if d.Reason == recon.InvalidRow {
			continue
		}
		file, line := readAt(d.Source, files)
		all = append(all, Deposit{
			ID: d.ID, Merchant: d.Merchant, Settled: d.SettlementDate, Amount: d.Settled, Funded: d.Funded, On: d.FundingDate, BankRef: d.BankRef,
			RateText: d.RateText, Posting: posting(d.PostedOn, d.FundingDate), Verdict: d.Verdict, Reason: d.Reason, Secondary: d.Secondary, BankLines: d.BankLines,
			File: file, Line: line,
		})
	}
	return all
}

func bankLinesOf(res *recon.Result, files []string, posting func(first, day recon.Date) recon.Date) []BankLine {
	var all []BankLine
	for i := range res.Bank {
		l := &res.Bank[i]
		if l.Reason == recon.InvalidRow {
			continue
		}
		file, line := readAt(l.Source, files)
		all = append(all, BankLine{
			ID: l.ID, On: l.ValueDate, Amount: l.Amount, BankRef: l.BankRef, Text: l.Description, Posting: posting(l.PostedOn, l.ValueDate),
			Verdict: l.Verdict, Reason: l.Reason, Deposits: l.Deposits, File: file, Line: line,
		})
	}
	return all
}

// cleared are the acts of this run: carried items that a document or a found
// capture ended (class RECLASS).
func cleared(res *recon.Result, on recon.Date) []Act {
	var acts []Act
	for _, c := range res.Cleared() {
		if c.ByRow != 0 {
			continue
		}
		h := &res.Input().History[c.Posted]
		act := Act{
			Key: RowKey(h.ID, h.Type), Merchant: h.Merchant, Currency: h.Currency, Amount: c.Amount, From: h.OpenReason, Pass: c.Pass,
			ToDispute: c.ToDispute, On: on,
		}
		for _, t := range res.TakenBy(c) {
			act.Taken = append(act.Taken, Taken{Doc: res.Doc(t.Doc).ID, Amount: t.Amount, Parts: t.Parts})
		}
		acts = append(acts, act)
	}
	return acts
}

// touched are the rows of other ranges whose held money this run used, or gives
// back because what used it has gone.
func (p *past) touched(res *recon.Result) []Row {
	left := map[int]int64{}
	for _, h := range res.Held() {
		left[h.Posted] = h.Amount
	}
	history := p.rowsOf(res)
	user, on := p.users(res, history)
	var rows []Row
	for h, old := range history {
		if !res.Input().History[h].HoldsSuspense() && !p.usedInside(old) {
			continue
		}
		row := *old
		row.Open = left[h]
		switch {
		case row.Open != 0:
			row.UsedBy, row.UsedOn = "", 0
		case user[h] != "":
			row.UsedBy, row.UsedOn = user[h], on[h]
		}
		if row.Open != old.Open || row.UsedBy != old.UsedBy || row.UsedOn != old.UsedOn {
			rows = append(rows, row)
		}
	}
	return rows
}

// captureFound is what used the held money of a dispute whose capture turned up:
// it went to the disputes account, and the dispute is as open as before (EDGE-6).
const captureFound = "its capture was found"

// users tells by what each carried item left the open list in this run.
func (p *past) users(res *recon.Result, history []*Row) (user map[int]string, on map[int]recon.Date) {
	user, on = map[int]string{}, map[int]recon.Date{}
	for _, c := range res.Cleared() {
		if c.ByRow == 0 {
			user[c.Posted] = "document"
			if c.ToDispute {
				user[c.Posted] = captureFound
			}
			continue
		}
		r := res.Row(int(c.ByRow - 1))
		user[c.Posted], on[c.Posted] = RowKey(r.ID, r.Natural), r.Settled
	}
	byID := map[string]int{}
	for h, r := range history {
		if _, done := user[h]; !done && res.Input().History[h].HoldsSuspense() {
			byID[r.ID] = h
		}
	}
	for _, i := range res.Moving(recon.Reject) {
		r := res.Row(i)
		if h, held := byID[r.ParentID]; held {
			user[h], on[h] = RowKey(r.ID, r.Natural), r.Settled
		}
	}
	return user, on
}
