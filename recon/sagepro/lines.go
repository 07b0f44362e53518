package sagepro

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
)

// Lines are the lines of invoices or of orders. A document's amount is its
// header's; lines are read where a site keeps tax, freight or a surcharge in
// lines of their own, or wants headers held against them (sage-pro.md 8.10).
type Lines struct {
	Section
	// Components says which items are no goods: item to tax, shipping or surcharge.
	Components map[string]string
	// AddUp refuses a document whose lines, with what its header has beside them, are not its amount.
	AddUp bool
}

// Meanings of the mark of a line.
const (
	meansExcluded = "exclude"
	meansIncluded = "include"
)

func invoiceLines() Lines {
	return Lines{Section: Section{"artran", "arytrn", map[string]Field{
		"number": col("invno"), "date": col("invdte"), "item": col("item"), "amount": col("extprice"),
		"status": coded("arstat", map[string]string{"V": meansVoid, "*": meansOpen}), "mark": {},
	}}}
}

func orderLines() Lines {
	return Lines{Section: Section{"sotran", "soytrn", map[string]Field{
		"number": col("sono"), "date": col("ordate"), "item": col("item"), "amount": col("extprice"),
		"status": coded("sostat", map[string]string{"": meansOpen, "C": meansClosed, "V": meansVoid}), "mark": {},
	}}}
}

// areRead tells whether anything is asked of the lines.
func (l *Lines) areRead() bool { return l.Table != "" && (l.AddUp || len(l.Components) > 0) }

// check says what is wrong with the components, of which the header of must not tell too.
func (l *Lines) check(name string, of *Section) (faults []error) {
	for _, item := range slices.Sorted(maps.Keys(l.Components)) {
		switch component := l.Components[item]; component {
		case "tax", "shipping", "surcharge":
			if f := of.Fields[component]; f.Column != "" {
				faults = append(faults, fmt.Errorf("sage_pro: %s: item %s is %s, and so is column %s of the header; leave one of them empty", name, item, component, f.Column))
			}
		default:
			faults = append(faults, fmt.Errorf("sage_pro: %s: item %s means %q, which is not known; it is tax, shipping, surcharge", name, item, component))
		}
	}
	return faults
}

// docLine is a line as stored.
type docLine struct {
	amount, item, date string
	closed, history    bool
	fault              string // why it cannot be used
}

// takeLine notes a line for its document, which comes later; void and excluded ones count nothing.
func (x *extractReader) takeLine(l *Lines, history bool) {
	status, known := x.meaning(&l.Section, "status")
	mark, marked := x.meaning(&l.Section, "mark")
	if status == meansVoid || marked && mark == meansExcluded {
		return
	}
	line := docLine{
		amount: strings.Clone(strings.TrimSpace(x.cell("amount"))), item: strings.ToUpper(strings.TrimSpace(x.cell("item"))),
		date: strings.Clone(day(x.cell("date"))), closed: status == meansClosed, history: history,
	}
	if code := x.cell(codeColumn); code != "" {
		line.fault = x.cell(whereColumn) + " " + strings.Clone(x.cell(faultMessage))
	} else if f := l.Fields["status"]; !known && f.Column != "" {
		line.fault = f.Column + " is " + carddata.Quote(x.cell("status")) + ", which sage_pro does not list"
	}
	if x.lines == nil {
		x.lines = map[*Lines]map[string][]docLine{}
	}
	if x.lines[l] == nil {
		x.lines[l] = map[string][]docLine{}
	}
	number := strings.Clone(strings.TrimSpace(x.cell("number")))
	x.lines[l][number] = append(x.lines[l][number], line)
}

// own are the lines of a document: those of about its date, and of history only if there are no others.
func (x *extractReader) own(l *Lines, number string) (lines []docLine) {
	all := slices.DeleteFunc(slices.Clone(x.lines[l][strings.TrimSpace(number)]), func(line docLine) bool {
		return isEarlier(line.date, x.texts[docDate]) || isEarlier(x.texts[docDate], line.date)
	})
	if current := slices.DeleteFunc(slices.Clone(all), func(line docLine) bool { return line.history }); len(current) > 0 {
		return current
	}
	return all
}

// addLines takes from a document's lines what of its amount is no goods. Lines
// that are closed do not belong to what is still to come of an open order; a void
// document takes no money, and its lines are void with it.
func (x *extractReader) addLines(l *Lines, number string, open bool) {
	c, err := money.ParseCurrency(strings.TrimSpace(x.texts[currency]))
	if !l.areRead() || err != nil || x.texts[status] == recon.Cancelled.String() {
		return
	}
	sums := map[string]money.Amount{"": money.New(0, c)}
	for _, component := range l.Components {
		sums[component] = money.New(0, c)
	}
	for _, line := range x.own(l, number) {
		if open && line.closed {
			continue
		}
		component := l.Components[line.item]
		sum, err := addText(sums[component], line.amount)
		if line.fault != "" || err != nil {
			x.blame(l.Fields["amount"].Column, "bad_line", fmt.Sprintf("a line of this document in %s cannot be used: %s", l.Table, lineFault(line, err)))
			return
		}
		sums[component] = sum
	}
	negate := x.company.CreditSign == "positive" && x.texts[docType] == recon.CreditMemo.String()
	for component, f := range map[string]field{"tax": tax, "shipping": shipping, "surcharge": surcharge} {
		sum, fromLines := sums[component]
		if negate {
			sum = sum.Neg()
		}
		if fromLines {
			x.texts[f] = sum.String()
		}
	}
	goods := sums[""]
	if negate {
		goods = goods.Neg()
	}
	x.checkLines(l, goods)
}

func lineFault(line docLine, err error) string {
	if line.fault != "" {
		return line.fault + "; correct it in the ERP"
	}
	return err.Error() + "; correct it in the ERP"
}

// checkLines holds the document's amount against its lines.
func (x *extractReader) checkLines(l *Lines, goods money.Amount) {
	whole, err := money.Parse(strings.TrimSpace(x.texts[amount]), goods.Currency())
	if err != nil {
		return // the amount is blamed itself
	}
	others := money.New(0, goods.Currency())
	for _, f := range [...]field{tax, shipping, surcharge} {
		if others, err = addText(others, x.texts[f]); err != nil {
			return // so is that
		}
	}
	rest, err := whole.Add(others.Neg())
	switch {
	case err != nil || rest.Sign() == -whole.Sign() && rest.Sign() != 0:
		x.blame(l.Fields["amount"].Column, "lines_exceed_amount", fmt.Sprintf("tax, shipping and surcharge come to %s, more than the amount %s; correct the components of the lines in sage_pro, or the document in the ERP", others, whole))
	case l.AddUp && rest != goods:
		x.blame(l.Fields["amount"].Column, "lines_do_not_add_up", fmt.Sprintf("its lines in %s come to %s where the amount leaves %s for goods; it is read again by the next run, correct it in the ERP if it stays so", l.Table, goods, rest))
	}
}
