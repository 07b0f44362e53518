package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"tieout/ledger"
)

// Part is a file of a posting as it goes out, kept in the archive.
type Part struct {
	Name, SHA256 string
	Size         int64
}

// CutText is a text that was cut to the width of its column.
type CutText struct {
	Entry string // number
	Line  int    // 0 for the text of the entry itself
	Width int    // characters that were kept
	Text  string // the whole
}

// Build stores what a released delivery consists of, in the archive by now, and
// what was cut for it. From here on every attempt sends these bytes (PF-10).
func (s *Store) Build(ctx context.Context, d *Delivery, parts []Part, cuts []CutText) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		if err := d.still(ctx, tx); err != nil {
			return err
		}
		for i, p := range parts {
			_, err := tx.ExecContext(ctx, "INSERT INTO delivery_parts (company, target, run_no, position, name, sha256, size) VALUES ($1, $2, $3, $4, $5, $6, $7)",
				d.Company, d.Target, d.RunNo, i, p.Name, p.SHA256, p.Size)
			if err != nil {
				return fmt.Errorf("delivery %s: %w", d.Name, err)
			}
		}
		for i, c := range cuts {
			_, err := tx.ExecContext(ctx, "INSERT INTO delivery_cuts (company, target, run_no, position, entry_no, line_no, width, text) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
				d.Company, d.Target, d.RunNo, i, c.Entry, c.Line, c.Width, c.Text)
			if err != nil {
				return fmt.Errorf("delivery %s: %w", d.Name, err)
			}
		}
		return step(ctx, tx, d, Approved, Built)
	})
}

// Parts are the files of a delivery in their order; none before it is built.
func (s *Store) Parts(ctx context.Context, d *Delivery) ([]Part, error) {
	var all []Part
	err := each(ctx, s.db, "SELECT name, sha256, size FROM delivery_parts WHERE company = $1 AND target = $2 AND run_no = $3 ORDER BY position", []any{d.Company, d.Target, d.RunNo},
		func(scan func(...any) error) error {
			var p Part
			err := scan(&p.Name, &p.SHA256, &p.Size)
			all = append(all, p)
			return err
		})
	return all, err
}

// CutTexts are the texts that were cut for a delivery.
func (s *Store) CutTexts(ctx context.Context, d *Delivery) ([]CutText, error) {
	var all []CutText
	err := each(ctx, s.db, "SELECT entry_no, line_no, width, text FROM delivery_cuts WHERE company = $1 AND target = $2 AND run_no = $3 ORDER BY position", []any{d.Company, d.Target, d.RunNo},
		func(scan func(...any) error) error {
			var c CutText
			err := scan(&c.Entry, &c.Line, &c.Width, &c.Text)
			all = append(all, c)
			return err
		})
	return all, err
}

// Entries are all entries of a company as they stand now, void ones included, by
// number. One that does not balance as stored is an error (INV-10).
func (s *Store) Entries(ctx context.Context, company string) ([]ledger.Entry, error) {
	stored, err := readEntries(ctx, s.db, `e.company = $1 AND e.revision = (SELECT MAX(n.revision) FROM entries n WHERE n.company = e.company AND n.entry_no = e.entry_no)`, company)
	entries := make([]ledger.Entry, len(stored))
	for i := range stored {
		entries[i] = stored[i].Entry
	}
	slices.SortFunc(entries, func(a, b ledger.Entry) int { return strings.Compare(a.Number(), b.Number()) })
	return entries, err
}
