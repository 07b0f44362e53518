package reportfile

import (
	"bytes"
	"strings"

	"tieout/recon"
	"tieout/recon/carddata"
	"tieout/recon/delimited"
)

// finding is what is wrong with a record before anybody looks at its values.
type finding struct{ column, code, message string }

// batchRows is how many transactions are packed before they go into the table.
const batchRows = 4096

// assembler puts the values of one record of XML or JSON together, as if they
// stood in a line under a header, and hands them to the worker.
type assembler struct {
	p      *reading
	w      *worker
	text   []byte // of all values
	values []value
	slots  []int   // by column: where among the values its value stands, from 1; 0: nowhere
	outer  []value // of what stands around the record: a batch for its requests
	fields [][]byte
	joined *joining // nil: every record stands for itself
	late   joining  // records of JSON before it was said whose they are
}

// value is one value of a record.
type value struct {
	column     int
	begin, end int // in the text
	depth      int // of outer values: where they hold
}

func newAssembler(p *reading) *assembler {
	a := &assembler{p: p, w: newWorker(p)}
	a.w.out = &result{}
	if p.format.join {
		a.joined = &joining{byID: map[string]*joint{}}
	}
	a.late.apart = true
	return a
}

// begin starts a record.
func (a *assembler) begin(line int) {
	a.w.record.Line, a.w.ill = line, finding{}
	a.values = append(a.values[:0], a.outer...)
	clear(a.slots)
	for i, v := range a.values {
		a.place(v.column, i)
	}
	a.text = a.text[:a.outerEnd()]
}

func (a *assembler) outerEnd() int {
	if len(a.outer) == 0 {
		return 0
	}
	return a.outer[len(a.outer)-1].end
}

// place notes where among the values that of a column stands.
func (a *assembler) place(column, at int) {
	for len(a.slots) <= column {
		a.slots = append(a.slots, 0)
	}
	a.slots[column] = at + 1
}

// add gives the record a value. Of what may stand several times, such as
// applications, all values are kept, with commas between.
func (a *assembler) add(around, name, v []byte) {
	column := a.p.layout.columnOf(around, name)
	switch {
	case column < 0 || len(a.text)+len(v) > delimited.MaxRecord:
		a.p.searchText(v)
		a.w.ill = finding{"", "row_too_long", "the row has more columns or more text than any report; ask for the file again"}
	case column < len(a.slots) && a.slots[column] > 0:
		a.addAgain(&a.values[a.slots[column]-1], v)
	default:
		a.place(column, len(a.values))
		a.values = append(a.values, a.keep(column, v))
	}
}

func (a *assembler) keep(column int, v []byte) value {
	begin := len(a.text)
	a.text = append(a.text, v...)
	return value{column: column, begin: begin, end: len(a.text)}
}

// addAgain takes another value of a column. Of what nobody knows the first is
// kept, unless the other must be found by the search for card data.
func (a *assembler) addAgain(have *value, v []byte) {
	column := have.column
	switch r, known := a.p.layout.roleAt(column); {
	case !known:
		if carddata.Has(alias(v)) {
			*have = a.keep(column, v)
		}
	case r == applications || r == replyCode:
		begin := len(a.text)
		a.text = append(a.text, a.text[have.begin:have.end]...)
		a.text = append(append(a.text, ','), v...)
		have.begin, have.end = begin, len(a.text)
	case !bytes.Equal(trim(a.text[have.begin:have.end]), trim(v)):
		a.p.searchText(v)
		if a.w.ill.code == "" {
			a.w.ill = twice(a.p.layout.names[column])
		}
	}
}

// twice is what is wrong with a row that says one thing in two ways.
func twice(column string) finding {
	return finding{column, "duplicate_value", column + " stands twice in one row with different values; ask the processor which one is right"}
}

// addOuter keeps a value of what stands around records, as deep as it does; the first of a column counts.
func (a *assembler) addOuter(around, name, v []byte, depth int) {
	if carddata.Has(alias(v)) {
		a.p.noteCards(0, "what stands around the rows")
	}
	column := a.p.layout.columnOf(around, name)
	for _, have := range a.outer {
		if have.column == column && have.depth == depth {
			return
		}
	}
	a.text = a.text[:a.outerEnd()]
	if column < 0 || len(a.text)+len(v) > delimited.MaxRecord {
		return
	}
	kept := a.keep(column, v)
	kept.depth = depth
	a.outer = append(a.outer, kept)
}

