package main

import (
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
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/wneessen/go-mail"

	"tieout/cmd/tieout/internal/config"
	"tieout/cmd/tieout/internal/service"
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/night"
	"tieout/recon/store"
)

// serveVerb is `tieout serve`: every night on its own.
type serveVerb struct {
	config string
	sweep  time.Duration
	now    func() time.Time
}

func serveCommand() *cobra.Command {
	v := &serveVerb{now: clock()}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the nights that the schedule asks for, deliver, and tell people",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return failed(v.run(cmd.Context(), cmd.ErrOrStderr())) },
	}
	cmd.Flags().StringVar(&v.config, "config", "tieout.yaml", "configuration")
	cmd.Flags().DurationVar(&v.sweep, "sweep", time.Minute, "how often it looks for what is owed")
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
	log := slog.New(slog.NewJSONHandler(stderr, nil)).With("company", n.cfg.Recon.Company)
	channels, err := v.channels(n)
	if err != nil {
		return usage(err)
	}
	nights := &servedNights{v}
	s := service.New(nights, &teller{v, channels}, service.Options{
		Schedules: n.cfg.Service.Schedules, Sweep: v.sweep, Overdue: n.cfg.Service.Overdue, Above: n.cfg.Service.Above,
	}, v.now, log)
	if n.cfg.Service.Admin != "" {
		address, err := s.Listen(ctx, n.cfg.Service.Admin, nights.ready)
		if err != nil {
			return fmt.Errorf("admin: %w", err)
		}
		log.Info("listening", "address", address.String())
	}
	context.AfterFunc(ctx, secondSignal)
	log.Info("serving", "next", s.Next())
	err = s.Serve(ctx)
	log.Info("stopped")
	return err
}

// secondSignal ends the process at the next signal, without waiting for a run.
// That is safe: what was not committed is done again.
func secondSignal() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { <-signals; os.Exit(exitInterrupt) }()
}

// servedNights are nights by the configuration as it is when they run.
type servedNights struct{ *serveVerb }

func (v *servedNights) open(ctx context.Context, day recon.Date) (*nightly, error) {
	today := recon.DateOf(v.now())
	return openNightly(ctx, v.config, config.Range{From: day, To: day, AsOf: today}, v.now, false)
}

// Last is the last day that was run.
func (v *servedNights) Last(ctx context.Context) (last recon.Date, err error) {
	n, err := v.open(ctx, 1)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	return n.last(ctx)
}

func (v *servedNights) ready(ctx context.Context) error { _, err := v.Last(ctx); return err }

// Run runs one day as `run --from` does.
func (v *servedNights) Run(ctx context.Context, day recon.Date) (o service.Outcome, err error) {
	n, err := v.open(ctx, day)
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	if err := n.fetchFirst(io.Discard, true); err != nil {
		return o, err
	}
	answers, err := n.runRange(ctx, config.Range{From: day, To: day, AsOf: recon.DateOf(v.now().In(n.cfg.Recon.Zone))})
	if errors.Is(err, night.ErrLocked) {
		return o, service.ErrBusy
	}
	if err != nil {
		return o, err
	}
	return n.outcome(day, answers), nil
}

// Deliver sends what is owed.
func (v *servedNights) Deliver(ctx context.Context) (undelivered []string, err error) {
	n, err := v.open(ctx, 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	err = n.handOut(ctx)
	return n.notDelivered(), err
}

func (n *nightly) notDelivered() (all []string) {
	for _, u := range n.undelivered {
		all = append(all, u.Error())
	}
	return all
}

// outcome is what people are told of a day.
func (n *nightly) outcome(day recon.Date, answers []*night.Answer) service.Outcome {
	o := service.Outcome{Day: day, Undelivered: n.notDelivered()}
	if len(answers) == 0 {
		return o
	}
	a := answers[0]
	for i := range a.Work {
		if a.Work[i].Status != night.Closed {
			o.Exceptions++
		}
	}
	o.Missing = slices.Concat(a.Unusable, a.NotProvided)
	for _, artifact := range a.Commit.Artifacts {
		if strings.HasSuffix(artifact.Name, ".xlsx") {
			o.Workbook = filepath.Join(n.path(n.cfg.Output), artifact.Name)
		}
	}
	o.Summary = fmt.Sprintf("%s, %s matched, %s, ties: yes", counted(a.Result.Rows(), "transaction"), matched(a.Result), counted(o.Exceptions, "exception"))
	return o
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

// channel is a way to tell people.
type channel struct {
	name string
	send func(context.Context, service.Notice) error
}

func (v *serveVerb) channels(n *nightly) (all []channel, err error) {
	from := n.secrets()
	if m := n.cfg.Service.Mail; m != nil {
		mailer := &service.Mail{Host: m.Host, Port: m.Port, From: m.From, To: m.To, User: m.User, TLS: tlsPolicy(m.TLS), Attach: m.Attach}
		if m.Password != "" {
			password, err := from.Resolve(m.Password)
			if err != nil {
				return nil, fmt.Errorf("notify.mail.password: %w", err)
			}
			mailer.Password = password.Reveal()
		}
		all = append(all, channel{"mail", mailer.Send})
	}
	if h := n.cfg.Service.Hook; h != nil {
		url := h.URL
		if strings.HasPrefix(url, "${") {
			address, err := from.Resolve(url)
			if err != nil {
				return nil, fmt.Errorf("notify.webhook.url: %w", err)
			}
			url = address.Reveal()
		}
		all = append(all, channel{"webhook", (&service.Hook{URL: url, Form: h.Form}).Send})
	}
	return all, nil
}

func tlsPolicy(said string) mail.TLSPolicy {
	switch said {
	case "none":
		return mail.NoTLS
	case "opportunistic":
		return mail.TLSOpportunistic
	}
	return mail.TLSMandatory
}

// teller tells each notice once by each channel.
type teller struct {
	*serveVerb
	channels []channel
}

// Tell keeps the notice, sends it and notes that it was sent. Where the store is
// the trouble it is sent all the same.
func (t *teller) Tell(ctx context.Context, notice service.Notice) error {
	if len(t.channels) == 0 {
		return nil
	}
	n, err := (&servedNights{t.serveVerb}).open(ctx, 1)
	if err != nil {
		return errors.Join(err, t.sendAll(ctx, notice))
	}
	defer func() { _ = n.close() }()
	var faults []error
	for _, c := range t.channels {
		faults = append(faults, tellBy(ctx, n, c, notice))
	}
	return errors.Join(faults...)
}

func (t *teller) sendAll(ctx context.Context, notice service.Notice) error {
	var faults []error
	for _, c := range t.channels {
		faults = append(faults, c.send(ctx, notice))
	}
	return errors.Join(faults...)
}

func tellBy(ctx context.Context, n *nightly, c channel, notice service.Notice) error {
	kept := store.Notice{Key: notice.Key, Channel: c.name, Kind: string(notice.Kind), Subject: notice.Subject}
	untold, err := n.store.Untold(ctx, n.cfg.Recon.Company, kept)
	if err != nil || !untold {
		return err
	}
	if err := c.send(ctx, notice); err != nil {
		return err
	}
	return n.store.Told(ctx, n.cfg.Recon.Company, kept)
}
