package service

import (
	"time"

	"tieout/recon"
)

// Status is what the service did last and what it does next.
type Status struct {
	Last        recon.Date // last business day that was run
	Running     recon.Date // 0 while nothing runs
	Owed        int        // days that are due and not run
	Done        int        // nights since the start
	Failures    int        // in a row
	Failure     string     // of the last attempt, "" after a success
	NotBefore   time.Time  // of the next attempt after a failure
	Next        time.Time  // morning
	Undelivered []string
}

// Status is a copy of the state.
func (s *Service) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

func (s *Service) note(change func(*Status)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.status)
}
