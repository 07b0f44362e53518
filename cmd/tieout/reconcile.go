package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger"
	"tieout/ledger/drop"
	"tieout/ledger/drop/durable"
	"tieout/ledger/posting"
	"tieout/recon"
	"tieout/reports/answer"
)

// oneShot is `tieout reconcile`: files in, answer out, no state.
type oneShot struct {
	files          inputFiles
	policy, out    string
	detail, failOn string
	noWorkbook     bool
}

func reconcileCommand() *cobra.Command {
	o := &oneShot{}
	cmd := &cobra.Command{
		Use:   "reconcile --transactions F --documents F --policy F --out DIR",
		Short: "Reconcile files of your own, once, without state",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return failed(o.run(cmd.OutOrStdout())) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.files.transactions, "transactions", nil, "settlement report: neutral layout or a processor's report; may be given several times")
	flags.StringArrayVar(&o.files.documents, "documents", nil, "ERP documents: neutral layout, or an export through the policy's mapping")
	flags.StringArrayVar(&o.files.history, "history", nil, "events posted by earlier runs")
	flags.StringArrayVar(&o.files.funding, "funding", nil, "deposits of the processor")
	flags.StringArrayVar(&o.files.bank, "bank", nil, "bank statement")
	flags.StringVar(&o.policy, "policy", "", "policy, YAML or JSON")
	flags.StringVar(&o.out, "out", "", "folder for the results; created if absent")
	flags.StringVar(&o.detail, "detail", "all", "all, or exceptions: leave matched and ignored rows out of result.json")
	flags.BoolVar(&o.noWorkbook, "no-workbook", false, "leave the workbook out")
	flags.StringVar(&o.failOn, "fail-on", "", "exceptions: exit with 3 if an exception is open")
	return cmd
}

func (o *oneShot) check() error {
	for _, flag := range []struct {
		name  string
		given bool
	}{{"--transactions", len(o.files.transactions) > 0}, {"--documents", len(o.files.documents) > 0}, {"--policy", o.policy != ""}, {"--out", o.out != ""}} {
		if !flag.given {
			return usage(fmt.Errorf("%s is required", flag.name))
		}
	}
	if o.detail != "all" && o.detail != "exceptions" {
		return usage(fmt.Errorf("--detail %q: all or exceptions is needed", o.detail))
	}
	if o.failOn != "" && o.failOn != "exceptions" {
		return usage(fmt.Errorf("--fail-on %q: only exceptions is known", o.failOn))
	}
	faults := []error{o.files.check()}
	if err := readable(o.policy); err != nil {
		faults = append(faults, fmt.Errorf("--policy %s: %w", o.policy, err))
	}
	if err := writable(o.out); err != nil {
		faults = append(faults, fmt.Errorf("--out %s: %w", o.out, err))
	}
	if err := errors.Join(faults...); err != nil {
		return usage(err)
	}
	return nil
}

func (o *oneShot) run(stdout io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	in, err := newIntake(o.files)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(o.policy)
	if err != nil {
		return usage(fmt.Errorf("--policy %s: %w", o.policy, bare(err)))
	}
	policy, err := config.ReadPolicy(filepath.Base(o.policy), data, os.DirFS(filepath.Dir(o.policy)))
	if err != nil {
		return usage(err)
	}
	if err := in.fill(o.files, policy); err != nil {
		return err
	}
	boundGarbage(in)
	if err := needCash(in, policy); err != nil {
		return usage(err)
	}
	night, err := o.reckon(in, policy)
	if err == nil {
		night.Software, night.ConfigHash = software(), fmt.Sprintf("%x", sha256.Sum256(data))
		err = o.write(in, policy, night, stdout)
	}
	if err != nil {
		return errors.Join(err, o.leaveInputs(in))
	}
	if o.failOn != "" && openExceptions(night.Result) {
		return &exitError{exitExceptions, errors.New("there are open exceptions")}
	}
	return nil
}

// boundGarbage makes the collector run after garbage of an eighth of the
// input, however large the tables are. They have no pointers, so that
// collecting often is cheap; waiting for as much garbage as there is table would
// double the peak.
func boundGarbage(in *intake) {
	const least = 40 << 20
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	garbage := uint64(least)
	for i := range in.reports {
		garbage += uint64(in.reports[i].Size) / 8
	}
	debug.SetGCPercent(int(max(1, min(100, 100*garbage/m.HeapAlloc))))
}

// needCash refuses bank lines in a currency without a cash account.
func needCash(in *intake, p *config.Policy) error {
	for _, l := range in.input.BankLines {
		if l.Fault == nil && p.Chart.Cash[l.Amount.Currency()] == "" {
			return fmt.Errorf("cash_accounts.%s: required, bank line %s is in that currency", l.Amount.Currency(), l.ID)
		}
	}
	return nil
}

// reckon decides, books and proves. The outcomes are checked while they are
// booked: both only read them.
func (o *oneShot) reckon(in *intake, p *config.Policy) (*answer.Night, error) {
	if bad := in.condemned(); len(bad) > 0 {
		return nil, fmt.Errorf("nothing was reconciled: %s", strings.Join(bad, "; "))
	}
	res := recon.Reconcile(in.input, &p.Recon, p.Rules.Books(&p.Recon, &in.input))
	in.judge(res)
	night := &answer.Night{
		Set: p.Set, Description: p.Description, Result: res, Chart: &p.Chart, RuleVersion: p.Rules.Version(), ExceptionsOnly: o.detail == "exceptions",
	}
	sums := ledger.SumRows(res, p.Rules, o.detail == "all") // before the others start: what follows of it is for one processor
	err := together(
		func() error { return o.book(night, p, sums) },
		func() error { return proveOutcomes(in, res) },
		func() error { res.Prepare(); return nil },
	)
	if err != nil {
		return nil, err
	}
	return night, proveBooks(night)
}

