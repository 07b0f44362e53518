package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tieout/ledger/posting"
	"tieout/recon"
	"tieout/recon/sagepro"
	"tieout/recon/sagepro/unposted"
)

// Unposted is the batch of Sage Pro for a target.
type Unposted struct {
	Layout unposted.Layout
	// FromERP tells what must be bound before the layout is used, because the
	// configuration does not say it.
	FromERP struct{ Accounts, Periods bool }
}

// formats reads the options of each format.
func (s *sheet) formats() map[string]func(d *sheet, t *Target) {
	return map[string]func(*sheet, *Target){
		"default":        func(d *sheet, t *Target) { t.Format = posting.Delimited("default", d.profile(false)) },
		"fixed-width":    func(d *sheet, t *Target) { t.Format = posting.Delimited("fixed-width", d.profile(true)) },
		"sage50-us":      func(_ *sheet, t *Target) { t.Format = posting.Sage50US() },
		"quickbooks-iif": func(_ *sheet, t *Target) { t.Format = posting.IIF() },
		"sage50-canada":  (*sheet).sage50Canada,
		"sage-intacct":   (*sheet).intacct,
		"sage-300":       (*sheet).sage300,
		unposted.Name:    (*sheet).sageProUnposted,
	}
}

func (s *sheet) format(key string, v any, t *Target) {
	section, ok := v.(map[string]any)
	if name, scalar := text(v); scalar {
		section, ok = map[string]any{"name": name}, true
	}
	if !ok {
		s.fault(key, "the name of a format is needed, or a section with name and options")
		return
	}
	d := s.inside(key, section)
	name := d.str("name", "default")
	read := s.formats()[name]
	if read == nil {
		s.fault(key, "posting format %q: one of %v is needed", name, slices.Sorted(maps.Keys(s.formats())))
		return
	}
	read(d, t)
	d.close(s)
}

// layout hands on what is wrong with a layout.
func (s *sheet) layout(faults []posting.LayoutFault) {
	for _, f := range faults {
		s.fault(f.Option, "%s", f.Message)
	}
}

// choice is one of a few words; the first, if not said.
func (s *sheet) choice(key string, words ...string) string {
	v, ok := s.value(key)
	if !ok {
		return words[0]
	}
	return s.oneOf(key, v, words...)
}

func (s *sheet) profile(fixed bool) posting.Profile {
	p := posting.Profile{
		Fixed: fixed, CRLF: s.choice("line_end", "lf", "crlf") == "crlf", Windows1252: s.choice("encoding", "utf-8", "windows-1252") == "windows-1252",
	}
	if v, ok := s.value("widths"); fixed && ok {
		p.Widths = map[string]map[string]int{}
		for record, fields := range s.section("widths", v) {
			p.Widths[record] = s.widths("widths."+record, fields)
		}
	} else if ok {
		s.fault("widths", "fields are separated here; only fixed-width has widths")
	}
	s.layout(p.Check())
	return p
}

// widths are whole numbers by name.
func (s *sheet) widths(key string, v any) map[string]int {
	all := map[string]int{}
	for name, said := range s.section(key, v) {
		n, ok := whole(said)
		if !ok {
			s.fault(key+"."+name, "%v is not a whole number", said)
			continue
		}
		all[name] = n
	}
	return all
}

func (s *sheet) sage50Canada(t *Target) {
	w := posting.Sage50CanadaWidths{Source: s.integer("source", 0), Comment: s.integer("comment", 0)}
	s.layout(w.Check())
	t.Format = posting.Sage50Canada(w)
}

func (s *sheet) intacct(t *Target) {
	template := posting.IntacctTemplate{Journal: s.str("journal", ""), Columns: s.list("columns", nil), Constants: s.texts("constants")}
	s.layout(template.Check())
	t.Format = posting.Intacct(template)
}

func (s *sheet) sage300(t *Target) {
	l := posting.Sage300Layout{
		Type: s.str("record_type", ""), Header: s.str("header", ""), Detail: s.str("detail", ""), HeaderColumns: s.list("header_columns", nil), DetailColumns: s.list("detail_columns", nil),
		Constants: s.texts("constants"), Batch: s.str("batch", ""), Ledger: s.str("ledger", ""), Journal: s.str("journal", ""),
	}
	if calendar := s.calendar(); calendar != nil {
		l.Period = calendar.Open
	}
	s.layout(l.Check())
	t.Format = posting.Sage300(l)
}

