// Package unposted writes an unposted batch of the general ledger of Sage Pro,
// which a person reviews and posts there: a row of GLBTCH for each fiscal
// period, a row of GLHUNP for each entry, a row of GLDUNP for each line. They
// are new files in a drop folder, as CSV or as DBF tables, for an import that
// runs inside the ERP; nothing of the ERP's own is ever written to.
//
// Start at [Layout.Format]. The columns are those of the ERP's tables, each
// behind them what ties the rows together, for batch and transaction numbers are
// blank until the importer takes them from the ERP: TOBATCH, TOENTRY, TOLINE and
// the counts TOENTRIES and TOLINES. [Layout.Read] is what an importer has to check.
//
// What must never come in: a line that no entry has, least of all one to
// suspense that makes a batch balance; an account that the structure refuses; a
// period that is reckoned from the month; a number that the ERP gives.
package unposted
