package main

import (
	"io"
	"runtime/debug"

	"tieout/ledger/drop/durable"
	"tieout/recon/carddata"
	"tieout/reports"
	"tieout/reports/workbook"
)

// The workbooks of a one-shot run; the second holds the detail that is too long for the first (XLS-14).
const (
	workbookName = "exceptions.xlsx"
	dataName     = "exceptions-data.xlsx"
)

// createWorkbooks adds the workbook of the night, and the second one where the
// detail needs it. A workbook of an earlier run that this one does not write goes.
func (o *oneShot) createWorkbooks(set *durable.Set, night *reports.Night) error {
	options := workbook.Options{ExceptionsOnly: o.detail == "exceptions", Mask: maskCards}
	if o.noWorkbook {
		return retire(set, workbookName, dataName)
	}
	if !workbook.NeedsData(night, options) {
		if err := retire(set, dataName); err != nil {
			return err
		}
		return set.Create(workbookName, func(w io.Writer) error { return workbook.Write(w, night, options) })
	}
	options.DataName = dataName
	err := set.Create(workbookName, func(w io.Writer) error { return workbook.Write(w, night, options) })
	if err != nil {
		return err
	}
	return set.Create(dataName, func(w io.Writer) error { return workbook.WriteData(w, night, options) })
}

func retire(set *durable.Set, names ...string) error {
	for _, name := range names {
		if err := set.Retire(name); err != nil {
			return err
		}
	}
	return nil
}

// maskCards is the last net under the readers, which condemn what holds a card
// number (XLS-16). Exception ids are hashes, whose digits may look like one.
func maskCards(column, text string) string {
	if column == "exception_id" {
		return text
	}
	return carddata.Mask(text)
}

// software is the name of the program with the version it was built from (GL-25).
func software() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "tieout"
	}
	return "tieout " + info.Main.Version
}
