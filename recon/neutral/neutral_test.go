package neutral

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
)

const (
	txnHeader = "row_no,txn_id,parent_txn_id,merchant_id,batch_id,event_type,event_time,batch_time,currency,amount,cardholder_currency,cardholder_amount,card_brand,last4,auth_code,payment_method,merchant_ref,fee_code,mdd1_store\n"
	docHeader = "doc_id,doc_type,order_no,invoice_no,customer_no,doc_date,status,merchant_id,store,payment_method,currency,amount,goods,tax,shipping,surcharge,applied_prior,gateway_request_id,auth_code,last4\n"
)

func readTxns(text string) (recon.FileReport, []recon.Transaction) {
	table := recon.NewTransactions(0, 0)
	r := ReadTransactions("t.csv", 2, strings.NewReader(text), table)
	var rows []recon.Transaction
	for i := range table.Len() {
		rows = append(rows, table.At(i))
	}
	return r, rows
}

func sameCurrency() cmp.Option {
	return cmp.Comparer(func(a, b money.Currency) bool { return a == b })
}

func instant(text string) recon.Instant {
	i, err := recon.ParseInstant(text)
	if err != nil {
		panic(err)
	}
	return i
}

func TestTransactions(t *testing.T) {
	text := txnHeader +
		"7,70001,70000,acme,B1,CAPTURE,2026-09-29T20:02:00Z,2026-09-29T20:30:00Z,USD,120.00,EUR,110.10,VISA,1111,A1,CARD, 104501 ,,200\n" +
		"8,70002,,acme,,AUTH,2026-09-28T14:00:00Z,,JPY,100.00,,,,,,,\"two\nlines\",,\n" +
		"9,70003,,acme,B1,FEE,,2026-09-30,USD,-0.65,,,,,,,,INTERCHANGE,"
	r, rows := readTxns(text)
	usd := money.MustCurrency("USD")
	day, _ := recon.ParseDate("2026-09-30")
	want := []recon.Transaction{
		{
			RowNo: "7", ID: "70001", Parent: "70000", Merchant: "acme", Batch: "B1", Type: recon.Capture, Occurred: instant("2026-09-29T20:02:00Z"),
			Batched: instant("2026-09-29T20:30:00Z"), Currency: usd, Amount: 12000, CardBrand: "VISA", Last4: "1111", AuthCode: "A1", Method: "CARD",
			Reference: " 104501 ", Store: "200", CardholderCurrency: "EUR", CardholderAmount: "110.10", Source: recon.Source{File: 2, Line: 2},
		},
		{
			RowNo: "8", ID: "70002", Merchant: "acme", Type: recon.Auth, Occurred: instant("2026-09-28T14:00:00Z"), Currency: money.MustCurrency("JPY"),
			Amount: 100, Reference: "two\nlines", Source: recon.Source{File: 2, Line: 3},
		},
		{
			RowNo: "9", ID: "70003", Merchant: "acme", Batch: "B1", Type: recon.Fee, BatchDate: day, Currency: usd, Amount: -65, FeeCode: "INTERCHANGE",
			Source: recon.Source{File: 2, Line: 5},
		},
	}
	if diff := cmp.Diff(want, rows, sameCurrency()); diff != "" || r.Verdict != recon.FileAccepted || r.Totals["USD"] != "119.35" || r.Totals["JPY"] != "" {
		t.Errorf("%+v\n%s", r, diff)
	}
}

func TestTransactionExtras(t *testing.T) {
	header := strings.TrimSuffix(txnHeader, "\n") + ",case_no,due_date,process_ref,MDD2,mdd20,colour\n"
	r, rows := readTxns(header + "1,7,,m,,CHARGEBACK,,2026-09-29,USD,-1.00,,,,,,,,,,C9,2026-10-09,P1,x,,red\n")
	want := []recon.Finding{{Line: 1, Column: "colour", Code: "unknown_column", Message: "columns that are not used: colour"}}
	if len(rows) != 1 || rows[0].Case != "C9" || rows[0].DueDate.String() != "2026-10-09" || rows[0].ProcessRef != "P1" ||
		!slices.Equal(rows[0].Custom, []recon.Field{{Name: "mdd2", Value: "x"}}) || !slices.Equal(r.Findings, want) {
		t.Errorf("%+v %+v", r, rows)
	}
}