// book rolls the outcomes up into numbered entries, and draws up their proofs.
func (o *oneShot) book(n *answer.Night, p *config.Policy, sums *ledger.RowSums) error {
	entries, err := sums.Book()
	if err != nil {
		return err
	}
	n.Entries = ledger.Number(entries, ledger.FromOne())
	if n.Totals, err = posting.Sum(n.Entries); err != nil {
		return err
	}
	n.Proof = ledger.Prove(n.Result, &p.Chart, n.Entries)
	return nil
}

// together does all tasks at the same time. The error has all of theirs, in the order of the tasks.
func together(tasks ...func() error) error {
	faults := make([]error, len(tasks))
	var wait sync.WaitGroup
	for i, task := range tasks {
		wait.Go(func() { faults[i] = task() })
	}
	wait.Wait()
	return errors.Join(faults...)
}

// prove checks the invariants (settlement-accounting 3.6) on what is about to
// be written.
func prove(in *intake, n *answer.Night) error {
	if err := proveOutcomes(in, n.Result); err != nil {
		return err
	}
	return proveBooks(n)
}

// proveOutcomes checks the outcomes alone.
func proveOutcomes(in *intake, res *recon.Result) error {
	return res.Check(in.reportsOf(in.ofRows), in.reportsOf(in.ofDocs))
}

// proveBooks checks outcomes against entries, then what the books hand out.
func proveBooks(n *answer.Night) error {
	if err := n.Proof.Check(); err != nil {
		return err
	}
	if err := n.Totals.Prove(n.Entries); err != nil {
		return err
	}
	return n.CheckTieOut()
}

// write puts all results into the folder at once.
func (o *oneShot) write(in *intake, p *config.Policy, n *answer.Night, stdout io.Writer) error {
	set, err := durable.Stage(o.out)
	if err != nil {
		return err
	}
	defer set.Discard()
	header := posting.Header{
		Company: p.Recon.Company, Sequence: 1, Created: p.Recon.AsOf.String() + "T00:00:00Z", From: p.Recon.From, To: p.Recon.To,
		Base: p.Recon.Base, RunID: answer.RunID(inputHash(in)),
	}
	book, err := n.Workbook(header.RunID, in.reports)
	if err != nil {
		return err
	}
	if err := o.createWorkbooks(set, book); err != nil {
		return err
	}
	files := append([]durable.File{
		durable.Two("result.json", "exceptions.csv", func(result, exceptions io.Writer) error { return answer.WriteBoth(result, exceptions, n) }),
		durable.One("inputs.json", in.writeReports),
		durable.One("journal.csv", func(w io.Writer) error { return posting.WriteJournal(w, n.Entries) }),
	}, postingFiles(header, n)...)
	if err := set.CreateAll(files...); err != nil {
		return err
	}
	if err := set.Commit(); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d transactions, %d documents, %d entries; every difference is zero. Results are in %s\n",
		n.Result.Rows(), n.Result.Docs(), len(n.Entries), o.out)
	return nil
}

// postingFiles are the posting file with its checksum and, last, its sentinel;
// none when there are no entries. It is made once, while other files are written.
func postingFiles(h posting.Header, n *answer.Night) []durable.File {
	if len(n.Entries) == 0 {
		return nil
	}
	name, made := h.Name("txt"), sync.OnceValues(func() ([]byte, error) { return renderPosting(h, n) })
	sidecar := func(which int) func(io.Writer) error {
		return func(w io.Writer) error {
			text, _ := made() // what went wrong, the file itself tells
			checksum, done := drop.Sidecars(name, text)
			_, err := w.Write([2][]byte{checksum, done}[which])
			return err
		}
	}
	return []durable.File{
		durable.One(name+".sha256", sidecar(0)),
		durable.One(name, func(w io.Writer) error {
			text, err := made()
			if err == nil {
				_, err = w.Write(text)
			}
			return err
		}),
		durable.One(name+".done", sidecar(1)),
	}
}

// renderPosting makes the posting file. It is read back and held against the journal (INV-11).
func renderPosting(h posting.Header, n *answer.Night) ([]byte, error) {
	var file bytes.Buffer
	if _, err := posting.WriteDefault(&file, h, n.Entries); err != nil {
		return nil, err
	}
	back, err := posting.ReadDefault(bytes.NewReader(file.Bytes()))
	if err != nil {
		return nil, err
	}
	return file.Bytes(), posting.ProveFile(back, n.Entries, n.Totals)
}

// leaveInputs leaves inputs.json alone in the folder of a run that failed.
func (o *oneShot) leaveInputs(in *intake) error {
	set, err := durable.Stage(o.out)
	if err != nil {
		return err
	}
	defer set.Discard()
	if err := set.Create("inputs.json", in.writeReports); err != nil {
		return err
	}
	for _, name := range []string{"result.json", "journal.csv", "exceptions.csv", workbookName, dataName} {
		if err := set.Retire(name); err != nil {
			return err
		}
	}
	return set.Commit()
}

// inputHash is the hash of all inputs in the order of their hashes.
func inputHash(in *intake) string {
	var hashes []string
	for i := range in.reports {
		hashes = append(hashes, in.reports[i].SHA256)
	}
	slices.Sort(hashes)
	return fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(hashes, "\n"))))
}

func openExceptions(res *recon.Result) bool {
	for i := range res.Rows() {
		if v, _ := res.Verdict(i); v == recon.Exception {
			return true
		}
	}
	for i := range res.Docs() {
		if v, _ := res.DocVerdict(i); v == recon.Exception {
			return true
		}
	}
	return false
}
