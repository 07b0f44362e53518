package sagepro

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"tieout/recon"
	"tieout/recon/carddata"
)

// An extract is what a night takes of the ERP: the mapped columns of the rows
// of late, as stored, in one CSV file that is kept. Receipts come first, then
// invoices, then orders; lines, where they are read, come before their headers. Card numbers are masked in it before it is written (R7).

// columns of an extract that do not come from the tables.
const (
	fromColumn   = "from"       // table
	rowColumn    = "row"        // place in the table
	codeColumn   = "fault_code" // why the row cannot be used; "" if it can
	whereColumn  = "fault_column"
	faultMessage = "fault"
)

// extractFields are the facts of an extract, in its order.
func extractFields() []string {
	return []string{
		"number", "customer", "order_no", "invoice", "date", "entered", "ordered", "changed", "amount", "tax", "shipping", "surcharge", "shipped", "paid", "balance",
		"discount", "currency", "status", "type", "method", "merchant", "store", "request_id", "auth_code", "last4", "po_number", "reference", "deleted",
	}
}

// extractFields are the facts of an extract of this company: the usual ones, and its dimensions.
func (c *Company) extractFields() []string {
	fields := extractFields()
	if c.InvoiceLine.areRead() || c.OrderLine.areRead() {
		fields = append(fields, lineFields()...)
	}
	for _, name := range c.Dimensions() {
		fields = append(fields, recon.DimensionPrefix+name)
	}
	return fields
}

// lineFields are what lines have beside the usual facts.
func lineFields() []string { return []string{"item", "mark"} }

func extractHeader(fields []string) []string {
	return slices.Concat([]string{fromColumn, rowColumn}, fields, []string{codeColumn, whereColumn, faultMessage})
}

// Extract writes the rows of late: dated on or after since, changed since then,
// or still open. Without since it writes all. History rows whose current twin
// is there are left out. A value that the table holds and nobody can read makes
// the row faulty, not the extract.
func (c *Company) Extract(ctx context.Context, t Tables, since recon.Date, w io.Writer) error {
	if faults := c.CheckTables(ctx, t); len(faults) > 0 {
		return &TableFaults{faults}
	}
	if door, ok := t.(cutter); ok {
		if err := door.Cut(ctx, c.documentTables()); err != nil {
			return err
		}
	}
	x := &extractor{company: c, tables: t, since: since, out: csv.NewWriter(w), fields: c.extractFields()}
	if err := x.out.Write(extractHeader(x.fields)); err != nil {
		return err
	}
	invoices, err := x.keys(ctx, &c.Invoice)
	if err != nil {
		return err
	}
	if c.Prior == "receipts" {
		if err := x.belongings(ctx, &c.Receipt, "invoice", &c.Invoice, invoices); err != nil {
			return err
		}
	}
	if c.InvoiceLine.areRead() {
		if err := x.belongings(ctx, &c.InvoiceLine.Section, "number", &c.Invoice, invoices); err != nil {
			return err
		}
	}
	if err := x.section(ctx, &c.Invoice, invoices); err != nil {
		return err
	}
	orders, err := x.keys(ctx, &c.Order)
	if err != nil {
		return err
	}
	if c.OrderLine.areRead() {
		if err := x.belongings(ctx, &c.OrderLine.Section, "number", &c.Order, orders); err != nil {
			return err
		}
	}
	if err := x.section(ctx, &c.Order, orders); err != nil {
		return err
	}
	x.out.Flush()
	return x.out.Error()
}

// TableFaults are all tables and columns that the mapping names and the ERP does not have.
type TableFaults struct{ Faults []error }

func (e *TableFaults) Error() string { return errors.Join(e.Faults...).Error() }

// Unwrap gives the faults.
func (e *TableFaults) Unwrap() []error { return e.Faults }

// cutter is a door that can give tables as they were together at one instant. A
// database does so by its transaction, and exports are what they are.
type cutter interface {
	Cut(ctx context.Context, tables []string) error
}

type extractor struct {
	company *Company
	tables  Tables
	since   recon.Date
	out     *csv.Writer
	fields  []string
	line    []string
}

// dates are the fields of a section that are dates.
func (s *Section) dates() (columns []string) {
	for _, field := range []string{"date", "entered", "ordered", "changed"} {
		if f := s.Fields[field]; f.Column != "" {
			columns = append(columns, strings.ToLower(f.Column))
		}
	}
	return columns
}

