package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger/drop"
	"tieout/ledger/drop/durable"
	"tieout/ledger/posting"
	"tieout/recon"
	"tieout/recon/store"
)

// lookAfterRestore looks for a posting file that may have been delivered already:
// the store was restored from a backup, and the days of the file lie before that. What
// is there whole, or answered, is delivered; anything else a person decides.
func (n *nightly) lookAfterRestore(ctx context.Context, t *config.Target, d *store.Delivery, parts []drop.File) (failed, err error) {
	restored, err := n.store.Restored(ctx)
	if err != nil || restored == 0 || d.To >= restored {
		return nil, err
	}
	if looked, err := n.store.Looked(ctx, d); err != nil || looked {
		return nil, err
	}
	place, closePlace, err := n.open(ctx, t)
	if err != nil { // the target's trouble, which may end
		return err, n.store.Failed(ctx, d, err.Error())
	}
	defer closePlace()
	there, err := isThere(place, d, parts)
	if err != nil {
		return err, n.store.Failed(ctx, d, err.Error())
	}
	if there {
		d.Answer, d.Ended = "found on the target after the restore of "+restored.String(), recon.Instant(n.now().UnixMicro())
		return nil, n.store.FoundAfterRestore(ctx, d, true)
	}
	d.Failure = fmt.Sprintf("the store was restored on %s from a backup, and this file is not on the target as it would be sent now: it may have been delivered and taken", restored)
	return errUnconfirmed, n.store.FoundAfterRestore(ctx, d, false)
}

// isThere tells whether all files of a delivery are on the target with the bytes
// that would be sent, or its consumer has answered.
func isThere(place drop.Place, d *store.Delivery, parts []drop.File) (bool, error) {
	for _, answer := range []string{posting.AcceptedSuffix, posting.RejectedSuffix} {
		if _, err := place.Size(d.Name + answer); !errors.Is(err, fs.ErrNotExist) {
			return err == nil, err
		}
	}
	for _, f := range drop.WithSidecars(parts) {
		size, err := place.Size(f.Name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && size != int64(len(f.Bytes)) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		got, err := drop.Read(place, f.Name)
		if err != nil || !bytes.Equal(got, f.Bytes) {
			return false, err
		}
	}
	return true, nil
}

// replaceOlder hands out a result whose name another one has: a night that was run
// before the restore of an older backup, and again since. The older one is kept under
// another name; on a store that was never restored the conflict stands.
func (n *nightly) replaceOlder(ctx context.Context, dir, name, hash string, conflict error) error {
	restored, err := n.store.Restored(ctx)
	if err != nil || restored == 0 {
		return errors.Join(conflict, err)
	}
	ending := filepath.Ext(name)
	aside := strings.TrimSuffix(name, ending) + ".before-restore-" + restored.String() + ending
	if err := durable.Move(dir, name, aside); err != nil {
		return errors.Join(conflict, err)
	}
	n.notes = append(n.notes, fmt.Sprintf("%s was made before the restore and is %s now", name, aside))
	return n.copyOut(dir, name, hash)
}
