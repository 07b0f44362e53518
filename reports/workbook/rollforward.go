package workbook

import (
	"fmt"
	"strings"

	"tieout/ledger/money"
	"tieout/reports"
)

// drawRollForward writes the balances and their proofs (5.1).
func drawRollForward(b *book) error {
	fr := frame{widths: []float64{26}}
	for range 19 {
		fr.widths = append(fr.widths, 14)
	}
	s := b.open("RollForward", fr)
	s.heading("Roll-forward and proofs", "Opening plus movements is closing; closing is proved by a list. Periods go by posting date.")
	for _, draw := range []func(*book, *sheet) error{
		drawBalances, drawSuspense, drawBatches, drawInTransit, drawCash, drawDeposits, drawBankLines,
	} {
		if err := draw(b, s); err != nil {
			return err
		}
		s.skip(1)
	}
	s.row--
	s.close()
	return nil
}

// rollFirst is the row of the first balance: TieOut refers to it.
const rollFirst = 6

// drawBalances writes the totals of each currency, then merchant by merchant.
func drawBalances(b *book, s *sheet) error {
	totals, merchants := b.balances()
	s.section("Roll-forward by currency", "")
	if err := b.rollTable(s, "tblRollForward", totals); err != nil {
		return err
	}
	if len(merchants) == 0 {
		return nil
	}
	s.skip(1)
	s.section("Roll-forward by merchant", "")
	return b.rollTable(s, "tblRollMerchant", merchants)
}

// balances are the rows of all merchants together, and those of one.
func (b *book) balances() (totals, merchants []reports.RollForward) {
	for _, r := range b.n.RollForward {
		if r.Merchant == "" {
			totals = append(totals, r)
		} else {
			merchants = append(merchants, r)
		}
	}
	return totals, merchants
}

// closingCell is the cell of the closing balance of clearing in a currency; "" if the sheet has none.
func (b *book) closingCell(c money.Currency) (ref string) {
	totals, _ := b.balances()
	for i, r := range totals {
		if r.Account == "clearing" && r.Currency == c {
			ref = "RollForward!" + at(rollClosing, rollFirst+i)
		}
	}
	return ref
}

// The columns of a roll-forward between which its movements stand.
const (
	rollOpening = 5
	rollClosing = 16
)

func (b *book) rollTable(s *sheet, name string, rows []reports.RollForward) error {
	cols := b.rollColumns(s)
	p, err := table(s, name, cols, reports.Each(rows))
	s.paintChecks(p.area(len(cols)))
	return err
}

// rollColumns are opening, movements and closing. Where no opening balance is
// known opening and closing are NOT PROVIDED (ME-01).
func (b *book) rollColumns(s *sheet) []column[reports.RollForward] {
	type r = reports.RollForward
	amount := func(head string, of func(r) money.Amount) column[r] {
		return column[r]{head, 14, func(x r) cell { return b.money(of(x)) }}
	}
	known := func(l look, of func(r) money.Amount) func(r) cell {
		return func(x r) cell {
			if of(x).Currency() == 0 {
				return b.wordAs(absent, look{color: muted, align: "right"})
			}
			return b.moneyAs(of(x), l)
		}
	}
	closing := func(x r) money.Amount { return x.Closing }
	return []column[r]{
		{"account", 18, func(x r) cell { return b.text("account", x.Account) }},
		{"merchant_id", 14, func(x r) cell { return b.text("merchant_id", all(x.Merchant)) }},
		{"period", 10, func(x r) cell { return b.wordAs(x.Period, look{format: asText}) }},
		{"currency", 10, func(x r) cell { return b.word(code(x.Currency)) }},
		{"opening", 14, known(look{}, func(x r) money.Amount { return x.Opening })},
		amount("captures", func(x r) money.Amount { return x.Captures }),
		amount("refunds, credits", func(x r) money.Amount { return x.Refunds }),
		amount("rejects", func(x r) money.Amount { return x.Rejects }),
		amount("chargebacks", func(x r) money.Amount { return x.Chargebacks }),
		amount("reversals", func(x r) money.Amount { return x.Reversals }),
		amount("fees", func(x r) money.Amount { return x.Fees }),
		amount("reserve", func(x r) money.Amount { return x.Reserve }),
		amount("adjustments", func(x r) money.Amount { return x.Adjustments }),
		amount("funding", func(x r) money.Amount { return x.Funding }),
		amount("other", func(x r) money.Amount { return x.Other }),
		{"closing", 14, func(x r) cell {
			live := known(look{bold: true}, closing)(x)
			if x.Closing.Currency() == 0 {
				return live
			}
			row := s.row + 1
			return formula(fmt.Sprintf("ROUND(SUM(%s:%s),%d)", at(rollOpening, row), at(rollClosing-1, row), x.Currency.Digits()), live)
		}},
		{"closing by service", 14, known(look{color: muted}, closing)},
		{"check", 14, func(x r) cell {
			if x.Closing.Currency() == 0 {
				return b.blank(look{})
			}
			return b.check(at(rollClosing, s.row+1), at(rollClosing+1, s.row+1), x.Closing)
		}},
	}
}

