package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger/drop"
	"tieout/ledger/posting"
	"tieout/recon"
	"tieout/recon/store"
)

// collectAnswers reads what a target's consumer answered to the files that it
// has (PF-09). One that stays silent for too long is told like a file that is not delivered.
func (n *nightly) collectAnswers(ctx context.Context, t *config.Target, sending *store.Sending) error {
	if !t.Ack {
		return nil
	}
	waiting, err := sending.Unanswered(ctx)
	if err != nil || len(waiting) == 0 {
		return err
	}
	place, closePlace, err := n.open(ctx, t)
	if err != nil {
		n.undelivered = append(n.undelivered, &openDelivery{&waiting[0], fmt.Errorf("its answer cannot be read: %w", err)})
		return nil
	}
	defer closePlace()
	for i := range waiting {
		if err := n.collect(ctx, t, place, &waiting[i]); err != nil {
			return err
		}
	}
	return nil
}

// collect looks for the answer to one file.
func (n *nightly) collect(ctx context.Context, t *config.Target, place drop.Place, d *store.Delivery) error {
	answer, err := n.consumerAnswer(ctx, place, d)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if since := time.Since(time.UnixMicro(int64(d.Ended))); d.State == store.Delivered && since > t.AckWithin {
			n.undelivered = append(n.undelivered, &openDelivery{d, fmt.Errorf("delivered, and not acknowledged within %s", t.AckWithin)})
		}
		return nil
	case err != nil:
		n.undelivered = append(n.undelivered, &openDelivery{d, err})
		return nil
	case answer.Accepted:
		d.Answer = "acknowledged"
		return n.store.Advance(ctx, d, d.State, store.Acknowledged)
	}
	d.Answer, d.Ended = "rejected: "+answer.Text, recon.Instant(time.Now().UnixMicro())
	n.undelivered = append(n.undelivered, &openDelivery{d, errors.New(d.Answer)})
	return n.store.Advance(ctx, d, d.State, store.Rejected)
}

// consumerAnswer reads the acknowledgement, or the rejection.
func (n *nightly) consumerAnswer(ctx context.Context, place drop.Place, d *store.Delivery) (posting.Answer, error) {
	h, entries, err := n.contents(ctx, d)
	if err != nil {
		return posting.Answer{}, err
	}
	data, err := drop.Read(place, d.Name+posting.AcceptedSuffix)
	if err == nil {
		totals, err := posting.Sum(entries)
		if err != nil {
			return posting.Answer{}, err
		}
		return posting.ReadAcknowledgement(data, h, totals)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return posting.Answer{}, err
	}
	if data, err = drop.Read(place, d.Name+posting.RejectedSuffix); err != nil {
		return posting.Answer{}, err
	}
	return posting.ReadRejection(data, h)
}
