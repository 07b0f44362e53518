package reportfile

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/carddata"
)

// golden is the report of a golden case.
func golden(t *testing.T, name string) string {
	t.Helper()
	paths, _ := filepath.Glob(goldenReports + "/" + name + "/input.*")
	if len(paths) != 1 {
		t.Fatalf("%d inputs of %s", len(paths), name)
	}
	data, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestAliases: a name that no genuine file could confirm is said in the policy.
func TestAliases(t *testing.T) {
	text := strings.Replace(golden(t, "trr-csv"), ",RCode,", ",ics_verdict,", 1)
	table := recon.NewTransactions(0, 0)
	if r := Read("r.csv", 0, strings.NewReader(text), Options{}, table); r.Verdict != recon.FileQuarantined || r.Findings[0].Code != "missing_columns" {
		t.Errorf("%+v", r)
	}
	o := Options{Aliases: map[Kind]map[string]string{TransactionRequestCSV: {"ICS Verdict": "rcode"}}}
	if r := Read("r.csv", 0, strings.NewReader(text), o, table); r.Verdict != recon.FilePartial || r.Rows.Accepted != 8 {
		t.Errorf("%+v", r)
	}
	text = strings.ReplaceAll(golden(t, "chargeback-json"), `"sign"`, `"plusMinus"`)
	o = Options{Aliases: map[Kind]map[string]string{ChargebackJSON: {"plusMinus": "sign"}}}
	if r := Read("r.json", 0, strings.NewReader(text), o, table); r.Rows.Accepted != 3 {
		t.Errorf("%+v", r)
	}
}

// A report that has transactions and no control totals is not read for these.
func TestControlsOfAReportWithoutAny(t *testing.T) {
	controls, r := ReadControls("r.csv", strings.NewReader(golden(t, "pbdr-csv")), Options{})
	if len(controls) != 0 || r.Verdict != recon.FileQuarantined || r.Findings[0].Code != "unsupported_report" {
		t.Errorf("%v %+v", controls, r)
	}
}

// TestFeesAreRoundedOnce: the sum of a day is rounded half away from zero and
// split by GL-13, whatever the order of the rows.
func TestFeesAreRoundedOnce(t *testing.T) {
	header := "requestId,organizationId,settlementTime,interchangeAmount,settlementCurrencyCode\n"
	row := func(id, time, amount, currency string) string {
		return "70000000000000000000" + id + ",shop_a," + time + "," + amount + "," + currency + "\n"
	}
	const day, next = "2026-09-30T10:00:00Z", "2026-10-01T10:00:00Z"
	for _, c := range []struct {
		name string
		rows []string
		want map[string]int64
	}{
		{"three thirds of a cent and a half", []string{row("01", day, "0.005", "USD"), row("02", day, "0.005", "USD"), row("03", day, "0.005", "USD")}, map[string]int64{"01": -1, "02": -1, "03": 0}},
		{"half a cent is rounded away from zero", []string{row("01", day, "0.005", "USD")}, map[string]int64{"01": -1}},
		{"days are apart", []string{row("01", day, "0.004", "USD"), row("02", next, "0.004", "USD")}, map[string]int64{"01": 0, "02": 0}},
		{"currencies are apart", []string{row("01", day, "0.4", "JPY"), row("02", day, "0.0004", "KWD"), row("03", day, "0.0006", "KWD")}, map[string]int64{"01": 0, "02": 0, "03": -1}},
		{"what is given back is apart", []string{row("01", day, "0.006", "USD"), row("02", day, "-0.006", "USD")}, map[string]int64{"01": -1, "02": 1}},
		{"exact amounts stay", []string{row("01", day, "1.23", "USD"), row("02", day, "4.560000", "USD")}, map[string]int64{"01": -123, "02": -456}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, backwards := range []bool{false, true} {
				text := header
				for i := range c.rows {
					if backwards {
						i = len(c.rows) - 1 - i
					}
					text += c.rows[i]
				}
				table := recon.NewTransactions(0, 0)
				if r := Read("r.csv", 0, strings.NewReader(text), Options{}, table); r.Verdict != recon.FileAccepted || r.Rows.Total != len(c.rows) {
					t.Fatalf("%+v", r)
				}
				for i := range table.Len() {
					row := table.At(i)
					if id := row.Parent[20:]; row.Amount != c.want[id] {
						t.Errorf("%s: %d, want %d", id, row.Amount, c.want[id])
					}
				}
			}
		})
	}
}

