package ledger_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/fixtures/inputs"
	"tieout/fixtures/scenario"
	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
)

// INV-14 and section 7, test (c): three days at once and day by day agree on
// control totals, on closing clearing, in transit and cash, and on rows that are
// matched strictly, whose documents no other row and no carried item contests.
func TestDayByDayIsAllAtOnce(t *testing.T) {
	example := func() *inputs.Night {
		n, err := inputs.Folder(os.DirFS("../fixtures/golden/worked-example"))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	strict := compareDays(t, "worked example", example)
	for seed := range uint64(60) {
		strict += compareDays(t, fmt.Sprint("seed ", seed), func() *inputs.Night {
			n, err := inputs.Scenario(scenario.New(seed))
			if err != nil {
				t.Fatal(err)
			}
			return n
		})
	}
	if strict < 150 {
		t.Errorf("only %d strictly matched rows were compared", strict)
	}
}

// closing is what INV-14 names, by currency.
type closing struct {
	Outcomes, Applied, Suspended, WriteOff, Clearing, InTransit, Cash map[string]int64
}

func compareDays(t *testing.T, name string, read func() *inputs.Night) (strict int) {
	t.Helper()
	whole := read()
	want, rows := closing{}, map[string]strictRow{}
	res := whole.Reconcile()
	later := laterRejected(res)
	want.add(t, whole, res)
	owners := map[string]string{}
	collectStrict(res, rows, owners)
	got, daily := byDay(t, read, whole, owners)
	// applied and suspended may differ: an earlier run cannot know a later row (INV-14)
	want.Applied, want.Suspended, want.WriteOff, got.Applied, got.Suspended, got.WriteOff = nil, nil, nil, nil, nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-at once +day by day):\n%s", name, diff)
	}
	for id, row := range rows {
		if later[id] || slices.ContainsFunc(row.documents, func(doc string) bool { return owners[doc] == severalOwners }) {
			continue
		}
		if daily[id].outcome != row.outcome {
			t.Errorf("%s: row %s at once %q, day by day %q", name, id, row.outcome, daily[id].outcome)
		}
		strict++
	}
	return strict
}

// byDay runs every day of the range with what the days before it left.
func byDay(t *testing.T, read func() *inputs.Night, whole *inputs.Night, owners map[string]string) (got closing, daily map[string]strictRow) {
	t.Helper()
	daily = map[string]strictRow{}
	state := read()
	taken := map[string]bool{}
	for day := whole.Policy.From; day <= whole.Policy.To; day++ {
		n := read()
		last := day == whole.Policy.To
		n.Policy.From, n.Policy.To = day, day
		if !last {
			n.Policy.AsOf = day
		}
		n.Policy.OpeningUnfunded, n.Input.History, n.Input.Documents = state.Policy.OpeningUnfunded, state.Input.History, withPrior(n.Input.Documents, state.Input.Documents)
		n.Input.Deposits, n.Input.BankLines = fundingOf(n, n.Policy.AsOf, last, taken)
		res := n.Reconcile()
		got.add(t, n, res)
		collectStrict(res, daily, owners)
		state.Policy.OpeningUnfunded, state.Input.History, state.Input.Documents = unfunded(res), posted(res), applied(res)
	}
	return got, daily
}

// add takes a run's movements; clearing is a balance, so the last run's counts.
func (c *closing) add(t *testing.T, n *inputs.Night, res *recon.Result) {
	t.Helper()
	entries, err := ledger.RollUp(res, n.Rules, true)
	if err != nil {
		t.Fatal(err)
	}
	proof := ledger.Prove(res, &n.Chart, entries)
	if err := proof.Check(); err != nil {
		t.Fatal(err)
	}
	if c.Outcomes == nil {
		*c = closing{map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}, nil, map[string]int64{}, map[string]int64{}}
	}
	c.Clearing = map[string]int64{}
	plus := func(m map[string]int64, currency money.Currency, amount int64) {
		if m[currency.String()] += amount; m[currency.String()] == 0 {
			delete(m, currency.String())
		}
	}
	for currency, tie := range proof.TieOut {
		plus(c.Outcomes, currency, tie.Matched+tie.Exception)
		plus(c.Applied, currency, tie.Applied)
		plus(c.Suspended, currency, tie.Suspended)
		plus(c.WriteOff, currency, tie.WriteOff)
	}
	for currency, r := range proof.Clearing {
		plus(c.Clearing, currency, r.Closing)
	}
	for currency, amount := range proof.InTransit {
		plus(c.InTransit, currency, amount)
	}
	for currency, cash := range proof.Cash {
		plus(c.Cash, currency, cash.Ledger)
	}
}

// strictRow is what became of a row that P1, P2 or P3 matched.
type strictRow struct {
	outcome   string
	documents []string
}

