package service_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tieout/cmd/tieout/internal/service"
	"tieout/recon"
)

// R9: a wall clock that was set is told within one look. One set back holds runs and
// postings until it has caught up; one set far ahead until the next start, or nights
// would be run that have not been.
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
		{"a year on", 365 * 24 * time.Hour, "before the service is started anew", true, 0, false},
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
				if (len(b.ran) > 0) != c.ranAhead {
					t.Errorf("ran %v", b.ran)
				}
				if c.held && c.resumes > 0 {
					time.Sleep(c.resumes)
					synctest.Wait()
				}
				if got := s.Status(); got.Paused != (c.held && c.resumes == 0) || len(w.of(service.Clock)) != len(said) {
					t.Errorf("later: paused %t, told %+v", got.Paused, w.of(service.Clock))
				}
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
