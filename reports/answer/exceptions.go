package answer

import (
	"iter"
	"strconv"
	"time"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

// Exceptions are the open exceptions of a run that knows no earlier one:
// transactions by row, documents, deposits, batches, bank lines.
func Exceptions(res *recon.Result) iter.Seq[reports.ExceptionRow] {
	return inTurn(rowExceptions(res), docExceptions(res), otherExceptions(res))
}

// inTurn are the items of one sequence after the other.
func inTurn[T any](all ...iter.Seq[T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, some := range all {
			for item := range some {
				if !yield(item) {
					return
				}
			}
		}
	}
}

func rowExceptions(res *recon.Result) iter.Seq[reports.ExceptionRow] {
	rows := res.OpenRows()
	return inStretches(len(rows), func(from, to int) (all []reports.ExceptionRow) {
		for i, r := range res.EachRow(rows[from:to]) {
			all = append(all, rowException(res, r, res.Evidence(i)))
		}
		return all
	})
}

func docExceptions(res *recon.Result) iter.Seq[reports.ExceptionRow] {
	docs := res.OpenDocs()
	return inStretches(len(docs), func(from, to int) (all []reports.ExceptionRow) {
		for i, d := range res.EachDoc(docs[from:to]) {
			all = append(all, docException(res, d, res.DocEvidence(i)))
		}
		return all
	})
}

// otherExceptions are those of deposits, batches and bank lines.
func otherExceptions(res *recon.Result) iter.Seq[reports.ExceptionRow] {
	return func(yield func(reports.ExceptionRow) bool) {
		for e := range inTurn(depositExceptions(res), batchExceptions(res), bankExceptions(res)) {
			if !yield(asNew(res, e)) {
				return
			}
		}
	}
}

// asNew is an exception that no earlier run listed.
func asNew(res *recon.Result, e reports.ExceptionRow) reports.ExceptionRow {
	e.Status, e.FirstSeen = reports.StatusNew, res.Policy().AsOf
	return e
}

func rowException(res *recon.Result, r *recon.Row, found recon.Evidence) reports.ExceptionRow {
	e := asNew(res, reports.ExceptionRow{
		ID: recon.ExceptionID("event", r.ID, r.Natural.String()), Side: reports.SideEvent, Reason: r.Reason, Secondary: r.Secondary, Evidence: found.Text,
		Merchant: r.Merchant, Store: res.Policy().Store(r.Merchant), Reference: r.Reference, RequestID: r.ID, ParentID: r.ParentID, Type: r.Type.String(),
		Origin: originOf(res.Policy(), r), Occurred: r.Occurred, Due: r.DueDate, Currency: r.Currency, CardBrand: r.CardBrand, Last4: r.Last4,
		AuthCode: r.AuthCode, Suggested: r.Suggested, DataKey: "T:" + strconv.Itoa(r.Label),
	})
	if len(e.Suggested) == 0 {
		e.Suggested = r.Documents
	}
	if len(e.Suggested) == 0 && found.Nearest != "" {
		e.Suggested = []string{found.Nearest}
	}
	if r.Reason == recon.InvalidRow {
		e.ID = recon.ExceptionID("file", res.Input().FileHashes[r.Source.File], strconv.Itoa(int(r.Source.Line)))
		return e
	}
	in := func(minor int64) money.Amount { return money.New(minor, r.Currency) }
	e.Amount, e.Applied, e.Suspended, e.Difference = in(r.Amount), in(r.Applied), in(r.Suspended), in(r.WriteOff)
	return e
}

// originOf is the day from which a transaction ages: its settlement date; where
// it never settled, the day on which it happened at the merchant. A row that has
// neither has no age: the day of the run would be a wrong one (3.5).
func originOf(p *recon.Policy, r *recon.Row) recon.Date {
	if r.Settled != 0 || r.Occurred == 0 {
		return r.Settled
	}
	zone := p.Zone
	if m := p.Merchants[r.Merchant]; m.Zone != nil {
		zone = m.Zone
	}
	return recon.DateOf(r.Occurred.In(zone))
}

func docException(res *recon.Result, d *recon.Doc, evidence string) reports.ExceptionRow {
	e := asNew(res, reports.ExceptionRow{
		ID: recon.ExceptionID("doc", d.ID), Side: reports.SideDoc, Reason: d.Reason, Evidence: evidence, Merchant: d.Merchant, Store: d.Store, OrderNo: d.OrderNo,
		InvoiceNo: d.InvoiceNo, CustomerNo: d.CustomerNo, RequestID: d.RequestID, Type: d.Type.String(), Origin: d.Date, Currency: d.Currency,
		Last4: d.Last4, AuthCode: d.AuthCode, DataKey: "D:" + d.ID,
	})
	if d.Reason != recon.InvalidRow {
		in := func(minor int64) money.Amount { return money.New(minor, d.Currency) }
		e.Amount, e.Applied, e.Difference = in(d.Amount), in(d.AppliedRun+d.Prior), in(d.Remaining)
	}
	return e
}

func depositExceptions(res *recon.Result) iter.Seq[reports.ExceptionRow] {
	return func(yield func(reports.ExceptionRow) bool) {
		for i := range res.Deposits {
			if d := &res.Deposits[i]; d.Verdict == recon.Exception && !yield(depositException(d, res.Policy().AsOf, res.DepositEvidence(d))) {
				return
			}
		}
	}
}

func depositException(d *recon.DepositOutcome, asOf recon.Date, evidence string) reports.ExceptionRow {
	e := reports.ExceptionRow{
		ID: recon.ExceptionID("deposit", d.ID), Side: reports.SideDeposit, Reason: d.Reason, Evidence: evidence, Secondary: d.Secondary, Merchant: d.Merchant,
		Reference: d.BankRef, Type: "FUNDING", Origin: d.SettlementDate, Currency: d.Settled.Currency(), DataKey: "F:" + d.ID,
	}
	if d.Reason == recon.DepositInTransit && bankDays(d.FundingDate, asOf) > chaseAfter {
		e.Severity = "H"
	}
	if d.Reason != recon.InvalidRow {
		e.Amount, e.Difference = d.Settled, money.New(d.Difference, e.Currency)
	}
	return e
}

// chaseAfter is for how many bank days a deposit in transit is a matter of timing (3.5).
const chaseAfter = 3

// bankDays counts the days after from, up to and with to, that are no Saturday
// and no Sunday; the calendar of bank holidays is not known here.
func bankDays(from, to recon.Date) (days int) {
	if from == 0 {
		return 0
	}
	for d := from + 1; d <= to && days <= chaseAfter; d++ {
		if w := d.Midnight(time.UTC).Weekday(); w != time.Saturday && w != time.Sunday {
			days++
		}
	}
	return days
}

func batchExceptions(res *recon.Result) iter.Seq[reports.ExceptionRow] {
	return func(yield func(reports.ExceptionRow) bool) {
		for i := range res.Batches {
			if b := &res.Batches[i]; b.Status == recon.BatchException && !yield(batchException(b, res.BatchEvidence(b))) {
				return
			}
		}
	}
}

func batchException(b *recon.Batch, evidence string) reports.ExceptionRow {
	return reports.ExceptionRow{
		ID:   recon.ExceptionID("batch", b.Merchant, b.SettlementDate.String(), b.Currency.String()),
		Side: reports.SideBatch, Reason: b.Reason, Evidence: evidence, Merchant: b.Merchant, Origin: b.SettlementDate, Currency: b.Currency,
		Amount: money.New(b.Net, b.Currency), Difference: money.New(b.Open(), b.Currency),
	}
}

func bankExceptions(res *recon.Result) iter.Seq[reports.ExceptionRow] {
	return func(yield func(reports.ExceptionRow) bool) {
		for i := range res.Bank {
			if l := &res.Bank[i]; l.Verdict == recon.Exception && !yield(bankException(l, res.BankEvidence(l))) {
				return
			}
		}
	}
}

func bankException(l *recon.BankOutcome, evidence string) reports.ExceptionRow {
	e := reports.ExceptionRow{
		ID: recon.ExceptionID("bank", l.ID), Side: reports.SideBank, Reason: l.Reason, Evidence: evidence, Reference: l.BankRef, Type: "BANK",
		Origin: l.ValueDate, Currency: l.Amount.Currency(), DataKey: "B:" + l.ID,
	}
	if l.Reason != recon.InvalidRow {
		e.Amount = l.Amount
	}
	return e
}
