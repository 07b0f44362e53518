package ledger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"tieout/recon"
)

// The memo that a line gets if its rule says nothing else, by class.
const (
	settleMemo  = "{settlement_date} {merchant_id} {event_type} {card_brand} x{count}"
	depositMemo = "{settlement_date} {merchant_id} {event_type} x{count}"
	postingMemo = "{posting_date} {merchant_id} {event_type} x{count}"
)

// defaultMemo is the usual memo of a class.
func defaultMemo(c Class) string {
	switch c {
	case Settle:
		return settleMemo
	case Fund:
		return depositMemo
	default:
		return postingMemo
	}
}

// usualMemoWidth is what a memo is cut to where the policy says nothing.
const usualMemoWidth = 60

// mixed stands for a fact in which the rows of a line differ.
const mixed = "MIXED"

// memoFacts are the names that a memo may use. Merchant-defined data is not
// among them: it may be personal and is never printed unasked (2.2).
func memoFacts() []fact {
	return []fact{factMerchant, factCurrency, factBrand, factMethod, factFeeCode, factStore}
}

// parseMemo checks a memo template.
func parseMemo(text string) error {
	for _, name := range segmentForm.FindAllString(text, -1) {
		switch name = name[1 : len(name)-1]; name {
		case "settlement_date", "posting_date", "event_type", "count":
			continue
		}
		if f, known := usualFact(name); !known || !slices.Contains(memoFacts(), f) {
			return fmt.Errorf("{%s} is not a name that a memo can use; known are settlement_date, posting_date, event_type, count, "+
				"merchant_id, currency, card_brand, payment_method, fee_code, store", name)
		}
	}
	return nil
}

// Memo is what a line's text is made of: the template and what the line's rows
// have in common. Parts of a line keep it, so that the whole line's text can be
// made from them.
type Memo struct {
	Template string
	Width    int        // characters of the ERP's field
	From, To recon.Date // settlement dates
	Facts    []string   // merchant, currency, card brand, payment method, fee code, store; MIXED where rows differ
	Count    int        // rows
}

// add joins the memos of two parts of a line; the template of the first stays.
func (m *Memo) add(o *Memo) {
	if m.Facts == nil {
		*m = *o
		m.Facts = slices.Clone(o.Facts)
		return
	}
	m.From, m.To, m.Count = min(m.From, o.From), max(m.To, o.To), m.Count+o.Count
	mixFacts(m.Facts, o.Facts)
}

func mixFacts(facts, others []string) {
	for i, v := range others {
		if i < len(facts) && facts[i] != v {
			facts[i] = mixed
		}
	}
}

// memoSum gathers the memo of a line while it takes movements.
type memoSum struct {
	from, to recon.Date
	facts    []string
	single   int   // movements that are all that their row gave
	shared   []int // rows that gave several movements
}

// add takes in the movements that a subject stands for.
func (m *memoSum) add(s *subject, single int, shared []int) {
	next := memoSum{from: s.settled, to: s.settled, single: single, shared: shared}
	for _, f := range memoFacts() {
		next.facts = append(next.facts, s.values[f])
	}
	m.merge(&next)
}

// merge joins what two parts gathered.
func (m *memoSum) merge(o *memoSum) {
	if m.facts == nil {
		*m = memoSum{o.from, o.to, slices.Clone(o.facts), o.single, slices.Clone(o.shared)}
		return
	}
	m.from, m.to = min(m.from, o.from), max(m.to, o.to)
	mixFacts(m.facts, o.facts)
	m.single += o.single
	m.shared = append(m.shared, o.shared...)
}

// whole is the memo; a row that gave several movements counts once.
func (m *memoSum) whole(template string, width int) Memo {
	slices.Sort(m.shared)
	return Memo{template, width, m.from, m.to, m.facts, m.single + len(slices.Compact(slices.Clone(m.shared)))}
}

// render fills the template for a line, makes it one clean line of text and
// cuts it to the width. Different dates become their range.
func (m *Memo) render(posting recon.Date, label string) string {
	text := segmentForm.ReplaceAllStringFunc(m.Template, func(name string) string {
		switch name = name[1 : len(name)-1]; name {
		case "settlement_date":
			if m.From != m.To {
				return m.From.String() + ".." + m.To.String()
			}
			return m.From.String()
		case "posting_date":
			return posting.String()
		case "event_type":
			return eventOf(label)
		case "count":
			return strconv.Itoa(m.Count)
		}
		f, _ := usualFact(name)
		if at := slices.Index(memoFacts(), f); at < len(m.Facts) {
			return m.Facts[at]
		}
		return ""
	})
	return cut(oneLine(text), m.Width)
}

// oneLine is text with | and control characters as blanks, and blanks collapsed (PF-01).
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return r == '|' || unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar
	}), " ")
}

// cut is at most width characters of text.
func cut(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return strings.TrimSpace(string(runes[:width]))
}
