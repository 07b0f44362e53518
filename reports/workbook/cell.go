package workbook

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

// cell is a value with its style, and a formula if it has one.
type cell = excelize.Cell

// maxDigits is how many significant digits Excel keeps (XLS-01).
const maxDigits = 15

// word is text of ours.
func (b *book) word(text string) cell { return b.wordAs(text, look{}) }

func (b *book) wordAs(text string, l look) cell {
	if text == "" {
		return b.blank(l)
	}
	return cell{Value: text, StyleID: b.style(l)}
}

// blank is an empty cell: one that nobody sees or fills in is not written at all.
func (b *book) blank(l look) cell {
	if l.fill == "" && !l.boxed && !l.topLine && !l.open {
		return cell{}
	}
	return cell{StyleID: b.style(l)}
}

// text is text from outside: a string cell that no spreadsheet runs (XLS-04), looked at by the mask (XLS-16).
func (b *book) text(column, text string) cell {
	return b.textAs(b.o.Mask(column, text), look{format: asText})
}

// id is a request id: like text, but exempt from the mask (XLS-02, XLS-16).
func (b *book) id(text string) cell { return b.textAs(text, look{format: asText}) }

func (b *book) textAs(text string, l look) cell {
	clean, cut := reports.CellText(text)
	if cut {
		b.cut++
	}
	if clean == "" {
		return b.blank(l)
	}
	l.quoted = l.quoted || risky(clean)
	return cell{Value: clean, StyleID: b.style(l)}
}

// risky tells text that a spreadsheet would run if somebody edited it: it gets quotePrefix (XLS-04).
func risky(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return strings.ContainsRune("=+-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20", r)
}

// money is an amount in the format of its currency (XLS-01). An amount without currency is an empty cell.
func (b *book) money(a money.Amount) cell { return b.moneyAs(a, look{}) }

func (b *book) moneyAs(a money.Amount, l look) cell {
	if a.Currency() == 0 {
		return b.blank(l)
	}
	if l.format == "" {
		l.format = moneyFormat(a.Currency().Digits())
	}
	decimal := a.String()
	value, exact := number(decimal)
	if !exact {
		b.wide++
		return cell{Value: decimal, StyleID: b.style(look{format: asText, fill: warnFill, color: warnText, bold: true, align: "right"})}
	}
	l.align = "right"
	return cell{Value: value, StyleID: b.style(l)}
}

// number is the one place where a decimal becomes a float: at the cell (XLS-01,
// GL-01). exact tells whether Excel keeps all of its digits.
func number(decimal string) (value float64, exact bool) {
	value, err := strconv.ParseFloat(decimal, 64)
	return value, err == nil && significant(decimal) <= maxDigits
}

// significant counts the digits from the first that is not 0 on; zeros that end a fraction do not count.
func significant(decimal string) int {
	if strings.Contains(decimal, ".") {
		decimal = strings.TrimRight(decimal, "0")
	}
	digits := 0
	for i := range len(decimal) {
		if c := decimal[i]; c >= '1' && c <= '9' || c == '0' && digits > 0 {
			digits++
		}
	}
	return digits
}

// count is a whole number of things.
func (b *book) count(n int) cell { return b.countAs(n, look{}) }

func (b *book) countAs(n int, l look) cell {
	l.format, l.align = asCount, "right"
	return cell{Value: n, StyleID: b.style(l)}
}

// epoch is the day that Excel's 1900 date system gives to recon.Date 1.
const epoch = 25_568

// date is a true date (XLS-03).
func (b *book) date(d recon.Date) cell { return b.dateAs(d, look{}) }

func (b *book) dateAs(d recon.Date, l look) cell {
	l.format, l.align = asDate, "center"
	if d == 0 {
		return b.blank(l)
	}
	return cell{Value: int(d) + epoch, StyleID: b.style(l)}
}

// instant is a local time in the company's zone (XLS-03).
func (b *book) instant(i recon.Instant) cell {
	l := look{format: asInstant, align: "center"}
	if i == 0 {
		return b.blank(l)
	}
	t := i.In(b.zone)
	seconds := t.Hour()*3600 + t.Minute()*60 + t.Second()
	// A cell keeps ten decimals of a day: rounded up, or 16:09:00 would show as 16:08:59.
	fraction := math.Ceil(float64(seconds)/86_400*1e10) / 1e10
	return cell{Value: float64(int(recon.DateOf(t))+epoch) + fraction, StyleID: b.style(l)}
}

// formula is a live formula of ours with the value that the service knows (XLS-06).
func formula(text string, cached cell) cell {
	cached.Formula = text
	return cached
}
