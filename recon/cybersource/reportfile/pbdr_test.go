package reportfile

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
)

func read(text string) (recon.FileReport, *recon.Transactions) {
	table := recon.NewTransactions(0, 0)
	r := Read("report.csv", 0, strings.NewReader(text), Options{}, table)
	return r, table
}

const (
	classicLine1  = "shop_a,PaymentBatchDetailReport_Daily_Classic,PaymentBatchDetail,1.10,2026-09-30T07:00:00Z to 2026-10-01T07:00:00Z,,,,,,,\n"
	classicHeader = "batch_id,merchant_id,batch_date,request_id,merchant_ref_number,TransactionReferenceNumber,payment_type,currency,amount,ics_applications,status,transaction_date\n"
	classicRow    = "21265000001,shop_a,2026-10-01T04:15:21Z,7000000000000000000001,104501,93210001,MasterCard,USD,35.00,\"ics_bill,ics_auth\",BATCHED,2026-09-30T09:33:55Z\n"
	legacyLine1   = "Payment Batch Detail Report,1.0,2026-09-30 to 2026-09-30,,,,,,,\r\n"
	legacyHeader  = "batch_id,merchant_id,batch_date,request_id,merchant_ref_number,trans_ref_no,payment_method,currency,amount,transaction_type\r\n"
)

