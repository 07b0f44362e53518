package store

import (
	"context"
	"database/sql"
	"strconv"

	"tieout/recon/night"
	"tieout/recon/store/queue"
)

// wake adds the jobs that a commit brings with it in its transaction: its results,
// its deliveries, and what [Options.Wake] says. Jobs that were given up begin anew.
func (r *Run) wake(ctx context.Context, tx queue.Tx, c *night.Commit) error {
	if r.o.Wake == nil {
		return nil
	}
	jobs, notices := r.o.Wake(c)
	for _, n := range notices {
		if _, err := r.keepNotice(ctx, tx.SQL, c.Company, n); err != nil {
			return err
		}
		jobs = append(jobs, queue.Job{Kind: queue.Notify, Company: c.Company, ID: n.Key})
	}
	if len(c.Artifacts) > 0 {
		jobs = append(jobs, queue.Job{Kind: queue.Render, Company: c.Company, ID: strconv.Itoa(r.no)})
	}
	targets, err := r.planned(ctx, tx.SQL)
	if err != nil {
		return err
	}
	for _, t := range targets {
		jobs = append(jobs, queue.Job{Kind: queue.Deliver, Company: c.Company, ID: t})
	}
	return r.dialect.queue.Renew(ctx, tx, jobs...)
}

// planned are the targets that a run owes a file.
func (r *Run) planned(ctx context.Context, tx *sql.Tx) (targets []string, err error) {
	err = each(ctx, tx, "SELECT target FROM deliveries WHERE run_no = $1 ORDER BY target", []any{r.no}, func(scan func(...any) error) error {
		var t string
		err := scan(&t)
		targets = append(targets, t)
		return err
	})
	return targets, err
}

// Enqueue adds jobs. One that waits, is worked or was given up is left as it is.
func (s *Store) Enqueue(ctx context.Context, jobs ...queue.Job) error {
	if len(jobs) == 0 {
		return nil
	}
	return s.inQueueTx(ctx, func(tx queue.Tx) error { return s.dialect.queue.Add(ctx, tx, jobs...) })
}

// Renew adds jobs, and begins those anew that were given up.
func (s *Store) Renew(ctx context.Context, jobs ...queue.Job) error {
	if len(jobs) == 0 {
		return nil
	}
	return s.inQueueTx(ctx, func(tx queue.Tx) error { return s.dialect.queue.Renew(ctx, tx, jobs...) })
}

// Jobs lists the jobs of a company that are not done, oldest first.
func (s *Store) Jobs(ctx context.Context, company string) ([]queue.Entry, error) {
	all, err := s.dialect.queue.Open(ctx)
	var ours []queue.Entry
	for _, e := range all {
		if e.Company == company {
			ours = append(ours, e)
		}
	}
	return ours, err
}

// Replay has a job tried again at once, one that was given up from the beginning.
func (s *Store) Replay(ctx context.Context, e *queue.Entry) error {
	return s.inQueueTx(ctx, func(tx queue.Tx) error { return s.dialect.queue.Replay(ctx, tx, e) })
}

// Work works jobs until stop is called; see [queue.Queue.Work].
func (s *Store) Work(ctx context.Context, w *queue.Work) (stop func(), err error) {
	return s.dialect.queue.Work(ctx, w)
}