// TestSettlementDateGroupsFees: the policy's zone says which day a batch belongs to.
func TestSettlementDateGroupsFees(t *testing.T) {
	text := "requestId,organizationId,settlementTime,interchangeAmount,settlementCurrencyCode\n" +
		"7000000000000000000001,shop_a,2026-09-30T23:00:00Z,0.004,USD\n7000000000000000000002,shop_a,2026-10-01T01:00:00Z,0.004,USD\n"
	sum := func(o Options) (total int64) {
		table := recon.NewTransactions(0, 0)
		Read("r.csv", 0, strings.NewReader(text), o, table)
		return table.At(0).Amount + table.At(1).Amount
	}
	one := Options{SettlementDate: func(string, recon.Instant) recon.Date { return 1 }}
	if sum(Options{}) != 0 || sum(one) != -1 {
		t.Errorf("%d apart, %d together", sum(Options{}), sum(one))
	}
}

func TestFineAmounts(t *testing.T) {
	usd, jpy := mustCurrency(t, "USD"), mustCurrency(t, "JPY")
	for _, c := range []struct {
		text string
		want int64
	}{{"0.429", 42_900_000}, {"-3.7500", -375_000_000}, {"2.7", 270_000_000}, {"0", 0}, {"1.23456789", 123_456_789}, {"-0.001", -100_000}} {
		if got, ok := parseFine([]byte(c.text), usd); !ok || got != c.want {
			t.Errorf("%s: %d %v", c.text, got, ok)
		}
	}
	if got, ok := parseFine([]byte("12.5"), jpy); !ok || got != 12_500_000 {
		t.Errorf("12.5 JPY: %d", got)
	}
	for _, text := range []string{"", "x", "1,5", "1e2", "0.123456789", ".5", "-.5", "1.2.3", "0.00x", "0.001-", "99999999999999", "+1", " 1"} {
		if got, ok := parseFine([]byte(text), usd); ok {
			t.Errorf("%q is read as %d", text, got)
		}
	}
}

func mustCurrency(t *testing.T, code string) money.Currency {
	t.Helper()
	c, err := money.ParseCurrency(code)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCanaryInEveryReport puts card numbers in the place of every value of
// every golden report: the digits never come out, and there is no plain hash (R7).
func TestCanaryInEveryReport(t *testing.T) {
	inputs, _ := filepath.Glob(goldenReports + "/*/input.*")
	value := regexp.MustCompile(`[>",;= ]([^<>",;=\s][^<>",\n]*)["<,\r\n]`)
	planted := 0
	for _, input := range inputs {
		data, err := os.ReadFile(input)
		if err != nil {
			t.Fatal(err)
		}
		numbers := []string{"4111111111111111", "3782 822463 10005", "%B4111111111111111^DOE/J^2912101?"}
		for _, at := range value.FindAllSubmatchIndex(data, -1) {
			number := numbers[planted%len(numbers)]
			planted++
			leaks(t, number, string(data[:at[2]])+number+string(data[at[3]:]))
		}
	}
	if planted < 500 {
		t.Errorf("only %d numbers were planted", planted)
	}
}

// leaks reads a report with a card number in it, for transactions and for control totals.
func leaks(t *testing.T, number, text string) {
	t.Helper()
	table := recon.NewTransactions(0, 0)
	r := Read("r", 0, strings.NewReader(text), Options{}, table)
	controls, c := ReadControls("r", strings.NewReader(text), Options{})
	js, err := json.Marshal([]any{r, c, controls})
	if err != nil {
		t.Fatal(err)
	}
	out := string(js)
	for i := range table.Len() {
		row := table.At(i)
		out += fmt.Sprintf("|%+v %+v", row, row.Fault)
	}
	if r.SHA256 != "" || c.SHA256 != "" {
		t.Fatalf("plain hash of\n%s", text)
	}
	for piece := range strings.SplitSeq(out, "|") {
		if carddata.Has(piece) || strings.Contains(piece, number) {
			t.Fatalf("digits of %s in %s of\n%s", number, piece, text)
		}
	}
}

// FuzzXMLReports, FuzzJSONReports and FuzzCSVReports begin with every golden
// report and every hostile file of their container.
func FuzzXMLReports(f *testing.F)  { fuzzReports(f, "xml", "<") }
func FuzzJSONReports(f *testing.F) { fuzzReports(f, "json", "{") }
func FuzzCSVReports(f *testing.F)  { fuzzReports(f, "csv", "") }

func fuzzReports(f *testing.F, extension, mark string) {
	inputs, _ := filepath.Glob(goldenReports + "/*/input." + extension)
	for _, input := range inputs {
		data, err := os.ReadFile(input)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	names, _ := filepath.Glob("testdata/hostile/*.txt")
	for _, name := range names {
		if text := hostileText(name); len(text) < 4096 && strings.HasPrefix(text, mark) {
			f.Add(text)
		}
	}
	if len(inputs) < 5 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, text string) {
		table := recon.NewTransactions(0, 0)
		r := Read("f", 0, strings.NewReader(text), Options{Workers: 1}, table)
		checkRead(t, &r, table.Len())
		controls, c := ReadControls("f", strings.NewReader(text), Options{Workers: 1})
		checkRead(t, &c, c.Rows.Total)
		if c.Condemned() && len(controls) > 0 {
			t.Fatalf("control totals of a condemned file: %+v", c)
		}
		if r.Size != int64(len(text)) {
			t.Fatalf("size %d of %d", r.Size, len(text))
		}
	})
}

