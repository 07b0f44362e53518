package main

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"filippo.io/age"

	"tieout/cmd/tieout/internal/config"
	"tieout/recon"
	"tieout/recon/cybersource"
	"tieout/recon/night"
	"tieout/recon/secret"
	"tieout/recon/store"
)

// processor fetches the reports of the configured accounts into the archive.
type processor struct {
	cfg     *config.Processor
	host    *cybersource.Host
	clients map[string]*cybersource.Client
	faults  map[string]error // of accounts without a client
	archive *store.Archive
	policy  *config.Policy
	now     func() time.Time
	orders  time.Duration // how long a one-time report is waited for
}

var _ night.Processor = (*processor)(nil)

// ageKeyFile is the environment variable that names the file of the age identity.
const ageKeyFile = "TIEOUT_AGE_KEY_FILE"

// secrets resolves references beside the configuration.
func (n *nightly) secrets() secret.Resolver {
	r := secret.Resolver{Env: os.Getenv, Read: func(path string) ([]byte, error) { return os.ReadFile(n.path(path)) }}
	if path := os.Getenv(ageKeyFile); path != "" {
		r.Key = func() (age.Identity, error) {
			data, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			return secret.ParseKey(string(data))
		}
	}
	return r
}

// openProcessor makes a client for every account. All faults come at once.
func (n *nightly) openProcessor(log *slog.Logger, change ...func(*cybersource.Options)) (*processor, error) {
	cfg := n.cfg.Processor
	o := cybersource.Options{Source: cybersource.Source{Now: n.now, Random: rand.Reader}, Log: log}
	roots, err := n.roots(cfg.CAFile)
	if err != nil {
		return nil, usage(err)
	}
	o.Transport = cybersource.Transport(roots)
	for _, c := range change {
		c(&o)
	}
	host, err := cybersource.NewHost(cfg.Address, o)
	if err != nil {
		return nil, usage(err)
	}
	p := &processor{cfg: cfg, host: host, clients: map[string]*cybersource.Client{}, faults: map[string]error{}, archive: n.archive, policy: &n.cfg.Policy, now: n.now, orders: 30 * time.Minute}
	var faults []error
	for _, a := range cfg.Accounts {
		credentials, err := credentialsOf(a, n.secrets())
		if err == nil {
			var client *cybersource.Client
			if client, err = host.NewClient(credentials); err == nil {
				p.clients[a.Merchant] = client
			}
		}
		if err != nil {
			p.faults[a.Merchant] = fmt.Errorf("reports.merchants.%s: %w", a.Merchant, err)
			faults = append(faults, p.faults[a.Merchant])
		}
	}
	if len(faults) > 0 {
		return p, usage(errors.Join(faults...))
	}
	return p, nil
}

// roots are the system's certificates and those of a file; nil: the system's alone.
func (n *nightly) roots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(n.path(file))
	if err != nil {
		return nil, fmt.Errorf("reports.ca_file: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("reports.ca_file: %s has no certificate in PEM", file)
	}
	return roots, nil
}

func credentialsOf(a config.Account, from secret.Resolver) (c cybersource.Credentials, err error) {
	c = cybersource.Credentials{Merchant: a.Merchant, Portfolio: a.Portfolio, Scheme: a.Scheme, KeyID: a.KeyID}
	if a.Scheme == cybersource.JWTP12 {
		var wrong error
		c.P12, err = from.Bytes(a.P12)
		c.Password, wrong = from.Resolve(a.Password)
		return c, errors.Join(err, wrong)
	}
	c.Secret, err = from.Resolve(a.Secret)
	return c, err
}

// report is the configuration of a report by its name.
func (p *processor) report(name string) (*config.Report, error) {
	for i := range p.cfg.Reports {
		if p.cfg.Reports[i].Name == name {
			return &p.cfg.Reports[i], nil
		}
	}
	return nil, fmt.Errorf("report %q is not in reports.list", name)
}

// Fetch asks for one report and keeps it.
func (p *processor) Fetch(ctx context.Context, w night.Wanted) (night.Cell, error) {
	r, err := p.report(w.Report)
	if err != nil {
		return night.Cell{}, err
	}
	client, ok := p.clients[w.Merchant]
	if !ok {
		return night.Cell{}, fmt.Errorf("merchant %s has no account", w.Merchant)
	}
	window := r.Schedule.Of(w.Day)
	c := night.Cell{From: recon.InstantOf(window.Start), To: recon.InstantOf(window.End), Due: recon.InstantOf(window.End.Add(r.ReadyBy))}
	found, err := client.Day(ctx, r.Daily, w.Day, p.keep(&c, fileName(w, r.Format)))
	note(&c, found)
	if err == nil && c.HasFile() {
		err = p.judge(&c)
	}
	if found.Unlisted && recon.InstantOf(p.now()) > c.Due { // it will not come by itself
		c.State, c.Why = night.CellMissing, found.Why+", and it was due at "+c.Due.In(time.UTC).Format(time.RFC3339)
	}
	return c, err
}