func all(merchant string) string {
	if merchant == "" {
		return "all"
	}
	return merchant
}

func drawSuspense(b *book, s *sheet) error {
	s.section("Suspense: closing balance and list of open items", "")
	type r = reports.Suspense
	cols := []column[r]{
		{"account", 0, func(x r) cell { return b.text("account", x.Account) }},
		{"currency", 0, func(x r) cell { return b.word(code(x.Closing.Currency())) }},
		{"items", 0, func(x r) cell { return b.count(len(x.Items)) }},
		{"opening", 0, func(x r) cell { return b.money(x.Opening) }},
		{"movement", 0, func(x r) cell { return b.money(x.Movement) }},
		{"closing", 0, func(x r) cell {
			return formula(fmt.Sprintf("ROUND(%s+%s,%d)", at(4, s.row+1), at(5, s.row+1), x.Closing.Currency().Digits()), b.moneyAs(x.Closing, look{bold: true}))
		}},
		{"open list", 0, func(x r) cell { return b.money(x.List) }},
		{"check", 0, func(x r) cell { return b.check(at(6, s.row+1), at(7, s.row+1), x.Closing) }},
		{"open items", 0, func(x r) cell { return b.text("open items", strings.Join(x.Items, " ")) }},
	}
	p, err := table(s, "tblSuspense", cols, reports.Each(b.n.Suspense))
	s.paintChecks(p.area(8))
	return err
}

// drawBatches lists what was settled and what of it was funded; the open amounts prove closing clearing (INV-7).
func drawBatches(b *book, s *sheet) error {
	s.section("Batches and what was funded of them", "The open amounts are the list that proves the closing balance of clearing.")
	type r = reports.Batch
	cols := []column[r]{
		{"status", 0, func(x r) cell { return b.word(x.Status) }},
		{"merchant_id", 0, func(x r) cell { return b.text("merchant_id", x.Merchant) }},
		{"settled", 0, func(x r) cell { return b.date(x.Settled) }},
		{"currency", 0, func(x r) cell { return b.word(code(x.Net.Currency())) }},
		{"net", 0, func(x r) cell { return b.money(x.Net) }},
		{"funded", 0, func(x r) cell { return b.money(x.Funded) }},
		{"open", 0, func(x r) cell { return b.moneyAs(x.Open, look{bold: true}) }},
		{"reason", 0, func(x r) cell { return b.word(x.Reason.String()) }},
	}
	_, err := table(s, "tblBatches", cols, reports.Each(b.n.Batches))
	return err
}

