package service_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"tieout/recon/store/queue"
)

// line is a queue in memory that works as the durable one does.
type line struct {
	mu   sync.Mutex
	runs sync.Mutex // one at a time
	work *queue.Work
	ctx  context.Context
	open []*queue.Entry
	busy sync.WaitGroup
	stop chan struct{}
	lose bool // jobs vanish
	idle bool // jobs are not worked
	no   int64

	busyFor int // how often nothing can be begun anew
}

func (l *line) change(do func()) { l.mu.Lock(); defer l.mu.Unlock(); do() }

func (l *line) Add(_ context.Context, jobs ...queue.Job) error { l.add(jobs, false); return nil }

func (l *line) Renew(_ context.Context, jobs ...queue.Job) error {
	busy := false
	l.change(func() { busy = l.busyFor > 0; l.busyFor-- })
	if busy {
		return errors.New("the store is busy")
	}
	l.add(jobs, true)
	return nil
}

func (l *line) add(jobs []queue.Job, anew bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range jobs {
		if anew {
			l.open = slices.DeleteFunc(l.open, func(e *queue.Entry) bool { return e.Job == j && e.State == queue.Dead })
		}
		if l.lose || slices.ContainsFunc(l.open, func(e *queue.Entry) bool { return e.Job == j }) {
			continue
		}
		l.no++
		e := &queue.Entry{Job: j, No: l.no, State: queue.Waiting}
		l.open = append(l.open, e)
		if e.Next = time.Now(); l.idle {
			continue
		}
		l.busy.Go(func() { l.worked(e) })
	}
}

func (l *line) Open(context.Context) (all []queue.Entry, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.open {
		all = append(all, *e)
	}
	return all, nil
}

func (l *line) Work(ctx context.Context, w *queue.Work) (func(), error) {
	ctx, cancel := context.WithCancel(ctx)
	l.work, l.ctx, l.stop = w, ctx, make(chan struct{})
	return func() {
		close(l.stop)
		defer time.AfterFunc(w.StopWithin, cancel).Stop()
		l.busy.Wait()
	}, nil
}

func (l *line) mark(e *queue.Entry, s queue.State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.State = s
}

func (l *line) worked(e *queue.Entry) {
	for {
		pause, done := l.attempt(e)
		if done {
			return
		}
		select {
		case <-l.stop:
			return
		case <-time.After(pause):
		}
	}
}

func (l *line) attempt(e *queue.Entry) (pause time.Duration, done bool) {
	if e.Kind == queue.Run {
		l.runs.Lock()
		defer l.runs.Unlock()
	}
	l.mark(e, queue.Working)
	err := l.work.Do(l.ctx, e.Job)
	l.mu.Lock()
	defer l.mu.Unlock()
	e.State, e.Next = queue.Waiting, time.Now().Add(time.Hour)
	var later queue.Later
	switch {
	case err == nil:
		l.open = slices.DeleteFunc(l.open, func(o *queue.Entry) bool { return o == e })
		return 0, true
	case errors.As(err, &later):
		return time.Duration(later), false
	}
	e.Attempts++
	e.Failure = err.Error()
	if errors.As(err, new(queue.Hopeless)) || e.Attempts == queue.Attempts {
		e.State = queue.Dead
		return 0, true
	}
	return queue.Backoff(l.work.Pause, e.Attempts), false
}
