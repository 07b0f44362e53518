package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger/drop"
	"tieout/recon/carddata"
	"tieout/recon/night"
	"tieout/recon/pickup"
)

// pickedUp is what lay in the places into which others lay files, when the first
// run of a process looked.
type pickedUp struct {
	files   []pickedFile
	refused []string // what was there and could not be taken
}

// pickedFile is a kept file, and how many values with card data it lost.
type pickedFile struct {
	night.File
	masked int
}

// pickUp takes what lies in the places into the archive, once. A place that does not
// answer and a file that is refused end nothing: the run says what it goes without.
func (n *nightly) pickUp(ctx context.Context) ([]pickedFile, error) {
	if n.picked != nil {
		return n.picked.files, nil
	}
	n.picked = &pickedUp{}
	for i := range n.cfg.Pickups {
		p := &n.cfg.Pickups[i]
		err := n.pickUpFrom(ctx, p)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		var own *archiveError
		if errors.As(err, &own) {
			return nil, own.err
		}
		if err != nil {
			n.picked.refuse(p, err)
		}
	}
	return n.picked.files, nil
}

func (u *pickedUp) refuse(p *config.Pickup, why error) {
	u.refused = append(u.refused, carddata.Mask(fmt.Sprintf("%s from %s: %v", p.Kind, p.From(), why))) // R7
}

// archiveError is a fault of ours, which ends the run.
type archiveError struct{ err error }

func (e *archiveError) Error() string { return e.err.Error() }

func (n *nightly) pickUpFrom(ctx context.Context, p *config.Pickup) error {
	rule, err := n.pickupRule(p)
	if err != nil {
		return err
	}
	place, closing, err := n.pickupPlace(ctx, p)
	if err != nil {
		return err
	}
	defer closing()
	refused, err := pickup.Take(ctx, place, rule, func(name string, r io.Reader) error {
		hash, size, masked, err := n.archive.KeepStream(r)
		if err != nil {
			return &archiveError{err}
		}
		f := night.File{Role: night.Role(p.Kind), Name: carddata.Mask(name), SHA256: hash, Size: size}
		n.picked.files = append(n.picked.files, pickedFile{f, masked})
		return nil
	})
	for i := range refused {
		n.picked.refuse(p, &refused[i])
	}
	return err
}

func (n *nightly) pickupPlace(ctx context.Context, p *config.Pickup) (pickup.Place, func(), error) {
	if p.Server == nil {
		place, err := pickup.OpenFolder(n.path(p.Folder))
		return place, func() {}, err
	}
	server, err := n.server(p.Server)
	if err != nil {
		return nil, nil, err
	}
	place, err := drop.Connect(ctx, server)
	if err != nil {
		return nil, nil, err
	}
	return place, place.Close, nil
}

func (n *nightly) pickupRule(p *config.Pickup) (pickup.Rule, error) {
	rule := pickup.Rule{Names: p.Names, Sentinel: p.Sentinel, Stable: p.Stable, Limits: pickup.Limits{Size: p.Unpacked}}
	if p.PGP == nil {
		return rule, nil
	}
	from := n.secrets()
	key, err := from.Bytes(p.PGP.Key)
	if err != nil {
		return rule, fmt.Errorf("pgp.key: %w", err)
	}
	var passphrase, sender []byte
	if p.PGP.Passphrase != "" {
		text, err := from.Resolve(p.PGP.Passphrase)
		if err != nil {
			return rule, fmt.Errorf("pgp.passphrase: %w", err)
		}
		passphrase = []byte(text.Reveal())
	}
	if p.PGP.Sender != "" {
		if sender, err = os.ReadFile(n.path(p.PGP.Sender)); err != nil {
			return rule, fmt.Errorf("pgp.sender: %w", err)
		}
	}
	rule.PGP, err = pickup.NewPGP([]byte(key.Reveal()), passphrase, sender)
	return rule, err
}

// lacking names what the runs went on without.
func (n *nightly) lacking() []string {
	names := lacking(n.grid)
	if n.picked != nil {
		names = append(names, n.picked.refused...)
	}
	return names
}
