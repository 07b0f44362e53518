package config

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"tieout/recon/cybersource"
	"tieout/recon/secret"
)

// Processor is the account section of reports: where the processor is, who asks,
// and what is fetched every day.
//
//	reports:
//	  environment: test              # test, production or production-india
//	  base_url: https://host:port    # in place of environment: a stand-in
//	  ca_file: ca.pem                # certificates to trust beside the system's
//	  merchants:                     # by merchant id
//	    acme_us: {key_id: 0a1b..., secret: "${env:ACME_US_SECRET}"}
//	    acme_eu: {auth: jwt-p12, p12: "${file:acme_eu.p12}", password: "${env:ACME_EU_P12}"}
//	    acme_uk: {auth: http-signature, key_id: 0a1b..., secret: "${age:acme_uk.age}", portfolio: acme_group}
//	  list:                          # the reports of every day
//	    - name: PaymentBatchDetailReport_Daily_Classic
//	      format: csv                # csv, xml, or json for a report on demand, whose name is its path
//	      definition: PaymentBatchDetailClass
//	      required: true             # a day is not done without it; false by default for json, whose absence proves nothing
//	      ready_by: 6h               # after the end of its day
//	      zone: America/Los_Angeles  # of its day
//	      start: "00:00"             # of its day
//	      one_time: true             # have it made where the daily one is missing; needs definition
//	      merchants: [acme_us]       # all, if not said
//
// auth is jwt (shared secret), jwt-p12 or http-signature. Secrets are named,
// never written: by environment variable, file or file sealed with age.
type Processor struct {
	Address  string
	CAFile   string // "" for none
	Accounts []Account
	Reports  []Report
}

// Account is how a merchant signs. Secret, P12 and Password are references.
type Account struct {
	Merchant, Portfolio   string
	Scheme                cybersource.Scheme
	KeyID                 string
	Secret, P12, Password string
}

// Report is one that is made every day.
type Report struct {
	cybersource.Daily
	Definition string
	Required   bool
	OneTime    bool
	ReadyBy    time.Duration // after the end of the day
	Merchants  []string      // in the order of the accounts
}

// For tells whether a merchant has the report.
func (r *Report) For(merchant string) bool { return slices.Contains(r.Merchants, merchant) }

// processor reads the account section of reports; nil where reports is a folder.
func (s *sheet) processor() *Processor {
	v, ok := s.value("reports")
	section, isSection := v.(map[string]any)
	if !ok || !isSection {
		return nil
	}
	if _, isAccount := section["merchants"]; !isAccount {
		return nil
	}
	p := &Processor{}
	at := s.within("reports", section)
	p.Address = at.address()
	p.CAFile = at.str("ca_file", "")
	p.Accounts = at.accounts()
	p.Reports = at.dailies(p.Accounts)
	at.done()
	return p
}

// part is a section of a sheet: its keys are shown with the section's.
type part struct {
	*sheet
	of  *sheet
	key string
}

func (s *sheet) within(key string, values map[string]any) *part {
	return &part{sheet: &sheet{name: s.name, values: values, known: map[string]bool{}}, of: s, key: key}
}

// done moves the section's faults to the sheet, where their lines are known.
func (p *part) done() {
	p.unknown()
	for _, f := range p.faults {
		p.of.fault(p.key+"."+f.key, "%s", f.message)
	}
}

func (p *part) address() string {
	base, environment := p.str("base_url", ""), p.str("environment", "")
	if base != "" {
		if _, err := cybersource.NewHost(base, cybersource.Options{}); err != nil {
			p.fault("base_url", "%v", err)
		}
		return base
	}
	address, ok := cybersource.Address(environment)
	if !ok {
		p.fault("environment", "%q: test, production or production-india is needed, or base_url", environment)
	}
	return address
}

func (p *part) accounts() (all []Account) {
	v, _ := p.value("merchants")
	for id, values := range p.section("merchants", v) {
		section, ok := values.(map[string]any)
		if !ok {
			p.fault("merchants."+id, "a section with auth, key_id and secret is needed")
			continue
		}
		at := p.within("merchants."+id, section)
		a := Account{
			Merchant: id, Portfolio: at.str("portfolio", ""), Scheme: cybersource.Scheme(at.str("auth", string(cybersource.JWT))), KeyID: at.str("key_id", ""),
			Secret: at.str("secret", ""), P12: at.str("p12", ""), Password: at.str("password", ""),
		}
		at.judge(&a)
		at.done()
		all = append(all, a)
	}
	if len(all) == 0 {
		p.fault("merchants", "at least one merchant id with its key is needed")
	}
	return all
}

