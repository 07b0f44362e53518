package reportfile

import (
	"io"

	"tieout/recon/carddata"
	"tieout/recon/delimited"
	"tieout/recon/nested"
)

// xmlReading is a report in XML on its way into the table. Its records are
// elements; what elements around them say (a batch of its requests) holds for all of them.
type xmlReading struct {
	*assembler
	x     *nested.XML
	stack []element
	row   int // how deep the record is that is open; 0: none
}

// element is an open element.
type element struct {
	name  []byte
	text  []byte
	inner bool // it has elements inside, so that its text is no value
}

// readXML reads a report whose records are elements. Without a format the file
// is only looked at, to say what is wrong with it.
func (p *reading) readXML(r io.Reader) {
	x := nested.OpenXML(r, nested.Options{})
	if p.words == nil {
		for event := x.Next(); event != nested.EOF; event = x.Next() {
			p.searchText(x.Value)
		}
		p.refuseXML(x)
	} else {
		p.layout = newNestedLayout(p.words)
		n := &xmlReading{assembler: newAssembler(p), x: x}
		n.read()
		n.finish(x.Fault())
	}
	p.end = x.Finish(p.searchText)
}

func (p *reading) refuseXML(x *nested.XML) {
	if fault := x.Fault(); fault != nil {
		p.refuse(fault.Line, "", fault.Code, fault.Message)
		return
	}
	p.refuseKind(Unknown)
}

func (n *xmlReading) read() {
	for {
		switch n.x.Next() {
		case nested.EOF:
			return
		case nested.Start:
			n.open()
		case nested.Text:
			n.text(&n.stack[len(n.stack)-1])
		case nested.End:
			n.close()
		default:
			if carddata.Has(alias(n.x.Value)) {
				n.p.noteCards(n.x.Line(), "a comment or instruction")
			}
		}
	}
}

// text belongs to a value as long as nothing stands inside its element.
func (n *xmlReading) text(top *element) {
	if top.inner || len(top.text)+len(n.x.Value) > delimited.MaxField {
		n.p.searchText(n.x.Value)
		return
	}
	top.text = append(top.text, n.x.Value...)
}

func (n *xmlReading) open() {
	if len(n.stack) < cap(n.stack) {
		n.stack = n.stack[:len(n.stack)+1]
	} else {
		n.stack = append(n.stack, element{})
	}
	depth := len(n.stack)
	top := &n.stack[depth-1]
	top.name, top.text, top.inner = append(top.name[:0], n.x.Name...), top.text[:0], false
	if depth > 1 {
		n.openInside(&n.stack[depth-2])
	}
	switch {
	case depth == 1:
		n.openRoot()
	case n.row == 0 && n.p.format.isRecord(n.x.Name):
		n.row = depth
		n.begin(n.x.Line())
		n.attributes(nil)
	case n.row == 0:
		n.p.searchText(n.x.Name)
		for _, a := range n.x.Attrs {
			if n.declares(a) {
				continue
			}
			n.addOuter(top.name, a.Name, a.Value, depth)
		}
	default:
		n.attributes(top.name)
	}
}

func (n *xmlReading) openInside(outer *element) {
	outer.inner = true
	n.p.searchText(outer.text)
	outer.text = outer.text[:0]
}

func (n *xmlReading) attributes(around []byte) {
	for _, a := range n.x.Attrs {
		if !n.declares(a) {
			n.add(around, a.Name, a.Value)
		}
	}
}

// declares tells the declaration of a namespace, which is no value.
func (n *xmlReading) declares(a nested.Attr) bool {
	if string(a.Name) != "xmlns" {
		return false
	}
	n.p.searchText(a.Value)
	return true
}

// openRoot reads what the report says of itself.
func (n *xmlReading) openRoot() {
	p, from, to := n.p, "", ""
	for _, a := range n.x.Attrs {
		text := carddata.Mask(string(trim(a.Value)))
		switch plain(string(a.Name)) {
		case "merchantid", "organizationid":
			p.meta.merchant = text
		case "name":
			p.meta.name = text
		case "version":
			p.meta.version = text
		case "reportstartdate":
			from = text
		case "reportenddate":
			to = text
		}
		p.searchText(a.Value)
	}
	if from != "" || to != "" {
		p.meta.window = from + " to " + to
	}
	p.noteMeta()
}

func (n *xmlReading) close() {
	depth := len(n.stack)
	top := &n.stack[depth-1]
	n.stack = n.stack[:depth-1]
	switch {
	case depth == n.row:
		n.p.searchText(top.text)
		n.row = 0
		n.end()
	case n.row > 0 && !top.inner:
		n.add(n.around(depth-1), top.name, top.text)
	case n.row == 0 && depth > 2 && !top.inner && len(top.text) > 0:
		n.addOuter(n.stack[depth-2].name, top.name, top.text, depth-1)
	case n.row == 0:
		n.p.searchText(top.text)
		n.leave(depth)
	}
}

// around is the name of the element at a depth, unless it is the record itself.
func (n *xmlReading) around(depth int) []byte {
	if depth == n.row {
		return nil
	}
	return n.stack[depth-1].name
}

// noteMeta puts what the report says of itself into its file's report.
func (p *reading) noteMeta() {
	p.report.Merchant, p.report.ReportName, p.report.Version, p.report.Window = p.meta.merchant, p.meta.name, p.meta.version, p.meta.window
}
