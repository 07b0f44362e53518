package main

import (
	"context"
	"errors"
	"testing"

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
