package store

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

// BenchmarkMask measures masking on rows of a settlement report without card numbers.
func BenchmarkMask(b *testing.B) {
	var in bytes.Buffer
	for i := range 20_000 {
		fmt.Fprintf(&in, "21265991580,acme_us,2023-10-11T04:15:21Z,69693043585666987%05d,SO-10%d,9321%d,MasterCard,USD,35.%02d,\"ics_bill,ics_auth\",BATCHED,2023-10-10T09:33:55Z\n", i, i, i, i%100)
	}
	b.SetBytes(int64(in.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := mask(io.Discard, bytes.NewReader(in.Bytes())); err != nil {
			b.Fatal(err)
		}
	}
}
