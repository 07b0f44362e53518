package storetest

import (
	"errors"
	"fmt"
	"time"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/night"
	"tieout/recon/store"
)

func roundTrip(b *bench) {
	c := b.everything()
	b.commit(b.open(), c)
	state := b.load(b.open(), request(), all(c))
	b.equal("rows", c.Rows, state.Rows)
	b.equal("deposits", c.Deposits, state.Deposits)
	b.equal("bank lines", c.BankLines, state.BankLines)
	b.equal("contributions, in canonical order", c.Contributions, state.Contributions)
	b.equal("cuts", []night.Cut{{From: on(28), To: on(30)}}, state.Cuts)
	b.equal("last numbers", map[int]int{2026: 3}, state.LastNumber)
	b.equal("revision and attempt", []int{1, 2}, []int{state.Revision, state.Attempt})
	b.equal("batch nets", map[recon.BatchKey]int64{
		{Merchant: "acme_us", SettlementDate: on(28), Currency: usd()}: 750, {Merchant: "acme_us", SettlementDate: on(30), Currency: usd()}: -20,
	}, state.BatchNets)
	b.sameFiles(c, state)
	entries, exceptions, bodies := map[string][]ledger.Booked{}, map[string]night.Exception{}, map[string]string{}
	for _, d := range c.Decisions {
		d.Released = true
		entries[night.NaturalKey(d.Key())] = []ledger.Booked{d.Booked}
	}
	for _, e := range c.Exceptions {
		exceptions[e.ID] = e
	}
	for _, i := range c.News {
		bodies[i.Side+"|"+i.Key] = i.Hash()
	}
	b.equal("entries", entries, state.Entries)
	b.equal("exceptions", exceptions, state.Exceptions)
	b.equal("hashes of items", bodies, state.Bodies)
	b.secondRun(c)
}

// sameFiles tells that files come back by generation, role, name and hash.
func (b *bench) sameFiles(c *night.Commit, state *night.State) {
	b.Helper()
	want := []night.File{c.Files[2], c.Files[1], c.Files[0]}
	for i := range want {
		want[i].Generation, want[i].Used, want[i].Names = state.Run-1, true, nil
	}
	b.equal("files", want, state.Files)
}

// secondRun replaces a scope, changes an item and closes an exception, which
// keeps its history.
func (b *bench) secondRun(first *night.Commit) {
	b.Helper()
	s := b.open()
	changed := row("2", on(28), 60)
	c := &night.Commit{
		Request: request(), RunID: "run-2", Outcome: night.Done, Rows: []night.Row{changed}, Replaced: []ledger.Scope{"S:2026-09-28"},
		Exceptions: []night.Exception{{ID: "x1", Side: night.SideEvent, Key: "1/CAPTURE", Reason: recon.NoOrder, Status: night.Closed, FirstSeen: on(30), LastSeen: on(30), ClosedOn: on(30), ClosedBy: "document"}},
	}
	b.items(c)
	b.commit(s, c)
	state := b.load(s, request(), all(first))
	b.equal("rows after a second run", []night.Row{first.Rows[0], changed, first.Rows[2]}, state.Rows)
	for i := range state.Contributions {
		if state.Contributions[i].Scope != "S:2026-09-29" {
			b.Errorf("replaced and still there: %+v", state.Contributions[i])
		}
	}
	b.equal("how many contributions are left", 4, len(state.Contributions))
	b.equal("the closed exception", c.Exceptions[0], state.Exceptions["x1"])
	b.equal("revision", 2, state.Revision)
	if err := b.raw("INSERT INTO exception_history (company, id, run_no, reason, status, cause) VALUES ('ACME', 'x1', 1, '', '', '')"); err == nil {
		b.Error("the first state of the exception is not in its history")
	}
}

