package config

import (
	"fmt"
	"path"
	"strconv"
	"time"
)

// Pickup is a folder or SFTP directory into which others lay files for us.
//
//	pickup:
//	  - kind: reports               # reports, documents, funding or bank
//	    folder: incoming            # or sftp, with the keys of a target's
//	    names: "*.csv*"             # pattern; all, if not said
//	    sentinel: .done             # a file is complete when this one is beside it ...
//	    stable: 5s                  # ... or when its size and time stand still as long
//	    max_unpacked: 1000000000    # bytes that a container may hold; 64 MiB, if not said
//	    pgp: {key: "${file:ours.asc}", passphrase: "${env:PGP_PASS}", sender: theirs.asc}
type Pickup struct {
	Kind     string
	Folder   string     // "" where Server is
	Server   *SFTPPlace // nil where Folder is
	Names    string
	Sentinel string
	Stable   time.Duration
	Unpacked int64 // bytes; 0 for the usual limit
	PGP      *PGP  // nil: no file is expected to be encrypted
}

// PGP is our key, and the file of the sender's. Key and Passphrase are references.
type PGP struct{ Key, Passphrase, Sender string }

// From names the place in messages.
func (p *Pickup) From() string {
	if p.Server != nil {
		return p.Server.Address + ":" + p.Server.Dir
	}
	return p.Folder
}

func (s *sheet) pickups() (all []Pickup) {
	v, ok := s.value("pickup")
	if !ok {
		return nil
	}
	list, isList := v.([]any)
	if !isList || len(list) == 0 {
		s.fault("pickup", "a list of sections is needed, each with kind, and folder or sftp")
		return nil
	}
	for i, item := range list {
		all = append(all, s.pickup(fmt.Sprintf("pickup[%d]", i), item))
	}
	return all
}

func (s *sheet) pickup(key string, v any) (p Pickup) {
	for field, value := range s.section(key, v) {
		at := key + "." + field
		switch field {
		case "kind":
			p.Kind = s.oneOf(at, value, "reports", "documents", "funding", "bank")
		case "folder", "path":
			p.Folder = s.textOf(at, value)
		case "sftp":
			p.Server = s.sftp(at, value)
		case "names":
			p.Names = s.textOf(at, value)
			if _, err := path.Match(p.Names, "x"); err != nil {
				s.fault(at, "%q: a pattern such as *.csv is needed", p.Names)
			}
		case "sentinel":
			p.Sentinel = s.textOf(at, value)
		case "stable":
			p.Stable = s.duration(at, value)
		case "max_unpacked":
			said, _ := text(value)
			n, err := strconv.ParseInt(said, 10, 64)
			if p.Unpacked = n; err != nil || n <= 0 {
				s.fault(at, "%q: a number of bytes is needed", said)
			}
		case "pgp":
			p.PGP = s.pgp(at, value)
		default:
			s.fault(at, "is not known here")
		}
	}
	if p.Kind == "" {
		s.fault(key+".kind", "required: reports, documents, funding or bank")
	}
	if (p.Folder == "") == (p.Server == nil) {
		s.fault(key, "either folder or sftp is needed")
	}
	return p
}

func (s *sheet) pgp(key string, v any) *PGP {
	p := &PGP{}
	for field, value := range s.section(key, v) {
		at := key + "." + field
		switch field {
		case "key":
			p.Key = s.textOf(at, value)
		case "passphrase":
			p.Passphrase = s.textOf(at, value)
		case "sender":
			p.Sender = s.textOf(at, value)
		default:
			s.fault(at, "is not known here")
		}
	}
	if p.Key == "" {
		s.fault(key+".key", "required: our private key")
	}
	s.references(key, map[string]string{"key": p.Key, "passphrase": p.Passphrase})
	return p
}

// Brings tells whether files of a kind come from anywhere: a folder or a pick-up.
func (r *Run) Brings(kind string) bool {
	for i := range r.Pickups {
		if r.Pickups[i].Kind == kind {
			return true
		}
	}
	return map[string]string{"reports": r.Reports, "documents": r.Documents, "funding": r.Funding, "bank": r.Bank}[kind] != "" ||
		kind == "reports" && r.Processor != nil
}
