// Package dbf reads the table files of FoxPro and dBASE, and writes new ones.
//
// It knows the versions 0x03, 0x83, 0x8B, 0xF5, 0x30, 0x31 and 0x32 with their
// memo files and refuses every other. Start at [Open] and [Table.Rows]; a value
// comes out as text in one canonical form, whatever its type: numbers exact,
// dates yyyy-mm-dd, characters as UTF-8. [NewWriter] takes the same texts.
//
// What is tolerated is said where it is: a version byte, memo flag or end mark
// that is wrong or missing, bytes behind the last row. What does not add up is
// an error, of the table in Open or of one value in [Rows.Text].
//
// What must never come in: a file name, a clock, a float near an amount, and a
// way to change a table that is there already.
package dbf
