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
	"tieout/recon/store/queue"
)

// Nights is what the service needs of the rest of the program.
type Nights interface {
	// Last is the last business day that a committed run covered, the day before the
	// first one ever where there was none.
	Last(ctx context.Context) (recon.Date, error)
	// Newest is the newest instant that the store holds, zero where it holds none.
	Newest(ctx context.Context) (time.Time, error)
	// Fetch asks once for what a business day needs and is not in. What was learnt on the
	// way counts although it failed.
	Fetch(ctx context.Context, day recon.Date) (Fetched, error)
	// Run runs one business day and commits it, with the jobs and notices that it brings.
	Run(ctx context.Context, day recon.Date) (Outcome, error)
	// Asked runs what is not the turn of a day: what somebody asked for by hand, # and
	// its number, or a range that a run restated, from..to.
	Asked(ctx context.Context, id string) error
	// Publish hands out the results of a run, by its number.
	Publish(ctx context.Context, run string) error
	// Deliver sends what a target is owed.
	Deliver(ctx context.Context, target string) (Sent, error)
	// Owed are the jobs for everything beside nights that the store says is open.
	Owed(ctx context.Context) ([]queue.Job, error)
}

// Queue is what the service needs of the queue.
type Queue interface {
	// Add adds jobs but for those that wait, are worked or were given up.
	Add(ctx context.Context, jobs ...queue.Job) error
	// Renew is Add that begins anew what was given up.
	Renew(ctx context.Context, jobs ...queue.Job) error
	// Open lists what is not done. Jobs whose service died over them wait again.
	Open(ctx context.Context) ([]queue.Entry, error)
	// Work works jobs until stop is called.
	Work(ctx context.Context, w *queue.Work) (stop func(), err error)
}

// ErrBusy is a run of the company that somebody else has under way: no failure, the
// day is tried again at the next look.
var ErrBusy = errors.New("another run of the company is under way")

// ErrDone is a day that somebody else has run since it was found to be due.
var ErrDone = errors.New("the day was run already")

// Outcome is what people are told of a night.
type Outcome struct {
	Day        recon.Date
	RunID      string
	Summary    string   // one line, without personal data
	Workbook   string   // path; "" for none
	Exceptions int      // open ones
	Missing    []string // sources that are missing or late, in words
	Spoilt     []Spoilt
}

// Spoilt is a file of which rows cannot be used.
type Spoilt struct {
	SHA256 string // of the file, which is told once
	Why    string
}

// Fetched is what came of asking for reports.
type Fetched struct {
	Wait  time.Duration // after which to ask again, 0 where all is in or is not waited for any more
	Ahead time.Duration // how far this host's clock is ahead of the processor's, 0 where it is near enough
}

// Sent is what came of serving a target.
type Sent struct {
	Open    []string // what is not delivered, and why
	Expires string   // a key that will not do much longer, in words
	Failed  error    // to be tried again, or queue.Hopeless; nil where another attempt is not what is missing
	Waiting bool     // for the consumer's answer
}

// Options are what the administrator decides.
type Options struct {
	Company    string
	ID         string // of this start of the service
	Schedules  []night.Schedule
	Fetches    bool                 // there are reports to fetch before a run
	Poll       bool                 // the database stands behind a pooler
	Sweep      time.Duration        // how often what is owed is looked at, a minute for 0
	Overdue    time.Duration        // a night that is not done so long after its morning is told, two hours for 0
	Retry      time.Duration        // the first pause after a failure, a minute for 0; it doubles up to an hour
	Elapsed    func() time.Duration // time that went by since the start, whatever the wall clock does; nil: the machine's
	Ticks      <-chan time.Time     // when what is owed is looked at; nil: every Sweep
	StopWithin time.Duration        // how long a job may take to end after the first signal, 30 s for 0
}

// Service runs nights when they are due.
type Service struct {
	nights Nights
	teller Teller
	queue  Queue
	o      Options
	now    func() time.Time
	log    *slog.Logger
	wake   chan struct{}

	mu     sync.Mutex
	status Status
	looked time.Duration // time that had gone by at the last look that succeeded, since the start

	clockSteps steps
	atWork     map[int64]bool // jobs, by number, that were at work when the last morning came and still are; of look alone
	idle       idle           // of look alone
}

// New makes a service. now is the clock.
func New(nights Nights, teller Teller, jobs Queue, o Options, now func() time.Time, log *slog.Logger) *Service {
	o.Sweep = orDefault(o.Sweep, time.Minute)
	o.Overdue = orDefault(o.Overdue, 2*time.Hour)
	o.Retry = orDefault(o.Retry, time.Minute)
	o.StopWithin = orDefault(o.StopWithin, 30*time.Second)
	if o.Elapsed == nil {
		start := time.Now()
		o.Elapsed = func() time.Duration { return time.Since(start) }
	}
	return &Service{nights: nights, teller: teller, queue: jobs, o: o, now: now, log: log, wake: make(chan struct{}, 1), status: Status{Undelivered: map[string][]string{}}}
}

func orDefault(d, usual time.Duration) time.Duration {
	if d == 0 {
		return usual
	}
	return d
}

// Serve works jobs until ctx ends. One that is under way then has StopWithin to end
// by itself, and is stopped after that; both are safe, for what was not committed is
// done again.
func (s *Service) Serve(ctx context.Context) error {
	lasting := context.WithoutCancel(ctx)
	stopWork, err := s.queue.Work(lasting, &queue.Work{Company: s.o.Company, ID: s.o.ID, Do: s.do, Pause: s.o.Retry, StopWithin: s.o.StopWithin, Poll: s.o.Poll, Log: s.log})
	if err != nil {
		return err
	}
	defer stopWork()
	stopClocks, err := s.clocks()
	if err != nil {
		return err
	}
	defer stopClocks()
	s.holdClock(ctx)
	ticks := s.o.Ticks
	if ticks == nil {
		sweep := time.NewTicker(s.o.Sweep)
		defer sweep.Stop()
		ticks = sweep.C
	}
	for {
		if err := s.look(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("what is owed could not be looked up", "error", err)
			s.tell(ctx, Notice{Key: "store|" + recon.DateOf(s.now()).String(), Kind: Failed, Subject: "what is owed cannot be looked up", Text: err.Error()})
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-ticks:
		}
	}
}

