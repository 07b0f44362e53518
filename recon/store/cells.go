package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"tieout/recon"
	"tieout/recon/night"
)

var _ night.Grid = (*Store)(nil)

const cellColumns = `state, why, file, sha256, before_sha256, size, masked, window_from_us, window_to_us, due_us, asked_us, received_us, correlation, required, judged`

// SetCell stores what a cell has become: a row of its own where that is new,
// else when it was asked for last.
func (s *Store) SetCell(ctx context.Context, company string, c night.Cell) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var seq int
		var state, why, hash, before string
		judged, err := json.Marshal(c.Judged)
		if err != nil {
			return err
		}
		key := []any{company, c.Merchant, c.Report, c.Day.String()}
		err = tx.QueryRowContext(ctx, `SELECT seq, state, why, sha256, judged FROM report_cells WHERE company = $1 AND merchant = $2 AND report = $3 AND day = $4
			ORDER BY seq DESC LIMIT 1`, key...).Scan(&seq, &state, &why, &hash, &before)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err == nil && state == string(c.State) && why == c.Why && hash == c.SHA256 && before == string(judged) {
			_, err := tx.ExecContext(ctx, `UPDATE report_cells SET asked_us = $1, due_us = $2, required = $3
				WHERE company = $4 AND merchant = $5 AND report = $6 AND day = $7 AND seq = $8`, append([]any{int64(c.Asked), int64(c.Due), c.Required}, append(key, seq)...)...)
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO report_cells (company, merchant, report, day, seq, `+cellColumns+`)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
			ON CONFLICT DO NOTHING`, // somebody who fetched at the same time was first
			append(key, seq+1, string(c.State), c.Why, c.File, c.SHA256, c.Before, c.Size, c.Masked, int64(c.From), int64(c.To), int64(c.Due), int64(c.Asked), int64(c.Received),
				c.Correlation, c.Required, string(judged))...)
		return err
	})
}

// Cells are the newest state of the cells of a company from a day to a day, both
// included, in the order of the grid. A file that a run could not use makes its
// cell quarantined.
func (s *Store) Cells(ctx context.Context, company string, from, to recon.Date) (cells []night.Cell, err error) {
	judged, err := s.judged(ctx, company)
	if err != nil {
		return nil, err
	}
	err = each(ctx, s.db, `SELECT merchant, report, day, `+cellColumns+` FROM report_cells c WHERE company = $1 AND day >= $2 AND day <= $3
		AND seq = (SELECT MAX(n.seq) FROM report_cells n WHERE n.company = c.company AND n.merchant = c.merchant AND n.report = c.report AND n.day = c.day)
		ORDER BY merchant, report, day`, []any{company, from.String(), to.String()}, func(scan func(...any) error) error {
		var c night.Cell
		var day, found string
		err := scan(&c.Merchant, &c.Report, &day, &c.State, &c.Why, &c.File, &c.SHA256, &c.Before, &c.Size, &c.Masked, &c.From, &c.To, &c.Due, &c.Asked, &c.Received,
			&c.Correlation, &c.Required, &found)
		if err != nil {
			return err
		}
		if c.Day, err = recon.ParseDate(day); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(found), &c.Judged); err != nil {
			return err
		}
		if report, used := judged[c.SHA256]; used && c.Readable() {
			if c.Used = true; report.Condemned() {
				c.State, c.Why = night.CellQuarantined, report.Reason()
			}
		}
		cells = append(cells, c)
		return nil
	})
	return cells, err
}

// judged are the reports on the files that committed runs have read, by hash.
func (s *Store) judged(ctx context.Context, company string) (map[string]recon.FileReport, error) {
	all := map[string]recon.FileReport{}
	err := each(ctx, s.db, `SELECT sha256, report FROM files WHERE company = $1 AND role = $2`, []any{company, string(night.Reports)}, func(scan func(...any) error) error {
		var hash, text string
		if err := scan(&hash, &text); err != nil {
			return err
		}
		var r recon.FileReport
		err := json.Unmarshal([]byte(text), &r)
		all[hash] = r
		return err
	})
	return all, err
}
