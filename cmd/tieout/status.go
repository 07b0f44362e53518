package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tieout/cmd/tieout/internal/config"
	"tieout/recon"
	"tieout/recon/night"
	"tieout/recon/store"
	"tieout/recon/store/queue"
)

// statusVerb is `tieout status`: what ran, what is due, what is stuck and why, and
// what came of the processor's reports.
type statusVerb struct {
	gridVerb
	stuck bool
}

func statusCommand() *cobra.Command {
	v := &statusVerb{gridVerb: gridVerb{now: time.Now}}
	cmd := &cobra.Command{
		Use:   "status [--stuck] [--from D --to D]",
		Short: "Show what ran, what is due, what is stuck and why, and what came of the processor's reports",
		Long: `Show what ran, what is due, what is stuck and why, and, where there is a processor account, what
came of its reports by merchant, report and day.

A job is stuck if it failed and waits for another attempt, or if it was given up (DEAD): then
"tieout serve --replay N", with its number, has it tried again.
Exit codes: 4 if required reports are not in, 5 if a posting file is not delivered, 1 if a job was given up or a night is overdue.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return failed(v.run(cmd.Context(), cmd.OutOrStdout())) },
	}
	v.flags(cmd)
	cmd.Flags().Lookup("from").Usage = "first business day of the reports, yyyy-mm-dd; two weeks ago if not given"
	cmd.Flags().Lookup("to").Usage = "last business day; the first, or yesterday, if not given"
	cmd.Flags().BoolVar(&v.stuck, "stuck", false, "only what is stuck")
	return cmd
}

// statusReport is the status for machines.
type statusReport struct {
	Company  string          `json:"company"`
	Services []serviceReport `json:"services"`
	Ran      []ranReport     `json:"ran"` // newest first
	Due      []dueReport     `json:"due"`
	Next     string          `json:"next_morning,omitempty"`
	Stuck    []stuckReport   `json:"stuck"`
	*gridReport

	verdict error
}

type serviceReport struct {
	Holder string `json:"holder"`
	Since  string `json:"since"`
}

type ranReport struct {
	RunID   string `json:"run_id,omitempty"`
	From    string `json:"date_from"`
	To      string `json:"date_to"`
	AsOf    string `json:"as_of"`
	State   string `json:"state"` // its outcome once it is committed
	Started string `json:"started"`
	Ended   string `json:"ended,omitempty"`
	Failure string `json:"failure,omitempty"`
}

type dueReport struct {
	Day     string `json:"day"`
	Since   string `json:"since"`
	Overdue bool   `json:"overdue"`
}

type stuckReport struct {
	Job      int64  `json:"job,omitempty"` // its number in the queue
	What     string `json:"what"`
	State    string `json:"state"`
	Attempts int    `json:"failed_attempts,omitempty"`
	Next     string `json:"next_attempt,omitempty"`
	Why      string `json:"why,omitempty"`
}

func (v *statusVerb) run(ctx context.Context, stdout io.Writer) error {
	if today := recon.DateOf(v.now()); v.from == "" {
		v.from, v.to = (today - 14).String(), cmp.Or(v.to, (today-1).String())
	}
	n, r, err := v.openAny(ctx)
	if err != nil {
		return err
	}
	report, err := v.report(ctx, n, r)
	if err := errors.Join(err, n.close()); err != nil {
		return err
	}
	if v.output == "json" {
		err = json.NewEncoder(stdout).Encode(report)
	} else {
		err = report.write(stdout, v.stuck)
	}
	return cmp.Or(err, report.verdict)
}

func (v *statusVerb) report(ctx context.Context, n *nightly, r config.Range) (*statusReport, error) {
	s := &statusReport{Company: n.cfg.Recon.Company, Services: []serviceReport{}, Ran: []ranReport{}, Due: []dueReport{}, Stuck: []stuckReport{}}
	for _, add := range []func(context.Context, *nightly) error{s.services, s.ran, s.due, s.jobs, s.files, s.notices, s.requests} {
		if err := add(ctx, n); err != nil {
			return nil, err
		}
	}
	if n.cfg.Processor == nil || v.stuck {
		return s, nil
	}
	want := (&processor{cfg: n.cfg.Processor}).wanted(r.From, r.To, v.only)
	cells, err := n.store.Cells(ctx, s.Company, r.From, r.To)
	if err != nil {
		return nil, err
	}
	grid := night.Filled(cells, want)
	of := reportOfGrid(grid)
	s.gridReport, s.verdict = &of, cmp.Or(gridVerdict(grid), s.verdict)
	return s, nil
}

func (s *statusReport) services(ctx context.Context, n *nightly) error {
	all, err := n.store.Services(ctx, s.Company)
	for _, v := range all {
		s.Services = append(s.Services, serviceReport{v.Holder, stamp(v.Started)})
	}
	return err
}

func (s *statusReport) ran(ctx context.Context, n *nightly) error {
	all, err := n.store.Runs(ctx, s.Company, 10)
	for i := range all {
		r := &all[i]
		s.Ran = append(s.Ran, ranReport{r.RunID, r.From, r.To, r.AsOf, r.State, stamp(r.Started), stamp(r.Ended), r.Failure})
	}
	return err
}

// due are the days that the schedule wants by now and that are not run.
func (s *statusReport) due(ctx context.Context, n *nightly) error {
	schedules := n.cfg.Service.Schedules
	if len(schedules) == 0 {
		return nil
	}
	last, err := n.last(ctx)
	if err != nil && !errors.Is(err, errNoStart) {
		return err
	}
	s.Next = stamp(night.Next(schedules, n.now()))
	if err != nil {
		return nil
	}
	for _, day := range night.Owed(schedules, last, n.now()) {
		since := night.DueOf(schedules, day)
		late := n.now().Sub(since) > cmp.Or(n.cfg.Service.Overdue, 2*time.Hour)
		s.Due = append(s.Due, dueReport{day.String(), stamp(since), late})
		if late && s.verdict == nil {
			s.verdict = fmt.Errorf("the night of %s is overdue", day)
		}
	}
	return nil
}

// jobs are those that failed or were given up.
func (s *statusReport) jobs(ctx context.Context, n *nightly) error {
	all, err := n.store.Jobs(ctx, s.Company)
	for i := range all {
		e := &all[i]
		if e.State != queue.Dead && e.State != queue.Failing {
			continue
		}
		r := stuckReport{Job: e.No, What: e.Job.String(), State: strings.ToUpper(string(e.State)), Attempts: e.Attempts, Why: e.Failure}
		if e.State == queue.Failing {
			r.Next = stamp(e.Next)
		} else if s.verdict == nil {
			s.verdict = fmt.Errorf("%s was given up: %s", e.Job, e.Failure)
		}
		s.Stuck = append(s.Stuck, r)
	}
	return err
}

// files are posting files that could not be delivered.
func (s *statusReport) files(ctx context.Context, n *nightly) error {
	all, err := n.store.Owed(ctx, s.Company)
	for i := range all {
		d := &all[i]
		if d.State != store.Unconfirmed && d.Failure == "" {
			continue
		}
		s.Stuck = append(s.Stuck, stuckReport{What: "posting file " + cmp.Or(d.Name, "of "+d.RunID) + " to " + cmp.Or(d.Target, "the general ledger"), State: string(d.State), Attempts: d.Attempts, Why: d.Failure})
		s.verdict = &exitError{exitUnproven, fmt.Errorf("posting file %s is not delivered: %s", d.Name, d.Failure)}
	}
	return err
}

// notices are those that could not be told.
func (s *statusReport) notices(ctx context.Context, n *nightly) error {
	all, err := n.store.Untold(ctx, s.Company, "")
	for i := range all {
		if t := &all[i]; t.Failure != "" {
			s.Stuck = append(s.Stuck, stuckReport{What: fmt.Sprintf("notice by %s: %s", t.Channels[0], t.Subject), State: "UNTOLD", Why: t.Failure})
		}
	}
	return err
}

// requests are runs that somebody asked for and that nobody makes.
func (s *statusReport) requests(ctx context.Context, n *nightly) error {
	all, err := n.store.Requests(ctx, s.Company)
	for i := range all {
		r := stuckReport{What: fmt.Sprintf("request %d of %s", all[i].No, all[i].By), State: string(all[i].State)}
		if len(s.Services) == 0 {
			r.Why = "there is no service that could make it"
		}
		s.Stuck = append(s.Stuck, r)
	}
	return err
}

func stamp(t time.Time) string {
	if t.IsZero() || t.UnixMicro() == 0 {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// write shows the status to people.
func (s *statusReport) write(w io.Writer, onlyStuck bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if !onlyStuck {
		s.writeRan(t)
	}
	if len(s.Stuck) == 0 {
		fmt.Fprintln(t, "nothing is stuck")
	} else {
		fmt.Fprintln(t, "STUCK\tWHAT\tSTATE\tATTEMPTS\tNEXT\tWHY")
	}
	for i := range s.Stuck {
		r := &s.Stuck[i]
		no := ""
		if r.Job != 0 {
			no = fmt.Sprint(r.Job)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\n", no, r.What, r.State, r.Attempts, r.Next, r.Why)
	}
	if err := t.Flush(); err != nil || s.gridReport == nil {
		return err
	}
	fmt.Fprintln(w)
	return s.gridReport.write(w)
}

func (s *statusReport) writeRan(t *tabwriter.Writer) {
	if len(s.Services) == 0 {
		fmt.Fprintf(t, "%s: no service runs\n", s.Company)
	}
	for _, v := range s.Services {
		fmt.Fprintf(t, "%s: served by %s since %s\n", s.Company, v.Holder, v.Since)
	}
	if s.Next != "" {
		fmt.Fprintf(t, "next morning: %s\n", s.Next)
	}
	fmt.Fprintln(t, "\nRAN\tFROM\tTO\tSTATE\tENDED\tWHY")
	for i := range s.Ran {
		r := &s.Ran[i]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.RunID, r.From, r.To, r.State, cmp.Or(r.Ended, "runs"), r.Failure)
	}
	if len(s.Due) == 0 {
		fmt.Fprint(t, "\nno day is due\n\n")
		return
	}
	fmt.Fprintln(t, "\nDUE\tSINCE\t")
	for _, d := range s.Due {
		late := ""
		if d.Overdue {
			late = "OVERDUE"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", d.Day, d.Since, late)
	}
	fmt.Fprintln(t)
}

// replay has a stuck job tried again.
func (n *nightly) replay(ctx context.Context, no int64, stdout io.Writer) error {
	all, err := n.store.Jobs(ctx, n.cfg.Recon.Company)
	if err != nil {
		return err
	}
	for i := range all {
		if e := &all[i]; e.No == no {
			if err := n.store.Replay(ctx, e); err != nil {
				return err
			}
			_, err := fmt.Fprintf(stdout, "%s is tried again by the service, at once if one runs\n", e.Job)
			return err
		}
	}
	return usage(fmt.Errorf("--replay %d: no job that is not done has this number; `tieout status --stuck` lists them", no))
}
