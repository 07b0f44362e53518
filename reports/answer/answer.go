// Package answer assembles what a run found into what is handed out.
//
// Start at [Night]: what was decided, booked and proved. [Write] writes it as
// result.json, whose layout is a contract with whoever compares answers;
// [Night.Workbook] gives the same night to reports/workbook; [WriteExceptions]
// writes exceptions.csv from that, [WriteBoth] beside result.json.
//
// What must never come in: a clock, a map's order or the order of the inputs,
// a file, and any decision: who is matched, and to what, is settled before.
package answer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"tieout/ledger"
	"tieout/ledger/posting"
	"tieout/recon"
	"tieout/reports"
)

// Night is everything the answer is made of.
type Night struct {
	Set, Description string
	Software         string // name and version of the program, for the workbook
	ConfigHash       string // of the policy, for the workbook
	Result           *recon.Result
	Chart            *ledger.Chart
	RuleVersion      string // of the rule table (GL-07)
	Entries          []ledger.Entry
	Proof            *ledger.Proof
	Totals           posting.Totals
	// ExceptionsOnly leaves matched and ignored rows, the component splits and
	// the sources of lines out; all totals are unchanged.
	ExceptionsOnly bool
}

// Write writes the answer as JSON.
func Write(w io.Writer, n *Night) error { return write(w, &workList{}, n) }

// WriteBoth writes the answer as JSON and the open exceptions of a run that
// knows no earlier one as [WriteExceptions] does. What both show is unfolded once.
func WriteBoth(result, exceptions io.Writer, n *Night) error {
	p := n.Result.Policy()
	list := newWorkList(exceptions, p.AsOf, p.Zone)
	err := write(result, list, n)
	list.addAll(reports.Each(slices.Collect(otherExceptions(n.Result))))
	return errors.Join(err, list.flush())
}

func write(w io.Writer, list *workList, n *Night) error {
	out := &object{w: bufio.NewWriterSize(w, 1<<20)}
	out.field("set", n.Set)
	out.field("description", n.Description)
	documents := sync.OnceValue(n.documents)
	go documents() // finds their rows while transactions are written
	out.list("transactions", n.transactions(), list)
	out.list("documents", documents(), list)
	out.array("auto_cleared", n.autoCleared)
	out.field("component_allocations", n.allocations())
	out.array("batches", n.batches)
	out.array("funding", n.funding)
	out.array("bank", n.bank)
	out.array("journal", n.journal)
	out.field("control_totals", n.controlTotals())
	out.field("clearing_roll_forward", n.rollForward())
	out.field("suspense_proof", n.suspense())
	out.field("cash_in_transit_closing", n.inTransit())
	out.field("proof_of_cash", n.proofOfCash())
	out.field("posting_file", n.postingFile())
	out.text("\n}\n")
	if out.err == nil {
		out.err = out.w.Flush()
	}
	return out.err
}

// RunID names a run without state by its inputs: one-shot- and 12 hex digits.
func RunID(hash string) string { return fmt.Sprintf("one-shot-%.12s", strings.ToLower(hash)) }
