package answer

import (
	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
)

type entry struct {
	Key       string      `json:"key"`
	Posting   string      `json:"posting_date"`
	Merchant  string      `json:"merchant_id"`
	Currency  string      `json:"currency"`
	Class     string      `json:"entry_class"`
	Total     *string     `json:"total"`
	BaseTotal *string     `json:"base_total"`
	Lines     []entryLine `json:"lines"`
}

type entryLine struct {
	Account string   `json:"account"`
	Side    string   `json:"side"`
	Label   string   `json:"label"`
	Amount  *string  `json:"amount"`
	Base    *string  `json:"base_amount"`
	Sources []string `json:"sources"`
}

func (n *Night) journal(add func(any)) {
	for _, e := range n.Entries {
		key := e.Key()
		debits, _, base := e.Totals()
		out := entry{
			key.String(), e.PostingDate().String(), key.Merchant, key.Currency.String(), string(key.Class),
			amount(debits, key.Currency), amount(base, e.Base()), nil,
		}
		for _, l := range e.Lines() {
			line := entryLine{l.Account, l.Side.String(), l.Label, amount(l.Amount, key.Currency), amount(l.Base, e.Base()), []string{}}
			if !n.ExceptionsOnly {
				for _, s := range l.Sources {
					line.Sources = append(line.Sources, string(s))
				}
			}
			out.Lines = append(out.Lines, line)
		}
		add(out)
	}
}

func (n *Night) controlTotals() map[string]any {
	tie := map[string]any{}
	for _, c := range ledger.Currencies(n.Proof.TieOut) {
		t := n.Proof.TieOut[c]
		tie[c.String()] = map[string]*string{
			"report_total": amount(t.Report, c), "ignored": amount(t.Ignored, c), "memo_non_financial": amount(t.Memo, c),
			"matched": amount(t.Matched, c), "exception": amount(t.Exception, c), "applied": amount(t.Applied, c),
			"suspended": amount(t.Suspended, c), "write_off": amount(t.WriteOff, c), "journal_clearing_net": amount(t.Clearing, c),
			"difference": amount(t.Difference(), c),
		}
	}
	return map[string]any{
		"transaction_rows": n.Result.Rows(), "transaction_outcomes": count(n.Result.RowOutcomes()),
		"document_rows": n.Result.Docs(), "document_outcomes": count(n.Result.DocOutcomes()), "tie_out": tie,
	}
}

func count(tally map[recon.Outcome]int) map[string]map[string]int {
	counts := map[string]map[string]int{}
	for o, n := range tally {
		if counts[o.Verdict.String()] == nil {
			counts[o.Verdict.String()] = map[string]int{}
		}
		reason := o.Reason.String()
		if reason == "" {
			reason = "-"
		}
		counts[o.Verdict.String()][reason] += n
	}
	return counts
}

func (n *Night) rollForward() map[string]any {
	all := map[string]any{}
	for _, c := range ledger.Currencies(n.Proof.Clearing) {
		r := n.Proof.Clearing[c]
		periods := []map[string]any{}
		for _, p := range r.Periods {
			moves := map[string]*string{}
			for label, moved := range p.Movements {
				moves[label] = amount(moved, c)
			}
			periods = append(periods, map[string]any{"period": p.Period, "opening": amount(p.Opening, c), "movements": moves, "closing": amount(p.Closing, c)})
		}
		unfunded := []batch{}
		for _, b := range r.Unfunded {
			line := batchOf(b)
			line.Open = amount(b.Open(), c)
			unfunded = append(unfunded, line)
		}
		all[c.String()] = map[string]any{
			"periods": periods, "closing": amount(r.Closing, c), "proof_unfunded_batches": unfunded,
			"proof_total": amount(r.ProofTotal(), c), "difference": amount(r.Closing-r.ProofTotal(), c),
		}
	}
	return all
}

func (n *Night) suspense() map[string]any {
	all := map[string]any{}
	for _, c := range ledger.Currencies(n.Proof.Suspense) {
		s := n.Proof.Suspense[c]
		all[c.String()] = map[string]any{
			"opening": amount(s.Opening, c), "movement": amount(s.Movement, c), "closing": amount(s.Opening+s.Movement, c), "open_items": list(s.Items),
		}
	}
	return all
}

func (n *Night) inTransit() map[string]*string {
	all := map[string]*string{}
	for _, c := range ledger.Currencies(n.Proof.InTransit) {
		all[c.String()] = amount(n.Proof.InTransit[c], c)
	}
	return all
}

func (n *Night) proofOfCash() map[string]any {
	all := map[string]any{}
	for _, c := range ledger.Currencies(n.Proof.Cash) {
		cash := n.Proof.Cash[c]
		all[c.String()] = map[string]any{
			"account": cash.Account, "gl_movement": amount(cash.Ledger, c), "bank_statement_movement": amount(cash.Bank, c),
			"difference": amount(cash.Ledger-cash.Bank, c),
		}
	}
	return all
}

func (n *Night) postingFile() map[string]any {
	totals := map[string]any{}
	for _, t := range n.Totals.ByCurrency {
		totals[t.Currency.String()] = map[string]string{"debits": t.Debits.String(), "credits": t.Credits.String()}
	}
	base := n.Result.Policy().Base
	return map[string]any{
		"entry_count": n.Totals.EntryCount, "line_count": n.Totals.LineCount, "account_hash_total": n.Totals.AccountHash, "totals": totals,
		"base_debits":  money.New(n.Totals.BaseDebits.Minor(), base).String(),
		"base_credits": money.New(n.Totals.BaseCredits.Minor(), base).String(),
	}
}
