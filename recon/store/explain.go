package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tieout/ledger"
	"tieout/recon"
	"tieout/recon/night"
)

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
func (s *Store) Versions(ctx context.Context, company, side, key string) ([]Version, error) {
	return s.versions(ctx, `SELECT v.side, v.item_key, r.run_id, r.date_from, r.date_to, r.as_of, v.body FROM runs r
		JOIN item_versions v ON v.run_no = r.run_no WHERE r.company = $1 AND r.state = 'COMMITTED' AND v.side = $2 AND v.item_key = $3 ORDER BY r.run_no`, company, side, key)
}

// Keys are the natural keys of the rows that share a transaction id, in the
// order of the events.
func (s *Store) Keys(ctx context.Context, company, txnID string) ([]string, error) {
	args := []any{company}
	var marks []string
	for t := recon.Auth; t <= recon.Adjustment; t++ {
		args = append(args, night.RowKey(txnID, t))
		marks = append(marks, fmt.Sprintf("$%d", len(args)))
	}
	known := map[string]bool{}
	for _, table := range []string{"items", "exceptions"} { // a row that cannot be trusted has an exception alone
		err := each(ctx, s.db, "SELECT item_key FROM "+table+" WHERE company = $1 AND side = 'event' AND item_key IN ("+strings.Join(marks, ", ")+")", args,
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

// Naming are the rows and acts, as they count now, whose bodies name the
// document: that took money from it, or are thought to belong to it.
func (s *Store) Naming(ctx context.Context, company, doc string) ([]Version, error) {
	quoted, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	return s.versions(ctx, currentItems+" WHERE i.company = $1 AND i.side IN ('event', 'act') AND replace(v.body, $2, '') <> v.body ORDER BY i.settled, i.item_key, i.side",
		company, string(quoted))
}

func (s *Store) versions(ctx context.Context, query string, args ...any) ([]Version, error) {
	var all []Version
	err := each(ctx, s.db, query, args, func(scan func(...any) error) error {
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
func (s *Store) RunOf(ctx context.Context, e *Entry) (r RunRef, err error) {
	no, err := strconv.ParseInt(e.RunNo, 10, 64)
	if err != nil {
		return r, fmt.Errorf("entry %s: run %q: %w", e.Number(), e.RunNo, err)
	}
	var from, to, asOf string
	if err := s.db.QueryRowContext(ctx, "SELECT run_id, date_from, date_to, as_of FROM runs WHERE run_no = $1", no).Scan(&r.RunID, &from, &to, &asOf); err != nil {
		return r, err
	}
	return r, r.days(from, to, asOf)
}

// Current is the version of an item that counts; none where no row is stored.
func (s *Store) Current(ctx context.Context, company, side, key string) ([]Version, error) {
	return s.versions(ctx, currentItems+" WHERE i.company = $1 AND i.side = $2 AND i.item_key = $3", company, side, key)
}

// currentItems reads items with the version that counts and the run that left it.
const currentItems = `SELECT v.side, v.item_key, r.run_id, r.date_from, r.date_to, r.as_of, v.body FROM items i
	JOIN item_versions v ON v.run_no = i.run_no AND v.side = i.side AND v.item_key = i.item_key JOIN runs r ON r.run_no = i.run_no`

// Chain are all revisions of all entries that share the natural key of the
// entry: the original, its revisions and its corrections (GL-20, GL-22).
func (s *Store) Chain(ctx context.Context, company, number string) ([]Entry, error) {
	return readEntries(ctx, s.db, "e.company = $1 AND e.natural_key IN (SELECT k.natural_key FROM entries k WHERE k.company = e.company AND k.entry_no = $2)", company, number)
}

// Carrying are the entries of a class with a line that was rolled up from the
// source, all revisions (GL-24). days narrows the search to entries of these
// posting dates; none searches all of the class.
func (s *Store) Carrying(ctx context.Context, company string, class ledger.Class, source ledger.SourceRef, days []recon.Date) ([]Entry, error) {
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
	found, err := readEntries(ctx, s.db, where, args...)
	return slices.DeleteFunc(found, func(e Entry) bool {
		return !slices.ContainsFunc(e.Lines(), func(l ledger.Line) bool { return slices.Contains(l.Sources, source) })
	}), err
}

// PostingFiles are the deliveries that carry a revision of an entry.
func (s *Store) PostingFiles(ctx context.Context, company, number string, revision int) ([]Delivery, error) {
	var all []Delivery
	err := each(ctx, s.db, `SELECT d.target, d.state, d.sequence, d.name, d.sha256 FROM delivery_entries c
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
func (s *Store) ExceptionByID(ctx context.Context, company, id string) ([]night.Exception, error) {
	return s.exceptionsWhere(ctx, "company = $1 AND id = $2", company, id)
}

// ExceptionsOf are the exceptions of an item, open and closed.
func (s *Store) ExceptionsOf(ctx context.Context, company, side, key string) ([]night.Exception, error) {
	return s.exceptionsWhere(ctx, "company = $1 AND side = $2 AND item_key = $3", company, side, key)
}

func (s *Store) exceptionsWhere(ctx context.Context, where string, args ...any) ([]night.Exception, error) {
	var all []night.Exception
	err := each(ctx, s.db, "SELECT body FROM exceptions WHERE "+where+" ORDER BY id", args, func(scan func(...any) error) error {
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
func (s *Store) History(ctx context.Context, company, id string) ([]ExceptionStep, error) {
	var all []ExceptionStep
	err := each(ctx, s.db, `SELECT r.run_id, r.date_from, r.date_to, r.as_of, h.reason, h.status, h.cause FROM exception_history h JOIN runs r ON r.run_no = h.run_no
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
func (s *Store) FileNames(ctx context.Context, company, hash string) ([]string, error) {
	var names []string
	err := each(ctx, s.db, "SELECT DISTINCT name FROM files WHERE company = $1 AND sha256 = $2 ORDER BY name", []any{company, hash}, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	})
	return names, err
}
