//go:build windows

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/kardianos/service"
	"github.com/spf13/cobra"
)

// scm is the service manager of Windows. It is also the program that it runs.
type scm struct {
	*serviceVerb
	cancel context.CancelFunc
	ended  chan error
}

func (v *serviceVerb) manager() (manager, error) { return &scm{serviceVerb: v}, nil }

// runCommand is what the installed service runs.
func (v *serviceVerb) runCommand() *cobra.Command {
	return &cobra.Command{Use: "run", Hidden: true, Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		m := &scm{serviceVerb: v}
		s, err := m.service(v.config)
		if err != nil {
			return failed(err)
		}
		return failed(s.Run())
	}}
}

func (m *scm) service(path string) (service.Service, error) {
	return service.New(m, &service.Config{
		Name: m.name, DisplayName: "tieout: the nights of " + m.name, Description: "Reconciles card settlements with the ERP, every night",
		Arguments: []string{"service", "run", "--name", m.name, "--config", path},
		Option:    service.KeyValue{service.StartType: service.ServiceStartAutomatic, "DelayedAutoStart": true, service.OnFailure: service.OnFailureRestart, service.OnFailureDelayDuration: "30s"},
	})
}

// Start begins to serve; the manager wants it to return at once.
func (m *scm) Start(s service.Service) error {
	log, err := os.OpenFile(filepath.Join(filepath.Dir(m.config), m.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.cancel, m.ended = cancel, make(chan error, 1)
	go func() {
		err := (&serveVerb{config: m.config, sweep: time.Minute, now: clock()}).run(ctx, log)
		if err != nil {
			fmt.Fprintln(log, "tieout:", err)
		}
		err = errors.Join(err, log.Close())
		m.ended <- err
		if ctx.Err() == nil {
			os.Exit(exitCode(ctx, failed(err))) // the manager starts it again
		}
	}()
	return nil
}

// Stop ends the service when a night in progress is done.
func (m *scm) Stop(service.Service) error {
	m.cancel()
	return <-m.ended
}

func (m *scm) control(do func(service.Service) error) error {
	path, err := filepath.Abs(m.config)
	if err != nil {
		return err
	}
	s, err := m.service(path)
	if err != nil {
		return err
	}
	return do(s)
}

func (m *scm) install(_ context.Context, stdout io.Writer) error {
	i, err := m.installation()
	if err != nil {
		return err
	}
	if m.user != "" || len(m.credentials) > 0 {
		return usage(errors.New("--user and --credential are for systemd; set the account of the service in the Services console"))
	}
	if m.print {
		_, err := fmt.Fprintf(stdout, "service %s: %s service run --name %s --config %s\n", m.name, i.binary, m.name, i.config)
		return err
	}
	if err := m.control(service.Service.Install); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "service %s is installed and starts with this host; it logs to %s; now: tieout service start --name %s\n", m.name, filepath.Join(filepath.Dir(i.config), m.name+".log"), m.name)
	return err
}

func (m *scm) start(context.Context) error { return m.control(service.Service.Start) }
func (m *scm) stop(context.Context) error  { return m.control(service.Service.Stop) }

func (m *scm) uninstall(context.Context) error {
	return m.control(func(s service.Service) error {
		if status, err := s.Status(); err == nil && status == service.StatusRunning {
			if err := s.Stop(); err != nil {
				return err
			}
		}
		return s.Uninstall()
	})
}
