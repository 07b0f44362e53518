// Package recon decides, row by row, whether what the card processor settled
// agrees with what the ERP sold.
//
// Inputs are tables of [Transaction] (processor rows), [Document] (invoices,
// orders, credit memos), [Posted] (what earlier runs posted), [Deposit] and
// [BankLine]. The answer is a [Result]: one outcome a row, with its pass, its
// reason and its evidence. Start at [Reconcile]: it names the stages in their
// order, each in a file of its own.
//
// Everything here is a pure function of its arguments: the same inputs in any
// order, on any number of workers, give the same answer (INV-12). What must
// never come in: a file, a clock, randomness, a report format, an account
// number. What the books alone can know arrives as [Books].
package recon
