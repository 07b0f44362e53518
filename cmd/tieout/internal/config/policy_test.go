package config

import (
	"strings"
	"testing"
)

// Names of columns that no report was met with can be said in the policy.
func TestReportColumns(t *testing.T) {
	p, faults := readRules(t, "report_columns:\n  trr-csv: {Verdict: ics_rcode}\n")
	if faults != nil || p.ReportColumns["trr-csv"]["Verdict"] != "ics_rcode" {
		t.Errorf("%v %v", faults, p)
	}
	for _, c := range []struct{ text, want string }{
		{"report_columns:\n  trr-csv: {Verdict: nonsense}\n", `"nonsense" is no column that is known of a report trr-csv`},
		{"report_columns:\n  trr-cvs: {Verdict: ics_rcode}\n", `no column that is known of a report trr-cvs`},
		{"report_columns: trr-csv\n", "a section for each kind of report is needed"},
	} {
		if _, faults := readRules(t, c.text); !strings.Contains(strings.Join(faults, "\n"), c.want) {
			t.Errorf("%s: %v", c.text, faults)
		}
	}
}
