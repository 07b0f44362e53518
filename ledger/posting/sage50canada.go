package posting

import (
	"fmt"
	"strings"

	"tieout/ledger/money"
)

// Sage50CanadaWidths are the widths of the texts; the zero value is that of
// today's editions, 20 and 75. Older ones take 13 and 39.
type Sage50CanadaWidths struct {
	Source  int // of the entry's number
	Comment int
}

// Sage50Canada is the general journal of the Canadian edition of Sage 50: a line
// date,"source","comment" opens an entry, and its lines are account,amount,"comment".
// Amounts have two decimals and a point, so the base currency must have two.
func Sage50Canada(w Sage50CanadaWidths) Format {
	if w == (Sage50CanadaWidths{}) {
		w = Sage50CanadaWidths{Source: 20, Comment: 75}
	}
	return book{
		name: "sage50-canada", extension: "txt", widths: Widths{Number: w.Source, Account: 16, Text: w.Comment, LineText: w.Comment},
		lines: sage50CanadaLines, parse: parseSage50Canada,
	}.format()
}

func sage50CanadaLines(_ int, v Voucher) ([]string, error) {
	all := []string{usDate(v.Date, "-", 2) + "," + quoted(v.Number) + "," + quoted(v.Text)}
	for _, l := range v.Lines {
		if l.Amount.Currency().Digits() != 2 {
			return nil, fmt.Errorf("amounts of %s do not have the two decimals that the importer wants", l.Amount.Currency())
		}
		all = append(all, csvLine(l.Account)+","+l.Amount.String()+","+quoted(l.Text))
	}
	return all, nil
}

func quoted(text string) string { return `"` + strings.ReplaceAll(text, `"`, `""`) + `"` }

func parseSage50Canada(lines []string, base money.Currency) ([]Voucher, error) {
	var all []Voucher
	for i, text := range lines {
		f, err := csvFields(i+1, text, 3)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(text, ","+quoted(f[1])+","+quoted(f[2])) {
			date, err := parseUSDate(i+1, f[0], "-")
			if err != nil {
				return nil, err
			}
			all = append(all, Voucher{Number: f[1], Date: date, Text: f[2]})
			continue
		}
		if len(all) == 0 {
			return nil, &Fault{i + 1, "date", "a line before the first entry"}
		}
		amount, err := parseAmount(i+1, "amount", f[1], base)
		if err != nil {
			return nil, err
		}
		v := &all[len(all)-1]
		v.Lines = append(v.Lines, VoucherLine{f[0], amount, f[2]})
	}
	return all, nil
}
