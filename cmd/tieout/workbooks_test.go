package main

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tieout/cmd/tieout/internal/config"
	"tieout/fixtures/scenario"
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/reports"
)

// night is what the workbook of these inputs would show.
func drawnNight(t *testing.T, f inputFiles, policyPath string) *reports.Night {
	t.Helper()
	data, err := os.ReadFile(policyPath)
	if err != nil {
		t.Fatal(err)
	}
	policy, err := config.ReadPolicy(filepath.Base(policyPath), data, os.DirFS(filepath.Dir(policyPath)))
	if err != nil {
		t.Fatal(err)
	}
	in, err := readFiles(f, policy)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&oneShot{detail: "all"}).reckon(in, policy)
	if err != nil {
		t.Fatal(err)
	}
	n, err := answer.Workbook("run", in.reports)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func goldenNight(t *testing.T) *reports.Night {
	path := func(name string) []string { return []string{filepath.Join(golden, name+".csv")} }
	return drawnNight(t, inputFiles{transactions: path("transactions"), documents: path("documents"), history: path("history"), funding: path("funding"), bank: path("bank")}, filepath.Join(golden, "config.json"))
}

// 5.1 and 4.4: the worked example's roll-forward of clearing and its tie-out, as the pages print them.
func TestWorkedExampleOnPaper(t *testing.T) {
	n := goldenNight(t)
	var lines []string
	for _, r := range n.RollForward {
		if r.Account == "clearing" && r.Merchant == "" && r.Currency == money.MustCurrency("USD") {
			lines = append(lines, fmt.Sprintln(r.Period, r.Opening, r.Captures, r.Refunds, r.Rejects, r.Chargebacks, r.Reversals, r.Fees, r.Reserve, r.Adjustments, r.Funding, r.Closing))
		}
	}
	want := "2026-09 500.00 1784.81 -179.00 -80.00 -75.00 64.00 -31.25 -50.00 3.67 -965.50 971.73\n" +
		"2026-10 971.73 254.15 -48.00 0 -22.00 0 0 25.00 0 -970.73 210.15\n"
	if got := strings.Join(lines, ""); got != want {
		t.Errorf("roll-forward of clearing:\n%swant:\n%s", got, want)
	}
	for _, x := range n.Currencies {
		if got := fmt.Sprint(x.RowsRead, x.Ignored, x.Matched, x.Exceptions, x.ClearingNet, x.Memo); x.Currency == money.MustCurrency("USD") && got != "1858.37 211.99 1408.84 237.54 1646.38 230.99" {
			t.Errorf("B, D, E, F, H and memo: %s", got)
		}
	}
	if difference, err := reports.TieDifference(n.Currencies); err != nil || difference != "0.0000" {
		t.Errorf("TieDifference %s, %v", difference, err)
	}
	for row := range n.Rows {
		if row.File == "" || row.Line == 0 {
			t.Errorf("row %s names no file or line", row.Key)
		}
	}
	if len(n.Cleared) != 2 || n.Cleared[0].EntryNo == "" || n.Cleared[0].Origin == 0 || n.Cleared[0].DataKey != "D:D39" {
		t.Errorf("cleared items: %+v", n.Cleared)
	}
	if won := n.Cleared[1]; won.From != recon.ChargebackOpen || won.Amount.String() != "-64.00" || won.By != "row 33: representment won" || won.DataKey != "T:33" || won.Posting.String() != "2026-09-30" {
		t.Errorf("the dispute that was won: %+v", won)
	}
}