// leave drops the values of what ends at a depth.
func (a *assembler) leave(depth int) {
	for n := len(a.outer); n > 0 && a.outer[n-1].depth >= depth; n-- {
		a.outer = a.outer[:n-1]
	}
}

// end hands the record over.
func (a *assembler) end() {
	if a.joined != nil {
		a.joined.add(a)
		return
	}
	if a.p.format.body == jsonBody && a.p.meta.merchant == "" { // members have no order: it may stand behind the list
		a.late.add(a)
		return
	}
	a.fields = a.fields[:0]
	for range a.p.layout.names {
		a.fields = append(a.fields, nil)
	}
	for _, v := range a.values {
		a.fields[v.column] = a.text[v.begin:v.end]
	}
	a.hand(a.fields)
}

func (a *assembler) hand(fields [][]byte) {
	a.w.record.Fields = fields
	a.w.row()
	if a.w.out.rows >= batchRows {
		a.flush()
	}
}

func (a *assembler) flush() {
	a.p.take(a.w.out)
	a.w.out.reset()
}

// finish hands over what is left, and the damage that ended the file.
func (a *assembler) finish(damage *delimited.Fault) {
	if a.joined != nil && damage == nil {
		a.joined.hand(a)
	}
	a.late.hand(a)
	a.w.out.damage = damage
	a.flush()
	a.p.judgeColumns()
}

// joining gathers what the lists of a report say of one request.
type joining struct {
	apart bool // every record is one of its own
	byID  map[string]*joint
	order []*joint
}

// joint is what is known of one request so far.
type joint struct {
	line   int
	ill    finding
	values map[int][]byte
}

// add joins the record to what is known of its request.
func (j *joining) add(a *assembler) {
	id := ""
	for _, v := range a.values {
		if r, known := a.p.layout.roleAt(v.column); known && r == requestID {
			id = string(trim(a.text[v.begin:v.end]))
		}
	}
	have := j.byID[id]
	if have == nil || id == "" {
		have = &joint{line: a.w.record.Line, values: map[int][]byte{}}
		if !j.apart {
			j.byID[id] = have
		}
		j.order = append(j.order, have)
	}
	if a.w.ill.code != "" {
		have.ill = a.w.ill
	}
	for _, v := range a.values {
		text := a.text[v.begin:v.end]
		if old, has := have.values[v.column]; has && !bytes.Equal(trim(old), trim(text)) {
			have.ill = twice(a.p.layout.names[v.column])
			text = append(append(bytes.Clone(old), ','), text...)
		}
		have.values[v.column] = bytes.Clone(text)
	}
}

// hand gives all requests to the worker, in the order in which they were met.
func (j *joining) hand(a *assembler) {
	for _, one := range j.order {
		fields := make([][]byte, len(a.p.layout.names))
		for column, text := range one.values {
			fields[column] = text
		}
		a.w.record.Line, a.w.ill = one.line, one.ill
		a.hand(fields)
	}
}

// roleAt is the meaning of a column.
func (l *layout) roleAt(column int) (role, bool) {
	for r, at := range l.at {
		if at == column {
			return role(r), true
		}
	}
	return 0, false
}

// searchText looks for card data in what no record keeps.
func (p *reading) searchText(text []byte) { p.cards = p.cards || carddata.HasBytes(text) }

// judgeColumns judges the columns of a file that shows them one by one.
func (p *reading) judgeColumns() {
	p.cards = p.cards || p.layout.cards
	if p.rows > 0 {
		p.layout.missing = p.layout.lacking()
	} else if p.damage == nil && len(p.layout.unknown) > 0 && p.format.body == xmlBody {
		p.refuse(1, strings.Join(p.layout.unknown, ", "), "no_rows", "the report holds values and none of its rows: it has another form than those that are known; keep the file and report it")
	}
	p.judgeHeader(1)
}

// noteCards is the finding on card data that stands outside of all rows.
func (p *reading) noteCards(line int, where string) {
	p.cards = true
	p.report.Note(recon.Finding{
		Line: line, Code: "card_data_outside",
		Message: where + " holds a card number, which is not kept: replace it at its source and load the report again",
	})
}
