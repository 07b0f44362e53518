package storetest

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tieout/recon"
	"tieout/recon/store"
)

// dumps: a dump restores the same state into either kind of database, marked as
// restored, and into none that has runs.
func dumps(b *bench) {
	s := b.open()
	b.commit(s, b.everything())
	d := b.built(s)
	b.must(s.SaveFile(b.Context(), d, 0, store.DeliveryFile{Name: "F", Step: "RENAMING", Temp: "F.x.tmp"}, store.Renaming))
	was := b.dump(s)
	b.equal("schema and rows", true, strings.Contains(was[0], `"schema":`) && len(was) > 40)
	on := recon.NewDate(2026, 10, 5)
	for _, where := range []string{b.another(), filepath.Join(b.TempDir(), "restored.db")} {
		o := store.Options{Now: func() time.Time { return b.now }, Holder: "host/2", Targets: []string{"", "EU"}}
		b.must(store.Restore(b.Context(), where, o, on, strings.NewReader(strings.Join(was, "\n"))))
		restored, err := store.Open(b.Context(), where, o)
		b.must(err)
		b.equal("what was restored", was[1:], slices.DeleteFunc(b.dump(restored)[1:], func(line string) bool { return strings.Contains(line, `"2026-10-05"`) }))
		day, err := restored.Restored(b.Context())
		b.must(err)
		b.equal("restored on", on, day)
		b.refused(store.Restore(b.Context(), where, o, on, strings.NewReader(strings.Join(was, "\n"))), "has runs already")
		b.looked(restored)
		b.must(restored.Close())
	}
	day, err := s.Restored(b.Context())
	b.must(err)
	b.equal("never restored", recon.Date(0), day)
	b.refused(store.Restore(b.Context(), b.another(), store.Options{Now: func() time.Time { return b.now }}, on, strings.NewReader(`{"schema":3}`)), "no dump of a store")
	damaged := strings.Replace(strings.Join(was, "\n"), `"table":"runs"`, `"table":"runs; DROP TABLE runs"`, 1)
	b.refused(store.Restore(b.Context(), b.another(), store.Options{Now: func() time.Time { return b.now }}, on, strings.NewReader(damaged)), "no name of a table")
}

// looked: what may have been delivered is looked for once.
func (b *bench) looked(s *store.Store) {
	b.Helper()
	d := b.owed(s)[0]
	looked, err := s.Looked(b.Context(), &d)
	b.must(err)
	b.equal("looked for", false, looked)
	b.must(s.FoundAfterRestore(b.Context(), &d, false))
	b.equal("state", store.Unconfirmed, b.owed(s)[0].State)
	looked, err = s.Looked(b.Context(), &d)
	b.must(err)
	b.equal("looked for", true, looked)
}

// dump is the dump of a store, line by line, the rows of a table sorted.
func (b *bench) dump(s *store.Store) []string {
	b.Helper()
	var text bytes.Buffer
	b.must(s.Dump(b.Context(), &text))
	lines := strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
	start := 1
	for i := range lines {
		if i > 0 && (strings.HasPrefix(lines[i], "{") || i == len(lines)-1) {
			slices.Sort(lines[start:i])
			start = i + 1
		}
	}
	return lines
}