func (s *sheet) sageProUnposted(t *Target) {
	u := &Unposted{Layout: unposted.Layout{
		DBF: s.choice("files", "dbf", "csv") == "dbf", CodePage: s.str("code_page", ""), Dates: s.str("date_format", ""), Company: s.str("company", ""), Constants: s.texts("constants"),
		Version: map[string]byte{"vfp": 0x30, "fox2": 0x03}[s.choice("version", "vfp", "fox2")],
	}}
	if v, ok := s.value("widths"); ok {
		u.Layout.Widths = s.widths("widths", v)
	}
	u.FromERP.Accounts, u.FromERP.Periods = true, true
	if mask := s.str("mask", ""); mask != "" {
		u.FromERP.Accounts, u.Layout.Account = false, masked(mask)
	}
	if calendar := s.calendar(); calendar != nil {
		u.FromERP.Periods, u.Layout.Period = false, calendar.Open
	}
	s.layout(u.Layout.Check())
	t.Unposted = u
}

// masked gives accounts the form of the ERP's account numbers.
func masked(mask string) func(string) (string, error) {
	return func(number string) (string, error) {
		stored, ok := sagepro.Masked(number, mask)
		if !ok {
			return "", fmt.Errorf("account %s does not have the form %s of the ERP's account numbers", number, mask)
		}
		return stored, nil
	}
}

// calendar is a list of fiscal periods; nil if there is none.
func (s *sheet) calendar() *sagepro.Calendar {
	v, ok := s.value("calendar")
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		s.fault("calendar", "a list of periods is needed, each with period, from and to")
		return nil
	}
	var periods []sagepro.Period
	for i, item := range list {
		periods = append(periods, s.period(fmt.Sprintf("calendar[%d]", i), item))
	}
	return sagepro.NewCalendar(periods)
}

func (s *sheet) period(key string, v any) (p sagepro.Period) {
	for field, value := range s.section(key, v) {
		at := key + "." + field
		switch field {
		case "period":
			p.Number = s.textOf(at, value)
		case "from":
			p.From = s.dateOf(at, value)
		case "to":
			p.To = s.dateOf(at, value)
		case "locked":
			p.Locked = s.flag(at, value)
		default:
			s.fault(at, "is not known here; known are period, from, to, locked")
		}
	}
	if len(p.Number) != 6 || strings.Trim(p.Number, "0123456789") != "" {
		s.fault(key+".period", "%q: year and two digits are needed, such as \"202701\"", p.Number)
	}
	if p.From == 0 || p.To < p.From {
		s.fault(key+".to", "the first and the last day are needed, in this order")
	}
	return p
}

// tieTargets completes targets that take accounts and periods of the ERP, and
// refuses those where there is no ERP to take them of.
func (s *sheet) tieTargets(r *Run) {
	for i := range r.Targets {
		u := r.Targets[i].Unposted
		if u == nil {
			continue
		}
		key := fmt.Sprintf("targets[%d].format", i)
		if _, several := s.values["targets"]; !several {
			key = "posting.format"
		}
		if r.Door == nil && u.FromERP.Periods {
			s.fault(key+".calendar", "required: no ERP is connected whose fiscal calendar could be read (documents.kind); list the periods")
		}
		if r.Door == nil && u.FromERP.Accounts {
			s.fault(key+".mask", "required: no ERP is connected whose chart of accounts could be read (documents.kind); give the form of its account numbers, such as 9999-999")
		}
		if u.Layout.Company == "" && r.ERP != nil {
			u.Layout.Company = r.ERP.Number
		}
	}
}

// Bound is the format with the ERP's accounts and periods.
func (u *Unposted) Bound(account func(string) (string, error), period func(recon.Date) (string, error)) posting.Format {
	l := u.Layout
	if u.FromERP.Accounts {
		l.Account = account
	}
	if u.FromERP.Periods {
		l.Period = period
	}
	return l.Format()
}
