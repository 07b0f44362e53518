package main

import (
	"fmt"
	"path/filepath"
	"testing"

	"tieout/fixtures/sandbox"
	"tieout/recon/cybersource"
)

// R18: a processor that refuses the credentials or knows no report is told with its cause; the night goes on without its reports, and the next one has them.
func TestFaultsOfTheProcessorAreTold(t *testing.T) {
	for _, f := range []struct {
		play sandbox.Play
		says string
	}{
		{sandbox.Play{Kind: sandbox.Unauthorized}, "401"},
		{sandbox.Play{Kind: sandbox.UnknownName}, "the processor has not begun to make it"},
	} {
		t.Run(string(f.play.Kind), func(t *testing.T) {
			t.Parallel()
			a, b := newAccount(t, cybersource.HTTPSignature, "GMT", ""), newBoard(t)
			a.lay(scheduleIn(t, "GMT"), on(t, "2026-09-28"), on(t, "2026-10-02"))
			a.put("tieout.yaml", read(t, filepath.Join(a.dir, "tieout.yaml"))+fmt.Sprintf(`store: state.db
start: 2026-09-28
schedule: {at: "05:30", zone: UTC, lag: 3}
notify: {webhook: {url: %q}}
posting: posting
`, b.url))
			a.clock = at(2026, 10, 1, 5, 31)
			a.peer.Play(f.play)
			log, end := a.serve(a.clock)
			within(t, "a notice and the night", log, func() bool { return b.told("missing", f.says) > 0 && b.told("done", "night of 2026-09-28") == 1 })
			a.peer.Play(sandbox.Play{Kind: sandbox.None})
			end()
			a.clock = at(2026, 10, 2, 5, 31)
			log, end = a.serve(a.clock)
			within(t, "the next night with its report", log, func() bool { return b.told("done", "night of 2026-09-29") == 1 })
			end()
			if b.told("missing", "a source is missing for 2026-09-29") > 0 {
				t.Errorf("the next night lacks a report: %s", b)
			}
		})
	}
}
