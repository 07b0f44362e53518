package ledger_test

import (
	"fmt"
	"strconv"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
)

func date(t *testing.T, text string) recon.Date {
	t.Helper()
	d, err := recon.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// drawEntry draws what a clean run wants of one key: nil for nothing.
func drawEntry(t *rapid.T, key ledger.Key, base money.Currency) *ledger.Entry {
	var lines []ledger.Line
	total, inBase := int64(0), int64(0)
	for _, account := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"1150-100", "1200-100", "2190-100", "9999-100"}), 0, 3, rapid.ID).Draw(t, "accounts") {
		l := ledger.Line{Account: account, Side: ledger.Debit, Label: "CAPTURE", Amount: rapid.Int64Range(1, 5).Draw(t, "amount")}
		l.Base = l.Amount + rapid.Int64Range(0, 1).Draw(t, "rounding")
		total, inBase = total+l.Amount, inBase+l.Base
		lines = append(lines, l)
	}
	if len(lines) == 0 {
		return nil
	}
	lines = append(lines, ledger.Line{Account: "5000-100", Side: ledger.Credit, Label: "CAPTURE", Amount: total, Base: inBase})
	e, err := ledger.NewEntry(key, base, money.One(), lines)
	if err != nil {
		t.Fatal(err)
	}
	return &e
}

// standing is the signed sum of lines by account and label, in currency and base.
func standing(chain []ledger.Booked) map[string][2]int64 {
	sums := map[string][2]int64{}
	for _, b := range chain {
		for _, l := range b.Lines() {
			s := sums[l.Account+l.Label]
			if l.Side == ledger.Credit {
				l.Amount, l.Base = -l.Amount, -l.Base
			}
			s[0], s[1] = s[0]+l.Amount, s[1]+l.Base
			sums[l.Account+l.Label] = s
		}
	}
	for k, s := range sums {
		if s == [2]int64{} {
			delete(sums, k)
		}
	}
	return sums
}

// GL-19 to GL-22 over a life of reruns and releases, in both modes: the original
// and all corrections add up to what a clean run wants, released entries are
// never edited, and a rerun that wants the same changes nothing.
func TestCorrectionsAddUpToWhatIsWanted(t *testing.T) {
	usd, eur := money.MustCurrency("USD"), money.MustCurrency("EUR")
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]ledger.Mode{ledger.Delta, ledger.ReverseRepost}).Draw(t, "mode")
		key := ledger.Key{PostingDate: recon.NewDate(2026, 9, 30), Merchant: "m", Currency: eur, Class: ledger.Settle}
		open := func(d recon.Date) recon.Date { return d }
		var chain []ledger.Booked
		for range rapid.IntRange(1, 8).Draw(t, "runs") {
			wanted := drawEntry(t, key, usd)
			chain = apply(t, wanted, chain, mode, open)
			var want []ledger.Booked
			if wanted != nil {
				want = []ledger.Booked{{Entry: *wanted}}
			}
			if diff := gocmp.Diff(standing(want), standing(chain)); diff != "" {
				t.Fatalf("%s (-wanted +booked):\n%s", mode, diff)
			}
			if again, err := ledger.Compare(wanted, chain, mode, open, nothingChanged); err != nil || changed(again) {
				t.Fatalf("GL-19: the same again is %+v, %v", again, err)
			}
			if rapid.Bool().Draw(t, "release") {
				for i := range chain {
					chain[i].Released = true
				}
			}
		}
	})
}

func nothingChanged() *ledger.Changes { return ledger.ChangesOf(nil, nil, nil) }

func changed(decisions []ledger.Decision) bool {
	for _, d := range decisions {
		if d.Change != ledger.Unchanged {
			return true
		}
	}
	return false
}

// apply takes decisions over into the chain, as a store does.
func apply(t *rapid.T, wanted *ledger.Entry, chain []ledger.Booked, mode ledger.Mode, open func(recon.Date) recon.Date) []ledger.Booked {
	decisions, err := ledger.Compare(wanted, chain, mode, open, nothingChanged)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range decisions {
		switch d.Change {
		case ledger.Unchanged:
		case ledger.Added, ledger.Corrected:
			for _, b := range chain {
				if b.Key() == d.Key() {
					t.Fatalf("the key %s is taken", d.Key())
				}
			}
			d.Entry = d.Entry.Numbered("TO" + strconv.Itoa(len(chain)))
			chain = append(chain, d.Booked)
		case ledger.Revised, ledger.Voided:
			at := -1
			for i := range chain {
				if chain[i].Key() == d.Key() {
					at = i
				}
			}
			if at < 0 || chain[at].Released || d.Revision != chain[at].Revision+1 || d.Number() != chain[at].Number() {
				t.Fatalf("GL-20, GL-21: %s %s may not take the place of anything", d.Change, d.Key())
			}
			chain[at] = d.Booked
		}
	}
	return chain
}

