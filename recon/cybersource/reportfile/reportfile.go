// Package reportfile reads the report files of Cybersource into Transactions,
// one file of this package for each report type.
//
// Start at [Read], which recognises a file by its content, and at formats, the
// list of what can be read. Columns are found by their names in all the
// generations the processor has used (cybersource.md 4); structure errors
// condemn a file, value errors their row (R8).
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
	p.read(Recognise(head), src)
	if p.report.Condemned() {
		into.Rollback(mark)
	}
	return p.report
}
