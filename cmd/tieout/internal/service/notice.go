package service

import (
	"context"
	"slices"
)

// Kind is what a notice is about.
type Kind string

// The kinds of notices.
const (
	Done        Kind = "done"
	Exceptions  Kind = "exceptions"
	Missing     Kind = "missing"
	Failed      Kind = "failed"
	Overdue     Kind = "overdue"
	Undelivered Kind = "undelivered"
)

// Notice is told once for its key. It holds no personal data: counts, days,
// sums, names of files and reports.
type Notice struct {
	Key     string
	Kind    Kind
	Subject string
	Text    string
	Attach  string // path of a workbook, "" for none
}

// Teller tells people. It keeps what it told, so that a notice is told once
// even after a restart.
type Teller interface {
	Tell(ctx context.Context, n Notice) error
}

// tell tells, and logs where even that fails: a notice that could not be told is
// told at a later look, as long as the service runs.
func (s *Service) tell(ctx context.Context, n Notice) {
	if err := s.teller.Tell(ctx, n); err != nil {
		s.log.Error("nobody could be told", "about", n.Subject, "error", err)
		if !slices.ContainsFunc(s.untold, func(o Notice) bool { return o.Key == n.Key }) {
			s.untold = append(s.untold, n)
		}
	}
}

// tellAgain tells what could not be told at the look before.
func (s *Service) tellAgain(ctx context.Context) {
	again := s.untold
	s.untold = nil
	for _, n := range again {
		s.tell(ctx, n)
	}
}
