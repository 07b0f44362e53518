package posting_test

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/ledger/posting"
	"tieout/recon"
)

// Whatever balances can be written, and comes back as it was: entries, totals, header.
func TestWriteThenRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := sample()
		h.Base = currencies().Draw(t, "base")
		h.Sequence = rapid.IntRange(1, 2_000_000).Draw(t, "sequence")
		h.Target = rapid.SampledFrom([]string{"", "HQ", "000001", "A_1"}).Draw(t, "target")
		entries := make([]ledger.Entry, rapid.IntRange(1, 6).Draw(t, "entries"))
		for i := range entries {
			entries[i] = drawEntry(t, h.Base).Numbered(fmt.Sprintf("TO26%06d", i+1))
		}
		profile := posting.Profile{CRLF: rapid.Bool().Draw(t, "crlf")}
		var b bytes.Buffer
		totals, err := profile.Write(&b, h, entries)
		if err != nil {
			t.Fatal(err)
		}
		file, err := profile.Read(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatalf("%v\n%s", err, b.Bytes())
		}
		if file.Header != h || !file.Totals.Equal(totals) {
			t.Fatalf("header or totals changed: %+v", file)
		}
		if diff := visibleDiff(entries, file.Entries); diff != "" {
			t.Fatal(diff)
		}
	})
}

func currencies() *rapid.Generator[money.Currency] {
	return rapid.Map(rapid.SampledFrom([]string{"USD", "JPY", "KWD", "CLF", "EUR"}), money.MustCurrency)
}

// drawEntry draws a balanced entry: some debit lines and one credit line that
// closes it, or the other way round.
func drawEntry(t *rapid.T, base money.Currency) ledger.Entry {
	key := ledger.Key{
		PostingDate: recon.NewDate(2026, 1, 1) + recon.Date(rapid.IntRange(0, 800).Draw(t, "date")),
		Merchant:    rapid.SampledFrom([]string{"-", "acme_us", "two words", "Café|x", " USD SETTLE"}).Draw(t, "merchant"),
		Currency:    currencies().Draw(t, "currency"),
		Class:       rapid.SampledFrom([]ledger.Class{ledger.Settle, ledger.Fund, ledger.Bank, ledger.Reclass}).Draw(t, "class"),
		Correction:  rapid.SampledFrom([]string{"", "#2", "#R2", "#13"}).Draw(t, "correction"),
	}
	rate := money.One()
	if key.Currency != base {
		rate, _ = money.ParseRate(rapid.StringMatching(`[1-9][0-9]{0,3}(\.[0-9]{1,6})?`).Draw(t, "rate"))
	}
	side, other := ledger.Debit, ledger.Credit
	if rapid.Bool().Draw(t, "reversed") {
		side, other = other, side
	}
	var amount, inBase int64
	var lines []ledger.Line
	for range rapid.IntRange(1, 8).Draw(t, "lines") {
		l := drawLine(t, side)
		amount, inBase = amount+l.Amount, inBase+l.Base
		lines = append(lines, l)
	}
	closing := drawLine(t, other)
	closing.Amount, closing.Base = amount, inBase
	e, err := ledger.NewEntry(key, base, rate, append(lines, closing))
	if err != nil {
		t.Fatal(err)
	}
	return e.WithMemo(drawMemo(t)).Correcting(rapid.SampledFrom([]string{"", "TO26000123"}).Draw(t, "corrects"))
}

func drawLine(t *rapid.T, side ledger.Side) ledger.Line {
	return ledger.Line{
		Account: rapid.StringMatching(`[0-9]{4}(-[0-9A-Z]{3}){0,2}`).Draw(t, "account"),
		Side:    side,
		Label:   rapid.SampledFrom([]string{"CAPTURE", "REFUND", "FEE", ""}).Draw(t, "label"),
		Amount:  rapid.Int64Range(1, 1_000_000_000_000).Draw(t, "amount"),
		Base:    rapid.Int64Range(0, 1_000_000_000_000).Draw(t, "base amount"),
		Memo:    drawMemo(t),
	}
}

func drawMemo(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "plain", "a|b", "two\r\nlines", "nul\x00", "=1+1", "日本"}).Draw(t, "memo")
}
