package reports

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/ledger/money"
	"tieout/recon"
)

func listed(id string, reason recon.Reason, minor int64, code string) ExceptionRow {
	c := money.MustCurrency(code)
	return ExceptionRow{ID: id, Reason: reason, Currency: c, Amount: money.New(minor, c)}
}

// ME-04: prior plus new less cleared plus changed is what the list has now, for
// every reason and currency.
func TestMoved(t *testing.T) {
	prior := []ExceptionRow{
		listed("stays", recon.NoOrder, 100, "USD"), listed("gone", recon.NoOrder, 700, "USD"), listed("other reason", recon.TimingNotSettled, 50, "USD"),
		listed("other amount", recon.AmountUnder, 80, "USD"), listed("other currency", recon.NoOrder, 9, "JPY"),
	}
	now := []ExceptionRow{
		listed("stays", recon.NoOrder, 100, "USD"), listed("come", recon.NoOrder, -30, "USD"), listed("other reason", recon.NotCaptured, 50, "USD"),
		listed("other amount", recon.AmountUnder, 60, "USD"), listed("other currency", recon.NoOrder, 10, "USD"),
		{ID: "unreadable", Reason: recon.InvalidRow},
	}
	got, err := Moved(prior, now)
	if err != nil {
		t.Fatal(err)
	}
	usd, jpy := money.MustCurrency("USD"), money.MustCurrency("JPY")
	in := func(items int, minor int64, c money.Currency) Tally { return Tally{items, money.New(minor, c)} }
	want := []Movement{
		{Reason: recon.InvalidRow, New: Tally{Items: 1}},
		{Reason: recon.NoOrder, Currency: jpy, Prior: in(1, 9, jpy), Changed: in(-1, -9, jpy)},
		{Reason: recon.NoOrder, Currency: usd, Prior: in(2, 800, usd), New: in(1, -30, usd), Cleared: in(1, 700, usd), Changed: in(1, 10, usd)},
		{Reason: recon.AmountUnder, Currency: usd, Prior: in(1, 80, usd), Changed: in(0, -20, usd)},
		{Reason: recon.NotCaptured, Currency: usd, Changed: in(1, 50, usd)},
		{Reason: recon.TimingNotSettled, Currency: usd, Prior: in(1, 50, usd), Changed: in(-1, -50, usd)},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b money.Amount) bool { return a == b })); diff != "" {
		t.Errorf("movement (-want +got):\n%s", diff)
	}
	now = append(now, listed("much", recon.NoOrder, math.MaxInt64, "USD"), listed("more", recon.NoOrder, math.MaxInt64, "USD"))
	if _, err := Moved(prior, now); err == nil {
		t.Error("a sum beyond int64 was accepted")
	}
}

// XLS-10: the trend adds absolute amounts, and a currency of which nothing was
// open in a week is 0 then.
func TestTrend(t *testing.T) {
	usd, jpy := money.MustCurrency("USD"), money.MustCurrency("JPY")
	open, err := Open([]ExceptionRow{listed("a", recon.NoOrder, -40, "USD"), listed("b", recon.NoOrder, 50, "USD"), {ID: "unreadable"}})
	if err != nil {
		t.Fatal(err)
	}
	day := recon.NewDate(2026, 10, 2)
	got := Trend([]WeekEnd{{AsOf: day - 7, Open: []Tally{{1, money.New(5400, jpy)}}}, {AsOf: day, Open: open}})
	want := []TrendPoint{
		{day - 7, money.New(5400, jpy), 1},
		{day - 7, money.New(0, usd), 0},
		{day, money.New(0, jpy), 0},
		{day, money.New(90, usd), 2},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b money.Amount) bool { return a == b })); diff != "" {
		t.Errorf("trend (-want +got):\n%s", diff)
	}
}
