package survey

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"tieout/recon/carddata"
	"tieout/recon/sagepro/dbf"
)

// Survey is what was found.
type Survey struct {
	Plan   Plan
	Tables []Found // those of the plan, in its order
	Others []Found // the tables that nobody reads, by name
	Folder bool    // it is of a folder, in which others lie too
	Faults []string
}

// Found is a table as it is.
type Found struct {
	Want    Table
	Path    string // "": there is none
	Bytes   int64
	Version byte   // of a DBF table; 0: of none
	Page    string // code page
	Rows    int
	Deleted int
	Fields  []Field
	Columns []Seen // those of the plan, in its order
	Memo    string // "", "beside it", or "missing"
	Fault   string // why it cannot be read
}

// Field is a column as the table has it.
type Field struct {
	Name, Form        string // form as people write it: C10, N12.2, char(10)
	Width             int    // in characters, of texts; 0 or less: not known, or without end
	Inexact, Nullable bool
}

// fieldsOf are the columns of a DBF table.
func fieldsOf(t *dbf.Table) (all []Field) {
	for _, f := range t.Fields() {
		field := Field{Name: f.Name, Form: form(f.Type, f.Width, f.Decimals), Inexact: f.Type == 'B' && f.Width == 8, Nullable: f.Nullable}
		if f.Type == 'C' || f.Type == 'V' {
			field.Width = f.Width
		}
		all = append(all, field)
	}
	return all
}

// Seen is what the rows hold in a column of the plan.
type Seen struct {
	Column

	Found   *Field // nil: the table has none of this name
	Filled  int
	Values  map[string]int // of a code
	Aligned [3]int         // of a key: left, right, zero-filled
	Keys    []string       // masked
	Broken  int            // values that cannot be read
}

const (
	maxDepth  = 2  // of folders below the program's
	maxCodes  = 40 // more values are no code, and neither are
	maxCode   = 20 // longer ones
	sampleLen = 10
)

// Take looks at every table in a folder and those below it. It reads rows of
// the plan's tables only. The error is for a folder that cannot be listed; what
// is wrong with a table is in the survey.
func Take(folder fs.FS, p Plan) (*Survey, error) {
	files, err := list(folder)
	if err != nil {
		return nil, err
	}
	s := &Survey{Plan: p, Folder: true}
	used := map[string]bool{}
	for _, want := range p.Tables {
		f := s.take(folder, files, want)
		used[f.Path] = true
		s.Tables = append(s.Tables, f)
	}
	for _, name := range files {
		if isTable(name) && !used[name] {
			s.Others = append(s.Others, glance(folder, name, p.CodePage))
		}
	}
	return s, nil
}

// list are the files of a folder and those below it, by name.
func list(folder fs.FS) (files []string, err error) {
	err = fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return err
		case err != nil || d.IsDir() && strings.Count(name, "/") >= maxDepth:
			return fs.SkipDir
		case !d.IsDir():
			files = append(files, name)
		}
		return nil
	})
	return files, err
}

func isTable(name string) bool { return strings.EqualFold(path.Ext(name), ".dbf") }

// take finds a table of the plan and reads it once.
func (s *Survey) take(folder fs.FS, files []string, want Table) Found {
	wanted := want.File + ".dbf"
	var places []string
	for _, name := range files {
		if strings.EqualFold(path.Base(name), wanted) {
			places = append(places, name)
		}
	}
	switch {
	case len(places) == 0:
		if !want.Optional {
			s.fault("table %s (%s) is missing: there is no file %s", want.Name, want.For, wanted)
		}
		return Found{Want: want}
	case len(places) > 1:
		s.fault("table %s is there %d times (%s): the folder must be that of one company", want.Name, len(places), strings.Join(places, ", "))
	}
	f := glance(folder, places[0], s.Plan.CodePage)
	f.Want = want
	if f.Fault == "" {
		f.Fault = f.read(folder, files, s.Plan.CodePage)
	}
	if f.Fault != "" {
		s.fault("table %s: %s", want.Name, f.Fault)
	}
	s.judge(&f)
	return f
}

func (s *Survey) fault(form string, args ...any) {
	s.Faults = append(s.Faults, fmt.Sprintf(form, args...))
}

// judge notes what a table lacks of what the plan wants.
func (s *Survey) judge(f *Found) {
	for i := range f.Columns {
		c := &f.Columns[i]
		switch {
		case c.Found == nil && c.Extra:
		case c.Found == nil:
			s.fault("table %s has no column %s; name the one that holds it in sage_pro.%s, or none", f.Want.Name, c.Name, c.Field)
		case c.Amount && c.Found.Inexact:
			s.fault("table %s, column %s holds floating-point numbers, which are no exact amounts; map another to sage_pro.%s", f.Want.Name, c.Name, c.Field)
		case c.Found.Width > 0 && c.Found.Width < c.Width:
			s.fault("table %s, column %s is %d wide, and %d are needed", f.Want.Name, c.Name, c.Found.Width, c.Width)
		case c.Broken > 0:
			s.fault("table %s, column %s: %d values cannot be read", f.Want.Name, c.Name, c.Broken)
		}
		if n := c.misaligned(); n > 0 {
			s.fault("table %s, column %s: %d numbers are not written as sage_pro.align says (%s)", f.Want.Name, c.Name, n, c.Align)
		}
		for value := range c.unknown() {
			s.fault("table %s, column %s: the mapping does not explain the value %q (%d rows)", f.Want.Name, c.Name, value, c.Values[value])
		}
	}
}

