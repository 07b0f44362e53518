package sagepro

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"tieout/recon"
)

// compareWays holds an export read row by row in full against the same export
// read with its plain rows: report and documents are the same.
func compareWays(t *testing.T, text string, m Mapping) {
	t.Helper()
	var all [2]string
	for way := range all {
		m.inFull = way == 1
		table := recon.NewDocuments(0, 0)
		js, err := json.Marshal(ReadExport("orders.csv", 4, strings.NewReader(text), m, table))
		if err != nil {
			t.Fatal(err)
		}
		all[way] = string(js) + "\n"
		for i := range table.Len() {
			doc := table.At(i)
			fault := doc.Fault
			doc.Fault = nil // an address
			all[way] += fmt.Sprintf("%+v %+v\n", doc, fault)
		}
	}
	if all[0] != all[1] {
		t.Fatalf("plain:\n%sin full:\n%s%q", all[0], all[1], text)
	}
}

// TestPlainRows makes rows of usual and unusual values in all mixtures.
func TestPlainRows(t *testing.T) {
	usual := map[string][]string{
		"sono": {"170384795", "  00017 "}, "custno": {"C1"}, "ordate": {"2026-10-12"}, "ponum": {"PO-1", "a long text without a number"}, "currency": {"USD", "JPY"},
		"ordamt": {"382", "17"}, "status": {"C", ""}, "type": {"I", "O"}, "shop": {"acme", ""}, "pay": {"CARD"}, "auth": {"123456", ""},
	}
	unusual := map[string][]string{
		"sono": {"", "  ", "4111111111111111"}, "custno": {"", " C2 ", "4111 1111 1111 1111"}, "ordate": {"", "1900-01-01", "2026-02-30", "10/12/2026", " 2026-10-12 "},
		"ponum": {"4111111111111111", "\"x\"\"y\""}, "currency": {"", "usd", " USD ", "XXQ"}, "ordamt": {"", "-3", "1.005", " 5 ", "1e3", "99999999999999999"},
		"status": {"V", "?", " C "}, "type": {"", "?"}, "shop": {" acme ", "Größe"}, "pay": {"", " "}, "auth": {" 1 "},
	}
	columns := []string{"sono", "custno", "ordate", "ponum", "currency", "ordamt", "status", "type", "shop", "pay", "auth"}
	m := orders()
	m.Columns["doc_type"], m.Columns["merchant_id"], m.Columns["payment_method"], m.Columns["auth_code"] = "type", "shop", "pay", "auth"
	m.Constants = map[string]string{"store": "7"}
	m.Lookups["doc_type"] = map[string]string{"I": "INVOICE", "O": "ORDER"}
	rnd := rand.New(rand.NewPCG(1, 61))
	for range 100 {
		var text strings.Builder
		text.WriteString(strings.Join(columns, ",") + "\n")
		for range 40 {
			rare := rnd.IntN(4)
			for i, name := range columns {
				from := usual[name]
				if rare > 0 && rnd.IntN(3*len(columns)) < rare {
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
			text.WriteString("\n")
		}
		compareWays(t, text.String(), m)
	}
}
