// Package posting turns journal entries into the bytes that an ERP imports and
// into journal.csv, and reads its own files back.
//
// Start at [Formats]: a posting format is one file here, its golden bytes and
// one line in that list. [WriteDefault] and [ReadDefault] are the delimited
// default profile (PF-01 to PF-05), [Sum] gives the totals that the trailer,
// result.json and the TieOut sheet share, [WriteJournal] writes journal.csv.
//
// Everything here is a pure function from values to an io.Writer or from an
// io.Reader to values: the same entries give the same bytes on any machine.
// What must never come in: a file name on a disk, a clock, a network, a
// decision about which entries are released, and an amount that is not whole
// minor units. How bytes get to their target is ledger/drop's business.
package posting
