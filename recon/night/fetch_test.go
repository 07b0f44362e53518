package night

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tieout/recon"
)

// processor is one as a function.
type processor struct {
	mu    sync.Mutex
	fetch func(w Wanted) (Cell, error)
	once  func(days []recon.Date) ([]Cell, error)
	asked int
}

func (p *processor) Fetch(_ context.Context, w Wanted) (Cell, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	c, err := p.fetch(w)
	c.Due = recon.InstantOf(time.Date(2000, 1, 1, 6, 0, 0, 0, time.UTC))
	return c, err
}

func (p *processor) Once(_ context.Context, merchant, report string, days []recon.Date) ([]Cell, error) {
	cells, err := p.once(days)
	for i := range cells {
		cells[i].Merchant, cells[i].Report = merchant, report
	}
	return cells, err
}

// grid is one in memory.
type grid struct {
	mu    sync.Mutex
	cells map[cellKey]Cell
	fault error
}

func (g *grid) Cells(context.Context, string, recon.Date, recon.Date) (all []Cell, err error) {
	for _, c := range g.cells {
		all = append(all, c)
	}
	return all, nil
}

func (g *grid) SetCell(_ context.Context, _ string, c Cell) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cells == nil {
		g.cells = map[cellKey]Cell{}
	}
	g.cells[keyOf(c)] = c
	return g.fault
}

func fetchOf(p *processor, g *grid) *Fetch {
	return &Fetch{Processor: p, Grid: g, Now: func() recon.Instant { return recon.InstantOf(time.Now()) }, Sleep: func(ctx context.Context, d time.Duration) error {
		time.Sleep(d)
		return ctx.Err()
	}}
}

func received(hash string) Cell { return Cell{State: CellReceived, SHA256: hash} }

func one(t *testing.T, f *Fetch) Cell {
	t.Helper()
	cells, err := f.Run(t.Context(), "ACME", []Wanted{{Merchant: "m", Report: "r", Day: 9, Required: true, Once: true}})
	if err != nil || len(cells) != 1 {
		t.Fatalf("%v, %v", cells, err)
	}
	return cells[0]
}

