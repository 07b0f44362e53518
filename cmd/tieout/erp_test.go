package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tieout/cmd/tieout/internal/config"
	"tieout/recon/sagepro/dbf"
)

// tables of a small Pro Series company: an invoice of 100.00 and one of last year.
func proTables() map[string][]string {
	invoices := "INVNO C10,INVDTE D8,CUSTNO C6,ORNUM C10,INVAMT Y8,PAIDAMT Y8,BALANCE Y8,CURRID C3,ARSTAT C1,ARTYPE C1"
	orders := "SONO C10,SODATE D8,ORDATE D8,CUSTNO C6,ORDAMT Y8,TAX Y8,SHPAMT Y8,CURRID C3,SOSTAT C1,SOTYPE C1"
	cash := "INVNO C10,DTEPAID D8,PAIDAMT Y8,DISAMT Y8,REFNO C20,RECDEL L1"
	return map[string][]string{
		"ARMAST01": {invoices, "88001,2026-09-28,C1,104501,100.00,0,100.00,USD,,", "70001,2025-09-28,C1,100001,55.00,55.00,0,USD,,"},
		"ARYMST01": {invoices}, "SOMAST01": {orders}, "SOYMST01": {orders}, "ARCASH01": {cash}, "ARYCSH01": {cash},
	}
}

// layTables writes the tables as DBF files, or as CSV files.
func (c companyFolder) layTables(folder string, asCSV bool) {
	c.t.Helper()
	for name, lines := range proTables() {
		if asCSV {
			var names []string
			for column := range strings.SplitSeq(lines[0], ",") {
				name, _, _ := strings.Cut(column, " ")
				names = append(names, strings.ToLower(name))
			}
			c.put(folder+"/"+name+".csv", strings.Join(append([]string{strings.Join(names, ",")}, lines[1:]...), "\n")+"\n")
			continue
		}
		c.put(folder+"/"+name+".DBF", proTable(c.t, lines))
	}
}

