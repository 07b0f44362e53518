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
	right   time.Time     // what it would show by now, had it not been set to where nothing is run by it
	elapsed time.Duration // since the start, whatever the wall clock does
	resume  time.Time     // nothing is run or posted while the wall clock is before it
	stop    bool          // until the clock is right again, or until the next start
}

// look tells by how much the clock was set since the last look, 0 for not at all.
func (c *steps) look(wall time.Time, elapsed time.Duration) (by time.Duration) {
	wall = wall.Round(0) // the wall clock alone
	since := elapsed - c.elapsed
	if c.seen {
		by = wall.Sub(c.wall.Add(since))
	}
	c.right = c.right.Add(since)
	c.seen, c.wall, c.elapsed = true, wall, elapsed
	if by.Abs() < stepAlarm {
		by = 0
	} else {
		c.step(wall)
	}
	if !c.paused(wall) {
		c.right = wall
	}
	return by
}

// step judges a clock that was set by what it should show. One by which nothing was run
// and that is right again holds up nothing, however wrong it was; one that things were run
// by is what counts, and set back it is waited for.
func (c *steps) step(wall time.Time) {
	off := wall.Sub(c.right)
	c.stop = off >= farAhead
	switch {
	case off > -stepAlarm:
		c.resume = time.Time{}
	case c.right.After(c.resume):
		c.resume = c.right
	}
}

// paused tells whether nothing may be run or posted by the clock.
func (c *steps) paused(wall time.Time) bool { return c.stop || wall.Before(c.resume) }

// watchClock tells of a clock that was set (R9).
func (s *Service) watchClock(ctx context.Context) {
	s.mu.Lock() // the clock is read in the order in which it is judged
	now, elapsed := s.now(), s.o.Elapsed()
	was, should := s.clockSteps.paused(s.clockSteps.wall), s.clockSteps.right.Add(elapsed-s.clockSteps.elapsed)
	by := s.clockSteps.look(now, elapsed)
	paused, resume := s.clockSteps.paused(now), s.clockSteps.resume
	s.status.Paused = paused
	s.mu.Unlock()
	if by == 0 {
		return
	}
	what := "Nothing is held up by it."
	switch {
	case paused && resume.IsZero():
		what = "Nothing is run or posted before the clock is set right, or the service is started anew: make sure that the clock is right."
	case paused:
		what = fmt.Sprintf("Nothing is run or posted before %s by that clock, or before the service is started anew: make sure that it is right.", resume.UTC().Format(time.RFC3339))
	case was && now.Sub(should).Abs() < stepAlarm:
		what = "It is right by the time that went by: what was held up goes on."
	case was:
		what = fmt.Sprintf("By the time that went by it should show %s. What was held up goes on: make sure that the clock is right.", should.UTC().Format(time.RFC3339))
	}
	s.log.Error("the clock was set", "by", by.String(), "paused", paused)
	s.tell(ctx, Notice{
		Key: "clock|" + now.UTC().Format(time.RFC3339), Kind: Clock, Subject: "the clock was set by " + by.Round(time.Second).String(),
		Text: fmt.Sprintf("It shows %s. %s", now.UTC().Format(time.RFC3339), what),
	})
}

// holdClock holds a clock at the start against the newest instant in the store: one that
// shows an earlier time was set back while nobody watched, or was wrong when that was
// written; one far ahead may be wrong, or the service was away. Which it is nobody can
// tell from here, so it is told and holds up nothing: no day is run twice by it.
func (s *Service) holdClock(ctx context.Context) {
	newest, err := s.nights.Newest(ctx)
	if err != nil {
		s.log.Error("the clock could not be held against the store", "error", err) // the look that follows tells
		return
	}
	now := s.now()
	ahead, side := now.Sub(newest), "ahead of"
	if ahead < 0 {
		side = "behind"
	}
	if newest.IsZero() || ahead > -stepAlarm && ahead < farAhead {
		return
	}
	s.log.Error("the clock is not that of the store", "ahead", ahead.String())
	s.tell(ctx, Notice{
		Key: "clock|start|" + newest.UTC().Format(time.RFC3339), Kind: Clock, Subject: fmt.Sprintf("the clock is %s what is stored by %s", side, ahead.Abs().Round(time.Second)),
		Text: fmt.Sprintf("At the start of the service it shows %s, and the newest that is stored is of %s. Nothing is held up by it: make sure that the clock is right.", now.UTC().Format(time.RFC3339), newest.UTC().Format(time.RFC3339)),
	})
}

// rightTime is what the clock should show, and whether it may be wrong and nothing is run by it.
func (s *Service) rightTime(ctx context.Context) (right time.Time, held bool) {
	s.watchClock(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clockSteps.right, s.clockSteps.paused(s.clockSteps.wall)
}

// held tells whether runs and postings wait for the clock to be right. It looks at the
// clock of this moment: one that was set since the last look makes nothing due.
func (s *Service) held(ctx context.Context) bool {
	s.watchClock(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clockSteps.paused(s.now())
}
