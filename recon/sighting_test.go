package recon_test

import (
	"reflect"
	"testing"

	"tieout/ledger/money"
	"tieout/recon"
)

// A sighting tells rows apart by each field that stage 0 compares (EDGE-10), and by nothing else.
func TestSightingTellsEveryField(t *testing.T) {
	full := recon.Transaction{
		RowNo: "7", ID: "7000000000000000000001", Parent: "7000000000000000000009", Merchant: "acme", Batch: "B", Type: recon.Capture, Occurred: 5, Batched: 6,
		Currency: money.MustCurrency("USD"), Amount: 100, CardBrand: "VISA", Last4: "1111", AuthCode: "A", Method: "CARD", Reference: "S1", ProcessRef: "P",
		FeeCode: "F", Store: "100", Case: "C", DueDate: 3, CardholderCurrency: "EUR", CardholderAmount: "1.00", Custom: []recon.Field{{Name: "mdd2", Value: "x"}},
	}
	see := func(txn recon.Transaction) recon.Sighting {
		table := recon.NewTransactions(0, 0)
		batch := table.NewBatch()
		batch.Add(&txn)
		table.Append(batch)
		s, keyed := (&recon.Sighter{}).Of(table, 0)
		if !keyed {
			t.Fatal("no key")
		}
		return s
	}
	first := see(full)
	fields := reflect.TypeFor[recon.Transaction]()
	for i := range fields.NumField() {
		changed := full
		name := fields.Field(i).Name
		switch f := reflect.ValueOf(&changed).Elem().Field(i); {
		case name == "BatchDate":
			changed.Batched, changed.BatchDate = 0, 9
		case name == "Currency":
			changed.Currency = money.MustCurrency("EUR")
		case name == "Type":
			changed.Type = recon.Refund
		case name == "Custom":
			changed.Custom = []recon.Field{{Name: "mdd3", Value: "x"}}
		case name == "Source":
			changed.Source = recon.Source{File: 2, Line: 3}
		case name == "Fault":
			changed.Fault = &recon.Fault{Code: "bad"}
		case f.Kind() == reflect.String:
			f.SetString(f.String() + "1")
		case f.CanInt():
			f.SetInt(f.Int() + 1)
		default:
			t.Fatalf("%s: no way to change it", name)
		}
		second := see(changed)
		place := name == "RowNo" || name == "Source" || name == "Fault"
		if (second.Content == first.Content) != place {
			t.Errorf("%s: contents equal %v", name, second.Content == first.Content)
		}
		if key := name == "ID" || name == "Type"; (second.Key == first.Key) == key {
			t.Errorf("%s: keys equal %v", name, second.Key == first.Key)
		}
	}
}
