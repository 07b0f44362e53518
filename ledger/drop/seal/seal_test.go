package seal_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"

	"tieout/ledger/drop/seal"
)

// key lives from the start of September 2026 for so many days; 0 for ever.
func key(t *testing.T, name string, days int32) *crypto.Key {
	t.Helper()
	k, err := crypto.PGP().KeyGeneration().AddUserId(name, name+"@example.com").GenerationTime(start().Unix()).Lifetime(days * 86400).New().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func start() time.Time { return time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC) }

func armoured(t *testing.T, k *crypto.Key, public bool) []byte {
	t.Helper()
	text, err := k.Armor()
	if public {
		text, err = k.GetArmoredPublicKey()
	}
	if err != nil {
		t.Fatal(err)
	}
	return []byte(text)
}

// open decrypts with one key and verifies with another, as the receiver does.
func open(sealed []byte, with, from *crypto.Key) ([]byte, error) {
	handle, err := crypto.PGP().Decryption().DecryptionKey(with).VerificationKey(from).VerifyTime(start().AddDate(0, 0, 2).Unix()).New()
	if err != nil {
		return nil, err
	}
	result, err := handle.Decrypt(sealed, crypto.Bytes)
	if err != nil {
		return nil, err
	}
	return result.Bytes(), result.SignatureError()
}

// PF-12: the receiver opens what we sealed and knows that it is ours; nobody else
// opens it, nobody else's signature is taken for ours, and no changed byte gives
// other contents (that any changed at all is what hash and sentinel tell).
func TestOnlyTheReceiverOpensWhatIsSealed(t *testing.T) {
	ours, theirs, other := key(t, "tieout", 0), key(t, "erp", 0), key(t, "other", 0)
	keys, err := seal.NewKeys(armoured(t, theirs, true), strings.ToUpper(theirs.GetFingerprint()[:4])+" "+theirs.GetFingerprint()[4:], armoured(t, ours, false), nil)
	if err != nil {
		t.Fatal(err)
	}
	data := []byte("H|TIEOUT|1|ACME000001|...")
	sealed, err := keys.Seal(data, start().AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := open(sealed, theirs, ours); err != nil || !bytes.Equal(got, data) || bytes.Contains(sealed, data[:8]) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := open(sealed, other, ours); err == nil {
		t.Errorf("another key opened %q", got)
	}
	if _, err := open(sealed, theirs, other); err == nil {
		t.Error("another's signature was taken for ours")
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if got, err := open(changed, theirs, ours); err == nil && !bytes.Equal(got, data) {
			t.Fatalf("byte %d was changed and %q was taken", i, got)
		}
	}
}

func TestKeysThatCannotBeUsedAreRefused(t *testing.T) {
	ours, theirs := key(t, "tieout", 0), key(t, "erp", 30)
	locked, err := crypto.PGP().LockKey(ours, []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want                string
		receiver            []byte
		fingerprint         string
		private, passphrase []byte
	}{
		{"not the pinned", armoured(t, theirs, true), "abcd", armoured(t, ours, false), nil},
		{"is a private one", armoured(t, theirs, false), theirs.GetFingerprint(), armoured(t, ours, false), nil},
		{"the receiver's key", []byte("no key"), "", armoured(t, ours, false), nil},
		{"our private key", armoured(t, theirs, true), theirs.GetFingerprint(), armoured(t, ours, true), nil},
		{"our private key", armoured(t, theirs, true), theirs.GetFingerprint(), armoured(t, locked, false), []byte("wrong")},
		{"our private key", armoured(t, theirs, true), theirs.GetFingerprint(), armoured(t, locked, false), nil},
	} {
		if _, err := seal.NewKeys(c.receiver, c.fingerprint, c.private, c.passphrase); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, must tell %q", err, c.want)
		}
	}
	keys, err := seal.NewKeys(armoured(t, theirs, true), theirs.GetFingerprint(), armoured(t, locked, false), []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	if fault := keys.Fault(start().AddDate(0, 0, 29)); fault != "" {
		t.Error(fault)
	}
	if _, err := keys.Seal([]byte("x"), start().AddDate(0, 0, 31)); err == nil || !strings.Contains(err.Error(), "has expired") {
		t.Errorf("an expired key: %v", err)
	}
}
