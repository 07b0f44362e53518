package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"tieout/recon/night"
)

// Run is a run in progress: it holds the company's lock until Close, and is the
// [night.Store] of that run.
type Run struct {
	*Store
	req       night.Request
	no        int
	attempt   int
	hold      hold
	committed bool
	setup     Setup
}

// Setup is the kept file that says under what a run is computed.
type Setup struct {
	SHA256 string // "": none is kept
	Size   int64
}

// Under tells under what the run is computed, for its commit.
func (r *Run) Under(s Setup) { r.setup = s }

var _ night.Store = (*Run)(nil)

// Begin takes the company's lock and opens the row of the run. While another
// run of the company is active it returns [night.ErrLocked] (GL-23). What a
// killed run left half written is cleared away.
func (s *Store) Begin(ctx context.Context, req night.Request) (*Run, error) {
	return s.begin(ctx, req, func(context.Context, *sql.Tx) error { return nil })
}

// BeginFirst is Begin for days that are missing: where a run has covered one of
// them by now, it returns [night.ErrCovered] (R10).
func (s *Store) BeginFirst(ctx context.Context, req night.Request) (*Run, error) {
	return s.begin(ctx, req, func(ctx context.Context, tx *sql.Tx) error {
		var covered int
		err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM runs WHERE company = $1 AND date_from <= $2 AND date_to >= $3 AND state = 'COMMITTED'",
			req.Company, req.To.String(), req.From.String()).Scan(&covered)
		if err == nil && covered > 0 {
			err = night.ErrCovered
		}
		return err
	})
}

// begin begins a run if it may, which is asked under the lock.
func (s *Store) begin(ctx context.Context, req night.Request, may func(context.Context, *sql.Tx) error) (*Run, error) {
	r := &Run{Store: s, req: req}
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		if r.hold, err = s.take(ctx, tx, req.Company); err != nil {
			return err
		}
		if err := may(ctx, tx); err != nil {
			return err
		}
		if err := r.clearKilled(ctx, tx); err != nil {
			return err
		}
		return r.open(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	r.hold.stayAlive(ctx)
	return r, nil
}

func (r *Run) clearKilled(ctx context.Context, tx *sql.Tx) error {
	if err := dropItems(ctx, tx, `(SELECT run_no FROM runs WHERE company = $1 AND state <> 'COMMITTED')`, r.req.Company); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE runs SET state = 'FAILED', ended_us = $1, failure = 'the process ended before its commit' WHERE company = $2 AND state = 'RUNNING'`,
		r.nowMicros(), r.req.Company)
	return err
}

// open makes the row of the run, or takes up the one of a failed attempt.
func (r *Run) open(ctx context.Context, tx *sql.Tx) error {
	days := []any{r.req.Company, r.req.From.String(), r.req.To.String(), r.req.AsOf.String()}
	if err := r.countAttempts(ctx, tx, days); err != nil {
		return err
	}
	err := tx.QueryRowContext(ctx, `UPDATE runs SET state = 'RUNNING', started_us = $1, ended_us = 0, failure = '', software = $2, config_hash = $3, rules_hash = $4, operator = $5
		WHERE company = $6 AND date_from = $7 AND date_to = $8 AND as_of = $9 AND attempt = $10 AND state = 'FAILED' RETURNING run_no`,
		append(append([]any{r.nowMicros(), r.o.Software, r.o.ConfigHash, r.o.RulesHash, r.o.Operator}, days...), r.attempt)...).Scan(&r.no)
	if errors.Is(err, sql.ErrNoRows) {
		err = r.insertRun(ctx, tx, days)
	}
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE locks SET run_no = $1 WHERE company = $2 AND fence = $3", r.no, r.req.Company, r.hold.fence)
	return err
}

// countAttempts tells the how manieth attempt at its range this is: those that were
// committed count, one that failed is taken up again.
func (r *Run) countAttempts(ctx context.Context, db querier, days []any) error {
	return db.QueryRowContext(ctx, `SELECT COUNT(*) + 1 FROM runs WHERE company = $1 AND date_from = $2 AND date_to = $3 AND as_of = $4 AND state = 'COMMITTED'`, days...).Scan(&r.attempt)
}

// insertRun makes the row of a run under the next number, which companies that
// begin at the same time take one after the other.
func (r *Run) insertRun(ctx context.Context, tx *sql.Tx, days []any) error {
	err := tx.QueryRowContext(ctx, `INSERT INTO counters (name, last) VALUES ('run', 1)
		ON CONFLICT (name) DO UPDATE SET last = counters.last + 1 RETURNING last`).Scan(&r.no)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO runs (company, date_from, date_to, as_of, run_id, attempt, state, started_us, software, config_hash, rules_hash, operator, run_no)
		VALUES ($1, $2, $3, $4, '', $5, 'RUNNING', $6, $7, $8, $9, $10, $11)`,
		append(days, r.attempt, r.nowMicros(), r.o.Software, r.o.ConfigHash, r.o.RulesHash, r.o.Operator, r.no)...)
	return err
}

