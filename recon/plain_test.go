package recon

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"tieout/ledger/money"
)

// A plain row is packed like the Transaction with the same values, to the byte.
func TestAddPlain(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 71))
	pick := func(texts ...string) string { return texts[rnd.IntN(len(texts))] }
	for range 2000 {
		full := Transaction{
			ID: pick("6523662910238529983034", "70000000000000000000000001"), Merchant: pick("", "a", "acme_eu", "acme_international_events"),
			Batch: pick("", "1", "200280", "21265000001", "a batch with a long name"), Type: EventType(rnd.IntN(int(eventTypes))),
			Occurred: Instant(rnd.IntN(2) * 1e15), Batched: Instant(rnd.IntN(2) * 1e15), BatchDate: Date(rnd.IntN(2) * 20000), Currency: money.MustCurrency("USD"),
			Amount: rnd.Int64(), CardBrand: pick("", "VISA", "AMEX"), Last4: pick("", "1111"), AuthCode: pick("", "123456"), Method: pick("CARD", "X"),
			Reference: pick("", "0", "00104501", " 104501 ", "W-1/2 ", "a+b", "so 12", "1234567890123", "ＡＢ１"), ProcessRef: pick("", "lzvilXQ0"),
			Source: Source{uint16(rnd.IntN(3)), rnd.Uint32()},
		}
		if full.Batched != 0 {
			full.BatchDate = 0
		}
		table := NewTransactions(0, 0)
		a, b := table.NewBatch(), table.NewBatch()
		a.Add(&full)
		plain := PlainTransaction{
			ID: full.ID, Reference: full.Reference, ProcessRef: full.ProcessRef, AuthCode: full.AuthCode, Last4: full.Last4,
			Type: full.Type, Currency: full.Currency, Amount: full.Amount, Occurred: full.Occurred, Batched: full.Batched, BatchDate: full.BatchDate, Source: full.Source,
		}
		plain.Merchant, _ = b.Word(full.Merchant)
		plain.Brand, _ = b.Word(full.CardBrand)
		plain.Method, _ = b.Word(full.Method)
		plain.Batch, _ = b.BatchWord(full.Batch)
		b.AddPlain(&plain)
		if a.rows[0] != b.rows[0] || !bytes.Equal(a.text.bytes, b.text.bytes) || a.labelled != b.labelled || a.odd != b.odd {
			t.Fatalf("%+v\nis packed as %+v %q\nplain as     %+v %q", full, a.rows[0], a.text.bytes, b.rows[0], b.text.bytes)
		}
	}
}
