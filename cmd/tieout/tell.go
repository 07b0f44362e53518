package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/wneessen/go-mail"

	"tieout/cmd/tieout/internal/service"
	"tieout/recon"
	"tieout/recon/store"
)

// The channels by which people are told.
const (
	byMail = "mail"
	byHook = "webhook"
)

// channel is a way to tell people.
type channel struct {
	name string
	send func(context.Context, service.Notice) error
}

func (v *serveVerb) channels(n *nightly) (all []channel, err error) {
	from := n.secrets()
	if m := n.cfg.Service.Mail; m != nil {
		mailer := &service.Mail{Host: m.Host, Port: m.Port, From: m.From, To: m.To, User: m.User, TLS: tlsPolicy(m.TLS), Attach: m.Attach}
		if m.Password != "" {
			password, err := from.Resolve(m.Password)
			if err != nil {
				return nil, fmt.Errorf("notify.mail.password: %w", err)
			}
			mailer.Password = password.Reveal()
		}
		all = append(all, channel{byMail, mailer.Send})
	}
	if h := n.cfg.Service.Hook; h != nil {
		url := h.URL
		if strings.HasPrefix(url, "${") {
			address, err := from.Resolve(url)
			if err != nil {
				return nil, fmt.Errorf("notify.webhook.url: %w", err)
			}
			url = address.Reveal()
		}
		all = append(all, channel{byHook, (&service.Hook{URL: url, Form: h.Form}).Send})
	}
	return all, nil
}

func tlsPolicy(said string) mail.TLSPolicy {
	switch said {
	case "none":
		return mail.NoTLS
	case "opportunistic":
		return mail.TLSOpportunistic
	}
	return mail.TLSMandatory
}

// channel is the one of a name, nil if the configuration has none.
func (v *served) channel(name string) *channel {
	for i := range v.channels {
		if v.channels[i].name == name {
			return &v.channels[i]
		}
	}
	return nil
}

// Tell keeps a notice with a job that sends it. Where the store or the queue is the
// trouble it is sent at once, and once.
func (v *served) Tell(ctx context.Context, notice service.Notice) error {
	if len(v.channels) == 0 {
		return nil
	}
	var err error
	if !notice.Direct {
		err = v.announce(ctx, notice, v.untold(notice.Key))
	}
	if err == nil && !notice.Direct {
		return nil
	}
	if faults := v.sendAll(ctx, notice); faults != nil {
		return errors.Join(err, faults)
	}
	return nil
}

// untold are the channels by which a notice was not sent while it could not be kept.
func (v *served) untold(key string) (names []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range v.channels {
		if !v.direct[c.name+"|"+key] {
			names = append(names, c.name)
		}
	}
	return names
}

// firstTime tells whether a notice that cannot be kept was not sent yet by a channel, and notes that it is.
func (v *served) firstTime(key string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.direct == nil {
		v.direct = map[string]bool{}
	}
	was := v.direct[key]
	v.direct[key] = true
	return !was
}

func (v *served) forget(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.direct, key)
}

// sendAll sends a notice by every channel that has not told it.
func (v *served) sendAll(ctx context.Context, notice service.Notice) error {
	var faults []error
	for _, c := range v.channels {
		key := c.name + "|" + notice.Key
		if !v.firstTime(key) {
			continue
		}
		if err := c.send(ctx, notice); err != nil {
			v.forget(key)
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// Send sends a notice by every channel that has not told it.
func (v *served) Send(ctx context.Context, key string) error {
	untold, err := v.store.Untold(ctx, v.company, key)
	if err != nil {
		return err
	}
	var faults []error
	for i := range untold {
		faults = append(faults, v.sendBy(ctx, &untold[i]))
	}
	return errors.Join(faults...)
}

// tellOthers tells of a channel that does not tell by those that may (R18).
func (v *served) tellOthers(ctx context.Context, dumb string, why error) error {
	var others []string
	for _, c := range v.channels {
		if c.name != dumb {
			others = append(others, c.name)
		}
	}
	if len(others) == 0 {
		return nil
	}
	return v.announce(ctx, service.Untold(dumb, recon.DateOf(v.now()), why), others)
}

// announce keeps a notice for channels, with a job that sends it.
func (v *served) announce(ctx context.Context, n service.Notice, channels []string) error {
	return v.store.Announce(ctx, v.company, store.Notice{Key: n.Key, Kind: string(n.Kind), Subject: n.Subject, Body: n.Text, Attach: n.Attach, Channels: channels})
}

// sendBy sends a notice by its channel. The workbook that it names is handed out first.
func (v *served) sendBy(ctx context.Context, kept *store.Notice) error {
	c := v.channel(kept.Channels[0])
	if c == nil {
		return nil // the configuration has it no more
	}
	if kept.Attach != "" {
		if err := v.Publish(ctx, ""); err != nil {
			return err
		}
	}
	err := c.send(ctx, service.Notice{Key: kept.Key, Kind: service.Kind(kept.Kind), Subject: kept.Subject, Text: kept.Body, Attach: kept.Attach})
	if err != nil {
		return errors.Join(err, v.store.NotTold(ctx, v.company, kept.Key, c.name, err.Error()), v.tellOthers(ctx, c.name, err))
	}
	return v.store.Told(ctx, v.company, kept.Key, c.name)
}
