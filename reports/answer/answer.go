// Package answer assembles what a run found into what is handed out.
//
// Start at [Night]: what was decided, booked and proved. [Write] writes it as
// result.json, whose layout is a contract with whoever compares answers;
// [Night.Workbook] gives the same night to reports/workbook; [WriteExceptions]
// writes exceptions.csv from that.
//
// What must never come in: a clock, a map's order or the order of the inputs,
// a file, and any decision: who is matched, and to what, is settled before.
package answer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/ledger/posting"
	"tieout/recon"
)

// Night is everything the answer is made of.
type Night struct {
	Set, Description string
	Software         string // name and version of the program, for the workbook
	ConfigHash       string // of the policy, for the workbook
	Result           *recon.Result
	Chart            *ledger.Chart
	RuleVersion      string // of the rule table (GL-07)
	Entries          []ledger.Entry
	Proof            *ledger.Proof
	Totals           posting.Totals
	// ExceptionsOnly leaves matched and ignored rows, the component splits and
	// the sources of lines out; all totals are unchanged.
	ExceptionsOnly bool
}

// Write writes the answer as JSON.
func Write(w io.Writer, n *Night) error {
	out := &object{w: bufio.NewWriterSize(w, 1<<20)}
	out.field("set", n.Set)
	out.field("description", n.Description)
	out.array("transactions", n.transactions)
	out.array("documents", n.documents)
	out.array("auto_cleared", n.autoCleared)
	out.field("component_allocations", n.allocations())
	out.array("batches", n.batches)
	out.array("funding", n.funding)
	out.array("bank", n.bank)
	out.array("journal", n.journal)
	out.field("control_totals", n.controlTotals())
	out.field("clearing_roll_forward", n.rollForward())
	out.field("suspense_proof", n.suspense())
	out.field("cash_in_transit_closing", n.inTransit())
	out.field("proof_of_cash", n.proofOfCash())
	out.field("posting_file", n.postingFile())
	out.text("\n}\n")
	if out.err == nil {
		out.err = out.w.Flush()
	}
	return out.err
}

// object writes one JSON object field by field, arrays element by element, and remembers its first error.
type object struct {
	w      *bufio.Writer
	fields int
	err    error
}

func (o *object) text(s string) {
	if o.err == nil {
		_, o.err = o.w.WriteString(s)
	}
}

func (o *object) value(v any) {
	if o.err != nil {
		return
	}
	var b []byte
	if b, o.err = json.Marshal(v); o.err == nil {
		_, o.err = o.w.Write(b)
	}
}

func (o *object) name(name string) {
	separator := ",\n "
	if o.fields == 0 {
		separator = "{\n "
	}
	o.fields++
	o.text(separator + strconv.Quote(name) + ": ")
}

func (o *object) field(name string, v any) {
	o.name(name)
	o.value(v)
}

func (o *object) array(name string, each func(add func(any))) {
	o.name(name)
	o.text("[")
	separator := "\n  "
	each(func(v any) {
		o.text(separator)
		o.value(v)
		separator = ",\n  "
	})
	o.text("]")
}

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

func (n *Night) transactions(add func(any)) {
	for _, i := range n.Result.Order() {
		if v, _ := n.Result.Verdict(int(i)); n.ExceptionsOnly && v != recon.Exception {
			continue
		}
		r := n.Result.Row(int(i))
		t := transaction{
			RowNo: r.Label, ID: r.ID, Outcome: r.Verdict.String(), Reason: orNull(r.Reason.String()), Secondary: codes(r.Secondary),
			Pass: orNull(r.Pass.String()), Kind: orNull(r.Kind.String()), Documents: list(r.Documents), Settled: orNull(r.Settled.String()),
			Posting: orNull(r.Posting.String()), Currency: r.Currency.String(), Suggested: r.Suggested,
		}
		if r.Reason == recon.InvalidRow {
			if t.Currency == "" && r.Fault != nil {
				t.Currency = r.Fault.CurrencyText
			}
			add(t)
			continue
		}
		t.Amount, t.Effect = amount(r.Amount, r.Currency), amount(r.Effect, r.Currency)
		t.Applied, t.Suspended, t.WriteOff = amount(r.Applied, r.Currency), amount(r.Suspended, r.Currency), amount(r.WriteOff, r.Currency)
		add(t)
	}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func amount(minor int64, c money.Currency) *string {
	s := money.New(minor, c).String()
	return &s
}

func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func codes(reasons []recon.Reason) []string {
	all := []string{}
	for _, r := range reasons {
		all = append(all, r.String())
	}
	return all
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

func (n *Night) documents(add func(any)) {
	want := func(doc int) bool {
		v, _ := n.Result.DocVerdict(doc)
		return !n.ExceptionsOnly || v == recon.Exception
	}
	rows := n.Result.RowsOf(want)
	for _, i := range n.Result.DocOrder(want) {
		d := n.Result.Doc(i)
		out := document{ID: d.ID, Outcome: d.Verdict.String(), Reason: orNull(d.Reason.String()), Kind: orNull(d.Kind.String()), Rows: []string{}}
		if d.Reason != recon.InvalidRow {
			out.Applied, out.Remaining = amount(d.AppliedRun, d.Currency), amount(d.Remaining, d.Currency)
		}
		for _, label := range rows[i] {
			out.Rows = append(out.Rows, strconv.Itoa(label))
		}
		add(out)
	}
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
		"transaction_rows": n.Result.Rows(), "transaction_outcomes": count(n.Result.Rows(), n.Result.Verdict),
		"document_rows": n.Result.Docs(), "document_outcomes": count(n.Result.Docs(), n.Result.DocVerdict), "tie_out": tie,
	}
}

func count(rows int, verdict func(int) (recon.Verdict, recon.Reason)) map[string]map[string]int {
	type outcome struct {
		v recon.Verdict
		r recon.Reason
	}
	tally := map[outcome]int{}
	for i := range rows {
		v, r := verdict(i)
		tally[outcome{v, r}]++
	}
	counts := map[string]map[string]int{}
	for o, n := range tally {
		if counts[o.v.String()] == nil {
			counts[o.v.String()] = map[string]int{}
		}
		reason := o.r.String()
		if reason == "" {
			reason = "-"
		}
		counts[o.v.String()][reason] += n
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

// RunID names a run without state by its inputs: one-shot- and 12 hex digits.
func RunID(hash string) string { return fmt.Sprintf("one-shot-%.12s", strings.ToLower(hash)) }
