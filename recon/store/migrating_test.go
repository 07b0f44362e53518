package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"tieout/recon/store"
	"tieout/recon/store/storetest"
)

func options() store.Options {
	return store.Options{Now: time.Now, Holder: "test/1"}
}

// older is a database with an older schema, and a pool on it.
func older(t *testing.T, version int64) (string, *pgxpool.Pool) {
	t.Helper()
	where := storetest.Start(t).Database(t)
	pool, err := pgxpool.New(t.Context(), where)
	if err == nil {
		t.Cleanup(pool.Close)
		err = store.MigrateTo(t.Context(), where, options(), version)
	}
	if err != nil {
		t.Fatal(err)
	}
	return where, pool
}

// opens opens the store meanwhile, and gives what came of it.
func opens(t *testing.T, where string) <-chan error {
	ended := make(chan error, 1)
	go func() {
		s, err := store.Open(t.Context(), where, options())
		if err == nil {
			err = s.Close()
		}
		ended <- err
	}()
	return ended
}

// waits until somebody waits for a lock.
func waits(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	for n := 0; n == 0; time.Sleep(5 * time.Millisecond) {
		if err := pool.QueryRow(t.Context(), "SELECT COUNT(*) FROM pg_locks WHERE NOT granted").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
}

// Somebody who reads in another order than a migration takes its locks does not fail it.
func TestMigratesBesideAReader(t *testing.T) {
	where, pool := older(t, 3)
	reader, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	read := func(statement string) {
		t.Helper()
		if _, err := reader.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	read("SET LOCAL deadlock_timeout = '1min'") // it is the migration that is to meet it
	read("SELECT * FROM runs")
	ended := opens(t, where)
	waits(t, pool)
	read("SELECT * FROM deliveries")
	if err := reader.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A process was killed while a migration was being committed in another session than
// the one that keeps others out: what it did counts, and is not done twice.
func TestMigratesAfterAKill(t *testing.T) {
	where, pool := older(t, 12)
	db := store.Migrating(pool)
	defer db.Close()
	late, err := db.BeginTx(t.Context(), nil)
	for _, statement := range []string{
		"CREATE TABLE reruns (company TEXT NOT NULL, date_from TEXT NOT NULL, date_to TEXT NOT NULL, as_of TEXT NOT NULL, depth BIGINT NOT NULL, PRIMARY KEY (company, date_from, date_to))",
		"INSERT INTO goose_db_version (version_id, is_applied) VALUES (13, true)",
	} {
		if err == nil {
			_, err = late.ExecContext(t.Context(), statement)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	ended := opens(t, where)
	waits(t, pool)
	if err := late.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
