// Package storetest is what a store must do, told once for every database, and
// a PostgreSQL server of a test's own. Start at Run. Nothing but tests imports it.
package storetest