// amounts are the columns that must be exact.
func (s *Section) amounts() (columns []string) {
	for name, f := range s.Fields {
		if IsAmount(name) && f.Column != "" {
			columns = append(columns, strings.ToLower(f.Column))
		}
	}
	slices.Sort(columns)
	return columns
}

// window is what of a section is of late.
func (s *Section) window(since recon.Date) *Window {
	if since == 0 {
		return nil
	}
	w := &Window{Since: since, Dates: s.dates()}
	balance, status := s.Fields["balance"], s.Fields["status"]
	switch {
	case balance.Column != "":
		w.Open = &Stored{Column: strings.ToLower(balance.Column), NotZero: true}
	case s.Fields["ordered"].Column != "":
		w.Open = status.stored(meansOpen)
	}
	return w
}

// stored is the condition that a coded column has a meaning.
func (f *Field) stored(meaning string) *Stored {
	if f.Column == "" {
		return nil
	}
	s := &Stored{Column: strings.ToLower(f.Column)}
	everyOther := f.Values["*"] == meaning
	for value, m := range f.Values {
		if value == "*" || (m == meaning) == everyOther {
			continue
		}
		if everyOther {
			s.NotIn = append(s.NotIn, value)
		} else {
			s.In = append(s.In, value)
		}
	}
	slices.Sort(s.In)
	slices.Sort(s.NotIn)
	if len(s.In)+len(s.NotIn) == 0 && !everyOther {
		return nil
	}
	return s
}

// reader goes through a table and gives the fields of its rows.
type reader struct {
	Rows
	at      map[string]int
	columns []string
}

func (x *extractor) open(ctx context.Context, s *Section, table string, of []Parent) (*reader, error) {
	columns, at := s.columns()
	q := Query{Table: table, Columns: columns, Dates: s.dates(), Amounts: s.amounts(), Of: of}
	if of == nil && !x.company.isOfDocuments(s) {
		q.Window = s.window(x.since)
	}
	rows, err := x.tables.Rows(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", table, err)
	}
	return &reader{rows, at, columns}, nil
}

// field is a field of the current row; nothing where it has no column.
func (r *reader) field(name string) ([]byte, error) {
	i, ok := r.at[name]
	if !ok || i < 0 {
		return nil, nil
	}
	return r.Text(i)
}

// recent tells whether the current row is in the window. What cannot be read is, so that it is seen.
func (r *reader) recent(w *Window) bool {
	if w == nil {
		return true
	}
	since := w.Since.String()
	dated := false
	for _, column := range w.Dates {
		text, err := r.Text(slices.Index(r.columns, column))
		if err != nil || string(text) >= since {
			return true
		}
		dated = dated || isDated(text)
	}
	return !dated || w.Open != nil && r.holds(w.Open)
}

// isDated tells a date from none, which SQL Server stores as the first day of 1900.
func isDated(text []byte) bool {
	const length = len("yyyy-mm-dd")
	return len(text) >= length && string(text[:length]) > noDate().String()
}

func (r *reader) holds(s *Stored) bool {
	text, err := r.Text(slices.Index(r.columns, s.Column))
	value := strings.TrimSpace(string(text))
	switch {
	case err != nil:
		return true
	case s.NotZero:
		return strings.Trim(value, "-0.") != ""
	case s.In != nil:
		return slices.Contains(s.In, value)
	}
	return !slices.Contains(s.NotIn, value)
}

// key makes numbers of one document equal, whatever blanks are around them.
func key(number []byte) string { return strings.TrimSpace(string(number)) }

