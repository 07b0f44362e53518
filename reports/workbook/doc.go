// Package workbook draws a [reports.Night] as the Excel workbook that finance
// works with (settlement-accounting section 4).
//
// Start at [Write]: it lists the sheets in their order, each in a file of its
// name. A new sheet is a file here and a line there. cell.go decides how a
// value becomes a cell (XLS-01 to XLS-04), sheet.go what every sheet has
// (panes, print setup, protection), archive.go makes the bytes the same on
// every run (XLS-15).
//
// Every sheet is streamed: excelize gives formula cells their cached values
// that way only, and loses without an error whatever is set after Flush, so
// [sheet.close] is the one place that flushes.
//
// What must never come in: a decision about money, a clock, a path. Text from
// outside goes through text or id and never into a formula.
package workbook
