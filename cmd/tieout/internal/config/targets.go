package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"tieout/ledger/posting"
)

// Target is who gets posting files: one format, into a folder or to an SFTP server.
type Target struct {
	Name      string // "" for the only one, else A-Z 0-9 _; it is part of the file id
	Format    posting.Format
	Folder    string     // as written; "" where Server is
	Server    *SFTPPlace // nil where Folder is
	Immediate bool       // the consumer takes the data file without waiting for .done
	Ack       bool       // an answer is expected
	AckWithin time.Duration
}

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
		return []Target{{Format: s.format("posting", ""), Folder: "posting"}}
	}
	if path, scalar := text(v); scalar {
		if path == "" {
			return nil
		}
		return []Target{{Format: s.format("posting", ""), Folder: path}}
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
	name := ""
	for field, value := range s.section(key, v) {
		at := key + "." + field
		switch field {
		case "name":
			t.Name = s.textOf(at, value)
		case "format":
			name = s.textOf(at, value)
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
		default:
			s.fault(at, "is not known here")
		}
	}
	t.Format = s.format(key+".format", name)
	if (t.Folder == "") == (t.Server == nil) {
		s.fault(key, "either folder or sftp is needed")
	}
	return t
}

func (s *sheet) format(key, name string) posting.Format {
	if name == "" {
		name = "default"
	}
	f, err := posting.FormatNamed(name)
	if err != nil {
		s.fault(key, "%s", err)
	}
	return f
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
