package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"tieout/recon/night"
)

// ErrFenced is a process whose lock was taken over: it must not write any more.
var ErrFenced = errors.New("the lock was taken over by another process; nothing was written")

// hold is a lock that this process has until it gives it back, or until its lease
// is over and another takes it. Its fence rises with every holder, so that what one
// that woke up late still wants to write is refused (R10).
type hold struct {
	store *Store
	name  string
	fence int64
	stop  func() // the renewal
}

// take takes a free or expired lock, or one whose holder is known to be dead.
func (s *Store) take(ctx context.Context, tx *sql.Tx, name string) (hold, error) {
	h := hold{store: s, name: name, stop: func() {}}
	holder := "another process"
	var fence int64
	err := tx.QueryRowContext(ctx, "SELECT holder, fence FROM locks WHERE company = $1", name).Scan(&holder, &fence)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return h, err
	}
	dead := int64(-1) // the fence that may be passed: of this holder, and of none that comes between
	if holder != "" && s.o.Alive != nil && !s.o.Alive(holder) {
		dead = fence
	}
	err = tx.QueryRowContext(ctx, `INSERT INTO locks (company, fence, run_no, holder, until_us) VALUES ($1, 1, 0, $2, $3)
		ON CONFLICT (company) DO UPDATE SET fence = locks.fence + 1, holder = excluded.holder, until_us = excluded.until_us
		WHERE locks.until_us < $4 OR locks.fence = $5 RETURNING fence`, name, s.o.Holder, h.until(), s.nowMicros(), dead).Scan(&h.fence)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("%w: %s holds the lock", night.ErrLocked, holder)
	}
	return h, err
}

func (h *hold) until() int64 { return h.store.o.Now().Add(h.store.o.Lease).UnixMicro() }

// stayAlive renews the lease until the lock is given back.
func (h *hold) stayAlive(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(h.store.o.Lease / 4)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_ = h.store.inTx(ctx, func(tx *sql.Tx) error { return h.still(ctx, tx) }) // a lost lease shows at the next write
			}
		}
	})
	h.stop = func() { cancel(); done.Wait() }
}

// still renews the lease, or refuses to write under a lock that was taken over. It
// keeps others from taking it until the transaction ends.
func (h *hold) still(ctx context.Context, tx *sql.Tx) error {
	res, err := tx.ExecContext(ctx, "UPDATE locks SET until_us = $1 WHERE company = $2 AND fence = $3", h.until(), h.name, h.fence)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(ErrFenced, err)
	}
	return nil
}

// giveBack lets others take it at once.
func (h *hold) giveBack(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, "UPDATE locks SET until_us = 0, holder = '' WHERE company = $1 AND fence = $2", h.name, h.fence)
	return err
}

// Sending is the right to send to one target of a company, which one process has
// at a time (R3).
type Sending struct {
	hold
	company, target string
}

// Send takes the right to send to a target, or returns [night.ErrLocked] while
// another process sends to it.
func (s *Store) Send(ctx context.Context, company, target string) (*Sending, error) {
	x := &Sending{company: company, target: target}
	err := s.inTx(ctx, func(tx *sql.Tx) (err error) {
		x.hold, err = s.take(ctx, tx, company+"|"+target) // no company has this name
		return err
	})
	if err != nil {
		return nil, err
	}
	x.stayAlive(ctx)
	return x, nil
}

// Owed lists the deliveries to the target that are not done, oldest first. Their
// changes are refused once another process has taken over.
func (x *Sending) Owed(ctx context.Context) ([]Delivery, error) {
	return x.deliveries(ctx, "d.state NOT IN ('DELIVERED', 'ACKNOWLEDGED', 'REJECTED')")
}

// Unanswered lists those that were delivered, or may have been, and not answered; as Owed does.
func (x *Sending) Unanswered(ctx context.Context) ([]Delivery, error) {
	return x.deliveries(ctx, "d.state IN ('DELIVERED', 'DELIVERED_UNCONFIRMED')")
}

func (x *Sending) deliveries(ctx context.Context, where string) ([]Delivery, error) {
	all, err := x.store.deliveries(ctx, "d.company = $1 AND d.target = $2 AND "+where, x.company, x.target)
	for i := range all {
		all[i].hold = &x.hold
	}
	return all, err
}

// Close gives the right back.
func (x *Sending) Close(ctx context.Context) {
	x.stop()
	ctx = context.WithoutCancel(ctx)
	_ = x.store.inTx(ctx, func(tx *sql.Tx) error { return x.giveBack(ctx, tx) }) // or its time runs out
}