// collectStrict notes strictly matched rows, and which documents are contested:
// by several rows, at once or one after the other (a pass goes before a date at
// once, and not day by day), or by a carried item.
func collectStrict(res *recon.Result, into map[string]strictRow, owners map[string]string) {
	for _, c := range res.Cleared() {
		for _, doc := range res.DocumentIDs(c.Docs) {
			owners[doc] = severalOwners
		}
	}
	for i := range res.Rows() {
		row := res.Row(i)
		id := row.ID + " " + row.Natural.String()
		for _, doc := range row.Documents {
			if owner := owners[doc]; owner != "" && owner != id {
				owners[doc] = severalOwners
			} else {
				owners[doc] = id
			}
		}
		if row.Verdict == recon.Matched && row.Pass >= recon.ByRequestID && row.Pass <= recon.ByCanonical {
			outcome := fmt.Sprint(row.Pass, " ", row.Kind, " ", row.Documents, " ", row.Applied, " ", row.WriteOff)
			into[id] = strictRow{outcome, row.Documents}
		}
	}
}

const severalOwners = "several"

// laterRejected are rows whose reject falls into a later cut; INV-14 leaves them out.
func laterRejected(res *recon.Result) map[string]bool {
	later := map[string]bool{}
	for i := range res.Rows() {
		if row := res.Row(i); row.Type == recon.Reject && row.Verdict == recon.Exception {
			for _, natural := range []recon.EventType{recon.Capture, recon.Refund, recon.Credit, recon.CreditOrRefund} {
				later[row.Parent+" "+natural.String()] = true
			}
		}
	}
	return later
}

// withPrior are the documents with what the days before applied.
func withPrior(docs, before *recon.Documents) *recon.Documents {
	prior := map[string]int64{}
	for i := range before.Len() {
		d := before.At(i)
		prior[d.ID] = d.Prior
	}
	out := recon.NewDocuments(docs.Len(), 1024)
	batch := out.NewBatch()
	for i := range docs.Len() {
		d := docs.At(i)
		d.Prior = prior[d.ID]
		batch.Add(&d)
	}
	out.Append(batch)
	return out
}

// applied are the documents of a result with what has been applied to them so far.
func applied(res *recon.Result) *recon.Documents {
	out := recon.NewDocuments(res.Docs(), 1024)
	batch := out.NewBatch()
	for i := range res.Docs() {
		doc := res.Doc(i)
		if doc.Reason != recon.InvalidRow {
			doc.Prior += doc.AppliedRun
		}
		batch.Add(&doc.Document)
	}
	out.Append(batch)
	return out
}

// posted is the history after a run: what was there, as far as it is still open, and the rows that moved money.
func posted(res *recon.Result) []recon.Posted {
	held := map[int]int64{}
	for _, item := range res.Held() {
		held[item.Posted] = item.Amount
	}
	all := slices.Clone(res.Input().History)
	for h := range all {
		if all[h].HoldsSuspense() {
			if all[h].Suspended = held[h]; held[h] == 0 {
				all[h].OpenReason = recon.NoReason
			}
		}
	}
	for i := range res.Rows() {
		row := res.Row(i)
		if row.Posting == 0 {
			continue
		}
		p := recon.Posted{Transaction: row.Transaction, Documents: row.Documents}
		p.Parent = row.ParentID
		switch {
		case row.Unmapped:
			p.OpenReason = recon.UnmappedGL
		case row.Open:
			p.OpenReason, p.Suspended = row.Reason, row.Suspended
		}
		all = append(all, p)
	}
	return all
}

func unfunded(res *recon.Result) (open []recon.OpeningBatch) {
	for _, b := range res.Batches {
		if b.Open() != 0 {
			open = append(open, recon.OpeningBatch{BatchKey: b.BatchKey, Amount: b.Open()})
		}
	}
	return open
}

// fundingOf takes the deposits and bank lines of references whose last member is
// dated up to as-of; a reference is never torn apart, because what is in transit
// over night is the state of a run with a store.
func fundingOf(n *inputs.Night, asOf recon.Date, last bool, taken map[string]bool) (deposits []recon.Deposit, lines []recon.BankLine) {
	latest := map[string]recon.Date{}
	for _, d := range n.Input.Deposits {
		latest[d.BankRef] = max(latest[d.BankRef], d.FundingDate)
	}
	for _, l := range n.Input.BankLines {
		latest[l.BankRef] = max(latest[l.BankRef], l.ValueDate)
	}
	now := map[string]bool{}
	for ref, date := range latest {
		now[ref] = !taken[ref] && (last || date <= asOf)
	}
	for _, d := range n.Input.Deposits {
		if now[d.BankRef] {
			deposits = append(deposits, d)
		}
	}
	for _, l := range n.Input.BankLines {
		if now[l.BankRef] {
			lines = append(lines, l)
		}
	}
	maps.DeleteFunc(now, func(_ string, is bool) bool { return !is })
	maps.Copy(taken, now)
	return deposits, lines
}
