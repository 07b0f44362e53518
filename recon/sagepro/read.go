package sagepro

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
)

// ExtractedDocuments is how inputs.json names the kind of an extract of the ERP's tables.
const ExtractedDocuments = "sage-pro-extract"

// IsExtract recognises an extract by its beginning.
func IsExtract(head []byte) bool {
	return strings.HasPrefix(string(head), fromColumn+","+rowColumn+","+extractFields()[0]+",")
}

// ReadExtract reads what [Company.Extract] wrote into the table. A faulty row
// stays with its Fault; of a condemned file no row stays. The company has passed [Company.Check].
func (c *Company) ReadExtract(name string, file uint16, r io.Reader, into *recon.Documents) recon.FileReport {
	digest, size := sha256.New(), &countingWriter{}
	x := &extractReader{
		company: c, file: file, report: recon.NewFileReport(carddata.Mask(name), ExtractedDocuments), totals: recon.ControlTotals{}, batch: into.NewBatch(), into: into,
		receipts: map[string][]receipt{}, invoiced: map[string]bool{}, rows: csv.NewReader(bufio.NewReader(io.TeeReader(r, io.MultiWriter(digest, size)))),
	}
	x.rows.ReuseRecord = true
	mark := into.Mark()
	err := x.read()
	x.report.Size, x.report.SHA256, x.report.Rows.Total = size.n, hex.EncodeToString(digest.Sum(nil)), x.count
	if err != nil {
		x.report.Note(recon.Finding{Line: x.line, Code: "not_an_extract", Message: err.Error() + "; take the documents of the night again"})
		x.report.Condemn(recon.FileQuarantined)
		into.Rollback(mark)
		return x.report
	}
	for _, f := range x.notes.findings {
		x.report.Note(f)
	}
	x.report.NoteBeyond(x.notes.beyond)
	x.report.Judge(&recon.FileCount{Quarantined: x.bad, Totals: x.totals})
	if x.full {
		x.report.Overfill()
		into.Rollback(mark)
	}
	x.report.Close()
	return x.report
}

type countingWriter struct{ n int64 }

func (w *countingWriter) Write(b []byte) (int, error) { w.n += int64(len(b)); return len(b), nil }

// extractReader makes documents of the rows of an extract.
type extractReader struct {
	filler
	company  *Company
	file     uint16
	report   recon.FileReport
	totals   recon.ControlTotals
	into     *recon.Documents
	batch    *recon.DocumentBatch
	full     bool // the table has no room for all of it
	rows     *csv.Reader
	row      []string
	at       map[string]int
	receipts map[string][]receipt            // by invoice number
	lines    map[*Lines]map[string][]docLine // by document number
	invoiced map[string]bool                 // order numbers that have an invoice
	count    int
	bad      int

	invoiceForm, orderForm form
	dimensions             map[*Section][]string // fields
}

// receipt is what was received for an invoice, as stored.
type receipt struct{ date, amount, discount, reference, history string }

func (x *extractReader) read() error {
	header, err := x.rows.Read()
	if err != nil || !x.takeHeader(header) {
		return fmt.Errorf("the first line is not that of an extract")
	}
	if _, lines := x.at[lineFields()[0]]; !lines && (x.company.InvoiceLine.areRead() || x.company.OrderLine.areRead()) {
		return fmt.Errorf("it was taken without the lines of documents, which the mapping asks for now")
	}
	x.filler.notes = &notes{}
	x.dimensions = map[*Section][]string{&x.company.Invoice: x.company.Invoice.dimensions(), &x.company.Order: x.company.Order.dimensions()}
	x.invoiceForm, x.orderForm = formOf(&x.company.Invoice), formOf(&x.company.Order)
	for {
		x.row, err = x.rows.Read()
		if errors.Is(err, io.EOF) {
			x.full = !x.into.Fit(x.batch) || x.full
			return nil
		}
		if err != nil {
			return fmt.Errorf("the extract is damaged: %w", err)
		}
		x.line, _ = x.rows.FieldPos(0)
		if err := x.take(); err != nil {
			return err
		}
	}
}

// takeHeader finds the columns. What lines and dimensions need is there if the
// mapping named them when the extract was taken.
func (x *extractReader) takeHeader(header []string) bool {
	x.at = map[string]int{}
	var more []string
	for i, name := range header {
		x.at[name] = i
		if strings.HasPrefix(name, recon.DimensionPrefix) || slices.Contains(lineFields(), name) {
			more = append(more, name)
		}
	}
	return slices.Equal(header, extractHeader(slices.Concat(extractFields(), more)))
}

