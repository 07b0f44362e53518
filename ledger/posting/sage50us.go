package posting

import (
	"fmt"
	"strconv"

	"tieout/ledger/money"
	"tieout/recon"
)

// sage50Columns are the columns of the general journal of Sage 50 (US edition)
// in the order of its import list.
func sage50Columns() []string {
	return []string{"Date", "Reference", "Date Clear in Bank Rec", "Number of Distributions", "G/L Account", "Description", "Amount", "Job ID"}
}

// Sage50US is the general journal of the US edition of Sage 50: one row for each
// line (distribution), an entry being the rows that share Reference, and the
// number of its rows repeated on each. An entry has at most 560.
func Sage50US() Format {
	return book{
		name: "sage50-us", extension: "csv", widths: Widths{Number: 20, Account: 15, LineText: 160, Lines: 560},
		head: []string{csvLine(sage50Columns()...)}, lines: sage50Rows, parse: parseSage50,
	}.format()
}

func sage50Rows(_ int, v Voucher) ([]string, error) {
	rows := make([]string, len(v.Lines))
	for i, l := range v.Lines {
		rows[i] = csvLine(usDate(v.Date, "/", 2), v.Number, "", strconv.Itoa(len(v.Lines)), l.Account, l.Text, l.Amount.String(), "")
	}
	return rows, nil
}

func parseSage50(lines []string, base money.Currency) ([]Voucher, error) {
	var all []Voucher
	due := 0 // rows that the entry at hand still has
	for i, text := range lines {
		f, err := csvFields(i+1, text, len(sage50Columns()))
		if err != nil {
			return nil, err
		}
		date, err := parseUSDate(i+1, f[0], "/")
		if err != nil {
			return nil, err
		}
		if due == 0 {
			if due, err = distributions(i+1, f[3]); err != nil {
				return nil, err
			}
			all = append(all, Voucher{Number: f[1], Date: date})
		}
		if all, err = addSage50(all, i+1, f, date, base); err != nil {
			return nil, err
		}
		due--
	}
	if due != 0 {
		return nil, &Fault{len(lines), "Number of Distributions", fmt.Sprintf("%d rows of the last entry are missing", due)}
	}
	return all, nil
}

func distributions(line int, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 2 || n > 560 {
		return 0, &Fault{line, "Number of Distributions", fmt.Sprintf("%q is no number from 2 to 560", text)}
	}
	return n, nil
}

// addSage50 adds a row to the last voucher.
func addSage50(all []Voucher, line int, f []string, date recon.Date, base money.Currency) ([]Voucher, error) {
	v := &all[len(all)-1]
	if f[1] != v.Number || date != v.Date {
		return nil, &Fault{line, "Reference", fmt.Sprintf("%q of %s within the rows of %q of %s", f[1], f[0], v.Number, v.Date)}
	}
	amount, err := parseAmount(line, "Amount", f[6], base)
	v.Lines = append(v.Lines, VoucherLine{f[4], amount, f[5]})
	return all, err
}
