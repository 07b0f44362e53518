package main

import (
	"context"
	"fmt"
	"log/slog"

	"tieout/cmd/tieout/internal/config"
	"tieout/recon"
	"tieout/recon/cybersource"
	"tieout/recon/cybersource/reportfile"
	"tieout/recon/night"
	"tieout/reports"
)

// fetchFirst makes runs fetch what they need, where there is an account to ask.
func (n *nightly) fetchFirst(log *slog.Logger, wait bool, change ...func(*cybersource.Options)) error {
	if n.cfg.Processor == nil || n.dry {
		return nil
	}
	p, err := n.openProcessor(log, change...)
	if err != nil {
		return err
	}
	n.fetcher, n.ahead = n.fetching(p), p.host.Ahead
	n.fetcher.Wait = wait
	return nil
}

// bring fetches what a range needs and is not in, where there is an account to
// ask, and looks up what became of it. A run goes on without what is late or
// missing, and says so.
func (n *nightly) bring(ctx context.Context, r config.Range) (err error) {
	if n.cfg.Processor == nil {
		return nil
	}
	want := needed(n.cfg, r)
	if n.fetcher != nil {
		if err := n.hasRoom(); err != nil {
			return err
		}
		if _, err := n.fetcher.Run(ctx, n.cfg.Recon.Company, want); err != nil {
			return fmt.Errorf("fetch: %w", err)
		}
	}
	from, to := recon.Date(0), recon.Date(0)
	for _, w := range want {
		if from == 0 || w.Day < from {
			from = w.Day
		}
		to = max(to, w.Day)
	}
	cells, err := n.store.Cells(ctx, n.cfg.Recon.Company, min(from, 1), to)
	n.grid = night.Filled(cells, want)
	for _, c := range cells { // a report of an earlier day that came again is read by the next run
		if c.State == night.CellRestated && !c.Used && c.Day < from {
			n.grid = append(n.grid, c)
		}
	}
	return err
}

// fetched are the files that were fetched for the run in progress and that carry
// transactions; control totals are compared with them once these are read.
func (n *nightly) fetched() (files []night.File, err error) {
	seen := map[string]bool{}
	n.masked = 0
	for _, c := range n.grid {
		if c.Readable() && !seen[c.SHA256] {
			seen[c.SHA256] = true
			n.masked += c.Masked
			only, err := n.onlyControls(c.SHA256)
			if err != nil {
				return nil, err
			}
			if !only {
				files = append(files, night.File{Role: night.Reports, Name: c.File, SHA256: c.SHA256, Size: c.Size})
			}
		}
	}
	return files, nil
}

func (n *nightly) onlyControls(hash string) (bool, error) {
	f, err := n.archive.Open(hash)
	if err != nil {
		return false, err
	}
	defer f.Close()
	return reportfile.OnlyControls(f), nil
}

// tellSources puts the grid into the workbook, and what the run went without.
func (n *nightly) tellSources(book *reports.Night) {
	for _, c := range n.grid {
		book.Received = append(book.Received, reports.SourceDay{
			Merchant: c.Merchant, Report: c.Report, Day: c.Day, State: string(c.State), Required: c.Required, Why: c.Why, File: c.File, SHA256: c.SHA256,
			Before: c.Before, Size: c.Size, Masked: c.Masked, From: c.From, To: c.To, Received: c.Received, Asked: c.Asked,
		})
	}
	for _, c := range night.Lacking(n.grid) {
		book.NotProvided = append(book.NotProvided, c.String())
	}
	if n.picked != nil {
		book.NotProvided = append(book.NotProvided, n.picked.refused...)
	}
}

// lacking names what the runs went on without.
func lacking(grid []night.Cell) (names []string) {
	for _, c := range night.Lacking(grid) {
		names = append(names, c.String()+" ("+lackingWhy(&c)+")")
	}
	return names
}
