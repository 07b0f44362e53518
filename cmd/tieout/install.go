package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tieout/cmd/tieout/internal/config"
)

// serviceVerb is `tieout service`: `tieout serve` under the host's service manager.
type serviceVerb struct {
	config, name, user string
	credentials        []string
	units              string // folder of systemd's units
	print              bool
}

// manager is what a host starts and stops services with.
type manager interface {
	install(ctx context.Context, stdout io.Writer) error
	start(ctx context.Context) error
	stop(ctx context.Context) error
	uninstall(ctx context.Context) error
}

func serviceCommand() *cobra.Command {
	v := &serviceVerb{}
	cmd := &cobra.Command{
		Use:   "service",
		Short: "Install, start, stop and uninstall `tieout serve` as a service of this host",
		Long: `Puts "tieout serve" under the host's service manager, systemd or that of Windows, so that it
starts with the host and again after a failure. It needs an administrator.

Under systemd the service runs as --user, or as a user of its own that owns nothing but
/var/lib/NAME: then the store, the archive and the folders of the configuration lie there. It
may write where the configuration says it writes, and nowhere else. Secrets come as
credentials: --credential sftp=/etc/tieout/sftp.key is "${file:/run/credentials/NAME.service/sftp}" in the configuration.`,
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&v.config, "config", "tieout.yaml", "configuration")
	flags.StringVar(&v.name, "name", "tieout", "name of the service; one for each company")
	install := v.command("install", "Install the service and have it start with the host", func(ctx context.Context, m manager, w io.Writer) error { return m.install(ctx, w) })
	own := install.Flags()
	own.StringVar(&v.user, "user", "", "user that the service runs as; one of its own if not given (systemd)")
	own.StringArrayVar(&v.credentials, "credential", nil, "secret that the service is handed: NAME=FILE (systemd)")
	own.BoolVar(&v.print, "print", false, "print what would be installed, and change nothing")
	flags.StringVar(&v.units, "unit-dir", "/etc/systemd/system", "folder of systemd's units")
	cmd.AddCommand(
		install,
		v.command("start", "Start the service", func(ctx context.Context, m manager, _ io.Writer) error { return m.start(ctx) }),
		v.command("stop", "Stop the service; a night in progress is finished first", func(ctx context.Context, m manager, _ io.Writer) error { return m.stop(ctx) }),
		v.command("uninstall", "Stop the service and remove it; nothing of its data goes", func(ctx context.Context, m manager, _ io.Writer) error { return m.uninstall(ctx) }),
		v.runCommand(),
	)
	return cmd
}

func (v *serviceVerb) command(use, short string, do func(context.Context, manager, io.Writer) error) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		if !regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`).MatchString(v.name) {
			return usage(fmt.Errorf("--name %q: letters, digits, - and _ are allowed", v.name))
		}
		m, err := v.manager()
		if err != nil {
			return failed(err)
		}
		return failed(do(cmd.Context(), m, cmd.OutOrStdout()))
	}}
}

// installation is what a service manager must know.
type installation struct {
	binary, config string   // absolute
	writes         []string // folders that the service writes into
}

// installation checks the configuration, for a service that cannot start is found too late.
func (v *serviceVerb) installation() (i installation, err error) {
	if i.config, err = filepath.Abs(v.config); err != nil {
		return i, err
	}
	n, err := readNightly(i.config, config.Range{From: 1, To: 1, AsOf: 1})
	if err != nil {
		return i, err
	}
	if len(n.cfg.Service.Schedules) == 0 {
		return i, usage(errors.New("schedule: required to serve, such as {at: \"05:30\"}"))
	}
	i.writes = n.writes()
	if i.binary, err = os.Executable(); err == nil {
		i.binary, err = filepath.EvalSymlinks(i.binary)
	}
	return i, err
}

// writes are the folders that the configuration has written into: a store in a file,
// the archive, results, and targets in folders.
func (n *nightly) writes() []string {
	all := []string{n.path(n.cfg.Archive), n.path(n.cfg.Output)}
	if !strings.Contains(n.cfg.Store, "://") {
		all = append(all, filepath.Dir(n.where()))
	}
	for i := range n.cfg.Targets {
		if n.cfg.Targets[i].Folder != "" {
			all = append(all, n.path(n.cfg.Targets[i].Folder))
		}
	}
	slices.Sort(all)
	var outer []string // a folder within one that is listed goes without saying
	for _, folder := range slices.Compact(all) {
		if !slices.ContainsFunc(outer, func(o string) bool { return inFolder(o, folder) }) {
			outer = append(outer, folder)
		}
	}
	return outer
}

// inFolder tells whether a path is a folder or lies in it.
func inFolder(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
