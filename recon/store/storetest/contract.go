package storetest

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver

	"tieout/ledger"
	"tieout/recon/night"
	"tieout/recon/store"
)

// Run holds a database against what a store promises. database makes an empty
// one and returns where it is.
func Run(t *testing.T, database func(t *testing.T) string) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*bench)
	}{
		{"a company has one run at a time", oneRunAtATime},
		{"of many who begin at once exactly one gets the lock", oneOfMany},
		{"a lock whose time is over is taken, and its old holder writes nothing more", func(b *bench) { takenOver(b, func(*store.Options) { b.now = b.now.Add(time.Hour) }) }},
		{"a lock whose holder is dead is taken, and its old holder writes nothing more", func(b *bench) {
			takenOver(b, func(o *store.Options) { o.Alive = func(string) bool { return false } })
		}},
		{"companies that begin at once get numbers of their own", manyCompanies},
		{"an attempt that failed leaves nothing and is taken up under its number", failedAttempt},
		{"a commit that fails late shows nothing of itself", lateFailure},
		{"what was committed is loaded as it was", roundTrip},
		{"entries are revised, corrected and made void", changesOfEntries},
		{"an entry that does not balance as stored is refused (INV-10)", unbalanced},
		{"the database refuses negative amounts and unknown states", checks},
		{"every entry goes to every target in one file, in order and without gaps", deliveries},
		{"a delivery keeps the step of each of its files, and a person decides what is unconfirmed", deliverySteps},
		{"the entries of a rejected file go out in another one", rejected},
		{"a notice is told once by each channel, and again only while it could not be", notices},
		{"a target is served by one at a time", servedTarget},
		{"a sender whose time is over stores nothing more", lateSender},
		{"days that are missing are run by one", coveredDays},
		{"what a run restates is owed with its commit and done with its own", restated},
		{"what a commit wakes up comes with it or not at all", wakeUps},
		{"jobs are worked, tried again, given up and begun anew", workedJobs},
		{"a job whose service died over it is worked by another", orphanedJobs},
		{"what is held goes with a later file", heldEntries},
		{"results are handed out once", artifacts},
		{"what was open in earlier weeks is known as it was", weeks},
		{"thirty thousand items are committed and loaded", manyItems},
		{"a run is told its range and what it asks for", asked},
		{"a store that had items before they could be found is brought up", upgraded},
		{"companies do not see each other", companiesApart},
		{"a run that only looks writes nothing", looking},
		{"cells of the grid keep what became of them, and the newest counts", cells},
		{"a dump restores the state as it was", dumps},
		{"a newer schema is refused", newerSchema},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.test(&bench{T: t, where: database(t), another: func() string { return database(t) }, now: time.Date(2026, 10, 2, 3, 0, 0, 0, time.UTC)})
		})
	}
}

// bench is one database under test.
type bench struct {
	*testing.T
	where   string
	another func() string // makes another empty database of the kind
	now     time.Time
}

func (b *bench) open(change ...func(*store.Options)) *store.Store {
	b.Helper()
	now := b.now
	o := store.Options{Now: func() time.Time { return now }, Holder: "host/1", Software: "tieout", ConfigHash: "c", RulesHash: "r", Operator: "op", Targets: []string{"", "EU"}}
	for _, c := range change {
		c(&o)
	}
	s, err := store.Open(b.Context(), b.where, o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { b.must(s.Close()) })
	return s
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) refused(err error, why string) {
	b.Helper()
	if err == nil {
		b.Fatalf("accepted; %q was expected", why)
	}
	if !strings.Contains(err.Error(), why) {
		b.Fatalf("refused with %q, which does not say %q", err, why)
	}
}

