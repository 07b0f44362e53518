package logs_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"tieout/cmd/tieout/internal/logs"
)

type valuer struct{ text string }

func (v valuer) LogValue() slog.Value { return slog.StringValue(v.text) }

// Card numbers and secrets pass in no part of a record, whatever their type.
func TestNothingSecretPasses(t *testing.T) {
	for _, number := range []string{"4111111111111111", "5555 5555 5555 4444", "3782-822463-10005"} {
		for _, log := range []func(*bytes.Buffer) *slog.Logger{
			func(b *bytes.Buffer) *slog.Logger { return logs.JSON(b) }, func(b *bytes.Buffer) *slog.Logger { return logs.Text(b) },
		} {
			var out bytes.Buffer
			l := log(&out).With("with", number).WithGroup("group")
			l.Info("a row with "+number, "string", number, "error", fmt.Errorf("line 3: %w", errors.New(number)), "bytes", []byte(number), "list", []string{"x", number},
				"struct", struct{ Field string }{number}, "map", map[string]string{"k": number}, "valuer", valuer{number}, slog.Group("deep", "er", number),
				"number", 4111111111111111, number, 1, "password", "hunter2", "Client-Secret", "hunter2", "cvv2", "123", "authorization", "Bearer hunter2", slog.Group("g", "api_key", "hunter2"))
			said := out.String()
			for _, secret := range []string{number, "4111111111111111", "hunter2", "123\""} {
				if strings.Contains(said, secret) {
					t.Errorf("%s passed: %s", secret, said)
				}
			}
			if !strings.Contains(said, "a row with") || !strings.Contains(said, "hidden") || !strings.Contains(said, "line 3") {
				t.Errorf("it says nothing: %s", said)
			}
		}
	}
}

// What is no secret stays as it is.
func TestTheRestIsKept(t *testing.T) {
	var out bytes.Buffer
	logs.JSON(&out).Info("night done", "run_id", "run-cac5a5cfa342", "day", "2026-09-30", "exceptions", 7, "late", true, "id", "7000000000000000000001")
	for _, want := range []string{`"msg":"night done"`, `"run_id":"run-cac5a5cfa342"`, `"day":"2026-09-30"`, `"exceptions":7`, `"late":true`, `"id":"7000000000000000000001"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in %s", want, out.String())
		}
	}
}
