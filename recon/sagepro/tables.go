package sagepro

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tieout/recon"
)

// Tables is a door to the tables of a company: a folder of DBF files, a SQL
// database, or CSV exports of whole tables. All give the same texts for the same
// company: characters without trailing blanks, numbers as plain decimals, dates
// yyyy-mm-dd, truth T or F, and nothing for NULL.
type Tables interface {
	// Columns lists the columns of a table in its order. The error wraps
	// [ErrNoTable] if there is none of that name.
	Columns(ctx context.Context, table string) ([]Column, error)
	// Rows reads the named columns, which are there. Rows that the query does
	// not ask for may come too; whoever reads looks for himself.
	Rows(ctx context.Context, q Query) (Rows, error)
}

// ErrNoTable is for a table that a company does not have.
var ErrNoTable = errors.New("there is no such table")

// ErrBusy is for a table that somebody holds or changes at the moment.
var ErrBusy = errors.New("the table is in use")

// Column is a column of a table.
type Column struct {
	Name  string
	Type  string // as the door calls it
	Width int    // in characters, of texts; 0: not known
	// Inexact columns hold floating-point numbers, which are no amounts.
	Inexact bool
}

// Query asks for rows.
type Query struct {
	Table   string
	Columns []string
	Dates   []string // those of them that are dates
	Amounts []string // those that must be exact
	Window  *Window  // nil: all rows
	Of      []Parent // only rows that belong to a row of one of these; nil: all
}

// Window asks for rows of late.
type Window struct {
	Since recon.Date
	Dates []string // columns: one on or after Since is enough, and so is none at all
	Open  *Stored  // or what is still open, whatever its date
}

// Stored is a condition on one column.
type Stored struct {
	Column  string
	NotZero bool     // a number other than 0
	In      []string // or one of these texts
	NotIn   []string // or none of these
}

// Parent is a table to which a row belongs by equal keys.
type Parent struct {
	Table, Key string
	Own        string // the key in the row's own table
	Window     *Window
}

// Rows are the rows of a query.
type Rows interface {
	Next() bool
	// Text is column i of the query. The bytes are valid until Next; an error is one of this value alone.
	Text(i int) ([]byte, error)
	// Number is the place of the row in what the door read.
	Number() int
	Err() error
	Close() error
}

// CheckTables opens every table that documents need and lists all that is missing,
// as one error for each table or column.
func (c *Company) CheckTables(ctx context.Context, t Tables) (faults []error) {
	for _, name := range c.documentSections() {
		s := c.Section(name)
		for _, table := range s.tables() {
			faults = append(faults, c.checkTable(ctx, t, name, s, table)...)
		}
	}
	return faults
}

// documentSections are the sections that documents are made of, in the order in
// which tables are copied: lines before headers, receipts last (sage-pro.md 5.2).
func (c *Company) documentSections() (names []string) {
	if c.InvoiceLine.areRead() {
		names = append(names, "invoice_line")
	}
	if c.OrderLine.areRead() {
		names = append(names, "order_line")
	}
	names = append(names, "invoice", "order")
	if c.Prior == "receipts" {
		names = append(names, "receipt")
	}
	return names
}

// NeedsForDocuments tells whether documents are made of a section of this name.
func (c *Company) NeedsForDocuments(section string) bool {
	return slices.Contains(c.documentSections(), section)
}

func (c *Company) documentTables() (tables []string) {
	for _, name := range c.documentSections() {
		tables = append(tables, c.Section(name).tables()...)
	}
	return tables
}

func (s *Section) tables() (names []string) {
	for _, name := range []string{s.Table, s.History} {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

func (c *Company) checkTable(ctx context.Context, t Tables, name string, s *Section, table string) (faults []error) {
	columns, err := t.Columns(ctx, table)
	if err != nil {
		return []error{fmt.Errorf("table %s of sage_pro.%s: %w", table, name, err)}
	}
	wanted, at := s.columns()
	for i, column := range wanted {
		k := slices.IndexFunc(columns, func(c Column) bool { return strings.EqualFold(c.Name, column) })
		field := fieldsAt(at, i)
		switch {
		case k < 0:
			faults = append(faults, fmt.Errorf("table %s has no column %s, which sage_pro.%s.%s names; correct the mapping, or leave the column empty if the site has none", table, column, name, field))
		case columns[k].Inexact && IsAmount(field):
			faults = append(faults, fmt.Errorf("column %s of table %s holds floating-point numbers, which are no exact amounts; map another to sage_pro.%s.%s", column, table, name, field))
		}
	}
	return faults
}

// fieldsAt names the first field of a column.
func fieldsAt(at map[string]int, i int) string {
	var names []string
	for name, k := range at {
		if k == i {
			names = append(names, name)
		}
	}
	return slices.Min(names)
}

// IsAmount tells the fields that hold amounts of money.
func IsAmount(field string) bool {
	return slices.Contains([]string{"amount", "tax", "shipping", "surcharge", "shipped", "paid", "balance", "discount"}, field)
}
