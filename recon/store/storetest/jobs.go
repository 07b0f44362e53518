package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"tieout/recon/night"
	"tieout/recon/store"
	"tieout/recon/store/queue"
)

// queued compares the jobs of the queue: kind, id and state.
func (b *bench) queued(s *store.Store, want ...string) {
	b.Helper()
	jobs, err := s.Jobs(b.Context(), "ACME")
	b.must(err)
	var got []string
	for _, e := range jobs {
		got = append(got, e.Job.String()+" "+string(e.State))
	}
	b.equal("the queue", want, got)
}

// What a commit wakes up is in its transaction: with it or not at all.
func wakeUps(b *bench) {
	wake := func(*night.Commit) ([]queue.Job, []store.Notice) {
		return []queue.Job{{Kind: queue.Run, Company: "ACME", ID: "2026-10-01"}}, []store.Notice{{Key: "done|2026-09-30", Kind: "done", Subject: "done", Channels: []string{"mail"}}}
	}
	s := b.open(func(o *store.Options) { o.Wake = wake })
	c := b.everything()
	r := b.begin(s, c.Request)
	b.must(b.raw("UPDATE runs SET state = 'FAILED', ended_us = 1"))
	b.refused(r.Commit(b.Context(), c), "not in progress any more") // its last statement
	b.queued(s)
	b.must(r.Close(b.Context(), nil))
	b.commit(s, c)
	want := []string{"run 2026-10-01 waiting", "notify done|2026-09-30 waiting", "render 1 waiting", "deliver  waiting", "deliver EU waiting"}
	b.queued(s, want...)
	b.must(b.raw("DELETE FROM river_job")) // lost: it is filled again
	b.must(s.Enqueue(b.Context(), queue.Job{Kind: queue.Deliver, Company: "ACME", ID: "EU"}, queue.Job{Kind: queue.Deliver, Company: "ACME", ID: "EU"}))
	b.queued(s, "deliver EU waiting")
}

