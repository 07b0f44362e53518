package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger/posting"
	"tieout/recon"
	"tieout/recon/store"
)

// deliverVerb is `tieout deliver`: what is owed, or one file by a person's decision.
type deliverVerb struct{ config, resend, accept, output string }

func deliverCommand() *cobra.Command {
	v := &deliverVerb{}
	cmd := &cobra.Command{
		Use:   "deliver",
		Short: "Deliver the posting files that are owed, and list all of them",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return failed(v.run(cmd.Context(), cmd.OutOrStdout())) },
	}
	flags := cmd.Flags()
	flags.StringVar(&v.config, "config", "tieout.yaml", "configuration")
	flags.StringVar(&v.resend, "resend", "", "name of an unconfirmed file that its consumer does not have: the same bytes go out once more")
	flags.StringVar(&v.accept, "accept", "", "name of an unconfirmed file that its consumer has")
	flags.StringVar(&v.output, "output", "text", "text or json")
	return cmd
}

func (v *deliverVerb) run(ctx context.Context, stdout io.Writer) error {
	if v.output != "text" && v.output != "json" {
		return usage(fmt.Errorf("--output %q: text or json is needed", v.output))
	}
	if v.resend != "" && v.accept != "" {
		return usage(errors.New("--resend and --accept exclude each other"))
	}
	n, err := openNightly(ctx, v.config, config.Range{From: 1, To: 1, AsOf: 1}, time.Now, false)
	if err != nil {
		return err
	}
	err = errors.Join(v.act(ctx, n, stdout), n.close())
	if err != nil {
		return err
	}
	return n.deliveryVerdict()
}

func (v *deliverVerb) act(ctx context.Context, n *nightly, stdout io.Writer) error {
	if name := v.resend + v.accept; name != "" {
		if err := n.decide(ctx, name, v.accept != ""); err != nil {
			return err
		}
	}
	if err := n.handOut(ctx); err != nil {
		return err
	}
	all, err := n.store.Deliveries(ctx, n.cfg.Recon.Company)
	if err != nil {
		return err
	}
	return v.show(ctx, n, stdout, all)
}

// decide takes a person's word for an unconfirmed file.
func (n *nightly) decide(ctx context.Context, name string, has bool) error {
	all, err := n.store.Deliveries(ctx, n.cfg.Recon.Company)
	if err != nil {
		return err
	}
	for i := range all {
		d := &all[i]
		switch {
		case d.Name != name:
		case d.State != store.Unconfirmed:
			return usage(fmt.Errorf("posting file %s is %s: only one that is %s waits for a decision", name, d.State, store.Unconfirmed))
		case has:
			d.Answer, d.Ended = "accepted by "+operator(), recon.Instant(time.Now().UnixMicro())
			return n.store.Advance(ctx, d, store.Unconfirmed, store.Delivered)
		default:
			return n.store.Forget(ctx, d, operator())
		}
	}
	return usage(fmt.Errorf("there is no posting file %q; `tieout deliver` lists them", name))
}

// deliveryVerdict is exit code 5 while a posting file is not delivered.
func (n *nightly) deliveryVerdict() error {
	if len(n.undelivered) == 0 {
		return nil
	}
	return &exitError{exitUnproven, n.undelivered[0]}
}

// deliveryReport is a posting file as people and machines are told of it.
type deliveryReport struct {
	Name     string `json:"name"`
	Target   string `json:"target,omitempty"`
	State    string `json:"state"`
	SHA256   string `json:"sha256,omitempty"`
	RunID    string `json:"run_id"`
	Attempts int    `json:"failed_attempts,omitempty"`
	Failure  string `json:"failure,omitempty"`
	Answer   string `json:"answer,omitempty"`
	// Cut are texts that were too long for their columns.
	Cut []string `json:"cut,omitempty"`
}

func (v *deliverVerb) show(ctx context.Context, n *nightly, w io.Writer, all []store.Delivery) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var cuts []string
	for i := range all {
		d := &all[i]
		cut, err := n.cutTexts(ctx, d)
		if err != nil {
			return err
		}
		r := deliveryReport{d.Name, d.Target, string(d.State), d.SHA256, d.RunID, d.Attempts, d.Failure, d.Answer, cut}
		if v.output == "json" {
			if err := json.NewEncoder(w).Encode(r); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", r.Name, r.State, r.Target, r.Failure, r.Answer)
		cuts = append(cuts, cut...)
	}
	err := table.Flush()
	for _, cut := range cuts {
		fmt.Fprintln(w, cut)
	}
	return err
}

// cutTexts tells what was cut for a posting file.
func (n *nightly) cutTexts(ctx context.Context, d *store.Delivery) (all []string, err error) {
	cuts, err := n.store.CutTexts(ctx, d)
	for _, c := range cuts {
		all = append(all, d.Name+": "+posting.Cut{Entry: c.Entry, Line: c.Line, Text: c.Text, Width: c.Width}.String())
	}
	return all, err
}
