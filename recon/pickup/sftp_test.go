package pickup_test

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"tieout/fixtures/sandbox/sftphost"
	"tieout/ledger/drop"
	"tieout/recon/pickup"
)

func connect(t *testing.T, h *sftphost.Host) *drop.SFTP {
	t.Helper()
	keys, err1 := drop.PinnedKeys(h.HostKey)
	pem, err2 := os.ReadFile(h.KeyFile)
	key, err3 := drop.PrivateKey(pem, nil)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	place, err := drop.Connect(t.Context(), drop.Server{Address: h.Address, User: h.User, Dir: h.Dir, Auth: []ssh.AuthMethod{key}, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(place.Close)
	return place
}

// From a real OpenSSH server complete files are taken and unpacked, whatever their
// size; names that are more than labels, links and folders are not.
func TestTakeFromOpenSSH(t *testing.T) {
	h := sftphost.Start(t)
	large := strings.Repeat("0123456789abcdef", 100_000)
	lay(t, h.Dir, "large.csv", []byte(large))
	lay(t, h.Dir, "packed.csv.gz", gzipped(t, []byte("packed")))
	lay(t, h.Dir, "two.zip", zipped(t, part{"one.csv", []byte("1")}, part{"two.csv", []byte("2")}))
	lay(t, h.Dir, "bomb.csv.gz", bomb(t, 80<<20))
	lay(t, h.Dir, `up\..\a.csv`, []byte("x"))
	lay(t, h.Dir, "CON.csv", []byte("x"))
	lay(t, h.Dir, "line\nbreak.csv", []byte("x"))
	lay(t, h.Dir, "unfinished.csv.tmp", []byte("x"))
	if err := errors.Join(os.Mkdir(filepath.Join(h.Dir, "folder.csv"), 0o700), os.Symlink("/etc/hostname", filepath.Join(h.Dir, "link.csv"))); err != nil {
		t.Fatal(err)
	}
	got, refused := take(t, connect(t, h), quick())
	want := shelf{"large.csv": large, "packed.csv": "packed", "one.csv": "1", "two.csv": "2"}
	if !maps.Equal(got, want) {
		t.Errorf("taken: %d files", len(got))
	}
	if len(refused) != 4 || !errors.Is(refused["bomb.csv.gz"], pickup.ErrLimit) || !errors.Is(refused["CON.csv"], pickup.ErrUnsafe) {
		t.Errorf("refused: %v", refused)
	}
}

// A server that ends while a file is read leaves nothing half taken, and says so.
func TestServerThatEnds(t *testing.T) {
	h := sftphost.Start(t)
	lay(t, h.Dir, "large.csv", []byte(strings.Repeat("0123456789abcdef", 1_000_000)))
	place := connect(t, h)
	s := shelf{}
	refused, err := pickup.Take(t.Context(), place, quick(), func(name string, r io.Reader) error {
		if _, err := io.CopyN(io.Discard, r, 1_000_000); err != nil {
			return err
		}
		h.Kill()
		return s.keep(name, r)
	})
	if err != nil || len(refused) != 1 || len(s) != 0 {
		t.Errorf("refused %v, %v, %d files kept", refused, err, len(s))
	}
}
