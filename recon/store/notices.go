package store

import (
	"context"
	"database/sql"

	"tieout/recon/store/queue"
)

// Notice is something that people are told once, by each of its channels.
type Notice struct {
	Key, Kind, Subject string
	Body               string   // without personal data
	Attach             string   // path of a workbook, "" for none
	Channels           []string // by which it is told
	Failure            string   // of the last attempt to tell it
}

// keepNotice keeps a notice for every channel, and tells whether one of them has not
// told it yet.
func (s *Store) keepNotice(ctx context.Context, tx *sql.Tx, company string, n Notice) (untold bool, err error) {
	for _, channel := range n.Channels {
		_, err := tx.ExecContext(ctx, `INSERT INTO notices (company, key, channel, kind, subject, first_us, body, attach) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (company, key, channel) DO NOTHING`, company, n.Key, channel, n.Kind, n.Subject, s.nowMicros(), n.Body, n.Attach)
		if err != nil {
			return false, err
		}
		var told int64
		if err := tx.QueryRowContext(ctx, "SELECT told_us FROM notices WHERE company = $1 AND key = $2 AND channel = $3", company, n.Key, channel).Scan(&told); err != nil {
			return false, err
		}
		untold = untold || told == 0
	}
	return untold, nil
}

// Announce keeps a notice, and wakes up whoever tells it; once is enough.
func (s *Store) Announce(ctx context.Context, company string, n Notice) error {
	return s.inQueueTx(ctx, func(tx queue.Tx) error {
		untold, err := s.keepNotice(ctx, tx.SQL, company, n)
		if err != nil || !untold {
			return err
		}
		return s.dialect.queue.Add(ctx, tx, queue.Job{Kind: queue.Notify, Company: company, ID: n.Key})
	})
}

// Untold are the notices that a channel has not told yet, oldest first; key narrows
// them to one notice, "" is all.
func (s *Store) Untold(ctx context.Context, company, key string) (all []Notice, err error) {
	err = each(ctx, s.db, "SELECT key, channel, kind, subject, body, attach, failure FROM notices WHERE company = $1 AND told_us = 0 AND ($2 = '' OR key = $3) ORDER BY first_us, key, channel",
		[]any{company, key, key}, func(scan func(...any) error) error {
			n := Notice{Channels: make([]string, 1)}
			err := scan(&n.Key, &n.Channels[0], &n.Kind, &n.Subject, &n.Body, &n.Attach, &n.Failure)
			all = append(all, n)
			return err
		})
	return all, err
}

// Told notes that a notice was told by a channel.
func (s *Store) Told(ctx context.Context, company, key, channel string) error {
	_, err := s.db.ExecContext(ctx, "UPDATE notices SET told_us = $1, failure = '' WHERE company = $2 AND key = $3 AND channel = $4", s.nowMicros(), company, key, channel)
	return err
}

// NotTold notes why a notice could not be told by a channel.
func (s *Store) NotTold(ctx context.Context, company, key, channel, why string) error {
	_, err := s.db.ExecContext(ctx, "UPDATE notices SET failure = $1 WHERE company = $2 AND key = $3 AND channel = $4", why, company, key, channel)
	return err
}