// keys are the numbers of the rows of late and their dates, of the current table.
func (x *extractor) keys(ctx context.Context, s *Section) (keys map[string]string, err error) {
	keys = map[string]string{}
	for _, table := range s.tables() {
		err := x.each(ctx, s, table, nil, func(r *reader) error {
			number, err := r.field("number")
			if k := key(number); err == nil && (table == s.Table || keys[k] == "") {
				keys[k] = table + " " + r.date(s)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// date is the first date of the row that is there.
func (r *reader) date(s *Section) string {
	for _, field := range []string{"date", "entered", "ordered"} {
		if text, err := r.field(field); err == nil && isDated(text) {
			return string(text[:len("yyyy-mm-dd")])
		}
	}
	return ""
}

// each calls do for the rows of a table that are of late.
func (x *extractor) each(ctx context.Context, s *Section, table string, of []Parent, do func(*reader) error) error {
	r, err := x.open(ctx, s, table, of)
	if err != nil {
		return err
	}
	w := s.window(x.since)
	if x.company.isOfDocuments(s) {
		w = nil
	}
	for r.Next() {
		if !r.recent(w) {
			continue
		}
		if err := do(r); err != nil {
			return errors.Join(err, r.Close())
		}
	}
	if err := errors.Join(r.Err(), r.Close()); err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	return nil
}

// section writes the rows of late, but no history row whose current twin is there.
func (x *extractor) section(ctx context.Context, s *Section, keys map[string]string) error {
	for _, table := range s.tables() {
		err := x.each(ctx, s, table, nil, func(r *reader) error {
			number, err := r.field("number")
			if err == nil && table == s.History && isTwin(keys[key(number)], s.Table, r.date(s)) {
				return nil
			}
			return x.write(r, table)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// isTwin: numbers are used again after years, so a current row of another time is no twin.
func isTwin(mark, table, date string) bool {
	of, currentDate, _ := strings.Cut(mark, " ")
	if of != table {
		return false
	}
	a, errA := recon.ParseDate(currentDate)
	b, errB := recon.ParseDate(date)
	return errA != nil || errB != nil || max(a-b, b-a) <= 366
}

// isOfDocuments tells the sections whose rows belong to documents: they have no window of their own.
func (c *Company) isOfDocuments(s *Section) bool {
	return s == &c.Receipt || s == &c.InvoiceLine.Section || s == &c.OrderLine.Section
}

// belongings writes the rows of documents that are written: own is the field that has the document's number.
func (x *extractor) belongings(ctx context.Context, s *Section, own string, of *Section, documents map[string]string) error {
	var parents []Parent
	if x.since != 0 {
		for _, table := range of.tables() {
			parents = append(parents, Parent{table, of.Fields["number"].Column, s.Fields[own].Column, of.window(x.since)})
		}
	}
	lost := map[string]bool{}
	for _, table := range s.tables() {
		err := x.each(ctx, s, table, parents, func(r *reader) error {
			number, err := r.field(own)
			k := key(number)
			if err == nil && (k == "" || documents[k] == "") {
				if k != "" && r.date(s) != "" && (x.since == 0 || r.date(s) >= x.since.String()) {
					lost[k] = true
				}
				return nil
			}
			return x.write(r, table)
		})
		if err != nil {
			return err
		}
	}
	return x.writeLost(ctx, s, own, of, lost)
}

// noHeader is the code of a row of late whose document is not there. It is not
// complete yet: it counts nothing, and the next run reads it again (sage-pro.md 5.2).
const noHeader = "no_header"

// writeLost writes the rows of late whose document is nowhere, of late or not.
func (x *extractor) writeLost(ctx context.Context, s *Section, own string, of *Section, lost map[string]bool) error {
	if len(lost) == 0 {
		return nil
	}
	for _, table := range of.tables() {
		rows, err := x.tables.Rows(ctx, Query{Table: table, Columns: []string{strings.ToLower(of.Fields["number"].Column)}})
		if err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
		for rows.Next() {
			if number, err := rows.Text(0); err == nil {
				delete(lost, key(number))
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	for _, table := range s.tables() {
		err := x.each(ctx, s, table, nil, func(r *reader) error {
			number, err := r.field(own)
			if err != nil || !lost[key(number)] || x.since != 0 && r.date(s) < x.since.String() {
				return nil
			}
			return x.writeAs(r, table, noHeader, s.Fields[own].Column, "has no header in "+of.Table+" yet; it counts nothing, and the next run reads it again")
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// write adds the current row to the extract.
func (x *extractor) write(r *reader, table string) error { return x.writeAs(r, table, "", "", "") }

// writeAs is write for a row that has a fault of its own.
func (x *extractor) writeAs(r *reader, table, code, where, message string) error {
	x.line = append(x.line[:0], table, strconv.Itoa(r.Number()))
	for _, name := range x.fields {
		text, err := r.field(name)
		switch {
		case err != nil && code == "":
			code, where, message = "bad_value", r.columns[r.at[name]], err.Error()
		case err == nil && hasCard(text):
			code, where = "card_data", r.columns[r.at[name]]
			message = "holds a card number ending in " + carddata.Last4(string(text)) + "; the row is not used and the number is not kept: replace it in the ERP"
			text = []byte(carddata.Mask(string(text)))
		}
		x.line = append(x.line, string(text))
	}
	x.line = append(x.line, code, where, message)
	return x.out.Write(x.line)
}
