package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// Tx is a transaction of the store, with the connection that it runs on.
type Tx struct {
	SQL  *sql.Tx
	Conn *sql.Conn
}

// Queue is the queue in a database.
type Queue struct{ on engine }

// engine is River over one of the two databases.
type engine interface {
	migrate(ctx context.Context, tx Tx) (more bool, err error)
	add(ctx context.Context, tx Tx, jobs []river.InsertManyParams) error
	list(ctx context.Context, p *river.JobListParams) ([]*rivertype.JobRow, error)
	listIn(ctx context.Context, tx Tx, p *river.JobListParams) ([]*rivertype.JobRow, error)
	remove(ctx context.Context, tx Tx, no int64) error
	retry(ctx context.Context, tx Tx, no int64) error
	work(ctx context.Context, c *river.Config) (worker, error)
}

// worker is a service at work.
type worker interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
}

// OnSQLite is the queue in a SQLite file.
func OnSQLite(db *sql.DB) (*Queue, error) {
	return open(riversqlite.New(db), func(tx Tx, do func(*sql.Tx) error) error { return do(tx.SQL) })
}

// OnPostgres is the queue in a PostgreSQL database.
func OnPostgres(pool *pgxpool.Pool) (*Queue, error) {
	return open(riverpgxv5.New(pool), func(tx Tx, do func(pgx.Tx) error) error {
		return tx.Conn.Raw(func(driver any) error { // the same connection, so the same transaction
			c, ok := driver.(interface{ Conn() *pgx.Conn })
			if !ok {
				return fmt.Errorf("queue: the connection is a %T", driver)
			}
			return do(connTx{c.Conn()})
		})
	})
}

