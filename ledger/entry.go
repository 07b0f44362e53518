package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tieout/ledger/money"
	"tieout/recon"
)

// Side is debit or credit.
type Side byte

// The two sides.
const (
	Debit  Side = 'D'
	Credit Side = 'C'
)

// String is D or C.
func (s Side) String() string { return string(rune(s)) }

// Class is what kind of act an entry books (GL-08).
type Class string

// The classes.
const (
	Settle  Class = "SETTLE"
	Fund    Class = "FUND"
	Bank    Class = "BANK"
	Reclass Class = "RECLASS"
)

// Key is what makes an entry that entry (GL-08), so a rerun finds it again and
// posts nothing twice (GL-19).
type Key struct {
	PostingDate recon.Date
	Merchant    string // "-" for bank lines that belong to no merchant
	Currency    money.Currency
	Class       Class
	Correction  string // "" or what GL-21 appends: "#2", "#R2"
}

// String is the natural key: 2026-09-30|acme_us|USD|SETTLE.
func (k Key) String() string {
	return fmt.Sprintf("%s|%s|%s|%s%s", k.PostingDate, k.Merchant, k.Currency, k.Class, k.Correction)
}

// Compare orders keys by date, merchant, currency, class and correction.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.PostingDate, o.PostingDate), strings.Compare(k.Merchant, o.Merchant),
		strings.Compare(k.Currency.String(), o.Currency.String()), strings.Compare(string(k.Class), string(o.Class)),
		strings.Compare(k.Correction, o.Correction))
}

// SourceRef names what a line was rolled up from: T:row, H:txn id, F:deposit, B:bank line.
type SourceRef string

// Line is one line of an entry. Amount and Base are minor units of the entry's
// currency and of the base currency, never negative: the side says the direction.
type Line struct {
	Account string
	Side    Side
	Label   string
	Amount  int64
	Base    int64
	Rule    string // id of the rule that made it; several are joined by + (GL-07)
	Memo    string
	Sources []SourceRef

	RuleTable string // version of the rule table (GL-07)
	Role      Role   // what the account is for, as far as proofs need it
}

// Event is the event type that the line is for; a label has the values of
// extra grouping keys behind it (GL-08).
func (l *Line) Event() string { return eventOf(l.Label) }

func eventOf(label string) string {
	event, _, _ := strings.Cut(label, " ")
	return event
}

// Entry is a balanced journal entry in one currency (ACC-07).
type Entry struct {
	key      Key
	number   string
	rate     money.Rate
	base     money.Currency
	memo     string
	corrects string
	posting  recon.Date // 0: the key's
	lines    []Line
}

// ErrUnbalanced is an entry whose debits are not its credits, in its currency or in base.
var ErrUnbalanced = errors.New("out of balance")

// NewEntry builds an entry of lines that carry their base amounts. Lines of
// amount zero and base zero are dropped (GL-11), the rest are put into
// canonical order (GL-10). It refuses negative amounts, an entry without lines
// and one that does not balance in its currency and in base (GL-12).
func NewEntry(key Key, base money.Currency, rate money.Rate, lines []Line) (Entry, error) {
	kept := make([]Line, 0, len(lines))
	var amount, inBase int64
	for _, l := range lines {
		if l.Amount < 0 || l.Base < 0 {
			return Entry{}, fmt.Errorf("entry %s: line %s %s: negative amount", key, l.Account, l.Label)
		}
		if l.Amount == 0 && l.Base == 0 {
			continue
		}
		sign := int64(1)
		if l.Side == Credit {
			sign = -1
		}
		amount += sign * l.Amount
		inBase += sign * l.Base
		kept = append(kept, l)
	}
	if len(kept) == 0 {
		return Entry{}, fmt.Errorf("entry %s: no lines", key)
	}
	if amount != 0 || inBase != 0 {
		return Entry{}, fmt.Errorf("entry %s: %w by %s and %s in base", key, ErrUnbalanced,
			money.New(amount, key.Currency), money.New(inBase, base))
	}
	slices.SortStableFunc(kept, CompareLines)
	return Entry{key: key, base: base, rate: rate, lines: kept}, nil
}

// CompareLines is the canonical order of lines: account, D before C, label (GL-10).
func CompareLines(a, b Line) int {
	return cmp.Or(strings.Compare(a.Account, b.Account), cmp.Compare(b.Side, a.Side), strings.Compare(a.Label, b.Label))
}

// Key is the natural key.
func (e Entry) Key() Key { return e.key }

// PostingDate is the day on which the entry is posted. A correction of a closed
// period has another one than the key that it keeps (GL-18).
func (e Entry) PostingDate() recon.Date {
	if e.posting != 0 {
		return e.posting
	}
	return e.key.PostingDate
}

// OnDate is the entry posted on another day than its key says.
func (e Entry) OnDate(day recon.Date) Entry { e.posting = day; return e }

// Number is the entry number, "" before numbering: TO26000001.
func (e Entry) Number() string { return e.number }

// Numbered is the entry with its number (GL-19).
func (e Entry) Numbered(number string) Entry { e.number = number; return e }

// Rate is the rate by which base amounts were made.
func (e Entry) Rate() money.Rate { return e.rate }

// Base is the base currency.
func (e Entry) Base() money.Currency { return e.base }

// Memo is the text of the entry.
func (e Entry) Memo() string { return e.memo }

// WithMemo is the entry with a text.
func (e Entry) WithMemo(memo string) Entry { e.memo = memo; return e }

// Corrects is the number of the entry that this one corrects, or "".
func (e Entry) Corrects() string { return e.corrects }

// Correcting is the entry as a correction of the entry with that number (GL-21).
func (e Entry) Correcting(number string) Entry { e.corrects = number; return e }

// Lines is a copy of the lines in canonical order.
func (e Entry) Lines() []Line { return slices.Clone(e.lines) }

// Totals are debits and credits in the entry's currency and debits in base.
func (e Entry) Totals() (debits, credits, base int64) {
	for _, l := range e.lines {
		if l.Side == Debit {
			debits += l.Amount
			base += l.Base
		} else {
			credits += l.Amount
		}
	}
	return debits, credits, base
}
