package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger/drop"
	"tieout/ledger/drop/durable"
	"tieout/recon"
	"tieout/recon/night"
	"tieout/recon/secret"
	"tieout/recon/store"
)

// handOut publishes results and delivers posting files that commits owe. What
// cannot be delivered now stays owed, is told in n.undelivered, and stops no run.
func (n *nightly) handOut(ctx context.Context) error {
	if err := n.publish(ctx); err != nil {
		return err
	}
	n.undelivered = nil
	for i := range n.cfg.Targets {
		if err := n.serveTarget(ctx, &n.cfg.Targets[i]); err != nil {
			return err
		}
	}
	return nil
}

// serveTarget delivers what a target is owed and collects its answers, while nobody
// else does.
func (n *nightly) serveTarget(ctx context.Context, t *config.Target) error {
	sending, err := n.holdTarget(ctx, t)
	if err != nil {
		return err
	}
	defer sending.Close(ctx)
	if err := n.deliverTo(ctx, t, sending); err != nil {
		return err
	}
	return n.collectAnswers(ctx, t, sending)
}

// holdTarget waits for whoever serves the target at the moment.
func (n *nightly) holdTarget(ctx context.Context, t *config.Target) (sending *store.Sending, err error) {
	for range 100 {
		if sending, err = n.store.Send(ctx, n.cfg.Recon.Company, t.Name); !errors.Is(err, night.ErrLocked) || ctx.Err() != nil {
			return sending, err
		}
		pause(ctx, 100*time.Millisecond)
	}
	return nil, &exitError{exitLocked, fmt.Errorf("target %s is being served: %w", t.Name, err)}
}

// deliverTo delivers what a target is owed strictly in sequence: a file that is
// not delivered holds those behind it.
func (n *nightly) deliverTo(ctx context.Context, t *config.Target, sending *store.Sending) error {
	owed, err := sending.Owed(ctx)
	if err != nil {
		return err
	}
	for i := range owed {
		d := &owed[i]
		if d.State == store.Unconfirmed {
			n.undelivered = append(n.undelivered, &openDelivery{d, errUnconfirmed})
			return nil
		}
		failed, err := n.deliver(ctx, t, d)
		if err != nil {
			return err
		}
		if failed != nil {
			n.undelivered = append(n.undelivered, &openDelivery{d, failed})
			return nil
		}
	}
	return nil
}

// errUnconfirmed is a file that the consumer took, or that was lost.
var errUnconfirmed = errors.New("delivered or lost, which cannot be told from here: ask the consumer, then `tieout deliver --accept` it or `--resend` it")

// openDelivery is a posting file that is owed still.
type openDelivery struct {
	*store.Delivery
	why error
}

// Error names the file, its target and the reason.
func (o *openDelivery) Error() string {
	return fmt.Sprintf("posting file %s is not delivered: %s", cmp.Or(o.Delivery.Name, "of run "+o.RunID), o.why)
}

// Unwrap is the reason.
func (o *openDelivery) Unwrap() error { return o.why }

// deliver takes a posting file through its states, each stored before the next
// step. failed is a failure of the target, err one of our own.
func (n *nightly) deliver(ctx context.Context, t *config.Target, d *store.Delivery) (failed, err error) {
	parts, err := n.build(ctx, t, d)
	if errors.Is(err, errRefused) {
		return err, n.store.Failed(ctx, d, err.Error())
	}
	if err != nil {
		return nil, err
	}
	if failed, err := n.lookAfterRestore(ctx, t, d, parts); failed != nil || err != nil || d.State == store.Delivered {
		return failed, err
	}
	for attempt := range 3 {
		failed = n.attempt(ctx, t, d, parts)
		n.logDelivery(d, failed)
		if failed == nil || errors.Is(failed, errUnconfirmed) {
			return failed, nil
		}
		if err := n.store.Failed(ctx, d, failed.Error()); err != nil {
			return nil, err
		}
		if errors.Is(failed, drop.ErrConflict) || errors.Is(failed, drop.ErrHostKey) || ctx.Err() != nil {
			return failed, nil
		}
		pause(ctx, time.Duration(attempt+1)*200*time.Millisecond)
	}
	return failed, nil
}