// The proofs of the workbook hold in grown scenarios: closings of 5.1 are those of
// the tie-out, merchants add up to their currency, cash differs by nothing (ME-03).
func TestScenariosProveOnPaper(t *testing.T) {
	first, count := scenarios(t, 40)
	for seed := first; seed < first+count; seed++ {
		args := files(t, scenario.New(seed))
		n := drawnNight(t, inputsOf(args), args[2])
		closing := map[string]int64{}
		for _, r := range n.RollForward {
			of := r.Account + "|" + r.Merchant + "|" + r.Currency.String()
			closing[of] = r.Closing.Minor()
		}
		merchants := map[string]int64{}
		for of, minor := range closing {
			if account, rest, _ := strings.Cut(of, "|"); !strings.HasPrefix(rest, "|") {
				_, currency, _ := strings.Cut(rest, "|")
				merchants[account+"||"+currency] += minor
			}
		}
		for of, minor := range merchants {
			if minor != closing[of] {
				t.Errorf("seed %d: %s closes with %d, its merchants with %d", seed, of, closing[of], minor)
			}
		}
		for _, x := range n.Currencies {
			c := x.Currency.String()
			if closing["clearing||"+c] != x.ClearingClosing.Minor() || closing["unapplied||"+c] != x.SuspenseClosing.Minor() {
				t.Errorf("seed %d: %s: rolled to %d and %d, the proof says %s and %s", seed, c, closing["clearing||"+c], closing["unapplied||"+c], x.ClearingClosing, x.SuspenseClosing)
			}
		}
		for _, p := range n.Cash {
			if p.Book.Receipts.Minor() != p.Bank.Receipts.Minor()+p.Parts.Receipts.Minor() || p.Book.Disbursements.Minor() != p.Bank.Disbursements.Minor()+p.Parts.Disbursements.Minor() {
				t.Errorf("seed %d: proof of cash of %s: %+v", seed, p.Account, p)
			}
		}
	}
}

// inputsOf reads the arguments of files back.
func inputsOf(args []string) (f inputFiles) {
	lists := map[string]*[]string{"--transactions": &f.transactions, "--documents": &f.documents, "--history": &f.history, "--funding": &f.funding, "--bank": &f.bank}
	for i, arg := range args {
		if list := lists[arg]; list != nil {
			*list = append(*list, args[i+1])
		}
	}
	return f
}

// Every secondary reason of an exception is in its row of Data too, and every exception that names a row has one.
func TestExceptionsPointAtTheirRows(t *testing.T) {
	nights, secondary := []*reports.Night{goldenNight(t)}, 0
	first, count := scenarios(t, 40)
	for seed := first; seed < first+count; seed++ {
		args := files(t, scenario.New(seed))
		nights = append(nights, drawnNight(t, inputsOf(args), args[2]))
	}
	for _, n := range nights {
		rows := map[string]reports.Row{}
		for row := range n.Rows {
			rows[row.Key] = row
		}
		for e := range n.Exceptions {
			row, ok := rows[e.DataKey]
			secondary += len(e.Secondary)
			if e.DataKey != "" && (!ok || row.Verdict != recon.Exception || row.Reason != e.Reason || !slices.Equal(row.Secondary, e.Secondary)) {
				t.Errorf("%s %s %v points at %q: %s %s %v", e.ID, e.Reason, e.Secondary, e.DataKey, row.Verdict, row.Reason, row.Secondary)
			}
		}
	}
	if secondary == 0 {
		t.Error("no exception has a secondary reason: the scenarios prove nothing of them")
	}
}

// --detail exceptions leaves matched and ignored rows out of the sheets; the totals stay.
func TestDetailReachesTheWorkbook(t *testing.T) {
	all, _ := reconcile(t, 0, example(golden)...)
	some, _ := reconcile(t, 0, append(example(golden), "--detail", "exceptions")...)
	if !strings.Contains(text(t, filepath.Join(some, workbookName)), "left out on request") || strings.Contains(text(t, filepath.Join(all, workbookName)), "left out on request") {
		t.Error("the workbook does not follow --detail")
	}
}

// text is what stands in the sheets of a workbook.
func text(t *testing.T, path string) string {
	t.Helper()
	in, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var all strings.Builder
	for _, part := range in.File {
		if !strings.HasPrefix(part.Name, "xl/worksheets/sheet") {
			continue
		}
		r, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(&all, r)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return all.String()
}
