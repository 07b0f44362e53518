package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"tieout/ledger"
	"tieout/recon"
	"tieout/recon/night"
)

// DeliveryState is how far a posting file has come (PF-08). Each state is
// stored before the next step is taken.
type DeliveryState string

// The states of a delivery.
const (
	Planned      DeliveryState = "PLANNED"  // owed since the commit; no name yet
	Approved     DeliveryState = "APPROVED" // released: sequence and name are taken
	Built        DeliveryState = "BUILT"    // bytes, hash and size are known
	Uploading    DeliveryState = "UPLOADING"
	Uploaded     DeliveryState = "UPLOADED"
	Renaming     DeliveryState = "RENAMING"
	Delivered    DeliveryState = "DELIVERED"             // the sentinel has its name
	Unconfirmed  DeliveryState = "DELIVERED_UNCONFIRMED" // delivered or lost: a person decides
	Acknowledged DeliveryState = "ACKNOWLEDGED"
	Rejected     DeliveryState = "REJECTED"
)

// Delivery is a posting file that is owed to a target.
type Delivery struct {
	Company  string
	Target   string
	RunNo    int
	RunID    string
	AsOf     recon.Date
	State    DeliveryState
	Sequence int
	Name     string
	SHA256   string
	Size     int64
	From, To recon.Date
	Attempts int
	Failure  string        // of the last attempt
	Ended    recon.Instant // when it was delivered or given up
	Answer   string        // of the consumer, or who decided what

	hold *hold // of who sends it; nil: it is only looked at, or a person decides
}

// DeliveryFile is the step of one file of a delivery.
type DeliveryFile struct{ Name, Step, Temp string }

