package recon

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tieout/ledger/money"
)

// What a table takes it gives back, whatever the fields hold.
func TestTransactionsComeBack(t *testing.T) {
	text := rapid.StringMatching(`[ -~]{0,40}`)
	id := rapid.OneOf(rapid.StringMatching(`[0-9]{22,26}`), rapid.StringMatching(`[A-Za-z0-9-]{1,40}`))
	rapid.Check(t, func(t *rapid.T) {
		table := NewTransactions(4, 64)
		var want []Transaction
		for n := rapid.IntRange(1, 20).Draw(t, "rows"); n > 0; n-- {
			txn := Transaction{
				RowNo: text.Draw(t, "row"), ID: id.Draw(t, "id"), Parent: text.Draw(t, "parent"), Merchant: text.Draw(t, "merchant"),
				Batch: text.Draw(t, "batch"), Type: Capture, Occurred: Instant(rapid.Int64().Draw(t, "at")), Currency: money.MustCurrency("USD"),
				Amount: rapid.Int64().Draw(t, "amount"), Reference: text.Draw(t, "ref"), AuthCode: text.Draw(t, "auth"), Last4: text.Draw(t, "last4"),
				Store: text.Draw(t, "store"), Batched: Instant(rapid.Int64Range(1, 1<<50).Draw(t, "batched")),
				Source: Source{File: 3, Line: uint32(n)},
			}
			if rapid.Bool().Draw(t, "custom") {
				txn.Custom = []Field{{"mdd1", text.Draw(t, "mdd1")}, {"mdd2", strings.Repeat("x", 300)}}
			}
			if rapid.Bool().Draw(t, "faulty") {
				txn.Fault = &Fault{Column: "amount", Code: "bad", Message: "m"}
			}
			want = append(want, txn)
		}
		half := len(want) / 2
		for _, part := range [][]Transaction{want[:half], want[half:]} {
			batch := table.NewBatch()
			for i := range part {
				batch.Add(&part[i])
			}
			table.Append(batch)
		}
		for i := range want {
			if diff := cmp.Diff(want[i], table.At(i)); diff != "" {
				t.Fatalf("row %d (-want +got):\n%s", i, diff)
			}
		}
	})
}

// Packed ids compare as their texts do.
func TestIDsCompareAsTexts(t *testing.T) {
	digits := rapid.StringMatching(`[0-9]{1,31}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := digits.Draw(t, "a"), digits.Draw(t, "b")
		if packID(a).text() != a {
			t.Fatalf("%s came back as %s", a, packID(a).text())
		}
		if got, want := packID(a).compare(packID(b)), strings.Compare(a, b); got != want {
			t.Fatalf("%s against %s: %d, want %d", a, b, got, want)
		}
	})
}

// Text that is no id of up to 31 digits does not pack, whatever stands in it.
func TestOnlyDigitsPack(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[0-9]{0,12}[ -~\x00-\x{ff}]?[0-9]{0,20}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		in := text.Draw(t, "id")
		digits := len(in) <= 31 && strings.Trim(in, "0123456789") == ""
		if id := packID(in); id.packed() != digits || (digits && id.text() != in) {
			t.Fatalf("%q: packed %v as %q", in, id.packed(), id.text())
		}
	})
}
