//go:build !odbc || !windows

package main

import (
	"database/sql"
	"errors"
)

// openODBC: the driver is no part of this program.
func openODBC(string) (*sql.DB, error) {
	return nil, errors.New("this program was built without ODBC, which is there on Windows with the build tag odbc")
}
