//go:build torture

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tieout/fixtures/office"
	"tieout/fixtures/scenario"
)

// XLS-06 and 4.4, by a spreadsheet program that is not ours: the cached value of
// every formula is taken away, LibreOffice calculates, and every result must be
// the value that was taken away; every check must be 0. TIEOUT_SEED,
// TIEOUT_SCENARIOS and TIEOUT_ROWS set first seed, number of grown scenarios and
// the length of the long workbook.
func TestWorkbookRecalculates(t *testing.T) {
	var names, paths []string
	add := func(name string, args []string) {
		out, _ := reconcile(t, 0, args...)
		names, paths = append(names, name), append(paths, filepath.Join(out, workbookName))
	}
	add("worked example", example(golden))
	first, count := scenarios(t, 12)
	for seed := first; seed < first+count; seed++ {
		add(fmt.Sprintf("seed %d", seed), withWorkbook(files(t, scenario.New(seed))))
	}
	add("long", withWorkbook(files(t, longScenario(longRows(t)))))
	for _, path := range nightlyWorkbooks(t, 10) {
		names, paths = append(names, filepath.Base(path)), append(paths, path)
	}
	results, err := office.Recalculate(t.TempDir(), paths...)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		c, err := office.Compare(paths[i], results[i])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, fault := range c.Faults {
			t.Errorf("%s: %s", name, fault)
		}
		if c.Formulas < 100 || c.Checks < 10 {
			t.Errorf("%s: only %d formulas and %d checks", name, c.Formulas, c.Checks)
		}
		t.Logf("%s: %d formulas recalculated, %d checks", name, c.Formulas, c.Checks)
	}
}

// nightlyWorkbooks are those of the first nights of the demonstration: with a
// prior list, a trend, cleared items and released entries.
func nightlyWorkbooks(t *testing.T, nights int) []string {
	t.Helper()
	d := demonstration{out: filepath.Join(t.TempDir(), "demo"), seed: 1, nights: nights}
	if err := d.run(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(d.out, "out", "*_exceptions_*.xlsx"))
	if err != nil || len(paths) < nights {
		t.Fatalf("%d workbooks of %d nights: %v", len(paths), nights, err)
	}
	return paths
}

func withWorkbook(args []string) []string { return args[1:] } // files begins with --no-workbook

func longRows(t *testing.T) int {
	t.Helper()
	text := os.Getenv("TIEOUT_ROWS")
	if text == "" {
		return 20_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("TIEOUT_ROWS: %v", err)
	}
	return n
}

// longScenario has so many captures; every tenth finds no invoice and every
// tenth another amount, in amounts that no binary fraction holds exactly.
func longScenario(rows int) scenario.Scenario {
	s := scenario.New(1)
	var txns, docs strings.Builder
	txns.WriteString("row_no,txn_id,parent_txn_id,merchant_id,batch_id,event_type,event_time,batch_time,currency,amount,cardholder_currency," +
		"cardholder_amount,card_brand,last4,auth_code,payment_method,merchant_ref,fee_code,mdd1_store\n")
	docs.WriteString("doc_id,doc_type,order_no,invoice_no,customer_no,doc_date,status,merchant_id,store,payment_method,currency,amount,goods,tax," +
		"shipping,surcharge,applied_prior,gateway_request_id,auth_code,last4\n")
	for i := 1; i <= rows; i++ {
		cents := 1 + i*37%9_999
		fmt.Fprintf(&txns, "%d,%022d,,acme_us,B1,CAPTURE,2026-09-29T15:00:00Z,2026-09-29T15:30:00Z,USD,%d.%02d,,,VISA,%04d,A%d,CARD,8%07d,,\n",
			i, 7_000_000_000_000+i, cents/100, cents%100, i%10_000, i, i)
		if i%10 == 1 {
			continue
		}
		if i%10 == 2 {
			cents += 7
		}
		fmt.Fprintf(&docs, "L%d,INVOICE,8%07d,,C1,2026-09-%02d,SHIPPED,acme_us,100,CARD,USD,%[4]d.%02[5]d,%[4]d.%02[5]d,0,0,0,0,,,\n",
			i, i, 1+i%28, cents/100, cents%100)
	}
	s.Transactions, s.Documents, s.History, s.Funding, s.Bank = [][]byte{[]byte(txns.String())}, [][]byte{[]byte(docs.String())}, nil, nil, nil
	s.Policy = []byte(longPolicy)
	return s
}

const longPolicy = `{"set": "long", "description": "many rows", "base_currency": "USD", "time_zone": "America/New_York",
 "date_from": "2026-09-29", "date_to": "2026-09-29", "as_of": "2026-10-02",
 "merchants": {"acme_us": {"store": "100", "revenue_model": "AR"}}, "ho_store": "000",
 "accounts": {"clearing": "1150", "cb_receivable": "1160", "reserve": "1170", "fx_clearing": "1190", "ar": "1200", "in_transit": "1015",
  "deposits": "2150", "unapplied": "2190", "unidentified": "2195", "tax": "2200", "sales": "4000", "returns": "4090", "freight": "4100",
  "surcharge": "4150", "small_diff": "6990", "fx_diff": "7200", "gl_suspense": "9999"}, "cash_accounts": {"USD": "1010"}}`