func changesOfEntries(b *bench) {
	s := b.open(func(o *store.Options) { o.Targets = []string{""} })
	c := b.everything()
	c.Holds = []night.Hold{{From: on(29), To: on(30)}} // only the entry of the 28th is released
	b.commit(s, c)
	revised := ledger.Booked{Entry: b.entry(settleKey("acme_us", on(29)), 850).Numbered("TO26000002"), Revision: 2}
	void, err := ledger.Restore(settleKey("acme", on(30)), usd(), c.Decisions[2].Rate(), nil)
	b.must(err)
	voided := ledger.Booked{Entry: void.Numbered("TO26000003"), Revision: 2}
	key := settleKey("acme_us", on(28))
	key.Correction = "#2"
	correction := ledger.Booked{Entry: b.entry(key, 10).WithMemo("corrects TO26000001").Correcting("TO26000001").Numbered("TO26000004").OnDate(on(30) + 1), Revision: 1}
	second := &night.Commit{Request: request(), RunID: "run-2", Outcome: night.Done, Holds: c.Holds, Decisions: []ledger.Decision{
		{Change: ledger.Revised, Booked: revised},
		{Change: ledger.Voided, Booked: voided},
		{Change: ledger.Corrected, Booked: correction},
	}}
	b.commit(s, second)
	original := c.Decisions[0].Booked
	original.Released, correction.Released = true, true
	b.equal("entries", map[string][]ledger.Booked{
		night.NaturalKey(key):           {original, correction},
		night.NaturalKey(revised.Key()): {revised},
		night.NaturalKey(void.Key()):    {voided},
	}, b.load(s, request(), all(c)).Entries)
	b.equal("last numbers", map[int]int{2026: 4}, b.load(s, request()).LastNumber)
}

func (b *bench) owed(s *store.Store) []store.Delivery {
	b.Helper()
	owed, err := s.Owed(b.Context(), "ACME")
	b.must(err)
	return owed
}

func (b *bench) numbers(s *store.Store, d *store.Delivery) []string {
	b.Helper()
	entries, err := s.EntriesOf(b.Context(), d)
	b.must(err)
	var numbers []string
	for _, e := range entries {
		numbers = append(numbers, e.Number())
	}
	return numbers
}

func named(sequence int) string { return fmt.Sprintf("F%d", sequence) }

func deliveries(b *bench) {
	s := b.open()
	b.commit(s, b.everything())
	second := b.everything()
	second.Decisions = []ledger.Decision{added(b.entry(settleKey("acme_us", on(30)), 5), 4)}
	second.Artifacts, second.News, second.Contributions = nil, nil, nil
	b.commit(s, second)
	owed := b.owed(s)
	if len(owed) != 4 {
		b.Fatalf("%d deliveries are owed", len(owed))
	}
	b.equal("targets, oldest first", []string{"", "", "EU", "EU"}, []string{owed[0].Target, owed[1].Target, owed[2].Target, owed[3].Target})
	b.equal("the first file", []string{"TO26000001", "TO26000002", "TO26000003"}, b.numbers(s, &owed[0]))
	b.equal("the second file", []string{"TO26000004"}, b.numbers(s, &owed[3]))
	early := owed[1]
	b.refused(s.Approve(b.Context(), &early, named), "older deliveries")
	for i := range owed {
		b.walk(s, &owed[i], i%2+1)
	}
	if left := b.owed(s); len(left) > 0 {
		b.Errorf("still owed: %v", left)
	}
	if err := b.raw("UPDATE deliveries SET sequence = 1"); err == nil {
		b.Error("two files of a target may have one sequence")
	}
}

// walk takes a delivery through its states: none is skipped, none comes twice.
func (b *bench) walk(s *store.Store, d *store.Delivery, sequence int) {
	b.Helper()
	b.refused(s.Build(b.Context(), d, nil, nil), "not APPROVED")
	twice := *d
	b.must(s.Approve(b.Context(), d, named))
	b.refused(s.Approve(b.Context(), &twice, named), "not PLANNED")
	b.equal("sequence and name", []any{sequence, named(sequence)}, []any{d.Sequence, d.Name})
	b.refused(s.Advance(b.Context(), d, store.Approved, store.Delivered), "does not follow")
	b.refused(s.Advance(b.Context(), d, store.Approved, store.Built), "does not follow")
	d.SHA256, d.Size = "ab", 3
	parts, cuts := []store.Part{{Name: "F.txt", SHA256: "ab", Size: 3}, {Name: "G.txt", SHA256: "cd", Size: 1}}, []store.CutText{{Entry: "TO26000001", Line: 2, Width: 5, Text: "a long text"}}
	b.must(s.Build(b.Context(), d, parts, cuts))
	b.refused(s.Build(b.Context(), d, nil, nil), "not APPROVED")
	kept, err := s.Parts(b.Context(), d)
	b.must(err)
	cut, err := s.CutTexts(b.Context(), d)
	b.must(err)
	b.equal("parts and cuts", []any{parts, cuts}, []any{kept, cut})
	b.refused(s.Advance(b.Context(), d, store.Built, store.Approved), "does not follow")
	b.must(s.Advance(b.Context(), d, store.Built, store.Delivered))
	b.refused(s.Advance(b.Context(), d, store.Built, store.Delivered), "not BUILT")
	b.refused(s.Advance(b.Context(), d, store.Delivered, store.Planned), "does not follow")
}

