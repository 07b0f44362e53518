package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tieout/ledger"
	"tieout/recon"
	"tieout/recon/night"
	"tieout/recon/store/queue"
)

// rowsATransaction bounds what is written at once before the commit: bulk rows
// stay invisible until it.
const rowsATransaction = 10_000

// Commit stores the run and everything it adds. Items go ahead in bounded
// transactions under the run, which is not visible yet; the last transaction
// makes all of it visible together, or none (R1).
func (r *Run) Commit(ctx context.Context, c *night.Commit) error {
	for from := 0; from < len(c.News); from += rowsATransaction {
		part := c.News[from:min(from+rowsATransaction, len(c.News))]
		err := r.inTx(ctx, func(tx *sql.Tx) error {
			if err := r.hold.still(ctx, tx); err != nil { // or the rows would end up in the run that took over
				return err
			}
			return r.writeItems(ctx, tx, part)
		})
		if err != nil {
			return fmt.Errorf("store outcomes: %w", err)
		}
	}
	err := r.inQueueTx(ctx, func(tx queue.Tx) error {
		for _, step := range []func(context.Context, *sql.Tx, *night.Commit) error{
			func(ctx context.Context, tx *sql.Tx, _ *night.Commit) error { return r.hold.still(ctx, tx) },
			r.showItems, r.writeFiles, r.writeContributions, r.writeEntries, r.writeExceptions, r.prove, r.planDelivery, r.writeArtifacts, r.writeReruns,
		} {
			if err := step(ctx, tx.SQL, c); err != nil {
				return err
			}
		}
		if err := r.wake(ctx, tx, c); err != nil {
			return err
		}
		return r.endRun(ctx, tx.SQL, c)
	})
	if err != nil {
		return fmt.Errorf("commit run %s: %w", c.RunID, err)
	}
	r.committed = true
	return nil
}

// insert writes rows of equal length, as many in a statement as the database likes.
func (s *Store) insert(ctx context.Context, tx *sql.Tx, into string, rows [][]any) error {
	return insertRows(ctx, tx, into, rows, s.dialect.rows)
}

func insertRows(ctx context.Context, tx *sql.Tx, into string, rows [][]any, aStatement int) error {
	for len(rows) > 0 {
		n := min(aStatement, len(rows))
		full := len(rows) / n * n
		if err := insertBy(ctx, tx, into, rows[:full], n); err != nil {
			return err
		}
		rows = rows[full:]
	}
	return nil
}

// insertBy writes rows, n in each statement.
func insertBy(ctx context.Context, tx *sql.Tx, into string, rows [][]any, n int) (err error) {
	statement, err := tx.PrepareContext(ctx, "INSERT INTO "+into+" VALUES "+places(n, len(rows[0])))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	for part := range slices.Chunk(rows, n) {
		if _, err := statement.ExecContext(ctx, slices.Concat(part...)...); err != nil {
			return err
		}
	}
	return nil
}

// places are the parameters of rows: ($1, $2), ($3, $4).
func places(rows, columns int) string {
	var text strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			text.WriteString("(")
		case i%columns == 0:
			text.WriteString("), (")
		default:
			text.WriteString(", ")
		}
		fmt.Fprintf(&text, "$%d", i+1)
	}
	return text.String() + ")"
}

func (r *Run) writeItems(ctx context.Context, tx *sql.Tx, items []night.Item) error {
	rows := make([][]any, len(items))
	var docs [][]any
	for i := range items {
		it := &items[i]
		rows[i] = []any{
			r.no, it.Side, it.Key, it.Merchant, it.Currency.String(), it.Settled.String(), it.Effect, it.Open, it.Hash(), string(it.Body),
			it.TxnID, it.Parent, it.Charge, it.Sale, it.UsedOn.String(), it.File,
		}
		docs = append(docs, docRows(r.no, it)...)
	}
	err := r.insert(ctx, tx, "item_versions (run_no, side, item_key, merchant, currency, settled, effect, held, hash, body, txn_id, parent, charge, sale, used_on, file)", rows)
	if err != nil {
		return err
	}
	return r.insert(ctx, tx, intoDocs, docs)
}

