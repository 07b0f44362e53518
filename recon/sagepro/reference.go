package sagepro

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"tieout/recon/carddata"
)

// Entry is a row of reference data: the mapped fields of a customer, an item or
// an account, by their names in the mapping. Positions within a text count, so
// blanks in front stay.
type Entry map[string]string

// text is a field without blanks around it.
func (e Entry) text(field string) string { return strings.TrimSpace(e[field]) }

// CheckSections opens the tables of sections of reference data and lists all
// that is missing, as [Company.CheckTables] does for documents.
func (c *Company) CheckSections(ctx context.Context, t Tables, names ...string) (faults []error) {
	for _, name := range names {
		s := c.Section(name)
		for _, table := range s.tables() {
			faults = append(faults, c.checkTable(ctx, t, name, s, table)...)
		}
	}
	return faults
}

// Entries calls do for every row of a section of reference data: customer,
// item, gl_account, structure, periods or next_number. Card numbers are masked.
func (c *Company) Entries(ctx context.Context, t Tables, name string, do func(row int, e Entry) error) error {
	if faults := c.CheckSections(ctx, t, name); len(faults) > 0 {
		return &TableFaults{faults}
	}
	s := c.Section(name)
	columns, at := s.columns()
	rows, err := t.Rows(ctx, Query{Table: s.Table, Columns: columns, Amounts: s.amounts()})
	if err != nil {
		return fmt.Errorf("table %s: %w", s.Table, err)
	}
	r := &reader{rows, at, columns}
	for r.Next() {
		e, err := s.entry(r)
		if err == nil {
			err = do(r.Number(), e)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("table %s, row %d: %w", s.Table, r.Number(), err), r.Close())
		}
	}
	return errors.Join(r.Err(), r.Close())
}

func (s *Section) entry(r *reader) (Entry, error) {
	e := Entry{}
	for name, f := range s.Fields {
		text, err := r.field(name)
		if err != nil {
			return nil, fmt.Errorf("column %s %w", f.Column, err)
		}
		e[name] = string(text)
		if hasCard(text) {
			e[name] = carddata.Mask(e[name])
		}
		if f.Column == "" {
			e[name] = f.Constant
		}
	}
	return e, nil
}

// NextNumbers are the numbers that the ERP gives next, of one module. To read
// one is not to take it: the ERP may give it to somebody else.
type NextNumbers struct {
	Batch, Transaction string // GL: as stored, with zeros in front
	LastOrder          int64  // SO: the last that was given; 0 where the generation keeps it elsewhere
}

// ReadNextNumbers reads the counters of the company's modules from SYSDATA, by
// module (GL, SO ...). Rows of companies that are deleted are none.
func (c *Company) ReadNextNumbers(ctx context.Context, t Tables) (map[string]NextNumbers, error) {
	all := map[string]NextNumbers{}
	err := c.Entries(ctx, t, "next_number", func(_ int, e Entry) error {
		module, ours := strings.CutSuffix(e.text("id"), c.Number)
		if !ours || strings.HasPrefix(e["deleted"], "D") {
			return nil
		}
		n := NextNumbers{}
		if module == "GL" {
			n.Batch, n.Transaction = stretch(e["batch"], 0, 6), stretch(e["transaction"], 4, 10)
		}
		if order := e.text("order"); order != "" {
			last, err := strconv.ParseInt(strings.TrimSuffix(order, ".0000"), 10, 64)
			if err != nil {
				return fmt.Errorf("the last number %q is no whole number", order)
			}
			n.LastOrder = last
		}
		all[module] = n
		return nil
	})
	return all, err
}

// stretch is a piece of a text; what lies beyond its end is not there.
func stretch(text string, from, to int) string {
	return strings.TrimSpace(text[min(from, len(text)):min(to, len(text))])
}
