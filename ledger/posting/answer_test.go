package posting_test

import (
	"strings"
	"testing"

	"tieout/ledger/posting"
)

// PF-09: totals are compared; an answer to another file, or one that counted
// something else, is none.
func TestAnswersAreCompared(t *testing.T) {
	totals, err := posting.Sum(sampleEntries(t))
	if err != nil {
		t.Fatal(err)
	}
	line := posting.Acknowledgement(sample(), totals)
	if line != "ACK|TIEOUT000001|6|15|CAD:113.00:113.00|JPY:5940:5940|KWD:12.345:12.345|USD:141.32:141.32|303.73|303.73|25436700" {
		t.Errorf("got %s", line)
	}
	if a, err := posting.ReadAcknowledgement([]byte(line+"\r\n"), sample(), totals); err != nil || !a.Accepted {
		t.Errorf("%+v, %v", a, err)
	}
	for i := range line {
		if _, err := posting.ReadAcknowledgement([]byte(line[:i]+"9"+line[i:]), sample(), totals); err == nil {
			t.Errorf("a 9 at %d was overlooked", i)
		}
	}
	a, err := posting.ReadRejection([]byte("NAK|TIEOUT000001|7|E12|account 9|x is unknown\n"), sample())
	if err != nil || a.Accepted || a.Text != "line 7, E12: account 9 x is unknown" {
		t.Errorf("%+v, %v", a, err)
	}
	for _, bad := range []string{"", "NAK", "NAK|TIEOUT000002|7|E12|x", "ACK|TIEOUT000001|7|E12|x"} {
		if _, err := posting.ReadRejection([]byte(bad), sample()); err == nil || !strings.Contains(err.Error(), "TIEOUT000001") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
