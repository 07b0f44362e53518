package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"tieout/ledger/posting"
	"tieout/recon/secret"
)

// Target is who gets posting files: one format, into a folder or to an SFTP server.
//
//	targets:                        # or posting, with one such section or a folder
//	  - name: ERP                   # needed where there are several: A-Z 0-9 _
//	    format: sage-300            # default, if not said
//	    sftp: {address: "sftp.acme.example:22", user: tieout, dir: /drop, key_file: keys/tieout, host_keys: ["ssh-ed25519 AAAA..."]}
//	    consumer: sentinel          # waits for .done; or immediate
//	    ack: expected               # or none
//	    ack_timeout: 24h
//	    pgp: {recipient: keys/erp.asc, fingerprint: "0123 4567 ...", key: "${file:keys/ours.asc}", passphrase: "${env:PGP_PASS}"}
//	  - {name: GL, folder: posting}
//
// A format is a name, or a section with the options of the receiver:
//
//	format: sage-300
//	format: {name: default, encoding: windows-1252, line_end: crlf}
//	format: {name: fixed-width, widths: {L: {account: 24, memo: 60}, E: {memo: 60}}}
//	format: {name: sage50-canada, source: 13, comment: 39}
//	format: {name: sage-intacct, journal: CC, columns: [JOURNAL, DATE, ...], constants: {LOCATION_ID: "100"}}
//	format:
//	  name: sage-300
//	  record_type: RECTYPE          # heading of the first column
//	  header: "1"                   # its values
//	  detail: "2"
//	  header_columns: [BATCHID, BTCHENTRY, ...]
//	  detail_columns: [BATCHNBR, JOURNALID, ...]
//	  constants: {SRCECURN: USD}    # of columns that no entry fills
//	  batch: "000001"
//	  ledger: GL
//	  journal: TO
//	  calendar: [{period: "202701", from: 2026-07-01, to: 2026-07-31, locked: true}, ...]   # year and month, if not said
//	format:
//	  name: sage-pro-unposted
//	  files: dbf                    # new tables, or csv
//	  version: vfp                  # of tables: vfp or fox2
//	  code_page: cp1252
//	  date_format: 2006-01-02       # of csv
//	  widths: {gltdes: 30, subno: 0}        # of columns of characters; 0 leaves one out
//	  constants: {adduser: EDI, glmodule: GL}
//	  mask: 9999-999                # the ERP's chart of accounts, if not said
//	  calendar: [...]               # the ERP's fiscal calendar, if not said
//
// QuickBooks (quickbooks-iif) and the American Sage 50 (sage50-us) have no options.
type Target struct {
	Name      string // "" for the only one, else A-Z 0-9 _; it is part of the file id
	Format    posting.Format
	Unposted  *Unposted  // the format, where it takes accounts and periods of the ERP; nil: Format is
	Folder    string     // as written; "" where Server is
	Server    *SFTPPlace // nil where Folder is
	Immediate bool       // the consumer takes the data file without waiting for .done
	Ack       bool       // an answer is expected
	AckWithin time.Duration
	Seal      *Seal // nil: files go out as they are
}

// Seal is how files are signed and encrypted (PF-12): the file of the receiver's public
// key with its pinned fingerprint, and our private key. Key and Passphrase are references.
type Seal struct{ Recipient, Fingerprint, Key, Passphrase string }

// SFTPPlace is a directory of an SFTP server. Secrets are references.
type SFTPPlace struct {
	Address, User, Dir   string
	KeyFile, Passphrase  string // reference such as ${file:...}; "" where the agent signs
	Password             string
	Agent                bool
	HostKeys             []string
	KnownHosts           string
	DialTimeout, IdleFor time.Duration
}

var targetForm = regexp.MustCompile(`^[A-Z0-9_]{1,8}$`)

// readTargets reads `targets`, a list of sections, or `posting`: the folder of the
// only target, or its section.
func (s *sheet) readTargets() []Target {
	if v, ok := s.value("targets"); ok {
		return s.targetList(v)
	}
	v, ok := s.value("posting")
	if !ok {
		return []Target{{Format: posting.Delimited("default", posting.Profile{}), Folder: "posting"}}
	}
	if path, scalar := text(v); scalar {
		if path == "" {
			return nil
		}
		return []Target{{Format: posting.Delimited("default", posting.Profile{}), Folder: path}}
	}
	return []Target{s.target("posting", v)}
}

