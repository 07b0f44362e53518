package queue

import (
	"fmt"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Kind is what a job wakes up.
type Kind string

// The kinds of jobs.
const (
	Fetch   Kind = "fetch"   // bring in the reports of a day: yyyy-mm-dd
	Run     Kind = "run"     // run a day, yyyy-mm-dd, a range again, from..to, or a request, # and its number
	Render  Kind = "render"  // hand out the results of a run: its number
	Deliver Kind = "deliver" // send what a target is owed: its name
	Notify  Kind = "notify"  // tell people: the key of the notice
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Fetch, Run, Render, Deliver, Notify} }

// Job is a wake-up. There is at most one of the same kind, company and id that is not done.
type Job struct {
	Kind        Kind
	Company, ID string
}

// String names a job.
func (j Job) String() string { return fmt.Sprintf("%s %s", j.Kind, j.ID) }

// Later is what a worker returns for a job that is to be looked at again after a
// while, and that has not failed.
type Later time.Duration

// Error says when.
func (l Later) Error() string { return "again in " + time.Duration(l).String() }

// Hopeless is what a worker returns for a job that another attempt cannot help: a
// person has to look at it.
type Hopeless struct{ Err error }

// Error is the reason.
func (h Hopeless) Error() string { return h.Err.Error() }

// Unwrap is the reason.
func (h Hopeless) Unwrap() error { return h.Err }

// Entry is a job as it stands in the queue.
type Entry struct {
	Job
	No       int64 // in the queue
	State    State
	Attempts int // so far, those that ended with the process not counted
	Most     int
	Next     time.Time // of the next attempt
	Failure  string    // of the last attempt
	Holder   string    // service that works it, or did last
}

// State is how a job stands.
type State string

// The states of a job that is not done.
const (
	Waiting State = "waiting" // for a worker, or for its time
	Working State = "working"
	Failing State = "failing" // waits for another attempt after a failure
	Dead    State = "dead"    // given up: it runs again only by a person, or for something new
)

// Attempts is how often a job is tried before it is given up: with pauses that
// double from a minute to an hour that takes most of a day.
const Attempts = 25

// wake holds the arguments of all kinds.
type wake struct {
	Company string `json:"company" river:"unique"`
	ID      string `json:"id" river:"unique"`
}

func (w wake) job(k Kind) Job { return Job{k, w.Company, w.ID} }

type (
	fetchArgs   struct{ wake }
	runArgs     struct{ wake }
	renderArgs  struct{ wake }
	deliverArgs struct{ wake }
	notifyArgs  struct{ wake }
)

// Kind names the kind for the queue.
func (fetchArgs) Kind() string { return string(Fetch) }

// Kind names the kind for the queue.
func (runArgs) Kind() string { return string(Run) }

// Kind names the kind for the queue.
func (renderArgs) Kind() string { return string(Render) }

// Kind names the kind for the queue.
func (deliverArgs) Kind() string { return string(Deliver) }

// Kind names the kind for the queue.
func (notifyArgs) Kind() string { return string(Notify) }

func (j Job) args() (river.JobArgs, error) {
	w := wake{j.Company, j.ID}
	switch j.Kind {
	case Fetch:
		return fetchArgs{w}, nil
	case Run:
		return runArgs{w}, nil
	case Render:
		return renderArgs{w}, nil
	case Deliver:
		return deliverArgs{w}, nil
	case Notify:
		return notifyArgs{w}, nil
	}
	return nil, fmt.Errorf("queue: there is no job of kind %q", j.Kind)
}

// The two lines in which the jobs of a company wait: runs one after the other, the
// rest side by side. Each company has its own, for its services alone know what to do.
const (
	nights  = "nights"
	errands = "errands"
)

// line is the name of a line of a company, in letters that the queue takes.
func line(of, company string) string {
	return of + "-c" + strings.ReplaceAll(strings.ToLower(company), "_", "-x")
}

// options say where a job waits, and that there is one of it until it is done: one
// that was given up counts, or it would be tried without end.
func (j Job) options() *river.InsertOpts {
	o := &river.InsertOpts{MaxAttempts: Attempts, Queue: line(errands, j.Company), UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled,
		rivertype.JobStateCancelled, rivertype.JobStateDiscarded,
	}}}
	if j.Kind == Run {
		o.Queue = line(nights, j.Company)
	}
	return o
}
