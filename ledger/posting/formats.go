package posting

import (
	"io"

	"tieout/ledger"
)

// Format is one way to hand entries to an ERP.
type Format struct {
	Name      string // what the configuration calls it
	Extension string // of the file's name (PF-05), without the dot
	Write     func(w io.Writer, h Header, entries []ledger.Entry) (Totals, error)
	Read      func(r io.Reader) (File, error) // nil where nobody can read it back
}

// File is a posting file read back. Rules and sources of lines are not in the
// file: the books have them, the ERP has no use for them.
type File struct {
	Header  Header
	Entries []ledger.Entry
	Totals  Totals
}

// Formats is the list of posting formats. A new one is a file in this package,
// golden bytes and a line here.
func Formats() []Format {
	return []Format{
		Delimited("default", Profile{}),
	}
}

// Delimited is the default layout under another name and profile.
func Delimited(name string, p Profile) Format {
	return Format{Name: name, Extension: "txt", Write: p.Write, Read: p.Read}
}