func drawInTransit(b *book, s *sheet) error {
	s.section("Deposits in transit", "")
	type r = reports.InTransit
	cols := []column[r]{
		{"account", 0, func(x r) cell { return b.text("account", x.Account) }},
		{"currency", 0, func(x r) cell { return b.word(code(x.Closing.Currency())) }},
		{"opening", 0, func(x r) cell {
			if x.Opening.Currency() == 0 {
				return b.wordAs(absent, look{color: muted, align: "right"})
			}
			return b.money(x.Opening)
		}},
		{"deposits", 0, func(x r) cell { return b.money(x.Deposits) }},
		{"bank lines", 0, func(x r) cell { return b.money(x.BankLines) }},
		{"closing", 0, func(x r) cell {
			row := s.row + 1
			text := fmt.Sprintf("ROUND(N(%s)+%s-%s,%d)", at(3, row), at(4, row), at(5, row), x.Closing.Currency().Digits())
			return formula(text, b.moneyAs(x.Closing, look{bold: true}))
		}},
		{"by service", 0, func(x r) cell { return b.moneyAs(x.Closing, look{color: muted}) }},
		{"check", 0, func(x r) cell { return b.check(at(6, s.row+1), at(7, s.row+1), x.Closing) }},
	}
	if b.n.InTransit == nil {
		s.put(b.word(absent))
		return nil
	}
	p, err := table(s, "tblInTransit", cols, reports.Each(b.n.InTransit))
	s.paintChecks(p.area(len(cols)))
	return err
}

// cashLine is one line of a proof of cash; a difference is made of the lines above it.
type cashLine struct {
	account, side string
	currency      money.Currency
	reports.CashColumns
	over int // of a difference: how many lines stand above it
}

// inParts is the side of what a bank line adds to both sides of the book.
const inParts = "booked in parts"

// cashLines unfold the proofs: book, bank, what was booked in parts if anything was, and the difference.
func cashLines(proofs []reports.CashProof) []cashLine {
	var lines []cashLine
	for _, p := range proofs {
		less := minus(p.Book, p.Bank)
		add := func(side string, c reports.CashColumns, over int) {
			lines = append(lines, cashLine{p.Account, side, p.Currency, c, over})
		}
		add("book", p.Book, 0)
		add("bank", p.Bank, 0)
		over := 2
		if p.Parts.Receipts.Sign() != 0 || p.Parts.Disbursements.Sign() != 0 {
			add(inParts, p.Parts, 0)
			less, over = minus(less, p.Parts), 3
		}
		add("difference", less, over)
	}
	return lines
}

func minus(book, bank reports.CashColumns) reports.CashColumns {
	less := func(x, y money.Amount) money.Amount {
		if x.Currency() == 0 || y.Currency() == 0 {
			return x
		}
		return money.New(x.Minor()-y.Minor(), x.Currency())
	}
	return reports.CashColumns{
		Opening: less(book.Opening, bank.Opening), Receipts: less(book.Receipts, bank.Receipts),
		Disbursements: less(book.Disbursements, bank.Disbursements), Closing: less(book.Closing, bank.Closing),
	}
}

// drawCash is the proof of cash (ME-03); the differences must be 0.
func drawCash(b *book, s *sheet) error {
	s.section("Proof of cash", "Book less bank of each account must be 0. A bank line that merchants share with opposite signs is booked in parts.")
	if b.n.Cash == nil {
		s.put(b.word(absent))
		return nil
	}
	type l = cashLine
	amount := func(head string, col int, of func(l) money.Amount) column[l] {
		return column[l]{head, 0, func(x l) cell { return b.cashCell(s, x, col, of(x)) }}
	}
	cols := []column[l]{
		{"account", 0, func(x l) cell { return b.text("account", x.account) }},
		{"currency", 0, func(x l) cell { return b.word(code(x.currency)) }},
		{"side", 0, func(x l) cell { return b.wordAs(x.side, look{bold: x.over > 0}) }},
		amount("opening", 4, func(x l) money.Amount { return x.Opening }),
		amount("receipts", 5, func(x l) money.Amount { return x.Receipts }),
		amount("disbursements", 6, func(x l) money.Amount { return x.Disbursements }),
		amount("closing", 7, func(x l) money.Amount { return x.Closing }),
	}
	if _, err := table(s, "tblCash", cols, reports.Each(cashLines(b.n.Cash))); err != nil {
		return err
	}
	s.skip(1)
	return drawReconciling(b, s)
}

