// Package reportfile reads the report files of Cybersource into Transactions,
// one file of this package for each format.
//
// Start at [Recognise], which tells what a file is by its content, and at
// [ReadPaymentBatchDetail], the settlement report. Columns are found by their
// names in all the generations the processor has used (cybersource.md 4);
// structure errors condemn a file, value errors their row (R8).
//
// What must never come in: a guess. A sign that contradicts its application, an
// application nobody knows, an id that a spreadsheet has rounded make the row
// faulty; and no digits of a card number leave this package (R7).
package reportfile

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"tieout/recon"
	"tieout/recon/carddata"
	"tieout/recon/delimited"
)

// Options of reading.
type Options struct {
	// PaymentTypes maps a payment_type of the report to a payment method of the
	// policy; what it does not list is CARD, and ECHECK for ecp applications.
	PaymentTypes map[string]string
	Workers      int // 0: one for each core
}

// ReadPaymentBatchDetail reads a Payment Batch Detail Report in CSV into the
// table. Of a condemned file no row stays there; a faulty row stays with its Fault.
func ReadPaymentBatchDetail(name string, file uint16, r io.Reader, o Options, into *recon.Transactions) recon.FileReport {
	p := &reading{
		number: file, into: into,
		file:   delimited.Open(r, delimited.Options{Workers: o.Workers}),
		report: recon.NewFileReport(carddata.Mask(name), string(PaymentBatchDetailCSV)),
		totals: recon.ControlTotals{},
	}
	p.cards = carddata.Has(name)
	mark := into.Mark()
	p.methods = methodsByBrand(o.PaymentTypes)
	p.readHeader()
	if p.report.Condemned() {
		p.cards = p.cards || carddata.HasBytes(p.file.Head())
	}
	p.readRows()
	p.finish()
	if p.report.Condemned() {
		into.Rollback(mark)
	}
	return p.report
}

// reading is one file on its way into the table.
type reading struct {
	methods map[string]string // payment methods of the policy by brand
	number  uint16
	into    *recon.Transactions
	file    *delimited.File
	layout  *layout
	meta    metadata
	report  recon.FileReport
	cards   bool // card data was seen somewhere in the file

	damage *delimited.Fault // the first structure error of the rows
	rows   int
	faulty int
	totals recon.ControlTotals
	end    delimited.Summary
}

// readHeader judges what the file is and finds its columns; without a layout the rows are not read.
func (p *reading) readHeader() {
	kind := Recognise(p.file.Head())
	if kind != PaymentBatchDetailCSV {
		if fault := p.headFault(kind); fault != nil {
			p.report.Kind = string(kind)
			p.refuse(fault.Line, "", fault.Code, fault.Message)
			return
		}
		p.refuseKind(kind)
		return
	}
	var rec delimited.Record
	if !p.nextRecord(&rec) {
		return
	}
	if !isHeader(rec.Fields) {
		p.meta = readMetadata(rec.Fields)
		p.noteRecord(&rec)
		if !p.nextRecord(&rec) {
			return
		}
	}
	p.noteRecord(&rec)
	p.report.Merchant, p.report.ReportName, p.report.Version, p.report.Window = p.meta.merchant, p.meta.name, p.meta.version, p.meta.window
	p.layout = newLayout(rec.Fields)
	p.judgeHeader(rec.Line)
}

// headFault is why the head of an unknown file cannot be read, where that is what is wrong with it.
func (p *reading) headFault(kind Kind) *delimited.Fault {
	if kind.NoReport() || kind == Packed || kind.Report() {
		return nil
	}
	var rec delimited.Record
	for range 2 {
		if !p.file.Next(&rec) {
			break
		}
	}
	return p.file.HeadFault()
}

func (p *reading) nextRecord(rec *delimited.Record) bool {
	if p.file.Next(rec) {
		return true
	}
	if fault := p.file.HeadFault(); fault != nil {
		p.refuse(fault.Line, "", fault.Code, fault.Message)
	} else {
		p.refuse(p.file.Line(), strings.Join(names(requiredNames()), ", "), "missing_columns",
			"the file ends before the line with the column names; it is cut off, download it again")
	}
	return false
}

func names(all [lastRequired + 1]string) []string { return all[:] }

func (p *reading) noteRecord(rec *delimited.Record) {
	for _, f := range rec.Fields {
		p.cards = p.cards || carddata.HasBytes(f)
	}
}

