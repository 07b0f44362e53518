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

func drawBalances(b *book, s *sheet) error {
	s.section("Roll-forward", "")
	type r = reports.RollForward
	amount := func(head string, of func(r) money.Amount) column[r] {
		return column[r]{head, 14, func(x r) cell { return b.money(of(x)) }}
	}
	cols := []column[r]{
		{"account", 18, func(x r) cell { return b.text("account", x.Account) }},
		{"merchant_id", 14, func(x r) cell { return b.text("merchant_id", all(x.Merchant)) }},
		{"period", 10, func(x r) cell { return b.wordAs(x.Period, look{format: asText}) }},
		{"currency", 10, func(x r) cell { return b.word(code(x.Closing.Currency())) }},
		amount("opening", func(x r) money.Amount { return x.Opening }),
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
			row := s.row + 1
			live := b.moneyAs(x.Closing, look{bold: true})
			return formula(fmt.Sprintf("ROUND(SUM(%s:%s),%d)", at(5, row), at(15, row), x.Closing.Currency().Digits()), live)
		}},
		{"closing by service", 14, func(x r) cell { return b.moneyAs(x.Closing, look{color: muted}) }},
		{"check", 14, func(x r) cell { return b.check(at(16, s.row+1), at(17, s.row+1), x.Closing) }},
	}
	p, err := table(s, "tblRollForward", cols, reports.Each(b.n.RollForward))
	s.paintChecks(p.area(len(cols)))
	return err
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
		{"opening", 0, func(x r) cell { return b.money(x.Opening) }},
		{"deposits", 0, func(x r) cell { return b.money(x.Deposits) }},
		{"bank lines", 0, func(x r) cell { return b.money(x.BankLines) }},
		{"closing", 0, func(x r) cell {
			row := s.row + 1
			text := fmt.Sprintf("ROUND(%s+%s-%s,%d)", at(3, row), at(4, row), at(5, row), x.Closing.Currency().Digits())
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

// cashLine is one side of a proof of cash; a difference is made of the two lines above it.
type cashLine struct {
	account, side string
	reports.CashColumns
	difference bool
}

func cashLines(proofs []reports.CashProof) []cashLine {
	var lines []cashLine
	for _, p := range proofs {
		lines = append(lines, cashLine{p.Account, "book", p.Book, false}, cashLine{p.Account, "bank", p.Bank, false},
			cashLine{p.Account, "difference", minus(p.Book, p.Bank), true})
	}
	return lines
}

func minus(book, bank reports.CashColumns) reports.CashColumns {
	less := func(x, y money.Amount) money.Amount {
		if x.Currency() == 0 || y.Currency() == 0 {
			return money.Amount{}
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
	s.section("Proof of cash", "Book and bank of each account; the differences must be 0.")
	if b.n.Cash == nil {
		s.put(b.word(absent))
		return nil
	}
	type l = cashLine
	amount := func(head string, col int, of func(l) money.Amount) column[l] {
		return column[l]{head, 0, func(x l) cell {
			if !x.difference || of(x).Currency() == 0 {
				return b.money(of(x))
			}
			c := b.check(at(col, s.row-1), at(col, s.row), of(x))
			c.Value, _ = number(of(x).String())
			return c
		}}
	}
	cols := []column[l]{
		{"account", 0, func(x l) cell { return b.text("account", x.account) }},
		{"currency", 0, func(x l) cell { return b.word(code(x.Receipts.Currency())) }},
		{"side", 0, func(x l) cell { return b.wordAs(x.side, look{bold: x.difference}) }},
		amount("opening", 4, func(x l) money.Amount { return x.Opening }),
		amount("receipts", 5, func(x l) money.Amount { return x.Receipts }),
		amount("disbursements", 6, func(x l) money.Amount { return x.Disbursements }),
		amount("closing", 7, func(x l) money.Amount { return x.Closing }),
	}
	_, err := table(s, "tblCash", cols, reports.Each(cashLines(b.n.Cash)))
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
		{"description", 0, func(x r) cell { return b.text("description", x.Text) }},
		{"reason", 0, func(x r) cell { return b.word(x.Reason.String()) }},
	}
	_, err := table(s, "tblBank", cols, reports.Each(b.n.BankLines))
	return err
}
