package service_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tieout/cmd/tieout/internal/service"
	"tieout/recon"
	"tieout/recon/night"
	"tieout/recon/store/queue"
)

// books are nights in memory.
type books struct {
	mu          sync.Mutex
	last        recon.Date
	ran         []recon.Date
	at          []time.Time
	fail        error
	undelivered []string
	expires     string
	missing     []string
	exceptions  int
	block       chan struct{}
	told        *told
	trouble     error
	late        int           // how often a report is late before it comes
	ahead       time.Duration // this host's clock, of the processor's
	newest      time.Time
	fetched     []recon.Date
}

func (b *books) Last(context.Context) (recon.Date, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last, nil
}

func (b *books) Newest(context.Context) (time.Time, error) { return b.newest, nil }

func (b *books) Fetch(_ context.Context, day recon.Date) (service.Fetched, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fetched = append(b.fetched, day)
	f := service.Fetched{Ahead: b.ahead}
	if b.late--; b.late >= 0 {
		f.Wait = 5 * time.Minute
	}
	return f, nil
}

func (b *books) Run(ctx context.Context, day recon.Date) (service.Outcome, error) {
	if b.block != nil {
		select {
		case <-b.block:
		case <-ctx.Done():
			return service.Outcome{}, context.Cause(ctx)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return service.Outcome{}, b.fail
	}
	b.last = day
	b.ran, b.at = append(b.ran, day), append(b.at, time.Now())
	o := service.Outcome{Day: day, Summary: "3 transactions, ties: yes", Exceptions: b.exceptions, Missing: b.missing}
	if b.told != nil {
		for _, n := range service.NoticesOf(&o, 7) { // with the commit
			_ = b.told.Tell(ctx, n)
		}
	}
	return o, nil
}

func (b *books) Asked(context.Context, string) error   { return nil }
func (b *books) Publish(context.Context, string) error { return b.trouble }

func (b *books) Deliver(context.Context, string) (service.Sent, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return service.Sent{Open: b.undelivered, Expires: b.expires}, b.trouble
}

func (b *books) Owed(context.Context) ([]queue.Job, error) {
	return []queue.Job{{Kind: queue.Deliver, Company: "ACME"}, {Kind: queue.Render, Company: "ACME", ID: "1"}}, nil
}
func (b *books) change(do func()) { b.mu.Lock(); defer b.mu.Unlock(); do() }

// told remembers notices, each once.
type told struct {
	mu   sync.Mutex
	all  []service.Notice
	deaf bool
}

func (t *told) Tell(_ context.Context, n service.Notice) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.deaf {
		return errors.New("the mail server is down")
	}
	if !slices.ContainsFunc(t.all, func(o service.Notice) bool { return o.Key == n.Key }) {
		t.all = append(t.all, n)
	}
	return nil
}

// Send has nothing to do: Tell has told.
func (*told) Send(context.Context, string) error { return nil }

func (t *told) of(kind service.Kind) (all []service.Notice) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.all {
		if n.Kind == kind {
			all = append(all, n)
		}
	}
	return all
}

// zones with whole and half hours, on both sides of the equator, with changes at
// midnight, at two and at three, and without any.
func zones() []string {
	return []string{
		"America/New_York", "America/Los_Angeles", "America/St_Johns", "America/Santiago", "Europe/London", "Europe/Berlin",
		"Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Auckland", "UTC",
	}
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// serve runs a service until the test has had its look; the clock is the bubble's.
func serve(t *testing.T, b *books, w *told, o service.Options, look func(s *service.Service)) *line {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	jobs := &line{}
	s := service.New(b, w, jobs, o, time.Now, quiet())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx) }()
	look(s)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return jobs
}

