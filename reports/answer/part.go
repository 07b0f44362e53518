package answer

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"

	"tieout/recon"
	"tieout/reports"
)

// part is what one processor makes of some rows or documents: elements of a
// list in result.json, and the lines that exceptions.csv has for them.
type part struct {
	next     int // number of the element that comes next
	elements bytes.Buffer
	json     *json.Encoder
	list     *workList
	lines    bytes.Buffer
	csv      *csv.Writer
	err      error
}

func newPart(first int, list *workList) *part {
	p := &part{next: first, list: list}
	p.elements.Grow(stretch * 512)
	p.json = json.NewEncoder(&p.elements)
	if list.wanted() {
		p.lines.Grow(stretch * 512)
		p.csv = csv.NewWriter(&p.lines)
	}
	return p
}

// element adds one to the list.
func (p *part) element(v any) {
	separator := ",\n  "
	if p.next == 0 {
		separator = "\n  "
	}
	p.next++
	p.elements.WriteString(separator)
	if p.err = errors.Join(p.err, p.json.Encode(v)); p.err == nil {
		p.elements.Truncate(p.elements.Len() - len("\n")) // the encoder ends a line
	}
}

// lists tells whether an item of this verdict has a line in exceptions.csv.
func (p *part) lists(v recon.Verdict) bool { return p.csv != nil && v == recon.Exception }

func (p *part) line(e *reports.ExceptionRow) {
	_ = p.csv.Write(p.list.record(e)) // a buffer takes everything
}

// done is the part when all is added.
func (p *part) done() *part {
	if p.csv != nil {
		p.csv.Flush()
	}
	return p
}
