package drop_test

import (
	"context"
	"os"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"tieout/fixtures/sandbox/sftphost"
	"tieout/ledger/drop"
)

// host is an SFTP host, and how to reach it.
type host struct {
	*sftphost.Host
	t *testing.T
}

func startHost(t *testing.T) *host { return &host{sftphost.Start(t), t} }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// server is how to reach it, through a proxy where address is not its own.
func (h *host) server(address string) drop.Server {
	keys, err := drop.PinnedKeys(h.HostKey)
	check(h.t, err)
	pem, err := os.ReadFile(h.KeyFile)
	check(h.t, err)
	key, err := drop.PrivateKey(pem, nil)
	check(h.t, err)
	return drop.Server{Address: address, User: h.User, Dir: h.Dir, Auth: []ssh.AuthMethod{key}, Keys: keys, Dial: 5 * time.Second, Idle: 5 * time.Second}
}

func (h *host) connect(ctx context.Context) *drop.SFTP {
	h.t.Helper()
	place, err := drop.Connect(ctx, h.server(h.Address))
	check(h.t, err)
	h.t.Cleanup(place.Close)
	return place
}

func kinds() []sftphost.Kind {
	return []sftphost.Kind{sftphost.Cut, sftphost.Stall, sftphost.Reset, sftphost.Kill}
}
