package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"tieout/recon"
	"tieout/recon/night"
	"tieout/recon/store/queue"
)

// RequestState is how far a request of somebody has come.
type RequestState string

// The states of a request.
const (
	RequestWaiting   RequestState = "WAITING"
	RequestRunning   RequestState = "RUNNING"
	RequestDone      RequestState = "DONE"
	RequestWithdrawn RequestState = "WITHDRAWN" // whoever asked did it otherwise, or gave up
)

// Request is a run that somebody asks a service for.
type Request struct {
	No      int
	State   RequestState
	Ask     string // what is asked for, in words of the program
	By      string
	Service string // that took it
	Asked   recon.Instant
	Code    int    // exit code, once done
	Said    string // what the run printed
	Failure string // "" where it went well
}

func requestJob(company string, no int) queue.Job {
	return queue.Job{Kind: queue.Run, Company: company, ID: "#" + strconv.Itoa(no)}
}

// Ask asks the services of a company for a run. While another run of it is active
// it returns [night.ErrLocked].
func (s *Store) Ask(ctx context.Context, company, ask string) (no int, err error) {
	err = s.inQueueTx(ctx, func(tx queue.Tx) error {
		if err := s.busy(ctx, tx.SQL, company); err != nil {
			return err
		}
		err := tx.SQL.QueryRowContext(ctx, `INSERT INTO counters (name, last) VALUES ($1, 1)
			ON CONFLICT (name) DO UPDATE SET last = counters.last + 1 RETURNING last`, "request|"+company).Scan(&no)
		if err != nil {
			return err
		}
		_, err = tx.SQL.ExecContext(ctx, "INSERT INTO requests (company, no, state, ask, asked_by, asked_us) VALUES ($1, $2, 'WAITING', $3, $4, $5)", company, no, ask, s.o.Operator, s.nowMicros())
		if err != nil {
			return err
		}
		return s.dialect.queue.Add(ctx, tx, requestJob(company, no))
	})
	return no, err
}

// busy refuses while a run of the company is active, or one that somebody asked for.
func (s *Store) busy(ctx context.Context, tx *sql.Tx, company string) error {
	living, err := s.living(ctx, tx, company)
	if err != nil {
		return err
	}
	for _, v := range living {
		var running int
		if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM requests WHERE company = $1 AND state = 'RUNNING' AND service = $2", company, v.ID).Scan(&running); err != nil {
			return err
		}
		if running > 0 {
			return fmt.Errorf("%w: %s makes one that was asked for", night.ErrLocked, v.Holder)
		}
	}
	var holder string
	err = tx.QueryRowContext(ctx, "SELECT holder FROM locks WHERE company = $1 AND until_us >= $2", company, s.nowMicros()).Scan(&holder)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && s.o.Alive != nil && !s.o.Alive(holder):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%w: %s holds the lock", night.ErrLocked, holder)
}

// Request is one by its number.
func (s *Store) Request(ctx context.Context, company string, no int) (r Request, err error) {
	all, err := s.requests(ctx, "company = $1 AND no = $2", company, no)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("there is no request %d", no)
	}
	if err != nil {
		return r, err
	}
	return all[0], nil
}

// Requests are those that are not done.
func (s *Store) Requests(ctx context.Context, company string) ([]Request, error) {
	return s.requests(ctx, "company = $1 AND state IN ('WAITING', 'RUNNING')", company)
}

func (s *Store) requests(ctx context.Context, where string, args ...any) (all []Request, err error) {
	err = each(ctx, s.db, "SELECT no, state, ask, asked_by, service, asked_us, code, said, warned FROM requests WHERE "+where+" ORDER BY no", args, func(scan func(...any) error) error {
		var r Request
		err := scan(&r.No, &r.State, &r.Ask, &r.By, &r.Service, &r.Asked, &r.Code, &r.Said, &r.Failure)
		all = append(all, r)
		return err
	})
	return all, err
}

// Take has a service run a request. ok is false where nobody waits for it any more,
// or where another service that lives has it.
func (s *Store) Take(ctx context.Context, company string, no int, service string) (r Request, ok bool, err error) {
	if r, err = s.Request(ctx, company, no); err != nil {
		return r, false, err
	}
	ok, err = s.moveRequest(ctx, company, &r, RequestRunning, service)
	return r, ok, err
}

// Withdraw takes a request back that no living service runs. ok is false where one does,
// or where it is done.
func (s *Store) Withdraw(ctx context.Context, company string, no int) (ok bool, err error) {
	r, err := s.Request(ctx, company, no)
	if err != nil {
		return false, err
	}
	return s.moveRequest(ctx, company, &r, RequestWithdrawn, "")
}

// moveRequest moves a request on that waits, or whose service is not there any more.
func (s *Store) moveRequest(ctx context.Context, company string, r *Request, to RequestState, service string) (bool, error) {
	if r.State == RequestRunning && r.Service != service {
		living, err := s.living(ctx, s.db, company)
		if err != nil {
			return false, err
		}
		for _, v := range living {
			if v.ID == r.Service {
				return false, nil
			}
		}
	} else if r.State != RequestWaiting && r.State != RequestRunning {
		return false, nil
	}
	res, err := s.db.ExecContext(ctx, "UPDATE requests SET state = $1, service = $2, started_us = $3 WHERE company = $4 AND no = $5 AND state = $6 AND service = $7",
		string(to), service, s.nowMicros(), company, r.No, string(r.State), r.Service)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// Answer keeps what came of a request. One that was withdrawn meanwhile stays so.
func (s *Store) Answer(ctx context.Context, company string, r *Request, service string) error {
	_, err := s.db.ExecContext(ctx, "UPDATE requests SET state = 'DONE', code = $1, said = $2, warned = $3, ended_us = $4 WHERE company = $5 AND no = $6 AND state = 'RUNNING' AND service = $7",
		r.Code, r.Said, r.Failure, s.nowMicros(), company, r.No, service)
	return err
}
