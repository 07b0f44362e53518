package sagepro

import (
	"encoding/hex"
	"io"
	"strings"

	"tieout/recon"
	"tieout/recon/carddata"
	"tieout/recon/delimited"
)

// MappedDocuments is how inputs.json names the kind of an export read by a mapping.
const MappedDocuments = "mapped-documents"

// ReadExport reads an export into the table, on all cores. Of a condemned file
// no row stays there; a faulty row stays with its Fault. The mapping has passed [Mapping.Check].
func ReadExport(name string, file uint16, r io.Reader, m Mapping, into *recon.Documents) recon.FileReport {
	e := &export{
		number: file, into: into, report: recon.NewFileReport(carddata.Mask(name), MappedDocuments), totals: recon.ControlTotals{},
		file: delimited.Open(r, delimited.Options{Delimiter: m.delimiter(), AnyEncoding: m.Encoding == windows1252}),
	}
	e.cards = carddata.Has(name)
	mark := into.Mark()
	e.readHeader(m)
	if e.report.Condemned() {
		e.cards = e.cards || carddata.HasBytes(e.file.Head())
	}
	e.readRows()
	e.finish()
	if e.report.Condemned() {
		into.Rollback(mark)
	}
	return e.report
}

// export is one file on its way into the table.
type export struct {
	number uint16
	into   *recon.Documents
	file   *delimited.File
	plan   *plan // nil: the rows are not read
	report recon.FileReport
	cards  bool
	full   bool // the table has no room for all of it
	damage *delimited.Fault
	rows   int
	faulty int
	totals recon.ControlTotals
	end    delimited.Summary
}

func (e *export) readHeader(m Mapping) {
	start := strings.TrimLeft(string(e.file.Head()), " \t\r\n")
	switch {
	case start == "":
		e.condemn(recon.FileNotAReport, 0, "", "empty_file", "the file is empty; an export without documents has at least the line with the column names")
		return
	case start[0] == '<' || start[0] == '{' || start[0] == '[':
		e.condemn(recon.FileNotAReport, 1, "", "not_a_report", "the file holds a web page or an error where an export was expected; export it again")
		return
	}
	var rec delimited.Record
	if !e.file.Next(&rec) {
		if fault := e.file.HeadFault(); fault != nil {
			e.condemn(recon.FileQuarantined, fault.Line, "", fault.Code, fault.Message)
		}
		return
	}
	var header []string
	for _, f := range rec.Fields {
		e.cards = e.cards || carddata.HasBytes(f)
		name := string(f)
		if m.Encoding == windows1252 {
			name = strings.Clone(fromWindows(f))
		}
		header = append(header, carddata.Mask(strings.TrimSpace(name)))
	}
	e.judgeHeader(newPlan(m, header), rec.Line)
}

func (e *export) judgeHeader(p *plan, line int) {
	if len(p.missing) > 0 {
		all := strings.Join(p.missing, ", ")
		e.condemn(recon.FileQuarantined, line, all, "missing_columns",
			"the export has no column "+all+", which the mapping of documents names; correct the mapping or the export")
	}
	if len(p.doubled) > 0 {
		all := strings.Join(p.doubled, ", ")
		e.condemn(recon.FileQuarantined, line, all, "duplicate_columns",
			"the export has more than one column "+all+"; give each its own name")
	}
	if !e.report.Condemned() {
		e.plan = p
	}
}

func (e *export) readRows() {
	e.end = delimited.Run(e.file, func() func(*delimited.Block) *part {
		w := &rowReader{export: e, plan: e.plan}
		if e.plan != nil {
			w.form, w.texts = &e.plan.form, e.plan.constant
		}
		return w.block
	}, func(p *part) {
		e.take(p)
		p.reader.free = append(p.reader.free, p)
	})
}

// take adds the rows of one block, in file order.
func (e *export) take(p *part) {
	e.cards = e.cards || p.cards
	if e.damage == nil {
		e.rows += p.rows
		e.faulty += p.faulty
		for _, f := range p.notes.findings {
			e.report.Note(f)
		}
		e.report.NoteBeyond(p.notes.beyond)
		for _, t := range p.totals {
			e.totals.Add(t.minor, t.currency)
		}
		e.damage = p.damage
	}
	e.full = !e.into.Fit(p.batch) || e.full
}

func (e *export) finish() {
	e.report.Size, e.report.Rows.Total = e.end.Size, e.rows
	if !e.cards {
		e.report.SHA256 = hex.EncodeToString(e.end.SHA256[:])
	}
	if e.damage != nil {
		e.condemn(recon.FileQuarantined, e.damage.Line, "", e.damage.Code, e.damage.Message)
	}
	if e.end.Err != nil {
		e.condemn(recon.FileQuarantined, e.end.LastLine, "", "read_failed", "the file could not be read to its end; check the disk or network and run again")
	}
	if e.full {
		e.report.Overfill()
	}
	if e.report.Condemned() {
		e.report.Condemn(e.report.Verdict)
	} else {
		e.report.Judge(&recon.FileCount{Quarantined: e.faulty, Totals: e.totals})
	}
	e.report.Close()
}

func (e *export) condemn(verdict recon.FileVerdict, line int, column, code, message string) {
	e.report.Verdict = verdict
	e.report.Note(recon.Finding{Line: line, Column: column, Code: code, Message: message})
}
