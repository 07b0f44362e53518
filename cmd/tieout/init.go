package main

import (
	"bytes"
	_ "embed" // the starter configuration
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/spf13/cobra"

	"tieout/fixtures/demo"
	"tieout/ledger/drop/durable"
)

//go:embed starter.yaml
var starterText string

// initVerb is `tieout init`: a first configuration with comments.
type initVerb struct {
	dir, sandbox, at string
	now              func() time.Time
}

func initCommand() *cobra.Command {
	v := &initVerb{now: time.Now}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a first configuration with comments, for your company or against the sandbox",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return failed(v.run(cmd.OutOrStdout())) },
	}
	flags := cmd.Flags()
	flags.StringVar(&v.dir, "dir", ".", "folder for tieout.yaml and what it names")
	flags.StringVar(&v.sandbox, "sandbox", "", "folder of a running `tieout sandbox all`, against which the configuration is ready to run")
	flags.StringVar(&v.at, "at", "05:30", "time at which a night's run starts; with --sandbox in UTC")
	return cmd
}

// starter is what the template is filled with.
type starter struct {
	dir                string
	Sandbox            *sandboxPlaces // nil: for a company of one's own
	At, Day            string
	MailHost, MailPort string
}

// Path is a path as the configuration has it, between quotation marks: from its own folder.
func (s *starter) Path(to string) string {
	if near, err := filepath.Rel(s.dir, to); err == nil {
		to = near
	}
	return filepath.ToSlash(to)
}

// HostKey is the line that is pinned.
func (s *starter) HostKey() string { return strings.TrimSpace(s.Sandbox.SFTP.HostKey) }

// Reports are the processor's subscriptions.
func (s *starter) Reports() []string { return demo.Reports() }

func (v *initVerb) run(stdout io.Writer) error {
	if _, err := time.Parse("15:04", v.at); err != nil {
		return usage(fmt.Errorf("--at %q: a time such as 05:30 is needed", v.at))
	}
	dir, err := filepath.Abs(v.dir)
	if err != nil {
		return err
	}
	s := &starter{dir: dir, At: v.at, Day: v.now().Format(time.DateOnly)}
	if v.sandbox != "" {
		if s.Sandbox, err = readSandbox(v.sandbox); err != nil {
			return usage(err)
		}
		if s.MailHost, s.MailPort, err = net.SplitHostPort(s.Sandbox.Mail); err != nil {
			return err
		}
	}
	if err := v.write(s); err != nil {
		return err
	}
	return v.next(s, stdout)
}

// write writes the configuration, never over one that is there, and the folders that it names.
func (v *initVerb) write(s *starter) error {
	text, err := s.text()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(v.dir, 0o750); err != nil {
		return err
	}
	err = durable.WriteFile(v.dir, demoConfig, func(w io.Writer) error { _, err := w.Write(text); return err })
	if errors.Is(err, durable.ErrDifferent) {
		return usage(fmt.Errorf("%s is there already; name another folder with --dir", filepath.Join(v.dir, demoConfig)))
	}
	if err != nil || s.Sandbox != nil {
		return err
	}
	return errors.Join(os.MkdirAll(filepath.Join(v.dir, "reports"), 0o750), os.MkdirAll(filepath.Join(v.dir, "erp"), 0o750))
}

func (s *starter) text() ([]byte, error) {
	t, err := template.New("starter").Parse(starterText)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = t.Execute(&text, s)
	return text.Bytes(), err
}

// next says what to do with it.
func (v *initVerb) next(s *starter, stdout io.Writer) error {
	path := filepath.Join(v.dir, demoConfig)
	if s.Sandbox != nil {
		_, err := fmt.Fprintf(stdout, `%s is ready for the sandbox

  tieout check --config %s
  tieout serve --config %s
`, path, path, path)
		return err
	}
	_, err := fmt.Fprintf(stdout, `%s is there, with folders for reports and documents beside it

  put your company, merchants and accounts into it, then: tieout check --config %s
`, path, path)
	return err
}
