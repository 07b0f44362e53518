package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tieout/cmd/tieout/internal/config"
	"tieout/cmd/tieout/internal/service"
)

// What is sent past the queue is told once by each channel, though another is down.
func TestWhatGoesPastTheQueueIsToldOnceByEachChannel(t *testing.T) {
	sent := map[string]int{}
	down := true
	v := &served{channels: []channel{
		{byMail, func(context.Context, service.Notice) error { sent[byMail]++; return nil }},
		{byHook, func(context.Context, service.Notice) error {
			if down {
				return errors.New("connection refused")
			}
			sent[byHook]++
			return nil
		}},
	}}
	notice := service.Notice{Key: "standstill|1", Kind: service.Stuck, Direct: true}
	for look := range 4 {
		down = look < 2
		if err := v.Tell(t.Context(), notice); (err != nil) != down {
			t.Errorf("look %d: %v", look, err)
		}
	}
	if sent[byMail] != 1 || sent[byHook] != 1 {
		t.Errorf("sent %v", sent)
	}
}

// A service that gives the store no sign of life is not ready: others take over its work.
func TestReadyIsWhoIsAlive(t *testing.T) {
	t.Parallel()
	c := newCompany(t, "store: state.db\nstart: 2026-09-29\nschedule: {at: \"05:30\", zone: UTC}\n")
	n, err := openStored(t.Context(), filepath.Join(c.dir, "tieout.yaml"), config.Range{From: 1, To: 1, AsOf: 1}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	v := &served{serveVerb: &serveVerb{config: filepath.Join(c.dir, "tieout.yaml"), now: time.Now}, store: n.store, company: n.cfg.Recon.Company, id: "me"}
	ready := func(want bool) {
		t.Helper()
		if err := v.ready(t.Context()); (err == nil) != want || err != nil && !strings.Contains(err.Error(), "no sign of life") {
			t.Errorf("want %t: %v", want, err)
		}
	}
	ready(false)
	leave, err := n.store.Enlist(t.Context(), v.company, v.id)
	if err != nil {
		t.Fatal(err)
	}
	ready(true)
	leave()
	ready(false)
	if err := n.close(); err != nil {
		t.Error(err)
	}
}
