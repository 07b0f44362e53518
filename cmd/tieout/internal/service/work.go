package service

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"tieout/recon"
	"tieout/recon/night"
	"tieout/recon/store/queue"
)

// do works a job. One that the service stopped has not failed: it waits for the next start.
func (s *Service) do(ctx context.Context, j queue.Job) error {
	err := s.work(ctx, j)
	if err != nil && errors.Is(ctx.Err(), context.Canceled) {
		return queue.Later(0)
	}
	return err
}

// work looks at what the id of a job is about, and does what is owed there, if
// anything is.
func (s *Service) work(ctx context.Context, j queue.Job) error {
	if (j.Kind == queue.Run || j.Kind == queue.Deliver) && s.held(ctx) {
		return queue.Later(s.o.Sweep)
	}
	switch j.Kind {
	case queue.Fetch:
		return s.fetch(ctx, j)
	case queue.Run:
		if strings.HasPrefix(j.ID, "#") || strings.Contains(j.ID, "..") {
			return s.asked(ctx, j)
		}
		return s.run(ctx, j)
	case queue.Render:
		return s.troubled(ctx, j, s.nights.Publish(ctx, j.ID))
	case queue.Deliver:
		return s.deliver(ctx, j)
	case queue.Notify:
		return s.teller.Send(ctx, j.ID)
	}
	return queue.Hopeless{Err: errors.New("the kind of job is not known: use a newer program")}
}

// owedDay is the day of a job, and what has to be done about it: 0 where nothing is.
func (s *Service) owedDay(ctx context.Context, j queue.Job) (recon.Date, error) {
	day, err := recon.ParseDate(j.ID)
	if err != nil {
		return 0, queue.Hopeless{Err: err}
	}
	owed, err := s.owed(ctx)
	switch {
	case err != nil:
		return 0, err
	case !slices.Contains(owed, day):
		return 0, nil
	case owed[0] != day: // its turn comes
		return 0, errors.Join(s.queue.Add(ctx, s.first(owed[0])), queue.Later(s.o.Sweep))
	}
	return day, nil
}

// owed are the days that are due and not run, oldest first.
func (s *Service) owed(ctx context.Context) ([]recon.Date, error) {
	last, err := s.nights.Last(ctx)
	if err != nil {
		return nil, err
	}
	owed := night.Owed(s.o.Schedules, last, s.now())
	s.note(func(t *Status) { t.Last, t.Owed, t.Next = last, len(owed), s.Next() })
	return owed, nil
}

// first is the job that begins a day.
func (s *Service) first(day recon.Date) queue.Job {
	return First(s.o.Company, day, s.o.Fetches)
}

// First is the job that begins a day: where there are reports to fetch, these come first.
func First(company string, day recon.Date, fetches bool) queue.Job {
	kind := queue.Run
	if fetches {
		kind = queue.Fetch
	}
	return queue.Job{Kind: kind, Company: company, ID: day.String()}
}

// fetch brings in what a day needs, and has it run once that is in or is not waited
// for any more.
func (s *Service) fetch(ctx context.Context, j queue.Job) error {
	day, err := s.owedDay(ctx, j)
	if err != nil || day == 0 {
		return err
	}
	fetched, err := s.nights.Fetch(ctx, day)
	if fetched.Ahead != 0 {
		s.tell(ctx, clockApart(day, fetched.Ahead))
	}
	if err != nil {
		s.tell(ctx, failedNight(day, err))
		return err
	}
	if fetched.Wait > 0 {
		return queue.Later(fetched.Wait)
	}
	return s.queue.Renew(ctx, queue.Job{Kind: queue.Run, Company: j.Company, ID: j.ID})
}

// run runs one day. What comes of it is told with its commit.
func (s *Service) run(ctx context.Context, j queue.Job) error {
	day, err := s.owedDay(ctx, j)
	if err != nil || day == 0 {
		return err
	}
	s.note(func(t *Status) { t.Running = day })
	outcome, err := s.nights.Run(ctx, day)
	s.note(func(t *Status) { t.Running = 0 })
	if errors.Is(err, ErrDone) {
		return nil
	}
	if err != nil {
		return s.failed(ctx, day, err)
	}
	s.note(func(t *Status) {
		t.Last, t.Done, t.Failures, t.Failure, t.Owed = day, t.Done+1, 0, "", max(0, t.Owed-1)
	})
	s.log.Info("night done", "day", day.String(), "run_id", outcome.RunID, "exceptions", outcome.Exceptions)
	s.Wake()
	return nil
}

// asked runs what is not the turn of a day.
func (s *Service) asked(ctx context.Context, j queue.Job) error {
	err := s.nights.Asked(ctx, j.ID)
	if errors.Is(err, ErrBusy) {
		return queue.Later(s.o.Sweep)
	}
	return s.troubled(ctx, j, err)
}

// failed notes and tells a failed run, which the queue tries again.
func (s *Service) failed(ctx context.Context, day recon.Date, err error) error {
	if errors.Is(err, ErrBusy) {
		s.log.Info("another run is under way", "day", day.String())
		return queue.Later(s.o.Sweep)
	}
	if ctx.Err() != nil { // the service stops: no failure of the night
		return err
	}
	s.note(func(t *Status) { t.Failures++; t.Failure = err.Error() })
	s.log.Error("night failed", "day", day.String(), "error", err)
	s.tell(ctx, failedNight(day, err))
	return err
}

// troubled tells of a job that failed for a reason of our own.
func (s *Service) troubled(ctx context.Context, j queue.Job, err error) error {
	if err == nil || errors.As(err, new(queue.Later)) || ctx.Err() != nil {
		return err
	}
	s.log.Error("job failed", "job", j.String(), "error", err)
	s.tell(ctx, failedJob(j, recon.DateOf(s.now()), err))
	return err
}

// deliver sends what a target is owed.
func (s *Service) deliver(ctx context.Context, j queue.Job) error {
	sent, err := s.nights.Deliver(ctx, j.ID)
	if sent.Expires != "" {
		s.tell(ctx, expires(j.ID, sent.Expires))
	}
	if err != nil {
		return s.troubled(ctx, j, err)
	}
	s.note(func(t *Status) { t.Undelivered[j.ID] = sent.Open })
	for _, why := range sent.Open {
		s.tell(ctx, undelivered(why))
	}
	if sent.Failed != nil {
		return sent.Failed
	}
	if sent.Waiting {
		return queue.Later(max(s.o.Sweep, time.Second))
	}
	return nil
}
