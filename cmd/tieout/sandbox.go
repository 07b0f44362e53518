package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tieout/cmd/tieout/internal/logs"
	"tieout/fixtures/demo"
	"tieout/fixtures/sandbox"
)

// sandboxVerb is `tieout sandbox`: a stand-in for the processor, for any client.
type sandboxVerb struct {
	listen, tlsDir, merchant, keyID, secret, data, play, certificate, zone string
	seed                                                                   uint64
	oneTime                                                                time.Duration
}

func sandboxCommand() *cobra.Command {
	v := &sandboxVerb{}
	cmd := &cobra.Command{
		Use:   "sandbox --merchant ID --key-id ID --secret BASE64",
		Short: "Stand in for the Cybersource reporting API, for trying and testing",
		Long: `Stands in for the Cybersource reporting API over HTTPS: it verifies HTTP Signature and both
kinds of JWT strictly, serves reports, and plays faults. When it is ready it prints one line
of JSON: base_url, ca_file, p12_file and more. It logs one line a request to stderr, with the
reason of every refusal, and ends on SIGINT or SIGTERM.

Plays: ` + plays() + `
Figures follow a comma: not-ready,for=15m; 429,for=30s,times=2; 5xx,status=502; huge-report,size=5GB.
From this host, POST /sandbox/play with a play as its body switches to it, GET shows what is played.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return failed(v.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&v.listen, "listen", "127.0.0.1:8443", "HOST:PORT; port 0 takes a free one")
	flags.StringVar(&v.tlsDir, "tls-dir", "sandbox-tls", "folder for ca.pem, the certificate of its CA, and for the .p12")
	flags.StringVar(&v.merchant, "merchant", "", "merchant id")
	flags.StringVar(&v.keyID, "key-id", "", "id of the shared secret")
	flags.StringVar(&v.secret, "secret", "", "shared secret, base64")
	flags.StringVar(&v.certificate, "p12-cert", "", "PEM certificate of the merchant's own .p12; one is made if not given")
	flags.StringVar(&v.data, "data", "", "serve DIR/<reportName>/<reportDate>.csv|xml and DIR/<endpoint>.json; an invented month if not given")
	flags.StringVar(&v.zone, "zone", "America/Los_Angeles", "zone of reports whose files name no window")
	flags.Uint64Var(&v.seed, "seed", 1, "of the invented month")
	flags.DurationVar(&v.oneTime, "one-time", 0, "how long a one-time report takes")
	flags.StringVar(&v.play, "play", string(sandbox.None), "fault to play")
	cmd.AddCommand(companyCommand(), allCommand())
	return cmd
}

func plays() string {
	var names []string
	for _, k := range sandbox.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

func (v *sandboxVerb) run(ctx context.Context, stdout, stderr io.Writer) error {
	if v.merchant == "" || v.keyID == "" || v.secret == "" {
		return usage(errors.New("--merchant, --key-id and --secret are required"))
	}
	play, err := sandbox.ParsePlay(v.play)
	if err != nil {
		return usage(fmt.Errorf("--play: %w", err))
	}
	zone, err := time.LoadLocation(v.zone)
	if err != nil {
		return usage(fmt.Errorf("--zone: %w", err))
	}
	c := sandbox.Config{
		Account: sandbox.Account{Merchant: v.merchant, KeyID: v.keyID, Secret: v.secret},
		Zone:    zone, OneTime: v.oneTime, Log: logs.Text(stderr), Now: time.Now,
	}
	if c.Library, err = v.library(zone, &c); err != nil {
		return err
	}
	p12, err := v.identity(&c.Account)
	if err != nil {
		return err
	}
	s, err := sandbox.New(c)
	if err != nil {
		return usage(err)
	}
	s.Play(play)
	return s.Serve(ctx, v.listen, v.tlsDir, func(r sandbox.Ready) {
		if r.P12File = p12; p12 != "" {
			r.P12Password = v.merchant
		}
		_ = json.NewEncoder(stdout).Encode(r) // nobody is left to tell
	})
}

// library is the folder of --data, or the invented month, whose zone is its own.
func (v *sandboxVerb) library(zone *time.Location, c *sandbox.Config) (sandbox.Library, error) {
	if v.data == "" {
		own, err := time.LoadLocation(demo.Zone)
		if err != nil {
			return nil, err
		}
		c.Zone = own
		return sandbox.Month(v.seed, v.merchant)
	}
	if info, err := os.Stat(v.data); err != nil || !info.IsDir() {
		return nil, usage(fmt.Errorf("--data %s: no such folder", v.data))
	}
	return sandbox.Folder(v.data, zone), nil
}

// identity trusts the merchant's certificate, or makes one and writes its .p12.
func (v *sandboxVerb) identity(a *sandbox.Account) (p12 string, err error) {
	if v.certificate != "" {
		return "", usageIf(a.Trust(v.certificate))
	}
	if err := os.MkdirAll(v.tlsDir, 0o750); err != nil {
		return "", err
	}
	return a.Certify(v.tlsDir, time.Now())
}

func usageIf(err error) error {
	if err == nil {
		return nil
	}
	return usage(fmt.Errorf("--p12-cert: %w", err))
}
