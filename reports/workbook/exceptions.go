package workbook

import (
	"fmt"
	"iter"
	"strings"

	"github.com/xuri/excelize/v2"

	"tieout/ledger/money"
	"tieout/reports"
)

// maxTotals is how many currencies get a total above the work list; more would fill the frozen part of the screen.
const maxTotals = 6

// The columns that finance fills in (4.2): unlocked and tinted.
const (
	colDisposition = "disposition"
	colRef         = "disposition_ref"
	colAssigned    = "assigned_to"
	colNote        = "note"
)

// exceptionColumns are the columns of 4.2 in their order. s gives the row that formulas refer to.
func exceptionColumns(b *book, s **sheet) []column[*reports.ExceptionRow] {
	type e = *reports.ExceptionRow
	edit := look{format: asText, fill: editFill, open: true, boxed: true, wrap: true}
	return []column[e]{
		{"exception_id", 19, func(x e) cell { return b.linkedID(x.ID, x.DataKey) }},
		{"status", 11, func(x e) cell { return b.word(string(x.Status)) }},
		{"severity", 10, func(x e) cell { return b.wordAs(string(x.SeverityOf()), look{align: "center", bold: true}) }},
		{"reason", 25, func(x e) cell { return b.word(x.Reason.String()) }},
		{"reason text", 42, func(x e) cell { return b.textAs(b.o.Mask("reason text", x.ReasonText()), look{wrap: true}) }},
		{"side", 12, func(x e) cell { return b.word(string(x.Side)) }},
		{"merchant_id", 14, func(x e) cell { return b.text("merchant_id", x.Merchant) }},
		{"store", 8, func(x e) cell { return b.text("store", x.Store) }},
		{"order_no", 14, func(x e) cell { return b.text("order_no", x.OrderNo) }},
		{"invoice_no", 14, func(x e) cell { return b.text("invoice_no", x.InvoiceNo) }},
		{"customer_no", 14, func(x e) cell { return b.text("customer_no", x.CustomerNo) }},
		{"merchant_ref", 20, func(x e) cell { return b.text("merchant_ref", x.Reference) }},
		{"request_id", 26, func(x e) cell { return b.id(x.RequestID) }},
		{"parent_id", 26, func(x e) cell { return b.id(x.ParentID) }},
		{"event_type", 22, func(x e) cell { return b.text("event_type", x.Type) }},
		{"origin_date", 12, func(x e) cell { return b.date(x.Origin) }},
		{"event time (" + b.zone.String() + ")", 20, func(x e) cell { return b.instant(x.Occurred) }},
		{"currency", 10, func(x e) cell { return b.word(code(x.Currency)) }},
		{"amount", 15, func(x e) cell { return b.money(x.Amount) }},
		{"applied", 15, func(x e) cell { return b.money(x.Applied) }},
		{"suspended", 15, func(x e) cell { return b.money(x.Suspended) }},
		{"difference", 15, func(x e) cell { return b.money(x.Difference) }},
		{"card_brand", 12, func(x e) cell { return b.text("card_brand", x.CardBrand) }},
		{"last4", 8, func(x e) cell { return b.text("last4", x.Last4) }},
		{"auth_code", 11, func(x e) cell { return b.text("auth_code", x.AuthCode) }},
		{"suggested match", 18, func(x e) cell { return b.text("suggested match", strings.Join(x.Suggested, ", ")) }},
		{"suggested action", 36, func(x e) cell { return b.wordAs(x.Reason.About().Action, look{wrap: true}) }},
		{"due_date", 12, func(x e) cell { return b.date(x.Due) }},
		{"first_seen", 12, func(x e) cell { return b.date(x.FirstSeen) }},
		{"age_days", 9, func(x e) cell { return b.age(x, (*s).row+1) }},
		{"bucket", 10, func(x e) cell { return b.bucket(x, (*s).row+1) }},
		{"owner", 12, func(x e) cell { return b.text("owner", x.OwnerOf()) }},
		{colDisposition, 21, func(x e) cell { return b.textAs(x.Disposition, edit) }},
		{colRef, 17, func(x e) cell { return b.textAs(b.o.Mask(colRef, x.DispositionRef), edit) }},
		{colAssigned, 16, func(x e) cell { return b.textAs(b.o.Mask(colAssigned, x.AssignedTo), edit) }},
		{colNote, 40, func(x e) cell { return b.textAs(b.o.Mask(colNote, x.Note), edit) }},
		{"row_hash", 18, func(x e) cell { return b.word(x.RowHash()) }},
	}
}