// misaligned are how many keys are written otherwise than the mapping says.
func (c *Seen) misaligned() int {
	left, right, zero := c.Aligned[0], c.Aligned[1], c.Aligned[2]
	switch c.Align {
	case "left":
		return right + zero
	case "right":
		return left + zero
	case "zero":
		return left + right
	}
	return 0
}

// unknown are the values of a code that the mapping does not explain.
func (c *Seen) unknown() func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range c.sorted() {
			if c.Use == Code && c.Known != nil && !slices.Contains(c.Known, v) && !yield(v) {
				return
			}
		}
	}
}

// sorted are the values of a code, the frequent ones first.
func (c *Seen) sorted() []string {
	var all []string
	for v := range c.Values {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(cmp.Compare(c.Values[b], c.Values[a]), cmp.Compare(a, b)) })
	return all
}

// opened is a file that can be read at any place.
type opened interface {
	fs.File
	io.ReaderAt
}

func open(folder fs.FS, name string) (opened, int64, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, 0, err
	}
	o, ok := f.(opened)
	info, err := f.Stat()
	if !ok || err != nil {
		return nil, 0, errors.Join(errors.New("the file cannot be read at any place"), err, f.Close())
	}
	return o, info.Size(), nil
}

// glance reads the header of a table.
func glance(folder fs.FS, name, page string) Found {
	f := Found{Path: name}
	file, size, err := open(folder, name)
	if err != nil {
		f.Fault = "cannot be opened, somebody may have it for himself: " + err.Error()
		return f
	}
	defer file.Close()
	f.Bytes = size
	t, err := dbf.Open(file, size, dbf.Options{CodePage: page})
	if err != nil {
		f.Fault = err.Error()
		return f
	}
	f.Version, f.Page, f.Rows, f.Fields = t.Version, t.CodePage, t.Len(), fieldsOf(t)
	return f
}

// read goes through the rows of a table of the plan.
func (f *Found) read(folder fs.FS, files []string, page string) (fault string) {
	file, size, err := open(folder, f.Path)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	t, err := dbf.Open(file, size, dbf.Options{CodePage: page})
	if err != nil {
		return err.Error()
	}
	if t.NeedsMemo() {
		f.Memo = "missing"
		stem := strings.TrimSuffix(f.Path, path.Ext(f.Path))
		if slices.ContainsFunc(files, func(n string) bool { return strings.EqualFold(n, stem+".fpt") || strings.EqualFold(n, stem+".dbt") }) {
			f.Memo = "beside it"
		}
	}
	at := f.match()
	rows := t.Rows()
	for rows.Next() {
		if rows.Deleted() {
			f.Deleted++
			continue
		}
		for i, field := range at {
			if field >= 0 {
				f.Columns[i].see(rows.Text(field))
			}
		}
	}
	if rows.Err() != nil {
		return rows.Err().Error()
	}
	return ""
}

// match finds the columns of the plan among the table's, whatever their case.
func (f *Found) match() (at []int) {
	for _, c := range f.Want.Columns {
		i := slices.IndexFunc(f.Fields, func(field Field) bool { return strings.EqualFold(field.Name, c.Name) })
		seen := Seen{Column: c, Values: map[string]int{}}
		if i >= 0 {
			seen.Found = &f.Fields[i]
		}
		f.Columns, at = append(f.Columns, seen), append(at, i)
	}
	return at
}

// see takes one value.
func (c *Seen) see(value []byte, err error) {
	text := string(value)
	switch {
	case err != nil:
		c.Broken++
		return
	case strings.TrimSpace(text) != "":
		c.Filled++
	}
	switch c.Use {
	case Code:
		if _, known := c.Values[text]; known || len(c.Values) <= maxCodes {
			c.Values[text]++
		}
	case Key:
		c.seeKey(text)
	case Plain:
	}
}

func (c *Seen) seeKey(text string) {
	if text == "" {
		return
	}
	switch text[0] {
	case ' ':
		c.Aligned[1]++
	case '0':
		c.Aligned[2]++
	default:
		c.Aligned[0]++
	}
	if masked := mask(text); len(c.Keys) < sampleLen && !slices.Contains(c.Keys, masked) {
		c.Keys = append(c.Keys, masked)
	}
}

// mask keeps the form of a key, its first two and its last character.
func mask(text string) string {
	runes := []rune(carddata.Mask(text))
	start := 0
	for start < len(runes) && runes[start] == ' ' {
		start++
	}
	for i := start; i < len(runes); i++ {
		if i >= start+2 && i < len(runes)-1 {
			runes[i] = '*'
		}
	}
	return string(runes)
}

// Counts are the tables of the plan that are there, and their live rows.
func (s *Survey) Counts() (tables, rows int) {
	for i := range s.Tables {
		if f := &s.Tables[i]; f.Path != "" {
			tables, rows = tables+1, rows+f.Rows-f.Deleted
		}
	}
	return tables, rows
}
