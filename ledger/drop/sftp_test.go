package drop_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tieout/fixtures/sandbox/sftphost"
	"tieout/ledger/drop"
)

func TestDeliverBySFTP(t *testing.T) {
	s := startHost(t)
	place := s.connect(t.Context())
	if !place.Syncs() {
		t.Error("OpenSSH syncs when asked")
	}
	for range 2 { // PF-10: the same bytes again are no second delivery
		order, log := newOrder(drop.File{Name: name, Bytes: []byte("hello\n")})
		got, err := drop.Deliver(t.Context(), place, order, log)
		if err != nil || !got.Delivered {
			t.Fatalf("%+v, %v", got, err)
		}
		wantFiles(t, s.Dir, delivered())
	}
	order, log := newOrder(drop.File{Name: name, Bytes: []byte("other\n")})
	if _, err := drop.Deliver(t.Context(), place, order, log); !errors.Is(err, drop.ErrConflict) {
		t.Errorf("another file of the name: %v", err)
	}
	wantFiles(t, s.Dir, delivered())
}

// A file of several chunks arrives whole.
func TestDeliverALargeFileBySFTP(t *testing.T) {
	s := startHost(t)
	large := strings.Repeat("0123456789abcdef", 20_000)
	order, log := newOrder(drop.File{Name: name, Bytes: []byte(large)})
	if got, err := drop.Deliver(t.Context(), s.connect(t.Context()), order, log); err != nil || !got.Delivered {
		t.Fatalf("%+v, %v", got, err)
	}
	if there, _ := os.ReadFile(filepath.Join(s.Dir, name)); string(there) != large {
		t.Error("it is another file")
	}
}

// PF-06: neither a file nor a directory is ever replaced.
func TestSFTPRenameNeverReplaces(t *testing.T) {
	s := startHost(t)
	place := s.connect(t.Context())
	put(t, s.Dir, "a", "new")
	put(t, s.Dir, "b", "old")
	if err := place.Rename("a", "b"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
	wantFiles(t, s.Dir, map[string]string{"a": "new", "b": "old"})
	check(t, os.Mkdir(filepath.Join(s.Dir, "c"), 0o700))
	if size, err := place.Size("c"); err != nil || size >= 0 {
		t.Errorf("a directory has size %d, %v", size, err)
	}
	if _, err := place.Create("b"); err == nil {
		t.Error("an existing file was opened for writing")
	}
}

// PF-13: a key that is not pinned is refused, and the message says which it is.
func TestHostKeysArePinned(t *testing.T) {
	s := startHost(t)
	server := s.server(s.Address)
	stranger := sftphost.NewKey(t, filepath.Join(t.TempDir(), "stranger"))
	for _, c := range []struct {
		what string
		keys []string
		ok   bool
	}{
		{"another key", []string{stranger}, false},
		{"none", nil, false},
		{"the key of today and that of tomorrow", []string{stranger, s.HostKey}, true},
	} {
		keys, err := drop.PinnedKeys(c.keys...)
		check(t, err)
		server.Keys = keys
		place, err := drop.Connect(t.Context(), server)
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.what, err)
		}
		if err == nil {
			place.Close()
		} else if len(c.keys) > 0 && (!errors.Is(err, drop.ErrHostKey) || !strings.Contains(err.Error(), "SHA256:")) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	if _, err := drop.PinnedKeys("not a key"); err == nil {
		t.Error("a line that is no key was pinned")
	}
}

func TestHostKeysFromKnownHosts(t *testing.T) {
	s := startHost(t)
	work := t.TempDir()
	host, port, _ := strings.Cut(s.Address, ":")
	file := filepath.Join(work, "known_hosts")
	put(t, work, "known_hosts", "["+host+"]:"+port+" "+s.HostKey)
	server := s.server(s.Address)
	var err error
	server.Keys, err = drop.KnownHosts(file)
	check(t, err)
	place, err := drop.Connect(t.Context(), server)
	check(t, err)
	place.Close()
	put(t, work, "known_hosts", "["+host+"]:"+port+" "+sftphost.NewKey(t, filepath.Join(t.TempDir(), "other")))
	server.Keys, err = drop.KnownHosts(file)
	check(t, err)
	if _, err := drop.Connect(t.Context(), server); !errors.Is(err, drop.ErrHostKey) {
		t.Errorf("a changed key: %v", err)
	}
	if _, err := drop.KnownHosts(file + ".none"); err == nil {
		t.Error("a file that is not there was read")
	}
}

// R3: a server that does not answer ends the request within its deadline.
func TestSilentServerEndsTheRequest(t *testing.T) {
	s := startHost(t)
	proxy := sftphost.NewProxy(t, s.Address)
	server := s.server(proxy.Address)
	server.Idle = 100 * time.Millisecond
	place, err := drop.Connect(t.Context(), server)
	check(t, err)
	defer place.Close()
	proxy.Set(sftphost.Fault{Kind: sftphost.Stall, Now: true})
	start := time.Now()
	if _, err := place.Size(name); err == nil || !strings.Contains(err.Error(), "no answer within") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestPrivateKeyIsRefusedWithAReason(t *testing.T) {
	if _, err := drop.PrivateKey([]byte("nonsense"), nil); err == nil {
		t.Error("nonsense is a key")
	}
	if _, err := drop.PrivateKey([]byte("nonsense"), []byte("secret")); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	if _, err := drop.Agent(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("there is no agent")
	}
}
