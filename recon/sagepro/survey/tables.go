package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tieout/recon/sagepro"
)

// TakeTables looks at the plan's tables through a door: a database, or exports
// of whole tables. It reads the plan's columns of all rows, and no others.
func TakeTables(ctx context.Context, door sagepro.Tables, p Plan) *Survey {
	s := &Survey{Plan: p}
	for _, want := range p.Tables {
		s.Tables = append(s.Tables, s.takeTable(ctx, door, want))
	}
	return s
}

func (s *Survey) takeTable(ctx context.Context, door sagepro.Tables, want Table) Found {
	columns, err := door.Columns(ctx, want.Name)
	switch {
	case errors.Is(err, sagepro.ErrNoTable):
		if !want.Optional {
			s.fault("table %s (%s) is missing: %v", want.Name, want.For, err)
		}
		return Found{Want: want}
	case err != nil:
		s.fault("table %s: %v", want.Name, err)
		return Found{Want: want, Path: want.File, Fault: err.Error()}
	}
	f := Found{Want: want, Path: want.File}
	var numbers []string
	for _, c := range columns {
		f.Fields = append(f.Fields, Field{Name: c.Name, Form: formOf(c), Width: c.Width, Inexact: c.Inexact})
		if isNumber(c.Type) {
			numbers = append(numbers, strings.ToLower(c.Name))
		}
	}
	if err := f.readThrough(ctx, door, f.match(), numbers); err != nil {
		f.Fault = err.Error()
		s.fault("table %s: %v", want.Name, err)
	}
	s.judge(&f)
	return f
}

// formOf is a column's type as the door calls it, with its width.
func formOf(c sagepro.Column) string {
	if c.Width > 0 {
		return fmt.Sprintf("%s(%d)", strings.ToLower(c.Type), c.Width)
	}
	return strings.ToLower(c.Type)
}

// isNumber tells types that a source may hand over as floating-point numbers.
func isNumber(kind string) bool {
	return slices.Contains([]string{"float", "double", "real", "numeric", "decimal", "currency", "integer"}, strings.ToLower(kind))
}

// readThrough goes through all rows.
func (f *Found) readThrough(ctx context.Context, door sagepro.Tables, at []int, numbers []string) error {
	q := sagepro.Query{Table: f.Want.Name}
	place := make([]int, len(at))
	for i := range at {
		if place[i] = -1; at[i] < 0 {
			continue
		}
		name := strings.ToLower(f.Columns[i].Name)
		if place[i] = slices.Index(q.Columns, name); place[i] < 0 {
			place[i] = len(q.Columns)
			q.Columns = append(q.Columns, name)
		}
		if slices.Contains(numbers, name) {
			q.Amounts = append(q.Amounts, name)
		}
	}
	if len(q.Columns) == 0 {
		return nil
	}
	rows, err := door.Rows(ctx, q)
	if err != nil {
		return err
	}
	for rows.Next() {
		f.Rows++
		for i, k := range place {
			if k >= 0 {
				f.Columns[i].see(rows.Text(k))
			}
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}
