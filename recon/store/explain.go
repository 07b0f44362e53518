package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"tieout/ledger"
	"tieout/recon"
	"tieout/recon/night"
)

// Snapshot answers questions about one moment: what a run commits meanwhile does
// not show.
type Snapshot struct{ tx *sql.Tx }

// Snapshot opens one. Whoever opens it closes it.
func (s *Store) Snapshot(ctx context.Context) (*Snapshot, error) {
	tx, err := s.db.BeginTx(ctx, &s.dialect.snapshot)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return &Snapshot{tx}, nil
}

// Close ends it.
func (s *Snapshot) Close() error { return ignoreDone(s.tx.Rollback()) }

// RunRef names the run that left something.
type RunRef struct {
	RunID          string
	From, To, AsOf recon.Date
}

// Version is an item as a run left it.
type Version struct {
	Side, Key string
	Run       RunRef
	Body      []byte
}

// Versions are what the runs made of an item, oldest first: the last one counts.
// They are sought run by run, as the versions are filed.
func (s *Snapshot) Versions(ctx context.Context, company, side, key string) ([]Version, error) {
	return s.versions(ctx, `SELECT v.side, v.item_key, r.run_id, r.date_from, r.date_to, r.as_of, v.body FROM runs r
		JOIN item_versions v ON v.run_no = r.run_no WHERE r.company = $1 AND r.state = 'COMMITTED' AND v.side = $2 AND v.item_key = $3 ORDER BY r.run_no`, company, side, key)
}

