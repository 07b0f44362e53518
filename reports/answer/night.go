package answer

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

// Workbook is the night as its workbook shows it. sources are the reports on the
// files in the order of inputs.json. The error is an amount beyond int64.
func (n *Night) Workbook(runID string, sources []recon.FileReport) (*reports.Night, error) {
	p, in := n.Result.Policy(), n.Result.Input()
	w := &reports.Night{
		Company: p.Company, From: p.From, To: p.To, AsOf: p.AsOf, RunID: runID, Revision: 1, Zone: p.Zone, Base: p.Base, Status: "COMPUTED",
		RuleVersion: n.RuleVersion,
		ClosedTo:    n.Chart.ClosedThrough, Software: n.Software, ConfigHash: n.ConfigHash, Parameters: parameters(p), Sources: sources,
		Exceptions: n.exceptionRows(), Rows: n.rows(filesOf(sources)), Journal: n.lines(), Currencies: n.tieOuts(), Counts: n.counts(),
	}
	if !in.HasFunding {
		w.NotProvided = append(w.NotProvided, "funding report")
	}
	if !in.HasBank {
		w.NotProvided = append(w.NotProvided, "bank statement")
	}
	var err error
	if w.RollForward, err = n.rollForwards(); err != nil {
		return nil, fmt.Errorf("roll-forward: %w", err)
	}
	n.addProofs(w)
	n.addFunding(w)
	w.Cleared = n.cleared()
	return w, nil
}

