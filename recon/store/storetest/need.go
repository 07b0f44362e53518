package storetest

import (
	"fmt"
	"strings"

	"tieout/recon"
	"tieout/recon/night"
	"tieout/recon/store"
)

// family is a company's past: a capture that is held, its refund and the dispute
// of that, a sale of another day, and rows that nobody asks for.
func (b *bench) family() *night.Commit {
	b.Helper()
	kin := func(id, parent string, kind recon.EventType, day recon.Date, amount int64) night.Row {
		r := row(id, day, amount)
		r.Parent, r.Type, r.Natural, r.Held, r.Open = parent, kind, kind, 0, 0
		r.Documents, r.Suggested, r.Reference = []string{"DOC " + id, "DOC " + id, "SHARED"}, []string{"GUESS"}, "so "+id
		r.Taken = []night.Taken{{Doc: "SHARED", Amount: amount - 5, Parts: recon.Components{recon.Goods: amount - 7, recon.Tax: 2}}}
		return r
	}
	c := &night.Commit{Request: request(), RunID: "run-0", Outcome: night.Done, Rows: []night.Row{
		kin("10", "", recon.Capture, on(1), 700),
		kin("11", "10", recon.Refund, on(2), -700),
		kin("12", "11", recon.Reject, on(3), 700),
		kin("20", "", recon.Capture, on(4), 90),
		kin("30", "", recon.Capture, on(5), 90),
		kin("40", "", recon.Capture, on(29), 40), // of the range
	}}
	c.Rows[4].AtOpening = true // what it took is in the documents' own figure
	c.From, c.To = on(1), on(5)
	c.Acts = []night.Act{{Key: "20/CAPTURE", Merchant: "acme_us", Currency: usd(), Amount: 90, Taken: []night.Taken{{Doc: "SHARED", Amount: 9}}, On: on(29)}}
	b.items(c)
	return c
}

func (b *bench) ids(s *store.Store, need *night.Need) string {
	b.Helper()
	var ids []string
	for _, r := range b.load(s, request(), need).Rows {
		ids = append(ids, r.ID)
	}
	return strings.Join(ids, " ")
}

// asked: a run is told its range, and beyond that exactly what it asks for.
func asked(b *bench) {
	s := b.open()
	b.commit(s, b.family())
	b.found(s)
}

// upgraded: a store that had items before they could be found by what they are
// about has the answers after its upgrade.
func upgraded(b *bench) {
	s := b.open()
	b.commit(s, b.family())
	b.must(s.Close())
	statements := []string{
		"DROP TABLE item_docs", "DROP INDEX contributions_entry", "DROP INDEX exceptions_open", "DROP INDEX exceptions_item", "DELETE FROM goose_db_version WHERE version_id >= 7",
		"DROP TABLE services", "ALTER TABLE report_cells DROP COLUMN judged", "ALTER TABLE runs DROP COLUMN lacking", "ALTER TABLE runs DROP COLUMN setup", "ALTER TABLE runs DROP COLUMN setup_size", "ALTER TABLE runs DROP COLUMN commit_no", "DROP TABLE requests", "DROP TABLE reruns", "ALTER TABLE notices DROP COLUMN body", "ALTER TABLE notices DROP COLUMN attach", "ALTER TABLE notices DROP COLUMN failure",
	}
	for _, index := range []string{"settled", "held", "used", "txn", "parent", "charge", "sale"} {
		statements = append(statements, "DROP INDEX items_"+index)
	}
	for _, table := range []string{"items", "item_versions"} {
		for _, column := range []string{"txn_id", "parent", "charge", "sale", "used_on", "file"} {
			statements = append(statements, fmt.Sprintf("ALTER TABLE %s DROP COLUMN %s", table, column))
		}
	}
	b.must(b.raw(statements...))
	b.found(b.open())
}

func (b *bench) found(s *store.Store) {
	b.Helper()
	for _, c := range []struct {
		what string
		need night.Need
		want string
	}{
		{"nothing", night.Need{}, "40"},
		{"an id, with its family in both directions", night.Need{IDs: []string{"11", "no such id", "\x00", "\xff"}}, "10 11 12 40"},
		{"a parent", night.Need{IDs: []string{"10"}}, "10 11 12 40"},
		{"a charge near its day", night.Need{Charges: []string{"USD|90|"}, Near: night.Cut{From: on(1), To: on(4)}}, "20 40"},
		{"a charge in two days", night.Need{Charges: []string{"USD|90|"}, Near: night.Cut{From: on(4), To: on(5)}}, "20 30 40"},
		{"a sale, whenever it was", night.Need{Sales: []string{"acme_us|USD|SO 10"}}, "10 11 12 40"},
		{"a file", night.Need{Files: []*night.File{{SHA256: "aa", First: on(2), Last: on(3)}}}, "10 11 12 40"},
		{"another file", night.Need{Files: []*night.File{{SHA256: "bb", First: on(1), Last: on(5)}}}, "40"},
	} {
		b.equal(c.what, c.want, b.ids(s, &c.need))
	}
	state := b.load(s, request(), &night.Need{Docs: []string{"SHARED", "DOC 10", "GUESS", "nobody's"}})
	b.equal("what other ranges and acts took, without what was taken over", map[string]recon.Prior{
		"SHARED": {Amount: 695 - 705 + 695 + 85 + 9, Parts: recon.Components{recon.Goods: 693 - 707 + 693 + 83, recon.Tax: 8}}, "DOC 10": {}, "GUESS": {},
	}, state.Priors)
	b.naming(s)
}

// naming: what names a document is found by it, a page at a time.
func (b *bench) naming(s *store.Store) {
	b.Helper()
	moment, err := s.Snapshot(b.Context())
	b.must(err)
	defer func() { b.must(moment.Close()) }()
	var keys []string
	for skip := 0; ; skip += 4 {
		page, count, err := moment.Naming(b.Context(), "ACME", "SHARED", store.Page{Skip: skip, Limit: 4})
		b.must(err)
		b.equal("how many name the document", 7, count)
		if len(page) == 0 {
			break
		}
		for _, v := range page {
			keys = append(keys, v.Side+" "+v.Key)
		}
	}
	b.equal("what names the document", []string{
		"event 10/CAPTURE", "event 11/REFUND", "event 12/REJECT", "event 20/CAPTURE", "event 30/CAPTURE", "act 20/CAPTURE", "event 40/CAPTURE",
	}, keys)
}
