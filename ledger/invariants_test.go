package ledger_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"tieout/fixtures/inputs"
	"tieout/fixtures/scenario"
	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/ledger/posting"
	"tieout/recon"
)

// books are a night with everything that is computed of it.
type books struct {
	night   *inputs.Night
	res     *recon.Result
	entries []ledger.Entry
	proof   *ledger.Proof
	totals  posting.Totals
}

func nights(t *testing.T, scenarios uint64) (all []*books) {
	t.Helper()
	example, err := inputs.Folder(os.DirFS("../fixtures/golden/worked-example"))
	if err != nil {
		t.Fatal(err)
	}
	nights := []*inputs.Night{example}
	for seed := range scenarios {
		night, err := inputs.Scenario(scenario.New(seed))
		if err != nil {
			t.Fatal(err)
		}
		nights = append(nights, night)
	}
	for _, night := range nights {
		b := &books{night: night, res: night.Reconcile()}
		if b.entries, err = ledger.RollUp(b.res, night.Rules, true); err != nil {
			t.Fatal(err)
		}
		b.entries = ledger.Number(b.entries, ledger.FromOne())
		b.proof = ledger.Prove(b.res, &night.Chart, b.entries)
		if b.totals, err = posting.Sum(b.entries); err != nil {
			t.Fatal(err)
		}
		if err := b.check(); err != nil {
			t.Fatalf("untouched: %v", err)
		}
		all = append(all, b)
	}
	return all
}

// check draws the proof anew, as is done right before anything is written.
func (b *books) check() error {
	if err := ledger.Prove(b.res, &b.night.Chart, b.entries).Check(); err != nil {
		return err
	}
	return b.totals.Prove(b.entries)
}

type tamper struct {
	name, invariant string
	number          *int64
	check           func() error
}

// outcomes are the numbers of recon that only the books can contradict.
func (b *books) outcomes() (all []tamper) {
	for i := range b.res.Batches {
		all = append(all, tamper{"net of a batch", "INV-7", &b.res.Batches[i].Net, b.check}, tamper{"funded of a batch", "INV-7", &b.res.Batches[i].Funded, b.check})
	}
	return all
}

// figures are the numbers of the proof.
func (b *books) figures() (all []tamper) {
	add := func(invariant, name string, numbers ...*int64) {
		for _, n := range numbers {
			all = append(all, tamper{name, invariant, n, b.proof.Check})
		}
	}
	for _, t := range b.proof.TieOut {
		add("INV-4", "tie-out", &t.Report, &t.Ignored, &t.Matched, &t.Exception, &t.Applied, &t.Suspended, &t.WriteOff, &t.Clearing)
	}
	for _, s := range b.proof.Suspense {
		add("INV-6", "suspense", &s.Opening, &s.Movement, &s.Listed)
	}
	for _, r := range b.proof.Clearing {
		add("INV-7", "clearing", &r.Opening, &r.Closing)
		for i := range r.Periods {
			add("INV-7", "period", &r.Periods[i].Opening, &r.Periods[i].Closing)
		}
		for i := range r.Unfunded {
			add("INV-7", "unfunded batch", &r.Unfunded[i].Net, &r.Unfunded[i].Funded)
		}
	}
	for _, c := range b.proof.Cash {
		add("INV-9", "cash", &c.Ledger, &c.Bank)
	}
	return all
}

// INV-4, 6, 7, 9: one unit more or less in any figure is seen, with the invariant named.
func TestOneUnitInAnyFigureOfTheProofIsSeen(t *testing.T) {
	seen := map[string]bool{}
	for n, b := range nights(t, 30) {
		for _, tamper := range append(b.outcomes(), b.figures()...) {
			seen[tamper.name] = true
			for _, by := range []int64{1, -1} {
				*tamper.number += by
				err := tamper.check()
				*tamper.number -= by
				if err == nil || !strings.Contains(err.Error(), tamper.invariant+":") {
					t.Fatalf("night %d: %s changed by %d: want %s, got %v", n, tamper.name, by, tamper.invariant, err)
				}
			}
		}
		for c := range b.proof.InTransit {
			b.proof.InTransit[c]++
			if err := b.proof.Check(); err == nil || !strings.Contains(err.Error(), "INV-8:") {
				t.Fatalf("night %d: in transit: %v", n, err)
			}
			b.proof.InTransit[c]--
		}
		for _, r := range b.proof.Clearing {
			for _, p := range r.Periods {
				for label := range p.Movements {
					p.Movements[label]++
					if err := b.proof.Check(); err == nil || !strings.Contains(err.Error(), "INV-7:") {
						t.Fatalf("night %d: movement %s: %v", n, label, err)
					}
					p.Movements[label]--
				}
			}
		}
	}
	for _, name := range []string{"net of a batch", "tie-out", "suspense", "clearing", "period", "unfunded batch", "cash"} {
		if !seen[name] {
			t.Errorf("no night has a figure of %s", name)
		}
	}
}

// INV-8 and INV-9: what a deposit funds and what a bank line brings is in the books to the unit.
func TestOneUnitInADepositOrBankLineIsSeen(t *testing.T) {
	b := nights(t, 0)[0]
	for i := range b.res.Deposits {
		d := &b.res.Deposits[i]
		before := d.Funded
		d.Funded = money.New(before.Minor()+1, before.Currency())
		if err := b.check(); err == nil || !strings.Contains(err.Error(), "INV-8:") {
			t.Errorf("deposit %s: %v", d.ID, err)
		}
		d.Funded = before
	}
	for i := range b.res.Bank {
		l := &b.res.Bank[i]
		before := l.Amount
		l.Amount = money.New(before.Minor()-1, before.Currency())
		if err := b.check(); err == nil || !strings.Contains(err.Error(), "INV-9:") {
			t.Errorf("bank line %s: %v", l.ID, err)
		}
		l.Amount = before
	}
}