const intoDocs = "item_docs (run_no, side, item_key, doc_id, amount, goods, tax, shipping, surcharge)"

func docRows(run int, it *night.Item) (rows [][]any) {
	for _, d := range it.Docs {
		rows = append(rows, []any{run, it.Side, it.Key, d.Doc, d.Amount, d.Parts[recon.Goods], d.Parts[recon.Tax], d.Parts[recon.Shipping], d.Parts[recon.Surcharge]})
	}
	return rows
}

// showItems moves what counts to the versions of this run.
func (r *Run) showItems(ctx context.Context, tx *sql.Tx, c *night.Commit) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO items (company, side, item_key, run_no, merchant, currency, settled, effect, held, hash, txn_id, parent, charge, sale, used_on, file)
		SELECT $1, side, item_key, run_no, merchant, currency, settled, effect, held, hash, txn_id, parent, charge, sale, used_on, file FROM item_versions WHERE run_no = $2
		ON CONFLICT (company, side, item_key) DO UPDATE SET run_no = excluded.run_no, merchant = excluded.merchant, currency = excluded.currency,
			settled = excluded.settled, effect = excluded.effect, held = excluded.held, hash = excluded.hash, txn_id = excluded.txn_id, parent = excluded.parent,
			charge = excluded.charge, sale = excluded.sale, used_on = excluded.used_on, file = excluded.file`, c.Company, r.no)
	return err
}

func (r *Run) writeFiles(ctx context.Context, tx *sql.Tx, c *night.Commit) error {
	var seen [][]any
	for i := range c.Files {
		f := &c.Files[i]
		report, err := json.Marshal(f.Report)
		if err != nil {
			return err
		}
		seen = append(seen, []any{r.no, i, string(f.Role), f.SHA256, f.Name, string(report)})
		_, err = tx.ExecContext(ctx, `INSERT INTO files (company, role, sha256, name, size, first_run, first_day, last_day, report, said_merchant, said_report, said_version, said_window)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
			ON CONFLICT (company, role, sha256) DO UPDATE SET first_day = excluded.first_day, last_day = excluded.last_day, report = excluded.report`,
			c.Company, string(f.Role), f.SHA256, f.Name, f.Size, r.no, f.First.String(), f.Last.String(), string(report), f.Report.Merchant, f.Report.ReportName, f.Report.Version, f.Report.Window)
		if err != nil {
			return err
		}
	}
	return r.insert(ctx, tx, "run_files (run_no, seq, role, sha256, name, report)", seen)
}

// partOf is what of a contribution needs no column of its own.
type partOf struct {
	Sources   []ledger.SourceRef `json:"sources,omitempty"`
	Memo      ledger.Memo        `json:"memo"`
	RuleTable string             `json:"rule_table,omitempty"`
	Role      ledger.Role        `json:"role,omitempty"`
	Key       ledger.Key         `json:"key"`
}

func (r *Run) writeContributions(ctx context.Context, tx *sql.Tx, c *night.Commit) error {
	for _, scope := range c.Replaced {
		if _, err := tx.ExecContext(ctx, "DELETE FROM contributions WHERE company = $1 AND scope = $2", c.Company, string(scope)); err != nil {
			return err
		}
	}
	rows := make([][]any, len(c.Contributions))
	for i := range c.Contributions {
		p := &c.Contributions[i]
		detail, err := json.Marshal(partOf{p.Sources, p.Memo, p.RuleTable, p.Role, p.Key})
		if err != nil {
			return err
		}
		rows[i] = []any{c.Company, string(p.Scope), night.NaturalKey(p.Key), p.Account, p.Side.String(), p.Label, p.Rule, p.Amount, p.Base, p.Based, string(detail), r.no}
	}
	return r.insert(ctx, tx, "contributions (company, scope, natural_key, account, side, label, rule_id, amount, base, based, sources, run_no)", rows)
}

func (r *Run) writeEntries(ctx context.Context, tx *sql.Tx, c *night.Commit) error {
	var entries, lines [][]any
	for _, d := range c.Changed() {
		key := d.Key()
		entries = append(entries, []any{
			c.Company, d.Number(), d.Revision, night.NaturalKey(key), key.Correction, d.PostingDate().String(), key.Merchant, key.Currency.String(),
			string(key.Class), string(d.Change), d.Base().String(), d.Rate().String(), d.Memo(), d.Corrects(), r.no,
		})
		for i, l := range d.Lines() {
			sources, err := json.Marshal(l.Sources) // ids may hold blanks
			if err != nil {
				return err
			}
			lines = append(lines, []any{
				c.Company, d.Number(), d.Revision, i + 1, l.Account, l.Side.String(), l.Label, l.Amount, l.Base, l.Rule, l.RuleTable, string(l.Role), l.Memo, string(sources),
			})
		}
	}
	if err := r.insert(ctx, tx, "entries (company, entry_no, revision, natural_key, correction, posting_date, merchant, currency, class, change, base, rate, memo, corrects, run_no)", entries); err != nil {
		return err
	}
	return r.insert(ctx, tx, "entry_lines (company, entry_no, revision, line_no, account, side, label, amount, base, rule_id, rule_table, role, memo, sources)", lines)
}

func (r *Run) writeExceptions(ctx context.Context, tx *sql.Tx, c *night.Commit) error {
	for i := range c.Exceptions {
		e := &c.Exceptions[i]
		body, err := json.Marshal(e)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO exceptions (company, id, side, item_key, reason, status, first_seen, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (company, id) DO UPDATE SET reason = excluded.reason, status = excluded.status, item_key = excluded.item_key, body = excluded.body`,
			c.Company, e.ID, e.Side, e.Key, e.Reason.String(), string(e.Status), e.FirstSeen.String(), string(body))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO exception_history (company, id, run_no, reason, status, cause, currency, amount) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
			c.Company, e.ID, r.no, e.Reason.String(), string(e.Status), e.ClosedBy, e.Amount.Currency().String(), e.Amount.Minor())
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) writeArtifacts(ctx context.Context, tx *sql.Tx, c *night.Commit) error {
	var rows [][]any
	for _, a := range c.Artifacts {
		rows = append(rows, []any{r.no, a.Kind, a.Name, a.SHA256, a.Size, false})
	}
	return r.insert(ctx, tx, "artifacts (run_no, kind, name, sha256, size, published)", rows)
}