// hired works jobs until the test ends, or until the returned function is called.
func (b *bench) hired(s *store.Store, id string, do func(ctx context.Context, j queue.Job) error) (stop func()) {
	b.Helper()
	stop, err := s.Work(b.Context(), &queue.Work{Company: "ACME", ID: id, Do: do, Pause: time.Millisecond, StopWithin: 50 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	b.must(err)
	return stop
}

// within waits for a state of the queue.
func (b *bench) within(s *store.Store, what string, ready func([]queue.Entry) bool) {
	b.Helper()
	var jobs []queue.Entry
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		var err error
		jobs, err = s.Jobs(b.Context(), "ACME")
		b.must(err)
		if ready(jobs) {
			return
		}
	}
	b.Fatalf("waited in vain for %s: %+v", what, jobs)
}

// Jobs are worked, tried again after failures, given up where nothing helps, and
// begun anew by a person or for something new.
func workedJobs(b *bench) {
	s := b.open()
	job := func(kind queue.Kind, id string) queue.Job { return queue.Job{Kind: kind, Company: "ACME", ID: id} }
	b.must(s.Enqueue(b.Context(), job(queue.Run, "2026-09-30"), job(queue.Fetch, "2026-09-30"), job(queue.Render, "1"), job(queue.Deliver, "EU"), job(queue.Notify, "k")))
	var mu sync.Mutex
	times := map[queue.Kind]int{}
	did := func(k queue.Kind) int { mu.Lock(); defer mu.Unlock(); return times[k] }
	stop := b.hired(s, "one", func(_ context.Context, j queue.Job) error {
		mu.Lock()
		defer mu.Unlock()
		times[j.Kind]++
		switch {
		case j.Kind == queue.Deliver && times[j.Kind] < 3:
			return queue.Hopeless{Err: errors.New("another file has the name, card 4111111111111111")}
		case j.Kind == queue.Fetch && times[j.Kind] == 1:
			return errors.New("no route")
		case j.Kind == queue.Notify && times[j.Kind] == 1:
			return queue.Later(time.Millisecond)
		}
		return nil
	})
	defer stop()
	other := queue.Job{Kind: queue.Deliver, Company: "_A__B_", ID: "EU"} // whose services alone know what to do
	b.must(s.Enqueue(b.Context(), other))
	b.within(s, "all but the delivery", func(left []queue.Entry) bool {
		return len(left) == 1 && left[0].State == queue.Dead && left[0].Job == job(queue.Deliver, "EU") && strings.HasPrefix(left[0].Failure, "another file has the name") && !strings.Contains(left[0].Failure, "411111")
	})
	b.equal("how often", map[queue.Kind]int{queue.Run: 1, queue.Fetch: 2, queue.Render: 1, queue.Deliver: 1, queue.Notify: 2}, times)
	b.must(s.Enqueue(b.Context(), job(queue.Deliver, "EU")))
	time.Sleep(50 * time.Millisecond)
	b.equal("a job that was given up", 1, did(queue.Deliver))
	b.must(s.Renew(b.Context(), job(queue.Deliver, "EU")))
	b.within(s, "the delivery anew", func(left []queue.Entry) bool {
		return did(queue.Deliver) == 2 && len(left) == 1 && left[0].State == queue.Dead
	})
	jobs, err := s.Jobs(b.Context(), "ACME")
	b.must(err)
	b.must(s.Replay(b.Context(), &jobs[0]))
	b.within(s, "the delivery by a person", func(left []queue.Entry) bool { return len(left) == 0 })
	theirs, err := s.Jobs(b.Context(), other.Company)
	b.must(err)
	if len(theirs) != 1 || theirs[0].State != queue.Waiting || theirs[0].Attempts != 0 {
		b.Errorf("the job of another company: %+v", theirs)
	}
}

// A job whose service died over it is worked by another.
func orphanedJobs(b *bench) {
	s := b.open(func(o *store.Options) { o.Alive = func(holder string) bool { return holder != "dead" } })
	b.must(s.Enqueue(b.Context(), queue.Job{Kind: queue.Run, Company: "ACME", ID: "2026-09-30"}))
	hung := make(chan struct{})
	stop := b.hired(s, "dead", func(ctx context.Context, _ queue.Job) error { close(hung); <-ctx.Done(); return ctx.Err() })
	<-hung
	stop()
	b.must(b.raw(`UPDATE river_job SET state = 'running', attempt = 1`)) // as a kill leaves it
	stop, err := s.Enlist(b.Context(), "ACME", "two")
	b.must(err)
	defer stop()
	released, err := s.ReleaseDead(b.Context(), "ACME", "two")
	b.must(err)
	if len(released) != 1 {
		b.Errorf("released %+v", released)
	}
	worked := make(chan queue.Job, 1)
	defer b.hired(s, "two", func(_ context.Context, j queue.Job) error { worked <- j; return nil })()
	select {
	case <-worked:
	case <-time.After(20 * time.Second):
		b.Error("nobody worked it")
	}
}

// What a run restates is owed with its commit and done with its own, and two that
// restate each other come to an end.
func restated(b *bench) {
	s := b.open(func(o *store.Options) {
		o.Wake = func(*night.Commit) ([]queue.Job, []store.Notice) { return nil, nil }
	})
	owed := func(what string, want ...night.Request) {
		b.Helper()
		got, err := s.Reruns(b.Context(), "ACME")
		b.must(err)
		b.equal(what, want, got)
	}
	other := night.Cut{From: on(20), To: on(21)}
	first := b.everything()
	first.Restated = []night.Cut{other}
	own := night.Cut{From: first.From, To: first.To}
	b.commit(s, first)
	owed("what the first run restates", night.Request{Company: "ACME", From: other.From, To: other.To, AsOf: first.AsOf})
	turns := 0
	for ; turns < 10; turns++ {
		reruns, err := s.Reruns(b.Context(), "ACME")
		b.must(err)
		if len(reruns) == 0 {
			break
		}
		c := &night.Commit{Request: reruns[0], RunID: fmt.Sprint("again", turns), Outcome: night.UnchangedRun, Restated: []night.Cut{own, other}}
		b.commit(s, c)
	}
	owed("in the end")
	if turns < 2 || turns == 10 {
		b.Errorf("it took %d runs", turns)
	}
}
