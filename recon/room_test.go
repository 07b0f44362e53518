package recon_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tieout/recon"
	"tieout/recon/cybersource/reportfile"
	"tieout/recon/neutral"
	"tieout/recon/sagepro"
)

// roomCase is a reader with files of its own: the lines of a file with so many rows.
type roomCase struct {
	header string
	row    func(i int) string
	read   func(t *testing.T, text string, rows *recon.Transactions, docs *recon.Documents) recon.FileReport
}

func roomCases() map[string]roomCase {
	export := sagepro.Mapping{
		Columns:   map[string]string{"doc_id": "sono", "order_no": "sono", "customer_no": "custno", "doc_date": "ordate", "currency": "currid", "amount": "ordamt", "status": "sostat"},
		Constants: map[string]string{"doc_type": "ORDER", "payment_method": "CARD", "merchant_id": "", "store": ""},
		Lookups:   map[string]map[string]string{"status": {"C": "SHIPPED"}},
	}
	orders := "sono,sodate,ordate,custno,ordamt,tax,shpamt,currid,sostat,sotype\n"
	order := func(i int) string {
		return fmt.Sprintf("%d,2026-09-28,2026-09-28,C%d,1.00,0,1.00,USD,C,\n", 100000+i, i)
	}
	return map[string]roomCase{
		"report": {
			header: "shop_a,PaymentBatchDetailReport_Daily_Classic,PaymentBatchDetail,1.10,2026-09-30T07:00:00Z to 2026-10-01T07:00:00Z,,,,,,,\n" +
				"batch_id,merchant_id,batch_date,request_id,merchant_ref_number,TransactionReferenceNumber,payment_type,currency,amount,ics_applications,status,transaction_date\n",
			row: func(i int) string {
				return fmt.Sprintf("1,shop_a,2026-10-01T04:15:21Z,%022d,r-%d,9,Visa,USD,1.00,\"ics_bill,ics_auth\",BATCHED,2026-09-30T09:33:55Z\n", 7_000_000_000_000_000+i, i)
			},
			read: func(_ *testing.T, text string, rows *recon.Transactions, _ *recon.Documents) recon.FileReport {
				return reportfile.Read("a.csv", 0, strings.NewReader(text), reportfile.Options{Workers: 3}, rows)
			},
		},
		"neutral transactions": {
			header: "row_no,txn_id,parent_txn_id,merchant_id,batch_id,event_type,event_time,batch_time,currency,amount,cardholder_currency,cardholder_amount,card_brand,last4,auth_code,payment_method,merchant_ref,fee_code,mdd1_store\n",
			row: func(i int) string {
				return fmt.Sprintf(",%022d,,acme,B,CAPTURE,2026-09-29T15:00:00Z,2026-09-29T16:00:00Z,USD,1.00,,,VISA,1111,A1,CARD,r-%d,,\n", 7_000_000_000_000_000+i, i)
			},
			read: func(_ *testing.T, text string, rows *recon.Transactions, _ *recon.Documents) recon.FileReport {
				return neutral.ReadTransactions("a.csv", 0, strings.NewReader(text), rows)
			},
		},
		"neutral documents": {
			header: "doc_id,doc_type,order_no,invoice_no,customer_no,doc_date,status,merchant_id,store,payment_method,currency,amount\n",
			row: func(i int) string {
				return fmt.Sprintf("D%d,ORDER,%d,,C1,2026-09-29,SHIPPED,acme,100,CARD,USD,1.00\n", i, i)
			},
			read: func(_ *testing.T, text string, _ *recon.Transactions, docs *recon.Documents) recon.FileReport {
				return neutral.ReadDocuments("a.csv", 0, strings.NewReader(text), docs)
			},
		},
		"export": {header: orders, row: order, read: func(_ *testing.T, text string, _ *recon.Transactions, docs *recon.Documents) recon.FileReport {
			return sagepro.ReadExport("a.csv", 0, strings.NewReader(text), export, docs)
		}},
		"extract": {header: orders, row: order, read: readExtracted},
	}
}

// readExtracted reads orders by way of the extract that a night takes of them.
func readExtracted(t *testing.T, text string, _ *recon.Transactions, docs *recon.Documents) recon.FileReport {
	t.Helper()
	company := sagepro.DefaultCompany(sagepro.G3)
	door := &sagepro.Exports{Dir: t.TempDir(), Company: company}
	invoices := "invno,invdte,custno,ornum,invamt,paidamt,balance,currid,arstat,artype\n"
	receipts := "invno,dtepaid,paidamt,disamt,refno,recdel\n"
	orders, _, _ := strings.Cut(text, "\n")
	for name, table := range map[string]string{
		"ARMAST01": invoices, "ARYMST01": invoices, "SOMAST01": text, "SOYMST01": orders + "\n", "ARCASH01": receipts, "ARYCSH01": receipts,
	} {
		if err := os.WriteFile(filepath.Join(door.Dir, name+".csv"), []byte(table), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var extract bytes.Buffer
	if err := company.Extract(t.Context(), door, 0, &extract); err != nil {
		t.Fatal(err)
	}
	return company.ReadExtract("a.csv", 0, &extract, docs)
}

// A file that brings more text than the table has room for is condemned, whatever
// goroutine reads it, leaves nothing behind and costs no other file anything.
func TestTooMuchTextCondemnsTheFile(t *testing.T) {
	t.Parallel()
	for name, c := range roomCases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, docs := recon.NewTransactions(0, 0), recon.NewDocuments(0, 0)
			recon.SetRoom(rows, docs, 4096)
			read := func(from, to int) recon.FileReport {
				var text strings.Builder
				text.WriteString(c.header)
				for i := from; i < to; i++ {
					text.WriteString(c.row(i))
				}
				return c.read(t, text.String(), rows, docs)
			}
			const many = 9000 // several blocks, and several batches
			for k, want := range []recon.FileVerdict{recon.FileAccepted, recon.FileQuarantined, recon.FileAccepted} {
				from, to := many+10*k, many+10*k+2
				if want == recon.FileQuarantined {
					from, to = 0, many
				}
				r := read(from, to)
				if r.Verdict != want || r.Rows.Total != to-from {
					t.Fatalf("file %d: %s, %+v, want %s: %+v", k, r.Verdict, r.Rows, want, r.Findings)
				}
				if r.Condemned() && (r.Findings[0].Code != "too_much_text" || r.Rows.Quarantined != many || len(r.Totals) != 0) {
					t.Errorf("%+v", r)
				}
			}
			if n := rows.Len() + docs.Len(); n != 4 {
				t.Errorf("%d rows are there, want those of two small files", n)
			}
		})
	}
}
