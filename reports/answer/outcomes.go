package answer

import (
	"slices"
	"strconv"

	"tieout/ledger/money"
	"tieout/recon"
)

type transaction struct {
	RowNo     int      `json:"row_no"`
	ID        string   `json:"txn_id"`
	Outcome   string   `json:"outcome"`
	Reason    *string  `json:"reason"`
	Secondary []string `json:"secondary_reasons"`
	Pass      *string  `json:"match_pass"`
	Kind      *string  `json:"match_kind"`
	Documents []string `json:"documents"`
	Settled   *string  `json:"settlement_date"`
	Posting   *string  `json:"posting_date"`
	Currency  string   `json:"currency"`
	Amount    *string  `json:"amount"`
	Effect    *string  `json:"financial_effect"`
	Applied   *string  `json:"applied"`
	Suspended *string  `json:"suspended"`
	WriteOff  *string  `json:"write_off"`
	Suggested []string `json:"suggested_documents,omitempty"`
}

// listed is a list of many elements: how many, and what adds some of them to a part.
type listed struct {
	n   int
	add func(p *part, from, to int)
}

// transactions are the rows that are shown.
func (n *Night) transactions() listed {
	order := n.Result.Order()
	if n.ExceptionsOnly {
		order = n.Result.OpenRows()
	}
	return listed{len(order), func(p *part, from, to int) {
		for i, r := range n.Result.EachRow(order[from:to]) {
			p.element(transactionOf(r))
			if p.lists(r.Verdict) {
				e := rowException(n.Result, r, n.Result.Evidence(i))
				p.line(&e)
			}
		}
	}}
}

func transactionOf(r *recon.Row) transaction {
	t := transaction{
		RowNo: r.Label, ID: r.ID, Outcome: r.Verdict.String(), Reason: orNull(r.Reason.String()), Secondary: codes(r.Secondary),
		Pass: orNull(r.Pass.String()), Kind: orNull(r.Kind.String()), Documents: list(r.Documents), Settled: orNull(r.Settled.String()),
		Posting: orNull(r.Posting.String()), Currency: r.Currency.String(), Suggested: r.Suggested,
	}
	if r.Reason == recon.InvalidRow {
		if t.Currency == "" && r.Fault != nil {
			t.Currency = r.Fault.CurrencyText
		}
		return t
	}
	t.Amount, t.Effect = amount(r.Amount, r.Currency), amount(r.Effect, r.Currency)
	t.Applied, t.Suspended, t.WriteOff = amount(r.Applied, r.Currency), amount(r.Suspended, r.Currency), amount(r.WriteOff, r.Currency)
	return t
}

type document struct {
	ID        string   `json:"doc_id"`
	Outcome   string   `json:"outcome"`
	Reason    *string  `json:"reason"`
	Kind      *string  `json:"kind"`
	Applied   *string  `json:"applied_run"`
	Remaining *string  `json:"remaining"`
	Rows      []string `json:"rows"`
}

// documents are those that are shown.
func (n *Night) documents() listed {
	order := n.Result.OpenDocs()
	if !n.ExceptionsOnly {
		order = n.Result.DocOrder()
	}
	rows := n.Result.RowsOf(order)
	return listed{len(order), func(p *part, from, to int) {
		for i, d := range n.Result.EachDoc(order[from:to]) {
			p.element(documentOf(d, rows[i]))
			if p.lists(d.Verdict) {
				e := docException(n.Result, d, n.Result.DocEvidence(i))
				p.line(&e)
			}
		}
	}}
}

func documentOf(d *recon.Doc, labels []int) document {
	out := document{ID: d.ID, Outcome: d.Verdict.String(), Reason: orNull(d.Reason.String()), Kind: orNull(d.Kind.String()), Rows: []string{}}
	if d.Reason != recon.InvalidRow {
		out.Applied, out.Remaining = amount(d.AppliedRun, d.Currency), amount(d.Remaining, d.Currency)
	}
	for _, label := range labels {
		out.Rows = append(out.Rows, strconv.Itoa(label))
	}
	return out
}

type cleared struct {
	ID       string   `json:"txn_id"`
	From     string   `json:"from_reason"`
	Docs     []string `json:"docs"`
	Pass     string   `json:"match_pass"`
	Amount   *string  `json:"amount"`
	Currency string   `json:"currency"`
	Posting  string   `json:"posting_date"`
}

func (n *Night) autoCleared(add func(any)) {
	for _, c := range n.Result.Cleared() {
		if c.ByRow != 0 {
			continue
		}
		h := &n.Result.Input().History[c.Posted]
		add(cleared{
			h.ID, h.OpenReason.String(), list(n.Result.DocumentIDs(c.Docs)), c.Pass.String(), amount(c.Amount, h.Currency),
			h.Currency.String(), n.Chart.PostingDate(n.Result.Policy().To).String(),
		})
	}
}

// allocations are the component splits of cash sales by document.
func (n *Night) allocations() map[string][]map[string]string {
	byDoc := map[string][]map[string]string{}
	if n.ExceptionsOnly {
		return byDoc
	}
	splits := slices.Clone(n.Result.Allotments())
	slices.SortStableFunc(splits, func(a, b recon.Allotment) int { return n.allotLabel(a) - n.allotLabel(b) })
	for _, a := range splits {
		sign := int64(1)
		if a.Back {
			sign = -1
		}
		doc := n.Result.Doc(int(a.Doc))
		split := map[string]string{"row_no": strconv.Itoa(n.allotLabel(a))}
		if a.Row < 0 {
			split["row_no"] = "carried:" + n.Result.Input().History[a.Posted].ID
		}
		for k, name := range recon.ComponentNames() {
			split[name] = money.New(sign*a.Parts[k], doc.Currency).String()
		}
		byDoc[doc.ID] = append(byDoc[doc.ID], split)
	}
	return byDoc
}

func (n *Night) allotLabel(a recon.Allotment) int {
	if a.Row < 0 {
		return 0
	}
	return n.Result.Label(a.Row)
}
