// Package reports is what people read after a night, as plain values.
//
// Start at [Night]: one struct with everything that the exception workbook of
// settlement-accounting section 4 shows. Whoever computed or stored a run fills
// it; reports/workbook draws it. Money stays [money.Amount] until a cell is
// written, dates stay calendar dates, reasons stay codes.
//
// What must never come in: a spreadsheet library, a file, a clock, a store,
// and any decision. A figure that is not in a Night is not known here.
package reports
