package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger"
	"tieout/recon"
	"tieout/recon/night"
	"tieout/recon/sagepro"
	"tieout/recon/sagepro/dbf"
)

// extractName is how people call the file of what a night takes of the ERP.
const extractName = "sage-pro.csv"

// keepERP takes the documents of late out of the ERP and keeps them as one file.
func (n *nightly) keepERP(ctx context.Context) (f night.File, err error) {
	door, closeDoor, err := n.openERP(ctx)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, closeDoor()) }()
	f = night.File{Role: night.Documents, Name: extractName}
	f.SHA256, f.Size, err = n.archive.Keep(func(w io.Writer) error { return n.cfg.ERP.Extract(ctx, door, n.since, w) })
	return f, exitOf(err)
}

// exitOf tells a table that is in use tonight from a mapping that does not fit the ERP.
func exitOf(err error) error {
	switch {
	case errors.Is(err, sagepro.ErrBusy) || errors.Is(err, dbf.ErrTorn):
		return &exitError{exitMissing, err}
	case errors.As(err, new(*sagepro.TableFaults)):
		return usage(err)
	}
	return err
}

// openERP opens the door that the configuration names.
func (n *nightly) openERP(ctx context.Context) (sagepro.Tables, func() error, error) {
	door, company := n.cfg.Door, n.cfg.ERP
	switch door.Kind {
	case config.DBF:
		f := &sagepro.Folder{Dir: n.path(door.Folder), Company: company, Now: time.Now, Log: func(message string) { n.notes = append(n.notes, "of the ERP's tables: "+message) }}
		return f, f.Close, nil
	case config.Tables:
		return &sagepro.Exports{
			Dir: n.path(door.Folder), Company: company, Delimiter: door.Delimiter, Encoding: door.Encoding, DateFormat: door.DateFormat,
		}, func() error { return nil }, nil
	}
	address, err := n.address(door)
	if err != nil {
		return nil, nil, usage(err)
	}
	open, dialect := sagepro.OpenSQLServer, sagepro.SQLServer()
	if door.Kind == config.ODBC {
		open, dialect = openODBC, sagepro.FoxPro()
	}
	db, err := open(address)
	if err != nil {
		return nil, nil, usage(err)
	}
	return n.openDatabase(ctx, db, dialect)
}

func (n *nightly) openDatabase(ctx context.Context, db *sql.DB, dialect sagepro.Dialect) (sagepro.Tables, func() error, error) {
	d := &sagepro.Database{Company: n.cfg.ERP, Dialect: dialect}
	if err := d.Begin(ctx, db); err != nil {
		return nil, nil, &exitError{exitMissing, errors.Join(fmt.Errorf("the ERP's database cannot be read: %w", err), db.Close())}
	}
	return d, func() error { return errors.Join(d.Close(), db.Close()) }, nil
}

// address is that of the server, with the password from its file.
func (n *nightly) address(door *config.ERP) (string, error) {
	if door.PasswordFile == "" {
		return door.Address, nil
	}
	password, err := os.ReadFile(n.path(door.PasswordFile))
	if err != nil {
		return "", fmt.Errorf("documents.password_file: %w", err)
	}
	secret := strings.TrimRight(string(password), "\r\n")
	if door.Kind == config.ODBC {
		return door.Address + ";PWD=" + secret, nil
	}
	u, err := url.Parse(door.Address)
	if err != nil {
		return "", fmt.Errorf("documents.address is no address such as sqlserver://login@host/instance")
	}
	u.User = url.UserPassword(u.User.Username(), secret)
	return u.String(), nil
}

// lookback is the first day of which documents are of interest; none for all.
func (n *nightly) lookback(from recon.Date) recon.Date {
	if n.full || n.cfg.Door == nil {
		return 0
	}
	return from - recon.Date(n.cfg.Door.LookbackDays)
}

// readBooks holds the rules against the ERP's chart of accounts, and takes its
// locked periods, where the configuration says so.
func (n *nightly) readBooks(ctx context.Context) (err error) {
	if !n.cfg.ERPChart && !n.cfg.ERPPeriods {
		return nil
	}
	door, closeDoor, err := n.openERP(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeDoor()) }()
	if n.cfg.ERPChart {
		chart, err := n.cfg.ERP.ReadChart(ctx, door)
		if err != nil {
			return exitOf(fmt.Errorf("the ERP's chart of accounts: %w", err))
		}
		if err := n.cfg.UseChart("the ERP's chart of accounts", chart.Active(), chart.Fault); err != nil {
			return usage(err)
		}
	}
	if !n.cfg.ERPPeriods {
		return nil
	}
	if n.calendar, err = n.cfg.ERP.ReadCalendar(ctx, door); err != nil {
		return exitOf(fmt.Errorf("the ERP's fiscal calendar: %w", err))
	}
	n.cfg.Lock(lockedIn(n.calendar))
	return nil
}

// openPeriods refuses entries on days of no period, or of a locked one, as the ERP would.
func (n *nightly) openPeriods(entries []ledger.Entry) error {
	if n.calendar == nil {
		return nil
	}
	for i := range entries {
		if fault := n.calendar.Fault(entries[i].PostingDate()); fault != "" {
			return &exitError{exitPeriod, fmt.Errorf("entry %s cannot be posted: %s; open the period in the ERP, or extend its calendar", entries[i].Number(), fault)}
		}
	}
	return nil
}
