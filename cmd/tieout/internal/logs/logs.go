// Package logs is how the program logs: structured, and without card data or secrets.
// Start at [JSON]. Every logger of the program comes from here.
//
// What must never come in: what is logged, and where to.
package logs

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"tieout/recon/carddata"
)

// JSON is a log for machines, a line a record.
func JSON(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(w, options())) }

// Text is a log for people.
func Text(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, options())) }

func options() *slog.HandlerOptions {
	return &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr { return redacted(a) }}
}

// hidden stands where a secret was.
const hidden = "[hidden]"

// redacted hides what is a secret by its name, and masks card numbers in everything
// else, whatever its type (R7).
func redacted(a slog.Attr) slog.Attr {
	a.Key = carddata.Mask(a.Key)
	if secret(a.Key) || carddata.Column(a.Key) {
		a.Value = slog.StringValue(hidden)
		return a
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(carddata.Mask(a.Value.String()))
	case slog.KindAny:
		a.Value = ofAny(a.Value)
	case slog.KindInt64, slog.KindUint64, slog.KindFloat64:
		if text := a.Value.String(); carddata.Has(text) {
			a.Value = slog.StringValue(carddata.Mask(text))
		}
	case slog.KindBool, slog.KindDuration, slog.KindTime, slog.KindGroup, slog.KindLogValuer:
	}
	return a
}

// ofAny is a value of any type as it would be written, if that holds card data or a
// field by the name of a secret.
func ofAny(v slog.Value) slog.Value {
	switch held := v.Any().(type) {
	case nil:
		return v
	case error:
		return slog.StringValue(carddata.Mask(held.Error()))
	case []byte:
		return slog.StringValue(carddata.Mask(string(held)))
	case *slog.Source:
		return v
	default:
		return slog.StringValue(carddata.Mask(fmt.Sprint(held)))
	}
}

// secret tells a name of something that nobody may read.
func secret(name string) bool {
	plain := strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToLower(name))
	for _, part := range []string{"password", "passphrase", "secret", "token", "authorization", "credential", "privatekey", "apikey", "signature", "cookie"} {
		if strings.Contains(plain, part) {
			return true
		}
	}
	return plain == "pan" || plain == "cardnumber"
}