// TestTransactionFaults: a value error condemns its row, by the physical line (R8).
func TestTransactionFaults(t *testing.T) {
	good := "1,70001,,acme,B1,CAPTURE,2026-09-29T20:02:00Z,2026-09-29T20:30:00Z,USD,120.00,,,VISA,1111,A1,CARD,104501,,"
	for _, c := range []struct{ old, new, code string }{
		{"70001", "7E+21", "bad_txn_id"},
		{"70001", "7000.5", "bad_txn_id"},
		{"70001", "", "bad_txn_id"},
		{"70001", "70 001", "bad_txn_id"},
		{"70001", strings.Repeat("x", 65), "bad_txn_id"},
		{"CAPTURE", "CAPTURED", "unknown_event_type"},
		{"CAPTURE", "", "unknown_event_type"},
		{"USD", "usd", "unknown_currency"},
		{"120.00", "120.001", "bad_amount"},
		{"120.00", "1e2", "bad_amount"},
		{"120.00", "", "bad_amount"},
		{"2026-09-29T20:30:00Z", "2026-09-29T20:30:00", "bad_time"},
		{"2026-09-29T20:02:00Z", "29.9.2026", "bad_time"},
		{",104501,,", ",104501,", "wrong_column_count"},
		{",104501,,", ",104501,,,", "wrong_column_count"},
		{"acme", "", "missing_value"},
		{"104501", "4111-1111-1111-1111", "card_data"},
		{"70001,,", "70001,4111111111111111,", "card_data"},
	} {
		_, rows := readTxns(txnHeader + "\"x\n\"" + good[1:] + "\n" + strings.Replace(good, c.old, c.new, 1) + "\n" + good + "\n")
		if len(rows) != 3 || rows[0].Fault != nil || rows[2].Fault != nil || rows[1].Fault == nil || rows[1].Fault.Code != c.code || rows[1].Source.Line != 4 {
			t.Errorf("%s for %s: %+v", c.new, c.old, rows)
		}
	}
}

func TestIDsThatArePlainText(t *testing.T) {
	for _, id := range []string{"7000000000000000000001", "ch_3NabE5", "E12", "a.b", "7-1", "12E"} {
		_, rows := readTxns(txnHeader + "1," + id + ",,acme,B1,CAPTURE,,2026-09-29,USD,1,,,,,,,,,\n")
		if rows[0].Fault != nil || rows[0].ID != id {
			t.Errorf("%s: %+v", id, rows[0].Fault)
		}
	}
}

func TestRefusedFiles(t *testing.T) {
	row := "1,70001,,acme,B1,CAPTURE,,2026-09-29,USD,1.00,,,,,,,,,\n"
	for _, c := range []struct {
		name, text string
		verdict    recon.FileVerdict
		code       string
		line       int
	}{
		{"empty", "", recon.FileNotAReport, "empty_file", 0},
		{"html", "<html></html>", recon.FileNotAReport, "not_a_report", 1},
		{"json", `{"message":"no"}`, recon.FileNotAReport, "not_a_report", 1},
		{"missing column", strings.Replace(txnHeader, "amount,cardh", "sum,cardh", 1) + row, recon.FileQuarantined, "missing_columns", 1},
		{"doubled column", strings.Replace(txnHeader, "last4", "amount", 1) + row, recon.FileQuarantined, "duplicate_columns", 1},
		{"open quote", txnHeader + row + strings.Replace(row, "acme", "\"acme", 1) + row, recon.FileQuarantined, "unterminated_quote", 3},
		{"zero byte", txnHeader + row + "\x00\n", recon.FileQuarantined, "nul_byte", 3},
		{"latin", txnHeader + row + "\xE9\n", recon.FileQuarantined, "invalid_utf8", 3},
		{"utf-16", "\xFF\xFEr\x00", recon.FileQuarantined, "utf16", 1},
	} {
		r, rows := readTxns(c.text)
		if r.Verdict != c.verdict || len(rows) != 0 || len(r.Findings) == 0 || r.Findings[0].Code != c.code || r.Findings[0].Line != c.line || r.Rows.Accepted != 0 {
			t.Errorf("%s: %+v %d rows", c.name, r, len(rows))
		}
	}
}

func TestLineEndsDoNotMatter(t *testing.T) {
	row := "1,70001,,acme,B1,CAPTURE,,2026-09-29,USD,1.00,,,,,,,,,\n"
	for _, text := range []string{txnHeader + row + row, strings.TrimSuffix(txnHeader+row+row, "\n"), "\xEF\xBB\xBF" + txnHeader + "\n" + row + "\n" + row} {
		for _, end := range []string{"\n", "\r\n", "\r"} {
			r, rows := readTxns(strings.ReplaceAll(text, "\n", end))
			if r.Verdict != recon.FileAccepted || len(rows) != 2 {
				t.Errorf("%q %+v", end, r)
			}
		}
	}
}