// built is the first delivery to a target, with hash and size.
func (b *bench) built(s *store.Store) *store.Delivery {
	b.Helper()
	d := b.owed(s)[0]
	b.must(s.Approve(b.Context(), &d, named))
	d.SHA256, d.Size = "ab", 3
	b.must(s.Build(b.Context(), &d, []store.Part{{Name: d.Name, SHA256: "ab", Size: 3}}, nil))
	return &d
}

func deliverySteps(b *bench) {
	s := b.open(func(o *store.Options) { o.Targets = []string{""} })
	b.commit(s, b.everything())
	d := b.built(s)
	file := store.DeliveryFile{Name: "F1", Step: "UPLOADING", Temp: "F1.x.tmp"}
	b.must(s.SaveFile(b.Context(), d, 1, file, store.Uploading))
	stale := *d
	file.Step = "RENAMING"
	b.must(s.SaveFile(b.Context(), d, 1, file, store.Renaming))
	b.must(s.SaveFile(b.Context(), d, 0, store.DeliveryFile{Name: "F1.sha256", Step: "PLACED"}, store.Renaming))
	b.refused(s.SaveFile(b.Context(), &stale, 1, file, store.Uploaded), "not UPLOADING any more")
	files, err := s.Files(b.Context(), d)
	b.must(err)
	b.equal("steps", []store.DeliveryFile{{Name: "F1.sha256", Step: "PLACED"}, file}, files)
	b.must(s.Failed(b.Context(), d, "connection lost"))
	b.equal("attempts", []any{1, "connection lost", store.Renaming}, []any{b.owed(s)[0].Attempts, b.owed(s)[0].Failure, b.owed(s)[0].State})
	b.must(s.Advance(b.Context(), d, store.Renaming, store.Unconfirmed))
	b.equal("unconfirmed is owed", 1, len(b.owed(s)))
	b.must(s.Forget(b.Context(), d, "ann"))
	files, err = s.Files(b.Context(), d)
	b.must(err)
	b.equal("steps after a decision to send it once more", 0, len(files))
	b.equal("state", []any{store.Built, "sent once more by ann"}, []any{b.owed(s)[0].State, b.owed(s)[0].Answer})
	b.must(s.Advance(b.Context(), d, store.Built, store.Delivered))
	b.equal("owed", 0, len(b.owed(s)))
	b.must(s.Advance(b.Context(), d, store.Delivered, store.Acknowledged))
}

func rejected(b *bench) {
	s := b.open(func(o *store.Options) { o.Targets = []string{""} })
	b.commit(s, b.everything())
	d := b.built(s)
	b.must(s.Advance(b.Context(), d, store.Built, store.Delivered))
	d.Answer = "unknown account"
	b.must(s.Advance(b.Context(), d, store.Delivered, store.Rejected))
	b.equal("owed", 0, len(b.owed(s)))
	b.commit(s, &night.Commit{Request: request(), RunID: "run-2", Outcome: night.UnchangedRun})
	owed := b.owed(s)
	if len(owed) != 1 {
		b.Fatalf("%d deliveries are owed", len(owed))
	}
	b.equal("what was rejected", b.numbers(s, d), b.numbers(s, &owed[0]))
	b.must(s.Approve(b.Context(), &owed[0], named))
	b.equal("sequence", 2, owed[0].Sequence)
}

func notices(b *bench) {
	s := b.open()
	late := store.Notice{Key: "late|2026-09-30", Kind: "missing", Subject: "a report is late", Body: "fees of acme", Attach: "/out/a.xlsx", Channels: []string{"mail", "webhook"}}
	untold := func(what string, want ...store.Notice) {
		b.Helper()
		got, err := s.Untold(b.Context(), "ACME", "")
		b.must(err)
		b.equal(what, want, got)
	}
	by := func(channel, failure string) store.Notice {
		n := late
		n.Channels, n.Failure = []string{channel}, failure
		return n
	}
	for range 2 {
		b.must(s.Announce(b.Context(), "ACME", late))
		untold("a new notice", by("mail", ""), by("webhook", ""))
		b.queued(s, "notify late|2026-09-30 waiting")
	}
	b.must(s.Told(b.Context(), "ACME", late.Key, "mail"))
	b.must(s.NotTold(b.Context(), "ACME", late.Key, "webhook", "no answer"))
	untold("one that a channel could not tell", by("webhook", "no answer"))
	b.must(s.Told(b.Context(), "ACME", late.Key, "webhook"))
	b.must(s.Announce(b.Context(), "ACME", late))
	untold("one that was told")
}

// A target is served by one at a time.
func servedTarget(b *bench) {
	s := b.open()
	sending, err := s.Send(b.Context(), "ACME", "EU")
	b.must(err)
	_, err = s.Send(b.Context(), "ACME", "EU")
	b.refused(err, "holds the lock")
	other, err := s.Send(b.Context(), "ACME", "US")
	b.must(err)
	other.Close(b.Context())
	sending.Close(b.Context())
	sending, err = s.Send(b.Context(), "ACME", "EU")
	b.must(err)
	sending.Close(b.Context())
}

// lateSender: one whose time is over changes nothing more, although what it is about
// to store would follow (R3).
func lateSender(b *bench) {
	s := b.open(func(o *store.Options) { o.Targets = []string{"EU"} })
	b.commit(s, b.everything())
	late, err := s.Send(b.Context(), "ACME", "EU")
	b.must(err)
	defer late.Close(b.Context())
	mine, err := late.Owed(b.Context())
	b.must(err)
	d := &mine[0]
	b.must(s.Approve(b.Context(), d, func(int) string { return "F1" }))
	b.must(s.Build(b.Context(), d, nil, nil))
	file := store.DeliveryFile{Name: "F1", Step: "UPLOADING", Temp: "F1.a.tmp"}
	b.must(s.SaveFile(b.Context(), d, 0, file, store.Uploading))
	b.now = b.now.Add(2 * time.Minute)
	next := b.open(func(o *store.Options) { o.Holder = "host/2" })
	sending, err := next.Send(b.Context(), "ACME", "EU")
	b.must(err)
	defer sending.Close(b.Context())
	yours, err := sending.Owed(b.Context())
	b.must(err)
	b.must(next.SaveFile(b.Context(), &yours[0], 0, file, store.Uploading))
	if err := s.SaveFile(b.Context(), d, 0, file, store.Uploading); !errors.Is(err, store.ErrFenced) {
		b.Fatalf("the late sender stored a step: %v", err)
	}
	if err := s.Failed(b.Context(), d, "slow"); !errors.Is(err, store.ErrFenced) {
		b.Fatalf("the late sender stored a failure: %v", err)
	}
}

// coveredDays: of two that want to run days that are missing, one does.
func coveredDays(b *bench) {
	s := b.open()
	c := b.everything()
	r, err := s.BeginFirst(b.Context(), c.Request)
	b.must(err)
	_, err = s.BeginFirst(b.Context(), c.Request)
	b.refused(err, "holds the lock")
	b.must(errors.Join(r.Commit(b.Context(), c), r.Close(b.Context(), nil)))
	if _, err := s.BeginFirst(b.Context(), c.Request); !errors.Is(err, night.ErrCovered) {
		b.Fatalf("the day is covered: %v", err)
	}
	b.must(b.begin(s, c.Request).Close(b.Context(), nil)) // asked for by a person it runs again
}

func heldEntries(b *bench) {
	s := b.open(func(o *store.Options) { o.Targets = []string{""} })
	c := b.everything()
	c.Holds = []night.Hold{{Merchant: "acme_us", From: on(29), To: on(29)}}
	b.commit(s, c)
	later := &night.Commit{Request: request(), RunID: "run-2", Outcome: night.UnchangedRun}
	later.Holds = c.Holds
	b.commit(s, later)
	if owed := b.owed(s); len(owed) != 1 {
		b.Fatalf("%d deliveries while the entry is held", len(owed))
	}
	later.RunID, later.Holds = "run-3", nil
	b.commit(s, later)
	owed := b.owed(s)
	if len(owed) != 2 {
		b.Fatalf("%d deliveries are owed", len(owed))
	}
	b.equal("the first file", []string{"TO26000001", "TO26000003"}, b.numbers(s, &owed[0]))
	b.equal("what was held", []string{"TO26000002"}, b.numbers(s, &owed[1]))
	b.equal("workbook revisions", 1, b.load(s, request()).Revision) // unchanged runs make none
}

func artifacts(b *bench) {
	s := b.open()
	c := b.everything()
	b.commit(s, c)
	all, err := s.Unpublished(b.Context(), "ACME")
	b.must(err)
	b.equal("results", []store.Published{{RunNo: 1, Artifact: c.Artifacts[0]}, {RunNo: 1, Artifact: c.Artifacts[1]}}, all)
	b.must(s.MarkPublished(b.Context(), all[0]))
	left, err := s.Unpublished(b.Context(), "ACME")
	b.must(err)
	b.equal("what is left", all[1:], left)
}

// weeks: an item counts with the state and the amount that it had after the last
// run as of that day; another company's and what came later do not.
func weeks(b *bench) {
	s := b.open()
	usd := func(minor int64) money.Amount { return money.New(minor, usd()) }
	item := func(id string, status night.ExceptionStatus, a money.Amount) night.Exception {
		return night.Exception{ID: id, Side: night.SideDoc, Key: id, Reason: recon.NotCaptured, Status: status, FirstSeen: on(1), Amount: a}
	}
	run := func(company string, asOf recon.Date, list ...night.Exception) {
		b.commit(s, &night.Commit{
			Request: night.Request{Company: company, From: asOf, To: asOf, AsOf: asOf}, RunID: "run-" + asOf.String(), Outcome: night.DoneWithExceptions, Exceptions: list,
		})
	}
	run("ACME", on(3), item("a", night.New, usd(-700)), item("b", night.New, usd(50)), item("unreadable", night.New, money.Amount{}))
	run("OTHER", on(3), item("a", night.New, usd(1)))
	run("ACME", on(9), item("a", night.Carried, usd(-600)), item("yen", night.New, money.New(9, money.MustCurrency("JPY"))))
	run("ACME", on(12), item("a", night.Closed, usd(-600)))
	run("ACME", on(25), item("b", night.Closed, usd(50)))
	state := b.load(s, night.Request{Company: "ACME", From: on(26), To: on(26), AsOf: on(26)})
	b.equal("day of the prior list", on(25), state.PriorAsOf)
	nothing, jpy := money.Currency(0), money.MustCurrency("JPY")
	b.equal("weeks", []night.Week{
		{AsOf: on(5), Open: []night.Open{{Currency: nothing, Items: 1}, {Currency: usd(0).Currency(), Items: 2, Amount: 750}}},
		{AsOf: on(12), Open: []night.Open{{Currency: nothing, Items: 1}, {Currency: jpy, Items: 1, Amount: 9}, {Currency: usd(0).Currency(), Items: 1, Amount: 50}}},
		{AsOf: on(19), Open: []night.Open{{Currency: nothing, Items: 1}, {Currency: jpy, Items: 1, Amount: 9}, {Currency: usd(0).Currency(), Items: 1, Amount: 50}}},
	}, state.Weeks)
	if state = b.load(s, night.Request{Company: "ACME", From: on(26), To: on(26), AsOf: on(26) + 365}); len(state.Weeks) != night.Weeks-1 {
		b.Errorf("%d weeks after a year", len(state.Weeks))
	}
}
