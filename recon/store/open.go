package store

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"time"

	"github.com/pressly/goose/v3"

	"tieout/recon/night"
	"tieout/recon/store/queue"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options are what a store is told by the program.
type Options struct {
	Now        func() time.Time         // the clock; never nil
	Holder     string                   // who holds locks: host and process
	Alive      func(holder string) bool // whether a holder may still be at work; nil believes the lease
	Lease      time.Duration            // how long a lock holds without a sign of life; 0: a minute
	Software   string
	ConfigHash string
	RulesHash  string
	Operator   string
	Targets    []string // who gets posting files; none: nobody
	Wake       Wake     // what a commit wakes up; nil: nobody serves the company
	Whole      bool     // runs are told all rows of the past, whatever they ask for: to prove that asking is enough
}

// Wake tells what a commit wakes up beside its own results and deliveries, and what
// people are told of it. Both are stored with the commit.
type Wake func(c *night.Commit) ([]queue.Job, []Notice)

// Store is an open database at the head of its migrations.
type Store struct {
	db      *sql.DB
	dialect dialect
	o       Options
	shared  bool // somebody else closes the database
}

// With is the same database under other options. Closing it leaves the database open.
func (s *Store) With(o Options) *Store {
	o.Lease = cmp.Or(o.Lease, s.o.Lease)
	return &Store{db: s.db, dialect: s.dialect, o: o, shared: true}
}

// Open opens a SQLite file, which is made if it is absent, or a PostgreSQL
// database by its address postgres://..., and brings it to the latest schema.
func Open(ctx context.Context, where string, o Options) (*Store, error) {
	s, err := connect(ctx, where, o)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// connect opens a database as it is.
func connect(ctx context.Context, where string, o Options) (*Store, error) {
	s := &Store{o: o}
	if s.o.Lease == 0 {
		s.o.Lease = time.Minute
	}
	var err error
	if isPostgres(where) {
		s.db, s.dialect, err = openPostgres(ctx, where)
	} else {
		s.db, s.dialect, err = openSQLite(where)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close closes the database.
func (s *Store) Close() error {
	if s.db == nil || s.shared {
		return nil
	}
	err := s.db.Close()
	s.dialect.close()
	return err
}

// migrate runs what is missing of the numbered migrations, one process at a
// time; a schema that is newer than this program is refused.
func (s *Store) migrate(ctx context.Context) error { return s.migrateTo(ctx, latest) }

const latest = math.MaxInt64

// migrateTo runs what is missing up to a version.
func (s *Store) migrateTo(ctx context.Context, version int64) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return s.dialect.migrate(ctx, s.db, func(db *sql.DB) error {
		p, err := goose.NewProvider(s.dialect.name, db, files, goose.WithGoMigrations(findItems(s.dialect.rows)))
		if err == nil {
			_, err = p.UpTo(ctx, version)
		}
		if err != nil {
			return fmt.Errorf("migrations: %w", err)
		}
		if err := s.migrateQueue(ctx, db); err != nil {
			return err
		}
		has, knows, err := p.GetVersions(ctx)
		if version != latest {
			has = max(has, version)
		}
		if err == nil && has > knows {
			err = fmt.Errorf("the store has schema %d and this program knows %d: use a newer program", has, knows)
		}
		return err
	})
}

// migrateQueue brings the queue's tables up, a transaction for each step.
func (s *Store) migrateQueue(ctx context.Context, db *sql.DB) (err error) {
	for more := true; more && err == nil; {
		err = inQueueTx(ctx, db, func(tx queue.Tx) (err error) {
			more, err = s.dialect.queue.Migrate(ctx, tx)
			return err
		})
	}
	return err
}

func (s *Store) nowMicros() int64 { return s.o.Now().UnixMicro() }

// inTx runs do in one transaction.
func (s *Store) inTx(ctx context.Context, do func(tx *sql.Tx) error) error {
	return s.inQueueTx(ctx, func(tx queue.Tx) error { return do(tx.SQL) })
}

// inQueueTx runs do in one transaction that jobs can be added in.
func (s *Store) inQueueTx(ctx context.Context, do func(tx queue.Tx) error) error {
	return inQueueTx(ctx, s.db, do)
}

func inQueueTx(ctx context.Context, db *sql.DB, do func(tx queue.Tx) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // gives it back; what it did is in err
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(queue.Tx{SQL: tx, Conn: conn}); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// each calls row for every row of a query.
func each(ctx context.Context, db querier, query string, args []any, row func(scan func(...any) error) error) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}
