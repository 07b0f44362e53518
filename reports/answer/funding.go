package answer

import (
	"slices"

	"tieout/recon"
)

type batch struct {
	Merchant string  `json:"merchant_id"`
	Settled  string  `json:"settlement_date"`
	Currency string  `json:"currency"`
	Net      *string `json:"net"`
	Funded   *string `json:"funded"`
	Status   string  `json:"status"`
	Reason   *string `json:"reason"`
	Open     *string `json:"open_amount,omitempty"`
}

func batchOf(b recon.Batch) batch {
	return batch{
		b.Merchant, b.SettlementDate.String(), b.Currency.String(), amount(b.Net, b.Currency), amount(b.Funded, b.Currency),
		string(b.Status), orNull(b.Reason.String()), nil,
	}
}

func (n *Night) batches(add func(any)) {
	for _, b := range n.Result.Batches {
		add(batchOf(b))
	}
}

type deposit struct {
	ID          string   `json:"deposit_id"`
	Outcome     string   `json:"outcome"`
	Reason      *string  `json:"reason"`
	Secondary   []string `json:"secondary"`
	Computed    *string  `json:"computed"`
	Settled     *string  `json:"settled"`
	FundedTotal *string  `json:"batch_funded_total"`
	Difference  *string  `json:"difference"`
	FX          *string  `json:"fx_difference"`
	BankLines   []string `json:"bank_lines"`
}

func (n *Night) funding(add func(any)) {
	for _, d := range n.Result.Deposits {
		out := deposit{ID: d.ID, Outcome: d.Verdict.String(), Reason: orNull(d.Reason.String()), Secondary: codes(d.Secondary), BankLines: list(d.BankLines)}
		slices.Sort(out.BankLines)
		if d.Reason != recon.InvalidRow {
			c := d.Settled.Currency()
			out.Computed, out.Settled, out.FundedTotal = amount(d.Computed, c), amount(d.Settled.Minor(), c), amount(d.FundedTotal, c)
			out.Difference, out.FX = amount(d.Difference, c), amount(d.FXDifference, n.Result.Policy().Base)
		}
		add(out)
	}
}

type bankLine struct {
	ID       string   `json:"bank_line_id"`
	Outcome  string   `json:"outcome"`
	Reason   *string  `json:"reason"`
	Deposits []string `json:"deposits"`
}

func (n *Night) bank(add func(any)) {
	for _, l := range n.Result.Bank {
		out := bankLine{l.ID, l.Verdict.String(), orNull(l.Reason.String()), list(l.Deposits)}
		slices.Sort(out.Deposits)
		add(out)
	}
}
