package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"

	"tieout/recon/night"
)

// findItems is a migration: items are found by what a night asks for, not by
// reading all of them. It fills in what earlier runs have left.
func findItems(rowsAStatement int) *goose.Migration {
	return goose.NewGoMigration(7, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		for _, statement := range findable() {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return fillTraits(ctx, tx, rowsAStatement)
	}}, nil)
}

// findable is its schema.
func findable() []string {
	var statements []string
	for _, table := range []string{"item_versions", "items"} {
		for _, column := range []string{"txn_id", "parent", "charge", "sale", "used_on", "file"} {
			statements = append(statements, "ALTER TABLE "+table+" ADD COLUMN "+column+" TEXT NOT NULL DEFAULT ''")
		}
	}
	return append(statements,
		`CREATE INDEX items_settled ON items (company, side, settled, merchant, currency, effect)`, // batch nets are read from it alone
		`CREATE INDEX items_held ON items (company, side) WHERE held <> 0`,
		`CREATE INDEX items_used ON items (company, used_on) WHERE used_on <> ''`,
		`CREATE INDEX items_txn ON items (company, txn_id) WHERE txn_id <> ''`,
		`CREATE INDEX items_parent ON items (company, parent) WHERE parent <> ''`,
		`CREATE INDEX items_charge ON items (company, charge, settled) WHERE charge <> ''`,
		`CREATE INDEX items_sale ON items (company, sale) WHERE sale <> ''`,
		// What items took from documents and which they name.
		`CREATE TABLE item_docs (
			run_no    BIGINT NOT NULL,
			side      TEXT NOT NULL,
			item_key  TEXT NOT NULL,
			doc_id    TEXT NOT NULL,
			amount    BIGINT NOT NULL,
			goods     BIGINT NOT NULL,
			tax       BIGINT NOT NULL,
			shipping  BIGINT NOT NULL,
			surcharge BIGINT NOT NULL,
			PRIMARY KEY (run_no, side, item_key, doc_id),
			FOREIGN KEY (run_no, side, item_key) REFERENCES item_versions (run_no, side, item_key)
		)`,
		`CREATE INDEX item_docs_doc ON item_docs (doc_id)`,
		`CREATE INDEX contributions_entry ON contributions (company, natural_key)`,
		`CREATE INDEX exceptions_open ON exceptions (company) WHERE status <> 'CLOSED'`,
		`CREATE INDEX exceptions_item ON exceptions (company, side, item_key)`,
	)
}

// filled is an item of a store that was made before that migration.
type filled struct {
	company, side, key string
	run                int
	night.Traits
}

// fillTraits gives the items that count their traits. They are read first: a
// transaction cannot write while it reads.
func fillTraits(ctx context.Context, tx *sql.Tx, rowsAStatement int) error {
	var all []filled
	err := each(ctx, tx, `SELECT i.company, i.side, i.item_key, i.run_no, v.body FROM items i
		JOIN item_versions v ON v.run_no = i.run_no AND v.side = i.side AND v.item_key = i.item_key WHERE i.side IN ('event', 'act')`, nil, func(scan func(...any) error) error {
		var f filled
		var body string
		if err := scan(&f.company, &f.side, &f.key, &f.run, &body); err != nil {
			return err
		}
		var err error
		if f.Traits, err = night.TraitsOf(f.side, []byte(body)); err != nil {
			return fmt.Errorf("stored %s %s: %w", f.side, f.key, err)
		}
		all = append(all, f)
		return nil
	})
	if err != nil || len(all) == 0 {
		return err
	}
	var docs [][]any
	for i := range all {
		docs = append(docs, docRows(all[i].run, &night.Item{Side: all[i].side, Key: all[i].key, Traits: all[i].Traits})...)
	}
	if err := setTraits(ctx, tx, all); err != nil {
		return err
	}
	return insertRows(ctx, tx, intoDocs, docs, rowsAStatement)
}

func setTraits(ctx context.Context, tx *sql.Tx, all []filled) (err error) {
	statement, err := tx.PrepareContext(ctx, `UPDATE items SET txn_id = $1, parent = $2, charge = $3, sale = $4, used_on = $5, file = $6
		WHERE company = $7 AND side = $8 AND item_key = $9`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	for i := range all {
		f := &all[i]
		if _, err := statement.ExecContext(ctx, f.TxnID, f.Parent, f.Charge, f.Sale, f.UsedOn.String(), f.File, f.company, f.side, f.key); err != nil {
			return err
		}
	}
	return nil
}
