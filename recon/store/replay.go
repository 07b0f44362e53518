package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"tieout/recon/night"
)

// Past is a committed run with what is needed to compute it once more.
type Past struct {
	night.Request
	No         int
	RunID      string
	Software   string
	ConfigHash string
	RulesHash  string
	Setup      Setup
	Lacking    []string     // what it went on without
	Files      []night.File // that it read, in its order
}

// inCommitOrder orders runs r by their commits. Of those from before these were counted
// the clock tells, for a run that was taken up again has a number from before.
const inCommitOrder = "ORDER BY r.commit_no, r.ended_us, r.run_no"

// Committed are the runs of a company in the order of their commits.
func (s *Store) Committed(ctx context.Context, company string) ([]Past, error) {
	var all []Past
	err := each(ctx, s.db, `SELECT run_no, run_id, date_from, date_to, as_of, software, config_hash, rules_hash, lacking, setup, setup_size FROM runs r
		WHERE company = $1 AND state = 'COMMITTED' `+inCommitOrder, []any{company}, func(scan func(...any) error) error {
		p := Past{Request: night.Request{Company: company}}
		var from, to, asOf, lacking string
		if err := scan(&p.No, &p.RunID, &from, &to, &asOf, &p.Software, &p.ConfigHash, &p.RulesHash, &lacking, &p.Setup.SHA256, &p.Setup.Size); err != nil {
			return err
		}
		err := errors.Join(p.From.UnmarshalText([]byte(from)), p.To.UnmarshalText([]byte(to)), p.AsOf.UnmarshalText([]byte(asOf)), json.Unmarshal([]byte(lacking), &p.Lacking))
		all = append(all, p)
		return err
	})
	for i := range all {
		err = errors.Join(err, s.filesOf(ctx, &all[i]))
	}
	return all, err
}

func (s *Store) filesOf(ctx context.Context, p *Past) error {
	return each(ctx, s.db, `SELECT r.role, r.sha256, r.name, f.size FROM run_files r JOIN files f ON f.company = $1 AND f.role = r.role AND f.sha256 = r.sha256
		WHERE r.run_no = $2 ORDER BY r.seq`, []any{p.Company, p.No}, func(scan func(...any) error) error {
		var f night.File
		var role string
		err := scan(&role, &f.SHA256, &f.Name, &f.Size)
		f.Role = night.Role(role)
		p.Files = append(p.Files, f)
		return err
	})
}

// BeginAgain begins a run of another store under the number that it has there.
func (s *Store) BeginAgain(ctx context.Context, p *Past) (*Run, error) {
	_, err := s.db.ExecContext(ctx, `INSERT INTO counters (name, last) VALUES ('run', $1) ON CONFLICT (name) DO UPDATE SET last = excluded.last`, p.No-1)
	if err != nil {
		return nil, err
	}
	return s.Begin(ctx, p.Request)
}

// TakeReleases copies from another store which entries a run handed to the general
// ledger: that is an act, which no computation gives, and what later runs do to an entry depends on it.
func (s *Store) TakeReleases(ctx context.Context, from *Store, p *Past) error {
	type released struct {
		target, entry  string
		revision, live int
	}
	var all []released
	err := each(ctx, from.db, "SELECT target, entry_no, revision, live FROM delivery_entries WHERE company = $1 AND run_no = $2", []any{p.Company, p.No}, func(scan func(...any) error) error {
		var r released
		err := scan(&r.target, &r.entry, &r.revision, &r.live)
		all = append(all, r)
		return err
	})
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		for _, r := range all {
			_, err := tx.ExecContext(ctx, `INSERT INTO deliveries (company, target, run_no, state, sequence, name, sha256, size, date_from, date_to)
				VALUES ($1, $2, $3, 'PLANNED', 0, '', '', 0, $4, $5) ON CONFLICT DO NOTHING`, p.Company, r.target, p.No, p.From.String(), p.To.String())
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, `INSERT INTO delivery_entries (company, target, entry_no, revision, run_no, live)
				SELECT company, $1, entry_no, revision, $2, $3 FROM entries WHERE company = $4 AND entry_no = $5 AND revision = $6`, r.target, p.No, r.live, p.Company, r.entry, r.revision)
			if err != nil {
				return fmt.Errorf("entry %s of run %s: %w", r.entry, p.RunID, err)
			}
		}
		return nil
	})
}