// formOf gives the columns' names for messages, and the lookups of coded columns.
func formOf(s *Section) form {
	f := form{layout: time.DateOnly, noDate: noDate(), names: fieldNames(), parted: true}
	for k, name := range map[field]string{
		docID: "number", docDate: s.dateField(), status: "status", docType: "type", currency: "currency", amount: "amount", method: "method", orderNo: s.orderField(),
		invoiceNo: "number", customerNo: "customer", merchant: "merchant", store: "store", tax: "tax", shipping: "shipping", surcharge: "surcharge", requestID: "request_id",
		authCode: "auth_code", last4: "last4",
	} {
		of := s.Fields[name]
		if of.Column != "" {
			f.names[k] = of.Column
		}
		if k == method || k == merchant || k == store || k == currency {
			f.lookup[k] = of.Values
		}
	}
	return f
}

func (s *Section) dateField() string {
	if _, ok := s.Fields["date"]; ok {
		return "date"
	}
	return "ordered"
}

func (s *Section) orderField() string {
	if _, ok := s.Fields["order_no"]; ok {
		return "order_no"
	}
	return "number"
}

func (x *extractReader) cell(name string) string { return x.row[x.at[name]] }

// dimensionsOf are the document's dimensions that have a value.
func (x *extractReader) dimensionsOf(s *Section) (all []recon.Field) {
	for _, field := range x.dimensions[s] {
		if _, taken := x.at[field]; !taken && s.Fields[field].Column != "" {
			continue // the extract is older than the mapping
		}
		stored := strings.TrimSpace(x.fact(s, field))
		value, listed := stored, true
		if f := s.Fields[field]; f.Values != nil {
			value, listed = f.meaning(stored)
		}
		switch {
		case !listed:
			column := s.Fields[field].Column
			x.blame(column, "unlisted_value", column+" is "+carddata.Quote(stored)+"; expected one of the values that sage_pro lists for it; add it there or correct the row in the ERP")
		case value != "":
			all = append(all, recon.Field{Name: strings.TrimPrefix(field, recon.DimensionPrefix), Value: value})
		}
	}
	return all
}

// fact is a field of the current row, by its column or its constant.
func (x *extractReader) fact(s *Section, name string) string {
	if f := s.Fields[name]; f.Column == "" {
		return f.Constant
	}
	return x.cell(name)
}

func (x *extractReader) take() error {
	c := x.company
	if x.cell(codeColumn) == noHeader {
		column := x.cell(whereColumn)
		x.notes.add(recon.Finding{Line: x.line, Column: column, Code: noHeader, Message: fmt.Sprintf("%s: %s %s %s", x.cell(fromColumn), column, carddata.Quote(x.lostNumber()), x.cell(faultMessage))})
		return nil
	}
	switch from := x.cell(fromColumn); from {
	case "":
	case c.Receipt.Table, c.Receipt.History:
		x.takeReceipt(from == c.Receipt.History)
		return nil
	case c.InvoiceLine.Table, c.InvoiceLine.History:
		x.takeLine(&c.InvoiceLine, from == c.InvoiceLine.History)
		return nil
	case c.OrderLine.Table, c.OrderLine.History:
		x.takeLine(&c.OrderLine, from == c.OrderLine.History)
		return nil
	case c.Invoice.Table, c.Invoice.History:
		x.takeInvoice()
		return nil
	case c.Order.Table, c.Order.History:
		x.takeOrder()
		return nil
	}
	return fmt.Errorf("table %q is none of the mapping", x.cell(fromColumn))
}

// lostNumber is the number of the document that a row belongs to and that is not there.
func (x *extractReader) lostNumber() string {
	return strings.TrimSpace(x.cell("number")) + strings.TrimSpace(x.cell("invoice"))
}

// isTrue reads a truth as any door gives it.
func isTrue(text string) bool { return text == "T" || text == "1" || text == "Y" || text == "true" }

// takeReceipt notes a receipt, but none that was taken back or comes from our own postings.
func (x *extractReader) takeReceipt(history bool) {
	reference := strings.TrimSpace(x.cell("reference"))
	if isTrue(x.cell("deleted")) || x.company.OwnReference != nil && x.company.OwnReference.MatchString(reference) {
		return
	}
	number := strings.Clone(strings.TrimSpace(x.cell("invoice")))
	r := receipt{strings.Clone(x.cell("date")), strings.Clone(x.cell("amount")), strings.Clone(x.cell("discount")), strings.Clone(reference), ""}
	if x.cell(codeColumn) != "" {
		r.amount = "?" // makes its invoice faulty
	}
	all := x.receipts[number]
	if !history {
		x.receipts[number] = append(all, r)
		return
	}
	// A row that is in both tables for a while is one receipt; equal ones within a table are several.
	for i := range all {
		if all[i] == r {
			all[i].history = "seen"
			return
		}
	}
	r.history = "only"
	x.receipts[number] = append(all, r)
}

