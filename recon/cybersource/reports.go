package cybersource

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Status is how far the processor is with a report.
type Status string

// The statuses of the report search.
const (
	Completed Status = "COMPLETED"
	NoData    Status = "NO_DATA"
	Pending   Status = "PENDING"
	Queued    Status = "QUEUED"
	Running   Status = "RUNNING"
	Rerun     Status = "RERUN"
	Errored   Status = "ERROR"
)

// Listed is a report in the list of the processor.
type Listed struct {
	ID       string
	Name     string
	Mime     string
	Status   Status
	Window   Window
	Zone     string
	Finished time.Time // when it was made; zero if it is not
	download url.Values
}

// Search narrows the list. Zero fields do not.
type Search struct {
	Name      string
	Frequency string // DAILY, ADHOC ...
	Executed  bool   // by when a report was made, not by what it covers
}

const (
	reportsPath   = "/reporting/v3/reports"
	instantFormat = "2006-01-02T15:04:05.000Z"
)

// Reports lists the reports that cover a part of the window, oldest first. None is no error.
func (c *Client) Reports(ctx context.Context, w Window, s Search) ([]Listed, error) {
	kind := "reportTimeFrame"
	if s.Executed {
		kind = "executedTime"
	}
	var found struct {
		Rows []listedRow `json:"reportSearchResults"`
	}
	_, err := c.read(ctx, reportsPath, c.organization("startTime", w.Start.UTC().Format(instantFormat), "endTime", w.End.UTC().Format(instantFormat),
		"timeQueryType", kind, "reportName", s.Name, "reportFrequency", s.Frequency), &found)
	if err != nil && !NotFound(err) {
		return nil, err
	}
	var all []Listed
	for i := range found.Rows {
		l, err := found.Rows[i].listed()
		if err != nil {
			return nil, err
		}
		if s.Name == "" || s.Name == l.Name {
			all = append(all, l)
		}
	}
	slices.SortStableFunc(all, func(a, b Listed) int {
		return cmp.Or(a.Window.Start.Compare(b.Window.Start), a.Finished.Compare(b.Finished))
	})
	return all, nil
}

// listedRow is a row of the list on the wire: the link is called _link there and
// link in the processor's own model; the status has another name by id.
type listedRow struct {
	Link      downloadLink `json:"_link"`
	OtherLink downloadLink `json:"link"`
	ID        string       `json:"reportId"`
	Name      string       `json:"reportName"`
	Mime      string       `json:"reportMimeType"`
	Status    Status       `json:"status"`
	ByID      Status       `json:"reportStatus"`
	Start     string       `json:"reportStartTime"`
	End       string       `json:"reportEndTime"`
	Zone      string       `json:"timezone"`
	Done      string       `json:"reportCompletedTime"`
}

type downloadLink struct {
	Report struct {
		Href string `json:"href"`
	} `json:"reportDownload"`
}

func (r *listedRow) listed() (Listed, error) {
	l := Listed{ID: r.ID, Name: r.Name, Mime: r.Mime, Status: cmp.Or(r.Status, r.ByID), Zone: r.Zone, Window: windowBetween(r.Start, r.End)}
	if l.Window == (Window{}) {
		return l, &Broken{What: "report " + shown(r.Name) + " is listed with a window of " + shown(r.Start) + " to " + shown(r.End) + ", which are no instants"}
	}
	l.Finished, _ = instantIn(r.Done) // one that is not made has none
	l.download = linked(cmp.Or(r.Link.Report.Href, r.OtherLink.Report.Href))
	return l, nil
}

// linked takes the query of a download link. Its path and host are ours.
func linked(href string) url.Values {
	_, query, ok := strings.Cut(href, downloadsPath+"?")
	if !ok {
		return nil
	}
	q, err := url.ParseQuery(query)
	if at := q.Get("reportTime"); at != "" { // its offset has a bare plus sign
		q.Set("reportTime", strings.ReplaceAll(at, " ", "+"))
	}
	if err != nil || q.Get("reportName") == "" || q.Get("reportDate") == "" {
		return nil
	}
	return q
}

// Report gets a report's entry in the list by its id.
func (c *Client) Report(ctx context.Context, id string) (Listed, error) {
	var row listedRow
	if _, err := c.read(ctx, reportsPath+"/"+url.PathEscape(id), c.organization(), &row); err != nil {
		return Listed{}, err
	}
	row.ID = cmp.Or(row.ID, id)
	return row.listed()
}

// Ping proves that credentials are good and the host can be reached. The answer
// tells how far our clock is off.
func (c *Client) Ping(ctx context.Context) (*Answer, error) {
	var any struct{}
	a, err := c.read(ctx, definitionsPath, c.organization(), &any)
	if NotFound(err) { // the request was let in, which is what was asked
		return a, nil
	}
	return a, err
}

const definitionsPath = "/reporting/v3/report-definitions"

// Subscription is a daily report as a merchant has subscribed to it.
type Subscription struct {
	Name       string              `json:"reportName"`
	Definition string              `json:"reportDefinitionName"`
	Mime       string              `json:"reportMimeType"`
	Frequency  string              `json:"reportFrequency"`
	Zone       string              `json:"timezone"`
	Start      string              `json:"startTime"`
	Fields     []string            `json:"reportFields,omitempty"`
	Filters    map[string][]string `json:"reportFilters,omitempty"`
	Preference Preferences         `json:"reportPreferences"`
}

// Preferences are how a report writes its values.
type Preferences struct {
	Signed     bool   `json:"signedAmounts"`
	Convention string `json:"fieldNameConvention,omitempty"`
}

const subscriptionsPath = "/reporting/v3/report-subscriptions"

// Subscriptions lists what the merchant has subscribed to, by name.
func (c *Client) Subscriptions(ctx context.Context) ([]Subscription, error) {
	var found struct {
		All []Subscription `json:"subscriptions"`
	}
	if _, err := c.read(ctx, subscriptionsPath, c.organization(), &found); err != nil && !NotFound(err) {
		return nil, err
	}
	slices.SortFunc(found.All, func(a, b Subscription) int { return strings.Compare(a.Name, b.Name) })
	return found.All, nil
}

// subscribed tells whether there is a subscription of the name.
func (c *Client) subscribed(ctx context.Context, name string) (bool, error) {
	var any struct{}
	_, err := c.read(ctx, subscriptionsPath+"/"+url.PathEscape(name), c.organization(), &any)
	if NotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// Subscribe makes a subscription, or makes one that is there like it.
func (c *Client) Subscribe(ctx context.Context, s Subscription) error {
	body := struct {
		Organization string `json:"organizationId"`
		Subscription
	}{c.merchant, s}
	_, err := c.write(ctx, http.MethodPut, subscriptionsPath, body)
	if notModified(err) {
		return nil
	}
	return err
}

// notModified tells an answer that says that what was asked for is there already.
func notModified(err error) bool {
	var r *Refusal
	return errors.As(err, &r) && r.Status == http.StatusNotModified
}
