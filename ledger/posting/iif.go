package posting

import (
	"fmt"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// iifHead are the three lines that declare the records of an IIF file.
func iifHead() []string {
	return []string{
		"!TRNS\tTRNSID\tTRNSTYPE\tDATE\tACCNT\tNAME\tAMOUNT\tMEMO",
		"!SPL\tSPLID\tTRNSTYPE\tDATE\tACCNT\tNAME\tAMOUNT\tMEMO",
		"!ENDTRNS",
	}
}

// iifType is the type of every record.
const iifType = "GENERAL JOURNAL"

// IIF is the interchange file of QuickBooks for Windows: fields separated by
// tabs, the first line of an entry as TRNS, the others as SPL, ENDTRNS behind
// them. QuickBooks imports it without a confirmation.
func IIF() Format {
	return book{
		name: "quickbooks-iif", extension: "iif", widths: Widths{Number: 30, Account: 159, LineText: 300},
		head: iifHead(), lines: iifRecords, parse: parseIIF,
	}.format()
}

func iifRecords(_ int, v Voucher) ([]string, error) {
	if len(v.Lines) < 2 {
		return nil, fmt.Errorf("%d lines where the importer needs two", len(v.Lines))
	}
	all := make([]string, 0, len(v.Lines)+1)
	for i, l := range v.Lines {
		if strings.Contains(l.Text+l.Account+v.Number, `"`) {
			return nil, fmt.Errorf(`line %d: %q has a quotation mark, which the file cannot hold`, i+1, l.Text)
		}
		record := "SPL"
		if i == 0 {
			record = "TRNS"
		}
		all = append(all, strings.Join([]string{record, v.Number, iifType, usDate(v.Date, "/", 4), l.Account, "", l.Amount.String(), l.Text}, "\t"))
	}
	return append(all, "ENDTRNS"), nil
}

func parseIIF(lines []string, base money.Currency) ([]Voucher, error) {
	var all []Voucher
	open := false
	for i, text := range lines {
		f := strings.Split(text, "\t")
		switch {
		case text == "ENDTRNS" && open:
			open = false
			continue
		case len(f) != 8 || f[2] != iifType || f[5] != "":
			return nil, &Fault{i + 1, "record", fmt.Sprintf("%q is no record of a general journal", text)}
		case f[0] == "TRNS" && !open:
			all, open = append(all, Voucher{Number: f[1]}), true
		case f[0] != "SPL" || !open:
			return nil, &Fault{i + 1, "record", fmt.Sprintf("%q is out of place", f[0])}
		}
		date, err := parseUSDate(i+1, f[3], "/")
		if err != nil {
			return nil, err
		}
		if err := addIIF(&all[len(all)-1], i+1, f, date, base); err != nil {
			return nil, err
		}
	}
	if open {
		return nil, &Fault{len(lines), "record", "the file ends without ENDTRNS"}
	}
	return all, nil
}

func addIIF(v *Voucher, line int, f []string, date recon.Date, base money.Currency) error {
	if f[1] != v.Number || v.Date != 0 && v.Date != date {
		return &Fault{line, "TRNSID", fmt.Sprintf("%q of %s within entry %q", f[1], f[3], v.Number)}
	}
	amount, err := parseAmount(line, "AMOUNT", f[6], base)
	v.Date, v.Lines = date, append(v.Lines, VoucherLine{f[4], amount, f[7]})
	return err
}