func proTable(t *testing.T, lines []string) string {
	t.Helper()
	l := dbf.Layout{Version: 0x30, CodePage: "cp1252", Rows: len(lines) - 1, Year: 2026, Month: 9, Day: 30}
	for column := range strings.SplitSeq(lines[0], ",") {
		var f dbf.Field
		var kind string
		if _, err := fmt.Sscanf(column, "%s %1s%d", &f.Name, &kind, &f.Width); err != nil {
			t.Fatal(column, err)
		}
		f.Type = kind[0]
		l.Fields = append(l.Fields, f)
	}
	var out bytes.Buffer
	w, err := dbf.NewWriter(&out, l)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines[1:] {
		if err := w.Write(strings.Split(line, ",")...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// throughERP is a company whose documents come through a door.
func throughERP(t *testing.T, door, more string) companyFolder {
	c := newCompany(t, more)
	text, err := os.ReadFile(filepath.Join(c.dir, "tieout.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c.put("tieout.yaml", strings.Replace(string(text), "documents: erp", "documents: "+door, 1))
	c.report("r.csv", [4]string{"01", "2026-09-29", "100.00", "104501"})
	return c
}

const proCompany = "sage_pro: {generation: g3, company: \"01\"}\n"

// TestRunReadsTheERP: DBF folder and exports of the same tables match the same
// row and book the same journal; the extract is kept and says where its rows were.
func TestRunReadsTheERP(t *testing.T) {
	journals := map[string]string{}
	for kind, asCSV := range map[string]bool{config.DBF: false, config.Tables: true} {
		c := throughERP(t, "{kind: "+kind+", folder: pro}", proCompany)
		c.layTables("pro", asCSV)
		var out bytes.Buffer
		v := &runVerb{config: filepath.Join(c.dir, "tieout.yaml"), from: "2026-09-29", asOf: "2026-09-30", output: "text"}
		if err := v.run(t.Context(), &out, &out); err != nil {
			t.Fatal(kind, err)
		}
		if !strings.Contains(out.String(), "exceptions: 0 new") {
			t.Errorf("%s: %s", kind, out.String())
		}
		files, _ := filepath.Glob(filepath.Join(c.dir, "out", "*journal*.csv"))
		if len(files) != 1 {
			t.Fatal(kind, files)
		}
		journal, _ := os.ReadFile(files[0])
		journals[kind] = string(journal)
		extracts := c.kept("from,row,number")
		if len(extracts) != 1 || !strings.Contains(extracts[0], ",88001,C1,104501,") || strings.Contains(extracts[0], "70001") {
			t.Errorf("%s: %q", kind, extracts)
		}
	}
	if journals[config.DBF] != journals[config.Tables] || !strings.Contains(journals[config.DBF], "100.00") {
		t.Errorf("%v", journals)
	}
}

// kept are the files of the archive that begin with text.
func (c companyFolder) kept(text string) (found []string) {
	c.t.Helper()
	err := filepath.WalkDir(filepath.Join(c.dir, "archive"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if strings.HasPrefix(string(data), text) {
			found = append(found, string(data))
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return found
}

// TestFullTakesEverything of the ERP.
func TestFullTakesEverything(t *testing.T) {
	c := throughERP(t, "{kind: dbf, folder: pro, lookback_days: 30}", proCompany)
	c.layTables("pro", false)
	v := &runVerb{config: filepath.Join(c.dir, "tieout.yaml"), from: "2026-09-29", asOf: "2026-09-30", output: "text", full: true}
	if err := v.run(t.Context(), &bytes.Buffer{}, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if extracts := c.kept("from,row,number"); len(extracts) != 1 || !strings.Contains(extracts[0], "70001") {
		t.Errorf("%q", extracts)
	}
}

// waitingOnERP is a company with one item whose closed order has no account: the
// order is older than what later nights take of the ERP.
func waitingOnERP(t *testing.T) (c companyFolder, order func(row string), known func(account string)) {
	c = throughERP(t, "{kind: tables, folder: pro, lookback_days: 30}", "store: state.db\n"+
		"sage_pro: {generation: g3, company: \"01\", order: {fields: {store: storeno}}}\n"+"chart_of_accounts: ["+strings.Join(accountsOfTwoStores(), ", ")+"]")
	c.layTables("pro", true)
	order = func(row string) {
		c.put("pro/ARMAST01.csv", "invno,invdte,custno,ornum,invamt,paidamt,balance,currid,arstat,artype\n")
		for _, table := range []string{"SOMAST01", "SOYMST01"} {
			c.put("pro/"+table+".csv", "sono,sodate,ordate,custno,ordamt,tax,shpamt,currid,sostat,sotype,storeno\n"+row)
			row = ""
		}
	}
	known = func(account string) {
		c.put("tieout.yaml", strings.Replace(read(t, filepath.Join(c.dir, "tieout.yaml")), "chart_of_accounts: [", "chart_of_accounts: ["+account+", ", 1))
	}
	order("")
	c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
	order(closedOrder)
	c.night(0, "2026-09-30", "2026-09-30", "2026-10-01")
	c.want(c.worklist("2026-09-30", "2026-10-01"), "UNMAPPED_GL", "would take it, but account 1200-777 is not in the chart of accounts")
	return c, order, known
}

const closedOrder = "104501,2026-09-28,2026-09-28,C1,100.00,0,100.00,USD,C,,777\n"

// GL-06: what waits for an account still waits when its document is no longer of
// late, and clears on the first night on which the account is there. When the ERP
// has the document no more, it waits no more.
func TestWaitsForItsDocumentOfOldDays(t *testing.T) {
	t.Parallel()
	t.Run("clears", func(t *testing.T) {
		t.Parallel()
		c, _, known := waitingOnERP(t)
		c.night(0, "2026-12-05", "2026-12-05", "2026-12-06")
		c.want(c.worklist("2026-12-05", "2026-12-06"), "UNMAPPED_GL", "would take it, but account 1200-777 is not in the chart of accounts")
		known("1200-777")
		if mapped := c.night(0, "2026-12-06", "2026-12-06", "2026-12-07"); mapped[0].Cleared == 0 {
			t.Errorf("%+v, want the item cleared once it has an account", mapped[0])
		}
		c.wantBalances(map[string]int64{"1150-100": 10000, "1200-777": -10000})
		c.want(c.tell(exitDone, "verify"), ": 0 faults")
	})
	t.Run("is withdrawn", func(t *testing.T) {
		t.Parallel()
		c, order, _ := waitingOnERP(t)
		order("")
		c.night(0, "2026-12-05", "2026-12-05", "2026-12-06")
		if list := c.worklist("2026-12-05", "2026-12-06"); !strings.Contains(list, "NO_ORDER") || strings.Contains(list, "UNMAPPED_GL") {
			t.Errorf("want the item as it was before there was a document:\n%s", list)
		}
	})
}

// GL-06, EDGE-6: a dispute whose capture turned up and for which no rule has an account
// waits as UNMAPPED_GL, holds its money where it did, and moves to the disputes account
// on the first night on which there is one.
func TestDisputeWaitsForItsAccount(t *testing.T) {
	t.Parallel()
	c := throughERP(t, "{kind: tables, folder: pro}", `sage_pro: {generation: g3, company: "01", order: {dimensions: {department: custno}}}
rules:
  - id: departments
    priority: 100
    when: {event_type: AUTO_CLEAR}
    post: [{account: "{unapplied}-{store}", amount: full}, {account: "1200-{dept[document_department]}", amount: applied}]
lookups: {dept: {C1: "20"}}
`)
	c.layTables("pro", true)
	c.put("pro/SOMAST01.csv", "sono,sodate,ordate,custno,ordamt,tax,shpamt,currid,sostat,sotype\n1001,2026-09-20,2026-09-20,C1,50.00,0,50.00,USD,C,\n")
	c.put("pro/ARMAST01.csv", "invno,invdte,custno,ornum,invamt,paidamt,balance,currid,arstat,artype\n")
	const capture = "7000000000000000000001"
	c.put("reports/r.csv", disputeReport("02", capture, "CHARGEBACK", "2026-09-28", "-50.00"))
	c.night(0, "2026-09-28", "2026-09-28", "2026-09-29")
	c.put("reports/s.csv", disputeReport("01", "", "CAPTURE", "2026-09-27", "50.00"))
	c.night(0, "2026-09-29", "2026-09-29", "2026-09-30")
	c.wantBalances(map[string]int64{"2190-100": 5000, "1200-100": -5000})
	c.want(c.worklist("2026-09-29", "2026-09-30"), "UNMAPPED_GL", "its capture "+capture+" was found, but it has no department, which account 1200-{dept[document_department]} needs")
	if again := c.night(0, "2026-09-29", "2026-09-29", "2026-09-30"); again[0].Outcome != "UNCHANGED" {
		t.Errorf("%+v, want nothing changed", again[0])
	}
	c.put("tieout.yaml", strings.Replace(read(t, filepath.Join(c.dir, "tieout.yaml")), "AUTO_CLEAR}", "AUTO_CLEAR, reason: NO_ORDER}", 1))
	c.night(0, "2026-09-30", "2026-09-30", "2026-10-01")
	c.wantBalances(map[string]int64{"1160-100": 5000, "1200-100": -5000})
	if list := c.worklist("2026-09-30", "2026-10-01"); !strings.Contains(list, "CHARGEBACK_OPEN") || strings.Contains(list, "UNMAPPED_GL") {
		t.Errorf("want the dispute open:\n%s", list)
	}
}

// TestFaultsOfTheERPStopTheRun: a mapping that does not fit is exit 2 with all faults, a torn table exit 4.
func TestFaultsOfTheERPStopTheRun(t *testing.T) {
	for _, c := range []struct {
		name, more, says string
		spoil            func(dir string) error
		exit             int
	}{
		{"columns that are not there", "sage_pro: {generation: g3, invoice: {fields: {amount: total, store: storeno}}}\n", "no column storeno", nil, exitUsage},
		{"a table that is not there", proCompany, "there is no such table", func(dir string) error { return os.Remove(filepath.Join(dir, "SOYMST01.DBF")) }, exitUsage},
		{"a file that is no table", proCompany, "not a table", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "SOYMST01.DBF"), []byte(strings.Repeat("x", 400)), 0o600)
		}, exitUsage},
	} {
		f := throughERP(t, "{kind: dbf, folder: pro}", c.more)
		f.layTables("pro", false)
		if c.spoil != nil {
			if err := c.spoil(filepath.Join(f.dir, "pro")); err != nil {
				t.Fatal(err)
			}
		}
		v := &runVerb{config: filepath.Join(f.dir, "tieout.yaml"), from: "2026-09-29", asOf: "2026-09-30", output: "text"}
		err := v.run(t.Context(), &bytes.Buffer{}, &bytes.Buffer{})
		if code := exitCode(t.Context(), failed(err)); code != c.exit || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s: exit %d, %v", c.name, code, err)
		}
	}
}

// layBooks writes the ERP's general ledger, whose September is locked.
func (c companyFolder) layBooks(accounts ...string) {
	c.t.Helper()
	rows := "glacnt,gldesc,glstat,gltype\n"
	for _, a := range accounts {
		rows += a + ",,A,CA\n"
	}
	c.put("pro/glacnt.csv", rows)
	c.put("pro/glstru.csv", "segid,seglen,segmask\n1,4,9999\n2,3,999\n")
	c.put("pro/sycdfis.csv", "compid,yearprd,bdate,edate,plocked,permlck\n01,202609,2026-09-01,2026-09-30,T,F\n01,202610,2026-10-01,2026-10-31,F,F\n")
}

// runWithBooks runs a day of a row with the ERP's books and gives the journal.
func runWithBooks(t *testing.T, accounts []string, day string) (journal string, err error) {
	t.Helper()
	c := throughERP(t, "{kind: tables, folder: pro}", proCompany+"chart_of_accounts: sage_pro\nperiods: sage_pro\n")
	c.layTables("pro", true)
	c.layBooks(accounts...)
	c.report("r.csv", [4]string{"01", day, "100.00", "104501"})
	v := &runVerb{config: filepath.Join(c.dir, "tieout.yaml"), from: day, asOf: "2026-11-02", output: "text"}
	err = v.run(t.Context(), &bytes.Buffer{}, &bytes.Buffer{})
	files, _ := filepath.Glob(filepath.Join(c.dir, "out", "*journal*.csv"))
	if len(files) == 1 {
		text, _ := os.ReadFile(files[0])
		journal = string(text)
	}
	if err == nil { // years later the ERP is gone, and what it had locked is known all the same
		if err := os.RemoveAll(filepath.Join(c.dir, "pro")); err != nil {
			t.Fatal(err)
		}
		c.want(c.tell(exitDone, "verify"), "1 of 1 nights computed again")
	}
	return journal, err
}

// TestBooksOfTheERP: GL-05 against GLACNT, GL-16 by SYCDFIS, and nothing is posted into a period that is not there.
func TestBooksOfTheERP(t *testing.T) {
	all := strings.Split("1150-100,1160-100,1170-100,1200-100,2150-100,2190-100,2200-100,4000-100,4090-100,4100-100,4150-100,6990-100,9999-100,"+
		"1150-000,2190-000,1015-000,1190-000,7200-000,1010-000,2195-000,9999-000", ",")
	if journal, err := runWithBooks(t, all, "2026-09-29"); err != nil || !strings.Contains(journal, ",2026-10-01,") || strings.Contains(journal, ",2026-09-29,2026-09") {
		t.Errorf("a locked September: %v\n%s", err, journal)
	}
	for _, c := range []struct {
		accounts []string
		day      string
		exit     int
		says     string
	}{
		{all, "2026-11-01", exitPeriod, "2026-11-01 lies in no period"},
		{all[1:], "2026-09-29", exitUsage, "account 1150-100 of the default rule"},
	} {
		if _, err := runWithBooks(t, c.accounts, c.day); exitCode(t.Context(), failed(err)) != c.exit || !strings.Contains(fmt.Sprint(err), c.says) {
			t.Errorf("%s: %v", c.says, err)
		}
	}
}
