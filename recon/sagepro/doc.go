// Package sagepro is the door to Sage Pro ERP: its documents come in here.
//
// There are two ways. [ReadExport] reads one CSV export of orders or invoices
// by a [Mapping], which says what each column means. [Company.Extract] goes to
// the tables of a company, wherever they are, and takes the mapped columns of
// the rows of late into one CSV file that is kept; [Company.ReadExtract] makes
// documents of it. The tables are behind [Tables]: a [Folder] of DBF files in
// which people work, a [Database] with the SQL Server edition or an ODBC source,
// or [Exports] of whole tables. Start at [DefaultCompany].
//
// A document's amount is its header's. Lines are read where a site keeps tax or
// freight in lines of their own, or wants headers held against them: see [Lines].
// A line or a receipt of late whose header is not there is not complete yet: it is
// listed, counts nothing, and is read again by the next run.
//
// Text that matching compares is kept as written, leading blanks and zeros
// included: recon makes it comparable.
//
// What must never come in: a write to a table of the ERP, a column that nobody
// named, and a guess about a value that the mapping does not list.
package sagepro