// cashCell is a figure of the proof; one that is not known says so.
func (b *book) cashCell(s *sheet, x cashLine, col int, a money.Amount) cell {
	switch {
	case a.Currency() == 0 && x.side == inParts:
		return b.blank(look{})
	case a.Currency() == 0:
		return b.wordAs(absent, look{color: muted, align: "right"})
	case x.over == 0:
		return b.money(a)
	}
	text := at(col, s.row+1-x.over)
	for up := x.over - 1; up > 0; up-- {
		text += "-N(" + at(col, s.row+1-up) + ")"
	}
	c := b.money(a)
	c.Value, _ = number(a.String())
	c.Formula = fmt.Sprintf("ROUND(%s,%d)", text, a.Currency().Digits())
	c.StyleID = b.style(look{format: checkFormat(a.Currency().Digits()), align: "right", bold: true})
	return c
}

// drawReconciling lists what stands between the deposit reports and the statement (ME-03).
func drawReconciling(b *book, s *sheet) error {
	s.section("Reconciling items of cash", "Deposits not on the statement yet, and statement lines without a deposit report. They are not part of the difference.")
	type r = reports.CashProof
	cols := []column[r]{
		{"account", 0, func(x r) cell { return b.text("account", x.Account) }},
		{"currency", 0, func(x r) cell { return b.word(code(x.Currency)) }},
		{"in transit", 0, func(x r) cell { return b.money(x.InTransit) }},
		{"unidentified", 0, func(x r) cell { return b.money(x.Unidentified) }},
	}
	_, err := table(s, "tblReconciling", cols, reports.Each(b.n.Cash))
	return err
}

func drawDeposits(b *book, s *sheet) error {
	s.section("Deposits reported by the processor", "")
	if b.n.Deposits == nil {
		s.put(b.word(absent))
		return nil
	}
	type r = reports.Deposit
	cols := []column[r]{
		{"deposit_id", 0, func(x r) cell { return b.text("deposit_id", x.ID) }},
		{"merchant_id", 0, func(x r) cell { return b.text("merchant_id", x.Merchant) }},
		{"settled", 0, func(x r) cell { return b.date(x.Settled) }},
		{"currency", 0, func(x r) cell { return b.word(code(x.SettledFor.Currency())) }},
		{"batch net", 0, func(x r) cell { return b.money(x.Net) }},
		{"settled amount", 0, func(x r) cell { return b.money(x.SettledFor) }},
		{"difference", 0, func(x r) cell { return b.money(x.Difference) }},
		{"funding currency", 0, func(x r) cell { return b.word(code(x.Funding.Currency())) }},
		{"funding amount", 0, func(x r) cell { return b.money(x.Funding) }},
		{"funding_date", 0, func(x r) cell { return b.date(x.FundingDate) }},
		{"fx difference", 0, func(x r) cell { return b.money(x.FXDifference) }},
		{"outcome", 0, func(x r) cell { return b.word(x.Verdict.String()) }},
		{"bank_ref", 0, func(x r) cell { return b.text("bank_ref", x.BankRef) }},
		{"bank lines", 0, func(x r) cell { return b.text("bank lines", strings.Join(x.BankLines, ", ")) }},
		{"reason", 0, func(x r) cell { return b.word(x.Reason.String()) }},
	}
	_, err := table(s, "tblDeposits", cols, reports.Each(b.n.Deposits))
	return err
}

func drawBankLines(b *book, s *sheet) error {
	s.section("Bank statement", "")
	if b.n.BankLines == nil {
		s.put(b.word(absent))
		return nil
	}
	type r = reports.BankLine
	cols := []column[r]{
		{"bank_line_id", 0, func(x r) cell { return b.text("bank_line_id", x.ID) }},
		{"bank_ref", 0, func(x r) cell { return b.text("bank_ref", x.BankRef) }},
		{"value_date", 0, func(x r) cell { return b.date(x.ValueDate) }},
		{"currency", 0, func(x r) cell { return b.word(code(x.Amount.Currency())) }},
		{"amount", 0, func(x r) cell { return b.money(x.Amount) }},
		{"outcome", 0, func(x r) cell { return b.word(x.Verdict.String()) }},
		{"deposits", 0, func(x r) cell { return b.text("deposits", strings.Join(x.Deposits, ", ")) }},
		{"reason", 0, func(x r) cell { return b.word(x.Reason.String()) }},
		{"description", 0, func(x r) cell { return b.text("description", x.Text) }},
	}
	_, err := table(s, "tblBank", cols, reports.Each(b.n.BankLines))
	return err
}
