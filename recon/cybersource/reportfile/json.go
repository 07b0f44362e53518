package reportfile

import (
	"io"
	"slices"

	"tieout/recon/carddata"
	"tieout/recon/nested"
)

// jsonReading is an answer of the reporting interface on its way into the
// table. Its records are the objects of its lists. Members that nobody knows
// are passed over; one that comes twice is a finding.
type jsonReading struct {
	*assembler
	j     *nested.JSON
	stack []string // the names of what is open
	list  string   // the list that is open
	known bool     // a list of the report was met
	row   int      // how deep the record is that is open; 0: none
}

func (p *reading) readJSON(r io.Reader) {
	j := nested.OpenJSON(r, nested.Options{})
	p.layout = newNestedLayout(p.words)
	n := &jsonReading{assembler: newAssembler(p), j: j}
	n.read()
	if n.finish(j.Fault()); j.Fault() == nil && !n.known {
		p.refuse(1, "", "no_list", "the report has none of its lists where they belong; check which file this is")
	}
	p.end = j.Finish(p.searchText)
}

func (n *jsonReading) read() {
	for {
		event := n.j.Next()
		n.p.searchText(n.j.Name)
		if n.j.Duplicate {
			n.noteDuplicate()
		}
		switch event {
		case nested.EOF:
			return
		case nested.Object, nested.List:
			n.open(event)
		case nested.ObjectEnd, nested.ListEnd:
			n.close()
		case nested.String, nested.Number:
			n.value(n.j.Value)
		case nested.Literal:
			if string(n.j.Value) != "null" {
				n.value(n.j.Value)
			}
		default: // pieces of XML do not come out of JSON
		}
	}
}

func (n *jsonReading) open(event nested.Event) {
	n.stack = append(n.stack, string(n.j.Name))
	depth := len(n.stack)
	switch {
	case n.row > 0:
	case event == nested.List && depth == 2 && slices.Contains(n.p.format.lists, n.stack[1]):
		n.list, n.known = n.stack[1], true
	case depth == 3 && n.list != "" && event == nested.List:
		n.badEntry()
	case event == nested.Object && depth == 3 && n.list != "":
		n.row = depth
		n.begin(n.j.Line())
		if n.p.layout.hasRole(list) {
			n.add(nil, []byte(listColumn), []byte(n.list))
		}
	}
}

// badEntry condemns a list that holds anything but records.
func (n *jsonReading) badEntry() {
	n.p.refuse(n.j.Line(), n.list, "bad_entry", "the list "+n.list+" holds something that is no object; the file is damaged, download it again")
}

// listColumn is the column that tells which list a record stands in.
const listColumn = "list"

func (n *jsonReading) close() {
	depth := len(n.stack)
	n.stack = n.stack[:depth-1]
	switch depth {
	case n.row:
		n.row = 0
		n.end()
	case 2:
		n.list = ""
	}
}

// value is a member of a record, or of the report as a whole.
func (n *jsonReading) value(v []byte) {
	switch depth := len(n.stack); {
	case n.row > 0 && depth == n.row:
		n.add(n.around(), n.j.Name, v)
	case n.row > 0:
		name := n.j.Name
		if name == nil {
			name = []byte("value")
		}
		n.add([]byte(n.inside(depth)), name, v)
	case depth == 2 && n.list != "":
		n.p.searchText(v)
		n.badEntry()
	case depth == 1:
		n.outerValue(v)
	default:
		n.p.searchText(v)
	}
}

// inside is the name of the innermost member of the record that is open.
func (n *jsonReading) inside(depth int) string {
	for depth--; depth >= n.row; depth-- {
		if n.stack[depth] != "" {
			return n.stack[depth]
		}
	}
	return ""
}

// around tells apart what lists that are joined call by one name.
func (n *jsonReading) around() []byte {
	if n.joined == nil || string(n.j.Name) == "requestId" {
		return nil
	}
	return []byte(n.list)
}

func (n *jsonReading) outerValue(v []byte) {
	text := carddata.Mask(string(trim(v)))
	switch string(n.j.Name) {
	case "organizationId":
		n.p.meta.merchant = text
	case "startTime":
		n.p.meta.window = text + n.p.meta.window
	case "endTime":
		n.p.meta.window += " to " + text
	}
	n.p.noteMeta()
	n.addOuter(nil, n.j.Name, v, 1)
}

func (n *jsonReading) noteDuplicate() {
	name := carddata.Mask(string(n.j.Name))
	const what = "a member that one object has twice; nobody can know which one counts, ask the processor"
	if n.row > 0 {
		n.w.ill = finding{name, "duplicate_member", name + " is " + what}
		return
	}
	n.p.note(n.j.Line(), name, "duplicate_member", name+" is "+what)
}