// exceptionRows are the open exceptions; in memory they never fail.
func (n *Night) exceptionRows() iter.Seq2[reports.ExceptionRow, error] {
	return func(yield func(reports.ExceptionRow, error) bool) {
		for e := range Exceptions(n.Result) {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// rows are all input rows: transactions by label, documents, deposits, bank lines.
func (n *Night) rows(files files) iter.Seq2[reports.Row, error] {
	return func(yield func(reports.Row, error) bool) {
		for _, i := range n.Result.Order() {
			row := n.transactionRow(n.Result.Row(int(i)), files)
			if row.Verdict == recon.Matched {
				row.Evidence = n.Result.Evidence(int(i)).Text
			}
			if !yield(row, nil) {
				return
			}
		}
		for _, i := range n.Result.DocsAsRead() {
			if !yield(documentRow(n.Result.Doc(i), files), nil) {
				return
			}
		}
		for i := range n.Result.Deposits {
			if !yield(depositRow(&n.Result.Deposits[i], files), nil) {
				return
			}
		}
		for i := range n.Result.Bank {
			if !yield(bankRow(&n.Result.Bank[i], files), nil) {
				return
			}
		}
	}
}

func depositRow(d *recon.DepositOutcome, files files) reports.Row {
	row := reports.Row{
		Key: "F:" + d.ID, Side: reports.SideDeposit, RowNo: d.ID, File: files.only("funding"), Line: int(d.Source.Line), Merchant: d.Merchant, Type: "FUNDING",
		Reference: d.BankRef, Date: d.FundingDate, Currency: d.Settled.Currency(), Verdict: d.Verdict, Reason: d.Reason, Secondary: d.Secondary,
	}
	if d.Reason != recon.InvalidRow {
		row.Amount = d.Settled
	}
	return row
}

func bankRow(l *recon.BankOutcome, files files) reports.Row {
	row := reports.Row{
		Key: "B:" + l.ID, Side: reports.SideBank, RowNo: l.ID, File: files.only("bank"), Line: int(l.Source.Line), Type: "BANK", Reference: l.BankRef,
		Text: l.Description, Date: l.ValueDate, Currency: l.Amount.Currency(), Verdict: l.Verdict, Reason: l.Reason,
	}
	if l.Reason != recon.InvalidRow {
		row.Amount = l.Amount
	}
	return row
}

func (n *Night) transactionRow(r recon.Row, files files) reports.Row {
	in := func(minor int64) money.Amount { return money.New(minor, r.Currency) }
	row := reports.Row{
		Key: "T:" + strconv.Itoa(r.Label), Side: reports.SideEvent, RowNo: strconv.Itoa(r.Label), File: files.of("transactions", r.Source),
		Line: int(r.Source.Line), Merchant: r.Merchant,
		Store: n.Result.Policy().Store(r.Merchant), Batch: r.Batch, Type: r.Type.String(), RequestID: r.ID, ParentID: r.ParentID, Reference: r.Reference,
		Occurred: r.Occurred, Date: r.Settled, Posting: r.Posting, Currency: r.Currency, Verdict: r.Verdict, Reason: r.Reason, Secondary: r.Secondary,
		Pass: r.Pass, Kind: r.Kind, Documents: r.Documents, CardBrand: r.CardBrand, Last4: r.Last4, AuthCode: r.AuthCode, FeeCode: r.FeeCode, Method: r.Method,
	}
	if r.Reason != recon.InvalidRow {
		row.Counted = r.Type.Financial()
		row.Amount, row.Applied, row.Suspended, row.WriteOff = in(r.Amount), in(r.Applied), in(r.Suspended), in(r.WriteOff)
	}
	return row
}

func documentRow(d recon.Doc, files files) reports.Row {
	in := func(minor int64) money.Amount { return money.New(minor, d.Currency) }
	row := reports.Row{
		Key: "D:" + d.ID, Side: reports.SideDoc, RowNo: d.ID, File: files.of("documents", d.Source), Line: int(d.Source.Line), Merchant: d.Merchant,
		Store: d.Store, Type: d.Type.String(), RequestID: d.RequestID, OrderNo: d.OrderNo, InvoiceNo: d.InvoiceNo, CustomerNo: d.CustomerNo, Date: d.Date,
		Currency: d.Currency, Verdict: d.Verdict, Reason: d.Reason, Kind: d.Kind, Last4: d.Last4, AuthCode: d.AuthCode, Method: d.Method,
		DocumentText: d.Status.String(),
	}
	if d.Reason != recon.InvalidRow {
		row.Amount, row.Applied, row.Remaining = in(d.Amount), in(d.AppliedRun), in(d.Remaining)
	}
	return row
}

func (n *Night) lines() iter.Seq2[reports.JournalLine, error] {
	proof := func(l *ledger.Line) reports.Proof {
		switch n.Chart.RoleOf(l) {
		case ledger.Clearing:
			return reports.ProofClearing
		case ledger.Unapplied:
			return reports.ProofSuspense
		default:
			return reports.NoProof
		}
	}
	return func(yield func(reports.JournalLine, error) bool) {
		for _, e := range n.Entries {
			for _, l := range reports.Lines(e, proof) {
				if !yield(l, nil) {
					return
				}
			}
		}
	}
}

// CheckTieOut refuses figures of the TieOut sheet whose TieDifference is not
// zero (4.4, XLS-18), and names the letters by currency.
func (n *Night) CheckTieOut() error {
	var faults []string
	for _, t := range n.tieOuts() {
		c, err := t.Checks()
		if err != nil {
			return fmt.Errorf("INV-4: TieOut of %s: %w", t.Currency, err)
		}
		for _, check := range []struct {
			name       string
			difference int64
		}{
			{"INV-4: G, rows read less outcomes", c.G},
			{"INV-4: I, outcomes less clearing", c.I},
			{"INV-4: K, outcomes less their parts", c.K},
			{"INV-11: N, posting file debits less credits", c.N},
			{"INV-11: P, posting file less journal", c.P},
			{"INV-6: Q, suspense less its list", c.Q},
			{"INV-7: R, clearing less its list", c.R},
			{"INV-2: S, rows in less rows out", c.S},
		} {
			if check.difference != 0 {
				faults = append(faults, fmt.Sprintf("%s is %d in minor units of %s", check.name, check.difference, t.Currency))
			}
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("the TieOut sheet does not end in zero, nothing is written: %s", strings.Join(faults, "; "))
	}
	return nil
}

// tieOuts are the figures of TieOut, a currency each.
func (n *Night) tieOuts() []reports.TieOut {
	byCurrency := map[money.Currency]*reports.TieOut{}
	of := func(c money.Currency) *reports.TieOut {
		if byCurrency[c] == nil {
			none := money.New(0, c)
			byCurrency[c] = &reports.TieOut{Currency: c, SuspenseClosing: none, SuspenseList: none, ClearingClosing: none, UnfundedList: none}
		}
		return byCurrency[c]
	}
	n.countRows(of)
	for c, f := range n.Proof.TieOut {
		t, in := of(c), func(minor int64) money.Amount { return money.New(minor, c) }
		t.RowsRead, t.Ignored, t.Matched, t.Exceptions = in(f.Report), in(f.Ignored), in(f.Matched), in(f.Exception)
		t.ClearingNet, t.Applied, t.Suspended, t.WriteOff, t.Memo = in(f.Clearing), in(f.Applied), in(f.Suspended), in(f.WriteOff), in(f.Memo)
	}
	for c, s := range n.Proof.Suspense {
		of(c).SuspenseClosing, of(c).SuspenseList = money.New(s.Opening+s.Movement, c), money.New(s.Listed, c)
	}
	for c, r := range n.Proof.Clearing {
		of(c).ClearingClosing, of(c).UnfundedList = money.New(r.Closing, c), money.New(r.ProofTotal(), c)
	}
	for _, total := range n.Totals.ByCurrency {
		t := of(total.Currency)
		t.FileDebits, t.FileCredits, t.Debits = total.Debits, total.Credits, total.Debits
	}
	var all []reports.TieOut
	for _, c := range slices.SortedFunc(maps.Keys(byCurrency), func(a, b money.Currency) int { return strings.Compare(a.String(), b.String()) }) {
		all = append(all, *byCurrency[c])
	}
	return all
}

// countRows counts the rows of each currency by outcome (S).
func (n *Night) countRows(of func(money.Currency) *reports.TieOut) {
	for _, rows := range n.Result.RowsByCurrency() {
		t := of(rows.Currency)
		t.RowsIn, t.RowsMatched, t.RowsException = rows.All, rows.ByVerdict[recon.Matched], rows.ByVerdict[recon.Exception]
		t.RowsIgnored = rows.ByVerdict[recon.Ignored] + rows.ByVerdict[recon.Undecided]
	}
}

func (n *Night) counts() []reports.Count {
	event, doc := reports.Count{Side: reports.SideEvent}, reports.Count{Side: reports.SideDoc}
	deposit, bank := reports.Count{Side: reports.SideDeposit}, reports.Count{Side: reports.SideBank}
	tally := func(c *reports.Count, v recon.Verdict, items int) {
		switch v {
		case recon.Matched:
			c.Matched += items
		case recon.Exception:
			c.Exceptions += items
		case recon.Ignored, recon.Undecided:
			c.Ignored += items
		}
	}
	for o, items := range n.Result.RowOutcomes() {
		tally(&event, o.Verdict, items)
	}
	for o, items := range n.Result.DocOutcomes() {
		tally(&doc, o.Verdict, items)
	}
	for i := range n.Result.Deposits {
		tally(&deposit, n.Result.Deposits[i].Verdict, 1)
	}
	for i := range n.Result.Bank {
		tally(&bank, n.Result.Bank[i].Verdict, 1)
	}
	return []reports.Count{event, doc, deposit, bank}
}

func (n *Night) addProofs(w *reports.Night) {
	for _, c := range ledger.Currencies(n.Proof.Suspense) {
		s, in := n.Proof.Suspense[c], func(minor int64) money.Amount { return money.New(minor, c) }
		w.Suspense = append(w.Suspense, reports.Suspense{
			Account: string(ledger.Unapplied), Opening: in(s.Opening), Movement: in(s.Movement),
			Closing: in(s.Opening + s.Movement), List: in(s.Listed), Items: s.Items,
		})
	}
	for _, c := range ledger.Currencies(n.Proof.InTransit) {
		w.InTransit = append(w.InTransit, n.inTransitOf(c))
	}
	for _, c := range ledger.Currencies(n.Proof.Cash) {
		w.Cash = append(w.Cash, n.cashOf(c))
	}
}

// inTransitOf has the deposits and bank lines of the run; what was in transit before is not known to it.
func (n *Night) inTransitOf(c money.Currency) reports.InTransit {
	var deposits, lines int64
	for i := range n.Result.Deposits {
		if d := &n.Result.Deposits[i]; d.Reason != recon.InvalidRow && d.Funded.Currency() == c {
			deposits += d.Funded.Minor()
		}
	}
	for i := range n.Result.Bank {
		if l := &n.Result.Bank[i]; len(l.Deposits) > 0 && l.Amount.Currency() == c {
			lines += l.Amount.Minor()
		}
	}
	return reports.InTransit{
		Account: string(ledger.InTransit), Deposits: money.New(deposits, c), BankLines: money.New(lines, c),
		Closing: money.New(n.Proof.InTransit[c], c),
	}
}

// cashOf has the movements of both sides; balances are not known to a run.
func (n *Night) cashOf(c money.Currency) reports.CashProof {
	proof := reports.CashProof{
		Account: n.Proof.Cash[c].Account, Currency: c, Book: noCash(c), Bank: noCash(c), Parts: noCash(c),
		InTransit: money.New(n.Proof.InTransit[c], c), Unidentified: money.New(0, c),
	}
	for i := range n.Result.Bank {
		if l := &n.Result.Bank[i]; l.Reason != recon.InvalidRow && l.Amount.Currency() == c {
			addBankLine(&proof, l)
		}
	}
	for i := range n.Entries {
		for _, l := range n.Entries[i].Lines() {
			if key := n.Entries[i].Key(); key.Currency == c && key.Class == ledger.Bank && n.Chart.RoleOf(&l) == ledger.CashRole {
				addCash(&proof.Book, signedMinor(l))
			}
		}
	}
	return proof
}

// addBankLine adds a line of the statement, and what its shares add to both sides of the book.
func addBankLine(proof *reports.CashProof, l *recon.BankOutcome) {
	total := l.Amount.Minor()
	addCash(&proof.Bank, total)
	if l.Reason == recon.BankUnidentified {
		proof.Unidentified = money.New(proof.Unidentified.Minor()+total, proof.Currency)
		return
	}
	for _, share := range l.Shares {
		addCash(&proof.Parts, share.Amount)
	}
	if len(l.Shares) > 0 {
		takeCash(&proof.Parts, total)
	}
}

func noCash(c money.Currency) reports.CashColumns {
	return reports.CashColumns{Receipts: money.New(0, c), Disbursements: money.New(0, c)}
}

// addCash adds an amount to the column of its sign.
func addCash(to *reports.CashColumns, minor int64) {
	if minor >= 0 {
		to.Receipts = money.New(to.Receipts.Minor()+minor, to.Receipts.Currency())
	} else {
		to.Disbursements = money.New(to.Disbursements.Minor()+minor, to.Disbursements.Currency())
	}
}

// takeCash takes an amount off the column of its sign.
func takeCash(from *reports.CashColumns, minor int64) {
	if minor >= 0 {
		from.Receipts = money.New(from.Receipts.Minor()-minor, from.Receipts.Currency())
	} else {
		from.Disbursements = money.New(from.Disbursements.Minor()-minor, from.Disbursements.Currency())
	}
}

func signedMinor(l ledger.Line) int64 {
	if l.Side == ledger.Credit {
		return -l.Amount
	}
	return l.Amount
}

func (n *Night) addFunding(w *reports.Night) {
	for _, b := range n.Result.Batches {
		in := func(minor int64) money.Amount { return money.New(minor, b.Currency) }
		w.Batches = append(w.Batches, reports.Batch{Merchant: b.Merchant, Settled: b.SettlementDate, Net: in(b.Net), Funded: in(b.Funded), Open: in(b.Open()), Status: string(b.Status), Reason: b.Reason})
	}
	for _, d := range n.Result.Deposits {
		c := d.Settled.Currency()
		w.Deposits = append(w.Deposits, reports.Deposit{
			ID: d.ID, Merchant: d.Merchant, Settled: d.SettlementDate, Net: money.New(d.Computed, c), SettledFor: d.Settled,
			Funding: d.Funded, FundingDate: d.FundingDate, BankRef: d.BankRef, Difference: money.New(d.Difference, c),
			FXDifference: money.New(d.FXDifference, w.Base), Verdict: d.Verdict, Reason: d.Reason, BankLines: d.BankLines,
		})
	}
	for _, l := range n.Result.Bank {
		w.BankLines = append(w.BankLines, reports.BankLine{
			ID: l.ID, ValueDate: l.ValueDate, Amount: l.Amount, BankRef: l.BankRef, Text: l.Description,
			Verdict: l.Verdict, Reason: l.Reason, Deposits: l.Deposits,
		})
	}
}
