package drop

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// openNew is for writing a file that is not there yet.
const openNew = os.O_WRONLY | os.O_CREATE | os.O_EXCL

// HostKeys are the pinned keys of a server: several, so that a new one can be
// pinned before the server changes to it. There is no trust on first use (PF-13).
type HostKeys struct {
	pinned []ssh.PublicKey
	file   *knownhosts.HostKeyDB
}

// PinnedKeys reads keys as they stand in a .pub file: "ssh-ed25519 AAAA...".
func PinnedKeys(lines ...string) (HostKeys, error) {
	var k HostKeys
	for i, line := range lines {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return k, fmt.Errorf("host key %d is no public key such as \"ssh-ed25519 AAAA...\": %w", i+1, err)
		}
		k.pinned = append(k.pinned, key)
	}
	return k, nil
}

// KnownHosts reads the keys of a known_hosts file.
func KnownHosts(path string) (HostKeys, error) {
	db, err := knownhosts.NewDB(path)
	if err != nil {
		return HostKeys{}, fmt.Errorf("known hosts: %w", err)
	}
	return HostKeys{file: db}, nil
}

// algorithms are those of the pinned keys, so that a server with several keys shows one that is pinned.
func (k HostKeys) algorithms(address string) ([]string, error) {
	if k.file != nil {
		if all := k.file.HostKeyAlgorithms(address); len(all) > 0 {
			return all, nil
		}
	}
	var all []string
	for _, key := range k.pinned {
		if key.Type() == ssh.KeyAlgoRSA {
			all = append(all, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
		} else {
			all = append(all, key.Type())
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no host key of %s is pinned: ask its administrator for the key, compare it, and put it under host_keys or known_hosts", address)
	}
	return all, nil
}

// ErrHostKey is a server that shows a key which is not pinned.
var ErrHostKey = errors.New("the server's host key is not pinned")

func (k HostKeys) check(host string, remote net.Addr, key ssh.PublicKey) error {
	for _, p := range k.pinned {
		if bytes.Equal(p.Marshal(), key.Marshal()) {
			return nil
		}
	}
	if k.file != nil {
		err := k.file.HostKeyCallback()(host, remote, key)
		if err == nil || !knownhosts.IsHostKeyChanged(err) && !knownhosts.IsHostUnknown(err) {
			return err
		}
	}
	return fmt.Errorf("%w: %s shows %s %s; if its administrator confirms that key, pin it, else somebody is in between",
		ErrHostKey, host, key.Type(), ssh.FingerprintSHA256(key))
}

// PrivateKey signs in with a key file's bytes. passphrase is nil for a key without one.
func PrivateKey(pem, passphrase []byte) (ssh.AuthMethod, error) {
	parse := func() (ssh.Signer, error) { return ssh.ParsePrivateKey(pem) }
	if passphrase != nil {
		parse = func() (ssh.Signer, error) { return ssh.ParsePrivateKeyWithPassphrase(pem, passphrase) }
	}
	signer, err := parse()
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	return ssh.PublicKeys(signer), nil
}

// Agent signs in with the keys of the agent that listens on a socket.
func Agent(socket string) (ssh.AuthMethod, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("ssh agent: %w", err)
	}
	return ssh.PublicKeysCallback(agent.NewClient(conn).Signers), nil
}
