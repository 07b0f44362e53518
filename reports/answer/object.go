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

func (o *object) value(v any) {
	if o.err != nil {
		return
	}
	var b []byte
	if b, o.err = json.Marshal(v); o.err == nil {
		_, o.err = o.w.Write(b)
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

// list is array for many elements, which are made on all processors.
func (o *object) list(name string, n int, of func(i int) any) {
	type element struct {
		text []byte
		err  error
	}
	o.array(name, func(func(any)) {
		separator := "\n  "
		inOrder(n, func(i int) (e element) {
			e.text, e.err = json.Marshal(of(i))
			return e
		}, func(e element) bool {
			o.text(separator)
			if o.err == nil {
				o.err = e.err
			}
			o.text(string(e.text))
			separator = ",\n  "
			return o.err == nil
		})
	})
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
