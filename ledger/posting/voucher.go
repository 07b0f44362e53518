package posting

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
)

// Voucher is a journal entry as other accounting systems take it: one amount a
// line, debits positive and credits negative, in the base currency, for their
// files have no column for another one. Lines of nothing in base are left out.
type Voucher struct {
	Number string // the entry's (GL-19)
	Date   recon.Date
	Text   string
	Lines  []VoucherLine
}

// VoucherLine is one line of a voucher.
type VoucherLine struct {
	Account string
	Amount  money.Amount // + debit, - credit
	Text    string
}

// Widths are what the columns of a format have room for, in characters.
type Widths struct {
	Number, Account int  // of the entry number and of an account: wider ones are refused
	Text, LineText  int  // of the entry's text and of a line's: longer ones are cut; 0 where there is no such column
	Leads           bool // the entry's number leads its text in one column
	Lines           int  // of a voucher, 0 for no limit
}

// book is the form that a format gives to vouchers.
type book struct {
	name      string
	extension string
	widths    Widths
	lines     func(no int, v Voucher) ([]string, error)
	head      []string
	parse     func(lines []string, base money.Currency) ([]Voucher, error)
}

// format is the posting format of the book: text in Windows-1252 with CR LF.
func (b book) format() Format {
	return Format{Name: b.name, Write: b.write, Prove: b.prove}
}

// windows is how the text of all books is encoded.
func windows() Profile { return Profile{CRLF: true, Windows1252: true} }

func (b book) write(h Header, entries []ledger.Entry) (Drop, error) {
	if len(entries) == 0 {
		return Drop{}, ErrNothingToPost
	}
	totals, err := Check(h, entries)
	if err != nil {
		return Drop{}, err
	}
	vouchers, cuts, err := b.vouchers(entries)
	if err != nil {
		return Drop{}, err
	}
	if len(vouchers) == 0 {
		return Drop{}, ErrNothingToPost
	}
	file, err := b.render(vouchers)
	return Drop{[]Part{{Extension: b.extension, Bytes: file}}, totals, cuts}, err
}

func (b book) render(vouchers []Voucher) ([]byte, error) {
	var file []byte
	for _, l := range b.head {
		file = append(file, l+"\r\n"...)
	}
	for i, v := range vouchers {
		lines, err := b.lines(i+1, v)
		if err != nil {
			return nil, fmt.Errorf("%s: entry %s: %w", b.name, v.Number, err)
		}
		for _, l := range lines {
			if file, err = windows().encode(file, l+"\r\n"); err != nil {
				return nil, fmt.Errorf("%s: entry %s: %w", b.name, v.Number, err)
			}
		}
	}
	return file, nil
}

// vouchers are the entries as far as they fit the book.
func (b book) vouchers(entries []ledger.Entry) ([]Voucher, []Cut, error) {
	all, cuts, err := b.widths.Vouchers(entries)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", b.name, err)
	}
	return all, cuts, nil
}

// Vouchers are entries as far as they fit the columns, in their order, without those of
// nothing in base, and what was cut of their texts. What a narrow column would
// turn into something else is refused; the error names the entry.
func (w Widths) Vouchers(entries []ledger.Entry) ([]Voucher, []Cut, error) {
	var cuts cutter
	all := make([]Voucher, 0, len(entries))
	for _, e := range entries {
		v := Voucher{Number: e.Number(), Date: e.PostingDate(), Text: cuts.text(e.Number(), 0, cmp.Or(e.Memo(), e.Key().String()), w.textWidth(e))}
		for i, l := range e.Lines() {
			amount := money.New(l.Base, e.Base())
			if l.Side == ledger.Credit {
				amount = amount.Neg()
			}
			if amount.Sign() != 0 {
				v.Lines = append(v.Lines, VoucherLine{l.Account, amount, cuts.text(e.Number(), i+1, l.Label+" "+l.Memo, w.LineText)})
			}
		}
		if err := w.fits(v); err != nil {
			return nil, nil, fmt.Errorf("entry %s: %w", e.Number(), err)
		}
		if len(v.Lines) > 0 {
			all = append(all, v)
		}
	}
	return all, cuts, nil
}

