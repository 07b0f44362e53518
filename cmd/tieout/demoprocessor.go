package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"tieout/fixtures/demo"
	"tieout/fixtures/sandbox"
	"tieout/recon/cybersource"
)

// demoProcessor is the stand-in from which a demonstration fetches its reports over
// HTTPS. It and its client live at the time of the night that is told.
type demoProcessor struct {
	url   string
	shelf *sandbox.Shelf
	clock atomic.Int64 // Unix seconds
	stop  context.CancelFunc
	ended chan error
}

// startDemoProcessor starts it with a secret of its own, which the folder
// processor keeps beside the certificate of its CA.
func startDemoProcessor(ctx context.Context, out string, m *demo.Month) (*demoProcessor, error) {
	dir := filepath.Join(out, "processor")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	secret := base64.StdEncoding.EncodeToString([]byte(rand.Text()))
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(secret), 0o600); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(demo.Zone)
	if err != nil {
		return nil, err
	}
	p := &demoProcessor{shelf: &sandbox.Shelf{}, ended: make(chan error, 1)}
	for _, name := range demo.Reports() { // nothing happened on the day before the first
		if err := p.shelf.Put(name, m.Nights[0].Date, sandbox.CSV, nil, zone); err != nil {
			return nil, err
		}
	}
	s, err := sandbox.New(sandbox.Config{
		Account: sandbox.Account{Merchant: demo.Organization, KeyID: demo.KeyID, Secret: secret}, Library: p.shelf, Zone: zone, Now: p.now,
	})
	if err != nil {
		return nil, err
	}
	ctx, p.stop = context.WithCancel(ctx)
	ready := make(chan sandbox.Ready, 1)
	go func() { p.ended <- s.Serve(ctx, "127.0.0.1:0", dir, func(r sandbox.Ready) { ready <- r }) }()
	select {
	case r := <-ready:
		p.url = r.BaseURL
		return p, nil
	case err := <-p.ended:
		p.stop()
		return nil, fmt.Errorf("the stand-in for the processor: %w", err)
	}
}

func (p *demoProcessor) close() error {
	p.stop()
	return <-p.ended
}

func (p *demoProcessor) now() time.Time { return time.Unix(p.clock.Load(), 0) }

// publish makes tonight's reports ready, and it the morning after at five.
func (p *demoProcessor) publish(n *demo.Night) error {
	zone, err := time.LoadLocation(demo.Zone)
	if err != nil {
		return err
	}
	morning, err := time.ParseInLocation(time.DateOnly, n.AsOf, zone)
	if err != nil {
		return err
	}
	p.clock.Store(morning.Add(5 * time.Hour).Unix())
	return p.shelf.PutNight(n, demo.Organization)
}

// eager makes a client that asks as fast as it can.
func (p *demoProcessor) eager(o *cybersource.Options) { o.PerSecond = 10_000 }
