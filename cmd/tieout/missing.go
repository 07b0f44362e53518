package main

import (
	"context"
	"errors"
	"time"

	"tieout/cmd/tieout/internal/config"
	"tieout/recon"
	"tieout/recon/night"
)

// owed are the ranges that earlier runs restated, again of them, and then the missing days.
func (n *nightly) owed(ctx context.Context, asOf recon.Date) (ranges []config.Range, again int, err error) {
	reruns, err := n.store.Reruns(ctx, n.cfg.Recon.Company)
	if err != nil {
		return nil, 0, err
	}
	for _, q := range reruns {
		ranges = append(ranges, config.Range{From: q.From, To: q.To, AsOf: q.AsOf})
	}
	days, err := n.missing(ctx, asOf)
	return append(ranges, days...), len(reruns), err
}

// missing are the days after the last one that was run, a run for each, up to the
// last day that the schedule covers by now, or to yesterday where there is none.
func (n *nightly) missing(ctx context.Context, asOf recon.Date) ([]config.Range, error) {
	last, err := n.last(ctx)
	if err != nil {
		return nil, err
	}
	var days []recon.Date
	if len(n.cfg.Service.Schedules) > 0 {
		days = night.Owed(n.cfg.Service.Schedules, last, n.now())
	} else {
		for day := last + 1; day < asOf; day++ {
			days = append(days, day)
		}
	}
	ranges := make([]config.Range, len(days))
	for i, day := range days {
		ranges[i] = config.Range{From: day, To: day, AsOf: asOf}
	}
	return ranges, nil
}

// closes is when a day is over for every merchant, by their zones and cut-offs.
func (n *nightly) closes(day recon.Date) (last time.Time) {
	for merchant := range n.cfg.Recon.Merchants {
		if end := settlement(&n.cfg.Recon, merchant).Of(day).End; end.After(last) {
			last = end
		}
	}
	return last
}

// errNoStart is a company of which nobody has said where to begin.
var errNoStart = errors.New("nothing was run yet: name the first day with --from, or as start in the configuration")

// last is the last day that was run, or the day before the first one ever.
func (n *nightly) last(ctx context.Context) (recon.Date, error) {
	cuts, err := n.store.Cuts(ctx, n.cfg.Recon.Company)
	if err != nil {
		return 0, err
	}
	last := n.cfg.Service.Start - 1
	for _, c := range cuts {
		last = max(last, c.To)
	}
	if last <= 0 {
		return 0, usage(errNoStart)
	}
	return last, nil
}
