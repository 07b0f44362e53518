package reportfile

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"tieout/recon"
)

// compareWays holds a file read row by row in full against the same file read
// with its plain rows: report and rows are the same.
func compareWays(t *testing.T, text string) {
	t.Helper()
	var reports, rows [2]string
	for way := range reports {
		table := recon.NewTransactions(0, 0)
		r := Read("f.csv", 0, strings.NewReader(text), Options{Workers: 1, inFull: way == 1, PaymentTypes: map[string]string{"Visa": "CARD", "eCheck": "ECHECK"}}, table)
		js, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		reports[way] = string(js)
		for i := range table.Len() {
			txn := table.At(i)
			fault := txn.Fault
			txn.Fault = nil // an address
			rows[way] += fmt.Sprintf("%+v %+v\n", txn, fault)
		}
	}
	if reports[0] != reports[1] {
		t.Fatalf("plain: %s\nin full: %s\n%q", reports[0], reports[1], text)
	}
	if rows[0] != rows[1] {
		t.Fatalf("plain:\n%sin full:\n%s%q", rows[0], rows[1], text)
	}
}

// TestPlainRows makes rows of usual and unusual values in all mixtures.
func TestPlainRows(t *testing.T) {
	usual := map[string][]string{
		"batch_id": {"200280", "21265000001"}, "merchant_id": {"acme_eu", "acme_international_events"}, "batch_date": {"2026-10-27", "2026-10-01T04:15:21Z"},
		"request_id": {"6523662910238529983034", "70000000000000000000000001"}, "merchant_ref_number": {"W115646826", "104501", "  00104501 ", "so-12/3"},
		"trans_ref_no": {"lzvilXQ0"}, "payment_method": {"Visa", "MasterCard", "American Express"}, "currency": {"USD", "JPY"}, "amount": {"422", "3"},
		"transaction_type": {"ics_bill", "ics_credit", "\"ics_auth,ics_bill\""}, "status": {"BATCHED", ""}, "transaction_date": {"2026-09-30T09:33:55Z", ""},
		"AuthorizationCode": {"123456"}, "account_suffix": {"1111", "XXXXXXXXXXXX4242"}, "PaymentRequestID": {""}, "mdd1": {""}, "note": {"", "x"},
	}
	unusual := map[string][]string{
		"batch_id": {"", "  ", " 7 ", "4111111111111111"}, "merchant_id": {"", " ", " acme_eu", "4111111111111111", "Größe"}, "batch_date": {"", "2026-02-30", "27.10.2026", "2026-10-01 04:15:21 GMT", " 2026-10-27", "1969-12-31T23:59:59Z"},
		"request_id": {"", "4.2E21", "6523662910238529983034 ", "652366291023852998303", "4111111111111111"}, "merchant_ref_number": {"", "0", "a,b", "\"a \"\"b\"\"\"", "4111111111111111", "ＡＢ１", "123456789012345678901234567890"},
		"trans_ref_no": {"", " x ", "1234567890123456", "4111 1111 1111 1111"}, "payment_method": {"", "eCheck", " visa ", "4111111111111111"}, "currency": {"", "usd", "XXQ", "KWD", " USD"},
		"amount": {"", "-3", "-0", "0", "1.005", "1e3", "99999999999999999", " 3", "12.3"}, "transaction_type": {"", "ics_auth", "ics_void", "ecp_debit", "ics_bill,ics_credit", "\"ics_bill,ics_credit\"", "nothing"},
		"status": {"PENDING", " BATCHED "}, "transaction_date": {"yesterday", "2026-09-30T09:33:55+02:00"}, "AuthorizationCode": {"", " 1 "}, "account_suffix": {"", "12"},
		"PaymentRequestID": {"6523662910238529983034", "x", " "}, "mdd1": {"100", " "}, "note": {"4111111111111111", "a long note without any number"},
	}
	columns := []string{
		"batch_id", "merchant_id", "batch_date", "request_id", "merchant_ref_number", "trans_ref_no", "payment_method", "currency", "amount", "transaction_type",
		"status", "transaction_date", "AuthorizationCode", "account_suffix", "PaymentRequestID", "mdd1", "note",
	}
	rnd := rand.New(rand.NewPCG(3, 14))
	for range 100 {
		shown := columns[:10+rnd.IntN(len(columns)-9)]
		var text strings.Builder
		text.WriteString(legacyLine1 + strings.Join(shown, ",") + "\r\n")
		for range 40 {
			rare := rnd.IntN(4)
			for i, name := range shown {
				from := usual[name]
				if rare > 0 && rnd.IntN(3*len(shown)) < rare {
					from = unusual[name]
				}
				if i > 0 {
					text.WriteByte(',')
				}
				text.WriteString(from[rnd.IntN(len(from))])
			}
			if rnd.IntN(50) == 0 {
				text.WriteString(",more")
			}
			text.WriteString("\r\n")
		}
		compareWays(t, text.String())
	}
}
