package recount

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
)

// ErrUnknown is a file in none of the layouts that this package reads.
var ErrUnknown = errors.New("no second reader knows its layout")

// Row is one row of a file.
type Row struct {
	Line     int    // physical line on which it begins, from 1
	ID       string // the processor's
	Event    string // as natural keys name it
	Currency string
	Amount   *big.Int // minor units, signed from the merchant's side; nil: no amount can be read
	Text     string   // the amount as written
}

// Key is the row's natural key.
func (r *Row) Key() string { return r.ID + "/" + r.Event }

// columns are where a layout has what is counted.
type columns struct {
	id, event, currency, amount int
	processor                   bool // events are lists of applications, and amounts have the sign of these
}

// headRecords is how far down a header may stand: a processor's report names itself before it.
const headRecords = 3

// Read gives the rows of a file. ErrUnknown is a layout that it does not know, every
// other error a file of a known layout that it cannot read.
func Read(r io.Reader) ([]Row, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	in.ReuseRecord = true
	var at *columns
	for n := 0; at == nil; n++ {
		record, err := in.Read()
		if err != nil || n == headRecords {
			return nil, ErrUnknown
		}
		at = find(record)
	}
	var rows []Row
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the second reader cannot read it: %w", err)
		}
		line, _ := in.FieldPos(0)
		rows = append(rows, at.row(line, record))
	}
}

// find tells the layout by the names of a header; nil if it is none.
func find(record []string) *columns {
	where := map[string]int{}
	for i, name := range record {
		where[plain(name)] = i
	}
	one := func(names ...string) int {
		for _, name := range names {
			if i, has := where[name]; has {
				return i
			}
		}
		return -1
	}
	if id, event := one("txnid"), one("eventtype"); id >= 0 && event >= 0 && one("docids") < 0 && one("openreason") < 0 {
		return whole(columns{id: id, event: event, currency: one("currency"), amount: one("amount")})
	}
	if one("batchid", "batchdate") < 0 || one("replycode", "reasoncode", "rflag") >= 0 {
		return nil
	}
	return whole(columns{
		id: one("requestid"), event: one("icsapplications", "transactiontype", "name", "application", "applicationname"),
		currency: one("currency", "currencycode"), amount: one("amount"), processor: true,
	})
}

func whole(c columns) *columns {
	if min(c.id, c.event, c.currency, c.amount) < 0 {
		return nil
	}
	return &c
}

// plain is a name without its group, in lower case, letters and digits only.
func plain(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	return strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
			return c
		}
		return -1
	}, strings.ToLower(name))
}

func (c *columns) row(line int, record []string) Row {
	field := func(i int) string {
		if i < len(record) {
			return strings.Clone(strings.TrimSpace(record[i]))
		}
		return ""
	}
	r := Row{Line: line, ID: field(c.id), Event: field(c.event), Currency: field(c.currency), Text: field(c.amount)}
	r.Amount = minor(r.Text, r.Currency)
	if c.processor {
		r.Event = event(r.Event)
		if r.Event == "CREDIT_OR_REFUND" && r.Amount != nil {
			r.Amount.Abs(r.Amount).Neg(r.Amount)
		}
	}
	return r
}

// event is what a list of applications makes of a row; "" for what is none.
func event(list string) string {
	has := map[string]bool{}
	for _, name := range strings.Split(strings.ToLower(list), ",") {
		has[strings.TrimSpace(name)] = true
	}
	switch {
	case has["ics_bill"] || has["ecp_debit"] || has["ics_ecp_debit"]:
		return "CAPTURE"
	case has["ics_credit"] || has["ecp_credit"] || has["ics_ecp_credit"]:
		return "CREDIT_OR_REFUND"
	case has["ics_void"]:
		return "VOID"
	case has["ics_auth_reversal"]:
		return "AUTH_REVERSAL"
	case has["ics_auth"]:
		return "AUTH"
	}
	return ""
}

// minor is a decimal in minor units of a currency; nil if it is none, or finer than the currency.
func minor(text, currency string) *big.Int {
	whole, fraction, _ := strings.Cut(text, ".")
	digits := decimals(currency)
	if len(fraction) > digits {
		if strings.Trim(fraction[digits:], "0") != "" {
			return nil
		}
		fraction = fraction[:digits]
	}
	amount := whole + fraction + strings.Repeat("0", digits-len(fraction))
	if strings.Trim(amount, "-0123456789") != "" {
		return nil
	}
	n, ok := new(big.Int).SetString(amount, 10)
	if !ok {
		return nil
	}
	return n
}

// decimals are the digits behind the point of a currency (ISO 4217).
func decimals(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
}

// decimal is minor units as people write them.
func decimal(n *big.Int, currency string) string {
	digits := decimals(currency)
	text := new(big.Int).Abs(n).String()
	if len(text) <= digits {
		text = strings.Repeat("0", digits+1-len(text)) + text
	}
	if digits > 0 {
		text = text[:len(text)-digits] + "." + text[len(text)-digits:]
	}
	if n.Sign() < 0 {
		text = "-" + text
	}
	return text
}
