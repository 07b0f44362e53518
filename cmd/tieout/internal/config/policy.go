// Package config reads what finance and the administrator decide: one YAML or
// JSON file becomes checked values of the packages that use them. Start at
// [ReadPolicy], and at [ReadRun] for runs with state; the keys of the processor
// account, from which reports are fetched, are those of [Processor]. Every fault of a file is reported at once, with key and line.
// What must never come in: decisions of its own beyond the documented defaults.
package config

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"tieout/ledger"
	"tieout/ledger/money"
	"tieout/recon"
	"tieout/recon/cybersource/reportfile"
	"tieout/recon/sagepro"
)

// Policy is a policy file, checked.
type Policy struct {
	Set, Description string
	Recon            recon.Policy
	Chart            ledger.Chart
	Rules            *ledger.RuleTable // by which the general ledger is booked
	PaymentTypes     map[string]string
	ReportColumns    map[reportfile.Kind]map[string]string // by report kind: names in its files to names that are known
	Mapping          *sagepro.Mapping                      // nil: documents come in the neutral layout
	ERP              *sagepro.Company                      // what the tables of the ERP mean; nil: they are not read

	setup ledger.RuleSetup // of Rules
}

// ReadPolicy reads a policy in JSON or YAML. name is how errors call the file,
// beside is its folder for the files that it names; nil if there is none.
func ReadPolicy(name string, data []byte, beside fs.FS) (*Policy, error) {
	s := &sheet{name: name, known: map[string]bool{}}
	if err := s.parse(data); err != nil {
		return nil, err
	}
	p := s.policy(beside)
	if err := s.err(); err != nil {
		return nil, err
	}
	return p, nil
}

// policy reads all keys of a policy and reports those that nobody asked for.
func (s *sheet) policy(beside fs.FS) *Policy {
	p := &Policy{Set: s.str("set", ""), Description: s.str("description", "")}
	s.readRange(p)
	s.readMatching(p)
	s.readMerchants(p)
	s.readBooks(p)
	s.readOpening(p)
	s.readDocuments(p)
	s.readERP(p)
	s.readRules(p, beside)
	s.unknown()
	return p
}

var companyForm = regexp.MustCompile(`^[A-Z0-9_]{1,8}$`)

func (s *sheet) readRange(p *Policy) {
	r := &p.Recon
	r.Company = s.str("company", "TIEOUT")
	if !companyForm.MatchString(r.Company) {
		s.fault("company", "%q: 1 to 8 characters of A-Z, 0-9 and _ are needed", r.Company)
	}
	r.From, r.To, r.AsOf = s.date("date_from"), s.date("date_to"), s.date("as_of")
	if r.From > r.To {
		s.fault("date_from", "%s lies after date_to %s", r.From, r.To)
	}
	if v, ok := s.required("base_currency"); ok {
		r.Base = s.currency("base_currency", v)
	}
	if v, ok := s.required("time_zone"); ok {
		r.Zone = s.zone("time_zone", v)
	}
	r.CutOff = s.cutOff("cutoff_local", s.values["cutoff_local"])
	s.known["cutoff_local"] = true
	if v := s.str("closed_through", ""); v != "" {
		p.Chart.ClosedThrough = s.parseDate("closed_through", v)
	}
}

func (s *sheet) date(key string) recon.Date {
	v, ok := s.required(key)
	if !ok {
		return 0
	}
	t, _ := text(v)
	return s.parseDate(key, t)
}

func (s *sheet) parseDate(key, t string) recon.Date {
	d, err := recon.ParseDate(t)
	if err != nil {
		s.fault(key, "%v", err)
	}
	return d
}

func (s *sheet) currency(key string, v any) money.Currency {
	t, _ := text(v)
	c, err := money.ParseCurrency(t)
	if err != nil {
		s.fault(key, "%v", err)
	}
	return c
}

func (s *sheet) zone(key string, v any) *time.Location {
	t, _ := text(v)
	zone, err := time.LoadLocation(t)
	if err != nil || t == "" || t == "Local" {
		s.fault(key, "%q is not a time zone such as America/New_York", t)
		return time.UTC
	}
	return zone
}

func (s *sheet) cutOff(key string, v any) recon.CutOff {
	if v == nil || v == "" {
		return recon.CutOff{}
	}
	t, _ := text(v)
	for _, form := range []string{"15:04", "15:04:05"} {
		if at, err := time.Parse(form, t); err == nil {
			h, m, sec := at.Clock()
			return recon.CutOff{Set: true, Seconds: h*3600 + m*60 + sec}
		}
	}
	s.fault(key, "%q is not a time of day such as 17:00", t)
	return recon.CutOff{}
}

