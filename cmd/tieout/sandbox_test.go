package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tieout/fixtures/sandbox"
)

const (
	sandboxKeyID  = "11111111-2222-4333-8444-555555555555"
	sandboxSecret = "c2FuZGJveCBzZWNyZXQgb2YgdGhpcnR5LXR3byBieXQ="
)

// startSandbox runs `tieout sandbox` until the test ends, which must then be exit code 0.
func startSandbox(t *testing.T, args ...string) sandbox.Ready {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stdout, w := io.Pipe()
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{
			"sandbox", "--listen", "127.0.0.1:0", "--tls-dir", filepath.Join(t.TempDir(), "tls"), "--merchant", "northlight", "--key-id", sandboxKeyID, "--secret", sandboxSecret,
		}, args...), w, &stderr)
		_ = w.Close()
	}()
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	t.Cleanup(func() {
		stop()
		rest, _ := io.ReadAll(stdout)
		if code := <-ended; code != exitDone || len(rest) != 0 {
			t.Errorf("the sandbox ended with %d and said more than one line: %s%s", code, rest, stderr.String())
		}
	})
	var r sandbox.Ready
	if err != nil || json.Unmarshal(line, &r) != nil {
		t.Fatalf("no line of JSON: %q, %v", line, err)
	}
	if bytes.Contains(line, []byte(sandboxSecret)) {
		t.Error("the line shows the secret")
	}
	return r
}

func TestSandboxSaysWhereItIs(t *testing.T) {
	data := t.TempDir()
	r := startSandbox(t, "--data", data, "--play", "429,for=5s")
	if !strings.HasPrefix(r.BaseURL, "https://127.0.0.1:") || r.Merchant != "northlight" || r.P12Password != "northlight" {
		t.Errorf("%+v", r)
	}
	for _, path := range []string{r.CAFile, r.P12File} {
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestSandboxRefusesWrongUse(t *testing.T) {
	good := []string{"sandbox", "--listen", "127.0.0.1:0", "--tls-dir", t.TempDir(), "--merchant", "m", "--key-id", "k", "--secret", sandboxSecret}
	for name, args := range map[string][]string{
		"no secret":         good[:9],
		"a secret of none":  append(good[:10:10], "#"),
		"an unknown play":   append(good, "--play", "fire"),
		"an unknown zone":   append(good, "--zone", "Mars/Olympus"),
		"a folder of none":  append(good, "--data", filepath.Join(t.TempDir(), "none")),
		"no certificate":    append(good, "--p12-cert", filepath.Join(t.TempDir(), "none.pem")),
		"more than options": append(good, "now"),
	} {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, &stdout, &stderr); code != exitUsage {
			t.Errorf("%s: exit code %d: %s", name, code, stderr.String())
		}
	}
}
