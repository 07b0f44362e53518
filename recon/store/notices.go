package store

import (
	"context"
	"database/sql"
)

// Notice is something that people are told once, by one channel.
type Notice struct{ Key, Channel, Kind, Subject string }

// Untold keeps a notice and tells whether it still has to be sent.
func (s *Store) Untold(ctx context.Context, company string, n Notice) (bool, error) {
	var told int64
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO notices (company, key, channel, kind, subject, first_us) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (company, key, channel) DO NOTHING`, company, n.Key, n.Channel, n.Kind, n.Subject, s.nowMicros())
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "SELECT told_us FROM notices WHERE company = $1 AND key = $2 AND channel = $3", company, n.Key, n.Channel).Scan(&told)
	})
	return told == 0, err
}

// Told notes that a notice was sent.
func (s *Store) Told(ctx context.Context, company string, n Notice) error {
	_, err := s.db.ExecContext(ctx, "UPDATE notices SET told_us = $1 WHERE company = $2 AND key = $3 AND channel = $4", s.nowMicros(), company, n.Key, n.Channel)
	return err
}