func (s *sheet) readMatching(p *Policy) {
	r := &p.Recon
	r.TimingDays = s.integer("timing_days", 3)
	r.LooseDays = s.integer("loose_window_days", 5)
	r.DuplicateDays = s.integer("duplicate_window_days", 3)
	r.FundingLagDays = s.integer("funding_lag_days", 2)
	r.FXToleranceBP = int64(s.integer("fx_tolerance_bp", 100))
	r.TruncatedReference = s.integer("truncated_reference_length", 0)
	r.TestPrefix = s.str("test_prefix", "TEST")
	r.WindowBefore, r.WindowAfter = s.window("date_window_days", -5, 45)
	r.TestMerchants, r.CardMethods = map[string]bool{}, map[string]bool{}
	for _, m := range s.list("test_merchants", nil) {
		r.TestMerchants[m] = true
	}
	for _, m := range s.list("payment_methods", []string{"CARD", "ECHECK"}) {
		r.CardMethods[m] = true
	}
	r.Canon = recon.DefaultCanon()
	r.Canon.Prefix = s.pattern("reference_prefix", r.Canon.Prefix)
	r.Canon.Suffix = s.pattern("reference_suffix", r.Canon.Suffix)
	r.Rates = map[money.Currency]money.Rate{}
	for code, t := range s.texts("rates") {
		key := "rates." + code
		rate, err := money.ParseRate(t)
		if err != nil {
			s.fault(key, "%v", err)
		}
		r.Rates[s.currency(key, code)] = rate
	}
	s.readTolerance(r)
	p.PaymentTypes = s.texts("payment_types")
	s.readReportColumns(p)
}

// readReportColumns reads what columns, elements and members of reports mean
// that have other names than those that are known.
func (s *sheet) readReportColumns(p *Policy) {
	v, ok := s.value("report_columns")
	if !ok {
		return
	}
	section, ok := v.(map[string]any)
	if !ok {
		s.fault("report_columns", "a section for each kind of report is needed, such as trr-csv")
		return
	}
	p.ReportColumns = map[reportfile.Kind]map[string]string{}
	for _, kind := range slices.Sorted(maps.Keys(section)) {
		key := "report_columns." + kind
		names := s.textsOf(key, section[kind])
		for _, name := range slices.Sorted(maps.Keys(names)) {
			means := names[name]
			if !reportfile.KnowsColumn(reportfile.Kind(kind), means) {
				s.fault(key+"."+name, "%q is no column that is known of a report %s", means, kind)
			}
		}
		p.ReportColumns[reportfile.Kind(kind)] = names
	}
}

func (s *sheet) pattern(key string, fallback *regexp.Regexp) *regexp.Regexp {
	t := s.str(key, "")
	if t == "" {
		return fallback
	}
	re, err := regexp.Compile(t)
	if err != nil {
		s.fault(key, "%v", err)
	}
	return re
}

func (s *sheet) window(key string, before, after int) (int, int) {
	v, ok := s.value(key)
	if !ok {
		return before, after
	}
	pair, ok := v.([]any)
	if ok && len(pair) == 2 {
		from, okFrom := whole(pair[0])
		to, okTo := whole(pair[1])
		if okFrom && okTo && from <= to {
			return from, to
		}
	}
	s.fault(key, "two whole numbers are needed, such as [-5, 45]")
	return before, after
}

// readTolerance: without a tolerance section every currency has the default
// limit of its digits; with one, a foreign currency needs a limit of its own (MAT-07).
func (s *sheet) readTolerance(r *recon.Policy) {
	r.Tolerance = recon.Tolerance{PercentBP: 50, Absolute: map[money.Currency]int64{}}
	v, given := s.value("tolerance")
	if !given {
		for c := range r.Rates {
			r.Tolerance.Absolute[c] = defaultTolerance(c)
		}
		r.Tolerance.Absolute[r.Base] = defaultTolerance(r.Base)
		return
	}
	section, ok := v.(map[string]any)
	if !ok {
		s.fault("tolerance", "percent_bp and one section for each currency are needed")
		return
	}
	r.Tolerance.Absolute[r.Base] = defaultTolerance(r.Base)
	for name, value := range section {
		key := "tolerance." + name
		if name == "percent_bp" {
			n, ok := whole(value)
			if !ok || n < 0 {
				s.fault(key, "%v is not a whole number of basis points", value)
			}
			r.Tolerance.PercentBP = int64(n)
			continue
		}
		c := s.currency(key, name)
		limit, err := money.Parse(s.textsOf(key, value)["abs"], c)
		if err != nil || limit.Sign() < 0 {
			s.fault(key+".abs", "an amount of %s is needed", name)
		}
		r.Tolerance.Absolute[c] = limit.Minor()
	}
}

// defaultTolerance is 0.05, 1 or 0.005 by the currency's digits.
func defaultTolerance(c money.Currency) int64 {
	if c.Digits() == 0 {
		return 1
	}
	return 5
}

