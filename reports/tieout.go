package reports

import (
	"math/big"

	"tieout/ledger/money"
)

// TieOut holds the figures of one currency by the letters of 4.4. Figures
// that are differences are not stored: [TieOut.Checks] makes them.
type TieOut struct {
	Currency    money.Currency
	ReportTotal money.Amount // A; without currency: the source gives none
	RowsRead    money.Amount // B
	Ignored     money.Amount // D
	Matched     money.Amount // E
	Exceptions  money.Amount // F
	ClearingNet money.Amount // H: class SETTLE
	Applied     money.Amount // J, with the next two
	Suspended   money.Amount
	WriteOff    money.Amount
	FileDebits  money.Amount // L: of the run's entries as the default profile renders them
	FileCredits money.Amount // M
	Debits      money.Amount // O: of the journal
	Memo        money.Amount // non-financial amounts, not part of B
	Released    money.Amount // debits of released entries, shown apart
	Held        money.Amount // debits of held entries, shown apart

	SuspenseClosing, SuspenseList money.Amount // Q
	ClearingClosing, UnfundedList money.Amount // R

	RowsIn, RowsMatched, RowsException, RowsIgnored int // S: events of this currency
}

// Checks are the differences of one currency in minor units; each must be 0.
type Checks struct {
	G, I, K, N, P, Q, R int64
	S                   int64 // rows, not money
}

// Checks computes the differences. An overflow is an error: it cannot tie.
func (t *TieOut) Checks() (c Checks, err error) {
	sum := func(plus []money.Amount, minus ...money.Amount) (total int64) {
		for _, a := range plus {
			if err == nil {
				total, err = money.AddMinor(total, a.Minor())
			}
		}
		for _, a := range minus {
			if err == nil {
				total, err = money.AddMinor(total, -a.Minor())
			}
		}
		return total
	}
	outcome := []money.Amount{t.Matched, t.Exceptions}
	c = Checks{
		G: sum([]money.Amount{t.RowsRead}, t.Ignored, t.Matched, t.Exceptions),
		I: sum(outcome, t.ClearingNet),
		K: sum(outcome, t.Applied, t.Suspended, t.WriteOff),
		N: sum([]money.Amount{t.FileDebits}, t.FileCredits),
		P: sum([]money.Amount{t.FileDebits}, t.Debits),
		Q: sum([]money.Amount{t.SuspenseClosing}, t.SuspenseList),
		R: sum([]money.Amount{t.ClearingClosing}, t.UnfundedList),
		S: int64(t.RowsIn) - int64(t.RowsMatched) - int64(t.RowsException) - int64(t.RowsIgnored),
	}
	return c, err
}

// decimals is how fine TieDifference is: the most digits a currency has.
const decimals = 4

// TieDifference is the sum of the absolute checks of all currencies as a plain
// number (4.4). It adds unlike things on purpose: its only use is being 0.
func TieDifference(currencies []TieOut) (string, error) {
	total := new(big.Int)
	for i := range currencies {
		t := &currencies[i]
		c, err := t.Checks()
		if err != nil {
			return "", err
		}
		scale := tenTo(decimals - t.Currency.Digits())
		for _, minor := range []int64{c.G, c.I, c.K, c.N, c.P, c.Q, c.R} {
			total.Add(total, new(big.Int).Mul(new(big.Int).Abs(big.NewInt(minor)), scale))
		}
		total.Add(total, new(big.Int).Mul(new(big.Int).Abs(big.NewInt(c.S)), tenTo(decimals)))
	}
	return decimalText(total), nil
}

func tenTo(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func decimalText(n *big.Int) string {
	text := n.String()
	for len(text) <= decimals {
		text = "0" + text
	}
	return text[:len(text)-decimals] + "." + text[len(text)-decimals:]
}
