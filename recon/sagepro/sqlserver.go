package sagepro

import (
	"database/sql"
	"fmt"

	mssql "github.com/microsoft/go-mssqldb"
)

// OpenSQLServer names the server of the SQL Server edition; it connects when it
// is first asked. The address is a URL such as sqlserver://login@host/PRO01 and
// needs a login that may SELECT the mapped columns, and nothing else.
func OpenSQLServer(address string) (*sql.DB, error) {
	connector, err := mssql.NewConnector(address)
	if err != nil {
		return nil, fmt.Errorf("the address of the SQL Server cannot be used: %w", err)
	}
	return sql.OpenDB(connector), nil
}
