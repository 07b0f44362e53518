//go:build odbc && windows

package sagepro

import (
	"database/sql"

	_ "github.com/alexbrainman/odbc" // its driver has no other way in
)

// OpenODBC names an ODBC source, such as one of the Visual FoxPro driver, which
// only a 32-bit program can load. It connects when it is first asked.
func OpenODBC(source string) (*sql.DB, error) { return sql.Open("odbc", source) }
