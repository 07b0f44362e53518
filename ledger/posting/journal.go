package posting

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/gocarina/gocsv"

	"tieout/ledger"
	"tieout/ledger/money"
)

// journalRow is one line of journal.csv in the order of its columns. Cells that
// a person or an outsider can fill are textCells; numbers stay bare (XLS-04).
type journalRow struct {
	EntryNo     textCell `csv:"entry_no"`
	NaturalKey  textCell `csv:"natural_key"`
	PostingDate string   `csv:"posting_date"`
	Period      string   `csv:"period"`
	MerchantID  textCell `csv:"merchant_id"`
	Currency    string   `csv:"currency"`
	Class       string   `csv:"class"`
	LineNo      int      `csv:"line_no"`
	Account     textCell `csv:"account"`
	Side        string   `csv:"side"`
	Amount      string   `csv:"amount"`
	BaseAmount  string   `csv:"base_amount"`
	Rate        string   `csv:"rate"`
	Label       textCell `csv:"label"`
	Memo        textCell `csv:"memo"`
	RuleID      textCell `csv:"rule_id"`
	Sources     textCell `csv:"sources"`
}

// textCell is text that a spreadsheet must not run.
type textCell string

// MarshalCSV writes the text as [Inert].
func (c textCell) MarshalCSV() (string, error) { return Inert(string(c)), nil }

// WriteJournal writes journal.csv: a header, then one row for each line of each
// entry in the order given, held and unreleased ones included. A line without a
// memo shows its entry's. Only the rows of one entry are in memory at a time.
func WriteJournal(w io.Writer, entries []ledger.Entry) error {
	out := batchedWriter{csv.NewWriter(w)}
	if err := gocsv.MarshalCSV([]journalRow{}, out); err != nil {
		return fmt.Errorf("header of journal.csv: %w", err)
	}
	for _, e := range entries {
		if err := gocsv.MarshalCSVWithoutHeaders(journalRows(e), out); err != nil {
			return fmt.Errorf("entry %s in journal.csv: %w", e.Key(), err)
		}
	}
	out.Writer.Flush()
	return out.Error()
}

// batchedWriter keeps gocsv from flushing after every entry.
type batchedWriter struct{ *csv.Writer }

// Flush leaves flushing to the end of the file and to a full buffer.
func (batchedWriter) Flush() {}

func journalRows(e ledger.Entry) []journalRow {
	key, lines := e.Key(), e.Lines()
	rows := make([]journalRow, len(lines))
	for i, l := range lines {
		rows[i] = journalRow{
			EntryNo:     textCell(e.Number()),
			NaturalKey:  textCell(key.String()),
			PostingDate: e.PostingDate().String(),
			Period:      e.PostingDate().Period(),
			MerchantID:  textCell(key.Merchant),
			Currency:    key.Currency.String(),
			Class:       string(key.Class),
			LineNo:      i + 1,
			Account:     textCell(l.Account),
			Side:        l.Side.String(),
			Amount:      money.New(l.Amount, key.Currency).String(),
			BaseAmount:  money.New(l.Base, e.Base()).String(),
			Rate:        rateText(e),
			Label:       textCell(l.Label),
			Memo:        textCell(cmp.Or(l.Memo, e.Memo())),
			RuleID:      textCell(l.Rule),
			Sources:     textCell(sourceList(l.Sources)),
		}
	}
	return rows
}

// sourceList is the sources separated by a blank.
func sourceList(sources []ledger.SourceRef) string {
	var b strings.Builder
	for i, s := range sources {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(string(s))
	}
	return b.String()
}

// Inert is text as a CSV cell that no spreadsheet runs (XLS-04): characters
// below blank except tab, CR and LF are removed, and what then begins with
// = + - @ in either width, tab, CR or LF gets one leading apostrophe, which
// importing takes off again.
func Inert(text string) string {
	if isPlain(text) { // nearly all text
		return text
	}
	text = strings.Map(func(r rune) rune {
		if r >= ' ' && r != 0xFFFE && r != 0xFFFF || r == '\t' || r == '\r' || r == '\n' {
			return r
		}
		return -1
	}, text)
	first, _ := utf8.DecodeRuneInString(text)
	if text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + text
	}
	return text
}

// isPlain tells text of printable ASCII that begins with no mark of a formula.
func isPlain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return text == "" || strings.IndexByte("=+-@", text[0]) < 0
}
