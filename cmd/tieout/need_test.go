package main

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tieout/cmd/tieout/internal/config"
	"tieout/fixtures/scenario"
	"tieout/recon"
	"tieout/recon/store"
)

// A run asks the store only for what its rows can touch. What it hands out is,
// to the byte, what it hands out when it is told the whole past: over nights of
// one day each whose reports bring late rows, restated rows and returns of what
// earlier nights posted, and over the whole range again.
func TestAskingIsEnough(t *testing.T) {
	first, count := scenarios(t, 3)
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := scenario.New(seed)
			asking, told := scenarioFolder(t, s), scenarioFolder(t, s)
			from, to, asOf := rangeOf(t, s)
			last := day(t, to)
			for d := day(t, from); d <= last; d++ {
				part := thinned(s.Transactions[0], seed+uint64(d))
				for _, c := range []companyFolder{asking, told} {
					c.put("reports/"+d.String()+".csv", part)
				}
				r := config.Range{From: d, To: d, AsOf: day(t, asOf)}
				asking.runWith(r, false)
				told.runWith(r, true)
			}
			for _, c := range []companyFolder{asking, told} {
				c.put("reports/all.csv", string(s.Transactions[0]))
			}
			r := config.Range{From: day(t, from), To: last, AsOf: day(t, asOf)}
			asking.runWith(r, false)
			told.runWith(r, true)
			want := told.handedOut()
			if len(want) < 10 {
				t.Fatalf("seed %d: only %d files were handed out", seed, len(want))
			}
			sameFiles(t, want, asking.handedOut())
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		})
	}
}

func day(t *testing.T, text string) recon.Date {
	t.Helper()
	d, err := recon.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// runWith runs a range with a store that tells runs what they ask for, or all.
func (c companyFolder) runWith(r config.Range, whole bool) {
	c.t.Helper()
	n, err := openNightly(c.t.Context(), filepath.Join(c.dir, "tieout.yaml"), r, time.Now, false)
	if err != nil {
		c.t.Fatal(err)
	}
	defer n.close()
	if whole {
		if err := n.store.Close(); err != nil {
			c.t.Fatal(err)
		}
		o := n.options(time.Now)
		o.Whole = true
		if n.store, err = store.Open(c.t.Context(), n.where(), o); err != nil {
			c.t.Fatal(err)
		}
	}
	if _, err := n.runRange(c.t.Context(), r); err != nil {
		c.t.Fatal(err)
	}
}
