package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"tieout/recon/carddata"
)

// Work is who works the jobs of a company, and how.
type Work struct {
	Company    string
	ID         string                                 // of this start of a service: no two have the same
	Do         func(ctx context.Context, j Job) error // nil: done
	Pause      time.Duration                          // after the first failure; it doubles up to an hour
	StopWithin time.Duration                          // how long a job may take to end after Stop
	Poll       bool                                   // behind a pooler that cannot listen
	Log        *slog.Logger
}

// longest is how long a job may take: a run that is not done by then hangs.
const longest = 12 * time.Hour

// Work works jobs until stop is called, which waits for those at work, and stops
// them after their time. ctx must not end before.
func (q *Queue) Work(ctx context.Context, w *Work) (stop func(), err error) {
	workers := river.NewWorkers()
	for _, add := range []func() error{
		func() error {
			return river.AddWorkerSafely(workers, hand(w, Fetch, func(a fetchArgs) wake { return a.wake }))
		},
		func() error {
			return river.AddWorkerSafely(workers, hand(w, Run, func(a runArgs) wake { return a.wake }))
		},
		func() error {
			return river.AddWorkerSafely(workers, hand(w, Render, func(a renderArgs) wake { return a.wake }))
		},
		func() error {
			return river.AddWorkerSafely(workers, hand(w, Deliver, func(a deliverArgs) wake { return a.wake }))
		},
		func() error {
			return river.AddWorkerSafely(workers, hand(w, Notify, func(a notifyArgs) wake { return a.wake }))
		},
	} {
		if err := add(); err != nil {
			return nil, fmt.Errorf("queue: %w", err)
		}
	}
	at, err := q.on.work(ctx, &river.Config{
		ID: w.ID, Logger: slog.New(grave{w.Log.Handler()}), Workers: workers, Queues: map[string]river.QueueConfig{line(nights, w.Company): {MaxWorkers: 1}, line(errands, w.Company): {MaxWorkers: 4}},
		JobTimeout: longest, RescueStuckJobsAfter: longest + time.Hour, CompletedJobRetentionPeriod: time.Hour, PollOnly: w.Poll,
		CancelledJobRetentionPeriod: keep, DiscardedJobRetentionPeriod: keep, MaxAttempts: Attempts, SoftStopTimeout: w.StopWithin,
	})
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	if err := at.Start(ctx); err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return func() {
		within, cancel := context.WithTimeout(ctx, w.StopWithin+lastWords)
		defer cancel()
		if err := at.Stop(within); err != nil {
			w.Log.Error("the queue did not stop in time", "error", err)
		}
	}, nil
}

const (
	keep      = 400 * 24 * time.Hour // jobs that were given up
	lastWords = 5 * time.Second      // for a job that was told to stop
)

// grave passes warnings and errors alone.
type grave struct{ slog.Handler }

// Enabled tells what passes.
func (g grave) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && g.Handler.Enabled(ctx, l)
}

// WithAttrs is that of the handler.
func (g grave) WithAttrs(attrs []slog.Attr) slog.Handler { return grave{g.Handler.WithAttrs(attrs)} }

// WithGroup is that of the handler.
func (g grave) WithGroup(name string) slog.Handler { return grave{g.Handler.WithGroup(name)} }

// hands works the jobs of one kind.
type hands[T river.JobArgs] struct {
	river.WorkerDefaults[T]
	work *Work
	kind Kind
	wake func(T) wake
}

func hand[T river.JobArgs](w *Work, k Kind, of func(T) wake) *hands[T] {
	return &hands[T]{work: w, kind: k, wake: of}
}

// Work works a job. What goes wrong is kept without card data (R7).
func (h *hands[T]) Work(ctx context.Context, j *river.Job[T]) error {
	err := h.work.Do(ctx, h.wake(j.Args).job(h.kind))
	var later Later
	var hopeless Hopeless
	switch {
	case err == nil:
		return nil
	case errors.As(err, &later):
		return river.JobSnooze(time.Duration(later))
	case errors.As(err, &hopeless):
		return river.JobCancel(errors.New(carddata.Mask(err.Error())))
	}
	return errors.New(carddata.Mask(err.Error()))
}

// NextRetry is when a job that failed is tried again.
func (h *hands[T]) NextRetry(j *river.Job[T]) time.Time {
	return time.Now().Add(Backoff(h.work.Pause, j.Attempt))
}

// Backoff is the pause after so many failures in a row.
func Backoff(first time.Duration, failures int) time.Duration {
	return min(time.Hour, first<<min(max(failures-1, 0), 10))
}
