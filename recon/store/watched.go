//go:build torture && unix

package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tieout/ledger/drop/durable/failpoint"
)

// about is the failpoint of a statement: its verb and what it changes, such as
// "insert items". What only reads has none.
func about(query string) string {
	words := strings.Fields(strings.ToLower(query))
	for len(words) > 0 && (words[0] == "unique" || strings.HasPrefix(words[0], "--")) {
		words = words[1:]
	}
	if len(words) < 2 {
		return ""
	}
	skip := map[string]bool{"into": true, "from": true, "table": true, "index": true, "unique": true, "if": true, "not": true, "exists": true, "or": true, "replace": true}
	switch words[0] {
	case "insert", "update", "delete", "create", "alter", "drop":
		for _, w := range words[1:] {
			if !skip[w] {
				name, _, _ := strings.Cut(w, "(")
				return words[0] + " " + strings.Trim(name, `";`)
			}
		}
	}
	return ""
}

func reach(query string) {
	if point := about(query); point != "" {
		failpoint.At(point)
	}
}

// watch makes every statement of a pool a failpoint, and every commit two.
func watch(c *pgxpool.Config) { c.ConnConfig.Tracer = tracer{} }

type tracer struct{}

type commitKey struct{}

// TraceQueryStart is before a statement.
func (tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	if strings.EqualFold(d.SQL, "commit") {
		failpoint.At("commit")
		return context.WithValue(ctx, commitKey{}, true)
	}
	reach(d.SQL)
	return ctx
}

// TraceQueryEnd is after a statement.
func (tracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) {
	if ctx.Value(commitKey{}) != nil {
		failpoint.At("committed")
	}
}

// openWatched opens a database whose statements and commits are failpoints too.
func openWatched(name, source string) (*sql.DB, error) {
	db, err := sql.Open(name, source)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return sql.OpenDB(connector{db.Driver(), source}), nil
}

type connector struct {
	driver driver.Driver
	source string
}

// Connect opens a connection.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.source)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(fullConn)
	if !ok {
		return nil, errors.Join(errors.New("the driver lacks what is watched"), conn.Close())
	}
	return &watchedConn{fullConn: whole}, nil
}

// Driver is the driver beneath.
func (c connector) Driver() driver.Driver { return c.driver }

// fullConn is what the driver's connection can do.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type watchedConn struct {
	fullConn
	inside bool // of a transaction
}

// ExecContext is a failpoint before, and after where it commits by itself.
func (c *watchedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	reach(query)
	r, err := c.fullConn.ExecContext(ctx, query, args)
	if !c.inside && about(query) != "" {
		failpoint.At("committed")
	}
	return r, err
}

// QueryContext is a failpoint where the query changes something.
func (c *watchedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	reach(query)
	return c.fullConn.QueryContext(ctx, query, args)
}

// PrepareContext prepares a statement that is a failpoint each time.
func (c *watchedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.fullConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	whole, ok := s.(fullStmt)
	if !ok {
		return nil, errors.Join(errors.New("the driver lacks what is watched"), s.Close())
	}
	return watchedStmt{whole, query}, nil
}

type fullStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type watchedStmt struct {
	fullStmt
	query string
}

// ExecContext is a failpoint before.
func (s watchedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	reach(s.query)
	return s.fullStmt.ExecContext(ctx, args)
}

// BeginTx begins a transaction whose commit is two failpoints.
func (c *watchedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.fullConn.BeginTx(ctx, o)
	c.inside = err == nil
	return watchedTx{tx, c}, err
}

type watchedTx struct {
	driver.Tx
	conn *watchedConn
}

// Commit is a failpoint before and after.
func (t watchedTx) Commit() error {
	failpoint.At("commit")
	t.conn.inside = false
	err := t.Tx.Commit()
	failpoint.At("committed")
	return err
}

// Rollback is none: nothing happens by it that a crash would not do.
func (t watchedTx) Rollback() error {
	t.conn.inside = false
	return t.Tx.Rollback()
}