// begin clears what the filler has of the row before.
func (x *extractReader) begin(f *form, s *Section) {
	x.form, x.faulty, x.texts = f, false, [fields]string{}
	x.doc = recon.Document{Source: recon.Source{File: x.file, Line: uint32(x.line)}}
	for k, name := range map[field]string{
		customerNo: "customer", currency: "currency", amount: "amount", method: "method", merchant: "merchant", store: "store", tax: "tax", shipping: "shipping",
		surcharge: "surcharge", requestID: "request_id", authCode: "auth_code", last4: "last4",
	} {
		x.texts[k] = x.fact(s, name)
	}
	if strings.TrimSpace(x.texts[currency]) == "" && f.lookup[currency] == nil {
		x.texts[currency] = x.company.Currency
	}
	if code := x.cell(codeColumn); code != "" {
		x.blame(x.cell(whereColumn), code, x.cell(whereColumn)+" "+x.cell(faultMessage))
	}
	x.doc.Dimensions = x.dimensionsOf(s)
}

func (x *extractReader) takeInvoice() {
	s := &x.company.Invoice
	kind, listed := x.meaning(s, "type")
	if kind == meansReceipt || kind == meansExclude {
		return
	}
	x.begin(&x.invoiceForm, s)
	number := x.fact(s, "number")
	x.texts[invoiceNo], x.texts[orderNo], x.texts[docDate] = number, x.fact(s, "order_no"), day(x.fact(s, "date"))
	x.texts[docType] = recon.Invoice.String()
	template := "invoice"
	switch {
	case !listed:
		x.blameUnlisted(s, "type", docType)
	case kind == meansCredit:
		x.texts[docType], template = recon.CreditMemo.String(), "credit_memo"
		x.credit()
	default:
		if order := strings.TrimSpace(x.texts[orderNo]); order != "" {
			x.invoiced[strings.Clone(order)] = true
		}
	}
	x.texts[docID] = x.id(template, number)
	x.texts[status] = x.invoiceStatus(s)
	x.texts[prior] = x.applied(s, number)
	x.addLines(&x.company.InvoiceLine, number, false)
	x.finish()
}

// meaning of a coded field of the current row.
func (x *extractReader) meaning(s *Section, name string) (string, bool) {
	f := s.Fields[name]
	return f.meaning(strings.TrimSpace(x.fact(s, name)))
}

func (x *extractReader) blameUnlisted(s *Section, name string, f field) {
	x.blameValue(f, "unlisted_value", strings.TrimSpace(x.fact(s, name)), "one of the values that sage_pro lists for "+name+"; add it there or correct the row in the ERP")
}

// credit checks the sign of a credit memo, or gives it where the ERP stores none.
func (x *extractReader) credit() {
	text := strings.TrimSpace(x.texts[amount])
	negative, zero := strings.HasPrefix(text, "-"), strings.Trim(text, "-0.") == ""
	if x.company.CreditSign == "positive" && !negative {
		for _, f := range [...]field{amount, tax, shipping, surcharge} {
			x.texts[f] = negated(x.texts[f])
		}
		return
	}
	if !negative && !zero {
		x.blameValue(amount, "wrong_sign", text, "a negative amount of a credit memo, or credit_sign: positive if the site stores them so")
	}
}

func negated(text string) string {
	text = strings.TrimSpace(text)
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		return rest
	}
	if strings.Trim(text, "0.") == "" {
		return text
	}
	return "-" + text
}

func (x *extractReader) id(template, number string) string {
	number = strings.TrimSpace(number)
	if number == "" {
		return ""
	}
	return strings.NewReplacer("{number}", number, "{bare}", strings.TrimLeft(number, "0")).Replace(x.company.IDs[template])
}

// day takes the time off a date.
func day(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > len(time.DateOnly) && text[len(time.DateOnly)] == ' ' {
		return text[:len(time.DateOnly)]
	}
	return text
}