// checkRead: the counts close, a condemned file leaves nothing, no card number comes out.
func checkRead(t *testing.T, r *recon.FileReport, rows int) {
	t.Helper()
	if r.Rows.Total != r.Rows.Accepted+r.Rows.Quarantined+r.Rows.Duplicate || r.Rows.Accepted < 0 {
		t.Fatalf("rows do not add up: %+v", r.Rows)
	}
	if r.Condemned() && r.Rows.Accepted != 0 || !r.Condemned() && rows != r.Rows.Total {
		t.Fatalf("%d rows: %+v", rows, r)
	}
	for _, finding := range r.Findings {
		if carddata.Has(finding.Message) || carddata.Has(finding.Column) {
			t.Fatalf("card number in %+v", finding)
		}
	}
}

// hostileText is the file that a hostile case holds.
func hostileText(name string) string {
	data, _ := os.ReadFile(name)
	var text strings.Builder
	for line := range strings.Lines(string(data)) {
		if piece, err := strconv.Unquote(strings.TrimSuffix(line, "\n")); err == nil {
			text.WriteString(piece)
		}
	}
	return text.String()
}

// Members of an object have no order: whose report it is may be said behind its rows.
func TestMerchantBehindTheList(t *testing.T) {
	const rows = `"chargebackDetails":[{"requestId":"7000000000000000000001","amount":"5.00","sign":"-","currencyCode":"USD","action":"DEBIT","natureOfDispute":"Chargeback","time":"2026-09-29T10:00:00Z"},
		{"requestId":"7000000000000000000001","amount":"6.00","sign":"-","currencyCode":"USD","action":"DEBIT","natureOfDispute":"Chargeback","time":"2026-09-29T11:00:00Z"}]`
	for _, text := range []string{`{"organizationId":"acme",` + rows + `}`, `{` + rows + `,"organizationId":"acme"}`} {
		table := recon.NewTransactions(0, 0)
		r := Read("r", 0, strings.NewReader(text), Options{}, table)
		if r.Verdict != recon.FileAccepted || table.Len() != 2 || table.At(0).Merchant != "acme" || table.At(1).Merchant != "acme" || table.At(1).Source.Line != 2 {
			t.Errorf("%+v of %s", r, text)
		}
	}
	table := recon.NewTransactions(0, 0)
	if r := Read("r", 0, strings.NewReader(`{`+rows+`}`), Options{}, table); r.Rows.Quarantined != 2 || r.Findings[0].Code != "missing_merchant" {
		t.Errorf("%+v", r)
	}
}

// R2: a row of a fee report that comes twice is one fee and its duplicate, also
// where the fees of the day have parts of a cent that are shared out.
func TestRepeatedFeeIsOneFee(t *testing.T) {
	const head = "requestId,transactionType,amount,currencyCode,cybersourceBatchTime,cybersourceMerchantId,totalFee,feeCurrency\n"
	row := func(n, fee string) string {
		return "700000000000000000000" + n + ",Purchases,50.00,USD,2026-09-29T16:00:00Z,acme," + fee + ",USD\n"
	}
	read := func(text string) (all []string) {
		table := recon.NewTransactions(0, 0)
		if r := Read("r", 0, strings.NewReader(text), Options{}, table); r.Verdict != recon.FileAccepted {
			t.Fatalf("%+v", r)
		}
		for i := range table.Len() {
			if row := table.At(i); row.Type == recon.Fee {
				all = append(all, fmt.Sprintf("%s %d", row.ID[21:22], row.Amount))
			}
		}
		slices.Sort(all)
		return all
	}
	once := read(head + row("1", "0.425") + row("2", "0.333") + row("3", "0.4"))
	twice := slices.Compact(read(head + row("1", "0.425") + row("2", "0.333") + row("1", "0.4250") + row("3", "0.4") + row("1", "0.425")))
	if !slices.Equal(once, twice) || len(once) != 3 {
		t.Errorf("once %v, repeated %v", once, twice)
	}
}
