package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tieout/fixtures/scenario"
	"tieout/ledger"
	"tieout/ledger/posting"
	"tieout/recon/night"
)

// companyFolder is a company's folder with a configuration and its files.
type companyFolder struct {
	t   *testing.T
	dir string
}

const nightConfig = `
company: ACME
base_currency: USD
time_zone: America/New_York
merchants: {acme: {store: "100", revenue_model: AR}}
accounts:
  {clearing: "1150", cb_receivable: "1160", reserve: "1170", fx_clearing: "1190", ar: "1200", in_transit: "1015", deposits: "2150",
   unapplied: "2190", unidentified: "2195", tax: "2200", sales: "4000", returns: "4090", freight: "4100", surcharge: "4150",
   small_diff: "6990", fx_diff: "7200", gl_suspense: "9999"}
cash_accounts: {USD: "1010"}
fee_accounts: {}
adjustment_accounts: {}
reports: reports
documents: erp
%s
`

func newCompany(t *testing.T, more string) companyFolder {
	t.Helper()
	c := companyFolder{t, t.TempDir()}
	c.put("tieout.yaml", fmt.Sprintf(nightConfig, more))
	c.documents()
	return c
}

func (c companyFolder) put(name, text string) {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		c.t.Fatal(err)
	}
	write(c.t, path, text)
}

// report writes a settlement report; a row is id, batch day, amount, reference.
func (c companyFolder) report(name string, rows ...[4]string) {
	c.put("reports/"+name, transactionReport(rows...))
}

func transactionReport(rows ...[4]string) string {
	text := "row_no,txn_id,parent_txn_id,merchant_id,batch_id,event_type,event_time,batch_time,currency,amount,cardholder_currency,cardholder_amount,card_brand,last4,auth_code,payment_method,merchant_ref,fee_code,mdd1_store\n"
	for _, r := range rows {
		text += fmt.Sprintf(",70000000000000000000%s,,acme,B,CAPTURE,%sT15:00:00Z,%sT16:00:00Z,USD,%s,,,VISA,1111,A1,CARD,%s,,\n", r[0], r[1], r[1], r[2], r[3])
	}
	return text
}

// documents writes tonight's snapshot; a row is order, date, amount.
func (c companyFolder) documents(rows ...[3]string) {
	text := "doc_id,doc_type,order_no,invoice_no,customer_no,doc_date,status,merchant_id,store,payment_method,currency,amount,goods,tax,shipping,surcharge,applied_prior,request_id,auth_code,last4\n"
	for _, r := range rows {
		text += fmt.Sprintf("D%s,ORDER,%s,,C1,%s,SHIPPED,acme,100,CARD,USD,%s,%s,0,0,0,,,,\n", r[0], r[0], r[1], r[2], r[2])
	}
	c.put("erp/documents.csv", text)
}