// planDelivery owes every target one file with all entries that no file carries
// yet and no hold keeps back, in the transaction of the commit.
func (r *Run) planDelivery(ctx context.Context, tx *sql.Tx, c *night.Commit) error {
	for _, target := range r.o.Targets {
		open, err := readEntries(ctx, tx, `e.company = $1 AND e.change <> 'VOID' AND e.revision = (SELECT MAX(n.revision) FROM entries n WHERE n.company = e.company AND n.entry_no = e.entry_no)
			AND NOT EXISTS (SELECT 1 FROM delivery_entries d WHERE d.company = e.company AND d.target = $2 AND d.entry_no = e.entry_no AND d.live = 1)`, c.Company, target)
		if err != nil {
			return err
		}
		var rows [][]any
		for _, e := range open {
			if !c.Held(e.Key()) {
				rows = append(rows, []any{c.Company, target, e.Number(), e.Revision, r.no})
			}
		}
		if len(rows) == 0 {
			continue
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO deliveries (company, target, run_no, state, sequence, name, sha256, size, date_from, date_to) VALUES ($1, $2, $3, 'PLANNED', 0, '', '', 0, $4, $5)`,
			c.Company, target, r.no, c.From.String(), c.To.String())
		if err != nil {
			return err
		}
		if err := r.insert(ctx, tx, "delivery_entries (company, target, entry_no, revision, run_no)", rows); err != nil {
			return err
		}
	}
	return nil
}

// Owed lists the deliveries that are not done, oldest first: a target gets its
// files strictly in sequence, so one that is unconfirmed holds those behind it.
func (s *Store) Owed(ctx context.Context, company string) ([]Delivery, error) {
	return s.deliveries(ctx, "d.company = $1 AND d.state NOT IN ('DELIVERED', 'ACKNOWLEDGED', 'REJECTED')", company)
}

// Deliveries lists all deliveries of a company, by target and age.
func (s *Store) Deliveries(ctx context.Context, company string) ([]Delivery, error) {
	return s.deliveries(ctx, "d.company = $1", company)
}

func (s *Store) deliveries(ctx context.Context, where string, args ...any) ([]Delivery, error) {
	var all []Delivery
	err := each(ctx, s.db, `SELECT d.company, d.target, d.run_no, r.run_id, r.as_of, d.state, d.sequence, d.name, d.sha256, d.size, d.date_from, d.date_to, d.attempts, d.failure, d.ended_us, d.answer
		FROM deliveries d JOIN runs r ON r.run_no = d.run_no WHERE `+where+` ORDER BY d.target, d.run_no`, args,
		func(scan func(...any) error) error {
			var d Delivery
			var asOf, from, to string
			if err := scan(&d.Company, &d.Target, &d.RunNo, &d.RunID, &asOf, &d.State, &d.Sequence, &d.Name, &d.SHA256, &d.Size, &from, &to, &d.Attempts, &d.Failure, &d.Ended, &d.Answer); err != nil {
				return err
			}
			err := errors.Join(d.AsOf.UnmarshalText([]byte(asOf)), d.From.UnmarshalText([]byte(from)), d.To.UnmarshalText([]byte(to)))
			all = append(all, d)
			return err
		})
	return all, err
}

// Approve releases a delivery: it takes the next sequence of the target and
// fixes the name (PF-04, PF-05), both at once. Older ones come first.
func (s *Store) Approve(ctx context.Context, d *Delivery, name func(sequence int) string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var older int
		err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM deliveries WHERE company = $1 AND target = $2 AND run_no < $3 AND state = 'PLANNED'", d.Company, d.Target, d.RunNo).Scan(&older)
		if err != nil {
			return err
		}
		if older > 0 {
			return fmt.Errorf("delivery of run %s: %d older deliveries to the target wait to be released first", d.RunID, older)
		}
		if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(sequence), 0) + 1 FROM deliveries WHERE company = $1 AND target = $2", d.Company, d.Target).Scan(&d.Sequence); err != nil {
			return err
		}
		d.Name = name(d.Sequence)
		return step(ctx, tx, d, Planned, Approved)
	})
}

// follows tells which state may come after which. While files are sent the
// state is that of the file at hand, so the three in between come more than once.
func follows(from, to DeliveryState) bool {
	sending := []DeliveryState{Uploading, Uploaded, Renaming}
	switch to {
	case Planned, Approved, Built: // by Approve and Build
		return false
	case Uploading, Uploaded, Renaming:
		return from == Built || slices.Contains(sending, from)
	case Delivered:
		return from == Built || slices.Contains(sending, from) || from == Unconfirmed
	case Unconfirmed:
		return from == Built || slices.Contains(sending, from)
	case Acknowledged, Rejected:
		return from == Delivered || from == Unconfirmed
	}
	return false
}

// Advance stores that a released delivery went from one state to another that may follow.
func (s *Store) Advance(ctx context.Context, d *Delivery, from, to DeliveryState) error {
	if !follows(from, to) {
		return fmt.Errorf("delivery %s: %s does not follow %s", d.Name, to, from)
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := step(ctx, tx, d, from, to); err != nil || to != Rejected {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE delivery_entries SET live = 0 WHERE company = $1 AND target = $2 AND run_no = $3", d.Company, d.Target, d.RunNo)
		return err
	})
}

// still refuses changes by a sender whose right to send was taken over.
func (d *Delivery) still(ctx context.Context, tx *sql.Tx) error {
	if d.hold == nil {
		return nil
	}
	return d.hold.still(ctx, tx)
}

func step(ctx context.Context, tx *sql.Tx, d *Delivery, from, to DeliveryState) error {
	if err := d.still(ctx, tx); err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `UPDATE deliveries SET state = $1, sequence = $2, name = $3, sha256 = $4, size = $5, attempts = $6, failure = $7, ended_us = $8, answer = $9
		WHERE company = $10 AND target = $11 AND run_no = $12 AND state = $13`, string(to), d.Sequence, d.Name, d.SHA256, d.Size, d.Attempts, d.Failure, int64(d.Ended), d.Answer,
		d.Company, d.Target, d.RunNo, string(from))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return fmt.Errorf("delivery %s of run %s is not %s any more", d.Name, d.RunID, from)
	}
	d.State = to
	return nil
}

// Failed stores why an attempt at a delivery ended; its state stays.
func (s *Store) Failed(ctx context.Context, d *Delivery, failure string) error {
	d.Attempts, d.Failure = d.Attempts+1, failure
	return s.inTx(ctx, func(tx *sql.Tx) error { return step(ctx, tx, d, d.State, d.State) })
}

// Files are the steps of the files of a delivery in their order, none before the first attempt.
func (s *Store) Files(ctx context.Context, d *Delivery) ([]DeliveryFile, error) {
	var all []DeliveryFile
	err := each(ctx, s.db, "SELECT name, step, temp FROM delivery_steps WHERE company = $1 AND target = $2 AND run_no = $3 ORDER BY position", []any{d.Company, d.Target, d.RunNo},
		func(scan func(...any) error) error {
			var f DeliveryFile
			err := scan(&f.Name, &f.Step, &f.Temp)
			all = append(all, f)
			return err
		})
	return all, err
}

// SaveFile stores the step of the file at a position together with the state
// that the delivery has by it.
func (s *Store) SaveFile(ctx context.Context, d *Delivery, position int, f DeliveryFile, to DeliveryState) error {
	if to != d.State && !follows(d.State, to) {
		return fmt.Errorf("delivery %s: %s does not follow %s", d.Name, to, d.State)
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO delivery_steps (company, target, run_no, position, name, step, temp) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (company, target, run_no, position) DO UPDATE SET step = excluded.step, temp = excluded.temp`, d.Company, d.Target, d.RunNo, position, f.Name, f.Step, f.Temp)
		if err != nil {
			return err
		}
		return step(ctx, tx, d, d.State, to)
	})
}

// Forget drops the steps of an unconfirmed delivery, so that it is sent once more
// under the same name (PF-10). who is the person who decided it.
func (s *Store) Forget(ctx context.Context, d *Delivery, who string) error {
	d.Answer = "sent once more by " + who
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM delivery_steps WHERE company = $1 AND target = $2 AND run_no = $3", d.Company, d.Target, d.RunNo); err != nil {
			return err
		}
		return step(ctx, tx, d, Unconfirmed, Built)
	})
}

// EntriesOf are the entries that a delivery carries, in natural-key order.
func (s *Store) EntriesOf(ctx context.Context, d *Delivery) ([]ledger.Entry, error) {
	stored, err := readEntries(ctx, s.db, `e.company = $1 AND EXISTS (SELECT 1 FROM delivery_entries d WHERE d.company = e.company AND d.target = $2 AND d.run_no = $3
		AND d.entry_no = e.entry_no AND d.revision = e.revision)`, d.Company, d.Target, d.RunNo)
	entries := make([]ledger.Entry, len(stored))
	for i := range stored {
		entries[i] = stored[i].Entry
	}
	return entries, err
}

// Unpublished lists rendered results that a commit named and nobody has handed out.
func (s *Store) Unpublished(ctx context.Context, company string) ([]Published, error) {
	var all []Published
	err := each(ctx, s.db, `SELECT a.run_no, a.kind, a.name, a.sha256, a.size FROM artifacts a JOIN runs r ON r.run_no = a.run_no
		WHERE r.company = $1 AND r.state = 'COMMITTED' AND NOT a.published ORDER BY a.run_no, a.kind`, []any{company}, func(scan func(...any) error) error {
		var p Published
		err := scan(&p.RunNo, &p.Kind, &p.Name, &p.SHA256, &p.Size)
		all = append(all, p)
		return err
	})
	return all, err
}

// Published is a rendered result of a run.
type Published struct {
	RunNo int
	night.Artifact
}

// MarkPublished stores that a result was handed out.
func (s *Store) MarkPublished(ctx context.Context, p Published) error {
	_, err := s.db.ExecContext(ctx, "UPDATE artifacts SET published = $1 WHERE run_no = $2 AND kind = $3", true, p.RunNo, p.Kind)
	return err
}
