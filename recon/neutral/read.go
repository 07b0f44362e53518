package neutral

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
)

// reading is one file on its way into a table or list.
type reading struct {
	report recon.FileReport
	number uint16
	totals recon.ControlTotals
	faulty int
	cards  bool
}

// read decodes a file row by row and gives the report on it.
func read[T any](name string, kind Kind, number uint16, r io.Reader, row func(*line, T)) recon.FileReport {
	p := &reading{report: recon.NewFileReport(carddata.Mask(name), string(kind)), number: number, totals: recon.ControlTotals{}, cards: carddata.Has(name)}
	head := &firstBytes{r: r}
	sheet, _ := Decode(head, func(t T, pos Pos) error {
		l := line{reading: p, pos: pos}
		row(&l, t)
		p.report.Rows.Total++
		if l.faulty {
			p.faulty++
		}
		return nil
	})
	p.judge(&sheet, head.seen)
	return p.report
}

// firstBytes remembers how a file begins, to tell an error page from a layout.
type firstBytes struct {
	r    io.Reader
	seen []byte
}

// Read passes the file on.
func (f *firstBytes) Read(b []byte) (int, error) {
	n, err := f.r.Read(b)
	if room := 512 - len(f.seen); room > 0 {
		f.seen = append(f.seen, b[:min(n, room)]...)
	}
	return n, err
}

// judge gives the verdict on the file (R8).
func (p *reading) judge(s *Sheet, head []byte) {
	p.report.Size = s.End.Size
	if p.cards = p.cards || s.Cards; !p.cards {
		p.report.SHA256 = hex.EncodeToString(s.End.SHA256[:])
	}
	start := strings.TrimLeft(strings.TrimPrefix(string(head), "\xEF\xBB\xBF"), " \t\r\n")
	switch {
	case s.End.Err != nil:
		p.refuse(s.End.LastLine, "", "read_failed", "the file could not be read to its end; check the disk or network and run again")
	case start == "" && len(s.Header) == 0:
		p.condemn(recon.FileNotAReport, 0, "", "empty_file", "the file is empty; a day without rows has at least the line with the column names")
	case start[0] == '<' || start[0] == '{' || start[0] == '[':
		p.condemn(recon.FileNotAReport, 1, "", "not_a_report", "the file holds an error page where a table was expected; fetch it again")
	default:
		p.judgeStructure(s)
	}
	if p.report.Condemned() {
		p.report.Condemn(p.report.Verdict)
	} else {
		p.report.Judge(&recon.FileCount{Quarantined: p.faulty, Totals: p.totals})
	}
	p.report.Close()
}

func (p *reading) judgeStructure(s *Sheet) {
	if s.Damage != nil {
		p.refuse(s.Damage.Line, "", s.Damage.Code, s.Damage.Message)
	}
	if len(s.Missing) > 0 {
		p.refuse(s.HeaderLine, strings.Join(s.Missing, ", "), "missing_columns",
			"the header has no column "+strings.Join(s.Missing, ", ")+"; add it, or give the file where its layout belongs")
	}
	if len(s.Doubled) > 0 {
		p.refuse(s.HeaderLine, strings.Join(s.Doubled, ", "), "duplicate_columns",
			"the header names a column twice: "+strings.Join(s.Doubled, ", ")+"; remove one of the two")
	}
	var unknown []string
	for _, name := range s.Unknown {
		if takesCustom(p.report.Kind) && isCustom(name) {
			continue
		}
		if name == "" {
			name = "(without a name)"
		}
		unknown = append(unknown, name)
	}
	if len(unknown) > 0 {
		all := strings.Join(unknown, ", ")
		p.report.Note(recon.Finding{Line: s.HeaderLine, Column: all, Code: "unknown_column", Message: "columns that are not used: " + all})
	}
}

func takesCustom(kind string) bool { return kind == string(Transactions) || kind == string(History) }

// isCustom tells the names of merchant-defined data: mdd1, mdd2, ...
func isCustom(name string) bool {
	number, ok := strings.CutPrefix(name, "mdd")
	return ok && number != "" && len(number) <= 3 && strings.Trim(number, "0123456789") == ""
}

func (p *reading) refuse(line int, column, code, message string) {
	p.condemn(recon.FileQuarantined, line, column, code, message)
}

func (p *reading) condemn(verdict recon.FileVerdict, line int, column, code, message string) {
	p.report.Verdict = verdict
	p.report.Note(recon.Finding{Line: line, Column: column, Code: code, Message: message})
}

