package service_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tieout/cmd/tieout/internal/service"
	"tieout/recon"
)

// R9: a wall clock that was set is told within one look. One set back holds runs and
// postings until it has caught up; one set far ahead until it is right or the next
// start, or nights would be run that have not been. One that is set right goes on at once.
func TestTheClockWasSet(t *testing.T) {
	for _, c := range []struct {
		name     string
		by       time.Duration
		told     string // in the notice; "" for none
		held     bool
		resumes  time.Duration // after which it goes on by itself, 0: it does not
		ranAhead bool          // a night that is due by the new time is run
	}{
		{"a second back", -time.Second, "", false, 0, false},
		{"a second on", time.Second, "", false, 0, false},
		{"ten minutes back", -10 * time.Minute, "set by -10m0s", true, 10 * time.Minute, false},
		{"a day back", -24 * time.Hour, "set by -24h0m0s", true, 24 * time.Hour, false},
		{"a day on, as after a pause of the machine", 24 * time.Hour, "set by 24h0m0s", false, 0, true},
		{"a year on", 365 * 24 * time.Hour, "or the service is started anew", true, 0, false},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var by atomic.Int64 // nanoseconds
				begun := time.Now()
				b, w, o := &books{last: recon.DateOf(begun.UTC()) - 1}, &told{}, daily()
				o.Elapsed = func() time.Duration { return time.Since(begun) }
				ctx, stop := context.WithCancel(t.Context())
				s := service.New(b, w, &line{}, o, func() time.Time { return time.Now().Add(time.Duration(by.Load())) }, quiet())
				ended := make(chan error)
				go func() { ended <- s.Serve(ctx) }()
				time.Sleep(10*time.Hour + 30*time.Second)
				synctest.Wait()
				by.Store(int64(c.by))
				time.Sleep(time.Minute)
				synctest.Wait()
				said := w.of(service.Clock)
				if (c.told == "") != (len(said) == 0) || c.told != "" && !strings.Contains(said[0].Subject+" "+said[0].Text, c.told) {
					t.Errorf("told %+v", said)
				}
				if got := s.Status(); got.Paused != c.held {
					t.Errorf("paused %t", got.Paused)
				}
				b.change(func() {
					if (len(b.ran) > 0) != c.ranAhead {
						t.Errorf("ran %v", b.ran)
					}
				})
				if c.held && c.resumes > 0 {
					time.Sleep(c.resumes)
					synctest.Wait()
				}
				if got := s.Status(); got.Paused != (c.held && c.resumes == 0) || len(w.of(service.Clock)) != len(said) {
					t.Errorf("later: paused %t, told %+v", got.Paused, w.of(service.Clock))
				}
				by.Store(0)
				time.Sleep(min(c.by.Abs(), 25*time.Hour) + time.Minute) // one that ran a day ahead is held so long
				synctest.Wait()
				if got := s.Status(); got.Paused {
					t.Errorf("paused although it is right")
				}
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// byClock serves by a wall clock that a test sets, until stop.
func byClock(t *testing.T, b *books, w *told, by *atomic.Int64) (s *service.Service, stop func()) {
	t.Helper()
	begun, o := time.Now(), daily()
	o.Elapsed = func() time.Duration { return time.Since(begun) }
	ctx, cancel := context.WithCancel(t.Context())
	s = service.New(b, w, &line{}, o, func() time.Time { return time.Now().Add(time.Duration(by.Load())) }, quiet())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx) }()
	return s, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// A host that was suspended has a clock that looks far ahead and is right. That its
// nights wait for somebody is told again when they are overdue.
func TestNightsThatWaitForTheClockAreOverdue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, w, by := &books{last: recon.DateOf(time.Now().UTC()) - 2}, &told{}, new(atomic.Int64)
		_, stop := byClock(t, b, w, by)
		time.Sleep(time.Hour + 30*time.Second)
		by.Store(int64(8 * 24 * time.Hour))
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		if n := w.of(service.Overdue); len(n) != 0 {
			t.Errorf("told too early: %+v", n)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		stop()
		if n := w.of(service.Overdue); len(n) != 1 || !strings.Contains(n[0].Text, "may be wrong") {
			t.Errorf("told %+v", n)
		}
		if len(b.ran) != 0 {
			t.Errorf("ran %v", b.ran)
		}
	})
}