// Close gives the lock back. A run that was not committed is recorded as failed,
// with why. One whose lock was taken over touches nothing: its row and what it
// wrote ahead belong to the run that took over.
func (r *Run) Close(ctx context.Context, why error) error {
	r.hold.stop()
	ctx = context.WithoutCancel(ctx)
	err := r.inTx(ctx, func(tx *sql.Tx) error {
		if err := r.hold.still(ctx, tx); err != nil {
			return err
		}
		if !r.committed {
			if err := r.fail(ctx, tx, why); err != nil {
				return err
			}
		}
		return r.hold.giveBack(ctx, tx)
	})
	if errors.Is(err, ErrFenced) {
		return nil
	}
	return err
}

// fail records why a run ended without a commit. A run whose commit came through
// although its answer was lost is not RUNNING any more, and stays as it is.
func (r *Run) fail(ctx context.Context, tx *sql.Tx, why error) error {
	failure := "interrupted"
	if why != nil {
		failure = why.Error()
	}
	res, err := tx.ExecContext(ctx, "UPDATE runs SET state = 'FAILED', ended_us = $1, failure = $2 WHERE run_no = $3 AND state = 'RUNNING'", r.nowMicros(), failure, r.no)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return dropItems(ctx, tx, "($1)", r.no)
}

// dropItems deletes what runs wrote ahead of a commit that did not come.
func dropItems(ctx context.Context, tx *sql.Tx, runs string, arg any) error {
	for _, table := range []string{"item_docs", "item_versions"} {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE run_no IN "+runs, arg); err != nil {
			return err
		}
	}
	return nil
}

// Look is a run that only looks: it takes no lock, and its Commit writes nothing.
// It has the number and the attempt that a run which begins now would have.
func (s *Store) Look(ctx context.Context, req night.Request) (night.Store, error) {
	r := &Run{Store: s, req: req}
	days := []any{req.Company, req.From.String(), req.To.String(), req.AsOf.String()}
	if err := r.countAttempts(ctx, s.db, days); err != nil {
		return nil, err
	}
	err := s.db.QueryRowContext(ctx, `SELECT COALESCE(MAX(run_no), (SELECT COALESCE(MAX(run_no), 0) + 1 FROM runs)) FROM runs
		WHERE company = $1 AND date_from = $2 AND date_to = $3 AND as_of = $4 AND attempt = $5 AND state = 'FAILED'`, append(days, r.attempt)...).Scan(&r.no)
	return look{r}, err
}

type look struct{ run *Run }

// Load is that of a run.
func (l look) Load(ctx context.Context, req night.Request) (*night.State, error) {
	return l.run.Load(ctx, req)
}

// Recall is that of a run.
func (l look) Recall(ctx context.Context, req night.Request, s *night.State, need *night.Need) error {
	return l.run.Recall(ctx, req, s, need)
}

// Commit writes nothing.
func (l look) Commit(context.Context, *night.Commit) error { return nil }

// Ran is a run as it is told.
type Ran struct {
	RunID, From, To, AsOf string
	State                 string // its outcome once it is committed
	Started, Ended        time.Time
	Failure               string
}

// Newest is the newest instant by the clock of whoever ran, asked or told something for
// a company; zero if nobody did.
func (s *Store) Newest(ctx context.Context, company string) (time.Time, error) {
	var micros int64
	err := s.db.QueryRowContext(ctx, `SELECT COALESCE(MAX(at), 0) FROM (
		SELECT MAX(started_us) AS at FROM runs WHERE company = $1 UNION ALL SELECT MAX(ended_us) FROM runs WHERE company = $2
		UNION ALL SELECT MAX(asked_us) FROM report_cells WHERE company = $3 UNION ALL SELECT MAX(first_us) FROM notices WHERE company = $4) all_of_them`,
		company, company, company, company).Scan(&micros)
	if err != nil || micros == 0 {
		return time.Time{}, err
	}
	return time.UnixMicro(micros), nil
}

// Runs are the last runs of a company, newest first.
func (s *Store) Runs(ctx context.Context, company string, most int) (all []Ran, err error) {
	err = each(ctx, s.db, "SELECT run_id, date_from, date_to, as_of, state, outcome, started_us, ended_us, failure FROM runs WHERE company = $1 ORDER BY run_no DESC LIMIT $2", []any{company, most}, func(scan func(...any) error) error {
		var r Ran
		var outcome string
		var started, ended int64
		err := scan(&r.RunID, &r.From, &r.To, &r.AsOf, &r.State, &outcome, &started, &ended, &r.Failure)
		r.State, r.Started, r.Ended = cmp.Or(outcome, r.State), time.UnixMicro(started), time.UnixMicro(ended)
		all = append(all, r)
		return err
	})
	return all, err
}