// line is one row being read.
type line struct {
	reading *reading
	pos     Pos
	faulty  bool
	cards   bool
	fault   recon.Fault
}

func (l *line) source() recon.Source {
	return recon.Source{File: l.reading.number, Line: uint32(l.pos.Line)}
}

// blame makes the row faulty. The first blame is its Fault, all are findings.
func (l *line) blame(column, code, message string) {
	if !l.faulty {
		l.fault = recon.Fault{Column: column, Code: code, Message: message}
	}
	l.faulty = true
	l.reading.report.Note(recon.Finding{Line: l.pos.Line, Column: column, Code: code, Message: message})
}

func (l *line) blameValue(column, code, value, expected string) {
	l.blame(column, code, column+" is "+carddata.Quote(value)+"; expected "+expected)
}

// faultOf is the row's Fault, nil for a good row.
func (l *line) faultOf(currency string) *recon.Fault {
	if !l.faulty {
		return nil
	}
	f := l.fault
	f.CurrencyText = carddata.Mask(currency)
	return &f
}

// wellFormed blames a row with a wrong number of columns; its values may stand under wrong names.
func (l *line) wellFormed() bool {
	if l.pos.Columns == len(l.pos.Fields) {
		return true
	}
	l.blame("", "wrong_column_count", fmt.Sprintf("the row has %d columns where the header has %d; correct the row", l.pos.Columns, len(l.pos.Fields)))
	return false
}

// searchCards looks for card data in everything but ids in the processor's own
// form (R7). Where it finds some, the pointers to the row's texts are masked.
func (l *line) searchCards(texts ...*string) {
	for _, fields := range [...][]string{l.pos.Fields, l.pos.Beyond} {
		for _, v := range fields {
			if len(v) >= 13 && !isRequestID(v) && carddata.Hidden(v) {
				l.blameCard(v)
			}
		}
	}
	if !l.cards {
		return
	}
	for _, t := range texts {
		if !isRequestID(*t) {
			*t = carddata.Mask(*t)
		}
	}
}

func (l *line) blameCard(v string) {
	const message = "the row holds a card number ending in %s; it is not used and the number is not kept: replace it at its source and load the file again"
	text := fmt.Sprintf(message, carddata.Last4(v))
	if l.faulty && !l.cards {
		l.fault = recon.Fault{Code: "card_data", Message: text}
	}
	l.cards, l.reading.cards = true, true
	l.blame("", "card_data", text)
}

// isRequestID is the form of the processor's ids.
func isRequestID(v string) bool {
	return len(v) >= 22 && len(v) <= 26 && strings.Trim(v, "0123456789") == ""
}

func (l *line) currency(column, text string) money.Currency {
	c, err := money.ParseCurrency(strings.TrimSpace(text))
	if err != nil {
		l.blameValue(column, "unknown_currency", text, "an ISO 4217 code in capitals such as USD")
	}
	return c
}

// amount reads a decimal (GL-03); without a currency there is nothing to read it by.
func (l *line) amount(column, text string, c money.Currency) int64 {
	if c == 0 {
		return 0
	}
	a, err := money.Parse(text, c)
	if err != nil {
		l.blameValue(column, "bad_amount", text, fmt.Sprintf("a plain decimal number with at most %d decimals for %s (%s)", c.Digits(), c, err))
	}
	return a.Minor()
}

// amountOr is amount where an empty text means what is given.
func (l *line) amountOr(column, text string, c money.Currency, otherwise int64) int64 {
	if strings.TrimSpace(text) == "" {
		return otherwise
	}
	return l.amount(column, text, c)
}

func (l *line) date(column, text string) recon.Date {
	d, err := recon.ParseDate(strings.TrimSpace(text))
	if err != nil {
		l.blameValue(column, "bad_date", text, "a date of the calendar such as 2026-09-30")
		return 0
	}
	return d
}

func (l *line) instant(column, text string) recon.Instant {
	if text == "" {
		return 0
	}
	at, err := recon.ParseInstant(text)
	if err != nil {
		l.blameValue(column, "bad_time", text, "a time with its offset such as 2026-09-30T20:30:00Z")
		return 0
	}
	return at
}

func (l *line) need(column, text string) {
	if strings.TrimSpace(text) == "" {
		l.blame(column, "missing_value", column+" is empty; a value is needed, correct the row")
	}
}
