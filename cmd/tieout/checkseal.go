package main

import (
	"time"

	"tieout/cmd/tieout/internal/config"
	"tieout/ledger/drop/seal"
)

// keyNotice is how long ahead a key that expires is told of (PF-12).
const keyNotice = 30 * 24 * time.Hour

// seals looks at the keys of every target whose files are encrypted.
func (v *checkVerb) seals(n *nightly) (all []checked) {
	for i := range n.cfg.Targets {
		if t := &n.cfg.Targets[i]; t.Seal != nil {
			all = append(all, v.sealOf(n, t))
		}
	}
	return all
}

func (v *checkVerb) sealOf(n *nightly, t *config.Target) checked {
	c := checked{What: "target " + t.Name + ": pgp"}
	keys, err := n.sealKeys(t.Seal)
	if err != nil {
		c.Told, c.usage = err.Error(), true
		return c
	}
	if fault := keys.Fault(v.now()); fault != "" {
		c.Told, c.usage = fault, true
		return c
	}
	c.OK, c.Told = true, "the receiver's key is the pinned one, and ours signs"
	if soon := expiring(keys, v.now()); soon != "" {
		c.Told += "; " + soon
	}
	return c
}

// expiring tells of a key that will not do a month from now; "" if both will.
func expiring(keys *seal.Keys, now time.Time) string {
	if fault := keys.Fault(now.Add(keyNotice)); fault != "" {
		return "within 30 days " + fault
	}
	return ""
}