func TestDocuments(t *testing.T) {
	text := docHeader +
		"D1,INVOICE, 0104501,88001,C1,2026-09-28,SHIPPED,acme,100,CARD,USD,107.99,90.00,7.99,7.00,3.00,5.00,7000000000000000000003,A1,1111\n" +
		"D2,ORDER,1,,,2026-09-28,OPEN,,,CARD,USD,10.00,,1.00,,,,,,\n" +
		"D3,ORDER,1,,,2026-09-28,OPEN,,,CARD,USD,10.00,9.00,2.00,,,,,,\n" +
		"D4,ORDER,1,,,2026-02-30,OPEN,,,CARD,USD,10.00,,,,,,,,\n" +
		"D5,QUOTE,1,,,2026-09-28,LOST,,,,USD,x,,,,,,,,\n"
	table := recon.NewDocuments(0, 0)
	r := ReadDocuments("d.csv", 1, strings.NewReader(text), table)
	var codes []string
	for _, f := range r.Findings {
		codes = append(codes, fmt.Sprintf("%d %s", f.Line, f.Code))
	}
	wantCodes := []string{"4 components_do_not_add_up", "5 bad_date", "6 missing_value", "6 unknown_doc_type", "6 unknown_status", "6 bad_amount"}
	if !slices.Equal(codes, wantCodes) || r.Rows.Quarantined != 3 || r.Totals["USD"] != "117.99" || table.Len() != 5 {
		t.Errorf("%+v", r)
	}
	first := table.At(0)
	if first.OrderNo != " 0104501" || first.Components != (recon.Components{9000, 799, 700, 300}) || first.Prior != 500 || first.RequestID != "7000000000000000000003" {
		t.Errorf("%+v", first)
	}
	if second := table.At(1); second.Components != (recon.Components{900, 100}) || second.Fault != nil {
		t.Errorf("%+v", second)
	}
}

func TestHistory(t *testing.T) {
	header := strings.TrimSuffix(txnHeader, "\n") + ",doc_ids,open_reason,suspended,applied\n"
	row := "h1,70001,,acme,B,CAPTURE,2026-09-10T20:30:00Z,2026-09-10T20:30:00Z,USD,120.00,,,,,,,1,,,"
	all, r := ReadHistory("h.csv", 0, strings.NewReader(header+row+"D1|D2,,,100.00|20.00\n"+row+",NO_ORDER,,\n"+row+",AMOUNT_OVER,20.00,\n"+row+",WHY,,\n"+row+"D1,,,1|2\n"))
	if len(all) != 5 || r.Rows.Quarantined != 2 || !slices.Equal(all[0].Documents, []string{"D1", "D2"}) || !slices.Equal(all[0].Applied, []int64{10000, 2000}) ||
		all[1].OpenReason != recon.NoOrder || all[1].Suspended != 12000 || all[2].Suspended != 2000 || all[3].Fault == nil || all[4].Fault == nil {
		t.Errorf("%+v\n%+v", r, all)
	}
}

func TestFundingAndBank(t *testing.T) {
	deposits, r := ReadFunding("f.csv", 0, strings.NewReader("deposit_id,merchant_id,settlement_date,currency,settled_amount,funding_currency,funding_amount,fx_rate,funding_date,bank_ref\n"+
		"F1,acme,2026-09-29,EUR,200.00,USD,218.46,1.0923,2026-09-30,DEP\nF2,acme,2026-09-29,EUR,200.001,USD,1,,x,\n"))
	if len(deposits) != 2 || deposits[0].Settled.String() != "200.00" || deposits[0].Funded.Currency().String() != "USD" || deposits[1].Fault == nil || r.Totals["EUR"] != "200.00" {
		t.Errorf("%+v %+v", r, deposits)
	}
	lines, r := ReadBank("b.csv", 0, strings.NewReader("bank_line_id,value_date,currency,amount,bank_ref,description\nK1,2026-09-30,USD,-5.00,DEP,=1+1\n"))
	if len(lines) != 1 || lines[0].Amount.Minor() != -500 || lines[0].Description != "=1+1" || r.Verdict != recon.FileAccepted || r.Totals["USD"] != "-5.00" {
		t.Errorf("%+v %+v", r, lines)
	}
}

func TestCardNumbersDoNotComeOut(t *testing.T) {
	fields := strings.Split("1,70001,,acme,B1,CAPTURE,,2026-09-29,USD,1.00,,,,,,,ref,,", ",")
	for i := range fields {
		changed := slices.Clone(fields)
		changed[i] = "4111 1111 1111 1111"
		r, rows := readTxns(txnHeader + strings.Join(changed, ",") + "\n")
		js, _ := json.Marshal(r)
		if r.SHA256 != "" || rows[0].Fault == nil || carddata.Has(fmt.Sprintf("%+v %+v", rows[0], rows[0].Fault)) || strings.Contains(string(js), "1111 1111") {
			t.Errorf("column %d: %s %+v", i, js, rows[0])
		}
	}
}

