package config

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"tieout/recon"
	"tieout/recon/cybersource"
)

const books = `
base_currency: USD
time_zone: America/New_York
merchants: {acme_us: {store: "100"}}
accounts: {}
documents: erp
`

// account reads a configuration whose faults in the books do not matter here.
func account(t *testing.T, section string) (*Processor, string) {
	t.Helper()
	s := &sheet{name: "tieout.yaml", known: map[string]bool{}}
	s.read(t, books+section)
	p := s.processor()
	if err := s.err(); err != nil {
		return p, err.Error()
	}
	return p, ""
}

const good = `
reports:
  environment: test
  ca_file: ca.pem
  merchants:
    acme_us: {key_id: k1, secret: "${env:US}"}
    acme_eu: {auth: jwt-p12, p12: "${file:eu.p12}", password: "${age:eu.age}", portfolio: group}
  list:
    - {name: Daily, ready_by: 90m, zone: PST, start: "17:00", definition: PaymentBatchDetailClass, one_time: true}
    - {name: net-fundings, format: json, merchants: [acme_eu]}
`

func TestTheAccountSectionIsRead(t *testing.T) {
	p, faults := account(t, good)
	if faults != "" {
		t.Fatal(faults)
	}
	if p.Address != "https://apitest.cybersource.com" || p.CAFile != "ca.pem" || len(p.Accounts) != 2 || len(p.Reports) != 2 {
		t.Fatalf("%+v", p)
	}
	eu, us := p.Accounts[0], p.Accounts[1]
	if eu.Scheme != cybersource.JWTP12 || eu.P12 != "${file:eu.p12}" || eu.Portfolio != "group" || us.Scheme != cybersource.JWT || us.KeyID != "k1" {
		t.Errorf("%+v, %+v", eu, us)
	}
	daily, funding := p.Reports[0], p.Reports[1]
	if daily.Schedule.Zone.String() != "America/Los_Angeles" || daily.Schedule.At != 17*time.Hour || daily.ReadyBy != 90*time.Minute || !daily.Required || !daily.OneTime || !daily.For("acme_us") || !daily.For("acme_eu") {
		t.Errorf("%+v", daily)
	}
	if funding.Format != cybersource.JSON || funding.Required || funding.For("acme_us") || !funding.For("acme_eu") || funding.ReadyBy != 6*time.Hour {
		t.Errorf("%+v", funding)
	}
}

func TestFaultsOfTheAccountSectionComeAtOnce(t *testing.T) {
	for _, c := range []struct{ name, from, to, fault string }{
		{"an unknown environment", "environment: test", "environment: staging", "tieout.yaml:9: reports.environment: \"staging\": test, production"},
		{"an address without TLS", "environment: test", "base_url: http://x", "reports.base_url: address"},
		{"a secret that stands in the file", `"${env:US}"`, "c2VjcmV0", "tieout.yaml:12: reports.merchants.acme_us.secret: a secret must not stand"},
		{"no key id", "key_id: k1, ", "", "reports.merchants.acme_us.key_id: required for jwt"},
		{"no container", `p12: "${file:eu.p12}", `, "", "reports.merchants.acme_eu.p12: required for jwt-p12"},
		{"an unknown scheme", "auth: jwt-p12", "auth: oauth", `reports.merchants.acme_eu.auth: "oauth"`},
		{"an unknown key", "key_id: k1", "key_id: k1, keyid: 2", "reports.merchants.acme_us.keyid: unknown key"},
		{"an unknown key of a report", "ready_by: 90m", "redy_by: 90m", "reports.list[0].redy_by: unknown key"},
		{"a zone that is none", "zone: PST", "zone: Mars", "tieout.yaml:15: reports.list[0].zone"},
		{"a time that is none", `start: "17:00"`, "start: noon", "reports.list[0].start"},
		{"a wait that is none", "ready_by: 90m", "ready_by: soon", "reports.list[0].ready_by"},
		{"a format that is none", "format: json", "format: pdf", "reports.list[1].format"},
		{"a report on demand that is none", "name: net-fundings", "name: net-funding", "reports.list[1].name"},
		{"a one-time report of nothing", "definition: PaymentBatchDetailClass, ", "", "reports.list[0].one_time: needs a definition"},
		{"a merchant without an account", "merchants: [acme_eu]", "merchants: [acme_uk]", `reports.list[1].merchants: "acme_uk" has no account`},
		{"no name", "name: Daily, ", "", "reports.list[0].name: required"},
		{"a flag that is none", "one_time: true", "one_time: maybe", "reports.list[0].one_time: true or false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(good, c.from, c.to, 1)
			if text == good {
				t.Fatal("the case changes nothing")
			}
			_, faults := account(t, text)
			if !strings.Contains(faults, c.fault) || strings.Count(faults, "\n") > 1 || strings.Contains(faults, "c2VjcmV0") {
				t.Errorf("got %q, want %q", faults, c.fault)
			}
		})
	}
	if _, faults := account(t, strings.NewReplacer("environment: test", "environment: x", "PST", "Mars", "k1", "").Replace(good)); strings.Count(faults, "\n") != 2 {
		t.Errorf("not all at once: %q", faults)
	}
}

// An account whose rows would all be of a merchant without a store is a slip of spelling.
func TestAnAccountOfNoMerchant(t *testing.T) {
	const account = `
documents: erp
reports:
  environment: test
  merchants:
    %s: {key_id: k1, secret: "${env:US}"}
  list: [{name: Daily}]
`
	for id, want := range map[string]string{"acme": "", "Acme": "reports.merchants.Acme: has no store", "probe": ""} {
		text := strings.Replace(account, "%s", id, 1) + "test_merchants: [probe]\n"
		day := recon.NewDate(2026, 11, 23)
		_, err := ReadRun("tieout.yaml", []byte(strings.Replace(companyText, "reports: reports\n", "", 1)+text), os.DirFS(t.TempDir()), Range{day, day, day})
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %v, want %q", id, err, want)
		}
	}
}

func TestAFolderIsNoAccount(t *testing.T) {
	for _, section := range []string{"reports: folder", "reports: {path: folder}", ""} {
		if p, faults := account(t, section); p != nil || faults != "" {
			t.Errorf("%q: %+v, %s", section, p, faults)
		}
	}
}

func (s *sheet) read(t *testing.T, text string) {
	t.Helper()
	var err error
	if err = yaml.Unmarshal([]byte(text), &s.values); err == nil {
		s.file, err = parser.ParseBytes([]byte(text), 0)
	}
	if err != nil {
		t.Fatal(err)
	}
}
