package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"
	"github.com/google/uuid"

	"tieout/recon"
	"tieout/recon/night"
)

// Nights is what the service needs of the rest of the program.
type Nights interface {
	// Last is the last business day that a committed run covered, the day before the
	// first one ever where there was none.
	Last(ctx context.Context) (recon.Date, error)
	// Run runs one business day, commits it and hands out what it owes.
	Run(ctx context.Context, day recon.Date) (Outcome, error)
	// Deliver sends what earlier runs still owe and says what could not be sent.
	Deliver(ctx context.Context) (undelivered []string, err error)
}

// ErrBusy is a run of the company that somebody else has under way: no failure, the
// day is tried again at the next look.
var ErrBusy = errors.New("another run of the company is under way")

// Outcome is what people are told of a night.
type Outcome struct {
	Day         recon.Date
	Summary     string   // one line, without personal data
	Workbook    string   // path; "" for none
	Exceptions  int      // open ones
	Missing     []string // sources that are missing or late, in words
	Undelivered []string
}

// Options are what the administrator decides.
type Options struct {
	Schedules  []night.Schedule
	Sweep      time.Duration // how often what is owed is looked at, a minute for 0
	Overdue    time.Duration // a night that is not done so long after its morning is told, two hours for 0
	Above      int           // exceptions beyond this number are told, as is every night
	Retry      time.Duration // the first pause after a failed run, a minute for 0; it doubles up to an hour
	StopWithin time.Duration // how long a run may take to end after the first signal, 30 s for 0
}

// Service runs nights when they are due.
type Service struct {
	nights Nights
	teller Teller
	o      Options
	now    func() time.Time
	log    *slog.Logger
	wake   chan struct{}
	untold []Notice // of the worker alone

	mu     sync.Mutex
	status Status
}

// New makes a service. now is the clock.
func New(nights Nights, teller Teller, o Options, now func() time.Time, log *slog.Logger) *Service {
	o.Sweep = orDefault(o.Sweep, time.Minute)
	o.Overdue = orDefault(o.Overdue, 2*time.Hour)
	o.Retry = orDefault(o.Retry, time.Minute)
	o.StopWithin = orDefault(o.StopWithin, 30*time.Second)
	return &Service{nights: nights, teller: teller, o: o, now: now, log: log, wake: make(chan struct{}, 1)}
}

func orDefault(d, usual time.Duration) time.Duration {
	if d == 0 {
		return usual
	}
	return d
}

// Serve runs nights until ctx ends. A run that is under way then has StopWithin
// to end by itself, and is stopped after that; both are safe, for what was not
// committed is done again.
func (s *Service) Serve(ctx context.Context) error {
	stopClocks, err := s.clocks()
	if err != nil {
		return err
	}
	defer stopClocks()
	work, stop := s.lasting(ctx)
	defer stop()
	sweep := time.NewTicker(s.o.Sweep)
	defer sweep.Stop()
	for {
		if err := s.catchUp(work, ctx.Done()); err != nil && ctx.Err() == nil {
			s.log.Error("the nights that are due could not be run", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-sweep.C:
		}
	}
}

// lasting is a context that outlives ctx by StopWithin.
func (s *Service) lasting(ctx context.Context) (context.Context, func()) {
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(s.o.StopWithin, func() { cancel(errors.New("the service stops")) })
	})
	return work, func() { stop(); cancel(nil) }
}

// clocks tick on every morning, one clock for each schedule: the policy for
// clock changes looks at the zone of the scheduler alone. A tick only wakes the worker.
func (s *Service) clocks() (stop func(), err error) {
	var all []gocron.Scheduler
	stop = func() {
		for _, c := range all {
			_ = c.Shutdown()
		}
	}
	for i := range s.o.Schedules {
		c, err := s.clock(&s.o.Schedules[i])
		if err != nil {
			stop()
			return nil, fmt.Errorf("schedule %s: %w", s.o.Schedules[i].Name, err)
		}
		all = append(all, c)
		c.Start()
	}
	return stop, nil
}

func (s *Service) clock(m *night.Schedule) (gocron.Scheduler, error) {
	clock, err := gocron.NewScheduler(gocron.WithLocation(m.Zone), gocron.WithGlobalJobOptions(
		gocron.WithSingletonMode(gocron.LimitModeReschedule),
		gocron.WithEventListeners(gocron.AfterJobRunsWithPanic(func(_ uuid.UUID, name string, recovered any) {
			s.log.Error("a tick of the clock failed", "schedule", name, "panic", recovered)
		})),
	))
	if err != nil {
		return nil, err
	}
	_, err = clock.NewJob(gocron.CronJob(fmt.Sprintf("%d %d * * *", m.Minute, m.Hour), false), gocron.NewTask(s.Wake), gocron.WithName(m.Name),
		gocron.WithDaylightSavingsTimePolicy(gocron.DaylightSavingsTimeRunAfterTransition))
	return clock, err
}

