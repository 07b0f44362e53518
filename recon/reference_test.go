package recon

import (
	"testing"
	"time"
)

// MAT-02.
func TestNorm1(t *testing.T) {
	for in, want := range map[string]string{
		"0000104501": "104501", "  104501 ": "104501", "ab  c": "AB C", "000": "0", "": "", "0A1": "0A1", "１０４": "104", "web-1 ": "WEB-1",
	} {
		if got := Norm1(in); got != want {
			t.Errorf("Norm1(%q) = %q, want %q", in, got, want)
		}
	}
}

// MAT-03.
func TestCanon(t *testing.T) {
	for in, want := range map[string]string{
		"104503-1": "104503", "ORD-104508": "104508", "104400-R1": "104400", "WEB-200113": "200113", "so 00012": "12",
		"SOFA": "FA", "104503-123": "104503123", "A/B": "A", "#42": "42", "104503 X": "104503",
	} {
		if got := DefaultCanon().Of(in); got != want {
			t.Errorf("canon of %q = %q, want %q", in, got, want)
		}
	}
}

// MAT-05: the settlement date is local, one day later from the cut-off on, and summer time is known.
func TestSettlementDate(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	p := Policy{Zone: zone, CutOff: CutOff{Set: true, Seconds: 17 * 3600}}
	for in, want := range map[string]string{
		"2026-09-30T20:30:00Z": "2026-09-30", "2026-09-30T21:00:00Z": "2026-10-01", "2026-09-30T20:59:59.999999Z": "2026-09-30",
		"2026-12-01T21:30:00Z": "2026-12-01", "2026-12-01T22:00:00Z": "2026-12-02", "2026-03-08T06:59:00Z": "2026-03-08",
	} {
		at, err := ParseInstant(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.SettlementDate("m", at).String(); got != want {
			t.Errorf("%s settles %s, want %s", in, got, want)
		}
	}
}

func TestParseDate(t *testing.T) {
	for d := NewDate(1970, 1, 1); d < NewDate(2105, 3, 2); d++ {
		if back, err := ParseDate(d.String()); err != nil || back != d {
			t.Fatalf("%d %s came back as %d, %v", d, d, back, err)
		}
	}
	for _, text := range []string{"", "2026-02-30", "2026-13-01", "26-01-01", "2026/01/01", "2026-1-01", "2026-01-00", "2100-02-29"} {
		if _, err := ParseDate(text); err == nil {
			t.Errorf("%q is taken for a date", text)
		}
	}
}
