package store

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"tieout/recon"
)

// dumped is the first line of a dump.
type dumped struct {
	Schema  int64 `json:"schema"`
	TakenUS int64 `json:"taken_us"`
}

// dumpedTable is the line before the rows of a table.
type dumpedTable struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

// isState tells the tables that a dump holds from those that only say who is at work right now.
func isState(table string) bool {
	return !strings.HasPrefix(table, "river_") && !strings.HasPrefix(table, "sqlite_") &&
		!slices.Contains([]string{"goose_db_version", "locks", "services", "requests"}, table)
}

// Dump writes the whole state as of one moment as lines of JSON, the same from
// both kinds of database: the schema, then for each table its columns and its rows,
// a table behind those that it refers to. Runs may go on meanwhile. The queue is not
// part of it: what is owed is found again without it.
func (s *Store) Dump(ctx context.Context, w io.Writer) error {
	tx, err := s.db.BeginTx(ctx, &s.dialect.snapshot)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was changed
	out := bufio.NewWriter(w)
	to := json.NewEncoder(out)
	to.SetEscapeHTML(false)
	head := dumped{TakenUS: s.nowMicros()}
	if err := tx.QueryRowContext(ctx, "SELECT MAX(version_id) FROM goose_db_version").Scan(&head.Schema); err != nil {
		return err
	}
	if err := to.Encode(head); err != nil {
		return err
	}
	tables, err := s.dialect.tables(ctx, tx)
	if err != nil {
		return err
	}
	for _, table := range tables {
		if err := dumpTable(ctx, tx, table, to); err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
	}
	return out.Flush()
}

