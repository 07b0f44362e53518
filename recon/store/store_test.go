package store_test

import (
	"path/filepath"
	"testing"

	"tieout/recon/store/storetest"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) string { return filepath.Join(t.TempDir(), "tieout.db") })
}

func TestPostgreSQL(t *testing.T) {
	server := storetest.Start(t)
	storetest.Run(t, func(t *testing.T) string { return server.Database(t) })
}
