package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tieout/recon"
	"tieout/recon/night"
)

// Service is what `serve` needs beside a run's configuration.
//
//	schedule:                    # or a list of such sections
//	  at: "05:30"
//	  zone: America/New_York     # time_zone, if not said
//	  weekdays: [mon, tue, wed, thu, fri]   # every day, if not said
//	  holidays: ["2026-11-26"]
//	  lag: 1                     # the last day covered lies so many days before the morning
//	start: 2026-10-01            # the first business day ever
//	notify:
//	  mail: {host: smtp.acme.example, port: 587, from: tieout@acme.example, to: [finance@acme.example], user: tieout, password: "${env:SMTP_PASSWORD}", attach: true}
//	  webhook: {url: "${env:TEAMS_URL}", form: teams}
//	  exceptions_above: 20
//	  overdue_after: 2h
//	admin: 127.0.0.1:9464        # /healthz /readyz /metrics /status
//	pooler: true                 # the database stands behind a transaction pooler, which cannot notify: serve asks it once a second
type Service struct {
	Schedules []night.Schedule
	Start     recon.Date // 0 where a run has been
	Mail      *Mail
	Hook      *Hook
	Above     int
	Overdue   time.Duration
	Admin     string
	Pooler    bool
}

// Mail is how notices are mailed. Password is a reference.
type Mail struct {
	Host, From, User, Password, TLS string
	Port                            int
	To                              []string
	Attach                          bool
}

// Hook is where notices are posted. URL is a reference.
type Hook struct{ URL, Form string }

// readService reads the keys of the service; zone is the company's.
func (s *sheet) readService() (r Service) {
	if v, ok := s.value("schedule"); ok {
		r.Schedules = s.schedules(v)
	}
	if v, ok := s.value("start"); ok {
		r.Start = s.dateOf("start", v)
	}
	if v, ok := s.value("notify"); ok {
		s.notify(&r, v)
	}
	r.Admin = s.str("admin", "")
	if v, ok := s.value("pooler"); ok {
		r.Pooler = s.flag("pooler", v)
	}
	return r
}

func (s *sheet) schedules(v any) (all []night.Schedule) {
	list, ok := v.([]any)
	if !ok {
		return []night.Schedule{s.schedule("schedule", v)}
	}
	for i, item := range list {
		all = append(all, s.schedule(fmt.Sprintf("schedule[%d]", i), item))
	}
	return all
}

func (s *sheet) schedule(key string, v any) night.Schedule {
	m := night.Schedule{Name: key, Lag: 1, Holidays: map[recon.Date]bool{}}
	said, zone := false, any(nil)
	if values, ok := s.values["time_zone"]; ok {
		zone = values
	}
	for field, value := range s.section(key, v) {
		at := key + "." + field
		switch field {
		case "name":
			m.Name = s.textOf(at, value)
		case "at":
			said = true
			m.Hour, m.Minute = s.timeOfDay(at, value)
		case "zone":
			zone = value
		case "weekdays":
			m.Weekdays = s.weekdays(at, value)
		case "holidays":
			for _, day := range s.textList(at, value) {
				m.Holidays[s.parseDate(at, day)] = true
			}
		case "lag":
			m.Lag = s.count(at, value, 0, 31)
		default:
			s.fault(at, "is not known here; known are name, at, zone, weekdays, holidays, lag")
		}
	}
	if !said {
		s.fault(key+".at", "required: the time of the morning, such as \"05:30\"")
	}
	if m.Zone = time.UTC; zone != nil {
		m.Zone = s.zone(key+".zone", zone)
	}
	return m
}

func (s *sheet) timeOfDay(key string, v any) (hour, minute int) {
	said := s.textOf(key, v)
	t, err := time.Parse("15:04", said)
	if err != nil {
		s.fault(key, "%q: a time such as \"05:30\" is needed", said)
	}
	return t.Hour(), t.Minute()
}

func (s *sheet) weekdays(key string, v any) map[time.Weekday]bool {
	all := map[time.Weekday]bool{}
	for _, name := range s.textList(key, v) {
		known := false
		for day := time.Sunday; day <= time.Saturday; day++ {
			if strings.EqualFold(name, day.String()[:3]) || strings.EqualFold(name, day.String()) {
				all[day], known = true, true
			}
		}
		if !known {
			s.fault(key, "%q: mon, tue, wed, thu, fri, sat or sun is needed", name)
		}
	}
	return all
}

// count is a whole number within bounds.
func (s *sheet) count(key string, v any, least, most int) int {
	said, _ := text(v)
	n, err := strconv.Atoi(said)
	if err != nil || n < least || n > most {
		s.fault(key, "%q: a whole number from %d to %d is needed", said, least, most)
	}
	return n
}

func (s *sheet) notify(r *Service, v any) {
	for field, value := range s.section("notify", v) {
		at := "notify." + field
		switch field {
		case "mail":
			r.Mail = s.mail(at, value)
		case "webhook":
			r.Hook = s.hook(at, value)
		case "exceptions_above":
			r.Above = s.count(at, value, 0, 1_000_000)
		case "overdue_after":
			r.Overdue = s.duration(at, value)
		default:
			s.fault(at, "is not known here; known are mail, webhook, exceptions_above, overdue_after")
		}
	}
}

func (s *sheet) mail(key string, v any) *Mail {
	m := &Mail{Port: 587, TLS: "mandatory"}
	texts := map[string]*string{"host": &m.Host, "from": &m.From, "user": &m.User, "password": &m.Password}
	for field, value := range s.section(key, v) {
		at := key + "." + field
		switch {
		case texts[field] != nil:
			*texts[field] = s.textOf(at, value)
		case field == "port":
			m.Port = s.count(at, value, 1, 65535)
		case field == "to":
			m.To = s.textList(at, value)
		case field == "tls":
			m.TLS = s.oneOf(at, value, "mandatory", "opportunistic", "none")
		case field == "attach":
			m.Attach = s.flag(at, value)
		default:
			s.fault(at, "is not known here; known are %v, port, to, tls, attach", slices.Sorted(maps.Keys(texts)))
		}
	}
	if m.Host == "" || m.From == "" || len(m.To) == 0 {
		s.fault(key, "host, from and to are required")
	}
	return m
}

func (s *sheet) hook(key string, v any) *Hook {
	h := &Hook{Form: "json"}
	for field, value := range s.section(key, v) {
		at := key + "." + field
		switch field {
		case "url":
			h.URL = s.textOf(at, value)
		case "form":
			h.Form = s.oneOf(at, value, "json", "slack", "teams")
		default:
			s.fault(at, "is not known here; known are url, form")
		}
	}
	if h.URL == "" {
		s.fault(key+".url", "required, such as ${env:WEBHOOK_URL}")
	}
	return h
}
