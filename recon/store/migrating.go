package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// migrator is a PostgreSQL database that is migrated by one process at a time. The
// locks end with their transactions, so that they hold behind a pooler too.
type migrator struct{ pool *pgxpool.Pool }

// migrate runs up while nobody else does, and after all that a process has sent that
// was killed over it. The one lock is held all the while, in a session that the death
// of its process ends at once. Another session of that process may still be at a
// statement or a commit: every transaction of a migration holds the other lock, and
// what there is to do is asked only once that was free.
func (m migrator) migrate(ctx context.Context, db *sql.DB, up func(*sql.DB) error) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(7406312)"); err != nil {
		return err
	}
	alone := sql.OpenDB(m)
	defer func() { err = errors.Join(err, alone.Close()) }()
	last, err := alone.BeginTx(ctx, nil)
	if err == nil {
		err = last.Commit()
	}
	if err != nil {
		return err
	}
	return pastDeadlocks(func() error { return up(alone) })
}

// pastDeadlocks does again what met somebody who reads the tables in another order: a
// service of the last release that still runs, a person's query. Migrations are
// transactions, so nothing of the one that met it is there.
func pastDeadlocks(up func() error) (err error) {
	const tries = 10 // the server takes a second to find each
	for range tries {
		var said *pgconn.PgError
		if err = up(); !errors.As(err, &said) || said.Code != "40P01" {
			return err
		}
	}
	return err
}

// Connect opens a connection whose every transaction holds the lock of migrations.
func (m migrator) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := stdlib.GetPoolConnector(m.pool).Connect(ctx)
	if err != nil {
		return nil, err
	}
	pg, ok := c.(*stdlib.Conn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("migrations: the connection is a %T", c), c.Close())
	}
	return migrating{pg}, nil
}

// Driver is the driver beneath.
func (m migrator) Driver() driver.Driver { return stdlib.GetDefaultDriver() }

type pgConn = stdlib.Conn

type migrating struct{ *pgConn }

// BeginTx begins a transaction and waits for the lock.
func (c migrating) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.pgConn.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	if _, err := c.ExecContext(ctx, "SELECT pg_advisory_xact_lock(7406313)", nil); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}
