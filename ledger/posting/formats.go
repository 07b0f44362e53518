package posting

import (
	"bytes"
	"fmt"

	"tieout/ledger"
)

// Format is one way to hand entries to an accounting system.
type Format struct {
	Name string // what the configuration calls it
	// Write makes the file, or the files that are one delivery together. It refuses
	// what Prove would refuse.
	Write func(h Header, entries []ledger.Entry) (Drop, error)
	// Prove reads the parts back and compares them with the entries: lines, amounts,
	// texts, order and totals (INV-11). The error names line and field.
	Prove func(parts []Part, h Header, entries []ledger.Entry) error
}

// Drop is a posting as it goes out.
type Drop struct {
	Parts  []Part
	Totals Totals
	Cuts   []Cut // texts that were too long for their columns
}

// Part is one file of a posting.
type Part struct {
	Table     string // "" where the posting is one file, else what the file holds: GLBTCH
	Extension string // of the file's name (PF-05), without the dot
	Bytes     []byte
}

// Name is the part's file name: GL_TIEOUT_20261001_000001.txt or GL_TIEOUT_20261001_000001_GLBTCH.dbf (PF-05).
func (p Part) Name(h Header) string {
	if p.Table == "" {
		return h.Name(p.Extension)
	}
	return h.Name("")[:len(h.Name(""))-1] + "_" + p.Table + "." + p.Extension
}

// Cut records a text that was shortened to the width of its column.
type Cut struct {
	Entry string // entry number
	Line  int    // 0 for the text of the entry itself
	Text  string // the whole text
	Width int    // characters that were kept
}

// String tells what was cut.
func (c Cut) String() string {
	if c.Line == 0 {
		return fmt.Sprintf("entry %s: text %q cut to %d characters", c.Entry, c.Text, c.Width)
	}
	return fmt.Sprintf("entry %s line %d: text %q cut to %d characters", c.Entry, c.Line, c.Text, c.Width)
}

// Formats is the list of posting formats with their usual settings. A new one is
// a file in this package, golden bytes, a line here, and one where the configuration reads its options.
func Formats() []Format {
	return []Format{
		Delimited("default", Profile{}),
		Delimited("fixed-width", Profile{Fixed: true}),
		Sage50US(),
		Sage50Canada(Sage50CanadaWidths{}),
		Intacct(IntacctTemplate{}),
		Sage300(Sage300Layout{}),
		IIF(),
	}
}

// Delimited is the layout of records H, E, L, X and T in a profile.
func Delimited(name string, p Profile) Format {
	return Format{
		Name: name,
		Write: func(h Header, entries []ledger.Entry) (Drop, error) {
			var file bytes.Buffer
			totals, cuts, err := p.write(&file, h, entries)
			return Drop{[]Part{{Extension: "txt", Bytes: file.Bytes()}}, totals, cuts}, err
		},
		Prove: func(parts []Part, _ Header, entries []ledger.Entry) error {
			if len(parts) != 1 {
				return fmt.Errorf("INV-11: %d files where one is due", len(parts))
			}
			file, err := p.Read(bytes.NewReader(parts[0].Bytes))
			if err != nil {
				return err
			}
			totals, err := Sum(entries)
			if err != nil {
				return err
			}
			return ProveFile(file, entries, totals)
		},
	}
}
