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
		WHERE r.company = $1 AND r.state = 'COMMITTED' AND f.role = $2 `+inCommitOrder+", f.seq", []any{company, string(night.Reports)}, func(scan func(...any) error) error {
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
	RunNo   int
	Key     string
	Effect  int64
	Body    []byte
	Current bool // it is the one that counts
}

// RowVersions gives of the rows with these keys the version that counts, and those that
// the named runs stored, in no order. Body lasts until the next one.
func (s *Store) RowVersions(ctx context.Context, company string, keys []string, runs []int, row func(RowVersion) error) error {
	now := map[string]int{}
	to := func(current bool) func(scan func(...any) error) error {
		return func(scan func(...any) error) error {
			v := RowVersion{Current: current}
			var body sql.RawBytes
			if err := scan(&v.RunNo, &v.Key, &v.Effect, &body); err != nil {
				return err
			}
			if current {
				now[v.Key] = v.RunNo
			} else if now[v.Key] == v.RunNo {
				return nil
			}
			v.Body = body
			return row(v)
		}
	}
	return inParts(keys, 2, func(marks string, part []any) error {
		err := each(ctx, s.db, `SELECT i.run_no, i.item_key, v.effect, v.body FROM items i CROSS JOIN item_versions v WHERE v.run_no = i.run_no AND v.side = i.side AND v.item_key = i.item_key
			AND i.company = $1 AND i.side = 'event' AND i.item_key IN (`+marks+`)`, append([]any{company}, part...), to(true))
		for _, run := range runs {
			if err == nil {
				err = each(ctx, s.db, "SELECT run_no, item_key, effect, body FROM item_versions WHERE run_no = $1 AND side = 'event' AND item_key IN ("+marks+")", append([]any{run}, part...), to(false))
			}
		}
		return err
	})
}

// OfFile is what is stored of the rows of a kept file.
type OfFile struct {
	Rows   int              // that count now
	Posted map[string]int64 // what they add to their batches, by currency in minor units
}

// RowsOfFiles tells so by the hash of the file.
func (s *Store) RowsOfFiles(ctx context.Context, company string) (map[string]*OfFile, error) {
	all := map[string]*OfFile{}
	return all, each(ctx, s.db, `SELECT file, currency, COUNT(*), CAST(SUM(effect) AS BIGINT) FROM items WHERE company = $1 AND side = 'event' GROUP BY file, currency`, []any{company}, func(scan func(...any) error) error {
		var hash, currency string
		var rows int
		var sum int64
		err := scan(&hash, &currency, &rows, &sum)
		if all[hash] == nil {
			all[hash] = &OfFile{Posted: map[string]int64{}}
		}
		all[hash].Rows += rows
		all[hash].Posted[currency] = sum
		return err
	})
}
