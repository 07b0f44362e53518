package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Difference is one value, or one whole row, that two stores do not have alike.
type Difference struct {
	Table       string
	Key         map[string]string // the row's, by column
	Column      string            // "": one of the stores does not have the row
	Here, There string            // the value in each; of a row that one lacks, "" there and what it is in the other
}

// derived is a table whose rows follow from files, configuration and acts.
type derived struct {
	table   string
	from    string // the tables, with the conditions; t is this one
	key     []string
	numbers []string // of the key, those that are no text
	columns []string
}

// ofRun are the rows that a run wrote and that never change. $1 is the company, $2 the run.
func ofRun() []derived {
	return []derived{
		{"runs", "runs t WHERE t.company = $1 AND t.run_no = $2", []string{"run_no"}, []string{"run_no"}, []string{"run_id", "date_from", "date_to", "as_of", "attempt", "outcome"}},
		{"run_files", "run_files t JOIN runs r ON r.run_no = t.run_no WHERE r.company = $1 AND t.run_no = $2", []string{"seq"}, []string{"seq"}, []string{"role", "sha256", "name", "report"}},
		{"item_versions", "item_versions t JOIN runs r ON r.run_no = t.run_no WHERE r.company = $1 AND t.run_no = $2", []string{"side", "item_key"}, nil, append(itemColumns(), "body")},
		{"item_docs", "item_docs t JOIN runs r ON r.run_no = t.run_no WHERE r.company = $1 AND t.run_no = $2", []string{"side", "item_key", "doc_id"}, nil, []string{"amount", "goods", "tax", "shipping", "surcharge"}},
		{
			"entries", "entries t WHERE t.company = $1 AND t.run_no = $2",
			[]string{"entry_no", "revision"},
			[]string{"revision"},
			[]string{"natural_key", "correction", "posting_date", "merchant", "currency", "class", "change", "base", "rate", "memo", "corrects"},
		},
		{
			"entry_lines", "entry_lines t JOIN entries e ON e.company = t.company AND e.entry_no = t.entry_no AND e.revision = t.revision WHERE e.company = $1 AND e.run_no = $2",
			[]string{"entry_no", "revision", "line_no"},
			[]string{"revision", "line_no"},
			[]string{"account", "side", "label", "amount", "base", "rule_id", "rule_table", "role", "memo", "sources"},
		},
		{"exception_history", "exception_history t WHERE t.company = $1 AND t.run_no = $2", []string{"id"}, nil, []string{"reason", "status", "cause", "currency", "amount"}},
	}
}

// ofCompany are the rows that say what counts now. $1 is the company.
func ofCompany() []derived {
	return []derived{
		{"items", "items t WHERE t.company = $1", []string{"side", "item_key"}, nil, append(itemColumns(), "run_no")},
		{
			"contributions", "contributions t WHERE t.company = $1",
			[]string{"scope", "natural_key", "account", "side", "label", "rule_id"},
			nil,
			[]string{"amount", "base", "based", "sources", "run_no"},
		},
		{"exceptions", "exceptions t WHERE t.company = $1", []string{"id"}, nil, []string{"side", "item_key", "reason", "status", "first_seen", "body"}},
		{
			"files", "files t WHERE t.company = $1",
			[]string{"role", "sha256"},
			nil,
			[]string{"name", "size", "first_run", "first_day", "last_day", "report", "said_merchant", "said_report", "said_version", "said_window"},
		},
	}
}

func itemColumns() []string {
	return []string{"merchant", "currency", "settled", "effect", "held", "hash", "txn_id", "parent", "charge", "sale", "used_on", "file"}
}

// DiffersInRun tells how what a run wrote differs from what it wrote in another store.
func (s *Store) DiffersInRun(ctx context.Context, other *Store, p *Past, tell func(Difference) error) error {
	for _, d := range ofRun() {
		if err := s.differs(ctx, s.db, other, d, []any{p.Company, p.No}, tell); err != nil {
			return fmt.Errorf("table %s: %w", d.table, err)
		}
	}
	return nil
}