// INV-10: one unit in any amount or base amount, or the side of any line, is seen.
func TestOneUnitInAnyEntryLineIsSeen(t *testing.T) {
	for n, b := range nights(t, 10) {
		for i := range b.entries {
			lines := b.entries[i].StoredLines()
			for k := range lines {
				for _, change := range []struct {
					name string
					do   func(l *ledger.Line)
				}{
					{"amount", func(l *ledger.Line) { l.Amount++ }},
					{"base", func(l *ledger.Line) { l.Base++ }},
					{"side", func(l *ledger.Line) { l.Side = ledger.Debit + ledger.Credit - l.Side }},
					{"no side", func(l *ledger.Line) { l.Side = 'X' }},
				} {
					before := lines[k]
					change.do(&lines[k])
					err := b.check()
					lines[k] = before
					if err == nil || !strings.Contains(err.Error(), "INV-10: entry "+b.entries[i].Number()) {
						t.Fatalf("night %d: %s of %s: %v", n, change.name, before.Account, err)
					}
				}
			}
		}
	}
}

// INV-10: an entry that balances and is not worth in base what its rate says is seen (GL-15).
func TestABalancedEntryAtAnotherRateIsSeen(t *testing.T) {
	b := nights(t, 0)[0]
	for i := range b.entries {
		if b.entries[i].Key().Class == ledger.Fund {
			continue
		}
		lines := b.entries[i].StoredLines()
		debit, credit := 0, 0
		for k := range lines {
			if lines[k].Side == ledger.Debit {
				debit = k
			} else {
				credit = k
			}
		}
		lines[debit].Base++
		lines[credit].Base++
		if err := b.check(); err == nil || !strings.Contains(err.Error(), "INV-10: entry "+b.entries[i].Number()) {
			t.Errorf("%s: %v", b.entries[i].Key(), err)
		}
		lines[debit].Base--
		lines[credit].Base--
	}
}

// INV-7 holds merchant by merchant: what one has too much another cannot have too little.
func TestClearingTiesForEveryMerchant(t *testing.T) {
	b := nights(t, 0)[0]
	var us, web *recon.Batch
	for i := range b.res.Batches {
		switch batch := &b.res.Batches[i]; {
		case batch.Merchant == "acme_us" && batch.Currency.String() == "USD":
			us = batch
		case batch.Merchant == "acme_web" && batch.Currency.String() == "USD":
			web = batch
		}
	}
	us.Net++
	web.Net--
	if err := b.check(); err == nil || !strings.Contains(err.Error(), "INV-7: clearing of acme_us") {
		t.Errorf("%v", err)
	}
}

// INV-11: any total of the posting file that is not the journal's is seen.
func TestPostingTotalsAreTheJournals(t *testing.T) {
	for n, b := range nights(t, 10) {
		if len(b.entries) == 0 {
			continue
		}
		one := func(a money.Amount) money.Amount { return money.New(a.Minor()+1, a.Currency()) }
		for k, change := range []func(*posting.Totals){
			func(t *posting.Totals) { t.EntryCount++ },
			func(t *posting.Totals) { t.LineCount-- },
			func(t *posting.Totals) { t.AccountHash++ },
			func(t *posting.Totals) { t.BaseDebits = one(t.BaseDebits) },
			func(t *posting.Totals) { t.BaseCredits = one(t.BaseCredits) },
			func(t *posting.Totals) { t.ByCurrency[0].Debits = one(t.ByCurrency[0].Debits) },
			func(t *posting.Totals) { t.ByCurrency[0].Credits = one(t.ByCurrency[0].Credits) },
			func(t *posting.Totals) { t.ByCurrency = t.ByCurrency[1:] },
		} {
			totals, err := posting.Sum(b.entries)
			if err != nil {
				t.Fatal(err)
			}
			change(&totals)
			if err := totals.Prove(b.entries); err == nil || !strings.Contains(err.Error(), "INV-11:") {
				t.Errorf("night %d, change %d: %v", n, k, err)
			}
		}
	}
}

// INV-11: a posting file that is read back has the entries and totals of the journal.
func TestPostingFileIsTheJournal(t *testing.T) {
	b := nights(t, 0)[0]
	file := posting.File{Entries: b.entries, Totals: b.totals}
	if err := posting.ProveFile(file, b.entries, b.totals); err != nil {
		t.Error(err)
	}
	for name, other := range map[string]posting.File{
		"an entry is missing":    {Entries: b.entries[1:], Totals: b.totals},
		"a total is another":     {Entries: b.entries, Totals: posting.Totals{EntryCount: 28}},
		"an entry has a twin":    {Entries: append(b.entries[:1:1], b.entries[:len(b.entries)-1]...), Totals: b.totals},
		"numbers are of another": {Entries: ledger.Number(b.entries, func(year int) int { return year }), Totals: b.totals},
	} {
		if err := posting.ProveFile(other, b.entries, b.totals); err == nil || !strings.Contains(err.Error(), "INV-11:") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A proof that does not hold names every difference, in one order.
func TestAllDifferencesAreNamed(t *testing.T) {
	b := nights(t, 0)[0]
	usd := money.MustCurrency("USD")
	b.proof.TieOut[usd].Report++
	b.proof.Suspense[usd].Listed--
	b.proof.Cash[usd].Bank += 100
	want := "the proof does not end in zero, nothing is written: INV-4: report total less ignored, matched and exceptions is 0.01 USD; " +
		"INV-6: closing suspense less the list of open items is 0.01 USD; INV-9: cash lines less bank lines is -1.00 USD"
	if got := fmt.Sprint(b.proof.Check()); got != want {
		t.Errorf("%s", got)
	}
}
