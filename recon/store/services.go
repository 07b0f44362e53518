package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"tieout/recon/night"
	"tieout/recon/store/queue"
)

// Service is a service that lives, as far as the store knows.
type Service struct {
	ID      string
	Holder  string // host and process
	Started time.Time
	Until   time.Time // it is taken for dead after this
}

// Enlist tells that a service lives, until stop is called, and forgets those that are dead. A SQLite file takes one
// service; a second one is refused with [night.ErrLocked].
func (s *Store) Enlist(ctx context.Context, company, id string) (stop func(), err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		others, err := s.living(ctx, tx, "")
		if err != nil {
			return err
		}
		others = slices.DeleteFunc(others, func(v Service) bool { return v.Holder == s.o.Holder }) // this process before it was started anew, as in a container
		if s.dialect.single && len(others) > 0 {
			return fmt.Errorf("%w: %s serves this store since %s; a SQLite file takes one service, PostgreSQL takes several", night.ErrLocked, others[0].Holder, others[0].Started.UTC().Format(time.RFC3339))
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM services WHERE until_us < $1", s.o.Now().Add(-time.Hour).UnixMicro()); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO services (id, company, holder, started_us, until_us) VALUES ($1, $2, $3, $4, $5)",
			id, company, s.o.Holder, s.nowMicros(), s.o.Now().Add(s.o.Lease).UnixMicro())
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.keepEnlisted(ctx, company, id), nil
}

// keepEnlisted renews the sign of life. A row that somebody took away for dead comes back.
func (s *Store) keepEnlisted(ctx context.Context, company, id string) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	started := s.nowMicros()
	done.Go(func() {
		tick := time.NewTicker(s.o.Lease / 4)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_, _ = s.db.ExecContext(ctx, `INSERT INTO services (id, company, holder, started_us, until_us) VALUES ($1, $2, $3, $4, $5)
					ON CONFLICT (id) DO UPDATE SET until_us = excluded.until_us`, id, company, s.o.Holder, started, s.o.Now().Add(s.o.Lease).UnixMicro())
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
		_, _ = s.db.ExecContext(context.WithoutCancel(ctx), "DELETE FROM services WHERE id = $1", id) // or its time runs out
	}
}

// Services are those of a company that live.
func (s *Store) Services(ctx context.Context, company string) ([]Service, error) {
	return s.living(ctx, s.db, company)
}

// living are the services that live, of all companies for "". What cannot be alive
// any more does not count: its time is over, or its process is known to be gone.
func (s *Store) living(ctx context.Context, db querier, company string) (all []Service, err error) {
	err = each(ctx, db, "SELECT id, holder, started_us, until_us FROM services WHERE until_us > $1 AND ($2 = '' OR company = $3) ORDER BY started_us, id", []any{s.nowMicros(), company, company}, func(scan func(...any) error) error {
		var v Service
		var started, until int64
		err := scan(&v.ID, &v.Holder, &started, &until)
		v.Started, v.Until = time.UnixMicro(started), time.UnixMicro(until)
		if s.o.Alive == nil || s.o.Alive(v.Holder) {
			all = append(all, v)
		}
		return err
	})
	return all, err
}

// ReleaseDead has jobs tried again whose service died over them. me is the caller.
func (s *Store) ReleaseDead(ctx context.Context, company, me string) (released []queue.Entry, err error) {
	living, err := s.living(ctx, s.db, "")
	if err != nil {
		return nil, err
	}
	alive := map[string]bool{me: true}
	for _, v := range living {
		alive[v.ID] = true
	}
	jobs, err := s.Jobs(ctx, company)
	if err != nil {
		return nil, err
	}
	for i := range jobs {
		e := &jobs[i]
		if e.State != queue.Working || alive[e.Holder] {
			continue
		}
		err = errors.Join(err, s.inQueueTx(ctx, func(tx queue.Tx) error { return s.dialect.queue.Release(ctx, tx, e) }))
		released = append(released, *e)
	}
	return released, err
}
