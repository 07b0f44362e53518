package queue

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// connTx is the transaction that a connection is in already. Whoever began it ends it.
type connTx struct{ conn *pgx.Conn }

var _ pgx.Tx = connTx{}

func (t connTx) Begin(ctx context.Context) (pgx.Tx, error) { return t.savepoint(ctx) }

// savepoint is a part of the transaction that can be taken back alone.
func (t connTx) savepoint(ctx context.Context) (pgx.Tx, error) {
	if _, err := t.conn.Exec(ctx, "SAVEPOINT queue_part"); err != nil {
		return nil, err
	}
	return part{t}, nil
}

// Commit leaves the transaction to whoever began it.
func (connTx) Commit(context.Context) error { return nil }

// Rollback leaves the transaction to whoever began it.
func (connTx) Rollback(context.Context) error { return nil }

// CopyFrom is that of the connection.
func (t connTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return t.conn.CopyFrom(ctx, table, columns, rows)
}

// SendBatch is that of the connection.
func (t connTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return t.conn.SendBatch(ctx, b)
}

// LargeObjects are none.
func (connTx) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

// Prepare is that of the connection.
func (t connTx) Prepare(ctx context.Context, name, query string) (*pgconn.StatementDescription, error) {
	return t.conn.Prepare(ctx, name, query)
}

// Exec is that of the connection.
func (t connTx) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	return t.conn.Exec(ctx, query, args...)
}

// Query is that of the connection.
func (t connTx) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	return t.conn.Query(ctx, query, args...)
}

// QueryRow is that of the connection.
func (t connTx) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	return t.conn.QueryRow(ctx, query, args...)
}

// Conn is the connection.
func (t connTx) Conn() *pgx.Conn { return t.conn }

// part is a savepoint.
type part struct{ connTx }

// Commit keeps the part.
func (p part) Commit(ctx context.Context) error {
	_, err := p.conn.Exec(ctx, "RELEASE SAVEPOINT queue_part")
	return err
}

// Rollback takes the part back.
func (p part) Rollback(ctx context.Context) error {
	_, err := p.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT queue_part; RELEASE SAVEPOINT queue_part")
	return err
}