// A clock that was far ahead and is set right goes on at once, and says so.
func TestTheClockWasSetRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		b, w, by := &books{last: recon.DateOf(begun.UTC()) - 2}, &told{}, new(atomic.Int64)
		s, stop := byClock(t, b, w, by)
		time.Sleep(time.Hour + 30*time.Second)
		for _, ahead := range []time.Duration{30 * 24 * time.Hour, 20 * 24 * time.Hour, 0} { // the second step is none in the right direction yet
			by.Store(int64(ahead))
			time.Sleep(time.Minute)
			synctest.Wait()
			if got := s.Status(); got.Paused != (ahead > 0) {
				t.Errorf("%s ahead: paused %t", ahead, got.Paused)
			}
		}
		said := w.of(service.Clock)
		if len(said) != 3 || !strings.Contains(said[2].Text, "what was held up goes on") {
			t.Errorf("told %+v", said)
		}
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		stop()
		if len(b.ran) != 1 || b.ran[0] != recon.DateOf(begun.UTC())-1 {
			t.Errorf("ran %v", b.ran)
		}
	})
}

// A clock that is wrong already at the start is told by what is stored and by what the
// processor says; neither holds up a night.
func TestAClockThatIsWrongAtTheStartIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		behind, ahead time.Duration // of what is stored, of the processor's
		says          []string
	}{
		"right":                {-time.Hour, 0, nil},
		"behind what is there": {10 * 24 * time.Hour, 0, []string{"the clock is behind what is stored by 240h0m0s"}},
		"far ahead":            {-8 * 24 * time.Hour, 0, []string{"the clock is ahead of what is stored by 192h0m0s"}},
		"behind the processor": {0, -7 * time.Minute, []string{"It is 7m0s behind the processor's"}},
		"both":                 {6 * time.Minute, 2 * time.Hour, []string{"stored by 6m0s", "It is 2h0m0s ahead of the processor's"}},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := recon.DateOf(time.Now().UTC())
				b, w, o := &books{last: start - 2, newest: time.Now().Add(c.behind), ahead: c.ahead, late: 2}, &told{}, daily()
				o.Fetches = true
				serve(t, b, w, o, func(*service.Service) { time.Sleep(6 * time.Hour); synctest.Wait() })
				said := w.of(service.Clock)
				if len(said) != len(c.says) {
					t.Fatalf("told %+v", said)
				}
				for i, want := range c.says {
					if !strings.Contains(said[i].Subject+" "+said[i].Text, want) {
						t.Errorf("told %+v, want %s", said[i], want)
					}
				}
				if len(b.ran) != 1 {
					t.Errorf("ran %v", b.ran)
				}
			})
		})
	}
}

// A loop that stands still, a clock that may be wrong and a store that does not answer
// are no service that can work.
func TestReadiness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var by atomic.Int64
		begun := time.Now()
		b, o := &books{last: recon.DateOf(begun.UTC()) + 1}, daily()
		o.Elapsed = func() time.Duration { return time.Since(begun) }
		ctx, stop := context.WithCancel(t.Context())
		s := service.New(b, &told{}, &line{}, o, func() time.Time { return time.Now().Add(time.Duration(by.Load())) }, quiet())
		var fault error
		page := s.Handler(func(context.Context) error { return fault })
		is := func(when string, code int, says string) {
			t.Helper()
			w := httptest.NewRecorder()
			page.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/readyz", nil))
			if w.Code != code || !strings.Contains(w.Body.String(), says) {
				t.Errorf("%s: %d %s", when, w.Code, w.Body)
			}
		}
		is("before it serves", 503, "not be looked at yet")
		ended := make(chan error)
		go func() { ended <- s.Serve(ctx) }()
		synctest.Wait()
		is("serving", 200, "ok")
		fault = errors.New("no route")
		is("without a store", 503, "no route")
		fault = nil
		by.Store(int64(24 * time.Hour))
		is("a clock that was set, which no look has seen", 200, "ok")
		by.Store(int64(-24 * time.Hour))
		time.Sleep(time.Minute)
		synctest.Wait()
		is("a clock set back", 503, "the clock may be wrong")
		by.Store(0)
		time.Sleep(time.Minute)
		synctest.Wait()
		is("a clock set right", 200, "ok")
		stop()
		<-ended
		time.Sleep(10 * time.Minute)
		is("a loop that ended", 503, "last looked at 10m0s ago")
	})
}
