package workbook

import (
	"fmt"
	"strconv"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

// drawSummary is what a controller reads first; it is drawn last, because it tells what the others left out.
func drawSummary(b *book) error {
	fr := frame{widths: []float64{30, 20, 14, 18, 13, 17, 17, 17, 17, 22}}
	s := b.open("Summary", fr)
	s.heading(b.title(), b.span())
	if err := b.summaryBanner(s); err != nil {
		return err
	}
	b.summaryFacts(s)
	b.summaryNotices(s)
	for _, draw := range []func(*book, *sheet) error{drawResults, drawReasons, drawTop, drawDue} {
		s.skip(1)
		if err := draw(b, s); err != nil {
			return err
		}
	}
	s.skip(1)
	b.signOff(s)
	s.close()
	return nil
}

// summaryBanner says TIES or DOES NOT TIE, from TieDifference (4.4).
func (b *book) summaryBanner(s *sheet) error {
	difference, err := reports.TieDifference(b.n.Currencies)
	if err != nil {
		return err
	}
	value, _ := number(difference)
	ties := value == 0
	big := look{bold: true, size: 18, vertical: "center", color: goodText, fill: goodFill}
	if !ties {
		big.color, big.fill = badText, badFill
	}
	small := big
	small.size, small.bold = 11, false
	cells := []cell{formula(banner("TieDifference"), b.wordAs(verdict(ties), big)), b.blank(big)}
	text := `"Difference "&TEXT(TieDifference,"0.00##")&IF(TieDifference=0,": every amount is traced to a journal line or to a named exception.",": see the sheet TieOut; the run may not be released.")`
	said := "Difference " + trimZeros(difference)
	if ties {
		said += ": every amount is traced to a journal line or to a named exception."
	} else {
		said += ": see the sheet TieOut; the run may not be released."
	}
	cells = append(cells, formula(text, b.wordAs(said, small)))
	for range 7 {
		cells = append(cells, b.blank(big))
	}
	s.putHigh(34, cells...)
	area := at(1, s.row) + ":" + at(10, s.row)
	s.paint(area, `TieDifference<>0`, badText, badFill)
	s.paint(area, `TieDifference=0`, goodText, goodFill)
	return nil
}

// trimZeros leaves two decimals at least: 0.0000 is 0.00.
func trimZeros(decimal string) string {
	for strings.HasSuffix(decimal, "0") && len(decimal)-strings.IndexByte(decimal, '.') > 3 {
		decimal = decimal[:len(decimal)-1]
	}
	return decimal
}

// summaryFacts are the facts of the run on the left and the sheets with their links beside them.
func (b *book) summaryFacts(s *sheet) {
	n := b.n
	left := look{align: "left"}
	text := func(value string) cell { return b.textAs(b.o.Mask("summary", value), left) }
	facts := []struct {
		label, name string
		value       cell
	}{
		{"Company", "", text(n.Company)},
		{"Settlement dates from", "DateFrom", b.leftDate(b.date(n.From))},
		{"Settlement dates to", "DateTo", b.leftDate(b.date(n.To))},
		{"As of", "AsOf", b.leftDate(b.date(n.AsOf))},
		{"Run", "RunID", text(n.RunID)},
		{"Revision", "", cell{Value: n.Revision, StyleID: b.style(look{format: "0", align: "left"})}},
		{"Base currency", "BaseCurrency", text(code(n.Base))},
		{"Status of the run", "", text(n.Status)},
		{"Time zone", "", text(b.zone.String())},
		{"Open exceptions", "", formula("COUNTA(tblExceptions[exception_id])", cell{Value: b.ahead.exceptions, StyleID: b.style(look{format: asCount, align: "left", bold: true})})},
		{"New, carried, reopened", "", b.statusCell()},
		{"Cleared in this run", "", formula("COUNTA(tblCleared[exception_id])", cell{Value: len(b.n.Cleared), StyleID: b.style(look{format: asCount, align: "left"})})},
	}
	s.skip(1)
	contents := b.contents()
	for i := range max(len(facts), len(contents)) {
		cells := make([]cell, 5)
		if i < len(facts) {
			cells[0], cells[1] = b.wordAs(facts[i].label, look{color: muted}), facts[i].value
			if facts[i].name != "" {
				b.name(facts[i].name, s.name, 2, s.row+1)
			}
		}
		if i < len(contents) {
			cells[3], cells[4] = b.wordAs(contents[i][0], look{link: true}), b.wordAs(contents[i][1], look{color: muted})
			s.link(at(4, s.row+1), contents[i][0], "A1", "Go to "+contents[i][0])
		}
		s.put(cells...)
	}
}

// statusCell counts the open exceptions by status.
func (b *book) statusCell() cell {
	all := []reports.ExceptionStatus{reports.StatusNew, reports.StatusCarried, reports.StatusReopened}
	var live, said []string
	for _, status := range all {
		live = append(live, fmt.Sprintf("COUNTIFS(tblExceptions[status],%q)", status))
		said = append(said, strconv.Itoa(b.ahead.statuses[status]))
	}
	return formula(strings.Join(live, `&", "&`), b.wordAs(strings.Join(said, ", "), look{align: "left"}))
}

func (b *book) leftDate(c cell) cell {
	c.StyleID = b.style(look{format: asDate, align: "left"})
	return c
}

// contents are the sheets and what each is for.
func (b *book) contents() [][2]string {
	all := [][2]string{
		{"TieOut", "the proof: every currency ends in zero"},
		{"Exceptions", "the work list: decide and send back"},
		{"Aging", "open exceptions by reason and age"},
		{"Matched", "rows that agree"},
		{"Ignored", "rows that move no money, with the reason"},
		{"Journal", "all lines of the run, with rule and sources"},
		{"RollForward", "balances and their proofs"},
		{"Cleared", "carried items that left the list"},
		{"Data", "one row per input row, for pivot tables"},
		{"Lists", "reasons, dispositions, owners"},
		{"About", "sources with hashes, parameters, words"},
	}
	if len(b.n.Received) > 0 {
		all = append(all, [2]string{sourcesSheet, "what came of every report, day by day"})
	}
	return all
}

// summaryNotices says what the reader must know before trusting the sheets.
func (b *book) summaryNotices(s *sheet) {
	if b.cut > 0 {
		b.notice("%d texts were longer than a cell holds and end with%s.", b.cut, reports.CutMark)
	}
	if b.wide > 0 {
		b.notice("%d amounts have more than %d digits and are written as text, tinted: formulas leave them out.", b.wide, maxDigits)
	}
	for _, name := range b.n.NotProvided {
		b.notice("%s: %s", name, absent)
	}
	if len(b.notices) == 0 {
		return
	}
	s.skip(1)
	s.section("Please note", "")
	for _, notice := range b.notices {
		s.put(b.textAs(b.o.Mask("notice", notice), look{}))
	}
}

// drawResults is one line for each currency.
func drawResults(b *book, s *sheet) error {
	type r = *reports.TieOut
	s.section("Result by currency", "Amounts of processor rows, signed from the merchant's side.")
	cols := []column[r]{
		{"currency", 0, func(x r) cell { return b.wordAs(code(x.Currency), look{bold: true}) }},
		{"result", 0, func(x r) cell { return b.result(x) }},
		{"rows in", 0, func(x r) cell { return b.count(x.RowsIn) }},
		{"rows read", 0, func(x r) cell { return b.total(x.RowsRead, look{}) }},
		{"exceptions", 0, func(x r) cell { return b.count(x.RowsException) }},
		{"matched", 0, func(x r) cell { return b.total(x.Matched, look{}) }},
		{"exception amount", 0, func(x r) cell { return b.total(x.Exceptions, look{}) }},
		{"ignored", 0, func(x r) cell { return b.total(x.Ignored, look{}) }},
		{"suspended", 0, func(x r) cell { return b.total(x.Suspended, look{}) }},
		{"journal, clearing net", 0, func(x r) cell { return b.total(x.ClearingNet, look{}) }},
	}
	rows := make([]r, len(b.n.Currencies))
	for i := range b.n.Currencies {
		rows[i] = &b.n.Currencies[i]
	}
	p, err := table(s, "tblResult", cols, reports.Each(rows))
	s.paint(p.area(2), fmt.Sprintf(`%s="DOES NOT TIE"`, at(2, p.first)), badText, badFill)
	s.paint(p.area(2), fmt.Sprintf(`%s="TIES"`, at(2, p.first)), goodText, goodFill)
	return err
}

// result reads the checks of the currency on TieOut.
func (b *book) result(t *reports.TieOut) cell {
	c, err := t.Checks()
	b.fail(err)
	var terms []string
	for i := range b.n.Currencies {
		if &b.n.Currencies[i] != t {
			continue
		}
		for row, l := range tieLines() {
			if l.check {
				terms = append(terms, "ABS(TieOut!"+at(tieCols+1+i*tieWide, tieHead+1+row)+")")
			}
		}
	}
	return formula(banner("("+orZero(terms)+")"), b.wordAs(verdict(c == reports.Checks{}), look{bold: true, align: "center"}))
}

// drawReasons counts and adds up the open exceptions by reason and currency.
func drawReasons(b *book, s *sheet) error {
	s.section("Open exceptions by reason and currency", "")
	if b.ahead.exceptions == 0 {
		s.put(b.word("No open exceptions."))
		return nil
	}
	cols := []column[group]{
		{"reason", 0, func(g group) cell { return b.word(g.reason.String()) }},
		{"owner", 0, func(g group) cell { return b.word(g.reason.About().Owner) }},
		{"severity", 0, func(g group) cell {
			return b.wordAs(string(b.ahead.gravest[g]), look{align: "center", bold: true})
		}},
		{"currency", 0, func(g group) cell { return b.word(code(g.currency)) }},
		{"items", 0, func(g group) cell {
			return formula("COUNTIFS("+reasonWhere(s.row+1)+")", b.count(b.groupTotal(g).items))
		}},
		{"items by service", 0, func(g group) cell { return b.countAs(b.groupTotal(g).items, look{color: muted}) }},
		{"amount", 0, func(g group) cell {
			text := fmt.Sprintf("ROUND(SUMIFS(tblExceptions[amount],%s),%d)", reasonWhere(s.row+1), g.currency.Digits())
			return formula(text, b.total(b.groupAmount(g), look{}))
		}},
		{"amount by service", 0, func(g group) cell { return b.total(b.groupAmount(g), look{color: muted}) }},
		{"check", 0, func(g group) cell {
			digits := g.currency.Digits()
			row := s.row + 1
			return cell{
				Formula: fmt.Sprintf("ROUND(ABS(%s-%s)+ABS(%s-%s),%d)", at(5, row), at(6, row), at(7, row), at(8, row), digits),
				Value:   0, StyleID: b.style(look{format: checkFormat(digits), align: "right"}),
			}
		}},
	}
	p, err := table(s, "tblReasons", cols, reports.Each(b.ahead.order))
	s.paintSeverity(p.area(3))
	s.paintChecks(p.area(9))
	return err
}

func reasonWhere(row int) string {
	return fmt.Sprintf("tblExceptions[reason],$A%d,tblExceptions[currency],$D%d", row, row)
}

func (b *book) groupTotal(g group) tally {
	t, err := b.ahead.total(g)
	b.fail(err)
	return t
}

func (b *book) groupAmount(g group) money.Amount {
	return money.New(b.groupTotal(g).amount, g.currency)
}

// ranked is one of the largest exceptions of its currency.
type ranked struct {
	*reports.ExceptionRow
	rank int
}

// drawTop lists the largest amounts, for each currency by itself.
func drawTop(b *book, s *sheet) error {
	s.section(fmt.Sprintf("The %d largest of each currency", topCount), "By absolute amount. Currencies are not compared with each other.")
	var rows []ranked
	for _, c := range b.currencies() {
		top := b.ahead.top[c]
		for i := range top {
			rows = append(rows, ranked{&top[i], i + 1})
		}
	}
	if len(rows) == 0 {
		s.put(b.word("None."))
		return nil
	}
	cols := []column[ranked]{
		{"reason", 0, func(x ranked) cell { return b.word(x.Reason.String()) }},
		{"exception_id", 0, func(x ranked) cell { return b.text("exception_id", x.ID) }},
		{"severity", 0, func(x ranked) cell { return b.wordAs(string(x.SeverityOf()), look{align: "center", bold: true}) }},
		{"currency", 0, func(x ranked) cell { return b.word(code(x.Currency)) }},
		{"rank", 0, func(x ranked) cell { return b.count(x.rank) }},
		{"amount", 0, func(x ranked) cell { return b.total(x.Amount, look{bold: true}) }},
		{"origin_date", 0, func(x ranked) cell { return b.date(x.Origin) }},
		{"order_no", 0, func(x ranked) cell { return b.text("order_no", x.OrderNo) }},
		{"customer_no", 0, func(x ranked) cell { return b.text("customer_no", x.CustomerNo) }},
		{"merchant_id", 0, func(x ranked) cell { return b.text("merchant_id", x.Merchant) }},
	}
	p, err := table(s, "tblTop", cols, reports.Each(rows))
	s.paintSeverity(p.area(3))
	return err
}

// drawDue counts down to the response dates of chargebacks and retrievals (3.5).
func drawDue(b *book, s *sheet) error {
	s.section("Responses due", "Chargebacks and retrievals by the day on which the answer must be with the processor.")
	if len(b.ahead.due) == 0 {
		s.put(b.word("No open dispute has a due date."))
		return nil
	}
	type e = *reports.ExceptionRow
	due := func() string { return at(6, s.row+1) }
	cols := []column[e]{
		{"reason", 0, func(x e) cell { return b.word(x.Reason.String()) }},
		{"exception_id", 0, func(x e) cell { return b.text("exception_id", x.ID) }},
		{"severity", 0, func(x e) cell { return b.wordAs(string(x.SeverityOf()), look{align: "center", bold: true}) }},
		{"state", 0, func(x e) cell {
			return formula(fmt.Sprintf(`IF(%s<0,"OVERDUE",IF(%s=0,"DUE TODAY","open"))`, at(5, s.row+1), at(5, s.row+1)), b.wordAs(dueState(x, b.n.AsOf), look{bold: true}))
		}},
		{"days left", 0, func(x e) cell { return formula(due()+"-AsOf", b.count(int(x.Due-b.n.AsOf))) }},
		{"due_date", 0, func(x e) cell { return b.date(x.Due) }},
		{"amount", 0, func(x e) cell { return b.money(x.Amount) }},
		{"currency", 0, func(x e) cell { return b.word(code(x.Currency)) }},
		{"merchant_ref", 0, func(x e) cell { return b.text("merchant_ref", x.Reference) }},
		{"merchant_id", 0, func(x e) cell { return b.text("merchant_id", x.Merchant) }},
	}
	var rows []e
	for i := range b.ahead.due {
		rows = append(rows, &b.ahead.due[i])
	}
	p, err := table(s, "tblDue", cols, reports.Each(rows))
	s.paintSeverity(p.area(3))
	s.paint(p.area(4), at(4, p.first)+`="OVERDUE"`, badText, badFill)
	s.paint(p.area(4), at(4, p.first)+`="DUE TODAY"`, warnText, warnFill)
	return err
}

func dueState(x *reports.ExceptionRow, asOf recon.Date) string {
	switch {
	case x.Due < asOf:
		return "OVERDUE"
	case x.Due == asOf:
		return "DUE TODAY"
	}
	return "open"
}

// signOff is where people sign, and what the service has on record (4.6).
func (b *book) signOff(s *sheet) {
	s.section("Sign-off", "A typed name is a courtesy; the service keeps the approval itself.")
	label, field := look{color: muted}, look{open: true, fill: editFill, boxed: true, format: asText}
	for _, who := range []string{"Prepared by", "Reviewed by"} {
		s.putHigh(20, b.wordAs(who, label), b.blank(field), b.wordAs("date", look{color: muted, align: "center"}), b.blank(field))
	}
	s.putHigh(20, b.wordAs("Comment", label), b.blank(field), b.blank(field), b.blank(field))
	if len(b.n.Approvals) == 0 {
		return
	}
	s.skip(1)
	s.section("Approvals on record", "")
	cols := []column[reports.Approval]{
		{"approval", 0, func(x reports.Approval) cell { return b.text("approval", x.What) }},
		{"at (" + b.zone.String() + ")", 0, func(x reports.Approval) cell { return b.instant(x.When) }},
		{"by", 0, func(x reports.Approval) cell { return b.text("by", x.Who) }},
		{"remark", 0, func(x reports.Approval) cell { return b.text("note", x.Note) }},
	}
	_, err := table(s, "tblApprovals", cols, reports.Each(b.n.Approvals))
	b.fail(err)
}