// The columns that the formulas of a row look at, by number in 4.2.
const (
	originColumn = 16
	ageColumn    = 30
)

// linkedID is the id of an exception, which looks like a link where its row in Data is known.
func (b *book) linkedID(id, key string) cell {
	l := look{format: asText}
	_, l.link = b.spots[key]
	return b.textAs(id, l)
}

// age is AsOf less the origin date of the row.
func (b *book) age(x *reports.ExceptionRow, row int) cell {
	origin := at(originColumn, row)
	text := fmt.Sprintf(`IF(%s="","",AsOf-%s)`, origin, origin)
	l := look{format: asCount, align: "right"}
	if x.Origin == 0 {
		return cell{Formula: text, Value: "", StyleID: b.style(l)}
	}
	return cell{Formula: text, Value: int(b.n.AsOf - x.Origin), StyleID: b.style(l)}
}

// bucket looks the age up in the buckets of 3.5.
func (b *book) bucket(x *reports.ExceptionRow, row int) cell {
	var starts, names []string
	for i, start := range reports.BucketStarts() {
		starts = append(starts, fmt.Sprint(start))
		names = append(names, `"`+reports.BucketNames()[i]+`"`)
	}
	age := at(ageColumn, row)
	text := fmt.Sprintf(`IF(%s="","no date",LOOKUP(MAX(0,%s),{%s},{%s}))`, age, age, strings.Join(starts, ","), strings.Join(names, ","))
	value := "no date"
	if x.Origin != 0 {
		value = reports.BucketNames()[reports.Bucket(int(b.n.AsOf-x.Origin))]
	}
	return cell{Formula: text, Value: value, StyleID: b.style(look{align: "center"})}
}

// drawExceptions writes the work list (4.2).
func drawExceptions(b *book) error {
	var s *sheet
	cols := exceptionColumns(b, &s)
	totals := b.currencies()
	if len(totals) > maxTotals {
		totals = nil
	}
	head := 4
	if len(totals) > 0 {
		head += len(totals) + 2
	}
	s = b.open("Exceptions", frame{widths: widths(cols), freeze: at(2, head+1), headRow: head, hidden: len(cols)})
	s.heading("Exceptions", b.workListSentence())
	if err := b.exceptionTotals(s, totals); err != nil {
		return err
	}
	p, err := table(s, "tblExceptions", cols, b.linked(s))
	if err != nil {
		return err
	}
	b.dressExceptions(s, cols, p)
	s.close()
	return nil
}

func (b *book) workListSentence() string {
	if b.ahead.exceptions == 0 {
		return "No open exceptions."
	}
	return "Fill in the tinted columns at the right (disposition, disposition_ref, assigned_to, note) and send the workbook back. Everything else is locked. Severity H needs a disposition before the close."
}

// linked walks the exceptions and links each to its row in Data, up to the limit (XLS-09).
func (b *book) linked(s *sheet) iter.Seq2[*reports.ExceptionRow, error] {
	return func(yield func(*reports.ExceptionRow, error) bool) {
		if b.n.Exceptions == nil {
			return
		}
		rows, links, missed := 0, 0, 0
		for x, err := range b.n.Exceptions {
			if rows++; rows > b.o.listRows {
				b.notice("Exceptions lists the first %d of %d open exceptions: a sheet takes no more. exceptions.csv has them all; counts by the service include them, live ones do not.",
					b.o.listRows, b.ahead.exceptions)
				break
			}
			to, ok := b.spots[x.DataKey]
			switch {
			case links == b.o.maxLinks && x.DataKey != "":
				delete(b.spots, x.DataKey)
				missed++
			case ok:
				s.link(at(1, s.row+1), to.sheet, at(1, to.row), "Go to its row in "+to.sheet)
				links++
			}
			if !yield(&x, err) {
				return
			}
		}
		if missed > 0 {
			b.notice("Exceptions links the first %d rows to Data and leaves %d without a link: a sheet takes no more.", links, missed)
		}
	}
}

