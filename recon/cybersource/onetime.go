package cybersource

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Order is a one-time report over a stretch of days, for what the daily reports
// lack. Of one merchant at most three are made at once; a fourth waits.
type Order struct {
	Definition string // such as PaymentBatchDetailClass
	Name       string // what it is called; the same name is the same report
	Format     Format
	Schedule   Schedule
	Days       Days // at most 31: see [Slices]
	Fields     []string
}

// orderForm is the body of the request (cybersource.md 3.3).
type orderForm struct {
	Organization string      `json:"organizationId"`
	Definition   string      `json:"reportDefinitionName"`
	Fields       []string    `json:"reportFields"`
	Mime         string      `json:"reportMimeType"`
	Name         string      `json:"reportName"`
	Zone         string      `json:"timezone"`
	Start        string      `json:"reportStartTime"`
	End          string      `json:"reportEndTime"`
	Preferences  Preferences `json:"reportPreferences"`
}

// OneTime has a one-time report made, waits for it by the plan, and fetches it.
// A report of the name that is there already, from an attempt that was cut
// short, is taken.
func (c *Client) OneTime(ctx context.Context, o Order, p Plan, keep Keep) (Found, error) {
	if o.Days.To-o.Days.From >= maxSlice || o.Days.To < o.Days.From {
		return Found{}, fmt.Errorf("a one-time report covers 1 to %d days, not %s", maxSlice, o.Days)
	}
	select {
	case c.making <- struct{}{}:
	case <-ctx.Done():
		return Found{}, context.Cause(ctx)
	}
	defer func() { <-c.making }()
	f := Found{Window: o.Schedule.Across(o.Days)}
	listed, err := c.ordered(ctx, o, f.Window)
	if err == nil && listed == nil {
		err = c.order(ctx, o, f.Window)
	}
	if err != nil {
		return f, err
	}
	return c.collect(ctx, o, f, p, keep)
}

// ordered finds the report of the order in the list; nil if it is not there.
func (c *Client) ordered(ctx context.Context, o Order, w Window) (*Listed, error) {
	all, err := c.Reports(ctx, w, Search{Name: o.Name})
	for i := range all {
		if all[i].Window.Equal(w) {
			return &all[i], err
		}
	}
	return nil, err
}

func (c *Client) order(ctx context.Context, o Order, w Window) error {
	_, err := c.write(ctx, http.MethodPost, reportsPath, orderForm{
		Organization: c.merchant, Definition: o.Definition, Fields: o.Fields, Mime: o.Format.Mime(), Name: o.Name, Zone: o.Schedule.Zone.String(),
		Start: w.Start.In(o.Schedule.Zone).Format(time.RFC3339), End: w.End.In(o.Schedule.Zone).Format(time.RFC3339),
		Preferences: Preferences{Signed: true, Convention: "SOAPI"},
	})
	if notModified(err) {
		return nil
	}
	return err
}

// collect waits for the report of an order and fetches it.
func (c *Client) collect(ctx context.Context, o Order, f Found, p Plan, keep Keep) (Found, error) {
	for {
		l, err := c.ordered(ctx, o, f.Window)
		if err != nil {
			return f, err
		}
		if f.State, f.Why = Late, "the processor has not begun to make it"; l != nil {
			f.State, f.Why = l.outcome()
		}
		if l != nil && l.Status == Completed {
			query := l.download
			if query == nil {
				query = c.organization("reportName", o.Name, "reportDate", o.Schedule.ReportDate(o.Days.To).String())
			}
			query.Set("organizationId", c.merchant)
			found, err := c.take(ctx, query, o.Format, f, keep)
			if !NotFound(err) {
				return found, err
			}
		}
		if f.State != Late {
			return f, nil
		}
		if more, err := c.wait(ctx, &p); !more || err != nil {
			return f, err
		}
	}
}