func (n *nightly) logDelivery(d *store.Delivery, failed error) {
	if n.log == nil {
		return
	}
	log := n.log.With("file", d.Name, "target", d.Target, "run_id", d.RunID, "state", string(d.State))
	if failed != nil {
		log.Warn("posting file not delivered", "error", failed)
		return
	}
	log.Info("posting file delivered")
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// attempt is one attempt on one connection.
func (n *nightly) attempt(ctx context.Context, t *config.Target, d *store.Delivery, parts []drop.File) error {
	place, closePlace, err := n.open(ctx, t)
	if err != nil {
		return err
	}
	defer closePlace()
	files, err := n.store.Files(ctx, d)
	if err != nil {
		return err
	}
	o := drop.Order{Files: drop.WithSidecars(parts), Immediate: t.Immediate, Fresh: fresh}
	for _, f := range files {
		o.Progress = append(o.Progress, drop.Progress{Name: f.Name, Step: drop.Step(f.Step), Temp: f.Temp})
	}
	for i := len(files); len(files) > 0 && i < len(o.Files); i++ {
		o.Progress = append(o.Progress, drop.Progress{Name: o.Files[i].Name, Step: drop.Waiting})
	}
	result, err := drop.Deliver(ctx, place, o, &deliveryLog{n.store, d, o.Files})
	if err != nil {
		return err
	}
	d.Ended, d.Failure = recon.Instant(time.Now().UnixMicro()), ""
	if result.Delivered {
		return n.store.Advance(ctx, d, d.State, store.Delivered)
	}
	d.Failure = result.Unconfirmed + " is under neither of its names"
	return errors.Join(errUnconfirmed, n.store.Advance(ctx, d, d.State, store.Unconfirmed))
}

// deliveryLog stores the steps of a delivery.
type deliveryLog struct {
	store *store.Store
	d     *store.Delivery
	files []drop.File
}

// Save stores a step, and with it the state of the delivery.
func (l *deliveryLog) Save(ctx context.Context, p drop.Progress) error {
	state := l.d.State
	switch p.Step {
	case drop.Uploading:
		state = store.Uploading
	case drop.Uploaded:
		state = store.Uploaded
	case drop.Renaming:
		state = store.Renaming
	case drop.Waiting, drop.Placed, drop.Unconfirmed:
	}
	i := slices.IndexFunc(l.files, func(f drop.File) bool { return f.Name == p.Name })
	err := l.store.SaveFile(ctx, l.d, i, store.DeliveryFile{Name: p.Name, Step: string(p.Step), Temp: p.Temp}, state)
	if errors.Is(err, store.ErrFenced) {
		return errors.Join(drop.ErrTaken, err)
	}
	return err
}

// fresh is a suffix that nobody can guess.
func fresh() string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the process instead
	return hex.EncodeToString(random[:])
}

// open opens the target. The folder that is named for the only target is made if
// it is not there; a share or a server is not.
func (n *nightly) open(ctx context.Context, t *config.Target) (drop.Place, func(), error) {
	if t.Server == nil {
		dir := n.path(t.Folder)
		if err := durable.MakeDir(dir, 0o750); err != nil {
			return nil, nil, err
		}
		place, err := drop.OpenFolder(dir)
		return place, func() {}, err
	}
	server, err := n.server(t.Server)
	if err != nil {
		return nil, nil, err
	}
	place, err := drop.Connect(ctx, server)
	if err != nil {
		return nil, nil, err
	}
	return place, place.Close, nil
}

// server is how to reach an SFTP target.
func (n *nightly) server(p *config.SFTPPlace) (s drop.Server, err error) {
	s = drop.Server{Address: p.Address, User: p.User, Dir: p.Dir, Dial: p.DialTimeout, Idle: p.IdleFor}
	if p.KnownHosts != "" {
		s.Keys, err = drop.KnownHosts(n.path(p.KnownHosts))
	} else {
		s.Keys, err = drop.PinnedKeys(p.HostKeys...)
	}
	if err != nil {
		return s, err
	}
	var method ssh.AuthMethod
	from := n.secrets()
	switch {
	case p.Agent:
		method, err = drop.Agent(os.Getenv("SSH_AUTH_SOCK"))
	case p.KeyFile != "":
		method, err = n.privateKey(p, from)
	default:
		var password secret.Text
		password, err = from.Resolve(p.Password)
		method = ssh.Password(password.Reveal())
	}
	s.Auth = []ssh.AuthMethod{method}
	return s, err
}

func (n *nightly) privateKey(p *config.SFTPPlace, from secret.Resolver) (ssh.AuthMethod, error) {
	pem, err := os.ReadFile(n.path(p.KeyFile))
	if err != nil {
		return nil, fmt.Errorf("key_file: %w", err)
	}
	if p.Passphrase == "" {
		return drop.PrivateKey(pem, nil)
	}
	passphrase, err := from.Resolve(p.Passphrase)
	if err != nil {
		return nil, fmt.Errorf("passphrase: %w", err)
	}
	return drop.PrivateKey(pem, []byte(passphrase.Reveal()))
}