func at(year, month, day, hour, minute, second int) recon.Instant {
	text := fmt.Sprintf("%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, hour, minute, second)
	i, err := recon.ParseInstant(text)
	if err != nil {
		panic(err)
	}
	return i
}

// TestGenerations reads a file of each shape the processor has produced (cybersource.md 4.2).
func TestGenerations(t *testing.T) {
	usd := money.MustCurrency("USD")
	day, _ := recon.ParseDate("2026-09-30")
	for _, c := range []struct {
		name, text string
		want       []recon.Transaction
	}{
		{"legacy 1.0", legacyLine1 + legacyHeader +
			"123456,shop_a,2026-09-30,0004172180000000000139,45CBBDE3,5652882910,Visa,USD,100.00,ics_bill\r\n" +
			"123456,shop_a,2026-09-30,0004173790000000000139,5DADC3D2,5629152830,American Express,USD,-100.00,ics_credit\r\n", []recon.Transaction{
			{
				ID: "0004172180000000000139", Merchant: "shop_a", Batch: "123456", Type: recon.Capture, BatchDate: day, Currency: usd, Amount: 10000,
				CardBrand: "VISA", Method: "CARD", Reference: "45CBBDE3", ProcessRef: "5652882910", Source: recon.Source{Line: 3},
			},
			{
				ID: "0004173790000000000139", Merchant: "shop_a", Batch: "123456", Type: recon.CreditOrRefund, BatchDate: day, Currency: usd, Amount: -10000,
				CardBrand: "AMEX", Method: "CARD", Reference: "5DADC3D2", ProcessRef: "5629152830", Source: recon.Source{Line: 4},
			},
		}},
		{"REST Classic 1.10, refund without a sign", classicLine1 + classicHeader + classicRow +
			"21265000001,shop_a,2026-10-01T04:15:21Z,7000000000000000000002,104502,93210002,Visa,USD,35.00,\"ics_auth, ics_credit\",BATCHED,\n", []recon.Transaction{
			{
				ID: "7000000000000000000001", Merchant: "shop_a", Batch: "21265000001", Type: recon.Capture, Batched: at(2026, 10, 1, 4, 15, 21),
				Occurred: at(2026, 9, 30, 9, 33, 55), Currency: usd, Amount: 3500, CardBrand: "MASTERCARD", Method: "CARD", Reference: "104501",
				ProcessRef: "93210001", Source: recon.Source{Line: 3},
			},
			{
				ID: "7000000000000000000002", Merchant: "shop_a", Batch: "21265000001", Type: recon.CreditOrRefund, Batched: at(2026, 10, 1, 4, 15, 21),
				Occurred: at(2026, 10, 1, 4, 15, 21), Currency: usd, Amount: -3500, CardBrand: "VISA", Method: "CARD", Reference: "104502",
				ProcessRef: "93210002", Source: recon.Source{Line: 4},
			},
		}},
		{"Classic with merchant data, blanks in the header", classicLine1 + strings.TrimSuffix(classicHeader, "\n") + ",merchant_data_1, merchant_data_2 \n" +
			strings.TrimSuffix(classicRow, "\n") + ",\"7ff:cf2\", x \n", []recon.Transaction{
			{
				ID: "7000000000000000000001", Merchant: "shop_a", Batch: "21265000001", Type: recon.Capture, Batched: at(2026, 10, 1, 4, 15, 21),
				Occurred: at(2026, 9, 30, 9, 33, 55), Currency: usd, Amount: 3500, CardBrand: "MASTERCARD", Method: "CARD", Reference: "104501",
				ProcessRef: "93210001", Custom: []recon.Field{{Name: "mdd1", Value: "7ff:cf2"}, {Name: "mdd2", Value: "x"}}, Source: recon.Source{Line: 3},
			},
		}},
		{"Custom with SOAPI names", classicLine1 +
			"BatchID,BatchDate,RequestID,MerchantReferenceNumber,TransactionReferenceNumber,CurrencyCode,Amount,Name,CardType,AccountSuffix,AuthorizationCode,PaymentRequestID,Status\n" +
			"9,2026-10-01T00:15:21-04:00,7000000000000000000003, 104503 ,R1,USD ,1.5,ECP_CREDIT,,0042,A1,7000000000000000000001,\n", []recon.Transaction{
			{
				ID: "7000000000000000000003", Parent: "7000000000000000000001", Merchant: "shop_a", Batch: "9", Type: recon.CreditOrRefund,
				Batched: at(2026, 10, 1, 4, 15, 21), Occurred: at(2026, 10, 1, 4, 15, 21), Currency: usd, Amount: -150, Method: "ECHECK",
				Reference: " 104503 ", ProcessRef: "R1", AuthCode: "A1", Last4: "0042", Source: recon.Source{Line: 3},
			},
		}},
		{"group names, no line 1", "Batch.BatchID,Batch.BatchDate,Request.RequestID,Request.MerchantID,Request.MerchantReferenceNumber," +
			"PaymentData.CurrencyCode,PaymentData.Amount,Application.Name,PaymentData.PaymentRequestID,MerchantDefinedData.Field2\n" +
			"9,2026-10-01,7000000000000000000004,shop_b,1,USD,2.00,ics_auth,7000000000000000000004,m\n", []recon.Transaction{
			{
				ID: "7000000000000000000004", Merchant: "shop_b", Batch: "9", Type: recon.Auth, BatchDate: day + 1, Currency: usd, Amount: 200, Method: "CARD",
				Reference: "1", Custom: []recon.Field{{Name: "mdd2", Value: "m"}}, Source: recon.Source{Line: 2},
			},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, table := read(c.text)
			if r.Verdict != recon.FileAccepted || r.Rows.Accepted != len(c.want) || len(r.Findings) != 0 || len(r.SHA256) != 64 {
				t.Fatalf("%+v", r)
			}
			var got []recon.Transaction
			for i := range table.Len() {
				got = append(got, table.At(i))
			}
			if diff := cmp.Diff(c.want, got, cmp.Comparer(func(a, b money.Currency) bool { return a == b })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLine1(t *testing.T) {
	r, _ := read(classicLine1 + classicHeader)
	if r.Verdict != recon.FileAccepted || r.Rows.Total != 0 || r.Merchant != "shop_a" || r.Version != "1.10" ||
		r.ReportName != "PaymentBatchDetailReport_Daily_Classic" || r.Window != "2026-09-30T07:00:00Z to 2026-10-01T07:00:00Z" {
		t.Errorf("%+v", r)
	}
}

func TestPaymentTypes(t *testing.T) {
	table := recon.NewTransactions(0, 0)
	o := Options{PaymentTypes: map[string]string{"Master Card": "WALLET"}}
	Read("r.csv", 3, strings.NewReader(classicLine1+classicHeader+classicRow), o, table)
	if row := table.At(0); row.Method != "WALLET" || row.Source.File != 3 {
		t.Errorf("%+v", row)
	}
}

// TestCondemnedFileLeavesNothing holds R8: all or nothing per file.
func TestCondemnedFileLeavesNothing(t *testing.T) {
	table := recon.NewTransactions(0, 0)
	good := classicLine1 + classicHeader + classicRow
	Read("a.csv", 0, strings.NewReader(good), Options{}, table)
	bad := good + strings.Replace(classicRow, "35.00", "x", 1) + "\"cut off"
	r := Read("b.csv", 1, strings.NewReader(bad), Options{}, table)
	if r.Verdict != recon.FileQuarantined || r.Rows.Accepted != 0 || table.Len() != 1 || table.At(0).Fault != nil || table.At(0).Source.File != 0 {
		t.Errorf("%+v %d", r, table.Len())
	}
	r = Read("c.csv", 2, strings.NewReader(good), Options{}, table)
	if r.Verdict != recon.FileAccepted || table.Len() != 2 || table.At(1).Fault != nil {
		t.Errorf("%+v %d", r, table.Len())
	}
}

// TestFaultyRowKeepsWhatCouldBeRead: people must be able to find the row.
func TestFaultyRowKeepsWhatCouldBeRead(t *testing.T) {
	r, table := read(classicLine1 + classicHeader +
		strings.Replace(classicRow, "35.00", "3,5", 1) + // one column too many
		strings.Replace(classicRow, "7000000000000000000001", "7E+21", 1))
	if r.Verdict != recon.FilePartial || r.Rows.Quarantined != 2 {
		t.Fatalf("%+v", r)
	}
	ragged, mangled := table.At(0), table.At(1)
	if ragged.Fault.Code != "wrong_column_count" || ragged.ID != "7000000000000000000001" || ragged.Merchant != "shop_a" || ragged.Currency.String() != "USD" {
		t.Errorf("%+v %+v", ragged, ragged.Fault)
	}
	if mangled.Fault.Code != "bad_request_id" || mangled.ID != "7E+21" || mangled.Amount != 3500 || mangled.Fault.CurrencyText != "USD" {
		t.Errorf("%+v %+v", mangled, mangled.Fault)
	}
}

func TestFindingsAreCapped(t *testing.T) {
	r, _ := read(classicLine1 + classicHeader + strings.Repeat(strings.Replace(classicRow, "BATCHED", "SENT", 1), 2500))
	last := r.Findings[len(r.Findings)-1]
	if len(r.Findings) != recon.MaxFindings+1 || last.Code != "more_findings" || !strings.Contains(last.Message, "1500 more") || r.Verdict != recon.FileAccepted {
		t.Errorf("%d findings, %+v", len(r.Findings), last)
	}
}

// TestCanary puts card numbers into every field and place: the digits never come out (R7).
func TestCanary(t *testing.T) {
	for _, number := range []string{"4111111111111111", "3782 822463 10005", "5555-5555-5555-4444", "４１１１１１１１１１１１１１１１", "%B4111111111111111^DOE/J^2912101?"} {
		header := strings.TrimSuffix(classicHeader, "\n") + ",PaymentRequestID,AccountSuffix,AuthorizationCode,merchant_data_1,extra\n"
		row := strings.Split(strings.TrimSuffix(strings.Replace(classicRow, "\"ics_bill,ics_auth\"", "ics_bill", 1), "\n")+",,1111,A1,m,e", ",")
		for i := range row {
			for _, damage := range []string{"", ",one,too,many", "\n\"open"} {
				fields := slices.Clone(row)
				fields[i] = number
				canary(t, number, classicLine1+header+strings.Join(fields, ",")+damage+"\n")
			}
		}
		canary(t, number, strings.Replace(classicLine1, "shop_a", number, 1)+classicHeader)
		canary(t, number, classicLine1+strings.Replace(header, "extra", number, 1))
		canary(t, number, classicLine1+"batch_id,"+number+"\"x\n")
		canary(t, number, number+"\"\n")
		canary(t, number, "<html>"+number+"</html>")
		canary(t, number, `{"message":"`+number+`"}`)
		canary(t, number, classicLine1+classicHeader+classicRow+number)
		canary(t, number, "some,other\nfile,"+number+"\n")
	}
}

func canary(t *testing.T, number, text string) {
	t.Helper()
	table := recon.NewTransactions(0, 0)
	r := Read(number+".csv", 0, strings.NewReader(text), Options{}, table)
	js, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	out := string(js)
	for i := range table.Len() {
		row := table.At(i)
		out += fmt.Sprintf("|%+v %+v", row, row.Fault)
		if row.Fault == nil {
			t.Errorf("row with card data is used: %+v in\n%s", row, text)
		}
	}
	if r.SHA256 != "" {
		t.Errorf("plain hash of\n%s", text)
	}
	for piece := range strings.SplitSeq(out, "|") {
		if carddata.Has(piece) || strings.Contains(piece, number) {
			t.Errorf("digits of %s in %s", number, piece)
		}
	}
}

func TestVerificationCodesAreNotKept(t *testing.T) {
	r, table := read(classicLine1 + strings.TrimSuffix(classicHeader, "\n") + ",cvv\n" +
		strings.TrimSuffix(classicRow, "\n") + ",987\n" + strings.TrimSuffix(strings.Replace(classicRow, "0001,104", "0002,104", 1), "\n") + ",\n")
	if r.Verdict != recon.FilePartial || r.SHA256 != "" || table.At(0).Fault == nil || table.At(0).Fault.Code != "card_data" || table.At(1).Fault != nil {
		t.Errorf("%+v", r)
	}
	if js, _ := json.Marshal(r); strings.Contains(string(js), "987") {
		t.Errorf("%s", js)
	}
}

// TestHostile reads the corpus of files that must not get through, or must get
// through whole. Each says what is expected, then the file in Go's quoted form.
func TestHostile(t *testing.T) {
	names, err := filepath.Glob("testdata/hostile/*.txt")
	if err != nil || len(names) < 100 {
		t.Fatalf("%d hostile files, at least 100 are needed (%v)", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			c := loadHostile(t, name)
			r, table := read(c.text)
			got := fmt.Sprintf("%s %d %d %d", r.Verdict, r.Rows.Total, r.Rows.Accepted, r.Rows.Quarantined)
			var findings []string
			for _, f := range r.Findings {
				findings = append(findings, fmt.Sprintf("%d %s", f.Line, f.Code))
			}
			if got != c.verdict || !slices.Equal(findings, c.findings) {
				t.Errorf("got  %s %q\nwant %s %q", got, findings, c.verdict, c.findings)
			}
			if r.Condemned() && table.Len() != 0 || !r.Condemned() && table.Len() != r.Rows.Total {
				t.Errorf("%d rows in the table: %+v", table.Len(), r)
			}
		})
	}
}

type hostile struct {
	verdict  string
	findings []string
	text     string
}

func loadHostile(t *testing.T, name string) (c hostile) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if expected, ok := strings.CutPrefix(line, "expect: "); ok {
			parts := strings.Split(expected, "; ")
			c.verdict, c.findings = parts[0], parts[1:]
			continue
		}
		piece, err := strconv.Unquote(line)
		if err != nil {
			t.Fatalf("%s: %q: %v", name, line, err)
		}
		c.text += piece
	}
	return c
}

// TestHostileFilesDoNotTouchCleanOnes reads the corpus into one table with a
// clean file in between: its rows come out the same (R8).
func TestHostileFilesDoNotTouchCleanOnes(t *testing.T) {
	clean := classicLine1 + classicHeader + classicRow
	alone, aloneTable := read(clean)
	names, _ := filepath.Glob("testdata/hostile/*.txt")
	table := recon.NewTransactions(0, 0)
	for _, name := range names {
		Read("hostile.csv", 0, strings.NewReader(loadHostile(t, name).text), Options{}, table)
		r := Read("report.csv", 0, strings.NewReader(clean), Options{}, table)
		if diff := cmp.Diff(alone, r, cmp.AllowUnexported(recon.FileReport{})); diff != "" {
			t.Fatalf("after %s: %s", name, diff)
		}
		if diff := cmp.Diff(fmt.Sprint(aloneTable.At(0)), fmt.Sprint(table.At(table.Len()-1))); diff != "" {
			t.Fatalf("after %s: %s", name, diff)
		}
	}
}

// TestWorkersDoNotMatter: the same report and rows on any number of workers (R17).
func TestWorkersDoNotMatter(t *testing.T) {
	data := benchmarkReport(40_000)
	var want string
	for _, workers := range []int{1, 2, 5} {
		table := recon.NewTransactions(0, 0)
		r := Read("r.csv", 0, bytes.NewReader(data), Options{Workers: workers}, table)
		js, _ := json.Marshal(r)
		got := string(js)
		for i := 0; i < table.Len(); i += 777 {
			got += fmt.Sprintf("%+v\n", table.At(i))
		}
		if want == "" {
			want = got
		}
		if got != want || r.Rows.Accepted != 40_000 {
			t.Fatalf("%d workers: %s", workers, js)
		}
	}
}

// FuzzPaymentBatchDetail: no panic, the counts close, a condemned file leaves
// nothing, no card number comes out, plain rows are what they are read in full,
// and what is accepted agrees with encoding/csv.
func FuzzPaymentBatchDetail(f *testing.F) {
	f.Add(classicLine1 + classicHeader + classicRow)
	f.Add(legacyLine1 + legacyHeader)
	names, _ := filepath.Glob("testdata/hostile/*.txt")
	for _, name := range names {
		if text := hostileText(name); len(text) < 4096 {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		table := recon.NewTransactions(0, 0)
		r := Read("f.csv", 0, strings.NewReader(text), Options{Workers: 1}, table)
		if r.Rows.Total != r.Rows.Accepted+r.Rows.Quarantined+r.Rows.Duplicate || r.Rows.Accepted < 0 {
			t.Fatalf("rows do not add up: %+v", r.Rows)
		}
		if r.Condemned() && table.Len() != 0 || !r.Condemned() && table.Len() != r.Rows.Total {
			t.Fatalf("%d rows in the table: %+v", table.Len(), r)
		}
		for _, finding := range r.Findings {
			if carddata.Has(finding.Message) || carddata.Has(finding.Column) {
				t.Fatalf("card number in %+v", finding)
			}
		}
		compareWays(t, text)
		if r.Verdict == recon.FileAccepted && r.Kind == string(PaymentBatchDetailCSV) && !strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") {
			compareCSV(t, text, table)
		}
	})
}

// compareCSV holds the amounts and ids against an independent reader.
func compareCSV(t *testing.T, text string, table *recon.Transactions) {
	c := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\xEF\xBB\xBF")))
	c.FieldsPerRecord = -1
	var ids []string
	column := -1
	for {
		rec, err := c.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("encoding/csv refuses what was accepted: %v", err)
		}
		if len(rec) == 1 && strings.Trim(rec[0], " \t") == "" {
			continue
		}
		if column >= 0 {
			ids = append(ids, strings.TrimSpace(rec[column]))
			continue
		}
		fields := make([][]byte, len(rec))
		for i := range rec {
			fields[i] = []byte(rec[i])
		}
		if format := paymentBatchDetailCSV(); newVocabulary(&format, nil).isHeader(fields) {
			column = newLayout(newVocabulary(&format, nil), fields).at[requestID]
		}
	}
	if len(ids) != table.Len() {
		t.Fatalf("%d rows, encoding/csv sees %d", table.Len(), len(ids))
	}
	for i, id := range ids {
		if table.At(i).ID != id {
			t.Fatalf("row %d: id %q, encoding/csv sees %q", i, table.At(i).ID, id)
		}
	}
}
