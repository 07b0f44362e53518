//go:build !torture || !unix

package store

import (
	"database/sql"

	"github.com/jackc/pgx/v5/pgxpool"
)

func watch(*pgxpool.Config) {}

func openWatched(driver, name string) (*sql.DB, error) { return sql.Open(driver, name) }