func (s *sheet) targetList(v any) []Target {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		s.fault("targets", "a list of sections is needed, each with name, format and folder or sftp")
		return nil
	}
	var all []Target
	seen := map[string]bool{}
	for i, item := range list {
		key := fmt.Sprintf("targets[%d]", i)
		t := s.target(key, item)
		if len(list) > 1 && !targetForm.MatchString(t.Name) || t.Name != "" && !targetForm.MatchString(t.Name) {
			s.fault(key+".name", "%q: 1 to 8 characters of A-Z, 0-9 and _ are needed", t.Name)
		}
		if seen[t.Name] {
			s.fault(key+".name", "%q is there twice", t.Name)
		}
		seen[t.Name] = true
		all = append(all, t)
	}
	if len(all) == 1 { // a file id names its target only where there are several
		all[0].Name = ""
	}
	return all
}

func (s *sheet) target(key string, v any) (t Target) {
	t.AckWithin = 24 * time.Hour
	t.Format = posting.Delimited("default", posting.Profile{})
	for field, value := range s.section(key, v) {
		at := key + "." + field
		switch field {
		case "name":
			t.Name = s.textOf(at, value)
		case "format":
			s.format(at, value, &t)
		case "folder", "path":
			t.Folder = s.textOf(at, value)
		case "sftp":
			t.Server = s.sftp(at, value)
		case "consumer":
			t.Immediate = s.oneOf(at, value, "sentinel", "immediate") == "immediate"
		case "ack":
			t.Ack = s.oneOf(at, value, "none", "expected") == "expected"
		case "ack_timeout":
			t.AckWithin = s.duration(at, value)
		case "pgp":
			t.Seal = s.seal(at, value)
		default:
			s.fault(at, "is not known here")
		}
	}
	if (t.Folder == "") == (t.Server == nil) {
		s.fault(key, "either folder or sftp is needed")
	}
	return t
}

func (s *sheet) seal(key string, v any) *Seal {
	p := &Seal{}
	fields := map[string]*string{"recipient": &p.Recipient, "fingerprint": &p.Fingerprint, "key": &p.Key, "passphrase": &p.Passphrase}
	for field, value := range s.section(key, v) {
		if fields[field] == nil {
			s.fault(key+"."+field, "is not known here; known are %v", slices.Sorted(maps.Keys(fields)))
			continue
		}
		*fields[field] = s.textOf(key+"."+field, value)
	}
	for field, why := range map[string]string{
		"recipient": "the file of the receiver's public key", "fingerprint": "that of the receiver's key, as the receiver told it", "key": "our private key, to sign with",
	} {
		if *fields[field] == "" {
			s.fault(key+"."+field, "required: %s", why)
		}
	}
	s.references(key, map[string]string{"key": p.Key, "passphrase": p.Passphrase})
	return p
}

// references refuses secrets that are written out.
func (s *sheet) references(key string, secrets map[string]string) {
	for field, value := range secrets {
		if value != "" && !secret.IsReference(value) {
			s.fault(key+"."+field, "%v", secret.ErrPlain)
		}
	}
}

func (s *sheet) sftp(key string, v any) *SFTPPlace {
	p := &SFTPPlace{}
	texts := map[string]*string{
		"address": &p.Address, "user": &p.User, "dir": &p.Dir, "key_file": &p.KeyFile, "passphrase": &p.Passphrase, "password": &p.Password, "known_hosts": &p.KnownHosts,
	}
	for field, value := range s.section(key, v) {
		at := key + "." + field
		switch {
		case texts[field] != nil:
			*texts[field] = s.textOf(at, value)
		case field == "host_keys":
			p.HostKeys = s.textList(at, value)
		case field == "agent":
			p.Agent = s.flag(at, value)
		case field == "timeout":
			p.DialTimeout = s.duration(at, value)
		case field == "idle":
			p.IdleFor = s.duration(at, value)
		default:
			s.fault(at, "is not known here")
		}
	}
	for _, needed := range slices.Sorted(maps.Keys(map[string]bool{"address": true, "user": true})) {
		if *texts[needed] == "" {
			s.fault(key+"."+needed, "required")
		}
	}
	if len(p.HostKeys) == 0 && p.KnownHosts == "" {
		s.fault(key+".host_keys", "required, or known_hosts: the key of the server must be pinned (ask its administrator)")
	}
	if p.KeyFile == "" && p.Password == "" && !p.Agent {
		s.fault(key+".key_file", "required, or password, or agent: true")
	}
	return p
}

// oneOf wants one of a few words.
func (s *sheet) oneOf(key string, v any, words ...string) string {
	said, _ := text(v)
	if !slices.Contains(words, said) {
		s.fault(key, "%q: one of %v is needed", said, words)
	}
	return said
}

func (s *sheet) duration(key string, v any) time.Duration {
	said, _ := text(v)
	d, err := time.ParseDuration(said)
	if err != nil || d <= 0 {
		s.fault(key, "%q: a duration such as 30s or 24h is needed", said)
	}
	return d
}

// flag is true or false.
func (s *sheet) flag(key string, v any) bool {
	on, ok := v.(bool)
	if !ok {
		s.fault(key, "true or false is needed")
	}
	return on
}