// ErrMoreRuns is a store in which other runs are committed than in the one that it is held against.
var ErrMoreRuns = errors.New("other runs were committed meanwhile")

// DiffersNow tells how what counts now differs from another store, as of one moment at
// which the same runs are committed in both.
func (s *Store) DiffersNow(ctx context.Context, other *Store, company string, tell func(Difference) error) error {
	tx, err := s.db.BeginTx(ctx, &s.dialect.snapshot)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was changed
	here, err := committedRuns(ctx, tx, company)
	if err != nil {
		return err
	}
	if there, err := other.CommittedRuns(ctx, company); err != nil || here != there {
		return cmp.Or(err, ErrMoreRuns)
	}
	for _, d := range ofCompany() {
		if err := s.differs(ctx, tx, other, d, []any{company}, tell); err != nil {
			return fmt.Errorf("table %s: %w", d.table, err)
		}
	}
	return nil
}

// differs walks both stores in the order of the keys.
func (s *Store) differs(ctx context.Context, db querier, other *Store, d derived, args []any, tell func(Difference) error) (err error) {
	here, err := s.walk(ctx, db, d, args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, here.close()) }()
	there, err := other.walk(ctx, other.db, d, args)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, there.close()) }()
	for err == nil && (here.row != nil || there.row != nil) {
		switch order := d.compare(here.row, there.row); {
		case order < 0:
			err = errors.Join(tell(d.whole(here.row, true)), here.next())
		case order > 0:
			err = errors.Join(tell(d.whole(there.row, false)), there.next())
		default:
			err = errors.Join(d.columnwise(here.row, there.row, tell), here.next(), there.next())
		}
	}
	return err
}

// compare orders rows by their keys; one that is not there comes last.
func (d *derived) compare(a, b []string) int {
	if a == nil || b == nil {
		return len(b) - len(a)
	}
	for i, name := range d.key {
		order := strings.Compare(a[i], b[i])
		if slices.Contains(d.numbers, name) {
			x, _ := strconv.Atoi(a[i])
			y, _ := strconv.Atoi(b[i])
			order = x - y
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

func (d *derived) keyOf(row []string) map[string]string {
	key := map[string]string{}
	for i, name := range d.key {
		key[name] = row[i]
	}
	return key
}

func (d *derived) whole(row []string, here bool) Difference {
	diff := Difference{Table: d.table, Key: d.keyOf(row)}
	text := strings.Join(row[len(d.key):], " ")
	if here {
		diff.Here = text
	} else {
		diff.There = text
	}
	return diff
}

func (d *derived) columnwise(a, b []string, tell func(Difference) error) error {
	for i, name := range d.columns {
		if at := len(d.key) + i; a[at] != b[at] {
			if err := tell(Difference{d.table, d.keyOf(a), name, a[at], b[at]}); err != nil {
				return err
			}
		}
	}
	return nil
}

// walked is a table that is walked row by row: key, then columns; nil behind the last.
type walked struct {
	rows *sql.Rows
	row  []string
	size int
}

func (s *Store) walk(ctx context.Context, db querier, d derived, args []any) (*walked, error) {
	var names, order []string
	for _, name := range slices.Concat(d.key, d.columns) {
		if name == "based" { // the databases do not agree on what they say of a truth value
			names = append(names, "CASE WHEN t.based THEN 'true' ELSE 'false' END")
			continue
		}
		names = append(names, "t."+name)
	}
	for _, name := range d.key {
		by := "t." + name
		if !slices.Contains(d.numbers, name) {
			by += s.dialect.bytewise
		}
		order = append(order, by)
	}
	rows, err := db.QueryContext(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+d.from+" ORDER BY "+strings.Join(order, ", "), args...)
	if err != nil {
		return nil, err
	}
	w := &walked{rows: rows, size: len(names)}
	return w, w.next()
}

func (w *walked) next() error {
	if !w.rows.Next() {
		w.row = nil
		return w.rows.Err()
	}
	w.row = make([]string, w.size)
	places := make([]any, w.size)
	for i := range w.row {
		places[i] = &w.row[i]
	}
	return w.rows.Scan(places...)
}

func (w *walked) close() error { return w.rows.Close() }