// Keys are the natural keys of the rows that share a transaction id, in the
// order of the events.
func (s *Snapshot) Keys(ctx context.Context, company, txnID string) ([]string, error) {
	args := []any{company}
	var marks []string
	for t := recon.Auth; t <= recon.Adjustment; t++ {
		args = append(args, night.RowKey(txnID, t))
		marks = append(marks, fmt.Sprintf("$%d", len(args)))
	}
	known := map[string]bool{}
	for _, table := range []string{"items", "exceptions"} { // a row that cannot be trusted has an exception alone
		err := each(ctx, s.tx, "SELECT item_key FROM "+table+" WHERE company = $1 AND side = 'event' AND item_key IN ("+strings.Join(marks, ", ")+")", args,
			func(scan func(...any) error) error {
				var key string
				err := scan(&key)
				known[key] = true
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	var keys []string
	for _, arg := range args[1:] {
		if key, _ := arg.(string); known[key] {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// Naming are the rows and acts, as they count now, that took money from the
// document or are thought to belong to it: count in all, a page of them here.
func (s *Snapshot) Naming(ctx context.Context, company, doc string, p Page) (all []Version, count int, err error) {
	const of = ` FROM item_docs d CROSS JOIN items i WHERE d.doc_id = $2 AND i.company = $1 AND i.side = d.side AND i.item_key = d.item_key AND i.run_no = d.run_no`
	if err := s.tx.QueryRowContext(ctx, "SELECT COUNT(*)"+of, company, doc).Scan(&count); err != nil {
		return nil, 0, err
	}
	var keys [][2]string
	err = each(ctx, s.tx, "SELECT i.side, i.item_key"+of+" ORDER BY i.settled, i.item_key, i.side LIMIT $3 OFFSET $4", []any{company, doc, p.limit(), p.Skip}, func(scan func(...any) error) error {
		var key [2]string
		err := scan(&key[0], &key[1])
		keys = append(keys, key)
		return err
	})
	for _, key := range keys {
		if err != nil {
			break
		}
		var found []Version
		found, err = s.Current(ctx, company, key[0], key[1])
		all = append(all, found...)
	}
	return all, count, err
}

// Page is a part of a long list. Limit 0 is all of it.
type Page struct{ Skip, Limit int }

func (p Page) limit() int {
	if p.Limit == 0 {
		return math.MaxInt32
	}
	return p.Limit
}

// Of is the part of a list of so many.
func (p Page) Of(count int) (from, to int) {
	from = min(p.Skip, count)
	return from, from + min(p.limit(), count-from)
}

func (s *Snapshot) versions(ctx context.Context, query string, args ...any) ([]Version, error) {
	var all []Version
	err := each(ctx, s.tx, query, args, func(scan func(...any) error) error {
		var v Version
		var from, to, asOf, body string
		if err := scan(&v.Side, &v.Key, &v.Run.RunID, &from, &to, &asOf, &body); err != nil {
			return err
		}
		v.Body = []byte(body)
		all = append(all, v)
		return all[len(all)-1].Run.days(from, to, asOf)
	})
	return all, err
}

func (r *RunRef) days(from, to, asOf string) error {
	return errors.Join(r.From.UnmarshalText([]byte(from)), r.To.UnmarshalText([]byte(to)), r.AsOf.UnmarshalText([]byte(asOf)))
}

// RunOf names the run that stored an entry.
func (s *Snapshot) RunOf(ctx context.Context, e *Entry) (r RunRef, err error) {
	no, err := strconv.ParseInt(e.RunNo, 10, 64)
	if err != nil {
		return r, fmt.Errorf("entry %s: run %q: %w", e.Number(), e.RunNo, err)
	}
	var from, to, asOf string
	if err := s.tx.QueryRowContext(ctx, "SELECT run_id, date_from, date_to, as_of FROM runs WHERE run_no = $1", no).Scan(&r.RunID, &from, &to, &asOf); err != nil {
		return r, err
	}
	return r, r.days(from, to, asOf)
}

// Current is the version of an item that counts; none where no row is stored.
func (s *Snapshot) Current(ctx context.Context, company, side, key string) ([]Version, error) {
	return s.versions(ctx, currentItems+" WHERE i.company = $1 AND i.side = $2 AND i.item_key = $3", company, side, key)
}

// Currents are the versions of items of a side that count, by key.
func (s *Snapshot) Currents(ctx context.Context, company, side string, keys []string) (map[string]Version, error) {
	all := map[string]Version{}
	err := inParts(keys, 3, func(marks string, part []any) error {
		found, err := s.versions(ctx, currentItems+" WHERE i.company = $1 AND i.side = $2 AND i.item_key IN ("+marks+")", append([]any{company, side}, part...)...)
		for _, v := range found {
			all[v.Key] = v
		}
		return err
	})
	return all, err
}

// currentItems reads items with the version that counts and the run that left it.
const currentItems = `SELECT v.side, v.item_key, r.run_id, r.date_from, r.date_to, r.as_of, v.body FROM items i
	JOIN item_versions v ON v.run_no = i.run_no AND v.side = i.side AND v.item_key = i.item_key JOIN runs r ON r.run_no = i.run_no`

// Chain are all revisions of all entries that share the natural key of the
// entry: the original, its revisions and its corrections (GL-20, GL-22).
func (s *Snapshot) Chain(ctx context.Context, company, number string) ([]Entry, error) {
	return readEntries(ctx, s.tx, "e.company = $1 AND e.natural_key IN (SELECT k.natural_key FROM entries k WHERE k.company = e.company AND k.entry_no = $2)", company, number)
}

// Newest is the newest revision of an entry.
func (s *Snapshot) Newest(ctx context.Context, company, number string) (revision int, err error) {
	err = s.tx.QueryRowContext(ctx, "SELECT MAX(revision) FROM entries WHERE company = $1 AND entry_no = $2", company, number).Scan(&revision)
	return revision, err
}

// Carrying are the entries of a class with a line that was rolled up from the
// source, all revisions (GL-24). days narrows the search to entries of these
// posting dates; none searches all of the class.
func (s *Snapshot) Carrying(ctx context.Context, company string, class ledger.Class, source ledger.SourceRef, days []recon.Date) ([]Entry, error) {
	where, args := "e.company = $1 AND e.class = $2", []any{company, string(class)}
	var marks []string
	for _, day := range days {
		args = append(args, day.String())
		marks = append(marks, fmt.Sprintf("$%d", len(args)))
	}
	if len(marks) > 0 {
		where += " AND substr(e.natural_key, 1, 10) IN (" + strings.Join(marks, ", ") + ")"
	}
	args = append(args, string(source))
	where += fmt.Sprintf(` AND EXISTS (SELECT 1 FROM entry_lines x WHERE x.company = e.company AND x.entry_no = e.entry_no AND x.revision = e.revision
		AND replace(x.sources, $%d, '') <> x.sources)`, len(args))
	found, err := readEntries(ctx, s.tx, where, args...)
	return slices.DeleteFunc(found, func(e Entry) bool {
		return !slices.ContainsFunc(e.Lines(), func(l ledger.Line) bool { return slices.Contains(l.Sources, source) })
	}), err
}

// PostingFiles are the deliveries that carry a revision of an entry.
func (s *Snapshot) PostingFiles(ctx context.Context, company, number string, revision int) ([]Delivery, error) {
	var all []Delivery
	err := each(ctx, s.tx, `SELECT d.target, d.state, d.sequence, d.name, d.sha256 FROM delivery_entries c
		JOIN deliveries d ON d.company = c.company AND d.target = c.target AND d.run_no = c.run_no
		WHERE c.company = $1 AND c.entry_no = $2 AND c.revision = $3 ORDER BY d.target`, []any{company, number, revision}, func(scan func(...any) error) error {
		var d Delivery
		err := scan(&d.Target, &d.State, &d.Sequence, &d.Name, &d.SHA256)
		all = append(all, d)
		return err
	})
	return all, err
}

// ExceptionByID is the exception of an id, if there is one.
func (s *Snapshot) ExceptionByID(ctx context.Context, company, id string) ([]night.Exception, error) {
	return s.exceptionsWhere(ctx, "company = $1 AND id = $2", company, id)
}

// ExceptionsOf are the exceptions of an item, open and closed.
func (s *Snapshot) ExceptionsOf(ctx context.Context, company, side, key string) ([]night.Exception, error) {
	return s.exceptionsWhere(ctx, "company = $1 AND side = $2 AND item_key = $3", company, side, key)
}

func (s *Snapshot) exceptionsWhere(ctx context.Context, where string, args ...any) ([]night.Exception, error) {
	var all []night.Exception
	err := each(ctx, s.tx, "SELECT body FROM exceptions WHERE "+where+" ORDER BY id", args, func(scan func(...any) error) error {
		var body string
		if err := scan(&body); err != nil {
			return err
		}
		var e night.Exception
		err := json.Unmarshal([]byte(body), &e)
		all = append(all, e)
		return err
	})
	return all, err
}

// ExceptionStep is what a run did to an exception.
type ExceptionStep struct {
	Run    RunRef
	Reason string // code
	Status night.ExceptionStatus
	Cause  string // what closed it
}

// History is what became of an exception, oldest first.
func (s *Snapshot) History(ctx context.Context, company, id string) ([]ExceptionStep, error) {
	var all []ExceptionStep
	err := each(ctx, s.tx, `SELECT r.run_id, r.date_from, r.date_to, r.as_of, h.reason, h.status, h.cause FROM exception_history h JOIN runs r ON r.run_no = h.run_no
		WHERE h.company = $1 AND h.id = $2 ORDER BY h.run_no`, []any{company, id}, func(scan func(...any) error) error {
		var step ExceptionStep
		var from, to, asOf string
		if err := scan(&step.Run.RunID, &from, &to, &asOf, &step.Reason, &step.Status, &step.Cause); err != nil {
			return err
		}
		all = append(all, step)
		return all[len(all)-1].Run.days(from, to, asOf)
	})
	return all, err
}

// FileNames are the names under which a kept file came.
func (s *Snapshot) FileNames(ctx context.Context, company, hash string) ([]string, error) {
	var names []string
	err := each(ctx, s.tx, "SELECT DISTINCT name FROM files WHERE company = $1 AND sha256 = $2 ORDER BY name", []any{company, hash}, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	})
	return names, err
}