// The real clock library over three years in every zone: each due morning makes one
// look, every calendar date is run once, at its morning and not when the sweep comes
// by. TIEOUT_YEARS and TIEOUT_ZONES bound it.
func TestTheClockOverYears(t *testing.T) {
	years := number(t, "TIEOUT_YEARS", 3)
	for _, name := range zones()[:number(t, "TIEOUT_ZONES", 12)] {
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			z := zone(t, name)
			synctest.Test(t, func(t *testing.T) {
				start := recon.DateOf(time.Now().In(z))
				b := &books{last: start - 2}
				o := service.Options{Schedules: []night.Schedule{{Name: "nightly", Zone: z, Hour: 2, Minute: 30, Lag: 1}}, Sweep: 31 * 24 * time.Hour}
				serve(t, b, &told{}, o, func(*service.Service) { time.Sleep(time.Duration(years) * 365 * 24 * time.Hour); synctest.Wait() })
				if len(b.ran) < years*365 {
					t.Fatalf("%d nights in %d years", len(b.ran), years)
				}
				for i, day := range b.ran {
					if day != start-1+recon.Date(i) {
						t.Fatalf("night %d ran %s", i, day)
					}
					if due := o.Schedules[0].Due(day); i > 0 && (b.at[i].Before(due) || b.at[i].Sub(due) > time.Second) {
						t.Fatalf("%s was due at %s and ran at %s", day, due, b.at[i].In(z))
					}
				}
			})
		})
	}
}

func number(t *testing.T, variable string, usual int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func daily() service.Options {
	return service.Options{Company: "ACME", Schedules: []night.Schedule{{Name: "nightly", Zone: time.UTC, Hour: 5, Lag: 1}}}
}

// R18: a night that fails is told once, tried again after pauses that grow, told as
// overdue, and the next success runs what was missed, in order, without a person.
func TestAFailedNightIsToldAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := recon.DateOf(time.Now().UTC())
		b, w := &books{last: start - 2, fail: errors.New("the share of the ERP is gone")}, &told{}
		b.told = w
		serve(t, b, w, daily(), func(s *service.Service) {
			time.Sleep(29*time.Hour + time.Minute)
			synctest.Wait()
			if n := w.of(service.Failed); len(n) != 1 || !strings.Contains(n[0].Text, "share of the ERP") {
				t.Errorf("told %+v", n)
			}
			if n := w.of(service.Overdue); len(n) != 1 || !strings.Contains(n[0].Subject, (start-1).String()) || !strings.Contains(n[0].Text, "share of the ERP") {
				t.Errorf("told %+v", n)
			}
			if got := s.Status(); got.Owed != 2 || got.Failures < 10 || got.Failures > 40 {
				t.Errorf("status %+v", got)
			}
			b.change(func() { b.fail = nil })
			time.Sleep(2 * time.Hour)
			synctest.Wait()
		})
		if !slices.Equal(b.ran, []recon.Date{start - 1, start}) || len(w.of(service.Done)) != 2 {
			t.Errorf("ran %v, told %+v", b.ran, w.all)
		}
	})
}

// Each fault raises the right notice within one look.
func TestNotices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := recon.DateOf(time.Now().UTC())
		b, w := &books{last: start - 2, undelivered: []string{"GL_X.txt is not delivered"}, missing: []string{"fees of acme"}, exceptions: 8}, &told{}
		b.told = w
		serve(t, b, w, daily(), func(*service.Service) { time.Sleep(5*time.Hour + time.Minute); synctest.Wait() })
		for _, kind := range []service.Kind{service.Done, service.Exceptions, service.Missing, service.Undelivered} {
			if n := w.of(kind); len(n) != 1 || n[0].Subject == "" || n[0].Text == "" {
				t.Errorf("%s: %+v", kind, n)
			}
		}
	})
}

