package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"tieout/fixtures/demo"
	"tieout/fixtures/sandbox"
	"tieout/fixtures/sandbox/clerk"
	"tieout/fixtures/sandbox/company"
	"tieout/fixtures/sandbox/mailhost"
	"tieout/fixtures/sandbox/receiver"
)

// allVerb is `tieout sandbox all`: everything that a night needs, on this host.
type allVerb struct {
	dir, processor, sftp, mail string
	now                        func() time.Time
}

func allCommand() *cobra.Command {
	v := &allVerb{now: time.Now}
	cmd := &cobra.Command{
		Use:   "all",
		Short: "Stand in for everything that a night needs: processor, ERP, SFTP host and mail host",
		Long: `Lays out yesterday (UTC) of an invented company and serves it until SIGINT or SIGTERM: its batch
reports over HTTPS, its ERP as a folder of tables, an SFTP host whose consumer takes and
acknowledges posting files of the default format, and a mail host that keeps every message as
a file. All of them listen on the loopback only. "tieout init --sandbox DIR" writes a
configuration for it.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return failed(v.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr()))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&v.dir, "dir", "sandbox", "folder for keys, tables, posting files and messages; one that is there must be an earlier sandbox, which is replaced")
	flags.StringVar(&v.processor, "processor", "127.0.0.1:8443", "address of the processor; port 0 takes a free one")
	flags.StringVar(&v.sftp, "sftp", "127.0.0.1:2022", "address of the SFTP host")
	flags.StringVar(&v.mail, "mail", "127.0.0.1:2525", "address of the mail host")
	return cmd
}

// sandboxMark is the file by which a folder is known as a sandbox. It says where everything is.
const sandboxMark = "sandbox.json"

// sandboxPlaces are what a configuration for the sandbox needs. Paths are absolute.
type sandboxPlaces struct {
	Day       string         `json:"day"` // that was laid out
	Processor sandbox.Ready  `json:"processor"`
	Secret    string         `json:"secret_file"`
	ERP       string         `json:"erp"`
	SFTP      receiver.Ready `json:"sftp"`
	Mail      string         `json:"mail"`
	Messages  string         `json:"messages"`
}

func (v *allVerb) run(ctx context.Context, stdout, stderr io.Writer) error {
	if err := clearMarked(v.dir, sandboxMark, "sandbox", "--dir"); err != nil {
		return usage(err)
	}
	dir, err := filepath.Abs(v.dir)
	if err != nil {
		return err
	}
	p := &sandboxPlaces{Day: v.now().UTC().AddDate(0, 0, -1).Format(time.DateOnly), ERP: filepath.Join(dir, "erp"), Messages: filepath.Join(dir, "mail"), Secret: filepath.Join(dir, "processor", "secret")}
	for _, folder := range []string{filepath.Dir(p.Secret), p.Messages} {
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, sandboxMark), []byte("{}\n"), 0o600); err != nil {
		return err
	}
	first := demo.Grow(1).Nights[0]
	yesterday, err := first.On(p.Day)
	if err != nil {
		return err
	}
	if err := v.layERP(p, &yesterday); err != nil {
		return err
	}
	processor, err := v.standIn(p, &yesterday, stderr)
	if err != nil {
		return err
	}
	return v.serve(ctx, dir, p, processor, stdout)
}

// layERP writes the ERP's tables as its users left them in the evening.
func (v *allVerb) layERP(p *sandboxPlaces, n *demo.Night) error {
	return clerk.Write(p.ERP, company.Grow(company.Options{Seed: 1, Generation: company.G3, Today: n.Date, Documents: n.Documents}).Folder())
}

// standIn is the processor with a secret of its own.
func (v *allVerb) standIn(p *sandboxPlaces, n *demo.Night, stderr io.Writer) (*sandbox.Sandbox, error) {
	secret := base64.StdEncoding.EncodeToString([]byte(rand.Text()))
	if err := os.WriteFile(p.Secret, []byte(secret), 0o600); err != nil {
		return nil, err
	}
	shelf := &sandbox.Shelf{}
	for _, name := range demo.Reports() { // a proven empty day, unless there is a file
		if err := shelf.Put(name, n.AsOf, sandbox.CSV, nil, time.UTC); err != nil {
			return nil, err
		}
	}
	for _, f := range n.Files {
		if err := shelf.Put(f.Report, f.Date, sandbox.CSV, f.Data, time.UTC); err != nil {
			return nil, err
		}
	}
	return sandbox.New(sandbox.Config{
		Account: sandbox.Account{Merchant: demo.Organization, KeyID: demo.KeyID, Secret: secret},
		Library: shelf, Zone: time.UTC, Now: v.now, Log: slog.New(slog.NewTextHandler(stderr, nil)),
	})
}

// serve starts all and says where they are once all of them are ready.
func (v *allVerb) serve(ctx context.Context, dir string, p *sandboxPlaces, processor *sandbox.Sandbox, stdout io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ready, ended := make(chan func(), 3), make(chan error, 3)
	hosts := []func() error{
		func() error {
			return processor.Serve(ctx, v.processor, filepath.Join(dir, "processor"), func(r sandbox.Ready) { ready <- func() { p.Processor = r } })
		},
		func() error {
			return receiver.Serve(ctx, v.sftp, filepath.Join(dir, "sftp"), func(r receiver.Ready) { ready <- func() { p.SFTP = r } })
		},
		func() error {
			return mailhost.Serve(ctx, v.mail, func(address string) { ready <- func() { p.Mail = address } }, keepMessages(p.Messages))
		},
	}
	for _, host := range hosts {
		go func() { ended <- host() }()
	}
	running, waiting, err := len(hosts), len(hosts), error(nil)
	for running > 0 {
		select {
		case note := <-ready:
			note()
			if waiting--; waiting == 0 {
				err = errors.Join(err, v.tell(dir, p, stdout))
			}
		case fault := <-ended:
			running--
			if err = errors.Join(err, fault); err != nil {
				stop()
			}
		}
	}
	return err
}

// keepMessages writes messages as numbered files that mail programs open.
func keepMessages(folder string) func(string) {
	var number atomic.Int64
	return func(message string) {
		name := fmt.Sprintf("%04d.eml", number.Add(1))
		_ = os.WriteFile(filepath.Join(folder, name), []byte(message), 0o600) // a stand-in has nobody to tell
	}
}

// tell writes where everything is, for init and for people.
func (v *allVerb) tell(dir string, p *sandboxPlaces, stdout io.Writer) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, sandboxMark), append(text, '\n'), 0o600); err != nil {
		return err
	}
	at := func(parts ...string) string { return filepath.Join(append([]string{v.dir}, parts...)...) }
	_, err = fmt.Fprintf(stdout, `the sandbox is ready; it serves the day %s of an invented company until it is stopped

  processor  %s
  ERP        tables in %s
  SFTP host  %s, files in %s
  mail host  %s, messages in %s

a configuration for it:  tieout init --sandbox %s --dir DIR
`, p.Day, p.Processor.BaseURL, at("erp"), p.SFTP.Address, at("sftp", "drop"), p.Mail, at("mail"), v.dir)
	return err
}

// readSandbox reads where a sandbox is.
func readSandbox(dir string) (*sandboxPlaces, error) {
	text, err := os.ReadFile(filepath.Join(dir, sandboxMark))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--sandbox %s: there is no sandbox; start one with `tieout sandbox all --dir %s`", dir, dir)
	}
	if err != nil {
		return nil, err
	}
	p := &sandboxPlaces{}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, sandboxMark), err)
	}
	if p.Mail == "" {
		return nil, fmt.Errorf("--sandbox %s: the sandbox is not ready yet; wait for its message", dir)
	}
	return p, nil
}
