package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tieout/cmd/tieout/internal/config"
	"tieout/cmd/tieout/internal/logs"
	"tieout/recon"
	"tieout/recon/cybersource"
	"tieout/recon/night"
)

// gridVerb is what `tieout fetch` and `tieout status` have in common: the reports of days.
type gridVerb struct {
	config, from, to, output string
	merchants                []string
	again, wait              bool
	now                      func() time.Time
	change                   []func(*cybersource.Options) // of the client, in tests
	sleep                    func(context.Context, time.Duration) error
}

func (v *gridVerb) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&v.config, "config", "tieout.yaml", "configuration")
	flags.StringVar(&v.from, "from", "", "first business day of the reports, yyyy-mm-dd")
	flags.StringVar(&v.to, "to", "", "last business day; the first if not given")
	flags.StringSliceVar(&v.merchants, "merchant", nil, "only these merchants")
	flags.StringVar(&v.output, "output", "text", "text or json")
}

func fetchCommand() *cobra.Command {
	v := &gridVerb{now: time.Now}
	cmd := &cobra.Command{
		Use:   "fetch --from D --to D",
		Short: "Fetch the processor's reports of business days into the archive",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return failed(v.fetch(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	v.flags(cmd)
	cmd.Flags().BoolVar(&v.again, "again", false, "ask for reports that are in, too: they may be restated")
	cmd.Flags().BoolVar(&v.wait, "wait", false, "wait for late reports until their ready_by")
	return cmd
}

// open reads the configuration, which must have an account section.
func (v *gridVerb) open(ctx context.Context) (*nightly, config.Range, error) {
	n, r, err := v.openAny(ctx)
	if err == nil && n.cfg.Processor == nil {
		err = errors.Join(usage(errors.New("reports is a folder: there is no processor account to ask; see reports.merchants")), n.close())
	}
	return n, r, err
}

// openAny reads the configuration, whatever it has.
func (v *gridVerb) openAny(ctx context.Context) (*nightly, config.Range, error) {
	if v.output != "text" && v.output != "json" {
		return nil, config.Range{}, usage(fmt.Errorf("--output %q: text or json is needed", v.output))
	}
	r, err := (&runVerb{from: v.from, to: v.to}).dates(v.now())
	if err != nil {
		return nil, r, usage(err)
	}
	n, err := openStored(ctx, v.config, r, v.now)
	if err != nil {
		return nil, r, err
	}
	for _, m := range v.merchants {
		if n.cfg.Processor == nil || !slices.ContainsFunc(n.cfg.Processor.Accounts, func(a config.Account) bool { return a.Merchant == m }) {
			return nil, r, errors.Join(usage(fmt.Errorf("--merchant %s has no account in reports.merchants", m)), n.close())
		}
	}
	return n, r, nil
}

func (v *gridVerb) only(merchant string) bool {
	return len(v.merchants) == 0 || slices.Contains(v.merchants, merchant)
}

func (v *gridVerb) fetch(ctx context.Context, stdout, stderr io.Writer) error {
	n, r, err := v.open(ctx)
	if err != nil {
		return err
	}
	grid, err := v.fetchInto(ctx, n, r, stderr)
	if err := errors.Join(err, n.close()); err != nil {
		return err
	}
	return v.show(stdout, grid)
}

func (v *gridVerb) fetchInto(ctx context.Context, n *nightly, r config.Range, stderr io.Writer) ([]night.Cell, error) {
	p, err := n.openProcessor(logs.Text(stderr), v.change...)
	if err != nil {
		return nil, err
	}
	f := n.fetching(p)
	f.Again, f.Wait = v.again, v.wait
	if v.sleep != nil {
		f.Sleep = v.sleep
	}
	return f.Run(ctx, n.cfg.Recon.Company, p.wanted(r.From, r.To, v.only))
}

// fetching is a fetch into the store.
func (n *nightly) fetching(p *processor) *night.Fetch {
	return &night.Fetch{
		Processor: p, Grid: n.store, Now: func() recon.Instant { return recon.InstantOf(n.now()) },
		Sleep: func(ctx context.Context, d time.Duration) error {
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(d):
				return nil
			}
		},
	}
}

// gridReport is the grid for machines.
type gridReport struct {
	Cells   []night.Cell `json:"cells"`
	Days    []dayReport  `json:"days"`
	Lacking int          `json:"lacking"`
}

// dayReport tells whether the required reports of a day are in.
type dayReport struct {
	Day  recon.Date `json:"day"`
	Done bool       `json:"done"`
}

func reportOfGrid(grid []night.Cell) gridReport {
	r := gridReport{Cells: grid, Days: []dayReport{}, Lacking: len(night.Lacking(grid))}
	if r.Cells == nil {
		r.Cells = []night.Cell{}
	}
	done := map[recon.Date]bool{}
	for _, c := range grid {
		if _, seen := done[c.Day]; !seen {
			done[c.Day] = true
			r.Days = append(r.Days, dayReport{Day: c.Day})
		}
		done[c.Day] = done[c.Day] && (c.In() || !c.Required)
	}
	slices.SortFunc(r.Days, func(a, b dayReport) int { return int(a.Day - b.Day) })
	for i := range r.Days {
		r.Days[i].Done = done[r.Days[i].Day]
	}
	return r
}

// show prints the grid; the exit code tells whether all days are done.
func (v *gridVerb) show(w io.Writer, grid []night.Cell) error {
	r := reportOfGrid(grid)
	if v.output == "json" {
		if err := json.NewEncoder(w).Encode(r); err != nil {
			return err
		}
	} else if err := r.write(w); err != nil {
		return err
	}
	return gridVerdict(grid)
}

// gridVerdict is exit code 4 while required reports are not in.
func gridVerdict(grid []night.Cell) error {
	lacking := night.Lacking(grid)
	if len(lacking) == 0 {
		return nil
	}
	return &exitError{exitMissing, fmt.Errorf("%d required reports are not in, first %s: %s", len(lacking), lacking[0].String(), lackingWhy(&lacking[0]))}
}

func lackingWhy(c *night.Cell) string {
	return strings.ToLower(string(c.State)) + ", " + c.Why
}

func (r *gridReport) write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "DAY\tMERCHANT\tREPORT\tSTATE\tRECEIVED\tBYTES\tROWS\tSHA-256\tWHY")
	cells := slices.Clone(r.Cells)
	slices.SortStableFunc(cells, func(a, b night.Cell) int { return int(a.Day - b.Day) })
	for i := range cells {
		c := &cells[i]
		received, size := "", ""
		if c.Received != 0 {
			received = c.Received.In(time.UTC).Format("2006-01-02 15:04:05Z")
		}
		if c.SHA256 != "" {
			size = fmt.Sprint(c.Size)
		}
		state := string(c.State)
		if !c.Required {
			state += " (optional)"
		}
		rows, spoilt := rowsText(c)
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.12s\t%s\n", c.Day, c.Merchant, c.Report, state, received, size, rows, c.SHA256,
			strings.TrimSpace(c.Why+spoilt+maskedText(c.Masked)))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	done := 0
	for _, d := range r.Days {
		if d.Done {
			done++
		}
	}
	_, err := fmt.Fprintf(w, "%d of %d days are done: their required reports are in\n", done, len(r.Days))
	return err
}

// rowsText is how many rows a report has, and what cannot be used of them.
func rowsText(c *night.Cell) (rows, spoilt string) {
	if c.Judged == nil {
		return "", ""
	}
	r := c.Judged.Rows
	if c.State == night.CellQuarantined {
		return fmt.Sprint(r.Total), ""
	}
	if r.Quarantined > 0 {
		spoilt = fmt.Sprintf(" %d rows cannot be used, first: %s", r.Quarantined, firstFinding(c.Judged))
	}
	if r.Duplicate > 0 {
		spoilt += fmt.Sprintf(" %d rows repeat others", r.Duplicate)
	}
	return fmt.Sprint(r.Total), spoilt
}

// firstFinding is the first finding on a row of a report.
func firstFinding(j *night.Judged) string {
	for _, f := range j.Findings {
		if f.Line > 2 {
			return fmt.Sprintf("line %d, %s, %s.", f.Line, f.Column, f.Message)
		}
	}
	return "see tieout run."
}

func maskedText(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" %d values with card data were not kept", n)
}