func (b *bench) equal(what string, want, got any) {
	b.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		b.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// raw is a connection beside the store, as an operator or an intruder has one;
// it does not enforce references.
func (b *bench) raw(statements ...string) error {
	b.Helper()
	driver := "sqlite"
	if strings.HasPrefix(b.where, "postgres") {
		driver = "pgx"
		statements = append([]string{"SET session_replication_role = replica"}, statements...)
	}
	db, err := sql.Open(driver, b.where)
	b.must(err)
	db.SetMaxOpenConns(1)
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(b.Context(), s); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) begin(s *store.Store, req night.Request) *store.Run {
	b.Helper()
	r, err := s.Begin(b.Context(), req)
	b.must(err)
	return r
}

// commit begins, commits and closes a run.
func (b *bench) commit(s *store.Store, c *night.Commit) {
	b.Helper()
	r := b.begin(s, c.Request)
	b.must(errors.Join(r.Commit(b.Context(), c), r.Close(b.Context(), nil)))
}

// load is what the next run of the request sees: what every run is told, and
// what it asks for.
func (b *bench) load(s *store.Store, req night.Request, needs ...*night.Need) *night.State {
	b.Helper()
	r := b.begin(s, req)
	state, err := r.Load(b.Context(), req)
	for _, need := range needs {
		err = errors.Join(err, r.Recall(b.Context(), req, state, need))
	}
	b.must(errors.Join(err, r.Close(b.Context(), nil)))
	return state
}

// all asks for the whole of what [bench.everything] has, and of a commit's items.
func all(c *night.Commit) *night.Need {
	need := &night.Need{Docs: []string{"INV 1"}, Exceptions: []string{"x1", "x2"}, Items: map[string][]string{}}
	for i := range c.Contributions {
		need.Scopes = append(need.Scopes, c.Contributions[i].Scope)
	}
	for i := range c.Decisions {
		need.Entries = append(need.Entries, night.NaturalKey(c.Decisions[i].Key()))
	}
	for i := range c.News {
		need.Items[c.News[i].Side] = append(need.Items[c.News[i].Side], c.News[i].Key)
	}
	return need
}

// empty fails where anything of a company can be seen.
func (b *bench) empty(s *store.Store, req night.Request) {
	b.Helper()
	state := b.load(s, req, all(b.everything()))
	b.equal("the state", &night.State{
		Run: state.Run, Attempt: 1, Entries: map[string][]ledger.Booked{}, Exceptions: map[string]night.Exception{},
	}, state)
	cuts, err := s.Cuts(b.Context(), req.Company)
	b.must(err)
	owed, err := s.Owed(b.Context(), req.Company)
	b.must(err)
	unpublished, err := s.Unpublished(b.Context(), req.Company)
	b.must(err)
	if len(cuts)+len(owed)+len(unpublished) > 0 {
		b.Errorf("visible: %v %v %v", cuts, owed, unpublished)
	}
}

func oneRunAtATime(b *bench) {
	s, other := b.open(), b.open(func(o *store.Options) { o.Holder = "host/2"; o.Alive = func(string) bool { return true } })
	r := b.begin(s, request())
	if _, err := other.Begin(b.Context(), request()); !errors.Is(err, night.ErrLocked) || !strings.Contains(err.Error(), "host/1") {
		b.Fatalf("a second run got %v", err)
	}
	elsewhere := request()
	elsewhere.Company = "OTHER"
	b.must(b.begin(other, elsewhere).Close(b.Context(), nil))
	b.must(r.Close(b.Context(), nil))
	b.must(b.begin(other, request()).Close(b.Context(), nil))
}

func takenOver(b *bench, change func(*store.Options)) {
	late := b.begin(b.open(), request())
	written := b.everything()
	s := b.open(func(o *store.Options) { o.Holder = "host/2" }, change, func(o *store.Options) { now := b.now; o.Now = func() time.Time { return now } })
	r := b.begin(s, request())
	if err := late.Commit(b.Context(), written); !errors.Is(err, store.ErrFenced) {
		b.Fatalf("the old holder's commit: %v", err)
	}
	small := *written
	small.News = nil // what is written ahead is not the only thing that is refused
	if err := late.Commit(b.Context(), &small); !errors.Is(err, store.ErrFenced) {
		b.Fatalf("the old holder's commit without items: %v", err)
	}
	b.must(late.Close(b.Context(), errors.New("too late")))
	b.must(r.Commit(b.Context(), written))
	b.must(r.Close(b.Context(), nil))
	b.must(late.Close(b.Context(), errors.New("later still")))
	b.equal("rows", written.Rows, b.load(s, request()).Rows)
}

// oneOfMany lets processes open an empty database at once and begin at once, then
// begin where a dead holder left the lock: nobody passes who took it meanwhile.
func oneOfMany(b *bench) {
	const crowd = 8
	stores := make([]*store.Store, crowd)
	b.together(crowd, func(i int) (err error) {
		stores[i], err = store.Open(b.Context(), b.where, store.Options{
			Now: func() time.Time { return b.now }, Holder: fmt.Sprintf("host/%d", i), Alive: func(h string) bool { return h != "dead" },
		})
		return err
	})
	for range 12 {
		won := make(chan *store.Run, crowd)
		b.together(crowd, func(i int) error {
			r, err := stores[i].Begin(b.Context(), request())
			if errors.Is(err, night.ErrLocked) {
				return nil
			}
			won <- r
			return err
		})
		if len(won) != 1 {
			b.Fatalf("%d of %d got the lock", len(won), crowd)
		}
		b.must((<-won).Close(b.Context(), nil))
		b.must(b.raw("UPDATE locks SET holder = 'dead', until_us = 9000000000000000000"))
	}
	for _, s := range stores {
		b.must(s.Close())
	}
}

// together does something n times at once and fails where one of them does.
func (b *bench) together(n int, do func(i int) error) {
	b.Helper()
	start, errs := make(chan struct{}), make(chan error, n)
	for i := range n {
		go func() { <-start; errs <- do(i) }()
	}
	close(start)
	for range n {
		if err := <-errs; err != nil {
			b.Fatal(err)
		}
	}
}

func manyCompanies(b *bench) {
	s := b.open()
	b.together(5, func(i int) error {
		req := request()
		req.Company += string(rune('A' + i))
		r, err := s.Begin(b.Context(), req)
		if err != nil {
			return err
		}
		return r.Close(b.Context(), nil)
	})
}

func failedAttempt(b *bench) {
	s := b.open()
	r := b.begin(s, request())
	first, err := r.Load(b.Context(), request())
	b.must(err)
	b.must(r.Close(b.Context(), errors.New("a file could not be read")))
	r = b.begin(s, request())
	again, err := r.Load(b.Context(), request())
	b.must(err)
	if first.Run != again.Run || first.Attempt != again.Attempt {
		b.Errorf("run %d attempt %d, then run %d attempt %d", first.Run, first.Attempt, again.Run, again.Attempt)
	}
	b.must(r.Commit(b.Context(), b.everything()))
	b.must(r.Close(b.Context(), nil))
	next := b.load(s, request())
	if next.Run == first.Run || next.Attempt != 2 {
		b.Errorf("after the commit: run %d attempt %d", next.Run, next.Attempt)
	}
}

func lateFailure(b *bench) {
	s := b.open()
	c := b.everything()
	c.Artifacts = append(c.Artifacts, c.Artifacts[0]) // refused after items, entries and exceptions
	r := b.begin(s, request())
	if err := r.Commit(b.Context(), c); err == nil {
		b.Fatal("two results of one kind were accepted")
	}
	b.must(r.Close(b.Context(), errors.New("failed")))
	b.empty(s, request())
	b.commit(s, b.everything())
}

func unbalanced(b *bench) {
	s := b.open()
	b.must(b.raw(`INSERT INTO entry_lines (company, entry_no, revision, line_no, account, side, label, amount, base, rule_id, rule_table, role, memo, sources)
		VALUES ('ACME', 'TO26000001', 1, 99, '1150-100', 'D', 'CAPTURE', 1, 1, '', '', '', '', '[]')`))
	r := b.begin(s, request())
	b.refused(r.Commit(b.Context(), b.everything()), "INV-10: entry TO26000001")
	b.must(r.Close(b.Context(), nil))
	b.empty(s, request())
}

func checks(b *bench) {
	s := b.open()
	b.commit(s, b.everything())
	for _, statement := range []string{
		"UPDATE entry_lines SET amount = -1", "UPDATE entry_lines SET base = -1", "UPDATE entry_lines SET side = 'X'", "UPDATE contributions SET amount = -1",
		"UPDATE entries SET change = 'MAYBE'", "UPDATE entries SET class = 'OTHER'", "UPDATE runs SET state = 'LOST'", "UPDATE runs SET outcome = 'FINE'",
		"UPDATE deliveries SET state = 'SENT'", "UPDATE deliveries SET sequence = 7", "UPDATE exceptions SET status = 'GONE'", "UPDATE exceptions SET first_seen = ''",
		"UPDATE item_versions SET side = 'thing'",
	} {
		if err := b.raw(statement); err == nil {
			b.Errorf("accepted: %s", statement)
		}
	}
}

func manyItems(b *bench) {
	s := b.open()
	c := b.everything()
	c.Rows = manyRows(30_000)
	b.items(c)
	b.commit(s, c)
	state := b.load(s, request(), all(c))
	if len(state.Rows) != len(c.Rows) || len(state.Bodies) != len(c.News) {
		b.Fatalf("%d rows and %d items of %d and %d", len(state.Rows), len(state.Bodies), len(c.Rows), len(c.News))
	}
	b.equal("the last row", c.Rows[len(c.Rows)-1], state.Rows[len(state.Rows)-1])
}

func companiesApart(b *bench) {
	s := b.open()
	b.commit(s, b.everything())
	other := request()
	other.Company = "OTHER"
	b.empty(s, other)
	c := b.everything()
	c.Company = "OTHER"
	b.commit(s, c)
	state := b.load(s, request())
	b.equal("rows", c.Rows, state.Rows)
	b.equal("last numbers", map[int]int{2026: 3}, state.LastNumber)
	owed, err := s.Owed(b.Context(), "ACME")
	b.must(err)
	if len(owed) != 2 {
		b.Errorf("%d deliveries are owed", len(owed))
	}
}

func looking(b *bench) {
	s := b.open()
	look, err := s.Look(b.Context(), request())
	b.must(err)
	b.must(look.Commit(b.Context(), b.everything()))
	b.empty(s, request())
	b.commit(s, b.everything())
	r := b.begin(s, request())
	state, err := look.Load(b.Context(), request()) // beside a run
	b.must(errors.Join(err, look.Recall(b.Context(), request(), state, &night.Need{IDs: []string{"1"}}), r.Close(b.Context(), nil)))
	b.equal("rows", b.everything().Rows, state.Rows)
	next, err := s.Look(b.Context(), request())
	b.must(err)
	state, err = next.Load(b.Context(), request())
	b.must(err)
	begun := b.load(s, request())
	b.equal("number and attempt of a run that looks, and of the one that begins", []int{begun.Run, 2}, []int{state.Run, state.Attempt})
	b.equal("attempt", 2, begun.Attempt)
}

func newerSchema(b *bench) {
	b.must(b.open().Close())
	b.must(b.raw("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)"))
	_, err := store.Open(b.Context(), b.where, store.Options{Now: func() time.Time { return b.now }})
	b.refused(err, "use a newer program")
}
