// Package reportfile reads the report files of Cybersource into Transactions
// and control totals, one file of this package for each report type.
//
// Start at [Read], which recognises a file by its content, and at formats, the
// list of what can be read. A record of CSV, XML or JSON is put together as if
// it stood in a line under a header; a format says what the columns mean and
// what a record becomes. Columns are found by their names in all the
// generations the processor has used (cybersource.md 4); structure errors
// condemn a file, value errors their row (R8).
//
// No genuine file could confirm the following. Where a name is different, the
// policy's report_columns says so ([Options.Aliases]); where a meaning is, the
// rows are faulty or the file is condemned, and it is this package that changes.
//   - pbdr-xml: the elements of the form that an XSD describes. They are read by
//     the field names of subscriptions, with the batch around or inside of a Request.
//   - trr-csv, trr-xml: which columns a subscription chose; a reply code for each
//     application is needed. Lists of amounts must agree: a request has one amount.
//   - exception-csv, exception-xml: all names but request_id and those of the
//     guide. A row refuses the request whose id it has, on its exception date,
//     else on the date of the request.
//   - payment-events-csv: the names of the fields of the form without a header,
//     and all event words but Payment, Failed and Refund. Fees there are not booked.
//   - purchase-refund, net-funding, batch-summary, chargeback, retrieval and
//     interchange as CSV: the names are those of the JSON members.
//   - chargeback: the words of sign (minus and plus, N and P, NEGATIVE and
//     POSITIVE, DEBIT and CREDIT are known), and that merchantName is the
//     merchant id where the answer has no organizationId.
//   - purchase-refund, interchange: that a positive fee is paid by the merchant.
//     Parts that do not add up to the whole fee leave it one fee, [recon.WholeFee].
//     Fundings name no deposit and no day, so that they are control totals.
//
// What must never come in: a guess. A sign that contradicts its application, an
// application nobody knows, an id that a spreadsheet has rounded make the row
// faulty; and no digits of a card number leave this package (R7).
package reportfile

import (
	"bufio"
	"io"

	"tieout/recon"
)

// Options of reading.
type Options struct {
	// PaymentTypes maps a payment_type of the report to a payment method of the
	// policy; what it does not list is CARD, and ECHECK for ecp applications.
	PaymentTypes map[string]string
	// Aliases say, by the kind of a report, what a column, element or member
	// that is not known here means: its name in the file to a name that is known.
	Aliases map[Kind]map[string]string
	// SettlementDate is the policy's, by which fees are rounded; nil: the day in UTC.
	SettlementDate func(merchant string, batched recon.Instant) recon.Date
	Workers        int // 0: one for each core

	inFull bool // every row is read as if something about it were unusual: for the test that holds both ways side by side
}

// headSize is how much of a file is looked at to recognise it.
const headSize = 64 << 10

// Read reads a report of any type that it knows into the table. Of a condemned
// file no row stays there; a faulty row stays with its Fault.
func Read(name string, file uint16, r io.Reader, o Options, into *recon.Transactions) recon.FileReport {
	src := bufio.NewReaderSize(r, headSize)
	head, _ := src.Peek(headSize)
	p := newReading(name, file, o, into)
	mark := into.Mark()
	p.read(Recognise(head), func(f *format) func(*worker) { return f.read }, src)
	if p.report.Condemned() {
		into.Rollback(mark)
	}
	return p.report
}
