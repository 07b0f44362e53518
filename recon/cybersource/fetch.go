package cybersource

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tieout/recon"
)

// State is how the fetch of a report of one day ended.
type State string

// The states. Late may still come by itself; Missing will not.
const (
	Received    State = "RECEIVED"
	Empty       State = "EMPTY"       // the processor says that the day has no data
	Late        State = "LATE"        // not over, not made, or not there yet
	Missing     State = "MISSING"     // no subscription, or the processor failed to make it
	Quarantined State = "QUARANTINED" // received, but of another merchant or window
)

// Daily is a report that is made every day.
type Daily struct {
	Name     string // of the subscription, or the path of a report on demand
	Format   Format
	Schedule Schedule
}

// Found is what became of one day.
type Found struct {
	State       State
	Why         string // unless received
	Unlisted    bool   // late, and the processor does not list it even as waiting
	Window      Window
	Correlation string
}

// Day fetches the report of a business day. That there is none is proven by the
// list of reports, never taken from a 404 (cybersource.md 3.4).
func (c *Client) Day(ctx context.Context, d Daily, day recon.Date, keep Keep) (Found, error) {
	f := Found{Window: d.Schedule.Of(day)}
	if now := c.host.o.Now(); now.Before(f.Window.End) {
		f.State, f.Why = Late, "the day ends at "+f.Window.End.UTC().Format(time.RFC3339)
		return f, nil
	}
	if d.Format == JSON {
		return c.onDemand(ctx, d, f, keep)
	}
	query := c.organization("reportName", d.Name, "reportDate", d.Schedule.ReportDate(day).String())
	found, err := c.take(ctx, query, d.Format, f, keep)
	if !NotFound(err) {
		return found, err
	}
	return c.explain(ctx, d, f)
}

// take downloads, and judges whose report it is and of when.
func (c *Client) take(ctx context.Context, query map[string][]string, format Format, f Found, keep Keep) (Found, error) {
	a, h, err := c.download(ctx, query, format, keep)
	if a != nil {
		f.Correlation = a.Correlation
	}
	if err != nil {
		return f, err
	}
	f.State = Received
	switch {
	case h.Merchant != "" && !strings.EqualFold(h.Merchant, c.merchant):
		f.State, f.Why = Quarantined, fmt.Sprintf("the report is of merchant %s", shown(h.Merchant))
	case h.Window != (Window{}) && !h.Window.Equal(f.Window):
		f.State, f.Why = Quarantined, fmt.Sprintf("the report covers %s where %s was asked for; compare zone and start of the subscription", h.Window, f.Window)
	}
	return f, nil
}

// explain finds out why a report could not be downloaded.
func (c *Client) explain(ctx context.Context, d Daily, f Found) (Found, error) {
	listed, err := c.Reports(ctx, f.Window, Search{Name: d.Name})
	if err != nil {
		return f, err
	}
	own := slices.DeleteFunc(slices.Clone(listed), func(l Listed) bool { return !l.Window.Equal(f.Window) })
	if len(own) > 0 {
		f.State, f.Why = own[len(own)-1].outcome()
		return f, nil
	}
	if len(listed) > 0 {
		f.State = Missing
		f.Why = fmt.Sprintf("the subscription makes reports of %s where %s was asked for; correct zone or start in the configuration", listed[0].Window, f.Window)
		return f, nil
	}
	there, err := c.subscribed(ctx, d.Name)
	if err != nil {
		return f, err
	}
	f.State, f.Why, f.Unlisted = Late, "the processor has not begun to make it", true
	if !there {
		f.State, f.Why = Missing, fmt.Sprintf("merchant %s has no subscription %q; correct the name, or make it by tieout check --create-subscriptions", c.merchant, shown(d.Name))
	}
	return f, nil
}

// outcome is what the list says of a report that could not be downloaded.
func (l *Listed) outcome() (State, string) {
	switch l.Status {
	case NoData:
		return Empty, "the processor lists the day as NO_DATA"
	case Errored:
		return Missing, "the processor failed to make it (ERROR)"
	case Completed:
		return Late, "the processor lists it as COMPLETED and does not hand it out yet"
	case Pending, Queued, Running, Rerun:
	}
	return Late, "the processor is making it (" + shown(string(l.Status)) + ")"
}

// Plan is when to look again at a one-time report that is being made: after
// First, then at twice the wait up to Most, until Until.
type Plan struct {
	First, Most time.Duration // 0: a minute, a quarter of an hour
	Until       time.Time
}

// wait sleeps until the next look; false when the plan is over.
func (c *Client) wait(ctx context.Context, p *Plan) (bool, error) {
	p.First, p.Most = cmp.Or(p.First, time.Minute), cmp.Or(p.Most, 15*time.Minute)
	left := p.Until.Sub(c.host.o.Now())
	if left <= 0 {
		return false, nil
	}
	err := c.host.o.Sleep(ctx, min(p.First, left))
	p.First = min(2*p.First, p.Most)
	return true, err
}
