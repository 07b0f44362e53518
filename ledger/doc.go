// Package ledger turns outcomes into balanced journal entries by the rules of
// the general ledger, and proves them.
//
// An [Entry] that does not balance cannot be built (GL-12): [NewEntry] is the
// only door. Start at RollUp; the rules and their predicates are in rule.go,
// the proofs that need both sides (INV-4, 6 to 11) in proof.go.
//
// Everything here is a pure function of its arguments. What must never come
// in: a file, a clock, a store, a report format.
package ledger
