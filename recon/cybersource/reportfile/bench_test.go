package reportfile

import (
	"bytes"
	"fmt"
	"testing"

	"tieout/recon"
)

// benchmarkReport is a report of n rows in the legacy form, one reference in five padded.
func benchmarkReport(n int) []byte {
	var b bytes.Buffer
	b.WriteString("Payment Batch Detail Report,1.0,2026-10-01 to 2026-11-22,,,,,,,\r\n")
	b.WriteString("batch_id,merchant_id,batch_date,request_id,merchant_ref_number,trans_ref_no,payment_method,currency,amount,transaction_type\r\n")
	types := [...]string{"Visa", "MasterCard", "American Express", "Discover"}
	for i := range n {
		ref := fmt.Sprintf("W%d", 100000000+i*7)
		if i%5 == 0 {
			ref = "  000" + ref[1:] + " "
		}
		fmt.Fprintf(&b, "%d,acme_%d,2026-10-%02d,%d,%s,lzvil%dXQ,%s,USD,%d.%02d,ics_bill\r\n",
			200000+i%997, i%8, 1+i%30, 4000000000000000+i, ref, i, types[i%4], 3+i%600, i%100)
	}
	return bytes.ReplaceAll(b.Bytes(), []byte(",40000000"), []byte(",74300040000000"))
}

func BenchmarkReadPaymentBatchDetail(b *testing.B) {
	const rows = 200_000
	data := benchmarkReport(rows)
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			table := recon.NewTransactions(rows, 16<<20)
			empty := table.Mark()
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				table.Rollback(empty)
				r := Read("p.csv", 0, bytes.NewReader(data), Options{Workers: workers}, table)
				if r.Rows.Accepted != rows {
					b.Fatalf("%+v", r)
				}
			}
		})
	}
}
