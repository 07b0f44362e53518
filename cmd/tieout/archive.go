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

	"tieout/recon/store"
)

// archiveVerb is `tieout archive list|show|verify`.
type archiveVerb struct{ config, output string }

func archiveCommand() *cobra.Command {
	v := &archiveVerb{}
	cmd := &cobra.Command{Use: "archive", Short: "List, show and verify the files that are kept"}
	cmd.PersistentFlags().StringVar(&v.config, "config", "tieout.yaml", "configuration")
	cmd.PersistentFlags().StringVar(&v.output, "output", "text", "text or json")
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "List what is kept, and what for", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
			return failed(v.list(cmd.Context(), cmd.OutOrStdout()))
		}},
		&cobra.Command{Use: "show HASH", Short: "Write a kept file to the standard output", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
			return failed(v.show(cmd.Context(), args[0], cmd.OutOrStdout()))
		}},
		&cobra.Command{Use: "verify", Short: "Compare every kept file with its hash and with the store", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
			return failed(v.verify(cmd.Context(), cmd.OutOrStdout()))
		}},
	)
	return cmd
}

func (v *archiveVerb) open(ctx context.Context) (*nightly, []store.Kept, error) {
	if v.output != "text" && v.output != "json" {
		return nil, nil, usage(fmt.Errorf("--output %q: text or json is needed", v.output))
	}
	now := time.Now()
	r, err := (&runVerb{from: now.Format(time.DateOnly)}).dates(now)
	if err != nil {
		return nil, nil, err
	}
	n, err := openNightly(ctx, v.config, r, time.Now, false)
	if err != nil {
		return nil, nil, err
	}
	kept, err := n.store.Kept(ctx, n.cfg.Recon.Company)
	if err != nil {
		return nil, nil, errors.Join(err, n.close())
	}
	return n, kept, nil
}

func (v *archiveVerb) list(ctx context.Context, w io.Writer) error {
	n, kept, err := v.open(ctx)
	if err != nil {
		return err
	}
	if err := n.close(); err != nil {
		return err
	}
	if v.output == "json" {
		return json.NewEncoder(w).Encode(kept)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SHA-256\tBYTES\tKIND\tNAME")
	for _, k := range kept {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\n", k.SHA256, k.Size, k.Kind, k.Name)
	}
	return t.Flush()
}

// show writes a file that the beginning of its hash names.
func (v *archiveVerb) show(ctx context.Context, hash string, w io.Writer) (err error) {
	n, kept, err := v.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	whole, err := pick(kept, hash)
	if err != nil {
		return usage(err)
	}
	f, err := n.archive.Open(whole)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// pick finds the one kept file whose hash begins so.
func pick(kept []store.Kept, start string) (hash string, err error) {
	for _, k := range kept {
		if len(start) < 6 || len(k.SHA256) < len(start) || k.SHA256[:len(start)] != start || k.SHA256 == hash {
			continue
		}
		if hash != "" {
			return "", fmt.Errorf("%s begins more than one hash; give more of it", start)
		}
		hash = k.SHA256
	}
	if hash == "" {
		return "", fmt.Errorf("%q is the beginning of no hash that is kept; give at least six digits of one that tieout archive list shows", start)
	}
	return hash, nil
}

// verify proves that everything that the store names is there as it was.
func (v *archiveVerb) verify(ctx context.Context, w io.Writer) (err error) {
	n, kept, err := v.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	var faults []string
	for _, k := range kept {
		if fault := n.archive.Verify(k.SHA256, k.Size); fault != nil {
			faults = append(faults, fmt.Sprintf("%s %s (%s): %v", k.Kind, k.Name, k.SHA256, fault))
		}
	}
	if v.output == "json" {
		if err := json.NewEncoder(w).Encode(map[string]any{"files": len(kept), "faults": append([]string{}, faults...)}); err != nil {
			return err
		}
	} else {
		for _, f := range faults {
			fmt.Fprintln(w, f)
		}
		fmt.Fprintf(w, "%d files, %d faults\n", len(kept), len(faults))
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d kept files are not as they were; restore them from a backup", len(faults))
	}
	return nil
}
