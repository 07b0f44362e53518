package config

import (
	"strings"
	"testing"
	"time"
)

const goodPickup = `
pickup:
  - kind: reports
    sftp: {address: "h:22", user: u, dir: out, key_file: id, host_keys: ["ssh-ed25519 AAAA"]}
    names: "*.csv*"
    stable: 30s
    max_unpacked: 1000000
    pgp: {key: "${file:ours.asc}", passphrase: "${env:PASS}", sender: theirs.asc}
  - {kind: bank, folder: incoming, sentinel: .done}
`

func pickupsOf(t *testing.T, text string) ([]Pickup, string) {
	t.Helper()
	s := &sheet{name: "tieout.yaml", known: map[string]bool{}}
	s.read(t, text)
	all := s.pickups()
	if err := s.err(); err != nil {
		return all, err.Error()
	}
	return all, ""
}

func TestPickupsAreRead(t *testing.T) {
	all, faults := pickupsOf(t, goodPickup)
	if faults != "" || len(all) != 2 {
		t.Fatalf("%s: %+v", faults, all)
	}
	server, folder := all[0], all[1]
	if server.Server.User != "u" || server.Names != "*.csv*" || server.Stable != 30*time.Second || server.Unpacked != 1_000_000 || server.PGP.Sender != "theirs.asc" || server.From() != "h:22:out" {
		t.Errorf("%+v", server)
	}
	if folder.Kind != "bank" || folder.Sentinel != ".done" || folder.From() != "incoming" {
		t.Errorf("%+v", folder)
	}
	r := &Run{Pickups: all}
	if !r.Brings("bank") || !r.Brings("reports") || r.Brings("funding") {
		t.Error("what pick-ups bring")
	}
}

func TestFaultsOfPickups(t *testing.T) {
	for _, c := range []struct{ name, from, to, fault string }{
		{"an unknown kind", "kind: bank", "kind: opening", "tieout.yaml:9: pickup[1].kind"},
		{"no kind", "{kind: bank, ", "{", "pickup[1].kind: required"},
		{"neither folder nor server", ", folder: incoming", "", "pickup[1]: either folder or sftp"},
		{"both", "names:", "folder: x\n    names:", "pickup[0]: either folder or sftp"},
		{"a pattern that is none", `"*.csv*"`, `"["`, "pickup[0].names"},
		{"a time that is none", "30s", "soon", "pickup[0].stable"},
		{"a size that is none", "1000000", "much", "pickup[0].max_unpacked"},
		{"a key that stands in the file", `"${file:ours.asc}"`, "c2VjcmV0", "pickup[0].pgp.key"},
		{"no key", `key: "${file:ours.asc}", `, "", "pickup[0].pgp.key: required"},
		{"no pinned key of the server", `, host_keys: ["ssh-ed25519 AAAA"]`, "", "pickup[0].sftp.host_keys: required"},
		{"an unknown field", "sentinel:", "sentinal:", "pickup[1].sentinal: is not known here"},
		{"an unknown field of pgp", "sender:", "from:", "pickup[0].pgp.from: is not known here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(goodPickup, c.from, c.to, 1)
			if text == goodPickup {
				t.Fatal("the case changes nothing")
			}
			if _, faults := pickupsOf(t, text); !strings.Contains(faults, c.fault) || strings.Contains(faults, "c2VjcmV0") {
				t.Errorf("got %q, want %q", faults, c.fault)
			}
		})
	}
	for _, text := range []string{"pickup: incoming", "pickup: []", "pickup: [incoming]"} {
		if _, faults := pickupsOf(t, text); !strings.Contains(faults, "pickup") {
			t.Errorf("%s: %q", text, faults)
		}
	}
}
