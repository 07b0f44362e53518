package storetest

import (
	"database/sql"
	"strings"

	"tieout/recon"
	"tieout/recon/night"
)

// cells walks cells through their states.
func cells(b *bench) {
	s := b.open()
	cell := func(merchant string, day int, state night.CellState, hash string) night.Cell {
		return night.Cell{
			Merchant: merchant, Report: `Daily "Report"`, Day: on(day), State: state, Required: true, Why: "why", File: "f.csv", SHA256: hash, Size: 7, Masked: 1,
			From: 1, To: 2, Due: 3, Asked: 4, Received: 5, Correlation: "id",
		}
	}
	set := func(all ...night.Cell) {
		b.Helper()
		for _, c := range all {
			b.must(s.SetCell(b.Context(), "ACME", c))
		}
	}
	see := func(what string, from, to int, want ...night.Cell) {
		b.Helper()
		got, err := b.open().Cells(b.Context(), "ACME", on(from), on(to))
		b.must(err)
		b.equal(what, want, got)
	}
	late, first, other := cell("b", 28, night.CellLate, ""), cell("b", 28, night.CellReceived, "first"), cell("a", 29, night.CellEmpty, "")
	set(late, other, first)
	see("the newest, in the order of the grid", 28, 30, other, first)
	see("of the days that are asked for", 29, 30, other)
	again := first
	again.Asked, again.Due, again.Required, again.Received = 40, 30, false, 50
	set(again)
	again.Received = first.Received
	see("asked for again without news", 28, 28, again)
	restated := cell("b", 28, night.CellRestated, "aa")
	restated.Before = "first"
	restated.Judge(&recon.FileReport{Kind: "pbdr-csv", Verdict: recon.FilePartial, Rows: recon.RowCounts{Total: 3, Accepted: 1, Quarantined: 1, Duplicate: 1}, Totals: map[string]string{"USD": "1.00"}, Findings: []recon.Finding{{Line: 3, Code: "bad_amount"}}})
	set(restated)
	see("restated", 28, 28, restated)
	b.equal("rows of the cell", 3, b.count("SELECT COUNT(*) FROM report_cells WHERE merchant = 'b'"))

	c := b.everything() // reads the file aa and finds nothing wrong
	c.Files[0].SHA256 = "condemned"
	c.Files[0].Report.Verdict = recon.FileQuarantined
	c.Files[0].Report.Findings = []recon.Finding{{Line: 3, Message: "cut off"}}
	b.commit(s, c)
	used, spoilt := restated, cell("b", 30, night.CellReceived, "condemned")
	set(spoilt)
	used.Used, spoilt.Used, spoilt.State, spoilt.Why = true, true, night.CellQuarantined, "line 3: cut off"
	early := cell("d", 27, night.CellReceived, "early") // known to be of no use before any run reads it
	early.Judge(&recon.FileReport{Verdict: recon.FileQuarantined, Totals: map[string]string{}, Findings: []recon.Finding{{Message: "cut off"}}})
	b.equal("condemned when it came", night.CellQuarantined, early.State)
	set(early)
	see("condemned when it came", 27, 27, early)
	see("what runs made of the files", 28, 30, other, used, spoilt)

	b.must(s.SetCell(b.Context(), "OTHER", first))
	see("companies do not see each other", 28, 30, other, used, spoilt)
	for _, statement := range []string{
		"UPDATE report_cells SET state = 'GONE'", "UPDATE report_cells SET sha256 = '' WHERE state = 'RECEIVED'", "UPDATE report_cells SET before_sha256 = 'x' WHERE state = 'EMPTY'",
	} {
		if err := b.raw(statement); err == nil {
			b.Errorf("accepted: %s", statement)
		}
	}
	b.together(8, func(i int) error { return s.SetCell(b.Context(), "ACME", cell("c", 28, night.CellMissing, "")) })
}

// count is the answer of a query that counts.
func (b *bench) count(query string) (n int) {
	b.Helper()
	driver := "sqlite"
	if strings.HasPrefix(b.where, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, b.where)
	b.must(err)
	defer db.Close()
	b.must(db.QueryRowContext(b.Context(), query).Scan(&n))
	return n
}