// Wake has the worker look at what is owed now.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// catchUp runs the days that are owed, oldest first, and sends what is owed to
// the targets. A day that fails holds those behind it and is tried again later.
func (s *Service) catchUp(ctx context.Context, stopping <-chan struct{}) error {
	s.tellAgain(ctx)
	last, err := s.nights.Last(ctx)
	if err != nil {
		s.tell(ctx, Notice{Key: "store", Kind: Failed, Subject: "the store cannot be read", Text: err.Error()})
		return err
	}
	owed := night.Owed(s.o.Schedules, last, s.now())
	s.note(func(t *Status) { t.Last, t.Owed, t.Next = last, len(owed), s.Next() })
	s.watch(ctx, owed)
	for _, day := range owed {
		select {
		case <-stopping:
			return nil
		default:
		}
		if !s.mayTry() {
			return nil
		}
		if err := s.night(ctx, day); err != nil {
			return err
		}
	}
	return s.deliver(ctx)
}

// mayTry tells whether the pause after a failed run is over.
func (s *Service) mayTry() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.now().Before(s.status.NotBefore)
}

// night runs one day and tells how it went.
func (s *Service) night(ctx context.Context, day recon.Date) error {
	s.note(func(t *Status) { t.Running = day })
	outcome, err := s.nights.Run(ctx, day)
	s.note(func(t *Status) { t.Running = 0 })
	if errors.Is(err, ErrBusy) {
		s.log.Info("another run is under way", "day", day.String())
		return err
	}
	if err != nil {
		s.failed(ctx, day, err)
		return err
	}
	s.note(func(t *Status) {
		t.Last, t.Done, t.Failures, t.NotBefore, t.Failure = day, t.Done+1, 0, time.Time{}, ""
		t.Owed = max(0, t.Owed-1)
	})
	s.log.Info("night done", "day", day.String(), "exceptions", outcome.Exceptions, "undelivered", len(outcome.Undelivered))
	s.tellOf(ctx, outcome)
	return nil
}

// failed notes a failed run: the next attempt is after a pause that doubles.
func (s *Service) failed(ctx context.Context, day recon.Date, err error) {
	s.note(func(t *Status) {
		pause := min(time.Hour, s.o.Retry<<min(t.Failures, 10))
		t.Failures++
		t.Failure, t.NotBefore = err.Error(), s.now().Add(pause)
	})
	s.tell(ctx, Notice{Key: "failed|" + day.String(), Kind: Failed, Subject: fmt.Sprintf("the night of %s failed", day), Text: err.Error()})
}

// deliver sends what is still owed to the targets.
func (s *Service) deliver(ctx context.Context) error {
	undelivered, err := s.nights.Deliver(ctx)
	if err != nil {
		return err
	}
	s.note(func(t *Status) { t.Undelivered = undelivered })
	for _, u := range undelivered {
		s.tell(ctx, Notice{Key: "undelivered|" + u, Kind: Undelivered, Subject: "a posting file is not delivered", Text: u})
	}
	return nil
}

// watch tells of days that are owed for too long (R18).
func (s *Service) watch(ctx context.Context, owed []recon.Date) {
	for _, day := range owed {
		for i := range s.o.Schedules {
			due := s.o.Schedules[i].Due(day)
			if late := s.now().Sub(due); !due.IsZero() && late > s.o.Overdue {
				s.tell(ctx, Notice{
					Key: "overdue|" + day.String(), Kind: Overdue, Subject: fmt.Sprintf("the night of %s is overdue", day),
					Text: fmt.Sprintf("It was due at %s. %s", due.Format(time.RFC3339), s.Status().Failure),
				})
				break
			}
		}
	}
}

// tellOf tells of a night that is done.
func (s *Service) tellOf(ctx context.Context, o Outcome) {
	day := o.Day.String()
	s.tell(ctx, Notice{Key: "done|" + day, Kind: Done, Subject: "night of " + day, Text: o.Summary, Attach: o.Workbook})
	if o.Exceptions > s.o.Above && s.o.Above > 0 {
		s.tell(ctx, Notice{Key: "exceptions|" + day, Kind: Exceptions, Subject: fmt.Sprintf("%d open exceptions on %s", o.Exceptions, day), Text: o.Summary})
	}
	for _, m := range o.Missing {
		s.tell(ctx, Notice{Key: "missing|" + day + "|" + m, Kind: Missing, Subject: "a source is missing for " + day, Text: m})
	}
}

// Next is the next morning, zero if there is none within a year.
func (s *Service) Next() time.Time {
	var next time.Time
	for i := range s.o.Schedules {
		if n := s.o.Schedules[i].Next(s.now()); !n.IsZero() && (next.IsZero() || n.Before(next)) {
			next = n
		}
	}
	return next
}
