package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"
)

// MigrateTo brings a database to an older schema.
func MigrateTo(ctx context.Context, where string, o Options, version int64) error {
	s, err := connect(ctx, where, o)
	if err != nil {
		return err
	}
	return errors.Join(s.migrateTo(ctx, version), s.Close())
}

// Migrating is a database as migrations see it.
func Migrating(p *pgxpool.Pool) *sql.DB { return sql.OpenDB(migrator{p}) }
