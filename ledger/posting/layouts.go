package posting

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// LayoutFault is what is wrong with the layout that a receiver wants: the option
// that is meant, as the configuration calls it, and what to do.
type LayoutFault struct{ Option, Message string }

// layoutFaults collects faults.
type layoutFaults []LayoutFault

func (f *layoutFaults) add(option, format string, args ...any) {
	*f = append(*f, LayoutFault{option, fmt.Sprintf(format, args...)})
}

// columns refuses doubled columns, needed ones that are missing, and those that
// nobody knows what to write into.
func (f *layoutFaults) columns(option string, columns, needed, known []string, constants map[string]string) {
	for i, c := range columns {
		_, constant := constants[c]
		switch {
		case slices.Contains(columns[:i], c):
			f.add(option, "column %q is there twice", c)
		case constant && slices.Contains(known, c):
			f.add("constants."+c, "the column is filled from the entries; take the constant out")
		case !constant && !slices.Contains(known, c):
			f.add(option, "column %q is not known; give it a constant, or one of %s", c, strings.Join(known, ", "))
		}
	}
	for _, c := range needed {
		if !slices.Contains(columns, c) {
			f.add(option, "column %q is missing, without which the file cannot be read back", c)
		}
	}
}

// unused refuses constants of columns that are not there.
func (f *layoutFaults) unused(constants map[string]string, columns ...string) {
	for _, c := range slices.Sorted(maps.Keys(constants)) {
		if !slices.Contains(columns, c) {
			f.add("constants."+c, "there is no column of this name")
		}
	}
}

// Check lists all that is wrong with the template.
func (t IntacctTemplate) Check() []LayoutFault {
	var f layoutFaults
	if len(t.Columns) > 0 {
		needed := []string{"DATE", "DESCRIPTION", "LINE_NO", "ACCT_NO", "DEBIT", "CREDIT"}
		f.columns("columns", t.Columns, needed, append(needed, "JOURNAL", "MEMO", "REFERENCE_NO"), t.Constants)
	}
	f.unused(t.Constants, t.Columns...)
	return f
}

// Check lists all that is wrong with the layout.
func (l Sage300Layout) Check() []LayoutFault {
	var f layoutFaults
	l, usual := l.withDefaults(), Sage300Layout{}.withDefaults()
	f.columns("header_columns", l.HeaderColumns, []string{"DATEENTRY"}, usual.HeaderColumns, l.Constants)
	f.columns("detail_columns", l.DetailColumns, []string{"ACCTID", "TRANSAMT", "TRANSREF"}, usual.DetailColumns, l.Constants)
	f.unused(l.Constants, slices.Concat(l.HeaderColumns, l.DetailColumns)...)
	if l.Header == l.Detail {
		f.add("detail", "%q is also what begins a header", l.Detail)
	}
	for option, c := range map[string]struct {
		text  string
		width int
	}{"batch": {l.Batch, 6}, "ledger": {l.Ledger, 2}, "journal": {l.Journal, 2}} {
		if len(c.text) > c.width {
			f.add(option, "%q is longer than the %d characters of its column", c.text, c.width)
		}
	}
	slices.SortStableFunc(f, func(a, b LayoutFault) int { return strings.Compare(a.Option, b.Option) })
	return f
}

// Check lists all that is wrong with the widths.
func (w Sage50CanadaWidths) Check() []LayoutFault {
	var f layoutFaults
	if w != (Sage50CanadaWidths{}) && (w.Source < 10 || w.Comment < 1) {
		f.add("source", "both widths are needed, at least 10 for the source, which holds an entry's number, and 1 for the comment")
	}
	return f
}

// Check lists all that is wrong with the widths of the profile.
func (p Profile) Check() []LayoutFault {
	var f layoutFaults
	for _, record := range slices.Sorted(maps.Keys(p.Widths)) {
		usual := map[string]int{}
		for _, c := range usualColumns(record, 0) {
			usual[c.name] = c.width
		}
		delete(usual, "record")
		if len(usual) == 0 {
			f.add("widths."+record, "there are records H, E, L, X and T")
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(p.Widths[record])) {
			switch width := p.Widths[record][name]; {
			case usual[name] == 0:
				f.add("widths."+record+"."+name, "unknown field; the record has %s", strings.Join(slices.Sorted(maps.Keys(usual)), ", "))
			case width < 1 || width > 1000:
				f.add("widths."+record+"."+name, "%d: 1 to 1000 characters", width)
			}
		}
	}
	return f
}
