package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tieout/ledger/money"
	"tieout/ledger/posting"
	"tieout/recon/sagepro/unposted"
)

// batchIn reads the batch that lies in a folder as its importer would.
func batchIn(t *testing.T, dir, name string, l unposted.Layout) (string, []posting.Voucher) {
	t.Helper()
	var parts []posting.Part
	for _, table := range []string{unposted.Batches, unposted.Headers, unposted.Details} {
		ending := map[bool]string{true: ".dbf", false: ".csv"}[l.DBF]
		data, err := os.ReadFile(filepath.Join(dir, name+"_"+table+ending))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, posting.Part{Table: table, Bytes: data})
	}
	id, entries, err := l.Read(parts, money.MustCurrency("USD"))
	if err != nil {
		t.Fatal(err)
	}
	return id, entries
}

// A batch of three files is one delivery with one sentinel, and carries the ERP's
// own accounts and fiscal periods. While a period is locked there it is owed, and told.
func TestSageProGetsUnpostedBatches(t *testing.T) {
	c := throughERP(t, "{kind: tables, folder: pro}", proCompany+"posting: {folder: posting, format: {name: sage-pro-unposted, widths: {gltdes: 9}, constants: {adduser: EDI}}}\n")
	c.layTables("pro", true)
	c.layBooks("1150-100", "1200-100")
	c.night(exitUnproven, "2026-09-29", "2026-09-29", "2026-09-30")
	c.want(c.tell(exitUnproven, "deliver"), "PLANNED", "2026-09-29 lies in period 202609, which is locked")
	c.put("pro/sycdfis.csv", "compid,yearprd,bdate,edate,plocked,permlck\n01,202703,2026-09-01,2026-09-30,F,F\n")
	c.want(c.tell(exitDone, "deliver"), "GL_ACME_20260929_000001_GLBTCH.dbf  DELIVERED", `entry TO26000001: text "2026-09-29 acme USD SETTLE" cut to 9 characters`)
	const name = "GL_ACME_20260929_000001"
	if got := filesOf(t, filepath.Join(c.dir, "posting")); strings.Count(got, ".done") != 1 || strings.Count(got, ".sha256") != 3 || strings.Count(got, ".dbf") != 7 {
		t.Errorf("the folder has %s", got)
	}
	done := read(t, filepath.Join(c.dir, "posting", name+"_GLBTCH.dbf.done"))
	c.want(done, name+"_GLBTCH.dbf", name+"_GLHUNP.dbf", name+"_GLDUNP.dbf")
	id, entries := batchIn(t, filepath.Join(c.dir, "posting"), name, unposted.Layout{DBF: true, Widths: map[string]int{"gltdes": 9}})
	if id != "ACME000001" || len(entries) != 1 || len(entries[0].Lines) != 2 || entries[0].Lines[0].Account != "1150-100" {
		t.Errorf("%s: %+v", id, entries)
	}
	c.want(c.tell(exitDone, "archive", "verify"), "0 faults")
}

// Bytes that were built are sent on every retry, whatever the ERP says by now; and
// without an ERP, mask and calendar are the configuration's.
func TestABatchStaysAsItWasBuilt(t *testing.T) {
	c := newCompany(t, `posting:
  folder: lost/posting
  format: {name: sage-pro-unposted, files: csv, company: "01", mask: 9999-999, calendar: [{period: "202703", from: 2026-09-01, to: 2026-09-30}]}
`)
	c.documents([3]string{"100", "2026-09-29", "10.00"})
	c.report("a.csv", [4]string{"01", "2026-09-29", "10.00", "100"})
	write(t, filepath.Join(c.dir, "lost"), "a file where the folder should be")
	text := read(t, filepath.Join(c.dir, "tieout.yaml"))
	c.tellFailure("run", "--from", "2026-09-29", "--as-of", "2026-09-30")
	if err := os.Remove(filepath.Join(c.dir, "lost")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(c.dir, "tieout.yaml"), strings.Replace(text, "202703", "202803", 1))
	c.want(c.tell(exitDone, "deliver"), "DELIVERED")
	if heads := read(t, filepath.Join(c.dir, "lost", "posting", "GL_ACME_20260929_000001_GLHUNP.csv")); !strings.Contains(heads, ",202703,") {
		t.Errorf("the batch was made anew:\n%s", heads)
	}
}

// tellFailure runs a verb that fails in one way or another.
func (c companyFolder) tellFailure(args ...string) {
	c.t.Helper()
	var out strings.Builder
	if code := run(c.t.Context(), append([]string{args[0], "--config", filepath.Join(c.dir, "tieout.yaml")}, args[1:]...), &out, &out); code == exitDone {
		c.t.Fatalf("%v does not fail: %s", args, out.String())
	}
}

// All faults of a format's options are told at once, with key and line.
func TestFaultsOfFormatOptions(t *testing.T) {
	c := newCompany(t, `targets:
  - {name: A, folder: a, format: {name: sage-300, batch: "1234567", detail_columns: [ACCTID, TRANSAMT], colour: red, calendar: [{period: 13, from: "2026-10-02", to: "2026-10-01"}]}}
  - {name: B, folder: b, format: {name: fixed-width, widths: {L: {colour: 3, memo: wide}}, line_end: cr}}
  - {name: C, folder: c, format: {name: default, widths: {L: {account: 3}}}}
  - {name: D, folder: d, format: {name: sage-intacct, columns: [DATE, PLACE]}}
  - name: E
    folder: e
    format: {name: sage-pro-unposted, version: vfp9, code_page: utf-8, widths: {glacnt: 0}, constants: {adduser: TIEOUT}}
  - {name: F, folder: f, format: {name: sage50-canada, source: 5}}
  - {name: G, folder: g, format: [default]}
  - {name: H, folder: h, format: {name: sage50-us, columns: 3}}
`)
	c.want(c.tell(exitUsage, "deliver"),
		"tieout.yaml:16: targets[0].format.batch", "column \"TRANSREF\" is missing", "targets[0].format.colour: unknown key", "targets[0].format.calendar[0].period", "targets[0].format.calendar[0].to",
		"tieout.yaml:17: targets[1].format.widths.L.colour: unknown field", "wide is not a whole number", `"cr": one of [lf crlf]`, "targets[2].format.widths: fields are separated",
		`column "PLACE" is not known`, `column "LINE_NO" is missing`, `"vfp9": one of [vfp fox2]`, `"utf-8": a code page`, "widths.glacnt: the column cannot be left out", `"TIEOUT" is longer than the 4`,
		"tieout.yaml:22: targets[4].format.calendar: required", "targets[4].format.mask: required", "targets[5].format.source", "targets[6].format: the name of a format", "targets[7].format.columns: unknown key")
}
