package reportfile

import "slices"

// format is one report type: how it is recognised, what its columns mean, and
// what a record of it becomes. Each stands in a file of its name.
type format struct {
	kind    Kind
	titles  []string // how line 1 names it, in plain form, by the beginning
	columns []column
	// header tells the type by its column names where there is no line 1.
	header func(has func(role) bool, known int) bool
	read   func(*worker) // makes the Transactions of one record
}

// formats are the report types that can be read, in the order in which they are tried.
func formats() []format {
	return []format{
		paymentBatchDetailCSV(),
	}
}

// column is one column and the names that the generations of the report give it.
// The first name is how messages call it.
type column struct {
	role  role
	need  bool // a file without it is condemned
	names []string
}

// formatOf is the format of a kind; false where no file of this package reads it.
func formatOf(kind Kind) (format, bool) {
	all := formats()
	at := slices.IndexFunc(all, func(f format) bool { return f.kind == kind })
	if at < 0 {
		return format{}, false
	}
	return all[at], true
}

// roles by the plain names of the columns.
func (f *format) roles() map[string]role {
	byName := map[string]role{}
	for _, c := range f.columns {
		for _, name := range c.names {
			byName[plain(name)] = c.role
		}
	}
	return byName
}
