//go:build torture

package workbook

import (
	"os"
	"path/filepath"
	"testing"

	"tieout/fixtures/office"
	"tieout/reports"
)

// XLS-06 for what only a run with state shows, in every form of the workbook.
func TestWorkbookRecalculates(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for name, draw := range map[string]struct {
		night *reports.Night
		o     Options
	}{
		"small": {smallNight(t), Options{}}, "stateful": {statefulNight(t), Options{}}, "split": {statefulNight(t), Options{partRows: 2}},
		"exceptions only": {statefulNight(t), Options{ExceptionsOnly: true}}, "detail elsewhere": {statefulNight(t), Options{MaxDetailRows: 5}},
	} {
		path := filepath.Join(dir, name+".xlsx")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := Write(f, draw.night, draw.o); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	results, err := office.Recalculate(t.TempDir(), paths...)
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range paths {
		c, err := office.Compare(path, results[i])
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range c.Faults {
			t.Errorf("%s: %s", filepath.Base(path), fault)
		}
		if c.Formulas < 100 || c.Checks < 10 {
			t.Errorf("%s: only %d formulas and %d checks", filepath.Base(path), c.Formulas, c.Checks)
		}
	}
}
