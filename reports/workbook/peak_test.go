//go:build torture

package workbook

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// peakLimit is what writing 200,000 detail rows may take, in MiB.
const peakLimit = 150

// TestPeakMemory writes a workbook of the default limit in a process of its own
// and reads the peak of its resident memory from the kernel.
func TestPeakMemory(t *testing.T) {
	if os.Getenv("TIEOUT_PEAK_CHILD") != "" {
		if err := Write(io.Discard, grow(t, DefaultDetailRows), Options{}); err != nil {
			t.Fatal(err)
		}
		t.Logf("peak %.1f MiB", peakMiB(t))
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestPeakMemory$", "-test.v")
	child.Env = append(os.Environ(), "TIEOUT_PEAK_CHILD=1")
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, after, found := strings.Cut(string(out), "peak ")
	text, _, _ := strings.Cut(after, " ")
	peak, err := strconv.ParseFloat(text, 64)
	if !found || err != nil {
		t.Fatalf("the child names no peak:\n%s", out)
	}
	t.Logf("%d rows: %.1f MiB", DefaultDetailRows, peak)
	if peak > peakLimit {
		t.Errorf("peak of %.1f MiB, the limit is %d", peak, peakLimit)
	}
}
