package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"tieout/cmd/tieout/internal/config"
	"tieout/cmd/tieout/internal/service"
	"tieout/recon/night"
	"tieout/recon/store"
	"tieout/recon/store/queue"
)

// asked is a run by hand as a service is asked for it.
type asked struct {
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
	AsOf   string `json:"as_of"`
	Output string `json:"output"`
	FailOn string `json:"fail_on,omitempty"`
	Wait   bool   `json:"wait,omitempty"`
	Full   bool   `json:"full,omitempty"`
}

// handOver has the service that lives, if one does, make the run, and follows it.
// done is false where there is none, or where it went away before it was done: then
// the run is made here.
func (v *runVerb) handOver(ctx context.Context, n *nightly, stdout, stderr io.Writer) (done bool, err error) {
	company := n.cfg.Recon.Company
	living, err := n.store.Services(ctx, company)
	if err != nil || len(living) == 0 || v.dry {
		return false, err
	}
	ask, err := json.Marshal(asked{v.from, v.to, v.asOf, v.output, v.failOn, v.wait, v.full})
	if err != nil {
		return false, err
	}
	no, err := n.store.Ask(ctx, company, string(ask))
	if errors.Is(err, night.ErrLocked) {
		return true, &exitError{exitLocked, err}
	}
	if err != nil {
		return true, err
	}
	fmt.Fprintf(stderr, "handed over to the service of %s as request %d\n", living[0].Holder, no)
	return v.follow(ctx, n, no, stdout, stderr)
}

// follow waits until a request is done and says what the run said.
func (v *runVerb) follow(ctx context.Context, n *nightly, no int, stdout, stderr io.Writer) (done bool, err error) {
	company := n.cfg.Recon.Company
	for {
		r, err := n.store.Request(ctx, company, no)
		if ctx.Err() != nil {
			return true, giveUp(ctx, n, no)
		}
		if err != nil {
			return true, err
		}
		if r.State == store.RequestDone {
			_, err := io.WriteString(stdout, r.Said)
			if err == nil && r.Code != exitDone {
				err = &exitError{r.Code, errors.New(r.Failure)}
			}
			return true, err
		}
		living, err := n.store.Services(ctx, company)
		if err != nil {
			return true, err
		}
		if r.State == store.RequestWaiting && len(living) > 0 || slices.ContainsFunc(living, func(s store.Service) bool { return s.ID == r.Service }) {
			pause(ctx, 100*time.Millisecond)
			continue
		}
		if gone, err := n.store.Withdraw(ctx, company, no); err != nil || gone {
			if gone {
				fmt.Fprintln(stderr, "the service went away; the run is made here")
			}
			return err != nil, err
		}
	}
}

// giveUp takes a request back that nobody has begun with.
func giveUp(ctx context.Context, n *nightly, no int) error {
	gone, err := n.store.Withdraw(context.WithoutCancel(ctx), n.cfg.Recon.Company, no)
	if err == nil && !gone {
		err = fmt.Errorf("request %d is being run: the service goes on with it, and `tieout status` tells what comes of it", no)
	}
	return errors.Join(context.Cause(ctx), err)
}

// rangeID is the id of a job for a range that is run again.
func rangeID(c night.Cut) string { return c.From.String() + ".." + c.To.String() }

// Asked runs what somebody asked for by hand, or a range that a run restated.
func (v *served) Asked(ctx context.Context, id string) error {
	number, byHand := strings.CutPrefix(id, "#")
	if !byHand {
		return v.rerun(ctx, id)
	}
	no, err := strconv.Atoi(number)
	if err != nil {
		return queue.Hopeless{Err: fmt.Errorf("request %q: no number", number)}
	}
	return v.answer(ctx, no)
}

// rerun runs a range once more that a run restated, if it is owed.
func (v *served) rerun(ctx context.Context, id string) error {
	reruns, err := v.store.Reruns(ctx, v.company)
	if err != nil {
		return err
	}
	for _, q := range reruns {
		if rangeID(night.Cut{From: q.From, To: q.To}) != id {
			continue
		}
		n, err := v.over(config.Range{From: q.From, To: q.To, AsOf: q.AsOf})
		if err != nil {
			return err
		}
		if err := n.readBooks(ctx); err != nil {
			return err
		}
		n.served = &servedDay{}
		if err := n.fetchFirst(v.log, false); err != nil {
			return err
		}
		_, err = n.runRange(ctx, config.Range{From: q.From, To: q.To, AsOf: q.AsOf})
		if errors.Is(err, night.ErrLocked) {
			return service.ErrBusy
		}
		return err
	}
	return nil
}

// answer makes a run that somebody asked for, and keeps the answer for whoever did.
func (v *served) answer(ctx context.Context, no int) error {
	r, ok, err := v.store.Take(ctx, v.company, no, v.id)
	if err != nil || !ok {
		return err
	}
	var said bytes.Buffer
	err = v.runAsked(ctx, r.Ask, &said)
	if ctx.Err() != nil { // the service stops: whoever asked sees it
		return err
	}
	r.Said, r.Code = said.String(), exitDone
	if err != nil {
		r.Code, r.Failure = exitCode(ctx, failed(err)), err.Error()
	}
	v.log.Info("a run that was asked for is done", "request", no, "by", r.By, "code", r.Code, "error", r.Failure)
	return v.store.Answer(ctx, v.company, &r, v.id)
}

// runAsked is `run` with what somebody asked for.
func (v *served) runAsked(ctx context.Context, ask string, said io.Writer) error {
	var a asked
	if err := json.Unmarshal([]byte(ask), &a); err != nil {
		return fmt.Errorf("what was asked for cannot be read: %w", err)
	}
	verb := &runVerb{config: v.config, from: a.From, to: a.To, asOf: a.AsOf, output: a.Output, failOn: a.FailOn, wait: a.Wait, full: a.Full}
	r, err := verb.dates(v.now())
	if err != nil {
		return usage(err)
	}
	n, err := v.over(r)
	if err != nil {
		return err
	}
	if err := n.readBooks(ctx); err != nil {
		return err
	}
	return verb.work(ctx, n, r, said, io.Discard)
}
