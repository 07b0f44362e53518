//go:build torture

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tieout/fixtures/demo"
	"tieout/fixtures/sandbox"
)

// vendorClient is the vendor's Node client at the version that was read for cybersource.md.
const vendorClient = "cybersource-rest-client@0.0.83"

// The vendor's own client, pointed at `tieout sandbox`, lists and downloads with each
// scheme, and is refused with a wrong secret, a changed path and an old date.
func TestVendorClientIsServedAndRefused(t *testing.T) {
	folder := installVendorClient(t)
	r := startSandbox(t)
	setup, err := json.Marshal(map[string]string{
		"host": r.Host, "merchant": r.Merchant, "ca": r.CAFile, "keyId": r.KeyID, "secret": sandboxSecret, "p12": r.P12File, "password": r.P12Password,
		"otherP12": anotherP12(t, r.Merchant), "dir": t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "vendorclient.js", string(setup))
	cmd.Dir = folder
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s%s", err, out, stderr.String())
	}
	t.Logf("\n%s", out)
	checkVendorClient(t, out)
}

// vendorSays is one line of vendorclient.js.
type vendorSays struct {
	Scheme, Act, SHA256, Message string
	Status                       int
	Rows                         []string
}

func checkVendorClient(t *testing.T, out []byte) {
	t.Helper()
	want := fmt.Sprintf("%x", sha256.Sum256(firstNight(t)))
	wanted := map[string]int{
		"list": 200, "download": 0, "order": 201, "subscribe": 200, "unsubscribe": 200, "wrong secret": 401, "changed path": 401, "old date": 401, "list again": 200,
	}
	acts := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		var s vendorSays
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		acts[s.Act]++
		switch s.Act {
		case "list":
			if s.Status != 200 || !slices.Contains(s.Rows, demo.NightlyReport+" 2026-10-02T04:00:00.000Z COMPLETED") {
				t.Errorf("not listed: %s", line)
			}
		case "download":
			if s.SHA256 != want {
				t.Errorf("not the file that is served: %s", line)
			}
		default:
			if s.Status != wanted[s.Act] {
				t.Errorf("%d is wanted: %s", wanted[s.Act], line)
			}
		}
	}
	for act := range wanted {
		if acts[act] != 3 {
			t.Errorf("%s was tried with %d schemes of three", act, acts[act])
		}
	}
}

// anotherP12 is that of a key which the sandbox does not know.
func anotherP12(t *testing.T, merchant string) string {
	t.Helper()
	a := sandbox.Account{Merchant: merchant}
	path, err := a.Certify(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// firstNight is the report of 1 October as the sandbox serves it.
func firstNight(t *testing.T) []byte {
	t.Helper()
	for _, f := range demo.Grow(1).Nights[0].Files {
		if f.Report == demo.NightlyReport {
			return f.Data
		}
	}
	t.Fatal("the first night has no report")
	return nil
}

// installVendorClient fetches the client into a folder that goes.
func installVendorClient(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	script, err := os.ReadFile(filepath.Join("testdata", "vendorclient.js"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "vendorclient.js"), string(script))
	_, nodeErr := exec.LookPath("node")
	cmd := exec.CommandContext(t.Context(), "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", vendorClient)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil || nodeErr != nil {
		if os.Getenv("TIEOUT_NO_SKIP") == "1" {
			t.Fatalf("the vendor's client cannot be installed: %v, %v: %s", nodeErr, err, out)
		}
		t.Skipf("the vendor's client cannot be installed: %v, %v: %s", nodeErr, err, out)
	}
	return folder
}
