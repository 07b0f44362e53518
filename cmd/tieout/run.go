package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"tieout/cmd/tieout/internal/config"
	"tieout/cmd/tieout/internal/logs"
	"tieout/recon"
	"tieout/recon/cybersource"
	"tieout/recon/night"
)

// runVerb is `tieout run`: a range, with state.
type runVerb struct {
	config, from, to, asOf, output, failOn string
	dry, wait, full                        bool
	change                                 []func(*cybersource.Options) // of the client, in tests
}

func runCommand() *cobra.Command {
	v := &runVerb{}
	cmd := &cobra.Command{
		Use:   "run [--from D [--to D]]",
		Short: "Reconcile a range of days, or those that are missing, post the result and remember it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return failed(v.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&v.config, "config", "tieout.yaml", "configuration")
	flags.StringVar(&v.from, "from", "", "first settlement date, yyyy-mm-dd; if not given, the days after the last run that are due by now")
	flags.StringVar(&v.to, "to", "", "last settlement date; the first if not given")
	flags.StringVar(&v.asOf, "as-of", "", "day from which ages are counted; today if not given")
	flags.BoolVar(&v.dry, "dry-run", false, "compute and show, and touch nothing")
	flags.BoolVar(&v.wait, "wait", false, "wait for late reports until their ready_by")
	flags.BoolVar(&v.full, "full", false, "take all documents of the ERP, not only those of late")
	flags.StringVar(&v.output, "output", "text", "text or json")
	flags.StringVar(&v.failOn, "fail-on", "", "exceptions: exit with 3 if an exception is open")
	return cmd
}

// dates reads the range. Today is the local date, taken once.
func (v *runVerb) dates(now time.Time) (r config.Range, err error) {
	if v.from == "" && v.to != "" {
		return r, errors.New("--to needs --from")
	}
	if v.to == "" {
		v.to = v.from
	}
	if v.asOf == "" {
		v.asOf = recon.DateOf(now).String()
	}
	from, to := cmp.Or(v.from, v.asOf), cmp.Or(v.to, v.asOf) // what is missing is known once the store is open
	for _, d := range []struct {
		flag, text string
		to         *recon.Date
	}{{"--from", from, &r.From}, {"--to", to, &r.To}, {"--as-of", v.asOf, &r.AsOf}} {
		if *d.to, err = recon.ParseDate(d.text); err != nil {
			return r, fmt.Errorf("%s: %w", d.flag, err)
		}
	}
	if r.From > r.To {
		return r, fmt.Errorf("--from %s lies after --to %s", r.From, r.To)
	}
	return r, nil
}

func (v *runVerb) run(ctx context.Context, stdout, stderr io.Writer) error {
	if v.output != "text" && v.output != "json" {
		return usage(fmt.Errorf("--output %q: text or json is needed", v.output))
	}
	if v.failOn != "" && v.failOn != "exceptions" {
		return usage(fmt.Errorf("--fail-on %q: only exceptions is known", v.failOn))
	}
	now := clock()
	r, err := v.dates(now())
	if err != nil {
		return usage(err)
	}
	n, err := openNightly(ctx, v.config, r, now, v.dry)
	if err != nil {
		return err
	}
	done, err := v.handOver(ctx, n, stdout, stderr)
	if !done && err == nil {
		err = v.work(ctx, n, r, stdout, stderr)
	}
	return errors.Join(err, n.close())
}

// work makes the runs and shows them; its error has the exit code.
func (v *runVerb) work(ctx context.Context, n *nightly, r config.Range, stdout, stderr io.Writer) error {
	n.full = v.full
	answers, err := v.nights(ctx, n, r, stdout, stderr)
	for _, a := range answers {
		if err := v.show(stdout, a); err != nil {
			return err
		}
	}
	if v.output == "text" {
		for _, note := range n.notes {
			fmt.Fprintf(stdout, "  %s\n", note)
		}
	}
	if err != nil {
		return err
	}
	return cmp.Or(v.verdict(answers), n.deliveryVerdict())
}

// nights runs the range that was asked for, or every day that is missing.
func (v *runVerb) nights(ctx context.Context, n *nightly, r config.Range, stdout, stderr io.Writer) (answers []*night.Answer, err error) {
	ranges, again := []config.Range{r}, 1
	if v.from == "" {
		if ranges, again, err = n.owed(ctx, r.AsOf); err != nil {
			return nil, err
		}
		if len(ranges) == 0 {
			if err := v.nothingMissing(ctx, n, stdout); err != nil {
				return nil, err
			}
		}
	}
	if err := n.fetchFirst(logs.Text(stderr), v.wait, v.change...); err != nil {
		return nil, err
	}
	for i, r := range ranges {
		if v.output == "text" {
			fmt.Fprintf(stdout, "%s: settlement days %s to %s, both included, in %s; ages as of %s\n", n.cfg.Recon.Company, r.From, r.To, n.cfg.Recon.Zone, r.AsOf)
		}
		run := n.runRange
		if i >= again {
			run = n.runMissing
		}
		more, err := run(ctx, r)
		answers = append(answers, more...)
		if err != nil {
			return answers, err
		}
	}
	return answers, nil
}

// nothingMissing sends what earlier runs owe: one may have died between its commit
// and the delivery (R1).
func (v *runVerb) nothingMissing(ctx context.Context, n *nightly, stdout io.Writer) error {
	if v.output == "text" {
		fmt.Fprintf(stdout, "%s: no day is missing\n", n.cfg.Recon.Company)
	}
	if v.dry {
		return nil
	}
	return n.handOut(ctx)
}

// runMissing runs a range that no run has covered, unless another process does
// so first (R10).
func (n *nightly) runMissing(ctx context.Context, r config.Range) ([]*night.Answer, error) {
	n.missingDay = true
	a, err := n.run(ctx, r)
	n.missingDay = false
	if errors.Is(err, night.ErrCovered) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	more, err := n.runCuts(ctx, a.Commit.Restated, r.AsOf)
	return append([]*night.Answer{a}, more...), err
}

// runRange runs the ranges in which the days were computed first, oldest first,
// then the days that no run has seen, then what these restate.
func (n *nightly) runRange(ctx context.Context, r config.Range) ([]*night.Answer, error) {
	cuts, err := n.store.Cuts(ctx, n.cfg.Recon.Company)
	if err != nil {
		return nil, err
	}
	return n.runCuts(ctx, night.Plan(cuts, night.Cut{From: r.From, To: r.To}), r.AsOf)
}

// runCuts runs ranges, then what these restate.
func (n *nightly) runCuts(ctx context.Context, queue []night.Cut, asOf recon.Date) ([]*night.Answer, error) {
	times := map[night.Cut]int{}
	var answers []*night.Answer
	for len(queue) > 0 {
		cut := queue[0]
		queue = queue[1:]
		if times[cut]++; times[cut] > 2 {
			continue
		}
		a, err := n.run(ctx, config.Range{From: cut.From, To: cut.To, AsOf: asOf})
		if err != nil {
			return answers, err
		}
		answers = append(answers, a)
		queue = append(queue, a.Commit.Restated...)
	}
	return answers, nil
}

// verdict is the exit code of the runs: files that could not be used come
// before open exceptions.
func (v *runVerb) verdict(answers []*night.Answer) error {
	for _, a := range answers {
		if len(a.Unusable) > 0 {
			return &exitError{exitMissing, fmt.Errorf("%s; the run went on without it", a.Unusable[0])}
		}
		if len(a.NotProvided) > 0 {
			return &exitError{exitMissing, fmt.Errorf("%s; the run went on without it", a.NotProvided[0])}
		}
	}
	for _, a := range answers {
		for i := range a.Work {
			if v.failOn != "" && a.Work[i].Status != night.Closed {
				return &exitError{exitExceptions, errors.New("there are open exceptions")}
			}
		}
	}
	return nil
}

// runReport is what people and machines are told of a run.
type runReport struct {
	RunID       string   `json:"run_id"`
	From        string   `json:"date_from"`
	To          string   `json:"date_to"`
	AsOf        string   `json:"as_of"`
	Outcome     string   `json:"outcome"`
	Rows        int      `json:"transactions"`
	New         int      `json:"exceptions_new"`
	Carried     int      `json:"exceptions_carried"`
	Cleared     int      `json:"exceptions_cleared"`
	Entries     string   `json:"entries"`
	Restated    []string `json:"restated,omitempty"`
	Holds       []string `json:"held,omitempty"`
	Absent      []string `json:"rows_absent,omitempty"`
	NotProvided []string `json:"not_provided,omitempty"`
	Masked      int      `json:"card_values_masked,omitempty"`
	Results     []string `json:"results,omitempty"`
}

func reportOf(a *night.Answer) runReport {
	r := runReport{
		RunID: a.RunID, From: a.From.String(), To: a.To.String(), AsOf: a.AsOf.String(), Outcome: string(a.Commit.Outcome), Rows: a.Result.Rows(), Entries: a.Commit.Summary(),
	}
	for i := range a.Work {
		switch a.Work[i].Status {
		case night.New, night.Reopened:
			r.New++
		case night.Carried:
			r.Carried++
		case night.Closed:
			r.Cleared++
		}
	}
	if a.Commit.Outcome == night.UnchangedRun { // what the same day listed before is not new again
		r.New, r.Carried = 0, r.Carried+r.New
	}
	for _, c := range a.Commit.Restated {
		r.Restated = append(r.Restated, c.From.String()+" to "+c.To.String())
	}
	for _, h := range a.Commit.Holds {
		r.Holds = append(r.Holds, h.Why)
	}
	r.Absent, r.NotProvided, r.Masked = a.Absent, a.NotProvided, a.Masked
	for _, artifact := range a.Commit.Artifacts {
		r.Results = append(r.Results, artifact.Name)
	}
	return r
}

func (v *runVerb) show(w io.Writer, a *night.Answer) error {
	r := reportOf(a)
	if v.output == "json" {
		return json.NewEncoder(w).Encode(r)
	}
	_, err := fmt.Fprintf(w, "%s to %s: %s. %d transactions; exceptions: %d new, %d carried, %d cleared; %s (%s)\n",
		r.From, r.To, r.Outcome, r.Rows, r.New, r.Carried, r.Cleared, r.Entries, r.RunID)
	told := map[string]int{}
	for _, h := range r.Holds {
		told[h]++
	}
	for _, h := range r.Holds {
		switch n := told[h]; {
		case n > 1:
			fmt.Fprintf(w, "  held back: %s (%d times)\n", h, n)
		case n == 1:
			fmt.Fprintf(w, "  held back: %s\n", h)
		}
		told[h] = 0 // each is told once
	}
	for _, sentence := range r.Absent {
		fmt.Fprintf(w, "  %s\n", sentence)
	}
	for _, name := range r.NotProvided {
		fmt.Fprintf(w, "  NOT PROVIDED: %s\n", name)
	}
	if r.Masked > 0 {
		fmt.Fprintf(w, "  %d values with card data were not kept\n", r.Masked)
	}
	return err
}