// judge looks at what can be judged without the secrets.
func (p *part) judge(a *Account) {
	var need map[string]string
	switch a.Scheme {
	case cybersource.JWTP12:
		need = map[string]string{"p12": a.P12, "password": a.Password}
	case cybersource.JWT, cybersource.HTTPSignature:
		need = map[string]string{"key_id": a.KeyID, "secret": a.Secret}
	default:
		p.fault("auth", "%q: one of %v is needed", a.Scheme, cybersource.Schemes())
	}
	for _, key := range []string{"key_id", "secret", "p12", "password"} {
		if value, needed := need[key]; needed && value == "" {
			p.fault(key, "required for %s", a.Scheme)
		}
	}
	for key, value := range map[string]string{"secret": a.Secret, "p12": a.P12, "password": a.Password} {
		if value != "" && !secret.IsReference(value) {
			p.fault(key, "%v", secret.ErrPlain)
		}
	}
}

func (p *part) dailies(accounts []Account) (all []Report) {
	v, ok := p.value("list")
	items, isList := v.([]any)
	if !ok || !isList || len(items) == 0 {
		p.fault("list", "at least one report with its name is needed")
		return nil
	}
	for i, item := range items {
		key := fmt.Sprintf("list[%d]", i)
		section, ok := item.(map[string]any)
		if !ok {
			p.fault(key, "a section with name and format is needed")
			continue
		}
		at := p.within(key, section)
		r := at.daily(accounts)
		at.done()
		all = append(all, r)
	}
	return all
}

func (p *part) daily(accounts []Account) Report {
	name, _ := p.required("name")
	text, _ := text(name)
	r := Report{
		Definition: p.str("definition", ""), Required: p.flag("required", p.str("format", "csv") != "json"), OneTime: p.flag("one_time", false), ReadyBy: p.duration("ready_by", 6*time.Hour),
		Daily: cybersource.Daily{Name: text, Format: cybersource.Format(p.str("format", "csv"))},
	}
	var err error
	if r.Schedule.Zone, err = cybersource.Zone(p.str("zone", "America/Los_Angeles")); err != nil {
		p.fault("zone", "%v", err)
		r.Schedule.Zone = time.UTC
	}
	r.Schedule.At = time.Duration(p.cutOff("start", p.str("start", "00:00")).Seconds) * time.Second
	switch r.Format {
	case cybersource.CSV, cybersource.XML:
	case cybersource.JSON:
		if !slices.Contains(cybersource.OnDemand(), r.Name) {
			p.fault("name", "%q: with format json one of %v is needed", r.Name, cybersource.OnDemand())
		}
	default:
		p.fault("format", "%q: csv, xml or json is needed", r.Format)
	}
	if r.OneTime && (r.Definition == "" || r.Format == cybersource.JSON) {
		p.fault("one_time", "needs a definition such as PaymentBatchDetailClass, and csv or xml")
	}
	r.Merchants = p.merchantsOf(accounts)
	return r
}

func (p *part) merchantsOf(accounts []Account) (all []string) {
	said := p.list("merchants", nil)
	for _, a := range accounts {
		if said == nil || slices.Contains(said, a.Merchant) {
			all = append(all, a.Merchant)
		}
	}
	for _, id := range said {
		if !slices.Contains(all, id) {
			p.fault("merchants", "%q has no account in reports.merchants", id)
		}
	}
	return all
}

func (p *part) flag(key string, fallback bool) bool {
	v, ok := p.value(key)
	if !ok {
		return fallback
	}
	yes, isBool := v.(bool)
	if !isBool {
		p.fault(key, "true or false is needed")
	}
	return yes
}

func (p *part) duration(key string, fallback time.Duration) time.Duration {
	text := cmp.Or(p.str(key, ""), fallback.String())
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > 14*24*time.Hour {
		p.fault(key, "%q: a time such as 6h or 90m is needed, two weeks at most", text)
	}
	return d
}
