package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tieout/cmd/tieout/internal/config"
	"tieout/recon"
	"tieout/recon/carddata"
	"tieout/recon/night"
	"tieout/recon/store"
)

// again is a night that is computed once more: it reads the kept files that it read
// then, and nothing that it makes is kept.
type again struct {
	*nightly
	files []night.File
}

// Keep lists what the night read.
func (a *again) Keep(context.Context, recon.Date) ([]night.File, error) { return a.files, nil }

// Render makes nothing: results are held against their hashes, and entries against the journal.
func (a *again) Render(*night.Answer) ([]night.Artifact, error) { return nil, nil }

// recomputation computes all nights of a company once more, from the first one on, into
// a store that goes (R4).
type recomputation struct {
	*nightly
	found   *verified
	scratch *store.Store
	dir     string // that goes
	done    int    // nights that were computed again
	alike   int    // of which all that is stored came out again
	drifted string // the first night by another program that came out otherwise; "": none
}

// recompute computes every stored night once more and tells where what is stored is
// something else.
func (n *nightly) recompute(ctx context.Context, v *verified) (err error) {
	dir, err := os.MkdirTemp("", "tieout-verify-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	r := &recomputation{nightly: n, found: v, dir: dir}
	r.scratch, err = store.Open(ctx, filepath.Join(dir, "tieout.db"), store.Options{Now: n.now, Holder: "verify"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.scratch.Close()) }()
	for moved := true; moved && err == nil; { // nights may go on meanwhile
		var whole bool
		if whole, err = r.nights(ctx); err != nil || !whole {
			return err
		}
		err = r.present(ctx)
		moved = errors.Is(err, store.ErrMoreRuns)
		if moved {
			err = nil
		}
	}
	return err
}

// nights computes those that were not yet; one that cannot be ends it, for those
// behind it build on what it left.
func (r *recomputation) nights(ctx context.Context) (whole bool, err error) {
	past, err := r.store.Committed(ctx, r.cfg.Recon.Company)
	if err != nil {
		return false, err
	}
	r.found.nights = len(past)
	for r.done < len(past) {
		p := &past[r.done]
		why, err := r.night(ctx, p)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil && p.Software == software() {
			r.found.fault("%s cannot be computed again from the kept files: %v", nameOfRun(p), err)
			why = "its computation failed"
		} else if err != nil {
			why = fmt.Sprintf("it was computed by %s and this is %s, which says: %v", p.Software, software(), err)
		}
		if why != "" {
			r.found.unproven("%s was not recomputed: %s", nameOfRun(p), why)
			if left := len(past) - r.done - 1; left > 0 {
				r.found.unproven("the %d nights after it were not recomputed: they build on what it left", left)
			}
			return false, nil
		}
	}
	return true, nil
}

func nameOfRun(p *store.Past) string {
	return fmt.Sprintf("night %s to %s (%s)", p.From, p.To, p.RunID)
}

// night computes one night; why tells what is missing to do so.
func (r *recomputation) night(ctx context.Context, p *store.Past) (why string, err error) {
	as, why, err := r.asThen(p)
	if err != nil || why != "" {
		return why, err
	}
	run, err := r.scratch.BeginAgain(ctx, p)
	if err != nil {
		return "", err
	}
	core := &night.Night{
		Policy: as.cfg.Recon, Chart: as.cfg.Chart, Rules: as.cfg.Rules, Mode: as.cfg.Mode, Sources: as, Store: run, Presenter: as, NotProvided: p.Lacking,
	}
	_, err = core.Run(ctx, p.Request)
	if err := errors.Join(err, run.Close(ctx, err)); err != nil {
		return "", err
	}
	if err := r.scratch.TakeReleases(ctx, r.store, p); err != nil {
		return "", err
	}
	r.done++
	return "", r.compare(ctx, p)
}

// asThen is the night with the configuration under which it ran.
func (r *recomputation) asThen(p *store.Past) (*again, string, error) {
	cfg, calendar := r.cfg, r.calendar
	switch {
	case p.Setup.SHA256 != "":
		var err error
		if cfg, calendar, err = r.readSetup(p.Setup, config.Range{From: p.From, To: p.To, AsOf: p.AsOf}, filepath.Join(r.dir, p.Setup.SHA256)); err != nil {
			return nil, "", fmt.Errorf("the configuration under which it ran: %w", err)
		}
	case cfg.ERPPeriods:
		return nil, "the ERP's fiscal calendar as it was then is not kept", nil
	}
	if p.ConfigHash != cfg.Hash {
		return nil, "the configuration under which it ran is not kept, and the present one is another", nil
	}
	if p.RulesHash != cfg.Rules.Version() {
		return nil, "this program makes other rules of its configuration", nil
	}
	return &again{&nightly{cfg: cfg, dir: r.nightly.dir, store: r.scratch, archive: r.archive, now: r.now, calendar: calendar}, p.Files}, "", nil
}

// compare tells how what a night wrote differs from what comes out.
func (r *recomputation) compare(ctx context.Context, p *store.Past) error {
	t := r.telling(nameOfRun(p), p)
	if err := r.store.DiffersInRun(ctx, r.scratch, p, t.tell); err != nil {
		return err
	}
	t.end()
	if t.count() == 0 {
		r.alike++
	}
	r.found.recomputed = r.alike
	return nil
}

// present tells how what counts now differs from what comes out after the last night.
func (r *recomputation) present(ctx context.Context) error {
	t := r.telling("after the last night", nil)
	err := r.store.DiffersNow(ctx, r.scratch, r.cfg.Recon.Company, t.tell)
	t.end()
	return err
}

// mostTold is how many differences of a table are told of one night.
const mostTold = 20

// telling puts differences into words, the first of each table.
type telling struct {
	*recomputation
	of     string
	doubt  string // why a difference may be rightful; "": it is none
	counts map[string]int
}

// telling is for one night, or for what counts now. A night by another program may
// rightfully come out otherwise, and those behind it with it.
func (r *recomputation) telling(of string, p *store.Past) *telling {
	t := &telling{recomputation: r, of: of, doubt: r.drifted, counts: map[string]int{}}
	if t.doubt == "" && p != nil && p.Software != software() {
		t.doubt = fmt.Sprintf("%s was computed by %s and this is %s, so it may come out otherwise", nameOfRun(p), p.Software, software())
	}
	return t
}

func (t *telling) count() (all int) {
	for _, n := range t.counts {
		all += n
	}
	return all
}

func (t *telling) tell(d store.Difference) error {
	if t.counts[d.Table]++; t.counts[d.Table] > mostTold {
		return nil
	}
	t.say("%s: %s", t.of, inWords(d))
	return nil
}

// end tells how many were not told.
func (t *telling) end() {
	for _, table := range slices.Sorted(maps.Keys(t.counts)) {
		if more := t.counts[table] - mostTold; more > 0 {
			t.say("%s: %d more in %s", t.of, more, table)
		}
	}
	if t.doubt != "" && t.count() > 0 {
		if t.drifted == "" {
			t.found.unproven("%s", t.doubt)
		}
		t.drifted = t.doubt
	}
}

func (t *telling) say(format string, args ...any) {
	if t.doubt != "" {
		t.found.unproven(format, args...)
		return
	}
	t.found.fault(format, args...)
}

// inWords names what a difference is about, and both values.
func inWords(d store.Difference) string {
	what := nameOfRow(d)
	switch {
	case d.Column == "" && d.There == "":
		return what + " is stored and does not come out of the kept files"
	case d.Column == "":
		return what + " comes out of the kept files and is not stored: " + carddata.Mask(beginning(d.There))
	case strings.HasPrefix(d.Here, "{") && strings.HasPrefix(d.There, "{"):
		return what + ": " + carddata.Mask(insideJSON(d))
	}
	return fmt.Sprintf("%s: %s is stored as %q and comes out as %q", what, d.Column, carddata.Mask(d.Here), carddata.Mask(d.There))
}

// beginning is the first part of a text that may be long.
func beginning(text string) string {
	const most = 160
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}

// nameOfRow is what people call a stored row.
func nameOfRow(d store.Difference) string {
	k := d.Key
	switch d.Table {
	case "entries":
		return fmt.Sprintf("entry %s (revision %s)", k["entry_no"], k["revision"])
	case "entry_lines":
		return fmt.Sprintf("entry %s line %s (revision %s)", k["entry_no"], k["line_no"], k["revision"])
	case "contributions":
		return fmt.Sprintf("contribution of %s to %s, account %s %s %s", k["scope"], k["natural_key"], k["account"], k["side"], k["label"])
	case "item_versions", "items", "item_docs":
		name := k["side"] + " " + k["item_key"]
		if doc := k["doc_id"]; doc != "" {
			name += ", document " + doc
		}
		if d.Table == "items" {
			name += " as it counts"
		}
		return carddata.Mask(name)
	}
	parts := []string{d.Table}
	for _, column := range slices.Sorted(maps.Keys(k)) {
		parts = append(parts, k[column])
	}
	return strings.Join(parts, " ")
}

// insideJSON names the members that differ.
func insideJSON(d store.Difference) string {
	var here, there map[string]json.RawMessage
	if json.Unmarshal([]byte(d.Here), &here) != nil || json.Unmarshal([]byte(d.There), &there) != nil {
		return d.Column + " is stored otherwise than it comes out"
	}
	var parts []string
	both := maps.Clone(here)
	maps.Copy(both, there)
	for _, name := range slices.Sorted(maps.Keys(both)) {
		if a, b := string(here[name]), string(there[name]); a != b {
			parts = append(parts, fmt.Sprintf("%s is stored as %s and comes out as %s", name, a, b))
		}
	}
	if len(parts) == 0 {
		return d.Column + " is written otherwise than it comes out"
	}
	return strings.Join(parts, "; ")
}
