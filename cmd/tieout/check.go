package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tieout/cmd/tieout/internal/config"
	"tieout/cmd/tieout/internal/logs"
	"tieout/recon/cybersource"
)

// checkVerb is `tieout check`: the configuration and, where there is a processor
// account, its credentials, the clocks and the subscriptions; and the ERP's tables.
type checkVerb struct {
	config, output string
	survey         string // file for what the ERP's tables are like
	create         bool
	verbose        bool
	now            func() time.Time
	change         []func(*cybersource.Options) // of the client, in tests
}

func checkCommand() *cobra.Command {
	v := &checkVerb{now: time.Now}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check configuration, credentials, clocks, subscriptions and the ERP's tables: all faults at once",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return failed(v.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&v.config, "config", "tieout.yaml", "configuration")
	flags.StringVar(&v.output, "output", "text", "text or json")
	flags.StringVar(&v.survey, "survey", "", "write what the ERP's tables are like into this file, to be sent: structures, counts, codes and masked keys")
	flags.BoolVar(&v.verbose, "verbose", false, "log every answer of the processor, and every attempt")
	flags.BoolVar(&v.create, "create-subscriptions", false, "subscribe to what is missing, with the fields that tieout needs")
	return cmd
}

// checked is what one look found.
type checked struct {
	What  string `json:"what"`
	OK    bool   `json:"ok"`
	Told  string `json:"told"`
	usage bool   // a matter of configuration
}

// maxSkew is how far clocks may be apart: a signature lives two minutes.
const maxSkew = time.Minute

func (v *checkVerb) run(ctx context.Context, stdout, stderr io.Writer) error {
	if v.output != "text" && v.output != "json" {
		return usage(fmt.Errorf("--output %q: text or json is needed", v.output))
	}
	today, err := (&runVerb{from: v.now().Format(time.DateOnly)}).dates(v.now())
	if err != nil {
		return err
	}
	n, err := readNightly(v.config, today)
	if err != nil {
		return err
	}
	n.now = v.now
	all := []checked{{What: "configuration", OK: true, Told: fmt.Sprintf("%s: company %s, %d merchants", v.config, n.cfg.Recon.Company, len(n.cfg.Recon.Merchants))}}
	if n.cfg.Processor != nil {
		all = append(all, v.accounts(ctx, n, stderr)...)
	}
	all = append(all, v.seals(n)...)
	return v.show(stdout, append(all, v.erp(ctx, n)...))
}

// accounts looks at every account; one that fails leaves the others.
func (v *checkVerb) accounts(ctx context.Context, n *nightly, stderr io.Writer) (all []checked) {
	if !v.verbose { // the verdict says what came of it
		stderr = io.Discard
	}
	p, err := n.openProcessor(logs.Text(stderr), v.change...)
	if p == nil {
		return []checked{{What: "processor", Told: err.Error(), usage: true}}
	}
	for _, a := range n.cfg.Processor.Accounts {
		what := "merchant " + a.Merchant
		client, ok := p.clients[a.Merchant]
		if !ok {
			all = append(all, checked{What: what, Told: p.faults[a.Merchant].Error(), usage: true})
			continue
		}
		answer, err := client.Ping(ctx)
		if err != nil {
			all = append(all, checked{What: what, Told: err.Error()})
			continue
		}
		all = append(all, checked{What: what, OK: true, Told: "signed as " + string(a.Scheme) + ", let in by " + p.cfg.Address}, clocks(what, answer.Skew()))
		all = append(all, v.subscriptions(ctx, client, p.cfg)...)
	}
	return all
}

func clocks(what string, skew time.Duration) checked {
	c := checked{What: what + ": clock", OK: skew.Abs() <= maxSkew, Told: fmt.Sprintf("%s apart from the processor's", skew.Abs().Round(time.Second))}
	if !c.OK {
		c.Told += "; signatures live two minutes: set this host's clock by a time server"
	}
	return c
}

// subscriptions compares what a merchant has with what the configuration lists.
func (v *checkVerb) subscriptions(ctx context.Context, client *cybersource.Client, cfg *config.Processor) (all []checked) {
	there, err := client.Subscriptions(ctx)
	if err != nil {
		return []checked{{What: "merchant " + client.Merchant() + ": subscriptions", Told: err.Error()}}
	}
	for i := range cfg.Reports {
		r := &cfg.Reports[i]
		if r.Format == cybersource.JSON || !r.For(client.Merchant()) {
			continue
		}
		c := checked{What: "merchant " + client.Merchant() + ": " + r.Name}
		at := slices.IndexFunc(there, func(s cybersource.Subscription) bool { return s.Name == r.Name })
		switch {
		case at < 0 && v.create:
			c.OK, c.Told = true, "subscribed now; the first report comes after the end of a day"
			if err := subscribe(ctx, client, r); err != nil {
				c.OK, c.Told = false, err.Error()
			}
		case at < 0:
			c.OK, c.Told = !r.Required, "no subscription of this name; make it by tieout check --create-subscriptions, or correct the name"
		default:
			c.OK, c.Told = judge(&there[at], r)
		}
		all = append(all, c)
	}
	return all
}

// judge tells whether a subscription is the one that is meant, and what it lacks.
func judge(s *cybersource.Subscription, r *config.Report) (ok bool, told string) {
	if faults := s.Faults(r.Daily); len(faults) > 0 {
		return false, strings.Join(faults, "; ")
	}
	told = "subscribed"
	if wishes := s.Wishes(r.Definition); len(wishes) > 0 {
		told += "; " + wishes[0]
		if len(wishes) > 1 {
			told += fmt.Sprintf(", and %d more", len(wishes)-1)
		}
	}
	return true, told
}

func subscribe(ctx context.Context, client *cybersource.Client, r *config.Report) error {
	if r.Definition == "" {
		return fmt.Errorf("report %s has no definition in reports.list; name it, such as PaymentBatchDetailClass", r.Name)
	}
	s, err := cybersource.SubscriptionTo(r.Daily, r.Definition)
	if err != nil {
		return err
	}
	return client.Subscribe(ctx, s)
}

// show prints everything; the exit code is that of the first fault of configuration, else 1.
func (v *checkVerb) show(w io.Writer, all []checked) error {
	var faults []error
	code := exitFailed
	for _, c := range all {
		if !c.OK {
			faults = append(faults, fmt.Errorf("%s: %s", c.What, c.Told))
			if c.usage {
				code = exitUsage
			}
		}
	}
	if v.output == "json" {
		if err := json.NewEncoder(w).Encode(all); err != nil {
			return err
		}
	} else {
		for _, c := range all {
			if c.OK {
				fmt.Fprintf(w, "ok     %s: %s\n", c.What, c.Told)
			} else {
				fmt.Fprintf(w, "FAULT  %s: %s\n", c.What, c.Told)
			}
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return &exitError{code, fmt.Errorf("%d faults, the first: %w", len(faults), faults[0])}
}
