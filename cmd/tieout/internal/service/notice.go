package service

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"tieout/recon"
	"tieout/recon/store/queue"
)

// Kind is what a notice is about.
type Kind string

// The kinds of notices.
const (
	Done        Kind = "done"
	Exceptions  Kind = "exceptions"
	Missing     Kind = "missing"
	Unusable    Kind = "unusable"
	Failed      Kind = "failed"
	Overdue     Kind = "overdue"
	Undelivered Kind = "undelivered"
	Stuck       Kind = "stuck"
	Clock       Kind = "clock"
	Expires     Kind = "expires"
)

// Notice is told once for its key. It holds no personal data: counts, days,
// sums, names of files and reports.
type Notice struct {
	Key     string
	Kind    Kind
	Subject string
	Text    string
	Attach  string // path of a workbook, "" for none
	Direct  bool   // sent past the queue, which is the trouble: once for a start of the service
}

// Teller tells people.
type Teller interface {
	// Tell keeps a notice, so that it is told once even after a restart, and sees to
	// it that it is sent. Where it cannot be kept it is sent all the same.
	Tell(ctx context.Context, n Notice) error
	// Send sends a notice that was kept.
	Send(ctx context.Context, key string) error
}

// tell tells, and logs where even that fails: what was not kept is noticed again at
// the next look.
func (s *Service) tell(ctx context.Context, n Notice) {
	if err := s.teller.Tell(ctx, n); err != nil {
		s.log.Error("nobody could be told", "about", n.Subject, "error", err)
	}
}

// NoticesOf are what people are told of a night that is done. Exceptions beyond above
// are told apart, for 0 they are not.
func NoticesOf(o *Outcome, above int) []Notice {
	day := o.Day.String()
	all := []Notice{{Key: "done|" + day, Kind: Done, Subject: "night of " + day, Text: o.Summary, Attach: o.Workbook}}
	if o.Exceptions > above && above > 0 {
		all = append(all, Notice{Key: "exceptions|" + day, Kind: Exceptions, Subject: fmt.Sprintf("%d open exceptions on %s", o.Exceptions, day), Text: o.Summary})
	}
	for _, m := range o.Missing {
		all = append(all, Notice{Key: "missing|" + day + "|" + mark(m), Kind: Missing, Subject: "a source is missing for " + day, Text: m})
	}
	for _, f := range o.Spoilt {
		all = append(all, Notice{Key: "unusable|" + f.SHA256, Kind: Unusable, Subject: "rows of a file cannot be used", Text: f.Why})
	}
	return all
}

func failedNight(day recon.Date, err error) Notice {
	return Notice{Key: "failed|" + day.String(), Kind: Failed, Subject: fmt.Sprintf("the night of %s failed", day), Text: err.Error()}
}

// failedJob is told again on another day: what failed may have worked in between.
func failedJob(j queue.Job, on recon.Date, err error) Notice {
	return Notice{Key: "failed|" + j.String() + "|" + on.String() + "|" + mark(err.Error()), Kind: Failed, Subject: j.String() + " failed", Text: err.Error()}
}

func standstill(e *queue.Entry) Notice {
	return Notice{
		Key: fmt.Sprintf("standstill|%s|%d", e.Job, e.No), Kind: Stuck, Direct: true, Subject: "the queue stands still",
		Text: fmt.Sprintf("%s waits since %s and nothing is being worked. Start the service anew; if that does not help, look at its log.", e.Job, e.Next.UTC().Format(time.RFC3339)),
	}
}

// overdueNights tells of all days that are overdue at once, and again when there is one more.
func overdueNights(late []recon.Date, due time.Time, why string) Notice {
	last := late[len(late)-1]
	subject := fmt.Sprintf("the night of %s is overdue", last)
	if len(late) > 1 {
		subject = fmt.Sprintf("the nights of %s to %s are overdue", late[0], last)
	}
	return Notice{
		Key: "overdue|" + last.String(), Kind: Overdue, Subject: subject,
		Text: fmt.Sprintf("It was due at %s. %s", due.Format(time.RFC3339), cmp.Or(why, "No attempt has ended since this service was started.")),
	}
}

func undelivered(why string) Notice {
	return Notice{Key: "undelivered|" + mark(why), Kind: Undelivered, Subject: "a posting file is not delivered", Text: why}
}

// clockApart is a clock that is not the processor's. It is told once for a day, with
// the time it was off by first.
func clockApart(day recon.Date, ahead time.Duration) Notice {
	side := "ahead of"
	if ahead < 0 {
		side = "behind"
	}
	return Notice{
		Key: "clock|processor|" + day.String(), Kind: Clock, Subject: "this host's clock is not the processor's",
		Text: fmt.Sprintf("It is %s %s the processor's, which refuses what is signed more than two minutes apart. Nothing is held up by it here: set this host's clock by a time server.", ahead.Abs().Round(time.Second), side),
	}
}

// expires is a key of a target that will not do for long (PF-12). why names the key.
func expires(target, why string) Notice {
	return Notice{Key: "expires|" + target + "|" + mark(why), Kind: Expires, Subject: "a key of target " + target + " expires", Text: why}
}

// Untold is a channel that does not tell, for those that do: told once a day.
func Untold(channel string, on recon.Date, why error) Notice {
	return Notice{
		Key: "untold|" + channel + "|" + on.String(), Kind: Failed, Subject: "nobody can be told by " + channel,
		Text: why.Error() + ". What is to be told by it is kept, and tried again.",
	}
}

func stuckJob(e *queue.Entry) Notice {
	return Notice{
		Key: fmt.Sprintf("stuck|%s|%d", e.Job, e.No), Kind: Stuck, Subject: e.Job.String() + " was given up",
		Text: fmt.Sprintf("%s Nothing more happens to it by itself before there is something new to do; `tieout serve --replay %d` has it tried again.", e.Failure, e.No),
	}
}

// mark tells texts apart in a key.
func mark(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}