// A report that is late is asked for until it is in, and the run waits for it.
func TestALateReportIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := recon.DateOf(time.Now().UTC())
		b, o := &books{last: start - 2, late: 3}, daily()
		o.Fetches = true
		serve(t, b, &told{}, o, func(*service.Service) { time.Sleep(6 * time.Hour); synctest.Wait() })
		if want := o.Schedules[0].Due(start - 1).Add(15 * time.Minute); len(b.ran) != 1 || b.at[0].Before(want) || b.at[0].Sub(want) > 2*time.Minute || len(b.fetched) != 4 {
			t.Errorf("ran %v at %v after %d fetches, want %s", b.ran, b.at, len(b.fetched), want)
		}
	})
}

// A night that is given up is told, is left alone until the next morning, and is
// tried anew then.
func TestANightIsGivenUpUntilTheNextMorning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := recon.DateOf(time.Now().UTC())
		b, w := &books{last: start - 2, fail: queue.Hopeless{Err: errors.New("no such period")}}, &told{}
		serve(t, b, w, daily(), func(s *service.Service) {
			time.Sleep(6 * time.Hour)
			synctest.Wait()
			if n := w.of(service.Stuck); len(n) != 1 || !strings.Contains(n[0].Text, "no such period") || len(s.Status().Stuck) != 1 {
				t.Errorf("told %+v, status %+v", n, s.Status())
			}
			b.change(func() { b.fail = nil })
			time.Sleep(22 * time.Hour)
			synctest.Wait()
			b.change(func() {
				if len(b.ran) != 0 {
					t.Errorf("ran %v", b.ran)
				}
			})
			time.Sleep(2 * time.Hour)
			synctest.Wait()
		})
		if !slices.Equal(b.ran, []recon.Date{start - 1, start}) {
			t.Errorf("ran %v", b.ran)
		}
	})
}

// A job that a morning finds at work, and that is given up after it, is of before that
// morning: it is tried anew at once and not on the morning after.
func TestANightThatIsGivenUpOverAMorningIsTriedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := recon.DateOf(time.Now().UTC())
		b := &books{last: start - 2, fail: queue.Hopeless{Err: errors.New("no such period")}, block: make(chan struct{})}
		serve(t, b, &told{}, daily(), func(*service.Service) {
			time.Sleep(29*time.Hour + 30*time.Minute + 30*time.Second) // between two looks
			close(b.block)
			synctest.Wait()
			b.change(func() { b.fail = nil })
			time.Sleep(2 * time.Minute)
			synctest.Wait()
		})
		if !slices.Equal(b.ran, []recon.Date{start - 1, start}) {
			t.Errorf("ran %v", b.ran)
		}
	})
}

// A job that could not be begun anew is not forgotten until the morning after.
func TestANightIsBegunAnewAfterAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := recon.DateOf(time.Now().UTC())
		b := &books{last: start - 2, fail: queue.Hopeless{Err: errors.New("no such period")}, block: make(chan struct{})}
		jobs := &line{}
		ctx, stop := context.WithCancel(t.Context())
		s := service.New(b, &told{}, jobs, daily(), time.Now, quiet())
		ended := make(chan error)
		go func() { ended <- s.Serve(ctx) }()
		time.Sleep(29*time.Hour + 30*time.Minute + 30*time.Second)
		close(b.block)
		synctest.Wait()
		b.change(func() { b.fail = nil })
		jobs.change(func() { jobs.busyFor = 1 })
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		stop()
		<-ended
		if !slices.Equal(b.ran, []recon.Date{start - 1, start}) {
			t.Errorf("ran %v", b.ran)
		}
	})
}

// A queue that stands still is told, with what waits.
func TestAQueueThatStandsStillIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := &books{last: recon.DateOf(time.Now().UTC()) - 2}, &told{}
		ctx, stop := context.WithCancel(t.Context())
		s := service.New(b, w, &line{idle: true}, daily(), time.Now, quiet())
		ended := make(chan error)
		go func() { ended <- s.Serve(ctx) }()
		time.Sleep(14 * time.Minute)
		synctest.Wait()
		if n := w.of(service.Stuck); len(n) != 0 {
			t.Errorf("told %+v", n)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		stop()
		<-ended
		if n := w.of(service.Stuck); len(n) != 1 || !strings.Contains(n[0].Text, "deliver") {
			t.Errorf("told %+v", n)
		}
	})
}

