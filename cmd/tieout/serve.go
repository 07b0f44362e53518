package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"tieout/cmd/tieout/internal/config"
	"tieout/cmd/tieout/internal/logs"
	"tieout/cmd/tieout/internal/service"
	"tieout/ledger/drop"
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/cybersource"
	"tieout/recon/night"
	"tieout/recon/store"
	"tieout/recon/store/queue"
)

// serveVerb is `tieout serve`: every night on its own.
type serveVerb struct {
	config string
	replay int64
	within time.Duration
	retry  time.Duration // the first pause after a failure, in tests
	again  time.Duration // after which a late report is asked for again, in tests
	sweep  time.Duration
	now    func() time.Time

	elapsed func() time.Duration             // time that went by, in tests
	ticks   <-chan time.Time                 // looks, in tests
	change  []func(*cybersource.Options)     // of the processor's client, in tests
	free    func(dir string) (uint64, error) // what a disk has left; nil: asked of it
}

func serveCommand() *cobra.Command {
	v := &serveVerb{now: clock()}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the nights that the schedule asks for, deliver, and tell people",
		Long: `Run the nights that the schedule asks for, in order, also those that were missed, deliver, and tell people.

What is owed stands in the store, so a service may be stopped, killed and started at any time. The first signal
lets the run under way end, for --stop-within at most; the second ends the service at once. A SQLite store takes one
service, PostgreSQL several. "tieout run" beside a service hands its run over to it.
What fails is tried again after pauses that grow from a minute to an hour; what no attempt can help is given up,
told, listed by "tieout status --stuck", and tried again on the next morning, at the next start or by --replay.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if v.replay != 0 {
				return failed(v.replayed(cmd.Context(), cmd.OutOrStdout()))
			}
			return failed(v.run(cmd.Context(), cmd.ErrOrStderr()))
		},
	}
	cmd.Flags().StringVar(&v.config, "config", "tieout.yaml", "configuration")
	cmd.Flags().DurationVar(&v.sweep, "sweep", time.Minute, "how often it looks for what is owed")
	cmd.Flags().DurationVar(&v.within, "stop-within", 30*time.Second, "how long a run may take to end after the first signal")
	cmd.Flags().Int64Var(&v.replay, "replay", 0, "have the stuck job of this number tried again, and end; see status --stuck")
	return cmd
}

// run serves until the first signal; a second one ends the process at once.
func (v *serveVerb) run(ctx context.Context, stderr io.Writer) error {
	n, err := readNightly(v.config, config.Range{From: 1, To: 1, AsOf: 1})
	if err != nil {
		return err
	}
	if len(n.cfg.Service.Schedules) == 0 {
		return usage(errors.New("schedule: required to serve, such as {at: \"05:30\"}"))
	}
	log := logs.JSON(stderr).With("company", n.cfg.Recon.Company)
	channels, err := v.channels(n)
	if err != nil {
		return usage(err)
	}
	if n.store, err = store.Open(ctx, n.where(), n.options(v.now)); err != nil {
		return err
	}
	books := &served{serveVerb: v, store: n.store, company: n.cfg.Recon.Company, channels: channels, log: log}
	return errors.Join(books.serve(ctx, n.cfg), n.store.Close())
}

// replayed has a stuck job tried again by the service that runs, or by the next one.
func (v *serveVerb) replayed(ctx context.Context, stdout io.Writer) error {
	n, err := openStored(ctx, v.config, config.Range{From: 1, To: 1, AsOf: 1}, v.now)
	if err != nil {
		return err
	}
	return errors.Join(n.replay(ctx, v.replay, stdout), n.close())
}

// serve works until ctx ends.
func (v *served) serve(ctx context.Context, cfg *config.Run) error {
	host, _ := os.Hostname()
	v.id = fmt.Sprintf("%s-%d-%s", host, os.Getpid(), fresh())
	leave, err := v.store.Enlist(context.WithoutCancel(ctx), v.company, v.id)
	if errors.Is(err, night.ErrLocked) {
		return &exitError{exitLocked, err}
	}
	if err != nil {
		return err
	}
	defer leave()
	s := service.New(v, v, v, service.Options{
		Company: v.company, ID: v.id, Schedules: cfg.Service.Schedules, Fetches: cfg.Processor != nil, Sweep: v.sweep, Overdue: cfg.Service.Overdue, StopWithin: v.within, Poll: cfg.Service.Pooler, Retry: v.retry, Elapsed: v.elapsed, Ticks: v.ticks,
	}, v.now, v.log)
	if cfg.Service.Admin != "" {
		address, err := s.Listen(ctx, cfg.Service.Admin, v.ready)
		if err != nil {
			return fmt.Errorf("admin: %w", err)
		}
		v.log.Info("listening", "address", address.String())
	}
	context.AfterFunc(ctx, secondSignal)
	context.AfterFunc(ctx, func() { announce("STOPPING=1") })
	v.log.Info("serving", "next", s.Next(), "service", v.id)
	announce("READY=1")
	err = s.Serve(ctx)
	v.log.Info("stopped")
	return err
}

// secondSignal ends the process at the next signal, without waiting for a run.
// That is safe: what was not committed is done again.
func secondSignal() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { <-signals; os.Exit(exitInterrupt) }()
}

// served is a company that is served: its nights, by the configuration as it is when
// they run, its queue, and the people who are told.
type served struct {
	*serveVerb
	store    *store.Store
	company  string
	id       string // of this start of the service
	channels []channel
	log      *slog.Logger

	mu     sync.Mutex
	direct map[string]bool // notices that were sent although they could not be kept, by channel
}

// at reads the configuration as it is now, over the store that is open.
func (v *served) at(day recon.Date) (*nightly, error) {
	return v.over(config.Range{From: day, To: day, AsOf: recon.DateOf(v.now())})
}

func (v *served) over(r config.Range) (*nightly, error) {
	n, err := readNightly(v.config, r)
	if err != nil {
		return nil, err
	}
	n.now, n.log = v.now, v.log
	if v.free != nil {
		n.free = v.free
	}
	if n.archive, err = store.OpenArchive(n.path(n.cfg.Archive)); err != nil {
		return nil, err
	}
	n.store = v.store.With(n.options(v.now))
	return n, nil
}

// Last is the last day that was run.
func (v *served) Last(ctx context.Context) (recon.Date, error) {
	n, err := v.at(1)
	if err != nil {
		return 0, err
	}
	return n.last(ctx)
}

// Newest is the newest instant that the store holds of the company.
func (v *served) Newest(ctx context.Context) (time.Time, error) {
	return v.store.Newest(ctx, v.company)
}

// ready tells whether the store answers, and takes this service for one that lives:
// one that could not write its sign of life for a lease is none.
func (v *served) ready(ctx context.Context) error {
	if _, err := v.Last(ctx); err != nil {
		return err
	}
	all, err := v.store.Services(ctx, v.company)
	if err == nil && !slices.ContainsFunc(all, func(s store.Service) bool { return s.ID == v.id }) {
		err = errors.New("this service has given it no sign of life for too long, and others take its work over")
	}
	return err
}

// Fetch asks once for the reports of a day.
func (v *served) Fetch(ctx context.Context, day recon.Date) (f service.Fetched, err error) {
	n, err := v.at(day)
	if err != nil {
		return f, err
	}
	if err := n.fetchFirst(v.log, false, v.change...); err != nil {
		return f, err
	}
	err = n.bring(ctx, config.Range{From: day, To: day})
	if n.ahead != nil { // the configuration of this moment has an account
		if ahead := n.ahead(); ahead.Abs() > maxSkew {
			f.Ahead = ahead
		}
	}
	if err != nil {
		return f, err
	}
	for _, c := range n.grid {
		if left := c.Due.In(time.UTC).Sub(v.now()); c.State == night.CellLate && left > 0 {
			f.Wait = max(f.Wait, min(left, cmp.Or(v.again, lookAgain)))
		}
	}
	return f, nil
}

// lookAgain is how often a report that is late is asked for until it is due.
const lookAgain = 5 * time.Minute

// Run runs one day as `run --from` does, but for what jobs do after its commit.
func (v *served) Run(ctx context.Context, day recon.Date) (o service.Outcome, err error) {
	n, err := v.at(day)
	if err != nil {
		return o, err
	}
	if err := n.readBooks(ctx); err != nil {
		return o, err
	}
	n.served = &servedDay{day: day}
	if err := n.fetchFirst(v.log, false, v.change...); err != nil {
		return o, err
	}
	answers, err := n.runMissing(ctx, config.Range{From: day, To: day, AsOf: recon.DateOf(v.now().In(n.cfg.Recon.Zone))})
	switch {
	case errors.Is(err, night.ErrLocked):
		return o, service.ErrBusy
	case err != nil:
		return o, err
	case len(answers) == 0:
		return o, service.ErrDone
	}
	return n.outcome(day, answers[0]), nil
}

// Publish hands out results.
func (v *served) Publish(ctx context.Context, _ string) error {
	n, err := v.at(1)
	if err != nil {
		return err
	}
	return n.publish(ctx)
}

// Deliver sends what a target is owed.
func (v *served) Deliver(ctx context.Context, target string) (sent service.Sent, err error) {
	n, err := v.at(1)
	if err != nil {
		return sent, err
	}
	i := slices.IndexFunc(n.cfg.Targets, func(t config.Target) bool { return t.Name == target })
	if i < 0 {
		return sent, queue.Hopeless{Err: fmt.Errorf("target %q is owed posting files and is not in the configuration any more", target)}
	}
	if err := n.serveTarget(ctx, &n.cfg.Targets[i]); err != nil {
		if errors.Is(err, night.ErrLocked) {
			return sent, queue.Later(time.Second)
		}
		return sent, err
	}
	for _, note := range n.notes {
		v.log.Warn("worth knowing", "target", target, "note", note)
	}
	sent.Expires = n.expires
	for _, u := range n.undelivered {
		sent.Open = append(sent.Open, u.Error())
		sent.Failed = errors.Join(sent.Failed, retryable(u))
	}
	sent.Waiting, err = n.awaited(ctx, &n.cfg.Targets[i])
	return sent, err
}

// retryable is why a delivery should be tried again, or that this is no use. What a
// person or the consumer has to decide is told, and is no failure.
func retryable(u *openDelivery) error {
	switch {
	case errors.Is(u, drop.ErrConflict), errors.Is(u, drop.ErrHostKey):
		return queue.Hopeless{Err: u}
	case u.State == store.Unconfirmed, u.State == store.Delivered, u.State == store.Rejected:
		return nil
	}
	return u
}

// awaited tells whether the consumer still has to answer.
func (n *nightly) awaited(ctx context.Context, t *config.Target) (bool, error) {
	if !t.Ack {
		return false, nil
	}
	all, err := n.store.Deliveries(ctx, n.cfg.Recon.Company)
	return slices.ContainsFunc(all, func(d store.Delivery) bool {
		return d.Target == t.Name && (d.State == store.Delivered || d.State == store.Unconfirmed)
	}), err
}

// Owed are the jobs for what the store says is open: results, files and notices.
func (v *served) Owed(ctx context.Context) (jobs []queue.Job, err error) {
	add := func(kind queue.Kind, id string) {
		if j := (queue.Job{Kind: kind, Company: v.company, ID: id}); !slices.Contains(jobs, j) {
			jobs = append(jobs, j)
		}
	}
	results, err := v.store.Unpublished(ctx, v.company)
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		add(queue.Render, strconv.Itoa(r.RunNo))
	}
	n, err := v.at(1)
	if err != nil {
		return nil, err
	}
	owed, err := v.store.Owed(ctx, v.company)
	if err != nil {
		return nil, err
	}
	for i := range owed {
		if owed[i].State != store.Unconfirmed {
			add(queue.Deliver, owed[i].Target)
		}
	}
	for i := range n.cfg.Targets {
		waiting, err := n.awaited(ctx, &n.cfg.Targets[i])
		if err != nil {
			return nil, err
		}
		if waiting {
			add(queue.Deliver, n.cfg.Targets[i].Name)
		}
	}
	reruns, err := v.store.Reruns(ctx, v.company)
	if err != nil {
		return nil, err
	}
	for _, q := range reruns {
		add(queue.Run, rangeID(night.Cut{From: q.From, To: q.To}))
	}
	requests, err := v.store.Requests(ctx, v.company)
	if err != nil {
		return nil, err
	}
	for i := range requests {
		add(queue.Run, "#"+strconv.Itoa(requests[i].No))
	}
	untold, err := v.store.Untold(ctx, v.company, "")
	for _, u := range untold {
		if v.channel(u.Channels[0]) != nil {
			add(queue.Notify, u.Key)
		}
	}
	return jobs, err
}

// Add adds jobs.
func (v *served) Add(ctx context.Context, jobs ...queue.Job) error {
	return v.store.Enqueue(ctx, jobs...)
}

// Renew adds jobs, and begins anew what was given up.
func (v *served) Renew(ctx context.Context, jobs ...queue.Job) error {
	return v.store.Renew(ctx, jobs...)
}

// Open lists what is not done.
func (v *served) Open(ctx context.Context) ([]queue.Entry, error) {
	released, err := v.store.ReleaseDead(ctx, v.company, v.id)
	if err != nil {
		return nil, err
	}
	for i := range released {
		v.log.Info("a service died over a job", "job", released[i].Job.String(), "service", released[i].Holder)
	}
	return v.store.Jobs(ctx, v.company)
}

// Work works jobs.
func (v *served) Work(ctx context.Context, w *queue.Work) (func(), error) {
	return v.store.Work(ctx, w)
}

// servedDay is a day that a service runs, and what came of it.
type servedDay struct {
	day    recon.Date
	answer *night.Answer
}

// runs tells whether the run of a range is the one of the day that is served.
func (s *servedDay) runs(r config.Range) bool { return s != nil && r.From == s.day && r.To == s.day }

// wake is what a commit brings with it: the next day that is due, ranges that it
// restates, and what people are told of a night.
func (n *nightly) wake(c *night.Commit) (jobs []queue.Job, notices []store.Notice) {
	if owed := night.Owed(n.cfg.Service.Schedules, c.To, n.now()); len(owed) > 0 {
		jobs = append(jobs, service.First(c.Company, owed[0], n.cfg.Processor != nil))
	}
	for _, cut := range c.Restated {
		jobs = append(jobs, queue.Job{Kind: queue.Run, Company: c.Company, ID: rangeID(cut)})
	}
	if s := n.served; s.runs(config.Range{From: c.From, To: c.To}) {
		o := n.outcome(s.day, s.answer)
		for _, told := range service.NoticesOf(&o, n.cfg.Service.Above) {
			notices = append(notices, n.notice(told))
		}
	}
	return jobs, notices
}

// notice is a notice for the channels of the configuration.
func (n *nightly) notice(told service.Notice) store.Notice {
	kept := store.Notice{Key: told.Key, Kind: string(told.Kind), Subject: told.Subject, Body: told.Text, Attach: told.Attach}
	if n.cfg.Service.Mail != nil {
		kept.Channels = append(kept.Channels, byMail)
	}
	if n.cfg.Service.Hook != nil {
		kept.Channels = append(kept.Channels, byHook)
	}
	return kept
}

// outcome is what people are told of a day.
func (n *nightly) outcome(day recon.Date, a *night.Answer) service.Outcome {
	o := service.Outcome{Day: day, RunID: a.RunID}
	for i := range a.Work {
		if a.Work[i].Status != night.Closed {
			o.Exceptions++
		}
	}
	o.Missing, o.Spoilt = slices.Concat(a.Unusable, a.NotProvided), spoilt(a.Reports)
	for _, artifact := range a.Commit.Artifacts {
		if strings.HasSuffix(artifact.Name, ".xlsx") {
			o.Workbook = filepath.Join(n.path(n.cfg.Output), artifact.Name)
		}
	}
	o.Summary = fmt.Sprintf("%s, %s matched, %s, ties: yes", counted(a.Result.Rows(), "transaction"), matched(a.Result), counted(o.Exceptions, "exception"))
	return o
}

// spoilt names the files of which rows cannot be used: one that was read while it was
// being written looks like that. No value is told (R7).
func spoilt(files []recon.FileReport) (all []service.Spoilt) {
	for i := range files {
		f := &files[i]
		if f.Verdict != recon.FilePartial {
			continue
		}
		why := fmt.Sprintf("%s: %d of %d rows cannot be used", f.File, f.Rows.Quarantined, f.Rows.Total)
		if at := slices.IndexFunc(f.Findings, func(g recon.Finding) bool { return g.Line > 0 }); at >= 0 {
			why += fmt.Sprintf(", first in line %d, %s: %s", f.Findings[at].Line, f.Findings[at].Column, f.Findings[at].Code)
		}
		all = append(all, service.Spoilt{SHA256: f.SHA256, Why: why})
	}
	return all
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// matched is the sum of the matched rows by currency: 18204.55 USD and 99.00 CAD.
func matched(res *recon.Result) string {
	sums := map[money.Currency]int64{}
	for i := range res.Rows() {
		if r := res.Row(i); r.Verdict == recon.Matched {
			sums[r.Currency] += r.Amount
		}
	}
	var all []string
	for _, c := range slices.SortedFunc(maps.Keys(sums), func(a, b money.Currency) int { return strings.Compare(a.String(), b.String()) }) {
		all = append(all, money.New(sums[c], c).String()+" "+c.String())
	}
	if len(all) == 0 {
		return "nothing"
	}
	return strings.Join(all, " and ")
}
