// Package seal signs posting files with our key and encrypts them to their
// receiver's (PF-12). Start at [NewKeys] and [Keys.Seal].
//
// Every sealing gives other bytes, for it draws a session key: what is sealed is
// kept by the caller, and the same bytes go out on every retry.
//
// What must never come in: a receiver's key that nobody pinned, and a file name.
package seal

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ProtonMail/gopenpgp/v3/crypto"
)

// Keys are the receiver's public key and our private one.
type Keys struct{ receiver, ours *crypto.Key }

// NewKeys reads the receiver's armoured public key, which must have the pinned
// fingerprint (hexadecimal, blanks between digits are free), and our armoured private key. passphrase is nil for one without.
func NewKeys(receiver []byte, fingerprint string, private, passphrase []byte) (*Keys, error) {
	theirs, err := crypto.NewKeyFromArmored(string(receiver))
	if err != nil {
		return nil, fmt.Errorf("the receiver's key: %w", err)
	}
	if theirs.IsPrivate() {
		return nil, errors.New("the receiver's key is a private one: ask the receiver for the public key alone, and to make a new one")
	}
	pinned := strings.ToLower(strings.Join(strings.Fields(fingerprint), ""))
	if got := theirs.GetFingerprint(); got != pinned {
		return nil, fmt.Errorf("the receiver's key has the fingerprint %s, not the pinned %s: ask the receiver which is right, by another way than the one the key came", got, pinned)
	}
	ours, err := crypto.NewPrivateKeyFromArmored(string(private), passphrase)
	if err != nil {
		return nil, fmt.Errorf("our private key: %w", err)
	}
	return &Keys{theirs, ours}, nil
}

// Fault says why nothing can be sealed at a time, and by which key; "" if something can.
func (k *Keys) Fault(at time.Time) string {
	switch {
	case k.receiver.IsExpired(at.Unix()):
		return "the receiver's key has expired: ask the receiver for a new one, and pin its fingerprint in place of " + k.receiver.GetFingerprint()
	case !k.receiver.CanEncrypt(at.Unix()):
		return "nothing can be encrypted to the receiver's key: it is revoked, or none for encryption"
	case k.ours.IsExpired(at.Unix()):
		return "our key has expired: make a new one in place of " + k.ours.GetFingerprint() + ", and give its public half to the receiver"
	case !k.ours.CanVerify(at.Unix()):
		return "our key cannot sign"
	}
	return ""
}

// Seal signs and encrypts. The bytes are a binary OpenPGP message.
func (k *Keys) Seal(data []byte, at time.Time) ([]byte, error) {
	if fault := k.Fault(at); fault != "" {
		return nil, errors.New(fault)
	}
	handle, err := crypto.PGP().Encryption().Recipient(k.receiver).SigningKey(k.ours).EncryptionTime(at.Unix()).SignTime(at.Unix()).New()
	if err != nil {
		return nil, err
	}
	message, err := handle.Encrypt(data)
	if err != nil {
		return nil, err
	}
	return message.Bytes(), nil
}