// clocks tick on every morning, one clock for each schedule: the policy for
// clock changes looks at the zone of the scheduler alone. A tick only has the
// service look, and what it finds is the same whoever had it look.
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

// morning tells whether one has come since the last look: what was given up before is
// tried anew then. The first look of a service is one, for it may have been away.
func (s *Service) morning(now time.Time) bool {
	looked := s.Status().Looked
	next := night.Next(s.o.Schedules, looked)
	return looked.IsZero() || !next.IsZero() && !next.After(now)
}

// Wake has the service look at what is owed now.
func (s *Service) Wake() {
	select {
	case s.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// look holds what the store says is owed against the queue, and adds what is missing
// there: the oldest day that is due, and everything open beside nights (R15).
func (s *Service) look(ctx context.Context) error {
	s.watchClock(ctx)
	now := s.now()
	owed, err := s.owed(ctx)
	if err != nil {
		return err
	}
	jobs, err := s.nights.Owed(ctx)
	if err != nil {
		return err
	}
	open, err := s.queue.Open(ctx)
	if err != nil {
		return err
	}
	anew, atWork := s.anew(open, s.morning(now))
	add := s.queue.Add
	if anew {
		add = s.queue.Renew
	}
	if len(owed) > 0 && !begun(open, owed[0], anew) {
		jobs = append(jobs, s.first(owed[0]))
	}
	s.watch(ctx, owed, open)
	if err := add(ctx, jobs...); err != nil {
		return err
	}
	s.atWork = atWork
	s.note(func(t *Status) { t.Looked, s.looked = now, s.o.Elapsed() })
	return nil
}

// anew tells whether what was given up is begun anew: on a morning, and once a job that
// the morning found at work was given up too. atWork are those that still are.
func (s *Service) anew(open []queue.Entry, morning bool) (anew bool, atWork map[int64]bool) {
	anew, atWork = morning, map[int64]bool{}
	for i := range open {
		switch e := &open[i]; {
		case e.State == queue.Working && (morning || s.atWork[e.No]):
			atWork[e.No] = true
		case e.State == queue.Dead && s.atWork[e.No]:
			anew = true
		}
	}
	return anew, atWork
}

// begun tells whether the run of a day is in the queue already, so that nothing is to
// be fetched any more; anew, what was given up does not count.
func begun(open []queue.Entry, day recon.Date, anew bool) bool {
	for i := range open {
		if e := &open[i]; e.Kind == queue.Run && e.ID == day.String() && (e.State != queue.Dead || !anew) {
			return true
		}
	}
	return false
}

// watch tells of days that are owed for too long, and of jobs that were given up (R18).
func (s *Service) watch(ctx context.Context, owed []recon.Date, open []queue.Entry) {
	right, held := s.rightTime(ctx)
	if late := s.overdue(owed, right); len(late) > 0 {
		why := s.Status().Failure
		if held {
			why = "The clock was set and may be wrong, so that nothing is run by it."
		}
		s.tell(ctx, overdueNights(late, night.DueOf(s.o.Schedules, late[0]), why))
	}
	if e := s.forgotten(open); e != nil {
		s.tell(ctx, standstill(e))
	}
	var stuck []string
	for i := range open {
		if e := &open[i]; e.State == queue.Dead {
			stuck = append(stuck, e.Job.String()+": "+e.Failure)
			if e.Kind != queue.Notify {
				s.tell(ctx, stuckJob(e))
			}
		}
	}
	s.note(func(t *Status) { t.Queued, t.Stuck = len(open), stuck })
}

// overdue are the days that are owed for too long, by a clock that is right.
func (s *Service) overdue(owed []recon.Date, now time.Time) (late []recon.Date) {
	for _, day := range owed {
		if due := night.DueOf(s.o.Schedules, day); !due.IsZero() && now.Sub(due) > s.o.Overdue {
			late = append(late, day)
		}
	}
	return late
}

// patience is how long a job may wait for a worker while no other is worked.
const patience = 15 * time.Minute

// idle is a job whose time has come, and since when it is seen waiting with nobody at work.
type idle struct {
	no    int64
	next  time.Time
	since time.Duration // since the start, whatever the wall clock does
}

// forgotten is a job that is seen waiting for too long although nobody is at work. What
// the wall clock says of it counts for nothing: the service may have been away.
func (s *Service) forgotten(open []queue.Entry) *queue.Entry {
	late, elapsed := s.waiting(open), s.o.Elapsed()
	if late == nil {
		s.idle = idle{}
		return nil
	}
	if s.idle.no != late.No || !s.idle.next.Equal(late.Next) {
		s.idle = idle{late.No, late.Next, elapsed}
	}
	if elapsed-s.idle.since < patience {
		return nil
	}
	return late
}

// waiting is the first job whose time has come, nil where a job is at work.
func (s *Service) waiting(open []queue.Entry) (first *queue.Entry) {
	for i := range open {
		switch e := &open[i]; {
		case e.State == queue.Working:
			return nil
		case e.State != queue.Dead && !e.Next.After(s.now()) && first == nil:
			first = e
		}
	}
	return first
}

// Next is the next morning, zero if there is none within a year.
func (s *Service) Next() time.Time { return night.Next(s.o.Schedules, s.now()) }
