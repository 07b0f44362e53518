package night

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"tieout/recon"
)

// Wanted is a report of a merchant and a business day that a range needs.
type Wanted struct {
	Merchant, Report string
	Day              recon.Date
	Required         bool
	Once             bool // a one-time report may stand in where the daily one is missing
}

// Processor is what a fetch needs of whoever has the reports. An error is for
// what says nothing of the report: the connection, the credentials.
type Processor interface {
	// Fetch asks for one report and keeps it. Its answer has window, due time and outcome.
	Fetch(ctx context.Context, w Wanted) (Cell, error)
	// Once has one-time reports made over days of one merchant and report, waits
	// for them and keeps them. Days that it cannot give are left out.
	Once(ctx context.Context, merchant, report string, days []recon.Date) ([]Cell, error)
}

// Grid is what a fetch needs of storage.
type Grid interface {
	// Cells are those of a company from a day to a day, both included.
	Cells(ctx context.Context, company string, from, to recon.Date) ([]Cell, error)
	// SetCell stores what a cell has become.
	SetCell(ctx context.Context, company string, c Cell) error
}

// Fetch brings reports in.
type Fetch struct {
	Processor Processor
	Grid      Grid
	Now       func() recon.Instant
	Sleep     func(ctx context.Context, d time.Duration) error
	Wait      bool // look again at what is late until it is due
	Again     bool // ask for what is in, too: it may be restated
}

// The poll plan: the first wait, and the longest, to which waits double.
const (
	firstLook = time.Minute
	lastLook  = 15 * time.Minute
)

// Run fetches what is wanted and not in, stores what became of it cell by cell,
// and returns the grid of what is wanted. Merchants are fetched side by side,
// the reports of one in turn. Only storage and the caller end it early.
func (f *Fetch) Run(ctx context.Context, company string, want []Wanted) ([]Cell, error) {
	grid, err := f.known(ctx, company, want)
	if err != nil || len(want) == 0 {
		return nil, err
	}
	wait := firstLook
	for round := 0; ; round++ {
		if err := f.round(ctx, company, grid, want, f.Again && round == 0); err != nil {
			return grid.cells(want), err
		}
		late := f.soon(grid, want)
		if late == 0 {
			break
		}
		if err := f.Sleep(ctx, min(wait, late)); err != nil {
			return grid.cells(want), err
		}
		wait = min(2*wait, lastLook)
	}
	err = f.standIns(ctx, company, grid, want)
	return grid.cells(want), err
}

// squares are cells by key, for many hands.
type squares struct {
	mu  sync.Mutex
	all map[cellKey]Cell
}

func (s *squares) get(w Wanted) (Cell, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.all[cellKey{w.Merchant, w.Report, w.Day}]
	return c, ok
}

func (s *squares) set(c Cell) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[keyOf(c)] = c
}

func (s *squares) cells(want []Wanted) []Cell {
	var all []Cell
	for _, c := range s.all {
		all = append(all, c)
	}
	return Filled(all, want)
}

// known is what earlier fetches left.
func (f *Fetch) known(ctx context.Context, company string, want []Wanted) (*squares, error) {
	s := &squares{all: map[cellKey]Cell{}}
	if len(want) == 0 {
		return s, nil
	}
	byDay := func(a, b Wanted) int { return cmp.Compare(a.Day, b.Day) }
	cells, err := f.Grid.Cells(ctx, company, slices.MinFunc(want, byDay).Day, slices.MaxFunc(want, byDay).Day)
	for _, c := range cells {
		s.all[keyOf(c)] = c
	}
	return s, err
}

// round asks once for everything that is not in.
func (f *Fetch) round(ctx context.Context, company string, grid *squares, want []Wanted, again bool) error {
	byMerchant := map[string][]Wanted{}
	for _, w := range want {
		if c, ok := grid.get(w); !ok || again || !c.In() {
			byMerchant[w.Merchant] = append(byMerchant[w.Merchant], w)
		}
	}
	var all sync.WaitGroup
	errs := make(chan error, len(byMerchant))
	for _, asked := range byMerchant {
		all.Go(func() {
			for _, w := range asked {
				if err := f.ask(ctx, company, grid, w); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(errs)
	var err error
	for one := range errs {
		err = errors.Join(err, one)
	}
	return err
}

// ask fetches one cell. A fault of the connection leaves the cell late: the next
// fetch asks again.
func (f *Fetch) ask(ctx context.Context, company string, grid *squares, w Wanted) error {
	next, err := f.Processor.Fetch(ctx, w)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		next.State, next.Why = CellLate, err.Error()
	}
	next.Merchant, next.Report, next.Day = w.Merchant, w.Report, w.Day
	return f.put(ctx, company, grid, w.Required, next)
}

func (f *Fetch) put(ctx context.Context, company string, grid *squares, required bool, next Cell) error {
	next.Required, next.Asked = required, f.Now()
	if next.HasFile() {
		next.Received = next.Asked
	}
	if before, ok := grid.get(Wanted{Merchant: next.Merchant, Report: next.Report, Day: next.Day}); ok {
		next = before.follow(next)
	}
	grid.set(next)
	if err := f.Grid.SetCell(ctx, company, next); err != nil {
		return fmt.Errorf("store %s: %w", next.String(), err)
	}
	return nil
}

// soon is how long something late may still be waited for; 0: not at all.
func (f *Fetch) soon(grid *squares, want []Wanted) (left time.Duration) {
	if !f.Wait {
		return 0
	}
	for _, w := range want {
		if c, ok := grid.get(w); ok && c.State == CellLate {
			left = max(left, time.Duration(c.Due-f.Now())*time.Microsecond)
		}
	}
	return left
}

// standIns has one-time reports made for what is missing.
func (f *Fetch) standIns(ctx context.Context, company string, grid *squares, want []Wanted) error {
	type source struct{ merchant, report string }
	missing := map[source][]Wanted{}
	var order []source
	for _, w := range want {
		if c, ok := grid.get(w); w.Once && ok && c.State == CellMissing {
			at := source{w.Merchant, w.Report}
			if missing[at] == nil {
				order = append(order, at)
			}
			missing[at] = append(missing[at], w)
		}
	}
	for _, at := range order {
		if err := f.standIn(ctx, company, grid, missing[at]); err != nil {
			return err
		}
	}
	return nil
}

// standIn asks for the days of one merchant and report.
func (f *Fetch) standIn(ctx context.Context, company string, grid *squares, missing []Wanted) error {
	var days []recon.Date
	for _, w := range missing {
		days = append(days, w.Day)
	}
	slices.Sort(days)
	cells, fault := f.Processor.Once(ctx, missing[0].Merchant, missing[0].Report, days)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	made := map[recon.Date]Cell{}
	for _, c := range cells {
		made[c.Day] = c
	}
	for _, w := range missing {
		c, ok := made[w.Day]
		if !ok && fault == nil {
			continue
		}
		if !ok {
			c, _ = grid.get(w)
			c.Why += "; nor could a one-time report be made: " + fault.Error()
		}
		if err := f.put(ctx, company, grid, w.Required, c); err != nil {
			return err
		}
	}
	return nil
}
