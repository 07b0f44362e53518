package service

import (
	"context"
	"fmt"
	"time"
)

// A wall clock that moves by stepAlarm more or less than time goes by was set. One that
// was set back, or forward by farAhead, may be wrong: nothing is run or posted by it.
const (
	stepAlarm = 5 * time.Minute
	farAhead  = 7 * 24 * time.Hour
)

// steps holds the wall clock against the time that goes by.
type steps struct {
	seen    bool
	wall    time.Time     // at the last look
	elapsed time.Duration // since the start, whatever the wall clock does
	resume  time.Time     // nothing is run or posted while the wall clock is before it
	stop    bool          // until the next start
}

// look tells by how much the clock was set since the last look, 0 for not at all.
func (c *steps) look(wall time.Time, elapsed time.Duration) (by time.Duration) {
	wall = wall.Round(0) // the wall clock alone
	expected := c.wall.Add(elapsed - c.elapsed)
	if c.seen {
		by = wall.Sub(expected)
	}
	c.seen, c.wall, c.elapsed = true, wall, elapsed
	switch {
	case by.Abs() < stepAlarm:
		return 0
	case by >= farAhead:
		c.stop = true
	case by < 0 && expected.After(c.resume):
		c.resume = expected
	}
	return by
}

// paused tells whether nothing may be run or posted by the clock.
func (c *steps) paused(wall time.Time) bool { return c.stop || wall.Before(c.resume) }

// watchClock tells of a clock that was set (R9).
func (s *Service) watchClock(ctx context.Context) {
	now := s.now()
	s.mu.Lock()
	by := s.clockSteps.look(now, s.o.Elapsed())
	paused, resume := s.clockSteps.paused(now), s.clockSteps.resume
	s.status.Paused = paused
	s.mu.Unlock()
	if by == 0 {
		return
	}
	what := "Nothing is held up by it."
	switch {
	case paused && by > 0:
		what = "Nothing is run or posted before the service is started anew: make sure that the clock is right."
	case paused:
		what = fmt.Sprintf("Nothing is run or posted before %s by that clock, or before the service is started anew: make sure that it is right.", resume.UTC().Format(time.RFC3339))
	}
	s.log.Error("the clock was set", "by", by.String(), "paused", paused)
	s.tell(ctx, Notice{
		Key: "clock|" + now.UTC().Format(time.RFC3339), Kind: Clock, Subject: "the clock was set by " + by.Round(time.Second).String(),
		Text: fmt.Sprintf("It shows %s. %s", now.UTC().Format(time.RFC3339), what),
	})
}

// held tells whether runs and postings wait for the clock to be right.
func (s *Service) held() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clockSteps.paused(s.now())
}
