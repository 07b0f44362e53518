package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger"
	"tieout/recon/sagepro"
	"tieout/recon/store"
)

// setup is under what a run is computed, in the form in which it is kept, so that
// verify can compute the run once more years later (R4). Secrets are no part of it: a
// configuration only says where they are.
type setup struct {
	Configuration json.RawMessage   `json:"configuration"`
	Beside        map[string]string `json:"beside,omitempty"`  // files that it names, by name
	Periods       []sagepro.Period  `json:"periods,omitempty"` // of the ERP's fiscal calendar, where the books ask it
}

// keepSetup keeps that of a run that begins, card numbers masked like in every kept file (R7).
func (n *nightly) keepSetup() (s store.Setup, err error) {
	as := setup{Configuration: n.cfg.Said, Beside: n.cfg.Beside}
	if n.calendar != nil {
		as.Periods = n.calendar.Periods()
	}
	text, err := json.Marshal(as)
	if err != nil {
		return s, fmt.Errorf("keep the configuration: %w", err)
	}
	s.SHA256, s.Size, _, err = n.archive.KeepStream(bytes.NewReader(text))
	return s, err
}

// readSetup reads the kept setup of a run: the configuration, and the calendar where the
// books asked for it. scratch is a folder that goes.
func (n *nightly) readSetup(s store.Setup, r config.Range, scratch string) (*config.Run, *sagepro.Calendar, error) {
	if err := n.archive.Verify(s.SHA256, s.Size); err != nil {
		return nil, nil, err
	}
	f, err := n.archive.Open(s.SHA256)
	if err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, nil, err
	}
	var as setup
	if err := json.Unmarshal(text, &as); err != nil {
		return nil, nil, err
	}
	for name, text := range as.Beside {
		if err := putBeside(scratch, name, text); err != nil {
			return nil, nil, err
		}
	}
	cfg, err := config.ReadRun("setup.json", as.Configuration, os.DirFS(scratch), r)
	if err != nil || !cfg.ERPPeriods {
		return cfg, nil, err
	}
	calendar := sagepro.NewCalendar(as.Periods)
	cfg.Lock(lockedIn(calendar))
	return cfg, calendar, nil
}

func putBeside(dir, name, text string) error {
	if !fs.ValidPath(name) {
		return fmt.Errorf("%q is no name of a file beside a configuration", name)
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}

// lockedIn are the days into which the ERP lets nothing be posted.
func lockedIn(c *sagepro.Calendar) (locked []ledger.Days) {
	for _, p := range c.Periods() {
		if p.Locked {
			locked = append(locked, ledger.Days{From: p.From, To: p.To})
		}
	}
	return locked
}
