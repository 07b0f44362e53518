package posting_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/ledger/posting"
)

// INV-11: totals and a file read back are those of the journal; any one figure
// that differs is named.
func TestProve(t *testing.T) {
	entries := sampleEntries(t)
	totals, err := posting.Sum(entries)
	if err != nil || totals.Prove(entries) != nil {
		t.Fatal(err, totals.Prove(entries))
	}
	cent := func(a money.Amount) money.Amount { return money.New(a.Minor()+1, a.Currency()) }
	for name, c := range map[string]struct {
		change func(*posting.Totals)
		says   string
	}{
		"entries":  {func(t *posting.Totals) { t.EntryCount++ }, "entries"},
		"lines":    {func(t *posting.Totals) { t.LineCount-- }, "lines"},
		"currency": {func(t *posting.Totals) { t.ByCurrency = t.ByCurrency[1:] }, "currencies"},
		"debits":   {func(t *posting.Totals) { t.ByCurrency[0].Debits = cent(t.ByCurrency[0].Debits) }, "debits"},
		"credits":  {func(t *posting.Totals) { t.ByCurrency[0].Credits = cent(t.ByCurrency[0].Credits) }, "credits"},
		"base":     {func(t *posting.Totals) { t.BaseCredits = cent(t.BaseCredits) }, "base debits"},
		"hash":     {func(t *posting.Totals) { t.AccountHash++ }, "account hash"},
	} {
		changed := totals
		changed.ByCurrency = slices.Clone(totals.ByCurrency)
		c.change(&changed)
		if err := changed.Prove(entries); err == nil || !strings.Contains(err.Error(), "INV-11") || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := totals.Prove(entries[1:]); err == nil {
		t.Error("an entry is missing and nobody says so")
	}
}

// INV-11 for the file itself: other totals, another number and another amount are seen.
func TestProveFile(t *testing.T) {
	entries := sampleEntries(t)
	totals, err := posting.Sum(entries)
	if err != nil {
		t.Fatal(err)
	}
	file, err := posting.ReadDefault(bytes.NewReader(write(t, entries)))
	if err != nil || posting.ProveFile(file, entries, totals) != nil {
		t.Fatal(err, posting.ProveFile(file, entries, totals))
	}
	wrong := totals
	wrong.LineCount++
	renumbered := slices.Clone(entries)
	renumbered[0] = renumbered[0].Numbered("TO99000001")
	for name, err := range map[string]error{
		"totals": posting.ProveFile(file, entries, wrong), "number": posting.ProveFile(file, renumbered, totals), "count": posting.ProveFile(file, entries[1:], totals),
	} {
		if err == nil || !strings.Contains(err.Error(), "INV-11") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The journal names what it could not write, and never says a half is the whole.
func TestJournalReportsItsSink(t *testing.T) {
	var many []ledger.Entry
	for range 200 {
		many = append(many, sampleEntries(t)...)
	}
	for _, entries := range [][]ledger.Entry{nil, many} {
		if err := posting.WriteJournal(brokenPipe{}, entries); !errors.Is(err, errPipe) {
			t.Errorf("%d entries into a broken pipe: %v", len(entries), err)
		}
	}
}