// textWidth is what the column has left for the entry's text.
func (w Widths) textWidth(e ledger.Entry) int {
	if w.Leads {
		return max(0, w.Text-len(e.Number())-1)
	}
	return w.Text
}

// fits refuses what a narrow column would turn into something else.
func (w Widths) fits(v Voucher) error {
	if len(v.Number) > w.Number {
		return fmt.Errorf("its number is longer than the %d characters of its column", w.Number)
	}
	if w.Lines > 0 && len(v.Lines) > w.Lines {
		return fmt.Errorf("%d lines, and the importer takes %d: roll up by fewer keys", len(v.Lines), w.Lines)
	}
	for i, l := range v.Lines {
		if len([]rune(l.Account)) > w.Account {
			return fmt.Errorf("line %d: account %s is longer than the %d characters of its column", i+1, l.Account, w.Account)
		}
	}
	return nil
}

// prove reads the file back, compares it with the entries and then byte by byte
// with what would be written: settings of the format that are no part of a
// voucher are compared so too.
func (b book) prove(parts []Part, h Header, entries []ledger.Entry) error {
	if len(parts) != 1 {
		return fmt.Errorf("INV-11: %s: %d files where one is due", b.name, len(parts))
	}
	found, err := b.read(parts[0].Bytes, h.Base)
	if err != nil {
		return err
	}
	wanted, _, err := b.vouchers(entries)
	if err != nil {
		return err
	}
	if err := SameVouchers(found, wanted); err != nil {
		return fmt.Errorf("INV-11: %s: %w", b.name, err)
	}
	again, err := b.render(wanted)
	if err == nil && !bytes.Equal(again, parts[0].Bytes) {
		err = fmt.Errorf("INV-11: %s: the file differs from what is written for its entries", b.name)
	}
	return err
}

// read reads vouchers. Every voucher must add up to zero.
func (b book) read(file []byte, base money.Currency) ([]Voucher, error) {
	text, whole := strings.CutSuffix(windows().decode(file), "\r\n")
	if !whole {
		return nil, fmt.Errorf("%s: the file does not end with a line end", b.name)
	}
	lines := strings.Split(text, "\r\n")
	for i, l := range b.head {
		if i >= len(lines) || lines[i] != l {
			return nil, &Fault{i + 1, "heading", fmt.Sprintf("must be %q", l)}
		}
	}
	vouchers, err := b.parse(lines[len(b.head):], base)
	if fault := new(Fault); errors.As(err, &fault) {
		fault.Line += len(b.head)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.name, err)
	}
	for _, v := range vouchers {
		if err := v.Balanced(); err != nil {
			return nil, fmt.Errorf("%s: %w", b.name, err)
		}
	}
	return vouchers, nil
}

// Balanced refuses a voucher that does not add up to zero; the error is a
// [ledger.ErrUnbalanced] with the difference.
func (v Voucher) Balanced() error {
	sum := money.Amount{}
	for _, l := range v.Lines {
		var err error
		if sum, err = sum.Add(l.Amount); err != nil {
			return fmt.Errorf("entry %s: %w", v.Number, err)
		}
	}
	if sum.Sign() != 0 {
		return fmt.Errorf("entry %s: %w by %s", v.Number, ledger.ErrUnbalanced, sum)
	}
	return nil
}

// SameVouchers compares what a file has with what the journal has. The error names
// the first entry that differs.
func SameVouchers(found, wanted []Voucher) error {
	if len(found) != len(wanted) {
		return fmt.Errorf("the file has %d entries, the journal %d", len(found), len(wanted))
	}
	for i, w := range wanted {
		f := found[i]
		if f.Number != w.Number || f.Date != w.Date || f.Text != w.Text || !slices.Equal(f.Lines, w.Lines) {
			return fmt.Errorf("entry %s of the file is not entry %s of the journal: %v, must be %v", f.Number, w.Number, f, w)
		}
	}
	return nil
}
