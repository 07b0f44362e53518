package pickup

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/ProtonMail/gopenpgp/v3/crypto"
)

// PGP decrypts files with our key. With a sender's key, what the sender did not sign is refused.
type PGP struct{ ours, sender *crypto.Key }

// NewPGP reads an armoured private key and, if not nil, the armoured public key of the
// sender. passphrase is nil for a key without one.
func NewPGP(private, passphrase, sender []byte) (*PGP, error) {
	ours, err := crypto.NewPrivateKeyFromArmored(string(private), passphrase)
	if err != nil {
		return nil, fmt.Errorf("pgp: our private key: %w", err)
	}
	p := &PGP{ours: ours}
	if sender == nil {
		return p, nil
	}
	if p.sender, err = crypto.NewKeyFromArmored(string(sender)); err != nil {
		return nil, fmt.Errorf("pgp: the sender's key: %w", err)
	}
	return p, nil
}

// open decrypts a stream. What it gives is genuine only once it has ended without an error.
func (p *PGP) open(in io.Reader) (io.Reader, error) {
	b := crypto.PGP().Decryption().DecryptionKey(p.ours)
	if p.sender != nil {
		b = b.VerificationKey(p.sender)
	}
	h, err := b.New()
	if err != nil {
		return nil, err
	}
	r, err := h.DecryptingReader(in, crypto.Auto)
	if err != nil {
		return nil, err
	}
	return &signed{r, p.sender != nil}, nil
}

// signed turns the end of a message into an error unless the sender signed it.
type signed struct {
	r    *crypto.VerifyDataReader
	must bool
}

// Read ends in an error if the message was changed or is not the sender's.
func (s *signed) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if !errors.Is(err, io.EOF) || !s.must {
		return n, err
	}
	result, verifyErr := s.r.VerifySignature()
	if verifyErr == nil {
		verifyErr = result.SignatureError()
	}
	if verifyErr != nil {
		return n, fmt.Errorf("pgp: %w", verifyErr)
	}
	return n, err
}

// decrypt unpacks one encrypted file.
func (u *unpacker) decrypt(name string, in io.Reader, packed int64, depth int) error {
	if u.pgp == nil {
		return errors.New("encrypted with PGP, and no key is configured")
	}
	r, err := u.pgp.open(in)
	if err != nil {
		return fmt.Errorf("pgp: %w", err)
	}
	inner := name
	switch ext := path.Ext(name); strings.ToLower(ext) {
	case ".pgp", ".gpg", ".asc":
		inner = strings.TrimSuffix(name, ext)
	}
	if err := SafeName(inner); err != nil {
		return err
	}
	return u.unpack(inner, &bounded{r: r, u: u, packed: packed}, packed, depth+1)
}
