package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/night"
)

// Load returns what every run must know of what earlier runs left.
func (r *Run) Load(ctx context.Context, req night.Request) (*night.State, error) {
	l := r.loading(ctx, req, &night.State{
		Run: r.no, Attempt: r.attempt, BatchNets: map[recon.BatchKey]int64{}, Priors: map[string]recon.Prior{}, Entries: map[string][]ledger.Booked{},
		Exceptions: map[string]night.Exception{}, Bodies: map[string]string{}, LastNumber: map[int]int{},
	})
	for _, step := range []func() error{l.openExceptions, l.rowsOfRange, l.funding, l.nets, l.numbers, l.files, l.cuts, l.weeks, l.lacking} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return l.s, r.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM runs WHERE company = $1 AND date_from = $2 AND date_to = $3 AND state = 'COMMITTED' AND outcome <> 'UNCHANGED'`,
		req.Company, req.From.String(), req.To.String()).Scan(&l.s.Revision)
}

// lacking is what the last run of the same range went on without.
func (l *loading) lacking() error {
	return each(l.ctx, l.db, `SELECT lacking FROM runs WHERE company = $1 AND date_from = $2 AND date_to = $3 AND state = 'COMMITTED' ORDER BY run_no DESC LIMIT 1`,
		[]any{l.company, l.req.From.String(), l.req.To.String()}, func(scan func(...any) error) error {
			var text string
			if err := scan(&text); err != nil {
				return err
			}
			return json.Unmarshal([]byte(text), &l.s.Lacking)
		})
}

type loading struct {
	ctx     context.Context
	db      querier
	company string
	req     night.Request
	s       *night.State
	rows    map[string]bool // keys of those that the state has
	fresh   []night.Row     // rows that the last step brought
	whole   bool
}

func (s *Store) loading(ctx context.Context, req night.Request, state *night.State) *loading {
	l := &loading{ctx: ctx, db: s.db, company: req.Company, req: req, s: state, rows: map[string]bool{}, whole: s.o.Whole}
	for i := range state.Rows {
		l.rows[state.Rows[i].Key()] = true
	}
	return l
}

func (l *loading) each(query string, row func(scan func(...any) error) error) error {
	return each(l.ctx, l.db, query, []any{l.company}, row)
}

// rowsOfRange are the rows of the range, those that hold money or whose held money
// a row of the range used, and those with an open exception.
func (l *loading) rowsOfRange() error {
	from, to := l.req.From.String(), l.req.To.String()
	for _, q := range []struct {
		where string
		args  []any
	}{
		{"i.side = 'event' AND i.settled BETWEEN $2 AND $3", []any{from, to}},
		{"i.side = 'event' AND i.held <> 0", nil},
		{"i.used_on <> '' AND i.used_on BETWEEN $2 AND $3", []any{from, to}},
	} {
		if err := l.addRows(q.where, q.args...); err != nil {
			return err
		}
	}
	var keys []string
	for _, e := range l.s.Exceptions {
		if e.Side == night.SideEvent && e.Key != "" {
			keys = append(keys, e.Key)
		}
	}
	if err := l.addRowsIn("i.side = 'event' AND i.item_key IN (%s)", keys); err != nil {
		return err
	}
	l.sortRows()
	return nil
}

// addRows adds the rows that a condition on events chooses and the state does not have.
func (l *loading) addRows(where string, args ...any) error {
	return each(l.ctx, l.db, `SELECT i.item_key, v.body FROM items i CROSS JOIN item_versions v WHERE v.run_no = i.run_no AND v.side = i.side AND v.item_key = i.item_key
		AND i.company = $1 AND `+where, append([]any{l.company}, args...), func(scan func(...any) error) error {
		var key, body string
		if err := scan(&key, &body); err != nil || l.rows[key] {
			return err
		}
		l.rows[key] = true
		if err := unpack([]byte(body), &l.fresh); err != nil {
			return fmt.Errorf("stored event %s: %w", key, err)
		}
		return nil
	})
}

// addRowsIn does so for a condition that names many values, of which %s are the marks.
func (l *loading) addRowsIn(where string, values []string, args ...any) error {
	return inParts(values, len(args)+2, func(marks string, part []any) error {
		return l.addRows(fmt.Sprintf(where, marks), append(slices.Clone(args), part...)...)
	})
}

func (l *loading) sortRows() {
	l.s.Rows = append(l.s.Rows, l.fresh...)
	l.fresh = nil
	slices.SortFunc(l.s.Rows, func(a, b night.Row) int { return cmp.Compare(a.Key(), b.Key()) })
}

// partSize is how many values one statement names.
const partSize = 1000

// inParts names values a part at a time, each once and in order; the first mark
// is $first. What no text of a database can be is left out.
func inParts(values []string, first int, do func(marks string, part []any) error) error {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	values = slices.DeleteFunc(values, func(v string) bool { return !utf8.ValidString(v) || strings.ContainsRune(v, 0) })
	for part := range slices.Chunk(values, partSize) {
		var marks strings.Builder
		args := make([]any, len(part))
		for i, v := range part {
			if args[i] = v; i > 0 {
				marks.WriteString(", ")
			}
			fmt.Fprintf(&marks, "$%d", first+i)
		}
		if err := do(marks.String(), args); err != nil {
			return err
		}
	}
	return nil
}

// funding are the deposits and bank lines.
func (l *loading) funding() error {
	err := l.each(`SELECT i.side, i.item_key, v.body FROM items i JOIN item_versions v ON v.run_no = i.run_no AND v.side = i.side AND v.item_key = i.item_key
		WHERE i.company = $1 AND i.side IN ('deposit', 'bank')`, func(scan func(...any) error) error {
		var side, key, body string
		if err := scan(&side, &key, &body); err != nil {
			return err
		}
		if err := l.item(side, []byte(body)); err != nil {
			return fmt.Errorf("stored %s %s: %w", side, key, err)
		}
		return nil
	})
	slices.SortFunc(l.s.Deposits, func(a, b night.Deposit) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(l.s.BankLines, func(a, b night.BankLine) int { return cmp.Compare(a.ID, b.ID) })
	return err
}

func (l *loading) item(side string, body []byte) error {
	switch side {
	case night.SideDeposit:
		return unpack(body, &l.s.Deposits)
	case night.SideBank:
		return unpack(body, &l.s.BankLines)
	}
	return nil
}

func unpack[T any](body []byte, to *[]T) error {
	var v T
	err := json.Unmarshal(body, &v)
	*to = append(*to, v)
	return err
}

func (l *loading) nets() error {
	return l.each(`SELECT merchant, settled, currency, CAST(SUM(effect) AS BIGINT) FROM items WHERE company = $1 AND side = 'event' AND effect <> 0
		GROUP BY settled, merchant, currency`, func(scan func(...any) error) error {
		var merchant, settled, currency string
		var net int64
		if err := scan(&merchant, &settled, &currency, &net); err != nil {
			return err
		}
		day, err := recon.ParseDate(settled)
		if err != nil {
			return err
		}
		c, err := money.ParseCurrency(currency)
		l.s.BatchNets[recon.BatchKey{Merchant: merchant, SettlementDate: day, Currency: c}] = net
		return err
	})
}

// numbers are the last entry number of every posting year.
func (l *loading) numbers() error {
	return l.each(`SELECT MAX(entry_no) FROM entries WHERE company = $1 GROUP BY substr(entry_no, 1, 4)`, func(scan func(...any) error) error {
		var last string
		if err := scan(&last); err != nil {
			return err
		}
		var year, n int
		if _, err := fmt.Sscanf(last, "TO%02d%06d", &year, &n); err != nil {
			return fmt.Errorf("stored entry number %q: %w", last, err)
		}
		l.s.LastNumber[2000+year] = n
		return nil
	})
}

// openExceptions are those that are not closed.
func (l *loading) openExceptions() error { return l.exceptions("status <> 'CLOSED'") }

func (l *loading) exceptions(where string, args ...any) error {
	return each(l.ctx, l.db, "SELECT body FROM exceptions WHERE company = $1 AND "+where, append([]any{l.company}, args...), func(scan func(...any) error) error {
		var body string
		if err := scan(&body); err != nil {
			return err
		}
		var e night.Exception
		err := json.Unmarshal([]byte(body), &e)
		l.s.Exceptions[e.ID] = e
		return err
	})
}

func (l *loading) files() error {
	err := l.each(`SELECT role, sha256, name, size, first_run, first_day, last_day, report, said_merchant, said_report, said_version, said_window FROM files WHERE company = $1`, func(scan func(...any) error) error {
		f := night.File{Used: true}
		var role, first, last, report string
		if err := scan(&role, &f.SHA256, &f.Name, &f.Size, &f.Generation, &first, &last, &report, &f.Report.Merchant, &f.Report.ReportName, &f.Report.Version, &f.Report.Window); err != nil {
			return err
		}
		f.Role = night.Role(role)
		if err := f.First.UnmarshalText([]byte(first)); err != nil {
			return err
		}
		if err := f.Last.UnmarshalText([]byte(last)); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(report), &f.Report)
		l.s.Files = append(l.s.Files, f)
		return err
	})
	slices.SortFunc(l.s.Files, func(a, b night.File) int {
		return cmp.Or(cmp.Compare(a.Generation, b.Generation), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Name, b.Name), cmp.Compare(a.SHA256, b.SHA256))
	})
	return err
}

// weeks tell the day of the last run, and what was open at the end of earlier
// weeks: of every exception its newest state as of that day.
func (l *loading) weeks() error {
	var first recon.Date
	err := l.each(`SELECT r.as_of, (SELECT MIN(f.as_of) FROM runs f WHERE f.company = r.company AND f.state = 'COMMITTED') FROM runs r
		WHERE r.company = $1 AND r.state = 'COMMITTED' ORDER BY r.run_no DESC LIMIT 1`, func(scan func(...any) error) error {
		var last, begun string
		if err := scan(&last, &begun); err != nil {
			return err
		}
		return errors.Join(l.s.PriorAsOf.UnmarshalText([]byte(last)), first.UnmarshalText([]byte(begun)))
	})
	for week := night.Weeks - 1; week > 0 && err == nil && first != 0; week-- {
		if day := l.req.AsOf - recon.Date(7*week); day >= first {
			err = l.week(day)
		}
	}
	return err
}

func (l *loading) week(day recon.Date) error {
	w := night.Week{AsOf: day}
	err := each(l.ctx, l.db, `SELECT h.currency, COUNT(*), CAST(SUM(ABS(h.amount)) AS BIGINT) FROM exception_history h
		JOIN (SELECT s.id, MAX(s.run_no) AS run_no FROM exception_history s JOIN runs r ON r.run_no = s.run_no WHERE s.company = $1 AND r.as_of <= $2 GROUP BY s.id) newest
			ON newest.id = h.id AND newest.run_no = h.run_no
		WHERE h.company = $1 AND h.status <> 'CLOSED' GROUP BY h.currency`, []any{l.company, day.String()}, func(scan func(...any) error) error {
		var o night.Open
		var currency string
		if err := scan(&currency, &o.Items, &o.Amount); err != nil {
			return err
		}
		err := o.Currency.UnmarshalText([]byte(currency))
		w.Open = append(w.Open, o)
		return err
	})
	slices.SortFunc(w.Open, func(a, b night.Open) int { return strings.Compare(a.Currency.String(), b.Currency.String()) })
	l.s.Weeks = append(l.s.Weeks, w)
	return err
}

// Cuts are the ranges that were computed as one run each.
func (s *Store) Cuts(ctx context.Context, company string) ([]night.Cut, error) {
	l := s.loading(ctx, night.Request{Company: company}, &night.State{})
	err := l.cuts()
	return l.s.Cuts, err
}

func (l *loading) cuts() error {
	return l.each(`SELECT DISTINCT date_from, date_to FROM runs WHERE company = $1 AND state = 'COMMITTED' ORDER BY date_from, date_to`, func(scan func(...any) error) error {
		var from, to string
		if err := scan(&from, &to); err != nil {
			return err
		}
		var c night.Cut
		if err := c.From.UnmarshalText([]byte(from)); err != nil {
			return err
		}
		err := c.To.UnmarshalText([]byte(to))
		l.s.Cuts = append(l.s.Cuts, c)
		return err
	})
}

// Entry is an entry as stored.
type Entry struct {
	ledger.Booked
	Natural, Change, RunNo string
	Void                   bool
}

// readEntries reads entries with their lines, in natural-key order.
func readEntries(ctx context.Context, db querier, where string, args ...any) ([]Entry, error) {
	lines := map[string][]ledger.Line{}
	err := each(ctx, db, `SELECT l.entry_no, l.revision, l.account, l.side, l.label, l.amount, l.base, l.rule_id, l.rule_table, l.role, l.memo, l.sources FROM entry_lines l
		JOIN entries e ON e.company = l.company AND e.entry_no = l.entry_no AND e.revision = l.revision WHERE `+where+` ORDER BY l.entry_no, l.revision, l.line_no`, args,
		func(scan func(...any) error) error {
			var no, side, sources string
			var revision int
			var line ledger.Line
			if err := scan(&no, &revision, &line.Account, &side, &line.Label, &line.Amount, &line.Base, &line.Rule, &line.RuleTable, &line.Role, &line.Memo, &sources); err != nil {
				return err
			}
			line.Side = ledger.Side(side[0])
			if err := json.Unmarshal([]byte(sources), &line.Sources); err != nil {
				return err
			}
			id := fmt.Sprintf("%s.%d", no, revision)
			lines[id] = append(lines[id], line)
			return nil
		})
	if err != nil {
		return nil, err
	}
	var all []Entry
	err = each(ctx, db, `SELECT e.entry_no, e.revision, e.natural_key, e.correction, e.posting_date, e.merchant, e.currency, e.class, e.change, e.base, e.rate, e.memo, e.corrects, e.run_no,
		(SELECT COUNT(*) FROM delivery_entries d JOIN deliveries v ON v.company = d.company AND v.target = d.target AND v.run_no = d.run_no
			WHERE d.company = e.company AND d.entry_no = e.entry_no AND d.revision = e.revision)
		FROM entries e WHERE `+where, args, func(scan func(...any) error) error {
		e, err := scanEntry(scan, lines)
		all = append(all, e)
		return err
	})
	slices.SortFunc(all, func(a, b Entry) int {
		return cmp.Or(originalOf(a).Compare(originalOf(b)), cmp.Compare(a.Number(), b.Number()), cmp.Compare(a.Revision, b.Revision))
	})
	return all, err
}

// originalOf is the key of the entry that an entry is or corrects.
func originalOf(e Entry) ledger.Key {
	key := e.Key()
	key.Correction = ""
	return key
}

func scanEntry(scan func(...any) error, lines map[string][]ledger.Line) (Entry, error) {
	var e Entry
	var no, correction, posting, merchant, currency, class, base, rate, memo, corrects string
	var revision, released int
	err := scan(&no, &revision, &e.Natural, &correction, &posting, &merchant, &currency, &class, &e.Change, &base, &rate, &memo, &corrects, &e.RunNo, &released)
	if err != nil {
		return e, err
	}
	key := ledger.Key{Merchant: merchant, Class: ledger.Class(class)}
	if err := key.PostingDate.UnmarshalText([]byte(e.Natural[:10])); err != nil {
		return e, err
	}
	if key.Currency, err = money.ParseCurrency(currency); err != nil {
		return e, err
	}
	baseCurrency, err := money.ParseCurrency(base)
	if err != nil {
		return e, err
	}
	var r money.Rate
	if rate != "" {
		if r, err = money.ParseRate(rate); err != nil {
			return e, err
		}
	}
	key.Correction = correction
	var day recon.Date
	if err := day.UnmarshalText([]byte(posting)); err != nil {
		return e, err
	}
	e.Void = e.Change == string(ledger.Voided)
	e.Revision, e.Released = revision, released > 0
	e.Entry, err = ledger.Restore(key, baseCurrency, r, lines[fmt.Sprintf("%s.%d", no, revision)])
	if err != nil {
		return e, err
	}
	e.Entry = e.Entry.Numbered(no).WithMemo(memo).Correcting(corrects)
	if day != key.PostingDate {
		e.Entry = e.OnDate(day)
	}
	return e, nil
}
