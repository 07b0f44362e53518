package sagepro

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tieout/recon"
)

// Database is the door to the tables of a SQL database: the SQL Server edition,
// or an ODBC source. It asks for named columns only, and for rows of late where it can.
type Database struct {
	Company *Company
	Dialect Dialect
	tx      *sql.Tx
}

// Dialect is how a database wants to be asked.
type Dialect struct {
	// Columns asks for names, types and widths of a table's columns, in their
	// order. Without it they are those of a query that gives no row.
	Columns func(schema, table string) (query string, args []any)
	// Quote makes a name safe.
	Quote func(name string) string
	// Placeholder is the i-th argument, from 1.
	Placeholder func(i int) string
	// Date is a day as an argument.
	Date func(recon.Date) any
	// Exact gives an amount as text where the driver would give a floating-point number; nil: it does not.
	Exact func(column string) string
	// Snapshot asks whether the database of a schema lets a transaction see one moment: 1 if so. "" if there is no such thing.
	Snapshot func(schema string) (query string, args []any)
}

// SQLServer is the dialect of the SQL Server edition.
func SQLServer() Dialect {
	return Dialect{
		Columns: func(schema, table string) (string, []any) {
			database, owner, two := strings.Cut(schema, ".")
			if !two {
				database, owner = "", schema
			} else {
				database = bracket(database) + "."
			}
			return "SELECT COLUMN_NAME, DATA_TYPE, COALESCE(CHARACTER_MAXIMUM_LENGTH, 0) FROM " + database +
				"INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = @p1 AND TABLE_NAME = @p2 ORDER BY ORDINAL_POSITION", []any{cmp.Or(owner, "dbo"), table}
		},
		Quote:       bracket,
		Placeholder: func(i int) string { return "@p" + strconv.Itoa(i) },
		Date:        func(d recon.Date) any { return d.Midnight(time.UTC) },
		Snapshot: func(schema string) (string, []any) {
			database, _, two := strings.Cut(schema, ".")
			if !two {
				return "SELECT COUNT(*) FROM sys.databases WHERE name = DB_NAME() AND snapshot_isolation_state = 1", nil
			}
			return "SELECT COUNT(*) FROM sys.databases WHERE name = @p1 AND snapshot_isolation_state = 1", []any{database}
		},
	}
}

// FoxPro is the dialect of the Visual FoxPro ODBC driver, which hands over
// numbers as floating-point ones unless they are asked for as text.
func FoxPro() Dialect {
	return Dialect{
		Quote:       func(name string) string { return name },
		Placeholder: func(int) string { return "?" },
		Date:        func(d recon.Date) any { return d.Midnight(time.UTC) },
		Exact:       func(column string) string { return "STR(" + column + ", 20, 4)" },
	}
}

func bracket(name string) string { return "[" + strings.ReplaceAll(name, "]", "]]") + "]" }

// Begin opens the door for one night: in one snapshot of the database where it
// allows that, else reading committed rows with short queries, never dirty ones. Close it.
func (d *Database) Begin(ctx context.Context, db *sql.DB) error {
	level := sql.LevelDefault
	if d.Dialect.Snapshot != nil {
		var allowed int
		query, args := d.Dialect.Snapshot(d.Company.Schema)
		if err := db.QueryRowContext(ctx, query, args...).Scan(&allowed); err != nil {
			return fmt.Errorf("ask the database for its isolation: %w", err)
		}
		level = sql.LevelReadCommitted
		if allowed == 1 {
			level = sql.LevelSnapshot
		}
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: level})
	if err != nil {
		return fmt.Errorf("begin to read the database: %w", err)
	}
	d.tx = tx
	return nil
}

// Close ends the transaction, in which nothing was written.
func (d *Database) Close() error { return d.tx.Rollback() }

// schema is that of a table.
func (d *Database) schema(table string) string {
	if isSystem(table) {
		return d.Company.SystemSchema
	}
	return d.Company.Schema
}

// table is the quoted name.
func (d *Database) table(base string) string {
	var parts []string
	for part := range strings.SplitSeq(d.schema(base), ".") {
		if part != "" {
			parts = append(parts, d.Dialect.Quote(part))
		}
	}
	return strings.Join(append(parts, d.Dialect.Quote(d.Company.name(base))), ".")
}

// Columns asks the catalogue.
func (d *Database) Columns(ctx context.Context, table string) (columns []Column, err error) {
	if d.Dialect.Columns == nil {
		return d.columnsOfNoRow(ctx, table)
	}
	query, args := d.Dialect.Columns(d.schema(table), d.Company.name(table))
	rows, err := d.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c Column
		if err := rows.Scan(&c.Name, &c.Type, &c.Width); err != nil {
			return nil, err
		}
		c.Inexact = d.isInexact(c.Type)
		columns = append(columns, c)
	}
	if len(columns) == 0 && rows.Err() == nil {
		return nil, fmt.Errorf("%w: %s, or the login may not see it", ErrNoTable, d.table(table))
	}
	return columns, rows.Err()
}

// columnsOfNoRow asks a source without a catalogue. No row is read.
func (d *Database) columnsOfNoRow(ctx context.Context, table string) (columns []Column, err error) {
	rows, err := d.tx.QueryContext(ctx, "SELECT * FROM "+d.table(table)+" WHERE 1 = 0")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoTable, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	types, err := rows.ColumnTypes()
	for _, t := range types {
		width, _ := t.Length()
		columns = append(columns, Column{Name: t.Name(), Type: t.DatabaseTypeName(), Width: int(min(width, 1<<20)), Inexact: d.isInexact(t.DatabaseTypeName())})
	}
	return columns, errors.Join(err, rows.Err())
}

