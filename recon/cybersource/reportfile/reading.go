package reportfile

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"tieout/recon"
	"tieout/recon/carddata"
	"tieout/recon/delimited"
)

// reading is one file on its way into the table.
type reading struct {
	format  format
	words   *vocabulary
	make    func(*worker) // what the reading makes of a record: transactions or control totals
	aliases map[Kind]map[string]string
	workers int
	inFull  bool              // no row is plain
	methods map[string]string // payment methods of the policy by brand
	number  uint16
	into    *recon.Transactions
	show    func(*recon.Transactions) // takes what came into the table, which is emptied; nil: the table keeps it
	file    *delimited.File
	layout  *layout
	meta    metadata
	report  recon.FileReport
	cards   bool // card data was seen somewhere in the file
	full    bool // the table has no room for all of it

	damage *delimited.Fault // the first structure error of the rows
	rows   int
	faulty int
	totals recon.ControlTotals
	end    delimited.Summary

	fees     []fee // that wait for the end of the file
	controls []Control
	settled  func(merchant string, batched recon.Instant) recon.Date
	first    *delimited.Record // the first record, where no line has the column names
}

func newReading(name string, file uint16, o Options, into *recon.Transactions) *reading {
	return &reading{
		number: file, into: into, workers: o.Workers, inFull: o.inFull, aliases: o.Aliases, settled: o.SettlementDate, methods: methodsByBrand(o.PaymentTypes), cards: carddata.Has(name),
		report: recon.NewFileReport(carddata.Mask(name), ""), totals: recon.ControlTotals{},
	}
}

// read reads a file that was recognised; of its format is wanted what makes
// transactions of it, or what makes control totals.
func (p *reading) read(kind Kind, wanted func(*format) func(*worker), r io.Reader) {
	p.report.Kind = string(kind)
	format, readable := formatOf(kind)
	p.make = wanted(&format)
	if readable = readable && p.make != nil; readable {
		p.format, p.words = format, newVocabulary(&format, p.aliases[kind])
	}
	switch {
	case readable && format.body == xmlBody, kind == UnknownXML:
		p.readXML(r)
	case readable && format.body == jsonBody:
		p.readJSON(r)
	default:
		p.readCSV(kind, r)
	}
	p.finish()
}

// readCSV reads a report in lines. What no format reads comes here too, to be
// refused, hashed and searched for card data.
func (p *reading) readCSV(kind Kind, r io.Reader) {
	p.file = delimited.Open(r, delimited.Options{Workers: p.workers})
	if p.words != nil {
		p.readHeader()
	} else {
		p.refuseUnread(kind)
	}
	if p.report.Condemned() {
		p.cards = p.cards || carddata.HasBytes(p.file.Head())
	}
	p.readRows()
}

// readHeader judges line 1 and finds the columns; without a layout the rows are not read.
func (p *reading) readHeader() {
	var rec delimited.Record
	if !p.nextRecord(&rec) {
		return
	}
	if !p.words.isHeader(rec.Fields) {
		p.meta = readMetadata(rec.Fields)
		p.noteRecord(&rec)
		if !p.nextRecord(&rec) {
			return
		}
	}
	p.noteMeta()
	if len(p.format.positions) > 0 && !p.words.isHeader(rec.Fields) {
		p.layout = newLayout(p.words, p.positions())
		p.first = &delimited.Record{Line: rec.Line}
		for _, f := range rec.Fields {
			p.first.Fields = append(p.first.Fields, bytes.Clone(f))
		}
		return
	}
	p.noteRecord(&rec)
	p.layout = newLayout(p.words, rec.Fields)
	p.judgeHeader(rec.Line)
}

func (p *reading) positions() (fields [][]byte) {
	for _, name := range p.format.positions {
		fields = append(fields, []byte(name))
	}
	return fields
}

// takeFirst reads the first record of a file without column names.
func (p *reading) takeFirst() {
	if p.first == nil {
		return
	}
	w := newWorker(p)
	w.out, w.record = w.result(), *p.first
	w.row()
	p.take(w.out)
}

// refuseUnread says what is wrong with a file that no format reads.
func (p *reading) refuseUnread(kind Kind) {
	if fault := p.headFault(kind); fault != nil {
		p.refuse(fault.Line, "", fault.Code, fault.Message)
		return
	}
	p.refuseKind(kind)
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
		p.refuse(p.file.Line(), strings.Join(p.words.required(), ", "), "missing_columns",
			"the file ends before the line with the column names; it is cut off, download it again")
	}
	return false
}

func (p *reading) noteRecord(rec *delimited.Record) {
	for _, f := range rec.Fields {
		p.cards = p.cards || carddata.HasBytes(f)
	}
}

func (p *reading) refuseKind(kind Kind) {
	switch {
	case kind == Empty:
		p.report.Verdict = recon.FileNotAReport
		p.note(0, "", "empty_file", "the file is empty; the download failed, fetch it again (a day without sales has a report with column names)")
	case kind.NoReport():
		p.report.Verdict = recon.FileNotAReport
		p.note(1, "", "not_a_report", "the file holds an error page ("+string(kind)+") where a report was expected; fetch it again")
	case kind.Report():
		p.refuse(1, "", "unsupported_report", "this is a report of another type ("+string(kind)+"); it carries nothing that can be reconciled here, give a settlement report instead")
	case kind == Packed:
		advice, _ := delimited.Container(p.file.Head())
		p.refuse(1, "", "packed_file", advice)
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
	p.takeFirst()
	p.end = delimited.Run(p.file, func() func(*delimited.Block) *result { return newWorker(p).block }, func(r *result) {
		p.take(r)
		r.worker.free = append(r.worker.free, r)
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
		p.fees, p.controls = append(p.fees, r.fees...), append(p.controls, r.controls...)
		p.damage = r.damage
	}
	if r.batch != nil {
		p.append(r.batch)
	}
}

// finish gives the verdict.
func (p *reading) finish() {
	p.bookFees()
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
	if p.full {
		p.report.Overfill()
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
