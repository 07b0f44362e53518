package answer

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"tieout/ledger/money"
	"tieout/ledger/posting"
	"tieout/recon"
)

// exceptionColumns are those of the workbook's Exceptions sheet, in its order (4.2).
func exceptionColumns() []string {
	return []string{
		"exception_id", "status", "severity", "reason", "reason_text", "side", "merchant_id", "store", "order_no", "invoice_no", "customer_no",
		"merchant_ref", "request_id", "parent_id", "event_type", "origin_date", "event_time", "currency", "amount", "applied", "suspended",
		"difference", "card_brand", "last4", "auth_code", "suggested_match", "suggested_action", "due_date", "first_seen", "age_days", "bucket",
		"owner", "disposition", "disposition_ref", "assigned_to", "note",
	}
}

// WriteExceptions writes exceptions.csv: every open exception, texts made inert
// for a spreadsheet (XLS-04), numbers plain.
func WriteExceptions(w io.Writer, res *recon.Result) error {
	out := csv.NewWriter(w)
	if err := out.Write(exceptionColumns()); err != nil {
		return err
	}
	for _, e := range Exceptions(res) {
		if err := out.Write(e.record(res.Policy())); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// ExceptionLine is one open exception as people see it.
type ExceptionLine struct {
	ID, Side                                   string
	Secondary                                  []recon.Reason
	Candidates                                 []string
	DataKey                                    string
	Reason                                     recon.Reason
	Merchant, Store, Order, Invoice, Customer  string
	Reference, RequestID, Parent, Event, Brand string
	Last4, Auth, Suggested, Evidence           string
	Origin, Due                                recon.Date
	Occurred                                   recon.Instant
	Currency                                   money.Currency
	Amount, Applied, Suspended, Difference     int64
}

// Exceptions lists the open exceptions: transactions by row, documents, deposits, batches, bank lines.
func Exceptions(res *recon.Result) []ExceptionLine {
	var lines []ExceptionLine
	for _, i := range res.Order() {
		if v, _ := res.Verdict(int(i)); v == recon.Exception {
			lines = append(lines, rowException(res, res.Row(int(i))))
		}
	}
	for _, i := range res.DocOrder(func(doc int) bool { v, _ := res.DocVerdict(doc); return v == recon.Exception }) {
		lines = append(lines, docException(res.Doc(i)))
	}
	for i := range res.Deposits {
		if d := &res.Deposits[i]; d.Verdict == recon.Exception {
			lines = append(lines, ExceptionLine{
				ID: recon.ExceptionID("deposit", d.ID), Side: "deposit", DataKey: "F:" + d.ID, Secondary: d.Secondary, Reason: d.Reason, Merchant: d.Merchant,
				Reference: d.BankRef, Event: "FUNDING", Origin: d.SettlementDate, Currency: d.Settled.Currency(), Amount: d.Settled.Minor(), Difference: d.Difference,
			})
		}
	}
	for _, b := range res.Batches {
		if b.Status == recon.BatchException {
			id := recon.ExceptionID("batch", b.Merchant, b.SettlementDate.String(), b.Currency.String())
			lines = append(lines, ExceptionLine{
				ID: id, Side: "batch", Reason: b.Reason, Merchant: b.Merchant, Origin: b.SettlementDate,
				Currency: b.Currency, Amount: b.Net, Difference: b.Open(),
			})
		}
	}
	for i := range res.Bank {
		if l := &res.Bank[i]; l.Verdict == recon.Exception {
			lines = append(lines, ExceptionLine{
				ID: recon.ExceptionID("bank", l.ID), Side: "bank", DataKey: "B:" + l.ID, Reason: l.Reason, Reference: l.BankRef,
				Origin: l.ValueDate, Currency: l.Amount.Currency(), Amount: l.Amount.Minor(),
			})
		}
	}
	return lines
}

func rowException(res *recon.Result, r recon.Row) ExceptionLine {
	id := recon.ExceptionID("event", r.ID, r.Natural.String())
	if r.Reason == recon.InvalidRow {
		id = recon.ExceptionID("file", res.Input().FileHashes[r.Source.File], strconv.Itoa(int(r.Source.Line)))
	}
	e := ExceptionLine{
		ID: id, Side: "event", Reason: r.Reason, Merchant: r.Merchant, Store: res.Policy().Store(r.Merchant), Reference: r.Reference,
		RequestID: r.ID, Parent: r.ParentID, Event: r.Type.String(), Brand: r.CardBrand, Last4: r.Last4, Auth: r.AuthCode, Origin: r.Settled,
		Due: r.DueDate, Occurred: r.Occurred, Currency: r.Currency, Amount: r.Amount, Applied: r.Applied, Suspended: r.Suspended,
		Difference: r.WriteOff, Evidence: r.Evidence,
	}
	docs := r.Suggested
	if len(docs) == 0 {
		docs = r.Documents
	}
	e.Candidates, e.Secondary, e.DataKey = docs, r.Secondary, "T:"+strconv.Itoa(r.Label)
	for k, doc := range docs {
		if k > 0 {
			e.Suggested += " "
		}
		e.Suggested += doc
	}
	if e.Evidence != "" {
		e.Suggested = strings.TrimSpace(e.Suggested + " (" + e.Evidence + ")")
	}
	return e
}

func docException(d recon.Doc) ExceptionLine {
	return ExceptionLine{
		ID: recon.ExceptionID("doc", d.ID), Side: "doc", DataKey: "D:" + d.ID, Reason: d.Reason, Merchant: d.Merchant, Store: d.Store, Order: d.OrderNo,
		Invoice: d.InvoiceNo, Customer: d.CustomerNo, RequestID: d.RequestID, Event: d.Type.String(), Last4: d.Last4, Auth: d.AuthCode,
		Origin: d.Date, Currency: d.Currency, Amount: d.Amount, Applied: d.AppliedRun + d.Prior, Difference: d.Remaining,
	}
}

func (e *ExceptionLine) record(p *recon.Policy) []string {
	about := e.Reason.About()
	origin := e.Origin
	if origin == 0 {
		origin = p.AsOf
	}
	money := func(minor int64) string { return *amount(minor, e.Currency) }
	occurred := ""
	if e.Occurred != 0 {
		occurred = e.Occurred.In(p.Zone).Format(time.DateTime)
	}
	age := int(p.AsOf - origin)
	cells := []string{
		e.ID, "NEW", string(about.Severity), about.Code, about.Text, e.Side, e.Merchant, e.Store, e.Order, e.Invoice, e.Customer, e.Reference, e.RequestID,
		e.Parent, e.Event, e.Origin.String(), occurred, e.Currency.String(), money(e.Amount), money(e.Applied), money(e.Suspended), money(e.Difference),
		e.Brand, e.Last4, e.Auth, e.Suggested, about.Action, e.Due.String(), p.AsOf.String(), strconv.Itoa(age), Bucket(age), about.Owner, "", "", "", "",
	}
	for i, cell := range cells {
		if i < 18 || i > 21 {
			cells[i] = posting.Inert(cell)
		}
	}
	return cells
}

// Bucket is the aging bucket of so many days since the origin date (3.5).
func Bucket(days int) string {
	switch {
	case days <= 3:
		return "0-3"
	case days <= 7:
		return "4-7"
	case days <= 14:
		return "8-14"
	case days <= 30:
		return "15-30"
	case days <= 60:
		return "31-60"
	}
	return "61+"
}