func (s *sheet) readMerchants(p *Policy) {
	p.Recon.Merchants = map[string]recon.Merchant{}
	v, ok := s.required("merchants")
	if !ok {
		return
	}
	section, ok := v.(map[string]any)
	if !ok || len(section) == 0 {
		s.fault("merchants", "at least one merchant id with its store is needed")
		return
	}
	for _, id := range slices.Sorted(maps.Keys(section)) {
		key := "merchants." + id
		facts := s.textsOf(key, section[id])
		m := recon.Merchant{Store: facts["store"]}
		switch facts["revenue_model"] {
		case "", "AR":
		case "CASH_SALE":
			m.Model = recon.CashSale
		default:
			s.fault(key+".revenue_model", "%q: AR or CASH_SALE is needed", facts["revenue_model"])
		}
		if m.Store == "" {
			s.fault(key+".store", "required: every account of the merchant ends in its store")
		}
		if facts["time_zone"] != "" {
			m.Zone = s.zone(key+".time_zone", facts["time_zone"])
		}
		m.CutOff = s.cutOff(key+".cutoff_local", facts["cutoff_local"])
		for name := range facts {
			if !slices.Contains([]string{"store", "revenue_model", "time_zone", "cutoff_local"}, name) {
				s.fault(key+"."+name, "unknown key; remove it or correct its name")
			}
		}
		p.Recon.Merchants[id] = m
	}
}

func (s *sheet) readBooks(p *Policy) {
	c := &p.Chart
	if c.HeadOffice = s.str("ho_store", "000"); c.HeadOffice == "" {
		s.fault("ho_store", "a store is needed: accounts that belong to no merchant end in it")
	}
	c.Accounts = map[ledger.Role]string{}
	if _, ok := s.required("accounts"); ok {
		for name, number := range s.texts("accounts") {
			if !slices.Contains(ledger.Roles(), ledger.Role(name)) {
				s.fault("accounts."+name, "unknown account; remove it or correct its name")
			}
			c.Accounts[ledger.Role(name)] = number
		}
		for _, role := range c.Missing() {
			s.fault("accounts."+string(role), "required, but not given")
		}
	}
	c.Cash = map[money.Currency]string{}
	for code, number := range s.texts("cash_accounts") {
		c.Cash[s.currency("cash_accounts."+code, code)] = number
	}
	c.Fees, c.Adjustments = s.texts("fee_accounts"), s.texts("adjustment_accounts")
}

func (s *sheet) readOpening(p *Policy) {
	v, ok := s.value("opening_unfunded")
	if !ok {
		return
	}
	items, ok := v.([]any)
	if !ok {
		s.fault("opening_unfunded", "a list of batches is needed")
	}
	for i, item := range items {
		key := fmt.Sprintf("opening_unfunded[%d]", i)
		facts := s.textsOf(key, item)
		c := s.currency(key+".currency", facts["currency"])
		amount, err := money.Parse(facts["amount"], c)
		if err != nil {
			s.fault(key+".amount", "%q: %v", facts["amount"], err)
		}
		date := s.parseDate(key+".settlement_date", facts["settlement_date"])
		p.Recon.OpeningUnfunded = append(p.Recon.OpeningUnfunded, recon.OpeningBatch{
			BatchKey: recon.BatchKey{Merchant: facts["merchant_id"], SettlementDate: date, Currency: c}, Amount: amount.Minor(),
		})
	}
}

func (s *sheet) readDocuments(p *Policy) {
	v, ok := s.value("documents")
	if !ok {
		return
	}
	section, ok := v.(map[string]any)
	if !ok {
		s.fault("documents", "a mapping of columns is needed")
		return
	}
	d := s.inside("documents", section)
	if format := d.str("format", "csv"); format != "csv" {
		d.fault("format", "%q: only csv is known", format)
	}
	m := &sagepro.Mapping{
		Encoding: d.str("encoding", ""), DateFormat: d.str("date_format", ""),
		Columns: d.texts("columns"), Constants: d.texts("constants"), Lookups: map[string]map[string]string{},
		Dimensions: d.texts("dimensions"),
	}
	if delimiter := []rune(d.str("delimiter", ",")); len(delimiter) == 1 {
		m.Delimiter = delimiter[0]
	} else {
		d.fault("delimiter", "one character is needed")
	}
	if lookups, ok := d.value("lookups"); ok {
		fields, _ := lookups.(map[string]any)
		for field, values := range fields {
			m.Lookups[field] = d.textsOf("lookups."+field, values)
		}
	}
	d.close(s)
	for _, err := range m.Check() {
		s.fault("documents", "%s", strings.TrimPrefix(err.Error(), "documents: "))
	}
	p.Mapping = m
}
