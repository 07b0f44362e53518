package config

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"strings"

	"tieout/ledger"
	"tieout/recon"
)

// Run is the configuration of runs with state: a policy whose dates come from
// the command line, and where things are. Paths are as written: relative ones
// are relative to the folder of the configuration.
type Run struct {
	Policy
	Store      string // SQLite file, or the address of a PostgreSQL database
	Archive    string // folder of kept files
	Output     string // folder of workbooks and other results
	Targets    []Target
	Reports    string // folder or file, as the next four
	Documents  string
	Door       *ERP   // where documents come from instead; nil: from the folder
	ERPChart   bool   // the chart of accounts is the ERP's
	ERPPeriods bool   // the periods are those of the ERP's fiscal calendar
	Funding    string // "" where there is none
	Bank       string
	Opening    string     // history taken over at cut-over
	Processor  *Processor // nil: Reports is a folder
	Pickups    []Pickup
	Mode       ledger.Mode
	Service    Service
	Hash       string            // tells configurations apart; the store's address, which may hold a password, is no part of it
	Said       []byte            // JSON that is read as this configuration again, except where the store is; Hash is its SHA-256
	Beside     map[string]string // the files that it names and that were read, by name
}

// Range is what the command line says of a run.
type Range struct{ From, To, AsOf recon.Date }

// ReadRun reads a configuration. Every fault is reported at once, with key and line.
func ReadRun(name string, data []byte, beside fs.FS, r Range) (*Run, error) {
	s := &sheet{name: name, known: map[string]bool{}}
	if err := s.parse(data); err != nil {
		return nil, err
	}
	if s.values == nil {
		s.values = map[string]any{}
	}
	said, err := s.said()
	if err != nil {
		return nil, err
	}
	reading := &remembering{beside, map[string]string{}}
	maps.Copy(s.values, map[string]any{"date_from": r.From.String(), "date_to": r.To.String(), "as_of": r.AsOf.String()})
	door := s.readDoor()
	run := &Run{
		Door: door, Store: s.str("store", "tieout.db"), Archive: s.str("archive", "archive"), Output: s.str("output", "out"), Targets: s.readTargets(),
		Reports: s.place("reports"), Documents: s.place("documents"), Funding: s.place("funding"), Bank: s.place("bank"), Opening: s.place("opening"),
		Mode: ledger.Mode(s.str("correction_mode", string(ledger.Delta))), Hash: fmt.Sprintf("%x", sha256.Sum256(said)), Said: said, Beside: reading.read,
	}
	if run.Mode != ledger.Delta && run.Mode != ledger.ReverseRepost {
		s.fault("correction_mode", "%q: delta or reverse_repost is needed", run.Mode)
	}
	run.Processor = s.processor()
	run.Service = s.readService()
	run.Pickups = s.pickups()
	for _, key := range []string{"reports", "documents"} {
		if !run.Brings(key) && (key != "documents" || door == nil) {
			s.fault(key, "required: the folder or file to read from")
		}
	}
	s.readERPBooks(run)
	run.Policy = *s.policy(reading)
	s.tieTargets(run)
	s.judgeAccounts(run)
	if door != nil && run.ERP == nil {
		s.fault("sage_pro", "required: documents come from the ERP's tables; name at least the generation and the company")
	}
	return run, s.err()
}

// judgeAccounts finds accounts whose merchant is spelt otherwise where its store is
// said. An account with no store at all may be an organization's, whose reports have rows of several merchants.
func (s *sheet) judgeAccounts(run *Run) {
	if run.Processor == nil || len(run.Recon.Merchants) == 0 {
		return
	}
	for _, a := range run.Processor.Accounts {
		if _, known := run.Recon.Merchants[a.Merchant]; known || run.Recon.TestMerchants[a.Merchant] {
			continue
		}
		for id := range run.Recon.Merchants {
			if strings.EqualFold(id, a.Merchant) {
				s.fault("reports.merchants."+a.Merchant, "has no store: name the merchant id under merchants, spelt the same (it is %s there), or take its account out", id)
			}
		}
	}
}

// said is everything that is said, however it is written, except where the store is.
func (s *sheet) said() ([]byte, error) {
	said := maps.Clone(s.values)
	delete(said, "store")
	data, err := json.Marshal(said)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	return data, nil
}

// remembering is a folder that remembers what was read of it.
type remembering struct {
	fs.FS
	read map[string]string
}

// ReadFile reads a file.
func (r *remembering) ReadFile(name string) ([]byte, error) {
	if r.FS == nil {
		return nil, fs.ErrNotExist
	}
	data, err := fs.ReadFile(r.FS, name)
	if err == nil {
		r.read[name] = string(data)
	}
	return data, err
}

// place is where something lies: a path, or a section that has one under path,
// folder or file. A section's other keys stay for whoever reads them.
func (s *sheet) place(key string) string {
	v, ok := s.value(key)
	if !ok {
		return ""
	}
	if path, scalar := text(v); scalar {
		if key == "documents" {
			delete(s.values, key)
		}
		return path
	}
	section, ok := v.(map[string]any)
	if !ok {
		s.fault(key, "a path is needed, or a section with path")
		return ""
	}
	for _, name := range []string{"path", "folder", "file"} {
		if path, scalar := text(section[name]); scalar {
			delete(section, name)
			if key == "documents" && len(section) == 0 {
				delete(s.values, key)
			}
			return path
		}
	}
	return ""
}