func (p *reading) refuseKind(kind Kind) {
	p.report.Kind = string(kind)
	switch {
	case kind == Empty:
		p.report.Verdict = recon.FileNotAReport
		p.note(0, "", "empty_file", "the file is empty; the download failed, fetch it again (a day without sales has a report with column names)")
	case kind.NoReport():
		p.report.Verdict = recon.FileNotAReport
		p.note(1, "", "not_a_report", "the file holds an error page ("+string(kind)+") where a report was expected; fetch it again")
	case kind.Report():
		p.refuse(1, "", "unsupported_report", "this is a report of another type ("+string(kind)+"); give the Payment Batch Detail Report in CSV instead")
	case kind == Packed:
		p.refuse(1, "", "packed_file", "the file is compressed or binary; unpack it and give the CSV inside")
	default:
		p.refuse(1, "", "unknown_report", "neither line 1 nor the column names are those of a report that is known here; check which file this is")
	}
}

// judgeHeader condemns a header that misses or doubles columns and notes what it does not know.
func (p *reading) judgeHeader(line int) {
	l := p.layout
	if len(l.missing) > 0 {
		p.refuse(line, strings.Join(l.missing, ", "), "missing_columns",
			"the header has no column "+strings.Join(l.missing, ", ")+"; "+p.headerHint())
	}
	if len(l.doubled) > 0 {
		p.refuse(line, strings.Join(l.doubled, ", "), "duplicate_columns",
			"the header has more than one column for "+strings.Join(l.doubled, ", ")+"; remove the second from the report subscription")
	}
	if len(l.secret) > 0 {
		p.note(line, l.names[l.secret[0]], "card_data_column",
			"the report has a column for card verification or track data; its values are not kept, take it out of the report subscription")
	}
	if len(l.unknown) > 0 {
		p.note(line, strings.Join(l.unknown, ", "), "unknown_column", "columns that are not used: "+strings.Join(l.unknown, ", "))
	}
}

func (p *reading) headerHint() string {
	if len(p.layout.names) == 1 && strings.Contains(p.layout.names[0], ";") {
		return "the file is separated by semicolons, so a spreadsheet has saved it; download the report again"
	}
	return "compare the header with the report subscription and download the report again"
}

// readRows reads all rows; of a condemned file it still looks for card data, and takes the hash.
func (p *reading) readRows() {
	free := make(chan *result, 64)
	p.end = delimited.Run(p.file, func() func(*delimited.Block) *result {
		w := newWorker(p, free)
		return w.block
	}, func(r *result) {
		p.take(r)
		select {
		case free <- r:
		default:
		}
	})
}

// take adds the rows of one block, in file order.
func (p *reading) take(r *result) {
	p.cards = p.cards || r.cards
	if p.damage == nil {
		p.rows += r.rows
		p.faulty += r.faulty
		for _, f := range r.findings {
			p.report.Note(f)
		}
		p.report.NoteBeyond(r.beyond)
		for _, t := range r.totals {
			p.totals.Add(t.minor, t.currency)
		}
		p.damage = r.damage
	}
	if r.batch != nil {
		p.into.Append(r.batch)
	}
}

// finish gives the verdict.
func (p *reading) finish() {
	p.report.Size, p.report.Rows.Total = p.end.Size, p.rows
	if !p.cards {
		p.report.SHA256 = hex.EncodeToString(p.end.SHA256[:])
	}
	if p.damage != nil {
		p.refuse(p.damage.Line, "", p.damage.Code, p.damage.Message)
	}
	if p.end.Err != nil {
		p.refuse(p.end.LastLine, "", "read_failed", "the file could not be read to its end; check the disk or network and run again")
	}
	if p.end.MissingEnd && p.layout != nil {
		p.refuse(p.end.LastLine, "", "missing_final_line_end",
			fmt.Sprintf("line %d has no line end, so the file may be cut off in the middle of a value; download it again", p.end.LastLine))
	}
	if p.report.Condemned() {
		p.report.Condemn(p.report.Verdict)
	} else {
		p.report.Judge(&recon.FileCount{Quarantined: p.faulty, Totals: p.totals})
	}
	p.report.Close()
}

func (p *reading) refuse(line int, column, code, message string) {
	p.report.Verdict = recon.FileQuarantined
	p.note(line, column, code, message)
}

func (p *reading) note(line int, column, code, message string) {
	p.report.Note(recon.Finding{Line: line, Column: column, Code: code, Message: message})
}