// tables are the tables of the state, each behind those that it refers to.
func (d *dialect) tables(ctx context.Context, tx querier) ([]string, error) {
	list, refers := "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", `SELECT m.name, f."table" FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`
	if !d.single {
		list = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name"
		refers = `SELECT c.relname, f.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
			WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace`
	}
	var names []string
	err := each(ctx, tx, list, nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		if isState(name) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	needs := map[string][]string{}
	err = each(ctx, tx, refers, nil, func(scan func(...any) error) error {
		var from, to string
		err := scan(&from, &to)
		if from != to {
			needs[from] = append(needs[from], to)
		}
		return err
	})
	return inOrder(names, needs), err
}

// inOrder puts each name behind those that it needs.
func inOrder(names []string, needs map[string][]string) (sorted []string) {
	var visit func(name string)
	visit = func(name string) {
		if slices.Contains(sorted, name) {
			return
		}
		for _, other := range needs[name] {
			if slices.Contains(names, other) {
				visit(other)
			}
		}
		sorted = append(sorted, name)
	}
	for _, name := range names {
		visit(name)
	}
	return sorted
}

func dumpTable(ctx context.Context, tx *sql.Tx, table string, to *json.Encoder) error {
	rows, err := tx.QueryContext(ctx, "SELECT * FROM "+table+" ORDER BY 1, 2")
	if err != nil {
		return err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	columns := make([]string, len(types))
	values, places := make([]any, len(types)), make([]any, len(types))
	for i, t := range types {
		columns[i], places[i] = t.Name(), &values[i]
	}
	if err := to.Encode(dumpedTable{table, columns}); err != nil {
		return err
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		for i, v := range values {
			values[i] = portable(v, types[i].DatabaseTypeName())
		}
		if err := to.Encode(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// portable is a value as both kinds of database have it.
func portable(v any, kind string) any {
	switch v := v.(type) {
	case []byte: // JSON
		return string(v)
	case int64:
		if strings.HasPrefix(kind, "BOOL") {
			return v != 0
		}
	}
	return v
}

// ErrNotEmpty is a store that has runs, over which nothing is restored.
var ErrNotEmpty = errors.New("the store has runs already; restore into one that is new, or move it away first")

// restoresSince is the schema from which on a restore is known to have been one.
func restoresSince() (version int64, err error) {
	names, err := fs.Glob(migrations, "migrations/*_restores.sql")
	if err != nil || len(names) != 1 {
		return 0, fmt.Errorf("migrations: %d make the table of restores: %w", len(names), err)
	}
	_, err = fmt.Sscanf(path.Base(names[0]), "%d", &version)
	return version, err
}

// Restore makes a store of a dump where there is none, or an empty one, and marks it
// as restored on a day, in one transaction; then it brings it to the newest schema.
func Restore(ctx context.Context, where string, o Options, on recon.Date, dump io.Reader) (err error) {
	in := json.NewDecoder(bufio.NewReader(dump))
	in.UseNumber()
	var head dumped
	since, err := restoresSince()
	if err != nil {
		return err
	}
	if err := in.Decode(&head); err != nil || head.Schema < since {
		return errors.Join(fmt.Errorf("this is no dump of a store that can be restored (schema %d)", head.Schema), err)
	}
	s, err := connect(ctx, where, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.migrateTo(ctx, head.Schema); err != nil {
		return err
	}
	if err := s.inTx(ctx, func(tx *sql.Tx) error { return s.fill(ctx, tx, head, on, in) }); err != nil {
		return err
	}
	return s.migrate(ctx)
}

func (s *Store) fill(ctx context.Context, tx *sql.Tx, head dumped, on recon.Date, in *json.Decoder) error {
	var runs int
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM runs").Scan(&runs); err != nil {
		return err
	}
	if runs > 0 {
		return ErrNotEmpty
	}
	var statement *sql.Stmt
	for table := (dumpedTable{}); ; {
		var line json.RawMessage
		err := in.Decode(&line)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", table.Table, err)
		}
		if line[0] == '{' {
			table = dumpedTable{}
			if err := json.Unmarshal(line, &table); err != nil {
				return err
			}
			if statement, err = insertInto(ctx, tx, table); err != nil {
				return err
			}
			continue
		}
		if err := insertRow(ctx, statement, line); err != nil {
			return fmt.Errorf("table %s: %w", table.Table, err)
		}
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO restores (restored_us, restored_on, backup_us) VALUES ($1, $2, $3)", s.nowMicros(), on.String(), head.TakenUS)
	return err
}

// insertInto prepares the insertion of rows, of known tables and columns only.
func insertInto(ctx context.Context, tx *sql.Tx, t dumpedTable) (*sql.Stmt, error) {
	var places []string
	for i, name := range append([]string{t.Table}, t.Columns...) {
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_0123456789") != "" {
			return nil, fmt.Errorf("%q is no name of a table or a column", name)
		}
		if i > 0 {
			places = append(places, fmt.Sprintf("$%d", i))
		}
	}
	return tx.PrepareContext(ctx, "INSERT INTO "+t.Table+" ("+strings.Join(t.Columns, ", ")+") VALUES ("+strings.Join(places, ", ")+")")
}

func insertRow(ctx context.Context, statement *sql.Stmt, line json.RawMessage) error {
	if statement == nil {
		return errors.New("a row of no table")
	}
	in := json.NewDecoder(strings.NewReader(string(line)))
	in.UseNumber()
	var values []any
	if err := in.Decode(&values); err != nil {
		return err
	}
	for i, v := range values {
		if n, ok := v.(json.Number); ok {
			whole, err := n.Int64()
			if err != nil {
				return err
			}
			values[i] = whole
		}
	}
	_, err := statement.ExecContext(ctx, values...)
	return err
}

// Restored is the day on which the store was last restored from a backup; 0 if never.
func (s *Store) Restored(ctx context.Context) (day recon.Date, err error) {
	var on string
	err = s.db.QueryRowContext(ctx, "SELECT COALESCE(MAX(restored_on), '') FROM restores").Scan(&on)
	if err != nil || on == "" {
		return 0, err
	}
	return recon.ParseDate(on)
}

// Looked tells whether a delivery was looked for on its target since the restore.
func (s *Store) Looked(ctx context.Context, d *Delivery) (bool, error) {
	var n int
	err := s.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM restore_checks WHERE company = $1 AND target = $2 AND run_no = $3", d.Company, d.Target, d.RunNo).Scan(&n)
	return n > 0, err
}

// FoundAfterRestore stores what a look at the target gave: a file that is there is
// delivered, one that is not may have been, and a person decides.
func (s *Store) FoundAfterRestore(ctx context.Context, d *Delivery, found bool) error {
	verdict, to := "NOT_FOUND", Unconfirmed
	if found {
		verdict, to = "FOUND", Delivered
	}
	if !follows(d.State, to) {
		return fmt.Errorf("delivery %s: %s does not follow %s", d.Name, to, d.State)
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO restore_checks (company, target, run_no, verdict) VALUES ($1, $2, $3, $4)", d.Company, d.Target, d.RunNo, verdict)
		if err != nil {
			return err
		}
		return step(ctx, tx, d, d.State, to)
	})
}