func (d *Database) isInexact(kind string) bool {
	return d.Dialect.Exact == nil && (strings.EqualFold(kind, "float") || strings.EqualFold(kind, "real") || strings.EqualFold(kind, "double"))
}

// Rows asks for the columns of a query, and for the rows that it wants.
func (d *Database) Rows(ctx context.Context, q Query) (Rows, error) {
	s := &statement{d: d}
	s.text.WriteString("SELECT ")
	for i, c := range q.Columns {
		if i > 0 {
			s.text.WriteString(", ")
		}
		column := "t." + d.Dialect.Quote(c)
		if d.Dialect.Exact != nil && slices.Contains(q.Amounts, c) {
			column = d.Dialect.Exact(column)
		}
		s.text.WriteString(column)
	}
	s.text.WriteString(" FROM " + d.table(q.Table) + " t")
	switch {
	case q.Window != nil:
		s.text.WriteString(" WHERE ")
		s.window("t", q.Window)
	case q.Of != nil:
		s.text.WriteString(" WHERE ")
		s.parents(q.Of)
	}
	rows, err := d.tx.QueryContext(ctx, s.text.String(), s.args...)
	if err != nil {
		return nil, err
	}
	r := &databaseRows{rows: rows, values: make([]any, len(q.Columns)), into: make([]any, len(q.Columns))}
	for i := range r.values {
		r.into[i] = &r.values[i]
	}
	return r, nil
}

// statement is a query being written.
type statement struct {
	d    *Database
	text strings.Builder
	args []any
}

func (s *statement) arg(v any) string {
	s.args = append(s.args, v)
	return s.d.Dialect.Placeholder(len(s.args))
}

// window asks for rows of late. It may let more through, for the reader looks again.
func (s *statement) window(of string, w *Window) {
	var late, none []string
	for _, date := range w.Dates {
		late = append(late, of+"."+s.d.Dialect.Quote(date)+" >= "+s.arg(s.d.Dialect.Date(w.Since)))
	}
	for _, date := range w.Dates { // in a loop of its own: arguments count by their order in the text
		column := of + "." + s.d.Dialect.Quote(date)
		none = append(none, "("+column+" IS NULL OR "+column+" <= "+s.arg(s.d.Dialect.Date(noDate()))+")")
	}
	late = append(late, "("+strings.Join(none, " AND ")+")")
	if w.Open != nil {
		late = append(late, s.stored(of, w.Open))
	}
	s.text.WriteString("(" + strings.Join(late, " OR ") + ")")
}

func (s *statement) stored(of string, c *Stored) string {
	column := of + "." + s.d.Dialect.Quote(c.Column)
	list := func(values []string) string {
		var marks []string
		for _, v := range values {
			marks = append(marks, s.arg(v))
		}
		return "(" + strings.Join(marks, ", ") + ")"
	}
	switch {
	case c.NotZero:
		return column + " <> 0"
	case c.In != nil:
		return "LTRIM(RTRIM(" + column + ")) IN " + list(c.In)
	case c.NotIn != nil:
		return "LTRIM(RTRIM(" + column + ")) NOT IN " + list(c.NotIn)
	}
	return "1 = 1"
}

// parents asks for rows that belong to a row of another table.
func (s *statement) parents(of []Parent) {
	for i, p := range of {
		if i > 0 {
			s.text.WriteString(" OR ")
		}
		s.text.WriteString("EXISTS (SELECT 1 FROM " + s.d.table(p.Table) + " h WHERE h." + s.d.Dialect.Quote(p.Key) + " = t." + s.d.Dialect.Quote(p.Own))
		if p.Window != nil {
			s.text.WriteString(" AND ")
			s.window("h", p.Window)
		}
		s.text.WriteString(")")
	}
}

type databaseRows struct {
	rows   *sql.Rows
	values []any
	into   []any
	number int
	err    error
}

func (r *databaseRows) Next() bool {
	if r.err != nil || !r.rows.Next() {
		return false
	}
	r.number++
	r.err = r.rows.Scan(r.into...)
	return r.err == nil
}

// Text gives a value as a DBF would. A floating-point number is no exact amount and is refused.
func (r *databaseRows) Text(i int) ([]byte, error) {
	switch v := r.values[i].(type) {
	case nil:
		return nil, nil
	case []byte:
		return []byte(strings.TrimRight(string(v), " ")), nil
	case string:
		return []byte(strings.TrimRight(v, " ")), nil
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case bool:
		if v {
			return []byte("T"), nil
		}
		return []byte("F"), nil
	case time.Time:
		return dateText(v), nil
	case float64, float32:
		return nil, errors.New("is a floating-point number, which is no exact amount")
	default:
		return nil, fmt.Errorf("is of a type that is not known (%T)", v)
	}
}

// dateText is a day, with its time if it has one, in no zone. The first day of 1900 is none.
func dateText(t time.Time) []byte {
	switch {
	case recon.DateOf(t) <= noDate():
		return nil
	case t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0:
		return t.AppendFormat(nil, time.DateOnly)
	}
	return t.AppendFormat(nil, time.DateTime)
}

func (r *databaseRows) Number() int { return r.number }

func (r *databaseRows) Err() error { return cmp.Or(r.err, r.rows.Err()) }

func (r *databaseRows) Close() error { return r.rows.Close() }
