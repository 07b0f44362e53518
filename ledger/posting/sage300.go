package posting

import (
	"fmt"
	"slices"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// Sage300Layout is how an installation wants its import file. The zero value
// has the columns of its two record sets with a first column that tells them
// apart, whose name and values are not confirmed: an installation that wants
// others says so here.
type Sage300Layout struct {
	Type            string   // heading of the first column, RECTYPE
	Header, Detail  string   // its values, 1 and 2
	HeaderColumns   []string // in the order of the file
	DetailColumns   []string
	Batch           string            // six digits, 000001: the importer assigns its own
	Ledger, Journal string            // source ledger and type, GL and TO
	Constants       map[string]string // of other columns
	// Period is the fiscal period of a day, yyyy and two digits; year and month unless said.
	Period func(recon.Date) (string, error)
}

// Sage300 is the journal import of Sage 300: a header record, then the details
// of the entry, signed, with three decimals.
func Sage300(l Sage300Layout) Format {
	l = l.withDefaults()
	return book{
		name: "sage-300", extension: "csv", widths: Widths{Number: 60, Account: 45, Text: l.textWidth(l.HeaderColumns, "JRNLDESC"), LineText: l.textWidth(l.DetailColumns, "TRANSDESC")},
		head:  []string{csvLine(append([]string{l.Type}, l.HeaderColumns...)...), csvLine(append([]string{l.Type}, l.DetailColumns...)...)},
		lines: l.records, parse: l.parse,
	}.format()
}

func (l Sage300Layout) withDefaults() Sage300Layout {
	for text, usual := range map[*string]string{&l.Type: "RECTYPE", &l.Header: "1", &l.Detail: "2", &l.Batch: "000001", &l.Ledger: "GL", &l.Journal: "TO"} {
		if *text == "" {
			*text = usual
		}
	}
	if l.HeaderColumns == nil {
		l.HeaderColumns = []string{"BATCHID", "BTCHENTRY", "SRCELEDGER", "SRCETYPE", "FSCSYR", "FSCSPERD", "JRNLDESC", "DATEENTRY"}
	}
	if l.DetailColumns == nil {
		l.DetailColumns = []string{"BATCHNBR", "JOURNALID", "TRANSNBR", "ACCTID", "TRANSAMT", "TRANSDESC", "TRANSREF", "TRANSDATE", "SRCELDGR", "SRCETYPE"}
	}
	if l.Period == nil {
		l.Period = calendarPeriod
	}
	return l
}

// textWidth is 0 where the layout has no such column.
func (l Sage300Layout) textWidth(columns []string, name string) int {
	if !slices.Contains(columns, name) {
		return 0
	}
	return 60
}

// calendarPeriod is year and month.
func calendarPeriod(d recon.Date) (string, error) {
	iso := d.String()
	return iso[:4] + iso[5:7], nil
}

func (l Sage300Layout) records(no int, v Voucher) ([]string, error) {
	period, err := l.Period(v.Date)
	if err != nil {
		return nil, err
	}
	if len(period) != 6 {
		return nil, fmt.Errorf("period %q is not yyyy and two digits", period)
	}
	entry := fmt.Sprintf("%05d", no)
	day := strings.ReplaceAll(v.Date.String(), "-", "")
	header := map[string]string{
		"BATCHID": l.Batch, "BTCHENTRY": entry, "SRCELEDGER": l.Ledger, "SRCETYPE": l.Journal,
		"FSCSYR": period[:4], "FSCSPERD": period[4:], "JRNLDESC": v.Text, "DATEENTRY": day,
	}
	all := []string{csvLine(l.values(l.Header, l.HeaderColumns, header)...)}
	for i, line := range v.Lines {
		amount, err := milli(line.Amount)
		if err != nil {
			return nil, err
		}
		all = append(all, csvLine(l.values(l.Detail, l.DetailColumns, map[string]string{
			"BATCHNBR": l.Batch, "JOURNALID": entry, "TRANSNBR": fmt.Sprintf("%010d", 20*(i+1)), "ACCTID": line.Account, "TRANSAMT": amount,
			"TRANSDESC": line.Text, "TRANSREF": v.Number, "TRANSDATE": day, "SRCELDGR": l.Ledger, "SRCETYPE": l.Journal,
		})...))
	}
	return all, nil
}

func (l Sage300Layout) values(kind string, columns []string, by map[string]string) []string {
	all := []string{kind}
	for _, c := range columns {
		value, ours := by[c]
		if !ours {
			value = l.Constants[c]
		}
		all = append(all, value)
	}
	return all
}

// milli is the amount with three decimals.
func milli(a money.Amount) (string, error) {
	switch a.Currency().Digits() {
	case 3:
		return a.String(), nil
	case 0:
		return a.String() + ".000", nil
	case 2:
		return a.String() + "0", nil
	}
	return "", fmt.Errorf("amounts of %s have more than three decimals", a.Currency())
}

// parseMilli is the opposite of milli.
func parseMilli(line int, text string, base money.Currency) (money.Amount, error) {
	short := text[:max(0, len(text)-(3-base.Digits()))]
	amount, err := parseAmount(line, "TRANSAMT", strings.TrimSuffix(short, "."), base)
	if err != nil {
		return amount, err
	}
	if again, err := milli(amount); err != nil || again != text {
		return amount, &Fault{line, "TRANSAMT", fmt.Sprintf("%q is no amount of %s with three decimals", text, base)}
	}
	return amount, nil
}

func (l Sage300Layout) parse(lines []string, base money.Currency) ([]Voucher, error) {
	var all []Voucher
	for i, text := range lines {
		f, err := csvFields(i+1, text, 0)
		if err != nil {
			return nil, err
		}
		switch {
		case f[0] == l.Header && len(f) == len(l.HeaderColumns)+1:
			v, err := l.parseHeader(i+1, f)
			if err != nil {
				return nil, err
			}
			all = append(all, v)
		case f[0] == l.Detail && len(f) == len(l.DetailColumns)+1 && len(all) > 0:
			if err := l.addDetail(&all[len(all)-1], i+1, f, base); err != nil {
				return nil, err
			}
		default:
			return nil, &Fault{i + 1, l.Type, fmt.Sprintf("%q with %d fields is no record that is due here", f[0], len(f))}
		}
	}
	return all, nil
}

// cellOf is the cell of a column, "" where the layout has none.
func cellOf(columns []string, name string, f []string) string {
	if i := slices.Index(columns, name); i >= 0 {
		return f[i+1]
	}
	return ""
}

func (l Sage300Layout) parseHeader(line int, f []string) (Voucher, error) {
	date, err := parseCompact(line, "DATEENTRY", cellOf(l.HeaderColumns, "DATEENTRY", f))
	return Voucher{Date: date, Text: cellOf(l.HeaderColumns, "JRNLDESC", f)}, err
}

func (l Sage300Layout) addDetail(v *Voucher, line int, f []string, base money.Currency) error {
	cell := func(name string) string { return cellOf(l.DetailColumns, name, f) }
	if v.Number != "" && v.Number != cell("TRANSREF") {
		return &Fault{line, "TRANSREF", fmt.Sprintf("%q within entry %q", cell("TRANSREF"), v.Number)}
	}
	amount, err := parseMilli(line, cell("TRANSAMT"), base)
	v.Number, v.Lines = cell("TRANSREF"), append(v.Lines, VoucherLine{cell("ACCTID"), amount, cell("TRANSDESC")})
	return err
}

// parseCompact reads yyyymmdd.
func parseCompact(line int, field, text string) (recon.Date, error) {
	if len(text) != 8 {
		return 0, &Fault{line, field, fmt.Sprintf("%q is not yyyymmdd", text)}
	}
	date, err := recon.ParseDate(text[:4] + "-" + text[4:6] + "-" + text[6:])
	if err != nil {
		return 0, &Fault{line, field, fmt.Sprintf("%q: %s", text, err)}
	}
	return date, nil
}
