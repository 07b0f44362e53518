package neutral

import (
	"encoding/csv"
	"io"
	"strings"
	"time"

	"github.com/gocarina/gocsv"

	"tieout/ledger/money"
	"tieout/recon"
)

// WriteTransactions writes rows in the layout that [ReadTransactions] reads.
// Merchant-defined data beyond the store has no columns here and is left out.
func WriteTransactions(w io.Writer, rows []recon.Transaction) error {
	out := make([]TransactionRow, len(rows))
	for i := range rows {
		out[i] = rowOf(&rows[i])
	}
	return write(w, &out)
}

// WriteHistory writes posted events in the layout that [ReadHistory] reads.
func WriteHistory(w io.Writer, rows []recon.Posted) error {
	out := make([]historyRow, len(rows))
	for i := range rows {
		h := &rows[i]
		out[i] = historyRow{TransactionRow: rowOf(&h.Transaction), Documents: strings.Join(h.Documents, "|"), OpenReason: h.OpenReason.String()}
		if h.OpenReason != recon.NoReason {
			out[i].Suspended = money.New(h.Suspended, h.Currency).String()
		}
		var applied []string
		for _, a := range h.Applied {
			applied = append(applied, money.New(a, h.Currency).String())
		}
		out[i].Applied = strings.Join(applied, "|")
	}
	return write(w, &out)
}

// WriteDocuments writes documents in the layout that [ReadDocuments] reads.
func WriteDocuments(w io.Writer, rows []recon.Document) error {
	out := make([]documentRow, len(rows))
	for i := range rows {
		d := &rows[i]
		amount := func(minor int64) string { return money.New(minor, d.Currency).String() }
		out[i] = documentRow{
			ID: d.ID, Type: d.Type.String(), OrderNo: d.OrderNo, InvoiceNo: d.InvoiceNo, CustomerNo: d.CustomerNo, Date: d.Date.String(),
			Status: d.Status.String(), Merchant: d.Merchant, Store: d.Store, Method: d.Method, Currency: d.Currency.String(),
			Amount: amount(d.Amount), Goods: amount(d.Components[recon.Goods]), Tax: amount(d.Components[recon.Tax]),
			Shipping: amount(d.Components[recon.Shipping]), Surcharge: amount(d.Components[recon.Surcharge]), Prior: amount(d.Prior),
			RequestID: d.RequestID, AuthCode: d.AuthCode, Last4: d.Last4,
		}
	}
	return write(w, &out)
}

func write(w io.Writer, rows any) error {
	return gocsv.MarshalCSV(rows, gocsv.NewSafeCSVWriter(csv.NewWriter(w)))
}

func rowOf(t *recon.Transaction) TransactionRow {
	row := TransactionRow{
		RowNo: t.RowNo, ID: t.ID, Parent: t.Parent, Merchant: t.Merchant, Batch: t.Batch, Type: t.Type.String(),
		Occurred: instantText(t.Occurred), Batched: instantText(t.Batched), Currency: t.Currency.String(),
		Amount: money.New(t.Amount, t.Currency).String(), CardholderCurrency: t.CardholderCurrency, CardholderAmount: t.CardholderAmount,
		CardBrand: t.CardBrand, Last4: t.Last4, AuthCode: t.AuthCode, Method: t.Method, Reference: t.Reference, FeeCode: t.FeeCode,
		Store: t.Store, Case: t.Case, DueDate: t.DueDate.String(), ProcessRef: t.ProcessRef,
	}
	if t.BatchDate != 0 {
		row.Batched = t.BatchDate.String()
	}
	return row
}

func instantText(at recon.Instant) string {
	if at == 0 {
		return ""
	}
	return at.In(time.UTC).Format(time.RFC3339Nano)
}
