package answer

import (
	"bufio"
	"encoding/json"
	"strconv"

	"tieout/ledger/money"
	"tieout/recon"
)

// object writes one JSON object field by field, arrays element by element, and remembers its first error.
type object struct {
	w      *bufio.Writer
	fields int
	err    error
}

func (o *object) text(s string) {
	if o.err == nil {
		_, o.err = o.w.WriteString(s)
	}
}

func (o *object) bytes(b []byte, err error) {
	if o.err == nil {
		o.err = err
	}
	if o.err == nil {
		_, o.err = o.w.Write(b)
	}
}

func (o *object) value(v any) {
	if o.err == nil {
		o.bytes(json.Marshal(v))
	}
}

func (o *object) name(name string) {
	separator := ",\n "
	if o.fields == 0 {
		separator = "{\n "
	}
	o.fields++
	o.text(separator + strconv.Quote(name) + ": ")
}

func (o *object) field(name string, v any) {
	o.name(name)
	o.value(v)
}

func (o *object) array(name string, each func(add func(any))) {
	o.name(name)
	o.text("[")
	separator := "\n  "
	each(func(v any) {
		o.text(separator)
		o.value(v)
		separator = ",\n  "
	})
	o.text("]")
}

// list is array for many elements, which are made on all processors. The
// lines that its parts have go to the work list.
func (o *object) list(name string, l listed, lines *workList) {
	o.name(name)
	o.text("[")
	inOrder(l.n, func(from, to int) *part {
		p := newPart(from, lines)
		l.add(p, from, to)
		return p.done()
	}, func(p *part) bool {
		o.bytes(p.elements.Bytes(), p.err)
		lines.bytes(p.lines.Bytes())
		return o.err == nil && lines.err == nil
	})
	o.text("]")
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func amount(minor int64, c money.Currency) *string {
	s := money.New(minor, c).String()
	return &s
}

func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func codes(reasons []recon.Reason) []string {
	all := []string{}
	for _, r := range reasons {
		all = append(all, r.String())
	}
	return all
}
