//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tieout/ledger/drop/durable"
)

// systemd is the service manager of most Linux hosts.
type systemd struct{ *serviceVerb }

func (v *serviceVerb) manager() (manager, error) { return systemd{v}, nil }

// runCommand is of Windows: under systemd the service is `tieout serve` itself.
func (v *serviceVerb) runCommand() *cobra.Command {
	return &cobra.Command{Use: "run", Hidden: true, RunE: func(*cobra.Command, []string) error {
		return usage(errors.New("under systemd the service is tieout serve"))
	}}
}

func (s systemd) file() string { return filepath.Join(s.units, s.name+".service") }

func (s systemd) install(ctx context.Context, stdout io.Writer) error {
	i, err := s.installation()
	if err != nil {
		return err
	}
	unit, err := s.unit(i)
	if err != nil {
		return usage(err)
	}
	if s.print {
		_, err := io.WriteString(stdout, unit)
		return err
	}
	if err := s.makeFolders(i); err != nil {
		return err
	}
	err = durable.WriteFile(s.units, s.name+".service", func(w io.Writer) error { _, err := io.WriteString(w, unit); return err })
	if errors.Is(err, durable.ErrDifferent) {
		return usage(fmt.Errorf("%s is there with other contents; `tieout service uninstall` removes it, or name another service with --name", s.file()))
	}
	if err != nil {
		return err
	}
	if err := systemctl(ctx, "daemon-reload"); err != nil {
		return err
	}
	if err := systemctl(ctx, "enable", s.name+".service"); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s is installed and starts with this host; now: tieout service start --name %s\n", s.file(), s.name)
	return err
}

func (s systemd) start(ctx context.Context) error { return systemctl(ctx, "start", s.name+".service") }

func (s systemd) stop(ctx context.Context) error { return systemctl(ctx, "stop", s.name+".service") }

// uninstall removes what install made, also where some of it is gone.
func (s systemd) uninstall(ctx context.Context) error {
	if _, err := os.Stat(s.file()); err != nil {
		return usage(fmt.Errorf("there is no service %s: %w", s.name, bare(err)))
	}
	if err := systemctl(ctx, "disable", "--now", s.name+".service"); err != nil {
		return err
	}
	if err := os.Remove(s.file()); err != nil {
		return err
	}
	return systemctl(ctx, "daemon-reload")
}

func systemctl(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "systemctl", args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("systemctl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// unit is the whole unit. The service may read the host and write what the
// configuration has written; it has no privilege and no device, and calls nothing that a batch job does not.
func (s systemd) unit(i installation) (string, error) {
	who, err := s.identity(i)
	if err != nil {
		return "", err
	}
	for _, c := range s.credentials {
		name, path, ok := strings.Cut(c, "=")
		if !ok || name == "" || !filepath.IsAbs(path) {
			return "", fmt.Errorf("--credential %q: NAME=FILE with a whole path is needed", c)
		}
		who += "LoadCredential=" + name + ":" + percent(path) + "\n"
	}
	return fmt.Sprintf(unitText, s.name, word(i.binary), word(i.config), percent(filepath.Dir(i.config)), who), nil
}

const unitText = `[Unit]
Description=tieout: the nights of %s
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
NotifyAccess=main
ExecStart=%s serve --config %s
WorkingDirectory=%s
Restart=on-failure
RestartSec=30
# a fault of the configuration is not mended by another start
RestartPreventExitStatus=2
# a night in progress is finished first; a second signal would end it, which is safe
TimeoutStopSec=15min
UMask=0027
%s
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`

// identity says who the service is and where it may write.
func (s systemd) identity(i installation) (string, error) {
	if s.user != "" {
		text := "User=" + s.user + "\nProtectHome=read-only\n"
		for _, folder := range i.writes {
			text += "ReadWritePaths=" + quotedPath(folder) + "\n"
		}
		return text, nil
	}
	state := filepath.Join("/var/lib", s.name)
	for _, folder := range i.writes {
		if !inFolder(state, folder) && !inFolder(filepath.Join("/var/lib/private", s.name), folder) {
			return "", fmt.Errorf("the configuration writes into %s, where a service with a user of its own may not: move that to %s, or name a user with --user", folder, state)
		}
	}
	return "DynamicUser=yes\nStateDirectory=" + s.name + "\nStateDirectoryMode=0750\nProtectHome=yes\n", nil
}

// percent keeps systemd from reading specifiers.
func percent(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// word is one word of a command, whatever is in it.
func word(text string) string { return strings.ReplaceAll(quotedPath(text), "$", "$$") }

// quotedPath is one path of a list.
func quotedPath(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(percent(text)) + `"`
}

// makeFolders makes what the service writes into and is not there yet, in the
// hands of its user: the service itself may make nothing outside of them.
func (s systemd) makeFolders(i installation) error {
	if s.user == "" {
		return nil // systemd makes the state directory
	}
	who, err := user.Lookup(s.user)
	if err != nil {
		return usage(fmt.Errorf("--user: %w", err))
	}
	uid, err1 := strconv.Atoi(who.Uid)
	gid, err2 := strconv.Atoi(who.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	for _, folder := range i.writes {
		if _, err := os.Stat(folder); err == nil {
			continue
		}
		if err := os.MkdirAll(folder, 0o750); err != nil {
			return err
		}
		if err := os.Chown(folder, uid, gid); err != nil {
			return err
		}
	}
	return nil
}
