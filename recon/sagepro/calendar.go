package sagepro

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tieout/recon"
)

// Calendar is the fiscal calendar of the company: which days are in which
// period, and which periods are locked. A year may have 13 periods, and no
// period is a calendar month by right.
type Calendar struct {
	periods []Period // by their first day, then by number
}

// Period is a period of the general ledger.
type Period struct {
	Number   string     // yyyy and two digits of the period: 202613
	From, To recon.Date // both included
	Locked   bool       // for now or for good: nothing can be posted into it
}

// ReadCalendar reads the periods of the company from SYCDFIS.
func (c *Company) ReadCalendar(ctx context.Context, t Tables) (*Calendar, error) {
	var periods []Period
	err := c.Entries(ctx, t, "periods", func(_ int, e Entry) error {
		if of := e.text("company"); of != "" && of != c.Number {
			return nil
		}
		p := Period{Number: e.text("period"), Locked: isTrue(e.text("locked")) || isTrue(e.text("perm_locked"))}
		var err error
		if p.From, err = recon.ParseDate(day(e.text("from"))); err == nil {
			p.To, err = recon.ParseDate(day(e.text("to")))
		}
		switch {
		case err != nil:
			return fmt.Errorf("period %s has no first or last day (%w); correct the fiscal calendar", p.Number, err)
		case p.To < p.From:
			return fmt.Errorf("period %s ends on %s before it begins on %s; correct the fiscal calendar", p.Number, p.To, p.From)
		}
		periods = append(periods, p)
		return nil
	})
	if err == nil && len(periods) == 0 {
		err = fmt.Errorf("table %s has no period of company %s; nothing could be posted", c.Period.Table, c.Number)
	}
	return NewCalendar(periods), err
}

// NewCalendar is a calendar of periods in any order.
func NewCalendar(periods []Period) *Calendar {
	periods = slices.Clone(periods)
	slices.SortFunc(periods, func(a, b Period) int { return cmp.Or(int(a.From-b.From), strings.Compare(a.Number, b.Number)) })
	return &Calendar{periods}
}

// Periods are all, by their first day.
func (c *Calendar) Periods() []Period { return slices.Clone(c.periods) }

// Of is the period of a day. Where two hold it, as a 13th for adjustments may
// hold the last day of the 12th, it is the one that begins first.
func (c *Calendar) Of(date recon.Date) (Period, bool) {
	for _, p := range c.periods {
		if p.From <= date && date <= p.To {
			return p, true
		}
	}
	return Period{}, false
}

// Fault says why nothing can be posted on a day; "" if something can.
func (c *Calendar) Fault(date recon.Date) string {
	p, ok := c.Of(date)
	switch {
	case !ok:
		return fmt.Sprintf("%s lies in no period of the fiscal calendar", date)
	case p.Locked:
		return fmt.Sprintf("%s lies in period %s, which is locked", date, p.Number)
	}
	return ""
}

// Open is the number of the period of a day: 202613. The error says why nothing
// can be posted on that day.
func (c *Calendar) Open(date recon.Date) (string, error) {
	if fault := c.Fault(date); fault != "" {
		return "", errors.New(fault + "; open the period in the ERP, or extend its calendar")
	}
	p, _ := c.Of(date)
	return p.Number, nil
}