// prove holds what the database has against itself before the commit: every
// entry of the run balances in its currency and in base (INV-10).
func (r *Run) prove(ctx context.Context, tx *sql.Tx, c *night.Commit) error {
	var number string
	err := tx.QueryRowContext(ctx, `SELECT l.entry_no FROM entry_lines l JOIN entries e ON e.company = l.company AND e.entry_no = l.entry_no AND e.revision = l.revision
		WHERE e.company = $1 AND e.run_no = $2 GROUP BY l.entry_no, l.revision
		HAVING SUM(CASE l.side WHEN 'D' THEN l.amount ELSE -l.amount END) <> 0 OR SUM(CASE l.side WHEN 'D' THEN l.base ELSE -l.base END) <> 0 LIMIT 1`,
		c.Company, r.no).Scan(&number)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("INV-10: entry %s as stored does not balance", number)
}

func (r *Run) endRun(ctx context.Context, tx *sql.Tx, c *night.Commit) error {
	lacking, err := json.Marshal(c.Lacking)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `UPDATE runs SET state = 'COMMITTED', outcome = $1, run_id = $2, ended_us = $3, lacking = $4, setup = $5, setup_size = $6,
		commit_no = (SELECT COALESCE(MAX(o.commit_no), 0) + 1 FROM runs o WHERE o.company = $7) WHERE run_no = $8 AND state = 'RUNNING'`,
		string(c.Outcome), c.RunID, r.nowMicros(), string(lacking), r.setup.SHA256, r.setup.Size, c.Company, r.no)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(fmt.Errorf("run number %d is not in progress any more", r.no), err)
	}
	return nil
}