func TestACellFollowsWhatIsReceived(t *testing.T) {
	late, missing, empty, spoilt := Cell{State: CellLate, Why: "late"}, Cell{State: CellMissing, Why: "missing"}, Cell{State: CellEmpty}, Cell{State: CellQuarantined, SHA256: "c"}
	for _, c := range []struct {
		name   string
		steps  []Cell
		want   CellState
		hash   string
		before string
		lacks  bool
	}{
		{"what is late comes", []Cell{late, received("a")}, CellReceived, "a", "", false},
		{"what is missing comes after all", []Cell{missing, received("a")}, CellReceived, "a", "", false},
		{"what comes again as it was is no news", []Cell{received("a"), received("a")}, CellReceived, "a", "", false},
		{"what comes again with other content is restated (R2)", []Cell{received("a"), received("b")}, CellRestated, "b", "a", false},
		{"and again", []Cell{received("a"), received("b"), received("c")}, CellRestated, "c", "b", false},
		{"what is in stays in when it cannot be had again", []Cell{received("a"), missing, late, empty}, CellReceived, "a", "", false},
		{"a proven empty day may get data", []Cell{empty, received("a")}, CellReceived, "a", "", false},
		{"and stays proven when nothing is heard", []Cell{empty, late}, CellEmpty, "", "", false},
		{"what is of no use is asked for again", []Cell{spoilt, received("a")}, CellReceived, "a", "", false},
		{"and lacks until it comes", []Cell{late, spoilt}, CellQuarantined, "c", "", true},
		{"a file of no use does not replace one that is in", []Cell{received("a"), spoilt}, CellReceived, "a", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			f := fetchOf(&processor{fetch: func(Wanted) (Cell, error) { n++; return c.steps[n-1], nil }, once: func([]recon.Date) ([]Cell, error) { return nil, nil }}, &grid{})
			f.Again = true
			var got Cell
			for range c.steps {
				got = one(t, f)
			}
			if got.State != c.want || got.SHA256 != c.hash || got.Before != c.before || (len(Lacking([]Cell{got})) > 0) != c.lacks {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestWhatIsInIsNotAskedForAgain(t *testing.T) {
	for _, c := range []Cell{received("a"), {State: CellEmpty}} {
		p := &processor{fetch: func(Wanted) (Cell, error) { return c, nil }}
		f := fetchOf(p, &grid{})
		one(t, f)
		if one(t, f); p.asked != 1 {
			t.Errorf("%s: asked %d times", c.State, p.asked)
		}
	}
}

func TestWhatIsLateIsWaitedForUntilItIsDue(t *testing.T) {
	for _, c := range []struct {
		name  string
		ready time.Duration
		wait  bool
		want  CellState
		asked int
		took  time.Duration
	}{
		{"it comes after an hour", time.Hour, true, CellReceived, 8, time.Hour},
		{"it does not come by its time", 100 * time.Hour, true, CellLate, 28, 6 * time.Hour},
		{"nobody waits", time.Hour, false, CellLate, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started := time.Now()
				p := &processor{fetch: func(Wanted) (Cell, error) {
					if time.Since(started) < c.ready {
						return Cell{State: CellLate}, nil
					}
					return received("a"), nil
				}}
				f := fetchOf(p, &grid{})
				f.Wait = c.wait
				if got := one(t, f); got.State != c.want || p.asked != c.asked || time.Since(started) != c.took {
					t.Errorf("%s after %d looks and %s", got.State, p.asked, time.Since(started))
				}
			})
		})
	}
}

func TestAFaultOfOneCellLeavesTheOthers(t *testing.T) {
	p := &processor{fetch: func(w Wanted) (Cell, error) {
		if w.Merchant == "b" {
			return Cell{}, errors.New("connection refused")
		}
		return received(w.Merchant), nil
	}}
	var want []Wanted
	for _, m := range []string{"a", "b", "c"} {
		for d := recon.Date(1); d <= 3; d++ {
			want = append(want, Wanted{Merchant: m, Report: "r", Day: d, Required: m != "c"})
		}
	}
	cells, err := fetchOf(p, &grid{}).Run(t.Context(), "ACME", want)
	if err != nil || len(cells) != 9 || !slices.IsSortedFunc(cells, CompareCells) {
		t.Fatalf("%v, %v", cells, err)
	}
	lacking := Lacking(cells)
	if len(lacking) != 3 || lacking[0].Merchant != "b" || lacking[0].State != CellLate || lacking[0].Why != "connection refused" {
		t.Errorf("lacking: %+v", lacking)
	}
}

func TestStorageThatFailsEndsAFetch(t *testing.T) {
	full := errors.New("disk full")
	_, err := fetchOf(&processor{fetch: func(Wanted) (Cell, error) { return received("a"), nil }}, &grid{fault: full}).Run(t.Context(), "ACME", []Wanted{{Merchant: "m", Day: 1}})
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

func TestACallerWhoLeavesEndsAFetch(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := &grid{}
	_, err := fetchOf(&processor{fetch: func(Wanted) (Cell, error) { cancel(); return Cell{}, errors.New("cut off") }}, g).Run(ctx, "ACME", []Wanted{{Merchant: "m", Day: 1}})
	if !errors.Is(err, context.Canceled) || len(g.cells) != 0 {
		t.Errorf("got %v, stored %v", err, g.cells)
	}
}

func TestOneTimeReportsStandInForWhatIsMissing(t *testing.T) {
	var asked []recon.Date
	p := &processor{fetch: func(w Wanted) (Cell, error) {
		if w.Day%2 == 0 {
			return received("d"), nil
		}
		return Cell{State: CellMissing, Why: "no such report"}, nil
	}, once: func(days []recon.Date) ([]Cell, error) {
		asked = days
		var cells []Cell
		for _, d := range days[:len(days)-1] {
			cells = append(cells, Cell{Day: d, State: CellReceived, SHA256: "once"})
		}
		return cells, errors.New("the last could not be made")
	}}
	var want []Wanted
	for d := recon.Date(9); d >= 1; d-- {
		want = append(want, Wanted{Merchant: "m", Report: "r", Day: d, Required: true, Once: d != 1})
	}
	g := &grid{}
	cells, err := fetchOf(p, g).Run(t.Context(), "ACME", want)
	if err != nil || fmt.Sprint(asked) != fmt.Sprint([]recon.Date{3, 5, 7, 9}) {
		t.Fatalf("asked %v, %v", asked, err)
	}
	for _, c := range cells {
		want := map[bool]string{true: "d", false: "once"}[c.Day%2 == 0]
		if c.Day == 1 || c.Day == 9 {
			want = ""
		}
		if c.SHA256 != want || !c.Required {
			t.Errorf("day %d: %+v", c.Day, c)
		}
		if c.Day == 9 && !strings.Contains(c.Why, "the last could not be made") {
			t.Errorf("day 9 says %q", c.Why)
		}
	}
}