// invoiceStatus: what is invoiced is shipped, unless it is void.
func (x *extractReader) invoiceStatus(s *Section) string {
	meaning, listed := x.meaning(s, "status")
	switch {
	case !listed:
		x.blameUnlisted(s, "status", status)
	case meaning == meansVoid:
		return recon.Cancelled.String()
	case meaning == meansClosed:
		return recon.Closed.String()
	}
	return recon.Shipped.String()
}

// applied is what was applied to the invoice before, by the receipts or by its own column.
func (x *extractReader) applied(s *Section, number string) string {
	switch x.company.Prior {
	case "paid":
		return x.fact(s, "paid")
	case "none":
		return ""
	}
	receipts := x.receipts[strings.TrimSpace(number)]
	c, err := money.ParseCurrency(strings.TrimSpace(x.texts[currency]))
	if len(receipts) == 0 || err != nil {
		return ""
	}
	sum := money.New(0, c)
	for _, r := range receipts {
		if isEarlier(r.date, x.texts[docDate]) {
			continue
		}
		for _, text := range []string{r.amount, r.discount} {
			if sum, err = addText(sum, text); err != nil {
				x.blame("", "bad_receipt", fmt.Sprintf("a receipt of %s for this invoice has an amount that cannot be used (%v); correct it in the ERP", r.date, err))
				return ""
			}
		}
	}
	return sum.String()
}

// isEarlier: numbers are used again after years, so a receipt of long before is for another invoice.
func isEarlier(received, invoiced string) bool {
	r, errR := recon.ParseDate(day(received))
	i, errI := recon.ParseDate(invoiced)
	return errR == nil && errI == nil && r > noDate() && i-r > 366
}

func addText(sum money.Amount, text string) (money.Amount, error) {
	if text = strings.TrimSpace(text); text == "" {
		return sum, nil
	}
	a, err := money.Parse(text, sum.Currency())
	if err != nil {
		return sum, err
	}
	return sum.Add(a)
}

// takeOrder: an order that has invoices is represented by them, and stays a
// document only for what is still to come.
func (x *extractReader) takeOrder() {
	s := &x.company.Order
	kind, listed := x.meaning(s, "type")
	state, known := x.meaning(s, "status")
	number := x.fact(s, "number")
	if kind == meansExclude || x.invoiced[strings.TrimSpace(number)] && (state != meansOpen || strings.Trim(x.fact(s, "amount"), " -0.") == "") {
		return
	}
	x.begin(&x.orderForm, s)
	x.texts[orderNo], x.texts[docID], x.texts[docType] = number, x.id("order", number), recon.Order.String()
	if x.texts[docDate] = day(x.fact(s, "entered")); !isDated([]byte(x.texts[docDate])) {
		x.texts[docDate] = day(x.fact(s, "ordered"))
	}
	switch {
	case !listed:
		x.blameUnlisted(s, "type", docType)
	case kind == meansReturn:
		x.texts[docType] = recon.CreditMemo.String()
		x.credit()
	}
	if !known {
		x.blameUnlisted(s, "status", status)
	}
	x.texts[status] = x.orderStatus(state, x.fact(s, "shipped")).String()
	x.addLines(&x.company.OrderLine, number, state == meansOpen)
	x.finish()
}

// orderStatus tells by the amount shipped how far an open order is, and leaves
// of the amount what is still to come where the ERP stores the whole.
func (x *extractReader) orderStatus(state, shipped string) recon.DocStatus {
	switch state {
	case meansVoid:
		return recon.Cancelled
	case meansClosed:
		return recon.Closed
	}
	c, err := money.ParseCurrency(strings.TrimSpace(x.texts[currency]))
	whole, errWhole := money.Parse(strings.TrimSpace(x.texts[amount]), c)
	done, errDone := money.Parse(strings.TrimSpace(shipped), c)
	if err != nil || errWhole != nil || errDone != nil || done.Sign() == 0 {
		return recon.Open
	}
	left, err := whole.Add(done.Neg())
	switch {
	case err != nil || left.Sign() == 0 || left.Sign() != whole.Sign():
		return recon.Shipped
	case x.company.OrderAmount == "less_shipped":
		x.texts[amount] = left.String()
	}
	return recon.Partial
}

func (x *extractReader) finish() {
	x.count++
	x.fill(&x.doc)
	if x.faulty {
		x.bad++
		x.fault.CurrencyText = carddata.Mask(strings.Clone(x.trimmed(currency)))
		x.doc.Fault = &x.fault
	} else {
		x.totals.Add(x.doc.Amount, x.doc.Currency)
	}
	x.batch.Add(&x.doc)
	if x.batch.Len() >= 4096 {
		x.full = !x.into.Fit(x.batch) || x.full
	}
}
