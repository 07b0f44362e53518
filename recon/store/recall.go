package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"tieout/ledger"
	"tieout/recon"
	"tieout/recon/night"
)

// Recall adds to a state what a run needs beyond what every run is told.
func (r *Run) Recall(ctx context.Context, req night.Request, s *night.State, need *night.Need) error {
	l := r.loading(ctx, req, s)
	for _, step := range []func(*night.Need) error{l.needRows, l.needPriors, l.needBooks, l.needExceptions, l.needHashes} {
		if err := step(need); err != nil {
			return err
		}
	}
	return nil
}

// needRows adds rows by what they are found by, and then what these follow and
// what follows them, until nothing more is found.
func (l *loading) needRows(need *night.Need) error {
	if len(need.IDs)+len(need.Charges)+len(need.Sales)+len(need.Files) == 0 {
		return nil
	}
	if l.whole {
		err := l.addRows("i.side = 'event'")
		l.sortRows()
		return err
	}
	near := []any{need.Near.From.String(), need.Near.To.String()}
	if err := l.addRowsIn("i.charge <> '' AND i.settled BETWEEN $2 AND $3 AND i.charge IN (%s)", need.Charges, near...); err != nil {
		return err
	}
	if err := l.addRowsIn("i.sale <> '' AND i.sale IN (%s)", need.Sales); err != nil {
		return err
	}
	for _, f := range need.Files {
		if err := l.addRows("i.side = 'event' AND i.settled BETWEEN $2 AND $3 AND i.file = $4", f.First.String(), f.Last.String(), f.SHA256); err != nil {
			return err
		}
	}
	return l.families(need.IDs)
}

// families adds what is linked by ids, in both directions.
func (l *loading) families(ids []string) error {
	asked := map[string]bool{}
	for len(ids) > 0 || len(l.fresh) > 0 {
		for i := range l.fresh {
			r := &l.fresh[i]
			ids = append(ids, r.ID, r.Parent, r.ParentID)
		}
		l.sortRows()
		ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" || asked[id] })
		for _, id := range ids {
			asked[id] = true
		}
		for _, column := range []string{"txn_id", "parent"} {
			if err := l.addRowsIn("i."+column+" <> '' AND i."+column+" IN (%s)", ids); err != nil {
				return err
			}
		}
		ids = nil
	}
	return nil
}

// needPriors sums up what rows outside the range and acts took from documents.
// SQLite takes the tables of a CROSS JOIN in their order: by the documents, not
// through the whole past.
func (l *loading) needPriors(need *night.Need) error {
	from, to := l.req.From.String(), l.req.To.String()
	return inParts(need.Docs, 4, func(marks string, part []any) error {
		return each(l.ctx, l.db, `SELECT d.doc_id, CAST(SUM(d.amount) AS BIGINT), CAST(SUM(d.goods) AS BIGINT), CAST(SUM(d.tax) AS BIGINT), CAST(SUM(d.shipping) AS BIGINT), CAST(SUM(d.surcharge) AS BIGINT)
			FROM item_docs d CROSS JOIN items i WHERE i.company = $1 AND i.side = d.side AND i.item_key = d.item_key AND i.run_no = d.run_no
			AND (i.side = 'act' OR i.settled < $2 OR i.settled > $3) AND d.doc_id IN (`+marks+`) GROUP BY d.doc_id`, append([]any{l.company, from, to}, part...),
			func(scan func(...any) error) error {
				var doc string
				var p recon.Prior
				err := scan(&doc, &p.Amount, &p.Parts[recon.Goods], &p.Parts[recon.Tax], &p.Parts[recon.Shipping], &p.Parts[recon.Surcharge])
				l.s.Priors[doc] = p
				return err
			})
	})
}

// needBooks adds the contributions to entries, and the entries: each natural
// key's original first, in its newest revision.
func (l *loading) needBooks(need *night.Need) error {
	keys := slices.Clone(need.Entries)
	var scopes []string
	for _, scope := range need.Scopes {
		scopes = append(scopes, string(scope))
	}
	err := inParts(scopes, 2, func(marks string, part []any) error {
		return each(l.ctx, l.db, "SELECT natural_key FROM contributions WHERE company = $1 AND scope IN ("+marks+")", append([]any{l.company}, part...), func(scan func(...any) error) error {
			var key string
			err := scan(&key)
			keys = append(keys, key)
			return err
		})
	})
	if err != nil {
		return err
	}
	if err := inParts(keys, 2, l.contributions); err != nil {
		return err
	}
	slices.SortFunc(l.s.Contributions, func(a, b ledger.Contribution) int { return a.Compare(&b) }) // no database knows this order
	return inParts(keys, 2, l.entries)
}

func (l *loading) contributions(marks string, part []any) error {
	query := "SELECT scope, account, side, label, rule_id, amount, base, based, sources FROM contributions WHERE company = $1 AND natural_key IN (" + marks + ")"
	return each(l.ctx, l.db, query, append([]any{l.company}, part...), func(scan func(...any) error) error {
		var c ledger.Contribution
		var scope, side, detail string
		if err := scan(&scope, &c.Account, &side, &c.Label, &c.Rule, &c.Amount, &c.Base, &c.Based, &detail); err != nil {
			return err
		}
		var p partOf
		if err := json.Unmarshal([]byte(detail), &p); err != nil {
			return err
		}
		c.Scope, c.Side, c.Key, c.Sources, c.Memo, c.RuleTable, c.Role = ledger.Scope(scope), ledger.Side(side[0]), p.Key, p.Sources, p.Memo, p.RuleTable, p.Role
		l.s.Contributions = append(l.s.Contributions, c)
		return nil
	})
}

func (l *loading) entries(marks string, part []any) error {
	stored, err := readEntries(l.ctx, l.db, "e.company = $1 AND e.natural_key IN ("+marks+") AND "+newest, append([]any{l.company}, part...)...)
	for _, e := range stored {
		key := night.NaturalKey(e.Key())
		l.s.Entries[key] = append(l.s.Entries[key], e.Booked)
	}
	return err
}

// newest tells the revision of an entry that counts.
const newest = "e.revision = (SELECT MAX(n.revision) FROM entries n WHERE n.company = e.company AND n.entry_no = e.entry_no)"

func (l *loading) needExceptions(need *night.Need) error {
	return inParts(need.Exceptions, 2, func(marks string, part []any) error { return l.exceptions("id IN ("+marks+")", part...) })
}

func (l *loading) needHashes(need *night.Need) error {
	for side, keys := range need.Items {
		err := inParts(keys, 3, func(marks string, part []any) error {
			query := "SELECT item_key, hash FROM items WHERE company = $1 AND side = $2 AND item_key IN (" + marks + ")"
			return each(l.ctx, l.db, query, append([]any{l.company, side}, part...), func(scan func(...any) error) error {
				var key, hash string
				err := scan(&key, &hash)
				l.s.Bodies[side+"|"+key] = hash
				return err
			})
		})
		if err != nil {
			return fmt.Errorf("hashes of %s items: %w", side, err)
		}
	}
	return nil
}
