package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const card = "4111111111111111"

func TestStreamsAreMaskedOnTheirWay(t *testing.T) {
	long := strings.Repeat("a,", blockSize/2-20)
	element := strings.Repeat("<a>b</a>", blockSize/8-2)
	for _, c := range []struct {
		name, in, want string
		changed        int
	}{
		{"nothing to mask", "a,b\n1,2\n", "a,b\n1,2\n", 0},
		{"an empty file", "", "", 0},
		{"a card number", "ref\n" + card + "\n", "ref\n************1111\n", 1},
		{"two in one line", card + "," + card + "\n", "************1111,************1111\n", 2},
		{"without a line end", "ref\n" + card, "ref\n************1111", 1},
		{"a request id of 22 digits is none", "6969304358566698703248\n", "6969304358566698703248\n", 0},
		{"a column of verification codes", "id,cvv,x\n1,123,2\n2,,3\n", "id,cvv,x\n1,,2\n2,,3\n", 2},
		{"across the end of a block, in a line that is longer", long + card + ",b\n", long + "************1111,b\n", 1},
		{"across the end of a block, in XML on one line", element + "<c>" + card + "</c>", element + "<c>************1111</c>", 1},
		{"a verification code in an element", "<R><CVV>123</CVV><CVVResult>M</CVVResult></R>", "<R><CVV></CVV><CVVResult>M</CVVResult></R>", 1},
		{"in an element with attributes, over lines", "<R><SecurityCode a=\"1\">\n123\n</SecurityCode></R>", "<R><SecurityCode a=\"1\"></SecurityCode></R>", 1},
		{"across the end of a block, in an element", element + "<CVV>123</CVV></R>", element + "<CVV></CVV></R>", 1},
		{"in an attribute", `<R><A cvn="123" b="2"/></R>`, `<R><A cvn="" b="2"/></R>`, 1},
		{"in a member", `{"a":1,"securityCode": "123","track2Data":";4\"1=2","pin":1234,"cvvResult":"M"}`, `{"a":1,"securityCode": "","track2Data":"","pin":"","cvvResult":"M"}`, 3},
		{"track data in XML ends with its element", "<R><A>;" + card + "=2912</A><B>keep</B></R>", "<R><A>************1111</A><B>keep</B></R>", 1},
		{"and in CSV with its line", ";" + card + "=2912\r\nnext\n", "************1111\r\nnext\n", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			changed, err := mask(&out, strings.NewReader(c.in))
			if err != nil || changed != c.changed || out.String() != c.want {
				t.Errorf("%d changed, %v\n got %.200q\nwant %.200q", changed, err, tail(out.String()), tail(c.want))
			}
		})
	}
}

func tail(s string) string { return s[max(0, len(s)-200):] }

// TestNoBorderHidesANumber puts a card number at every place around the end of a block.
func TestNoBorderHidesANumber(t *testing.T) {
	for _, form := range []string{"x,%s%s,y\n", "<a>%s<b>%s</b></a>", `{"a":"%s","b":"%s"}`} {
		for shift := -40; shift < 8; shift++ {
			field := strings.Repeat("p", 1<<12-1) + ","
			pad := strings.Repeat(field, blockSize>>12-1) + field[:1<<12+min(shift, -1)] + strings.Repeat("p", max(shift+1, 0))
			var out bytes.Buffer
			if changed, err := mask(&out, strings.NewReader(fmt.Sprintf(form, pad+",", card))); err != nil || changed == 0 || strings.Contains(out.String(), "1111111") {
				t.Errorf("%s at %d: %d changed, %v", form, shift, changed, err)
			}
		}
	}
}

func TestALineWithoutFieldsIsRefused(t *testing.T) {
	if _, err := mask(io.Discard, strings.NewReader(strings.Repeat("x", blockSize+1))); err == nil {
		t.Error("it was taken")
	}
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			names = append(names, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// broken gives a text and then fails.
type broken struct {
	io.Reader
	err error
}

func (b *broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = b.err
	}
	return n, err
}

func TestAStreamThatBreaksLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	a, err := OpenArchive(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range []error{io.ErrUnexpectedEOF, fmt.Errorf("cut off: %w", io.ErrUnexpectedEOF), fmt.Errorf("wrapped: %w", io.EOF), errors.New("no")} {
		if _, _, _, err := a.KeepStream(&broken{strings.NewReader("a,b\n1,2\n"), fault}); !errors.Is(err, fault) {
			t.Errorf("%v: got %v", fault, err)
		}
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestAStreamIsKeptOnceUnderItsHash(t *testing.T) {
	dir := t.TempDir()
	a, err := OpenArchive(dir)
	if err != nil {
		t.Fatal(err)
	}
	first, size, masked, err := a.KeepStream(strings.NewReader("ref\n" + card + "\n"))
	again, _, _, err2 := a.KeepStream(strings.NewReader("ref\n" + card + "\n"))
	if err := errors.Join(err, err2); err != nil || first != again || size != 21 || masked != 1 {
		t.Fatalf("%s and %s, %d bytes, %d masked, %v", first, again, size, masked, err)
	}
	if left := files(t, dir); len(left) != 1 || left[0] != first {
		t.Errorf("files: %v", left)
	}
	path := filepath.Join(t.TempDir(), "in.csv")
	if err := os.WriteFile(path, []byte("ref\n"+card+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if hash, _, masked, err := a.KeepFile(path); err != nil || hash != first || masked != 1 {
		t.Errorf("the same as a file: %s, %v", hash, err)
	}
}

func TestWhatKilledProcessesLeftGoes(t *testing.T) {
	dir := t.TempDir()
	a, err := OpenArchive(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"making-1", "making-2"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	old := now.Add(-25 * time.Hour)
	if err := errors.Join(os.Chtimes(filepath.Join(dir, "making-1"), old, old), a.RemoveUnfinished(now)); err != nil {
		t.Fatal(err)
	}
	if left := files(t, dir); len(left) != 1 || left[0] != "making-2" {
		t.Errorf("left: %v", left)
	}
}
