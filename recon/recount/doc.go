// Package recount is a second reader of report files, for the verifier: it reads the
// kept bytes once more with encoding/csv and big integers, and holds the rows that it
// finds against what is stored of them (R4).
//
// Start at [Read], which gives the rows of a file, and at [File.Hold], which tells what is
// stored otherwise. It reads the neutral transactions and, as CSV, the Payment
// Batch Detail and Payment Submission Detail Reports; every other layout is [ErrUnknown], and its caller says so.
//
// What must never come in: the readers, the money or any other package of the program
// that it proves. A fault that both had would be found by neither.
package recount
