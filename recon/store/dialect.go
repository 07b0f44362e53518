package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver

	"tieout/recon/store/queue"
)

// dialect is what the two databases do not agree on.
type dialect struct {
	name    goose.Dialect
	rows    int                                                                 // in one INSERT: round trips cost PostgreSQL, parameters SQLite
	migrate func(ctx context.Context, db *sql.DB, up func(*sql.DB) error) error // up, while nobody else does
	close   func()
	queue   *queue.Queue
	single  bool // one host, and one service on it

	snapshot sql.TxOptions // of a transaction that reads one moment
	bytewise string        // behind a text that is to be ordered by its bytes
}

func isPostgres(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

func openPostgres(ctx context.Context, where string) (*sql.DB, dialect, error) {
	config, err := pgxpool.ParseConfig(where)
	if err != nil {
		return nil, dialect{}, fmt.Errorf("store: %w", err)
	}
	watch(config)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, dialect{}, fmt.Errorf("store: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	d := dialect{name: goose.DialectPostgres, rows: 250, bytewise: ` COLLATE "C"`, close: pool.Close, snapshot: sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}, migrate: migrator{pool}.migrate}
	if d.queue, err = queue.OnPostgres(pool); err != nil {
		return db, d, err
	}
	return db, d, safeSettings(ctx, db)
}

// safeSettings refuses a server that may forget what it has committed (R1).
func safeSettings(ctx context.Context, db *sql.DB) error {
	for _, name := range []string{"fsync", "synchronous_commit"} {
		var value string
		if err := db.QueryRowContext(ctx, "SELECT current_setting('"+name+"')").Scan(&value); err != nil {
			return fmt.Errorf("store: %w", err)
		}
		if value == "off" {
			return fmt.Errorf("store: the server has %s=off and may lose what was committed; set it to on", name)
		}
	}
	return nil
}

// openSQLite opens a file with one connection: SQLite has one writer, and every
// commit is synced (R1).
func openSQLite(path string) (*sql.DB, dialect, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, dialect{}, err
	}
	name := (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
	db, err := openWatched("sqlite", name+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)")
	if err != nil {
		return nil, dialect{}, fmt.Errorf("store %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	d := dialect{name: goose.DialectSQLite3, rows: 8, single: true, close: func() {}, snapshot: sql.TxOptions{ReadOnly: true}, migrate: func(_ context.Context, db *sql.DB, up func(*sql.DB) error) error {
		return exclusively(path+".lock", func() error { return up(db) })
	}}
	d.queue, err = queue.OnSQLite(db)
	return db, d, err
}