// GL-20, GL-21 and GL-18 step by step.
func TestCorrections(t *testing.T) {
	usd := money.MustCurrency("USD")
	key := ledger.Key{PostingDate: date(t, "2026-09-30"), Merchant: "m", Currency: usd, Class: ledger.Settle}
	entry := func(amount int64) *ledger.Entry {
		e, err := ledger.NewEntry(key, usd, money.One(), []ledger.Line{
			{Account: "1150", Side: ledger.Debit, Label: "CAPTURE", Amount: amount, Base: amount}, {Account: "1200", Side: ledger.Credit, Label: "CAPTURE", Amount: amount, Base: amount},
		})
		if err != nil {
			t.Fatal(err)
		}
		return &e
	}
	booked := func(amount int64, released bool) []ledger.Booked {
		return []ledger.Booked{{Entry: entry(amount).Numbered("TO26000123"), Revision: 1, Released: released}}
	}
	same := func(d recon.Date) recon.Date { return d }
	october := func(recon.Date) recon.Date { return date(t, "2026-10-01") }
	for _, c := range []struct {
		name   string
		wanted *ledger.Entry
		chain  []ledger.Booked
		mode   ledger.Mode
		open   func(recon.Date) recon.Date
		want   []string
	}{
		{"nothing wanted, nothing there", nil, nil, ledger.Delta, same, nil},
		{"first posting", entry(5), nil, ledger.Delta, same, []string{"NEW 2026-09-30|m|USD|SETTLE  r1 on 2026-09-30  D5 C5"}},
		{"GL-19: identical content", entry(5), booked(5, true), ledger.Delta, same, []string{"UNCHANGED 2026-09-30|m|USD|SETTLE TO26000123 r1 on 2026-09-30  D5 C5"}},
		{"GL-20: changed before release", entry(6), booked(5, false), ledger.Delta, same, []string{"REVISED 2026-09-30|m|USD|SETTLE TO26000123 r2 on 2026-09-30  D6 C6"}},
		{"an unreleased entry that became empty keeps its number", nil, booked(5, false), ledger.Delta, same, []string{"VOID 2026-09-30|m|USD|SETTLE TO26000123 r2 on 2026-09-30 "}},
		{"GL-21: changed after release, delta", entry(3), booked(5, true), ledger.Delta, same, []string{"CORRECTION 2026-09-30|m|USD|SETTLE#2  r1 on 2026-09-30 corrects TO26000123 C2 D2"}},
		{"GL-18: the period is closed since", entry(7), booked(5, true), ledger.Delta, october, []string{"CORRECTION 2026-09-30|m|USD|SETTLE#2  r1 on 2026-10-01 corrects TO26000123 D2 C2"}},
		{"GL-21: whole entries", entry(3), booked(5, true), ledger.ReverseRepost, same, []string{
			"CORRECTION 2026-09-30|m|USD|SETTLE#R2  r1 on 2026-09-30 reverses TO26000123 C5 D5",
			"CORRECTION 2026-09-30|m|USD|SETTLE#2  r1 on 2026-09-30 corrects TO26000123 D3 C3",
		}},
		{"GL-21: nothing is wanted any more", nil, booked(5, true), ledger.ReverseRepost, same, []string{"CORRECTION 2026-09-30|m|USD|SETTLE#R2  r1 on 2026-09-30 reverses TO26000123 C5 D5"}},
	} {
		decisions, err := ledger.Compare(c.wanted, c.chain, c.mode, c.open, nothingChanged)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		var got []string
		for _, d := range decisions {
			text := fmt.Sprintf("%s %s %s r%d on %s %s", d.Change, d.Key(), d.Number(), d.Revision, d.PostingDate(), d.Memo())
			for _, l := range d.Lines() {
				text += fmt.Sprintf(" %s%d", l.Side, l.Amount)
			}
			got = append(got, text)
		}
		if diff := gocmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

// GL-21, GL-24: behind a correction line is what changed, and its memo says how
// much that is: what came, what went and what has other amounts, since the last
// release; not what stands behind the whole line.
func TestCorrectionIsTracedToWhatChanged(t *testing.T) {
	usd := money.MustCurrency("USD")
	key := ledger.Key{PostingDate: date(t, "2026-09-30"), Merchant: "m", Currency: usd, Class: ledger.Settle}
	parts := func(amount int64, sources ...ledger.SourceRef) []ledger.Contribution {
		part := ledger.Contribution{Scope: "S:2026-09-30", Key: key, Label: "CAPTURE", Amount: amount, Memo: ledger.Memo{Width: 60}}
		debit, credit := part, part
		debit.Account, debit.Side, debit.Sources = "1150", ledger.Debit, sources
		credit.Account, credit.Side, credit.Sources = "1200", ledger.Credit, sources
		return []ledger.Contribution{debit, credit}
	}
	open := func(d recon.Date) recon.Date { return d }
	var chain []ledger.Booked
	var stored []ledger.Contribution
	step := func(amount int64, altered, want, memo string, sources ...ledger.SourceRef) {
		t.Helper()
		wanted := parts(amount, sources...)
		e, _, err := ledger.Assemble(wanted, money.One(), usd)
		if err != nil {
			t.Fatal(err)
		}
		changed := ledger.ChangesOf(stored, wanted, func(s ledger.SourceRef) bool { return string(s) == altered })
		decisions, err := ledger.Compare(&e, chain, ledger.Delta, open, func() *ledger.Changes { return changed })
		if err != nil || len(decisions) != 1 {
			t.Fatal(decisions, err)
		}
		d := decisions[0].Booked
		for _, l := range d.Lines() {
			if got := fmt.Sprint(l.Sources); got != want || l.Memo != memo {
				t.Errorf("%d: %s %q, want %s %q", amount, got, l.Memo, want, memo)
			}
		}
		d.Entry, stored = d.Numbered("TO26000123"), wanted
		if n := len(chain); n > 0 && chain[n-1].Key() == d.Key() {
			chain = chain[:n-1]
		}
		chain = append(chain, d)
	}
	step(30, "", "[T:a T:b T:c]", "", "T:a", "T:b", "T:c")
	chain[0].Released = true
	step(29, "T:b", "[T:b]", "corrects TO26000123: x1 changed", "T:a", "T:b", "T:c")
	step(39, "", "[T:b T:d]", "corrects TO26000123: x2 changed", "T:a", "T:b", "T:c", "T:d") // the correction was not released
	chain[1].Released = true
	step(19, "", "[T:a]", "corrects TO26000123: x1 changed", "T:b", "T:c", "T:d")
}
