package recon_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"tieout/fixtures/inputs"
	"tieout/fixtures/scenario"
)

// BenchmarkCheck is the price of the invariants on rows that match: time a row.
func BenchmarkCheck(b *testing.B) {
	const rows = 500_000
	policy, err := os.ReadFile("../fixtures/golden/worked-example/config.json")
	if err != nil {
		b.Fatal(err)
	}
	var txns, docs strings.Builder
	txns.WriteString("row_no,txn_id,parent_txn_id,merchant_id,batch_id,event_type,event_time,batch_time,currency,amount,cardholder_currency,cardholder_amount,card_brand,last4,auth_code,payment_method,merchant_ref,fee_code,mdd1_store\n")
	docs.WriteString("doc_id,doc_type,order_no,invoice_no,customer_no,doc_date,status,merchant_id,store,payment_method,currency,amount,goods,tax,shipping,surcharge,applied_prior,gateway_request_id,auth_code,last4\n")
	for i := range rows {
		fmt.Fprintf(&txns, ",%022d,,acme_us,B,CAPTURE,2026-09-30T20:02:00Z,2026-09-30T20:30:00Z,USD,%d.25,,,VISA,1111,A1,CARD,S%d,,\n", i+1, i%500+1, i)
		fmt.Fprintf(&docs, "D%d,INVOICE,S%d,I%d,C1,2026-09-28,SHIPPED,acme_us,100,CARD,USD,%d.25,%d.25,0,0,0,,,,\n", i, i, i, i%500+1, i%500+1)
	}
	night, err := inputs.Scenario(scenario.Scenario{Policy: policy, Transactions: [][]byte{[]byte(txns.String())}, Documents: [][]byte{[]byte(docs.String())}})
	if err != nil {
		b.Fatal(err)
	}
	res := night.Reconcile()
	for b.Loop() {
		if err := res.Check(night.Transactions, night.Documents); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
}
