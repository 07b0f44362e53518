package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger/money"
	"tieout/reports/answer"
)

// reckoned is the worked example, read and decided and not yet written.
func reckoned(t *testing.T) (*intake, *answer.Night) {
	t.Helper()
	policy, err := config.ReadPolicy("config.json", []byte(read(t, filepath.Join(golden, "config.json"))), nil)
	if err != nil {
		t.Fatal(err)
	}
	path := func(name string) []string { return []string{filepath.Join(golden, name)} }
	in, err := readFiles(inputFiles{
		transactions: path("transactions.csv"), documents: path("documents.csv"), history: path("history.csv"),
		funding: path("funding.csv"), bank: path("bank.csv"),
	}, policy)
	if err != nil {
		t.Fatal(err)
	}
	o := &oneShot{detail: "all"}
	night, err := o.reckon(in, policy)
	if err != nil {
		t.Fatal(err)
	}
	return in, night
}

// One unit changed in what the outcomes, the proof, the posting file or the
// TieOut sheet say stops the run and names the invariant (3.6, XLS-18).
func TestAnyContradictionStopsTheRun(t *testing.T) {
	usd := money.MustCurrency("USD")
	for _, c := range []struct {
		name, want string
		change     func(in *intake, n *answer.Night)
	}{
		{"rows of a file", "INV-2", func(in *intake, _ *answer.Night) { in.reports[in.ofRows[0]].Rows.Accepted++ }},
		{"money of a file", "INV-2", func(in *intake, _ *answer.Night) { in.reports[in.ofDocs[0]].Totals["USD"] = "1.00" }},
		{"rows read", "INV-4", func(_ *intake, n *answer.Night) { n.Proof.TieOut[usd].Report++ }},
		{"the list of suspense", "INV-6", func(_ *intake, n *answer.Night) { n.Proof.Suspense[usd].Listed++ }},
		{"a batch", "INV-7", func(_ *intake, n *answer.Night) { n.Proof.Clearing[usd].Unfunded[0].Net++ }},
		{"in transit", "INV-8", func(_ *intake, n *answer.Night) { n.Proof.InTransit[usd]++ }},
		{"cash", "INV-9", func(_ *intake, n *answer.Night) { n.Proof.Cash[usd].Bank++ }},
		{"debits of the posting file", "INV-11", func(_ *intake, n *answer.Night) { n.Totals.ByCurrency[0].Debits = money.New(1, usd) }},
		{"an entry less", "INV-11", func(_ *intake, n *answer.Night) { n.Entries = n.Entries[1:] }},
	} {
		in, night := reckoned(t)
		if err := prove(in, night); err != nil {
			t.Fatalf("untouched: %v", err)
		}
		c.change(in, night)
		if err := prove(in, night); err == nil || !strings.Contains(err.Error(), c.want+":") {
			t.Errorf("%s: want %s, got %v", c.name, c.want, err)
		}
	}
}

// The TieOut sheet proves itself, whatever the checks before it said.
func TestTieOutSheetIsChecked(t *testing.T) {
	usd := money.MustCurrency("USD")
	for _, c := range []struct {
		letter string
		change func(n *answer.Night)
	}{
		{"G", func(n *answer.Night) { n.Proof.TieOut[usd].Report++ }},
		{"I", func(n *answer.Night) { n.Proof.TieOut[usd].Clearing++ }},
		{"K", func(n *answer.Night) { n.Proof.TieOut[usd].WriteOff++ }},
		{"N", func(n *answer.Night) { n.Totals.ByCurrency[0].Credits = money.New(1, n.Totals.ByCurrency[0].Currency) }},
		{"Q", func(n *answer.Night) { n.Proof.Suspense[usd].Listed++ }},
		{"R", func(n *answer.Night) { n.Proof.Clearing[usd].Closing++ }},
	} {
		_, night := reckoned(t)
		c.change(night)
		if err := night.CheckTieOut(); err == nil || !strings.Contains(err.Error(), ": "+c.letter+", ") {
			t.Errorf("%s: %v", c.letter, err)
		}
	}
}

// INV-15: a run that fails in its last step leaves inputs.json alone: nothing was there before, nothing else is there after.
func TestFailedRunLeavesInputsAlone(t *testing.T) {
	in, _ := reckoned(t)
	o := &oneShot{out: filepath.Join(t.TempDir(), "out")}
	if err := o.leaveInputs(in); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(o.out)
	if err != nil || len(files) != 1 || files[0].Name() != "inputs.json" {
		t.Errorf("%v, %v", files, err)
	}
}

// What is unfolded once for both files is in each what the file alone would have.
func TestBothFilesAtOnce(t *testing.T) {
	for _, only := range []bool{false, true} {
		_, night := reckoned(t)
		night.ExceptionsOnly = only
		book, err := night.Workbook("both", nil)
		if err != nil {
			t.Fatal(err)
		}
		var result, exceptions, resultAlone, exceptionsAlone strings.Builder
		err = errors.Join(answer.WriteBoth(&result, &exceptions, night), answer.Write(&resultAlone, night), answer.WriteExceptions(&exceptionsAlone, book))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(resultAlone.String(), result.String()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(exceptionsAlone.String(), exceptions.String()); diff != "" || strings.Count(exceptions.String(), "\n") < 10 {
			t.Error(exceptions.String(), diff)
		}
	}
}

// A disk that is full under one of two files fails both.
func TestEitherFileFails(t *testing.T) {
	_, night := reckoned(t)
	for _, to := range [][2]io.Writer{{io.Discard, fullDisk{}}, {fullDisk{}, io.Discard}} {
		if err := answer.WriteBoth(to[0], to[1], night); !errors.Is(err, errFull) {
			t.Errorf("%v", err)
		}
	}
}

var errFull = errors.New("the disk is full")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }
