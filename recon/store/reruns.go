package store

import (
	"context"
	"database/sql"
	"errors"

	"tieout/recon/night"
)

// deepest is how far one run may restate the range of another that restates it in turn.
const deepest = 3

// writeReruns owes a run for every range that this run restates, and is the one that
// was owed for its own.
func (r *Run) writeReruns(ctx context.Context, tx *sql.Tx, c *night.Commit) error {
	depth := 0
	err := tx.QueryRowContext(ctx, "DELETE FROM reruns WHERE company = $1 AND date_from = $2 AND date_to = $3 RETURNING depth", c.Company, c.From.String(), c.To.String()).Scan(&depth)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if depth >= deepest {
		return nil
	}
	for _, cut := range c.Restated {
		_, err := tx.ExecContext(ctx, "INSERT INTO reruns (company, date_from, date_to, as_of, depth) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (company, date_from, date_to) DO NOTHING",
			c.Company, cut.From.String(), cut.To.String(), c.AsOf.String(), depth+1)
		if err != nil {
			return err
		}
	}
	return nil
}

// Reruns are the ranges that are to be run again, oldest first, each as of the day of
// the run that restated it.
func (s *Store) Reruns(ctx context.Context, company string) (all []night.Request, err error) {
	err = each(ctx, s.db, "SELECT date_from, date_to, as_of FROM reruns WHERE company = $1 ORDER BY date_from, date_to", []any{company}, func(scan func(...any) error) error {
		q := night.Request{Company: company}
		var from, to, asOf string
		if err := scan(&from, &to, &asOf); err != nil {
			return err
		}
		err := errors.Join(q.From.UnmarshalText([]byte(from)), q.To.UnmarshalText([]byte(to)), q.AsOf.UnmarshalText([]byte(asOf)))
		all = append(all, q)
		return err
	})
	return all, err
}
