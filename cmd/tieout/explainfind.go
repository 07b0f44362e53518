package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/night"
	"tieout/recon/store"
	"tieout/reports"
)

// explainer asks the store.
type explainer struct {
	opened  *store.Store
	store   *store.Snapshot // all that is told is of one moment
	company string
	page    store.Page              // of long lists
	sources map[string][]sourceSaid // by reference: one row is behind several lines of an entry
	names   map[string]string       // of kept files, by hash
}

// find tells everything that has the id.
func (x *explainer) find(ctx context.Context, id string) ([]*thing, error) {
	var all []*thing
	for _, look := range []func(context.Context, string) ([]*thing, error){x.journal, x.exception, x.transactions, x.document, x.deposit, x.bankLine} {
		found, err := look(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// item tells the thing behind an exception.
func (x *explainer) item(ctx context.Context, side, key string) ([]*thing, error) {
	switch side {
	case night.SideEvent:
		return x.transaction(ctx, key)
	case night.SideDoc:
		return x.document(ctx, key)
	case night.SideDeposit:
		return x.deposit(ctx, key)
	case night.SideBank:
		return x.bankLine(ctx, key)
	}
	return nil, nil
}

// transactions tells the rows of a transaction id, or the one of a natural key.
func (x *explainer) transactions(ctx context.Context, id string) ([]*thing, error) {
	keys, err := x.store.Keys(ctx, x.company, id)
	if err != nil {
		return nil, err
	}
	var all []*thing
	for _, key := range append(keys, id) {
		found, err := x.transaction(ctx, key)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func (x *explainer) transaction(ctx context.Context, key string) ([]*thing, error) {
	versions, err := x.store.Versions(ctx, x.company, night.SideEvent, key)
	if err != nil {
		return nil, err
	}
	if len(versions) == 0 {
		return x.untrusted(ctx, key)
	}
	var row night.Row
	t := &thing{Kind: "transaction", ID: key}
	days := map[recon.Date]bool{}
	for _, v := range versions {
		row = night.Row{}
		if err := json.Unmarshal(v.Body, &row); err != nil {
			return nil, fmt.Errorf("stored transaction %s: %w", key, err)
		}
		if row.Posting != 0 {
			days[row.Posting] = true
		}
		t.Versions = append(t.Versions, versionOf(&v, rowOutcome(&row)))
	}
	t.Facts = rowFacts(&row)
	t.Money = rowMoney(&row)
	return []*thing{t}, errors.Join(x.rowCarried(ctx, t, &row, days), x.readFrom(ctx, &t.Facts, row.File, row.Line), x.troubles(ctx, t, night.SideEvent))
}

// untrusted tells a row of which only its exception is stored: it could not be trusted.
func (x *explainer) untrusted(ctx context.Context, key string) ([]*thing, error) {
	stored, err := x.store.ExceptionsOf(ctx, x.company, night.SideEvent, key)
	if err != nil || len(stored) == 0 {
		return nil, err
	}
	t := &thing{Kind: "transaction", ID: key}
	t.Facts.add("outcome", "not booked: "+recon.InvalidRow.About().Text)
	return []*thing{t}, errors.Join(x.readFrom(ctx, &t.Facts, stored[0].File, stored[0].Line), x.troubles(ctx, t, night.SideEvent))
}

// rowCarried adds the journal lines of a row, and of the act that cleared it.
func (x *explainer) rowCarried(ctx context.Context, t *thing, row *night.Row, days map[recon.Date]bool) error {
	if len(days) > 0 {
		if err := x.carried(ctx, t, ledger.Settle, "T:"+t.ID, sorted(days)); err != nil {
			return err
		}
	}
	acts, err := x.store.Current(ctx, x.company, night.SideAct, t.ID)
	if err != nil || len(acts) == 0 {
		return err
	}
	var act night.Act
	if err := json.Unmarshal(acts[0].Body, &act); err != nil {
		return fmt.Errorf("stored act on %s: %w", t.ID, err)
	}
	t.Facts.add("cleared", fmt.Sprintf("%s on %s by %s", said(act.Amount, act.Currency), act.On, clearedBy(&act)))
	t.Money = append(t.Money, actMoney(&act)...)
	return x.carried(ctx, t, ledger.Reclass, "H:"+row.ID, nil)
}

func (x *explainer) document(ctx context.Context, id string) ([]*thing, error) {
	versions, err := x.store.Versions(ctx, x.company, night.SideDoc, id)
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	var doc night.Doc
	t := &thing{Kind: "document", ID: id}
	for _, v := range versions {
		doc = night.Doc{}
		if err := json.Unmarshal(v.Body, &doc); err != nil {
			return nil, fmt.Errorf("stored document %s: %w", id, err)
		}
		t.Versions = append(t.Versions, versionOf(&v, docOutcome(&doc)))
	}
	t.Facts = docFacts(&doc)
	return []*thing{t}, errors.Join(x.takers(ctx, t), x.readFrom(ctx, &t.Facts, doc.File, doc.Line), x.troubles(ctx, t, night.SideDoc))
}

// takers adds what took money from a document, and what only names it.
func (x *explainer) takers(ctx context.Context, t *thing) error {
	naming, count, err := x.store.Naming(ctx, x.company, t.ID, x.page)
	if err != nil {
		return err
	}
	t.MoneyCount, t.MoneyPage = count, x.said(count)
	for _, v := range naming {
		var money []moneySaid
		if v.Side == night.SideAct {
			var act night.Act
			err = json.Unmarshal(v.Body, &act)
			money = actMoney(&act)
		} else {
			var row night.Row
			err = json.Unmarshal(v.Body, &row)
			money = rowMoney(&row)
		}
		if err != nil {
			return fmt.Errorf("stored %s %s: %w", v.Side, v.Key, err)
		}
		for _, m := range money {
			if m.Document == t.ID {
				t.Money = append(t.Money, m)
			}
		}
	}
	return nil
}

func (x *explainer) deposit(ctx context.Context, id string) ([]*thing, error) {
	versions, err := x.store.Versions(ctx, x.company, night.SideDeposit, id)
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	var d night.Deposit
	t := &thing{Kind: "deposit", ID: id}
	days := map[recon.Date]bool{}
	for _, v := range versions {
		d = night.Deposit{}
		if err := json.Unmarshal(v.Body, &d); err != nil {
			return nil, fmt.Errorf("stored deposit %s: %w", id, err)
		}
		days[d.Posting] = true
		t.Versions = append(t.Versions, versionOf(&v, outcome(d.Verdict, d.Reason, d.Secondary)))
	}
	t.Facts = depositFacts(&d)
	return []*thing{t}, errors.Join(x.carried(ctx, t, ledger.Fund, "F:"+id, sorted(days)), x.readFrom(ctx, &t.Facts, d.File, d.Line), x.troubles(ctx, t, night.SideDeposit))
}

func (x *explainer) bankLine(ctx context.Context, id string) ([]*thing, error) {
	versions, err := x.store.Versions(ctx, x.company, night.SideBank, id)
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	var l night.BankLine
	t := &thing{Kind: "bank line", ID: id}
	days := map[recon.Date]bool{}
	for _, v := range versions {
		l = night.BankLine{}
		if err := json.Unmarshal(v.Body, &l); err != nil {
			return nil, fmt.Errorf("stored bank line %s: %w", id, err)
		}
		days[l.Posting] = true
		t.Versions = append(t.Versions, versionOf(&v, outcome(l.Verdict, l.Reason, nil)))
	}
	t.Facts = bankFacts(&l)
	return []*thing{t}, errors.Join(x.carried(ctx, t, ledger.Bank, "B:"+id, sorted(days)), x.readFrom(ctx, &t.Facts, l.File, l.Line), x.troubles(ctx, t, night.SideBank))
}

// exception tells an exception, and the thing that it is about.
func (x *explainer) exception(ctx context.Context, id string) ([]*thing, error) {
	stored, err := x.store.ExceptionByID(ctx, x.company, id)
	if err != nil || len(stored) == 0 {
		return nil, err
	}
	e := &stored[0]
	t := &thing{Kind: "exception", ID: id}
	if t.Facts, err = exceptionFacts(e); err != nil {
		return nil, err
	}
	if err := x.readFrom(ctx, &t.Facts, e.File, e.Line); err != nil {
		return nil, err
	}
	one, err := x.trouble(ctx, e)
	if err != nil {
		return nil, err
	}
	t.Exceptions = []exceptionSaid{one}
	about, err := x.item(ctx, e.Side, e.Key)
	return append([]*thing{t}, about...), err
}

// troubles adds the exceptions of a thing.
func (x *explainer) troubles(ctx context.Context, t *thing, side string) error {
	stored, err := x.store.ExceptionsOf(ctx, x.company, side, t.ID)
	if err != nil {
		return err
	}
	for i := range stored {
		one, err := x.trouble(ctx, &stored[i])
		if err != nil {
			return err
		}
		t.Exceptions = append(t.Exceptions, one)
	}
	return nil
}

func (x *explainer) trouble(ctx context.Context, e *night.Exception) (exceptionSaid, error) {
	steps, err := x.store.History(ctx, x.company, e.ID)
	s := exceptionSaid{ID: e.ID, Reason: e.Reason.String(), Text: e.Reason.About().Text, Status: string(e.Status)}
	for _, step := range steps {
		s.Steps = append(s.Steps, stepSaid{step.Run.RunID, step.Run.AsOf.String(), step.Reason, string(step.Status), step.Cause})
	}
	return s, err
}

// readFrom adds the kept file and the physical line that a thing was read from.
func (x *explainer) readFrom(ctx context.Context, f *facts, hash string, line int) error {
	if hash == "" {
		return nil
	}
	name, err := x.fileName(ctx, hash)
	f.add("source_file", name)
	f.add("source_sha256", hash)
	if line > 0 {
		f.add("source_line", strconv.Itoa(line))
	}
	return err
}

// entryID is the form of entry numbers and of journal lines (GL-19).
var entryID = regexp.MustCompile(`^(TO[0-9]{8})(?:-([0-9]+))?$`)

// journal tells an entry, or one line of it as its newest revision has it.
func (x *explainer) journal(ctx context.Context, id string) ([]*thing, error) {
	parts := entryID.FindStringSubmatch(id)
	if parts == nil {
		return nil, nil
	}
	chain, err := x.store.Chain(ctx, x.company, parts[1])
	if err != nil || len(chain) == 0 {
		return nil, err
	}
	newest := newestOf(chain, parts[1])
	lines, err := x.linesOf(ctx, newest, newest.Revision)
	if err != nil {
		return nil, err
	}
	t := &thing{Kind: "entry", ID: id, Facts: entryFacts(newest, chain), Lines: lines}
	if parts[2] != "" {
		if t = onlyLine(t, lines, id); t == nil {
			return nil, nil
		}
	}
	for i := range t.Lines {
		sources := newest.Lines()[lineNo(t.Lines[i].ID)-1].Sources
		from, to := x.page.Of(len(sources))
		t.Lines[i].SourceCount, t.Lines[i].SourcePage = len(sources), x.said(len(sources))
		if t.Lines[i].Sources, err = x.sourcesOf(ctx, sources[from:to]); err != nil {
			return nil, err
		}
	}
	t.Revisions, err = x.revisions(ctx, chain)
	return []*thing{t}, err
}

// onlyLine leaves one line of an entry; nil if it has no such line.
func onlyLine(t *thing, lines []lineSaid, id string) *thing {
	for i := range lines {
		if lines[i].ID == id {
			t.Kind, t.Lines = "journal line", lines[i:i+1]
			return t
		}
	}
	return nil
}

func lineNo(id string) int {
	_, text, _ := strings.Cut(id, "-")
	n, _ := strconv.Atoi(text)
	return n
}

func newestOf(chain []store.Entry, number string) *store.Entry {
	var newest *store.Entry
	for i := range chain {
		if e := &chain[i]; e.Number() == number && (newest == nil || e.Revision > newest.Revision) {
			newest = e
		}
	}
	return newest
}

func (x *explainer) revisions(ctx context.Context, chain []store.Entry) ([]revisionSaid, error) {
	var all []revisionSaid
	for i := range chain {
		e := &chain[i]
		run, err := x.store.RunOf(ctx, e)
		if err != nil {
			return nil, err
		}
		files, err := x.postingFiles(ctx, e)
		if err != nil {
			return nil, err
		}
		debits, _, _ := e.Totals()
		all = append(all, revisionSaid{
			Entry: e.Number(), Revision: e.Revision, Change: e.Change, Debits: said(debits, e.Key().Currency), Run: run.RunID, AsOf: run.AsOf.String(),
			Corrects: e.Corrects(), Files: files,
		})
	}
	return all, nil
}

func (x *explainer) postingFiles(ctx context.Context, e *store.Entry) ([]fileSaid, error) {
	deliveries, err := x.store.PostingFiles(ctx, x.company, e.Number(), e.Revision)
	var files []fileSaid
	for _, d := range deliveries {
		files = append(files, fileSaid{d.Name, d.Sequence, string(d.State), d.SHA256})
	}
	return files, err
}

// carried adds the journal lines that were rolled up from a source, in every revision.
func (x *explainer) carried(ctx context.Context, t *thing, class ledger.Class, source string, days []recon.Date) error {
	entries, err := x.store.Carrying(ctx, x.company, class, ledger.SourceRef(source), days)
	if err != nil {
		return err
	}
	for i := range entries {
		e := &entries[i]
		newest, err := x.store.Newest(ctx, x.company, e.Number())
		if err != nil {
			return err
		}
		lines, err := x.linesOf(ctx, e, newest)
		if err != nil {
			return err
		}
		for k, l := range e.Lines() {
			if has(l.Sources, source) {
				t.Lines = append(t.Lines, lines[k])
			}
		}
	}
	return nil
}

func (x *explainer) linesOf(ctx context.Context, e *store.Entry, newest int) ([]lineSaid, error) {
	files, err := x.postingFiles(ctx, e)
	var all []lineSaid
	for i, l := range e.Lines() {
		s := lineSaid{
			ID: fmt.Sprintf("%s-%d", e.Number(), i+1), Revision: e.Revision, Posting: e.PostingDate().String(), Account: l.Account, Side: l.Side.String(),
			Amount: said(l.Amount, e.Key().Currency), Label: l.Label, Rule: l.Rule, RuleTable: l.RuleTable, Memo: l.Memo, Corrects: e.Corrects(), Files: files,
		}
		if e.Base() != e.Key().Currency {
			s.Base = said(l.Base, e.Base())
		}
		if newest != e.Revision {
			s.Replaced = newest
		}
		all = append(all, s)
	}
	return all, err
}

// said tells which part of a long list is shown; "" for all of it.
func (x *explainer) said(count int) string {
	from, to := x.page.Of(count)
	switch {
	case from == 0 && to == count:
		return ""
	case from == to:
		return fmt.Sprintf("%d in all, none after --skip %d", count, x.page.Skip)
	}
	return fmt.Sprintf("%d in all, %d to %d here; --skip and --limit show others", count, from+1, to)
}

// sideOf is the side of an item by the form of a reference to it.
func sideOf(form string) string {
	return map[string]string{"T": night.SideEvent, "F": night.SideDeposit, "B": night.SideBank, "H": night.SideEvent}[form]
}

// sourcesOf tells what a line was rolled up from: the rows as they count now,
// fetched at once.
func (x *explainer) sourcesOf(ctx context.Context, refs []ledger.SourceRef) ([]sourceSaid, error) {
	if err := x.fetch(ctx, refs); err != nil {
		return nil, err
	}
	var all []sourceSaid
	for _, ref := range refs {
		all = append(all, x.sources[string(ref)]...)
	}
	return all, nil
}

// fetch looks up the references that are not known yet.
func (x *explainer) fetch(ctx context.Context, refs []ledger.SourceRef) error {
	keys := map[string][]string{}  // by side
	items := map[string][]string{} // by reference
	for _, r := range refs {
		ref := string(r)
		form, key, _ := strings.Cut(ref, ":")
		if _, known := x.sources[ref]; known {
			continue
		}
		items[ref] = []string{key}
		if form == "H" {
			var err error
			if items[ref], err = x.clearedKeys(ctx, key); err != nil {
				return fmt.Errorf("source %s: %w", ref, err)
			}
		}
		keys[sideOf(form)] = append(keys[sideOf(form)], items[ref]...)
	}
	found := map[string]map[string]store.Version{}
	for side := range keys {
		var err error
		if found[side], err = x.store.Currents(ctx, x.company, side, keys[side]); err != nil {
			return err
		}
	}
	for ref, keys := range items {
		form, _, _ := strings.Cut(ref, ":")
		for _, key := range keys {
			s, err := x.sourceItem(ctx, sideOf(form), key, found[sideOf(form)])
			if err != nil {
				return fmt.Errorf("source %s: %w", ref, err)
			}
			x.sources[ref] = append(x.sources[ref], s)
		}
	}
	return nil
}

// clearedKeys are the rows of a transaction id that an act has cleared.
func (x *explainer) clearedKeys(ctx context.Context, txnID string) ([]string, error) {
	keys, err := x.store.Keys(ctx, x.company, txnID)
	if err != nil {
		return nil, err
	}
	var cleared []string
	for _, key := range keys {
		acts, err := x.store.Current(ctx, x.company, night.SideAct, key)
		if err != nil {
			return nil, err
		}
		if len(acts) > 0 {
			cleared = append(cleared, key)
		}
	}
	return cleared, nil
}

// sourceFields are what rows, deposits and bank lines have in common as stored.
type sourceFields struct {
	Amount    json.RawMessage `json:"amount"`
	Currency  money.Currency  `json:"currency"`
	Verdict   recon.Verdict   `json:"verdict"`
	Reason    recon.Reason    `json:"reason"`
	Secondary []recon.Reason  `json:"secondary"`
	File      string          `json:"file"`
	Line      int             `json:"line"`
}

// amount is in minor units for a row, and text with its currency otherwise.
func (f *sourceFields) amount() (string, error) {
	if f.Currency == 0 {
		var text string
		err := json.Unmarshal(f.Amount, &text)
		return text, err
	}
	var minor int64
	if len(f.Amount) > 0 {
		if err := json.Unmarshal(f.Amount, &minor); err != nil {
			return "", err
		}
	}
	return said(minor, f.Currency), nil
}

func (x *explainer) sourceItem(ctx context.Context, side, key string, found map[string]store.Version) (sourceSaid, error) {
	s := sourceSaid{ID: key, Kind: map[string]string{night.SideEvent: "transaction", night.SideDeposit: "deposit", night.SideBank: "bank line"}[side]}
	stored, is := found[key]
	if !is {
		s.Outcome = "not stored any more"
		return s, nil
	}
	var f sourceFields
	err := json.Unmarshal(stored.Body, &f)
	if err != nil {
		return s, err
	}
	if s.Amount, err = f.amount(); err != nil {
		return s, err
	}
	s.Outcome, s.SHA256, s.Line = outcome(f.Verdict, f.Reason, f.Secondary), f.File, f.Line
	if f.File != "" {
		s.File, err = x.fileName(ctx, f.File)
	}
	return s, err
}

// fileName is what a kept file was called; all its names if it came under several.
func (x *explainer) fileName(ctx context.Context, hash string) (string, error) {
	if name, known := x.names[hash]; known {
		return name, nil
	}
	names, err := x.store.FileNames(ctx, x.company, hash)
	x.names[hash] = strings.Join(names, ", ")
	return x.names[hash], err
}

func exceptionFacts(e *night.Exception) (facts, error) {
	var row reports.ExceptionRow
	if err := json.Unmarshal(e.Body, &row); err != nil {
		return nil, fmt.Errorf("exception %s: %w", e.ID, err)
	}
	row.Reason = e.Reason
	var f facts
	f.add("about", strings.TrimSpace(e.Side+" "+cmp.Or(e.Key, "whose key cannot be read")))
	f.add("reason", e.Reason.String())
	f.add("reason_text", row.ReasonText())
	f.add("severity", string(row.SeverityOf()))
	f.add("owner", row.OwnerOf())
	f.add("what_to_do", e.Reason.About().Action)
	f.add("status", string(e.Status))
	f.add("first_seen", e.FirstSeen.String())
	f.add("last_seen", e.LastSeen.String())
	f.add("closed_on", e.ClosedOn.String())
	f.add("closed_by", e.ClosedBy)
	f.add("merchant", row.Merchant)
	if row.Currency != 0 {
		f.add("amount", row.Amount.String()+" "+row.Currency.String())
	}
	f.add("suggested_documents", strings.Join(row.Suggested, ", "))
	f.add("due", row.Due.String())
	if e.Hold != nil {
		f.add("holds_back", fmt.Sprintf("%s from %s to %s: %s", cmp.Or(e.Hold.Merchant, "every merchant"), e.Hold.From, e.Hold.To, e.Hold.Why))
	}
	return f, nil
}
