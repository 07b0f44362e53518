//go:build odbc && windows

package main

import (
	"database/sql"

	"tieout/recon/sagepro"
)

func openODBC(source string) (*sql.DB, error) { return sagepro.OpenODBC(source) }
