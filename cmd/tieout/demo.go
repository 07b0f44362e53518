package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tieout/cmd/tieout/internal/config"
	"tieout/fixtures/demo"
	"tieout/fixtures/sandbox/clerk"
	"tieout/fixtures/sandbox/company"
	"tieout/ledger/posting"
	"tieout/recon"
	"tieout/recon/night"
)

// demonstration is `tieout demo`: an invented month, run night by night by the
// code of `tieout run` and scored against its answer key.
type demonstration struct {
	out    string
	seed   uint64
	nights int
}

func demoCommand() *cobra.Command {
	d := &demonstration{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run an invented month, night by night, and score it against its answer key",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return failed(d.run(cmd.Context(), cmd.OutOrStdout())) },
	}
	flags := cmd.Flags()
	flags.StringVar(&d.out, "out", "demo", "folder for the demonstration; one that is there must be an earlier demonstration, which is replaced")
	flags.Uint64Var(&d.seed, "seed", 1, "another seed, another month: other amounts, numbers and volumes for the same stories")
	flags.IntVar(&d.nights, "nights", 0, "only so many nights from the first; 0: the whole month")
	return cmd
}

// demoMark is the file by which a folder is known as a demonstration.
const demoMark = ".tieout-demo"

func (d *demonstration) run(ctx context.Context, stdout io.Writer) error {
	month := demo.Grow(d.seed)
	if d.nights < 0 || d.nights > len(month.Nights) {
		return usage(fmt.Errorf("--nights %d: the month has %d nights", d.nights, len(month.Nights)))
	}
	if d.nights > 0 {
		month.Nights = month.Nights[:d.nights]
	}
	return d.play(ctx, month, stdout)
}

// play lays out a month, runs its nights and scores them.
func (d *demonstration) play(ctx context.Context, month demo.Month, stdout io.Writer) error {
	if err := clearMarked(d.out, demoMark, "demonstration", "--out"); err != nil {
		return usage(err)
	}
	p, err := startDemoProcessor(ctx, d.out, &month)
	if err != nil {
		return err
	}
	month.Config = bytes.Replace(month.Config, []byte(demo.Processor), []byte(p.url), 1)
	s := newScore(month)
	err = d.layOut(month)
	for i := 0; i < len(month.Nights) && err == nil; i++ {
		if err = d.night(ctx, &month.Nights[i], p, s, stdout); err != nil {
			err = fmt.Errorf("night of %s: %w", month.Nights[i].Date, err)
		}
	}
	if err := errors.Join(err, p.close()); err != nil {
		return err
	}
	if err := d.ledger(month, s); err != nil {
		return err
	}
	return d.report(month, s, stdout)
}

// layOut writes what does not change from night to night.
func (d *demonstration) layOut(m demo.Month) error {
	return errors.Join(
		d.lay(demo.File{Name: demoMark, Data: fmt.Appendf(nil, "a demonstration of tieout, seed %d; safe to delete\n", m.Seed)}),
		d.lay(demo.File{Name: demoConfig, Data: m.Config}),
		d.lay(demo.File{Name: "opening.csv", Data: m.Opening}),
	)
}

const demoConfig = "tieout.yaml"

func (d *demonstration) lay(f demo.File) error {
	folder := filepath.Join(d.out, f.Folder)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, f.Name), f.Data, 0o600)
}

// night lays tonight's files, lets the processor have its reports ready, runs the
// night as `tieout run` does, and compares what it says with the key.
func (d *demonstration) night(ctx context.Context, n *demo.Night, p *demoProcessor, s *score, stdout io.Writer) error {
	before := d.postingFiles()
	for _, f := range n.Files {
		if f.Report != "" {
			continue
		}
		if err := d.lay(f); err != nil {
			return err
		}
	}
	if err := p.publish(n); err != nil {
		return err
	}
	if err := d.layERP(n); err != nil {
		return err
	}
	r, err := (&runVerb{from: n.Date, asOf: n.AsOf}).dates(time.Time{})
	if err != nil {
		return err
	}
	tonight, err := openNightly(ctx, filepath.Join(d.out, demoConfig), r, p.now, false)
	if err != nil {
		return err
	}
	answers, err := d.fetchAndRun(ctx, tonight, p, r)
	if err := errors.Join(err, tonight.close()); err != nil {
		return err
	}
	s.night(n, answers, &tonight.cfg.Chart)
	var names []string
	for _, path := range d.postingFiles() {
		if !slices.Contains(before, path) {
			names = append(names, filepath.Base(path))
		}
	}
	tell(n, answers, names, stdout)
	return nil
}

