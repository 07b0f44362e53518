package service

import (
	"maps"
	"time"

	"tieout/recon"
)

// Status is what the service did last and what it does next.
type Status struct {
	Last        recon.Date          // last business day that was run
	Running     recon.Date          // 0 while nothing runs
	Owed        int                 // days that are due and not run
	Done        int                 // nights since the start
	Failures    int                 // in a row
	Failure     string              // of the last attempt, "" after a success
	Next        time.Time           // morning
	Looked      time.Time           // last look at what is owed
	Paused      bool                // the clock may be wrong: nothing is run or posted
	Queued      int                 // jobs that are not done
	Stuck       []string            // jobs that were given up, and why
	Undelivered map[string][]string // by target
}

// Status is a copy of the state.
func (s *Service) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.status
	t.Undelivered = maps.Clone(t.Undelivered)
	return t
}

func (s *Service) note(change func(*Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.status)
}
