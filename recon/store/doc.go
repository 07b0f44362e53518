// Package store keeps the state of tieout: runs, kept files, outcomes with their
// history, contributions, entries, exceptions and deliveries. It is one SQL set
// on SQLite (one file, one host) and PostgreSQL.
//
// Start at [Open] and [Store.Begin]: a [Run] holds the company's lock and is the
// store of one night. commit.go writes, load.go reads what every run must know and
// recall.go what one asks for, archive.go keeps files by their hashes, card numbers
// masked on the way (mask.go), and sieve.go finds rows that repeat each other in
// one of any size; cells.go has the grid of fetched reports, release.go hands
// entries to the general ledger, wake.go adds jobs to the queue in the same
// transaction, services.go tells which services live, and explain.go answers
// questions from what is stored. For the verifier, replay.go gives back what a run
// was made of, differ.go compares what two stores derived, and recount.go tells what
// is stored of a file's rows. The schema is in migrations and, where a migration must
// read what is stored, in findable.go. What a database can refuse, the schema refuses too.
//
// What must never come in: a rule of matching or booking, a rendered form, and
// a statement that only one of the two databases understands, but for those in
// dialect.go.
package store
