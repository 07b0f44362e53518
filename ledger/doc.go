// Package ledger turns outcomes into balanced journal entries by the rules of
// the general ledger, and proves them.
//
// An [Entry] that does not balance cannot be built (GL-12): [NewEntry] is the
// only door. Start at [RollUp]; [Prove] draws up the proofs that need both sides
// (INV-4, 6 to 10) and [Proof.Check] says whether they hold.
//
// Everything here is a pure function of its arguments. What must never come
// in: a file, a clock, a store, a report format.
package ledger
