package reportfile

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"tieout/recon"
	"tieout/recon/nested"
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

// benchmarkXML is the report of benchmarkReport in the DTD form of XML.
func benchmarkXML(n int) []byte {
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Report Name=\"Payment Batch Detail Report\" Version=\"1.0\"" +
		" xmlns=\"https://api.cybersource.com/reporting/v3/dtds/pbdr\" MerchantID=\"acme\"" +
		" ReportStartDate=\"2026-11-22T00:00:00-05:00\" ReportEndDate=\"2026-11-23T00:00:00-05:00\">\n<Batches>\n")
	types := [...]string{"Visa", "MasterCard", "American Express", "Discover"}
	const perBatch = 500
	for i := range n {
		if i%perBatch == 0 {
			fmt.Fprintf(&b, "<Batch BatchID=\"%d\" BatchDate=\"2026-11-22\">\n<Requests>\n", 200000+i/perBatch)
		}
		fmt.Fprintf(&b, "<Request RequestID=\"74300%017d\" MerchantReferenceNumber=\"W%d\">\n<TransactionReferenceNumber>lzvil%dXQ</TransactionReferenceNumber>\n"+
			"<PaymentMethod>%s</PaymentMethod>\n<CurrencyCode>USD</CurrencyCode>\n<Amount>%d.%02d</Amount>\n<Application>ics_bill</Application>\n</Request>\n",
			i, 100000000+i*7, i, types[i%4], 3+i%600, i%100)
		if i%perBatch == perBatch-1 || i == n-1 {
			b.WriteString("</Requests>\n</Batch>\n")
		}
	}
	b.WriteString("</Batches>\n</Report>\n")
	return b.Bytes()
}

// BenchmarkReadXML reads a report in XML and, beside it, decodes the same one
// with encoding/xml, which does nothing with what it decodes.
func BenchmarkReadXML(b *testing.B) {
	const rows = 50_000
	data, table := benchmarkXML(rows), recon.NewTransactions(rows, 16<<20)
	b.Run("reader", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			readXMLOnce(b, data, rows, table)
		}
	})
	b.Run("scanner", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			scanOnce(b, data)
		}
	})
	b.Run("encoding-xml", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			decodeOnce(b, data, rows)
		}
	})
	b.Run("ratio", func(b *testing.B) {
		var ours, scan, theirs time.Duration
		for b.Loop() {
			ours += timed(func() { readXMLOnce(b, data, rows, table) })
			scan += timed(func() { scanOnce(b, data) })
			theirs += timed(func() { decodeOnce(b, data, rows) })
		}
		b.ReportMetric(float64(theirs)/float64(ours), "times-encoding/xml")
		b.ReportMetric(float64(theirs)/float64(scan), "scanner-times-encoding/xml")
	})
}

func timed(work func()) time.Duration {
	start := time.Now()
	work()
	return time.Since(start)
}

func readXMLOnce(b *testing.B, data []byte, rows int, table *recon.Transactions) {
	empty := table.Mark()
	defer table.Rollback(empty)
	if r := Read("p.xml", 0, bytes.NewReader(data), Options{}, table); r.Rows.Accepted != rows {
		b.Fatalf("%+v", r)
	}
}

func scanOnce(b *testing.B, data []byte) {
	x := nested.OpenXML(bytes.NewReader(data), nested.Options{})
	for x.Next() != nested.EOF {
	}
	if x.Fault() != nil {
		b.Fatal(x.Fault())
	}
}

// decodeOnce is what a reader would do that is made of encoding/xml.
func decodeOnce(b *testing.B, data []byte, rows int) {
	type request struct {
		ID        string `xml:"RequestID,attr"`
		Reference string `xml:"MerchantReferenceNumber,attr"`
		Process   string `xml:"TransactionReferenceNumber"`
		Method    string `xml:"PaymentMethod"`
		Currency  string `xml:"CurrencyCode"`
		Amount    string
		Service   string `xml:"Application"`
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	n := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
		if start, is := token.(xml.StartElement); is && start.Name.Local == "Request" {
			var r request
			if err := d.DecodeElement(&r, &start); err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	if n != rows {
		b.Fatal(n)
	}
}
