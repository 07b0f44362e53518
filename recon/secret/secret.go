// Package secret holds what must never be shown: keys and passwords, and the
// references by which a configuration names them instead of holding them.
//
// Start at [Text], which every way of printing shows as stars, and at
// [Resolver], which turns ${env:NAME}, ${file:PATH} and ${age:PATH} into one.
// What must never come in: a message, a log or a file with the value of a secret.
package secret

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// stars are what is shown of a secret; "" of one that is empty.
const stars = "***"

// Text is a secret. Only [Text.Reveal] gives its value; formatting of any kind,
// JSON and logs show stars. The value is behind a pointer because some verbs
// look past Format.
type Text struct{ value *string }

// New makes a secret of a value.
func New(value string) Text { return Text{&value} }

// Reveal is the value.
func (t Text) Reveal() string {
	if t.value == nil {
		return ""
	}
	return *t.value
}

// Empty tells whether there is no secret.
func (t Text) Empty() bool { return t.Reveal() == "" }

// String shows stars.
func (t Text) String() string {
	if t.Empty() {
		return ""
	}
	return stars
}

// Format shows stars under every verb.
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue shows stars.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText shows stars, so that JSON and YAML do.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Resolver looks up what references name.
type Resolver struct {
	Env  func(name string) string          // the environment
	Read func(path string) ([]byte, error) // files; relative paths are the configuration's
	Key  func() (age.Identity, error)      // opens sealed files; nil: none can be opened
}

// maxSecret bounds the file of a secret, a P12 container included.
const maxSecret = 1 << 20

// ErrPlain is a secret that stands in the configuration itself.
var ErrPlain = errors.New("a secret must not stand in the configuration; name where it is: ${env:NAME}, ${file:PATH} or ${age:PATH} for a file sealed with age")

var referenceForm = regexp.MustCompile(`^\$\{(env|file|age):([^{}]+)\}$`)

// IsReference tells a reference from a secret that stands in the configuration.
func IsReference(text string) bool { return referenceForm.MatchString(strings.TrimSpace(text)) }

// Resolve gives the secret that a reference names. A line end after it, which
// editors leave, is no part of it.
func (r Resolver) Resolve(reference string) (Text, error) {
	data, err := r.Bytes(reference)
	if err != nil {
		return Text{}, err
	}
	return New(strings.TrimRight(data.Reveal(), "\r\n")), nil
}

// Bytes gives what a reference names as it is, such as a P12 container.
func (r Resolver) Bytes(reference string) (Text, error) {
	m := referenceForm.FindStringSubmatch(strings.TrimSpace(reference))
	if m == nil {
		return Text{}, ErrPlain
	}
	data, err := r.look(m[1], m[2])
	if err != nil {
		return Text{}, fmt.Errorf("%s: %w", strings.TrimSpace(reference), err)
	}
	if len(data) == 0 {
		return Text{}, fmt.Errorf("%s: nothing is there; set it to the secret", strings.TrimSpace(reference))
	}
	return New(string(data)), nil
}

func (r Resolver) look(kind, name string) ([]byte, error) {
	switch kind {
	case "env":
		return []byte(r.Env(name)), nil
	case "file":
		return r.read(name)
	}
	sealed, err := r.read(name)
	if err != nil {
		return nil, err
	}
	return r.unseal(sealed)
}

func (r Resolver) read(path string) ([]byte, error) {
	data, err := r.Read(path)
	if err == nil && len(data) > maxSecret {
		err = fmt.Errorf("%d bytes: a secret has at most %d; name another file", len(data), maxSecret)
	}
	return data, err
}

// unseal opens a file sealed with age, armoured or not.
func (r Resolver) unseal(sealed []byte) ([]byte, error) {
	if r.Key == nil {
		return nil, errors.New("the file is sealed and there is no key to open it; set TIEOUT_AGE_KEY_FILE to the file with the age identity")
	}
	key, err := r.Key()
	if err != nil {
		return nil, err
	}
	var in io.Reader = strings.NewReader(string(sealed))
	if strings.HasPrefix(string(sealed), armor.Header) {
		in = armor.NewReader(in)
	}
	opened, err := age.Decrypt(in, key)
	if err != nil {
		return nil, fmt.Errorf("open the sealed file: %w", err)
	}
	return io.ReadAll(io.LimitReader(opened, maxSecret))
}

// ParseKey reads a file of age identities, as age-keygen writes it, which opens sealed files.
func ParseKey(file string) (age.Identity, error) {
	keys, err := age.ParseIdentities(strings.NewReader(file))
	if err != nil {
		return nil, errors.New("the file of the age identity is not one that age-keygen wrote") // age's own message may quote it
	}
	return anyOf(keys), nil
}

// anyOf is a list of identities of which one opens a file.
type anyOf []age.Identity

// Unwrap tries the identities in turn.
func (all anyOf) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, one := range all {
		key, err := one.Unwrap(stanzas)
		if !errors.Is(err, age.ErrIncorrectIdentity) {
			return key, err
		}
	}
	return nil, age.ErrIncorrectIdentity
}
