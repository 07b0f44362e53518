package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"

	"tieout/recon/secret"
)

const value = "Zm9yIHlvdXIgZXllcw=="

func TestASecretIsNeverShown(t *testing.T) {
	s := secret.New(value)
	var log, text bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("key", "secret", s, "within", struct{ Key secret.Text }{s}, "pointer", &s)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p"} {
		fmt.Fprintf(&text, verb+verb+verb+"\n", s, &s, struct{ Key secret.Text }{s})
	}
	in, err := json.Marshal(map[string]any{"a": s, "b": []secret.Text{s}, "c": struct{ Key secret.Text }{s}})
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + text.String() + string(in) + fmt.Sprint(s) + fmt.Errorf("%w: %v", errors.New("x"), s).Error()
	for _, form := range []string{value, fmt.Sprintf("%x", value), fmt.Sprintf("%X", value)} {
		if strings.Contains(shown, form) {
			t.Errorf("a secret is shown:\n%s", shown)
		}
	}
	if s.Reveal() != value {
		t.Error("the secret is lost")
	}
}

func seal(t *testing.T, key *age.X25519Identity, armoured bool) []byte {
	t.Helper()
	var out bytes.Buffer
	w := armor.NewWriter(&out)
	target := struct {
		write func([]byte) (int, error)
		close func() error
	}{out.Write, func() error { return nil }}
	if armoured {
		target.write, target.close = w.Write, w.Close
	}
	in, err := age.Encrypt(writer(target.write), key.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	_, err = in.Write([]byte(value + "\n"))
	if err := errors.Join(err, in.Close(), target.close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type writer func([]byte) (int, error)

func (w writer) Write(b []byte) (int, error) { return w(b) }

func TestReferencesAreResolved(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"key": []byte(value + "\r\n"), "sealed": seal(t, key, false), "armoured": seal(t, key, true), "foreign": seal(t, other, false), "empty": nil,
		"huge": bytes.Repeat([]byte("x"), 2<<20),
	}
	unlocked := secret.Resolver{
		Env: func(name string) string { return map[string]string{"KEY": value}[name] },
		Read: func(path string) ([]byte, error) {
			data, ok := files[path]
			if !ok {
				return nil, errors.New("no such file")
			}
			return data, nil
		},
		Key: func() (age.Identity, error) { return secret.ParseKey("# created\n" + key.String() + "\n") },
	}
	locked := unlocked
	locked.Key = nil
	for _, c := range []struct {
		name, reference, fault string
		from                   secret.Resolver
	}{
		{"an environment variable", "${env:KEY}", "", unlocked},
		{"a file, whose line end is no part", "${file:key}", "", unlocked},
		{"a file sealed with age", "${age:sealed}", "", unlocked},
		{"a file sealed with age in armour", " ${age:armoured} ", "", unlocked},
		{"a variable that is not set", "${env:OTHER}", "${env:OTHER}: nothing is there", unlocked},
		{"a file that is not there", "${file:other}", "no such file", unlocked},
		{"a file that is empty", "${file:empty}", "nothing is there", unlocked},
		{"a file that is no secret", "${file:huge}", "a secret has at most", unlocked},
		{"a sealed file without a key", "${age:sealed}", "no key to open it", locked},
		{"a sealed file of somebody else", "${age:foreign}", "open the sealed file", unlocked},
		{"a secret in the configuration", value, "a secret must not stand in the configuration", unlocked},
		{"a reference of an unknown kind", "${vault:KEY}", "a secret must not stand in the configuration", unlocked},
		{"nothing", "", "a secret must not stand in the configuration", unlocked},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.from.Resolve(c.reference)
			switch {
			case c.fault == "" && (err != nil || got.Reveal() != value):
				t.Errorf("got %q, %v", got.Reveal(), err)
			case c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)):
				t.Errorf("got %v, want %q", err, c.fault)
			case err != nil && strings.Contains(err.Error(), value):
				t.Errorf("the fault shows the secret: %v", err)
			}
		})
	}
	if _, err := secret.ParseKey("AGE-SECRET-KEY-NONSENSE"); err == nil || strings.Contains(err.Error(), "NONSENSE") {
		t.Errorf("a key that is none: %v", err)
	}
}
