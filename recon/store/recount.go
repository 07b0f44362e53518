package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"

	"tieout/recon"
	"tieout/recon/night"
)

// Reading is what a committed run said of a file that it read.
type Reading struct {
	RunNo  int
	RunID  string
	SHA256 string
	Name   string
	Report recon.FileReport
}

// Readings are what the committed runs of a company said of its reports, in the order of their commits.
func (s *Store) Readings(ctx context.Context, company string) (all []Reading, err error) {
	err = each(ctx, s.db, `SELECT r.run_no, r.run_id, f.sha256, f.name, f.report FROM run_files f JOIN runs r ON r.run_no = f.run_no
		WHERE r.company = $1 AND r.state = 'COMMITTED' AND f.role = $2 ORDER BY r.ended_us, r.run_no, f.seq`, []any{company, string(night.Reports)}, func(scan func(...any) error) error {
		var r Reading
		var report string
		if err := scan(&r.RunNo, &r.RunID, &r.SHA256, &r.Name, &report); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(report), &r.Report)
		all = append(all, r)
		return err
	})
	return all, err
}

// OtherInputs counts the kept inputs that are no reports, by what they are.
func (s *Store) OtherInputs(ctx context.Context, company string) (map[string]int, error) {
	kinds := map[string]int{}
	return kinds, each(ctx, s.db, "SELECT role, report FROM files WHERE company = $1 AND role <> $2", []any{company, string(night.Reports)}, func(scan func(...any) error) error {
		var role, text string
		if err := scan(&role, &text); err != nil {
			return err
		}
		var report recon.FileReport
		err := json.Unmarshal([]byte(text), &report)
		kinds[cmp.Or(report.Kind, role)]++
		return err
	})
}

// CommittedRuns counts the committed runs of a company.
func (s *Store) CommittedRuns(ctx context.Context, company string) (int, error) {
	return committedRuns(ctx, s.db, company)
}

func committedRuns(ctx context.Context, db querier, company string) (n int, err error) {
	return n, db.QueryRowContext(ctx, "SELECT COUNT(*) FROM runs WHERE company = $1 AND state = 'COMMITTED'", company).Scan(&n)
}

// RowVersion is a row of a processor as a committed run stored it.
type RowVersion struct {
	RunNo  int
	Key    string
	Effect int64
	Body   []byte
}

// RowVersions gives all versions of the rows with these keys, in the order of the commits.
func (s *Store) RowVersions(ctx context.Context, company string, keys []string, row func(RowVersion) error) error {
	return inParts(keys, 2, func(marks string, part []any) error {
		return each(ctx, s.db, `SELECT v.run_no, v.item_key, v.effect, v.body FROM runs r CROSS JOIN item_versions v
			WHERE r.company = $1 AND r.state = 'COMMITTED' AND v.run_no = r.run_no AND v.side = 'event' AND v.item_key IN (`+marks+`) ORDER BY r.ended_us, r.run_no`, append([]any{company}, part...),
			func(scan func(...any) error) error {
				var v RowVersion
				var body sql.RawBytes
				if err := scan(&v.RunNo, &v.Key, &v.Effect, &body); err != nil {
					return err
				}
				v.Body = body // until the next one
				return row(v)
			})
	})
}

// OfFile is what is stored of the rows of a kept file.
type OfFile struct {
	Versions int              // that committed runs stored
	Posted   map[string]int64 // by currency, minor units: of those that count now, what they add to their batches
}

// RowsOfFiles tells so by the hash of the file.
func (s *Store) RowsOfFiles(ctx context.Context, company string) (map[string]*OfFile, error) {
	all := map[string]*OfFile{}
	of := func(hash string) *OfFile {
		if all[hash] == nil {
			all[hash] = &OfFile{Posted: map[string]int64{}}
		}
		return all[hash]
	}
	err := each(ctx, s.db, `SELECT v.file, COUNT(*) FROM item_versions v JOIN runs r ON r.run_no = v.run_no
		WHERE r.company = $1 AND r.state = 'COMMITTED' AND v.side = 'event' GROUP BY v.file`, []any{company}, func(scan func(...any) error) error {
		var hash string
		var n int
		err := scan(&hash, &n)
		of(hash).Versions = n
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, each(ctx, s.db, `SELECT file, currency, CAST(SUM(effect) AS BIGINT) FROM items WHERE company = $1 AND side = 'event' GROUP BY file, currency`, []any{company}, func(scan func(...any) error) error {
		var hash, currency string
		var sum int64
		err := scan(&hash, &currency, &sum)
		of(hash).Posted[currency] = sum
		return err
	})
}