func TestRecognise(t *testing.T) {
	for head, want := range map[string]Kind{
		txnHeader: Transactions, docHeader: Documents, "txn_id,doc_ids,open_reason\n": History, "\xEF\xBB\xBFdeposit_id,x\n": Funding,
		"Bank_Line_ID ,x": Bank, "batch_id,merchant_id,request_id\n": "", "": "", "<html>": "",
	} {
		if got := Recognise([]byte(head)); got != want {
			t.Errorf("%q: %q", head, got)
		}
	}
}

// TestWriteAndRead: what is written reads back the same (R8: parse(format(x)) = x).
func TestWriteAndRead(t *testing.T) {
	text := txnHeader + "7,70001,70000,acme,B1,CAPTURE,2026-09-29T20:02:00.5Z,2026-09-29T20:30:00Z,USD,120.00,EUR,1,VISA,1111,A1,CARD,\" \"\"q\"\",\n\",,200\n" +
		"8,70002,,acme,B1,FEE,,2026-09-30,KWD,-0.655,,,,,,,,X,\n"
	_, rows := readTxns(text)
	var out bytes.Buffer
	if err := WriteTransactions(&out, rows); err != nil {
		t.Fatal(err)
	}
	_, again := readTxns(out.String())
	for i := range again {
		again[i].Source = rows[i].Source
	}
	if diff := cmp.Diff(rows, again, sameCurrency()); diff != "" || len(rows) != 2 {
		t.Error(diff)
	}
	history := []recon.Posted{{Transaction: rows[0], Documents: []string{"D1"}, Applied: []int64{500}, OpenReason: recon.AmountOver, Suspended: 11500}}
	out.Reset()
	if err := WriteHistory(&out, history); err != nil {
		t.Fatal(err)
	}
	posted, _ := ReadHistory("h", 2, &out)
	posted[0].Source = history[0].Source
	if diff := cmp.Diff(history, posted, sameCurrency()); diff != "" {
		t.Error(diff)
	}
	doc := recon.Document{
		ID: "D1", Type: recon.Invoice, Date: 20000, Status: recon.Shipped, Method: "CARD", Currency: money.MustCurrency("USD"), Amount: 500,
		Components: recon.Components{300, 200}, Source: recon.Source{Line: 2},
	}
	out.Reset()
	table := recon.NewDocuments(0, 0)
	if err := WriteDocuments(&out, []recon.Document{doc}); err != nil {
		t.Fatal(err)
	}
	ReadDocuments("d", 0, &out, table)
	if diff := cmp.Diff(doc, table.At(0), sameCurrency()); diff != "" {
		t.Error(diff)
	}
}

// TestDecodeKeepsTheFirstError: gocsv alone may return a later one.
func TestDecodeKeepsTheFirstError(t *testing.T) {
	_, err := Decode(strings.NewReader("bank_line_id,value_date,currency,amount,bank_ref\nK1,,,,\nK2,,,,\n"), func(row bankRow, pos Pos) error {
		return fmt.Errorf("%s on line %d", row.ID, pos.Line)
	})
	if err == nil || err.Error() != "K1 on line 2" {
		t.Error(err)
	}
	if _, err = Decode(io.MultiReader(), func(bankRow, Pos) error { return nil }); err != nil {
		t.Error(err)
	}
}

func FuzzTransactions(f *testing.F) {
	f.Add(txnHeader + "1,70001,,acme,B1,CAPTURE,2026-09-29T20:02:00Z,2026-09-29,USD,1.00,,,,,,,\"r\n\",,\n")
	f.Add(txnHeader)
	f.Add("txn_id\n1")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		r, rows := readTxns(text)
		if r.Rows.Total != r.Rows.Accepted+r.Rows.Quarantined || r.Condemned() && len(rows) > 0 || !r.Condemned() && len(rows) != r.Rows.Total {
			t.Fatalf("%+v with %d rows", r, len(rows))
		}
		for _, row := range rows {
			if carddata.Has(row.Reference) || carddata.Has(row.Batch) {
				t.Fatalf("card number in %+v", row)
			}
		}
	})
}

func BenchmarkReadTransactions(b *testing.B) {
	text := txnHeader + strings.Repeat("1,70001,,acme,B1,CAPTURE,2026-09-29T20:02:00Z,2026-09-29T20:30:00Z,USD,120.00,,,VISA,1111,A1,CARD,104501,,\n", 10_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		table := recon.NewTransactions(10_000, 1<<20)
		ReadTransactions("t", 0, strings.NewReader(text), table)
	}
}