func open[T any](driver riverdriver.Driver[T], within func(Tx, func(T) error) error) (*Queue, error) {
	client, err := river.NewClient(driver, &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return &Queue{&over[T]{driver, client, within}}, nil
}

// over is an engine whose transactions are T.
type over[T any] struct {
	driver riverdriver.Driver[T]
	client *river.Client[T]
	within func(tx Tx, do func(T) error) error
}

func (o *over[T]) migrate(ctx context.Context, tx Tx) (more bool, err error) {
	m, err := rivermigrate.New(o.driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return false, err
	}
	err = o.within(tx, func(t T) error {
		//lint:ignore SA1019 some steps must not share a transaction, and here each has its own
		did, err := m.MigrateTx(ctx, t, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{MaxSteps: 1})
		more = err == nil && len(did.Versions) > 0
		return err
	})
	return more, err
}

func (o *over[T]) add(ctx context.Context, tx Tx, jobs []river.InsertManyParams) error {
	return o.within(tx, func(t T) error { _, err := o.client.InsertManyTx(ctx, t, jobs); return err })
}

func (o *over[T]) list(ctx context.Context, p *river.JobListParams) ([]*rivertype.JobRow, error) {
	found, err := o.client.JobList(ctx, p)
	if err != nil {
		return nil, err
	}
	return found.Jobs, nil
}

func (o *over[T]) listIn(ctx context.Context, tx Tx, p *river.JobListParams) (rows []*rivertype.JobRow, err error) {
	err = o.within(tx, func(t T) error {
		found, err := o.client.JobListTx(ctx, t, p)
		if err == nil {
			rows = found.Jobs
		}
		return err
	})
	return rows, err
}

func (o *over[T]) remove(ctx context.Context, tx Tx, no int64) error {
	return o.within(tx, func(t T) error { _, err := o.client.JobDeleteTx(ctx, t, no); return err })
}

func (o *over[T]) retry(ctx context.Context, tx Tx, no int64) error {
	return o.within(tx, func(t T) error { _, err := o.client.JobRetryTx(ctx, t, no); return err })
}

func (o *over[T]) work(_ context.Context, c *river.Config) (worker, error) {
	return river.NewClient(o.driver, c)
}

// Migrate brings the tables of the queue up by one step, and tells whether it did.
// Nobody else must be at it, and each step needs a transaction of its own.
func (q *Queue) Migrate(ctx context.Context, tx Tx) (more bool, err error) {
	if more, err = q.on.migrate(ctx, tx); err != nil {
		return false, fmt.Errorf("queue: %w", err)
	}
	return more, nil
}

// Add puts jobs in within a transaction. One that waits, is worked or was given up
// already is left as it is. After an error the transaction must be given up.
func (q *Queue) Add(ctx context.Context, tx Tx, jobs ...Job) error {
	var all []river.InsertManyParams
	for i, j := range jobs {
		if slices.Contains(jobs[:i], j) { // one statement must not bring it twice
			continue
		}
		args, err := j.args()
		if err != nil {
			return err
		}
		all = append(all, river.InsertManyParams{Args: args, InsertOpts: j.options()})
	}
	if len(all) == 0 {
		return nil
	}
	if err := q.on.add(ctx, tx, all); err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}

// Renew is Add that begins jobs anew that were given up: there is something new to do.
func (q *Queue) Renew(ctx context.Context, tx Tx, jobs ...Job) error {
	rows, err := q.on.listIn(ctx, tx, every().States(rivertype.JobStateCancelled, rivertype.JobStateDiscarded))
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	for _, r := range rows {
		e, err := entry(r)
		if err == nil && slices.Contains(jobs, e.Job) {
			err = q.on.remove(ctx, tx, e.No)
		}
		if err != nil {
			return fmt.Errorf("queue: %w", err)
		}
	}
	return q.Add(ctx, tx, jobs...)
}

// every lists jobs in the order in which they came.
func every() *river.JobListParams {
	return river.NewJobListParams().First(10_000).OrderBy(river.JobListOrderByID, river.SortOrderAsc)
}

// Open lists the jobs that are not done, oldest first.
func (q *Queue) Open(ctx context.Context) ([]Entry, error) {
	rows, err := q.on.list(ctx, every().States(unfinished()...))
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	all := make([]Entry, len(rows))
	for i, r := range rows {
		if all[i], err = entry(r); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func unfinished() []rivertype.JobState {
	return slices.DeleteFunc(rivertype.JobStates(), func(s rivertype.JobState) bool { return s == rivertype.JobStateCompleted })
}

func entry(r *rivertype.JobRow) (Entry, error) {
	var w wake
	if err := json.Unmarshal(r.EncodedArgs, &w); err != nil {
		return Entry{}, fmt.Errorf("queue: job %d: %w", r.ID, err)
	}
	e := Entry{Job: w.job(Kind(r.Kind)), No: r.ID, State: stateOf(r.State), Attempts: r.Attempt, Most: r.MaxAttempts, Next: r.ScheduledAt}
	if n := len(r.Errors); n > 0 {
		e.Failure = strings.TrimPrefix(r.Errors[n-1].Error, "JobCancelError: ")
	}
	if n := len(r.AttemptedBy); n > 0 {
		e.Holder = r.AttemptedBy[n-1]
	}
	return e, nil
}

func stateOf(s rivertype.JobState) State {
	switch s {
	case rivertype.JobStateRunning:
		return Working
	case rivertype.JobStateRetryable:
		return Failing
	case rivertype.JobStateCancelled, rivertype.JobStateDiscarded:
		return Dead
	case rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateScheduled, rivertype.JobStateCompleted:
	}
	return Waiting
}

// Replay has a job tried again at once, one that was given up from the beginning.
func (q *Queue) Replay(ctx context.Context, tx Tx, e *Entry) error {
	var err error
	switch e.State {
	case Working:
		return fmt.Errorf("queue: %s is being worked", e.Job)
	case Dead:
		if err = q.on.remove(ctx, tx, e.No); err == nil {
			return q.Add(ctx, tx, e.Job)
		}
	case Waiting, Failing:
		err = q.on.retry(ctx, tx, e.No)
	}
	if err != nil {
		return fmt.Errorf("queue: replay %s: %w", e.Job, err)
	}
	return nil
}

// Release takes a job from a service that died over it, and has it tried again. The
// attempt does not count.
func (q *Queue) Release(ctx context.Context, tx Tx, e *Entry) error {
	_, err := tx.SQL.ExecContext(ctx, "UPDATE river_job SET state = 'available', attempt = attempt - 1 WHERE id = $1 AND state = 'running' AND attempt = $2", e.No, e.Attempts)
	return err
}