// night runs the command and returns its reports.
func (c companyFolder) night(wantCode int, from, to, asOf string) []runReport {
	c.t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(c.t.Context(), []string{"run", "--config", filepath.Join(c.dir, "tieout.yaml"), "--from", from, "--to", to, "--as-of", asOf, "--output", "json"}, &stdout, &stderr)
	if code != wantCode {
		c.t.Fatalf("exit code %d, want %d: %s", code, wantCode, stderr.String())
	}
	var all []runReport
	for d := json.NewDecoder(&stdout); d.More(); {
		var r runReport
		if err := d.Decode(&r); err != nil {
			c.t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// posted are all entries that the general ledger was given, file after file.
func (c companyFolder) posted() []ledger.Entry {
	c.t.Helper()
	paths, err := filepath.Glob(filepath.Join(c.dir, "posting", "*.txt"))
	if err != nil {
		c.t.Fatal(err)
	}
	slices.SortFunc(paths, func(a, b string) int { return strings.Compare(a[len(a)-10:], b[len(b)-10:]) })
	var all []ledger.Entry
	for _, path := range paths {
		file, err := posting.ReadDefault(strings.NewReader(read(c.t, path)))
		if err != nil {
			c.t.Fatalf("%s: %v", path, err)
		}
		all = append(all, file.Entries...)
	}
	return all
}

// balances are the sums of all that was posted, by account.
func (c companyFolder) balances() map[string]int64 {
	sums := map[string]int64{}
	for _, e := range c.posted() {
		for _, l := range e.Lines() {
			if l.Side == ledger.Debit {
				sums[l.Account] += l.Amount
			} else {
				sums[l.Account] -= l.Amount
			}
		}
	}
	maps.DeleteFunc(sums, func(_ string, n int64) bool { return n == 0 })
	return sums
}

func (c companyFolder) wantBalances(want map[string]int64) {
	c.t.Helper()
	if diff := cmp.Diff(want, c.balances()); diff != "" {
		c.t.Fatalf("posted balances (-want +got):\n%s", diff)
	}
}

// GL-19, INV-13: the same range again changes nothing, says so, and makes no file.
func TestSameRangeAgainIsUnchanged(t *testing.T) {
	c := newCompany(t, "")
	c.documents([3]string{"1001", "2026-09-29", "50.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "50.00", "1001"}, [4]string{"02", "2026-09-29", "1.00", "9"})
	c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
	before := c.tree()
	again := c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
	if again[0].Outcome != "UNCHANGED" || again[0].New != 0 || again[0].Carried != 1 {
		t.Errorf("%+v: want UNCHANGED with nothing new and one exception carried", again[0])
	}
	if diff := cmp.Diff(before, c.tree()); diff != "" {
		t.Errorf("files changed:\n%s", diff)
	}
	c.wantBalances(map[string]int64{"1150-100": 5100, "1200-100": -5000, "2190-100": -100})
}

// tree lists what people see of a company's folder, with its contents.
func (c companyFolder) tree() map[string]string {
	files := map[string]string{}
	for _, dir := range []string{"out", "posting"} {
		_ = filepath.WalkDir(filepath.Join(c.dir, dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files[path] = read(c.t, path)
			}
			return nil
		})
	}
	return files
}

// Stage 6, MAT-09: a late document clears its exception in the next run; the
// entry is a RECLASS and clearing is untouched (1.5).
func TestLateDocumentClearsItsException(t *testing.T) {
	c := newCompany(t, "")
	c.report("a.csv", [4]string{"01", "2026-09-29", "66.60", "1001"})
	first := c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
	if first[0].New != 1 {
		t.Fatalf("%d new exceptions, want 1", first[0].New)
	}
	c.wantBalances(map[string]int64{"1150-100": 6660, "2190-100": -6660})
	c.documents([3]string{"1001", "2026-09-30", "66.60"})
	c.report("b.csv")
	second := c.night(0, "2026-09-30", "2026-09-30", "2026-10-01")
	if second[0].Cleared != 1 || second[0].New+second[0].Carried != 0 {
		t.Errorf("%+v: want one exception cleared and none open", second[0])
	}
	c.wantBalances(map[string]int64{"1150-100": 6660, "1200-100": -6660})

	// Clearing sticks: the first day again keeps the row as it was posted.
	again := c.night(0, "2026-09-29", "2026-09-30", "2026-10-01")
	for _, r := range again {
		if r.Entries != "entries UNCHANGED" {
			t.Errorf("%s: %s, want entries UNCHANGED", r.From, r.Entries)
		}
	}
	c.wantBalances(map[string]int64{"1150-100": 6660, "1200-100": -6660})
}

// GL-21, GL-22: a restated row is corrected by the difference; the original
// and its correction are what a clean run posts.
func TestRestatementIsCorrectedByTheDifference(t *testing.T) {
	for _, mode := range []string{"delta", "reverse_repost"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, "correction_mode: "+mode)
			c.documents([3]string{"1001", "2026-09-29", "50.00"})
			c.report("a.csv", [4]string{"01", "2026-09-29", "50.00", "1001"})
			c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
			c.report("b.csv", [4]string{"01", "2026-09-29", "45.00", "1001"})
			c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
			c.wantBalances(map[string]int64{"1150-100": 4500, "1200-100": -4500})
			entries := c.posted()
			last := entries[len(entries)-1]
			if last.Corrects() != entries[0].Number() || last.Key().Correction == "" {
				t.Errorf("entry %s corrects %q under %s, want a correction of %s", last.Number(), last.Corrects(), last.Key(), entries[0].Number())
			}
			if got := c.night(0, "2026-09-29", "2026-09-29", "2026-09-30"); got[0].Outcome != "UNCHANGED" {
				t.Errorf("after the correction: %s, want UNCHANGED", got[0].Outcome)
			}
		})
	}
}

// EDGE-10 with state: a row of an earlier range that a later night's file
// restates makes the earlier range run again.
func TestRestatedRangeRunsAgain(t *testing.T) {
	c := newCompany(t, "")
	c.documents([3]string{"1001", "2026-09-29", "50.00"}, [3]string{"1002", "2026-09-30", "7.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "50.00", "1001"})
	c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
	c.report("b.csv", [4]string{"01", "2026-09-29", "45.00", "1001"}, [4]string{"02", "2026-09-30", "7.00", "1002"})
	runs := c.night(0, "2026-09-30", "2026-09-30", "2026-10-01")
	if len(runs) != 2 || runs[1].From != "2026-09-29" {
		t.Fatalf("%+v: want the 29th run again after the 30th", runs)
	}
	c.wantBalances(map[string]int64{"1150-100": 5200, "1200-100": -5200})
}

// GL-17, GL-18, section 7 (g): after September is closed nothing is posted into
// it; what changes is corrected in October, and what does not change stays.
func TestClosedPeriodIsCorrectedInTheOpenOne(t *testing.T) {
	t.Parallel()
	c := newCompany(t, "")
	c.documents([3]string{"1001", "2026-09-29", "50.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "50.00", "1001"})
	c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
	c.put("tieout.yaml", fmt.Sprintf(nightConfig, "closed_through: 2026-09-30"))
	if got := c.night(0, "2026-09-29", "2026-09-29", "2026-09-30"); got[0].Entries != "entries UNCHANGED" {
		t.Errorf("after closing: %s, want entries UNCHANGED", got[0].Entries)
	}
	c.report("b.csv", [4]string{"01", "2026-09-29", "45.00", "1001"}, [4]string{"02", "2026-09-29", "5.00", "1001"})
	c.night(0, "2026-09-29", "2026-09-29", "2026-10-05")
	c.wantBalances(map[string]int64{"1150-100": 5000, "1200-100": -5000})
	for _, e := range c.posted()[1:] {
		if e.PostingDate().String() != "2026-10-01" {
			t.Errorf("entry %s is posted on %s, want 2026-10-01", e.Key(), e.PostingDate())
		}
	}
}

// Rulings on books: a row that cannot be read holds its merchant's day until a
// clean row comes; other days go.
func TestUnreadableRowHoldsItsDay(t *testing.T) {
	t.Parallel()
	c := newCompany(t, "")
	c.documents([3]string{"1001", "2026-09-29", "50.00"}, [3]string{"1002", "2026-09-30", "7.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "50.00", "1001"}, [4]string{"02", "2026-09-30", "7.001", "1002"}, [4]string{"03", "2026-09-30", "1.00", "9"})
	first := c.night(0, "2026-09-29", "2026-09-30", "2026-10-01")
	if len(first[0].Holds) == 0 {
		t.Fatal("nothing is held")
	}
	c.wantBalances(map[string]int64{"1150-100": 5000, "1200-100": -5000})
	c.report("b.csv", [4]string{"02", "2026-09-30", "7.00", "1002"})
	second := c.night(0, "2026-09-29", "2026-09-30", "2026-10-01")
	if len(second[0].Holds) != 0 {
		t.Errorf("still held: %v", second[0].Holds)
	}
	c.wantBalances(map[string]int64{"1150-100": 5800, "1200-100": -5700, "2190-100": -100})
}

// EDGE-6: a dispute whose capture turns up later moves from suspense to the
// disputes account and stays on the work list as an open dispute, under the
// same id, until the representment is won.
func TestFoundDisputeStaysOpen(t *testing.T) {
	t.Parallel()
	c := newCompany(t, "")
	const capture, dispute = "7000000000000000000001", "7000000000000000000002"
	c.documents([3]string{"1001", "2026-09-20", "50.00"})
	c.put("reports/a.csv", disputeReport("02", capture, "CHARGEBACK", "2026-09-28", "-50.00"))
	c.night(0, "2026-09-28", "2026-09-28", "2026-09-29")
	c.wantBalances(map[string]int64{"1150-100": -5000, "2190-100": 5000})
	c.put("reports/b.csv", disputeReport("01", "", "CAPTURE", "2026-09-27", "50.00"))
	found := c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
	c.wantBalances(map[string]int64{"1160-100": 5000, "1200-100": -5000})
	if found[0].Carried != 1 || !strings.Contains(c.worklist("2026-09-29", "2026-09-30"), "CHARGEBACK_OPEN") {
		t.Fatalf("%+v: want one dispute carried as CHARGEBACK_OPEN:\n%s", found[0], c.worklist("2026-09-29", "2026-09-30"))
	}
	if again := c.night(0, "2026-09-28", "2026-09-28", "2026-09-30"); again[0].Carried != 1 || again[0].Entries != "entries UNCHANGED" {
		t.Errorf("the first day again: %+v, want the dispute carried and the entries unchanged", again[0])
	}
	c.put("reports/c.csv", disputeReport("03", dispute, "CHARGEBACK_REVERSAL", "2026-09-30", "50.00"))
	won := c.night(0, "2026-09-30", "2026-09-30", "2026-10-01")
	if won[0].Cleared != 1 || won[0].Carried+won[0].New != 0 {
		t.Errorf("%+v: want the dispute cleared and nothing open", won[0])
	}
	c.wantBalances(map[string]int64{"1150-100": 5000, "1200-100": -5000})
}

// disputeReport is a report of one row about the charge of order 1001.
func disputeReport(id, parent, event, day, amount string) string {
	header, _, _ := strings.Cut(transactionReport(), "\n")
	return header + fmt.Sprintf("\n,70000000000000000000%s,%s,acme,B,%s,%sT15:00:00Z,%sT16:00:00Z,USD,%s,,,VISA,1111,,CARD,1001,,\n", id, parent, event, day, day, amount)
}

// accountsOfTwoStores are every account of the two stores that there are.
func accountsOfTwoStores() (chart []string) {
	for _, number := range []string{"1010", "1015", "1150", "1160", "1170", "1190", "1200", "2150", "2190", "2195", "6990", "7200", "9999"} {
		chart = append(chart, number+"-000", number+"-100")
	}
	return chart
}

// A carried item whose document turns up and has no account stays where it is,
// open, and is cleared by itself on the night on which the document has one.
func TestNoAccountClearsNothing(t *testing.T) {
	t.Parallel()
	c := newCompany(t, "store: state.db\nchart_of_accounts: ["+strings.Join(accountsOfTwoStores(), ", ")+"]")
	c.report("a.csv", [4]string{"01", "2026-09-29", "66.60", "1001"})
	c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
	c.documents([3]string{"1001", "2026-09-29", "66.60"})
	c.put("erp/documents.csv", strings.Replace(read(t, filepath.Join(c.dir, "erp", "documents.csv")), "acme,100", "acme,777", 1))
	found := c.night(0, "2026-09-30", "2026-09-30", "2026-10-01")
	waits := map[string]int64{"1150-100": 6660, "2190-100": -6660}
	c.wantBalances(waits)
	list := c.worklist("2026-09-30", "2026-10-01")
	if found[0].Carried != 1 || found[0].New != 1 || !strings.Contains(list, "2026-09-30,2,") {
		t.Fatalf("%+v: want the item carried and its document on the list beside it:\n%s", found[0], list)
	}
	c.want(list, "UNMAPPED_GL", "document D1001 would take it, but account 1200-777 is not in the chart of accounts")
	history := func() string {
		return c.sql("state.db", "SELECT reason || '/' || status FROM exception_history h WHERE id = (SELECT id FROM exception_history WHERE reason = 'UNMAPPED_GL' LIMIT 1) ORDER BY run_no")
	}
	if got := history(); got != "NO_ORDER/NEW UNMAPPED_GL/CARRIED" {
		t.Errorf("the item was %s, want one id with two reasons", got)
	}
	c.documents() // the document is withdrawn again, and comes back
	c.night(0, "2026-09-30", "2026-09-30", "2026-10-01")
	c.documents([3]string{"1001", "2026-09-29", "66.60"})
	c.put("erp/documents.csv", strings.Replace(read(t, filepath.Join(c.dir, "erp", "documents.csv")), "acme,100", "acme,777", 1))
	c.night(0, "2026-09-30", "2026-09-30", "2026-10-01")
	if got := history(); got != "NO_ORDER/NEW UNMAPPED_GL/CARRIED NO_ORDER/CARRIED UNMAPPED_GL/CARRIED" {
		t.Errorf("the item was %s", got)
	}
	for _, day := range []string{"2026-10-01", "2026-09-30"} {
		if again := c.night(0, day, day, "2026-10-02"); again[0].Cleared != 0 || again[0].Entries != "entries UNCHANGED" {
			t.Errorf("%s: %+v, want the item carried and the entries unchanged", day, again[0])
		}
	}
	c.wantBalances(waits)
	c.documents([3]string{"1001", "2026-09-29", "66.60"})
	if mapped := c.night(0, "2026-10-02", "2026-10-02", "2026-10-03"); mapped[0].Carried != 0 || mapped[0].Cleared != 2 {
		t.Errorf("%+v, want the item and its document cleared once it has an account", mapped[0])
	}
	c.wantBalances(map[string]int64{"1150-100": 6660, "1200-100": -6660})
}

// worklist is exceptions.csv of a night.
func (c companyFolder) worklist(day, asOf string) string {
	c.t.Helper()
	return read(c.t, filepath.Join(c.dir, "out", fmt.Sprintf("acme_exceptions_%s_%s_%s_r1.csv", day, day, asOf)))
}

// R7: a card number in a file is in no file that a run writes, and its row is
// judged from the kept copy as from the file.
func TestNoCardNumberIsWritten(t *testing.T) {
	c := newCompany(t, "")
	const number = "4111111111111111"
	c.report("a.csv", [4]string{"01", "2026-09-29", "50.00", number}, [4]string{"02", "2026-09-29", "1.00", "9"})
	c.put("reports/"+number+".csv", "<html>"+number+"</html>")
	for range 2 {
		if got := c.night(exitMissing, "2026-09-29", "2026-09-29", "2026-09-30"); len(got[0].Holds) != 2 {
			t.Errorf("%+v: want the row with a card number, and the file of that name, to hold the day", got[0])
		}
	}
	_ = filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Dir(path) != filepath.Join(c.dir, "reports") && strings.Contains(read(t, path), number) {
			t.Errorf("%s holds the card number", path)
		}
		return nil
	})
}

// A dry run touches nothing.
func TestDryRunTouchesNothing(t *testing.T) {
	c := newCompany(t, "")
	c.report("a.csv", [4]string{"01", "2026-09-29", "50.00", "1001"})
	var stdout, stderr bytes.Buffer
	args := []string{"run", "--dry-run", "--config", filepath.Join(c.dir, "tieout.yaml"), "--from", "2026-09-29", "--as-of", "2026-09-30"}
	if code := run(t.Context(), args, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	entries, err := os.ReadDir(c.dir)
	if err != nil || len(entries) != 3 {
		t.Errorf("the folder holds %v after a dry run (%v), want reports, erp and the configuration", entries, err)
	}
}

// Rulings on books: a posted row of which a later file says two things, or
// something unreadable, is never reversed: it stays, and its day is held.
func TestPostedRowIsNeverReversed(t *testing.T) {
	for name, rows := range map[string][][4]string{
		"two contents": {{"01", "2026-09-29", "45.00", "1001"}, {"01", "2026-09-29", "46.00", "1001"}},
		"unreadable":   {{"01", "2026-09-29", "45.001", "1001"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, "")
			c.documents([3]string{"1001", "2026-09-29", "50.00"})
			c.report("a.csv", [4]string{"01", "2026-09-29", "50.00", "1001"})
			c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
			c.report("b.csv", rows...)
			got := c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
			if len(got[0].Holds) == 0 || got[0].Entries != "entries UNCHANGED" {
				t.Errorf("%+v: want the entries unchanged and the day held", got[0])
			}
			c.wantBalances(map[string]int64{"1150-100": 5000, "1200-100": -5000})
		})
	}
}

// R5: post(A), then rerun with B, leaves what posting B at once leaves, and a
// second rerun changes nothing. A is B without some of its rows, or with other amounts.
func TestRerunLeadsWhereACleanRunLeads(t *testing.T) {
	first, count := scenarios(t, 6)
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := scenario.New(seed)
			clean, rerun := scenarioFolder(t, s), scenarioFolder(t, s)
			from, to, asOf := rangeOf(t, s)
			clean.put("reports/b.csv", string(s.Transactions[0]))
			clean.nights(from, to, asOf)
			rerun.put("reports/a.csv", thinned(s.Transactions[0], seed))
			rerun.nights(from, to, asOf)
			rerun.put("reports/b.csv", string(s.Transactions[0]))
			rerun.nights(from, to, asOf)
			if want, got := clean.books(from, to, asOf), rerun.books(from, to, asOf); !sameBooks(want, got) {
				diff := cmp.Diff(want, got)
				t.Errorf("seed %d: books (-clean +rerun):\n%s", seed, diff)
			}
			rerun.nights(from, to, asOf)
			if want, got := clean.books(from, to, asOf), rerun.books(from, to, asOf); !sameBooks(want, got) {
				diff := cmp.Diff(want, got)
				t.Errorf("seed %d: books after another rerun (-clean +rerun):\n%s", seed, diff)
			}
		})
	}
}

// sameBooks compares the accounts that both have been asked for.
func sameBooks(a, b map[string]int64) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	for account, n := range b {
		if a[account] != n {
			return false
		}
	}
	return len(b) > 0 || len(a) == 0
}

// thinned leaves every third row or so out.
//
// Rows of a key that the whole report gives with two contents stay out of the
// first run: what is posted is never reversed, so there the two ways part.
func thinned(report []byte, seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 3))
	lines := strings.SplitAfter(string(report), "\n")
	header := strings.Split(strings.TrimSpace(lines[0]), ",")
	id, event := slices.Index(header, "txn_id"), slices.Index(header, "event_type")
	key := func(line string) string {
		fields := strings.Split(line, ",")
		return fields[min(id, len(fields)-1)] + fields[min(event, len(fields)-1)]
	}
	times := map[string]int{}
	for _, line := range lines[1:] {
		times[key(line)]++
	}
	kept := slices.Clone(lines[:1])
	for _, line := range lines[1:] {
		if random.IntN(3) > 0 && times[key(line)] == 1 {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

func scenarioFolder(t *testing.T, s scenario.Scenario) companyFolder {
	t.Helper()
	c := companyFolder{t, t.TempDir()}
	var policy map[string]any
	if err := json.Unmarshal(s.Policy, &policy); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"date_from", "date_to", "as_of"} {
		delete(policy, key)
	}
	policy["reports"], policy["documents"], policy["opening"] = "reports", "erp", "opening.csv"
	c.put("erp/documents.csv", string(s.Documents[0]))
	c.put("opening.csv", string(s.History[0]))
	for name, files := range map[string][][]byte{"funding": s.Funding, "bank": s.Bank} {
		for i, data := range files {
			policy[name] = name
			c.put(fmt.Sprintf("%s/%d.csv", name, i), string(data))
		}
	}
	text, err := json.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	c.put("tieout.yaml", string(text))
	return c
}

func rangeOf(t *testing.T, s scenario.Scenario) (from, to, asOf string) {
	t.Helper()
	var p struct {
		From string `json:"date_from"`
		To   string `json:"date_to"`
		AsOf string `json:"as_of"`
	}
	if err := json.Unmarshal(s.Policy, &p); err != nil {
		t.Fatal(err)
	}
	return p.From, p.To, p.AsOf
}

func (c companyFolder) nights(from, to, asOf string) {
	c.t.Helper()
	c.night(0, from, to, asOf)
}

// books are the sums of all entries that are stored, released or not. Where a
// run cleared a carried item only the accounts that every cut must agree on are
// compared: such an act stands, although a clean run might have given the
// document to a row that came later (rulings on books).
func (c companyFolder) books(from, to, asOf string) map[string]int64 {
	c.t.Helper()
	v := &runVerb{config: filepath.Join(c.dir, "tieout.yaml"), from: from, to: to, asOf: asOf}
	r, err := v.dates(time.Time{})
	if err != nil {
		c.t.Fatal(err)
	}
	n, err := openNightly(c.t.Context(), v.config, r, time.Now, true)
	if err != nil {
		c.t.Fatal(err)
	}
	defer n.close()
	req := night.Request{Company: n.cfg.Recon.Company, From: r.From, To: r.To, AsOf: r.AsOf}
	look, err := n.store.Look(c.t.Context(), req)
	if err != nil {
		c.t.Fatal(err)
	}
	acts, need := c.stored(filepath.Join(c.dir, "tieout.db"))
	state, err := look.Load(c.t.Context(), req)
	if err := errors.Join(err, look.Recall(c.t.Context(), req, state, need)); err != nil {
		c.t.Fatal(err)
	}
	sums := map[string]int64{}
	chart := &n.cfg.Chart
	for _, chain := range state.Entries {
		for _, e := range chain {
			for _, l := range e.Lines() {
				role := chart.RoleOf(&l)
				if acts > 0 && role != ledger.Clearing && role != ledger.InTransit && role != ledger.CashRole {
					continue
				}
				if l.Side == ledger.Credit {
					l.Amount = -l.Amount
				}
				sums[e.Key().Currency.String()+" "+l.Account] += l.Amount
			}
		}
	}
	maps.DeleteFunc(sums, func(_ string, n int64) bool { return n == 0 })
	return sums
}

// stored looks into a SQLite store: how many acts it has, and all its entries by their keys.
func (c companyFolder) stored(path string) (acts int, need *night.Need) {
	c.t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(c.t.Context(), "SELECT COUNT(*) FROM items WHERE side = 'act'").Scan(&acts); err != nil {
		c.t.Fatal(err)
	}
	rows, err := db.QueryContext(c.t.Context(), "SELECT DISTINCT natural_key FROM entries")
	if err != nil {
		c.t.Fatal(err)
	}
	defer rows.Close()
	need = &night.Need{}
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			c.t.Fatal(err)
		}
		need.Entries = append(need.Entries, key)
	}
	if err := rows.Err(); err != nil {
		c.t.Fatal(err)
	}
	return acts, need
}