// A service that was away while a job's time came has not stood still.
func TestAQueueThatWaitedForTheServiceIsNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := &books{last: recon.DateOf(time.Now().UTC()) - 2}, &told{}
		ctx, stop := context.WithCancel(t.Context())
		late := &queue.Entry{Job: queue.Job{Kind: queue.Fetch, Company: "ACME", ID: "2000-01-01"}, No: 9, State: queue.Waiting, Next: time.Now().Add(-3 * time.Hour)}
		s := service.New(b, w, &line{open: []*queue.Entry{late}, idle: true}, daily(), time.Now, quiet())
		ended := make(chan error)
		go func() { ended <- s.Serve(ctx) }()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		stop()
		<-ended
		if n := w.of(service.Stuck); len(n) != 0 {
			t.Errorf("told %+v", n)
		}
	})
}

// PF-12: a key that expires is told once, whatever else goes wrong.
func TestAKeyThatExpiresIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := &books{last: recon.DateOf(time.Now().UTC()) - 2, expires: "within 30 days the receiver's key has expired", trouble: errors.New("the store is busy")}, &told{}
		serve(t, b, w, daily(), func(*service.Service) { time.Sleep(3 * 24 * time.Hour); synctest.Wait() })
		if n := w.of(service.Expires); len(n) != 1 {
			t.Errorf("told %+v", n)
		}
	})
}

// Results that cannot be handed out, and files that cannot be made, are told.
func TestTroubleOfOurOwnIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w := &books{last: recon.DateOf(time.Now().UTC()) - 2, trouble: errors.New("no space left on device")}, &told{}
		serve(t, b, w, daily(), func(*service.Service) { time.Sleep(3 * time.Minute); synctest.Wait() })
		n := w.of(service.Failed)
		if len(n) != 2 || !strings.Contains(n[0].Text+n[1].Text, "no space left") {
			t.Errorf("told %+v", n)
		}
	})
}

// Jobs that are lost are added again by a look.
func TestALostQueueIsFilledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := recon.DateOf(time.Now().UTC())
		b := &books{last: start - 2}
		jobs := &line{lose: true}
		ctx, stop := context.WithCancel(t.Context())
		s := service.New(b, &told{}, jobs, daily(), time.Now, quiet())
		ended := make(chan error)
		go func() { ended <- s.Serve(ctx) }()
		time.Sleep(6 * time.Hour)
		synctest.Wait()
		if len(b.ran) != 0 {
			t.Fatalf("ran %v", b.ran)
		}
		jobs.mu.Lock()
		jobs.lose = false
		jobs.mu.Unlock()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		stop()
		<-ended
		if !slices.Equal(b.ran, []recon.Date{start - 1}) {
			t.Errorf("ran %v", b.ran)
		}
	})
}

// A signal lets the run under way end; one that does not is stopped after its time.
func TestStopping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, ends := range []bool{true, false} {
			start := recon.DateOf(time.Now().UTC())
			b := &books{last: start - 2, block: make(chan struct{})}
			ctx, stop := context.WithCancel(t.Context())
			o := daily()
			o.Schedules[0].Hour = time.Now().UTC().Hour()
			s := service.New(b, &told{}, &line{}, o, time.Now, quiet())
			ended := make(chan error)
			go func() { ended <- s.Serve(ctx) }()
			synctest.Wait()
			if s.Status().Running == 0 {
				t.Fatal("nothing runs")
			}
			stop()
			if ends {
				close(b.block)
			}
			before := time.Now()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if took := time.Since(before); ends && took > 0 || !ends && took != 30*time.Second || ends != (len(b.ran) == 1) {
				t.Errorf("ends %t: it took %s and ran %v", ends, took, b.ran)
			}
		}
	})
}
