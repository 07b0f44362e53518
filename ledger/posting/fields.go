package posting

import (
	"encoding/csv"
	"fmt"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// csvLine is a line of comma-separated fields, quoted where they need it.
func csvLine(fields ...string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.Write(fields) // a strings.Builder takes everything
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

// csvFields splits a line into exactly so many fields, any number for 0.
func csvFields(line int, text string, count int) ([]string, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	fields, err := r.Read()
	if err != nil {
		return nil, &Fault{line, "record", fmt.Sprintf("%q is no line of comma-separated fields", text)}
	}
	if count > 0 && len(fields) != count {
		return nil, &Fault{line, "record", fmt.Sprintf("%d fields, must be %d", len(fields), count)}
	}
	return fields, nil
}

// usDate is the day as month, day and year of so many digits.
func usDate(d recon.Date, separator string, yearDigits int) string {
	iso := d.String()
	return iso[5:7] + separator + iso[8:10] + separator + iso[4-yearDigits:4]
}

// parseUSDate is the opposite of usDate; years of two digits are those from 2000 on.
func parseUSDate(line int, text, separator string) (recon.Date, error) {
	parts := strings.Split(text, separator)
	if len(parts) != 3 {
		return 0, &Fault{line, "date", fmt.Sprintf("%q is not month%sday%syear", text, separator, separator)}
	}
	if len(parts[2]) == 2 {
		parts[2] = "20" + parts[2]
	}
	date, err := recon.ParseDate(parts[2] + "-" + parts[0] + "-" + parts[1])
	if err != nil {
		return 0, &Fault{line, "date", fmt.Sprintf("%q: %s", text, err)}
	}
	return date, nil
}

func parseAmount(line int, field, text string, base money.Currency) (money.Amount, error) {
	amount, err := money.Parse(text, base)
	if err != nil || amount.Sign() == 0 || amount.String() != text {
		return amount, &Fault{line, field, fmt.Sprintf("%q is no amount of %s", text, base)}
	}
	return amount, nil
}