// keep takes a body into the archive and notes it in the cell, whatever earlier
// attempts left there.
func (p *processor) keep(c *night.Cell, name string) cybersource.Keep {
	return func(in io.Reader) (err error) {
		c.SHA256, c.Size, c.Masked, err = p.archive.KeepStream(in)
		if c.File = name; err != nil {
			c.SHA256, c.Size, c.Masked, c.File = "", 0, 0, ""
		}
		return err
	}
}

// note notes what the processor said.
func note(c *night.Cell, f cybersource.Found) {
	c.Why, c.Correlation = f.Why, f.Correlation
	switch f.State {
	case cybersource.Received:
		c.State = night.CellReceived
	case cybersource.Empty:
		c.State = night.CellEmpty
	case cybersource.Late:
		c.State = night.CellLate
	case cybersource.Missing:
		c.State = night.CellMissing
	case cybersource.Quarantined:
		c.State = night.CellQuarantined
	}
}

// fileName is how people call a fetched file. It is no path: files lie under their hashes.
func fileName(w night.Wanted, f cybersource.Format) string {
	return fmt.Sprintf("%s_%s_%s.%s", w.Merchant, w.Report, w.Day, f)
}

// Once has one-time reports made over days, in slices that the processor takes.
func (p *processor) Once(ctx context.Context, merchant, report string, days []recon.Date) ([]night.Cell, error) {
	r, err := p.report(report)
	if err != nil {
		return nil, err
	}
	fields := cybersource.Fields(r.Definition)
	if fields == nil {
		return nil, fmt.Errorf("the fields of definition %q are not known", r.Definition)
	}
	stretches := cybersource.Slices(days)
	made := make([][]night.Cell, len(stretches))
	faults := make([]error, len(stretches))
	var all sync.WaitGroup
	for i, days := range stretches {
		all.Go(func() { made[i], faults[i] = p.order(ctx, merchant, r, fields, days) })
	}
	all.Wait()
	var cells []night.Cell
	for _, part := range made {
		cells = append(cells, part...)
	}
	return cells, errors.Join(faults...)
}

// order has one one-time report made: all its days have the same file.
func (p *processor) order(ctx context.Context, merchant string, r *config.Report, fields []string, days cybersource.Days) ([]night.Cell, error) {
	name := fmt.Sprintf("tieout_%s_%s_%s", r.Name, days.From, days.To)
	o := cybersource.Order{Definition: r.Definition, Name: name, Format: r.Format, Schedule: r.Schedule, Days: days, Fields: fields}
	var c night.Cell
	found, err := p.clients[merchant].OneTime(ctx, o, cybersource.Plan{Until: p.now().Add(p.orders)}, p.keep(&c, fmt.Sprintf("%s_%s.%s", merchant, name, r.Format)))
	if err != nil {
		return nil, err
	}
	if note(&c, found); c.HasFile() {
		if err := p.judge(&c); err != nil {
			return nil, err
		}
	}
	if !c.In() {
		return nil, fmt.Errorf("the one-time report of %s: %s", days, c.Why)
	}
	var cells []night.Cell
	for day := days.From; day <= days.To; day++ {
		window := r.Schedule.Of(day)
		c.Merchant, c.Report, c.Day, c.From, c.To = merchant, r.Name, day, recon.InstantOf(window.Start), recon.InstantOf(window.End)
		c.Why = "by a one-time report"
		cells = append(cells, c)
	}
	return cells, nil
}

// wanted are the reports of business days.
func (p *processor) wanted(from, to recon.Date, only func(merchant string) bool) (want []night.Wanted) {
	for day := from; day <= to; day++ {
		for i := range p.cfg.Reports {
			r := &p.cfg.Reports[i]
			for _, merchant := range r.Merchants {
				if only == nil || only(merchant) {
					want = append(want, night.Wanted{Merchant: merchant, Report: r.Name, Day: day, Required: r.Required, Once: r.OneTime})
				}
			}
		}
	}
	return want
}

// needed are the reports in which rows that settle in a range may stand: of all
// business days that share time with it, by the zone and cut-off of each merchant.
func needed(cfg *config.Run, r config.Range) (want []night.Wanted) {
	for i := range cfg.Processor.Reports {
		report := &cfg.Processor.Reports[i]
		for _, merchant := range report.Merchants {
			settled := settlement(&cfg.Recon, merchant).Across(cybersource.Days{From: r.From, To: r.To})
			for _, day := range report.Schedule.Covering(settled) {
				want = append(want, night.Wanted{Merchant: merchant, Report: report.Name, Day: day, Required: report.Required, Once: report.OneTime})
			}
		}
	}
	return want
}

// settlement is when the settlement days of a merchant begin (MAT-05, MAT-06).
func settlement(p *recon.Policy, merchant string) cybersource.Schedule {
	zone, cut := p.Zone, p.CutOff
	m := p.Merchants[merchant]
	if m.Zone != nil {
		zone = m.Zone
	}
	if m.CutOff.Set {
		cut = m.CutOff
	}
	return cybersource.Schedule{Zone: zone, At: time.Duration(cut.Seconds) * time.Second}
}