// fetchAndRun asks again for the reports of the day before, too, which may have been
// issued anew, and wants all of them.
func (d *demonstration) fetchAndRun(ctx context.Context, tonight *nightly, p *demoProcessor, r config.Range) ([]*night.Answer, error) {
	if err := tonight.fetchFirst(slog.New(slog.DiscardHandler), false, p.eager); err != nil {
		return nil, err
	}
	tonight.fetcher.Again = true
	answers, err := tonight.runRange(ctx, r)
	for _, a := range answers {
		if len(a.NotProvided) > 0 {
			err = errors.Join(err, fmt.Errorf("not provided: %s", strings.Join(a.NotProvided, ", ")))
		}
	}
	return answers, err
}

// layERP writes the ERP's tables as they are on the evening of a night, with the times of that evening.
func (d *demonstration) layERP(n *demo.Night) error {
	evening, err := time.Parse(time.DateOnly, n.Date)
	if err != nil {
		return err
	}
	folder := filepath.Join(d.out, "erp")
	files := company.Grow(company.Options{Seed: d.seed, Generation: company.G3, Today: n.Date, Documents: n.Documents}).Folder()
	if err := clerk.Write(folder, files); err != nil {
		return err
	}
	for _, f := range files {
		if err := os.Chtimes(filepath.Join(folder, filepath.FromSlash(f.Name)), evening, evening.Add(18*time.Hour)); err != nil {
			return err
		}
	}
	return nil
}

// tell prints one line of a night. Rows of earlier nights in files that were read again do not count.
func tell(n *demo.Night, answers []*night.Answer, files []string, stdout io.Writer) {
	var last runReport
	cleared, changed := 0, 0
	for _, a := range answers {
		last = reportOf(a)
		cleared += last.Cleared
		changed += len(a.Commit.Changed())
	}
	rows, matched := 0, 0
	res := answers[0].Result
	for i := range res.Rows() {
		v, reason := res.Verdict(i)
		if reason != recon.DuplicateRow {
			rows++
		}
		if v == recon.Matched {
			matched++
		}
	}
	day, _ := time.Parse(time.DateOnly, n.Date)
	fmt.Fprintf(stdout, "%s %s  %3d rows, %3d matched; exceptions: %2d new, %2d carried, %2d cleared; %2d entries  %s\n",
		day.Format("Mon"), n.Date, rows, matched, last.New, last.Carried, cleared, changed, strings.Join(files, " "))
}

// postingFiles lists what lies in the general ledger's folder.
func (d *demonstration) postingFiles() []string {
	paths, _ := filepath.Glob(filepath.Join(d.out, "posting", "GL_*.txt")) // the pattern is a good one
	return paths
}

// ledger adds up all posting files, as the general ledger would, and compares
// them with what the books must hold after the last night.
func (d *demonstration) ledger(m demo.Month, s *score) error {
	last := m.Nights[len(m.Nights)-1]
	policy, err := config.ReadRun(demoConfig, m.Config, nil, config.Range{From: 1, To: 1, AsOf: 1})
	if err != nil {
		return err
	}
	sums := map[string]int64{}
	for _, path := range d.postingFiles() {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := posting.ReadDefault(bytes.NewReader(data))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, e := range file.Entries {
			for _, l := range e.Lines() {
				addTo(sums, &policy.Chart, l.Account, e.Key().Currency, l.Side, l.Amount)
			}
		}
	}
	s.balances("posting files after "+last.Date, last.Key.Balances, sums)
	return nil
}

// report says how the month ended and where everything is.
func (d *demonstration) report(m demo.Month, s *score, stdout io.Writer) error {
	held := s.facts - s.missed
	share := "100 %"
	if len(s.faults) > 0 {
		share = fmt.Sprintf("%.2f %%", math.Floor(float64(held)/float64(s.facts)*10000)/100)
	}
	fmt.Fprintf(stdout, "\nanswer key: %s of %s facts hold, %s\n", thousands(held), thousands(s.facts), share)
	if len(s.faults) > 0 {
		return fmt.Errorf("what does not hold:\n  %s", strings.Join(s.faults, "\n  "))
	}
	at := func(name string) string { return filepath.Join(d.out, name) }
	fmt.Fprintf(stdout, `
%d nights of an invented company, seed %d: reports were fetched from a stand-in of the processor over HTTPS, the ERP's
tables, deposits and bank lines laid out night by night, and reconciled as "tieout run" does it. The facts are the outcome of every row and document, every open exception
with its first day, what cleared, and what the accounts hold, also by the posting files alone.

  workbooks      %s
  journals       %s
  exceptions     %s
  posting files  %s
  inputs         %s, %s, %s, %s
  configuration  %s

fixtures/demo/README.md tells the story of the month, night by night, and what to look at in the workbooks.
`, len(m.Nights), m.Seed, at("out/*_exceptions_*.xlsx"), at("out/*_journal_*.csv"), at("out/*_exceptions_*.csv"), at("posting/GL_*.txt"),
		at("reports"), at("erp"), at("funding"), at("bank"), at(demoConfig))
	return nil
}

// thousands writes a number as people read it: 12,345.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}