// exceptionTotals stands above the table: for one currency the total of the rows that
// the filter shows, for several a line each and no mixed total (4.2).
func (b *book) exceptionTotals(s *sheet, currencies []money.Currency) error {
	if len(currencies) == 0 {
		return nil
	}
	small := look{bold: true, color: muted}
	right := look{bold: true, color: muted, align: "right"}
	s.put(b.wordAs("Totals by currency", small), b.wordAs("items", right), b.wordAs("by service", right),
		b.wordAs("amount", right), b.wordAs("amount by service", right), b.wordAs("difference", right))
	first := s.row + 1
	for _, c := range currencies {
		all, err := b.ahead.sum(func(g group) bool { return g.currency == c })
		if err != nil {
			return err
		}
		items, amount, err := flatten(all)
		if err != nil {
			return err
		}
		b.totalLine(s, c, items, amount, len(currencies) == 1)
	}
	s.paintChecks(at(6, first) + ":" + at(6, s.row))
	s.skip(1)
	return nil
}

func (b *book) totalLine(s *sheet, c money.Currency, items int, minor int64, only bool) {
	label, count, sum := code(c), `COUNTIFS(tblExceptions[currency],%q)`, `SUMIFS(tblExceptions[amount],tblExceptions[currency],%q)`
	count, sum = fmt.Sprintf(count, label), fmt.Sprintf(sum, label)
	if only {
		label += ", rows shown"
		count, sum = "SUBTOTAL(103,tblExceptions[exception_id])", "SUBTOTAL(109,tblExceptions[amount])"
	}
	amount := money.New(minor, c)
	live := b.total(amount, look{bold: true})
	live.Formula = sum
	s.put(b.wordAs(label, look{bold: true}), formula(count, b.countAs(items, look{bold: true})), b.countAs(items, look{color: muted}),
		live, b.total(amount, look{color: muted}), b.check(at(4, s.row+1), at(5, s.row+1), amount))
}

// total is a sum that may have no currency: then it is a plain number without decimals.
func (b *book) total(a money.Amount, l look) cell {
	if a.Currency() == 0 {
		return b.countAs(int(a.Minor()), l)
	}
	return b.moneyAs(a, l)
}

// check is the difference of two cells, rounded to the currency, shown with a word (XLS-06).
func (b *book) check(live, service string, a money.Amount) cell {
	digits := a.Currency().Digits()
	return cell{
		Formula: fmt.Sprintf("ROUND(%s-%s,%d)", live, service, digits), Value: 0,
		StyleID: b.style(look{format: checkFormat(digits), align: "right"}),
	}
}

// flatten adds up buckets.
func flatten(all [undated + 1]tally) (items int, amount int64, err error) {
	for _, one := range all {
		items += one.items
		if amount, err = money.AddMinor(amount, one.amount); err != nil {
			return 0, 0, err
		}
	}
	return items, amount, nil
}

// dressExceptions sets conditional formats (XLS-07) and drop-downs, one for each column (XLS-08).
func (b *book) dressExceptions(s *sheet, cols []column[*reports.ExceptionRow], p span) {
	column := func(head string) int { return columnOf(cols, head) }
	severity, bucket, disposition := column("severity"), column("bucket"), column(colDisposition)
	cell := func(col int) string { return fmt.Sprintf("$%s%d", letters(col), p.first) }
	s.paintSeverity(p.area(severity))
	s.paint(p.area(bucket), cell(bucket)+`="61+"`, badText, badFill)
	s.paint(p.area(bucket), cell(bucket)+`="31-60"`, warnText, warnFill)
	s.paint(p.area(disposition), fmt.Sprintf(`AND(%s="H",%s="")`, cell(severity), cell(disposition)), badText, badFill)
	b.dropDown(s, p.area(disposition), "lstDispositions", "Disposition", "Choose one of the dispositions on the sheet Lists.", true)
	b.dropDown(s, p.area(column("owner")), "lstOwners", "Owner", "Choose one of the owners on the sheet Lists.", true)
	b.dropDown(s, p.area(column(colAssigned)), "lstOwners", "Assigned to", "Choose an owner, or type a name.", false)
}

func (b *book) dropDown(s *sheet, area, list, title, prompt string, strict bool) {
	v := excelize.NewDataValidation(true)
	v.Sqref = area
	v.SetSqrefDropList(list)
	v.SetInput(title, prompt)
	if strict {
		v.SetError(excelize.DataValidationErrorStyleStop, title, prompt)
	} else {
		v.ShowErrorMessage = false
	}
	b.fail(b.f.AddDataValidation(s.name, v))
}
